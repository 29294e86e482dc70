// The first start, the next ones, and every way in which a start can fail: one clear line and a code.
'use strict';
const { test, after } = require('node:test');
const assert = require('node:assert/strict');
const { spawn, spawnSync } = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const tls = require('node:tls');
const { Server, request, binary } = require('./lib/server');
const { ok, enc } = require('./lib/check');

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'doorward-bootstrap-'));
after(() => fs.rmSync(root, { recursive: true, force: true }));
let dirs = 0;
const newDir = () => path.join(root, `d${++dirs}`);
const run = (args, options = {}) => spawnSync(binary, args, { encoding: 'utf8', timeout: 20000, ...options });
const serve = (data, ...flags) => run(['serve', '--data', data, '--listen', '127.0.0.1:0', '--tls-listen', '127.0.0.1:0', ...flags]);
const init = (data, ...flags) => run(['init', '--data', data, ...flags]);
const mode = (file) => fs.statSync(file).mode & 0o777;

/** Fails with one line on standard error, and the text in it. */
function failsWith(result, text) {
  assert.ok(result.status !== 0 && result.status !== null, `status ${result.status} signal ${result.signal}: ${result.stderr}`);
  const lines = result.stderr.split('\n').filter(Boolean);
  assert.equal(lines.length, 1, result.stderr);
  assert.match(lines[0], /^doorward: /);
  assert.match(lines[0], text);
}

test('the first start makes what a new tenant holds', async () => {
  const server = await Server.start();
  try {
    const v2 = await server.v2(), c = server.credentials;
    const clients = await ok(200, v2('GET', '/clients'));
    assert.deepEqual(clients.map((x) => [x.name, x.global]), [['All Applications', true], ['Default App', false], ['Doorward Management', false]]);
    const [all, app, machine] = clients;
    assert.equal(all.client_id, c.global_client.client_id);
    assert.equal(machine.client_id, c.management.client_id);
    assert.equal(machine.app_type, 'non_interactive');
    assert.deepEqual(machine.grant_types, ['client_credentials']);
    const apis = await ok(200, v2('GET', '/resource-servers'));
    assert.deepEqual(apis.map((x) => [x.name, x.identifier, x.is_system]), [['Auth0 Management API', c.management.audience, true]]);
    const grants = await ok(200, v2('GET', '/client-grants'));
    assert.equal(grants.length, 1);
    assert.equal(grants[0].client_id, machine.client_id);
    assert.deepEqual([...grants[0].scope].sort(), apis[0].scopes.map((s) => s.value).sort());
    const connections = await ok(200, v2('GET', '/connections'));
    assert.deepEqual(connections.map((x) => [x.name, x.strategy, x.options.passwordPolicy, x.enabled_clients]), [['Username-Password-Authentication', 'auth0', 'low', [app.client_id]]]);
    assert.equal((await ok(201, v2('POST', '/connections', { name: 'by-api', strategy: 'auth0' }))).options.passwordPolicy, 'good');
    assert.deepEqual(await ok(200, v2('GET', '/users')), []);
    const { keys } = await ok(200, server.request('GET', '/.well-known/jwks.json'));
    assert.equal(keys[0].alg, 'RS256');
  } finally {
    await server.stop();
  }
});

test('credentials.json is whole, and only the owner reads it', async () => {
  const data = newDir();
  const made = init(data);
  assert.equal(made.status, 0, made.stderr);
  const file = path.join(data, 'credentials.json');
  assert.equal(mode(file), 0o600);
  const c = JSON.parse(fs.readFileSync(file, 'utf8'));
  assert.deepEqual(Object.keys(c), ['tenant', 'domain', 'issuer', 'base_url', 'tls_url', 'ca_file', 'management', 'global_client', 'admin']);
  assert.equal(c.tenant, 'default');
  assert.equal(c.domain, 'localhost:8443');
  assert.equal(c.issuer, 'https://localhost:8443/');
  assert.equal(c.base_url, 'http://localhost:8080');
  assert.equal(c.tls_url, 'https://localhost:8443');
  assert.equal(c.ca_file, path.join(data, 'tls/ca.pem'));
  assert.deepEqual(Object.keys(c.management), ['client_id', 'client_secret', 'audience']);
  assert.equal(c.management.audience, 'https://localhost:8443/api/v2/');
  assert.deepEqual(Object.keys(c.global_client), ['client_id', 'client_secret']);
  assert.equal(c.admin.email, 'admin@localhost');
  assert.ok(c.admin.password.length >= 20);
  for (const file of fs.readdirSync(data, { recursive: true, withFileTypes: true }).filter((e) => e.isFile()))
    if (!['ca.pem', 'server.pem'].includes(file.name))
      assert.equal(mode(path.join(file.parentPath ?? file.path, file.name)) & 0o077, 0, `${file.name} is private`);
  assert.equal(mode(data) & 0o077, 0);
  assert.ok(!fs.readdirSync(root).some((name) => name.startsWith(path.basename(data)) && name !== path.basename(data)), 'nothing temporary is left');
});

