// found.js TRIES: writes, each followed by the search that must show it (tests/api/lib/found.js), against $DOORWARD.
// Prints tries and seconds; a try that fails ends it.
'use strict';
const net = require('node:net');
const { Server } = require('../tests/api/lib/server');
const { prepare, found } = require('../tests/api/lib/found');

/** Exchanges on plain kept connections: Node's own client would take longer than the server. */
class Connections {
  constructor(base, token) {
    this.url = new URL(base);
    this.head = `Host: ${this.url.host}\r\nAuthorization: Bearer ${token}\r\n`;
    this.idle = [];
  }

  async open() {
    const c = { socket: net.connect({ host: this.url.hostname, port: this.url.port, noDelay: true }), seen: Buffer.alloc(0), answer: null };
    c.socket.on('data', (d) => { c.seen = c.seen.length ? Buffer.concat([c.seen, d]) : d; this.read(c); });
    const fail = (e) => c.answer?.reject(e || new Error('the server closed the connection'));
    c.socket.on('error', fail);
    c.socket.on('close', () => fail());
    return c;
  }

  read(c) {
    const end = c.seen.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = c.seen.toString('latin1', 0, end), status = Number(head.slice(9, 12));
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    if (/\r\ntransfer-encoding:/i.test(head)) return c.answer.reject(new Error('a chunked answer'));
    if (c.seen.length < end + 4 + length) return;
    const text = c.seen.toString('utf8', end + 4, end + 4 + length);
    c.seen = c.seen.subarray(end + 4 + length);
    this.idle.push(c);
    c.answer.resolve({ status, text, body: length ? JSON.parse(text) : undefined });
  }

  async call(method, target, body) {
    const c = this.idle.pop() || await this.open(), payload = body === undefined ? '' : JSON.stringify(body);
    const type = body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(payload)}\r\n`;
    return new Promise((resolve, reject) => {
      c.answer = { resolve, reject };
      c.socket.write(`${method} /api/v2${target} HTTP/1.1\r\n${this.head}${type}\r\n${payload}`);
    });
  }

  close() {
    for (const c of this.idle) c.socket.destroy();
  }
}

async function main() {
  const server = await Server.start();
  try {
    const v2 = await server.v2();
    await prepare(v2);
    const connections = new Connections(server.base, v2.token), start = process.hrtime.bigint();
    const tries = await found((...what) => connections.call(...what), Number(process.argv[2]), 32);
    console.log(tries, Number(process.hrtime.bigint() - start) / 1e9);
    connections.close();
  } finally {
    await server.stop();
  }
}

main().catch((e) => { console.error(e); process.exit(1); });
