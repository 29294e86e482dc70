// POST /oauth/token and what a token opens: who may have which, what stands in it, when it is refused.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { Server } = require('./lib/server');
const { ok, refused, oauthRefused, enc, eventually } = require('./lib/check');
const { decode, signHS256, verifies, b64 } = require('./lib/jwt');

let server, v2, management;

before(async () => {
  server = await Server.start({ flags: ['--test-clock'] });
  v2 = await server.v2();
  management = server.credentials.management;
});
after(async () => { if (server) await server.stop(); });

const ask = (body, options = {}) => server.request('POST', '/oauth/token', { body, ...options });
const form = (text, headers = {}) => ask(text, { headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers } });
const credentialsOf = (client) => ({ grant_type: 'client_credentials', client_id: client.client_id, client_secret: client.client_secret });
const askAs = (client, more = {}) => ask({ ...credentialsOf(client), ...more });
const basic = (id, secret) => `Basic ${Buffer.from(`${enc(id)}:${enc(secret)}`).toString('base64')}`;
const jwks = async () => (await ok(200, server.request('GET', '/.well-known/jwks.json'))).keys;

let made = 0;
const newClient = (more = {}) => ok(201, v2('POST', '/clients', { name: `client ${++made}`, grant_types: ['client_credentials'], ...more }));
const newApi = (more = {}) => ok(201, v2('POST', '/resource-servers', { identifier: `urn:api:${++made}`, name: `api ${made}`, scopes: [{ value: 'read:a' }, { value: 'write:a' }], ...more }));
const grant = (client, api, more = {}) => ok(201, v2('POST', '/client-grants', { client_id: client.client_id, audience: api.identifier, scope: ['read:a'], ...more }));
/** A client that may ask for an API, and the API. */
async function pair(apiMore = {}, grantMore = {}) {
  const client = await newClient(), api = await newApi(apiMore);
  await grant(client, api, grantMore);
  return { client, api, token: (more = {}) => ok(200, askAs(client, { audience: api.identifier, ...more })) };
}

test('a token is what the reference shows', async () => {
  const a = await askAs(management, { audience: management.audience, scope: 'read:users' });
  assert.deepEqual(Object.keys(a.body), ['access_token', 'scope', 'expires_in', 'token_type']);
  assert.equal(a.body.token_type, 'Bearer');
  assert.equal(a.body.expires_in, 86400);
  assert.equal(a.body.scope, 'read:users');
  assert.match(a.headers['content-type'], /^application\/json/);
  assert.equal(a.headers['cache-control'], 'no-store');
  const { header, claims } = decode(a.body.access_token);
  const [key] = await jwks();
  assert.deepEqual(header, { alg: 'RS256', typ: 'JWT', kid: key.kid });
  assert.ok(verifies(a.body.access_token, key));
  const { iat, exp, ...rest } = claims;
  assert.equal(exp - iat, 86400);
  assert.ok(Math.abs(iat - Date.now() / 1000) < 60);
  assert.deepEqual(rest, { iss: server.issuer, sub: `${management.client_id}@clients`, aud: management.audience, scope: 'read:users', gty: 'client-credentials', azp: management.client_id });
});

test('discovery and the key set name what the server does', async () => {
  const d = await ok(200, server.request('GET', '/.well-known/openid-configuration'));
  assert.equal(d.issuer, server.issuer);
  assert.equal(d.token_endpoint, `${server.issuer}oauth/token`);
  assert.equal(d.jwks_uri, `${server.issuer}.well-known/jwks.json`);
  assert.deepEqual(await ok(200, server.request('GET', '/.well-known/oauth-authorization-server')), d);
  for (const name of d.grant_types_supported) {
    const a = await ask({ grant_type: name, client_id: 'x', client_secret: 'x' });
    assert.notEqual(a.body.error, 'unsupported_grant_type', name);
  }
  for (const key of await jwks()) {
    assert.deepEqual({ kty: key.kty, use: key.use, alg: key.alg, e: key.e }, { kty: 'RSA', use: 'sig', alg: 'RS256', e: 'AQAB' });
    assert.equal(Buffer.from(key.n, 'base64url').length, 256);
    assert.ok(!('d' in key) && !('p' in key) && !('k' in key), 'no private part');
    const cert = new crypto.X509Certificate(Buffer.from(key.x5c[0], 'base64'));
    assert.equal(Buffer.from(cert.fingerprint.replaceAll(':', ''), 'hex').toString('base64url'), key.x5t);
    assert.deepEqual(cert.publicKey.export({ format: 'jwk' }).n, key.n);
  }
});

