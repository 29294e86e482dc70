// /api/v2/roles, and the roles and permissions of users.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused } = require('./lib/check');

let server, v2, n = 0;

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
});
after(async () => { if (server) await server.stop(); });

const role = (body = {}) => ok(200, v2('POST', '/roles', { name: `role ${n++}`, ...body }));
const user = async () => (await ok(201, v2('POST', '/users', { connection: 'Username-Password-Authentication', email: `u${n++}@example.com`, password: 'pa55word-of-it' }))).user_id;
const api = (scopes) => ok(201, v2('POST', '/resource-servers', { name: 'An API', identifier: `https://api-${n++}.example/`, scopes: scopes.map((value) => ({ value, description: `may ${value}` })) }));
const named = (a, ...scopes) => ({ permissions: scopes.map((s) => ({ resource_server_identifier: a.identifier, permission_name: s })) });
const of = (id) => `/users/${encodeURIComponent(id)}`;
const get = (path) => ok(200, v2('GET', path));
const names = (list) => list.map((p) => p.permission_name).sort();

test('a role is made, read, changed and deleted', async () => {
  const made = await role({ description: 'first' });
  assert.match(made.id, /^rol_[A-Za-z0-9]{16}$/);
  assert.deepEqual(await get(`/roles/${made.id}`), made);
  assert.equal((await ok(200, v2('PATCH', `/roles/${made.id}`, { description: 'second' }))).description, 'second');
  assert.deepEqual(await ok(200, v2('DELETE', `/roles/${made.id}`)), {});
  await refused(v2('GET', `/roles/${made.id}`), 404, undefined, 'The role does not exist.');
  await refused(v2('DELETE', `/roles/${made.id}`), 404, undefined, 'The role does not exist.');
});

test("a role's name is unique", async () => {
  const first = await role(), second = await role();
  await refused(v2('POST', '/roles', { name: first.name }), 409, undefined, 'The role already exists.');
  await refused(v2('PATCH', `/roles/${second.id}`, { name: first.name }), 409);
});

test('name_filter finds a part of the name', async () => {
  const wanted = await role({ name: 'Chief Needle Officer' });
  assert.deepEqual(await get('/roles?name_filter=nEEdle'), [wanted]);
  assert.equal((await get('/roles?name_filter=needle&include_totals=true')).total, 1);
  assert.deepEqual(await get('/roles?name_filter=no-such'), []);
});

test('roles are listed by type and owner', async () => {
  const org = await ok(201, v2('POST', '/organizations', { name: `owner-${n++}` }));
  const owned = await role({ type: 'organization', owner_id: org.id });
  const tenants = [await role({ type: 'tenant' }), await role()].map((r) => r.id);
  assert.deepEqual(await get(`/roles?owner_id=${org.id}`), [owned]);
  assert.ok((await get('/roles?type=organization')).some((r) => r.id === owned.id));
  const listed = (await get('/roles?type=tenant')).map((r) => r.id);
  assert.ok(tenants.every((id) => listed.includes(id)) && !listed.includes(owned.id), 'a role without a type is the tenant\'s');
  await refused(v2('POST', '/roles', { name: 'x', owner_id: org.id }), 400, 'invalid_body');
  await ok(204, v2('DELETE', `/organizations/${org.id}`));
  await refused(v2('GET', `/roles/${owned.id}`), 404);
});

test("an organization's role is assigned in that organization only", async () => {
  const mine = await ok(201, v2('POST', '/organizations', { name: `mine-${n++}` }));
  const other = await ok(201, v2('POST', '/organizations', { name: `other-${n++}` }));
  const owned = await role({ type: 'organization', owner_id: mine.id }), u = await user();
  for (const org of [mine, other]) await ok(204, v2('POST', `/organizations/${org.id}/members`, { members: [u] }));
  const there = (org) => v2('POST', `/organizations/${org.id}/members/${encodeURIComponent(u)}/roles`, { roles: [owned.id] });
  await refused(v2('POST', `${of(u)}/roles`, { roles: [owned.id] }), 404, undefined, `One or more of the roles do not exist: ${owned.id}`);
  await refused(v2('POST', `/roles/${owned.id}/users`, { users: [u] }), 404);
  await refused(there(other), 404);
  await ok(204, there(mine));
});

