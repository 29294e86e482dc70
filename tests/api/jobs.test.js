// /api/v2/jobs: users in and out, verification mails.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const http = require('node:http');
const { Server } = require('./lib/server');
const { ok, refused, query, enc, eventually } = require('./lib/check');

const DB = 'Username-Password-Authentication';
const HASH = '$2b$10$C6UzMDM.H6dfI/f/IKcEeO5tX8T5qIhFKJq6xz1yHBgJF5h1dUwGa';
let server, v2, db, app, other;

/** Text and file parts of a form; file parts are {name, filename, content}. */
function form(parts, boundary = 'xYzZY') {
  const body = parts.map((p) => `--${boundary}\r\nContent-Disposition: form-data; name="${p.name}"${p.filename ? `; filename="${p.filename}"\r\nContent-Type: application/json` : ''}\r\n\r\n${p.content}\r\n`);
  return { body: `${body.join('')}--${boundary}--\r\n`, type: `multipart/form-data; boundary=${boundary}` };
}

function importing(users, more = {}, call = v2, connection = db) {
  const content = typeof users === 'string' ? users : JSON.stringify(users);
  const f = form([{ name: 'users', filename: 'users.json', content }, { name: 'connection_id', content: connection },
    ...Object.entries(more).map(([name, value]) => ({ name, content: String(value) }))]);
  return call('POST', '/jobs/users-imports', f.body, { headers: { 'Content-Type': f.type } });
}

async function ended(id, call = v2) {
  for (const end = Date.now() + 60000; Date.now() < end;) {
    const job = await ok(200, call('GET', `/jobs/${id}`));
    if (!['pending', 'processing'].includes(job.status)) return job;
    await new Promise((r) => setTimeout(r, 10));
  }
  throw new Error('the job did not end');
}

const imported = async (users, more) => ended((await ok(202, importing(users, more))).id);
const errors = (job) => ok(200, v2('GET', `/jobs/${job.id}/errors`));
const byEmail = async (email) => (await ok(200, v2('GET', `/users-by-email?email=${enc(email)}`)))[0];

/** The answer to an upload of that length, of which only the head is sent: it must not come at all. */
function announce(to, call, length) {
  const url = new URL(to.base);
  return new Promise((resolve, reject) => {
    const rq = http.request({ hostname: url.hostname, port: url.port, method: 'POST', path: '/api/v2/jobs/users-imports',
      headers: { Authorization: `Bearer ${call.token}`, 'Content-Type': 'multipart/form-data; boundary=b', 'Content-Length': length, Expect: '100-continue' } }, (rs) => {
      const parts = [];
      rs.on('data', (d) => parts.push(d));
      rs.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        rq.destroy();
        resolve({ status: rs.statusCode, headers: rs.headers, text, body: JSON.parse(text) });
      });
    });
    rq.on('continue', () => { rq.destroy(); reject(new Error('the server asked for the body')); });
    rq.on('error', reject);
    rq.flushHeaders();
  });
}

/** The file behind a job's link. */
function download(location, change = (s) => s) {
  const url = new URL(location);
  return new Promise((resolve, reject) => {
    http.get(`${server.base}${change(url.pathname + url.search)}`, { headers: { Host: url.host } }, (rs) => {
      const parts = [];
      rs.on('data', (d) => parts.push(d));
      rs.on('end', () => resolve({ status: rs.statusCode, headers: rs.headers, content: Buffer.concat(parts) }));
    }).on('error', reject);
  });
}

async function exported(body) {
  const job = await ended((await ok(200, v2('POST', '/jobs/users-exports', body))).id);
  assert.equal(job.status, 'completed');
  const file = await download(job.location);
  assert.equal(file.status, 200);
  return zlib.gunzipSync(file.content).toString('utf8');
}

before(async () => {
  server = await Server.start({ flags: ['--test-clock', '--import-max-bytes', '3000000'] });
  v2 = await server.v2();
  app = (await ok(200, v2('GET', '/clients'))).find((c) => c.name === 'Default App').client_id;
  db = (await ok(200, v2('GET', `/connections?name=${enc(DB)}`)))[0].id;
  other = await ok(201, v2('POST', '/connections', { name: 'jobs-db', strategy: 'auth0', enabled_clients: [app] }));
});
after(async () => { if (server) await server.stop(); });

