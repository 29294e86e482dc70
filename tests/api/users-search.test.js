// GET /api/v2/users: every form of query over forty users whose answers are known, and writes that the next search finds.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { Server } = require('./lib/server');
const { ok, refused, enc, query } = require('./lib/check');
const { prepare, found } = require('./lib/found');
const { sql } = require('./lib/v1');

const DB = 'Username-Password-Authentication';
const N = 40, year = new Date().getUTCFullYear();
let server, v2, other;
const users = [];
const odd = 'we:ird (name) "q" \\ *?/~^[]{}!&|+-';

function profile(i) {
  return {
    user_id: `u${String(i).padStart(2, '0')}`, connection: i % 8 === 7 ? 'other-db' : DB, password: 'secret-enough-1A',
    email: `user${i}@${i % 2 ? 'beta' : 'alpha'}.example`, email_verified: i % 4 === 0, name: i === 39 ? odd : `Person ${i}`,
    given_name: ['Anna', 'Bert', 'Carla', 'Dieter'][i % 4], family_name: `Fam${i % 5}`, nickname: `nick${i}`,
    ...(i % 10 === 0 && { blocked: true }),
    app_metadata: { plan: ['free', 'gold', 'none'][i % 3], level: i, ratio: i / 2, tags: [`t${i % 3}`, 'all'], nested: { deep: { x: i % 2 === 0 } }, list: [{ k: `a${i % 2}` }, { k: 'z' }], empty: [], nothing: {} },
    user_metadata: { color: ['red', 'green'][i % 2], 'with space': `v ${i}`, ...(i < 5 && { extra: null, first: i }) },
  };
}

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  const app = (await ok(200, v2('GET', '/clients'))).find((c) => c.name === 'Default App').client_id;
  other = await ok(201, v2('POST', '/connections', { name: 'other-db', strategy: 'auth0', enabled_clients: [app] }));
  for (let i = 0; i < N; i += 4) users.push(...await Promise.all([0, 1, 2, 3].map((k) => ok(201, v2('POST', '/users', profile(i + k))))));
});
after(async () => { if (server) await server.stop(); });

const search = (q, more = {}) => ok(200, v2('GET', `/users${query({ q, per_page: 100, search_engine: 'v3', ...more })}`));
const numbers = (list) => list.map((u) => Number(u.user_id.slice(7))).sort((a, b) => a - b);
const those = (fits) => [...Array(N).keys()].filter(fits);
const all = () => true, none = () => false;

