// Every operation on users, roles, groups and organizations, a row each, in an order in which each finds what it needs. A row is
// asked with each set of scopes that opens it, with malformed ids, with members of wrong types, by another tenant, and then for
// good: what it changes is seen after a kill -9. (What needs no row: guards.test.js.)
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused, enc } = require('./lib/check');
const { DB, makeUser, leave } = require('./lib/people');
const rows = require('./lib/rows');
const { idToken } = require('./lib/jwt');

const GROUPS = ['users', 'users-by-email', 'roles', 'groups', 'organizations', 'user-blocks', 'anomaly', 'blacklists', 'grants', 'device-credentials', 'sessions', 'refresh-tokens', 'stats', 'tickets'];
const HOST = 'elsewhere.example.test', LOG = '/logs?per_page=1&sort=date:-1&q=type:sapi';
const TOKENSET = '00000000-0000-4000-8000-000000000001', SESSION = 'session-1', TOKEN = 'token-1';
let server, v2, theirs, world, table, published, schemas;

/** What the rows are about. `other`: what a row can take away without harm to the next ones. */
async function makeWorld() {
  const make = (target, body, status = 201) => ok(status, v2('POST', target, body));
  const [user, second, other, doomed] = [await makeUser(v2), await makeUser(v2), await makeUser(v2), await makeUser(v2)];
  const client = await make('/clients', { name: 'operations', initiate_login_uri: 'https://app.example/login', organization_usage: 'allow', jwt_configuration: { alg: 'HS256' } });
  const connections = [await make('/connections', { name: 'operations', strategy: 'auth0' }), await make('/connections', { name: 'operations-2', strategy: 'auth0' })];
  await make('/resource-servers', { identifier: 'urn:operations', scopes: [{ value: 'do' }] });
  const grant = await make('/client-grants', { client_id: client.client_id, audience: 'urn:operations', scope: [], organization_usage: 'allow' });
  const role = (await make('/roles', { name: 'operations' }, 200)).id, doomedRole = (await make('/roles', { name: 'doomed' }, 200)).id;
  const org = (await make('/organizations', { name: 'operations' })).id, doomedOrg = (await make('/organizations', { name: 'doomed' })).id;
  leave(server, {
    sessions: [1, 2, 3, 4].map((n) => ({ id: `session-${n}`, user })),
    tokens: [1, 2, 3, 4, 5].map((n) => ({ id: `token-${n}`, user, client: client.client_id, session: n === 5 ? 'session-3' : undefined, device: `phone ${n}` })),
    blocks: [{ identifier: user.email }, { identifier: other.email }], addresses: ['192.0.2.77'],
  });
  rows.write(server, rows.groupRows(1), rows.groupRows(2), rows.memberRows(1, user), rows.consentRows(1, user, client.client_id), rows.consentRows(2, user, client.client_id),
    rows.accountRows(1, user, connections[0]), rows.tokensetRows(1, user, connections[0]));
  return { user, second, other, doomed, client, connections, grant, role, doomedRole, org, doomedOrg, group: rows.groupId(1), doomedGroup: rows.groupId(2) };
}

/** The value of each path parameter, by the first part of the path and its name; a row may have others. */
const usual = (w) => ({
  users: { id: w.user.user_id, user_id: w.user.user_id, tokenset_id: TOKENSET, provider: 'auth0' }, roles: { id: w.role }, groups: { id: w.group },
  organizations: { id: w.org, organization_id: w.org, user_id: w.user.user_id, role_id: w.role, group_id: w.group, client_id: w.client.client_id,
    grant_id: w.grant.id, connection_id: w.connections[1].id, connectionId: w.connections[0].id, name: 'operations', discovery_domain: 'operations.example' },
  sessions: { id: SESSION }, 'refresh-tokens': { id: TOKEN }, 'user-blocks': { id: w.user.user_id }, anomaly: { id: '192.0.2.77' },
  grants: { id: rows.consentId(1) }, 'device-credentials': { id: 'token-4' },
});

/** Operation → {params, query, body, status, read, elsewhere}. read: where a write is seen; elsewhere: what another tenant is
 *  answered (404 where not said); made: keeps something of the answer for later rows. */
