// What stands below a user: authentication methods and what older clients make of them, the log, other services' tokens.
'use strict';
const { test, before, after, beforeEach } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused, enc } = require('./lib/check');
const { DB, makeUser } = require('./lib/people');

let server, v2, user, base;
before(async () => {
  server = await Server.start();
  v2 = await server.v2();
});
beforeEach(async () => {
  user = await makeUser(v2);
  base = `/users/${enc(user.user_id)}`;
});
after(async () => { if (server) await server.stop(); });

const at = (more = '') => `${base}/authentication-methods${more}`;
const add = (body) => v2('POST', at(), body);
const types = async () => (await ok(200, v2('GET', at()))).map((m) => m.type).sort();

test('an authentication method is made, masked, changed and deleted', async () => {
  const made = await ok(201, add({ type: 'email', name: 'Work', email: 'chuck334@example.com' }));
  assert.match(made.id, /^email\|dev_[A-Za-z0-9]{16}$/);
  assert.equal(made.email, 'chuc****@exam*******');
  const one = at(`/${enc(made.id)}`);
  assert.deepEqual(await ok(200, v2('GET', one)), { ...made, confirmed: true });
  assert.equal((await ok(200, v2('PATCH', one, { name: 'Home' }))).name, 'Home');
  assert.equal((await ok(200, v2('GET', one))).name, 'Home');
  await ok(204, v2('DELETE', one));
  for (const [method, body] of [['GET'], ['DELETE'], ['PATCH', { name: 'x' }]])
    await refused(v2(method, one, body), 404, undefined, 'The authentication method could not be found.');
});

test('an authentication method has what its type needs', async () => {
  for (const body of [
    { type: 'email' }, { type: 'phone' }, { type: 'totp' }, { type: 'webauthn-roaming', key_id: 'a' }, { type: 'passkey', public_key: 'a' },
    { type: 'email', email: 'a@b.example', phone_number: '+15550001111' }, { type: 'totp', totp_secret: 'JBSWY3DPEHPK3PXP', preferred_authentication_method: 'sms' },
    { type: 'password' }, { email: 'a@b.example' },
  ])
    await refused(add(body), 400, 'invalid_body');
  const key = { key_id: 'a2V5', public_key: 'cHVibGlj', relying_party_identifier: 'login.example' };
  await ok(201, add({ type: 'webauthn-roaming', ...key }));
  await ok(201, add({ type: 'passkey', ...key, credential_device_type: 'multi_device', transports: ['usb'] }));
  assert.deepEqual(await types(), ['passkey', 'webauthn-roaming']);
});

test('a telephone has a way for codes', async () => {
  const made = await ok(201, add({ type: 'phone', phone_number: '+44207183875044', preferred_authentication_method: 'voice' }));
  const device = made.id.split('|')[1];
  assert.equal(made.phone_number, 'XXXXXXXXXXX5044');
  assert.deepEqual(made.authentication_methods, [{ type: 'voice', id: `voice|${device}` }]);
  const now = await ok(200, v2('PATCH', at(`/${enc(made.id)}`), { preferred_authentication_method: 'sms' }));
  assert.deepEqual([now.preferred_authentication_method, now.authentication_methods], ['sms', [{ type: 'sms', id: `sms|${device}` }]]);
});

test('an authentication method stands once', async () => {
  for (const body of [{ type: 'phone', phone_number: '+15550001111' }, { type: 'email', email: 'a@b.example' }, { type: 'totp', totp_secret: 'JBSWY3DPEHPK3PXP' }]) {
    const made = await ok(201, add(body));
    assert.ok(!('totp_secret' in made));
    await refused(add(body), 409, undefined, 'Authentication method already exists.');
  }
  await ok(201, add({ type: 'phone', phone_number: '+15550002222' }));
  assert.deepEqual(await types(), ['email', 'phone', 'phone', 'totp']);
});

test('all are replaced, unmasked in that answer, and deleted', async () => {
  await ok(201, add({ type: 'email', email: 'old@example.com' }));
  const now = await ok(200, v2('PUT', at(), [
    { type: 'email', name: 'MyEmail', email: 'foo@example.com' }, { type: 'phone', name: 'MyPhone', phone_number: '+44207183875044', preferred_authentication_method: 'sms' },
    { type: 'totp', name: 'MyTotp', totp_secret: 'JBSWY3DPEHPK3PXP' },
  ]));
  assert.deepEqual(now.map((m) => m.email ?? m.phone_number ?? m.totp_secret), ['foo@example.com', '+44207183875044', undefined]);
  const listed = await ok(200, v2('GET', at('?include_totals=true&per_page=2&page=0')));
  assert.deepEqual([listed.authenticators.length, listed.total, listed.start, listed.limit], [2, 3, 0, 2]);
  assert.equal(listed.authenticators[0].email, '****@exam*******');
  await refused(v2('PUT', at(), [{ type: 'passkey' }]), 400, 'invalid_body');
  assert.equal((await types()).length, 3);
  await ok(204, v2('DELETE', at()));
  assert.deepEqual(await types(), []);
});

test('a passkey keeps the rest', async () => {
  await ok(201, add({ type: 'passkey', key_id: 'a', public_key: 'b', relying_party_identifier: 'login.example' }));
  await refused(v2('DELETE', at()), 403, undefined, 'Operation not permitted when the user has registered at least 1 passkey');
  await refused(v2('PUT', at(), []), 403, undefined, 'Operation not permitted when the user has registered at least 1 passkey');
  assert.deepEqual(await types(), ['passkey']);
});