// --- imports ---------------------------------------------------------------------

test('an import makes users', async () => {
  const job = await ok(202, importing([
    { email: 'One@Import.example', email_verified: true, user_id: 'one', name: 'One', app_metadata: { plan: 'gold' }, user_metadata: { a: 1 }, blocked: true, password_hash: HASH },
    { email: 'two@import.example', given_name: 'Two' },
  ]));
  assert.deepEqual([job.type, job.status, job.connection, job.connection_id], ['users_import', 'pending', DB, db]);
  assert.match(job.id, /^job_[A-Za-z0-9]{16}$/);
  const done = await ended(job.id);
  assert.equal(done.status, 'completed');
  assert.deepEqual(done.summary, { failed: 0, updated: 0, inserted: 2, total: 2 });
  const one = await ok(200, v2('GET', '/users/auth0%7Cone'));
  assert.equal(one.email, 'one@import.example');
  assert.deepEqual([one.email_verified, one.blocked, one.name, one.app_metadata, one.user_metadata], [true, true, 'One', { plan: 'gold' }, { a: 1 }]);
  assert.equal((await byEmail('two@import.example')).given_name, 'Two');
  assert.equal((await v2('GET', `/jobs/${job.id}/errors`)).status, 204);
  const logs = await ok(200, v2('GET', `/logs${query({ q: 'type:sui' })}`));
  assert.ok(logs.some((l) => l.connection_id === db));
  await eventually(() => fs.readdirSync(path.join(server.data, 'jobs')).length === 0);
});

test('external_id comes back', async () => {
  const job = await ok(202, importing([], { external_id: 'mine' }));
  assert.equal(job.external_id, 'mine');
  const done = await ended(job.id);
  assert.equal(done.external_id, 'mine');
  assert.deepEqual(done.summary, { failed: 0, updated: 0, inserted: 0, total: 0 });
  assert.equal((await ok(202, importing([], { external_id: '' }))).external_id, undefined);
});

test('who is there is an error without upsert', async () => {
  const user = { email: 'there@import.example', email_verified: true };
  await imported([user]);
  const job = await imported([user, { email: 'new@import.example' }]);
  assert.deepEqual(job.summary, { failed: 1, updated: 0, inserted: 1, total: 2 });
  assert.deepEqual(await errors(job), [{ user, errors: [{ code: 'DUPLICATED_USER', message: 'The user already exist and upsert parameter is false' }] }]);
});

test('upsert changes who is there', async () => {
  await imported([{ email: 'up@import.example', name: 'Old', nickname: 'keep', app_metadata: { a: 1, b: 2 }, blocked: false }]);
  const before = await byEmail('up@import.example');
  const job = await imported([{ email: 'UP@import.example', name: 'New', app_metadata: { c: 3 }, email_verified: true }, { email: 'up2@import.example' },
    { email: 'up@import.example', name: 'Twice' }], { upsert: true });
  assert.deepEqual(job.summary, { failed: 1, updated: 1, inserted: 1, total: 3 });
  assert.equal((await errors(job))[0].errors[0].code, 'DUPLICATED_USER');
  const now = await byEmail('up@import.example');
  assert.equal(now.user_id, before.user_id);
  assert.deepEqual([now.name, now.nickname, now.app_metadata, now.email_verified], ['New', 'keep', { c: 3 }, true]);
  assert.equal((await ok(200, v2('GET', `/users${query({ q: 'app_metadata.c:3', search_engine: 'v3' })}`))).length, 1);
});

test('twice in one file is an error', async () => {
  const job = await imported([{ email: 'twin@import.example' }, { email: 'Twin@import.example' }]);
  assert.deepEqual(job.summary, { failed: 1, updated: 0, inserted: 1, total: 2 });
  const mixed = await imported([{ email: 'twin2@import.example' }, { email: 'twin2@import.example' }], { upsert: true });
  assert.deepEqual(mixed.summary, { failed: 1, updated: 0, inserted: 1, total: 2 });
});

