// Attacks: each was open once, or is what a reader of the API's history would try first.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused, oauthRefused, enc } = require('./lib/check');
const { idToken, signHS256, b64 } = require('./lib/jwt');
const { DB, PASSWORD, good, ordinary, nextUrl } = require('./lib/v1');

let server, v2, v1, management;

before(async () => {
  server = await Server.start();
  [v2, v1] = [await server.v2(), await server.v1()];
  management = server.credentials.management;
});
after(async () => { if (server) await server.stop(); });

let made = 0;
const create = (connection = DB) => ok(201, v2('POST', '/users', { connection, email: `attack${++made}@users.example`, password: PASSWORD }));
const path = (user) => `/users/${enc(user.user_id)}`;
const as = (token) => (method, target, body) => server.request(method, `/api/v2${target}`, { body, headers: { Authorization: `Bearer ${token}` } });
const ask = (body) => server.request('POST', '/oauth/token', { body: { grant_type: 'client_credentials', client_id: management.client_id, client_secret: management.client_secret, ...body } });
const settings = (flags) => ok(200, v2('PATCH', '/tenants/settings', { flags }));

// --- tokens -------------------------------------------------------------------------------

test('a secret signs id_tokens only where the client is registered so', async () => {
  const user = await create();
  const clients = {
    rs256: await ok(201, v2('POST', '/clients', { name: 'by key', jwt_configuration: { alg: 'RS256' } })),
    public: await ok(201, v2('POST', '/clients', { name: 'in the browser', token_endpoint_auth_method: 'none' })),
    global: server.credentials.global_client,
  };
  for (const [name, client] of Object.entries(clients)) {
    const answer = await as(idToken(server.issuer, client, user.user_id))('GET', path(user));
    assert.equal(answer.status, 401, `${name}: ${answer.text}`);
  }
  const client = await ok(201, v2('POST', '/clients', { name: 'by secret', jwt_configuration: { alg: 'HS256' } }));
  await ok(200, as(idToken(server.issuer, client, user.user_id))('GET', path(user)));
});

test('the public key is no secret', async () => {
  const { keys } = await ok(200, server.request('GET', '/.well-known/jwks.json'));
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: server.issuer, aud: management.audience, azp: management.client_id, sub: `${management.client_id}@clients`, scope: 'read:users', iat: now, exp: now + 600 };
  const secrets = [keys[0].x5c[0], keys[0].n, `-----BEGIN CERTIFICATE-----\n${keys[0].x5c[0]}\n-----END CERTIFICATE-----\n`];
  for (const secret of secrets) await refused(as(signHS256(claims, secret, { kid: keys[0].kid }))('GET', '/users'), 401, 'invalid_token');
  for (const alg of ['none', 'None', 'NONE', '', undefined, 'HS512'])
    for (const signature of ['', 'AAAA']) {
      const answer = await as(`${b64({ alg, typ: 'JWT', kid: keys[0].kid })}.${b64(claims)}.${signature}`)('GET', '/users');
      assert.equal(answer.status, 401, answer.text);
    }
});

test('times of every size and type are survived', async () => {
  const user = await create();
  const client = await ok(201, v2('POST', '/clients', { name: 'times' }));
  const get = (more) => as(idToken(server.issuer, client, user.user_id, more))('GET', path(user));
  for (const exp of [9223372036854775807n, 1e18, 9e15]) {
    const token = signHS256(JSON.stringify({ iss: server.issuer, aud: client.client_id, sub: user.user_id }).replace('}', `,"exp":${BigInt(exp)}}`), client.client_secret);
    for (let i = 0; i < 2; i++) await ok(200, as(token)('GET', path(user)));
  }
  for (const more of [{ exp: -1 }, { exp: '99999999999' }, { exp: 1e300 }, { exp: null }, { nbf: 99999999999 }, { nbf: '0' }, { nbf: 1e300 }, { nbf: [] }])
    assert.equal((await get(more)).status, 401, JSON.stringify(more));
});

test('enable_idtoken_api2 false closes the API to id_tokens, also to those seen before', async () => {
  const user = await create();
  const client = await ok(201, v2('POST', '/clients', { name: 'flagged' }));
  const me = as(idToken(server.issuer, client, user.user_id));
  await ok(200, me('GET', path(user)));
  await settings({ enable_idtoken_api2: false });
  await refused(me('GET', path(user)), 401, 'invalid_token');
  await settings({ enable_idtoken_api2: true });
  await ok(200, me('GET', path(user)));
});

test('an access token ends with the client that it was given to', async () => {
  const client = await ok(201, v2('POST', '/clients', { name: 'leaves', app_type: 'non_interactive', grant_types: ['client_credentials'] }));
  await ok(201, v2('POST', '/client-grants', { client_id: client.client_id, audience: management.audience, scope: ['read:users'] }));
  const token = await server.token({ client_id: client.client_id, client_secret: client.client_secret });
  await ok(200, as(token)('GET', '/users'));
  await ok(204, v2('DELETE', `/clients/${client.client_id}`));
  await refused(as(token)('GET', '/users'), 401, 'invalid_token');
});

