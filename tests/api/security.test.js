// Attacks: each was open once, or is what a reader of the API's history would try first.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { join } = require('node:path');
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

// Each seen twice before, so that it is remembered, and asked again at once afterwards.
test("a user's id_token ends with the user, and as the user becomes part of another", async () => {
  const [gone, part, whole] = [await create(), await create(), await create()];
  const client = await ok(201, v2('POST', '/clients', { name: 'of users who go', jwt_configuration: { alg: 'HS256' } }));
  const mine = (user) => as(idToken(server.issuer, client, user.user_id));
  const key = { device_name: 'phone', type: 'public_key', value: 'v', device_id: 'x', client_id: client.client_id };
  for (const user of [gone, part]) for (let times = 0; times < 2; times++) await ok(200, mine(user)('GET', path(user)));
  await ok(204, v2('DELETE', path(gone)));
  await ok(201, v2('POST', `${path(whole)}/identities`, { provider: 'auth0', user_id: part.user_id.split('|')[1] }));
  for (const user of [gone, part]) {
    await refused(mine(user)('GET', path(user)), 401, 'invalid_token');
    await refused(mine(user)('POST', '/device-credentials', key), 401, 'invalid_token');
  }
  assert.deepEqual(await ok(200, v2('GET', `/device-credentials?client_id=${client.client_id}&type=public_key`)), []);
});

