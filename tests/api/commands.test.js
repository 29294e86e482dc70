// What an operator meets: help, clear lines, exit codes, the same with and without a running server.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { Server, binary } = require('./lib/server.js');

let s, data;
test.before(async () => {
  s = await Server.start();
  s.keepDir = true;
  data = s.data;
});
test.after(async () => {
  if (s.process.exitCode === null) await s.stop();
  fs.rmSync(s.dir, { recursive: true, force: true });
});

/** {code, out, err}; the last argument may be more environment. */
function run(...args) {
  const env = typeof args.at(-1) === 'object' ? args.pop() : {};
  const p = spawnSync(binary, args, { encoding: 'utf8', env: { ...process.env, ...env }, timeout: 20000 });
  return { code: p.status, out: p.stdout, err: p.stderr };
}

const file = (name) => path.join(s.dir, name);

test('help of one command, of a family, of all', () => {
  const create = run('tenant', 'create', '--help').out;
  assert.match(create, /tenant create +name/);
  assert.match(create, /--domain/);
  assert.doesNotMatch(create, /tenant delete|--trusted-proxies/);
  const family = run('tenant', '--help').out;
  for (const word of ['create', 'list', 'delete', 'snapshot', 'restore']) assert.match(family, new RegExp(`tenant ${word}`));
  assert.doesNotMatch(family, /backup/);
  for (const word of ['serve', 'init', 'tenant create', 'users import', 'users export', 'backup', 'doctor', '--trusted-proxies'])
    assert.ok(run('--help').out.includes(word), word);
  assert.deepEqual(run('zork', '--help'), { code: 2, out: '', err: 'doorward: unknown command zork (see --help)\n' });
});