// --- the token endpoint -------------------------------------------------------------------

test('a parameter that is no text is refused, not read as absent', async () => {
  for (const parameter of ['client_id', 'client_secret', 'audience', 'scope'])
    for (const value of [7, true, {}, [management.audience]])
      await oauthRefused(ask({ audience: management.audience, [parameter]: value }), 400, 'invalid_request', `${parameter} must be a string`);
  assert.ok((await ok(200, ask({ audience: null }))).access_token);
});

test('a scope of many words is answered at once', async () => {
  await oauthRefused(ask({ audience: management.audience, scope: 'x '.repeat(400000) }), 400, 'invalid_request', 'The scope is too long');
  const began = Date.now();
  await oauthRefused(ask({ audience: management.audience, scope: 'x '.repeat(9999) }), 403, 'access_denied');
  assert.ok(Date.now() - began < 2000);
  const { scope } = await ok(200, ask({ audience: management.audience, scope: 'read:users read:clients '.repeat(400) }));
  assert.equal(scope, 'read:users read:clients');
});

// --- API v1 ---------------------------------------------------------------------------------

test('an ordinary v1 token ends where its client may have none any more', async () => {
  const { id, call } = await ordinary(server, v1, 'sinks');
  const lives = async (wanted) => assert.equal((await call('GET', '/clients')).status, wanted ? 200 : 401);
  await lives(true);
  await settings({ disable_v1_for_ordinary_clients: true });
  await lives(false);
  good(await v1('GET', '/clients'));
  await settings({ disable_v1_for_ordinary_clients: false });
  await lives(true);
  await ok(200, v2('PATCH', `/clients/${id}`, { token_endpoint_auth_method: 'none' }));
  await lives(false);
  await ok(200, v2('PATCH', `/clients/${id}`, { token_endpoint_auth_method: 'client_secret_post' }));
  await lives(true);
});

test('a link ends with its client', async () => {
  const { id, call } = await ordinary(server, v1, 'linked');
  good(await call('POST', '/connections', { name: 'linked-db', strategy: 'auth0', options: {} }));
  for (let i = 0; i < 2; i++) await create('linked-db');
  const url = nextUrl(await call('GET', '/users?per_page=1'));
  const follow = () => server.request('GET', url.pathname + url.search, { host: url.host });
  assert.equal(good(await follow()).length, 1);
  for (const other of [`${url.search}&page=0`, `${url.search}&search=x`, url.search.replace('per_page=1', 'per_page=2')])
    assert.equal((await server.request('GET', url.pathname + other, { host: url.host })).status, 401, other);
  for (const method of ['POST', 'DELETE', 'HEAD'])
    assert.equal((await server.request(method, url.pathname + url.search, { host: url.host })).status, 401, method);
  await ok(204, v2('DELETE', `/clients/${id}`));
  assert.equal((await follow()).status, 401);
});

test('a credential of the query is in no Link header, however it is written', async () => {
  for (let i = 0; i < 2; i++) await create();
  for (const name of ['access_token', '%61ccess_token', 'access%5ftoken', 'access%5Ftoken']) {
    const answer = await server.request('GET', `/api/users?per_page=1&${name}=${v1.token}`);
    assert.equal(good(answer).length, 1);
    assert.ok(nextUrl(answer), name);
    assert.ok(!answer.headers.link.includes(v1.token), name);
  }
});

test('who sees a user by a linked identity cannot take over the account', async () => {
  const { call } = await ordinary(server, v1, 'guest');
  good(await call('POST', '/connections', { name: 'guest-db', strategy: 'auth0', options: {} }));
  const [host, guest] = [await create(), await create('guest-db')];
  await ok(201, v2('POST', `${path(host)}/identities`, { provider: 'auth0', user_id: guest.user_id }));
  assert.equal(good(await call('GET', path(host))).user_id, host.user_id);
  assert.equal((await call('PUT', `${path(host)}/password`, { password: 'N3w-and-taken!' })).status, 404);
  assert.equal((await call('PUT', `${path(host)}/email`, { email: 'taken@users.example' })).status, 404);
  assert.equal((await ok(200, v2('GET', path(host)))).email, host.email);
  good(await v1('PUT', `${path(host)}/password`, { password: 'N3w-and-granted!' }));
});

test('an empty id deletes nobody', async () => {
  const count = async () => good(await v1('GET', '/users?per_page=500')).length;
  await create();
  const before = await count();
  for (const target of ['/users/', '/users/?', `/users/?access_token=${v1.token}`, '/users?connection=x', '/users?user_id='])
    assert.equal((await v1('DELETE', target)).status, 404, target);
  for (const target of ['/users/', '/users//', '/users/?', '/users%2F']) await refused(v2('DELETE', target), 404);
  assert.equal(await count(), before);
});
