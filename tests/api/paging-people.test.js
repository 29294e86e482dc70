// Every list of roles, groups, organizations and what belongs to users, in each of its kinds. The contract says which lists and
// kinds there are; one that no row here fills is a failure.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { Server } = require('./lib/server');
const { ok, refused, enc, links } = require('./lib/check');
const { makeUser, leave } = require('./lib/people');
const rows = require('./lib/rows');

const N = 7;
const seven = [...Array(N).keys()];
let server, v2, lists;

/** The groups' paged lists, as their files have them: path → {items, kinds, …}. */
function contract() {
  const folder = path.join(__dirname, '../../contract/v2'), found = {};
  for (const name of fs.readdirSync(folder).filter((f) => /^(roles|groups|organizations|users-|sessions|refresh-tokens|device-credentials|grants)/.test(f))) {
    let target;
    for (const line of fs.readFileSync(path.join(folder, name), 'utf8').split('\n')) {
      target = /^ {2}(?:GET|POST|PUT|PATCH|DELETE) (\S+):/.exec(line)?.[1] ?? target;
      const page = /^ {4}page: \{(.*)\}/.exec(line)?.[1];
      if (page) found[target] = { items: /items: (\w+)/.exec(page)[1], kinds: /kinds: \[(.*?)\]/.exec(page)[1].split(', '), max: Number(/max: (\d+)/.exec(page)[1]), totals: page.includes('totals: true') };
    }
  }
  return found;
}

/** What fills each list: [path of the contract, its parameters, key of an item, query]. */
const places = ({ user, role, group, org, api }) => [
  ['/roles', {}, 'id'],
  ['/roles/{id}/permissions', { id: role }, 'permission_name'],
  ['/roles/{id}/users', { id: role }, 'user_id'],
  ['/roles/{id}/groups', { id: role }, 'id'],
  ['/groups', {}, 'id'],
  ['/groups/{id}/members', { id: group }, 'id'],
  ['/groups/{id}/roles', { id: group }, 'id'],
  ['/organizations', {}, 'id'],
  ['/organizations/search', {}, 'id', { q: 'name:paged*', parser: 'lucene' }],
  ['/organizations/{id}/client-grants', { id: org }, 'id'],
  ['/organizations/{id}/clients', { id: org }, 'client_id'],
  ['/organizations/{id}/enabled_connections', { id: org }, 'connection_id'],
  ['/organizations/{id}/connections', { id: org }, 'connection_id'],
  ['/organizations/{id}/discovery-domains', { id: org }, 'id'],
  ['/organizations/{id}/invitations', { id: org }, 'id'],
  ['/organizations/{id}/members', { id: org }, 'user_id'],
  ['/organizations/{id}/members/{user_id}/roles', { id: org, user_id: user }, 'id'],
  ['/organizations/{id}/members/{user_id}/effective-roles', { id: org, user_id: user }, 'id'],
  ['/organizations/{id}/members/{user_id}/effective-roles/sources/groups', { id: org, user_id: user }, 'id', { role_id: role }],
  ['/organizations/{id}/roles/{role_id}/members', { id: org, role_id: role }, 'user_id'],
  ['/organizations/{organization_id}/groups', { organization_id: org }, 'id'],
  ['/organizations/{organization_id}/groups/{group_id}/roles', { organization_id: org, group_id: group }, 'id'],
  ['/organizations/{organization_id}/roles/{role_id}/groups', { organization_id: org, role_id: role }, 'id'],
  ['/users/{id}/connected-accounts', { id: user }, 'id'],
  ['/users/{id}/authentication-methods', { id: user }, 'id'],
  ['/users/{id}/logs', { id: user }, 'log_id'],
  ['/users/{id}/permissions', { id: user }, 'permission_name'],
  ['/users/{id}/effective-permissions', { id: user }, 'permission_name', { resource_server_identifier: api }],
  ['/users/{id}/effective-permissions/sources/effective-roles', { id: user }, 'id', { resource_server_identifier: api, permission_name: 'p0' }],
  ['/users/{id}/roles', { id: user }, 'id'],
  ['/users/{id}/effective-roles', { id: user }, 'id'],
  ['/users/{id}/effective-roles/sources/groups', { id: user }, 'id', { role_id: role }],
  ['/users/{id}/groups', { id: user }, 'id'],
  ['/users/{id}/organizations', { id: user }, 'id'],
  ['/users/{user_id}/sessions', { user_id: user }, 'id'],
  ['/users/{user_id}/refresh-tokens', { user_id: user }, 'id'],
  ['/refresh-tokens', {}, 'id', { user_id: user }],
  ['/device-credentials', {}, 'id', { type: 'refresh_token' }],
  ['/grants', {}, 'id', { user_id: user }],
];

