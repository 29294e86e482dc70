// What belongs to users, roles and organizations, with every method that auth0@4 has for it.
import assert from 'node:assert/strict';
import { ManagementClient } from 'auth0-v4';
import { methodsOf, watch } from './watch.mjs';

const { domain, management: { client_id: clientId, client_secret: clientSecret }, users: [ann, bob, cid], app, connection, idToken, consents, api, grant } = JSON.parse(process.env.STORY);
const called = new Set();
const plain = new ManagementClient({ domain, clientId, clientSecret });
const m = watch(plain, called), asAnn = watch(new ManagementClient({ domain, token: idToken }), called);
const data = async (answer) => (await answer).data;
const ids = (list) => list.map((x) => x.id ?? x.user_id);
const gone = (call, status = 404) => assert.rejects(call, (e) => e.statusCode === status);
const id = ann.user_id;

async function roles() {
  const role = await data(m.roles.create({ name: 'Clerk', description: 'first' })), permission = { resource_server_identifier: api, permission_name: 'read' };
  assert.equal((await data(m.roles.update({ id: role.id }, { description: 'second' }))).description, 'second');
  assert.equal((await data(m.roles.get({ id: role.id }))).description, 'second');
  await m.roles.addPermissions({ id: role.id }, { permissions: [permission] });
  assert.deepEqual((await data(m.roles.getPermissions({ id: role.id }))).map((p) => p.permission_name), ['read']);
  await m.roles.assignUsers({ id: role.id }, { users: [id, bob.user_id] });
  assert.deepEqual(ids(await data(m.roles.getUsers({ id: role.id }))), [id, bob.user_id]);
  assert.deepEqual(ids(await data(m.users.getRoles({ id }))), [role.id]);
  assert.deepEqual((await data(m.users.getPermissions({ id }))).map((p) => [p.permission_name, p.sources[0].source_name]), [['read', 'Clerk']]);
  await m.roles.deletePermissions({ id: role.id }, { permissions: [permission] });
  await m.users.assignPermissions({ id }, { permissions: [permission] });
  assert.equal((await data(m.users.getPermissions({ id, include_totals: true }))).total, 1);
  await m.users.deletePermissions({ id }, { permissions: [permission] });
  await m.users.deleteRoles({ id }, { roles: [role.id] });
  await m.users.assignRoles({ id: cid.user_id }, { roles: [role.id] });
  assert.deepEqual(ids((await data(m.roles.getUsers({ id: role.id, take: 10 }))).users), [bob.user_id, cid.user_id]);
  assert.equal((await data(m.roles.getAll({ name_filter: 'Cle' }))).length, 1);
  await m.roles.delete({ id: role.id });
  await gone(m.roles.get({ id: role.id }));
}