const makeTable = (w) => {
  const permissions = { permissions: [{ resource_server_identifier: 'urn:operations', permission_name: 'do' }] }, roles = { roles: [w.role] }, user = `/users/${enc(w.user.user_id)}`;
  const org = `/organizations/${w.org}`, role = `/roles/${w.role}`, group = `/groups/${w.group}`, api = 'resource_server_identifier=urn:operations', name = { name: 'changed' };
  const asUser = { headers: { Authorization: `Bearer ${idToken(server.issuer, w.client, w.user.user_id)}` } };
  return {
    'GET /users': {}, 'GET /users/{id}': {}, 'GET /users-by-email': { query: `email=${w.user.email}` },
    'POST /users': { body: { connection: DB, email: 'made@operations.example', password: 'secret-enough' }, status: 201, read: '/users-by-email?email=made@operations.example' },
    'PATCH /users/{id}': { body: { given_name: 'Changed' }, read: user },
    'DELETE /users/{id}': { params: { id: w.doomed.user_id }, status: 204, read: `/users/${enc(w.doomed.user_id)}`, elsewhere: 204 },
    'POST /users/{id}/identities': { body: { provider: 'auth0', user_id: w.second.user_id }, status: 201, read: user },
    'DELETE /users/{id}/identities/{provider}/{user_id}': { params: { user_id: w.second.user_id.slice(6) }, read: user },
    'POST /users/{id}/authentication-methods': { body: { type: 'phone', phone_number: '+15550001111' }, status: 201, read: `${user}/authentication-methods`, made: (b) => { table['GET /users/{id}/authentication-methods/{authentication_method_id}'].params = table['PATCH /users/{id}/authentication-methods/{authentication_method_id}'].params = table['DELETE /users/{id}/authentication-methods/{authentication_method_id}'].params = { authentication_method_id: b.id }; } },
    'GET /users/{id}/authentication-methods': {}, 'GET /users/{id}/authentication-methods/{authentication_method_id}': {}, 'GET /users/{id}/enrollments': {},
    'PATCH /users/{id}/authentication-methods/{authentication_method_id}': { body: { name: 'changed' }, read: `${user}/authentication-methods` },
    'DELETE /users/{id}/authentication-methods/{authentication_method_id}': { status: 204, read: `${user}/authentication-methods` },
    'PUT /users/{id}/authentication-methods': { body: [{ type: 'totp', totp_secret: 'JBSWY3DPEHPK3PXP' }], read: `${user}/authentication-methods` },
    'DELETE /users/{id}/multifactor/{provider}': { params: { provider: 'google-authenticator' }, status: 204, read: `${user}/authentication-methods` },
    'POST /users/{id}/recovery-code-regeneration': { read: `${user}/authentication-methods` },
    'DELETE /users/{id}/authenticators': { status: 204, read: `${user}/authentication-methods` },
    'DELETE /users/{id}/authentication-methods': { status: 204, read: LOG },
    'POST /users/{id}/multifactor/actions/invalidate-remember-browser': { status: 204, read: LOG },
    'POST /users/{id}/risk-assessments/clear': { body: { connection: DB, assessors: ['new-device'] }, status: 204, read: LOG },
    'GET /users/{id}/logs': { elsewhere: 200 }, 'GET /users/{id}/connected-accounts': {}, 'GET /users/{id}/federated-connections-tokensets': {},
    'DELETE /users/{id}/federated-connections-tokensets/{tokenset_id}': { status: 204, read: `${user}/federated-connections-tokensets` },
    'POST /users/{id}/permissions': { body: permissions, status: 201, read: `${user}/permissions` }, 'GET /users/{id}/permissions': {},
    'GET /users/{id}/effective-permissions': { query: api }, 'GET /users/{id}/effective-permissions/sources/effective-roles': { query: `${api}&permission_name=do` },
    'DELETE /users/{id}/permissions': { body: permissions, status: 204, read: `${user}/permissions` },
    'POST /users/{id}/roles': { body: roles, status: 204, read: `${user}/roles` }, 'GET /users/{id}/roles': {}, 'GET /users/{id}/effective-roles': {},
    'GET /users/{id}/effective-roles/sources/groups': { query: `role_id=${w.role}` }, 'DELETE /users/{id}/roles': { body: roles, status: 204, read: `${user}/roles` },
    'GET /users/{id}/groups': {}, 'GET /users/{id}/organizations': {}, 'GET /users/{user_id}/sessions': {}, 'GET /users/{user_id}/refresh-tokens': {},

    'GET /roles': {}, 'GET /roles/{id}': {}, 'POST /roles': { body: { name: 'made' }, read: '/roles?name_filter=made' }, 'PATCH /roles/{id}': { body: name, read: role },
    'DELETE /roles/{id}': { params: { id: w.doomedRole }, read: `/roles/${w.doomedRole}` },
    'POST /roles/{id}/permissions': { body: permissions, status: 201, read: `${role}/permissions` }, 'GET /roles/{id}/permissions': {},
    'DELETE /roles/{id}/permissions': { body: permissions, status: 204, read: `${role}/permissions` },
    'POST /roles/{id}/users': { body: { users: [w.other.user_id] }, read: `${role}/users` }, 'GET /roles/{id}/users': {},
    'POST /roles/{id}/groups': { body: { groups: [w.group] }, status: 204, read: `${role}/groups` }, 'GET /roles/{id}/groups': {},
    'DELETE /roles/{id}/groups': { body: { groups: [w.group] }, status: 204, read: `${role}/groups` },

    'GET /groups': {}, 'GET /groups/{id}': {}, 'GET /groups/{id}/members': {}, 'POST /groups/{id}/roles': { body: roles, status: 204, read: `${group}/roles` },
    'GET /groups/{id}/roles': {}, 'DELETE /groups/{id}/roles': { body: roles, status: 204, read: `${group}/roles` },
    'DELETE /groups/{id}': { params: { id: w.doomedGroup }, status: 204, read: '/groups' },

    'GET /organizations': {}, 'GET /organizations/search': { query: 'q=name:operations' }, 'GET /organizations/name/{name}': {}, 'GET /organizations/{id}': {},
    'POST /organizations': { body: { name: 'made' }, status: 201, read: '/organizations/name/made' }, 'PATCH /organizations/{id}': { body: { display_name: 'changed' }, read: org },
    'DELETE /organizations/{id}': { params: { id: w.doomedOrg }, status: 204, read: `/organizations/${w.doomedOrg}` },
    'GET /organizations/{id}/organization-templates': { status: 404 }, 'PUT /organizations/{id}/organization-templates/{template_id}': { params: { template_id: 'tpl_1' }, status: 404 },
    'DELETE /organizations/{id}/organization-templates/{template_id}': { params: { template_id: 'tpl_1' }, status: 404 },
    'POST /organizations/{id}/enabled_connections': { body: { connection_id: w.connections[0].id }, status: 201, read: `${org}/enabled_connections` }, 'GET /organizations/{id}/enabled_connections': {},
    'GET /organizations/{id}/enabled_connections/{connectionId}': {}, 'PATCH /organizations/{id}/enabled_connections/{connectionId}': { body: { show_as_button: false }, read: `${org}/enabled_connections` },
    'POST /organizations/{id}/connections': { body: { connection_id: w.connections[1].id }, status: 201, read: `${org}/connections` }, 'GET /organizations/{id}/connections': {},
    'GET /organizations/{id}/connections/{connection_id}': {}, 'PATCH /organizations/{id}/connections/{connection_id}': { body: { is_enabled: false }, read: `${org}/connections` },
    'POST /organizations/{id}/client-grants': { body: { grant_id: w.grant.id }, status: 201, read: `${org}/client-grants` }, 'GET /organizations/{id}/client-grants': {},
    'DELETE /organizations/{id}/client-grants/{grant_id}': { status: 204, read: `${org}/client-grants` },
    'POST /organizations/{id}/clients': { body: { clients: [{ client_id: w.client.client_id, use_for_member_access: true }] }, status: 201, read: `${org}/clients` }, 'GET /organizations/{id}/clients': {},
    'GET /organizations/{id}/clients/{client_id}': {}, 'PATCH /organizations/{id}/clients/{client_id}': { body: { use_for_member_access: false }, read: `${org}/clients` },
    'DELETE /organizations/{id}/clients': { body: { clients: [w.client.client_id] }, status: 204, read: `${org}/clients` },
    'POST /organizations/{id}/discovery-domains': { body: { domain: 'operations.example' }, status: 201, read: `${org}/discovery-domains`, made: (b) => { for (const method of ['GET', 'PATCH', 'DELETE']) table[`${method} /organizations/{id}/discovery-domains/{discovery_domain_id}`].params = { discovery_domain_id: b.id }; } },
    'GET /organizations/{id}/discovery-domains': {}, 'GET /organizations/{id}/discovery-domains/name/{discovery_domain}': {}, 'GET /organizations/{id}/discovery-domains/{discovery_domain_id}': {},
    'PATCH /organizations/{id}/discovery-domains/{discovery_domain_id}': { body: { status: 'verified' }, read: `${org}/discovery-domains` },
    'DELETE /organizations/{id}/discovery-domains/{discovery_domain_id}': { status: 204, read: `${org}/discovery-domains` },
    'POST /organizations/{id}/invitations': { body: { inviter: { name: 'Ann' }, invitee: { email: 'guest@operations.example' }, client_id: w.client.client_id, send_invitation_email: false }, status: 201, read: `${org}/invitations`, made: (b) => { for (const method of ['GET', 'DELETE']) table[`${method} /organizations/{id}/invitations/{invitation_id}`].params = { invitation_id: b.id }; } },
    'GET /organizations/{id}/invitations': {}, 'GET /organizations/{id}/invitations/{invitation_id}': {}, 'DELETE /organizations/{id}/invitations/{invitation_id}': { status: 204, read: `${org}/invitations` },
    'POST /organizations/{id}/members': { body: { members: [w.user.user_id] }, status: 204, read: `${org}/members` }, 'GET /organizations/{id}/members': {},
    'POST /organizations/{id}/members/{user_id}/roles': { body: roles, status: 204, read: `${org}/members/${enc(w.user.user_id)}/roles` }, 'GET /organizations/{id}/members/{user_id}/roles': {},
    'GET /organizations/{id}/members/{user_id}/effective-roles': {}, 'GET /organizations/{id}/members/{user_id}/effective-roles/sources/groups': { query: `role_id=${w.role}` },
    'GET /organizations/{id}/roles/{role_id}/members': {}, 'DELETE /organizations/{id}/members/{user_id}/roles': { body: roles, status: 204, read: `${org}/members/${enc(w.user.user_id)}/roles` },
    'DELETE /organizations/{id}/members': { body: { members: [w.user.user_id] }, status: 204, read: `${org}/members` },
    'POST /organizations/{organization_id}/groups/{group_id}/roles': { body: roles, status: 204, read: `${org}/groups/${w.group}/roles` }, 'GET /organizations/{organization_id}/groups': {},
    'GET /organizations/{organization_id}/groups/{group_id}/roles': {}, 'GET /organizations/{organization_id}/roles/{role_id}/groups': {},
    'DELETE /organizations/{organization_id}/groups/{group_id}/roles': { body: roles, status: 204, read: `${org}/groups` },
    'DELETE /organizations/{id}/connections/{connection_id}': { status: 204, read: `${org}/connections` },
    'DELETE /organizations/{id}/enabled_connections/{connectionId}': { params: { connectionId: w.connections[0].id }, status: 204, read: `${org}/enabled_connections` },

    'GET /user-blocks': { query: `identifier=${w.other.email}` }, 'GET /user-blocks/{id}': {},
    'DELETE /user-blocks': { query: `identifier=${w.other.email}`, status: 204, read: `/user-blocks?identifier=${w.other.email}` }, 'DELETE /user-blocks/{id}': { status: 204, read: `/user-blocks/${enc(w.user.user_id)}` },
    'GET /anomaly/blocks/ips/{id}': {}, 'DELETE /anomaly/blocks/ips/{id}': { status: 204, read: '/anomaly/blocks/ips/192.0.2.77', elsewhere: 204 },
    'POST /blacklists/tokens': { body: { jti: 'operations' }, status: 204, read: '/blacklists/tokens' }, 'GET /blacklists/tokens': {},
    'GET /grants': {}, 'DELETE /grants/{id}': { status: 204, read: '/grants', elsewhere: 204 }, 'DELETE /grants': { query: `user_id=${enc(w.user.user_id)}`, status: 204, read: '/grants' },
    'POST /device-credentials': { body: { device_name: 'laptop', type: 'public_key', value: 'a2V5', device_id: 'operations' }, status: 201, read: '/device-credentials?type=public_key', more: asUser },
    'GET /device-credentials': {}, 'DELETE /device-credentials/{id}': { status: 204, read: '/device-credentials', elsewhere: 204 },
    'GET /sessions/{id}': {}, 'PATCH /sessions/{id}': { body: { session_metadata: { a: 'b' } }, read: `/sessions/${SESSION}` }, 'DELETE /sessions/{id}': { status: 202, read: `/sessions/${SESSION}`, elsewhere: 202 },
    'POST /sessions/{id}/revoke': { params: { id: 'session-2' }, status: 202, read: '/sessions/session-2' },
    'GET /refresh-tokens': { query: `user_id=${enc(w.user.user_id)}` }, 'GET /refresh-tokens/{id}': {}, 'PATCH /refresh-tokens/{id}': { body: { refresh_token_metadata: { a: 'b' } }, read: `/refresh-tokens/${TOKEN}` },
    'DELETE /refresh-tokens/{id}': { status: 204, read: `/refresh-tokens/${TOKEN}`, elsewhere: 204 }, 'POST /refresh-tokens/revoke': { body: { ids: ['token-2'] }, status: 202, read: `${user}/refresh-tokens` },
    'POST /users/{id}/revoke-access': { body: { session_id: 'session-3' }, status: 202, read: `${user}/refresh-tokens` }, 'DELETE /users/{user_id}/sessions': { status: 202, read: `${user}/sessions` },
    'DELETE /users/{user_id}/refresh-tokens': { status: 202, read: `${user}/refresh-tokens` },
    'GET /stats/active-users': {}, 'GET /stats/daily': {},
    'POST /tickets/email-verification': { body: { user_id: w.user.user_id }, status: 201, read: LOG }, 'POST /tickets/password-change': { body: { user_id: w.user.user_id }, status: 201, read: LOG },
    'DELETE /users': { status: 204, read: '/users' },
  };
};

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  theirs = await server.v2({ credentials: server.createTenant('elsewhere', HOST), host: HOST });
  const document = await ok(200, server.request('GET', '/api/v2/openapi.json'));
  schemas = document.components.schemas;
  published = {};
  for (const [path, methods] of Object.entries(document.paths))
    if (GROUPS.includes(path.split('/')[1])) for (const [method, op] of Object.entries(methods)) published[`${method.toUpperCase()} ${path}`] = op;
  world = await makeWorld();
  table = makeTable(world);
});
after(async () => { if (server) await server.stop(); });

