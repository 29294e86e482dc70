// The reference of API v1, a row a sentence: who calls what, and what comes back.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server.js');
const { DB, PASSWORD, good, ordinary, makeUser } = require('./lib/v1.js');

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const JSON_TYPE = 'application/json; charset=utf-8', TEXT = 'text/plain; charset=utf-8';

let s, v1, v2, app;
const names = {}; // $NAME in paths and bodies
test.before(async () => {
  s = await Server.start();
  v1 = await s.v1();
  v2 = await s.v2();
  app = await ordinary(s, v1, 'Ordinary');
  const jane = await makeUser(v1, 'jane@acme.example', { name: 'Jane Roe', family_name: 'Roe', email_verified: true, plan: 'gold' });
  const bob = await makeUser(v1, 'bob+1@acme.example', { name: 'Bob', plan: 'silver' });
  good(await v1('PATCH', `/users/${encodeURIComponent(bob.user_id)}`, { blocked: true }));
  good(await v1('POST', '/connections', { name: 'acme-ad', strategy: 'ad', status: false }));
  Object.assign(names, { $JANE: encodeURIComponent(jane.user_id), $V2JANE: jane.v2_id, $_JANE: jane._id, $GLOBAL: s.credentials.global_client.client_id, $APP: app.id, $DB: DB });
});
test.after(() => s?.stop());

const fill = (text) => text.replace(/\$[A-Z0-9_]+/g, (name) => names[name] ?? name);
const emails = (...want) => (rs) => assert.deepEqual(rs.body.map((u) => u.email).sort(), want.sort());
const has = (part) => (rs) => { for (const [k, v] of Object.entries(part)) assert.deepEqual(rs.body[k], v === undefined ? v : JSON.parse(fill(JSON.stringify(v))), k); };
const error = (code) => (rs) => {
  assert.equal(rs.body.error, code);
  assert.deepEqual(Object.keys(rs.body), ['statusCode', 'error', 'detail', 'error_description', 'message']);
  assert.ok(typeof rs.body.detail === 'string' && rs.body.detail.length > 0);
};
const text = (want) => (rs) => { assert.equal(rs.headers['content-type'], TEXT); assert.equal(rs.text, want); };
const json = (want) => (rs) => { assert.equal(rs.headers['content-type'], JSON_TYPE); assert.deepEqual(rs.body, want); };