test('the local certificate is for its names, signed by the local authority', () => {
  const data = newDir();
  init(data, '--domain', 'id.example.test:9443');
  const ca = new crypto.X509Certificate(fs.readFileSync(path.join(data, 'tls/ca.pem')));
  const cert = new crypto.X509Certificate(fs.readFileSync(path.join(data, 'tls/server.pem')));
  assert.ok(ca.ca && cert.checkIssued(ca) && cert.verify(ca.publicKey));
  for (const name of ['localhost', 'id.example.test']) assert.equal(cert.checkHost(name), name);
  for (const ip of ['127.0.0.1', '::1']) assert.ok(cert.checkIP(ip), ip);
  assert.equal(cert.publicKey.asymmetricKeyDetails.namedCurve, 'prime256v1');
  assert.equal(mode(path.join(data, 'tls/server.key')), 0o600);
});

test('init a second time changes nothing and succeeds', () => {
  const data = newDir();
  const first = init(data, '--json');
  const before = fs.readFileSync(path.join(data, 'credentials.json'), 'utf8'), key = fs.readFileSync(path.join(data, 'master.key'));
  assert.deepEqual(JSON.parse(first.stdout), JSON.parse(before));
  const second = init(data, '--json');
  assert.equal(second.status, 0, second.stderr);
  assert.equal(fs.readFileSync(path.join(data, 'credentials.json'), 'utf8'), before);
  assert.deepEqual(fs.readFileSync(path.join(data, 'master.key')), key);
  assert.deepEqual(JSON.parse(second.stdout), JSON.parse(before));
});

test('init leaves a directory with other things alone', () => {
  const data = newDir();
  fs.mkdirSync(data);
  fs.writeFileSync(path.join(data, 'letter.txt'), 'mine');
  failsWith(init(data), /is not empty/);
  assert.deepEqual(fs.readdirSync(data), ['letter.txt']);
});

test('a first start that was cut off leaves nothing that stops the next', async () => {
  for (const wait of [0, 2, 5, 10, 20, 40]) {
    const data = newDir();
    const child = spawn(binary, ['init', '--data', data], { stdio: 'ignore' });
    const ended = new Promise((r) => child.once('exit', r)); /* it may be done before it is killed */
    await new Promise((r) => setTimeout(r, wait));
    child.kill('SIGKILL');
    await ended;
    const again = init(data);
    assert.equal(again.status, 0, `${wait} ms: ${again.stderr}`);
    assert.ok(JSON.parse(fs.readFileSync(path.join(data, 'credentials.json'), 'utf8')).management.client_secret);
  }
});

test('a second server is kept out by the lock', async () => {
  const server = await Server.start();
  try {
    failsWith(serve(server.data, '--no-supervisor'), /Another server uses the data directory/);
    failsWith(serve(server.data), /Another server uses the data directory/);
    await ok(200, server.request('GET', '/healthz'));
  } finally {
    await server.stop();
  }
});

test('a port in use is told with its address', async () => {
  const busy = net.createServer();
  await new Promise((r) => busy.listen(0, '127.0.0.1', r));
  const port = busy.address().port;
  const data = newDir();
  init(data);
  for (const flags of [['--listen', `127.0.0.1:${port}`, '--tls-listen', '127.0.0.1:0'], ['--listen', '127.0.0.1:0', '--tls-listen', `127.0.0.1:${port}`]])
    failsWith(run(['serve', '--data', data, '--no-supervisor', ...flags]), new RegExp(`Cannot listen on .*${port}.*in use`));
  busy.close();
});

test('a directory that cannot be written is told', { skip: process.getuid() === 0 && 'root writes everywhere' }, () => {
  const data = path.join(root, 'closed');
  fs.mkdirSync(data, { mode: 0o500 });
  failsWith(init(path.join(data, 'inside')), /closed/);
});

test('a directory that cannot be is told', () => {
  const file = path.join(root, 'a-file');
  fs.writeFileSync(file, '');
  failsWith(init(path.join(file, 'inside')), /a-file/);
  failsWith(init('/proc/none/inside'), /\/proc\/none/);
  failsWith(serve('/proc/none/inside', '--no-supervisor'), /\/proc\/none/);
});

