'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused } = require('./lib/check');
const { makeUser } = require('./lib/people');
const { sql } = require('./lib/v1');

let server, v2;
before(async () => {
  server = await Server.start();
  v2 = await server.v2();
});
after(async () => { if (server) await server.stop(); });

const day = (back) => new Date(Date.now() - back * 864e5).toISOString().slice(0, 10);
const digits = (back) => day(back).replaceAll('-', '');

test('sign-ups are counted on their day', async () => {
  assert.deepEqual(await ok(200, v2('GET', '/stats/daily')), []);
  await makeUser(v2);
  await makeUser(v2);
  const [today, ...more] = await ok(200, v2('GET', '/stats/daily'));
  assert.deepEqual(more, []);
  assert.deepEqual([today.date, today.signups, today.logins, today.leaked_passwords], [`${day(0)}T00:00:00.000Z`, 2, 0, 0]);
  assert.ok(today.updated_at >= today.created_at);
});

test('daily statistics are of the days from and to', async () => {
  const steps = [3, 10, 40].map((back) => ['INSERT INTO daily_stats VALUES (?, 7, 0, 0, 0, 0)', [Math.floor(Date.now() / 864e5) - back]]);
  sql(server, [...steps, ['SELECT 1', []]], [], { write: true });
  const dates = async (query) => (await ok(200, v2('GET', `/stats/daily${query}`))).map((d) => d.date.slice(0, 10));
  assert.deepEqual(await dates(''), [day(10), day(3), day(0)]);
  assert.deepEqual(await dates(`?from=${digits(40)}&to=${digits(10)}`), [day(40), day(10)]);
  assert.deepEqual(await dates(`?from=${digits(3)}`), [day(3), day(0)]);
  for (const bad of ['from=yesterday', 'to=20241399'])
    await refused(v2('GET', `/stats/daily?${bad}`), 400, 'invalid_query_string');
});

test('active users are those who logged in lately', async () => {
  assert.equal(await ok(200, v2('GET', '/stats/active-users')), 0);
});