// [what the reference says, method, path, body (text: a form), status, check]
const JANE = '/api/users/$JANE';
const global = [
  // 1.1 addresses
  ['one slash at the end', 'GET', '/api/users/$JANE/', , 200, has({ email: 'jane@acme.example' })],
  ['and not two', 'GET', '/api/users/$JANE//', , 404, error('not_found')],
  ['a stray percent sign is one', 'GET', '/api/users/100%%20gold', , 404, error('user_not_found')],
  ['a slash that is escaped stays in the segment', 'GET', '/api/connections/a%2Fb', , 404, error('connection_not_found')],
  ['a plus in a path is a plus', 'GET', '/api/users/google-oauth2%7C1034+7', , 404, error('user_not_found')],
  ['a known path and another verb', 'PATCH', '/api/logs', {}, 405, error('method_not_allowed')],
  ['an unknown path', 'GET', '/api/nothing', , 404, error('not_found')],
  // 1.3 bodies
  ['forms nest by brackets', 'PATCH', '/api/users/$JANE/metadata', 'address[city]=Ulm&address[zip]=89073', 200, text('OK')],
  ['… and this is what was kept', 'GET', '/api/users/$JANE/metadata', , 200, json({ plan: 'gold', address: { city: 'Ulm', zip: '89073' } })],
  ['True in a form', 'PATCH', '/api/users/$JANE', 'blocked=True', 200, has({ blocked: true })],
  ['0 in a form', 'PATCH', '/api/users/$JANE', 'blocked=0', 200, has({ blocked: false })],
  ['an empty optional text is absent', 'POST', '/api/users/$JANE/verification_ticket', { resultUrl: '' }, 200],
  ['broken JSON', 'PUT', '/api/users/$JANE/metadata', Buffer.from('{"a":'), 400, error('invalid_json')],
  ['a list for an object', 'PUT', '/api/users/$JANE/metadata', [], 400, error('invalid_body')],
  ['a body beyond the limit', 'PUT', '/api/users/$JANE/metadata', { a: 'x'.repeat(2 << 20) }, 413, error('payload_too_large')],
  ['no text that is an address', 'PUT', '/api/users/$JANE/email', { email: 'a\0b@acme.example' }, 400, error('invalid_body')],
  ['nor with a blank', 'PUT', '/api/users/$JANE/email', { email: 'a b@acme.example' }, 400, error('invalid_body')],
  // 1.7 search
  ['a prefix of name or address', 'GET', '/api/users?search=JANE', , 200, emails('jane@acme.example')],
  ['with a blank', 'GET', '/api/users?search=jane%20r', , 200, emails('jane@acme.example')],
  ['not of another word', 'GET', '/api/users?search=roe', , 200, emails()],
  ['a boolean', 'GET', '/api/users?search=email_verified:true', , 200, emails('jane@acme.example')],
  ['a boolean in capitals', 'GET', '/api/users?search=email_verified:TRUE', , 200, emails('jane@acme.example')],
  ['blocked is always there', 'GET', '/api/users?search=blocked:false', , 200, emails('jane@acme.example')],
  ['blocked', 'GET', '/api/users?search=blocked:true', , 200, emails('bob+1@acme.example')],
  ['quotes mean the whole value', 'GET', "/api/users?search=family_name:'ROE'", , 200, emails('jane@acme.example')],
  ['… and no prefix', 'GET', '/api/users?search=family_name:%22ro%22', , 200, emails()],
  ['a metadata key', 'GET', '/api/users?search=plan:si', , 200, emails('bob+1@acme.example')],
  ['clauses by semicolon', 'GET', '/api/users?search=email_verified:true;%20plan:gold', , 200, emails('jane@acme.example')],
  ['clauses by blank', 'GET', '/api/users?search=email_verified:true%20plan:silver', , 200, emails()],
  ['a blank after the colon', 'GET', '/api/users?search=email:%20%22jane@acme.example%22', , 200, emails('jane@acme.example')],
  ['a plus that was not escaped', 'GET', '/api/users?search=bob+1@acme.example', , 200, emails('bob+1@acme.example')],
  ['… and one that was', 'GET', '/api/users?search=bob%2B1@acme.example', , 200, emails('bob+1@acme.example')],
  ['an unknown attribute finds nobody', 'GET', '/api/users?search=shoe:44', , 200, emails()],
  ['All is no connection', 'GET', '/api/users?connection=ALL&per_page=1&page=1', , 200, emails('jane@acme.example')],
  // 2 token (credentials stand in the body)
  ['a wrong secret', 'POST', '/oauth/token', { grant_type: 'client_credentials', client_id: '$GLOBAL', client_secret: 'x' }, 401, json({ error: 'access_denied', error_description: 'Unauthorized', detail: 'Unauthorized' })],
  // 4 users
  ['by v2_id', 'GET', '/api/users/$V2JANE', , 200, has({ email: 'jane@acme.example' })],
  ['by _id', 'GET', '/api/users/$_JANE', , 200, has({ email: 'jane@acme.example' })],
  ['an address is no id', 'GET', '/api/users/jane@acme.example', , 404, error('user_not_found')],
  ['per_page is clamped', 'GET', '/api/users?per_page=100000&page=-1', , 200, emails('jane@acme.example', 'bob+1@acme.example')],
  ['an empty per_page is absent', 'GET', '/api/users?per_page=&page=', , 200, emails('jane@acme.example', 'bob+1@acme.example')],
  ['a directory that is offline', 'GET', '/api/connections/acme-ad/users', , 404, error('connector_offline')],
  ['enterprise users want a search', 'GET', '/api/enterpriseconnections/users', , 400, error('invalid_query')],
  ['… which may be empty', 'GET', '/api/enterpriseconnections/users?search=&social=false', , 200, emails()],
  ['social users do not', 'GET', '/api/socialconnections/users?social=true', , 200, emails()],
  ['users of no client', 'GET', '/api/clients/nobody/users', , 404, error('client_not_found')],
  ['users of a client, by its cli_ id', 'GET', '/api/clients/cli_$APP/users', , 200, emails()],
  ['no devices', 'GET', '/api/users/$JANE/devices', , 200, json([])],
  // 5 writing users
  ['a taken address', 'POST', '/api/users/', { email: 'JANE@acme.example', password: PASSWORD, connection: DB }, 400, error('user_exists')],
  ['a connection that is not there', 'POST', '/api/users', { email: 'x@acme.example', password: PASSWORD, connection: 'nope' }, 400, error('invalid_connection')],
  ['a weak password', 'POST', '/api/users', { email: 'x@acme.example', password: 'x', connection: DB }, 400, error('password_policy')],
  ['a name that no metadata may have', 'POST', '/api/users', { email: 'x@acme.example', password: PASSWORD, connection: DB, v2_id: 'usr_1' }, 400, error('invalid_body')],
  ...['_id', 'user_id', 'v2_id', 'identities', 'created_at', 'lastLogin', 'loginsCount', 'blocked', 'email', 'email_verified']
    .map((key) => [`metadata cannot be ${key}`, 'PATCH', '/api/users/$JANE/metadata', { [key]: 1 }, 400, error('invalid_body')]),
  ['metadata lies over the profile', 'PATCH', '/api/users/$JANE/metadata', { name: 'Over', color: null }, 200, text('OK')],
  ['… and null is kept', 'GET', '/api/users/$JANE', , 200, has({ name: 'Over', color: null, email: 'jane@acme.example' })],
  ['PUT replaces all', 'PUT', '/api/users/$JANE/metadata', { plan: 'gold' }, 200, text('OK')],
  ['… of it', 'GET', '/api/users/$JANE', , 200, has({ name: 'Jane Roe', plan: 'gold', color: undefined, address: undefined })],
  ['a dot in a key', 'PUT', '/api/users/$JANE/metadata', { 'a.b': 1 }, 400, error('invalid_body')],
  ['a password', 'PUT', '/api/users/$JANE/password', { password: 'N3wSecret!yy', verify: 'False' }, 200, json('Password updated.')],
  ['a password that waits for a mail', 'PUT', '/api/users/$JANE/password', { password: 'N3wSecret!yy', verify: true }, 400, error('invalid_body')],
  ['by address, in the body too', 'PUT', '/api/users/jane@acme.example/password', { email: 'Jane@Acme.example', password: 'N3wSecret!zz', connection: DB }, 200, json('Password updated.')],
  ['by address, another in the body', 'PUT', '/api/users/jane@acme.example/password', { email: 'bob+1@acme.example', password: PASSWORD, connection: DB }, 400, error('invalid_body')],
  ['by an address that nobody has', 'PUT', '/api/users/x@acme.example/password', { email: 'x@acme.example', password: PASSWORD, connection: DB }, 404, error('user_not_found')],
  ['blocked and nothing else', 'PATCH', '/api/users/$JANE', { blocked: false, name: 'x' }, 400, error('invalid_body')],
  ['a verification mail', 'POST', '/api/users/$JANE/send_verification_email', '', 200, text('OK')],
  ['a ticket by form', 'POST', '/api/users/$JANE/change_password_ticket', 'newPassword=N3wSecret!aa&resultUrl=', 200, (rs) => assert.match(rs.body.ticket, /^https:\/\/[^/]+\/lo\/reset\?/)],
  ['a ticket with no password', 'POST', '/api/users/$JANE/change_password_ticket', {}, 400, error('invalid_body')],
  ['a ticket to verify', 'POST', '/api/users/$JANE/verification_ticket', , 200, (rs) => assert.match(rs.body.ticket, /^https:\/\/[^/]+\/lo\/verify_email\?/)],
  ['a key', 'POST', '/api/users/$JANE/publickey', { device: 'laptop', public_key: 'PEM' }, 200, (rs) => assert.match(rs.body.id, /^dcr_/)],
  ['a key by the other name', 'DELETE', '/api/users/$JANE/public_key?device=laptop', , 200, text('OK')],
  ['a key that is gone', 'DELETE', '/api/users/$JANE/publickey?device=laptop', , 404, error('not_found')],
  ['a key of no device', 'DELETE', '/api/users/$JANE/publickey', , 400, error('invalid_query')],
  ['a refresh token of nobody', 'DELETE', '/api/users/$JANE/refresh_tokens/x', , 404, error('not_found')],
  ['impersonation waits for login', 'POST', '/users/$JANE/impersonate', { protocol: 'oauth2', additionalParameters: { response_type: 'code' } }, 400, error('invalid_body')],
  ['… by form and alias', 'POST', '/api/users/$JANE/impersonate', 'protocol=oauth2&additionalParameters[response_type]=code', 400, error('invalid_body')],
  // 6 connections
  ['a filter that is False', 'GET', '/api/connections?only_socials=False', , 200, (rs) => assert.ok(rs.body.length > 1)],
  ['a filter that is True', 'GET', '/api/connections?only_enterprise=True', , 200, (rs) => assert.deepEqual(rs.body.map((c) => c.name), ['acme-ad'])],
  ['a taken name', 'POST', '/api/connections', { name: DB, strategy: 'auth0' }, 400, error('connection_exists')],
  ['no such strategy', 'POST', '/api/connections', { name: 'x', strategy: 'zork' }, 400, error('unsupported_strategy')],
  ['another name', 'PUT', '/api/connections/acme-ad', { name: 'other', options: {} }, 400, error('invalid_body')],
  ['status as a number in a text', 'PUT', '/api/connections/acme-ad', { status: '1' }, 200, has({ status: true, client_id: '$GLOBAL' })],
  ['nobody at the socket', 'GET', '/api/connections/acme-ad/socket', , 404, error('connector_offline')],
  ['no socket at all', 'GET', '/api/connections/$DB/socket', , 404, error('connection_not_found')],
  ['no template', 'GET', '/api/connection-templates/google-oauth2', , 200, json({})],
  // 7 clients
  ['an unknown client', 'GET', '/api/clients/nobody', , 404, error('client_not_found')],
  ['clients of a dashboard user', 'GET', '/api/clients/?userId=auth0%7Cadmin', , 200, json([])],
  ['callbacks by comma', 'PUT', '/api/clients/$APP', { clientID: '$APP', callbacks: 'https://a.example/1 , https://a.example/2,' }, 200, has({ callbacks: ['https://a.example/1', 'https://a.example/2'], callback: 'https://a.example/1', v2_id: 'cli_$APP' })],
  ['the global client stays', 'DELETE', '/api/clients/$GLOBAL', , 400, error('invalid_body')],
  ['a tenant stays', 'DELETE', '/api/tenants/default', , 400, error('invalid_body')],
  // 11 logs
  ['an envelope', 'GET', '/api/logs?per_page=1000', , 200, has({ start: 0, limit: 100 })],
  ['a page', 'GET', '/api/logs?per_page=2&page=1', , 200, has({ start: 2, limit: 2, length: 2 })],
  ['short names in, long ones out', 'GET', '/api/logs?per_page=1&sort=at%3A1&fields=at,cn', , 200, (rs) => assert.deepEqual(Object.keys(rs.body.logs[0]), ['date', 'client_name'])],
  ['fields to leave out', 'GET', '/api/logs?per_page=1&fields=_id,details&exclude_fields=True', , 200, (rs) => assert.ok(!('_id' in rs.body.logs[0]) && rs.body.logs[0].date)],
  ['sort by another field', 'GET', '/api/logs?sort=ip:1', , 400, error('invalid_query')],
  ['search in no such field', 'GET', '/api/logs?search=shoe:44', , 400, error('invalid_query')],
  ['from a checkpoint, whatever page and sort say', 'GET', '/api/logs?take=1&page=7&sort=ip:1', , 200, has({ start: 0, limit: 1, length: 1 })],
  ['take is clamped', 'GET', '/api/logs?take=1000', , 200, has({ start: 0, limit: 200 })],
  ['no such entry', 'GET', '/api/logs/x', , 404, error('log_not_found')],
  ['logs of nobody', 'GET', '/api/users/auth0%7Cx/logs', , 404, error('user_not_found')],
];
const ADMIN = [['POST', '/api/clients'], ['PATCH', '/api/clients/$APP'], ['PUT', '/api/clients/$APP'], ['DELETE', '/api/clients/$APP'], ['DELETE', '/api/users'], ['DELETE', '/api/users/'],
  ['GET', '/api/connection-templates/ad'], ['PUT', '/api/connection-templates/ad'], ['DELETE', '/api/connection-templates/ad'], ['DELETE', '/api/tenants/default'],
  ['POST', '/users/$JANE/impersonate'], ['POST', '/api/users/$JANE/impersonate']];