/** Method and target of a row; change: other values of path parameters. */
function targetOf(name, row, change = {}) {
  const [method, path] = name.split(' '), values = { ...usual(world)[path.split('/')[1]], ...row.params, ...change };
  const target = path.replace(/\{(\w+)\}/g, (_, p) => enc(values[p] ?? 'x'.repeat(24)));
  return [method, row.query ? `${target}?${row.query}` : target];
}
const ask = (call, name, row, { body = row.body, change } = {}) => call(...targetOf(name, row, change), body, row.more);
const parameters = (name) => [...name.matchAll(/\{(\w+)\}/g)].map((m) => m[1]);
const writes = () => Object.entries(table).filter(([, row]) => row.read);
const seen = async (target) => { const a = await v2('GET', target); return `${a.status} ${a.text}`; };

test('every operation of these groups has a row, and no other', () => {
  assert.deepEqual(Object.keys(table).sort(), Object.keys(published).sort());
  for (const name of Object.keys(table)) assert.ok(name.startsWith('GET') || table[name].read || table[name].status === 404, `${name}: where is it seen?`);
});

/** Sets of scopes, each of which opens the operation for a client. */
function openers({ mode, scopes, self = [], expr }) {
  if (mode === 'all') return [scopes];
  if (mode === 'expr') return expr.anyOf.map((e) => e.allOf ?? [e]);
  return scopes.filter((s) => !self.includes(s) || scopes.length === 1).map((s) => [s]);
}

