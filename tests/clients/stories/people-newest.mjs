// What belongs to users, roles and organizations, with every method that the newest auth0 has for it.
import assert from 'node:assert/strict';
import { ManagementClient } from 'auth0-newest';
import { methodsOf, watch } from './watch.mjs';

const { domain, management: { client_id: clientId, client_secret: clientSecret }, users: [ann, bob, cid], app, connection, groups: [staff, guests], idToken, consents, api, grant } = JSON.parse(process.env.STORY);
const called = new Set();
const plain = new ManagementClient({ domain, clientId, clientSecret });
const m = watch(plain, called), asAnn = watch(new ManagementClient({ domain, token: idToken }), called);
const id = ann.user_id;
const gone = (call, status = 404) => assert.rejects(call, (e) => e.statusCode === status);

/** All items of a list, page after page. */
const each = async (pageable) => {
  const all = [];
  for await (const item of await pageable) all.push(item);
  return all;
};
const ids = async (pageable) => (await each(pageable)).map((x) => x.id ?? x.user_id);

async function roles() {
  const role = await m.roles.create({ name: 'Clerk', description: 'first' }), permission = { resource_server_identifier: api, permission_name: 'read' };
  assert.equal((await m.roles.update(role.id, { description: 'second' })).description, 'second');
  assert.equal((await m.roles.get(role.id)).description, 'second');
  await m.roles.permissions.add(role.id, { permissions: [permission] });
  assert.deepEqual((await each(m.roles.permissions.list(role.id))).map((p) => p.permission_name), ['read']);
  await m.roles.users.assign(role.id, { users: [id, bob.user_id] });
  assert.deepEqual(await ids(m.roles.users.list(role.id, { take: 1 })), [id, bob.user_id]);
  assert.deepEqual(await ids(m.users.roles.list(id)), [role.id]);

  await m.roles.groups.create(role.id, { groups: [staff] });
  assert.deepEqual(await ids(m.roles.groups.get(role.id)), [staff]);
  assert.deepEqual((await each(m.users.effectiveRoles.list(id))).map((r) => r.sources), [['direct', 'groups']]);
  assert.deepEqual(await ids(m.users.effectiveRoles.sources.groups.list(id, { role_id: role.id })), [staff]);
  const asked = { resource_server_identifier: api };
  assert.deepEqual((await each(m.users.effectivePermissions.list(id, asked))).map((p) => p.permission_name), ['read']);
  assert.deepEqual(await ids(m.users.effectivePermissions.sources.roles.list(id, { ...asked, permission_name: 'read' })), [role.id]);
  await m.roles.groups.delete(role.id, { groups: [staff] });

  await m.roles.permissions.delete(role.id, { permissions: [permission] });
  await m.users.permissions.create(id, { permissions: [permission] });
  assert.equal((await each(m.users.permissions.list(id))).length, 1);
  await m.users.permissions.delete(id, { permissions: [permission] });
  await m.users.roles.delete(id, { roles: [role.id] });
  await m.users.roles.assign(cid.user_id, { roles: [role.id] });
  assert.deepEqual(await ids(m.roles.users.list(role.id)), [bob.user_id, cid.user_id]);
  assert.equal((await each(m.roles.list({ name_filter: 'Cle' }))).length, 1);
  await m.roles.delete(role.id);
  await gone(m.roles.get(role.id));
}

async function groups() {
  assert.deepEqual(await ids(m.groups.list({ take: 1 })), [staff, guests]);
  assert.equal((await m.groups.get(staff)).name, 'group 1');
  assert.deepEqual(await ids(m.groups.members.get(staff)), [id]);
  assert.deepEqual(await ids(m.users.groups.get(id)), [staff]);
  const role = await m.roles.create({ name: 'Reader' });
  await m.groups.roles.create(guests, { roles: [role.id] });
  assert.deepEqual(await ids(m.groups.roles.list(guests)), [role.id]);
  await m.groups.roles.delete(guests, { roles: [role.id] });
  assert.deepEqual(await ids(m.groups.roles.list(guests)), []);
  await m.groups.delete(guests);
  await gone(m.groups.get(guests));
}

async function members(org) {
  const o = m.organizations, role = await m.roles.create({ name: 'Buyer' });
  await o.members.create(org, { members: [id, bob.user_id] });
  assert.deepEqual((await ids(o.members.list(org, { take: 1 }))).sort(), [id, bob.user_id].sort());
  assert.deepEqual(await ids(m.users.organizations.list(id)), [org]);
  await o.members.roles.assign(org, id, { roles: [role.id] });
  assert.deepEqual(await ids(o.members.roles.list(org, id)), [role.id]);
  assert.deepEqual(await ids(o.roles.members.list(org, role.id)), [id]);
  await o.groups.roles.create(org, staff, { roles: [role.id] });
  assert.deepEqual(await ids(o.groups.list(org)), [staff]);
  assert.deepEqual(await ids(o.groups.roles.list(org, staff)), [role.id]);
  assert.deepEqual(await ids(o.roles.groups.list(org, role.id)), [staff]);
  assert.deepEqual((await each(o.members.effectiveRoles.list(org, id))).map((r) => r.sources), [['direct', 'groups']]);
  assert.deepEqual(await ids(o.members.effectiveRoles.sources.groups.list(org, id, { role_id: role.id })), [staff]);
  await o.groups.roles.delete(org, staff, { roles: [role.id] });
  await o.members.roles.delete(org, id, { roles: [role.id] });
  await o.members.delete(org, { members: [bob.user_id] });
  assert.deepEqual(await ids(o.members.list(org)), [id]);
}

