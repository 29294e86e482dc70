// Rate limits, proxies, the test clock and repeatable ids, origins, packed answers, health.
'use strict';
const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const http = require('node:http');
const { Server } = require('./lib/server');
const { ok, refused, oauthRefused, eventually } = require('./lib/check');
const { decode } = require('./lib/jwt');

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

test('the free profile ends in 429 with body and headers, and time heals it', () => serving(['--rate-limits', 'free', '--test-clock'], async (server, v2) => {
  const clock = (body) => ok(200, server.request('POST', '/test/clock', { body }));
  await clock({ freeze: true });
  await clock({ advance_s: 60 });
  for (let left = 9; left >= 0; left--) {
    const a = await v2('GET', '/clients');
    assert.equal(a.status, 200);
    assert.equal(a.headers['x-ratelimit-limit'], '10');
    assert.equal(a.headers['x-ratelimit-remaining'], String(left));
    assert.match(a.headers['x-ratelimit-reset'], /^\d{10}$/);
    assert.ok(!('retry-after' in a.headers));
  }
  const a = await refused(v2('GET', '/clients'), 429, 'too_many_requests', 'Global limit has been reached');
  assert.equal(a.headers['x-ratelimit-remaining'], '0');
  assert.equal(a.headers['retry-after'], '1');
  const now = Date.parse((await clock({})).now) / 1000;
  assert.ok(Math.abs(Number(a.headers['x-ratelimit-reset']) - now) <= 10);
  await refused(v2('POST', '/clients', {}), 429, 'too_many_requests');
  await clock({ advance_s: 1 });
  assert.equal((await v2('GET', '/clients')).status, 200);
  assert.equal((await v2('GET', '/clients')).status, 200, 'two a second come back');
  assert.equal((await v2('GET', '/clients')).status, 429);
  await clock({ advance_s: 3600 });
  assert.equal((await v2('GET', '/clients')).headers['x-ratelimit-remaining'], '9', 'never more than full');
}));

test('a 403 and a 404 are charged, a 401 is not', () => serving(['--rate-limits', 'free', '--test-clock'], async (server, v2) => {
  await ok(200, server.request('POST', '/test/clock', { body: { freeze: true } }));
  await ok(200, server.request('POST', '/test/clock', { body: { advance_s: 60 } }));
  assert.equal((await v2('GET', '/clients/nobody')).headers['x-ratelimit-remaining'], '9');
  for (let i = 0; i < 20; i++) assert.equal((await server.request('GET', '/api/v2/clients')).status, 401);
  assert.equal((await v2('GET', '/clients/nobody')).headers['x-ratelimit-remaining'], '8');
}));

test('the token endpoint has a bucket of its own', () => serving(['--rate-limits', 'free', '--test-clock'], async (server) => {
  await ok(200, server.request('POST', '/test/clock', { body: { freeze: true } }));
  const ask = () => server.request('POST', '/oauth/token', { body: { grant_type: 'client_credentials', client_id: 'x', client_secret: 'x' } });
  let a;
  for (let i = 0; i < 40 && (a = await ask()).status !== 429;) i++;
  await oauthRefused(a, 429, 'too_many_requests', 'Global limit has been reached');
  assert.equal(a.headers['x-ratelimit-limit'], '30');
  assert.equal((await server.request('GET', '/api/v2/clients', { headers: { Authorization: 'Bearer x' } })).status, 401);
}));

test('a file gives limits of its own, off gives none', async () => {
  const file = path.join(fs.mkdtempSync(path.join(require('node:os').tmpdir(), 'limits-')), 'limits.json');
  fs.writeFileSync(file, JSON.stringify({ management: { burst: 3, per_second: 0.001 } }));
  await serving(['--rate-limits', file], async (server, v2) => {
    for (let i = 0; i < 3; i++) assert.equal((await v2('GET', '/clients')).status, 200);
    assert.equal((await v2('GET', '/clients')).status, 429);
  });
  fs.rmSync(path.dirname(file), { recursive: true });
  await serving(['--rate-limits', 'off'], async (server, v2) => {
    assert.ok(!('x-ratelimit-limit' in (await v2('GET', '/clients')).headers));
  });
});