test('methods of somebody else are not there', async () => {
  const made = await ok(201, add({ type: 'email', email: 'a@b.example' }));
  const other = await makeUser(v2);
  await refused(v2('GET', `/users/${enc(other.user_id)}/authentication-methods/${enc(made.id)}`), 404, undefined, 'The authentication method could not be found.');
  await refused(v2('DELETE', `/users/${enc(other.user_id)}/authentication-methods/${enc(made.id)}`), 404);
  await refused(v2('GET', '/users/auth0%7Cnobody/authentication-methods'), 404, 'inexistent_user', 'The user does not exist.');
});

test('enrollments show the first second factor', async () => {
  assert.deepEqual(await ok(200, v2('GET', `${base}/enrollments`)), []);
  await ok(201, add({ type: 'email', email: 'a@b.example' }));
  assert.deepEqual(await ok(200, v2('GET', `${base}/enrollments`)), []);
  const phone = await ok(201, add({ type: 'phone', name: 'mine', phone_number: '+15550001111' }));
  await ok(201, add({ type: 'totp', totp_secret: 'JBSWY3DPEHPK3PXP' }));
  assert.deepEqual(await ok(200, v2('GET', `${base}/enrollments`)),
    [{ id: phone.id.split('|')[1], status: 'confirmed', type: 'sms', auth_method: 'sms', name: 'mine', phone_number: 'XXXXXXXX1111' }]);
  await ok(204, v2('DELETE', `${base}/authenticators`));
  assert.deepEqual(await types(), ['email']);
  await refused(v2('GET', '/users/auth0%7Cnobody/enrollments'), 404, undefined, 'User not found.');
});

test('a provider is removed', async () => {
  await ok(201, add({ type: 'totp', totp_secret: 'JBSWY3DPEHPK3PXP' }));
  await ok(204, v2('DELETE', `${base}/multifactor/duo`));
  assert.deepEqual(await types(), ['totp']);
  await ok(204, v2('DELETE', `${base}/multifactor/google-authenticator`));
  assert.deepEqual(await types(), []);
  assert.equal((await v2('DELETE', `${base}/multifactor/other`)).status, 400);
  await refused(v2('DELETE', '/users/auth0%7Cnobody/multifactor/duo'), 404, undefined, 'User not found.');
});

test('a recovery code is made anew each time', async () => {
  const code = async () => (await ok(200, v2('POST', `${base}/recovery-code-regeneration`))).recovery_code;
  const [one, two] = [await code(), await code()];
  assert.match(one, /^[A-Z0-9]{24}$/);
  assert.notEqual(one, two);
  assert.deepEqual(await types(), ['recovery-code']);
});

test('remembered browsers and known devices are forgotten', async () => {
  await ok(204, v2('POST', `${base}/multifactor/actions/invalidate-remember-browser`));
  await ok(204, v2('POST', `${base}/risk-assessments/clear`, { connection: DB, assessors: ['new-device'] }));
  for (const body of [{ connection: DB }, { connection: DB, assessors: [] }, { connection: DB, assessors: ['other'] }])
    await refused(v2('POST', `${base}/risk-assessments/clear`, body), 400, 'invalid_body');
  await refused(v2('POST', '/users/auth0%7Cnobody/multifactor/actions/invalidate-remember-browser'), 404, 'inexistent_user');
});

test('who has no tokens of other services shows none', async () => {
  assert.deepEqual(await ok(200, v2('GET', `${base}/connected-accounts?take=50`)), { connected_accounts: [] });
  assert.deepEqual(await ok(200, v2('GET', `${base}/federated-connections-tokensets`)), []);
  await ok(204, v2('DELETE', `${base}/federated-connections-tokensets/none`));
  await refused(v2('GET', '/users/auth0%7Cnobody/connected-accounts'), 404, 'inexistent_user', 'The user does not exist.');
  await refused(v2('GET', '/users/auth0%7Cnobody/federated-connections-tokensets'), 404, 'inexistent_user', 'The user does not exist.');
});

test("a user's log is sorted", async () => {
  await ok(200, v2('PATCH', base, { email: `new-${user.email}`, connection: DB }));
  const log = async (query = '') => ok(200, v2('GET', `${base}/logs${query}`));
  assert.deepEqual((await log()).map((e) => e.type), ['sce', 'ss']);
  assert.deepEqual((await log('?sort=date:1')).map((e) => e.type), ['ss', 'sce']);
  const paged = await log('?include_totals=true&per_page=1&page=1');
  assert.deepEqual([paged.length, paged.total, paged.start, paged.limit, paged.logs[0].type], [1, 2, 1, 1, 'ss']);
  assert.ok((await log()).every((e) => e.user_id === user.user_id));
});

test('grants are listed by their filters and deleted', async () => {
  assert.deepEqual(await ok(200, v2('GET', '/grants?include_totals=true')), { start: 0, limit: 50, total: 0, grants: [] });
  await ok(204, v2('DELETE', `/grants?user_id=${enc(user.user_id)}`));
  await ok(204, v2('DELETE', '/grants/63cff5bc7209008e35c888c1'));
  await refused(v2('DELETE', '/grants'), 400, 'invalid_query_string');
});
