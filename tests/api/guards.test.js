// What holds for every operation of the Management API v2, driven by the document that the server publishes:
// credential, scope, path, query and body are checked in this order, each in the API's words (VALIDATION.md, 8 to 15).
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const net = require('node:net');
const { Server } = require('./lib/server');
const { ok, refused } = require('./lib/check');

let server, v2, operations, document;
const absent = [];

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  document = await ok(200, server.request('GET', '/api/v2/openapi.json'));
  const published = [];
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, op] of Object.entries(methods))
      published.push({ method: method.toUpperCase(), path, target: await legalPath(method.toUpperCase(), path, op), ...op });
  operations = [];
  for (const op of published) {
    const a = await server.request(op.method, `/api/v2${op.target}`);
    if (a.status === 404) absent.push(`${op.method} ${op.path}`);
    else operations.push(op);
  }
});

/** The path with a value for each parameter that its check lets through; a query that is refused keeps it harmless. */
async function legalPath(method, path, op) {
  const usual = ['x1', '192.0.2.1', 'auth0|x1', `org_${'x1'.repeat(8)}`, `con_${'x1'.repeat(8)}`, 'x1'.repeat(9), 'x1'.repeat(12), 'x1'.repeat(16), '00000000-0000-4000-8000-000000000000'];
  const chosen = {};
  const valuesOf = (name) => {
    const schema = (op.parameters || []).find((p) => p.name === name)?.schema;
    return (schema?.$ref ? document.components.schemas[schema.$ref.split('/').pop()] : schema)?.enum ?? usual;
  };
  const filled = () => path.replace(/\{([^}]+)\}/g, (_, name) => encodeURIComponent(valuesOf(name)[chosen[name] ?? 0]));
  for (;;) {
    const a = await v2(method, `${filled()}?bogus=1`, method === 'GET' || method === 'DELETE' ? undefined : {});
    const [, name] = (a.status === 400 && /^Path validation error: .* on property (\w+)/.exec(a.body.message)) || [];
    if (!name) return filled();
    chosen[name] = (chosen[name] ?? 0) + 1;
    assert.ok(chosen[name] < valuesOf(name).length, `no value for ${name} of ${path}: ${a.text}`);
  }
}
after(async () => { if (server) await server.stop(); });

const call = (op, headers = {}, body) => server.request(op.method, `/api/v2${op.target}`, { headers, body: body ?? (op.requestBody ? {} : undefined) });
const name = (op, a) => `${op.method} ${op.path}: ${a.status} ${a.text}`;
const takesUpload = (op) => op.requestBody && !op.requestBody.content['application/json'];
const withBody = () => operations.filter((op) => op.requestBody && !takesUpload(op));
const schemaOf = (op) => {
  const s = op.requestBody.content['application/json'].schema;
  return s.$ref ? document.components.schemas[s.$ref.split('/').pop()] : s;
};

test('every operation that is published is there', () => {
  assert.deepEqual(absent, []);
});

test('the published document names every operation', async () => {
  assert.ok(operations.length >= 40, `${operations.length}`);
  assert.equal(new Set(operations.map((op) => op.operationId)).size, operations.length);
});

test('without a token every operation is 401 with WWW-Authenticate', async () => {
  for (const op of operations) {
    const a = await call(op);
    await refused(a, 401, undefined, 'Missing authentication');
    assert.equal(a.headers['www-authenticate'], 'Bearer', name(op, a));
    assert.ok(!('x-ratelimit-limit' in a.headers), name(op, a));
  }
});

test('a malformed Authorization header is 400 everywhere', async () => {
  for (const op of operations)
    for (const Authorization of ['Bearer', 'Basic eDp5', `Bearer ${v2.token} more`, v2.token])
      await refused(call(op, { Authorization }), 400, 'Bearer', 'Bad HTTP authentication header format');
});

test('a token without the scope is 403 with the scopes that suffice', async () => {
  const one = {};
  for (const scope of ['read:users', 'create:resource_servers']) one[scope] = (await server.v2({ scope })).token;
  for (const op of operations) {
    const scopes = op['x-required-scopes'].scopes;
    const token = scopes.includes('read:users') ? one['create:resource_servers'] : one['read:users'];
    await refused(call(op, { Authorization: `Bearer ${token}` }), 403, 'insufficient_scope', `Insufficient scope, expected any of: ${scopes.join(',')}`);
  }
});

test('the scheme is read in any case', async () => {
  await ok(200, server.request('GET', '/api/v2/clients', { headers: { Authorization: `bEARER ${v2.token}` } }));
});

test('a token in the query opens nothing on v2', async () => {
  await refused(server.request('GET', `/api/v2/clients?access_token=${v2.token}`), 401, undefined, 'Missing authentication');
});

test('an unknown query parameter is refused by name', async () => {
  for (const op of operations.filter((o) => !takesUpload(o))) {
    const required = (op.parameters || []).filter((p) => p.in === 'query' && p.required).map((p) => `&${p.name}=a@b.example`).join('');
    const a = await v2(op.method, `${op.target}?bogus=1${required}`, op.requestBody ? {} : undefined);
    await refused(a, 400, 'invalid_query_string', "Query validation error: 'Additional properties not allowed: bogus'.");
  }
});