test('the audience decides the kind of token', async () => {
  const v1 = await ok(200, askAs(server.credentials.global_client));
  assert.equal(v1.token_type, 'bearer');
  assert.equal(v1.expires_in, 86400);
  assert.ok(!v1.access_token.includes('.'), 'opaque');
  await ok(200, server.request('GET', '/api/clients', { headers: { Authorization: `Bearer ${v1.access_token}` } }));
  await refused(server.request('GET', '/api/v2/clients', { headers: { Authorization: `Bearer ${v1.access_token}` } }), 401, 'invalid_token');
  const jwt = await ok(200, askAs(management, { audience: management.audience }));
  assert.equal(decode(jwt.access_token).claims.aud, management.audience);
  assert.equal((await server.request('GET', '/api/clients', { headers: { Authorization: `Bearer ${jwt.access_token}` } })).status, 401);
  const { api, token } = await pair();
  const other = await token();
  assert.equal(decode(other.access_token).claims.aud, api.identifier);
  await refused(server.request('GET', '/api/v2/clients', { headers: { Authorization: `Bearer ${other.access_token}` } }), 401, 'invalid_token');
});

test('an unknown grant type is refused', async () => {
  const id = { client_id: management.client_id, client_secret: management.client_secret };
  await oauthRefused(ask({ ...id, grant_type: 'urn:none' }), 403, 'unsupported_grant_type', 'Unsupported grant type: urn:none');
  await oauthRefused(ask(id), 400, 'invalid_request', 'Missing required parameter: grant_type');
  await oauthRefused(ask({ grant_type: 'client_credentials' }), 400, 'invalid_request', 'Missing required parameter: client_id');
  for (const grant_type of [7, null, true, [], {}, ['client_credentials']])
    assert.equal((await ask({ ...id, grant_type })).status >= 400, true, JSON.stringify(grant_type));
});

test('a wrong secret is refused', async () => {
  const audience = management.audience;
  for (const client of [
    { client_id: management.client_id, client_secret: 'wrong' },
    { client_id: management.client_id, client_secret: '' },
    { client_id: management.client_id },
    { client_id: management.client_id, client_secret: `${management.client_secret}x` },
    { client_id: management.client_id, client_secret: management.client_secret.slice(0, -1) },
    { client_id: 'nobody', client_secret: management.client_secret },
  ])
    await oauthRefused(askAs(client, { audience }), 401, 'access_denied', 'Unauthorized');
  await ok(200, askAs(management, { audience })); // a plan that is remembered …
  await oauthRefused(askAs({ ...management, client_secret: 'wrong' }, { audience }), 401, 'access_denied'); // … is not handed to others
});

test('client_secret authenticates the client', async () => {
  const { client, api } = await pair();
  await ok(200, askAs(client, { audience: api.identifier }));
  await ok(200, v2('PATCH', `/clients/${client.client_id}`, { client_secret: 'a secret of our own' }));
  await oauthRefused(askAs(client, { audience: api.identifier }), 401, 'access_denied');
  const own = { ...client, client_secret: 'a secret of our own' };
  await ok(200, askAs(own, { audience: api.identifier }));
  const rotated = await ok(200, v2('POST', `/clients/${client.client_id}/rotate-secret`));
  await oauthRefused(askAs(own, { audience: api.identifier }), 401, 'access_denied');
  await ok(200, askAs(rotated, { audience: api.identifier }));
  await ok(204, v2('DELETE', `/clients/${client.client_id}`));
  await oauthRefused(askAs(rotated, { audience: api.identifier }), 401, 'access_denied');
});

