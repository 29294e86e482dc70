'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { Server } = require('./lib/server.js');
const { refused, good, ordinary } = require('./lib/v1.js');

let s, v1, v2;
test.before(async () => {
  s = await Server.start();
  v1 = await s.v1();
  v2 = await s.v2();
});
test.after(() => s?.stop());

test('a client is created, read, changed and deleted', async () => {
  const made = good(await v1('POST', '/clients/', { name: 'Shop', callbacks: ['https://shop.example/cb'], allowedOrigins: ['https://shop.example'], jwtConfiguration: { lifetimeInSeconds: 60, alg: 'RS256' }, sso: true }));
  assert.equal(made.v2_id, `cli_${made.clientID}`);
  assert.ok(made.clientSecret.length >= 32);
  assert.equal(made.global, false);
  assert.equal(made.tenant, 'default');
  assert.deepEqual(made.allowedOrigins, ['https://shop.example']);
  assert.equal(made.jwtConfiguration.lifetimeInSeconds, 60);
  assert.equal(made.sso, true);
  await s.restart();
  const read = async (id) => good(await v1('GET', `/clients/${id}`));
  const { signingKey, ...now } = await read(made.clientID); // made in the background
  assert.deepEqual(now, (({ signingKey: _, ...rest }) => rest)(made));
  assert.ok(!signingKey || (signingKey.cert.includes('BEGIN CERTIFICATE') && !JSON.stringify(signingKey).includes('PRIVATE')));
  assert.equal((await read(made.v2_id)).clientID, made.clientID);
  const seen = (await v2('GET', `/clients/${made.clientID}`)).body;
  assert.equal(seen.name, 'Shop');
  assert.equal(seen.jwt_configuration.lifetime_in_seconds, 60);
  good(await s.v1({ client: { client_id: made.clientID, client_secret: made.clientSecret } }).then(() => ({ status: 200, text: 'x' })));
  assert.equal(good(await v1('PATCH', `/clients/${made.clientID}`, { name: 'Shop 2' })).name, 'Shop 2');
  const put = good(await v1('PUT', `/clients/${made.clientID}/`, { clientID: made.clientID, name: 'Shop 3', jwtConfiguration: { lifetimeInSeconds: 90 } }));
  assert.equal(put.name, 'Shop 3');
  assert.deepEqual(put.callbacks, ['https://shop.example/cb']); // PUT merges, too
  assert.equal(put.jwtConfiguration.alg, 'RS256');
  assert.equal(put.jwtConfiguration.lifetimeInSeconds, 90);
  assert.equal(put.clientSecret, made.clientSecret);
  await s.restart();
  assert.equal((await read(made.clientID)).name, 'Shop 3');
  assert.deepEqual(good(await v1('DELETE', `/clients/${made.clientID}`)), {});
  await s.restart();
  refused(await v1('GET', `/clients/${made.clientID}`), 404, 'client_not_found');
  refused(await v1('DELETE', `/clients/${made.clientID}`), 404, 'client_not_found');
  refused(await v1('PATCH', `/clients/${made.clientID}`, { name: 'x' }), 404, 'client_not_found');
});

test('callbacks in every form', async () => {
  const a = 'https://a.example/cb', b = 'https://b.example/cb', c = 'https://c.example/cb';
  const make = async (body) => good(await v1('POST', '/clients', { name: 'Callbacks', ...body }));
  const comma = await make({ callbacks: `${a}, ${b},,${a} ` });
  assert.deepEqual(comma.callbacks, [a, b]);
  assert.equal(comma.callback, a);
  assert.deepEqual((await make({ callbacks: [b, '', a, b] })).callbacks, [b, a]);
  assert.deepEqual((await make({ callbacks: [b, a], callback: a })).callbacks, [a, b]);
  assert.deepEqual((await make({ callback: '', callbacks: '' })).callbacks, []);
  const bare = await make({});
  assert.deepEqual(bare.callbacks, []);
  assert.ok(!('callback' in bare));
  assert.deepEqual(good(await v1('PATCH', `/clients/${comma.clientID}`, { callback: c })).callbacks, [c, a, b]);
  assert.deepEqual((await v2('GET', `/clients/${comma.clientID}`)).body.callbacks, [c, a, b]);
  assert.deepEqual(good(await v1('PATCH', `/clients/${comma.clientID}`, { name: 'Named' })).callbacks, [c, a, b]);
  const form = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
  assert.deepEqual(good(await v1('PUT', `/clients/${comma.clientID}`, `callbacks=${encodeURIComponent(`${a},${b}`)}`, form)).callbacks, [a, b]);
  assert.deepEqual(good(await v1('PUT', `/clients/${comma.clientID}`, `callbacks[]=${encodeURIComponent(b)}`, form)).callbacks, [b]);
  assert.deepEqual(good(await v1('PATCH', `/clients/${comma.clientID}`, { callbacks: [] })).callbacks, []);
});

