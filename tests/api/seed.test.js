// --seed DIR: the first tenant out of a directory in the deploy tool's format (docs/seed.md).
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { Server, binary } = require('./lib/server');

const fixture = path.join(__dirname, 'fixtures/seed');
const keywords = { STAGE: 'test', SHOP_ORIGINS: '["https://a.example.com", "https://b.example.com"]' };
const database = 'Username-Password-Authentication';
let server, v2;

before(async () => {
  Object.assign(process.env, keywords);
  server = await Server.start({ flags: ['--seed', fixture] });
  v2 = await server.v2();
});
after(async () => { if (server) await server.stop(); });

async function get(target) {
  const a = await v2('GET', target);
  assert.equal(a.status, 200, a.text);
  return a.body;
}

async function named(list, name) {
  const found = (await get(list)).filter((o) => o.name === name);
  assert.equal(found.length, 1, `${name} stands in ${list} ${found.length} times`);
  return found[0];
}

const clientId = async (name) => (await named('/clients', name)).client_id;

// --- what is there afterwards

test('settings are what tenant.json says, fractions of hours too', async () => {
  const s = await get('/tenants/settings');
  assert.equal(s.friendly_name, 'Seeded test');
  assert.equal(s.support_email, 'help@example.com');
  assert.equal(s.session_lifetime, 1.5);
  assert.equal(s.idle_session_lifetime, 72);
});

test('a client keeps the id and the secret of its file', async () => {
  const c = await get('/clients/web-shop');
  assert.equal(c.name, 'Web Shop');
  assert.equal(c.client_secret, 'a secret that the tests of the shop know');
  assert.equal(c.cross_origin_authentication, true);
  assert.equal(c.is_first_party, true);
});

test('keywords are replaced: texts, lists with and without quotes, in referred files', async () => {
  const c = await get('/clients/web-shop');
  assert.deepEqual(c.callbacks, ['https://shop.test.example.com/callback']);
  assert.deepEqual(c.web_origins, ['https://a.example.com', 'https://b.example.com']);
  assert.deepEqual(c.allowed_origins, c.web_origins);
  assert.equal(c.custom_login_page, '<h1>Shop, test</h1>\n');
});

test('AUTH0_KEYWORD_REPLACE_MAPPINGS wins over a variable of that name', async () => {
  const run = init({ 'tenant.json': { friendly_name: '##STAGE##' } }, { AUTH0_KEYWORD_REPLACE_MAPPINGS: '{"STAGE":"mapped"}' });
  assert.equal(run.status, 0, run.stderr);
  const other = await Server.start({ dir: run.dir });
  try {
    const a = await (await other.v2())('GET', '/tenants/settings?fields=friendly_name');
    assert.deepEqual(a.body, { friendly_name: 'mapped' });
  } finally {
    await other.stop();
    fs.rmSync(run.dir, { recursive: true });
  }
});

test('what the bootstrap made is changed, not doubled', async () => {
  assert.equal((await named('/clients', 'Default App')).description, 'seeded');
  const c = await named('/connections', database);
  assert.equal(c.options.passwordPolicy, 'fair');
  assert.equal(c.options.brute_force_protection, false);
  assert.equal(c.options.mfa.active, true, 'options that the file does not name stay');
  assert.deepEqual([...c.enabled_clients].sort(), [await clientId('Default App'), 'web-shop'].sort());
  assert.equal((await get('/connections')).length, 4);
});

test('one way to describe identifiers, or passwords, replaces the other', async () => {
  const file = (options) => ({ 'database-connections/d/database.json': { name: database, strategy: 'auth0', options } });
  const run = init(file({ requires_username: true, password_options: { complexity: { min_length: 9 } } }));
  assert.equal(run.status, 0, run.stderr);
  const other = await Server.start({ dir: run.dir });
  try {
    const { options } = (await (await other.v2())('GET', '/connections')).body[0];
    assert.equal(options.requires_username, true);
    assert.equal(options.password_options.complexity.min_length, 9);
    assert.ok(!('attributes' in options) && !('passwordPolicy' in options), JSON.stringify(options));
  } finally {
    await other.stop();
    fs.rmSync(run.dir, { recursive: true });
  }
});