test('token_endpoint_auth_method none has no client_credentials', async () => {
  const { client, api } = await pair();
  await ok(200, v2('PATCH', `/clients/${client.client_id}`, { token_endpoint_auth_method: 'none' }));
  await oauthRefused(askAs(client, { audience: api.identifier }), 403, 'unauthorized_client', "Grant type 'client_credentials' not allowed for the client.");
  const by = (method) => ok(200, v2('PATCH', `/clients/${client.client_id}`, { token_endpoint_auth_method: method }));
  const rest = `grant_type=client_credentials&audience=${enc(api.identifier)}`;
  const post = () => askAs(client, { audience: api.identifier });
  const header = () => form(rest, { Authorization: basic(client.client_id, client.client_secret) });
  await by('client_secret_post');
  await ok(200, post());
  await oauthRefused(header(), 401, 'access_denied');
  await by('client_secret_basic');
  await ok(200, header());
  await oauthRefused(post(), 401, 'access_denied');
});

test('Basic credentials are form-decoded', async () => {
  const { client, api } = await pair();
  await ok(200, v2('PATCH', `/clients/${client.client_id}`, { client_secret: 'a b+c:%41/é' }));
  const rest = `grant_type=client_credentials&audience=${enc(api.identifier)}`;
  await ok(200, form(rest, { Authorization: basic(client.client_id, 'a b+c:%41/é') }));
  await oauthRefused(form(rest, { Authorization: basic(client.client_id, 'a b+c:A/é') }), 401, 'access_denied');
  await oauthRefused(form(`${rest}&client_secret=x`, { Authorization: basic(client.client_id, 'a b+c:%41/é') }), 400, 'invalid_request');
  await oauthRefused(form(`${rest}&client_id=other`, { Authorization: basic(client.client_id, 'a b+c:%41/é') }), 401, 'access_denied');
});

test('forms and JSON say the same, and a parameter stands once', async () => {
  const text = new URLSearchParams({ ...credentialsOf(management), audience: management.audience }).toString();
  await ok(200, form(text));
  await oauthRefused(form(`${text}&audience=x`), 400, 'invalid_request', 'Duplicate parameter: audience');
  await oauthRefused(form(`${text}&client_id=${management.client_id}`), 400, 'invalid_request', 'Duplicate parameter: client_id');
  await oauthRefused(ask('{"grant_type":'), 400, 'invalid_request', 'Invalid request payload JSON format');
  await oauthRefused(ask(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])), 400, 'invalid_request');
  await oauthRefused(ask('[]'), 400, 'invalid_request');
  await oauthRefused(ask('"text"'), 400, 'invalid_request');
  await oauthRefused(ask(''), 400, 'invalid_request');
  assert.ok([404, 405].includes((await server.request('GET', '/oauth/token')).status));
});

test('type=web_server is accepted as v1 clients send it', async () => {
  const g = server.credentials.global_client;
  const token = await ok(200, form(`client_id=${g.client_id}&client_secret=${enc(g.client_secret)}&type=web_server&grant_type=client_credentials`));
  assert.deepEqual(Object.keys(token), ['access_token', 'expires_in', 'token_type']);
  await ok(200, server.request('GET', '/api/connections', { headers: { Authorization: `Bearer ${token.access_token}` } }));
});

test('a client without a grant gets no token', async () => {
  const client = await newClient(), api = await newApi();
  const words = `Client is not authorized to access "${api.identifier}". You need to create a "client-grant" associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants`;
  await oauthRefused(askAs(client, { audience: api.identifier }), 403, 'access_denied', words);
  const g = await grant(client, api);
  await ok(200, askAs(client, { audience: api.identifier }));
  await ok(204, v2('DELETE', `/client-grants/${g.id}`));
  await oauthRefused(askAs(client, { audience: api.identifier }), 403, 'access_denied', words);
});

test('a grant is for one audience', async () => {
  const client = await newClient(), one = await newApi(), two = await newApi();
  await grant(client, one);
  await ok(200, askAs(client, { audience: one.identifier }));
  await oauthRefused(askAs(client, { audience: two.identifier }), 403, 'access_denied', /is not authorized to access/);
});

