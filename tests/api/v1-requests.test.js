// What the old node clients send (generations 0.8.5, 0.5.0 and 0.1.16, which
// puts the token into the query), and what each needs to get back.
'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server.js');
const { DB, good, makeUser } = require('./lib/v1.js');

const isArray = (rs) => assert.ok(Array.isArray(rs.body));
const isObject = (rs) => assert.ok(rs.body && typeof rs.body === 'object' && !Array.isArray(rs.body));
const isPage = (rs) => assert.ok(Array.isArray(rs.body.logs) && Number.isInteger(rs.body.total));
const hasText = (rs) => assert.ok(rs.text.length > 0);

// call, method, path ($U: a user's id as clients write it, $C: a client's), body, what the client needs
const rows = [
  ['createClient', 'POST', '/api/clients', { name: 'App 1', callbacks: ['https://app.acme.example/cb'] }, isObject],
  ['getClients', 'GET', '/api/clients/', , isArray],
  ['getClients of one', 'GET', '/api/clients/$C', , isObject],
  ['getClientsByUserId', 'GET', '/api/clients/?userId=$U', , isArray],
  ['updateClient', 'PUT', '/api/clients/$C', { clientID: '$C', name: 'App 1b', callbacks: ['https://app.acme.example/cb'] }, isObject],
  ['createConnection', 'POST', '/api/connections', { name: 'acme-db', strategy: 'auth0', options: {} }, isObject],
  ['getConnections', 'GET', '/api/connections', , isArray],
  ['getSocialConnections', 'GET', '/api/connections?only_socials=true', , isArray],
  ['getEnterpriseConnections', 'GET', '/api/connections?only_enterprise=true', , isArray],
  ['getConnection', 'GET', '/api/connections/acme-db', , isObject],
  ['updateConnection', 'PUT', '/api/connections/acme-db', { name: 'acme-db', status: true, options: { tenant_domain: 'acme.example' } }, isObject],
  ['updateTemplate', 'PUT', '/api/connection-templates/google-oauth2', { client_id: 'g', client_secret: 's' }, hasText],
  ['getTemplate', 'GET', '/api/connection-templates/google-oauth2', , isObject],
  ['deleteTemplate', 'DELETE', '/api/connection-templates/google-oauth2', , hasText],
  ['getStrategies', 'GET', '/api/strategies', , isArray],
  ['createUser', 'POST', '/api/users/', { email: 'jane@acme.example', password: 'Sup3rSecret!x', connection: 'acme-db', email_verified: true, vip: true }, isObject],
  ['getUsers', 'GET', '/api/users', , isArray],
  ['getUsers in pages', 'GET', '/api/users?per_page=10', , isArray],
  ['getUsers by search', 'GET', '/api/users?search=jane&per_page=25', , isArray],
  ['getUsers of a connection', 'GET', '/api/connections/acme-db/users?per_page=5&search=jane%20doe', , isArray],
  ['getSocialUsers', 'GET', '/api/socialconnections/users', , isArray],
  ['getSocialUsers by search', 'GET', '/api/socialconnections/users?social=true&per_page=10&search=jane', , isArray],
  ['getEnterpriseUsers', 'GET', '/api/enterpriseconnections/users?social=false&search=jane', , isArray],
  ['getUser', 'GET', '/api/users/$U', , isObject],
  ['getUserBySearch, quoted', 'GET', '/api/users?search=email:%22jane@acme.example%22', , isArray],
  ['getUserBySearch, cut at &', 'GET', '/api/users?search=jane&co', , isArray],
  ['getUserBySearch, plus', 'GET', '/api/users?search=jane+1@acme.example', , isArray],
  ['getUserBySearch, clauses', 'GET', '/api/users?search=name:%22O%27Brien%22;%20loginsCount:1', , isArray],
  ['getUsers, escaped', 'GET', '/api/users?search=jane%2B1%40acme.example%20%26%20co', , isArray],
  ['updateUserEmail', 'PUT', '/api/users/$U/email', { email: 'jane.new@acme.example', verify: true }, hasText],
  ['updateUserPassword', 'PUT', '/api/users/$U/password', { password: 'N3wSecret!yy', verify: false }, hasText],
  ['getUserMetadata', 'GET', '/api/users/$U/metadata', , isObject],
  ['updateUserMetadata', 'PUT', '/api/users/$U/metadata', { plan: 'gold', 'Customer Id': '1234' }, hasText],
  ['patchUserMetadata', 'PATCH', '/api/users/$U/metadata', { plan: 'silver', color: null }, hasText],
  ['getLogs', 'GET', '/api/logs', , isPage],
  ['getLogs with fields', 'GET', '/api/logs?per_page=10&sort=date%3A-1&fields=date%2Ctype&exclude_fields=false', , isPage],
  ['getLogs by search', 'GET', '/api/logs?search=application%3Anode%20user%3A%22John%40acme.example%22', , isPage],
  ['getLogs from a checkpoint', 'GET', '/api/logs?from=5f7c8ec7c33c6c004bbafe00&take=50', , isPage],
  ['deleteUser', 'DELETE', '/api/users/$U', , hasText],
  ['deleteConnection', 'DELETE', '/api/connections/acme-db', , isObject],
  ['deleteClient', 'DELETE', '/api/clients/$C', , hasText],
];

/** How a generation shows its token. */
const styles = {
  'token in the header': (token, path) => [path, { Authorization: `Bearer ${token}`, Accept: 'application/xml' }],
  'token in the query': (token, path) => [path.replace(/(\?|$)/, (m) => `?access_token=${token}${m && '&'}`), { accept: 'application/xml' }],
};

for (const [name, style] of Object.entries(styles)) {
  test(`every recorded request, ${name}`, async (t) => {
    const s = await Server.start();
    t.after(() => s.stop());
    const v1 = await s.v1();
    const user = await makeUser(v1, 'subject@acme.example', { connection: DB });
    const app = good(await v1('POST', '/clients', { name: 'CLIENT1' }));
    const fill = (text) => text.replaceAll('$U', encodeURIComponent(user.user_id)).replaceAll('$C', app.clientID);
    for (const [call, method, path, body, needs] of rows)
      await t.test(call, async () => {
        const [target, headers] = style(v1.token, fill(path));
        const rs = await s.request(method, target, { headers: body ? headers : { ...headers, 'Content-Length': '0' }, body: body && fill(JSON.stringify(body)) });
        good(rs);
        needs(rs);
      });
  });
}