// [what is wrong, arguments, exit code, what the one line says]
const wrong = [
  ['no such command', ['zork'], 2, /unknown command/],
  ['an argument too many', ['tenant', 'list', 'x'], 2, /number of arguments/],
  ['no such flag', ['serve', '--zork'], 2, /unknown flag --zork/],
  ['a flag with no value', ['init', '--data'], 2, /--data needs a value/],
  ['a switch that is neither', ['serve', '--test-clock=maybe'], 2, /--test-clock takes true or false, not 'maybe'/],
  ['a number that is none', ['serve', '--workers', 'x'], 2, /--workers takes a number/],
  ['no address', ['serve', '--listen', 'x'], 2, /--listen takes HOST:PORT/],
  ['no rate limits', ['serve', '--rate-limits', 'x'], 2, /--rate-limits takes/],
  ['no networks', ['serve', '--trusted-proxies', 'x'], 2, /--trusted-proxies takes/],
  ['no such log level', ['serve', '--log-level', 'x'], 2, /--log-level takes/],
  ['a database that we do not speak', ['serve', '--database', 'mysql://x'], 2, /--database takes/],
  ['a file for a directory', ['init', '--data', '$FILE'], 1, /\$FILE: Not a directory/],
  ['no data directory', ['tenant', 'list', '--data', '$DIR/none'], 1, /no data directory/],
  ['a name that is taken', ['tenant', 'create', 'default'], 1, /exists already/],
  ['a name that is none', ['tenant', 'create', 'No Name'], 1, /A tenant's name/],
  ['a domain that is none', ['tenant', 'create', 'some', '--domain', 'a b'], 1, /A tenant's domain/],
  ['a domain that is taken', ['tenant', 'create', 'some', '--domain', 'localhost:8443'], 1, /belongs to another tenant/],
  ['no such tenant', ['tenant', 'delete', 'nobody'], 2, /no tenant named nobody/],
  ['nowhere to write', ['tenant', 'snapshot', 'default', '$DIR/none/x'], 1, /none\/x: No such file or directory/],
  ['no file', ['tenant', 'restore', 'default', '$DIR/none'], 1, /none: No such file or directory/],
  ['no snapshot', ['tenant', 'restore', 'default', '$FILE'], 1, /is no snapshot of a tenant/],
  ['a backup over something', ['backup', '$DIR'], 1, /\$DIR: exists already/],
];

for (const served of [true, false])
  test(`one clear line, ${served ? 'while the server runs' : 'and when it does not'}`, async (t) => {
    fs.writeFileSync(file('file'), 'junk');
    if (!served) await s.stop();
    const fill = (text) => text.replace('$FILE', file('file')).replace('$DIR', s.dir);
    for (const [name, args, code, line] of wrong.filter((row) => !served || row[1][0] !== 'serve'))
      await t.test(name, () => {
        const all = args.includes('--data') ? args : [...args, '--data', data];
        const r = run(...all.map(fill));
        const said = r.err.trim().split('\n').filter((l) => !/^doorward: error: database/.test(l));
        assert.equal(said.length, 1, r.err);
        assert.match(said[0], new RegExp(line.source.replace('\\$FILE', file('file')).replace('\\$DIR', s.dir)));
        assert.equal(r.code, code);
        assert.equal(r.out, '');
      });
    assert.equal(run('tenant', 'create', 'some', '--data', data, { DOORWARD_DOMAIN: 'localhost:8443' }).code, 0, "the server's domain is not a new tenant's");
    assert.equal(run('tenant', 'delete', 'some', '--data', data).code, 0);
    if (!served) await s.boot();
  });

test('doctor finds what is wrong', async () => {
  const doctor = () => {
    const r = run('doctor', '--data', data, '--json');
    return { code: r.code, bad: JSON.parse(r.out).filter((c) => c.state !== 'ok').map((c) => c.check) };
  };
  run('tenant', 'create', 'second', '--data', data);
  assert.deepEqual(doctor(), { code: 0, bad: [] });
  assert.match(run('doctor', '--data', data).out, /^ok +tenant second +second\.localhost:8443, 0 users/m);
  fs.chmodSync(path.join(data, 'credentials.json'), 0o644);
  assert.deepEqual(doctor(), { code: 1, bad: ['file credentials.json'] });
  fs.chmodSync(path.join(data, 'credentials.json'), 0o600);
  await s.stop();
  fs.writeFileSync(path.join(data, 'tls/server.pem'), 'x');
  const tenants = fs.readdirSync(path.join(data, 'tenants')).filter((f) => f.endsWith('.db')).map((f) => path.join(data, 'tenants', f));
  const older = tenants.sort((a, b) => fs.statSync(a).birthtimeMs - fs.statSync(b).birthtimeMs).at(-1), whole = fs.readFileSync(older);
  const broken = Buffer.from(whole);
  broken.fill(0xff, 8 * 4096, 40 * 4096); // pages in the middle
  fs.writeFileSync(older, broken);
  const found = doctor();
  assert.equal(found.code, 1);
  assert.ok(found.bad.includes('certificate tls/server.pem'));
  assert.ok(found.bad.some((c) => c.startsWith('tenant ')), found.bad.join());
  fs.writeFileSync(older, whole);
  fs.rmSync(path.join(data, 'tls/server.pem'));
});

test('a domain that a data directory does not have is not passed over', () => {
  assert.match(run('init', '--data', data, '--domain', 'other.example').err, /--domain other\.example is not obeyed/);
  assert.equal(run('init', '--data', data, '--domain', 'LOCALHOST:8443').err, '');
  assert.equal(run('init', '--data', data).err, '');
});

test('a flood of refused requests leaves a line a second', async () => {
  const own = await Server.start();
  const { hostname, port } = new URL(own.base);
  const refuse = () => new Promise((resolve) => {
    const c = net.connect(port, hostname, () => c.end('GET\0 / HTTP/1.1\r\n\r\n'));
    c.on('data', () => {}).on('close', resolve).on('error', resolve);
  });
  const from = Date.now();
  for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 20 }, refuse));
  const seconds = Math.ceil((Date.now() - from) / 1000);
  const lines = own.stderr().split('\n').filter((l) => l.includes('refused a request'));
  assert.ok(lines.length >= 1 && lines.length <= seconds + 1, `${lines.length} lines in ${seconds} s`);
  await own.stop();
});

test('--log-level debug tells what each request came to, and no id or secret', async () => {
  const own = await Server.start({ flags: ['--log-level', 'debug'] });
  const v1 = await own.v1();
  await own.request('GET', `/api/users/auth0%7Csecret-id?access_token=${v1.token}`);
  assert.match(own.stderr(), /debug: POST \/oauth\/token: 200\n/);
  assert.match(own.stderr(), /debug: GET \/api\/users\/\{user_id\}: 404\n/);
  assert.ok(!own.stderr().includes(v1.token) && !own.stderr().includes('secret-id'));
  await own.stop();
});
