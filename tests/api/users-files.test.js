// doorward users import, export and key: the files of docs/users-files.md, whole and broken, beside a server and without one.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { execFileSync, spawn } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const { Server, binary } = require('./lib/server');
const { ok, enc } = require('./lib/check');

const DB = 'Username-Password-Authentication', USERS = 1000;
const SECRETS = ['password_hash', 'custom_password_hash', 'password_history', 'identity_secrets', 'recovery_code_hash', 'totp_secret'];
let server, v2, sample;

const file = (name) => path.join(server.dir, name);
const read = (name) => fs.readFileSync(file(name), 'utf8');
const lines = (name) => read(name).split('\n').filter(Boolean);
const users = (name) => lines(name).slice(1, -1).map((l) => JSON.parse(l));
const write = (name, list) => { fs.writeFileSync(file(name), `${list.join('\n')}\n`); return file(name); };
const cli = (...args) => server.cli('users', ...args);
const imported = (from, ...more) => JSON.parse(cli('import', from, '--json', ...more));
let made = 0;
/** Answers the new file's name. */
const exported = (...more) => { const name = `export-${made++}`; cli('export', file(name), ...more); return name; };

/** Empties nothing: a tenant of that name with what the sample's users name. */
async function prepare(name) {
  const credentials = name === 'default' ? server.credentials : server.createTenant(name);
  const call = await server.v2({ credentials, host: name === 'default' ? undefined : `${name}.example.test` });
  const app = (await ok(200, call('GET', '/clients'))).find((c) => c.name === 'Default App').client_id;
  await ok(201, call('POST', '/connections', { name: 'people', strategy: 'auth0', options: { requires_username: true }, enabled_clients: [app] }));
  await ok(201, call('POST', '/connections', { name: 'google-oauth2', strategy: 'google-oauth2', enabled_clients: [app] }));
  for (const role of ['editor', 'auditor', 'clerk']) await ok(200, call('POST', '/roles', { name: role }));
  for (const org of ['acme', 'globex']) await ok(201, call('POST', '/organizations', { name: org }));
  await ok(201, call('POST', '/resource-servers', { identifier: 'urn:sample', scopes: [{ value: 'read:all' }, { value: 'write:all' }] }));
  return call;
}
/** A job of the API, at its end. */
async function uploaded(call, content) {
  const form = new FormData();
  form.set('connection_id', (await ok(200, call('GET', `/connections?name=${enc(DB)}`)))[0].id);
  form.set('users', new Blob([content]), 'users.json');
  const rs = new Response(form);
  let job = await ok(202, call('POST', '/jobs/users-imports', Buffer.from(await rs.arrayBuffer()), { headers: { 'Content-Type': rs.headers.get('content-type') } }));
  while (['pending', 'processing'].includes(job.status)) job = await ok(200, call('GET', `/jobs/${job.id}`));
  return job;
}

const total = async (call) => (await ok(200, call('GET', '/users?include_totals=true&per_page=1'))).total;
let tenants = 0;
/** A tenant without users or anything that they name; {name, call}. */
async function empty() {
  const name = `empty${tenants++}`, credentials = server.createTenant(name);
  return { name, call: await server.v2({ credentials, host: `${name}.example.test` }) };
}

before(async () => {
  server = await Server.start({ flags: ['--import-max-bytes', '3000000'] });
  v2 = await prepare('default');
  sample = file('sample');
  fs.writeFileSync(sample, execFileSync('python3', ['-W', 'ignore', path.join(__dirname, '../../tools/users-sample.py'), String(USERS), '0'], { maxBuffer: 1 << 28 }));
  assert.equal(imported(sample).summary.inserted, USERS);
  cli('key', file('key'));
});
after(async () => { if (server) await server.stop(); });

// --- there and back -------------------------------------------------------------------------