const bad = [
  ['an unknown member', { shoe_size: 4 }, 'OBJECT_ADDITIONAL_PROPERTIES', undefined],
  ['a type', { email_verified: 'yes' }, 'INVALID_TYPE', 'email_verified'],
  ['an address', { email: 'nobody' }, 'INVALID_FORMAT', 'email'],
  ['a phone number', { phone_number: '0301' }, 'PATTERN', 'phone_number'],
  ['an empty name', { name: '' }, 'MIN_LENGTH', 'name'],
  ['a long name', { given_name: 'x'.repeat(151) }, 'MAX_LENGTH', 'given_name'],
  ['a hash', { password_hash: '$2b$04$short' }, 'PATTERN', 'password_hash'],
  ['an algorithm', { custom_password_hash: { algorithm: 'crc32', hash: { value: 'x' } } }, 'ENUM_MISMATCH', 'custom_password_hash.algorithm'],
  ['a reserved name', { app_metadata: { email: 'x' } }, 'NOT_PASSED', 'app_metadata'],
  ['metadata', { user_metadata: [] }, 'INVALID_TYPE', 'user_metadata'],
  ['no factor', { mfa_factors: [] }, 'ARRAY_LENGTH_SHORT', 'mfa_factors'],
  ['many factors', { mfa_factors: Array(11).fill({ email: { value: 'a@b.example' } }) }, 'ARRAY_LENGTH_LONG', 'mfa_factors'],
  ['a secret', { mfa_factors: [{ totp: { secret: 'not base32' } }] }, 'PATTERN', 'mfa_factors[0].totp.secret'],
  ['an unknown factor', { mfa_factors: [{ pigeon: {} }] }, 'OBJECT_ADDITIONAL_PROPERTIES', 'mfa_factors[0]'],
];

test('each bad user is reported and the good ones stay', async () => {
  const users = bad.map(([, part], i) => ({ email: `bad${i}@import.example`, ...part }));
  const job = await imported([...users, 7, { email: 'good@import.example' }]);
  assert.deepEqual(job.summary, { failed: bad.length + 1, updated: 0, inserted: 1, total: bad.length + 2 });
  const list = await errors(job);
  bad.forEach(([name, , code, where], i) => {
    assert.equal(list[i].errors.length, 1, `${name}: ${JSON.stringify(list[i])}`);
    assert.deepEqual([list[i].errors[0].code, list[i].errors[0].path], [code, where], name);
  });
  assert.equal(list[6].user.password_hash, '*****');
  assert.equal(list[7].user.custom_password_hash.hash.value, '*****');
  assert.equal(list[12].user.mfa_factors[0].totp.secret, '*****');
  assert.equal(list[bad.length].errors[0].code, 'INVALID_TYPE');
  assert.ok(await byEmail('good@import.example'));
  assert.equal(await byEmail('bad1@import.example'), undefined);
});

test('an address is needed', async () => {
  const job = await imported([{ name: 'Nobody' }]);
  assert.equal(job.summary.failed, 1);
  assert.match((await errors(job))[0].errors[0].message, /email/);
});

test('mfa_factors become authentication methods', async () => {
  await imported([{ email: 'mfa@import.example', mfa_factors: [{ totp: { secret: 'JBSWY3DPEHPK3PXP' } }, { phone: { value: '+4930123456' } }, { email: { value: 'second@import.example' } }] }]);
  const u = await byEmail('mfa@import.example');
  const methods = await ok(200, v2('GET', `/users/${enc(u.user_id)}/authentication-methods`));
  assert.deepEqual(methods.map((m) => m.type).sort(), ['email', 'phone', 'totp']);
});

