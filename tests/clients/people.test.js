// What belongs to users, roles and organizations, through the official clients: every method that they have for these groups.
'use strict';
const { test, after } = require('node:test');
const assert = require('node:assert/strict');
const { startByName, tell } = require('./port');
const { ok } = require('../api/lib/check');
const { idToken } = require('../api/lib/jwt');
const { makeUser, leave } = require('../api/lib/people');
const rows = require('../api/lib/rows');

const running = [];
after(() => Promise.all(running.map((s) => s.stop())));

/** Three users, an app, an API; of the first what logins and directories leave. */
async function scene(server) {
  const v2 = await server.v2(), make = (path, body) => ok(201, v2('POST', path, body));
  const users = [await makeUser(v2), await makeUser(v2), await makeUser(v2)], [ann, bob] = users;
  const app = await make('/clients', { name: 'app', jwt_configuration: { alg: 'HS256' }, initiate_login_uri: 'https://app.example/login', organization_usage: 'allow' });
  const [connection, provider] = [await make('/connections', { name: 'staff', strategy: 'auth0', enabled_clients: [app.client_id] }), await make('/connections', { name: 'elsewhere', strategy: 'auth0' })];
  const api = await make('/resource-servers', { identifier: 'https://api.example/', scopes: [{ value: 'read' }] });
  const grant = await make('/client-grants', { client_id: app.client_id, audience: api.identifier, scope: [], organization_usage: 'allow' });
  const four = [1, 2, 3, 4];
  leave(server, {
    sessions: four.map((n) => ({ id: `session-${n}`, user: ann })),
    tokens: four.map((n) => ({ id: `token-${n}`, user: ann, client: app.client_id, device: 'phone' })),
    blocks: [{ identifier: ann.email }, { identifier: bob.email }],
    addresses: ['192.0.2.77'],
  });
  rows.write(server, rows.groupRows(1), rows.groupRows(2), rows.memberRows(1, ann), rows.accountRows(1, ann, provider), rows.tokensetRows(1, ann, provider),
    ...[1, 2, 3].map((n) => rows.consentRows(n, ann, app.client_id)));
  return {
    users: users.map(({ user_id, email }) => ({ user_id, email })), app: app.client_id, connection: connection.id, api: api.identifier, grant: grant.id,
    groups: [rows.groupId(1), rows.groupId(2)], consents: [1, 2, 3].map(rows.consentId), idToken: idToken(server.issuer, app, ann.user_id),
  };
}

for (const [client, story, methods] of [['auth0@4', 'people-v4.mjs', 95], ['the newest auth0', 'people-newest.mjs', 130]])
  test(`${client}: every method of these groups`, async () => {
    const server = await startByName();
    running.push(server);
    const told = await tell(server, story, await scene(server));
    assert.deepEqual(told.uncalled, [], 'methods that the story does not call');
    assert.ok(told.methods >= methods, `only ${told.methods} methods were found`);
  });
