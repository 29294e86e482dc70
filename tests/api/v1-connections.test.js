'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server.js');
const { DB, refused, good, ordinary, makeUser, idPath, nextUrl, follow } = require('./lib/v1.js');

let s, v1, v2;
test.before(async () => {
  s = await Server.start();
  v1 = await s.v1();
  v2 = await s.v2();
});
test.after(() => s?.stop());

const names = (rs) => good(rs).map((c) => c.name);
const one = async (name) => good(await v1('GET', `/connections/${name}`));
const enabled = async (name) => (await v2('GET', `/connections?name=${name}`)).body[0].enabled_clients.sort();
const clientIds = async () => good(await v1('GET', '/clients')).filter((c) => !c.global).map((c) => c.clientID).sort();

test('a connection is created, read, changed and deleted', async () => {
  const made = good(await v1('POST', '/connections', { name: 'acme-db', strategy: 'auth0', options: { brute_force_protection: false, color: 'red' } }));
  assert.match(made.id, /^con_[A-Za-z0-9]{16}$/);
  assert.equal(made.name, 'acme-db');
  assert.equal(made.strategy, 'auth0');
  assert.equal(made.status, true);
  assert.equal(made.options.color, 'red');
  assert.equal(made.options.brute_force_protection, false);
  assert.equal(made.client_id, s.credentials.global_client.client_id);
  assert.equal(made.global, true);
  await s.restart();
  assert.deepEqual(await one('acme-db'), made);
  assert.deepEqual(await one('acme-db/'), made);
  assert.equal((await v2('GET', `/connections/${made.id}`)).body.name, 'acme-db');
  refused(await v1('POST', '/connections', { name: 'acme-db', strategy: 'auth0' }), 400, 'connection_exists');
  const u = await makeUser(v1, 'gone@acme.example', { connection: 'acme-db' });
  const rs = await v1('DELETE', '/connections/acme-db');
  assert.deepEqual(good(rs), { removed: made.id });
  await s.restart();
  refused(await v1('GET', '/connections/acme-db'), 404, 'connection_not_found');
  refused(await v1('DELETE', '/connections/acme-db'), 404, 'connection_not_found');
  refused(await v1('PUT', '/connections/acme-db', { status: true }), 404, 'connection_not_found');
  refused(await v1('GET', idPath(u)), 404, 'user_not_found'); // a database takes its users along
});

test('bad bodies', async () => {
  refused(await v1('POST', '/connections', { name: 'x1', strategy: 'nonsense' }), 400, 'unsupported_strategy');
  refused(await v1('POST', '/connections', { strategy: 'auth0' }), 400, 'invalid_body');
  refused(await v1('POST', '/connections', { name: 'x2' }), 400, 'invalid_body');
  refused(await v1('POST', '/connections', { name: 'a b', strategy: 'auth0' }), 400, 'invalid_body');
  refused(await v1('POST', '/connections', { name: 'x3', strategy: 'auth0', options: 'text' }), 400, 'invalid_body');
  refused(await v1('POST', '/connections', { name: 'x4', strategy: 'auth0', options: { passwordPolicy: 'strongest' } }), 400, 'invalid_body');
  refused(await v1('POST', '/connections', { name: 'x5', strategy: 'auth0', status: 'perhaps' }), 400, 'invalid_body');
  refused(await v1('POST', '/connections', '{'), 400, 'invalid_json');
  refused(await v1('POST', '/connections?client=nobody', { name: 'x6', strategy: 'auth0' }), 400, 'invalid_query');
  refused(await v1('GET', '/connections/acme.com'), 404, 'connection_not_found');
  refused(await v1('GET', '/connections/acme.com?client=nobody'), 400, 'invalid_query');
  assert.deepEqual(names(await v1('GET', '/connections')).filter((n) => /^x\d/.test(n)), []);
});

test('options are replaced whole', async () => {
  good(await v1('POST', '/connections', { name: 'opt-db', strategy: 'auth0', options: { a: 1, passwordPolicy: 'fair' } }));
  const changed = good(await v1('PUT', '/connections/opt-db', { options: { b: { c: null } } }));
  assert.deepEqual(changed.options.b, { c: null });
  assert.ok(!('a' in changed.options) && changed.options.passwordPolicy !== 'fair');
  assert.equal(changed.status, true); // a missing member keeps its value
  await s.restart();
  assert.deepEqual((await one('opt-db')).options, changed.options);
  refused(await v1('PUT', '/connections/opt-db', { options: { passwordPolicy: 5 } }), 400, 'invalid_body');
  refused(await v1('PUT', '/connections/opt-db', { options: [] }), 400, 'invalid_body');
  const read = await one('opt-db');
  assert.deepEqual(good(await v1('PUT', '/connections/opt-db', read)).options, read.options); // what was read may be written back
  for (const [member, value] of [['name', 'other'], ['strategy', 'samlp'], ['id', 'con_x'], ['client_id', 'x'], ['global', false]])
    refused(await v1('PUT', '/connections/opt-db', { [member]: value }), 400, 'invalid_body');
  good(await v1('PUT', '/connections/opt-db', { name: 'opt-db', strategy: 'AUTH0', unknown: 1 }));
});

