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
  await refuses(link(v2.token), 400, 'invalid_body', /^JWT \(link_with\) contains an invalid sub claim\.$/);
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

// --- what a database connection asks of passwords and names ---------------------------

const weak = /^PasswordStrengthError: Password is too weak$/;
const common = /^PasswordDictionaryError: Password is too common$/;
const personal = /^PasswordNoUserInfoError: Password contains user information$/;
const used = /^PasswordHistoryError: Password has previously been used$/;
const sign = (connection, password, more = {}) => v2('POST', '/users', { connection, email: address(), password, ...more });
/** Accepts the first passwords and refuses the others with the given words. */
async function judges(connection, good, bad, words, more) {
  for (const password of good) await expectStatus(201, sign(connection, password, more?.()));
  for (const password of bad) await refuses(sign(connection, password, more?.()), 400, undefined, words);
}

test('each policy asks for its length and kinds of letters', async () => {
  const rows = {
    none: [['a'], []],
    low: [['abcdef'], ['abcde']],
    fair: [['Abcdefg1'], ['Abcdef1', 'abcdefg1', 'ABCDEFG1', 'Abcdefgh']],
    good: [['Abcdefg1', 'abcdefg1!', 'ABCDEFG1 '], ['Abcdef1', 'abcdefg1', 'Abcdefgh']],
    excellent: [['Abcdefghi1'], ['Abcdefgh1', 'Abccccdefg1', 'abcdefghi1']],
  };
  for (const [passwordPolicy, [good, bad]] of Object.entries(rows)) {
    await connection(`policy-${passwordPolicy}`, { passwordPolicy });
    await judges(`policy-${passwordPolicy}`, good, bad, weak);
  }
});

test('min_length replaces the length of the policy', async () => {
  const c = await connection('min-length', { passwordPolicy: 'low', password_complexity_options: { min_length: 12 } });
  await judges(c.name, ['twelve-signs'], ['eleven-sign'], weak);
  await expectStatus(200, v2('PATCH', `/connections/${c.id}`, { options: { passwordPolicy: 'fair', password_complexity_options: { min_length: 3 } } }));
  await judges(c.name, ['Aa1'], ['A1', 'aaa'], weak);
});

test('the password history refuses old passwords', async () => {
  const c = await connection('history', { passwordPolicy: 'none', password_history: { enable: true, size: 2 } });
  const user = await create({ connection: c.name, password: 'first' });
  const change = (password) => v2('PATCH', path(user), { password, connection: c.name });
  await refuses(change('first'), 400, undefined, used);
  await expectStatus(200, change('second'));
  await refuses(change('first'), 400, undefined, used);
  await expectStatus(200, change('third'));
  await expectStatus(200, change('first'));
  await refuses(change('third'), 400, undefined, used);
  await expectStatus(200, v2('PATCH', `/connections/${c.id}`, { options: { passwordPolicy: 'none', password_history: { enable: false, size: 2 } } }));
  await expectStatus(200, change('third'));
  await expectStatus(200, change('third'));
});

test('personal data is refused in passwords', async () => {
  const c = await connection('personal', { passwordPolicy: 'none', password_no_personal_info: { enable: true }, requires_username: true });
  const who = () => ({ email: `roebuck${++made}@users.example`, username: `jroe${made}`, name: 'Wilhelmina', nickname: 'Minnie', user_metadata: { name: 'Hidden', first: 'Jeanne', last: 'Rosendahl' } });
  await judges(c.name, ['something else'], ['xWILHELMINAx', 'minnie', 'my hidden one', 'JEANNE-1', 'rosendahl'], personal, who);
  const mine = who();
  for (const password of [mine.username.toUpperCase(), `x${mine.email.split('@')[0]}x`]) await refuses(v2('POST', '/users', { connection: c.name, password, ...mine }), 400, undefined, personal);
  await expectStatus(200, v2('PATCH', `/connections/${c.id}`, { options: { passwordPolicy: 'none', password_no_personal_info: { enable: false }, requires_username: true } }));
  await expectStatus(201, sign(c.name, 'minnie', who()));
});

test('words of the dictionary are refused as passwords', async () => {
  const c = await connection('dictionary', { passwordPolicy: 'none', password_dictionary: { enable: true, dictionary: ['Doorward'] } });
  await judges(c.name, ['doorward-and-more', 'no word of any list'], ['doorward', 'DOORWARD', 'password', 'Qwerty'], common);
  await expectStatus(200, v2('PATCH', `/connections/${c.id}`, { options: { passwordPolicy: 'none', password_dictionary: { enable: false, dictionary: ['Doorward'] } } }));
  await judges(c.name, ['doorward', 'password'], []);
});

