// /api/v2/clients, their credentials, grants and connections.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { Server } = require('./lib/server');

let server, v2;

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
});
after(async () => { if (server) await server.stop(); });

async function expectStatus(wanted, answer) {
  const a = await answer;
  assert.equal(a.status, wanted, a.text);
  return a.body;
}

let made = 0;
const create = (more = {}) => expectStatus(201, v2('POST', '/clients', { name: `client ${++made}`, ...more }));
const list = (query = '') => expectStatus(200, v2('GET', `/clients${query}`));
const ids = (clients) => clients.map((c) => c.client_id);

test('a client is created with the defaults of the real API', async () => {
  const c = await create({ description: 'd' });
  assert.match(c.client_id, /^[A-Za-z0-9]{32}$/);
  assert.match(c.client_secret, /^[A-Za-z0-9_-]{64}$/);
  assert.deepEqual(c.jwt_configuration, { lifetime_in_seconds: 36000, secret_encoded: false });
  assert.deepEqual(c.grant_types, ['authorization_code', 'implicit', 'refresh_token', 'client_credentials']);
  assert.equal(c.is_first_party, true);
  assert.ok(!('callbacks' in c) && !('app_type' in c));
  const read = await expectStatus(200, v2('GET', `/clients/${c.client_id}`));
  assert.equal(read.client_secret, c.client_secret);
  assert.deepEqual(await expectStatus(200, v2('GET', `/clients/cli_${c.client_id}`)), read);
});

test('a client that is none is 404, deleting it is not', async () => {
  const answer = await v2('GET', '/clients/nobody');
  assert.equal(answer.status, 404);
  assert.equal(answer.body.errorCode, 'inexistent_client');
  assert.equal(answer.body.message, 'The client does not exist');
  await expectStatus(204, v2('DELETE', '/clients/nobody'));
});

test('a patch merges, null removes, the secret rotates', async () => {
  const { client_id: id, client_secret: secret } = await create({ client_metadata: { a: '1', b: '2' } });
  const patched = await expectStatus(200, v2('PATCH', `/clients/${id}`, { client_metadata: { a: null, c: '3' }, jwt_configuration: { alg: 'RS256' } }));
  assert.deepEqual(patched.client_metadata, { b: '2', c: '3' });
  assert.deepEqual(patched.jwt_configuration, { lifetime_in_seconds: 36000, secret_encoded: false, alg: 'RS256' });
  const rotated = await expectStatus(200, v2('POST', `/clients/${id}/rotate-secret`));
  assert.match(rotated.client_secret, /^[A-Za-z0-9_-]{64}$/);
  assert.notEqual(rotated.client_secret, secret);
});

test('a secret is set by who may change keys, and by nobody else', async () => {
  const { client_id: id } = await create({});
  const secret = { client_secret: 'a-secret-of-our-own-choice-0123456789' };
  const [clients, keys] = [await server.v2({ scope: 'update:clients' }), await server.v2({ scope: 'update:client_keys' })];
  await expectStatus(403, clients('PATCH', `/clients/${id}`, secret));
  await expectStatus(403, keys('PATCH', `/clients/${id}`, { ...secret, name: 'both' }));
  await expectStatus(200, clients('PATCH', `/clients/${id}`, { name: 'named' }));
  await expectStatus(200, keys('PATCH', `/clients/${id}`, secret));
  const now = await expectStatus(200, v2('GET', `/clients/${id}`));
  assert.deepEqual([now.name, now.client_secret], ['named', secret.client_secret]);
});

test('the global client stays', async () => {
  const answer = await v2('DELETE', `/clients/${server.credentials.global_client.client_id}`);
  assert.equal(answer.status, 400, answer.text);
  assert.equal(answer.body.message, 'Global client cannot be deleted.');
});

test('scopes decide what is seen of a client', async () => {
  const { client_id: id } = await create({ description: 'd', app_type: 'regular_web' });
  const summary = await server.v2({ scope: 'read:client_summary' });
  assert.deepEqual(Object.keys((await summary('GET', `/clients/${id}`)).body).sort(), ['app_type', 'client_id', 'description', 'name', 'tenant']);
  const plain = (await (await server.v2({ scope: 'read:clients' }))('GET', `/clients/${id}`)).body;
  assert.ok('grant_types' in plain && !('client_secret' in plain) && !('signing_keys' in plain));
});

