'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused, enc } = require('./lib/check');
const { DB, makeUser, leave } = require('./lib/people');

let server, v2, ann, bob;
before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  [ann, bob] = [await makeUser(v2), await makeUser(v2)];
  await ok(201, v2('POST', '/connections', { name: 'open', strategy: 'auth0', options: { brute_force_protection: false } }));
  leave(server, {
    blocks: [{ identifier: ann.email }, { identifier: ann.email, ip: '192.0.2.2' }, { identifier: ann.email, connection: 'open' }, { identifier: bob.email }],
    addresses: ['192.0.2.77', '2001:db8::7'],
  });
});
after(async () => { if (server) await server.stop(); });

const blocked = async (path) => (await ok(200, v2('GET', path))).blocked_for;
const by = (identifier) => `/user-blocks?identifier=${enc(identifier)}`;
const of = (user) => `/user-blocks/${enc(user.user_id)}`;

test('blocks are shown by identifier and by user', async () => {
  assert.equal((await blocked(by(ann.email.toUpperCase()))).length, 3);
  assert.deepEqual(await blocked(by(bob.email)), [{ identifier: bob.email, ip: '192.0.2.1', connection: DB }]);
  assert.deepEqual((await blocked(of(ann))).map((b) => b.ip).sort(), ['192.0.2.1', '192.0.2.2']);
  assert.deepEqual(await blocked(by('nobody')), []);
  await refused(v2('GET', '/user-blocks'), 400, 'invalid_query_string');
  await refused(v2('GET', '/user-blocks/auth0%7Cnobody'), 404, undefined, 'User not found.');
});

test('consider_brute_force_enablement leaves out connections without the protection', async () => {
  assert.equal((await blocked(`${by(ann.email)}&consider_brute_force_enablement=true`)).length, 2);
});

test('they are cleared by user and by identifier', async () => {
  await ok(204, v2('DELETE', of(ann)));
  assert.deepEqual((await blocked(by(ann.email))).map((b) => b.connection), ['open']);
  await ok(204, v2('DELETE', by(ann.email)));
  assert.deepEqual(await blocked(by(ann.email)), []);
  assert.equal((await blocked(of(bob))).length, 1);
  await ok(204, v2('DELETE', by('nobody')));
  await refused(v2('DELETE', '/user-blocks/auth0%7Cnobody'), 404, undefined, 'User not found.');
  assert.equal((await ok(200, v2('GET', '/logs?q=type:ublkdu'))).length, 2);
});

test('a blocked address is told from others, and released', async () => {
  for (const ip of ['192.0.2.77', '2001:db8::7']) {
    const answer = await v2('GET', `/anomaly/blocks/ips/${ip}`);
    assert.deepEqual([answer.status, answer.text], [200, '']);
    await ok(204, v2('DELETE', `/anomaly/blocks/ips/${ip}`));
    await refused(v2('GET', `/anomaly/blocks/ips/${ip}`), 404, undefined, 'Not Found');
    await ok(204, v2('DELETE', `/anomaly/blocks/ips/${ip}`));
  }
  assert.equal((await v2('GET', '/anomaly/blocks/ips/nowhere')).status, 400);
});
