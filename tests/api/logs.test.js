// /api/v2/logs.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');

let server, v2;

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  for (let i = 0; i < 5; i++) await v2('POST', '/clients', { name: `logged ${i}` });
  await v2('POST', '/users', { connection: 'Username-Password-Authentication', email: 'logged@example.org', password: 'secret-enough' });
});
after(async () => { if (server) await server.stop(); });

async function list(query = '') {
  const a = await v2('GET', `/logs${query}`);
  assert.equal(a.status, 200, a.text);
  return a.body;
}
const ids = (entries) => entries.map((e) => e.log_id);

test('a write leaves an entry, newest first, and an entry is read by its id', async () => {
  const [newest, next] = await list('?per_page=2');
  assert.ok(newest.log_id > next.log_id);
  const one = await v2('GET', `/logs/${newest.log_id}`);
  assert.deepEqual(one.body, newest);
  assert.equal((await v2('GET', '/logs/9002020')).status, 404);
});

test('q finds entries by type', async () => {
  const found = await list(`?q=${encodeURIComponent('type:"ss"')}`);
  assert.deepEqual(found.map((e) => e.type), ['ss']);
  assert.equal(found[0].user_name, 'logged@example.org');
  assert.deepEqual(await list(`?search=${encodeURIComponent('type:nothing')}`), []);
});

test('sort turns the order round', async () => {
  const down = await list('?per_page=100&sort=date:-1');
  const up = await list('?per_page=100&sort=date:1');
  assert.deepEqual(ids(up), ids(down).reverse());
});

test('pages tell start, limit, length and total', async () => {
  const page = await list('?page=1&per_page=2&include_totals=true');
  assert.deepEqual([page.start, page.limit, page.length, page.logs.length], [2, 2, 2, 2]);
  assert.equal(page.total, (await list('?per_page=100')).length);
});

test('fields are picked', async () => {
  const [entry] = await list('?per_page=1&fields=type,date&include_fields=true');
  assert.deepEqual(Object.keys(entry).sort(), ['date', 'type']);
});

// In the order of their commits, so that none is passed over; times may differ by a queued entry.
test('a checkpoint walk sees every entry once', async () => {
  const all = ids(await list('?per_page=100&sort=date:1'));
  const seen = [];
  let target = '/logs?take=2';
  for (let i = 0; i < 50; i++) {
    const answer = await v2('GET', target);
    assert.equal(answer.status, 200, answer.text);
    if (!answer.body.length) break;
    seen.push(...ids(answer.body));
    target = /<https:\/\/[^/]+\/api\/v2([^>]+)>; rel="next"/.exec(answer.headers.link)[1];
  }
  assert.deepEqual(seen.sort(), all.sort());
});