test('status is a matter of one client', async () => {
  const app = await ordinary(s, v1, 'Status app');
  good(await v1('POST', '/connections', { name: 'st-all', strategy: 'auth0' }));
  assert.deepEqual(await enabled('st-all'), await clientIds());
  const none = good(await v1('POST', '/connections', { name: 'st-none', strategy: 'auth0', status: 0 }));
  assert.equal(none.status, false);
  assert.deepEqual(await enabled('st-none'), []);
  const for1 = good(await v1('POST', `/connections/?client=${app.id}`, { name: 'st-one', strategy: 'auth0', status: 'true' }));
  assert.equal(for1.status, true);
  assert.equal(for1.client_id, app.id);
  assert.ok(!('global' in for1));
  assert.deepEqual(await enabled('st-one'), [app.id]);
  const set = async (query, status) => good(await v1('PUT', `/connections/st-none/status${query}`, { status })).status;
  assert.equal(await set(`?client=cli_${app.id}`, true), true);
  assert.deepEqual(await enabled('st-none'), [app.id]);
  assert.equal(good(await v1('GET', '/connections/st-none')).status, true); // some client has it
  assert.equal(await set(`?client=${app.id}`, '0'), false);
  assert.equal(await set('', 1), true);
  await s.restart();
  assert.deepEqual(await enabled('st-none'), await clientIds());
  assert.equal(await set('', 'False'), false);
  assert.deepEqual(await enabled('st-none'), []);
  good(await v1('PUT', `/connections/st-none?client=${app.id}`, { status: true }));
  assert.deepEqual(await enabled('st-none'), [app.id]);
  const view = good(await v1('GET', `/connections?client=${app.id}`)).map((c) => [c.name, c.status]);
  assert.deepEqual(view.filter(([n]) => n.startsWith('st-')), [['st-all', true], ['st-none', true], ['st-one', true]]);
  assert.deepEqual(view.find(([n]) => n === DB), [DB, false]);
  await v2('PATCH', `/connections/${for1.id}`, { enabled_clients: [] }); // what v2 writes shows here
  assert.equal(good(await v1('GET', `/connections/st-one?client=${app.id}`)).status, false);
  refused(await v1('PUT', '/connections/st-one/status', {}), 400, 'invalid_body');
  refused(await v1('PUT', '/connections/st-one/status', { status: 2 }), 400, 'invalid_body');
  refused(await v1('PUT', '/connections/nowhere/status', { status: true }), 404, 'connection_not_found');
  refused(await v1('PUT', '/connections/st-one/status?client=nobody', { status: true }), 400, 'invalid_query');
  const form = { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
  assert.equal(good(await v1('PUT', '/connections/st-one/status/', 'status=True', form)).status, true);
});

test('only_ filters', async () => {
  for (const [name, strategy] of [['f-google', 'google-oauth2'], ['f-saml', 'samlp'], ['f-sms', 'sms']]) good(await v1('POST', '/connections', { name, strategy }));
  const of = async (query) => names(await v1('GET', `/connections?${query}`)).filter((n) => n.startsWith('f-') || n === DB).sort();
  assert.deepEqual(await of('only_socials=true'), ['f-google']);
  assert.deepEqual(await of('only_enterprise=True'), ['f-saml']);
  assert.deepEqual(await of('only_database=1'), [DB]);
  assert.deepEqual(await of('only_passwordless=TRUE'), ['f-sms']);
  assert.deepEqual(await of('only_socials=True&only_enterprise=1'), ['f-google', 'f-saml']);
  assert.deepEqual((await of('only_socials=False&only_enterprise=false')).length, 4);
  assert.deepEqual((await of('only_socials=')).length, 4);
  refused(await v1('GET', '/connections?only_socials=perhaps'), 400, 'invalid_query');
});

test('pages of connections', async () => {
  const all = names(await v1('GET', '/connections'));
  const seen = [];
  for (let rs = await v1('GET', '/connections?per_page=2'); rs; rs = nextUrl(rs) && await follow(s, nextUrl(rs))) seen.push(...names(rs));
  assert.deepEqual(seen, all);
  assert.ok(all.length > 2);
});

test('strategies and what they bring', async () => {
  const kinds = Object.fromEntries(good(await v1('GET', '/strategies/')).map((x) => [x.name, x.kind]));
  assert.equal(kinds['google-apps'], 'enterprise');
  assert.equal(kinds.auth0, 'database');
  assert.equal(kinds.sms, 'passwordless');
  assert.equal(kinds['google-oauth2'], 'social');
  const ping = good(await v1('POST', '/connections', { name: 'ping', strategy: 'PingFederate' }));
  assert.equal(ping.strategy, 'pingfederate');
  for (const strategy of ['adfs', 'waad', 'office365', 'google-apps', 'ad', 'auth0-adldap']) {
    const made = good(await v1('POST', '/connections', { name: `t-${strategy}`, strategy }));
    assert.ok(made.provisioning_ticket.length >= 16);
    assert.ok(made.provisioning_ticket_url.startsWith(s.issuer) && made.provisioning_ticket_url.endsWith(`/${made.provisioning_ticket}`));
    good(await v1('PUT', `/connections/t-${strategy}`, made));
  }
  assert.ok(!('provisioning_ticket' in await one(DB)));
});

test('the alias without /api', async () => {
  const made = good(await s.request('POST', `/connections?access_token=${v1.token}`, { body: { name: 'alias-db', strategy: 'auth0' } }));
  assert.deepEqual(await one('alias-db'), made);
  refused(await s.request('POST', '/connections', { body: { name: 'alias2-db', strategy: 'auth0' } }), 401, 'unauthorized');
});

test('the socket of a directory connector', async () => {
  good(await v1('POST', '/connections', { name: 'sock-ad', strategy: 'ad' }));
  refused(await v1('GET', '/connections/sock-ad/socket'), 404, 'connector_offline');
  refused(await v1('GET', `/connections/${DB}/socket`), 404, 'connection_not_found');
  refused(await v1('GET', '/connections/nowhere/socket'), 404, 'connection_not_found');
});

test('templates lie under the options of new connections', async () => {
  assert.deepEqual(good(await v1('GET', '/connection-templates/google-oauth2')), {});
  assert.deepEqual(good(await v1('PUT', '/connection-templates/google-oauth2', { client_id: 'g', client_secret: 'from template', deep: { x: 1 } })), {});
  await s.restart();
  assert.deepEqual(good(await v1('GET', '/connection-templates/google-oauth2/')), { client_id: 'g', client_secret: 'from template', deep: { x: 1 } });
  const made = good(await v1('POST', '/connections', { name: 'tpl', strategy: 'google-oauth2', options: { client_id: 'own' } }));
  assert.equal(made.options.client_id, 'own');
  assert.equal(made.options.client_secret, 'from template');
  assert.deepEqual(made.options.deep, { x: 1 });
  assert.ok(!('deep' in good(await v1('POST', '/connections', { name: 'tpl2', strategy: 'github' })).options));
  assert.deepEqual(good(await v1('DELETE', '/connection-templates/google-oauth2')), {});
  assert.deepEqual(good(await v1('GET', '/connection-templates/google-oauth2')), {});
  assert.ok(!('deep' in good(await v1('POST', '/connections', { name: 'tpl3', strategy: 'google-oauth2' })).options));
  refused(await v1('PUT', '/connection-templates/nonsense', {}), 400, 'unsupported_strategy');
  refused(await v1('PUT', '/connection-templates/github', []), 400, 'invalid_body');
  const app = await ordinary(s, v1, 'Template app');
  for (const method of ['GET', 'PUT', 'DELETE']) refused(await app.call(method, '/connection-templates/github'), 401, 'global_client_required');
});

test('an ordinary client sees and changes its own connections only', async () => {
  const app = await ordinary(s, v1, 'Conn app'), other = await ordinary(s, v1, 'Conn other');
  const made = good(await app.call('POST', '/connections', { name: 'own-google', strategy: 'google-oauth2', options: { client_id: 'g', client_secret: 'hush' } }));
  assert.equal(made.client_id, app.id);
  assert.equal(made.status, true);
  assert.deepEqual(await enabled('own-google'), [app.id]);
  assert.ok(!('client_secret' in made.options)); // secrets are the global client's to see
  assert.equal((await one('own-google')).options.client_secret, 'hush');
  assert.deepEqual(names(await app.call('GET', '/connections')), ['own-google']);
  assert.deepEqual(names(await other.call('GET', '/connections')), []);
  for (const [method, path, body] of [['GET', ''], ['PUT', '', { status: true }], ['PUT', '/status', { status: true }], ['DELETE', ''], ['GET', '/socket'], ['GET', '/users']])
    refused(await other.call(method, `/connections/own-google${path}`, body), 404, 'connection_not_found');
  refused(await other.call('GET', `/connections?client=${app.id}`), 400, 'invalid_query');
  good(await app.call('GET', `/connections?client=${app.id}`));
  assert.equal(good(await app.call('PUT', '/connections/own-google', { options: { client_id: 'h' } })).options.client_id, 'h');
  assert.equal(good(await app.call('PUT', '/connections/own-google/status', { status: false })).status, false);
  refused(await app.call('GET', '/connections/own-google'), 404, 'connection_not_found');
  assert.deepEqual(good(await v1('DELETE', '/connections/own-google')), { removed: made.id });
});

test('another tenant sees nothing', async () => {
  const there = s.createTenant('cthere');
  const call = await s.v1({ client: there.global_client, host: there.domain });
  good(await v1('POST', '/connections', { name: 'only-here', strategy: 'auth0' }));
  assert.deepEqual(names(await call('GET', '/connections')), [DB]);
  refused(await call('GET', '/connections/only-here'), 404, 'connection_not_found');
  good(await call('POST', '/connections', { name: 'only-here', strategy: 'auth0' }));
});