test('a wrong master key opens nothing', async () => {
  const data = newDir(), other = newDir();
  init(data);
  init(other);
  const key = path.join(data, 'master.key'), right = fs.readFileSync(key);
  const cases = { swapped: fs.readFileSync(path.join(other, 'master.key')), empty: Buffer.alloc(0), short: right.subarray(0, 5), flipped: Buffer.from(right).fill(right[0] ^ 1, 0, 1) };
  for (const [name, bytes] of Object.entries(cases)) {
    fs.writeFileSync(key, bytes);
    const result = serve(data, '--no-supervisor');
    assert.ok(result.status > 0, `${name}: ${result.status} ${result.stderr}`);
    failsWith(result, /master/i);
  }
  fs.rmSync(key);
  failsWith(serve(data, '--no-supervisor'), /master/i);
  assert.ok(!fs.existsSync(key), 'no new key hides the loss');
  fs.writeFileSync(path.join(root, 'elsewhere.key'), right, { mode: 0o600 });
  const server = await Server.start({ dir: linked(data), flags: ['--master-key', path.join(root, 'elsewhere.key')] });
  await ok(200, (await server.v2())('GET', '/clients'));
  await server.stop();
});

/** A directory in which `data` is the given one. */
function linked(data) {
  const dir = newDir();
  fs.mkdirSync(dir);
  fs.symlinkSync(data, path.join(dir, 'data'));
  return dir;
}

test('wrong flags are told by name', () => {
  const data = newDir();
  for (const [args, text] of [
    [['serve', '--bogus'], /unknown flag --bogus/],
    [['serve', '--listen'], /--listen needs a value/],
    [['serve', '--workers', 'many'], /--workers takes a number, not 'many'/],
    [['serve', '--workers', '0'], /--workers takes 1 to 1024/],
    [['serve', '--listen', 'nowhere', '--data', data], /listen/],
    [['serve', '--listen', '127.0.0.1:99999', '--data', data], /listen/],
    [['serve', '--rate-limits', 'none-such', '--data', data], /--rate-limits/],
    [['serve', '--trusted-proxies', 'x', '--data', data], /--trusted-proxies/],
    [['serve', '--log-level', 'loud', '--data', data], /--log-level/],
    [['nonsense'], /unknown command/],
    [['tenant', 'create'], /wrong number of arguments/],
    [['tenant', 'list', '--data', newDir()], /There is no data directory/],
  ])
    failsWith(run(args[0] === 'serve' ? ['serve', '--no-supervisor', ...args.slice(1)] : args), text);
  assert.equal(run(['--help']).status, 0);
  for (const command of [['serve'], ['init'], ['tenant', 'create']]) {
    const help = run([...command, '--help']);
    assert.equal(help.status, 0);
    assert.match(help.stdout, /--data DIR/);
  }
});

test('flags stand in the environment too, and the command line wins', () => {
  const data = newDir();
  const made = run(['init', '--json'], { env: { ...process.env, DOORWARD_DATA: data, DOORWARD_DOMAIN: 'env.example.test' } });
  assert.equal(JSON.parse(made.stdout).domain, 'env.example.test');
  const second = run(['init', '--json', '--domain', 'flag.example.test', '--data', newDir()], { env: { ...process.env, DOORWARD_DATA: data, DOORWARD_DOMAIN: 'env.example.test' } });
  assert.equal(JSON.parse(second.stdout).domain, 'flag.example.test');
});

test('SIGTERM and SIGINT end the server cleanly, and the next one finds everything', async () => {
  const server = await Server.start();
  let v2 = await server.v2();
  const user = await ok(201, v2('POST', '/users', { connection: 'Username-Password-Authentication', email: 'kept@bootstrap.example', password: 'secret-enough' }));
  for (const signal of ['SIGTERM', 'SIGINT']) {
    server.keepDir = true;
    const end = await server.stop(signal);
    assert.deepEqual(end, { code: 0, signal: null }, signal);
    await server.boot();
    assert.equal((await ok(200, v2('GET', `/users/${enc(user.user_id)}`))).email, user.email);
    assert.equal(server.credentials.management.client_secret.length > 20, true);
  }
  v2 = await server.v2();
  server.keepDir = false;
  await server.stop();
});

