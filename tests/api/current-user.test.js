// An id_token as credential: seven scopes, for its own user alone (seeds: "The id_token and special scopes").
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { Server } = require('./lib/server');
const { ok, refused, enc } = require('./lib/check');
const { idToken, signHS256 } = require('./lib/jwt');
const { tenantKey, signRS256 } = require('./lib/tenantkey');

const DB = 'Username-Password-Authentication';
let server, v2, client, me, other, mine, asMe;

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  client = await ok(201, v2('POST', '/clients', { name: 'login' }));
  [me, other] = [await create(), await create()];
  mine = `/users/${enc(me.user_id)}`;
  asMe = as(idToken(server.issuer, client, me.user_id));
});
after(async () => { if (server) await server.stop(); });

let made = 0;
const create = (more = {}) => ok(201, v2('POST', '/users', { connection: DB, email: `current${++made}@users.example`, password: 'secret-enough', app_metadata: { plan: 'full' }, ...more }));
const as = (token) => (method, target, body) => server.request(method, `/api/v2${target}`, { body, headers: { Authorization: `Bearer ${token}` } });
const theirs = () => `/users/${enc(other.user_id)}`;
const otherUser = 'User to be acted on does not match subject in bearer token.';

test('the own user is read whole', async () => {
  const got = await ok(200, asMe('GET', mine));
  assert.equal(got.user_id, me.user_id);
  assert.deepEqual(got.app_metadata, { plan: 'full' });
  assert.deepEqual(Object.keys(await ok(200, asMe('GET', `${mine}?fields=email`))), ['email']);
});

test('another user is not', async () => {
  await refused(asMe('GET', theirs()), 403, 'insufficient_scope', otherUser);
  await refused(asMe('PATCH', theirs(), { user_metadata: { a: 1 } }), 403, 'insufficient_scope', otherUser);
  await refused(asMe('GET', '/users/nobody'), 403, 'insufficient_scope', otherUser);
  assert.ok(!('user_metadata' in await ok(200, v2('GET', theirs()))));
});

test('user_metadata is written, and nothing else', async () => {
  const now = await ok(200, asMe('PATCH', mine, { user_metadata: { hobby: 'surf', color: 'red' } }));
  assert.deepEqual(now.user_metadata, { hobby: 'surf', color: 'red' });
  assert.deepEqual((await ok(200, asMe('PATCH', mine, { user_metadata: { color: null } }))).user_metadata, { hobby: 'surf' });
  for (const body of [{ app_metadata: { plan: 'free' } }, { name: 'x' }, { email: 'x@users.example' }, { password: 'secret-enough' }, { blocked: false }, { user_metadata: { a: 1 }, name: 'x' }])
    await refused(asMe('PATCH', mine, body), 403, 'insufficient_scope');
  const kept = await ok(200, v2('GET', mine));
  assert.deepEqual([kept.user_metadata, kept.app_metadata, kept.email], [{ hobby: 'surf' }, { plan: 'full' }, me.email]);
});

test('everything else is closed', async () => {
  for (const [method, target, body] of [
    ['GET', '/users'], ['POST', '/users', { connection: DB, email: 'x@users.example', password: 'secret-enough' }], ['DELETE', '/users'], ['DELETE', mine],
    ['GET', '/clients'], ['GET', `/clients/${client.client_id}`], ['GET', '/connections'], ['GET', '/logs'], ['GET', '/tenants/settings'],
    ['GET', '/users-by-email?email=x@users.example'], ['PATCH', '/tenants/settings', { friendly_name: 'x' }], ['GET', '/resource-servers'], ['GET', '/client-grants'],
  ])
    await refused(asMe(method, target, body), 403, 'insufficient_scope', /^Insufficient scope, expected any of: /);
});

test('identities are linked by link_with alone, and only to oneself', async () => {
  await refused(asMe('POST', `${mine}/identities`, { provider: 'auth0', user_id: other.user_id }), 403, 'insufficient_scope');
  const link_with = idToken(server.issuer, client, other.user_id);
  await refused(asMe('POST', `${theirs()}/identities`, { link_with }), 403, 'insufficient_scope', otherUser);
  await refused(asMe('POST', `${mine}/identities`, { link_with }), 400, 'invalid_body', 'JWT (link_with) must have an alg of RS256.');
  await refused(asMe('DELETE', `${theirs()}/identities/auth0/x`), 403, 'insufficient_scope', otherUser);
});

