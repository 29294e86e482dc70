// /api/v2/organizations and what belongs to them.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused } = require('./lib/check');
const { sql } = require('./lib/v1');

let server, v2, n = 0;

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
});
after(async () => { if (server) await server.stop(); });

const get = (path) => ok(200, v2('GET', path));
const organization = async (body = {}) => ok(201, v2('POST', '/organizations', { name: `org-${n++}`, ...body }));
const user = async () => (await ok(201, v2('POST', '/users', { connection: 'Username-Password-Authentication', email: `m${n++}@example.com`, password: 'pa55word-of-it' }))).user_id;
const role = () => ok(200, v2('POST', '/roles', { name: `role ${n++}` }));
const client = (body = {}) => ok(201, v2('POST', '/clients', { name: `client ${n++}`, ...body }));
const connection = (strategy = 'auth0') => ok(201, v2('POST', '/connections', { name: `connection-${n++}`, strategy }));
const grant = async (audience, body = {}) => ok(201, v2('POST', '/client-grants', { client_id: (await client({ app_type: 'non_interactive' })).client_id, audience, scope: [], ...body }));
const missing = [404, undefined, 'No organization found by that id or name'];
const ids = (list) => list.map((x) => x.id ?? x.user_id);

async function all(path, items, take = 2) {
  const seen = [];
  for (let from = '', i = 0; i < 20; i++) {
    const part = await get(`${path}${path.includes('?') ? '&' : '?'}take=${take}${from && `&from=${from}`}`);
    seen.push(...part[items]);
    if (!part.next) return seen;
    from = part.next;
  }
  throw new Error('the list does not end');
}

// --- the organizations themselves ------------------------------------------------------------

test('an organization is made, read, changed and deleted', async () => {
  const made = await organization({ display_name: 'Ours', branding: { logo_url: 'https://example.com/l.png' }, metadata: { a: '1' } });
  assert.match(made.id, /^org_[A-Za-z0-9]{16}$/);
  assert.deepEqual(await get(`/organizations/${made.id}`), made);
  assert.deepEqual(await get(`/organizations/name/${made.name}`), made);
  assert.equal((await ok(200, v2('PATCH', `/organizations/${made.id}`, { display_name: 'Theirs' }))).display_name, 'Theirs');
  assert.deepEqual((await ok(200, v2('PATCH', `/organizations/${made.id}`, { metadata: { b: '2', c: null } }))).metadata, { b: '2' });
  await ok(204, v2('DELETE', `/organizations/${made.id}`));
  await refused(v2('GET', `/organizations/${made.id}`), ...missing);
  await refused(v2('DELETE', `/organizations/${made.id}`), ...missing);
  await refused(v2('GET', `/organizations/name/${made.name}`), ...missing);
});

test("an organization's name is unique", async () => {
  const first = await organization(), second = await organization();
  await refused(v2('POST', '/organizations', { name: first.name }), 409, undefined, 'An organization with this name already exists.');
  await refused(v2('PATCH', `/organizations/${second.id}`, { name: first.name }), 409);
});

test('an organization is created with its connections', async () => {
  const c = await connection();
  const made = await organization({ enabled_connections: [{ connection_id: c.id, show_as_button: false }] });
  const shown = { connection_id: c.id, assign_membership_on_login: false, is_signup_enabled: false, show_as_button: false, connection: { name: c.name, strategy: 'auth0' } };
  assert.deepEqual(made.enabled_connections, [shown]);
  assert.deepEqual(await get(`/organizations/${made.id}/enabled_connections`), [shown]);
  assert.ok(!('enabled_connections' in await get(`/organizations/${made.id}`)));
  const few = await server.v2({ scope: 'create:organizations' });
  await refused(few('POST', '/organizations', { name: 'x-y', enabled_connections: [{ connection_id: c.id }] }), 403, 'insufficient_scope');
  await refused(v2('POST', '/organizations', { name: 'x-z', enabled_connections: [{ connection_id: 'con_0000000000000000' }] }), 404, 'inexistent_connection');
  await refused(v2('GET', '/organizations/name/x-z'), 404);
});