test('what a client is decides what its tokens are, from the next request on', async () => {
  const user = await create();
  const body = { name: 'changes', app_type: 'non_interactive', grant_types: ['client_credentials'], jwt_configuration: { alg: 'HS256' } };
  const changes = {
    'a new secret': [(c) => ok(200, v2('POST', `/clients/${c.client_id}/rotate-secret`)), [401, 200, 200]],
    'keys, not secrets': [(c) => ok(200, v2('PATCH', `/clients/${c.client_id}`, { jwt_configuration: { alg: 'RS256' } })), [401, 200, 200]],
    'no secret any more': [(c) => ok(200, v2('PATCH', `/clients/${c.client_id}`, { token_endpoint_auth_method: 'none' })), [401, 200, 401]],
    'a listed jti': [(c, jti) => ok(204, v2('POST', '/blacklists/tokens', { jti, aud: c.client_id })), [401, 200, 200]],
    'no client': [(c) => ok(204, v2('DELETE', `/clients/${c.client_id}`)), [401, 401, 401]],
  };
  for (const [name, [change, wanted]] of Object.entries(changes)) {
    const client = await ok(201, v2('POST', '/clients', body));
    await ok(201, v2('POST', '/client-grants', { client_id: client.client_id, audience: management.audience, scope: ['read:users'] }));
    const secrets = { client_id: client.client_id, client_secret: client.client_secret };
    const jti = `changes ${name}`;
    const tokens = [idToken(server.issuer, client, user.user_id, { jti }), await server.token(secrets)];
    const old = (await ok(200, server.request('POST', '/oauth/token', { body: { grant_type: 'client_credentials', ...secrets } }))).access_token;
    const statuses = async () => [
      ...(await Promise.all(tokens.map((token) => as(token)('GET', path(user))))).map((answer) => answer.status),
      (await server.request('GET', '/api/clients', { headers: { Authorization: `Bearer ${old}` } })).status,
    ];
    for (let i = 0; i < 2; i++) assert.deepEqual(await statuses(), [200, 200, 200], name);
    await change(client, jti);
    assert.deepEqual(await statuses(), wanted, name);
  }
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

test('no search tells a secret', async () => {
  const client = await ok(201, v2('POST', '/clients', { name: 'of the oracle', description: 'seen', client_metadata: { tier: 'gold' } }));
  const queries = [`client_secret:${client.client_secret}`, `client_secret:${client.client_secret[0]}*`, '_exists_:client_secret', '_exists_:signing_keys', '_exists_:encryption_key',
    '_exists_:client_authentication_methods', 'NOT client_secret:x AND _exists_:client_secret', client.client_secret];
  const find = async (scope, q) => (await ok(200, (await server.v2({ scope }))('GET', `/clients?q=${enc(q)}`))).map((c) => c.name);
  for (const scope of ['read:clients', 'read:client_summary', 'read:clients read:client_keys'])
    for (const q of queries) assert.deepEqual([scope, q, await find(scope, q)], [scope, q, []]);
  assert.deepEqual(await find('read:clients', 'client_metadata.tier:gold'), ['of the oracle']);
  assert.deepEqual(await find('read:client_summary', 'description:seen'), ['of the oracle']);
  assert.deepEqual(await find('read:client_summary', 'client_metadata.tier:gold'), [], 'what the scope does not show');
  await ok(201, v2('POST', '/organizations', { name: 'oracle', metadata: { code: 'hidden' } }));
  const search = async (scope, q, parser) => (await ok(200, (await server.v2({ scope }))('GET', `/organizations/search?parser=${parser}&q=${enc(q)}`))).organizations.map((o) => o.name);
  for (const [q, parser] of [['metadata.code:hid*', 'lucene'], ['metadata.code sw "hid"', 'scim'], ['_exists_:metadata', 'lucene']]) {
    assert.deepEqual(await search('read:organizations_summary', q, parser), [], q);
    assert.deepEqual(await search('read:organizations', q, parser), ['oracle'], q);
  }
  await create();
  for (const q of ['_exists_:password', '_exists_:password_hash', '_exists_:user_secrets', '_exists_:identities.access_token'])
    assert.deepEqual(await ok(200, v2('GET', `/users?search_engine=v3&q=${enc(q)}`)), [], q);
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

test('who deletes everybody means it', async () => {
  const count = async () => good(await v1('GET', '/users?per_page=500')).length;
  await create();
  const before = await count(), { call } = await ordinary(server, v1, 'careless');
  for (const target of ['/users', '/users/']) assert.equal((await call('DELETE', target)).status, 401, target);
  for (const target of ['/users?connection=x', '/users/?user_id=', '/users?%61ccess_token=x']) assert.equal((await v1('DELETE', target)).status, 400, target);
  for (const target of ['/users//', '/users/%2F']) assert.equal((await v1('DELETE', target)).status, 404, target);
  for (const target of ['/users/', '/users//', '/users/?', '/users%2F']) await refused(v2('DELETE', target), 404);
  assert.equal(await count(), before);
});

// --- what one request may cost ----------------------------------------------------------------

async function quick(ms, answer) {
  const began = Date.now();
  const a = await answer;
  assert.ok(Date.now() - began < ms, `${Date.now() - began} ms`);
  return a;
}

test('a list without a limit of its own ends at five thousand', async () => {
  const scopes = (n) => Array.from({ length: n }, (_, i) => ({ value: `do:${i}` }));
  await refused(quick(3000, v2('POST', '/resource-servers', { identifier: 'urn:long', scopes: scopes(20000) })), 400, 'invalid_body', /Array is too long/);
  await ok(201, quick(10000, v2('POST', '/resource-servers', { identifier: 'urn:long', scopes: scopes(5000) })));
  await refused(v2('POST', '/resource-servers', { identifier: 'urn:twice', scopes: [...scopes(3), { value: 'do:1' }] }), 400, 'invalid_body', 'Scope values must be unique.');
  const client_aliases = Array.from({ length: 5000 }, (_, i) => `alias ${i}`);
  await ok(201, v2('POST', '/clients', { name: 'many names', client_aliases }));
  assert.equal((await quick(3000, v2('POST', '/clients', { name: 'the same names', client_aliases }))).status, 409);
});

test('a user has an end', async () => {
  const user = await create();
  const patch = (user_metadata) => v2('PATCH', path(user), { user_metadata });
  await ok(200, patch({ a: 'x'.repeat(600000) }));
  await refused(patch({ b: 'x'.repeat(600000) }), 400, 'invalid_body', /^The user would have \d+ bytes; at most 1048576 are kept\.$/);
  await ok(200, patch({ a: null, b: 'y' }));
  const many = Object.fromEntries(Array.from({ length: 10001 }, (_, i) => [`k${i}`, 1]));
  for (const value of [many, { a: Object.keys(many).map(() => []) }, { a: { b: [many] } }])
    await refused(quick(2000, patch(value)), 400, 'invalid_body', /More than 10000 values/);
  assert.deepEqual((await ok(200, v2('GET', path(user)))).user_metadata, { b: 'y' });
});

test('a page of large users is refused with advice', async () => {
  const q = 'name:heavy*';
  for (let i = 0; i < 34; i++)
    await ok(201, v2('POST', '/users', { connection: DB, email: `heavy${i}@users.example`, name: `heavy ${i}`, password: PASSWORD, user_metadata: { a: 'z'.repeat(1000000) } }));
  await refused(v2('GET', `/users?q=${q}&per_page=100`), 400, 'invalid_query_string', /too large for one page; ask for fewer with per_page/);
  assert.equal((await ok(200, v2('GET', `/users?q=${q}&per_page=5`))).length, 5);
});

test('a page of large connections is refused with advice, whatever looks for them', async () => {
  const blob = 'x'.repeat(1000000), made = [];
  for (let i = 0; i < 35; i++) made.push((await ok(201, v2('POST', '/connections', { name: `large-${i}`, strategy: 'auth0', options: { blob } }))).id);
  const peak = () => Number(/VmHWM:\s+(\d+)/.exec(require('node:fs').readFileSync(`/proc/${server.process.pid}/status`, 'utf8'))[1]) >> 10;
  for (const path of ['/connections', '/connections?strategy=auth0', '/connections?include_totals=true'])
    await refused(v2('GET', path), 400, 'invalid_query_string', /too large for one page; ask for fewer with per_page/);
  for (const path of ['/connections', '/connections?only_database=true']) assert.equal((await v1('GET', path)).body.error, 'invalid_query');
  assert.equal((await ok(200, v2('GET', '/connections?per_page=3'))).length, 3);
  assert.equal((await ok(200, v2('GET', '/connections?name=large-34'))).length, 1);
  assert.equal(good(await v1('GET', '/connections?only_database=true&per_page=3&page=2')).length, 3);
  if (!process.env.ASAN_OPTIONS) assert.ok(peak() < 400, `${peak()} MiB`);
  for (const id of made) await ok(202, v2('DELETE', `/connections/${id}`));
});

test('a password ends where it ends', async () => {
  for (const password of ['\0Sup3rSecret!x', 'Sup3r\0Secret!x', `${PASSWORD}\0`])
    await refused(v2('POST', '/users', { connection: DB, email: 'nul@users.example', password }), 400, 'invalid_body', /NUL/);
});

// --- what the log keeps ------------------------------------------------------------------------

test('large requests are kept without their bodies, and searches find them', async () => {
  await ok(201, v2('POST', '/clients', { name: 'short' }));
  const { client_id } = await ok(201, v2('POST', '/clients', { name: 'logged', description: 'd'.repeat(140), callbacks: Array.from({ length: 4000 }, (_, i) => `https://app.example/a/rather/long/callback/${i}`) }));
  const entries = await ok(200, v2('GET', `/logs?q=${enc('type:sapi AND description:"Create a client"')}&per_page=100`));
  const entry = entries.find((e) => e.details.truncated);
  assert.ok(entry, client_id);
  assert.deepEqual([entry.details.request.method, entry.details.request.path, entry.details.response.statusCode], ['post', '/api/v2/clients', 201]);
  assert.ok(!('body' in entry.details.request) && !('body' in entry.details.response));
  assert.ok(JSON.stringify(entry).length < 65536);
  assert.ok(entries.some((e) => !e.details.truncated && e.details.request.body.name));
  const walked = good(await v1('GET', '/logs?take=3'));
  assert.equal(walked.logs.length, 3);
  for (const sort of ['client_name:1', 'date:1', 'date:-1']) {
    const dates = (await ok(200, v2('GET', `/logs?q=type:sapi&sort=${sort}&per_page=100`))).map((e) => e.log_id);
    if (sort.startsWith('date')) assert.deepEqual(dates, sort.endsWith('-1') ? [...dates].sort().reverse() : [...dates].sort());
    assert.ok(dates.length > 1);
  }
});

test('secrets by any name are masked', async () => {
  const hidden = 'hush-hush-7f3a';
  const user = await create();
  const secrets = { Password: hidden, DB_PASSWORD: hidden, appSecret: hidden, 'x-api-token': hidden, apiKey: hidden, nested: [{ clientSecret: hidden, deeper: { PRIVATE_KEY: hidden } }] };
  await ok(200, v2('PATCH', path(user), { user_metadata: secrets }));
  await ok(201, v2('POST', '/connections', { name: 'upstream', strategy: 'oauth2', options: { client_id: 'x', client_secret: hidden, scripts: {}, extra: secrets } }));
  good(await v1('PATCH', `${path(user)}/metadata`, { ...secrets, color: 'red' }));
  const text = (await v2('GET', '/logs?per_page=100')).text;
  assert.ok(text.includes('*****'));
  assert.ok(!text.includes(hidden));
  for (const secret of [management.client_secret, server.credentials.global_client.client_secret, v1.token, v2.token, PASSWORD])
    assert.ok(!text.includes(secret));
});

test('what the server keeps is for its own eyes', async () => {
  const open = [];
  const walk = (dir) => {
    for (const name of fs.readdirSync(dir)) {
      const at = join(dir, name), { mode } = fs.lstatSync(at);
      if (mode & 0o077 && !/\/tls\/(ca|server)\.pem$/.test(at)) open.push(`${at} ${mode.toString(8)}`);
      if (fs.lstatSync(at).isDirectory()) walk(at);
    }
  };
  walk(server.data);
  const copy = join(server.dir, 'copy.db');
  server.cli('tenant', 'snapshot', 'default', copy);
  assert.equal(fs.statSync(copy).mode & 0o777, 0o600);
  assert.deepEqual(open, []);
  assert.match(fs.readFileSync(`/proc/${server.process.pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m);
});

test('what is for tests or for the operator is not there', async () => {
  for (const method of ['GET', 'POST'])
    for (const target of ['/test/clock', '/test/snapshot', '/test/restore', '/metrics'])
      assert.equal((await server.request(method, target, { body: method === 'POST' ? {} : undefined })).status, 404, target);
});

test('the server says no secret on its standard error', () => {
  const text = server.stderr();
  for (const secret of [management.client_secret, server.credentials.global_client.client_secret, v1.token, v2.token, PASSWORD, 'hush-hush-7f3a'])
    assert.ok(!text.includes(secret));
});

test('keys that a restore takes away while they are made are made again', async () => {
  const tenant = server.createTenant('restored'), host = 'restored.example.test', file = join(server.dir, 'keyless.db');
  server.cli('tenant', 'snapshot', 'restored', file);
  const { client_id, client_secret, audience } = tenant.management;
  for (let round = 0; round < 6; round++) {
    const asked = Array.from({ length: 8 }, () => server.request('POST', '/oauth/token', { host, body: { grant_type: 'client_credentials', client_id, client_secret, audience } }));
    server.cli('tenant', 'restore', 'restored', file);
    for (const a of await Promise.all(asked)) assert.ok([200, 503].includes(a.status), a.text);
  }
});