test('bad bodies', async () => {
  refused(await v1('POST', '/clients', {}), 400, 'invalid_body');
  refused(await v1('POST', '/clients'), 400, 'invalid_body');
  refused(await v1('POST', '/clients', { name: '' }), 400, 'invalid_body');
  refused(await v1('POST', '/clients', { name: '<b>' }), 400, 'invalid_body');
  refused(await v1('POST', '/clients', { name: 'x', callbacks: 5 }), 400, 'invalid_body');
  refused(await v1('POST', '/clients', { name: 'x', callbacks: ['no address'] }), 400, 'invalid_body');
  refused(await v1('POST', '/clients', '{"name"'), 400, 'invalid_json');
  refused(await v1('POST', '/clients', { name: 'x', jwtConfiguration: { alg: 'none' } }), 400, 'invalid_body');
  const made = good(await v1('POST', '/clients', { name: 'Fixed', clientAliases: ['one-alias'] }));
  refused(await v1('POST', '/clients', { name: 'x', clientAliases: ['one-alias'] }), 400, 'invalid_body');
  for (const [member, value] of [['clientID', 'other'], ['clientSecret', 'other'], ['global', true], ['tenant', 'other'], ['v2_id', 'cli_x']])
    refused(await v1('PUT', `/clients/${made.clientID}`, { [member]: value }), 400, 'invalid_body');
  refused(await v1('PATCH', `/clients/${made.clientID}`, { signingKey: { cert: 'x' } }), 400, 'invalid_body');
  assert.equal(good(await v1('PUT', `/clients/${made.clientID}`, good(await v1('GET', `/clients/${made.clientID}`)))).name, 'Fixed');
  assert.equal(good(await v1('PATCH', `/clients/${made.clientID}`, {})).name, 'Fixed');
});

test('the global client is listed and stays', async () => {
  const all = good(await v1('GET', '/clients/'));
  const global = all.filter((c) => c.global);
  assert.deepEqual(global.map((c) => c.clientID), [s.credentials.global_client.client_id]);
  assert.equal(global[0].name, 'All Applications');
  refused(await v1('DELETE', `/clients/${global[0].clientID}`), 400, 'invalid_body');
  assert.ok(all.some((c) => c.name === 'Default App'));
});

const pem = (type, bits, format = 'pkcs8') => crypto.generateKeyPairSync(type, { modulusLength: bits, namedCurve: 'P-256' }).privateKey.export({ type: format, format: 'pem' });
const thumbprint = (cert) => crypto.createHash('sha1').update(new crypto.X509Certificate(cert).raw).digest('base64url');

