'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { Server } = require('./lib/server.js');
const { DB, PASSWORD, refused, good, isOk, ordinary, makeUser, idPath, nextUrl, follow, sql } = require('./lib/v1.js');

let s, v1, v2;
test.before(async () => {
  s = await Server.start();
  v1 = await s.v1();
  v2 = await s.v2();
});
test.after(() => s?.stop());

const listed = async (query, call = v1) => good(await call('GET', `/users${query}`)).map((u) => u.email);
const mails = (user) => sql(s, 'SELECT body FROM outbox WHERE kind = ?', ['verify_email']).map(([b]) => JSON.parse(b)).filter((b) => b.user_id === user.user_id);

test('a user is created, read by each of its ids, changed and deleted', async () => {
  const made = await makeUser(v1, 'Mara@acme.example', { vip: true, plan: null, given_name: 'Mara', tags: ['x', null] });
  assert.match(made._id, /^[0-9a-f]{32}$/);
  assert.match(made.user_id, /^auth0\|[0-9a-f]{24}$/);
  assert.equal(made.v2_id, made.user_id.replace('auth0|', 'usr_'));
  assert.equal(made.email, 'mara@acme.example');
  assert.equal(made.email_verified, false);
  assert.equal(made.blocked, false);
  assert.equal(made.given_name, 'Mara');
  assert.equal(made.nickname, 'mara');
  assert.equal(made.vip, true);
  assert.equal(made.plan, null);
  assert.deepEqual(made.tags, ['x', null]);
  assert.deepEqual(made.identities, [{ connection: DB, user_id: made.user_id.slice(6), provider: 'auth0', isSocial: false }]);
  for (const hidden of ['metadata', 'app_metadata', 'password', 'connection', 'last_login', 'logins_count']) assert.ok(!(hidden in made), hidden);
  await s.restart();
  for (const id of [made.user_id, made.v2_id, made._id, made._id.toUpperCase()])
    assert.deepEqual(good(await v1('GET', `/users/${encodeURIComponent(id)}`)), made);
  const seen = (await v2('GET', idPath(made))).body;
  assert.deepEqual(seen.app_metadata, { vip: true, plan: null, tags: ['x', null] });
  isOk(await v1('DELETE', idPath(made)));
  await s.restart();
  refused(await v1('GET', idPath(made)), 404, 'user_not_found');
  refused(await v1('DELETE', idPath(made)), 404, 'user_not_found');
  assert.equal((await v2('GET', idPath(made))).status, 404);
});

test('ids: an e-mail address is none, percent escapes are decoded once, + stays a plus', async () => {
  await makeUser(v1, 'ids@acme.example');
  for (const id of ['ids@acme.example', 'usr_nobody', '0'.repeat(32), 'google-oauth2%7C1034+7', 'adfs%7Cjohn@fabrikam.example', 'samlp%7Cacme%7Cjane%20doe', '100%%20gold'])
    refused(await v1('GET', `/users/${id}`), 404, 'user_not_found');
});

test('bad bodies of a new user', async () => {
  const body = { email: 'bad@acme.example', password: PASSWORD, connection: DB };
  refused(await v1('POST', '/users', '{"email":'), 400, 'invalid_json');
  refused(await v1('POST', '/users', []), 400, 'invalid_body');
  refused(await v1('POST', '/users'), 400, 'invalid_body');
  refused(await v1('POST', '/users', { ...body, connection: undefined }), 400, 'invalid_body');
  refused(await v1('POST', '/users', { ...body, email: undefined }), 400, 'invalid_body');
  refused(await v1('POST', '/users', { ...body, password: '' }), 400, 'invalid_body');
  refused(await v1('POST', '/users', { ...body, email: 'nobody' }), 400, 'invalid_body');
  refused(await v1('POST', '/users', { ...body, connection: 'nowhere' }), 400, 'invalid_connection');
  refused(await v1('POST', '/users', { ...body, 'a.b': 1 }), 400, 'invalid_body');
  refused(await v1('POST', '/users', { ...body, $set: 1 }), 400, 'invalid_body');
  refused(await v1('POST', '/users', { ...body, loginsCount: 7 }), 400, 'invalid_body');
  refused(await v1('POST', '/users', { ...body, given_name: 'x'.repeat(151) }), 400, 'invalid_body');
  const other = await v1('POST', '/connections', { name: 'a-saml', strategy: 'samlp', options: {} });
  good(other);
  refused(await v1('POST', '/users', { ...body, connection: 'a-saml' }), 400, 'invalid_connection');
  good(await v1('POST', '/connections', { name: 'off-db', strategy: 'auth0', status: false }));
  refused(await v1('POST', '/users', { ...body, connection: 'off-db' }), 400, 'invalid_connection');
  assert.deepEqual(await listed('?search=bad@'), []);
});

