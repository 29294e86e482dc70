'use strict';
const { test, before, after, beforeEach } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused, enc } = require('./lib/check');
const { makeUser, leave } = require('./lib/people');

let server, v2, ann, bob, client, n = 0;
before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  client = await ok(201, v2('POST', '/clients', { name: 'sessions' }));
});
beforeEach(async () => {
  [ann, bob] = [await makeUser(v2), await makeUser(v2)];
  n++;
  leave(server, {
    sessions: [{ id: `s1-${n}`, user: ann }, { id: `s2-${n}`, user: ann }, { id: `s3-${n}`, user: ann }, { id: `old-${n}`, user: ann, ends_at: 1 }, { id: `b1-${n}`, user: bob }],
    tokens: [
      { id: `t1-${n}`, user: ann, client: client.client_id, session: `s1-${n}`, audience: 'urn:a' },
      { id: `t2-${n}`, user: ann, client: 'other', session: `s2-${n}`, audience: 'urn:b', device: 'phone' },
      { id: `b1-${n}`, user: bob, client: client.client_id, audience: 'urn:a' },
    ],
  });
});
after(async () => { if (server) await server.stop(); });

const of = (user) => `/users/${enc(user.user_id)}`;
const sessions = async (user) => (await ok(200, v2('GET', `${of(user)}/sessions`))).sessions.map((s) => s.id.split('-')[0]);
const tokens = async (user) => (await ok(200, v2('GET', `${of(user)}/refresh-tokens`))).tokens.map((t) => t.id.split('-')[0]);

test('a session is read, given metadata, ended', async () => {
  const path = `/sessions/s1-${n}`;
  assert.equal((await ok(200, v2('GET', path))).user_id, ann.user_id);
  assert.deepEqual((await ok(200, v2('PATCH', path, { session_metadata: { a: 1 } }))).session_metadata, { a: 1 });
  assert.deepEqual((await ok(200, v2('GET', path))).session_metadata, { a: 1 });
  assert.ok(!('session_metadata' in await ok(200, v2('PATCH', path, { session_metadata: null }))));
  assert.deepEqual(await ok(202, v2('DELETE', path)), {});
  assert.deepEqual(await ok(202, v2('DELETE', path)), {});
  for (const [method, body] of [['GET'], ['PATCH', { session_metadata: {} }]])
    await refused(v2(method, path, body), 404, undefined, 'The session does not exist.');
  await refused(v2('PATCH', path, {}), 400, 'invalid_body');
  await refused(v2('GET', `/sessions/old-${n}`), 404, undefined, 'The session does not exist.');
  assert.deepEqual(await tokens(ann), ['t1', 't2']);
});

test('a revoked session takes its refresh tokens along', async () => {
  assert.deepEqual(await ok(202, v2('POST', `/sessions/s1-${n}/revoke`)), {});
  await refused(v2('POST', `/sessions/s1-${n}/revoke`), 404, undefined, 'The session does not exist.');
  assert.deepEqual([await sessions(ann), await tokens(ann)], [['s2', 's3'], ['t2']]);
});

test('sessions of a user are listed by checkpoint', async () => {
  const first = await ok(200, v2('GET', `${of(ann)}/sessions?take=2&include_totals=true`));
  assert.deepEqual([first.sessions.length, first.total, typeof first.next], [2, 3, 'string']);
  const rest = await ok(200, v2('GET', `${of(ann)}/sessions?take=2&from=${first.next}`));
  assert.deepEqual([rest.sessions.map((s) => s.id), Object.keys(rest)], [[`s3-${n}`], ['sessions']]);
  await refused(v2('GET', '/users/auth0%7Cnobody/sessions'), 404, undefined, 'User not found');
});

test('all sessions of a user end at once', async () => {
  assert.deepEqual(await ok(202, v2('DELETE', `${of(ann)}/sessions`)), {});
  assert.deepEqual([await sessions(ann), await sessions(bob), await tokens(ann)], [[], ['b1'], ['t1', 't2']]);
  await refused(v2('DELETE', '/users/auth0%7Cnobody/sessions'), 404, undefined, 'User not found');
});

test('revoke-access of one session leaves the others', async () => {
  assert.deepEqual(await ok(202, v2('POST', `${of(ann)}/revoke-access`, { session_id: `s1-${n}` })), {});
  assert.deepEqual([await sessions(ann), await tokens(ann)], [['s2', 's3'], ['t2']]);
  await ok(202, v2('POST', `${of(ann)}/revoke-access`, { session_id: `b1-${n}` }));
  assert.deepEqual(await sessions(bob), ['b1']);
});

test('preserve_refresh_tokens keeps the tokens of ended sessions', async () => {
  await ok(202, v2('POST', `${of(ann)}/revoke-access`, { preserve_refresh_tokens: true }));
  assert.deepEqual([await sessions(ann), await tokens(ann)], [[], ['t1', 't2']]);
  await ok(202, v2('POST', `${of(ann)}/revoke-access`));
  assert.deepEqual([await tokens(ann), await tokens(bob)], [[], ['b1']]);
});

