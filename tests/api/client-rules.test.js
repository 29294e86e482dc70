// /api/v2/clients: what is refused and by which name, who sees and changes secrets, what is sealed, what goes along.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { Server } = require('./lib/server');
const { ok, refused } = require('./lib/check');

let server, v2;

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
});
after(async () => { if (server) await server.stop(); });

let made = 0;
const create = (more = {}) => ok(201, v2('POST', '/clients', { name: `client ${++made}`, ...more }));
const read = (client) => ok(200, v2('GET', `/clients/${client.client_id}`));
const patch = (client, body) => v2('PATCH', `/clients/${client.client_id}`, body);
const rsa = () => crypto.generateKeyPairSync('rsa', { modulusLength: 2048, publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } });

test('settings are kept over a restart', async () => {
  const settings = {
    name: 'My Application', description: 'My Application Description', callbacks: ['http://localhost:3000/callback'],
    allowed_logout_urls: ['http://localhost:3000'], allowed_origins: ['http://localhost:3000'], web_origins: ['https://app.example'],
    logo_uri: 'https://app.example/logo.png', client_metadata: { a: '1', b: '2' }, oidc_conformant: true, sso: true,
    mobile: { ios: { team_id: 'T', app_bundle_identifier: 'B' } }, initiate_login_uri: 'https://app.example/login', organization_usage: 'allow',
  };
  const c = await create(settings);
  for (const [name, value] of Object.entries(settings)) assert.deepEqual(c[name], value, name);
  await ok(200, patch(c, { mobile: { android: { app_package_name: 'x' } }, callbacks: [], organization_usage: null }));
  const now = await read(c);
  assert.deepEqual(now.mobile, { android: { app_package_name: 'x' } }, 'objects are replaced');
  assert.ok(!('organization_usage' in now), 'null removes');
  await server.restart();
  assert.deepEqual(await read(c), now);
});

test('bad settings are refused by name', async () => {
  const bad = (body, message) => refused(v2('POST', '/clients', body), 400, 'invalid_body', message);
  await bad({}, "Payload validation error: 'Missing required property: name'.");
  await bad({ name: '<b>' }, /^Payload validation error: 'String does not match pattern .*' on property name \(.*\)\.$/);
  await bad({ name: 'x', bogus: 1, more: 2 }, "Payload validation error: 'Additional properties not allowed: more,bogus'.");
  await bad({ name: 7, description: 'x'.repeat(141) }, /^Payload validation error: .* \(also\) Payload validation error: /);
  await bad({ name: 'x', app_type: 'toaster' }, /^Payload validation error: 'No enum match for: toaster' on property app_type/);
  await bad({ name: 'x', callbacks: 'http://x' }, /^Payload validation error: 'Expected type array but found type string' on property callbacks/);
  await bad({ name: 'x', jwt_configuration: { lifetime_in_seconds: 'long' } }, /on property jwt_configuration\.lifetime_in_seconds/);
  await bad({ name: 'x', refresh_token: { rotation_type: 'rotating' } }, /Missing required property: expiration_type/);
  await bad({ name: 'x', client_id: 'a'.repeat(32) }, /Additional properties not allowed: client_id/);
  await bad({ name: 'x', token_endpoint_auth_method: 'client_secret_post', client_authentication_methods: { private_key_jwt: { credentials: [] } } });
  const c = await create();
  await refused(patch(c, {}), 400, 'invalid_body');
  await refused(patch(c, { name: null }), 400, 'invalid_body', /on property name/);
});

test('secrets are for those who hold their scopes', async () => {
  const c = await create();
  const as = async (scope) => (await server.v2({ scope }))('GET', `/clients/${c.client_id}`);
  assert.equal((await ok(200, as('read:clients read:client_keys'))).client_secret, c.client_secret);
  const settings = await ok(200, as('read:clients'));
  assert.ok(settings.grant_types && !('client_secret' in settings) && !('signing_keys' in settings));
  assert.ok(!('client_secret' in await ok(200, as('read:client_summary'))));
  const list = await ok(200, (await server.v2({ scope: 'read:clients' }))('GET', '/clients'));
  assert.ok(list.every((x) => !('client_secret' in x)));
  const writer = await server.v2({ scope: 'update:clients' });
  assert.ok(!('client_secret' in await ok(200, writer('PATCH', `/clients/${c.client_id}`, { description: 'x' }))));
});

test('each scope of a patch opens its own member', async () => {
  const c = await create();
  const as = async (scope, body) => (await server.v2({ scope }))('PATCH', `/clients/${c.client_id}`, body);
  const words = 'Insufficient scope, expected any of: update:clients,update:client_keys,update:client_credentials,update:client_token_vault_privileged_access';
  await ok(200, as('update:client_keys', { client_secret: 'a new secret' }));
  await refused(as('update:client_keys', { client_secret: 'x', name: 'y' }), 403, 'insufficient_scope', words);
  await refused(as('update:client_credentials', { client_secret: 'x' }), 403, 'insufficient_scope', words);
  await refused(as('update:client_credentials', { name: 'x' }), 403, 'insufficient_scope', words);
  assert.equal((await read(c)).client_secret, 'a new secret');
  assert.equal((await read(c)).name, c.name);
});

