// The command lines of the documents, with curl, and only host, ids and line breaks replaced.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { startByName } = require('./port');

let server, v2;

before(async () => {
  server = await startByName();
  v2 = await server.v2();
});
after(async () => { if (server) await server.stop(); });

/** Runs one line in a shell; answers the JSON that it prints. */
function shell(line) {
  const r = spawnSync('sh', ['-c', line.replace(/\n/g, ' ')], { encoding: 'utf8', timeout: 20000, env: { ...process.env, CURL_CA_BUNDLE: server.caFile } });
  assert.equal(r.status, 0, `${line}\n${r.stderr}`);
  return JSON.parse(r.stdout);
}

const fill = (line, values) => Object.entries(values).reduce((text, [what, by]) => text.replaceAll(what, by), line);

test('the v1 overview: a token, one connection, all connections', () => {
  const { client_id, client_secret } = server.credentials.global_client;
  const values = { '${account.namespace}': server.domain, '${account.clientId}': client_id, '${account.clientSecret}': client_secret };
  const token = shell(fill('curl https://${account.namespace}/oauth/token --data "client_id=${account.clientId}&client_secret=${account.clientSecret}&type=web_server&grant_type=client_credentials"', values));
  assert.equal(token.token_type, 'bearer');
  assert.equal(typeof token.access_token, 'string');
  Object.assign(values, { '{YOUR ACCESS TOKEN}': token.access_token, '{YOUR-CONNECTION-NAME}': 'Username-Password-Authentication' });
  const all = shell(fill('curl https://${account.namespace}/api/connections/?access_token={YOUR ACCESS TOKEN}', values));
  assert.deepEqual(all.map((c) => c.name), ['Username-Password-Authentication']);
  const one = shell(fill('curl https://${account.namespace}/api/connections/{YOUR-CONNECTION-NAME}?access_token={YOUR ACCESS TOKEN}', values));
  assert.equal(one.name, 'Username-Password-Authentication');
  assert.equal(one.strategy, 'auth0');
});

test('the migration guide: a connection is created for two clients, and read by its id', async () => {
  const [one, two] = [await v2('POST', '/clients', { name: 'one' }), await v2('POST', '/clients', { name: 'two' })].map((a) => a.body.client_id);
  const values = { '{YOUR_TENANT}.auth0.com': server.domain, '{API_TOKEN}': v2.token, AaiyAPdpYddboKnqNS8HJqRn4T5ti3BQ: one, DaM8bokEXBWrTUFZiXjWn50jei6ardyV: two };
  const made = shell(fill(`curl -H "Authorization: Bearer {API_TOKEN}" -X POST -H "Content-Type: application/json"
-d '{"name":"new-connection","strategy":"auth0","enabled_clients":["AaiyAPdpYddboKnqNS8HJqRn4T5ti3BQ","DaM8bokEXBWrTUFZiXjWn50jei6ardyV"]}'
https://{YOUR_TENANT}.auth0.com/api/v2/connections`, values));
  assert.match(made.id, /^con_[A-Za-z0-9]{16}$/);
  assert.deepEqual(made.enabled_clients, [one, two]);
  const read = shell(fill(`curl -H "Authorization: Bearer {API_TOKEN}"
https://{YOUR_TENANT}.auth0.com/api/v2/connections/con_UITxoKznrqb1oxIU`, { ...values, con_UITxoKznrqb1oxIU: made.id }));
  assert.equal(read.id, made.id);
  assert.equal(read.name, 'new-connection');
});