test("the audience of a token is a resource server's identifier", async () => {
  const { client, api, token } = await pair();
  assert.equal(decode((await token()).access_token).claims.aud, api.identifier);
  await oauthRefused(askAs(client, { audience: 'urn:none' }), 403, 'access_denied', 'Service not enabled within domain: urn:none');
  await ok(204, v2('DELETE', `/resource-servers/${api.id}`));
  await oauthRefused(askAs(client, { audience: api.identifier }), 403, 'access_denied', `Service not enabled within domain: ${api.identifier}`);
});

test('a grant for users does not serve client_credentials', async () => {
  const client = await newClient(), api = await newApi();
  await grant(client, api, { subject_type: 'user' });
  await oauthRefused(askAs(client, { audience: api.identifier }), 403, 'access_denied', /is not authorized to access/);
  await grant(client, api, { subject_type: 'client' });
  await ok(200, askAs(client, { audience: api.identifier }));
});

test('a grant limits the scopes', async () => {
  const { client, api, token } = await pair();
  assert.equal((await token()).scope, 'read:a');
  const [g] = await ok(200, v2('GET', `/client-grants?client_id=${client.client_id}`));
  await ok(200, v2('PATCH', `/client-grants/${g.id}`, { scope: ['read:a', 'write:a'] }));
  assert.equal((await token()).scope, 'read:a write:a');
  assert.equal((await token({ scope: 'write:a' })).scope, 'write:a');
  await ok(200, v2('PATCH', `/client-grants/${g.id}`, { scope: [] }));
  const none = await ok(200, askAs(client, { audience: api.identifier }));
  assert.ok(!('scope' in none) && !('scope' in decode(none.access_token).claims));
});

test('a scope outside the grant is refused', async () => {
  const { client, api } = await pair();
  const refusal = (scope, missing) => oauthRefused(askAs(client, { audience: api.identifier, scope }), 403, 'access_denied', `Client has not been granted scopes: ${missing}`);
  await refusal('write:a', 'write:a');
  await refusal('read:a write:a openid', 'write:a, openid');
});

test('allow_all_scopes grants every scope of the resource server', async () => {
  const { client, api, token } = await pair({}, { scope: undefined, allow_all_scopes: true });
  assert.equal((await token()).scope, 'read:a write:a');
  await ok(200, v2('PATCH', `/resource-servers/${api.id}`, { scopes: [{ value: 'read:a' }, { value: 'later:a' }] }));
  assert.equal((await token()).scope, 'read:a later:a');
  assert.equal((await token({ scope: 'later:a' })).scope, 'later:a');
  await oauthRefused(askAs(client, { audience: api.identifier, scope: 'write:a' }), 403, 'access_denied');
});

test('grant_types limit what the client may ask', async () => {
  const { client, api } = await pair();
  await ok(200, v2('PATCH', `/clients/${client.client_id}`, { grant_types: ['authorization_code'] }));
  await oauthRefused(askAs(client, { audience: api.identifier }), 403, 'unauthorized_client', "Grant type 'client_credentials' not allowed for the client.");
  await ok(200, v2('PATCH', `/clients/${client.client_id}`, { grant_types: ['authorization_code', 'client_credentials'] }));
  await ok(200, askAs(client, { audience: api.identifier }));
});

test('signing_alg chooses how the token is signed', async () => {
  const [key] = await jwks();
  for (const signing_alg of ['RS256', 'RS512', 'PS256']) {
    const { token } = await pair({ signing_alg });
    const { access_token } = await token();
    assert.equal(decode(access_token).header.alg, signing_alg);
    assert.ok(verifies(access_token, key), signing_alg);
  }
  const { api, token } = await pair({ signing_alg: 'HS256' });
  assert.equal(decode((await token()).access_token).header.alg, 'HS256');
  await ok(200, v2('PATCH', `/resource-servers/${api.id}`, { signing_alg: 'RS256' }));
  assert.equal(decode((await token()).access_token).header.alg, 'RS256');
});