async function connections(org) {
  const o = m.organizations;
  assert.equal((await o.enabledConnections.add(org, { connection_id: connection, assign_membership_on_login: false })).connection_id, connection);
  assert.equal((await o.enabledConnections.update(org, connection, { assign_membership_on_login: true })).assign_membership_on_login, true);
  assert.equal((await o.enabledConnections.get(org, connection)).assign_membership_on_login, true);
  assert.equal((await each(o.enabledConnections.list(org))).length, 1);
  await o.enabledConnections.delete(org, connection);
  assert.equal((await o.connections.create(org, { connection_id: connection, is_enabled: true })).connection_id, connection);
  assert.equal((await o.connections.update(org, connection, { organization_connection_name: 'ours' })).organization_connection_name, 'ours');
  assert.equal((await o.connections.get(org, connection)).organization_connection_name, 'ours');
  assert.equal((await each(o.connections.list(org))).length, 1);
  const made = await o.invitations.create(org, { inviter: { name: 'Ann' }, invitee: { email: 'new@example.com' }, client_id: app, connection_id: connection, send_invitation_email: false });
  assert.equal((await o.invitations.get(org, made.id)).invitee.email, 'new@example.com');
  assert.equal((await each(o.invitations.list(org))).length, 1);
  await o.invitations.delete(org, made.id);
  await o.connections.delete(org, connection);
  assert.deepEqual(await each(o.connections.list(org)), []);
}

async function clients(org) {
  const o = m.organizations;
  assert.equal((await o.clientGrants.create(org, { grant_id: grant })).client_id, app);
  assert.deepEqual(await ids(o.clientGrants.list(org)), [grant]);
  await o.clientGrants.delete(org, grant);
  await o.clients.create(org, { clients: [{ client_id: app, use_for_member_access: false }] });
  assert.equal((await o.clients.update(org, app, { use_for_member_access: true })).use_for_member_access, true);
  assert.equal((await o.clients.get(org, app)).use_for_member_access, true);
  assert.deepEqual((await each(o.clients.list(org))).map((c) => c.client_id), [app]);
  await o.clients.delete(org, { clients: [app] });
  assert.deepEqual(await each(o.clients.list(org)), []);
  const found = await o.discoveryDomains.create(org, { domain: 'acme.example', status: 'pending' });
  assert.equal((await o.discoveryDomains.update(org, found.id, { status: 'verified' })).status, 'verified');
  assert.equal((await o.discoveryDomains.get(org, found.id)).domain, (await o.discoveryDomains.getByName(org, 'acme.example')).domain);
  assert.equal((await each(o.discoveryDomains.list(org))).length, 1);
  await o.discoveryDomains.delete(org, found.id);
  await gone(o.organizationTemplate.get(org)); // only the hosted service makes templates
  await gone(o.organizationTemplate.assignOrganizationTemplate(org, 'template'));
  await gone(o.organizationTemplate.unassignOrganizationTemplate(org, 'template'));
}

async function organizations() {
  const o = m.organizations, { id: org } = await o.create({ name: 'acme', display_name: 'Acme' });
  assert.equal((await o.update(org, { display_name: 'Acme Inc.' })).display_name, 'Acme Inc.');
  assert.equal((await o.get(org)).display_name, (await o.getByName('acme')).display_name);
  assert.deepEqual(await ids(o.list({ take: 1 })), [org]);
  assert.deepEqual(await ids(o.search({ q: 'name:acme', parser: 'lucene' })), [org]);
  for (const part of [members, connections, clients]) await part(org);
  await o.delete(org);
  await gone(o.get(org));
}

async function factors() {
  const a = m.users.authenticationMethods, mail = await a.create(id, { type: 'email', name: 'Work', email: 'ann@work.example' });
  assert.equal((await a.update(id, mail.id, { name: 'Home' })).name, 'Home');
  assert.equal((await a.get(id, mail.id)).type, 'email');
  await a.delete(id, mail.id);
  assert.equal((await a.set(id, [{ type: 'totp', totp_secret: 'JBSWY3DPEHPK3PXP' }, { type: 'phone', phone_number: '+15550001111' }])).length, 2);
  assert.equal((await m.users.enrollments.get(id)).length, 1);
  await m.users.multifactor.deleteProvider(id, 'google-authenticator');
  assert.deepEqual((await each(a.list(id))).map((x) => x.type), ['phone']);
  await m.users.authenticators.deleteAll(id);
  assert.match((await m.users.regenerateRecoveryCode(id)).recovery_code, /^[A-Z0-9]{24}$/);
  await a.deleteAll(id);
  await m.users.multifactor.invalidateRememberBrowser(id);
  await m.users.riskAssessments.clear(id, { connection: 'Username-Password-Authentication', assessors: ['new-device'] });
  assert.equal((await each(m.users.connectedAccounts.list(id))).length, 1);
}