const make = (target, body, status = 201) => ok(status, v2('POST', target, body));
const all = (f) => Promise.all(seven.map(f));

/** Seven of everything, and one of each that has all seven of the others. */
async function fill() {
  const users = await all(() => makeUser(v2)), user = users[0].user_id, mine = `/users/${enc(user)}`;
  const permissions = seven.map((n) => ({ resource_server_identifier: 'urn:paged', permission_name: `p${n}` }));
  await make('/resource-servers', { identifier: 'urn:paged', scopes: permissions.map((p) => ({ value: p.permission_name })) });
  const roles = (await all((n) => make('/roles', { name: `paged ${n}` }, 200))).map((r) => r.id);
  const orgs = (await all((n) => make('/organizations', { name: `paged-${n}` }))).map((o) => o.id);
  const clients = await all((n) => make('/clients', { name: `paged ${n}`, initiate_login_uri: 'https://app.example/login', organization_usage: 'allow' }));
  const connections = await all((n) => make('/connections', { name: `paged-${n}`, strategy: 'auth0' }));
  await all((n) => make('/resource-servers', { identifier: `urn:paged:${n}` }));
  const grants = await all((n) => make('/client-grants', { client_id: clients[0].client_id, audience: `urn:paged:${n}`, scope: [], organization_usage: 'allow' }));
  leave(server, {
    sessions: seven.map((n) => ({ id: `session-${n}`, user: users[0] })),
    tokens: seven.map((n) => ({ id: `token-${n}`, user: users[0], client: clients[0].client_id, device: `phone ${n}` })),
  });
  rows.write(server, ...seven.flatMap((n) => [rows.groupRows(n), rows.memberRows(n, users[0]), rows.consentRows(n, users[0], clients[0].client_id), rows.accountRows(n, users[0], connections[n])]),
    ...users.slice(1).map((u) => rows.memberRows(0, u)));
  const groups = seven.map(rows.groupId), role = roles[0], group = groups[0], org = `/organizations/${orgs[0]}`;
  await make(`/roles/${role}/permissions`, { permissions });
  for (const other of roles.slice(1)) await make(`/roles/${other}/permissions`, { permissions: [permissions[0]] });
  await make(`/roles/${role}/users`, { users: users.map((u) => u.user_id) }, 200);
  await make(`/roles/${role}/groups`, { groups }, 204);
  await make(`/groups/${group}/roles`, { roles }, 204);
  await make(`${mine}/roles`, { roles }, 204);
  await make(`${mine}/permissions`, { permissions });
  await make(`${org}/members`, { members: users.map((u) => u.user_id) }, 204);
  for (const other of orgs.slice(1)) await make(`/organizations/${other}/members`, { members: [user] }, 204);
  await make(`${org}/members/${enc(user)}/roles`, { roles }, 204);
  for (const u of users.slice(1)) await make(`${org}/members/${enc(u.user_id)}/roles`, { roles: [role] }, 204);
  await make(`${org}/groups/${group}/roles`, { roles }, 204);
  for (const g of groups.slice(1)) await make(`${org}/groups/${g}/roles`, { roles: [role] }, 204);
  for (const c of connections) await make(`${org}/enabled_connections`, { connection_id: c.id });
  await make(`${org}/clients`, { clients: clients.map((c) => ({ client_id: c.client_id, use_for_member_access: true })) });
  for (const g of grants) await make(`${org}/client-grants`, { grant_id: g.id });
  for (const n of seven) {
    await make(`${org}/discovery-domains`, { domain: `paged${n}.example` });
    await make(`${org}/invitations`, { inviter: { name: 'Ann' }, invitee: { email: `paged${n}@example.com` }, client_id: clients[0].client_id, send_invitation_email: false });
    await make(`${mine}/authentication-methods`, { type: 'phone', phone_number: `+1555000111${n}` });
    await ok(200, v2('PATCH', `/users/${enc(user)}`, { email: `renamed${n}@people.example` })); // an entry of the user's log
  }
  return { user, role, group, org: orgs[0], api: 'urn:paged' };
}

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  const known = contract();
  lists = places(await fill()).map(([name, params, key, query = {}]) => ({
    name, key, query, ...known[name], target: name.replace(/\{(\w+)\}/g, (_, p) => enc(params[p])),
  }));
});
after(async () => { if (server) await server.stop(); });