test('an address is taken once in a connection', async () => {
  await makeUser(v1, 'twice@acme.example');
  const rs = refused(await v1('POST', '/users', { email: 'TWICE@acme.example', password: PASSWORD, connection: DB }), 400, 'user_exists');
  assert.match(rs.body.detail, new RegExp(DB));
  good(await v1('POST', '/connections', { name: 'twice-db', strategy: 'auth0' }));
  await makeUser(v1, 'twice@acme.example', { connection: 'twice-db' });
});

test('the password policy answers password_policy', async () => {
  good(await v1('POST', '/connections', { name: 'strict-db', strategy: 'auth0', options: { passwordPolicy: 'excellent' } }));
  const body = { email: 'weak@acme.example', connection: 'strict-db' };
  refused(await v1('POST', '/users', { ...body, password: 'weak' }), 400, 'password_policy');
  const u = good(await v1('POST', '/users', { ...body, password: 'Str0ng&Long&Enough' }));
  refused(await v1('PUT', `${idPath(u)}/password`, { password: 'weak' }), 400, 'password_policy');
});

test('a connection with usernames wants one', async () => {
  good(await v1('POST', '/connections', { name: 'name-db', strategy: 'auth0', options: { requires_username: true, passwordPolicy: 'low' } }));
  const body = { email: 'named@acme.example', password: PASSWORD, connection: 'name-db' };
  refused(await v1('POST', '/users', body), 400, 'invalid_body');
  assert.equal(good(await v1('POST', '/users', { ...body, username: 'Named' })).username, 'named');
  refused(await v1('POST', '/users', { ...body, email: 'other@acme.example', username: 'named' }), 400, 'user_exists');
});

test('forms, trailing slashes and ?access_token=', async () => {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const body = new URLSearchParams({ email: 'form@acme.example', password: PASSWORD, connection: DB, email_verified: 'True', color: 'red' }).toString();
  const made = good(await s.request('POST', `/api/users/?access_token=${v1.token}`, { headers, body }));
  assert.equal(made.email_verified, true);
  assert.equal(made.color, 'red');
  good(await s.request('GET', `/api${idPath(made)}/?access_token=${v1.token}`));
  isOk(await v1('PATCH', `${idPath(made)}/metadata/`, 'color=blue&size=5', { headers }));
  assert.deepEqual(good(await v1('GET', `${idPath(made)}/metadata`)), { color: 'blue', size: '5' });
  const rs = await s.request('PUT', `/api${idPath(made)}/email`, { headers: { ...headers, Authorization: `bearer ${v1.token}` }, body: 'email=form2@acme.example&verify=0' });
  assert.equal(good(rs).email, 'form2@acme.example');
});

test('credentials', async () => {
  refused(await s.request('GET', '/api/users'), 401, 'unauthorized');
  refused(await s.request('GET', '/api/users?access_token=wrong'), 401, 'unauthorized');
  refused(await s.request('GET', '/api/users', { headers: { Authorization: `Bearer ${v2.token}` } }), 401, 'unauthorized');
  refused(await s.request('GET', '/api/users', { headers: { Authorization: 'Basic eDp5' } }), 401, 'unauthorized');
  const xml = await v1('GET', '/users', undefined, { headers: { Accept: 'application/xml' } });
  good(xml);
  assert.match(xml.headers['content-type'], /^application\/json; charset=utf-8/);
  const rs = refused(await v1('PUT', '/users'), 405, 'method_not_allowed');
  assert.match(rs.headers.allow, /GET/);
  refused(await v1('GET', '/nothing/here'), 404, 'not_found');
});