test('users go into another tenant and come out the same', async () => {
  const plain = exported('--plain-secrets'), sealed = exported('--with-secrets', file('key.pub'));
  await prepare('second');
  const job = imported(file(sealed), '--with-secrets', file('key'), '--tenant', 'second');
  assert.deepEqual(job.summary, { failed: 0, updated: 0, inserted: USERS, total: USERS });
  assert.equal(read(exported('--plain-secrets', '--tenant', 'second')), read(plain));
  for (const name of [plain, sealed]) assert.equal(fs.statSync(file(name)).mode & 0o777, 0o600);
});

test('what the file says of a user is what the API shows', async () => {
  const [line] = users(exported()).filter((u) => u.user_id === 'auth0|sample20'), id = enc(line.user_id);
  const shown = await ok(200, v2('GET', `/users/${id}`));
  for (const identity of shown.identities) for (const token of ['access_token', 'access_token_secret', 'refresh_token']) delete identity[token];
  for (const [name, value] of Object.entries(shown)) assert.deepEqual(value, line[name], name);
  assert.deepEqual((await ok(200, v2('GET', `/users/${id}/roles`))).map((r) => r.name).sort(), [...line.roles].sort());
  assert.deepEqual((await ok(200, v2('GET', `/users/${id}/organizations`))).map((o) => o.name), []);
  const org = (await ok(200, v2('GET', '/organizations/name/acme'))).id;
  assert.deepEqual((await ok(200, v2('GET', `/organizations/${org}/members/${id}/roles`))).map((r) => r.name), ['clerk']);
  const blocked = await ok(200, v2('GET', `/user-blocks/${enc('auth0|sample12')}`));
  assert.equal(blocked.blocked_for.length, 1);
  const methods = await ok(200, v2('GET', `/users/${enc('auth0|sample8')}/authentication-methods`));
  assert.deepEqual(methods.map((m) => m.type), ['totp', 'phone', 'recovery-code']);
});

test('secrets leave only when asked for', async () => {
  const text = read(exported());
  for (const secret of SECRETS) assert.ok(!text.includes(`"${secret}"`), secret);
  const sealed = read(exported('--with-secrets', file('key.pub')));
  for (const secret of [...SECRETS, '"authentication_methods"']) assert.ok(!sealed.includes(secret), secret);
  assert.equal(sealed.match(/"sealed":/g).length, USERS);
  const plain = users(exported('--plain-secrets'));
  for (const secret of SECRETS.slice(0, 5)) assert.ok(plain.some((u) => u[secret]), secret);
});

test('an export may be the first job of a new directory', async () => {
  const first = await Server.start();
  try {
    await ok(201, (await first.v2())('POST', '/users', { connection: DB, email: 'first@example.test', password: 'secret-enough' }));
    const to = path.join(first.dir, 'first.jsonl');
    first.cli('users', 'export', to);
    assert.deepEqual(fs.readFileSync(to, 'utf8').split('\n').filter(Boolean).slice(1, -1).map((l) => JSON.parse(l).email), ['first@example.test']);
  } finally { await first.stop(); }
});

test('an export is of one connection where it is told so', () => {
  const people = users(exported('--connection', 'people'));
  assert.ok(people.length > 50 && people.every((u) => u.identities.some((i) => i.connection === 'people')));
  assert.throws(() => exported('--connection', 'nobody'), /connection does not exist/);
});

test('a bulk export is what the real bulk import takes', async () => {
  const name = exported('--format', 'bulk', '--connection', DB, '--plain-secrets'), list = JSON.parse(read(name));
  const known = ['user_id', 'email', 'email_verified', 'phone_number', 'phone_verified', 'username', 'given_name', 'family_name', 'name', 'nickname', 'picture', 'blocked',
    'password_hash', 'custom_password_hash', 'app_metadata', 'user_metadata', 'mfa_factors'];
  assert.equal(list.length, users(exported()).filter((u) => u.identities[0].connection === DB).length);
  assert.deepEqual([...new Set(list.flatMap(Object.keys))].filter((k) => !known.includes(k)), []);
  assert.ok(list.every((u) => u.custom_password_hash?.algorithm !== 'firebase-scrypt') && list.some((u) => u.mfa_factors));
  assert.ok(list.every((u) => !u.user_id.startsWith('auth0|')));
  const { name: tenant, call } = await empty(), end = await uploaded(call, JSON.stringify(list));
  assert.deepEqual(end.summary, { failed: 0, updated: 0, inserted: list.length, total: list.length });
  const again = JSON.parse(read(exported('--format', 'bulk', '--connection', DB, '--plain-secrets', '--tenant', tenant)));
  assert.deepEqual(again, list);
});

