// A real server in a directory of its own, with two tenants, for one test file.
'use strict';
const { spawn, execFileSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const https = require('node:https');
const http = require('node:http');

const binary = process.env.DOORWARD || path.join(__dirname, '../../../build/debug/doorward');

/** One HTTP exchange. Answers {status, headers, text, body} with body parsed where it is JSON. */
function request(base, method, target, { headers = {}, body, ca, host, agent } = {}) {
  const url = new URL(base);
  const sent = { ...headers };
  let payload;
  if (body !== undefined) {
    payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    if (!Object.keys(sent).some((h) => h.toLowerCase() === 'content-type')) sent['Content-Type'] = 'application/json';
    sent['Content-Length'] = Buffer.byteLength(payload);
  }
  if (host) sent.Host = host;
  const lib = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const rq = lib.request({ hostname: url.hostname, port: url.port, method, path: target, headers: sent, ca, agent, servername: 'localhost' }, (rs) => {
      const parts = [];
      rs.on('data', (d) => parts.push(d));
      rs.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        let parsed;
        try { parsed = JSON.parse(text); } catch { parsed = undefined; }
        resolve({ status: rs.statusCode, headers: rs.headers, text, body: parsed });
      });
    });
    rq.on('error', reject);
    rq.end(payload);
  });
}

class Server {
  /** flags: more flags for `doorward serve`. dir: an existing data directory. */
  static async start({ flags = [], dir, keepDir = false } = {}) {
    const s = new Server();
    s.dir = dir || fs.mkdtempSync(path.join(os.tmpdir(), 'doorward-test-'));
    s.data = path.join(s.dir, 'data');
    s.keepDir = keepDir || !!dir;
    s.flags = flags;
    await s.boot();
    return s;
  }

  async boot() {
    this.log = fs.openSync(path.join(this.dir, 'server.log'), 'a');
    this.process = spawn(binary, ['serve', '--data', this.data, '--listen', '127.0.0.1:0', '--tls-listen', '127.0.0.1:0', '--no-supervisor', ...this.flags],
      { stdio: ['ignore', 'pipe', this.log] });
    this.exited = new Promise((resolve) => this.process.once('exit', (code, signal) => resolve({ code, signal })));
    await this.listening();
    this.credentials = JSON.parse(fs.readFileSync(path.join(this.data, 'credentials.json'), 'utf8'));
    this.base = this.credentials.base_url;
    this.tls = this.credentials.tls_url;
    this.ca = fs.readFileSync(path.join(this.data, 'tls/ca.pem'));
    this.issuer = this.credentials.issuer;
  }

  listening() {
    return new Promise((resolve, reject) => {
      let seen = '';
      this.process.stdout.on('data', (d) => {
        seen += d;
        if (seen.includes('credentials:')) resolve();
      });
      this.exited.then(({ code, signal }) => reject(new Error(`the server ended (${code ?? signal}): ${this.stderr()}`)));
    });
  }

  stderr() {
    return fs.readFileSync(path.join(this.dir, 'server.log'), 'utf8');
  }

  /** Ends the server; a crash, a failed assertion or a sanitizer's finding fails the file that stops it. */
  async stop(signal = 'SIGTERM') {
    this.process.kill(signal);
    const end = await this.exited;
    const log = this.stderr();
    fs.closeSync(this.log);
    if (!this.keepDir) fs.rmSync(this.dir, { recursive: true, force: true });
    if (end.code !== 0 && end.signal !== signal || /AddressSanitizer|LeakSanitizer|runtime error:/.test(log))
      throw new Error(`the server ended with ${end.code ?? end.signal}:\n${log.slice(-6000)}`);
    return end;
  }

  /** Stop and start on the same directory. */
  async restart(signal = 'SIGTERM') {
    const keep = this.keepDir;
    this.keepDir = true;
    await this.stop(signal);
    this.keepDir = keep;
    await this.boot();
  }

  cli(...args) {
    return execFileSync(binary, [...args, '--data', this.data], { encoding: 'utf8', stdio: 'pipe' });
  }

  /** A second tenant; answers its credentials. Its requests carry {host: domain}. */
  createTenant(name, domain = `${name}.example.test`) {
    return JSON.parse(this.cli('tenant', 'create', name, '--domain', domain, '--json'));
  }

  request(method, target, options) {
    return request(this.base, method, target, options);
  }

  async token(body = {}, options = {}) {
    const c = this.credentials;
    const rs = await this.request('POST', '/oauth/token', {
      ...options,
      body: { grant_type: 'client_credentials', client_id: c.management.client_id, client_secret: c.management.client_secret, audience: c.management.audience, ...body },
    });
    if (rs.status !== 200) throw new Error(`token: ${rs.status} ${rs.text}`);
    return rs.body.access_token;
  }

  /** v2(method, path, body?) with a token of every scope (or of `scope`). */
  async v2({ scope, credentials = this.credentials, host } = {}) {
    const token = await this.token({ scope, client_id: credentials.management.client_id, client_secret: credentials.management.client_secret, audience: credentials.management.audience }, { host });
    const call = (method, target, body, more = {}) => this.request(method, `/api/v2${target}`, { host, body, ...more, headers: { Authorization: `Bearer ${token}`, ...more.headers } });
    call.token = token;
    return call;
  }

  /** v1(method, path, body?) with the global client's token (or another client's). */
  async v1({ client = this.credentials.global_client, host } = {}) {
    const rs = await this.request('POST', '/oauth/token', { host, body: { grant_type: 'client_credentials', client_id: client.client_id, client_secret: client.client_secret } });
    if (rs.status !== 200) throw new Error(`v1 token: ${rs.status} ${rs.text}`);
    const token = rs.body.access_token;
    const call = (method, target, body, more = {}) => this.request(method, `/api${target}`, { host, body, ...more, headers: { Authorization: `Bearer ${token}`, ...more.headers } });
    call.token = token;
    return call;
  }
}

module.exports = { Server, request, binary };
