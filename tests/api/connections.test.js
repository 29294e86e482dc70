// /api/v2/connections.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');

let server, v2, clients;

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  clients = [];
  for (const name of ['one', 'two']) clients.push((await v2('POST', '/clients', { name })).body.client_id);
});
after(async () => { if (server) await server.stop(); });

async function expectStatus(wanted, answer) {
  const a = await answer;
  assert.equal(a.status, wanted, a.text);
  return a.body;
}

const create = (body) => expectStatus(201, v2('POST', '/connections', { strategy: 'auth0', ...body }));
const read = (c) => expectStatus(200, v2('GET', `/connections/${c.id}`));

test('a name is taken once', async () => {
  const c = await create({ name: 'taken' });
  const again = await v2('POST', '/connections', { name: 'taken', strategy: 'github' });
  assert.equal(again.status, 409, again.text);
  assert.equal(again.body.message, 'A connection with the same name already exists');
  await expectStatus(202, v2('DELETE', `/connections/${c.id}`));
  await create({ name: 'taken' });
});

test('the strategy fills in its own options', async () => {
  const database = await create({ name: 'filled-db' });
  assert.match(database.id, /^con_[A-Za-z0-9]{16}$/);
  assert.equal(database.options.passwordPolicy, 'good');
  assert.deepEqual(database.options.mfa, { active: true, return_enroll_settings: true });
  assert.deepEqual([database.realms, database.is_domain_connection, database.enabled_clients], [['filled-db'], false, []]);
  const okta = await create({ name: 'filled-okta', strategy: 'okta', options: { client_id: 'i', domain: 'example.okta.com' } });
  assert.equal(okta.options.token_endpoint, 'https://example.okta.com/oauth2/v1/token');
  assert.ok(!('passwordPolicy' in okta.options));
});

test('options are replaced whole', async () => {
  const c = await create({ name: 'replaced', options: { own: 1 } });
  const patched = await expectStatus(200, v2('PATCH', `/connections/${c.id}`, { options: { other: 2 } }));
  assert.ok(!('own' in patched.options) && !('passwordPolicy' in patched.options));
  assert.equal(patched.options.other, 2);
  assert.equal(patched.options.brute_force_protection, true);
  assert.deepEqual(await read(c), patched);
});

test('rules between options are told in the words of the real API', async () => {
  const attributes = { email: { identifier: { active: false }, signup: { status: 'required' } } };
  const answer = await v2('POST', '/connections', { name: 'ruled', strategy: 'auth0', options: { attributes } });
  assert.equal(answer.status, 400, answer.text);
  assert.deepEqual([answer.body.errorCode, answer.body.message], ['invalid_body', 'attributes must contain one active identifier']);
});

test('enabled_clients replaces the clients of the connection', async () => {
  const c = await create({ name: 'enabled', enabled_clients: [clients[0]] });
  assert.deepEqual(c.enabled_clients, [clients[0]]);
  const patched = await expectStatus(200, v2('PATCH', `/connections/${c.id}`, { enabled_clients: [clients[1]] }));
  assert.deepEqual(patched.enabled_clients, [clients[1]]);
  assert.deepEqual((await expectStatus(200, v2('GET', `/clients/${clients[0]}/connections`))).connections, []);
});

test('clients are switched on and off one by one', async () => {
  const c = await create({ name: 'switched', enabled_clients: [clients[0]] });
  await expectStatus(204, v2('PATCH', `/connections/${c.id}/clients`, [{ client_id: clients[0], status: false }, { client_id: clients[1], status: true }]));
  assert.deepEqual(await expectStatus(200, v2('GET', `/connections/${c.id}/clients`)), { clients: [{ client_id: clients[1] }] });
  const unknown = await v2('PATCH', `/connections/${c.id}/clients`, [{ client_id: 'nobody', status: true }]);
  assert.deepEqual([unknown.status, unknown.body.message], [404, 'The client does not exist']);
});

test('a user is deleted by e-mail address', async () => {
  const c = await create({ name: 'with-users', enabled_clients: [clients[0], server.credentials.management.client_id] });
  const user = await expectStatus(201, v2('POST', '/users', { connection: c.name, email: 'gone@example.org', password: 'Secret-enough-1' }));
  await expectStatus(204, v2('DELETE', `/connections/${c.id}/users?email=nobody%40example.org`));
  await expectStatus(200, v2('GET', `/users/${encodeURIComponent(user.user_id)}`));
  await expectStatus(204, v2('DELETE', `/connections/${c.id}/users?email=gone%40example.org`));
  await expectStatus(404, v2('GET', `/users/${encodeURIComponent(user.user_id)}`));
  const social = await create({ name: 'without-users', strategy: 'github' });
  assert.equal((await v2('DELETE', `/connections/${social.id}/users?email=gone%40example.org`)).status, 400);
});