const broken = [
  ['no JSON', 'hello'], ['an object', '{"email":"x@broken.example"}'], ['cut off', '[{"email":"x@broken.example"},{"email":"y@bro'],
  ['something behind it', '[{"email":"x@broken.example"}] x'], ['a comma at the end', '[{"email":"x@broken.example"},]'],
  ['gzip', zlib.gzipSync(Buffer.alloc(1000000)).toString('latin1')], ['a broken item', '[{"email":"x@broken.example"},{"email":]'],
  ['no comma', '[{"email":"x@broken.example"}{"email":"y@broken.example"}]'],
];
for (const [name, content] of broken) {
  test(`a file that is ${name} changes nothing`, async () => {
    const job = await imported(content);
    assert.equal(job.status, 'failed');
    assert.equal(job.status_details, 'Failed to parse users file JSON when importing users. Make sure it is valid JSON.');
    assert.equal(await byEmail('x@broken.example'), undefined);
    const shown = await errors(job);
    assert.deepEqual([shown.type, shown.status, shown.status_details], ['users_import', 'failed', job.status_details]);
  });
}

test('white space, a byte order mark and escapes are no trouble', async () => {
  const job = await imported(`\ufeff \n [ \n{"email" : "white@import.example", "name": "a \\" ] } , [ \\\\"}\n , {"email":"space@import.example"} \n ] \n`);
  assert.deepEqual(job.summary, { failed: 0, updated: 0, inserted: 2, total: 2 });
  assert.equal((await byEmail('white@import.example')).name, 'a " ] } , [ \\');
});

test('an upload says what it lacks', async () => {
  const send = (parts, type) => { const f = form(parts); return v2('POST', '/jobs/users-imports', f.body, { headers: { 'Content-Type': type || f.type } }); };
  const users = { name: 'users', filename: 'u.json', content: '[]' }, connection = { name: 'connection_id', content: db };
  await refused(send([connection]), 400, 'invalid_body', "Must provide 'users' file as multipart part.");
  await refused(send([{ ...users, filename: undefined }, connection]), 400, 'invalid_body', "Must provide 'users' file as multipart part.");
  await refused(send([{ ...users, content: '' }, connection]), 400, 'invalid_body', 'Users file must not be empty.');
  await refused(send([users]), 400, 'invalid_body', "Must provide 'connection_id' as multipart part.");
  await refused(send([users, connection], 'multipart/form-data'), 400, 'invalid_body', "Payload validation error: 'Invalid multipart payload format'.");
  await refused(send([users, connection], 'multipart/form-data; boundary=other'), 400, 'invalid_body', "Payload validation error: 'Invalid multipart payload format'.");
  await refused(send([users, { ...connection, content: 'con_x' }]), 400, 'invalid_body', /String does not match pattern/);
  await refused(send([users, { ...connection, content: 'con_aaaaaaaaaaaaaaaa' }]), 400, 'inexistent_connection', 'The connection does not exist.');
  await refused(send([users, connection, { name: 'upsert', content: 'maybe' }]), 400, 'invalid_body', /upsert/);
  await ended((await ok(202, send([users, connection]))).id);
});

test('a connection must be an enabled database', async () => {
  const google = await ok(201, v2('POST', '/connections', { name: 'jobs-google', strategy: 'google-oauth2', enabled_clients: [app] }));
  const off = await ok(201, v2('POST', '/connections', { name: 'jobs-off', strategy: 'auth0' }));
  await refused(importing([], {}, v2, google.id), 400, undefined, 'Connection must be a database connection.');
  await refused(importing([], {}, v2, off.id), 400, undefined, 'Connection must be enabled.');
  const left = () => fs.readdirSync(path.join(server.data, 'jobs')).filter((f) => f.endsWith('.users'));
  await eventually(() => left().length === 0);
});

test('a big upload is taken up to the limit, from whoever may import', async () => {
  const users = Array.from({ length: 6000 }, (_, i) => ({ email: `many${i}@big.example`, user_metadata: { note: 'n'.repeat(200) } }));
  const job = await imported(users);
  assert.deepEqual(job.summary, { failed: 0, updated: 0, inserted: 6000, total: 6000 });
  const found = await ok(200, v2('GET', `/users${query({ q: 'email.domain:big.example', include_totals: true, per_page: 1, search_engine: 'v3' })}`));
  assert.equal(found.total, 6000);
  await refused(announce(server, v2, 3000001), 413, undefined, 'Payload content length greater than maximum allowed: 3000000');
  const reader = await server.v2({ scope: 'read:users' });
  await refused(announce(server, reader, 1100000), 413, undefined, 'Payload content length greater than maximum allowed: 1048576');
  await refused(importing([], {}, reader), 403, 'insufficient_scope');
});

