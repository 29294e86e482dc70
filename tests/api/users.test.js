// /api/v2/users: one record a user, found at once by every query, changed by the rules of its connection.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');

const DB = 'Username-Password-Authentication';
let server, v2, defaultApp;

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  defaultApp = (await v2('GET', '/clients')).body.find((c) => c.name === 'Default App').client_id;
});
after(async () => { if (server) await server.stop(); });

let made = 0;
const address = () => `user${++made}@users.example`;
const path = (user) => `/users/${encodeURIComponent(user.user_id ?? user)}`;
const query = (params) => `?${new URLSearchParams(params)}`;

async function expectStatus(wanted, answer) {
  const a = await answer;
  assert.equal(a.status, wanted, a.text);
  return a.body;
}

function refuses(answer, status, errorCode, message) {
  return answer.then((a) => {
    assert.equal(a.status, status, a.text);
    assert.equal(a.body.statusCode, status);
    assert.equal(a.body.errorCode, errorCode);
    if (message) assert.match(a.body.message, message);
  });
}

const create = (more = {}) => expectStatus(201, v2('POST', '/users', { connection: DB, email: address(), password: 'secret-enough', ...more }));
const connection = (name, options = {}, more = {}) =>
  expectStatus(201, v2('POST', '/connections', { name, strategy: 'auth0', options, enabled_clients: [defaultApp], ...more }));
const search = async (q, more = {}) => (await expectStatus(200, v2('GET', `/users${query({ q, search_engine: 'v3', ...more })}`)));
const ids = (list) => list.map((u) => u.user_id).sort();

test('a user is created with the defaults of the real API', async () => {
  const user = await create({ email: 'Jane.Roe@users.example', given_name: 'Jane' });
  assert.deepEqual(Object.keys(user), ['created_at', 'email', 'email_verified', 'given_name', 'identities', 'name', 'nickname', 'picture', 'updated_at', 'user_id']);
  assert.match(user.user_id, /^auth0\|[0-9a-f]{24}$/);
  assert.equal(user.email, 'jane.roe@users.example');
  assert.equal(user.name, 'jane.roe@users.example');
  assert.equal(user.nickname, 'jane.roe');
  assert.equal(user.email_verified, false);
  assert.match(user.picture, /^https:\/\/s\.gravatar\.com\/avatar\/[0-9a-f]{32}\?s=480&r=pg&d=https%3A%2F%2Fcdn\.auth0\.com%2Favatars%2Fja\.png$/);
  assert.deepEqual(user.identities, [{ connection: DB, user_id: user.user_id.slice(6), provider: 'auth0', isSocial: false }]);
  assert.deepEqual(await expectStatus(200, v2('GET', path(user))), user);
  assert.deepEqual(await expectStatus(200, v2('GET', `${path(user)}?fields=email,user_id`)), { email: user.email, user_id: user.user_id });
  const rest = await expectStatus(200, v2('GET', `${path(user)}?fields=email&include_fields=false`));
  assert.ok(!('email' in rest) && rest.user_id === user.user_id);
});

test('user_id makes the id', async () => {
  const user = await create({ user_id: 'chosen' });
  assert.equal(user.user_id, 'auth0|chosen');
  await refuses(v2('POST', '/users', { connection: DB, email: address(), password: 'secret-enough', user_id: 'chosen' }), 409, 'auth0_idp_error');
});

test('an e-mail address is unique within its connection', async () => {
  await connection('unique-mail', { passwordPolicy: 'none' });
  const user = await create();
  const again = { connection: DB, email: user.email.toUpperCase(), password: 'secret-enough' };
  await refuses(v2('POST', '/users', again), 409, 'auth0_idp_error', /^The user already exists\.$/);
  await expectStatus(201, v2('POST', '/users', { ...again, connection: 'unique-mail' }));
  const other = await create();
  await refuses(v2('PATCH', path(other), { email: user.email }), 409, 'auth0_idp_error');
});

