// auth0-deploy-cli against a running server: what it exports seeds an equal tenant, and it
// deploys the same directory to a new one.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const path = require('node:path');
const { Server } = require('../api/lib/server');

const tool = require.resolve('auth0-deploy-cli');
const fixture = path.join(__dirname, '../api/fixtures/seed');
const kinds = ['tenant', 'clients', 'databases', 'connections', 'resourceServers', 'clientGrants', 'roles', 'organizations'];
const secrets = { CONNECTIONS_OIDC_SECRET: 'partner secret' }; // exports hold a keyword in its place
const database = 'Username-Password-Authentication';
let source, exported;

/** TLS before a server, on a port of its own. The tool reads actions whenever it reads
 *  databases; until the server has them, it is told that there are none. */
function front(server) {
  const file = (name) => fs.readFileSync(path.join(server.data, 'tls', name));
  const proxy = https.createServer({ cert: file('server.pem'), key: file('server.key') }, (rq, rs) => {
    const onward = http.request(new URL(rq.url, server.base), { method: rq.method, headers: rq.headers }, (answer) => {
      if (answer.statusCode === 404 && rq.url.startsWith('/api/v2/actions/actions')) {
        answer.resume();
        rs.writeHead(200, { 'Content-Type': 'application/json' });
        rs.end(JSON.stringify({ actions: [], total: 0, page: 0, per_page: 100 }));
        return;
      }
      rs.writeHead(answer.statusCode, answer.headers);
      answer.pipe(rs);
    });
    rq.pipe(onward);
  });
  proxy.keepAliveTimeout = 120_000; // the tool compiles its schemas for ten seconds between two requests
  return new Promise((resolve) => proxy.listen(0, 'localhost', () => resolve(proxy)));
}

/** Runs the tool against a server; answers what it printed. */
async function deployTool(server, args, more = {}) {
  const proxy = await front(server);
  const env = {
    ...process.env,
    AUTH0_DOMAIN: `localhost:${proxy.address().port}`,
    AUTH0_AUDIENCE: server.credentials.management.audience,
    AUTH0_CLIENT_ID: server.credentials.management.client_id,
    AUTH0_CLIENT_SECRET: server.credentials.management.client_secret,
    AUTH0_INCLUDED_ONLY: JSON.stringify(kinds),
    NODE_EXTRA_CA_CERTS: path.join(server.data, 'tls/ca.pem'),
    ...more,
  };
  const child = spawn(process.execPath, [tool, ...args], { env, cwd: server.dir, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (d) => { said += d; });
  child.stderr.on('data', (d) => { said += d; });
  const code = await new Promise((resolve) => child.once('close', resolve));
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
  assert.equal(code, 0, said);
  return said;
}

const without = (o, ...members) => Object.fromEntries(Object.entries(o).filter(([k]) => !members.includes(k)));
const byName = (list) => Object.fromEntries(list.map((o) => [o.name, without(o, 'name')]).sort());

/** All that the kinds hold, with names in place of ids. */
async function content(server) {
  const v2 = await server.v2();
  const get = async (target) => {
    const a = await v2('GET', target);
    assert.equal(a.status, 200, a.text);
    return a.body;
  };
  const clients = await get('/clients?is_global=false');
  const nameOf = (id) => (clients.find((c) => c.client_id === id) || {}).name;
  const roles = await get('/roles');
  for (const r of roles) r.permissions = await get(`/roles/${r.id}/permissions`);
  const organizations = await get('/organizations');
  for (const o of organizations) {
    const part = (name) => get(`/organizations/${o.id}/${name}`);
    o.connections = (await part('enabled_connections')).map((c) => without(c, 'connection_id'));
    o.clients = (await part('clients')).clients.map((c) => ({ ...without(c, 'client_id'), name: nameOf(c.client_id) }));
    o.grants = (await part('client-grants')).map((g) => ({ ...without(g, 'id', 'client_id'), name: nameOf(g.client_id) }));
    o.domains = (await part('discovery-domains')).domains.map((d) => without(d, 'id', 'verification_txt', 'verification_host'));
  }
  return {
    organizations: byName(organizations.map((o) => without(o, 'id'))),
    settings: await get('/tenants/settings'),
    clients: byName(clients.map((c) => without(c, 'client_id', 'client_secret', 'signing_keys'))),
    connections: byName((await get('/connections')).map((c) => ({ ...without(c, 'id'), enabled_clients: c.enabled_clients.map(nameOf).sort() }))),
    resourceServers: byName((await get('/resource-servers')).map((r) => without(r, 'id'))),
    grants: (await get('/client-grants')).map((g) => ({ ...without(g, 'id'), client_id: nameOf(g.client_id) })).sort((a, b) => (a.client_id < b.client_id ? -1 : 1)),
    roles: byName(roles.map((r) => without(r, 'id'))),
  };
}

before(async () => {
  Object.assign(process.env, { STAGE: 'test', SHOP_ORIGINS: '["https://a.example.com"]' }, secrets);
  source = await Server.start({ flags: ['--seed', fixture] });
  exported = path.join(source.dir, 'exported');
  await deployTool(source, ['export', '--format', 'directory', '--output_folder', exported]);
});
after(async () => { if (source) await source.stop(); });

test('an export holds every kind', () => {
  const there = (name) => fs.existsSync(path.join(exported, name));
  for (const name of ['tenant.json', 'clients/Web Shop.json', 'clients/Web Shop_custom_login_page.html', 'database-connections/Customers/login.js',
    'connections/partner.json', 'connections/email.html', 'resource-servers/Orders.json', 'grants/Warehouse-Orders.json', 'roles/Clerk.json', 'organizations/acme.json'])
    assert.ok(there(name), `${name} is missing`);
});

test('an export seeds an equal tenant', async () => {
  const other = await Server.start({ flags: ['--seed', exported] });
  try {
    assert.deepEqual(await content(other), await content(source));
  } finally {
    await other.stop();
  }
});

test('an export is deployed to a new tenant, and deploying it again changes nothing', async () => {
  const other = await Server.start();
  const deploy = () => deployTool(other, ['import', '--input_file', exported], { AUTH0_KEYWORD_REPLACE_MAPPINGS: JSON.stringify(secrets) });
  try {
    await deploy();
    const once = await content(other), wanted = await content(source);
    for (const name of [database, 'Customers']) wanted.connections[name].options.disable_self_service_change_password = false; // the tool's own default
    assert.deepEqual(once, wanted);
    await deploy();
    assert.deepEqual(await content(other), once);
  } finally {
    await other.stop();
  }
});