// --- exports -----------------------------------------------------------------------

test('an export has a line for each user', async () => {
  const job = await ok(200, v2('POST', '/jobs/users-exports', { connection_id: other.id, format: 'json' }));
  assert.deepEqual([job.type, job.status, job.connection, job.format], ['users_export', 'pending', 'jobs-db', 'json']);
  await ended(job.id);
  for (let i = 0; i < 3; i++) await ok(201, v2('POST', '/users', { connection: 'jobs-db', email: `out${i}@export.example`, password: 'Secret-enough-1A', user_metadata: { n: i } }));
  const lines = (await exported({ connection_id: other.id, format: 'json' })).trim().split('\n').map((l) => JSON.parse(l));
  assert.deepEqual(lines.map((u) => u.email), ['out0@export.example', 'out1@export.example', 'out2@export.example']);
  assert.equal(lines[0].identities[0].connection, 'jobs-db');
  assert.equal(lines[0].user_metadata, undefined);
  assert.ok((await exported({ format: 'json' })).trim().split('\n').length > 3);
});

test('CSV has the fields asked for', async () => {
  await ok(201, v2('POST', '/users', { connection: 'jobs-db', email: 'csv@export.example', name: 'a "b", =c', password: 'Secret-enough-1A', user_metadata: { deep: { x: 5 } } }));
  const fields = [{ name: 'email' }, { name: 'name', export_as: 'full "name"' }, { name: 'identities[0].connection' }, { name: 'user_metadata.deep.x' }, { name: 'created_at' }, { name: 'email_verified' }, { name: 'nothing.there' }];
  const job = await ok(200, v2('POST', '/jobs/users-exports', { connection_id: other.id, fields }));
  assert.equal(job.format, 'csv');
  assert.deepEqual(job.fields, fields);
  const text = await exported({ connection_id: other.id, format: 'csv', fields });
  const lines = text.split('\r\n');
  assert.equal(lines[0], '"email","full ""name""","identities[0].connection","user_metadata.deep.x","created_at","email_verified","nothing.there"');
  const line = lines.find((l) => l.includes('csv@export'));
  assert.match(line, /^"'csv@export\.example","'a ""b"", =c","'jobs-db",5,\d{4}-\d\d-\d\dT[\d:.]+Z,false,$/);
});

test('limit ends an export', async () => {
  assert.equal((await exported({ connection_id: other.id, format: 'json', limit: 2 })).trim().split('\n').length, 2);
});

test('CSV has its own rules', async () => {
  await refused(v2('POST', '/jobs/users-exports', { format: 'csv', fields: Array.from({ length: 31 }, (_, i) => ({ name: `f${i}` })) }), 400, 'invalid_body');
  await refused(v2('POST', '/jobs/users-exports', { format: 'csv', fields: [{ name: 'user_metadata' }] }), 400, 'invalid_body');
  await refused(v2('POST', '/jobs/users-exports', { format: 'xml' }), 400, 'invalid_body');
  await refused(v2('POST', '/jobs/users-exports', { connection_id: 'con_aaaaaaaaaaaaaaaa' }), 400, 'inexistent_connection');
});

test('a link is good for a minute and for its file only', async () => {
  const job = await ended((await ok(200, v2('POST', '/jobs/users-exports', { format: 'json' }))).id);
  const file = await download(job.location);
  assert.equal(file.headers['content-type'], 'application/gzip');
  assert.match(file.headers['content-disposition'], /filename="default\.json\.gz"/);
  assert.equal((await download(job.location, (s) => s.replace(/signature=./, 'signature=_'))).status, 404);
  assert.equal((await download(job.location, (s) => s.replace(/expires=\d+/, 'expires=9999999999'))).status, 404);
  assert.equal((await download(job.location, (s) => s.replace(/\?.*/, ''))).status, 404);
  assert.equal((await download(job.location, (s) => s.replace('.json.', '.users.'))).status, 404);
  await server.request('POST', '/test/clock', { body: { advance_s: 61 } });
  assert.equal((await download(job.location)).status, 404);
  assert.equal((await download((await ok(200, v2('GET', `/jobs/${job.id}`))).location)).status, 200);
});