const small = [
  ...ADMIN.map(([method, path]) => [`${method} ${path} is administration`, method, path, method === 'GET' || method === 'DELETE' ? undefined : {}, 401, error('global_client_required')]),
  ['itself among the clients', 'GET', '/api/clients', , 200, (rs) => assert.deepEqual(rs.body.map((c) => c.clientID), [app.id])],
  ['no other client', 'GET', '/api/clients/$GLOBAL', , 404, error('client_not_found')],
  ['no user of other connections', 'GET', JANE, , 404, error('user_not_found')],
  ['no such list of users', 'GET', '/api/clients/$GLOBAL/users', , 404, error('client_not_found')],
  ['no connection of others', 'GET', '/api/connections/$DB', , 404, error('connection_not_found')],
  ['nobody is made in it', 'POST', '/api/users', { email: 'x@acme.example', password: PASSWORD, connection: DB }, 400, error('invalid_connection')],
  ['no view of others', 'GET', '/api/connections?client=$GLOBAL', , 400, error('invalid_query')],
];

function send(token, method, path, body) {
  const headers = { Authorization: `beaReR ${token}`, Accept: 'application/xml' };
  if (typeof body === 'string') Object.assign(headers, FORM);
  const sent = body === undefined || Buffer.isBuffer(body) ? body : typeof body === 'string' ? fill(body) : fill(JSON.stringify(body));
  return s.request(method, fill(path), { headers, body: sent });
}