async function logins() {
  assert.equal((await m.sessions.get('session-1')).user_id, id);
  assert.deepEqual((await m.sessions.update('session-1', { session_metadata: { a: 'b' } })).session_metadata, { a: 'b' });
  await m.sessions.delete('session-1');
  await m.sessions.revoke('session-2');
  assert.deepEqual(await ids(m.users.sessions.list(id, { take: 1 })), ['session-3', 'session-4']);
  await m.users.revokeAccess(id, { session_id: 'session-3' });
  await m.users.sessions.delete(id);
  assert.deepEqual(await ids(m.users.sessions.list(id)), []);
  assert.equal((await m.refreshTokens.get('token-1')).client_id, app);
  assert.deepEqual((await m.refreshTokens.update('token-1', { refresh_token_metadata: { a: 'b' } })).refresh_token_metadata, { a: 'b' });
  assert.equal((await each(m.refreshTokens.list({ user_id: id, take: 2 }))).length, 4);
  await m.refreshTokens.delete('token-1');
  await m.refreshTokens.revoke({ ids: ['token-2'] });
  assert.deepEqual(await ids(m.users.refreshToken.list(id)), ['token-3', 'token-4']);
  const key = await asAnn.deviceCredentials.createPublicKey({ device_name: 'laptop', type: 'public_key', value: 'a2V5', device_id: 'one', client_id: app });
  assert.deepEqual(await ids(m.deviceCredentials.list({ type: 'public_key' })), [key.id]);
  await m.deviceCredentials.delete(key.id);
  await m.users.refreshToken.delete(id);
  await gone(m.refreshTokens.get('token-3'));
}

async function protection() {
  assert.equal((await each(m.userGrants.list({ user_id: id, per_page: 2 }))).length, 3);
  await m.userGrants.delete(consents[0]);
  assert.deepEqual(await ids(m.userGrants.list({ user_id: id })), consents.slice(1));
  await m.userGrants.deleteByUserId({ user_id: id });
  assert.deepEqual(await each(m.userGrants.list()), []);
  assert.equal((await m.userBlocks.listByIdentifier({ identifier: ann.email })).blocked_for.length, 1);
  assert.equal((await m.userBlocks.list(bob.user_id)).blocked_for.length, 1);
  await m.userBlocks.deleteByIdentifier({ identifier: ann.email });
  await m.userBlocks.delete(bob.user_id);
  assert.deepEqual((await m.userBlocks.list(bob.user_id)).blocked_for, []);
  await m.anomaly.blocks.checkIp('192.0.2.77');
  await m.anomaly.blocks.unblockIp('192.0.2.77');
  await gone(m.anomaly.blocks.checkIp('192.0.2.77'));
  assert.equal(typeof await m.stats.getActiveUsersCount(), 'number');
  assert.ok((await m.stats.getDaily({ from: '20240101', to: '20991231' })).every((day) => 'logins' in day));
  for (const ticket of [m.tickets.verifyEmail({ user_id: id }), m.tickets.changePassword({ user_id: id })])
    assert.match((await ticket).ticket, /^https:.*ticket=/);
}

async function accounts() {
  const u = m.users, made = await u.create({ connection: 'Username-Password-Authentication', email: 'four@example.com', password: 'secret-enough' });
  assert.deepEqual((await u.listUsersByEmail({ email: 'four@example.com' })).map((x) => x.user_id), [made.user_id]);
  const [provider, user_id] = made.user_id.split('|');
  assert.equal((await u.identities.link(id, { provider, user_id })).length, 2);
  await gone(u.get(made.user_id));
  assert.equal((await u.identities.delete(id, provider, user_id)).length, 1);
  assert.equal((await u.update(made.user_id, { nickname: 'four' })).nickname, 'four');
  assert.ok((await each(u.logs.list(id, { per_page: 2 }))).every((e) => e.user_id === id));
  assert.equal((await each(u.list({ q: 'nickname:four' }))).length, 1);
  await u.delete(made.user_id);
  await gone(u.get(made.user_id));
}

for (const part of [roles, groups, organizations, factors, logins, protection, accounts]) await part();
const all = methodsOf(plain, ['roles', 'groups', 'organizations', 'users', 'tickets', 'sessions', 'refreshTokens', 'deviceCredentials', 'userBlocks', 'anomaly', 'userGrants', 'stats']);
console.log(JSON.stringify({ methods: all.length, uncalled: all.filter((name) => !called.has(name)) }));
