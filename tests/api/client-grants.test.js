// /api/v2/client-grants: which client may ask for which API.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused, query } = require('./lib/check');

let server, v2, made = 0;

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
});
after(async () => { if (server) await server.stop(); });

async function pair() {
  const client = await ok(201, v2('POST', '/clients', { name: `client ${++made}` }));
  const api = await ok(201, v2('POST', '/resource-servers', { identifier: `urn:granted:${made}`, scopes: [{ value: 'a' }, { value: 'b' }] }));
  return { client_id: client.client_id, audience: api.identifier };
}
const create = async (more = {}) => ok(201, v2('POST', '/client-grants', { ...await pair(), scope: ['a'], ...more }));
const list = (params = {}) => ok(200, v2('GET', `/client-grants${query(params)}`));

test('a grant is created, read, changed, kept and deleted', async () => {
  const grant = await create();
  assert.match(grant.id, /^cgr_[A-Za-z0-9]{16}$/);
  assert.deepEqual(Object.keys(grant).filter((k) => !['id', 'client_id', 'audience', 'scope', 'subject_type'].includes(k)), []);
  assert.equal(grant.subject_type, 'client');
  assert.deepEqual(await ok(200, v2('GET', `/client-grants/${grant.id}`)), grant);
  const now = await ok(200, v2('PATCH', `/client-grants/${grant.id}`, { scope: ['a', 'b'] }));
  assert.deepEqual(now, { ...grant, scope: ['a', 'b'] });
  await server.restart();
  assert.deepEqual(await ok(200, v2('GET', `/client-grants/${grant.id}`)), now);
  await ok(204, v2('DELETE', `/client-grants/${grant.id}`));
  await refused(v2('GET', `/client-grants/${grant.id}`), 404, 'inexistent_client_grant', 'The grant does not exist.');
  await ok(204, v2('DELETE', `/client-grants/${grant.id}`));
});

test('a client has one grant for an API and a kind of subject', async () => {
  const grant = await create(), { client_id, audience } = grant;
  await refused(v2('POST', '/client-grants', { client_id, audience, scope: [] }), 409, undefined, 'A resource server with the same identifier already exists.');
  await ok(201, v2('POST', '/client-grants', { client_id, audience, scope: [], subject_type: 'user' }));
  assert.equal((await list({ client_id })).length, 2);
});

test('a grant needs a client and an API that there are', async () => {
  const { client_id, audience } = await pair();
  await refused(v2('POST', '/client-grants', { client_id: 'nobody', audience, scope: [] }), 404, 'inexistent_client', 'The client does not exist');
  await refused(v2('POST', '/client-grants', { client_id, audience: 'urn:none', scope: [] }), 404, 'inexistent_resource_server');
  await refused(v2('POST', '/client-grants', { client_id, scope: [] }), 400, 'invalid_body', "Payload validation error: 'Missing required property: audience'.");
  await refused(v2('POST', '/client-grants', { audience, scope: [] }), 400, 'invalid_body');
  await refused(v2('POST', '/client-grants', { client_id, audience, scope: 'a' }), 400, 'invalid_body', /^Payload validation error: 'Expected type array but found type string' on property scope/);
  await refused(v2('POST', '/client-grants', { client_id, audience, scope: [''] }), 400, 'invalid_body', /on property scope\[0\]/);
  await refused(v2('POST', '/client-grants', { client_id, audience, scope: [], subject_type: 'robot' }), 400, 'invalid_body', /on property subject_type/);
});

test('what a grant is for does not change', async () => {
  const grant = await create();
  for (const body of [{ client_id: 'x' }, { audience: 'x' }, { subject_type: 'user' }])
    await refused(v2('PATCH', `/client-grants/${grant.id}`, body), 400, 'invalid_body', /^Payload validation error: 'Additional properties not allowed: /);
  await refused(v2('PATCH', `/client-grants/${grant.id}`, {}), 400, 'invalid_body');
  await refused(v2('PATCH', '/client-grants/cgr_0000000000000000', { scope: [] }), 404, 'inexistent_client_grant');
});

test('every filter narrows the list, and together they narrow more', async () => {
  const one = await create(), two = await create({ subject_type: 'user' });
  assert.deepEqual((await list({ client_id: one.client_id })).map((g) => g.id), [one.id]);
  assert.deepEqual((await list({ audience: two.audience })).map((g) => g.id), [two.id]);
  assert.ok((await list({ subject_type: 'user' })).every((g) => g.subject_type === 'user'));
  assert.deepEqual(await list({ client_id: one.client_id, audience: two.audience }), []);
  assert.deepEqual((await list({ client_id: two.client_id, audience: two.audience, subject_type: 'user' })).map((g) => g.id), [two.id]);
  const page = await list({ client_id: one.client_id, include_totals: true });
  assert.deepEqual([page.total, page.client_grants.length], [1, 1]);
});

test('clients of the express configuration get their grant from the server alone', async () => {
  const { audience } = await pair();
  const express = await v2('POST', '/clients', { name: 'express', app_type: 'express_configuration' });
  assert.equal(express.status, 201, express.text);
  await refused(v2('POST', '/client-grants', { client_id: express.body.client_id, audience, scope: [] }), 400, 'validation_error', 'Client of type express_configuration cannot be used');
});