test('a client goes with all that names it', async () => {
  const c = await create();
  const api = await ok(201, v2('POST', '/resource-servers', { identifier: 'urn:goes' }));
  const grant = await ok(201, v2('POST', '/client-grants', { client_id: c.client_id, audience: api.identifier, scope: [] }));
  const connection = await ok(201, v2('POST', '/connections', { name: 'goes', strategy: 'auth0', enabled_clients: [c.client_id] }));
  await ok(204, v2('DELETE', `/clients/${c.client_id}`));
  await refused(v2('GET', `/client-grants/${grant.id}`), 404, 'inexistent_client_grant');
  assert.deepEqual((await ok(200, v2('GET', `/connections/${connection.id}`))).enabled_clients, []);
  await ok(204, v2('DELETE', `/clients/${c.client_id}`));
});

test('credentials are refused where they are none', async () => {
  const c = await create({ token_endpoint_auth_method: 'client_secret_post' }), other = await create();
  const at = `/clients/${c.client_id}/credentials`;
  const { publicKey, privateKey } = rsa();
  const kept = await ok(201, v2('POST', at, { credential_type: 'public_key', name: 'my key', pem: publicKey, alg: 'RS256' }));
  for (const pem of ['no key', privateKey, publicKey.slice(0, 200), ''])
    await refused(v2('POST', at, { credential_type: 'public_key', pem }), 400, 'invalid_body');
  await refused(v2('POST', at, { credential_type: 'none', pem: publicKey }), 400, 'invalid_body', /on property credential_type/);
  await refused(v2('PATCH', `${at}/${kept.id}`, {}), 400, 'invalid_body');
  await refused(v2('GET', `${at}/cred_0000000000000000000000`), 404, undefined, 'Credential does not exist');
  await refused(v2('GET', `/clients/${other.client_id}/credentials/${kept.id}`), 404, undefined);
  const later = await ok(200, v2('PATCH', `${at}/${kept.id}`, { expires_at: '2040-01-01T00:00:00.000Z' }));
  assert.equal(later.expires_at, '2040-01-01T00:00:00.000Z');
  await server.restart();
  assert.deepEqual(await ok(200, v2('GET', at)), [later]);
  await ok(204, v2('DELETE', `${at}/${kept.id}`));
  assert.deepEqual(await ok(200, v2('GET', at)), []);
});

test('a client made with keys keeps them as credentials', async () => {
  const c = await create({ client_authentication_methods: { private_key_jwt: { credentials: [{ credential_type: 'public_key', name: 'k', pem: rsa().publicKey, alg: 'RS256' }] } } });
  const all = await ok(200, v2('GET', `/clients/${c.client_id}/credentials`));
  assert.equal(all.length, 1);
  assert.equal(c.client_authentication_methods.private_key_jwt.credentials[0].id, all[0].id);
  assert.ok(!('token_endpoint_auth_method' in c));
  assert.ok(!JSON.stringify(await read(c)).includes('BEGIN PUBLIC KEY'));
});

test('an alias belongs to one client', async () => {
  await create({ client_aliases: ['my-alias'] });
  await refused(v2('POST', '/clients', { name: 'second', client_aliases: ['my-alias'] }), 409, undefined, 'Another client exists with the same alias.');
});

test('no file of the store holds a secret in clear', async () => {
  const secrets = ['the-masterkey-of-wams', 'a-client-secret-of-our-own', 'an-upstream-client-secret', 'a-signing-secret-of-an-api', 'a-password-of-a-user'];
  const c = await create({ addons: { wams: { masterkey: secrets[0] } } });
  await ok(200, patch(c, { client_secret: secrets[1] }));
  await ok(201, v2('POST', '/connections', { name: 'sealed', strategy: 'oauth2', options: { client_id: 'x', client_secret: secrets[2], scripts: {} } }));
  await ok(201, v2('POST', '/resource-servers', { identifier: 'urn:sealed', signing_alg: 'HS256', signing_secret: secrets[3] }));
  await ok(201, v2('POST', '/users', { connection: 'Username-Password-Authentication', email: 'sealed@clients.example', password: secrets[4] }));
  const files = fs.readdirSync(server.data, { withFileTypes: true, recursive: true }).filter((e) => e.isFile()).map((e) => path.join(e.parentPath ?? e.path, e.name));
  for (const secret of secrets)
    assert.deepEqual(files.filter((f) => fs.readFileSync(f).includes(secret)), [], secret);
  const log = await v2('GET', '/logs?per_page=100');
  for (const secret of secrets) assert.ok(!log.text.includes(secret), secret);
});
