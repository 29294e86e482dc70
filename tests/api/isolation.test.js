// A tenant is nothing for another tenant: not its tokens, ids, users, entries, limits, nor its end.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused, oauthRefused, enc, query, eventually } = require('./lib/check');
const { decode, idToken } = require('./lib/jwt');

const DB = 'Username-Password-Authentication';
const domain = { a: 'a.example.test', b: 'b.example.test' };
let server, a, b, credentials;

before(async () => {
  server = await Server.start({ flags: ['--rate-limits', 'generous'] });
  credentials = { a: server.createTenant('tenant-a', domain.a), b: server.createTenant('tenant-b', domain.b) };
  a = await server.v2({ credentials: credentials.a, host: domain.a });
  b = await server.v2({ credentials: credentials.b, host: domain.b });
});
after(async () => { if (server) await server.stop(); });

const with_ = (token) => ({ Authorization: `Bearer ${token}` });
const at = (host, token, method, target, body) => server.request(method, `/api/v2${target}`, { host, headers: with_(token), body });
const newUser = (v2, email) => ok(201, v2('POST', '/users', { connection: DB, email, password: 'secret-enough' }));

test("a tenant's tokens open nothing at another", async () => {
  await ok(200, a('GET', '/clients'));
  await refused(at(domain.b, a.token, 'GET', '/clients'), 401, 'invalid_token');
  await refused(at('localhost', a.token, 'GET', '/clients'), 401, 'invalid_token');
  await refused(at(domain.a, (await server.v2()).token, 'GET', '/clients'), 401, 'invalid_token');
  for (let i = 0; i < 3; i++) { // a token that is remembered at its own tenant stays unknown elsewhere
    await ok(200, a('GET', '/clients'));
    await refused(at(domain.b, a.token, 'GET', '/clients'), 401, 'invalid_token');
  }
});

test('v1 tokens open nothing at another', async () => {
  const v1 = await server.v1({ client: credentials.a.global_client, host: domain.a });
  await ok(200, v1('GET', '/connections'));
  assert.equal((await server.request('GET', '/api/connections', { host: domain.b, headers: with_(v1.token) })).status, 401);
  assert.equal((await server.request('GET', `/api/connections?access_token=${v1.token}`, { host: domain.b })).status, 401);
});

test('issuer, keys and links are of the own domain', async () => {
  const tokens = { a: decode(a.token), b: decode(b.token) };
  assert.equal(tokens.a.claims.iss, `https://${domain.a}/`);
  assert.equal(tokens.b.claims.iss, `https://${domain.b}/`);
  assert.notEqual(tokens.a.header.kid, tokens.b.header.kid);
  const keys = async (host) => (await ok(200, server.request('GET', '/.well-known/jwks.json', { host }))).keys.map((k) => k.kid);
  assert.ok((await keys(domain.a)).includes(tokens.a.header.kid) && !(await keys(domain.b)).includes(tokens.a.header.kid));
  assert.equal((await ok(200, server.request('GET', '/.well-known/openid-configuration', { host: domain.b }))).issuer, `https://${domain.b}/`);
  assert.match((await a('GET', '/clients')).headers.link, new RegExp(`^<https://${domain.a}/api/v2/clients`));
});

test('clients of one tenant get no token at another', async () => {
  const ask = (host, c, audience) => server.request('POST', '/oauth/token', { host, body: { grant_type: 'client_credentials', client_id: c.client_id, client_secret: c.client_secret, audience } });
  await ok(200, ask(domain.a, credentials.a.management, credentials.a.management.audience));
  await oauthRefused(ask(domain.b, credentials.a.management, credentials.b.management.audience), 401, 'access_denied');
  await oauthRefused(ask(domain.b, credentials.a.management, credentials.a.management.audience), 401, 'access_denied');
  await oauthRefused(ask(domain.a, credentials.a.management, credentials.b.management.audience), 403, 'access_denied', /^Service not enabled within domain/);
  assert.equal((await ask(domain.b, credentials.a.global_client)).status, 401);
});