test('the list pages in each of its kinds', async () => {
  const made = [await organization(), await organization(), await organization()];
  const every = await get('/organizations?per_page=100');
  assert.deepEqual(ids(every).slice(-3), ids(made));
  assert.deepEqual(ids(await all('/organizations', 'organizations')), ids(every));
  const page = await get('/organizations?page=1&per_page=2&include_totals=true');
  assert.deepEqual([page.start, page.limit, page.total, ids(page.organizations)], [2, 2, every.length, ids(every).slice(2, 4)]);
});

test('sort orders the list', async () => {
  await organization({ display_name: 'zzz' });
  await organization({ display_name: 'aaa' });
  const shown = async (query) => (await get(`/organizations?per_page=100&${query}`)).map((o) => o.name);
  const sorted = await shown('sort=name:1');
  assert.deepEqual(sorted, [...sorted].sort());
  assert.deepEqual(await shown('sort=name:-1'), [...sorted].reverse());
  assert.deepEqual((await all('/organizations?sort=name:1', 'organizations')).map((o) => o.name), sorted);
  await refused(v2('GET', '/organizations?sort=metadata:1'), 400, 'invalid_query_string');
});

test('search finds organizations', async () => {
  const one = await organization({ name: 'needle-works', display_name: 'The Needle' }), two = await organization({ name: 'hay-works' });
  const found = async (q, parser) => ids((await get(`/organizations/search?q=${encodeURIComponent(q)}&parser=${parser}`)).organizations);
  assert.deepEqual(await found('name:needle*', 'lucene'), [one.id]);
  assert.deepEqual(await found('name eq "hay-works"', 'scim'), [two.id]);
  assert.deepEqual(await found('name ew "works" and not (display_name co "eedle")', 'scim'), [two.id]);
  assert.deepEqual(await found('name sw "needle" or name eq "hay-works"', 'scim'), [one.id, two.id]);
  assert.deepEqual(await found('name ew "-works" and display_name pr', 'scim'), [one.id]);
  await refused(v2('GET', '/organizations/search?q=name&parser=scim'), 400, 'invalid_query_string');
  const sorted = await get('/organizations/search?q=name:*works&parser=lucene&sort=name&take=1');
  assert.deepEqual(ids(sorted.organizations), [two.id]);
  assert.deepEqual(ids((await get(`/organizations/search?q=name:*works&parser=lucene&sort=name&from=${sorted.next}`)).organizations), [one.id]);
});

test('a summary shows no settings', async () => {
  const org = await organization({ display_name: 'S', metadata: { a: '1' }, third_party_client_access: 'block' });
  const summary = await server.v2({ scope: 'read:organizations_summary' });
  assert.deepEqual(await ok(200, summary('GET', `/organizations/${org.id}`)), { id: org.id, name: org.name, display_name: 'S' });
  await refused(summary('GET', `/organizations/name/${org.name}`), 403, 'insufficient_scope');
});

test("include_client_association_for shows the client's use", async () => {
  const org = await organization(), c = await client();
  await ok(201, v2('POST', `/organizations/${org.id}/clients`, { clients: [{ client_id: c.client_id, use_for_member_access: true }] }));
  const list = await get(`/organizations?per_page=100&include_client_association_for=${c.client_id}`);
  assert.deepEqual(list.filter((o) => o.client).map((o) => [o.id, o.client]), [[org.id, { use_for_member_access: true }]]);
});

// --- members -----------------------------------------------------------------------------------

test('members come and go', async () => {
  const org = await organization(), members = [await user(), await user(), await user()], path = `/organizations/${org.id}/members`;
  await ok(204, v2('POST', path, { members }));
  await ok(204, v2('POST', path, { members: members.slice(0, 1) }));
  assert.deepEqual(ids(await get(path)), members);
  assert.deepEqual(ids(await all(path, 'members')), members);
  assert.deepEqual((await get(`${path}?include_totals=true&per_page=1&page=2&fields=user_id`)), { start: 2, limit: 1, total: 3, members: [{ user_id: members[2] }] });
  assert.deepEqual(ids(await get(`/users/${encodeURIComponent(members[0])}/organizations`)), [org.id]);
  await ok(204, v2('DELETE', path, { members: [members[0], 'auth0|nobody'] }));
  await ok(204, v2('DELETE', `/users/${encodeURIComponent(members[1])}`));
  assert.deepEqual(ids(await get(path)), [members[2]]);
  await refused(v2('POST', path, { members: ['auth0|nobody'] }), 404, undefined, 'One or more of the users do not exist.');
  await refused(v2('GET', '/organizations/org_0000000000000000/members'), ...missing);
  await ok(204, v2('DELETE', `/organizations/${org.id}`));
  assert.deepEqual(await get(`/users/${encodeURIComponent(members[2])}/organizations`), []);
});