async function organizations() {
  const o = m.organizations, org = await data(o.create({ name: 'acme', display_name: 'Acme' })), of = { id: org.id };
  assert.equal((await data(o.update(of, { display_name: 'Acme Inc.' }))).display_name, 'Acme Inc.');
  assert.equal((await data(o.get(of))).display_name, (await data(o.getByName({ name: 'acme' }))).display_name);
  assert.deepEqual(ids((await data(o.getAll({ take: 5 }))).organizations), [org.id]);

  await o.addMembers(of, { members: [id, bob.user_id] });
  assert.deepEqual(ids(await data(o.getMembers(of))).sort(), [id, bob.user_id].sort());
  assert.deepEqual(ids(await data(m.users.getUserOrganizations({ id }))), [org.id]);
  const role = await data(m.roles.create({ name: 'Buyer' })), member = { ...of, user_id: id };
  await o.addMemberRoles(member, { roles: [role.id] });
  assert.deepEqual(ids(await data(o.getMemberRoles(member))), [role.id]);
  await o.deleteMemberRoles(member, { roles: [role.id] });
  await o.deleteMembers(of, { members: [bob.user_id] });
  assert.equal((await data(o.getMembers({ ...of, include_totals: true }))).total, 1);

  const enabled = { ...of, connectionId: connection };
  assert.equal((await data(o.addEnabledConnection(of, { connection_id: connection, assign_membership_on_login: false }))).connection_id, connection);
  assert.equal((await data(o.updateEnabledConnection(enabled, { assign_membership_on_login: true }))).assign_membership_on_login, true);
  assert.equal((await data(o.getEnabledConnection(enabled))).assign_membership_on_login, true);
  assert.equal((await data(o.getEnabledConnections(of))).length, 1);

  const { data: made } = await o.createInvitation(of, { inviter: { name: 'Ann' }, invitee: { email: 'new@example.com' }, client_id: app, send_invitation_email: false });
  const invitation = { ...of, invitation_id: made.id };
  assert.equal((await data(o.getInvitation(invitation))).invitee.email, 'new@example.com');
  assert.equal((await data(o.getInvitations(of))).length, 1);
  await o.deleteInvitation(invitation);
  await o.deleteEnabledConnection(enabled);

  assert.equal((await data(o.postOrganizationClientGrants(of, { grant_id: grant }))).client_id, app);
  assert.deepEqual(ids(await data(o.getOrganizationClientGrants(of))), [grant]);
  await o.deleteClientGrantsByGrantId({ ...of, grant_id: grant });

  const { data: found } = await o.createDiscoveryDomain(of, { domain: 'acme.example', status: 'pending' });
  const discovery = { ...of, discovery_domain_id: found.id };
  assert.equal((await data(o.updateDiscoveryDomain(discovery, { status: 'verified' }))).status, 'verified');
  assert.equal((await data(o.getDiscoveryDomain(discovery))).domain, 'acme.example');
  assert.equal((await data(o.getAllDiscoveryDomains(of))).domains.length, 1);
  await o.deleteDiscoveryDomain(discovery);
  await o.delete(of);
  await gone(o.get(of));
}

async function factors() {
  const u = m.users;
  const mail = await data(u.createAuthenticationMethod({ id }, { type: 'email', name: 'Work', email: 'ann@work.example' }));
  const method = { id, authentication_method_id: mail.id };
  assert.equal((await data(u.updateAuthenticationMethod(method, { name: 'Home' }))).name, 'Home');
  assert.equal((await data(u.getAuthenticationMethod(method))).type, 'email');
  await u.deleteAuthenticationMethod(method);
  assert.equal((await data(u.updateAuthenticationMethods({ id }, [{ type: 'totp', totp_secret: 'JBSWY3DPEHPK3PXP' }, { type: 'phone', phone_number: '+15550001111' }]))).length, 2);
  assert.equal((await data(u.getEnrollments({ id }))).length, 1);
  await u.deleteMultifactorProvider({ id, provider: 'google-authenticator' });
  assert.deepEqual((await data(u.getAuthenticationMethods({ id, include_totals: true }))).authenticators.map((x) => x.type), ['phone']);
  await u.deleteAllAuthenticators({ id });
  assert.match((await data(u.regenerateRecoveryCode({ id }))).recovery_code, /^[A-Z0-9]{24}$/);
  await u.deleteAuthenticationMethods({ id });
  await u.invalidateRememberBrowser({ id });
  await u.clearRiskAssessors({ id }, { connection: 'Username-Password-Authentication', assessors: ['new-device'] });
  assert.equal((await data(u.getConnectedAccounts({ id }))).connected_accounts.length, 1);
  const [set] = await data(u.getAllTokensets({ id }));
  await u.deleteTokenset({ id, tokenset_id: set.id });
  assert.deepEqual(await data(u.getAllTokensets({ id })), []);
}