test('a refresh token is read, given metadata, revoked', async () => {
  const path = `/refresh-tokens/t2-${n}`;
  const read = await ok(200, v2('GET', path));
  assert.deepEqual([read.client_id, read.session_id, read.rotating, read.expires_at], ['other', `s2-${n}`, false, null]);
  assert.ok(!('device_name' in read) && !('hash' in read));
  assert.deepEqual((await ok(200, v2('PATCH', path, { refresh_token_metadata: { a: 'b' } }))).refresh_token_metadata, { a: 'b' });
  assert.deepEqual((await ok(200, v2('GET', path))).refresh_token_metadata, { a: 'b' });
  await ok(204, v2('DELETE', path));
  await ok(204, v2('DELETE', path));
  await refused(v2('GET', path), 404, undefined, 'The refresh token does not exist.');
  await refused(v2('PATCH', path, { refresh_token_metadata: null }), 404, undefined, 'The refresh token does not exist.');
});

test('refresh tokens of a user are listed', async () => {
  const first = await ok(200, v2('GET', `${of(ann)}/refresh-tokens?take=1&include_totals=true`));
  assert.deepEqual([first.tokens.length, first.total], [1, 2]);
  assert.deepEqual((await ok(200, v2('GET', `${of(ann)}/refresh-tokens?take=1&from=${first.next}`))).tokens.map((t) => t.id), [`t2-${n}`]);
  const all = await ok(200, v2('GET', `/refresh-tokens?user_id=${enc(ann.user_id)}&fields=id,client_id&include_fields=true`));
  assert.deepEqual(all, { refresh_tokens: [{ id: `t1-${n}`, client_id: client.client_id }, { id: `t2-${n}`, client_id: 'other' }] });
  assert.equal((await ok(200, v2('GET', `/refresh-tokens?user_id=${enc(ann.user_id)}&client_id=${client.client_id}`))).refresh_tokens.length, 1);
  await refused(v2('GET', '/refresh-tokens'), 400, 'invalid_query_string');
  await refused(v2('GET', '/refresh-tokens?user_id=auth0%7Cnobody'), 404, undefined, 'User not found');
  await refused(v2('GET', `/refresh-tokens?user_id=${enc(ann.user_id)}&client_id=${'a'.repeat(32)}`), 404, 'inexistent_client');
});

test('refresh tokens are revoked by ids, or of a user, a client, an API', async () => {
  await v2('POST', '/resource-servers', { identifier: 'urn:a', name: 'a' });
  const revoke = (body) => v2('POST', '/refresh-tokens/revoke', body);
  for (const body of [{}, { audience: 'urn:a' }, { ids: ['x'], user_id: ann.user_id }])
    await refused(revoke(body), 400, 'invalid_body', 'Invalid combination of parameters.');
  await refused(revoke({ user_id: 'auth0|nobody' }), 400, 'invalid_body', 'User not found.');
  await refused(revoke({ client_id: 'a'.repeat(32) }), 400, 'invalid_body', 'Client not found.');
  await refused(revoke({ user_id: ann.user_id, audience: 'urn:unknown' }), 400, 'invalid_body', 'Resource server not found.');
  assert.deepEqual(await ok(202, revoke({ user_id: ann.user_id, audience: 'urn:a' })), {});
  assert.deepEqual([await tokens(ann), await tokens(bob)], [['t2'], ['b1']]);
  await ok(202, revoke({ ids: [`t2-${n}`, 'unknown'] }));
  await ok(202, revoke({ user_id: bob.user_id, client_id: client.client_id }));
  assert.deepEqual([await tokens(ann), await tokens(bob)], [[], []]);
});

test('all refresh tokens of a user go at once', async () => {
  assert.deepEqual(await ok(202, v2('DELETE', `${of(ann)}/refresh-tokens`)), {});
  assert.deepEqual([await tokens(ann), await tokens(bob)], [[], ['b1']]);
  await refused(v2('DELETE', '/users/auth0%7Cnobody/refresh-tokens'), 404, undefined, 'User not found');
});

test('a changed password ends the sessions', async () => {
  await ok(200, v2('PATCH', of(ann), { name: 'Ann' }));
  assert.equal((await sessions(ann)).length, 3);
  await ok(200, v2('PATCH', of(ann), { password: 'another-secret-1' }));
  assert.deepEqual([await sessions(ann), await sessions(bob), await tokens(ann)], [[], ['b1'], ['t1', 't2']]);
});

test('with the user they go', async () => {
  await ok(204, v2('DELETE', of(ann)));
  await refused(v2('GET', `/sessions/s1-${n}`), 404);
  await refused(v2('GET', `/refresh-tokens/t1-${n}`), 404);
});

test('sessions are closed to weaker scopes', async () => {
  const weak = await server.v2({ scope: 'read:users' });
  for (const [method, path, body] of [
    ['GET', `/sessions/s1-${n}`], ['DELETE', `/sessions/s1-${n}`], ['POST', `/sessions/s1-${n}/revoke`], ['GET', `/refresh-tokens/t1-${n}`], ['DELETE', `/refresh-tokens/t1-${n}`],
    ['GET', `${of(ann)}/sessions`], ['DELETE', `${of(ann)}/refresh-tokens`], ['POST', `${of(ann)}/revoke-access`, {}], ['POST', '/refresh-tokens/revoke', { user_id: ann.user_id }],
  ])
    await refused(weak(method, path, body), 403, 'insufficient_scope');
});