test('X-Forwarded-For counts from trusted proxies alone', async () => {
  const lastIp = async (server, v2, forwarded) => {
    const name = `from ${forwarded}`;
    await ok(201, v2('POST', '/clients', { name }, { headers: { 'X-Forwarded-For': forwarded } }));
    return (await ok(200, v2('GET', '/logs?per_page=5'))).find((e) => JSON.stringify(e.details ?? {}).includes(name)).ip;
  };
  await serving([], async (server, v2) => assert.equal(await lastIp(server, v2, '203.0.113.7'), '127.0.0.1'));
  await serving(['--trusted-proxies', '127.0.0.0/8,10.0.0.0/8,::1'], async (server, v2) => {
    assert.equal(await lastIp(server, v2, '203.0.113.7'), '203.0.113.7');
    assert.equal(await lastIp(server, v2, '198.51.100.1, 203.0.113.8, 10.1.2.3'), '203.0.113.8', 'the last that is no proxy of ours');
    assert.equal(await lastIp(server, v2, '2001:db8::5'), '2001:db8::5');
    assert.equal(await lastIp(server, v2, 'nonsense'), '127.0.0.1');
  });
});

test('the clock is frozen, moved, and there only by its flag', async () => {
  await serving(['--test-clock'], async (server, v2) => {
    const clock = (body) => ok(200, server.request('POST', '/test/clock', { body }));
    assert.equal((await clock({ freeze: '2031-05-06T07:08:09.000Z' })).now, '2031-05-06T07:08:09.000Z');
    const later = await server.v2();
    assert.equal((await newUser(later, 'frozen@limits.example')).created_at, '2031-05-06T07:08:09.000Z');
    assert.equal((await clock({ advance_s: 61 })).now, '2031-05-06T07:09:10.000Z');
    assert.equal((await newUser(later, 'moved@limits.example')).created_at, '2031-05-06T07:09:10.000Z');
    await clock({ run: true });
    const { now } = await clock({});
    await eventually(async () => (await clock({})).now > now);
    assert.equal((await server.request('POST', '/test/clock', { body: { freeze: 'soon' } })).status, 400);
    assert.equal((await server.request('POST', '/test/clock', { body: '[' })).status, 400);
    assert.ok(v2);
  });
  await serving([], async (server) => {
    assert.equal((await server.request('POST', '/test/clock', { body: {} })).status, 404);
    assert.equal((await server.request('POST', '/test/snapshot', { body: { file: '/tmp/never' } })).status, 404);
    assert.equal((await server.request('POST', '/test/restore', { body: { file: '/tmp/never' } })).status, 404);
  });
});

test('with --test-ids two servers give the same ids and secrets', async () => {
  const story = async () => {
    const out = {};
    await serving(['--test-ids', '--test-clock'], async (server) => {
      await ok(200, server.request('POST', '/test/clock', { body: { freeze: '2030-01-01T00:00:00.000Z' } }));
      const v2 = await server.v2();
      out.credentials = { ...server.credentials, base_url: 0, tls_url: 0, ca_file: 0 };
      out.clients = [await ok(201, v2('POST', '/clients', { name: 'a' })), await ok(201, v2('POST', '/clients', { name: 'b' }))].map((c) => [c.client_id, c.client_secret]);
      out.user = (await newUser(v2, 'a@limits.example')).user_id;
      out.connection = (await ok(201, v2('POST', '/connections', { name: 'c', strategy: 'auth0' }))).id;
      const { header, claims } = decode(v2.token); // the key itself is OpenSSL's
      out.token = { header, claims };
    });
    return out;
  };
  const first = await story(), second = await story();
  assert.deepEqual(second, first);
  await serving([], async (server) => assert.notEqual(server.credentials.management.client_secret, first.credentials.management.client_secret));
});