test('metadata: PUT replaces, PATCH merges the first level, null is stored', async () => {
  const u = await makeUser(v1, 'meta@acme.example', { keep: { deep: 1 } });
  isOk(await v1('PATCH', `${idPath(u)}/metadata`, { plan: 'silver', color: null, name: 'Over' }));
  await s.restart();
  assert.deepEqual(good(await v1('GET', `${idPath(u)}/metadata`)), { keep: { deep: 1 }, plan: 'silver', color: null, name: 'Over' });
  const seen = good(await v1('GET', idPath(u)));
  assert.equal(seen.name, 'Over'); // laid over the profile
  assert.equal(seen.color, null);
  assert.equal(seen.email, 'meta@acme.example');
  assert.deepEqual((await v2('GET', idPath(u))).body.app_metadata, { keep: { deep: 1 }, plan: 'silver', color: null, name: 'Over' });
  isOk(await v1('PATCH', `${idPath(u)}/metadata`, { keep: { other: 2 } }));
  assert.deepEqual(good(await v1('GET', idPath(u))).keep, { other: 2 });
  isOk(await v1('PUT', `${idPath(u)}/metadata`, { Policy: '1', 'Customer Id': '1234', none: null }));
  assert.deepEqual(good(await v1('GET', `${idPath(u)}/metadata`)), { Policy: '1', 'Customer Id': '1234', none: null });
  isOk(await v1('PUT', `${idPath(u)}/metadata`, {}));
  assert.deepEqual(good(await v1('GET', `${idPath(u)}/metadata`)), {});
  for (const bad of [{ 'a.b': 1 }, { x: { $y: 1 } }, { user_id: 'x' }, { email: 'x' }, [], '"text"', 'null'])
    refused(await v1('PUT', `${idPath(u)}/metadata`, bad), 400, 'invalid_body');
  refused(await v1('PUT', '/users/auth0%7Cnobody/metadata', {}), 404, 'user_not_found');
  refused(await v1('GET', '/users/auth0%7Cnobody/metadata'), 404, 'user_not_found');
});

test('a new e-mail address counts at once', async () => {
  const u = await makeUser(v1, 'old@acme.example', { email_verified: true });
  await makeUser(v1, 'other@acme.example');
  const now = good(await v1('PUT', `${idPath(u)}/email`, { email: 'New@acme.example' }));
  assert.equal(now.email, 'new@acme.example');
  assert.equal(now.email_verified, false);
  await s.restart();
  assert.deepEqual(await listed('?search=email:%22new@acme.example%22'), ['new@acme.example']);
  assert.deepEqual(await listed('?search=email:%22old@acme.example%22'), []);
  refused(await v1('PUT', `${idPath(u)}/email`, { email: 'other@acme.example' }), 400, 'user_exists');
  refused(await v1('PUT', `${idPath(u)}/email`, {}), 400, 'invalid_body');
  refused(await v1('PUT', `${idPath(u)}/email`, { email: 'none' }), 400, 'invalid_body');
  refused(await v1('PUT', '/users/auth0%7Cnobody/email', { email: 'x@acme.example' }), 404, 'user_not_found');
  const types = good(await v1('GET', `${idPath(u)}/logs`)).logs.map((l) => l.type);
  assert.ok(types.includes('sce'), types.join());
  good(await v1('POST', '/connections', { name: 'mail-only', strategy: 'email' }));
  const byMail = good(await v1('POST', '/users', { email: 'less@acme.example', connection: 'mail-only' }));
  refused(await v1('PUT', `${idPath(byMail)}/email`, { email: 'less2@acme.example' }), 400, 'invalid_body');
  refused(await v1('PUT', `${idPath(byMail)}/password`, { password: PASSWORD }), 400, 'invalid_body');
  refused(await v1('POST', '/users', { email: 'less3@acme.example', connection: 'mail-only', password: PASSWORD }), 400, 'invalid_body');
});

test('verification mails wait in the outbox', async () => {
  const quiet = await makeUser(v1, 'quiet@acme.example', { email_verified: true });
  assert.deepEqual(mails(quiet), []);
  const asked = await makeUser(v1, 'asked@acme.example');
  assert.equal(mails(asked).length, 1);
  good(await v1('PUT', `${idPath(quiet)}/email`, { email: 'quiet2@acme.example', verify: false }));
  assert.equal(mails(quiet).length, 0);
  good(await v1('PUT', `${idPath(quiet)}/email`, { email: 'quiet3@acme.example', verify: 'true' }));
  assert.equal(mails(quiet)[0].email, 'quiet3@acme.example');
  isOk(await v1('POST', `${idPath(asked)}/send_verification_email`, {}));
  isOk(await v1('POST', `${idPath(asked)}/send_verification_email/`));
  assert.equal(mails(asked).length, 3);
  const log = good(await v1('GET', `${idPath(asked)}/logs`)).logs;
  assert.equal(log.filter((l) => l.type === 'svr').length, 2);
  assert.equal(log[0].user_name, 'asked@acme.example');
  refused(await v1('POST', '/users/auth0%7Cnobody/send_verification_email'), 404, 'user_not_found');
  good(await v1('POST', '/connections', { name: 'sms-only', strategy: 'sms' }));
  const phone = good(await v1('POST', '/users', { phone_number: '+4915112345678', connection: 'sms-only' }));
  refused(await v1('POST', `${idPath(phone)}/send_verification_email`), 400, 'invalid_body');
});