const url = (list, params) => `${list.target}?${new URLSearchParams({ ...list.query, ...params })}`;
const get = (list, params = {}) => ok(200, v2('GET', url(list, params)));
const keys = (list, items) => items.map((x) => x[list.key]);
const of = (kind) => lists.filter((l) => l.kinds?.includes(kind));
/** The whole list in one page, and that it is one. */
async function whole(list) {
  const items = list.kinds.includes('offset') ? await get(list, { per_page: 100 }) : (await get(list, { take: 100 }))[list.items];
  const found = keys(list, items);
  assert.ok(found.length >= N, `${list.name}: ${found.length}`);
  assert.ok(found.every((k) => typeof k === 'string'), list.name);
  assert.equal(new Set(found).size, found.length, list.name);
  return found;
}

test('every paged list of the contract is filled here', () => {
  assert.deepEqual(lists.map((l) => l.name).sort(), Object.keys(contract()).sort());
});

test('bare pages lead by Link to every item once', async () => {
  for (const list of of('offset')) {
    const seen = [];
    let at = `/api/v2${url(list, { per_page: 3 })}`, steps = 0;
    for (; at && steps < 20; steps++) {
      const answer = await server.request('GET', at, { headers: { Authorization: `Bearer ${v2.token}` } }), items = await ok(200, answer), { first, next, last } = links(answer);
      assert.ok(Array.isArray(items) && items.length <= 3, list.name);
      assert.ok(first && last, `${list.name}: ${answer.headers.link}`);
      assert.equal(new URL(first).searchParams.get('page'), '0', list.name);
      for (const [name, value] of Object.entries(list.query)) assert.equal(new URL(first).searchParams.get(name), value, list.name);
      seen.push(...keys(list, items));
      at = next && next.slice(server.issuer.length - 1);
    }
    assert.deepEqual(seen, await whole(list), list.name);
    assert.equal(steps, Math.ceil(seen.length / 3), list.name);
  }
});

test('totals say where the page stands', async () => {
  for (const list of of('offset')) {
    const found = await whole(list), page = await get(list, { per_page: 2, page: 1, include_totals: true });
    const total = list.items === 'invitations' ? {} : { total: found.length }; // invitations are never counted
    const where = { start: page.start, limit: page.limit, ...('total' in page && { total: page.total }) };
    assert.deepEqual(where, { start: 2, limit: 2, ...total }, list.name);
    assert.deepEqual(keys(list, page[list.items]), found.slice(2, 4), list.name);
    const beyond = await get(list, { per_page: 2, page: 90, include_totals: true });
    assert.deepEqual([beyond.start, beyond[list.items]], [180, []], list.name);
    assert.deepEqual(await get(list, { per_page: 2, page: 90 }), [], list.name);
    assert.deepEqual(keys(list, await get(list)), found, `${list.name}: a page of the default size is no smaller`);
  }
});