test('a custom database reads its scripts, beside it and elsewhere in the directory', async () => {
  const c = await named('/connections', 'Customers');
  assert.deepEqual(c.enabled_clients, ['web-shop']);
  assert.match(c.options.customScripts.login, /^function login\(.*stage: "test"/);
  assert.match(c.options.customScripts.get_user, /^function getByEmail/);
});

test('connections of other strategies; the body of a mail is a file', async () => {
  assert.equal((await named('/connections', 'email')).options.email.body, '<p>{{ code }}</p>\n');
  const partner = await named('/connections', 'partner');
  assert.equal(partner.strategy, 'oidc');
  assert.equal(partner.options.client_secret, 'partner secret');
});

test('a grant names its client, and a token is given for it', async () => {
  const warehouse = await named('/clients', 'Warehouse');
  const grants = await get(`/client-grants?client_id=${warehouse.client_id}`);
  assert.equal(grants.length, 1);
  assert.deepEqual(grants[0].scope, ['read:orders']);
  const ask = { grant_type: 'client_credentials', client_id: warehouse.client_id, client_secret: warehouse.client_secret, audience: 'https://orders.example.com/' };
  const token = await server.request('POST', '/oauth/token', { body: ask });
  assert.equal(token.status, 200, token.text);
  assert.equal(token.body.scope, 'read:orders');
  assert.equal(token.body.expires_in, 600);
});

test('users have their roles, ids, metadata and password hashes', async () => {
  const ada = await get('/users/auth0%7Cada');
  assert.equal(ada.email_verified, true);
  assert.deepEqual(ada.app_metadata, { plan: 'gold' });
  assert.deepEqual((await get('/users/auth0%7Cada/roles')).map((r) => r.name), ['Clerk']);
  assert.deepEqual((await get(`/roles/${(await named('/roles', 'Clerk')).id}/permissions`)).map((p) => p.permission_name), ['read:orders']);
  const bob = (await get('/users-by-email?email=bob@example.com'))[0];
  assert.equal(bob.blocked, true);
  assert.equal(bob.name, 'Bob');
  assert.equal((await get('/users-by-email?email=eve@example.com'))[0].identities[0].connection, 'email');
  assert.equal((await get('/users')).length, 3);
});

test('an organization has its connections, clients, grants, domains and members', async () => {
  const acme = await get('/organizations/name/acme');
  const parts = async (name) => get(`/organizations/${acme.id}/${name}`);
  assert.equal(acme.branding.colors.primary, '#336699');
  assert.deepEqual((await parts('enabled_connections')).map((c) => [c.connection.name, c.assign_membership_on_login]), [[database, true]]);
  assert.deepEqual((await parts('clients')).clients.map((c) => c.client_id), ['web-shop']);
  assert.deepEqual((await parts('client-grants')).map((g) => g.client_id), [await clientId('Warehouse')]);
  assert.deepEqual((await parts('discovery-domains')).domains.map((d) => [d.domain, d.status]), [['acme.example.com', 'verified']]);
  assert.deepEqual((await parts('members')).map((m) => m.user_id), ['auth0|ada']);
});

test('what nothing reads is warned of, by folder', () => {
  assert.match(server.stderr(), /warning: --seed: rules\/ is left out/);
  assert.doesNotMatch(server.stderr(), /(clients|scripts)\/ is left out/);
});

test('a directory that is there already is not seeded again', async () => {
  const before = (await get('/clients')).length;
  await v2('DELETE', '/clients/web-shop');
  await server.restart();
  v2 = await server.v2();
  assert.equal((await get('/clients')).length, before - 1);
});

// --- faults

/** doorward init --seed on a directory of these files: {path: object, text or undefined}. */
function init(files, env = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'doorward-seed-'));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(dir, 'seed', name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content));
  }
  const run = spawnSync(binary, ['init', '--data', path.join(dir, 'data'), '--seed', path.join(dir, 'seed')],
    { encoding: 'utf8', env: { ...process.env, ...env } });
  return { ...run, dir };
}