const queries = [
  ['a whole value', 'email:"user3@beta.example"', (i) => i === 3],
  ['a value without quotes', 'email:user3@beta.example', (i) => i === 3],
  ['an e-mail address in any case', 'email:"USER3@Beta.Example"', (i) => i === 3],
  ['the domain of the address', 'email.domain:"alpha.example"', (i) => i % 2 === 0],
  ['a phrase', 'name:"Person 7"', (i) => i === 7],
  ['a name in any case', 'name:"pERSON 7"', (i) => i === 7],
  ['a word of a value is not the value', 'name:Person', none],
  ['a prefix', 'nickname:nick1*', (i) => String(i).startsWith('1')],
  ['a prefix of one letter', 'given_name:a*', (i) => i % 4 === 0],
  ['a prefix with an escaped space', 'name:Person\\ 1*', (i) => i !== 39 && String(i).startsWith('1')],
  ['a suffix', 'email:*@beta.example', (i) => i % 2 === 1],
  ['an inner part', 'name:*erson\\ 3*', (i) => i !== 39 && String(i).startsWith('3')],
  ['a wildcard inside quotes is a star', 'name:"Person*"', none],
  ['escaped signs', `name:${odd.replace(/[^a-z]/g, (c) => `\\${c}`)}`, (i) => i === 39],
  ['signs inside quotes', `name:"${odd.replace(/["\\]/g, (c) => `\\${c}`)}"`, (i) => i === 39],
  ['a group of values', 'given_name:(Anna OR "Bert")', (i) => i % 4 < 2],
  ['AND', 'given_name:Anna AND family_name:Fam0', (i) => i % 4 === 0 && i % 5 === 0],
  ['&&', 'given_name:Anna && family_name:Fam0', (i) => i % 4 === 0 && i % 5 === 0],
  ['OR', 'nickname:nick1 OR nickname:nick2', (i) => i === 1 || i === 2],
  ['||', 'nickname:nick1 || nickname:nick2', (i) => i === 1 || i === 2],
  ['bare neighbours are alternatives', 'nickname:nick1 nickname:nick2', (i) => i === 1 || i === 2],
  ['NOT', 'NOT given_name:Anna', (i) => i % 4 !== 0],
  ['!', '!given_name:Anna', (i) => i % 4 !== 0],
  ['minus', '-given_name:Anna', (i) => i % 4 !== 0],
  ['AND NOT', 'email_verified:true AND NOT blocked:true', (i) => i % 4 === 0 && i % 10 !== 0],
  ['plus', '+given_name:Anna +blocked:true', (i) => i % 4 === 0 && i % 10 === 0],
  ['parentheses', '(given_name:Anna OR given_name:Bert) AND (family_name:Fam1 OR family_name:Fam2)', (i) => i % 4 < 2 && [1, 2].includes(i % 5)],
  ['nested parentheses', '((given_name:Anna AND (blocked:true)))', (i) => i % 20 === 0],
  ['AND binds before OR', 'nickname:nick1 OR nickname:nick2 AND blocked:true', (i) => i === 1],
  ['a truth value', 'blocked:true', (i) => i % 10 === 0],
  ['_exists_', '_exists_:blocked', (i) => i % 10 === 0],
  ['NOT _exists_', 'NOT _exists_:blocked', (i) => i % 10 !== 0],
  ['NOT _exists_ or a value', 'NOT _exists_:logins_count OR logins_count:0', all],
  ['_exists_ of metadata', '_exists_:user_metadata.first', (i) => i < 5],
  ['null is not there', '_exists_:user_metadata.extra', none],
  ['empty arrays and objects are not there', '_exists_:app_metadata.empty OR _exists_:app_metadata.nothing', none],
  ['a text of app_metadata', 'app_metadata.plan:"gold"', (i) => i % 3 === 1],
  ['metadata by its letters', 'app_metadata.plan:"GOLD"', none],
  ['a number', 'app_metadata.level:7', (i) => i === 7],
  ['a number with a point', 'app_metadata.ratio:1.5', (i) => i === 3],
  ['a truth value, deep', 'app_metadata.nested.deep.x:true', (i) => i % 2 === 0],
  ['an item of an array', 'app_metadata.tags:"t1"', (i) => i % 3 === 1],
  ['every item of an array', 'app_metadata.tags:"all"', all],
  ['objects in an array', 'app_metadata.list.k:"a1"', (i) => i % 2 === 1],
  ['user_metadata', 'user_metadata.color:"red" AND app_metadata.level:6', (i) => i === 6],
  ['the id', 'user_id:"auth0|u05"', (i) => i === 5],
  ['several ids', 'user_id:("auth0|u05" OR "auth0|u06")', (i) => i === 5 || i === 6],
  ['the connection', 'identities.connection:"other-db"', (i) => i % 8 === 7],
  ['the provider', 'identities.provider:"auth0"', all],
  ['isSocial', 'identities.isSocial:true', none],
  ['isSocial false', 'identities.isSocial:false', all],
  ['dates from', `created_at:[${year - 1}-01-01 TO *]`, all],
  ['dates until', `created_at:[* TO ${year - 1}-12-31]`, none],
  ['dates between, ends left out', `created_at:{${year - 1}-01-01 TO ${year + 1}-01-01}`, all],
  ['mixed brackets', `created_at:[${year - 1}-01-01 TO ${year + 1}-01-01}`, all],
  ['a text range', 'nickname:[nick1 TO nick19]', (i) => i === 1 || (i >= 10 && i <= 19)],
  ['a date that never was', 'last_login:[* TO 2018]', none],
  ['a bare phrase', '"Person 7"', (i) => i === 7],
  ['a bare address', 'user3@beta.example', (i) => i === 3],
  ['bare terms do not look into metadata', 'gold', none],
  ['a field that nobody has', 'app_metadata.nobody:"x"', none],
  ['an empty query', '', all],
  ['a star', '*', all],
  ['letters beyond ASCII', 'name:"Pérson"', none],
];

test('every form of query finds whom it describes', async () => {
  const wrong = [];
  for (const [name, q, fits] of queries) {
    const a = await v2('GET', `/users${query({ q, per_page: 100, search_engine: 'v3' })}`);
    const got = a.status === 200 ? numbers(a.body) : `${a.status} ${a.body?.message}`;
    if (JSON.stringify(got) !== JSON.stringify(those(fits))) wrong.push(`${name}: ${q} → ${JSON.stringify(got)}, not ${JSON.stringify(those(fits))}`);
  }
  assert.deepEqual(wrong, []);
});

