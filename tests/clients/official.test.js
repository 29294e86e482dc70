// The official Node clients, old and new, against a server that is reached by name and over TLS with the local CA.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { startByName, tell } = require('./port');

const running = [];
const server = async (flags) => {
  const s = await startByName(flags);
  running.push(s);
  return s;
};
after(() => Promise.all(running.map((s) => s.stop())));

test('the overview of v2 runs with auth0@4', async () => {
  const told = await tell(await server(), 'v4.mjs');
  assert.deepEqual(told.token, { type: 'Bearer', expires_in: 86400 });
  assert.deepEqual(told.none, []);
  assert.deepEqual(told.created, { status: 201, name: 'John Doe', email: 'user@example.com' });
  assert.equal(told.all, true);
  assert.equal(told.one, true);
  assert.deepEqual(told.updated, { hobby: 'surf' });
  assert.equal(told.found, 1);
  assert.equal(told.byEmail, 1);
  assert.deepEqual(told.page, { start: 0, limit: 1, length: 1, total: 1 });
  assert.deepEqual(told.client, ['My Application', ['http://localhost:3000/callback'], ['http://localhost:3000'], ['http://localhost:3000']]);
  assert.ok(told.clients.includes('My Application'));
  assert.equal(told.description, 'changed');
  assert.deepEqual(told.connections, ['Username-Password-Authentication', 'my-db-connection']);
  assert.equal(told.apis, 1);
  assert.equal(told.grants, 1);
  assert.equal(told.logs, 3);
  assert.equal(told.settings, 'Ours');
  assert.deepEqual(told.taken, ['ManagementApiError', 409, 'auth0_idp_error', 'Conflict']);
  assert.deepEqual(told.missing, ['ManagementApiError', 404, 'inexistent_user', 'Not Found']);
  assert.deepEqual(told.invalid, ['ManagementApiError', 400, 'invalid_body', 'Bad Request']);
  assert.equal(told.pages, 2);
  assert.equal(told.looped, 105);
  assert.equal(told.limit, '100000');
  assert.equal(told.wait, null);
  assert.equal(told.gone, 404);
});

test('the same story runs with the newest auth0', async () => {
  const told = await tell(await server(), 'newest.mjs');
  assert.equal(told.none, 0);
  assert.deepEqual(told.created, { name: 'John Doe', email: 'user@example.com' });
  assert.deepEqual(told.updated, { hobby: 'surf' });
  assert.equal(told.one, true);
  assert.equal(told.byEmail, 1);
  assert.equal(told.walked, 8);
  assert.ok(told.clients.includes('My Application'));
  assert.equal(told.description, 'changed');
  assert.deepEqual(told.connections, ['Username-Password-Authentication', 'my-db-connection']);
  assert.deepEqual(told.enabled, [true]);
  assert.equal(told.grants, 1);
  assert.equal(told.apis, 2);
  assert.equal(told.logs, true);
  assert.equal(told.settings, 'Ours');
  assert.deepEqual(told.taken, [409, 'auth0_idp_error']);
  assert.deepEqual(told.missing, [404, 'inexistent_user']);
  assert.equal(told.gone, 404);
});

test('API v1 runs with auth0@0.8.5', async () => {
  const told = await tell(await server(), 'v1.cjs');
  assert.deepEqual(told, {
    token: 'string', connections: 1, created: ['first-clients', 'auth0', true], connection: 'first-clients', updated: 'low', social: 0, enterprise: 0, noConnection: null,
    user: ['jane@example.com', 'surf'], read: true, users: 1, ofConnection: 1, search: 1, metadata: { plan: 'full', level: 2 }, email: 'joan@example.com',
    badUser: [400, 'string'], noUser: [404, 'string'], gone: [404, 'string'],
    client: ['First App', 'string', 'string'], clientUpdated: 'Renamed', clients: ['All Applications', 'Default App', 'Doorward Management', 'Renamed'],
    strategies: true, logs: 2, connectionGone: null,
  });
});

test('the rate limit sample of the overview waits until the limit has healed', async () => {
  const s = await server(['--rate-limits', 'free']);
  const told = await tell(s, 'limited.mjs');
  assert.equal(told.limit, '10');
  assert.ok(told.seen429 >= 1 && told.answered === 14, JSON.stringify(told));
  assert.ok(told.waited > 0 && told.waited <= 10000, JSON.stringify(told));
  assert.equal(told.sdk, 14, 'the client itself backs off');
});