for (const [who, rows] of Object.entries({ 'the global client': global, 'an ordinary client': small }))
  test(`the reference, for ${who}`, async (t) => {
    const token = who === 'the global client' ? v1.token : app.call.token;
    for (const [name, method, path, body, status, check] of rows)
      await t.test(name, async () => {
        const rs = await send(token, method, path, body);
        assert.equal(rs.status, status, rs.text);
        assert.ok(rs.text.length > 0, 'an old client crashes on an empty body');
        check?.(rs);
      });
  });

test('no credential, and others that do not count here', async (t) => {
  const rows = [
    ['none', {}, ''], ['an empty one', {}, '?access_token='], ['a foreign one', { Authorization: 'Bearer x' }, ''], ["v2's", { Authorization: `Bearer ${v2.token}` }, ''],
    ['another scheme', { Authorization: 'Basic eDp5' }, ''], ['a link that nobody made', {}, '?bewit=QkVXSVQ'],
  ];
  for (const [name, headers, query] of rows)
    await t.test(name, async () => {
      const rs = await s.request('GET', `/api/users${query}`, { headers });
      assert.equal(rs.status, 401);
      error('unauthorized')(rs);
    });
  assert.equal((await s.request('GET', '/api/v2/users', { headers: { Authorization: `Bearer ${v1.token}` } })).status, 401);
});