test('each set of scopes opens its operation, and no part of one does', async () => {
  const tokens = {};
  const as = async (scope) => (tokens[scope] ??= (await server.v2({ scope })));
  for (const [name, op] of Object.entries(published)) {
    if (table[name].more) continue; // for id_tokens
    const sets = openers(op['x-required-scopes']), nowhere = Object.fromEntries(parameters(name).map((p) => [p, p === 'provider' ? 'duo' : 'x'.repeat(24)]));
    for (const set of sets) {
      const [method, target] = targetOf(name, {}, nowhere), call = await as(set.join(' '));
      const a = await call(method, `${target}?bogus=1`); // refused for its query, after its scopes
      assert.notEqual(a.status, 403, `${name} with ${set}: ${a.text}`);
      assert.equal(a.status, 400, `${name} with ${set}: ${a.text}`);
      for (const part of set.length > 1 ? set : [])
        if (!sets.some((s) => s.length === 1 && s[0] === part)) await refused((await as(part))(method, target), 403, 'insufficient_scope');
    }
  }
});

test('malformed ids are refused, and nothing breaks', async () => {
  const bad = ['x'.repeat(3000), "'; DROP TABLE users; --", '../..', '\u0000', '%', '😀', ' ', 'null'];
  for (const [name, row] of Object.entries(table))
    for (const p of parameters(name))
      for (const value of bad) {
        const a = await ask(v2, name, row, { change: { [p]: value } }), harmless = a.status === row.elsewhere || (name.startsWith('DELETE') && a.status === (row.status ?? 200));
        assert.ok([400, 404].includes(a.status) || harmless, `${name} with ${p} ${value.slice(0, 30)}: ${a.status} ${a.text}`);
        if (a.status >= 400) await refused(a, a.status, a.body.errorCode);
      }
});