test('v3 is the language when none is named', async () => {
  assert.deepEqual(numbers(await ok(200, v2('GET', `/users${query({ q: 'given_name:Anna', per_page: 100 })}`))), those((i) => i % 4 === 0));
});

test('the migration guide\'s queries run in engine v2', async () => {
  const run = (q) => search(q, { search_engine: 'v2' });
  assert.deepEqual(numbers(await run("identities.isSocial:false AND NOT identities.provider:'auth0'")), []);
  assert.deepEqual(numbers(await run('identities.isSocial:true')), []);
  assert.deepEqual(numbers(await run('identities.connection:"other-db"')), those((i) => i % 8 === 7));
  assert.deepEqual(numbers(await run("identities.provider:'auth0'")), those(all));
});

test('engine v1 finds prefixes of name and address, and one connection', async () => {
  const run = (params) => ok(200, v2('GET', `/users${query({ search_engine: 'v1', per_page: 100, ...params })}`));
  assert.deepEqual(numbers(await run({ q: 'person 1' })), those((i) => String(i).startsWith('1')));
  assert.deepEqual(numbers(await run({ q: 'USER3@' })), [3]);
  assert.deepEqual(numbers(await run({ connection: 'other-db' })), those((i) => i % 8 === 7));
  assert.deepEqual(numbers(await run({ q: 'person 1', connection: 'other-db' })), [15]);
});

test('what is no query is told as such', async () => {
  for (const q of ['name:(', 'name:)', 'name:"open', '(name:a', 'name:a)', 'AND', 'name:a AND', 'OR name:a', 'NOT', 'name:[a TO', 'name:[a b]', 'name:{a TO b', 'name:*ab', 'name:a*b', '_exists_:', 'name:', ':x', 'name.raw:x'])
    await refused(v2('GET', `/users${query({ q, search_engine: 'v3' })}`), 400, 'invalid_query_string');
  await refused(v2('GET', `/users${query({ search_engine: 'v4' })}`), 400, 'invalid_query_string', /^Query validation error: 'No enum match for: v4' on property search_engine/);
});

test('a query without end is refused, not followed', async () => {
  for (const q of ['('.repeat(5000), `${'('.repeat(2000)}name:a${')'.repeat(2000)}`, `name:a${' OR name:a'.repeat(4000)}`, 'NOT '.repeat(4000) + 'name:a', `name:${'a'.repeat(30000)}`]) {
    const a = await v2('GET', `/users${query({ q, search_engine: 'v3' })}`);
    assert.ok([400, 414, 431, 200, 503].includes(a.status), `${q.slice(0, 20)}: ${a.status}`);
    assert.ok(a.status !== 200 || q.includes(' OR ') || q.includes('aaaa') || q.startsWith('NOT'), q.slice(0, 20));
  }
  await ok(200, v2('GET', '/users?per_page=1'));
});

test('sort orders by every root attribute, ties by id', async () => {
  const sorted = (field, down) => [...users].sort((x, y) => {
    const a = x[field] ?? '', b = y[field] ?? '';
    const by = typeof a === 'string' && ['email', 'name', 'nickname', 'given_name', 'family_name'].includes(field) ? (a.toLowerCase() > b.toLowerCase()) - (a.toLowerCase() < b.toLowerCase()) : (a > b) - (a < b);
    return (down ? -by : by) || (x.user_id > y.user_id) - (x.user_id < y.user_id);
  }).map((u) => u.user_id);
  for (const field of ['email', 'nickname', 'given_name', 'family_name', 'created_at', 'user_id'])
    for (const direction of [1, -1]) {
      const got = (await search('*', { sort: `${field}:${direction}` })).map((u) => u.user_id);
      if (field === 'user_id' || field === 'email' || field === 'nickname') assert.deepEqual(got, sorted(field, direction < 0), `${field}:${direction}`);
      else {
        const by = new Map(users.map((u) => [u.user_id, String(u[field]).toLowerCase()]));
        for (let i = 1; i < got.length; i++) {
          const [x, y] = [by.get(got[i - 1]), by.get(got[i])];
          assert.ok(direction > 0 ? x <= y : x >= y, `${field}:${direction} at ${i}: ${x} ${y}`);
        }
        assert.equal(new Set(got).size, N);
      }
    }
  const first = await search('given_name:Anna', { sort: 'nickname:-1', per_page: 3 });
  assert.deepEqual(first.map((u) => u.nickname), ['nick8', 'nick4', 'nick36']);
});