test('options that do not go together are refused', () => {
  const none = file('none');
  assert.throws(() => cli('export', none, '--format', 'csv'), /whole or bulk/);
  assert.throws(() => cli('export', none, '--format', 'bulk'), /--connection NAME/);
  assert.throws(() => cli('export', none, '--with-secrets', file('key.pub'), '--plain-secrets'), /exclude each other/);
  assert.throws(() => cli('export', none, '--format', 'bulk', '--connection', DB, '--with-secrets', file('key')), /no place for sealed/);
  assert.throws(() => cli('export', sample), /is there already/);
  assert.throws(() => cli('export', path.join(server.dir, 'no/such/dir')), /No such file/);
  assert.throws(() => cli('export', none, '--tenant', 'nobody'), /no tenant of that name/);
  assert.throws(() => cli('key', file('key')), /is there already/);
  assert.ok(!fs.existsSync(none) && !fs.existsSync(`${none}.part`));
});

/** Two users who are linked and parted again: whoever reads while that happens finds each identity, once. */
test('an export is one picture of the users, whatever is written meanwhile', async (t) => {
  const make = async (name) => (await ok(201, v2('POST', '/users', { connection: DB, email: `${name}@picture.example`, password: 'Secret-enough-1A', verify_email: false }))).user_id;
  const first = await make('first');
  assert.equal(imported(write('between', Array.from({ length: 4000 }, (_, i) => JSON.stringify({ email: `between${i}@picture.example` })))).summary.inserted, 4000);
  const last = await make('last'), [provider, native] = last.split('|');
  let going = true, links = 0;
  const writing = (async () => {
    for (; going; links++) {
      await ok(201, v2('POST', `/users/${enc(first)}/identities`, { provider, user_id: native }));
      await ok(200, v2('DELETE', `/users/${enc(first)}/identities/${provider}/${native}`));
    }
  })();
  for (let i = 0; i < 12; i++) {
    const child = begin('export', file(`picture${i}`));
    assert.equal((await child.over).code, 0, child.text);
    const seen = users(`picture${i}`).flatMap((u) => u.identities).filter((one) => one.user_id === native);
    assert.equal(seen.length, 1, `in export ${i}`);
  }
  going = false;
  await writing;
  t.diagnostic(`${links} times linked`);
  assert.ok(links > 12);
});

test('the job of a command has no link', async () => {
  const job = JSON.parse(cli('export', file('linkless'), '--json')), shown = await ok(200, v2('GET', `/jobs/${job.id}`));
  assert.deepEqual([shown.type, shown.status, shown.location], ['users_export', 'completed', undefined]);
  assert.deepEqual([job.users >= USERS, job.views, job.hashes_left_out], [true, 1, 0]);
});

// --- what does not open ---------------------------------------------------------------------------

test('keys: none, the wrong one, the public half, one too many', async () => {
  const sealed = file(exported('--with-secrets', file('key'))), plain = file(exported('--plain-secrets'));
  const { name, call } = await empty();
  cli('key', file('other'));
  write('garbage', ['no key']);
  const refused = (from, more, words) => assert.throws(() => imported(from, '--tenant', name, ...more), words);
  refused(sealed, [], /--with-secrets names the key/);
  refused(sealed, ['--with-secrets', file('other')], /sealed for another key/);
  refused(sealed, ['--with-secrets', file('key.pub')], /public half/);
  refused(sealed, ['--with-secrets', file('garbage')], /no X25519 key/);
  refused(sealed, ['--with-secrets', file('absent')], /cannot be read/);
  refused(plain, ['--with-secrets', file('key')], /no sealed secrets/);
  refused(write('old', ['{"email":"old@x.example"}']), ['--with-secrets', file('key')], /no sealed secrets/);
  assert.equal(await total(call), 0);
});

