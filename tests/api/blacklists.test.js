'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused, enc } = require('./lib/check');
const { idToken } = require('./lib/jwt');
const { makeUser } = require('./lib/people');

let server, v2, client, user;
before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  client = await ok(201, v2('POST', '/clients', { name: 'login', jwt_configuration: { alg: 'HS256' } }));
  user = await makeUser(v2);
});
after(async () => { if (server) await server.stop(); });

const add = (body) => v2('POST', '/blacklists/tokens', body);
const read = (jti) => server.request('GET', `/api/v2/users/${enc(user.user_id)}`, { headers: { Authorization: `Bearer ${idToken(server.issuer, client, user.user_id, jti && { jti })}` } });

test('a blacklisted token opens nothing', async () => {
  await ok(200, read('one'));
  await ok(204, add({ jti: 'one', aud: client.client_id }));
  await refused(read('one'), 401, 'invalid_token', 'Invalid token');
  await ok(200, read('two'));
  await ok(200, read());
});

test('another audience is another token', async () => {
  await ok(204, add({ jti: 'three', aud: 'somebody else' }));
  await ok(200, read('three'));
  await ok(204, add({ jti: 'four' })); /* the caller's own */
  await ok(200, read('four'));
});

test('the list is of one client', async () => {
  const list = async (query = '') => ok(200, v2('GET', `/blacklists/tokens${query}`));
  await ok(204, add({ jti: 'one', aud: client.client_id }));
  assert.deepEqual(await list(`?aud=${client.client_id}&include_totals=true&per_page=50`), [{ aud: client.client_id, jti: 'one' }]);
  assert.deepEqual((await list()).map((t) => t.jti).sort(), ['four', 'one', 'three']);
  assert.deepEqual(await list(`?aud=${server.credentials.management.client_id}`), [{ aud: server.credentials.management.client_id, jti: 'four' }]);
  await refused(add({ aud: 'x' }), 400, 'invalid_body');
});
