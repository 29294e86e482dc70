// kill -9 in the middle of imports, into a tenant without users and into one that has some: whatever the moments, every user of the
// file is there once at the end, and before that none of a load that shows them all together.
'use strict';
const { test, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { Server } = require('./lib/server');
const { ok, query, enc, eventually } = require('./lib/check');

const KILLS = 10, USERS = 6000;
const servers = [];
after(() => Promise.all(servers.map((s) => s.stop())));

const start = async () => { servers.push(await Server.start()); return servers[servers.length - 1]; };
const pause = (ms) => new Promise((r) => setTimeout(r, ms));
const users = (domain, count = USERS) => Array.from({ length: count }, (_, i) => (
  { email: `u${i}@${domain}`, user_id: `${domain}-${(i * 7919) % count}`, user_metadata: { n: i, note: 'n'.repeat(150) } }));
const connection = async (v2) => (await ok(200, v2('GET', `/connections?name=${enc('Username-Password-Authentication')}`)))[0].id;

async function upload(v2, list) {
  const part = (name, more, content) => `--xYz\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${content}\r\n`;
  const body = `${part('connection_id', '', await connection(v2))}${part('users', '; filename="u.json"', JSON.stringify(list))}--xYz--\r\n`;
  return ok(202, v2('POST', '/jobs/users-imports', body, { headers: { 'Content-Type': 'multipart/form-data; boundary=xYz' } }));
}

async function total(v2, q) {
  return (await ok(200, v2('GET', `/users${query({ q, include_totals: true, per_page: 1, search_engine: 'v3' })}`))).total;
}

async function ended(v2, id) {
  for (const end = Date.now() + 120000; Date.now() < end; await pause(20)) {
    const job = await ok(200, v2('GET', `/jobs/${id}`));
    if (!['pending', 'processing'].includes(job.status)) return job;
  }
  throw new Error('the job did not end');
}

/** Kills until the job is over, ten times at most; seen: how many users there were at each start. */
async function killing(server, id, domain) {
  const seen = [];
  for (let i = 0, active = true; i < KILLS && active; i++) {
    await pause(10 + Math.random() * 150);
    await server.restart('SIGKILL');
    const v2 = await server.v2();
    active = ['pending', 'processing'].includes((await ok(200, v2('GET', `/jobs/${id}`))).status);
    seen.push(await total(v2, `email.domain:${domain}`));
  }
  return seen;
}

async function whole(server, id, domain, list = USERS) {
  const v2 = await server.v2();
  const done = await ended(v2, id);
  assert.equal(done.status, 'completed');
  assert.deepEqual(done.summary, { failed: 0, updated: 0, inserted: list, total: list });
  assert.equal(await total(v2, `email.domain:${domain}`), list);
  assert.equal((await ok(200, v2('GET', `/users-by-email?email=${enc(`u${list - 1}@${domain}`)}`))).length, 1);
  await eventually(() => fs.readdirSync(path.join(server.data, 'tmp')).length === 0);
}

/** Its database is another one since the load (and the old one is gone). */
const wasLoaded = (server) => eventually(() => {
  const files = fs.readdirSync(path.join(server.data, 'tenants')).filter((n) => n.endsWith('.db'));
  return files.length === 1 && files[0] !== 'default.1.db';
});

test('into a tenant without users: all together or none', async () => {
  const server = await start();
  const job = await upload(await server.v2(), users('bulk.example'));
  const seen = await killing(server, job.id, 'bulk.example');
  assert.ok(seen.every((n) => n === 0 || n === USERS), `${seen}`);
  await whole(server, job.id, 'bulk.example');
  await wasLoaded(server);
});

test('into a tenant in use: on from where it was', async () => {
  const server = await start();
  const v2 = await server.v2();
  await ok(201, v2('POST', '/users', { connection: 'Username-Password-Authentication', email: 'first@there.example', password: 'Abcdefg1!long' }));
  const job = await upload(v2, users('steps.example'));
  const seen = await killing(server, job.id, 'steps.example');
  assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
  await whole(server, job.id, 'steps.example');
});

test('what is written beside a load stays, and second users of a file are told', async () => {
  const server = await start();
  const v2 = await server.v2();
  const list = [...users('beside.example'), ...users('beside.example', 3)];
  const job = await upload(v2, list);
  const made = [];
  for (let status = ''; !['completed', 'failed'].includes(status); status = (await ok(200, v2('GET', `/jobs/${job.id}`))).status) {
    made.push((await ok(200, v2('POST', '/roles', { name: `role ${made.length}` }))).id);
    made.push((await ok(201, v2('POST', '/clients', { name: `client ${made.length}` }))).client_id);
  }
  const done = await ok(200, v2('GET', `/jobs/${job.id}`));
  assert.deepEqual(done.summary, { failed: 3, updated: 0, inserted: USERS, total: USERS + 3 });
  assert.equal((await ok(200, v2('GET', `/jobs/${job.id}/errors`))).length, 3);
  for (const id of made) await ok(200, v2('GET', id.startsWith('rol_') ? `/roles/${id}` : `/clients/${id}`));
  assert.equal((await ok(200, v2('GET', '/roles?include_totals=true&per_page=1'))).total, made.length / 2);
  assert.equal(await total(v2, 'email.domain:beside.example'), USERS);
  await wasLoaded(server);
});

test('two files for one tenant, and one for another, at once', async () => {
  const server = await start();
  const v2 = await server.v2();
  const other = await server.v2({ credentials: server.createTenant('kill-other', 'kill-other.localhost'), host: 'kill-other.localhost' });
  const jobs = [await upload(v2, users('one.example')), await upload(other, users('one.example')), await upload(v2, users('two.example'))];
  for (const [i, job] of jobs.entries()) assert.equal((await ended(i === 1 ? other : v2, job.id)).summary.inserted, USERS);
  for (const [who, domain, want] of [[v2, 'one', USERS], [v2, 'two', USERS], [other, 'one', USERS], [other, 'two', 0]]) {
    assert.equal(await total(who, `email.domain:${domain}.example`), want);
  }
});

test('a stop in the midst is quick, and the rest follows', async () => {
  const server = await start();
  const job = await upload(await server.v2(), users('stop.example', 20000));
  await pause(100);
  const began = Date.now();
  await server.restart('SIGTERM');
  assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
  await whole(server, job.id, 'stop.example', 20000);
  await wasLoaded(server);
});