test('origins that a client names may read, others may not', () => serving([], async (server, v2) => {
  await ok(201, v2('POST', '/clients', { name: 'browser', web_origins: ['https://app.example'], allowed_origins: ['https://other.example:8443'], callbacks: ['https://cb.example/callback'] }));
  const from = (Origin, method = 'GET', headers = {}) => server.request(method, '/api/v2/clients', { headers: { Origin, ...(method === 'GET' && { Authorization: `Bearer ${v2.token}` }), ...headers } });
  for (const origin of ['https://app.example', 'https://other.example:8443', 'https://cb.example']) {
    const a = await from(origin);
    assert.equal(a.headers['access-control-allow-origin'], origin);
    for (const open of ['/.well-known/jwks.json', '/.well-known/openid-configuration'])
      assert.equal((await server.request('GET', open, { headers: { Origin: origin } })).headers['access-control-allow-origin'], '*', open);
    assert.match(a.headers['access-control-expose-headers'], /X-RateLimit-Remaining/);
    assert.match(a.headers.vary, /Origin/);
    const preflight = await from(origin, 'OPTIONS', { 'Access-Control-Request-Method': 'PATCH', 'Access-Control-Request-Headers': 'authorization,content-type' });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.text, '');
    assert.equal(preflight.headers['access-control-allow-origin'], origin);
    assert.match(preflight.headers['access-control-allow-methods'], /PATCH/);
    assert.equal(preflight.headers['access-control-allow-headers'], 'authorization,content-type');
  }
  for (const origin of ['https://evil.example', 'https://app.example.evil', 'http://app.example', 'https://app.example:444', 'null', 'https://other.example']) {
    assert.ok(!('access-control-allow-origin' in (await from(origin)).headers), origin);
    assert.ok(!('access-control-allow-origin' in (await from(origin, 'OPTIONS')).headers), origin);
  }
  const told = await eventually(async () => {
    const entries = await ok(200, v2('GET', '/logs?q=type:fco'));
    return entries.length === 6 && entries;
  });
  assert.match(told.at(-1).description, /https:\/\/evil\.example/);
  const c = (await ok(200, v2('GET', '/clients?q=name:browser')))[0];
  await ok(200, v2('PATCH', `/clients/${c.client_id}`, { web_origins: [] }));
  assert.ok(!('access-control-allow-origin' in (await from('https://app.example')).headers), 'a change counts at once');
}));

test('large answers are packed for those who take gzip', () => serving([], async (server, v2) => {
  const raw = (headers) => new Promise((resolve, reject) => {
    http.get(`${server.base}/api/v2/clients`, { headers: { Authorization: `Bearer ${v2.token}`, ...headers } }, (rs) => {
      const parts = [];
      rs.on('data', (d) => parts.push(d));
      rs.on('end', () => resolve({ headers: rs.headers, bytes: Buffer.concat(parts) }));
    }).on('error', reject);
  });
  const plain = await raw({}), packed = await raw({ 'Accept-Encoding': 'gzip' });
  assert.ok(!('content-encoding' in plain.headers));
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.match(packed.headers.vary, /Accept-Encoding/);
  assert.equal(Number(packed.headers['content-length']), packed.bytes.length);
  assert.ok(packed.bytes.length < plain.bytes.length);
  assert.deepEqual(zlib.gunzipSync(packed.bytes), plain.bytes);
  assert.ok(!('content-encoding' in (await raw({ 'Accept-Encoding': 'gzip;q=0' })).headers));
  assert.ok(!('content-encoding' in (await raw({ 'Accept-Encoding': 'br, identity' })).headers));
}));

test('supervisors ask for health and readiness', () => serving([], async (server) => {
  for (const target of ['/healthz', '/readyz']) {
    assert.deepEqual(await ok(200, server.request('GET', target)), { status: 'ok' });
    assert.equal((await server.request('HEAD', target)).status, 200);
    assert.equal((await server.request('GET', target, { host: 'anything.example' })).status, 200);
  }
}));

test('profiles that copy the real service end user lists at a thousand', () => serving(['--rate-limits', 'production'], async (server, v2) => {
  assert.equal((await v2('GET', '/users?per_page=100&page=9')).status, 200);
  const rs = await v2('GET', '/users?per_page=100&page=10');
  assert.equal(rs.status, 400);
  assert.equal(rs.body.errorCode, 'invalid_paging');
  assert.match(rs.body.message, /^You can only page through the first 1000 records\./);
}));