test('ids of one tenant are unknown at another', async () => {
  const made = {
    client: (await ok(201, a('POST', '/clients', { name: 'of a' }))).client_id,
    connection: (await ok(201, a('POST', '/connections', { name: 'of-a', strategy: 'auth0' }))).id,
    api: (await ok(201, a('POST', '/resource-servers', { identifier: 'urn:of-a' }))).id,
    user: (await newUser(a, 'ids@isolation.example')).user_id,
    log: (await ok(200, a('GET', '/logs?per_page=1')))[0].log_id,
  };
  made.grant = (await ok(201, a('POST', '/client-grants', { client_id: made.client, audience: 'urn:of-a', scope: [] }))).id;
  const places = { client: '/clients/', connection: '/connections/', api: '/resource-servers/', user: '/users/', grant: '/client-grants/', log: '/logs/' };
  for (const [kind, id] of Object.entries(made)) {
    const target = `${places[kind]}${enc(id)}`;
    await ok(200, a('GET', target));
    assert.equal((await b('GET', target)).status, 404, kind);
    if (kind === 'log') continue;
    const body = { client: { name: 'x' }, connection: { display_name: 'x' }, api: { name: 'x' }, user: { name: 'x' }, grant: { scope: [] } }[kind];
    assert.equal((await b('PATCH', target, body)).status, 404, kind);
    const gone = await b('DELETE', target);
    assert.ok([202, 204, 404].includes(gone.status), `${kind}: ${gone.status} ${gone.text}`);
    await ok(200, a('GET', target));
  }
  await refused(b('POST', '/client-grants', { client_id: made.client, audience: credentials.b.management.audience, scope: [] }), 404, 'inexistent_client');
  await refused(b('POST', `/clients/${made.client}/rotate-secret`), 404, 'inexistent_client');
  assert.equal((await b('PATCH', `/connections/${made.connection}/clients`, [{ client_id: made.client, status: true }])).status, 404);
});

test('lists and searches show the own tenant only', async () => {
  const user = await newUser(a, 'search@isolation.example');
  for (const target of [`/users${query({ q: 'email:"search@isolation.example"' })}`, `/users${query({ q: 'search', search_engine: 'v1' })}`, `/users-by-email${query({ email: user.email })}`]) {
    assert.ok((await ok(200, a('GET', target))).some((u) => u.user_id === user.user_id), target);
    assert.ok(!(await ok(200, b('GET', target))).some((u) => u.user_id === user.user_id), target);
  }
  for (const [target, key] of Object.entries({ '/clients': 'client_id', '/connections': 'id', '/resource-servers': 'id', '/client-grants': 'id', '/users': 'user_id', '/logs': 'log_id' })) {
    const ids = async (v2) => (await ok(200, v2('GET', target))).map((x) => x[key]);
    const mine = await ids(a), theirs = await ids(b);
    assert.ok(mine.length, target);
    assert.deepEqual(theirs.filter((id) => mine.includes(id)), [], target);
  }
});

test('names, addresses and ids that one tenant has are free at another', async () => {
  await ok(201, a('POST', '/connections', { name: 'same-name', strategy: 'auth0' }));
  await ok(201, b('POST', '/connections', { name: 'same-name', strategy: 'auth0' }));
  await ok(201, a('POST', '/resource-servers', { identifier: 'urn:same' }));
  await ok(201, b('POST', '/resource-servers', { identifier: 'urn:same' }));
  const body = { connection: DB, email: 'same@isolation.example', password: 'secret-enough', user_id: 'same' };
  await ok(201, a('POST', '/users', body));
  await ok(201, b('POST', '/users', body));
  await ok(204, b('DELETE', '/users/auth0%7Csame'));
  await ok(200, a('GET', '/users/auth0%7Csame'));
});

