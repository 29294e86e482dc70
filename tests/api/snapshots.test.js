// Snapshots, restores, backups and the end of tenants, by command and over HTTP, with and without a server.
'use strict';
const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { Server } = require('./lib/server');
const { ok, oauthRefused } = require('./lib/check');

const DB = 'Username-Password-Authentication';
/** A server of its own for one story. */
async function serving(flags, story) {
  const server = await Server.start({ flags });
  try {
    await story(server, await server.v2());
  } finally {
    await server.stop();
  }
}
const newUser = (v2, email) => ok(201, v2('POST', '/users', { connection: DB, email, password: 'secret-enough' }));
const emails = async (v2) => (await ok(200, v2('GET', '/users'))).map((u) => u.email).sort();

test('a tenant goes back to its snapshot, over HTTP', () => serving(['--test-ids'], async (server, v2) => {
  const file = path.join(server.dir, 'over-http.snapshot');
  await newUser(v2, 'kept@limits.example');
  await ok(200, server.request('POST', '/test/snapshot', { body: { file } }));
  await newUser(v2, 'later@limits.example');
  await ok(201, v2('POST', '/clients', { name: 'later' }));
  for (let i = 0; i < 3; i++) {
    await ok(200, server.request('POST', '/test/restore', { body: { file } }));
    assert.deepEqual(await emails(v2), ['kept@limits.example'], 'the old token still opens it');
    assert.ok(!(await ok(200, v2('GET', '/clients'))).some((c) => c.name === 'later'));
    assert.deepEqual((await ok(200, v2('GET', '/users?q=email:later@limits.example'))), []);
    await newUser(v2, `again${i}@limits.example`);
  }
  await server.restart();
  assert.deepEqual(await emails(v2), ['again2@limits.example', 'kept@limits.example']);
  assert.equal((await server.request('POST', '/test/restore', { body: { file: path.join(server.dir, 'none') } })).status, 400);
  assert.equal((await server.request('POST', '/test/restore', { body: {} })).status, 400);
  assert.deepEqual(await emails(v2), ['again2@limits.example', 'kept@limits.example']);
}));

test('a restore empties what is remembered', () => serving(['--test-ids'], async (server, v2) => {
  const file = path.join(server.dir, 'caches.snapshot');
  await ok(200, server.request('POST', '/test/snapshot', { body: { file } }));
  const c = await ok(201, v2('POST', '/clients', { name: 'later', grant_types: ['client_credentials'] }));
  const ask = () => server.request('POST', '/oauth/token', { body: { grant_type: 'client_credentials', client_id: c.client_id, client_secret: c.client_secret } });
  const { access_token } = await ok(200, ask());
  await ok(200, server.request('GET', '/api/connections', { headers: { Authorization: `Bearer ${access_token}` } }));
  await ok(200, server.request('POST', '/test/restore', { body: { file } }));
  await oauthRefused(ask(), 401, 'access_denied');
  assert.equal((await server.request('GET', '/api/connections', { headers: { Authorization: `Bearer ${access_token}` } })).status, 401);
}));

test('a tenant goes back to its snapshot, by command, served or not', async () => {
  const server = await Server.start();
  try {
    const c = server.createTenant('snapped', 'snapped.example.test');
    const file = path.join(server.dir, 'by-command.snapshot');
    const v2 = await server.v2({ credentials: c, host: 'snapped.example.test' });
    await newUser(v2, 'kept@limits.example');
    server.cli('tenant', 'snapshot', 'snapped', file);
    await newUser(v2, 'later@limits.example');
    server.cli('tenant', 'restore', 'snapped', file);
    assert.deepEqual(await emails(v2), ['kept@limits.example']);
    assert.deepEqual(await emails(await server.v2()), [], 'the other tenant is as it was');
    await newUser(v2, 'offline@limits.example');
    server.keepDir = true;
    await server.stop();
    server.cli('tenant', 'restore', 'snapped', file);
    await server.boot();
    assert.deepEqual(await emails(v2), ['kept@limits.example']);
  } finally {
    server.keepDir = false;
    await server.stop();
  }
});

