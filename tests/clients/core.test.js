// Clients, connections, APIs, grants, jobs, logs and settings through the newest official client: every method that it has for them.
'use strict';
const { test, after } = require('node:test');
const assert = require('node:assert/strict');
const { startByName, tell } = require('./port');

let server;
after(async () => { if (server) await server.stop(); });

test('the newest auth0: every method of clients, connections, APIs, grants, jobs, logs and settings', async () => {
  server = await startByName();
  const told = await tell(server, 'core-newest.mjs');
  assert.deepEqual(told.uncalled, [], 'methods that the story does not call');
  assert.ok(told.methods >= 45, `only ${told.methods} methods were found`);
});