test('query parameters have types and limits', async () => {
  const bad = {
    integer: ['x', '1.5', '-1', ''],
    boolean: ['maybe', '2'],
  };
  let tried = 0;
  for (const op of operations)
    for (const p of (op.parameters || []).filter((q) => q.in === 'query' && bad[q.schema.type]))
      for (const value of bad[p.schema.type]) {
        const a = await v2(op.method, `${op.target}?${p.name}=${encodeURIComponent(value)}`);
        assert.equal(a.status, 400, `${op.method} ${op.path}?${p.name}=${value}: ${a.status}`);
        await refused(a, 400, 'invalid_query_string', new RegExp(`^Query validation error: '.*' on property ${p.name}[. ]`));
        tried++;
      }
  assert.ok(tried > 30);
});

test('a page that no list can have is refused, not wrapped round', async () => {
  for (const op of operations.filter((o) => (o.parameters || []).some((p) => p.name === 'page') && !o.path.includes('{')))
    for (const page of ['9223372036854775807', '99999999999999999999', '999999999999999999'])
      await refused(v2('GET', `${op.target}?per_page=10&page=${page}`), 400, 'invalid_query_string', /^Query validation error: 'Value .*' on property page\.$/);
});

test('broken JSON is refused before anything is looked at', async () => {
  const texts = ['{', '{"a":}', '{"a":1,}', "{'a':1}", '{"a":1} x', '{"a":01}', '{"a":"\u0001"}', '{"a":"\\ud800"}', 'nul', '\ufeff{}',
    '['.repeat(2000), `${'{"a":'.repeat(2000)}1${'}'.repeat(2000)}`];
  for (const op of withBody())
    for (const text of texts)
      await refused(v2(op.method, op.target, text), 400, undefined, 'Invalid request payload JSON format');
});

test('bytes that are not UTF-8 are refused', async () => {
  const bodies = [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]];
  for (const op of withBody())
    for (const bytes of bodies)
      await refused(v2(op.method, op.target, Buffer.concat([Buffer.from('{"name":"'), Buffer.from(bytes), Buffer.from('"}')])), 400, undefined, 'Invalid request payload JSON format');
  await refused(v2('GET', '/clients?q=%ff'), 400, 'invalid_query_string');
  await refused(v2('GET', '/clients/%ff%fe'), 400, 'invalid_uri');
});

test('a body of another type is refused', async () => {
  for (const op of withBody()) {
    const wanted = schemaOf(op).type;
    for (const [type, text] of Object.entries({ array: '[]', string: '"x"', integer: '1', boolean: 'true', object: '{}' }))
      if (type !== wanted && !(Array.isArray(wanted) && wanted.includes(type)))
        await refused(v2(op.method, op.target, text), 400, 'invalid_body', new RegExp(`^Payload validation error: 'Expected type ${Array.isArray(wanted) ? '[a-z,]+' : wanted} but found type ${type}'`));
    await refused(v2(op.method, op.target, 'x=1', { headers: { 'Content-Type': 'text/plain' } }), 415, undefined, 'Unsupported Media Type');
  }
});

test('an unknown member is refused by name', async () => {
  for (const op of withBody().filter((o) => schemaOf(o).additionalProperties === false)) {
    const a = await v2(op.method, op.target, { 'no such member': 1 });
    await refused(a, 400, 'invalid_body', /Payload validation error: 'Additional properties not allowed: no such member'\./);
  }
});

test('required members are asked for', async () => {
  for (const op of withBody()) {
    const required = schemaOf(op).required || [];
    if (!required.length || schemaOf(op).type !== 'object') continue;
    const a = await v2(op.method, op.target, {});
    for (const member of required) assert.match(a.body.message, new RegExp(`Payload validation error: 'Missing required property: ${member}'`), name(op, a));
    const wrong = await v2(op.method, op.target, Object.fromEntries(required.map((m) => [m, { not: 'this' }])));
    await refused(wrong, 400, 'invalid_body');
    if (required.length > 1) assert.match(wrong.body.message, / \(also\) Payload validation error: /, name(op, wrong));
  }
});

test('a body beyond the limit is 413 in the words of the API', async () => {
  const limit = 1048576;
  const refusal = await v2('POST', '/clients', `{"name":"${'x'.repeat(limit)}"}`);
  await refused(refusal, 413, undefined, `Payload content length greater than maximum allowed: ${limit}`);
  const fits = `{"name":"fits","description":"${'x'.repeat(limit)}`.slice(0, limit - 2);
  await refused(v2('POST', '/clients', `${fits}"}`), 400, 'invalid_body', /^Payload validation error: .* on property description/);
});

