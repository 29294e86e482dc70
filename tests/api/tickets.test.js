'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused, enc } = require('./lib/check');
const { DB, makeUser } = require('./lib/people');
const { sql, ordinary } = require('./lib/v1');

let server, v2, v1, user;
before(async () => {
  server = await Server.start();
  [v2, v1] = [await server.v2(), await server.v1()];
  user = await makeUser(v2);
});
after(async () => { if (server) await server.stop(); });

const verify = (body) => v2('POST', '/tickets/email-verification', body);
const change = (body) => v2('POST', '/tickets/password-change', body);
const form = (path) => new RegExp(`^https://${server.credentials.domain}/${path}\\?ticket=[A-Za-z0-9]{32}#$`);
const stored = (ticket) => {
  const hash = require('node:crypto').createHash('sha256').update(/ticket=(\w+)#/.exec(ticket)[1]).digest('hex');
  const [row] = sql(server, 'SELECT kind, body, expires_at - created_at FROM tokens WHERE hex(hash) = upper(?)', [hash]);
  return { kind: row[0], ttl_s: row[2] / 1e6, ...JSON.parse(row[1]) };
};

test('a ticket is a link that is kept by its hash', async () => {
  const made = await ok(201, verify({ user_id: user.user_id, result_url: 'https://app.example/done', ttl_sec: 3600, includeEmailInRedirect: false }));
  assert.deepEqual(Object.keys(made), ['ticket']);
  assert.match(made.ticket, form('u/email-verification'));
  const kept = stored(made.ticket);
  assert.equal(kept.kind, 'ticket_verify_email');
  assert.deepEqual([kept.ttl_s, kept.result_url, kept.includes_email, kept.email], [3600, 'https://app.example/done', false, user.email]);
  assert.match((await ok(201, change({ user_id: user.user_id }))).ticket, form('u/reset-verify'));
  assert.equal(sql(server, 'SELECT COUNT(*) FROM tokens WHERE body LIKE ?', [`%${/ticket=(\w+)/.exec(made.ticket)[1]}%`])[0][0], 0);
});

test('a ticket is for a user who exists', async () => {
  for (const call of [verify, change]) {
    await refused(call({ user_id: 'auth0|nobody' }), 404, undefined, 'User not found.');
    await refused(call({ user_id: 'auth0|nobody', more: 1 }), 400, 'invalid_body');
  }
  await refused(verify({}), 400, 'invalid_body');
  await refused(change({}), 400, 'invalid_body');
});

test('a password ticket finds its user by connection and address', async () => {
  const [connection] = await ok(200, v2('GET', `/connections?name=${DB}`));
  await ok(201, change({ connection_id: connection.id, email: user.email.toUpperCase() }));
  await refused(change({ connection_id: connection.id, email: 'nobody@people.example' }), 404, undefined, 'User not found.');
  await refused(change({ connection_id: 'con_0000000000000000', email: user.email }), 400, 'invalid_body', 'The connection with id con_0000000000000000 does not exist.');
  await refused(change({ email: user.email }), 400, 'invalid_body');
  await refused(change({ connection_id: connection.id, email: user.email, user_id: user.user_id }), 400, 'invalid_body');
});

test('a ticket of an organization is for its members', async () => {
  const organization = await ok(201, v2('POST', '/organizations', { name: 'tickets' }));
  const body = { user_id: user.user_id, organization_id: organization.id };
  await refused(verify(body), 400, 'invalid_body', `The user with id ${user.user_id} is not a member of organization with id ${organization.id}.`);
  await refused(verify({ ...body, organization_id: 'org_0000000000000000' }), 400, 'invalid_body', 'The organization does not exist');
  await ok(204, v2('POST', `/organizations/${organization.id}/members`, { members: [user.user_id] }));
  assert.equal(stored((await ok(201, change(body))).ticket).organization_id, organization.id);
});

test('a ticket names a client that exists', async () => {
  const client = await ok(201, v2('POST', '/clients', { name: 'tickets' }));
  assert.equal(stored((await ok(201, verify({ user_id: user.user_id, client_id: client.client_id }))).ticket).client_id, client.client_id);
  await refused(verify({ user_id: user.user_id, client_id: 'a'.repeat(32) }), 400, 'invalid_body', 'The client does not exist');
});

test("a ticket is for one of the user's identities", async () => {
  const identity = { provider: 'auth0', user_id: user.user_id.slice(6) };
  await ok(201, verify({ user_id: user.user_id, identity }));
  await refused(verify({ user_id: user.user_id, identity: { ...identity, user_id: 'x' } }), 400, 'invalid_body', 'The user exists, but does not contain the given identity.');
  await refused(change({ user_id: user.user_id, identity: { ...identity, connection_id: 'con_0000000000000000' } }), 400, 'invalid_body', 'Identity connection does not exist.');
});

test('passwords are for database users, verification for addresses', async () => {
  await ok(201, v2('POST', '/connections', { name: 'texts', strategy: 'sms', enabled_clients: [server.credentials.management.client_id] }));
  const phone = await ok(201, v2('POST', '/users', { connection: 'texts', phone_number: '+15550001111' }));
  await refused(change({ user_id: phone.user_id }), 400, 'invalid_body', "The user's main connection does not support this operation.");
  await refused(verify({ user_id: phone.user_id }), 400, 'invalid_body', "The user's main connection does not support this operation.");
  await refused(verify({ user_id: phone.user_id, identity: { provider: 'sms', user_id: phone.user_id.slice(4) } }), 400, 'invalid_body', 'The user does not have an email address.');
});

test('new_password obeys the policy when the ticket is made, and is sealed', async () => {
  const made = await ok(201, change({ user_id: user.user_id, new_password: 'another-secret-1' }));
  assert.match(made.ticket, form('lo/reset'));
  assert.ok(!stored(made.ticket).password.includes('$2'));
  await refused(change({ user_id: user.user_id, new_password: 'a' }), 400, undefined, /PasswordStrengthError/);
});

test('v1 makes the same tickets', async () => {
  const target = `/users/${enc(user.user_id)}`;
  const verification = await ok(200, v1('POST', `${target}/verification_ticket`, { resultUrl: 'https://app.example/done' }));
  assert.match(verification.ticket, form('lo/verify_email'));
  assert.equal(stored(verification.ticket).result_url, 'https://app.example/done');
  const password = await ok(200, v1('POST', `${target}/change_password_ticket`, { newPassword: 'another-secret-2' }));
  assert.match(password.ticket, form('lo/reset'));
  assert.equal(stored(password.ticket).kind, 'ticket_change_password');
  assert.ok(stored(password.ticket).password);
  assert.equal((await v1('POST', `${target}/change_password_ticket`, {})).status, 400);
  assert.equal((await v1('POST', `${target}/change_password_ticket`, { newPassword: 'a' })).status, 400);
  assert.equal((await v1('POST', '/users/auth0%7Cnobody/verification_ticket', {})).status, 404);
  assert.equal((await v1('POST', '/users/auth0%7Cnobody/change_password_ticket', { newPassword: 'another-secret-2' })).status, 404);
});

test('an ordinary client of v1 makes tickets for users whom it sees', async () => {
  const app = await ordinary(server, v1, 'Tickets');
  const [connection] = await ok(200, v2('GET', `/connections?name=${DB}`));
  await ok(204, v2('PATCH', `/connections/${connection.id}/clients`, [{ client_id: app.id, status: true }]));
  await ok(201, v2('POST', '/connections', { name: 'hidden', strategy: 'auth0', enabled_clients: [server.credentials.management.client_id] }));
  const hidden = await makeUser(v2, { connection: 'hidden', password: 'Secret-enough-1' });
  for (const [verb, body] of [['verification_ticket', {}], ['change_password_ticket', { newPassword: 'a' }], ['change_password_ticket', { newPassword: 'Secret-enough-2' }]]) {
    assert.equal((await app.call('POST', `/users/${enc(hidden.user_id)}/${verb}`, body)).status, 404);
    if (body.newPassword !== 'a') await ok(200, app.call('POST', `/users/${enc(user.user_id)}/${verb}`, body));
  }
});

test('another tenant knows nothing of the user', async () => {
  const credentials = server.createTenant('strangers');
  const theirs = await server.v2({ credentials, host: 'strangers.example.test' });
  assert.equal((await theirs('POST', '/tickets/password-change', { user_id: user.user_id })).status, 404);
});

test('the scope is create:user_tickets', async () => {
  const weak = await server.v2({ scope: 'read:users' });
  await refused(weak('POST', '/tickets/password-change', { user_id: user.user_id }), 403, 'insufficient_scope');
});