test('signing_secret verifies HS256 tokens', async () => {
  const { api, token } = await pair({ signing_alg: 'HS256', signing_secret: 'sixteen-letters-or-more' });
  const first = (await token()).access_token;
  assert.ok(verifies(first, 'sixteen-letters-or-more'));
  const patched = await ok(200, v2('PATCH', `/resource-servers/${api.id}`, { signing_secret: 'another-sixteen-letters' }));
  assert.equal(patched.signing_secret, 'another-sixteen-letters');
  const second = (await token()).access_token;
  assert.ok(verifies(second, 'another-sixteen-letters') && !verifies(second, 'sixteen-letters-or-more'));
  const own = await newApi({ signing_alg: 'HS256' });
  assert.ok(own.signing_secret.length >= 16, 'one is made');
  await refused(v2('POST', '/resource-servers', { identifier: 'urn:short', signing_alg: 'HS256', signing_secret: 'short' }), 400, 'invalid_body', /on property signing_secret/);
});

test('token_lifetime sets exp', async () => {
  const { api, token } = await pair({ token_lifetime: 60 });
  const one = await token();
  assert.equal(one.expires_in, 60);
  let { claims } = decode(one.access_token);
  assert.equal(claims.exp - claims.iat, 60);
  await ok(200, v2('PATCH', `/resource-servers/${api.id}`, { token_lifetime: 120 }));
  ({ claims } = decode((await token()).access_token));
  assert.equal(claims.exp - claims.iat, 120);
});

test('token_dialect shapes the access token', async () => {
  const { client, token } = await pair({ token_dialect: 'rfc9068_profile' });
  const { header, claims } = decode((await token()).access_token);
  assert.equal(header.typ, 'at+jwt');
  assert.equal(claims.client_id, client.client_id);
  assert.ok(claims.jti && !('azp' in claims) && !('gty' in claims));
  const plain = await pair({ token_dialect: 'access_token' });
  const other = decode((await plain.token()).access_token);
  assert.equal(other.header.typ, 'JWT');
  assert.equal(other.claims.azp, plain.client.client_id);
  assert.ok(!('jti' in other.claims));
});

test('enforce_policies puts permissions into the token', async () => {
  const claims = async (more) => decode((await (await pair(more)).token()).access_token).claims;
  assert.deepEqual((await claims({ enforce_policies: true, token_dialect: 'access_token_authz' })).permissions, ['read:a']);
  assert.deepEqual((await claims({ enforce_policies: true, token_dialect: 'rfc9068_profile_authz' })).permissions, ['read:a']);
  assert.ok(!('permissions' in (await claims({ enforce_policies: false, token_dialect: 'access_token_authz' }))));
  assert.ok(!('permissions' in (await claims({ enforce_policies: true, token_dialect: 'access_token' }))));
});

test('disable_v1_for_ordinary_clients keeps v1 tokens from them', async () => {
  const client = await newClient();
  await ok(200, askAs(client));
  await ok(200, v2('PATCH', '/tenants/settings', { flags: { disable_v1_for_ordinary_clients: true } }));
  await oauthRefused(askAs(client), 403, 'access_denied', 'Non-global clients are not allowed access to APIv1');
  await ok(200, askAs(server.credentials.global_client));
  await ok(200, v2('PATCH', '/tenants/settings', { flags: { disable_v1_for_ordinary_clients: false } }));
  await ok(200, askAs(client));
});

test('default_audience serves requests that name no audience', async () => {
  const { client, api } = await pair();
  await ok(200, v2('PATCH', '/tenants/settings', { default_audience: api.identifier, flags: { disable_v1_for_ordinary_clients: true } }));
  assert.equal(decode((await ok(200, askAs(client))).access_token).claims.aud, api.identifier);
  assert.equal((await ok(200, askAs(server.credentials.global_client))).token_type, 'bearer');
  await ok(200, v2('PATCH', '/tenants/settings', { default_audience: '', flags: { disable_v1_for_ordinary_clients: false } }));
  assert.equal((await ok(200, askAs(client))).token_type, 'bearer');
});