test('HEAD answers as GET without a body, and changes nothing', async () => {
  for (const target of ['/clients', '/connections', '/users', '/tenants/settings', '/logs']) {
    const get = await v2('GET', target), head = await v2('HEAD', target);
    assert.equal(head.status, 200, target);
    assert.equal(head.text, '');
    assert.equal(head.headers['content-type'], get.headers['content-type']);
    if (target !== '/logs') assert.equal(head.headers['content-length'], get.headers['content-length'], target);
  }
  assert.equal((await v2('HEAD', '/clients/nobody')).status, 404);
});

test('another method on a known path is 404 and names those that are', async () => {
  const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
  for (const path of new Set(operations.map((op) => op.path))) {
    const known = operations.filter((op) => op.path === path).map((op) => op.method);
    for (const method of methods.filter((m) => !known.includes(m))) {
      if (absent.includes(`${method} ${path}`)) continue;
      const target = path.replace(/\{[^}]+\}/g, 'x1');
      const a = await v2(method, target);
      if (operations.some((op) => op.method === method && new RegExp(`^${op.path.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(target))) continue;
      await refused(a, 404, undefined, 'Not Found');
      for (const m of known) assert.ok(a.headers.allow.split(', ').includes(m), `${method} ${path}: ${a.headers.allow}`);
    }
  }
});

test('paths are matched exactly', async () => {
  for (const target of ['/clients/', '/Clients', '/clients//x', '/users/', '//users', '/users/..', '/nothing', '/clients/x/nothing']) {
    const a = await v2('GET', target);
    assert.equal(a.status, 404, `${target}: ${a.text}`);
  }
  await ok(201, v2('POST', '/users', { connection: 'Username-Password-Authentication', email: 'stays@guards.example', password: 'secret-enough' }));
  assert.equal((await v2('DELETE', '/users/')).status, 404, 'an empty id deletes nobody');
  assert.equal((await ok(200, v2('GET', '/users'))).length, 1);
});

test('an id may hold every sign when it is encoded', async () => {
  const made = await ok(201, v2('POST', '/resource-servers', { identifier: 'https://api.example/v1/?a=b#c d+é%' }));
  assert.equal((await ok(200, v2('GET', `/resource-servers/${encodeURIComponent(made.identifier)}`))).id, made.id);
  await ok(204, v2('DELETE', `/resource-servers/${encodeURIComponent(made.identifier)}`));
});

test('answers of the API are not to be cached and not to be guessed', async () => {
  for (const a of [await v2('GET', '/clients'), await server.request('GET', '/api/v2/clients')]) {
    assert.match(a.headers['cache-control'], /no-store/);
    assert.equal(a.headers['x-content-type-options'], 'nosniff');
    assert.equal(a.headers['content-type'], 'application/json; charset=utf-8');
    assert.ok(!('server' in a.headers) && !('x-powered-by' in a.headers));
  }
});

test('forms say what JSON says', async () => {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const made = await ok(201, v2('POST', '/clients', 'name=By+form&callbacks=http%3A%2F%2Fa&callbacks=http%3A%2F%2Fb&sso=true', { headers }));
  assert.deepEqual([made.name, made.callbacks, made.sso], ['By form', ['http://a', 'http://b'], true]);
  await refused(v2('POST', '/clients', 'name=x&bogus=1', { headers }), 400, 'invalid_body', "Payload validation error: 'Additional properties not allowed: bogus'.");
});

test('a duplicate member: the last wins', async () => {
  assert.equal((await ok(201, v2('POST', '/clients', '{"name":"first","name":"second"}'))).name, 'second');
});

test('numbers and member order come back as they were sent', async () => {
  const text = '{"z":1.0,"a":1e3,"big":12345678901234567890,"small":-0.0}';
  const made = await v2('POST', '/users', `{"connection":"Username-Password-Authentication","email":"lexemes@guards.example","password":"secret-enough","user_metadata":${text}}`);
  assert.equal(made.status, 201, made.text);
  assert.ok(made.text.includes(`"user_metadata":${text}`), made.text);
  await server.restart();
  const again = await v2('GET', `/users/${encodeURIComponent(made.body.user_id)}`);
  assert.ok(again.text.includes(`"user_metadata":${text}`), again.text);
});

test('an unknown host is no tenant', async () => {
  const a = await server.request('GET', '/api/v2/clients', { host: 'nowhere.example', headers: { Authorization: `Bearer ${v2.token}` } });
  await refused(a, 404, undefined, 'Not Found');
});

test('what comes in pieces is read whole', async () => {
  const { hostname, port } = new URL(server.base);
  const body = '{"name":"in pieces"}';
  const text = `POST /api/v2/clients HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${v2.token}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
  const answer = await new Promise((resolve, reject) => {
    let seen = '';
    const socket = net.connect(port, hostname, async () => {
      socket.setNoDelay(true);
      for (let i = 0; i < text.length; i += 97) {
        socket.write(text.slice(i, i + 97));
        await new Promise((r) => setTimeout(r, 2));
      }
    });
    socket.on('data', (d) => { seen += d; });
    socket.on('end', () => resolve(seen));
    socket.on('error', reject);
  });
  assert.match(answer, /^HTTP\/1\.1 201 /);
  assert.ok(answer.includes('"name":"in pieces"'));
});