test('passwords by id and by address', async () => {
  const u = await makeUser(v1, 'pass@acme.example');
  const hash = () => sql(s, "SELECT value FROM user_secrets WHERE kind = 'password' AND name LIKE ?", [`${u.user_id}%`])[0][0];
  const first = hash();
  const rs = await v1('PUT', `${idPath(u)}/password`, { password: 'N3wSecret!yy', verify: false });
  assert.equal(typeof good(rs), 'string');
  assert.ok(!rs.text.includes('N3wSecret'));
  const second = hash();
  assert.notEqual(second, first);
  const body = { email: 'Pass@acme.example', password: 'An0ther!one', connection: DB };
  good(await v1('PUT', '/users/pass@acme.example/password', body));
  await s.restart();
  assert.notEqual(hash(), second);
  assert.equal(good(await v1('GET', `${idPath(u)}/logs`)).logs.filter((l) => l.type === 'scp').length, 2);
  assert.ok(!JSON.stringify(good(await v1('GET', `${idPath(u)}/logs`))).includes('An0ther'));
  refused(await v1('PUT', '/users/pass@acme.example/password', { ...body, email: 'else@acme.example' }), 400, 'invalid_body');
  refused(await v1('PUT', '/users/pass@acme.example/password', { ...body, connection: undefined }), 400, 'invalid_body');
  refused(await v1('PUT', '/users/pass@acme.example/password', { ...body, password: undefined }), 400, 'invalid_body');
  refused(await v1('PUT', '/users/pass@acme.example/password', { ...body, connection: 'nowhere' }), 400, 'invalid_connection');
  refused(await v1('PUT', '/users/none@acme.example/password', { ...body, email: 'none@acme.example' }), 404, 'user_not_found');
  refused(await v1('PUT', '/users/auth0%7Cnobody/password', { password: PASSWORD }), 404, 'user_not_found');
  refused(await v1('PUT', `${idPath(u)}/password`, { password: PASSWORD, verify: true }), 400, 'invalid_body');
});

test('a user is blocked and unblocked', async () => {
  const u = await makeUser(v1, 'blocked@acme.example');
  assert.equal(good(await v1('PATCH', idPath(u), { blocked: true })).blocked, true);
  await s.restart();
  assert.equal(good(await v1('GET', idPath(u))).blocked, true);
  assert.equal((await v2('GET', idPath(u))).body.blocked, true);
  assert.equal(good(await v1('PATCH', idPath(u), { blocked: 'False' })).blocked, false);
  refused(await v1('PATCH', idPath(u), { blocked: true, email: 'x@y.example' }), 400, 'invalid_body');
  refused(await v1('PATCH', idPath(u), { blocked: null }), 400, 'invalid_body');
  refused(await v1('PATCH', idPath(u), {}), 400, 'invalid_body');
  refused(await v1('PATCH', '/users/auth0%7Cnobody', { blocked: true }), 404, 'user_not_found');
});

test('public keys by device', async () => {
  const u = await makeUser(v1, 'keys@acme.example');
  const first = good(await v1('POST', `${idPath(u)}/publickey`, { device: 'laptop', public_key: 'PEM 1' }));
  assert.deepEqual(Object.keys(first).sort(), ['device', 'id']);
  assert.match(first.id, /^dcr_/);
  const second = good(await v1('POST', `${idPath(u)}/public_key`, { device: 'laptop', public_key: 'PEM 2' }));
  assert.notEqual(second.id, first.id);
  good(await v1('POST', `${idPath(u)}/publickey`, { device: 'phone', public_key: 'PEM 3' }));
  await s.restart();
  const devices = good(await v1('GET', `${idPath(u)}/devices`));
  assert.deepEqual(devices.map((d) => [d.device, d.type, d.user_id]).sort(), [['laptop', 'public_key', u.user_id], ['phone', 'public_key', u.user_id]]);
  assert.ok(!JSON.stringify(devices).includes('PEM'));
  assert.ok((await v2('GET', `/users?q=user_id:"${u.user_id}"`)).body.length === 1);
  refused(await v1('POST', `${idPath(u)}/publickey`, { device: 'x' }), 400, 'invalid_body');
  refused(await v1('POST', `${idPath(u)}/publickey`, { device: '', public_key: 'x' }), 400, 'invalid_body');
  refused(await v1('DELETE', `${idPath(u)}/publickey`), 400, 'invalid_query');
  refused(await v1('DELETE', `${idPath(u)}/publickey?device=watch`), 404, 'not_found');
  isOk(await v1('DELETE', `${idPath(u)}/public_key?device=laptop`));
  isOk(await v1('DELETE', `${idPath(u)}/publickey?device=phone`));
  assert.deepEqual(good(await v1('GET', `${idPath(u)}/devices`)), []);
  refused(await v1('GET', '/users/auth0%7Cnobody/devices'), 404, 'user_not_found');
});