test('a checkpoint walk ends and sees every item once', async () => {
  for (const list of of('checkpoint')) {
    const found = await whole(list), seen = [];
    let from, steps = 0;
    do {
      const page = await get(list, { take: 2, ...(from && { from }) });
      assert.deepEqual(Object.keys(page).filter((k) => k !== 'next'), [list.items], list.name);
      assert.ok(page[list.items].length <= 2, list.name);
      seen.push(...keys(list, page[list.items]));
      from = page.next;
    } while (from && ++steps < 20);
    assert.equal(from, undefined, list.name);
    assert.deepEqual([...seen].sort(), found.sort(), list.name);
    assert.ok(!('next' in await get(list, { take: found.length })), `${list.name}: nothing follows the last one`);
    if (list.totals) assert.equal((await get(list, { take: 2, include_totals: true })).total, found.length, list.name);
  }
});

test('what is added and removed during a checkpoint walk leaves the others as they are', async () => {
  const extra = await all(() => makeUser(v2)), ids = extra.map((u) => u.user_id);
  const org = await make('/organizations', { name: 'moving' }), role = await make('/roles', { name: 'moving' }, 200);
  for (const [target, add, remove] of [
    [`/organizations/${org.id}/members`, (users) => make(`/organizations/${org.id}/members`, { members: users }, 204), (id) => ok(204, v2('DELETE', `/organizations/${org.id}/members`, { members: [id] }))],
    [`/roles/${role.id}/users`, (users) => make(`/roles/${role.id}/users`, { users }, 200), (id) => ok(204, v2('DELETE', `/users/${enc(id)}/roles`, { roles: [role.id] }))],
  ]) {
    await add(ids.slice(0, 6));
    const items = target.split('/').pop(), seen = [];
    let from, steps = 0;
    do {
      const page = await ok(200, v2('GET', `${target}?take=2${from ? `&from=${from}` : ''}`));
      seen.push(...page[items].map((x) => x.user_id));
      if (steps === 0) {
        await remove(seen[0]);
        await add(ids.slice(6));
      }
      from = page.next;
    } while (from && ++steps < 20);
    assert.deepEqual([...seen].sort(), [...ids].sort(), target);
  }
});

test('a checkpoint that nobody gave is refused', async () => {
  for (const list of of('checkpoint'))
    for (const from of ['x', '-1', '99999999999999999999999'])
      await refused(v2('GET', url(list, { take: 2, from })), 400, 'invalid_query_string', /on property from/);
});

test('sizes beyond the limits are refused', async () => {
  for (const list of lists)
    for (const name of [...(list.kinds.includes('offset') ? ['per_page'] : []), ...(list.kinds.includes('checkpoint') ? ['take'] : [])]) {
      await refused(v2('GET', url(list, { [name]: list.max + 1 })), 400, 'invalid_query_string', new RegExp(`on property ${name}`));
      await refused(v2('GET', url(list, { [name]: -1 })), 400, 'invalid_query_string', new RegExp(`on property ${name}`));
      await ok(200, v2('GET', url(list, { [name]: list.max })));
    }
});

test('a list of more than a thousand names its last page and its total', async () => {
  const { user_id } = await makeUser(v2), numbers = 'WITH RECURSIVE n(x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < 1000) ', id = "printf('grp_many%018d', x)";
  rows.write(server, [
    [`${numbers} INSERT INTO documents (kind, id, body, created_at, updated_at) SELECT 'group', ${id}, json_object('id', ${id}, 'name', 'many', 'created_at', ?1, 'updated_at', ?1), 0, 0 FROM n`, [rows.at]],
    [`${numbers} INSERT INTO relations (kind, a, b, body) SELECT 'group_member', ${id}, ?1, json_object('created_at', ?2) FROM n`, [user_id, rows.at]],
  ]);
  const target = `/users/${enc(user_id)}/groups`, first = await v2('GET', `${target}?per_page=100`), last = await v2('GET', `${target}?per_page=100&page=10`);
  assert.deepEqual(Object.keys(links(first)), ['first', 'next', 'last']);
  assert.equal(new URL(links(first).last).searchParams.get('page'), '10');
  assert.deepEqual([last.body.length, Object.keys(links(last))], [1, ['first', 'last']]);
  assert.equal((await ok(200, v2('GET', `${target}?per_page=1&include_totals=true`))).total, 1001);
});