test('sorted pages hold everybody once', async () => {
  for (const sort of ['given_name:1', 'blocked:1', 'created_at:-1', 'email:1']) {
    const seen = [];
    for (let page = 0; page < 6; page++) seen.push(...(await search('*', { sort, per_page: 7, page })).map((u) => u.user_id));
    assert.equal(seen.length, N, sort);
    assert.equal(new Set(seen).size, N, sort);
  }
});

test('totals count all that match, whatever the page', async () => {
  const page = await search('given_name:Anna', { include_totals: true, per_page: 3, page: 1 });
  assert.deepEqual([page.start, page.limit, page.length, page.total, page.users.length], [3, 3, 3, 10, 3]);
  const last = await search('given_name:Anna', { include_totals: true, per_page: 3, page: 3 });
  assert.deepEqual([last.start, last.length, last.total], [9, 1, 10]);
  assert.equal((await search('NOT given_name:Anna', { include_totals: true, per_page: 0 })).total, 30);
});

test('fields are picked out of what was found', async () => {
  const [one] = await search('user_id:"auth0|u05"', { fields: 'email,app_metadata' });
  assert.deepEqual(Object.keys(one).sort(), ['app_metadata', 'email']);
});

test('paging goes on beyond a thousand, unless the real service is copied', async () => {
  assert.deepEqual(await ok(200, v2('GET', '/users?per_page=100&page=10')), []);
});

test('a write is found by the very next search, ten thousand times under load', async () => {
  const quiet = await Server.start();
  try {
    const call = await quiet.v2();
    await prepare(call);
    assert.equal(await found(call, 10000), 10000);
    assert.deepEqual(await ok(200, call('GET', '/users')), []);
  } finally {
    await quiet.stop();
  }
});

test('a new user is found at once, a deleted one no more, also after a restart', async () => {
  const made = await ok(201, v2('POST', '/users', { connection: DB, email: 'fresh@alpha.example', password: 'secret-enough', app_metadata: { fresh: true } }));
  assert.deepEqual((await search('app_metadata.fresh:true')).map((u) => u.user_id), [made.user_id]);
  await server.restart();
  assert.deepEqual((await search('app_metadata.fresh:true')).map((u) => u.user_id), [made.user_id]);
  assert.equal((await search('*', { include_totals: true })).total, N + 1);
  await ok(204, v2('DELETE', `/users/${enc(made.user_id)}`));
  assert.deepEqual(await search('app_metadata.fresh:true'), []);
  assert.equal((await search('*', { include_totals: true })).total, N);
});

test('a database of version 2 answers as before, and learns how its users are sorted', async () => {
  const asked = [['*', 'name:1'], ['given_name:Anna', 'nickname:-1'], ['email:user*', 'email:-1'], [`created_at:[${year - 1} TO *]`, 'created_at:1'], ['nickname:[nick1 TO nick3]', 'nickname:1'], ['blocked:true', 'logins_count:1']];
  const answers = () => Promise.all(asked.map(async ([q, sort]) => (await search(q, { sort })).map((u) => u.user_id)));
  const schema = (name) => fs.readFileSync(path.join(__dirname, '../../src/store', name), 'utf8'), old = schema('schema.sql') + schema('schema-2.sql');
  const made = [...schema('schema-3.sql').matchAll(/CREATE (?:UNIQUE )?(TABLE|INDEX|TRIGGER) (\w+)/g)].reverse();
  const back = made.flatMap(([, what, name]) => [[`DROP ${what} IF EXISTS ${name}`, []], ...(old.match(new RegExp(`CREATE (UNIQUE )?${what} ${name} [^;]*`)) || []).slice(0, 1).map((text) => [text, []])]);
  const now = await answers(), keys = () => sql(server, 'SELECT count(*) FROM user_sort_keys')[0][0];
  assert.ok(now.every((ids) => ids.length > 3));
  assert.equal(keys(), N);
  sql(server, [...back, ['DELETE FROM user_terms WHERE f = 24', []], ['PRAGMA user_version = 2', []], ['SELECT 1', []]], [], { write: true });
  assert.deepEqual(await answers(), now);
  assert.equal(keys(), 0);
  await ok(200, v2('PATCH', `/users/${enc(users[3].user_id)}`, { app_metadata: { seen: true } }));
  assert.deepEqual(await answers(), now);
  assert.equal(keys(), 1);
});

test('the users of a connection go out of every answer with it', async () => {
  await v2('DELETE', `/connections/${other.id}`);
  assert.deepEqual(numbers(await search('*')), those((i) => i % 8 !== 7));
  assert.deepEqual(await search('identities.connection:"other-db"'), []);
});