test('public and third-party clients get no v1 token', async () => {
  const spa = await newClient({ app_type: 'spa', token_endpoint_auth_method: 'none', grant_types: undefined });
  assert.equal((await askAs({ client_id: spa.client_id, client_secret: spa.client_secret ?? 'x' })).status, 403);
  const third = await newClient({ is_first_party: false });
  await oauthRefused(askAs(third), 403, 'access_denied', 'Non-global clients are not allowed access to APIv1');
});

test('what is no token of ours opens nothing', async () => {
  const good = v2.token, { header, claims } = decode(good);
  const [, , signature] = good.split('.');
  const [key] = await jwks();
  const pem = crypto.createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const bad = {
    'no signature': `${b64({ alg: 'none', typ: 'JWT' })}.${b64(claims)}.`,
    'alg none with a signature': `${b64({ ...header, alg: 'none' })}.${b64(claims)}.${signature}`,
    'public key as HMAC secret': signHS256(claims, pem, { kid: header.kid }),
    'changed claims': `${b64(header)}.${b64({ ...claims, scope: `${claims.scope} more` })}.${signature}`,
    'another kid': `${b64({ ...header, kid: 'x' })}.${b64(claims)}.${signature}`,
    'two parts': good.split('.').slice(0, 2).join('.'),
    'four parts': `${good}.x`,
    'a letter less': good.slice(0, -1),
    'crit': signHS256(claims, management.client_secret, { crit: ['x'] }),
    'nonsense': 'abc',
    'dots': '..',
    'huge': 'a'.repeat(17000),
  };
  const own = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
  const text = `${b64({ ...header, jwk: own.publicKey.export({ format: 'jwk' }), jku: 'https://localhost/' })}.${b64(claims)}`;
  bad['a key of its own'] = `${text}.${crypto.sign('sha256', Buffer.from(text), own.privateKey).toString('base64url')}`;
  for (const [name, token] of Object.entries(bad)) {
    const a = await server.request('GET', '/api/v2/clients', { headers: { Authorization: `Bearer ${token}` } });
    assert.equal(a.status, 401, `${name}: ${a.status} ${a.text}`);
    assert.equal(a.body.errorCode, 'invalid_token', name);
  }
});

test('a token ends when its time is over', async () => {
  const clock = (body) => ok(200, server.request('POST', '/test/clock', { body }));
  const old = await server.v2(), v1 = await server.v1();
  await ok(200, old('GET', '/clients'));
  await clock({ advance_s: 86400 - 30 });
  await ok(200, old('GET', '/clients'));
  await ok(200, v1('GET', '/connections'));
  await clock({ advance_s: 31 });
  await refused(old('GET', '/clients'), 401, 'invalid_token', 'Expired token received for JSON Web Token validation');
  assert.equal((await v1('GET', '/connections')).status, 401);
  await clock({ advance_s: -86401 });
  v2 = await server.v2();
});

test('exchanges stand in the log', async () => {
  const { client, api, token } = await pair();
  await token();
  await oauthRefused(askAs({ ...client, client_secret: 'never-in-a-log' }, { audience: api.identifier }), 401, 'access_denied');
  const mine = await eventually(async () => {
    const all = await ok(200, v2('GET', `/logs?q=client_id:"${client.client_id}"`));
    return all.length >= 2 && all;
  });
  const [good] = mine.filter((e) => e.type === 'seccft'), [bad] = mine.filter((e) => e.type === 'feccft');
  assert.equal(good.audience, api.identifier);
  assert.equal(good.client_name, client.name);
  assert.equal(good.ip, '127.0.0.1');
  assert.equal(bad.client_id, client.client_id);
  assert.ok(!JSON.stringify(mine).includes('never-in-a-log') && !JSON.stringify(mine).includes(client.client_secret));
});

test('keys and tokens survive a restart', async () => {
  const before = await jwks(), v1 = await server.v1();
  await server.restart();
  assert.deepEqual(await jwks(), before);
  await ok(200, v2('GET', '/clients'));
  await ok(200, v1('GET', '/connections'));
});
