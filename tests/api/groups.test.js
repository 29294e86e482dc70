// /api/v2/groups, and groups of users, roles and organizations. No API makes groups: they come from directories, here from
// rows in the store.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused } = require('./lib/check');
const { sql } = require('./lib/v1');

const at = '2024-01-02T03:04:05.000Z';
const id = (n) => `grp_${String(n).padStart(22, '1')}`;
const of = (user) => `/users/${encodeURIComponent(user)}`;
let server, v2, users, connection, n = 0;

function groupRows(number, body) {
  const doc = JSON.stringify({ id: id(number), created_at: at, updated_at: at, tenant_name: 'default', ...body });
  const rows = [['INSERT INTO documents (kind, id, body, created_at, updated_at) VALUES (?, ?, ?, 0, 0)', ['group', id(number), doc]]];
  for (const member of ['connection_id', 'name', 'external_id'])
    if (body[member]) rows.push(["INSERT INTO document_filter SELECT 'group', ?, ?, seq FROM documents WHERE kind = 'group' AND id = ?", [member, body[member], id(number)]]);
  return rows;
}
const memberRow = (number, user) => ["INSERT INTO relations (kind, a, b, body) VALUES ('group_member', ?, ?, ?)", [id(number), user, JSON.stringify({ created_at: at })]];

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  users = [];
  for (const email of ['ann@example.com', 'bob@example.com'])
    users.push((await ok(201, v2('POST', '/users', { connection: 'Username-Password-Authentication', email, password: 'pa55word-of-it' }))).user_id);
  connection = await ok(201, v2('POST', '/connections', { name: 'directory', strategy: 'auth0' }));
  sql(server, [...groupRows(2, { name: 'Admins', external_id: 'a-2', connection_id: connection.id }), ...groupRows(3, { name: 'Guests', external_id: 'g-3' }),
    ...groupRows(4, { name: 'Staff', connection_id: connection.id }), memberRow(2, users[0]), memberRow(3, users[0]), memberRow(2, users[1])], [], { write: true });
});
after(async () => { if (server) await server.stop(); });

const get = (path) => ok(200, v2('GET', path));
const role = (body = {}) => ok(200, v2('POST', '/roles', { name: `role ${n++}`, ...body }));
const organization = () => ok(201, v2('POST', '/organizations', { name: `org-${n++}` }));
const ids = (list) => list.map((x) => x.id);

test('groups are filtered and searched', async () => {
  assert.deepEqual(ids(await get('/groups')), [id(2), id(3), id(4)]);
  assert.deepEqual(ids(await get(`/groups?connection_id=${connection.id}`)), [id(2), id(4)]);
  assert.deepEqual(ids(await get('/groups?name=Guests')), [id(3)]);
  assert.deepEqual(ids(await get('/groups?external_id=a-2')), [id(2)]);
  assert.deepEqual(ids(await get('/groups?search=ST')), [id(3), id(4)]);
  assert.deepEqual(await get('/groups?per_page=1&page=1&include_totals=true&fields=name'), { start: 1, limit: 1, total: 3, groups: [{ name: 'Guests' }] });
  const first = await get('/groups?take=2');
  assert.deepEqual(await get(`/groups?take=2&from=${first.next}&fields=id`), { groups: [{ id: id(4) }] });
});

test('a group and its members are read', async () => {
  assert.deepEqual(await get(`/groups/${id(2)}`), { id: id(2), name: 'Admins', external_id: 'a-2', connection_id: connection.id, tenant_name: 'default', created_at: at, updated_at: at });
  const { members } = await get(`/groups/${id(2)}/members`);
  assert.deepEqual(members, users.map((u) => ({ id: u, member_type: 'user', type: 'connection', connection_id: connection.id, created_at: at })));
  const mine = await get(`${of(users[0])}/groups`);
  assert.deepEqual(mine.map((g) => [g.id, g.membership_created_at]), [[id(2), at], [id(3), at]]);
  assert.equal((await get(`${of(users[1])}/groups?include_totals=true`)).total, 1);
  await refused(v2('GET', `/groups/${id(9)}`), 404, undefined, 'Group not found.');
});