test('pages: bare, with totals, by checkpoint, none', async () => {
  for (let i = 0; i < 4; i++) await create();
  const all = await list('?per_page=100');
  const page = await list('?page=1&per_page=2&include_totals=true');
  assert.deepEqual([page.start, page.limit, page.total], [2, 2, all.length]);
  assert.deepEqual(ids(page.clients), ids(all.slice(2, 4)));
  const seen = [];
  let from = '';
  do {
    const body = await list(`?take=3${from}`);
    seen.push(...ids(body.clients));
    from = body.next && `&from=${body.next}`;
  } while (from);
  assert.deepEqual(seen, ids(all));
  assert.deepEqual((await list('?per_page=0&include_totals=true')).clients, []);
});

test('fields are picked, the tenant comes along', async () => {
  const [first] = await list('?fields=name,client_id&per_page=1');
  assert.deepEqual(Object.keys(first).sort(), ['client_id', 'name', 'tenant']);
});

test('is_global filters the list', async () => {
  assert.deepEqual(ids(await list('?is_global=true')), [server.credentials.global_client.client_id]);
  assert.ok(!ids(await list('?is_global=false&per_page=100')).includes(server.credentials.global_client.client_id));
});

test('app_type and is_first_party filter the list', async () => {
  const spa = await create({ app_type: 'spa', is_first_party: false });
  const native = await create({ app_type: 'native' });
  const found = ids(await list('?app_type=spa,native'));
  assert.ok(found.includes(spa.client_id) && found.includes(native.client_id));
  assert.deepEqual(ids(await list('?is_first_party=false')), [spa.client_id]);
});

test('external_client_id filters the list', async () => {
  assert.notEqual((await list()).length, 0);
  assert.deepEqual(await list('?external_client_id=https%3A%2F%2Fclient.example%2Fmetadata.json'), []);
});

test('q finds clients by id and by name', async () => {
  const c = await create({ name: 'Shop of Horrors' });
  assert.deepEqual(ids(await list(`?q=client_id:${c.client_id}`)), [c.client_id]);
  assert.deepEqual(ids(await list(`?q=${encodeURIComponent('name:"Shop of Horrors"')}`)), [c.client_id]);
  assert.deepEqual(ids(await list(`?q=${encodeURIComponent('name:shop*')}`)), [c.client_id]);
});

test('strategy filters the connections of a client', async () => {
  const { client_id: id } = await create();
  for (const strategy of ['auth0', 'github']) {
    await expectStatus(201, v2('POST', '/connections', { name: `of-client-${strategy}`, strategy, enabled_clients: [id] }));
  }
  const of = async (query) => (await expectStatus(200, v2('GET', `/clients/${id}/connections${query}`))).connections.map((c) => c.name);
  assert.deepEqual(await of(''), ['of-client-auth0', 'of-client-github']);
  assert.deepEqual(await of('?strategy=github'), ['of-client-github']);
  assert.deepEqual(await of('?take=1'), ['of-client-auth0']);
});

test('credentials: the key is named by its thumbprint and never shown', async () => {
  const { publicKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' });
  const { n, e } = publicKey.export({ format: 'jwk' });
  const kid = crypto.createHash('sha256').update(JSON.stringify({ e, kty: 'RSA', n })).digest('base64url');
  const c = await create({ client_authentication_methods: { private_key_jwt: { credentials: [{ credential_type: 'public_key', name: 'k', pem }] } } });
  const [credential] = c.client_authentication_methods.private_key_jwt.credentials;
  assert.equal(credential.kid, kid);
  assert.ok(!('pem' in credential));
  const read = await expectStatus(200, v2('GET', `/clients/${c.client_id}`));
  assert.deepEqual(read.client_authentication_methods, { private_key_jwt: { credentials: [{ id: credential.id }] } });
  assert.equal((await expectStatus(200, v2('GET', `/clients/${c.client_id}/credentials/${credential.id}`))).expires_at, null);
  await expectStatus(204, v2('DELETE', `/clients/${c.client_id}/credentials/${credential.id}`));
  assert.deepEqual(await expectStatus(200, v2('GET', `/clients/${c.client_id}/credentials`)), []);
});

test('a deleted client takes its grants along', async () => {
  const { client_id } = await create();
  const grant = await expectStatus(201, v2('POST', '/client-grants', { client_id, audience: server.credentials.management.audience, scope: ['read:users'] }));
  await expectStatus(204, v2('DELETE', `/clients/${client_id}`));
  assert.equal((await v2('GET', `/client-grants/${grant.id}`)).status, 404);
});