test('a snapshot of one tenant fills another under its own name and domain', () => serving([], async (server) => {
  server.createTenant('source', 'source.example.test');
  const target = server.createTenant('target', 'target.example.test');
  const file = path.join(server.dir, 'copied.snapshot');
  server.cli('tenant', 'snapshot', 'source', file);
  server.cli('tenant', 'restore', 'target', file);
  const d = await ok(200, server.request('GET', '/.well-known/openid-configuration', { host: 'target.example.test' }));
  assert.equal(d.issuer, 'https://target.example.test/');
  assert.equal((await server.request('GET', '/.well-known/jwks.json', { host: 'target.example.test' })).status, 200);
  assert.ok(target.management.client_id);
}));

test('a backup taken while the server works opens as a data directory', async () => {
  const server = await Server.start();
  let second;
  try {
    const v2 = await server.v2();
    await newUser(v2, 'kept@limits.example');
    server.createTenant('more', 'more.example.test');
    const writes = Promise.all([...Array(8).keys()].map((i) => newUser(v2, `during${i}@limits.example`)));
    const dir = path.join(server.dir, 'backup');
    fs.mkdirSync(dir);
    server.cli('backup', path.join(dir, 'data'));
    await writes;
    await newUser(v2, 'after@limits.example');
    second = await Server.start({ dir });
    const copy = await second.v2();
    const there = await emails(copy);
    assert.ok(there.includes('kept@limits.example') && !there.includes('after@limits.example'));
    assert.deepEqual(JSON.parse(second.cli('tenant', 'list', '--json')).map((t) => t.name).sort(), ['default', 'more']);
  } finally {
    if (second) await second.stop();
    await server.stop();
  }
});

test('tenants are listed, and deleted by name', () => serving([], async (server) => {
  server.createTenant('one-more', 'one-more.example.test');
  const list = () => JSON.parse(server.cli('tenant', 'list', '--json'));
  assert.deepEqual(list().map((t) => [t.name, t.domain]), [['default', 'localhost:8443'], ['one-more', 'one-more.example.test']]);
  assert.throws(() => server.cli('tenant', 'create', 'one-more', '--domain', 'x.example.test'), /A tenant named one-more exists already/);
  assert.throws(() => server.cli('tenant', 'create', 'other', '--domain', 'one-more.example.test'), /The domain one-more\.example\.test belongs to another tenant/);
  assert.throws(() => server.cli('tenant', 'create', 'No!', '--domain', 'x.example.test'), /A tenant's name has/);
  assert.throws(() => server.cli('tenant', 'delete', 'nobody'), /There is no tenant named nobody/);
  server.cli('tenant', 'delete', 'one-more');
  assert.deepEqual(list().map((t) => t.name), ['default']);
}));

test('a snapshot may have a name in place of a file, and --test-clock gives it too', async () => {
  const s = await Server.start({ flags: ['--test-clock'] });
  try {
    const v2 = await s.v2();
    await ok(200, s.request('POST', '/test/snapshot', { body: { name: 'before' } }));
    await ok(201, v2('POST', '/resource-servers', { identifier: 'https://made.after' }));
    await ok(200, s.request('POST', '/test/restore', { body: { name: 'before' } }));
    assert.equal((await v2('GET', '/resource-servers/https%3A%2F%2Fmade.after')).status, 404);
    for (const name of ['../x', 'a/b', '', 'none-such']) {
      assert.equal((await s.request('POST', '/test/restore', { body: { name } })).status, 400, name);
    }
    const set = await ok(200, s.request('POST', '/test/clock', { body: { set: '2031-05-06T07:08:09.000Z' } }));
    assert.match(set.now, /^2031-05-06T07:08:(09|1\d)/);
  } finally {
    await s.stop();
  }
});
