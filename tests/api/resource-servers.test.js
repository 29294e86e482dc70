// /api/v2/resource-servers: APIs, their scopes and secrets, and those that belong to the server.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused, enc, query } = require('./lib/check');

let server, v2;

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
});
after(async () => { if (server) await server.stop(); });

let made = 0;
const create = (more = {}) => ok(201, v2('POST', '/resource-servers', { identifier: `urn:api:${++made}`, ...more }));
const read = (api) => ok(200, v2('GET', `/resource-servers/${enc(api.id ?? api)}`));
const patch = (api, body) => v2('PATCH', `/resource-servers/${api.id}`, body);

test('an API is created with the defaults of the real one', async () => {
  const api = await create({ identifier: 'https://api.example/', name: 'My API', scopes: [{ value: 'read:a', description: 'Read A' }, { value: 'write:a' }] });
  assert.match(api.id, /^[0-9a-f]{24}$/);
  assert.deepEqual({ ...api, id: 0 }, {
    id: 0, identifier: 'https://api.example/', name: 'My API', scopes: [{ value: 'read:a', description: 'Read A' }, { value: 'write:a' }],
    signing_alg: 'RS256', allow_offline_access: false, token_lifetime: 86400, token_lifetime_for_web: 7200, skip_consent_for_verifiable_first_party_clients: false,
    subject_type_authorization: { user: { policy: 'allow_all' }, client: { policy: 'require_client_grant' } }, ...('is_system' in api && { is_system: false }),
  });
  assert.deepEqual(await read(api), api);
  assert.deepEqual(await read(api.identifier), api, 'the identifier stands for the id');
  await server.restart();
  assert.deepEqual(await read(api), api);
});

test('an identifier is taken once, and stays', async () => {
  const api = await create();
  await refused(v2('POST', '/resource-servers', { identifier: api.identifier }), 409, undefined, 'A resource server with the same identifier already exists.');
  await refused(patch(api, { identifier: 'urn:other' }), 400, 'invalid_body', "Payload validation error: 'Additional properties not allowed: identifier'.");
  await refused(v2('POST', '/resource-servers', { identifier: '' }), 400, 'invalid_body', /on property identifier/);
  await refused(v2('POST', '/resource-servers', { identifier: 'x'.repeat(601) }), 400, 'invalid_body', /on property identifier/);
});

test('a patch replaces lists, keeps the rest, and null removes', async () => {
  const api = await create({ name: 'before', scopes: [{ value: 'a' }, { value: 'b' }], token_lifetime: 60, token_encryption: null });
  const now = await ok(200, patch(api, { scopes: [{ value: 'c' }], allow_offline_access: true, signing_alg: 'HS256' }));
  assert.deepEqual(now.scopes, [{ value: 'c' }]);
  assert.deepEqual([now.name, now.token_lifetime, now.allow_offline_access, now.signing_alg], ['before', 60, true, 'HS256']);
  assert.ok(now.signing_secret.length >= 16);
  assert.deepEqual(await read(api), now);
});