test('a deleted connection takes its users along', async () => {
  const c = await create({ name: 'emptied', enabled_clients: [clients[0], server.credentials.management.client_id] });
  const user = await expectStatus(201, v2('POST', '/users', { connection: c.name, email: 'gone@example.org', password: 'Secret-enough-1' }));
  const answer = await expectStatus(202, v2('DELETE', `/connections/${c.id}`));
  assert.ok(Math.abs(Date.parse(answer.deleted_at) - Date.now()) < 60000);
  await expectStatus(404, v2('GET', `/users/${encodeURIComponent(user.user_id)}`));
  const missing = await v2('GET', `/connections/${c.id}`);
  assert.deepEqual([missing.status, missing.body.errorCode], [404, 'inexistent_connection']);
});

test('signing_alg chooses the algorithm of a new key', async () => {
  const options = { client_id: 'i', token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256' };
  const c = await create({ name: 'keyed', strategy: 'oidc', options });
  const keys = () => expectStatus(200, v2('GET', `/connections/${c.id}/keys`));
  const [current, next] = await keys();
  assert.deepEqual([current.algorithm, current.current, next.next], ['ES256', true, true]);
  const rotated = await expectStatus(201, v2('POST', `/connections/${c.id}/keys/rotate`, { signing_alg: 'RS256' }));
  const after = await keys();
  assert.deepEqual(after.map((k) => k.kid), [next.kid, current.kid, rotated.kid]);
  assert.deepEqual(after.map((k) => k.algorithm), ['ES256', 'ES256', 'RS256']);
  assert.equal((await v2('POST', `/connections/${c.id}/keys`, {})).status, 409);
});

test('a connection without keys of its own says so', async () => {
  const c = await create({ name: 'keyless' });
  assert.equal((await v2('GET', `/connections/${c.id}/keys`)).status, 400);
});

test('lists: strategy, name, fields, pages', async () => {
  await create({ name: 'listed', strategy: 'facebook' });
  const names = async (query) => (await expectStatus(200, v2('GET', `/connections${query}`))).map((c) => c.name);
  assert.deepEqual(await names('?strategy=facebook'), ['listed']);
  assert.deepEqual(await names('?name=listed'), ['listed']);
  assert.deepEqual(await names('?name=listed&strategy=auth0'), []);
  const [picked] = await expectStatus(200, v2('GET', '/connections?name=listed&fields=name'));
  assert.deepEqual(Object.keys(picked).sort(), ['id', 'is_domain_connection', 'name']);
  const page = await expectStatus(200, v2('GET', '/connections?per_page=1&page=1&include_totals=true'));
  assert.deepEqual([page.start, page.limit, page.connections.length], [1, 1, 1]);
  const first = await expectStatus(200, v2('GET', '/connections?take=1'));
  assert.equal(first.connections.length, 1);
  assert.ok(first.next);
});

test('no connector is connected', async () => {
  const c = await create({ name: 'directory', strategy: 'ad' });
  assert.match(c.provisioning_ticket_url, new RegExp(`^${server.issuer}p/ad/[A-Za-z0-9]{32}$`));
  const answer = await v2('GET', `/connections/${c.id}/status`);
  assert.equal(answer.status, 404, answer.text);
});

test('the values of configuration are not shown, and survive being read and written', async () => {
  const secret = 'postgres://scripts:password@db';
  const made = await create({ name: 'scripts', options: { configuration: { DB: secret, MODE: 'fast' } } });
  const shown = made.options.configuration;
  assert.deepEqual(Object.keys(shown), ['DB', 'MODE']);
  for (const a of [made, await read(made), await expectStatus(200, v2('GET', '/connections?name=scripts'))]) assert.ok(!JSON.stringify(a).includes(secret));
  assert.deepEqual((await read(made)).options.configuration, shown);
  const changed = await expectStatus(200, v2('PATCH', `/connections/${made.id}`, { options: { configuration: { ...shown, MODE: 'slow' } } }));
  assert.equal(changed.options.configuration.DB, shown.DB, 'sent back, it is the same value');
  assert.notEqual(changed.options.configuration.MODE, shown.MODE);
});