test('a member has roles in the organization', async () => {
  const org = await organization(), other = await organization(), u = await user(), [a, b] = [await role(), await role()];
  const roles = (o) => `/organizations/${o.id}/members/${encodeURIComponent(u)}/roles`;
  await ok(204, v2('POST', `/organizations/${org.id}/members`, { members: [u] }));
  await ok(204, v2('POST', roles(org), { roles: [a.id, b.id] }));
  assert.deepEqual(await get(`${roles(org)}?include_totals=true`), { start: 0, limit: 50, total: 2, roles: [a, b] });
  assert.deepEqual([await get(roles(other)), await get(`/users/${encodeURIComponent(u)}/roles`)], [[], []]);
  assert.deepEqual((await get(`/organizations/${org.id}/roles/${a.id}/members`)).members.map((m) => m.user_id), [u]);
  const effective = (await get(`/organizations/${org.id}/members/${encodeURIComponent(u)}/effective-roles`)).roles;
  assert.deepEqual(effective.map((r) => [r.id, r.sources]), [[a.id, ['direct']], [b.id, ['direct']]]);
  const withRoles = await get(`/organizations/${org.id}/members?fields=user_id,roles`);
  assert.deepEqual(withRoles, [{ user_id: u, roles: [{ id: a.id, name: a.name }, { id: b.id, name: b.name }] }]);
  const few = await server.v2({ scope: 'read:organization_members' });
  assert.deepEqual(await ok(200, few('GET', `/organizations/${org.id}/members?fields=user_id,roles`)), [{ user_id: u }]);
  await ok(200, v2('DELETE', `/roles/${b.id}`));
  await ok(204, v2('DELETE', roles(org), { roles: ['rol_0000000000000000'] }));
  assert.deepEqual(await get(roles(org)), [a]);
  await ok(204, v2('DELETE', `/organizations/${org.id}/members`, { members: [u] }));
  assert.deepEqual([await get(roles(org)), (await get(`/organizations/${org.id}/roles/${a.id}/members`)).members], [[], []]);
});

test('roles in an organization go with their user, member or not', async () => {
  const org = await organization(), u = await user(), r = await role();
  await ok(204, v2('POST', `/organizations/${org.id}/members/${encodeURIComponent(u)}/roles`, { roles: [r.id] }));
  assert.deepEqual((await get(`/organizations/${org.id}/roles/${r.id}/members`)).members.map((m) => m.user_id), [u]);
  await ok(204, v2('DELETE', `/users/${encodeURIComponent(u)}`));
  assert.deepEqual((await get(`/organizations/${org.id}/roles/${r.id}/members`)).members, []);
});

test('a member has at most fifty roles', async () => {
  const org = await organization(), u = await user(), roles = [];
  for (let i = 0; i < 51; i++) roles.push((await role()).id);
  const path = `/organizations/${org.id}/members/${encodeURIComponent(u)}/roles`;
  await refused(v2('POST', path, { roles }), 409, undefined, 'No more roles can be assigned to this organization member.');
  await ok(204, v2('POST', path, { roles: roles.slice(1) }));
});

// --- connections ----------------------------------------------------------------------------------

test('a connection is enabled for an organization', async () => {
  const org = await organization(), c = await connection(), ad = await connection('ad'), path = `/organizations/${org.id}/enabled_connections`;
  const added = await ok(201, v2('POST', path, { connection_id: c.id, assign_membership_on_login: true }));
  assert.deepEqual(added, { connection_id: c.id, assign_membership_on_login: true, is_signup_enabled: false, show_as_button: true, connection: { name: c.name, strategy: 'auth0' } });
  assert.deepEqual(await get(`${path}/${c.id}`), added);
  assert.ok(!('is_signup_enabled' in await ok(201, v2('POST', path, { connection_id: ad.id }))));
  assert.equal((await ok(200, v2('PATCH', `${path}/${c.id}`, { show_as_button: false }))).show_as_button, false);
  assert.deepEqual((await get(`${path}?include_totals=true`)).enabled_connections.map((x) => x.connection_id), [c.id, ad.id]);
  await refused(v2('POST', path, { connection_id: c.id }), 409, undefined, 'The organization connection already exists.');
  await refused(v2('POST', path, { connection_id: 'con_0000000000000000' }), 404, 'inexistent_connection');
  await ok(204, v2('DELETE', `${path}/${c.id}`));
  await refused(v2('GET', `${path}/${c.id}`), 404, undefined, 'No connection found by that id');
  await ok(202, v2('DELETE', `/connections/${ad.id}`));
  assert.deepEqual(await get(path), []);
});

