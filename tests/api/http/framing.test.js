// Whatever two parsers could read in two ways is refused and the connection closed (RFC 9112). Each row goes through
// a kept connection after a good request, plain and TLS, with a second request behind it that must never be handled.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Echo } = require('./wire');

const H = 'Host: a\r\n';
const LURE = `GET /smuggled HTTP/1.1\r\n${H}\r\n`;
const head = (...fields) => `POST /echo HTTP/1.1\r\n${fields.map((f) => f + '\r\n').join('')}\r\n`;
const get = (target) => `GET ${target} HTTP/1.1\r\n${H}\r\n`;
const chunked = (body) => head('Host: a', 'Transfer-Encoding: chunked') + body;

const refused = [
  ['two different Content-Length', head('Host: a', 'Content-Length: 5', 'Content-Length: 6') + 'hello'],
  ['two equal Content-Length', head('Host: a', 'Content-Length: 5', 'Content-Length: 5') + 'hello'],
  ['a list of lengths', head('Host: a', 'Content-Length: 5, 5') + 'hello'],
  ['Content-Length, then chunked', head('Host: a', 'Content-Length: 5', 'Transfer-Encoding: chunked') + '0\r\n\r\n'],
  ['chunked, then Content-Length', head('Host: a', 'Transfer-Encoding: chunked', 'Content-Length: 5') + '0\r\n\r\n'],
  ['gzip, chunked', head('Host: a', 'Transfer-Encoding: gzip, chunked') + '0\r\n\r\n'],
  ['chunked, gzip', head('Host: a', 'Transfer-Encoding: chunked, gzip') + '0\r\n\r\n'],
  ['chunked, chunked', head('Host: a', 'Transfer-Encoding: chunked, chunked') + '0\r\n\r\n'],
  ['chunked in two lines', head('Host: a', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + '0\r\n\r\n'],
  ['identity and chunked', head('Host: a', 'Transfer-Encoding: identity', 'Transfer-Encoding: chunked') + '0\r\n\r\n'],
  ['xchunked', head('Host: a', 'Transfer-Encoding: xchunked') + '0\r\n\r\n'],
  ['chunked with a parameter', head('Host: a', 'Transfer-Encoding: chunked;q=1') + '0\r\n\r\n'],
  ['identity alone', head('Host: a', 'Transfer-Encoding: identity') + 'hello'],
  ['an empty Transfer-Encoding', head('Host: a', 'Transfer-Encoding:') + '0\r\n\r\n'],
  ['a vertical tab before chunked', head('Host: a', 'Transfer-Encoding: \x0bchunked') + '0\r\n\r\n'],
  ['a space before the colon of Transfer-Encoding', head('Host: a', 'Transfer-Encoding : chunked') + '0\r\n\r\n'],
  ['chunked in 1.0', `POST /echo HTTP/1.0\r\n${H}Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n`],
  ['a negative length', head('Host: a', 'Content-Length: -5') + 'hello'],
  ['a signed length', head('Host: a', 'Content-Length: +5') + 'hello'],
  ['a hexadecimal length', head('Host: a', 'Content-Length: 0x5') + 'hello'],
  ['a length with a blank inside', head('Host: a', 'Content-Length: 5 5') + 'hello'],
  ['an empty length', head('Host: a', 'Content-Length:') + 'hello'],
  ['an overflowing length', head('Host: a', 'Content-Length: 18446744073709551621') + 'hello'],
  ['a chunk size with 0x', chunked('0x5\r\nhello\r\n0\r\n\r\n')],
  ['an overflowing chunk size', chunked('10000000000000005\r\nhello\r\n0\r\n\r\n')],
  ['a negative chunk size', chunked('-5\r\nhello\r\n0\r\n\r\n')],
  ['a chunk line ended by LF', chunked('5\nhello\r\n0\r\n\r\n')],
  ['chunk data ended by LF', chunked('5\r\nhello\n0\r\n\r\n')],
  ['a last chunk ended by LF', chunked('5\r\nhello\r\n0\n\n')],
  ['a chunk without its line end', chunked('5\r\nhello0\r\n\r\n')],
  ['a chunk longer than its size', chunked('5\r\nhelloworld\r\n0\r\n\r\n')],
  ['an empty chunk line', chunked('\r\n5\r\nhello\r\n0\r\n\r\n')],
  ['a trailer', chunked('5\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n')],
  ['a trailer that frames', chunked('5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n')],
  ['a chunk extension without end', chunked('5;' + 'x'.repeat(40000) + '\r\nhello\r\n0\r\n\r\n')],
  ['two credentials', head('Host: a', 'Authorization: Bearer a', 'Authorization: Bearer b', 'Content-Length: 0')],
  ['two types', head('Host: a', 'Content-Type: application/json', 'content-type: text/plain', 'Content-Length: 2') + '{}'],
  ['no Host', head('Content-Length: 0')],
  ['two Hosts', head('Host: a', 'Host: b')],
  ['two equal Hosts', head('Host: a', 'Host: a')],
  ['an empty Host', head('Host:')],
  ['a list of Hosts', head('Host: a, b')],
  ['a Host with user information', head('Host: user@a')],
  ['a Host with a path', head('Host: a/b')],
  ['Host and a space before the colon', head('Host : a')],
  ['Host and a tab before the colon', head('Host\t: a')],
  ['a space before a later colon', head('Host: a', 'X-Test : 1')],
  ['a folded line', head('Host: a', 'X-Test: 1', ' 2')],
  ['a line folded by a tab', head('Host: a', 'X-Test: 1', '\t2')],
  ['a fold that hides a length', head('Host: a', 'X-Test: 1', ' Content-Length: 50')],
  ['a space before the first field', `POST /echo HTTP/1.1\r\n Content-Length: 5\r\n${H}\r\nhello`],
  ['a field without a colon', head('Host: a', 'X-Test')],
  ['a field without a name', head('Host: a', ': 1')],
  ['a name with a parenthesis', head('Host: a', 'X(Test: 1')],
  ['a NUL in a value', head('Host: a', 'X-Test: a\0b')],
  ['a NUL in a name', head('Host: a', 'X\0Test: 1')],
  ['a DEL in a value', head('Host: a', 'X-Test: a\x7fb')],
  ['a bare CR in a value', head('Host: a', 'X-Test: a\rb')],
  ['a bare CR between fields', head('Host: a\rX-Test: 1')],
  ['a bare LF between fields', head('Host: a\nX-Test: 1')],
  ['only LF', `GET / HTTP/1.1\nHost: a\n\n`],
  ['an end of LF alone', `GET / HTTP/1.1\r\n${H}\n`],
  ['CR CR LF', `GET / HTTP/1.1\r\n${H}\r\r\n`],
  ['an end of CRLF CR', `GET / HTTP/1.1\r\n${H}\rX: 1\r\n\r\n`],
  ['two spaces before the target', `GET  / HTTP/1.1\r\n${H}\r\n`],
  ['two spaces after the target', `GET /  HTTP/1.1\r\n${H}\r\n`],
  ['a tab in the request line', `GET\t/ HTTP/1.1\r\n${H}\r\n`],
  ['a space in the target', get('/a b')],
  ['a space after the version', `GET / HTTP/1.1 \r\n${H}\r\n`],
  ['a control character in the target', get('/a\x01')],
  ['a NUL in the target', get('/a\0b')],
  ['a byte above ASCII in the target', get('/\xe4')],
  ['a fragment', get('/a#b')],
  ['a relative target', get('a')],
  ['asterisk for GET', get('*')],
  ['another host in an absolute target', get('http://b/')],
  ['another scheme in an absolute target', get('ftp://a/')],
  ['user information in an absolute target', get('http://user@a/')],
  ['an absolute target without a host', get('http:///')],
  ['no target', `GET HTTP/1.1\r\n${H}\r\n`],
  ['a method of control characters', `\x16\x03\x01\x02\r\n${H}\r\n`],
  ['a lower-case method', `get / HTTP/1.1\r\n${H}\r\n`],
  ['another protocol', `GET / RTSP/1.0\r\n${H}\r\n`],
  ['no version', `GET /\r\n${H}\r\n`],
  ['a request line ended by LF', `GET / HTTP/1.1\nHost: a\r\n\r\n`],
];

const other = [
  ['the HTTP/2 preface', 505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['version 2.0', 505, `GET / HTTP/2.0\r\n${H}\r\n`],
  ['version 1.2', 505, `GET / HTTP/1.2\r\n${H}\r\n`],
  ['version 0.9', 505, `GET / HTTP/0.9\r\n${H}\r\n`],
  ['an unknown method', 501, `FROB / HTTP/1.1\r\n${H}\r\n`],
  ['a method with more letters', 501, `GETS / HTTP/1.1\r\n${H}\r\n`],
  ['CONNECT', 501, `CONNECT a:443 HTTP/1.1\r\n${H}\r\n`],
  ['TRACE', 501, `TRACE / HTTP/1.1\r\n${H}\r\n`],
  ['another expectation', 417, head('Host: a', 'Expect: 200-maybe')],
  ['a length above the limit', 413, head('Host: a', 'Content-Length: 70000')],
  ['chunks above the limit', 413, chunked('11170\r\n' + 'x'.repeat(70000) + '\r\n0\r\n\r\n')],
  ['a request line above the limit', 414, get('/' + 'a'.repeat(40000))],
  ['a header above the limit', 431, head('Host: a', 'X-Test: ' + 'a'.repeat(40000))],
  ['too many header lines', 431, head('Host: a', ...Array.from({ length: 100 }, (_, i) => `X-${i}: 1`))],
];

const rows = [...refused.map(([name, text]) => [name, 400, text]), ...other];

let echo;
before(async () => { echo = await Echo.start({ header_ms: 3000, body_ms: 3000 }); });
after(async () => { assert.deepEqual(await echo.stop(), { code: 0, signal: null }); });

test('the lure is counted where it is a request of its own', async () => {
  const was = (await echo.counts()).smuggled;
  const w = await echo.connect();
  w.send(head('Host: a', 'Content-Length: 5') + 'hello' + LURE);
  assert.equal((await w.answer()).body, 'hello');
  assert.equal((await w.answer()).status, 200);
  assert.equal((await echo.counts()).smuggled, was + 1);
  w.end();
});

for (const secure of [false, true])
  for (const [name, status, text] of rows)
    test(`${name} (${secure ? 'TLS' : 'plain'})`, async () => {
      const was = (await echo.counts()).smuggled;
      const w = await echo.connect(secure);
      w.send(get('/'));
      assert.equal((await w.answer()).status, 200);
      w.send(text + LURE);
      const answer = await w.answer();
      assert.equal(answer.status, status);
      assert.equal(answer.headers.connection, 'close');
      await w.close();
      assert.equal((await echo.counts()).smuggled, was);
    });

// The same in single bytes: where the cuts fall must not matter.
for (const [name, status, text] of rows.filter(([, , t]) => t.length < 200))
  test(`${name} (byte by byte)`, async () => {
    const was = (await echo.counts()).smuggled;
    const w = await echo.connect();
    for (const byte of Buffer.from(text + LURE, 'latin1')) {
      if (w.closed || w.data.length) break;
      w.send(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    const answer = await w.answer();
    assert.equal(answer.status, status);
    await w.close();
    assert.equal((await echo.counts()).smuggled, was);
  });