test('every change leaves an entry in the log', async () => {
  const total = async () => good(await v1('GET', '/logs?per_page=1')).total;
  const changes = [
    ['POST', '/connections', { name: 'logged', strategy: 'auth0' }], ['PUT', '/connections/logged', { options: { a: 1 } }], ['PUT', '/connections/logged/status', { status: false }], ['DELETE', '/connections/logged'],
    ['PUT', '/connection-templates/ad', { a: 1 }], ['DELETE', '/connection-templates/ad'],
    ['PATCH', `/clients/${app.id}`, { name: 'Logged' }], ['PATCH', fill('/users/$JANE'), { blocked: false }], ['PUT', fill('/users/$JANE/metadata'), {}],
    ['POST', fill('/users/$JANE/publickey'), { device: 'a', public_key: 'b' }], ['DELETE', fill('/users/$JANE/publickey?device=a')],
    ['PUT', fill('/users/$JANE/email'), { email: 'jane.two@acme.example' }], ['PUT', fill('/users/$JANE/password'), { password: 'N3wSecret!qq' }], ['POST', fill('/users/$JANE/send_verification_email'), {}],
    ['DELETE', fill('/users/$JANE')], ['DELETE', '/users/'],
  ];
  for (const [method, path, body] of changes) {
    const before = await total();
    good(await v1(method, path, body));
    assert.ok(await total() > before, `${method} ${path}`);
  }
  assert.deepEqual(good(await v1('GET', '/users')), []);
});

test('a strange origin gets no header, and an entry of its own', async () => {
  const ask = (origin) => s.request('OPTIONS', '/api/users', { headers: { Origin: origin, 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'authorization' } });
  const cors = (rs) => Object.keys(rs.headers).filter((h) => h.startsWith('access-control-'));
  good(await v1('PATCH', `/clients/${app.id}`, { allowedOrigins: ['https://known.example'] }));
  assert.deepEqual(cors(await ask('https://strange.example')), []);
  assert.ok(cors(await ask('https://known.example')).includes('access-control-allow-methods'));
  for (let i = 0; i < 50; i++) { // entries of strangers are written a moment later
    const entries = good(await v1('GET', '/logs?per_page=100')).logs.filter((e) => e.type === 'fco');
    if (entries.length === 1) return assert.match(entries[0].description, /strange\.example/);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail('no entry');
});