test('sign-up needs assign_membership_on_login and a database', async () => {
  const org = await organization(), c = await connection(), ad = await connection('ad'), path = `/organizations/${org.id}/enabled_connections`;
  const words = [400, 'invalid_body', 'Only database connections with assign_membership_on_login = true support is_signup_enabled = true.'];
  await refused(v2('POST', path, { connection_id: c.id, is_signup_enabled: true }), ...words);
  await refused(v2('POST', path, { connection_id: ad.id, is_signup_enabled: true, assign_membership_on_login: true }), ...words);
  await ok(201, v2('POST', path, { connection_id: c.id, is_signup_enabled: true, assign_membership_on_login: true }));
  await refused(v2('PATCH', `${path}/${c.id}`, { assign_membership_on_login: false }), ...words);
});

test('is_enabled takes a connection out of enabled_connections', async () => {
  const org = await organization(), c = await connection(), path = `/organizations/${org.id}/connections`;
  const added = await ok(201, v2('POST', path, { connection_id: c.id, is_enabled: false, organization_connection_name: 'ours' }));
  assert.deepEqual([added.is_enabled, added.organization_access_level, added.organization_connection_name], [false, 'none', 'ours']);
  assert.deepEqual(await get(`/organizations/${org.id}/enabled_connections`), []);
  await refused(v2('GET', `/organizations/${org.id}/enabled_connections/${c.id}`), 404);
  assert.deepEqual([(await get(`${path}?is_enabled=false`)).length, (await get(`${path}?is_enabled=true`)).length, (await get(path)).length], [1, 0, 1]);
  const back = await ok(200, v2('PATCH', `${path}/${c.id}`, { is_enabled: null, organization_connection_name: null }));
  assert.deepEqual([back.is_enabled, 'organization_connection_name' in back], [true, false]);
  assert.equal((await get(`/organizations/${org.id}/enabled_connections`)).length, 1);
  await ok(204, v2('DELETE', `${path}/${c.id}`));
});

// --- clients, grants, domains -------------------------------------------------------------------------

test('a client grant serves an organization', async () => {
  const api = await ok(201, v2('POST', '/resource-servers', { identifier: `https://api-${n++}/` })), g = await grant(api.identifier, { organization_usage: 'allow', allow_any_organization: true });
  const org = await organization(), path = `/organizations/${org.id}/client-grants`;
  assert.deepEqual(await ok(201, v2('POST', path, { grant_id: g.id })), { id: g.id, grant_id: g.id, client_id: g.client_id, audience: g.audience, scope: [], organization_usage: 'allow', allow_any_organization: true });
  await refused(v2('POST', path, { grant_id: g.id }), 409, undefined, 'The client grant has already been added to this organization.');
  await refused(v2('POST', path, { grant_id: 'cgr_0000000000000000' }), 404, 'inexistent_client_grant');
  assert.deepEqual(ids(await get(`/client-grants/${g.id}/organizations`)), [org.id]);
  assert.deepEqual(ids(await all(`/client-grants/${g.id}/organizations`, 'organizations', 1)), [org.id]);
  await ok(204, v2('DELETE', `${path}/${g.id}`));
  assert.deepEqual(await get(path), []);
  await ok(201, v2('POST', path, { grant_id: g.id }));
  await ok(204, v2('DELETE', `/client-grants/${g.id}`));
  assert.deepEqual(await get(path), []);
});