test('refresh tokens are listed as devices and revoked by token or id', async () => {
  const u = await makeUser(v1, 'refresh@acme.example'), other = await makeUser(v1, 'refresh2@acme.example');
  const row = (token) => [`INSERT INTO refresh_tokens (id, hash, user, client_id, body) SELECT ?, x'${crypto.createHash('sha256').update(token).digest('hex')}', id, 'app1', ? FROM users WHERE uid = ?`,
    [`dcr_${token}`, JSON.stringify({ device_name: `device of ${token}`, user_id: u.user_id, created_at: '2024-01-01T00:00:00.000Z' }), u.user_id]];
  sql(s, ['token-1', 'token-2', 'token-3'].map(row), [], { write: true });
  const devices = () => v1('GET', `${idPath(u)}/devices`).then(good);
  const before = await devices();
  assert.deepEqual(before.map((d) => [d.device, d.type, d.client_id]).sort(), ['token-1', 'token-2', 'token-3'].map((t) => [`device of ${t}`, 'refresh_token', 'app1']));
  refused(await v1('DELETE', `${idPath(other)}/refresh_tokens/token-1`), 404, 'not_found');
  refused(await v1('DELETE', `${idPath(u)}/refresh_tokens/unknown`), 404, 'not_found');
  isOk(await v1('DELETE', `${idPath(u)}/refresh_tokens/token-1`));
  isOk(await v1('DELETE', `${idPath(u)}/refresh_tokens/${before.find((d) => d.device.endsWith('2')).id}`));
  refused(await v1('DELETE', `${idPath(u)}/refresh_tokens/token-1`), 404, 'not_found');
  await s.restart();
  assert.deepEqual((await devices()).map((d) => d.device), ['device of token-3']);
  const key = good(await v1('POST', `${idPath(u)}/publickey`, { device: 'laptop', public_key: 'PEM' }));
  refused(await v1('DELETE', `${idPath(u)}/refresh_tokens/${key.id}`), 404, 'not_found');
});

test('search finds by prefix, by field and by metadata', async () => {
  good(await v1('POST', '/connections', { name: 'search-db', strategy: 'auth0' }));
  const make = (email, more) => makeUser(v1, email, { connection: 'search-db', password: 'Sup3rSecret!x', ...more });
  await make('sj1@find.example', { name: "Jane O'Brien", family_name: 'Roe', plan: 'gold' });
  await make('sj2@find.example', { name: 'Janet Doe', email_verified: true, plan: 'Silver' });
  await make('jane+1@find.example', { name: 'Plus', level: 7 });
  const find = async (search) => (await listed(`?connection=search-db&search=${encodeURIComponent(search)}`)).sort();
  assert.deepEqual(await find('jane'), ['jane+1@find.example', 'sj1@find.example', 'sj2@find.example']);
  assert.deepEqual(await find('JANET D'), ['sj2@find.example']);
  assert.deepEqual(await find('doe'), []); // a prefix of the whole value
  assert.deepEqual(await find('email: sj1@find'), ['sj1@find.example']);
  assert.deepEqual(await find('email:"sj1@find"'), []);
  assert.deepEqual(await find("family_name:'roe'"), ['sj1@find.example']);
  assert.deepEqual(await find('email_verified:true'), ['sj2@find.example']);
  assert.deepEqual(await find('level:7'), ['jane+1@find.example']);
  assert.deepEqual(await find('plan:"silver"'), ['sj2@find.example']);
  assert.deepEqual(await find('plan:gold; family_name:"roe"'), ['sj1@find.example']);
  assert.deepEqual(await find('plan:gold email_verified:true'), []);
  assert.deepEqual(await find('nothing:x'), []);
  assert.deepEqual(await find('name:"Jane O\'Brien"'), ['sj1@find.example']);
  assert.deepEqual(await listed('?search=jane+1@find.example'), ['jane+1@find.example']); // sent unescaped
  assert.deepEqual(await listed('?search=jane%2B1%40find.example'), ['jane+1@find.example']);
  assert.equal((await listed('?search=&connection=search-db')).length, 3);
  good(await v1('GET', '/users?search=jane&co'));
});