const user = (more) => ({ 'users/u.json': { email: 'u@example.com', ...more } });
const api = { name: 'A', identifier: 'urn:a', scopes: [{ value: 'r' }] };
const faults = [
  ['no JSON', { 'clients/a.json': '{"name": ' }, /^clients\/a\.json: no JSON: /],
  ['a list where an object belongs', { 'clients/a.json': [] }, /^clients\/a\.json: no JSON object$/],
  ['an unknown member', { 'clients/a.json': { name: 'a', colour: 'red' } }, /^clients\/a\.json: .*Additional properties not allowed: colour/],
  ['a wrong type', { 'resource-servers/a.json': { ...api, token_lifetime: 'long' } }, /^resource-servers\/a\.json: .*token_lifetime/],
  ['a missing member', { 'clients/a.json': { app_type: 'spa' } }, /^clients\/a\.json: .*Missing required property: name/],
  ['an unknown setting', { 'tenant.json': { nonsense: 1 } }, /^tenant\.json: .*nonsense/],
  ['a wrong member of what is there already', { 'clients/a.json': { name: 'Default App', nonsense: 1 } }, /^clients\/a\.json: .*nonsense/],
  ['a client_id that is none', { 'clients/a.json': { name: 'a', client_id: 'a b' } }, /^clients\/a\.json: client_id takes/],
  ['an empty secret', { 'clients/a.json': { name: 'a', client_secret: '' } }, /^clients\/a\.json: .*client_secret/],
  ['one name twice', { 'clients/a.json': { name: 'a' }, 'clients/b.json': { name: 'a' } }, /^clients\/b\.json: the client 'a' stands in clients\/a\.json already$/],
  ['one client_id twice', { 'clients/a.json': { name: 'a', client_id: 'x' }, 'clients/b.json': { name: 'b', client_id: 'x' } }, /^clients\/b\.json: the client_id 'x' stands in clients\/a\.json already$/],
  ['a page that is no UTF-8', { 'clients/a.json': { name: 'a', custom_login_page: './a.html' }, 'clients/a.html': Buffer.from([0x3c, 0xff]) }, /^clients\/a\.html: is not UTF-8$/],
  ['enabled for nobody known', { 'connections/c.json': { name: 'c', strategy: 'oidc', enabled_clients: ['ghost'] } }, /^connections\/c\.json: enabled_clients names no client: 'ghost'$/],
  ['an unknown strategy', { 'connections/c.json': { name: 'c', strategy: 'telepathy' } }, /^connections\/c\.json: .*strategy/],
  ['another strategy', { 'connections/c.json': { name: database, strategy: 'oidc' } }, /^connections\/c\.json: .*was there already with the strategy auth0/],
  ['a grant for nobody known', { 'grants/g.json': { client_id: 'ghost', audience: 'urn:a', scope: [] } }, /^grants\/g\.json: client_id names no client: 'ghost'$/],
  ['a grant for an unknown API', { 'grants/g.json': { client_id: 'Default App', audience: 'urn:a', scope: [] } }, /^grants\/g\.json: The resource server does not exist$/],
  ['a permission that no API has', { 'resource-servers/a.json': api, 'roles/r.json': { name: 'r', permissions: [{ permission_name: 'w', resource_server_identifier: 'urn:a' }] } }, /^roles\/r\.json: /],
  ['permissions that are none', { 'roles/r.json': { name: 'r', permissions: 'all' } }, /^roles\/r\.json: .*permissions/],
  ['a script that is not there', { 'database-connections/d/database.json': { name: 'd', strategy: 'auth0', options: { customScripts: { login: './login.js' } } } }, /^database-connections\/d\/database\.json: '\.\/login\.js' is not there$/],
  ['a script outside of the directory', { 'database-connections/d/database.json': { name: 'd', strategy: 'auth0', options: { customScripts: { login: '../../../x.js' } } } }, /^database-connections\/d\/database\.json: '\.\.\/\.\.\/\.\.\/x\.js' names no file of the seed directory$/],
  ['a keyword without a value', { 'clients/a.json': { name: '##NOBODY_SET_THIS##' } }, /^clients\/a\.json: ##NOBODY_SET_THIS## is neither in/],
  ['a list keyword without a value', { 'clients/a.json': { name: 'a', callbacks: '@@NOBODY_SET_THIS@@' } }, /^clients\/a\.json: @@NOBODY_SET_THIS@@ is neither in/],
  ['mappings that are none', {}, /^AUTH0_KEYWORD_REPLACE_MAPPINGS is no JSON object$/, { AUTH0_KEYWORD_REPLACE_MAPPINGS: '[1' }],
  ['a weak password', { 'database-connections/d/database.json': { name: 'd', strategy: 'auth0', enabled_clients: ['Default App'], options: { passwordPolicy: 'excellent' } }, ...user({ connection: 'd', password: 'abc' }) }, /^users\/u\.json: .*too weak/i],
  ['a user without a password', user({}), /^users\/u\.json: .*password/],
  ['a password twice', user({ password: 'longer', password_hash: '$2b$04$x' }), /^users\/u\.json: password and password_hash exclude each other$/],
  ['a hash that is none', user({ password_hash: 'md5' }), /^users\/u\.json: password_hash is no hash text/],
  ['a hash where no passwords are', { 'connections/email.json': { name: 'email', strategy: 'email' }, ...user({ connection: 'email', password_hash: '$2b$04$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyz01234' }) }, /^users\/u\.json: password_hash is for users of database connections$/],
  ['a role that is none', user({ password: 'longer', roles: ['king'] }), /^users\/u\.json: roles names no role: 'king'$/],
  ['roles that are no list', user({ password: 'longer', roles: 'Clerk' }), /^users\/u\.json: roles takes a list of names$/],
  ['an organization that is none', user({ password: 'longer', organizations: ['umbrella'] }), /^users\/u\.json: organizations names no organization: 'umbrella'$/],
  ['an organization by an unknown connection', { 'organizations/o.json': { name: 'o', connections: [{ name: 'nowhere' }] } }, /^organizations\/o\.json: connections names no connection: 'nowhere'$/],
  ['an organization with the grant of nobody', { 'organizations/o.json': { name: 'o', client_grants: [{ client_id: 'good' }] } }, /^organizations\/o\.json: client_grants: 'good' has no such grant$/],
  ['a wrong setting of an organization\'s connection', { 'organizations/o.json': { name: 'o', connections: [{ name: database, colour: 1 }] } }, /^organizations\/o\.json: .*colour/],
  ['parts of an organization that are no objects', { 'organizations/o.json': { name: 'o', clients: ['good'] } }, /^organizations\/o\.json: clients takes a list of objects$/],
  ['one user twice', { 'users/u.json': [{ email: 'u@example.com', password: 'longer' }, { email: 'u@example.com', password: 'longer' }] }, /^users\/u\.json, item 1: The user already exists/],
  ['a connection that is none', user({ password: 'longer', connection: 'nowhere' }), /^users\/u\.json: .*connection/],
];

for (const [name, files, message, env] of faults)
  test(`refused in one line, and nothing is made: ${name}`, () => {
    const run = init({ 'clients/good.json': { name: 'good' }, ...files }, env);
    try {
      assert.notEqual(run.status, 0);
      const lines = run.stderr.trim().split('\n');
      assert.equal(lines.length, 1, run.stderr);
      assert.ok(lines[0].startsWith('doorward: '), lines[0]);
      assert.match(lines[0].slice('doorward: '.length), message);
      assert.deepEqual(fs.readdirSync(run.dir), ['seed']);
    } finally {
      fs.rmSync(run.dir, { recursive: true });
    }
  });

test('a system API stays as it is', async () => {
  const identifier = server.credentials.management.audience;
  const run = init({ 'resource-servers/m.json': { name: 'Mine', identifier } });
  fs.rmSync(run.dir, { recursive: true });
  assert.notEqual(run.status, 0);
  assert.match(run.stderr, /^doorward: resource-servers\/m\.json: .*system/i);
});

test('a seed directory that is not there is an error', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'doorward-seed-'));
  const run = spawnSync(binary, ['init', '--data', path.join(dir, 'data'), '--seed', path.join(dir, 'none')], { encoding: 'utf8' });
  assert.notEqual(run.status, 0);
  assert.match(run.stderr, /none: No such file or directory/);
  assert.deepEqual(fs.readdirSync(dir), []);
  fs.rmSync(dir, { recursive: true });
});