test("an organization's client grants are filtered", async () => {
  const org = await organization(), grants = [], path = `/organizations/${org.id}/client-grants`;
  for (let i = 0; i < 3; i++) {
    const api = await ok(201, v2('POST', '/resource-servers', { identifier: `https://api-${n++}/` }));
    grants.push(await grant(api.identifier));
    await ok(201, v2('POST', path, { grant_id: grants[i].id }));
  }
  assert.deepEqual(ids(await get(`${path}?audience=${encodeURIComponent(grants[1].audience)}`)), [grants[1].id]);
  assert.deepEqual(ids(await get(`${path}?client_id=${grants[2].client_id}`)), [grants[2].id]);
  assert.deepEqual(ids(await get(`${path}?grant_ids=${grants[0].id}&grant_ids=${grants[2].id}`)), [grants[0].id, grants[2].id]);
  const page = await get(`${path}?include_totals=true&per_page=2&page=1`);
  assert.deepEqual([page.start, page.limit, page.total, ids(page.client_grants)], [2, 2, 3, [grants[2].id]]);
});

test('clients of an organization come and go', async () => {
  const org = await organization(), c = await client({ app_type: 'spa', organization_usage: 'allow' }), path = `/organizations/${org.id}/clients`;
  const added = await ok(201, v2('POST', path, { clients: [{ client_id: c.client_id, use_for_member_access: false }] }));
  assert.equal(added[0].client_id, c.client_id);
  assert.deepEqual([added[0].client.name, added[0].client.app_type, added[0].client.organization_usage], [c.name, 'spa', 'allow']);
  assert.equal((await ok(200, v2('PATCH', `${path}/${c.client_id}`, { use_for_member_access: true }))).use_for_member_access, true);
  assert.deepEqual((await get(path)).clients, [await get(`${path}/${c.client_id}`)]);
  await refused(v2('POST', path, { clients: [{ client_id: 'nobody', use_for_member_access: true }] }), 404, 'inexistent_client');
  await ok(204, v2('DELETE', path, { clients: [c.client_id] }));
  await refused(v2('GET', `${path}/${c.client_id}`), 404, undefined, 'No client found by that id');
  await ok(201, v2('POST', path, { clients: [{ client_id: c.client_id, use_for_member_access: true }] }));
  await ok(204, v2('DELETE', `/clients/${c.client_id}`));
  assert.deepEqual(await get(path), { clients: [] });
});

test('a discovery domain stands once in an organization', async () => {
  const org = await organization(), other = await organization(), path = `/organizations/${org.id}/discovery-domains`;
  const made = await ok(201, v2('POST', path, { domain: 'acme.example' }));
  assert.match(made.id, /^ord_[A-Za-z0-9]{22}$/);
  assert.deepEqual([made.status, made.use_for_organization_discovery, made.verification_host], ['pending', true, `_ss-verification.${org.id}.acme.example`]);
  assert.match(made.verification_txt, /^[0-9a-f]{32}$/);
  await refused(v2('POST', path, { domain: 'ACME.example' }), 409, undefined, 'An organization discovery domain with this domain is already registered to this organization.');
  await ok(201, v2('POST', `/organizations/${other.id}/discovery-domains`, { domain: 'acme.example' }));
  assert.deepEqual([await get(`${path}/${made.id}`), await get(`${path}/name/acme.example`)], [made, made]);
  await refused(v2('GET', `/organizations/${other.id}/discovery-domains/${made.id}`), 404, undefined, 'No organization domain found by that id');
  assert.equal((await ok(200, v2('PATCH', `${path}/${made.id}`, { status: 'verified' }))).status, 'verified');
  for (const domain of ['b.example', 'c.example']) await ok(201, v2('POST', path, { domain }));
  assert.deepEqual((await all(path, 'domains')).map((d) => d.domain), ['acme.example', 'b.example', 'c.example']);
  await ok(204, v2('DELETE', `${path}/${made.id}`));
  await refused(v2('GET', `${path}/${made.id}`), 404);
  await ok(204, v2('DELETE', `${path}/${made.id}`));
});

// --- invitations -------------------------------------------------------------------------------------------

const invite = (org, c, body = {}) => v2('POST', `/organizations/${org.id}/invitations`, { inviter: { name: 'Ann' }, invitee: { email: 'bob@example.com' }, client_id: c.client_id, ...body });

