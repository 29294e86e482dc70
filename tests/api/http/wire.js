// The connection layer over raw sockets: starts tests/unit/server/http_echo.c and speaks bytes.
'use strict';
const { spawn, execFileSync } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');

const root = path.join(__dirname, '../../..');
const places = ['build/asan/tests/unit/http_echo', 'build/asan/tests/unit/server/http_echo', 'build/debug/tests/unit/http_echo'];
const binary = process.env.HTTP_ECHO || places.map((p) => path.join(root, p)).find((p) => fs.existsSync(p));

const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });

/** A CA, a server certificate and a client certificate of that CA, one that signed itself; P-256. */
function makeCertificates(dir) {
  const at = (name) => path.join(dir, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...key, '-subj', '/CN=test ca', '-keyout', at('ca.key'), '-out', at('ca.pem'));
  openssl('req', '-x509', ...key, '-subj', '/CN=alone', '-keyout', at('self.key'), '-out', at('self.pem'));
  for (const [name, subject, extension] of [['server', '/CN=localhost', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ['client', '/CN=client', 'extendedKeyUsage=clientAuth']]) {
    fs.writeFileSync(at('ext'), extension + '\n');
    openssl('req', ...key.slice(0, -2), '-subj', subject, '-keyout', at(name + '.key'), '-out', at('csr'));
    openssl('x509', '-req', '-in', at('csr'), '-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2',
      '-extfile', at('ext'), '-out', at(name + '.pem'));
  }
}

class Echo {
  static async start(options = {}) {
    if (!binary) throw new Error('http_echo is not built (see tests/unit/server/http_echo.c)');
    const e = new Echo();
    e.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'doorward-http-'));
    makeCertificates(e.dir);
    const all = { cert: e.file('server.pem'), key: e.file('server.key'), client_ca: e.file('ca.pem'), ...options };
    e.process = spawn(binary, Object.entries(all).map(([k, v]) => `${k}=${v}`), { stdio: ['ignore', 'pipe', 'inherit'] });
    e.exited = new Promise((resolve) => e.process.once('exit', (code, signal) => resolve({ code, signal })));
    const line = await Promise.race([new Promise((resolve) => e.process.stdout.once('data', resolve)),
      e.exited.then((x) => { throw new Error(`http_echo ended: ${JSON.stringify(x)}`); })]);
    [e.port, e.tlsPort] = String(line).trim().split(' ').map(Number);
    return e;
  }

  file(name) { return path.join(this.dir, name); }

  /** Resolves to a Wire. options go to tls.connect. */
  connect(secure = false, options = {}) {
    return new Promise((resolve, reject) => {
      const at = { host: '127.0.0.1', port: secure ? this.tlsPort : this.port, ...options };
      const socket = secure
        ? tls.connect({ ca: fs.readFileSync(this.file('ca.pem')), servername: 'localhost', ...at }, () => resolve(new Wire(socket)))
        : net.connect(at, () => resolve(new Wire(socket)));
      socket.once('error', reject);
    });
  }

  /** One request on a connection of its own. */
  async ask(text, secure = false, options = {}) {
    const w = await this.connect(secure, options);
    w.send(text);
    const answer = await w.answer();
    w.end();
    return answer;
  }

  async counts() { return JSON.parse((await this.ask('GET /counts HTTP/1.1\r\nHost: a\r\n\r\n')).body); }

  rss() { return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${this.process.pid}/status`, 'utf8'))[1]); }

  async stop() {
    this.process.kill('SIGTERM');
    const end = await this.exited;
    fs.rmSync(this.dir, { recursive: true, force: true });
    return end;
  }
}

/** Bytes out, answers in. */
class Wire {
  constructor(socket) {
    this.socket = socket;
    this.data = Buffer.alloc(0);
    this.closed = false;
    this.wake = () => {};
    socket.setNoDelay(true);
    socket.on('data', (d) => { this.data = Buffer.concat([this.data, d]); this.wake(); });
    const over = () => { this.closed = true; this.wake(); };
    socket.on('end', over);
    socket.on('close', over);
    socket.on('error', over);
  }

  send(text) { return this.socket.write(Buffer.isBuffer(text) ? text : Buffer.from(text, 'latin1')); }

  end() { this.socket.destroy(); }

  /** Until test() gives something, or the time is over. */
  async until(test, ms, what) {
    const end = Date.now() + ms;
    for (;;) {
      const found = test();
      if (found) return found;
      const left = end - Date.now();
      if (left <= 0) throw new Error(`${what} did not come; have ${JSON.stringify(this.data.toString('latin1').slice(0, 300))}`);
      await new Promise((resolve) => { this.wake = resolve; setTimeout(resolve, Math.min(left, 100)); });
    }
  }

  parse(noBody) {
    const end = this.data.indexOf('\r\n\r\n');
    if (end < 0) return this.closed ? { status: 0, closed: true } : null;
    const [line, ...fields] = this.data.subarray(0, end).toString('latin1').split('\r\n');
    const headers = Object.fromEntries(fields.map((f) => [f.slice(0, f.indexOf(':')).toLowerCase(), f.slice(f.indexOf(':') + 1).trim()]));
    const status = Number(line.split(' ')[1]);
    const length = noBody || status < 200 || status === 204 || status === 304 ? 0 : Number(headers['content-length']);
    if (!this.closed && this.data.length < end + 4 + length) return null;
    const bytes = this.data.subarray(end + 4, end + 4 + length);
    this.data = this.data.subarray(end + 4 + length);
    return { line, status, headers, bytes, body: bytes.toString('latin1') };
  }

  /** The next answer; {status: 0} when the connection ended without one. */
  answer({ ms = 5000, noBody = false } = {}) { return this.until(() => this.parse(noBody), ms, 'an answer'); }

  /** Resolves when the server has closed; nothing may come before. */
  async close(ms = 5000) {
    await this.until(() => this.closed, ms, 'the end of the connection');
    if (this.data.length) throw new Error(`more bytes: ${JSON.stringify(this.data.toString('latin1').slice(0, 300))}`);
  }
}

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

module.exports = { Echo, Wire, sleep };