test('an identity is unlinked by its user', async () => {
  const second = await create({ email: 'second@users.example' });
  await ok(201, v2('POST', `${mine}/identities`, { provider: 'auth0', user_id: second.user_id }));
  assert.equal((await ok(200, asMe('DELETE', `${mine}/identities/auth0/${second.user_id.slice(6)}`))).length, 1);
  await ok(200, v2('GET', `/users/${enc(second.user_id)}`));
});

test('a link_with that is no id_token of this tenant links nothing', async () => {
  const bad = {
    'another secret': signHS256({ iss: server.issuer, aud: client.client_id, sub: other.user_id, exp: 4e9 }, 'wrong'),
    'another issuer': idToken('https://elsewhere.example/', client, other.user_id),
    'too old': idToken(server.issuer, client, other.user_id, { exp: 1 }),
    'an access token': v2.token,
    'nobody': idToken(server.issuer, client, 'auth0|nobody'),
  };
  for (const [name, link_with] of Object.entries(bad)) {
    const a = await asMe('POST', `${mine}/identities`, { link_with });
    assert.ok(a.status >= 400 && a.status < 500, `${name}: ${a.status} ${a.text}`);
  }
  assert.equal((await ok(200, v2('GET', mine))).identities.length, 1);
  await ok(200, v2('GET', theirs()));
});

/** Makes RS256 id_tokens of a user, as a login with the client gives them. */
function minter() {
  const key = tenantKey(server), now = Math.floor(Date.now() / 1000);
  return (user, more = {}, by = key) => signRS256({ iss: server.issuer, aud: client.client_id, sub: user.user_id, iat: now, exp: now + 600, ...more }, by);
}

test('link_with takes the user whose id_token it is', async () => {
  const mint = minter(), second = await create({ given_name: 'Second' }), native = second.user_id.slice(6);
  const link = (link_with) => asMe('POST', `${mine}/identities`, { link_with });
  const identities = await ok(201, link(mint(second)));
  assert.deepEqual(identities.map((i) => [i.provider, i.user_id]), [['auth0', me.user_id.slice(6)], ['auth0', native]]);
  assert.equal(identities[1].profileData.given_name, 'Second');
  await refused(v2('GET', `/users/${enc(second.user_id)}`), 404, 'inexistent_user');
  await refused(link(mint(second)), 409, undefined, 'Specified identity already exists.');
  await server.restart('SIGKILL');
  assert.deepEqual((await ok(200, asMe('GET', mine))).identities.map((i) => i.user_id), [me.user_id.slice(6), native]);
  await ok(200, asMe('DELETE', `${mine}/identities/auth0/${native}`));
  await ok(201, link(mint(second, { aud: [client.client_id, 'urn:more'] })));
  await ok(200, asMe('DELETE', `${mine}/identities/auth0/${native}`));
});

test('a client links by an id_token that was made for it', async () => {
  const mint = minter(), second = await create(), { client_id } = server.credentials.management;
  const link = (link_with) => v2('POST', `${mine}/identities`, { link_with });
  await refused(link(mint(second)), 400, 'invalid_body', "JWT (link_with) must have an aud claim that matches that of the calling token's azp.");
  await ok(201, link(mint(second, { aud: client_id })));
  await ok(200, v2('DELETE', `${mine}/identities/auth0/${second.user_id.slice(6)}`));
});

test('an RS256 link_with is checked whole', async () => {
  const mint = minter(), elsewhere = server.createTenant('elsewhere', 'elsewhere.example.test'), invalid = 'Invalid token (link_with).';
  const foreign = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, { kid } = tenantKey(server);
  const theirJwks = await ok(200, server.request('GET', '/.well-known/jwks.json', { host: elsewhere.domain }));
  const second = (await ok(201, v2('POST', '/clients', { name: 'another' }))).client_id, past = Math.floor(Date.now() / 1000) - 1;
  const bad = [
    ['too old', mint(other, { exp: past }), invalid],
    ['not yet', mint(other, { nbf: past + 600 }), invalid],
    ['without an end', mint(other, { exp: undefined }), invalid],
    ['by another key', mint(other, {}, { kid, key: foreign }), invalid],
    ["by another tenant's kid", mint(other, {}, { kid: theirJwks.keys[0].kid, key: foreign }), invalid],
    ['of another tenant', mint(other, { iss: elsewhere.issuer }), 'JWT (link_with) must have the same issuer as the calling user.'],
    ['for another client', mint(other, { aud: second }), "JWT (link_with) must have an aud claim that matches that of the calling token's azp."],
    ['for nobody', mint(other, { aud: 'nobody' }), 'JWT (link_with) contains an invalid aud claim.'],
    ['without an audience', mint(other, { aud: undefined }), 'JWT (link_with) contains an invalid aud claim.'],
    ['an access token', mint(other, { aud: server.credentials.management.audience, azp: client.client_id }), invalid],
    ['without a subject', mint({}), 'JWT (link_with) must contains sub claim.'],
    ['with half a subject', mint({ user_id: 'auth0' }), 'JWT (link_with) contains an invalid sub claim.'],
    ['of who is not there', mint({ user_id: 'auth0|nobody' }), 'Linking to an inexistent identity is not allowed.'],
    ['of the user', mint(me), 'Main identity and the new one are the same.'],
    ['of the user, by a secret', idToken(server.issuer, client, other.user_id), 'JWT (link_with) must have an alg of RS256.'],
  ];
  for (const [name, link_with, words] of bad) {
    const a = await asMe('POST', `${mine}/identities`, { link_with });
    assert.deepEqual([name, a.status, a.body.message], [name, 400, words]);
  }
  assert.equal((await ok(200, v2('GET', mine))).identities.length, 1);
  await ok(200, v2('GET', theirs()));
});