// --- verification mails -----------------------------------------------------------------

test('a verification mail is for a user with an address', async () => {
  const u = await ok(201, v2('POST', '/users', { connection: DB, email: 'verify@jobs.example', password: 'Secret-enough-1A', verify_email: false }));
  const job = await ok(201, v2('POST', '/jobs/verification-email', { user_id: u.user_id }));
  assert.deepEqual([job.type, job.status], ['verification_email', 'pending']);
  assert.equal((await ended(job.id)).status, 'completed');
  await ok(200, v2('PATCH', `/users/${enc(u.user_id)}`, { email_verified: true }));
  assert.equal((await ended((await ok(201, v2('POST', '/jobs/verification-email', { user_id: u.user_id }))).id)).status, 'failed');
  await refused(v2('POST', '/jobs/verification-email', { user_id: 'auth0|nobody' }), 404, undefined, 'User not found.');
});

test('a verification mail names a client that exists', async () => {
  const u = await ok(201, v2('POST', '/users', { connection: DB, email: 'verify2@jobs.example', password: 'Secret-enough-1A', verify_email: false }));
  await refused(v2('POST', '/jobs/verification-email', { user_id: u.user_id, client_id: '#<Random>' }), 400, 'invalid_body',
    /Object didn't pass validation for format client-id: #<Random>' on property client_id/);
  await refused(v2('POST', '/jobs/verification-email', { user_id: u.user_id, client_id: 'a'.repeat(32) }), 400, 'invalid_body', 'The client does not exist');
  await ok(201, v2('POST', '/jobs/verification-email', { user_id: u.user_id, client_id: app }));
});

test("a verification mail is for one of the user's identities", async () => {
  const u = await ok(201, v2('POST', '/users', { connection: DB, email: 'verify3@jobs.example', password: 'Secret-enough-1A', verify_email: false }));
  const native = u.user_id.split('|')[1];
  await ok(201, v2('POST', '/jobs/verification-email', { user_id: u.user_id, identity: { user_id: native, provider: 'auth0' } }));
  await refused(v2('POST', '/jobs/verification-email', { user_id: u.user_id, identity: { user_id: 'other', provider: 'auth0' } }), 400, 'invalid_body',
    'The user exists, but does not contain the given identity.');
});

test('a verification mail of an organization is for its members', async () => {
  const u = await ok(201, v2('POST', '/users', { connection: DB, email: 'verify4@jobs.example', password: 'Secret-enough-1A', verify_email: false }));
  const org = await ok(201, v2('POST', '/organizations', { name: 'jobs-org' }));
  assert.equal((await v2('POST', '/jobs/verification-email', { user_id: u.user_id, organization_id: org.id })).status, 400);
  assert.equal((await v2('POST', `/organizations/${org.id}/members`, { members: [u.user_id] })).status, 204);
  await ok(201, v2('POST', '/jobs/verification-email', { user_id: u.user_id, organization_id: org.id }));
});

// --- the command --------------------------------------------------------------------------------