test('a username is unique within its connection', async () => {
  await connection('unique-names', { passwordPolicy: 'none', requires_username: true });
  const user = await create({ connection: 'unique-names', username: 'Jane' });
  assert.equal(user.username, 'jane');
  await refuses(v2('POST', '/users', { connection: 'unique-names', email: address(), username: 'JANE', password: 'x' }), 409, 'auth0_idp_error');
  await refuses(v2('POST', '/users', { connection: 'unique-names', email: address(), password: 'x' }), 400, 'invalid_body', /missing username/);
  await connection('no-names', { passwordPolicy: 'none' });
  await refuses(v2('POST', '/users', { connection: 'no-names', email: address(), username: 'jane', password: 'x' }), 400, 'invalid_body', /requires_username/);
});

test("the connection's password policy refuses weak passwords", async () => {
  await connection('strict', { passwordPolicy: 'excellent', password_history: { enable: true, size: 2 }, password_dictionary: { enable: true, dictionary: ['Doorward-2030'] }, password_no_personal_info: { enable: true } });
  const tries = [
    ['short', /^PasswordStrengthError: Password is too weak$/],
    ['doorward-2030', /^PasswordDictionaryError: Password is too common$/],
    ['Strict1-roebuck', /^PasswordNoUserInfoError: Password contains user information$/],
  ];
  for (const [password, words] of tries)
    await refuses(v2('POST', '/users', { connection: 'strict', email: 'roebuck@users.example', password }), 400, undefined, words);
  const user = await create({ connection: 'strict', email: 'roebuck@users.example', password: 'First-Secret-1' });
  await refuses(v2('PATCH', path(user), { password: 'First-Secret-1' }), 400, undefined, /^PasswordHistoryError/);
  const changed = await expectStatus(200, v2('PATCH', path(user), { password: 'Second-Secret-1' }));
  assert.ok(changed.last_password_reset);
});

test('a user belongs to the connection that the request names', async () => {
  await connection('elsewhere', { passwordPolicy: 'none' });
  await connection('closed', {}, { enabled_clients: [] });
  await connection('upstream', {}, { strategy: 'github' });
  const user = await create({ connection: 'elsewhere' });
  assert.equal(user.identities[0].connection, 'elsewhere');
  const body = { email: address(), password: 'Secret-Enough-1' };
  await refuses(v2('POST', '/users', { ...body, connection: 'nowhere' }), 400, 'inexistent_connection', /^The connection does not exist\.$/);
  await refuses(v2('POST', '/users', { ...body, connection: 'closed' }), 400, 'auth0_idp_error', /^connection is disabled/);
  await refuses(v2('POST', '/users', { ...body, connection: 'upstream' }), 400, 'operation_not_supported');
});

test('passwordless users have no password', async () => {
  await connection('email', {}, { strategy: 'email' });
  await connection('sms', {}, { strategy: 'sms' });
  const mail = await expectStatus(201, v2('POST', '/users', { connection: 'email', email: address() }));
  assert.match(mail.user_id, /^email\|[0-9a-f]{24}$/);
  const phone = await expectStatus(201, v2('POST', '/users', { connection: 'sms', phone_number: '+4917012345', phone_verified: true }));
  assert.match(phone.user_id, /^sms\|/);
  assert.equal(phone.name, '+4917012345');
  assert.equal(phone.phone_verified, true);
  await refuses(v2('POST', '/users', { connection: 'email', email: address(), password: 'x' }), 400, 'invalid_body');
});

test('a patch merges metadata, removes by null and keeps the rest', async () => {
  const user = await create({ given_name: 'Jane', user_metadata: { a: { b: 1, c: 2 }, d: 1 }, app_metadata: { plan: 'gold' } });
  const now = await expectStatus(200, v2('PATCH', path(user), { user_metadata: { a: { b: 3 }, d: null, e: 1 }, app_metadata: { level: 1 }, given_name: null, blocked: true }));
  assert.deepEqual(now.user_metadata, { a: { b: 3 }, e: 1 });
  assert.deepEqual(now.app_metadata, { plan: 'gold', level: 1 });
  assert.ok(!('given_name' in now));
  assert.equal(now.blocked, true);
  assert.equal(now.created_at, user.created_at);
  assert.deepEqual(await expectStatus(200, v2('GET', path(user))), now);
  await refuses(v2('PATCH', path(user), { app_metadata: { user_id: 'x' } }), 400, 'invalid_body');
  await refuses(v2('PATCH', path(user), { user_metadata: { 'a.b': 1 } }), 400, 'invalid_body');
});

