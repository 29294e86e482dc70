// Every list in each of its kinds: bare with Link, with totals, by checkpoint; fields.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused, links } = require('./lib/check');

let server, v2, connection, client;
const N = 7;

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  const made = { clients: [], apis: [] };
  for (let i = 0; i < N; i++) {
    made.clients.push(await ok(201, v2('POST', '/clients', { name: `client ${i}` })));
    made.apis.push(await ok(201, v2('POST', '/resource-servers', { identifier: `urn:paged:${i}` })));
    await ok(201, v2('POST', '/client-grants', { client_id: made.clients[i].client_id, audience: `urn:paged:${i}`, scope: [] }));
    await ok(201, v2('POST', '/users', { connection: 'Username-Password-Authentication', email: `page${i}@paging.example`, password: 'secret-enough' }));
  }
  client = made.clients[0].client_id;
  for (let i = 0; i < N; i++) await ok(201, v2('POST', '/connections', { name: `paged-${i}`, strategy: 'auth0', enabled_clients: [client] }));
  connection = (await ok(201, v2('POST', '/connections', { name: 'paged', strategy: 'auth0', enabled_clients: made.clients.map((c) => c.client_id) }))).id;
});
after(async () => { if (server) await server.stop(); });

const lists = () => [
  { target: '/clients', items: 'clients', key: 'client_id', offset: true, checkpoint: true },
  { target: '/connections', items: 'connections', key: 'id', offset: true, checkpoint: true },
  { target: '/resource-servers', items: 'resource_servers', key: 'id', offset: true },
  { target: '/client-grants', items: 'client_grants', key: 'id', offset: true, checkpoint: true },
  { target: '/users', items: 'users', key: 'user_id', offset: true, unlinked: true }, // a link to the last page would count everybody
  { target: '/logs', items: 'logs', key: 'log_id', offset: true, moves: true },
  { target: `/connections/${connection}/clients`, items: 'clients', key: 'client_id', checkpoint: true },
  { target: `/clients/${client}/connections`, items: 'connections', key: 'id', checkpoint: true },
];
const url = (list, params) => `${list.target}${list.target.includes('?') ? '&' : '?'}${new URLSearchParams(params)}`;
const get = (list, params = {}) => v2('GET', url(list, params));
const keys = (list, items) => items.map((x) => x[list.key]);

test('bare pages lead by Link to every item once', async () => {
  for (const list of lists().filter((l) => l.offset && !l.unlinked)) {
    const all = keys(list, await ok(200, get(list, { per_page: 100 })));
    assert.ok(all.length >= N, list.target);
    assert.equal(new Set(all).size, all.length, list.target);
    const seen = [];
    let at = `/api/v2${url(list, { per_page: 3 })}`, steps = 0;
    while (at && steps++ < 60) {
      const a = await server.request('GET', at, { headers: { Authorization: `Bearer ${v2.token}` } });
      seen.push(...keys(list, await ok(200, a)));
      const next = links(a).next;
      assert.ok(links(a).first, `${list.target}: ${JSON.stringify(a.headers)}`);
      assert.ok(links(a).first.endsWith('page=0&per_page=3') && links(a).last, list.target);
      if (next) assert.ok(next.startsWith(`${server.issuer}api/v2${list.target}?`), next);
      at = next && next.slice(server.issuer.length - 1);
    }
    assert.deepEqual(seen, all, list.target);
  }
});

test('bare pages of users end with one that is shorter', async () => {
  const all = keys({ key: 'user_id' }, await ok(200, v2('GET', '/users?per_page=100'))), seen = [];
  for (let page = 0, size = 3; size === 3; page++) {
    const users = await ok(200, v2('GET', `/users?page=${page}&per_page=3`));
    size = users.length;
    seen.push(...users.map((u) => u.user_id));
  }
  assert.deepEqual(seen, all);
});

test('totals say where the page stands', async () => {
  for (const list of lists().filter((l) => l.offset)) {
    const all = await ok(200, get(list, { per_page: 100 }));
    const page = await ok(200, get(list, { per_page: 2, page: 1, include_totals: true }));
    assert.equal(page.start, 2, list.target);
    assert.equal(page.limit, 2);
    assert.equal(page.total, all.length, list.target);
    assert.deepEqual(keys(list, page[list.items]), keys(list, all).slice(2, 4), list.target);
    const beyond = await ok(200, get(list, { per_page: 2, page: 90, include_totals: true }));
    assert.deepEqual([beyond.start, beyond.total, beyond[list.items]], [180, all.length, []], list.target);
    assert.deepEqual(await ok(200, get(list, { per_page: 2, page: 90 })), []);
    assert.ok(Array.isArray(await ok(200, get(list, { include_totals: false }))), list.target);
  }
});

