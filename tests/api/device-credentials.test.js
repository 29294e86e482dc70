'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused, enc } = require('./lib/check');
const { idToken } = require('./lib/jwt');
const { makeUser, leave } = require('./lib/people');

let server, v2, client, ann, bob, asAnn, asBob;
const as = (user) => (method, target, body) => server.request(method, `/api/v2${target}`, { body, headers: { Authorization: `Bearer ${idToken(server.issuer, client, user.user_id)}` } });
before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  client = await ok(201, v2('POST', '/clients', { name: 'login', jwt_configuration: { alg: 'HS256' } }));
  [ann, bob] = [await makeUser(v2), await makeUser(v2)];
  [asAnn, asBob] = [as(ann), as(bob)];
  leave(server, { tokens: [{ id: 'dcr_1', user: ann, client: client.client_id, device: 'phone' }, { id: 'dcr_2', user: ann, client: 'other', rotating: true }, { id: 'dcr_3', user: bob, client: 'other', device: 'tv' }] });
});
after(async () => { if (server) await server.stop(); });

const key = (device_id, more = {}) => ({ device_name: 'laptop', type: 'public_key', value: 'a2V5', device_id, ...more });
const list = async (query) => ok(200, v2('GET', `/device-credentials${query}`));

test('a key is the caller\'s own', async () => {
  const made = await ok(201, asAnn('POST', '/device-credentials', key('aa-1')));
  assert.deepEqual(Object.keys(made), ['id']);
  const [shown] = await list(`?user_id=${enc(ann.user_id)}&type=public_key`);
  assert.deepEqual(shown, { id: made.id, device_name: 'laptop', device_id: 'aa-1', client_id: client.client_id, type: 'public_key', user_id: ann.user_id });
  await refused(asAnn('POST', '/device-credentials', key('aa-2', { client_id: 'a'.repeat(32) })), 403, undefined, 'Cannot create device credentials for that client.');
  await refused(asAnn('POST', '/device-credentials', { ...key('aa-2'), type: 'refresh_token' }), 400, 'invalid_body');
  await refused(asAnn('GET', '/device-credentials'), 403, 'insufficient_scope');
  await ok(204, asAnn('DELETE', `/device-credentials/${made.id}`));
  assert.deepEqual(await list('?type=public_key'), []);
});

test('a machine\'s key is its own', async () => {
  const { id } = await ok(201, v2('POST', '/device-credentials', key('machine-1', { client_id: client.client_id })));
  const { id: plain } = await ok(201, v2('POST', '/device-credentials', key('machine-1')));
  const { client_id: machine } = server.credentials.management;
  const shown = await list(`?user_id=${enc(`${machine}@clients`)}`);
  assert.deepEqual(shown.map((c) => [c.id, c.client_id]), [[id, client.client_id], [plain, machine]]);
  await refused(asAnn('DELETE', `/device-credentials/${id}`), 403, 'insufficient_scope');
  const only = await server.v2({ scope: 'delete:current_user_device_credentials' });
  const { id: anns } = await ok(201, asAnn('POST', '/device-credentials', key('machine-1')));
  await refused(only('DELETE', `/device-credentials/${anns}`), 403, 'insufficient_scope');
  await ok(204, only('DELETE', `/device-credentials/${id}`));
  for (const left of [plain, anns]) await ok(204, v2('DELETE', `/device-credentials/${left}`));
});

test('a device has one key of a client', async () => {
  const made = await ok(201, asAnn('POST', '/device-credentials', key('bb-1')));
  await refused(asAnn('POST', '/device-credentials', key('bb-1')), 409, undefined, 'A public key already exists for the device.');
  await ok(201, asBob('POST', '/device-credentials', key('bb-1')));
  await ok(204, v2('DELETE', `/device-credentials/${made.id}`));
  await ok(201, asAnn('POST', '/device-credentials', key('bb-1')));
});

test('a key is replaced by nobody', async () => {
  const { id } = await ok(201, asAnn('POST', '/device-credentials', key('cc-1')));
  await refused(asAnn('POST', '/device-credentials', key('cc-1', { value: 'b3RoZXI=' })), 409);
  await refused(asBob('DELETE', `/device-credentials/${id}`), 403, 'insufficient_scope', 'User to be acted on does not match subject in bearer token.');
  assert.ok((await list('?type=public_key')).some((k) => k.id === id));
  await ok(204, asAnn('DELETE', '/device-credentials/dcr_unknown'));
});

test('device credentials are of a user and a client', async () => {
  const ids = async (query) => (await list(query)).map((c) => c.id).filter((id) => id.length < 8).sort();
  assert.deepEqual(await ids(`?user_id=${enc(ann.user_id)}`), ['dcr_1', 'dcr_2']);
  assert.deepEqual(await ids('?client_id=other'), ['dcr_2', 'dcr_3']);
  assert.deepEqual(await ids(`?client_id=other&user_id=${enc(bob.user_id)}`), ['dcr_3']);
  assert.deepEqual(await ids('?user_id=nobody'), []);
  await refused(asBob('DELETE', '/device-credentials/dcr_1'), 403, 'insufficient_scope');
});

test('type chooses keys or tokens', async () => {
  assert.deepEqual((await list('?type=rotating_refresh_token')).map((c) => c.id), ['dcr_2']);
  assert.deepEqual((await list('?type=refresh_token')).map((c) => [c.id, c.device_name]), [['dcr_1', 'phone'], ['dcr_3', 'tv']]);
  const paged = await list('?type=refresh_token&include_totals=true&per_page=1&page=1&fields=id&include_fields=true');
  assert.deepEqual(paged, { start: 1, limit: 1, total: 2, device_credentials: [{ id: 'dcr_3' }] });
  assert.equal((await list('?include_totals=true&per_page=1')).total, (await list('')).length);
  await refused(v2('GET', '/device-credentials?type=key'), 400, 'invalid_query_string');
});

test('a refresh token is a credential that can be deleted', async () => {
  await ok(204, v2('DELETE', '/device-credentials/dcr_3'));
  await refused(v2('GET', '/refresh-tokens/dcr_3'), 404);
});