test('the signing key is replaced', async () => {
  const path = `/clients/${s.credentials.global_client.client_id}`;
  const app = good(await v1('POST', '/clients', { name: 'Signed' }));
  const keys = async () => (await s.request('GET', '/.well-known/jwks.json')).body.keys;
  const set = async (signingKey) => good(await v1('PATCH', path, { signingKey })).signingKey;
  const header = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));
  const old = v2.token, before = await keys();
  const first = pem('rsa', 2048, 'pkcs1'), one = await set({ key: first });
  assert.ok(new crypto.X509Certificate(one.cert).checkPrivateKey(crypto.createPrivateKey(first)));
  for (const client of [app.clientID, path.slice(9)]) // of all clients, through both APIs
    assert.equal(good(await v1('GET', `/clients/${client}`)).signingKey.cert, one.cert);
  assert.equal((await v2('GET', `/clients/${app.clientID}`)).body.signing_keys[0].cert, one.cert);
  const token = await s.token(), jwks = await keys(), jwk = jwks.find((k) => k.kid === header(token).kid);
  assert.equal(jwk.x5t, thumbprint(one.cert));
  assert.ok(crypto.verify('sha256', Buffer.from(token.split('.').slice(0, 2).join('.')), crypto.createPublicKey({ key: jwk, format: 'jwk' }), Buffer.from(token.split('.')[2], 'base64url')));
  for (const k of before) assert.ok(jwks.some((now) => now.kid === k.kid), 'what was signed before stays valid');
  assert.equal((await v2('GET', '/clients?per_page=1')).status, 200);
  const second = pem('rsa', 3072), two = await set({ key: second });
  assert.notEqual(two.cert, one.cert);
  assert.deepEqual(await set({ pkcs7: two.pkcs7 }), two);
  assert.deepEqual(await set({ cert: two.cert }), two);
  assert.equal((await set({ key: first, cert: one.cert })).cert, one.cert);
  for (let i = 0; i < 7; i++) await set({ key: i % 2 ? first : second });
  assert.ok((await keys()).length <= 8);
  await s.restart();
  assert.equal(good(await v1('GET', path)).signingKey.cert.length > 0, true);
  assert.ok(new crypto.X509Certificate(good(await v1('GET', path)).signingKey.cert).checkPrivateKey(crypto.createPrivateKey(second)));
  assert.equal((await s.request('GET', '/api/v2/clients?per_page=1', { headers: { Authorization: `Bearer ${old}` } })).status, 401, 'but not for ever');
  v2 = await s.v2();
  const refusedKeys = { text: { key: 'x' }, small: { key: pem('rsa', 1024) }, 'an elliptic curve': { key: pem('ec') }, 'of another key': { cert: one.cert }, 'no certificate': { cert: 'x' },
    'no envelope': { pkcs7: 'x' }, 'key and certificate apart': { key: pem('rsa', 2048), cert: one.cert }, nothing: {}, 'no text': { key: 5 }, 'no object': 'x' };
  for (const [name, signingKey] of Object.entries(refusedKeys))
    refused(await v1('PATCH', path, { signingKey }), 400, 'invalid_body', name);
  refused(await v1('PATCH', `/clients/${app.clientID}`, { signingKey: { key: first } }), 400, 'invalid_body');
  assert.ok(!good(await v1('GET', '/logs?per_page=100')).logs.some((e) => JSON.stringify(e).includes('PRIVATE KEY')));
});

test('an ordinary client sees itself, and administers nothing', async () => {
  const app = await ordinary(s, v1, 'Small app'), other = await ordinary(s, v1, 'Other app');
  const list = good(await app.call('GET', '/clients'));
  assert.deepEqual(list.map((c) => c.clientID), [app.id]);
  assert.equal(list[0].clientSecret, app.secret);
  good(await app.call('GET', `/clients/cli_${app.id}`));
  refused(await app.call('GET', `/clients/${other.id}`), 404, 'client_not_found');
  refused(await app.call('GET', `/clients/${s.credentials.global_client.client_id}`), 404, 'client_not_found');
  refused(await app.call('POST', '/clients', { name: 'x' }), 401, 'global_client_required');
  refused(await app.call('POST', '/clients', '{'), 401, 'global_client_required');
  for (const method of ['PUT', 'PATCH', 'DELETE']) refused(await app.call(method, `/clients/${app.id}`, { name: 'x' }), 401, 'global_client_required');
  refused(await app.call('DELETE', '/tenants/default'), 401, 'global_client_required');
});

test('dashboard users own no clients', async () => {
  assert.deepEqual(good(await v1('GET', '/clients/?userId=auth0%7C5f7c8ec7c33c6c004bbafe82')), []);
  assert.ok(good(await v1('GET', '/clients/?userId=')).length > 1);
});

test('a tenant does not delete itself', async () => {
  refused(await v1('DELETE', '/tenants/default'), 400, 'invalid_body');
  refused(await v1('DELETE', '/tenants/acme'), 404, 'not_found');
  good(await v1('GET', '/clients'));
});

test('another tenant sees nothing', async () => {
  const there = s.createTenant('clthere');
  const call = await s.v1({ client: there.global_client, host: there.domain });
  const made = good(await v1('POST', '/clients', { name: 'Only here' }));
  refused(await call('GET', `/clients/${made.clientID}`), 404, 'client_not_found');
  assert.ok(!good(await call('GET', '/clients')).some((c) => c.name === 'Only here'));
});