test('a checkpoint walk ends and sees every item once', async () => {
  for (const list of lists().filter((l) => l.checkpoint)) {
    const seen = [];
    let from, steps = 0;
    do {
      const page = await ok(200, get(list, { take: 2, ...(from && { from }) }));
      assert.deepEqual(Object.keys(page).filter((k) => k !== 'next'), [list.items], list.target);
      assert.ok(page[list.items].length <= 2);
      seen.push(...keys(list, page[list.items]));
      from = page.next;
    } while (from && ++steps < 60);
    assert.ok(seen.length >= N, `${list.target}: ${seen.length}`);
    assert.equal(new Set(seen).size, seen.length, list.target);
    const whole = await ok(200, get(list, { take: 50 }));
    assert.deepEqual(keys(list, whole[list.items]), seen, list.target);
    assert.ok(!('next' in whole), list.target);
  }
});

test('what is added and removed during a checkpoint walk makes no doubles', async () => {
  const list = lists()[0], seen = [];
  let from, i = 0;
  do {
    const page = await ok(200, get(list, { take: 2, ...(from && { from }) }));
    seen.push(...keys(list, page.clients));
    if (i++ < 2) {
      await ok(201, v2('POST', '/clients', { name: `meanwhile ${i}` }));
      const [gone] = (await ok(200, v2('GET', `/clients?q=${encodeURIComponent('name:"client 1"')}`)));
      if (gone) await ok(204, v2('DELETE', `/clients/${gone.client_id}`));
    }
    from = page.next;
  } while (from);
  assert.equal(new Set(seen).size, seen.length);
  const now = keys(list, await ok(200, v2('GET', '/clients?per_page=100')));
  assert.deepEqual(now.filter((id) => !seen.includes(id)), [], 'what was there at the end was seen');
});

test('a checkpoint that nobody gave is refused', async () => {
  for (const list of lists().filter((l) => l.checkpoint))
    for (const from of ['x', '-1', '1.5', '99999999999999999999999'])
      await refused(get(list, { take: 2, from }), 400, 'invalid_query_string', /on property from/);
});

test('sizes beyond the limits are refused', async () => {
  for (const list of lists()) {
    const names = [...(list.offset ? ['per_page'] : []), ...(list.checkpoint ? ['take'] : [])];
    for (const name of names) {
      await refused(get(list, { [name]: 100000 }), 400, 'invalid_query_string', new RegExp(`^Query validation error: 'Value 100000 is greater than maximum \\d+' on property ${name}`));
      await refused(get(list, { [name]: -1 }), 400, 'invalid_query_string', new RegExp(`on property ${name}`));
    }
    if (list.checkpoint) await refused(get(list, { take: 0 }), 400, 'invalid_query_string', /on property take/);
  }
});

test('per_page 0 gives nothing but the total where it is allowed', async () => {
  for (const list of lists().filter((l) => ['/users', '/clients', '/logs'].includes(l.target))) {
    const page = await ok(200, get(list, { per_page: 0, include_totals: true }));
    assert.deepEqual(page[list.items], [], list.target);
    assert.ok(page.total >= N, list.target);
    assert.deepEqual(await ok(200, get(list, { per_page: 0 })), [], list.target);
  }
});

test('the default page holds fifty', async () => {
  const api = await ok(201, v2('POST', '/resource-servers', { identifier: 'urn:many' }));
  for (let i = 0; i < 52; i++) await ok(201, v2('POST', '/resource-servers', { identifier: `urn:many:${i}` }));
  assert.equal((await ok(200, v2('GET', '/resource-servers'))).length, 50);
  assert.equal((await ok(200, v2('GET', '/resource-servers?per_page=100'))).length, 52 + N + 2);
  assert.equal((await ok(200, v2('GET', `/resource-servers?identifiers=urn:many&identifiers=urn:many:7`))).length, 2);
  assert.equal((await ok(200, v2('GET', `/resource-servers/${api.id}`))).identifier, 'urn:many');
});

test('fields are chosen and left out in every list', async () => {
  for (const list of lists().filter((l) => ['/clients', '/connections', '/resource-servers', '/users', '/logs'].includes(l.target))) {
    const other = { '/logs': 'type', '/users': 'email', '/resource-servers': 'identifier' }[list.target] ?? 'name';
    const some = await ok(200, get(list, { fields: `${list.key},${other}` }));
    assert.ok(some.every((x) => list.key in x && Object.keys(x).length <= 4 && !('created_at' in x)), list.target);
    assert.ok(some.some((x) => other in x), list.target);
    const rest = await ok(200, get(list, { fields: other, include_fields: false }));
    assert.ok(rest.every((x) => !(other in x) && list.key in x), list.target);
    const totals = await ok(200, get(list, { fields: list.key, include_totals: true }));
    assert.ok(totals[list.items].every((x) => list.key in x) && 'total' in totals, list.target);
    assert.ok((await ok(200, get(list, { fields: 'no_such_field' }))).every((x) => !(other in x)), list.target);
  }
});