test('password_options refuse passwords in the newer form', async () => {
  const newer = (password_options) => ({ password_options: { ...password_options } });
  const c = await connection('newer', newer({ complexity: { min_length: 8, character_types: ['lowercase', 'number'], identical_characters: 'block', sequential_characters: 'block' } }));
  await judges(c.name, ['hxfk5201'], ['hxfk520', 'hxfkmzmz', '52015201', 'hxfk5550', 'hxfk5234', 'hxfk5432'], weak);
  const change = (options) => expectStatus(200, v2('PATCH', `/connections/${c.id}`, { options: newer(options) }));
  await change({ complexity: { min_length: 4, character_types: ['lowercase', 'uppercase', 'number', 'special'], character_type_rule: 'three_of_four' } });
  await judges(c.name, ['aA11', 'aA!a'], ['aaAA', 'aa11'], weak);
  await change({ complexity: { min_length: 1 }, dictionary: { active: true, custom: ['Doorward'] } });
  await judges(c.name, ['something else'], ['doorward', 'password'], common);
  await change({ complexity: { min_length: 1 }, profile_data: { active: true, blocked_fields: ['given_name'] } });
  await refuses(sign(c.name, 'my-wilhelmina', { given_name: 'Wilhelmina' }), 400, undefined, personal);
  await expectStatus(201, sign(c.name, 'my-wilhelmina', { family_name: 'Wilhelmina' }));
  await change({ complexity: { min_length: 1 }, history: { active: true, size: 1 } });
  const user = await create({ connection: c.name, password: 'first' });
  await refuses(v2('PATCH', path(user), { password: 'first' }), 400, undefined, used);
  await change({ complexity: { min_length: 1, max_length_exceeded: 'error' } });
  await judges(c.name, ['x'.repeat(72)], ['x'.repeat(73)], weak);
});

test('usernames exist only where the connection has them', async () => {
  const without = await connection('nameless', { passwordPolicy: 'none' }), needs = await connection('named', { passwordPolicy: 'none', requires_username: true });
  await refuses(sign(without.name, 'x', { username: 'someone' }), 400, 'invalid_body', /requires_username/);
  await refuses(sign(needs.name, 'x'), 400, 'invalid_body', /username/);
  const user = await expectStatus(201, sign(needs.name, 'x', { username: 'Someone' }));
  assert.equal(user.username, 'someone');
  assert.equal((await expectStatus(200, v2('PATCH', path(user), { username: 'Other', connection: needs.name }))).username, 'other');
  await refuses(v2('PATCH', path(await create({ connection: without.name })), { username: 'other' }), 400, 'invalid_body');
  for (const username of ['has space', 'person@users.example', 'ünï', 'a/b', 'a"b'])
    await refuses(sign(needs.name, 'x', { username }), 400, 'invalid_body', /username/i);
});

test('the connection bounds the length of usernames', async () => {
  const c = await connection('lengths', { passwordPolicy: 'none', requires_username: true, validation: { username: { min: 3, max: 5 } } });
  const name = (username) => sign(c.name, 'x', { username });
  await expectStatus(201, name('abc'));
  await expectStatus(201, name('abcde'));
  await refuses(name('ab'), 400, 'invalid_body', /username/);
  await refuses(name('abcdef'), 400, 'invalid_body', /username/);
  await connection('usual-lengths', { passwordPolicy: 'none', requires_username: true });
  await expectStatus(201, sign('usual-lengths', 'x', { username: 'a'.repeat(15) }));
  await refuses(sign('usual-lengths', 'x', { username: 'a'.repeat(16) }), 400, 'invalid_body', /username/);
});

test('attributes say what a user of the connection needs', async () => {
  const identifier = { identifier: { active: true } };
  const byPhone = await connection('by-phone', { passwordPolicy: 'none', attributes: { phone_number: { ...identifier, profile_required: true, signup: { status: 'required' } } } });
  const phone = () => ({ phone_number: `+49170${10000 + ++made}` });
  const withPhone = await expectStatus(201, v2('POST', '/users', { connection: byPhone.name, password: 'x', ...phone() }));
  assert.ok(!('email' in withPhone));
  await refuses(v2('POST', '/users', { connection: byPhone.name, password: 'x', email: address() }), 400, 'invalid_body', /phone_number/);
  await refuses(v2('POST', '/users', { connection: byPhone.name, password: 'x', phone_number: withPhone.phone_number }), 409, 'auth0_idp_error');
  const byName = await connection('by-name', { passwordPolicy: 'none', attributes: { email: { identifier: { active: false }, profile_required: true, signup: { status: 'required' } }, username: { ...identifier, profile_required: true, signup: { status: 'required' }, validation: { min_length: 4, max_length: 6 } } } });
  await expectStatus(201, sign(byName.name, 'x', { username: 'abcd' }));
  await refuses(sign(byName.name, 'x', { username: 'abc' }), 400, 'invalid_body', /username/);
  await refuses(sign(byName.name, 'x'), 400, 'invalid_body', /username/);
  await refuses(v2('POST', '/users', { connection: byName.name, password: 'x', username: 'abcde' }), 400, 'invalid_body', /email/);
});

test('email_verified is of the address it came with', async () => {
  const user = await create({ email_verified: true });
  assert.equal(user.email_verified, true);
  const patch = (body) => expectStatus(200, v2('PATCH', path(user), body));
  assert.equal((await patch({ email: address() })).email_verified, false);
  assert.equal((await patch({ email: address(), email_verified: true })).email_verified, true);
  assert.equal((await patch({ email_verified: false })).email_verified, false);
});

test('phone_number is what a user of an sms connection has', async () => {
  await expectStatus(201, v2('POST', '/connections', { name: 'by-sms', strategy: 'sms', enabled_clients: [server.credentials.management.client_id] }));
  const sign = (more) => v2('POST', '/users', { connection: 'by-sms', ...more });
  const user = await expectStatus(201, sign({ phone_number: '+15550001111' }));
  assert.equal(user.name, '+15550001111');
  assert.equal((await sign({})).status, 400);
  assert.equal((await sign({ email: address() })).status, 400);
  assert.equal((await sign({ phone_number: '+15550001111' })).status, 409);
});