async function logins() {
  assert.equal((await data(m.sessions.get({ id: 'session-1' }))).user_id, id);
  await m.sessions.delete({ id: 'session-1' });
  assert.equal((await data(m.users.getSessions({ user_id: id }))).sessions.length, 3);
  await m.users.deleteSessions({ user_id: id });
  await gone(m.sessions.get({ id: 'session-2' }));
  assert.equal((await data(m.refreshTokens.get({ id: 'token-1' }))).client_id, app);
  await m.refreshTokens.delete({ id: 'token-1' });
  assert.equal((await data(m.users.getRefreshTokens({ user_id: id }))).tokens.length, 3);
  const key = await data(asAnn.deviceCredentials.createPublicKey({ device_name: 'laptop', type: 'public_key', value: 'a2V5', device_id: 'one', client_id: app }));
  assert.deepEqual(ids(await data(m.deviceCredentials.getAll({ type: 'public_key' }))), [key.id]);
  await m.deviceCredentials.delete({ id: key.id });
  await m.users.deleteRefreshTokens({ user_id: id });
  await gone(m.refreshTokens.get({ id: 'token-2' }));
  assert.equal((await data(m.grants.getAll({ user_id: id, include_totals: true }))).total, 3);
  await m.grants.delete({ id: consents[0] });
  assert.deepEqual(ids(await data(m.grants.getAll({ user_id: id }))), consents.slice(1));
  await m.grants.deleteByUserId({ user_id: id });
  assert.equal((await data(m.grants.getAll())).length, 0);
  assert.equal((await data(m.userBlocks.getAll({ identifier: ann.email }))).blocked_for.length, 1);
  assert.equal((await data(m.userBlocks.get({ id: bob.user_id }))).blocked_for.length, 1);
  await m.userBlocks.deleteAll({ identifier: ann.email });
  await m.userBlocks.delete({ id: bob.user_id });
  assert.deepEqual((await data(m.userBlocks.get({ id: bob.user_id }))).blocked_for, []);
  await m.anomaly.checkIfIpIsBlocked({ id: '192.0.2.77' });
  await m.anomaly.deleteBlockedIp({ id: '192.0.2.77' });
  await gone(m.anomaly.checkIfIpIsBlocked({ id: '192.0.2.77' }));
  await m.blacklists.add({ jti: 'one', aud: app });
  assert.deepEqual(await data(m.blacklists.getAll({ aud: app })), [{ aud: app, jti: 'one' }]);
  assert.match(await data(m.stats.getActiveUsersCount()), /^\d+$/); // this client reads the number as text
  assert.ok((await data(m.stats.getDaily({ from: '20240101', to: '20991231' }))).every((day) => 'logins' in day));
  for (const ticket of [m.tickets.verifyEmail({ user_id: id }), m.tickets.changePassword({ user_id: id })])
    assert.match((await data(ticket)).ticket, /^https:.*ticket=/);
}

async function accounts() {
  const u = m.users, made = await data(u.create({ connection: 'Username-Password-Authentication', email: 'four@example.com', password: 'secret-enough' }));
  assert.deepEqual(ids(await data(m.usersByEmail.getByEmail({ email: 'four@example.com' }))), [made.user_id]);
  const [provider, user_id] = made.user_id.split('|');
  assert.equal((await data(u.link({ id }, { provider, user_id }))).length, 2);
  await gone(u.get({ id: made.user_id }));
  assert.equal((await data(u.unlink({ id, provider, user_id }))).length, 1);
  assert.equal((await data(u.update({ id: made.user_id }, { nickname: 'four' }))).nickname, 'four');
  assert.ok((await data(u.getLogs({ id, per_page: 100 }))).every((e) => e.user_id === id));
  assert.equal((await data(u.getAll({ q: 'nickname:four' }))).length, 1);
  await u.delete({ id: made.user_id });
  await gone(u.get({ id: made.user_id }));
}

for (const part of [roles, organizations, factors, logins, accounts]) await part();
const all = methodsOf(plain, ['roles', 'organizations', 'users', 'usersByEmail', 'tickets', 'sessions', 'refreshTokens', 'deviceCredentials', 'userBlocks', 'anomaly', 'blacklists', 'grants', 'stats']);
console.log(JSON.stringify({ methods: all.length, uncalled: all.filter((name) => !called.has(name)) }));
