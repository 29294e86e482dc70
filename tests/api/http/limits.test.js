// Slow, greedy and many clients: each wait has an end, no connection costs a thread, an idle one costs next to nothing.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Echo, sleep } = require('./wire');

const get = (target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
let echo;
before(async () => { echo = await Echo.start({ header_ms: 400, body_ms: 400, idle_ms: 900, write_ms: 1500, threads: 4 }); });
after(async () => { assert.deepEqual(await echo.stop(), { code: 0, signal: null }); });

/** One byte at a time until the server says something. */
async function drip(w, text, gap) {
  for (const byte of text) {
    if (w.closed || w.data.length) return;
    w.send(byte);
    await sleep(gap);
  }
}

for (const secure of [false, true]) {
  const how = secure ? 'TLS' : 'plain';

  test(`a slow header gets 408 in time (${how})`, async () => {
    const w = await echo.connect(secure);
    const began = Date.now();
    drip(w, get('/' + 'a'.repeat(300)), 20);
    const a = await w.answer();
    assert.equal(a.status, 408);
    assert.ok(Date.now() - began < 2000 && Date.now() - began >= 380);
    await w.close();
  });

  test(`a second request's slow header gets 408 (${how})`, async () => {
    const w = await echo.connect(secure);
    w.send(get('/') + 'GET / HT');
    assert.equal((await w.answer()).status, 200);
    assert.equal((await w.answer()).status, 408);
    await w.close();
  });

  test(`a slow body gets 408 in time (${how})`, async () => {
    const w = await echo.connect(secure);
    const began = Date.now();
    w.send('POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 300\r\n\r\n');
    drip(w, 'b'.repeat(300), 20);
    assert.equal((await w.answer()).status, 408);
    assert.ok(Date.now() - began < 2000);
    await w.close();
  });

  test(`an idle connection is closed in silence (${how})`, async () => {
    const w = await echo.connect(secure);
    w.send(get('/'));
    assert.equal((await w.answer()).status, 200);
    const began = Date.now();
    await w.close(4000);
    assert.ok(Date.now() - began >= 800);
  });

  test(`a slow reader is cut, and delays nobody (${how})`, async () => {
    const greedy = [];
    for (let i = 0; i < 6; i++) {
      const w = await echo.connect(secure);
      w.socket.pause();
      w.send(get('/big?25000000'));
      greedy.push(w);
    }
    await sleep(300);
    const began = Date.now();
    assert.equal((await echo.ask(get('/'), secure)).status, 200);
    assert.ok(Date.now() - began < 1000, 'a thread was held');
    await sleep(2500);
    for (const w of greedy) {
      w.socket.resume();
      await w.until(() => w.closed, 5000, 'the cut');
      assert.ok(w.data.length < 25000000);
      w.end();
    }
  });

  test(`a reader that moves may take longer than the time-out (${how})`, async () => {
    const w = await echo.connect(secure);
    w.socket.pause();
    w.send(get('/big?25000000'));
    for (let got = 0; got < 21e6; got += 3e6) {
      await sleep(150);
      w.socket.resume();
      await w.until(() => w.data.length > got + 3e6 || w.closed, 3000, 'more');
      w.socket.pause();
    }
    w.socket.resume();
    assert.equal((await w.answer({ ms: 8000 })).body.length, 25000000);
    w.end();
  });
}

test('a TLS handshake that never comes is cut', async () => {
  const w = await echo.connect(false, { port: echo.tlsPort });
  const began = Date.now();
  await w.close(3000);
  assert.ok(Date.now() - began >= 380);
});

test('header floods end at the limit', async () => {
  const w = await echo.connect();
  w.send('GET / HTTP/1.1\r\nHost: a\r\n');
  for (let i = 0; i < 400 && !w.data.length && !w.closed; i++) {
    w.send(`X-${i}: ${'y'.repeat(1000)}\r\n`);
    await new Promise(setImmediate);
  }
  assert.equal((await w.answer()).status, 431);
  await w.close();
});

test('clients that leave at any point do no harm', async () => {
  const whole = 'POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody';
  for (let cut = 0; cut < whole.length; cut += 3) {
    const w = await echo.connect();
    w.send(whole.slice(0, cut));
    if (cut % 2) w.socket.resetAndDestroy();
    else w.end();
  }
  for (let i = 0; i < 20; i++) {
    const w = await echo.connect(i % 2 === 1);
    w.send(get('/big?5000000'));
    await sleep(2);
    w.socket.destroy();
  }
  assert.equal((await echo.ask(get('/'))).status, 200);
});

test('2,000 idle connections: cheap, and all still served', async () => {
  const s = await Echo.start({ threads: 8 });
  const all = [];
  try {
    const before = s.rss();
    for (let i = 0; i < 2000; i += 100) {
      const some = await Promise.all(Array.from({ length: 100 }, () => s.connect()));
      for (const w of some) w.send(get('/'));
      for (const w of some) assert.equal((await w.answer()).status, 200);
      all.push(...some);
    }
    const each = (s.rss() - before) / all.length;
    assert.ok(each < (process.env.HTTP_ECHO_SANITIZED === '0' ? 1.5 : 12), `${each.toFixed(2)} KiB for each idle connection`);
    for (const w of all) w.send(get('/'));
    for (const w of all) assert.equal((await w.answer()).status, 200);
  } finally {
    for (const w of all) w.end();
    assert.deepEqual(await s.stop(), { code: 0, signal: null });
  }
});