test('users of one connection', async () => {
  good(await v1('POST', '/connections', { name: 'one-db', strategy: 'auth0' }));
  const u = await makeUser(v1, 'only@acme.example', { connection: 'one-db' });
  assert.deepEqual(good(await v1('GET', '/connections/one-db/users')), [good(await v1('GET', idPath(u)))]);
  assert.deepEqual(good(await v1('GET', '/connections/one-db/users/?search=on&per_page=5')).length, 1);
  assert.deepEqual(good(await v1('GET', '/connections/one-db/users?search=jane%20doe')), []);
  assert.deepEqual(await listed('?connection=one-db'), ['only@acme.example']);
  assert.ok((await listed('?connection=ALL&per_page=500')).length > 1);
  refused(await v1('GET', '/connections/nowhere/users'), 404, 'connection_not_found');
  good(await v1('POST', '/connections', { name: 'one-ad', strategy: 'ad' }));
  refused(await v1('GET', '/connections/one-ad/users'), 404, 'connector_offline');
});

test('sort and fields', async () => {
  good(await v1('POST', '/connections', { name: 'sort-db', strategy: 'auth0' }));
  for (const [email, rank] of [['b@sort.example', 2], ['a@sort.example', 3], ['c@sort.example', 1]]) await makeUser(v1, email, { connection: 'sort-db', rank });
  const of = (more) => listed(`?connection=sort-db${more}`);
  assert.deepEqual(await of(''), ['c@sort.example', 'a@sort.example', 'b@sort.example']); // newest first
  assert.deepEqual(await of('&sort=email:1'), ['a@sort.example', 'b@sort.example', 'c@sort.example']);
  assert.deepEqual(await of('&sort=email%3A-1'), ['c@sort.example', 'b@sort.example', 'a@sort.example']);
  assert.deepEqual(await of('&sort=created_at:1'), ['b@sort.example', 'a@sort.example', 'c@sort.example']);
  assert.deepEqual(await of('&sort=rank:1'), ['c@sort.example', 'b@sort.example', 'a@sort.example']);
  for (const bad of ['email', 'email:2', ':1']) refused(await v1('GET', `/users?sort=${bad}`), 400, 'invalid_query');
  const first = good(await v1('GET', '/users?connection=sort-db&sort=email:1&fields=email,rank'))[0];
  assert.deepEqual(first, { email: 'a@sort.example', rank: 3 });
  const without = good(await v1('GET', '/users?connection=sort-db&sort=email:1&fields=email,rank&exclude_fields=True'))[0];
  assert.ok(!('email' in without) && !('rank' in without) && without.user_id);
});

test('pages: Link is followed without credentials, tampering is refused', async () => {
  good(await v1('POST', '/connections', { name: 'page-db', strategy: 'auth0' }));
  for (let i = 0; i < 5; i++) await makeUser(v1, `p${i}@page.example`, { connection: 'page-db' });
  const first = await v1('GET', `/users/?per_page=2&connection=page-db&search=email:p&fields=email,name`);
  assert.deepEqual(good(first).map((u) => u.email), ['p4@page.example', 'p3@page.example']);
  const url = nextUrl(first);
  assert.equal(url.host, s.credentials.domain);
  assert.ok(!url.search.includes('access_token') && !url.href.includes(','));
  const second = await follow(s, url);
  assert.deepEqual(good(second).map((u) => u.email), ['p2@page.example', 'p1@page.example']);
  good(await follow(s, url)); // more than once
  good(await s.request('GET', url.pathname + url.search, { headers: { Authorization: `Bearer ${v1.token}` } }));
  const third = await follow(s, nextUrl(second));
  assert.deepEqual(good(third).map((u) => u.email), ['p0@page.example']);
  assert.equal(third.headers.link, undefined);
  const changed = [url.pathname + url.search.replace('page=1', 'page=2'), '/api/clients' + url.search, url.pathname + url.search.replace(/bewit=.{6}/, 'bewit=AAAAAA'), url.pathname + url.search + '&x=1'];
  for (const target of changed) refused(await s.request('GET', target, { host: url.host }), 401, 'unauthorized');
  refused(await s.request('DELETE', url.pathname + url.search, { host: url.host }), 401, 'unauthorized');
  const byQuery = await s.request('GET', `/api/users?access_token=${v1.token}&per_page=2&search=name:%22x%27y%22;email:p,q`);
  good(byQuery);
  const quoted = await s.request('GET', `/api/connections/page-db/users?access_token=${v1.token}&per_page=1&search=%70,`);
  assert.deepEqual(good(quoted), []);
  const leaky = nextUrl(await s.request('GET', `/api/users?access_token=${v1.token}&per_page=2`));
  assert.ok(!leaky.href.includes(v1.token));
  const comma = await v1('GET', '/users?per_page=1&fields=email,user_id,name');
  assert.ok(nextUrl(comma), comma.headers.link);
  assert.deepEqual(Object.keys(good(await follow(s, nextUrl(comma)))[0]).sort(), ['email', 'name', 'user_id']);
  assert.equal(good(await v1('GET', '/users?per_page=0')).length, 1); // moved into the range
  good(await v1('GET', '/users?per_page=100000&page='));
  refused(await v1('GET', '/users?per_page=two'), 400, 'invalid_query');
  assert.deepEqual(good(await v1('GET', '/users?page=9')), []);
});

