// What a good request gets: bodies, keep-alive, pipelining, HEAD, gzip, 100-continue, HTTP/1.0, parking, the end.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const zlib = require('node:zlib');
const { Echo, sleep } = require('./wire');

let echo;
before(async () => { echo = await Echo.start(); });
after(async () => { assert.deepEqual(await echo.stop(), { code: 0, signal: null }); });

const get = (target, ...fields) => `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields.map((f) => f + '\r\n').join('')}\r\n`;
const post = (target, body, ...fields) =>
  `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n${fields.map((f) => f + '\r\n').join('')}\r\n${body}`;

for (const secure of [false, true]) {
  const how = secure ? 'TLS' : 'plain';

  test(`the parts of a request (${how})`, async () => {
    const a = await echo.ask('PATCH /echo?x=%2F1&y HTTP/1.1\r\nhost: Tenant.example:8443\r\nX-Test: \t two words \t\r\n'
      + 'X-Empty:\r\nContent-Length: 4\r\n\r\nbody', secure);
    assert.equal(a.status, 200);
    assert.equal(a.body, 'body');
    const seen = (n) => a.headers['x-' + n];
    assert.deepEqual([seen('method'), seen('target'), seen('path'), seen('query'), seen('host'), seen('test'), seen('peer'), seen('tls')],
      ['PATCH', '/echo?x=%2F1&y', '/echo', 'x=%2F1&y', 'Tenant.example:8443', 'two words', '127.0.0.1', secure ? 'yes' : 'no']);
    assert.match(a.headers.date, /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
    assert.equal(a.headers.connection, undefined);
  });

  test(`an empty field does not take the next one's value (${how})`, async () => {
    const a = await echo.ask('GET /echo HTTP/1.1\r\nX-Empty:\r\nX-Other:  \r\nX-Test: here\r\nHost: a\r\n\r\n', secure);
    assert.equal(a.headers['x-test'], 'here');
    assert.equal(a.headers['x-host'], 'a');
  });

  test(`a chunked body (${how})`, async () => {
    const w = await echo.connect(secure);
    for (let i = 0; i < 2; i++) {
      w.send('POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5;name="v;x"\r\nhello\r\n');
      await sleep(20);
      w.send('6\r\n world\r\n0\r\n\r\n');
      assert.equal((await w.answer()).body, 'hello world');
    }
    w.end();
  });

  test(`a body in pieces (${how})`, async () => {
    const w = await echo.connect(secure);
    const body = 'x'.repeat(60000);
    const text = post('/echo', body);
    for (let at = 0; at < text.length; at += 7001) {
      w.send(text.slice(at, at + 7001));
      await sleep(1);
    }
    assert.equal((await w.answer()).body, body);
    w.end();
  });

  test(`a body that is spooled to a file (${how})`, async () => {
    const body = Buffer.alloc(5 * 1024 * 1024 + 17);
    for (let i = 0; i < body.length; i++) body[i] = (i * 31 + (i >> 8)) & 0xff;
    const w = await echo.connect(secure);
    w.send(`POST /echo?limit=9000000 HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`);
    w.send(body);
    w.send(get('/'));
    const a = await w.answer({ ms: 20000 });
    assert.ok(a.bytes.equals(body));
    assert.equal((await w.answer()).status, 200);
    w.end();
  });

  test(`pipelined requests are answered in order (${how})`, async () => {
    const w = await echo.connect(secure);
    let text = '';
    for (let i = 0; i < 200; i++) text += i % 3 ? get(`/echo?${i}`) : post(`/echo?${i}`, `body ${i}`);
    w.send(text);
    for (let i = 0; i < 200; i++) {
      const a = await w.answer();
      assert.equal(a.headers['x-query'], String(i));
      assert.equal(a.body, i % 3 ? '' : `body ${i}`);
    }
    w.end();
  });

  test(`pipelined garbage: what came before is answered, then 400 (${how})`, async () => {
    const w = await echo.connect(secure);
    w.send(get('/') + get('/') + '\x00\x01\x02garbage\r\n\r\n' + get('/smuggled'));
    assert.equal((await w.answer()).status, 200);
    assert.equal((await w.answer()).status, 200);
    assert.equal((await w.answer()).status, 400);
    await w.close();
    assert.equal((await echo.counts()).smuggled, 0);
  });

  test(`empty lines before a request are skipped (${how})`, async () => {
    assert.equal((await echo.ask('\r\n\r\n' + get('/'), secure)).status, 200);
  });

  test(`HEAD has the headers of GET and no body (${how})`, async () => {
    const w = await echo.connect(secure);
    w.send('HEAD /big?3000 HTTP/1.1\r\nHost: a\r\n\r\n' + get('/'));
    const a = await w.answer({ noBody: true });
    assert.equal(a.headers['content-length'], '3000');
    assert.equal((await w.answer()).headers['content-length'], '152');
    w.end();
  });

  test(`204 has neither body nor length (${how})`, async () => {
    const w = await echo.connect(secure);
    w.send(get('/empty') + get('/'));
    const a = await w.answer();
    assert.equal(a.status, 204);
    assert.equal(a.headers['content-length'], undefined);
    assert.equal((await w.answer()).status, 200);
    w.end();
  });

  test(`100-continue (${how})`, async () => {
    const w = await echo.connect(secure);
    w.send('POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
    const interim = await w.answer();
    assert.equal(interim.line, 'HTTP/1.1 100 Continue');
    w.send('body');
    const a = await w.answer();
    assert.equal(a.status, 200);
    assert.equal(a.body, 'body');
    w.send(get('/'));
    assert.equal((await w.answer()).status, 200);
    w.end();
  });

  test(`413 comes before 100-continue (${how})`, async () => {
    const w = await echo.connect(secure);
    w.send('POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\nExpect: 100-continue\r\n\r\n');
    const a = await w.answer();
    assert.equal(a.status, 413);
    assert.equal(a.headers['x-reason'], 'body_bytes');
    await w.close();
  });

  test(`the body's limit is the request's own (${how})`, async () => {
    assert.equal((await echo.ask(post('/echo?limit=4', 'body'), secure)).status, 200);
    assert.equal((await echo.ask(post('/echo?limit=3', 'body'), secure)).status, 413);
    const chunks = 'POST /echo?limit=3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n';
    assert.equal((await echo.ask(chunks + '3\r\nabc\r\n0\r\n\r\n', secure)).status, 200);
    assert.equal((await echo.ask(chunks + '3\r\nabc\r\n1\r\nd\r\n', secure)).status, 413);
  });

  test(`a large reply is whole (${how})`, async () => {
    const a = await echo.ask(get('/big?3000000'), secure);
    assert.equal(a.body.length, 3000000);
    for (const at of [0, 1, 65535, 1000000, 2999999]) assert.equal(a.body[at], String.fromCharCode(97 + (3000000 - at) % 26));
  });
}

test('gzip where it is asked for, above a kilobyte, for text', async () => {
  const a = await echo.ask(get('/big?5000', 'Accept-Encoding: br, gzip;q=0.5'));
  assert.equal(a.headers['content-encoding'], 'gzip');
  assert.equal(a.headers.vary, 'Accept-Encoding');
  assert.equal(zlib.gunzipSync(a.bytes).length, 5000);
  const rows = [['/big?5000', 'Accept-Encoding: gzip;q=0'], ['/big?5000', 'Accept-Encoding: gzipped'], ['/big?5000', 'X-None: 1'],
    ['/big?5000', 'Accept-Encoding: gzip;q=0, *'], ['/big?500', 'Accept-Encoding: gzip']];
  for (const [target, field] of rows) {
    const b = await echo.ask(get(target, field));
    assert.equal(b.headers['content-encoding'], undefined, field);
    assert.equal(b.body.length, Number(target.split('?')[1]));
  }
  assert.equal((await echo.ask(get('/big?5000', 'Accept-Encoding: *'))).headers['content-encoding'], 'gzip');
});

test('absolute targets lose their authority, which must be the Host', async () => {
  const a = await echo.ask('GET http://Example.com:80/echo?q HTTP/1.1\r\nHost: example.com:80\r\n\r\n');
  assert.deepEqual([a.headers['x-host'], a.headers['x-target'], a.headers['x-path'], a.headers['x-query']],
    ['Example.com:80', '/echo?q', '/echo', 'q']);
  assert.equal((await echo.ask('GET https://a HTTP/1.1\r\nHost: a\r\n\r\n')).body.length, 152);
  assert.equal((await echo.ask('OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n')).headers['x-path'], '*');
});

test('HTTP/1.0 closes unless asked to stay, and needs no Host', async () => {
  let w = await echo.connect();
  w.send('GET / HTTP/1.0\r\n\r\n');
  let a = await w.answer();
  assert.equal(a.line, 'HTTP/1.1 200 OK');
  assert.equal(a.headers.connection, 'close');
  await w.close();
  w = await echo.connect();
  w.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  a = await w.answer();
  assert.equal(a.headers.connection, 'keep-alive');
  w.send('GET / HTTP/1.0\r\nHost: a\r\n\r\n');
  assert.equal((await w.answer()).headers.connection, 'close');
  await w.close();
});

test('Connection: close, by either side', async () => {
  for (const text of [get('/', 'Connection: close'), get('/close')]) {
    const w = await echo.connect();
    w.send(text);
    const a = await w.answer();
    assert.equal(a.status, 200);
    assert.equal(a.headers.connection, 'close');
    await w.close();
  }
});

test('a client that ends its side after the request is answered', async () => {
  const w = await echo.connect(false, { allowHalfOpen: true });
  w.socket.end(get('/'));
  assert.equal((await w.answer()).status, 200);
  await w.close();
});

test('requests whose lane is full are parked, hold no thread and are all answered', async () => {
  const small = await Echo.start({ threads: 4 });
  try {
    const all = Array.from({ length: 60 }, (_, i) => small.ask(get('/park')).then((a) => [i, a.status, a.body]));
    await sleep(20);
    const began = Date.now();
    assert.equal((await small.ask(get('/'))).status, 200);
    assert.ok(Date.now() - began < 1000);
    for (const [i, status, body] of await Promise.all(all)) assert.deepEqual([i, status, body], [i, 200, '"entered"']);
    assert.ok((await small.counts()).park_runs > 60, 'some were handled twice');
    // Those that leave without entering must not keep the others waiting.
    const mixed = await Promise.all(Array.from({ length: 60 }, () => small.ask(get('/park?leave'))));
    assert.ok(mixed.every((a) => a.status === 200));
    assert.ok(mixed.some((a) => a.body === '"left"') && mixed.some((a) => a.body === '"entered"'));
  } finally {
    assert.deepEqual(await small.stop(), { code: 0, signal: null });
  }
});

test('more waiting handlers than threads: all are answered in the end', async () => {
  const small = await Echo.start({ threads: 2 });
  const all = await Promise.all(Array.from({ length: 10 }, () => small.ask(get('/sleep?30'))));
  assert.ok(all.every((a) => a.status === 200));
  assert.deepEqual(await small.stop(), { code: 0, signal: null });
});

test('a stop lets running requests end, closes idle connections and refuses new ones', async () => {
  const s = await Echo.start();
  const running = await s.connect();
  const idle = await s.connect();
  const secureIdle = await s.connect(true);
  for (const w of [idle, secureIdle]) {
    w.send(get('/'));
    assert.equal((await w.answer()).status, 200);
  }
  running.send(get('/sleep?600'));
  await sleep(100);
  const stopped = s.stop();
  await idle.close(1000);
  await secureIdle.close(1000);
  const a = await running.answer();
  assert.equal(a.status, 200);
  assert.equal(a.headers.connection, 'close');
  await running.close();
  assert.deepEqual(await stopped, { code: 0, signal: null });
});

test('localhost is both 127.0.0.1 and ::1, on one port', async (t) => {
  const a = await echo.ask(get('/echo'), false, { host: '::1' }).catch((e) => e);
  if (a.code === 'EADDRNOTAVAIL' || a.code === 'EAFNOSUPPORT') return t.skip('no IPv6 here');
  assert.equal(a.headers['x-peer'], '::1');
});
