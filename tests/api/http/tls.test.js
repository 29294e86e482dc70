// TLS: versions, ALPN, client certificates, tickets, a new certificate without a restart.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const { spawn, spawnSync } = require('node:child_process');
const { Echo, sleep } = require('./wire');

const get = (target) => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`;
let echo;
before(async () => { echo = await Echo.start(); });
after(async () => { assert.deepEqual(await echo.stop(), { code: 0, signal: null }); });

const pair = (name) => ({ cert: fs.readFileSync(echo.file(name + '.pem')), key: fs.readFileSync(echo.file(name + '.key')) });
const derLength = (name) => new crypto.X509Certificate(fs.readFileSync(echo.file(name + '.pem'))).raw.length;

for (const version of ['TLSv1.2', 'TLSv1.3']) {
  const only = { minVersion: version, maxVersion: version };

  test(`no client certificate (${version})`, async () => {
    const a = await echo.ask(get('/echo'), true, only);
    assert.deepEqual([a.headers['x-cert-bytes'], a.headers['x-cert-error']], ['0', undefined]);
  });

  test(`a client certificate of the known authority (${version})`, async () => {
    const a = await echo.ask(get('/echo'), true, { ...only, ...pair('client') });
    assert.deepEqual([a.headers['x-cert-bytes'], a.headers['x-cert-error']], [String(derLength('client')), undefined]);
  });

  test(`a self-signed client certificate is read, with the reason against it (${version})`, async () => {
    const a = await echo.ask(get('/echo'), true, { ...only, ...pair('self') });
    assert.equal(a.headers['x-cert-bytes'], String(derLength('self')));
    assert.equal(a.headers['x-cert-error'], 'self-signed certificate');
  });

  test(`a resumed session keeps the certificate and the reason (${version})`, async () => {
    const options = { ...only, ...pair('self') };
    const first = await echo.connect(true, options);
    let session = first.socket.getSession();
    first.socket.on('session', (s) => { session = s; });
    first.send(get('/echo'));
    await first.answer();
    await sleep(50);
    first.end();
    const again = await echo.connect(true, { ...options, session });
    assert.equal(again.socket.isSessionReused(), true);
    again.send(get('/echo'));
    const a = await again.answer();
    assert.equal(a.headers['x-cert-bytes'], String(derLength('self')));
    assert.equal(a.headers['x-cert-error'], 'self-signed certificate');
    again.end();
  });
}

test('TLS 1.1 is refused', async () => {
  await assert.rejects(echo.connect(true, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }));
});

test('ALPN: http/1.1 is picked; for h2 alone nothing is', async () => {
  for (const [offered, want] of [[['h2', 'http/1.1'], 'http/1.1'], [['http/1.1'], 'http/1.1'], [['h2'], false]]) {
    const w = await echo.connect(true, { ALPNProtocols: offered });
    assert.equal(w.socket.alpnProtocol, want);
    w.send(get('/'));
    assert.equal((await w.answer()).status, 200);
    w.end();
  }
});

test('renegotiation is refused', async () => {
  const client = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${echo.tlsPort}`, '-tls1_2'], { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [client.stdout, client.stderr]) stream.on('data', (d) => { said += d; });
  const ended = new Promise((resolve) => { client.once('exit', resolve); });
  await sleep(300);
  client.stdin.write('R\n');
  await Promise.race([ended, sleep(4000)]);
  client.kill();
  assert.match(said, /RENEGOTIATING/);
  assert.match(said, /no renegotiation/);
});

test('plain HTTP on the TLS port ends the connection and nothing else', async () => {
  const w = await echo.connect(false, { port: echo.tlsPort });
  w.send(get('/'));
  await w.until(() => w.closed, 3000, 'the end');
  assert.equal((await echo.ask(get('/'), true)).status, 200);
});

test('the peer sees close_notify', async () => {
  const r = spawnSync('openssl', ['s_client', '-connect', `127.0.0.1:${echo.tlsPort}`, '-quiet', '-ign_eof'],
    { input: 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', timeout: 5000, encoding: 'utf8' });
  assert.match(r.stdout, /200 OK/);
  assert.doesNotMatch(r.stderr, /unexpected eof/i);
});

test('large bodies both ways at once over TLS', async () => {
  const body = Buffer.alloc(900000, 'z');
  const w = await echo.connect(true);
  for (let i = 0; i < 3; i++) w.send(Buffer.concat([Buffer.from(`POST /echo?limit=1000000 HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`), body]));
  for (let i = 0; i < 3; i++) assert.equal((await w.answer({ ms: 10000 })).bytes.length, body.length);
  w.end();
});