test('a bewit runs out', async () => {
  const t = await Server.start({ flags: ['--test-clock'] });
  try {
    const call = await t.v1();
    for (const n of [1, 2]) await makeUser(call, `clock${n}@acme.example`);
    const url = nextUrl(await call('GET', '/users?per_page=1'));
    good(await follow(t, url));
    const rs = await t.request('POST', '/test/clock', { body: { advance_s: 301 } });
    assert.ok(rs.status < 300, rs.text);
    refused(await follow(t, url), 401, 'unauthorized');
  } finally {
    await t.stop();
  }
});

test('an ordinary client sees and changes users of its connections only', async () => {
  const app = await ordinary(s, v1, 'Users app');
  good(await v1('POST', `/connections?client=${app.id}`, { name: 'app-db', strategy: 'auth0' }));
  const foreign = await makeUser(v1, 'foreign@acme.example');
  const own = await makeUser(app.call, 'own@acme.example', { connection: 'app-db', vip: true });
  assert.deepEqual(await listed('', app.call), ['own@acme.example']);
  assert.deepEqual(await listed('?search=foreign', app.call), []);
  assert.deepEqual(await listed(`?connection=${DB}`, app.call), []);
  good(await app.call('GET', idPath(own)));
  refused(await app.call('GET', idPath(foreign)), 404, 'user_not_found');
  refused(await app.call('GET', `/users/${foreign._id}`), 404, 'user_not_found');
  for (const [method, path, body] of [['DELETE', ''], ['PATCH', '', { blocked: true }], ['PUT', '/metadata', {}], ['PATCH', '/metadata', {}], ['GET', '/metadata'], ['PUT', '/email', { email: 'x@y.example' }],
    ['PUT', '/password', { password: 'x' }], ['POST', '/send_verification_email'], ['GET', '/devices'], ['GET', '/logs'], ['POST', '/publickey', { device: 'd', public_key: 'k' }], ['DELETE', '/publickey?device=d'], ['DELETE', '/refresh_tokens/x']])
    refused(await app.call(method, idPath(foreign) + path, body), 404, 'user_not_found');
  refused(await app.call('POST', '/users', { email: 'z@acme.example', password: 'x', connection: DB }), 400, 'invalid_connection');
  refused(await app.call('PUT', '/users/foreign@acme.example/password', { email: 'foreign@acme.example', password: 'x', connection: DB }), 400, 'invalid_connection');
  refused(await app.call('GET', `/connections/${DB}/users`), 404, 'connection_not_found');
  refused(await app.call('DELETE', '/users'), 401, 'global_client_required');
  refused(await app.call('DELETE', '/users/'), 401, 'global_client_required');
  good(await app.call('PUT', `${idPath(own)}/password`, { password: 'An0ther!one' }));
  isOk(await app.call('PATCH', `${idPath(own)}/metadata`, { plan: 'gold' }));
  good(await app.call('GET', '/users?per_page=1'));
  const more = await makeUser(app.call, 'own2@acme.example', { connection: 'app-db' });
  const next = await follow(s, nextUrl(await app.call('GET', '/users?per_page=1')));
  assert.deepEqual(good(next).map((u) => u.email), ['own@acme.example']); // the link sees no more than its client
  isOk(await app.call('DELETE', idPath(more)));
});