test('bad settings are refused by name', async () => {
  const bad = (body, message) => refused(v2('POST', '/resource-servers', { identifier: 'urn:bad', ...body }), 400, 'invalid_body', message);
  await bad({ name: '<x>' }, /on property name/);
  await bad({ scopes: [{ description: 'no value' }] }, /Missing required property: value' on property scopes\[0\]/);
  await bad({ scopes: [{ value: 'a' }, { value: 'a' }] }, 'Scope values must be unique.');
  await bad({ signing_alg: 'none' }, /No enum match for: none' on property signing_alg/);
  await bad({ token_lifetime: 2592001 }, /on property token_lifetime/);
  await bad({ token_lifetime: 1.5 }, /on property token_lifetime/);
  await bad({ token_dialect: 'mine' }, /on property token_dialect/);
  await bad({ is_system: true }, /Additional properties not allowed: is_system/);
  await refused(v2('GET', '/resource-servers/none'), 404, 'inexistent_resource_server', 'The resource server does not exist');
  await refused(v2('PATCH', '/resource-servers/none', { name: 'x' }), 404, 'inexistent_resource_server');
});

test('the Management API can be neither changed nor deleted nor made again', async () => {
  const { audience } = server.credentials.management;
  const api = await read(audience);
  assert.equal(api.is_system, true);
  await refused(patch(api, { name: 'Mine' }), 400, 'operation_not_supported', 'System resource servers cannot be patched.');
  await refused(v2('DELETE', `/resource-servers/${api.id}`), 400, 'operation_not_supported', 'System resource servers cannot be deleted.');
  await refused(v2('DELETE', `/resource-servers/${enc(audience)}`), 400, 'operation_not_supported');
  assert.ok((await v2('POST', '/resource-servers', { identifier: audience })).status >= 400);
  assert.deepEqual(await read(audience), api);
});

test('a deleted API takes its grants along', async () => {
  const api = await create({ scopes: [{ value: 'a' }] });
  const client = await ok(201, v2('POST', '/clients', { name: 'x' }));
  const grant = await ok(201, v2('POST', '/client-grants', { client_id: client.client_id, audience: api.identifier, scope: ['a'] }));
  await ok(204, v2('DELETE', `/resource-servers/${api.id}`));
  await refused(v2('GET', `/resource-servers/${api.id}`), 404, 'inexistent_resource_server');
  await refused(v2('GET', `/client-grants/${grant.id}`), 404, 'inexistent_client_grant');
  await ok(204, v2('DELETE', `/resource-servers/${api.id}`));
  assert.equal((await create({ identifier: api.identifier })).scopes, undefined, 'a new one inherits nothing');
});

test('identifiers filter the list', async () => {
  const one = await create(), two = await create();
  const list = (params) => ok(200, v2('GET', `/resource-servers?${params.map((i) => `identifiers=${enc(i)}`).join('&')}`));
  assert.deepEqual((await list([one.identifier])).map((a) => a.id), [one.id]);
  assert.deepEqual((await list([one.identifier, two.identifier])).map((a) => a.id), [one.id, two.id]);
  assert.deepEqual(await list(['urn:none']), []);
});

test('an encryption key is kept, and its text never shown', async () => {
  const { publicKey } = require('node:crypto').generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });
  const api = await v2('POST', '/resource-servers', { identifier: 'urn:encrypted', token_encryption: { format: 'compact-nested-jwe', encryption_key: { name: 'k', alg: 'RSA-OAEP-256', kid: 'kid-1', pem: publicKey } } });
  assert.equal(api.status, 201, api.text);
  assert.equal(api.body.token_encryption.encryption_key.kid, 'kid-1');
  for (const a of [api, await v2('GET', `/resource-servers/${api.body.id}`), await v2('GET', `/resource-servers${query({ identifiers: 'urn:encrypted' })}`)])
    assert.ok(!a.text.includes('BEGIN PUBLIC KEY'), a.text);
});

test('search finds APIs', async () => {
  const names = ['Orders of the shop', 'Stock of the shop', 'Payroll'];
  const made = [];
  for (const name of names) made.push(await create({ name, identifier: `https://${name.split(' ')[0].toLowerCase()}.search.example/`, signing_alg: name === 'Payroll' ? 'PS256' : 'RS256' }));
  const search = (asked) => ok(200, v2('GET', `/resource-servers/search${query(asked)}`));
  const found = async (asked) => (await search(asked)).resource_servers.map((api) => api.name);
  assert.deepEqual(await found({ q: 'name:*shop' }), names.slice(0, 2));
  assert.deepEqual(await found({ q: 'identifier sw "https://payroll.s"', parser: 'scim' }), ['Payroll']);
  assert.deepEqual(await found({ q: 'Payroll' }), ['Payroll'], 'bare words look into names');
  assert.deepEqual(await found({ q: 'signing_alg:PS256' }), ['Payroll']);
  await ok(200, patch(made[0], { token_lifetime: 10 }));
  assert.deepEqual(await found({ q: 'name:*shop', sort: 'updated_at' }), [names[1], names[0]]);
  assert.deepEqual(await found({ q: 'identifier:*search.example*', sort: 'name' }), ['Orders of the shop', 'Payroll', 'Stock of the shop']);
  const first = await search({ q: 'identifier:*search.example*', sort: 'identifier', take: 2, fields: 'identifier' });
  assert.deepEqual(first.resource_servers, [{ identifier: made[0].identifier }, { identifier: made[2].identifier }]);
  const last = await search({ q: 'identifier:*search.example*', sort: 'identifier', take: 2, from: first.next });
  assert.deepEqual([last.resource_servers.map((api) => api.id), last.next], [[made[1].id], undefined]);
  await refused(v2('GET', '/resource-servers/search?q=name&parser=scim'), 400, 'invalid_query_string');
  await refused(v2('GET', '/resource-servers/search?sort=scopes'), 400, 'invalid_query_string');
});
