'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server.js');
const { DB, refused, good, ordinary, makeUser, idPath, nextUrl, follow } = require('./lib/v1.js');

let s, v1, users;
test.before(async () => {
  s = await Server.start();
  v1 = await s.v1();
  good(await v1('POST', '/connections', { name: 'log-db', strategy: 'auth0' }));
  users = [];
  for (const n of [1, 2, 3]) users.push(await makeUser(v1, `log${n}@acme.example`, n === 3 ? { connection: 'log-db' } : {}));
});
test.after(() => s?.stop());

const MEMBERS = ['_id', 'date', 'type', 'description', 'connection', 'client_id', 'client_name', 'ip', 'user_id', 'user_name', 'user_agent', 'details'];
const logs = async (query, call = v1) => good(await call('GET', `/logs${query}`));
const userNames = async (query) => (await logs(query)).logs.map((l) => l.user_name);

test('the list is an envelope, newest first, and survives a restart', async () => {
  const before = await logs('');
  assert.deepEqual(Object.keys(before).sort(), ['length', 'limit', 'logs', 'start', 'total']);
  assert.equal(before.start, 0);
  assert.equal(before.limit, 20);
  assert.equal(before.length, before.logs.length);
  const dates = before.logs.map((l) => l.date);
  assert.deepEqual(dates, [...dates].sort().reverse());
  for (const l of before.logs) for (const m of Object.keys(l)) assert.ok(MEMBERS.includes(m), m);
  const ss = before.logs.find((l) => l.type === 'ss');
  assert.equal(ss.user_id, users[2].user_id);
  assert.equal(ss.user_name, 'log3@acme.example');
  assert.equal(ss.connection, 'log-db');
  assert.equal(ss.client_id, s.credentials.global_client.client_id);
  assert.equal(ss.client_name, 'All Applications');
  assert.equal(ss.ip, '127.0.0.1');
  assert.match(ss.date, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.ok(!JSON.stringify(before).includes('Sup3rSecret'));
  await s.restart();
  assert.deepEqual((await logs('')).logs, before.logs);
});

test('one entry', async () => {
  const entry = (await logs('?search=user:log1')).logs[0];
  assert.deepEqual(good(await v1('GET', `/logs/${entry._id}`)), entry);
  assert.deepEqual(good(await v1('GET', `/logs/${entry._id}/`)), entry);
  refused(await v1('GET', '/logs/5f7c8ec7c33c6c004bbafe00'), 404, 'log_not_found');
});

test('pages, with a link', async () => {
  const all = await logs('?per_page=100');
  const first = await v1('GET', '/logs?per_page=2&fields=date,_id');
  assert.equal(good(first).limit, 2);
  assert.equal(first.body.total, all.total);
  const url = nextUrl(first);
  const second = good(await follow(s, url));
  assert.equal(second.start, 2);
  assert.deepEqual(second.logs.map((l) => l._id), all.logs.slice(2, 4).map((l) => l._id));
  good(await s.request('GET', url.pathname + url.search, { headers: { Authorization: `Bearer ${v1.token}` } }));
  refused(await s.request('GET', (url.pathname + url.search).replace('page=1', 'page=0'), { host: url.host }), 401, 'unauthorized');
  assert.equal((await logs('?per_page=1000')).limit, 100);
  assert.equal((await logs('?per_page=0')).limit, 1);
  assert.deepEqual((await logs('?page=99')).logs, []);
  refused(await v1('GET', '/logs?page=x'), 400, 'invalid_query');
});

test('fields and their short names', async () => {
  const [l] = (await logs('?search=user:log1&fields=date,type')).logs;
  assert.deepEqual(Object.keys(l).sort(), ['date', 'type']);
  const [short] = (await logs('?search=user:log1&fields=at,c,cn,un')).logs;
  assert.deepEqual(Object.keys(short).sort(), ['client_name', 'connection', 'date', 'user_name']);
  const [rest] = (await logs('?search=user:log1&fields=at,details,ip&exclude_fields=true')).logs;
  assert.ok(!('date' in rest) && !('details' in rest) && !('ip' in rest) && rest._id && rest.type);
  const [all] = (await logs('?search=user:log1&fields=&exclude_fields=False')).logs;
  assert.ok(all.date && all.details);
});

test('sort by each of the four fields', async () => {
  const sorted = async (field, name = field) => {
    for (const [way, turn] of [['1', (x) => x], ['-1', (x) => x.reverse()]]) {
      const got = (await logs(`?per_page=100&sort=${field}%3A${way}`)).logs.map((l) => l[name] || '');
      assert.deepEqual(got, turn([...got].sort()), `${field}:${way}`);
      assert.ok(new Set(got).size > 1, field);
    }
  };
  await s.v1({ client: s.credentials.management }); // an entry of another client
  for (const field of ['date', 'connection', 'client_name', 'user_name']) await sorted(field);
  await sorted('un', 'user_name');
  for (const bad of ['ip:1', 'date', 'date:2']) refused(await v1('GET', `/logs?sort=${bad}`), 400, 'invalid_query');
});

test('search by prefix and by clauses', async () => {
  assert.deepEqual(await userNames('?search=LOG1'), ['log1@acme.example']);
  assert.deepEqual((await userNames('?search=log')).length, 3); // the connection log-db is one of those three's
  assert.deepEqual(await userNames('?search=connection:log'), ['log3@acme.example']);
  assert.deepEqual(await userNames(`?search=connection:%22${DB.toLowerCase()}%22`), ['log2@acme.example', 'log1@acme.example']);
  assert.deepEqual(await userNames('?search=connection:%22log%22'), []);
  assert.deepEqual(await userNames(`?search=${encodeURIComponent('application:all user:"LOG2@acme.example"')}`), ['log2@acme.example']);
  assert.deepEqual(await userNames('?search=application:node%20user:log2'), []);
  assert.equal((await logs('?search=log&per_page=1')).total, 3);
  refused(await v1('GET', '/logs?search=ip:127'), 400, 'invalid_query');
});

test('from a checkpoint, oldest first', async () => {
  const all = (await logs('?per_page=100&sort=date:1')).logs.map((l) => l._id);
  const first = await v1('GET', '/logs?take=2');
  assert.deepEqual(good(first).logs.map((l) => l._id), all.slice(0, 2));
  assert.equal(first.body.start, 0);
  assert.equal(first.body.limit, 2);
  assert.equal(first.body.total, all.length);
  const second = await logs(`?from=${all[1]}&take=2&page=7&sort=date:-1`); // page and sort do not count here
  assert.deepEqual(second.logs.map((l) => l._id), all.slice(2, 4));
  assert.deepEqual(good(await follow(s, nextUrl(first))).logs.map((l) => l._id), all.slice(2, 4));
  const rest = await v1('GET', `/logs?from=${all[0]}`);
  assert.equal(good(rest).limit, 200);
  assert.deepEqual(rest.body.logs.map((l) => l._id), all.slice(1));
  assert.equal(rest.headers.link, undefined);
  assert.deepEqual((await logs(`?from=${all.at(-1)}`)).logs, []);
  assert.deepEqual((await logs('?from=5f7c8ec7c33c6c004bbafe00&take=50')).logs.map((l) => l._id), all); // no moment in it: all
  assert.deepEqual((await logs('?take=100&search=user:log')).logs.map((l) => l.user_name), users.map((u) => u.email));
  assert.equal((await logs('?take=9999')).limit, 200);
});

test("a user's log", async () => {
  good(await v1('PUT', `${idPath(users[0])}/email`, { email: 'log1b@acme.example' }));
  const mine = good(await v1('GET', `${idPath(users[0])}/logs?page=0&per_page=50`));
  assert.deepEqual(mine.logs.map((l) => l.type), ['sce', 'ss']);
  assert.equal(mine.total, 2);
  const first = await v1('GET', `${idPath(users[0])}/logs?per_page=1&sort=date:1`);
  assert.deepEqual(good(first).logs.map((l) => l.type), ['ss']);
  assert.deepEqual(good(await follow(s, nextUrl(first))).logs.map((l) => l.type), ['sce']);
  refused(await v1('GET', '/users/auth0%7Cnobody/logs'), 404, 'user_not_found');
});

test('an ordinary client sees the entries that it caused', async () => {
  const app = await ordinary(s, v1, 'Log app');
  good(await v1('POST', `/connections?client=${app.id}`, { name: 'log-app-db', strategy: 'auth0' }));
  const u = await makeUser(app.call, 'own@acme.example', { connection: 'log-app-db' });
  good(await v1('PUT', `${idPath(u)}/email`, { email: 'own2@acme.example' }));
  const own = await logs('', app.call);
  assert.deepEqual([...new Set(own.logs.map((l) => l.client_id))], [app.id]);
  assert.ok(own.logs.some((l) => l.type === 'ss'));
  assert.deepEqual(good(await app.call('GET', `${idPath(u)}/logs`)).logs.map((l) => l.type), ['ss']);
  assert.deepEqual((await logs('?take=200', app.call)).logs.map((l) => l.client_id).filter((id) => id !== app.id), []);
  assert.equal((await logs('?take=1', app.call)).total, own.total);
  const foreign = (await logs('?search=user:log2')).logs[0];
  refused(await app.call('GET', `/logs/${foreign._id}`), 404, 'log_not_found');
  good(await app.call('GET', `/logs/${own.logs[0]._id}`));
});

test('another tenant sees nothing', async () => {
  const there = s.createTenant('lthere');
  const call = await s.v1({ client: there.global_client, host: there.domain });
  const foreign = (await logs('?search=user:log2')).logs[0];
  refused(await call('GET', `/logs/${foreign._id}`), 404, 'log_not_found');
  assert.deepEqual((await logs('?search=log', call)).logs, []);
});