test('users of a client are those of its connections', async () => {
  const app = await ordinary(s, v1, 'Client users'), other = await ordinary(s, v1, 'Other');
  good(await v1('POST', `/connections?client=${app.id}`, { name: 'cu-db', strategy: 'auth0' }));
  await makeUser(v1, 'cu@acme.example', { connection: 'cu-db' });
  const emails = async (call, id) => good(await call('GET', `/clients/${id}/users`)).map((u) => u.email);
  assert.deepEqual(await emails(v1, app.id), ['cu@acme.example']);
  assert.deepEqual(await emails(v1, `cli_${app.id}`), ['cu@acme.example']);
  assert.deepEqual(await emails(app.call, app.id), ['cu@acme.example']);
  assert.deepEqual(await emails(v1, other.id), []);
  refused(await app.call('GET', `/clients/${other.id}/users`), 404, 'client_not_found');
  refused(await v1('GET', '/clients/nobody/users'), 404, 'client_not_found');
});

test('social and enterprise users', async () => {
  good(await v1('POST', '/connections', { name: 'corp', strategy: 'auth0' }));
  good(await v1('POST', '/connections', { name: 'corp2', strategy: 'auth0' }));
  await makeUser(v1, 'corp@acme.example', { connection: 'corp' });
  const host = await makeUser(v1, 'host@acme.example'), social = await makeUser(v1, 'social@acme.example', { connection: 'corp2' });
  const native = social.user_id.split('|')[1];
  // Only logins make such users, so stored ones are turned into some; an identity that is taken off again is indexed anew.
  assert.equal((await v2('POST', `${idPath(host)}/identities`, { provider: 'auth0', user_id: native })).status, 201);
  sql(s, [
    ["UPDATE documents SET body = replace(body, '\"strategy\":\"auth0\"', '\"strategy\":\"samlp\"') WHERE kind = 'connection' AND body LIKE '%\"name\":\"corp\"%'", []],
    ["UPDATE users SET doc = json_set(doc, '$.identities[1].isSocial', json('true')) WHERE uid = ?", [host.user_id]],
  ], [], { write: true });
  assert.equal((await v2('DELETE', `${idPath(host)}/identities/auth0/${native}`)).status, 200);
  const emails = async (path, call = v1) => good(await call('GET', path)).map((u) => u.email);
  assert.deepEqual(await emails('/socialconnections/users'), ['social@acme.example']);
  assert.deepEqual(await emails('/socialconnections/users?search=soc&social=true&per_page=10'), ['social@acme.example']);
  assert.deepEqual(await emails('/socialconnections/users?search=corp'), []);
  assert.deepEqual(await emails('/enterpriseconnections/users?search='), ['corp@acme.example']);
  assert.deepEqual(await emails('/enterpriseconnections/users?search=corp&social=false'), ['corp@acme.example']);
  assert.deepEqual(await emails('/enterpriseconnections/users?search=jane'), []);
  refused(await v1('GET', '/enterpriseconnections/users'), 400, 'invalid_query');
  const app = await ordinary(s, v1, 'No corp');
  assert.deepEqual(await emails('/enterpriseconnections/users?search=', app.call), []);
  assert.deepEqual(await emails('/socialconnections/users', app.call), []);
});

test('another tenant sees nothing, and its links and tokens open nothing here', async () => {
  const u = await makeUser(v1, 'here@acme.example');
  const there = s.createTenant('uthere');
  const call = await s.v1({ client: there.global_client, host: there.domain });
  assert.deepEqual(good(await call('GET', '/users')), []);
  refused(await call('GET', idPath(u)), 404, 'user_not_found');
  refused(await s.request('GET', '/api/users', { headers: { Authorization: `Bearer ${call.token}` } }), 401, 'unauthorized');
  const url = nextUrl(await v1('GET', '/users?per_page=1'));
  refused(await s.request('GET', url.pathname + url.search, { host: there.domain }), 401, 'unauthorized');
});

test('all users go at once, by the global client only', async () => {
  const t = await Server.start();
  try {
    const call = await t.v1();
    for (const n of [1, 2, 3]) await makeUser(call, `all${n}@acme.example`);
    isOk(await call('DELETE', '/users'));
    await t.restart();
    assert.deepEqual(good(await call('GET', '/users')), []);
    await makeUser(call, 'all1@acme.example');
    assert.ok(good(await call('GET', '/logs')).logs.some((l) => l.type === 'sdu'));
  } finally {
    await t.stop();
  }
});