test('an id_token is checked as every token is', async () => {
  const now = Math.floor(Date.now() / 1000);
  const good = { iss: server.issuer, aud: client.client_id, sub: me.user_id, iat: now, exp: now + 600 };
  const bad = {
    'no exp': { ...good, exp: undefined }, 'too old': { ...good, exp: now - 1 }, 'not yet': { ...good, nbf: now + 600 },
    'another issuer': { ...good, iss: 'https://elsewhere.example/' }, 'issuer without slash': { ...good, iss: server.issuer.slice(0, -1) },
    'another audience': { ...good, aud: 'nobody' }, 'no audience': { ...good, aud: undefined }, 'no subject': { ...good, sub: undefined },
    'exp as text': { ...good, exp: String(now + 600) },
    'the management API as audience': { ...good, aud: server.credentials.management.audience, scope: 'read:users' },
    'both audiences': { ...good, aud: [client.client_id, server.credentials.management.audience], scope: 'read:users' },
  };
  for (const [name, claims] of Object.entries(bad)) {
    const a = await as(signHS256(claims, client.client_secret))('GET', mine);
    assert.equal(a.status, 401, `${name}: ${a.status} ${a.text}`);
    assert.equal(a.body.errorCode, 'invalid_token', name);
  }
  await ok(200, as(signHS256({ ...good, aud: [client.client_id] }, client.client_secret))('GET', mine));
  assert.equal((await as(signHS256(good, `${client.client_secret}x`))('GET', mine)).status, 401);
  assert.equal((await as(signHS256(good, ''))('GET', mine)).status, 401, 'an empty secret');
});

test('scopes inside an id_token widen nothing', async () => {
  const token = idToken(server.issuer, client, me.user_id, { scope: 'read:users update:users', permissions: ['read:users'] });
  await refused(as(token)('GET', '/users'), 403, 'insufficient_scope');
  await refused(as(token)('GET', theirs()), 403, 'insufficient_scope');
});

test('id_tokens open nothing on v1', async () => {
  const token = idToken(server.issuer, client, me.user_id);
  assert.equal((await server.request('GET', `/api/users/${enc(me.user_id)}`, { headers: { Authorization: `Bearer ${token}` } })).status, 401);
});

test("a client's new secret ends the tokens signed with the old one", async () => {
  const c = await ok(201, v2('POST', '/clients', { name: 'rotates' }));
  const token = as(idToken(server.issuer, c, me.user_id));
  await ok(200, token('GET', mine));
  await ok(200, v2('POST', `/clients/${c.client_id}/rotate-secret`));
  assert.equal((await token('GET', mine)).status, 401);
  const again = await ok(200, v2('GET', `/clients/${c.client_id}`));
  const fresh = as(idToken(server.issuer, again, me.user_id));
  await ok(200, fresh('GET', mine));
  await ok(204, v2('DELETE', `/clients/${c.client_id}`));
  assert.equal((await fresh('GET', mine)).status, 401);
});

test('an access token with these scopes opens no other user either', async () => {
  const narrow = await server.v2({ scope: 'read:current_user update:current_user_metadata update:current_user_identities' });
  await refused(narrow('GET', theirs()), 403, 'insufficient_scope', otherUser);
  await refused(narrow('PATCH', theirs(), { user_metadata: { a: 1 } }), 403, 'insufficient_scope', otherUser);
  await refused(narrow('DELETE', `${theirs()}/identities/auth0/x`), 403, 'insufficient_scope', otherUser);
  await ok(200, (await server.v2({ scope: 'read:users' }))('GET', theirs()));
});