test('some members cannot change together', async () => {
  const user = await create();
  for (const [first, second] of [['password', 'email'], ['password', 'email_verified'], ['username', 'email'], ['username', 'email_verified'], ['username', 'password']]) {
    const values = { password: 'secret-enough', email: address(), email_verified: true, username: 'someone' };
    await refuses(v2('PATCH', path(user), { [first]: values[first], [second]: values[second] }), 400, 'invalid_body', new RegExp(`^Cannot update ${first} and ${second} simultaneously$`));
  }
  const changed = await expectStatus(200, v2('PATCH', path(user), { email: address() }));
  assert.equal(changed.email_verified, false);
});

test('scopes open parts of a user', async () => {
  const user = await create({ app_metadata: { plan: 'gold' } });
  const appOnly = await server.v2({ scope: 'update:users_app_metadata' });
  assert.equal((await appOnly('PATCH', path(user), { app_metadata: { plan: 'silver' } })).status, 200);
  assert.equal((await appOnly('PATCH', path(user), { app_metadata: {}, name: 'x' })).status, 403);
  assert.equal((await appOnly('GET', path(user))).status, 403);
});

test('a user who is not there is 404, and 204 to delete', async () => {
  const user = await create();
  await expectStatus(204, v2('DELETE', path(user)));
  await refuses(v2('GET', path(user)), 404, 'inexistent_user', /^The user does not exist\.$/);
  await refuses(v2('PATCH', path(user), { name: 'x' }), 404, 'inexistent_user');
  await expectStatus(204, v2('DELETE', path(user)));
  await create({ email: user.email });
});

test('q searches every attribute', async () => {
  const one = await create({ user_metadata: { hobby: 'chess' }, app_metadata: { level: 3, tags: ['a', 'b'] }, nickname: 'Fisher' });
  await create({ user_metadata: { hobby: 'golf' } });
  for (const q of ['user_metadata.hobby:"chess"', 'app_metadata.level:3', 'app_metadata.tags:b AND user_metadata.hobby:ch*', `email:"${one.email}"`, 'nickname:fish*', `user_id:"${one.user_id}"`])
    assert.deepEqual(ids(await search(q)), [one.user_id], q);
  await expectStatus(200, v2('PATCH', path(one), { user_metadata: { hobby: 'go' }, blocked: true }));
  assert.deepEqual(await search('user_metadata.hobby:"chess"'), []);
  assert.deepEqual(ids(await search('user_metadata.hobby:"go" AND blocked:true')), [one.user_id]);
  await refuses(v2('GET', `/users${query({ q: 'name:(', search_engine: 'v3' })}`), 400, 'invalid_query_string');
});

test('search_engine chooses the query language', async () => {
  const one = await create({ name: 'Prefix Person' });
  assert.deepEqual(ids(await search('prefix per', { search_engine: 'v1' })), [one.user_id]);
  assert.deepEqual(await search('"prefix per"', { search_engine: 'v3' }), []);
});

test('sort orders the list', async () => {
  for (const name of ['bb', 'aa', 'cc']) await create({ name, app_metadata: { set: 'sorted' } });
  const names = async (sort) => (await search('app_metadata.set:sorted', { sort })).map((u) => u.name);
  assert.deepEqual(await names('name:1'), ['aa', 'bb', 'cc']);
  assert.deepEqual(await names('name:-1'), ['cc', 'bb', 'aa']);
  for (const sort of ['name', 'name:2', 'name:', ':1', 'user_metadata.a:1'])
    await refuses(v2('GET', `/users${query({ sort })}`), 400, 'invalid_query_string');
});

test('primary_order false leaves the order open', async () => {
  for (const name of ['2', '1']) await create({ name, app_metadata: { set: 'unordered' } });
  const list = await search('app_metadata.set:unordered', { sort: 'name:1', primary_order: 'false' });
  assert.deepEqual(list.map((u) => u.name), ['2', '1']);
});

test('pages have totals, and an end', async () => {
  for (let i = 0; i < 3; i++) await create({ app_metadata: { set: 'paged' } });
  const page = await search('app_metadata.set:paged', { include_totals: 'true', per_page: '2', page: '1' });
  assert.deepEqual({ ...page, users: page.users.length }, { start: 2, limit: 2, length: 1, total: 3, users: 1 });
  const none = await search('app_metadata.set:paged', { include_totals: 'true', per_page: '0' });
  assert.deepEqual([none.total, none.users], [3, []]);
  await refuses(v2('GET', '/users?per_page=101'), 400, 'invalid_query_string');
  const filtered = await expectStatus(200, v2('GET', `/users${query({ connection: 'no-such-connection', search_engine: 'v1' })}`));
  assert.deepEqual(filtered, []);
});