test('a changed first line opens nothing', async () => {
  const [head, ...rest] = lines(exported('--with-secrets', file('key')));
  const { name, call } = await empty(), header = JSON.parse(head);
  const changed = (change) => { const h = structuredClone(header); change(h.doorward_users); return write('changed', [JSON.stringify(h), ...rest]); };
  const refused = (from, words) => assert.throws(() => imported(from, '--tenant', name, '--with-secrets', file('key')), words);
  refused(changed((h) => { h.version = 3; }), /another version/);
  refused(changed((h) => { h.version = 1; }), /was changed/);
  refused(changed((h) => { h.secrets = 'plain'; }), /no sealed secrets/);
  refused(changed((h) => { h.secrets = 'hidden'; }), /neither none, plain nor sealed/);
  refused(changed((h) => { h.ephemeral = Buffer.alloc(32, 9).toString('base64url'); }), /was changed/);
  refused(changed((h) => { h.check = h.check.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A')); }), /was changed/);
  refused(changed((h) => { h.more = 1; }), /was changed/);
  assert.equal(await total(call), 0);
});

test('a changed line is refused, the others come in', async () => {
  await prepare('tampered');
  const all = lines(exported('--with-secrets', file('key'))), other = lines(exported('--with-secrets', file('key')));
  const at = (i) => JSON.parse(all[i]);
  all[1] = JSON.stringify({ ...at(1), email: 'thief@x.example' });
  all[2] = JSON.stringify({ ...at(2), sealed: at(3).sealed });
  all[4] = other[4]; // of another export
  all[5] = JSON.stringify({ ...at(5), sealed: undefined });
  all[6] = JSON.stringify({ ...at(6), roles: ['editor', 'auditor', 'clerk'] });
  all[7] = all[7].replaceAll('","', '" , "'); // only blanks
  const job = imported(write('tampered', all), '--with-secrets', file('key'), '--tenant', 'tampered');
  const count = all.length - 2;
  assert.deepEqual(job.summary, { failed: 5, updated: 0, inserted: count - 5, total: count });
  assert.ok(job.errors.every((e) => e.errors[0].path === 'sealed' && e.errors[0].code === 'NOT_PASSED' && !JSON.stringify(e).includes('v1.')));
});

test('a file without some of its lines changes nothing', async () => {
  const { name, call } = await empty();
  for (const more of [['--with-secrets', file('key')], ['--plain-secrets']]) {
    const all = lines(exported(...more)), other = lines(exported(...more)), from = more[0] === '--with-secrets' ? more : [];
    const refused = (list, words) => assert.throws(() => imported(write('cut', list), '--tenant', name, ...from), words);
    assert.equal(all.length, other.length);
    refused(all.slice(0, -1), /cut off/);
    refused(all.slice(0, 40), /cut off/);
    refused(all.slice(0, 1), /cut off/);
    refused([...all.slice(0, 40), all.at(-1)], /another number/); // few, and below many: both ways of writing
    refused(all.toSpliced(500, 1), /another number/);
    refused(all.toSpliced(500, 0, all[3]), /another number/);
    refused([...all, all[1]], /cut off/);
    if (from.length) {
      refused([...all.slice(0, -1), other.at(-1)], /of another file/);
      refused([...all.slice(0, 40), all.at(-1).replace(/"users":\d+/, '"users":39')], /was changed/);
    }
  }
  assert.equal(await total(call), 0);
});

test('a file of version 1 has no last line and is still read', async () => {
  await prepare('older');
  const all = lines(exported('--plain-secrets')), head = all[0].replace('"version":2', '"version":1');
  assert.equal(imported(write('older', [head, ...all.slice(1, -1)]), '--tenant', 'older').summary.inserted, all.length - 2);
});

test('what somebody else has put in the way of an export gets nothing', async () => {
  const part = `${file('planted')}.part`, other = file('theirs');
  fs.writeFileSync(other, 'theirs');
  const ways = { link: () => fs.symlinkSync(other, part), dangling: () => fs.symlinkSync(file('nothing'), part), file: () => fs.writeFileSync(part, 'theirs'),
    hard: () => fs.linkSync(other, part), pipe: () => execFileSync('mkfifo', [part]) };
  for (const [name, plant] of Object.entries(ways)) {
    plant();
    assert.throws(() => cli('export', file('planted'), '--plain-secrets'), /./, name);
    fs.rmSync(part, { force: true });
  }
  assert.equal(fs.readFileSync(other, 'utf8'), 'theirs');
  assert.ok(!fs.existsSync(file('nothing')) && !fs.existsSync(file('planted')));
});

// --- names that the tenant lacks ----------------------------------------------------------------------

const lacking = [
  ['a connection', { identities: [{ connection: 'nowhere', provider: 'auth0', user_id: 'x' }] }, 'CONNECTION_NOT_FOUND', 'identities[0].connection'],
  ['a connection of another provider', { user_id: 'samlp|x', identities: [{ connection: DB, provider: 'samlp', user_id: 'x' }] }, 'CONNECTION_NOT_FOUND', 'identities[0].connection'],
  ['a role', { roles: ['editor', 'nobody'] }, 'ROLE_NOT_FOUND', 'roles'],
  ['an organization', { organizations: [{ name: 'nowhere' }] }, 'ORGANIZATION_NOT_FOUND', 'organizations[0]'],
  ['a role in one', { organizations: [{ name: 'acme', roles: ['nobody'] }] }, 'ROLE_NOT_FOUND', 'organizations[0].roles'],
  ['an API', { permissions: [{ resource_server_identifier: 'urn:none', permission_name: 'read:all' }] }, 'PERMISSION_NOT_FOUND', 'permissions[0]'],
  ['a permission', { permissions: [{ resource_server_identifier: 'urn:sample', permission_name: 'fly' }] }, 'PERMISSION_NOT_FOUND', 'permissions[0]'],
  ['an unknown member', { badge: 1 }, 'OBJECT_ADDITIONAL_PROPERTIES', undefined],
  ['another id', { user_id: 'auth0|y' }, 'NOT_PASSED', 'user_id'],
  ['a date', { last_login: 'yesterday' }, 'INVALID_FORMAT', 'last_login'],
  ['a counter', { logins_count: -1 }, 'MINIMUM', 'logins_count'],
  ['no identity', { identities: [] }, 'ARRAY_LENGTH_SHORT', 'identities'],
  ['an identity of somebody else', { identities: [{ connection: DB, provider: 'auth0', user_id: 'x' }, { connection: DB, provider: 'auth0', user_id: 'sample1' }] }, 'DUPLICATED_USER', 'identities[1]'],
  ['a hash', { password_hash: '$2b$10$short' }, 'PATTERN', 'password_hash'],
  ['a hash in the history', { password_history: [{ changed_at: '2024-01-01T00:00:00.000Z', password_hash: 'x' }] }, 'PATTERN', 'password_hash'],
  ["a password where there are none", { user_id: 'google-oauth2|x', identities: [{ connection: 'google-oauth2', provider: 'google-oauth2', user_id: 'x' }],
    password_hash: '$2b$10$C6UzMDM.H6dfI/f/IKcEeO5tX8T5qIhFKJq6xz1yHBgJF5h1dUwGa' }, 'NOT_PASSED', 'password_hash'],
  ['the same of a linked one', { identities: [{ connection: DB, provider: 'auth0', user_id: 'x' }, { connection: 'google-oauth2', provider: 'google-oauth2', user_id: 'y' }],
    identity_secrets: [{ identity: 'google-oauth2|y', password_hash: '$2b$10$C6UzMDM.H6dfI/f/IKcEeO5tX8T5qIhFKJq6xz1yHBgJF5h1dUwGa' }] }, 'NOT_PASSED', 'identity_secrets[0].password_hash'],
  ['secrets of no identity', { identity_secrets: [{ identity: 'github|1', access_token: 't' }] }, 'NOT_PASSED', 'identity_secrets'],
  ['a factor of somebody else', { authentication_methods: [{ id: 'totp|dev_0000000000000008', type: 'totp', totp_secret: 'JBSWY3DP' }] }, 'MFA_FACTORS_FAILED', 'authentication_methods[0].id'],
  ['a taken address', { email: 'user1@sample.example' }, 'DUPLICATED_USER', 'email'],
];
test('what a whole user names and the tenant lacks is an error of that user', async () => {
  const before = await total(v2), base = (i) => ({ user_id: 'auth0|x', email: `lack${i}@x.example`, identities: [{ connection: DB, provider: 'auth0', user_id: 'x' }] });
  const job = imported(write('lacking', [...lacking.map(([, more], i) => JSON.stringify({ ...base(i), ...more })), JSON.stringify(base(99))]));
  assert.deepEqual(job.summary, { failed: lacking.length, updated: 0, inserted: 1, total: lacking.length + 1 });
  lacking.forEach(([name, , code, where], i) => {
    const [e] = job.errors[i].errors;
    assert.deepEqual([e.code, e.path], [code, where], `${name}: ${JSON.stringify(job.errors[i])}`);
    assert.ok(e.message && !/\$2b\$10\$C6Uz|access_token":"t"/.test(JSON.stringify(job.errors[i])), name);
  });
  assert.equal(await total(v2), before + 1);
  assert.equal((await v2('DELETE', '/users/auth0%7Cx')).status, 204);
});

test('an upsert changes of a whole user what it changes of any', async () => {
  const line = { user_id: 'auth0|sample3', identities: [{ connection: DB, provider: 'auth0', user_id: 'sample3' }], name: 'Anew', app_metadata: { only: 1 } };
  const job = imported(write('upsert', [JSON.stringify(line)]), '--upsert');
  assert.deepEqual(job.summary, { failed: 0, updated: 1, inserted: 0, total: 1 });
  const now = await ok(200, v2('GET', '/users/auth0%7Csample3'));
  assert.deepEqual([now.name, now.app_metadata, now.email], ['Anew', { only: 1 }, 'user3@sample.example']);
});

test('the API takes no whole users', async () => {
  const job = await uploaded(v2, JSON.stringify([{ user_id: 'auth0|w', email: 'w@x.example', identities: [{ connection: DB, provider: 'auth0', user_id: 'w' }] }]));
  assert.equal(job.summary.failed, 1);
  assert.equal((await ok(200, v2('GET', `/jobs/${job.id}/errors`)))[0].errors[0].code, 'OBJECT_ADDITIONAL_PROPERTIES');
});

// --- broken files ------------------------------------------------------------------------------------------

const good = (i) => JSON.stringify({ email: `good${i}@broken.example` });
const NOT_JSON = /Make sure it is valid JSON/;
const broken = [
  ['no JSON', 'email,name\na,b\n', NOT_JSON],
  ['nothing', '', NOT_JSON],
  ['cut off in a line', `${good(1)}\n{"email":"cut@bro`, NOT_JSON],
  ['cut off in an array', `[${good(1)},${good(2)}`, NOT_JSON],
  ['an array that goes on', `[${good(1)}]\n${good(2)}`, NOT_JSON],
  ['a line that is too long', `${good(1)}\n{"email":"${'x'.repeat(2 << 20)}"}\n`, NOT_JSON],
  ['no UTF-8', Buffer.concat([Buffer.from('{"email":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}\n')]), NOT_JSON],
  ['compressed', zlib.gzipSync(Buffer.from(`${good(1)}\n`)), NOT_JSON],
  ['a gzip bomb', zlib.gzipSync(Buffer.alloc(64 << 20, 32)), NOT_JSON],
  ['too deep', `{"email":"d@x.example","user_metadata":{"a":${'['.repeat(2000)}${']'.repeat(2000)}}}\n`, NOT_JSON],
];
test('a broken file changes nothing', async () => {
  const before = await total(v2);
  for (const [name, content, words] of broken) {
    fs.writeFileSync(file('broken'), content);
    assert.throws(() => imported(file('broken')), words, name);
  }
  assert.equal(await total(v2), before);
  assert.deepEqual(fs.readdirSync(path.join(server.data, 'jobs')), []);
});

test('broken users are named, the good ones come in', async () => {
  const before = await total(v2);
  const job = imported(write('mixed', [good(1), good(2), good(1), '[]', '{"email":5}', '{"email":"e@x.example","badge":1}', '{"email":"f@x.example","password_hash":"x"}',
    '{"email":"g@x.example","custom_password_hash":{"algorithm":"md5","hash":{"value":"zz","encoding":"hex"}}}', good(3)].filter((l) => l !== '[]')));
  assert.deepEqual(job.summary, { failed: 5, updated: 0, inserted: 3, total: 8 });
  assert.deepEqual(job.errors.map((e) => e.errors[0].code), ['DUPLICATED_USER', 'INVALID_TYPE', 'OBJECT_ADDITIONAL_PROPERTIES', 'PATTERN', 'INVALID_FORMAT']);
  assert.equal(await total(v2), before + 3);
});

test('the API says the same of broken files', async () => {
  const before = await total(v2);
  for (const [name, content] of broken.filter(([, c]) => c.length)) {
    const job = await uploaded(v2, content);
    assert.equal(job.status, 'failed', name);
    assert.match(job.status_details, NOT_JSON, name);
    assert.deepEqual((await ok(200, v2('GET', `/jobs/${job.id}/errors`))).status_details, job.status_details);
  }
  assert.equal(await total(v2), before);
});

test('what the connection asks for is missing', () => {
  const job = imported(write('missing', ['{"name":"Nobody"}']));
  assert.deepEqual(job.errors[0].errors, [{ code: 'OBJECT_REQUIRED', message: 'Missing required property: email' }]);
});

test('whole users as an array, without a first line', async () => {
  await prepare('array');
  const list = `[${lines('sample').slice(0, 50).join(',\n')}]`;
  fs.writeFileSync(file('array'), list);
  assert.equal(imported(file('array'), '--tenant', 'array').summary.inserted, 50);
  const ids = lines('sample').slice(0, 50).map((l) => JSON.parse(l).user_id);
  assert.deepEqual(users(exported('--tenant', 'array')).map((u) => u.user_id), ids);
});

// --- stops in the middle ------------------------------------------------------------------------------------

/** Its output at the end, whatever happens to it. */
function begin(...args) {
  const child = spawn(binary, ['users', ...args, '--data', server.data], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.text = '';
  child.stdout.on('data', (d) => { child.text += d; });
  child.stderr.on('data', (d) => { child.text += d; });
  child.over = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  return child;
}
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
const until = async (what) => { for (let i = 0; i < 4000 && !what(); i++) await sleep(2); assert.ok(what(), `${what}`); };

test('kill -9 of the server in the middle of an export, ten times', async (t) => {
  const want = read(exported('--plain-secrets')), cut = { before: 0, amid: 0, after: 0 };
  for (let round = 0; round < 10; round++) {
    const name = `killed-${round}`, child = begin('export', file(name), '--plain-secrets');
    await until(() => fs.existsSync(`${file(name)}.part`) || fs.existsSync(file(name)));
    await sleep(round % 4);
    cut[fs.existsSync(file(name)) ? 'after' : fs.existsSync(`${file(name)}.part`) ? 'amid' : 'before']++;
    await server.restart('SIGKILL');
    await child.over;
    assert.ok(!fs.existsSync(file(name)) || read(name) === want, 'a half file under the final name');
    await until(() => fs.existsSync(file(name)));
    assert.equal(read(name), want, `round ${round}`);
    await until(() => fs.readdirSync(path.join(server.data, 'jobs')).length === 0);
    assert.ok(!fs.existsSync(`${file(name)}.part`));
  }
  t.diagnostic(JSON.stringify(cut));
  assert.ok(cut.amid > 0, JSON.stringify(cut));
  v2 = await server.v2();
});

test('kill -9 of the server in the middle of a sealed import, four times', async () => {
  await prepare('killed');
  const plain = read(exported('--plain-secrets', '--connection', 'people')), sealed = exported('--with-secrets', file('key'), '--connection', 'people');
  const child = begin('import', file(sealed), '--with-secrets', file('key'), '--tenant', 'killed');
  await until(() => fs.readdirSync(path.join(server.data, 'jobs')).some((f) => f.endsWith('.users')));
  for (let i = 0; i < 4; i++) {
    await server.restart('SIGKILL');
    await sleep(15 * i);
  }
  await child.over;
  if (/did not answer/.test(child.text)) imported(file(sealed), '--with-secrets', file('key'), '--tenant', 'killed'); // killed before there was a job
  let now = '';
  for (const end = Date.now() + 60000; now !== plain && Date.now() < end; await sleep(100)) now = read(exported('--plain-secrets', '--tenant', 'killed'));
  assert.equal(now, plain);
  v2 = await server.v2();
});

test('kill -9 of a command that works alone, and the next one goes on', async (t) => {
  const want = read(exported('--plain-secrets')), before = await total(v2);
  const keep = server.keepDir;
  server.keepDir = true;
  await server.stop();
  let amid = 0;
  for (let round = 0; round < 5; round++) {
    const name = `alone-${round}`, child = begin('export', file(name), '--plain-secrets');
    await until(() => fs.existsSync(`${file(name)}.part`) || fs.existsSync(file(name)));
    child.kill('SIGKILL');
    await child.over;
    if (!fs.existsSync(file(name))) {
      amid++;
      assert.throws(() => cli('export', file(name)), /other options/);
      cli('export', file(name), '--plain-secrets');
    }
    assert.equal(read(name), want);
  }
  const many = write('many', Array.from({ length: 3000 }, (_, i) => JSON.stringify({ email: `alone${i}@x.example` })));
  for (const ms of [150, 150, 150]) {
    const child = begin('import', many);
    await sleep(ms);
    child.kill('SIGKILL');
    await child.over;
  }
  imported(many);
  server.keepDir = keep;
  await server.boot();
  v2 = await server.v2();
  t.diagnostic(`${amid} of 5 exports were cut`);
  assert.equal(await total(v2), before + 3000);
});

test('kill -9 in the middle of an export of the API, ten times', async () => {
  const all = users(exported()).map((u) => u.user_id).sort();
  for (let round = 0; round < 10; round++) {
    const job = await ok(200, v2('POST', '/jobs/users-exports', { format: 'json' }));
    await sleep(round * 3);
    await server.restart('SIGKILL');
    v2 = await server.v2();
    let end = job;
    for (let i = 0; i < 2000 && ['pending', 'processing'].includes(end.status); i++) { end = await ok(200, v2('GET', `/jobs/${job.id}`)); await sleep(5); }
    assert.equal(end.status, 'completed');
    const url = new URL(end.location), got = await fetch(`${server.base}${url.pathname}${url.search}`, { headers: { Host: url.host } });
    const text = zlib.gunzipSync(Buffer.from(await got.arrayBuffer())).toString('utf8');
    assert.deepEqual(text.trim().split('\n').map((l) => JSON.parse(l).user_id).sort(), all);
  }
});