test('a request that is under way is answered before the end', async () => {
  const server = await Server.start();
  const v2 = await server.v2();
  const writes = [...Array(12).keys()].map((i) => v2('POST', '/users', { connection: 'Username-Password-Authentication', email: `last${i}@bootstrap.example`, password: 'secret-enough' })
    .then((a) => a.status, (e) => e.code));
  await new Promise((r) => setTimeout(r, 60));
  server.keepDir = true;
  assert.equal((await server.stop()).code, 0);
  const results = await Promise.all(writes);
  const acknowledged = results.filter((s) => s === 201).length;
  assert.ok(results.every((s) => s === 201 || s === 503 || s === 'ECONNRESET' || s === 'ECONNREFUSED'), results.join());
  await server.boot();
  assert.ok((await ok(200, (await server.v2())('GET', '/users'))).length >= acknowledged);
  assert.ok(acknowledged > 0, results.join());
  server.keepDir = false;
  await server.stop();
});

test('nothing acknowledged is lost by kill -9', async () => {
  const server = await Server.start();
  const kept = [];
  for (let round = 0; round < 5; round++) {
    const v2 = await server.v2();
    let n = 0;
    const writer = async (w) => {
      for (;;) {
        const name = `round ${round} writer ${w} ${n++}`;
        const a = await v2('POST', '/clients', { name }).catch(() => null);
        if (!a || a.status !== 201) return;
        kept.push(a.body.client_id);
      }
    };
    const writers = [0, 1, 2, 3].map(writer);
    await new Promise((r) => setTimeout(r, 150 + 40 * round));
    server.process.kill('SIGKILL');
    await server.exited;
    await Promise.all(writers);
    fs.closeSync(server.log);
    await server.boot();
  }
  const v2 = await server.v2();
  assert.ok(kept.length > 50, `${kept.length}`);
  for (const id of kept) await ok(200, v2('GET', `/clients/${id}?fields=client_id`));
  const { total } = await ok(200, v2('GET', '/clients?per_page=0&include_totals=true'));
  assert.ok(total >= kept.length + 3);
  await server.stop();
});

test('the supervisor starts a server that died, and ends with it on SIGTERM', async () => {
  const data = newDir();
  const parent = spawn(binary, ['serve', '--data', data, '--listen', '127.0.0.1:0', '--tls-listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((r) => parent.once('exit', (code, signal) => r({ code, signal })));
  const urls = [];
  parent.stdout.on('data', (d) => { for (const m of String(d).matchAll(/listens on (\S+)/g)) urls.push(m[1]); });
  const until = async (f) => { for (let i = 0; i < 400 && !f(); i++) await new Promise((r) => setTimeout(r, 25)); assert.ok(f()); };
  await until(() => urls.length === 1);
  const child = () => fs.readFileSync(`/proc/${parent.pid}/task/${parent.pid}/children`, 'utf8').trim();
  const first = child();
  process.kill(Number(first), 'SIGKILL');
  await until(() => urls.length === 2);
  assert.notEqual(child(), first);
  assert.equal((await request(urls[1], 'GET', '/healthz')).status, 200);
  const second = Number(child());
  parent.kill('SIGTERM');
  assert.deepEqual(await ended, { code: 0, signal: null });
  assert.throws(() => process.kill(second, 0), /ESRCH/);
});

test('a supervised server that cannot start is not tried again and again', () => {
  const data = newDir();
  init(data);
  fs.writeFileSync(path.join(data, 'master.key'), 'nonsense');
  failsWith(serve(data), /master/i);
});

test('a client that names a tenant gets a certificate for it, made then and there', async () => {
  const server = await Server.start();
  try {
    server.createTenant('acme', 'login.acme.example');
    server.createTenant('ported', 'ported.example:8443');
    const subject = (servername) => new Promise((resolve, reject) => {
      const url = new URL(server.tls);
      const socket = tls.connect({ host: url.hostname, port: url.port, ca: server.ca, servername, checkServerIdentity: () => undefined }, () => {
        resolve({ names: socket.getPeerCertificate().subjectaltname, trusted: socket.authorized });
        socket.destroy();
      });
      socket.once('error', reject);
    });
    for (const name of ['login.acme.example', 'LOGIN.acme.example', 'ported.example', 'login.acme.example']) {
      const c = await subject(name);
      assert.ok(c.trusted, name);
      assert.match(c.names, new RegExp(`DNS:${name.toLowerCase().replaceAll('.', '\\.')}`));
    }
    for (const name of ['unknown.example', 'localhost']) {
      const c = await subject(name);
      assert.ok(c.trusted);
      assert.match(c.names, /DNS:localhost/);
      assert.doesNotMatch(c.names, /example/);
    }
  } finally {
    await server.stop();
  }
});