test('users get and lose roles', async () => {
  const [a, b] = [await role(), await role()], [u, w] = [await user(), await user()];
  await ok(204, v2('POST', `${of(u)}/roles`, { roles: [a.id, b.id] }));
  await ok(204, v2('POST', `${of(u)}/roles`, { roles: [a.id] }));
  assert.deepEqual(await ok(200, v2('POST', `/roles/${a.id}/users`, { users: [w] })), {});
  assert.deepEqual((await get(`${of(u)}/roles`)).map((r) => r.id), [a.id, b.id]);
  assert.deepEqual((await get(`/roles/${a.id}/users`)).map((x) => x.user_id), [u, w]);
  assert.deepEqual(Object.keys((await get(`/roles/${a.id}/users`))[0]).sort(), ['email', 'name', 'picture', 'user_id']);
  await ok(204, v2('DELETE', `${of(u)}/roles`, { roles: [a.id, 'rol_0000000000000000'] }));
  assert.deepEqual((await get(`${of(u)}/roles?include_totals=true`)), { start: 0, limit: 50, total: 1, roles: [b] });
  await refused(v2('POST', `${of(u)}/roles`, { roles: ['rol_0000000000000000'] }), 404);
  await refused(v2('POST', `/roles/${a.id}/users`, { users: [u, 'auth0|nobody'] }), 404, undefined, 'One or more of the users do not exist.');
  assert.deepEqual((await get(`/roles/${a.id}/users`)).map((x) => x.user_id), [w], 'a refused call changes nothing');
  await refused(v2('GET', '/users/auth0%7Cnobody/roles'), 404, 'inexistent_user');
});

test('the users of a role page exactly', async () => {
  const r = await role(), users = [];
  for (let i = 0; i < 5; i++) users.push(await user());
  await ok(200, v2('POST', `/roles/${r.id}/users`, { users }));
  const page = await get(`/roles/${r.id}/users?page=1&per_page=2&include_totals=true`);
  assert.deepEqual({ ...page, users: page.users.map((x) => x.user_id) }, { start: 2, limit: 2, total: 5, users: users.slice(2, 4) });
  const seen = [];
  for (let from = '', i = 0; i < 9; i++) {
    const part = await get(`/roles/${r.id}/users?take=2${from && `&from=${from}`}`);
    seen.push(...part.users.map((x) => x.user_id));
    if (!part.next) break;
    from = part.next;
  }
  assert.deepEqual(seen, users);
});

test("the permissions of a role are its users'", async () => {
  const a = await api(['read', 'write']), r = await role(), u = await user();
  assert.deepEqual(await ok(201, v2('POST', `/roles/${r.id}/permissions`, named(a, 'read', 'write'))), {});
  await ok(204, v2('POST', `${of(u)}/roles`, { roles: [r.id] }));
  const [first] = await get(`/roles/${r.id}/permissions`);
  assert.deepEqual(first, { permission_name: 'read', description: 'may read', resource_server_name: 'An API', resource_server_identifier: a.identifier });
  const [mine] = await get(`${of(u)}/permissions`);
  assert.deepEqual(mine, { ...first, sources: [{ source_id: r.id, source_name: r.name, source_type: 'ROLE' }] });
  await ok(204, v2('DELETE', `/roles/${r.id}/permissions`, named(a, 'read')));
  assert.deepEqual(names(await get(`${of(u)}/permissions`)), ['write']);
  await refused(v2('POST', `/roles/${r.id}/permissions`, named({ identifier: 'urn:none' }, 'fly')), 404, 'inexistent_resource_server');
  await refused(v2('POST', `/roles/${r.id}/permissions`, named(a, 'fly')), 404, 'inexistent_resource_server_permission', `This permission does not exist: '${a.identifier} - fly'`);
});

test('permissions are given to a user', async () => {
  const a = await api(['read', 'write']), u = await user(), r = await role();
  assert.deepEqual(await ok(201, v2('POST', `${of(u)}/permissions`, named(a, 'read'))), {});
  await ok(201, v2('POST', `${of(u)}/permissions`, named(a, 'read')));
  assert.deepEqual((await get(`${of(u)}/permissions`)).map((p) => p.sources), [[{ source_id: '', source_name: '', source_type: 'DIRECT' }]]);
  await ok(201, v2('POST', `/roles/${r.id}/permissions`, named(a, 'read')));
  await ok(204, v2('POST', `${of(u)}/roles`, { roles: [r.id] }));
  const both = await get(`${of(u)}/permissions?include_totals=true`);
  assert.deepEqual([both.total, both.permissions[0].sources.map((s) => s.source_type)], [1, ['DIRECT', 'ROLE']]);
  await ok(204, v2('DELETE', `${of(u)}/permissions`, named(a, 'read')));
  assert.deepEqual((await get(`${of(u)}/permissions`))[0].sources.map((s) => s.source_type), ['ROLE']);
  await refused(v2('POST', `${of(u)}/permissions`, named(a, 'read', 'fly')), 404, 'inexistent_resource_server_permission');
});