/** A value that a schema cannot mean; undefined where it takes everything. */
function wrongFor(schema) {
  const s = schema.$ref ? schemas[schema.$ref.split('/').pop()] : schema, types = [s.type].flat();
  if (!s.type || s.anyOf || s.oneOf) return undefined;
  return types.includes('object') ? 'a text' : { not: 'this' };
}

test('a member of a wrong type is refused by name', async () => {
  let tried = 0;
  for (const [name, op] of Object.entries(published)) {
    const given = op.requestBody?.content['application/json'].schema, schema = given?.$ref ? schemas[given.$ref.split('/').pop()] : given;
    for (const [member, of] of Object.entries(schema?.properties ?? {})) {
      const wrong = wrongFor(of);
      if (wrong === undefined) continue;
      await refused(ask(v2, name, table[name], { body: { ...table[name].body, [member]: wrong } }), 400, 'invalid_body', new RegExp(`on property ${member}`));
      tried++;
    }
  }
  assert.ok(tried > 100, `${tried}`);
});

test('an operation does what it says for its tenant alone, and kill -9 loses none of it', async () => {
  for (const [name, row] of Object.entries(table)) {
    const was = row.read && await seen(row.read);
    if (parameters(name).length || name.includes('/tickets/')) {
      const a = await ask(theirs, name, { ...row, more: undefined });
      assert.equal(a.status, row.elsewhere ?? 404, `${name} elsewhere: ${a.status} ${a.text}`);
      if (row.read && row.read !== LOG) assert.equal(await seen(row.read), was, `${name} elsewhere`);
    }
    const done = await ask(v2, name, row);
    assert.equal(done.status, row.status ?? 200, `${name}: ${done.status} ${done.text}`);
    if (row.made) row.made(done.body);
    if (!row.read) continue;
    await server.restart('SIGKILL');
    assert.notEqual(await seen(row.read), was, name);
  }
  assert.ok(writes().length > 60, `${writes().length}`);
});