test("what happens at one tenant is not in the other's log", async () => {
  const user = await newUser(a, 'logged@isolation.example');
  await ok(200, a('PATCH', `/users/${enc(user.user_id)}`, { user_metadata: { note: 'only-at-a' } }));
  assert.ok((await a('GET', '/logs?per_page=100')).text.includes('only-at-a'));
  assert.ok(!(await b('GET', '/logs?per_page=100')).text.includes('only-at-a'));
  await server.request('POST', '/oauth/token', { host: domain.a, body: { grant_type: 'client_credentials', client_id: 'unknown-at-a', client_secret: 'x' } });
  await eventually(async () => (await a('GET', `/logs${query({ q: 'type:feccft' })}`)).text.includes('unknown-at-a'));
  assert.ok(!(await b('GET', `/logs${query({ q: 'type:feccft' })}`)).text.includes('unknown-at-a'));
});

test('an id_token is good for its own tenant', async () => {
  const user = await newUser(a, 'token@isolation.example');
  const client = await ok(201, a('POST', '/clients', { name: 'login' }));
  const token = idToken(`https://${domain.a}/`, client, user.user_id);
  await ok(200, at(domain.a, token, 'GET', `/users/${enc(user.user_id)}`));
  assert.equal((await at(domain.b, token, 'GET', `/users/${enc(user.user_id)}`)).status, 401);
  const other = await ok(201, b('POST', '/clients', { name: 'login' }));
  assert.equal((await at(domain.a, idToken(`https://${domain.a}/`, other, user.user_id), 'GET', `/users/${enc(user.user_id)}`)).status, 401);
});

test('deleting everybody deletes nobody elsewhere', async () => {
  await newUser(b, 'stays@isolation.example');
  await ok(204, a('DELETE', '/users'));
  assert.deepEqual(await ok(200, a('GET', '/users')), []);
  assert.ok((await ok(200, b('GET', '/users'))).some((u) => u.email === 'stays@isolation.example'));
});

test('settings are of one tenant', async () => {
  await ok(200, a('PATCH', '/tenants/settings', { friendly_name: 'A', flags: { disable_v1_for_ordinary_clients: true } }));
  const theirs = await ok(200, b('GET', '/tenants/settings'));
  assert.ok(theirs.friendly_name !== 'A' && !theirs.flags.disable_v1_for_ordinary_clients);
});

test('a host is found with its port, in any case, and only whole', async () => {
  const status = async (host) => (await server.request('GET', '/.well-known/openid-configuration', { host })).status;
  assert.equal(await status('A.Example.Test'), 200);
  for (const host of ['a.example.test.evil', 'x.a.example.test', 'example.test', 'a.example.tes', 'a.example.test,b.example.test'])
    assert.notEqual(await status(host), 200, host);
});

test('a limit that one tenant has reached leaves the other alone', async () => {
  const s = await Server.start({ flags: ['--rate-limits', 'free'] });
  try {
    const c = s.createTenant('tenant-c', 'c.example.test');
    const mine = await s.v2(), theirs = await s.v2({ credentials: c, host: 'c.example.test' });
    let answer;
    for (let i = 0; i < 40; i++) if ((answer = await mine('GET', '/clients')).status === 429) break;
    assert.equal(answer.status, 429);
    const other = await theirs('GET', '/clients');
    assert.equal(other.status, 200, other.text);
    assert.equal(other.headers['x-ratelimit-remaining'], '9');
  } finally {
    await s.stop();
  }
});

test('a deleted tenant is gone with all that it had', async () => {
  const c = server.createTenant('tenant-d', 'd.example.test');
  const d = await server.v2({ credentials: c, host: 'd.example.test' });
  await newUser(d, 'gone@isolation.example');
  server.cli('tenant', 'delete', 'tenant-d');
  assert.equal((await d('GET', '/users')).status, 404);
  const again = server.createTenant('tenant-d', 'd.example.test');
  assert.notEqual(again.management.client_id, c.management.client_id);
  assert.equal((await d('GET', '/users')).status, 401, 'the old token is none of the new tenant');
  const fresh = await server.v2({ credentials: again, host: 'd.example.test' });
  assert.deepEqual(await ok(200, fresh('GET', '/users')), []);
  await ok(200, a('GET', '/clients'));
});