test('effective permissions name their sources', async () => {
  const a = await api(['read', 'write']), other = await api(['read']), u = await user(), r = await role();
  await ok(201, v2('POST', `${of(u)}/permissions`, { permissions: [...named(a, 'read').permissions, ...named(other, 'read').permissions] }));
  await ok(201, v2('POST', `/roles/${r.id}/permissions`, named(a, 'read', 'write')));
  await ok(204, v2('POST', `${of(u)}/roles`, { roles: [r.id] }));
  const query = `resource_server_identifier=${encodeURIComponent(a.identifier)}`;
  const { permissions } = await get(`${of(u)}/effective-permissions?${query}`);
  assert.deepEqual(permissions.map((p) => [p.permission_name, p.sources]), [['read', ['direct', 'roles']], ['write', ['roles']]]);
  const part = await get(`${of(u)}/effective-permissions?${query}&take=1`);
  assert.deepEqual(names((await get(`${of(u)}/effective-permissions?${query}&from=${part.next}`)).permissions), ['write']);
  const sources = await get(`${of(u)}/effective-permissions/sources/effective-roles?${query}&permission_name=write`);
  assert.deepEqual(sources, { roles: [{ id: r.id, name: r.name, description: '', sources: ['direct'] }] });
  assert.deepEqual(await get(`${of(u)}/effective-permissions?resource_server_identifier=none`), { permissions: [] });
});

test('what goes takes its roles and permissions along', async () => {
  const a = await api(['read', 'write']), [u, w] = [await user(), await user()], r = await role();
  await ok(201, v2('POST', `/roles/${r.id}/permissions`, named(a, 'read', 'write')));
  await ok(200, v2('POST', `/roles/${r.id}/users`, { users: [u, w] }));
  await ok(201, v2('POST', `${of(u)}/permissions`, named(a, 'write')));
  await ok(200, v2('PATCH', `/resource-servers/${a.id}`, { scopes: [{ value: 'read', description: 'may read' }] }));
  assert.deepEqual([names(await get(`/roles/${r.id}/permissions`)), names(await get(`${of(u)}/permissions`))], [['read'], ['read']]);
  await ok(204, v2('DELETE', of(w)));
  assert.deepEqual((await get(`/roles/${r.id}/users`)).map((x) => x.user_id), [u]);
  await ok(204, v2('DELETE', `/resource-servers/${a.id}`));
  assert.deepEqual(await get(`/roles/${r.id}/permissions`), []);
  await ok(200, v2('DELETE', `/roles/${r.id}`));
  assert.deepEqual(await get(`${of(u)}/roles`), []);
});

test('fifty users and fifty roles in one call', async () => {
  const roles = [], users = [];
  for (let i = 0; i < 50; i++) {
    roles.push((await role()).id);
    users.push((await ok(201, v2('POST', '/users', { connection: 'Username-Password-Authentication', email: `many${i}@example.com`, password: 'pa55word-of-it' }))).user_id);
  }
  await ok(200, v2('POST', `/roles/${roles[0]}/users`, { users }));
  await ok(204, v2('POST', `${of(users[0])}/roles`, { roles }));
  assert.equal((await get(`/roles/${roles[0]}/users?include_totals=true`)).total, 50);
  assert.equal((await get(`${of(users[0])}/roles?include_totals=true`)).total, 50);
});

test('roles need their scopes', async () => {
  const reader = await server.v2({ scope: 'read:roles' });
  await ok(200, reader('GET', '/roles'));
  await refused(reader('POST', '/roles', { name: 'x' }), 403, 'insufficient_scope');
  const r = await role();
  await refused(reader('GET', `/roles/${r.id}/users`), 403, 'insufficient_scope');
  const both = await server.v2({ scope: 'read:roles read:users' });
  await ok(200, both('GET', `/roles/${r.id}/users`));
});