test('users import takes a file, lines too, beside a running server and without one', async () => {
  const file = path.join(server.dir, 'users.jsonl');
  fs.writeFileSync(file, [1, 2, 3].map((i) => JSON.stringify({ email: `cli${i}@cli.example` })).join('\n'));
  assert.match(server.cli('users', 'import', file), /^3 users: 3 new, 0 changed, 0 refused/);
  fs.writeFileSync(file, JSON.stringify([{ email: 'cli1@cli.example', name: 'Changed' }, { email: 'nobody' }]));
  const job = JSON.parse(server.cli('users', 'import', file, '--upsert', '--json', '--connection', DB));
  assert.deepEqual(job.summary, { failed: 1, updated: 1, inserted: 0, total: 2 });
  assert.equal(job.errors[0].errors[0].path, 'email');
  assert.equal((await byEmail('cli1@cli.example')).name, 'Changed');
  assert.throws(() => server.cli('users', 'import', file, '--connection', 'nothing'), /connection does not exist/);
  assert.throws(() => server.cli('users', 'import', file, '--tenant', 'nothing'), /no tenant of that name/);
  assert.throws(() => server.cli('users', 'import', `${file}.absent`), /cannot be read/);
  fs.writeFileSync(file, '{"email":"cli9@cli.example"}\n{"email"');
  assert.throws(() => server.cli('users', 'import', file), /Make sure it is valid JSON/);
  const keep = server.keepDir;
  server.keepDir = true;
  await server.stop();
  server.keepDir = keep;
  fs.writeFileSync(file, '[{"email":"cli4@cli.example"}]');
  assert.match(server.cli('users', 'import', file), /^1 users: 1 new/);
  await server.boot();
  v2 = await server.v2();
  assert.ok(await byEmail('cli4@cli.example'));
  assert.equal(await byEmail('cli9@cli.example'), undefined);
});

// --- who may, and for how long ----------------------------------------------------------------

test('scopes and tenants', async () => {
  const job = await ok(202, importing([]));
  const reader = await server.v2({ scope: 'read:clients' });
  await refused(reader('GET', `/jobs/${job.id}`), 403, 'insufficient_scope');
  await refused(reader('GET', `/jobs/${job.id}/errors`), 403, 'insufficient_scope');
  await refused(reader('POST', '/jobs/users-exports', {}), 403, 'insufficient_scope');
  await refused(reader('POST', '/jobs/verification-email', { user_id: 'auth0|x' }), 403, 'insufficient_scope');
  const credentials = server.createTenant('jobs-two');
  const two = await server.v2({ credentials, host: 'jobs-two.example.test' });
  await refused(two('GET', `/jobs/${job.id}`), 404, 'inexistent_job', 'The job cannot be found');
  await refused(v2('GET', '/jobs/job_0000000000000000'), 404, 'inexistent_job');
});

test('an import goes on after kill -9 without a double or a lost user', async () => {
  const users = Array.from({ length: 8000 }, (_, i) => ({ email: `kill${i}@kill.example`, user_metadata: { note: 'n'.repeat(60) } }));
  const job = await ok(202, importing(users));
  for (let i = 0; i < 3; i++) {
    await new Promise((r) => setTimeout(r, 150));
    await server.restart('SIGKILL');
  }
  v2 = await server.v2();
  const done = await ended(job.id);
  assert.equal(done.status, 'completed');
  assert.deepEqual(done.summary, { failed: 0, updated: 0, inserted: 8000, total: 8000 });
  const found = await ok(200, v2('GET', `/users${query({ q: 'email.domain:kill.example', include_totals: true, per_page: 1, search_engine: 'v3' })}`));
  assert.equal(found.total, 8000);
});

test('a job is gone a day after it ended', async () => {
  const job = await imported([]);
  await server.request('POST', '/test/clock', { body: { advance_s: 86000 } });
  v2 = await server.v2();
  await ok(200, v2('GET', `/jobs/${job.id}`));
  await server.request('POST', '/test/clock', { body: { advance_s: 500 } });
  await refused(v2('GET', `/jobs/${job.id}`), 404, 'inexistent_job');
});

test('the real limits: 500 KB and two imports at once', async () => {
  const real = await Server.start({ flags: ['--rate-limits', 'production'] });
  try {
    const call = await real.v2();
    const connection = (await ok(200, call('GET', `/connections?name=${enc(DB)}`)))[0].id;
    await refused(announce(real, call, 512001), 413, undefined, 'Payload content length greater than maximum allowed: 512000');
    const users = Array.from({ length: 5000 }, (_, i) => ({ email: `r${i}@real.example` }));
    const first = await Promise.all([0, 1, 2, 3, 4].map(() => importing(users, {}, call, connection)));
    const busy = first.filter((r) => r.status === 429);
    assert.ok(busy.length > 0, first.map((r) => r.status).join());
    assert.equal(busy[0].body.message, 'There are 2 active import users jobs, please wait until some of them are finished and try again');
  } finally { await real.stop(); }
});