test("an invitation leads to the client's login URI", async () => {
  const org = await organization(), c = await client({ organization_usage: 'allow', initiate_login_uri: 'https://app.example/login' });
  const made = await ok(201, invite(org, c));
  assert.match(made.id, /^uinv_[A-Za-z0-9]{16}$/);
  assert.equal(made.invitation_url, `https://app.example/login?invitation=${made.ticket_id}&organization=${org.id}&organization_name=${org.name}`);
  assert.deepEqual(await get(`/organizations/${org.id}/invitations/${made.id}`), made);
  const { invitation_url: plain } = await ok(201, invite(org, await client({ organization_usage: 'require' })));
  assert.ok(plain.startsWith(`${server.issuer}login?invitation=`), plain);
  await refused(invite(org, await client()), 400, undefined, 'The specified client_id does not allow organizations.');
  await refused(invite(org, { client_id: 'A'.repeat(32) }), 400, undefined, 'The specified client_id does not exist.');
});

test('an invitation names an enabled connection', async () => {
  const org = await organization(), c = await client({ organization_usage: 'allow' }), con = await connection();
  await refused(invite(org, c, { connection_id: 'con_0000000000000000' }), 400, undefined, 'The specified connection does not exist.');
  await refused(invite(org, c, { connection_id: con.id }), 400, undefined, `The specified connection (${con.id}) is not enabled for the organization`);
  await ok(201, v2('POST', `/organizations/${org.id}/enabled_connections`, { connection_id: con.id }));
  assert.equal((await ok(201, invite(org, c, { connection_id: con.id }))).connection_id, con.id);
});

test('an invitation names roles that exist', async () => {
  const org = await organization(), c = await client({ organization_usage: 'allow' }), r = await role();
  assert.deepEqual((await ok(201, invite(org, c, { roles: [r.id], user_metadata: { a: 1 } }))).roles, [r.id]);
  await refused(invite(org, c, { roles: ['rol_0000000000000001', r.id, 'rol_0000000000000002'] }), 400, undefined,
    'One or more of the specified roles do not exist: rol_0000000000000001, rol_0000000000000002');
});

test('ttl_sec sets expires_at of an invitation', async () => {
  const org = await organization(), c = await client({ organization_usage: 'allow' });
  const lives = async (body) => { const i = await ok(201, invite(org, c, body)); return (Date.parse(i.expires_at) - Date.parse(i.created_at)) / 1000; };
  assert.deepEqual([await lives({ ttl_sec: 60 }), await lives({ ttl_sec: 0 }), await lives()], [60, 604800, 604800]);
});

test('invitations stand in order of creation', async () => {
  const org = await organization(), c = await client({ organization_usage: 'allow' }), path = `/organizations/${org.id}/invitations`, made = [];
  for (let i = 0; i < 3; i++) made.push((await ok(201, invite(org, c))).id);
  assert.deepEqual(ids(await get(path)), [...made].reverse());
  assert.deepEqual(ids(await get(`${path}?sort=created_at:1`)), made);
  assert.deepEqual(await get(`${path}?sort=created_at:1&include_totals=true&per_page=2&page=1&fields=id`), { start: 2, limit: 1, invitations: [{ id: made[2] }] });
  await refused(v2('GET', `${path}?sort=name:1`), 400, 'invalid_query_string');
  await ok(204, v2('DELETE', `${path}/${made[0]}`));
  await refused(v2('GET', `${path}/${made[0]}`), 404, 'inexistent_invitation', 'The invitation does not exist.');
  await ok(204, v2('DELETE', `/organizations/${org.id}`));
  await refused(v2('GET', path), ...missing);
});

test('an invitation mails its invitee unless it may not, and its ticket is sealed', async () => {
  const org = await organization(), c = await client({ organization_usage: 'allow' });
  const sent = await ok(201, invite(org, c)), quiet = await ok(201, invite(org, c, { send_invitation_email: false }));
  const mails = sql(server, "SELECT body FROM outbox WHERE kind = 'user_invitation'").map(([body]) => JSON.parse(body).invitation_id);
  assert.ok(mails.includes(sent.id) && !mails.includes(quiet.id));
  const stored = sql(server, "SELECT body FROM documents WHERE kind = 'invitation' UNION ALL SELECT body FROM outbox UNION ALL SELECT body FROM logs").join();
  assert.ok(!stored.includes(sent.ticket_id));
});

test('another tenant has none of it', async () => {
  const credentials = server.createTenant('other-orgs');
  const there = await server.v2({ credentials, host: credentials.domain });
  assert.deepEqual((await there('GET', '/organizations')).body, []);
  const org = await organization();
  assert.equal((await there('GET', `/organizations/${org.id}`)).status, 404);
});