test('a group gets and loses roles', async () => {
  const [a, b] = [await role(), await role()];
  await ok(204, v2('POST', `/groups/${id(2)}/roles`, { roles: [a.id, b.id] }));
  await ok(204, v2('POST', `/roles/${a.id}/groups`, { groups: [id(3)] }));
  assert.deepEqual(ids((await get(`/groups/${id(2)}/roles`)).roles), [a.id, b.id]);
  assert.deepEqual(ids((await get(`/roles/${a.id}/groups`)).groups), [id(2), id(3)]);
  await ok(204, v2('DELETE', `/roles/${a.id}/groups`, { groups: [id(2)] }));
  await ok(204, v2('DELETE', `/groups/${id(3)}/roles`, { roles: [a.id] }));
  await ok(204, v2('DELETE', `/groups/${id(2)}/roles`, { roles: [b.id] }));
  assert.deepEqual([await get(`/groups/${id(2)}/roles`), await get(`/roles/${a.id}/groups`)], [{ roles: [] }, { groups: [] }]);
  await refused(v2('POST', `/groups/${id(9)}/roles`, { roles: [a.id] }), 404, undefined, 'Group not found.');
  await refused(v2('POST', `/roles/${a.id}/groups`, { groups: [id(9)] }), 404, undefined, 'Group not found.');
});

test('the members of a group have its roles', async () => {
  const api = await ok(201, v2('POST', '/resource-servers', { identifier: 'https://of-groups/', scopes: [{ value: 'read' }] }));
  const [a, b] = [await role({ description: 'both ways' }), await role()];
  await ok(201, v2('POST', `/roles/${b.id}/permissions`, { permissions: [{ resource_server_identifier: api.identifier, permission_name: 'read' }] }));
  await ok(204, v2('POST', `/groups/${id(2)}/roles`, { roles: [a.id, b.id] }));
  await ok(204, v2('POST', `${of(users[0])}/roles`, { roles: [a.id] }));
  const effective = (await get(`${of(users[0])}/effective-roles`)).roles;
  assert.deepEqual(effective, [{ id: a.id, name: a.name, description: 'both ways', sources: ['direct', 'groups'] }, { id: b.id, name: b.name, description: '', sources: ['groups'] }]);
  const permissions = (await get(`${of(users[0])}/effective-permissions?resource_server_identifier=${encodeURIComponent(api.identifier)}`)).permissions;
  assert.deepEqual(permissions.map((p) => [p.permission_name, p.sources]), [['read', ['roles']]]);
  assert.deepEqual(ids(await get(`${of(users[0])}/roles`)), [a.id], 'roles of groups are not given to the user');
});

test('the groups that give a role are named', async () => {
  const r = await role(), org = await organization();
  await ok(204, v2('POST', `/roles/${r.id}/groups`, { groups: [id(2), id(4)] }));
  assert.deepEqual(ids((await get(`${of(users[0])}/effective-roles/sources/groups?role_id=${r.id}`)).groups), [id(2)]);
  await ok(204, v2('POST', `/organizations/${org.id}/groups/${id(3)}/roles`, { roles: [r.id] }));
  const there = `/organizations/${org.id}/members/${encodeURIComponent(users[0])}/effective-roles`;
  assert.deepEqual(ids((await get(`${there}/sources/groups?role_id=${r.id}`)).groups), [id(3)]);
  assert.deepEqual((await get(there)).roles.map((x) => [x.id, x.sources]), [[r.id, ['groups']]]);
  await refused(v2('GET', `${of(users[0])}/effective-roles/sources/groups?role_id=rol_0000000000000000`), 404);
});

test('a group has roles in an organization', async () => {
  const org = await organization(), [a, b] = [await role(), await role()];
  const roles = `/organizations/${org.id}/groups/${id(4)}/roles`, groups = `/organizations/${org.id}/groups`;
  await ok(204, v2('POST', roles, { roles: [a.id, b.id] }));
  assert.deepEqual([ids((await get(roles)).roles), ids((await get(groups)).groups)], [[a.id, b.id], [id(4)]]);
  assert.deepEqual(ids((await get(`/organizations/${org.id}/roles/${a.id}/groups`)).groups), [id(4)]);
  await ok(204, v2('DELETE', roles, { roles: [a.id] }));
  assert.deepEqual(ids((await get(groups)).groups), [id(4)]);
  await ok(200, v2('DELETE', `/roles/${b.id}`));
  assert.deepEqual([await get(roles), await get(groups)], [{ roles: [] }, { groups: [] }]);
  await refused(v2('GET', `/organizations/org_0000000000000000/groups`), 404);
});

test('a group goes, or its connection', async () => {
  const r = await role();
  await ok(204, v2('POST', `/roles/${r.id}/groups`, { groups: [id(3), id(4)] }));
  await ok(204, v2('DELETE', `/groups/${id(3)}`));
  assert.deepEqual(ids((await get(`/roles/${r.id}/groups`)).groups), [id(4)]);
  await ok(202, v2('DELETE', `/connections/${connection.id}`));
  assert.deepEqual([await get(`/roles/${r.id}/groups`), await get('/groups'), await get(`${of(users[0])}/groups`)], [{ groups: [] }, [], []]);
});