test('users-by-email finds every user of an address', async () => {
  await connection('by-mail', { passwordPolicy: 'none' });
  const one = await create();
  const two = await create({ connection: 'by-mail', email: one.email });
  const found = await expectStatus(200, v2('GET', `/users-by-email${query({ email: one.email.toUpperCase() })}`));
  assert.deepEqual(ids(found), ids([one, two]));
  assert.deepEqual(await expectStatus(200, v2('GET', `/users-by-email${query({ email: 'nobody@users.example' })}`)), []);
  const [some] = await expectStatus(200, v2('GET', `/users-by-email${query({ email: one.email, fields: 'user_id' })}`));
  assert.deepEqual(Object.keys(some), ['user_id']);
});

test('users are linked and unlinked', async () => {
  const one = await create(), two = await create({ given_name: 'Jane' });
  const identities = await expectStatus(201, v2('POST', `${path(one)}/identities`, { provider: 'auth0', user_id: two.user_id }));
  assert.deepEqual(identities.map((i) => i.profileData), [{ email: one.email, email_verified: false }, { email: two.email, given_name: 'Jane', email_verified: false }]);
  await refuses(v2('GET', path(two)), 404, 'inexistent_user');
  assert.equal((await expectStatus(200, v2('GET', path(one)))).identities.length, 2);
  assert.equal((await v2('POST', `${path(one)}/identities`, { provider: 'auth0', user_id: two.user_id })).status, 409);
  await refuses(v2('POST', `${path(one)}/identities`, { provider: 'auth0', user_id: one.user_id }), 400, 'invalid_body', /^Main identity and the new one are the same\.$/);
  await refuses(v2('DELETE', `${path(one)}/identities/auth0/${one.user_id.slice(6)}`), 400, 'invalid_body', /^Main identity cannot be removed\.$/);
  assert.equal((await expectStatus(200, v2('DELETE', `${path(one)}/identities/auth0/${two.user_id.slice(6)}`))).length, 1);
  assert.equal((await expectStatus(200, v2('GET', path(two)))).given_name, 'Jane');
});

test('a wrong connection_id links nothing', async () => {
  const one = await create(), two = await create();
  const other = await connection('not-theirs', { passwordPolicy: 'none' });
  const link = (connection_id) => v2('POST', `${path(one)}/identities`, { provider: 'auth0', user_id: two.user_id, connection_id });
  await refuses(link(other.id), 400, 'invalid_body', /not configured/);
  await refuses(link('con_0000000000000000'), 400, 'invalid_body', /not configured/);
  await expectStatus(200, v2('GET', path(two)));
});

test('link_with takes id_tokens only', async () => {
  const one = await create();
  const link = (link_with) => v2('POST', `${path(one)}/identities`, { link_with });
  await refuses(link('nonsense'), 400, 'invalid_body', /^Invalid token \(link_with\)\.$/);
  await refuses(link(v2.token), 400, 'invalid_body', /^Invalid token \(link_with\)\.$/);
});

test('what happened stands in the log, without passwords', async () => {
  const user = await create({ password: 'never-in-the-log' });
  await expectStatus(200, v2('PATCH', path(user), { password: 'not-this-one-either' }));
  await expectStatus(204, v2('DELETE', path(user)));
  const logs = await expectStatus(200, v2('GET', '/logs?per_page=20&sort=date:-1'));
  const mine = logs.filter((e) => e.user_id === user.user_id).map((e) => e.type);
  assert.deepEqual(mine.sort(), ['scp', 'sdu', 'ss']);
  assert.ok(logs.some((e) => e.type === 'sapi' && e.description === 'Create a User'));
  assert.ok(!JSON.stringify(logs).includes('never-in-the-log') && !JSON.stringify(logs).includes('not-this-one-either'));
});

test('DELETE /users removes everybody', async () => {
  await create();
  await expectStatus(204, v2('DELETE', '/users'));
  assert.deepEqual(await expectStatus(200, v2('GET', '/users')), []);
});
