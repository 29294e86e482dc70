// /api/v2/tenants/settings.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');

let server, v2;

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
});
after(async () => { if (server) await server.stop(); });

async function call(method, query = '', body) {
  const a = await v2(method, `/tenants/settings${query}`, body);
  assert.equal(a.status, 200, a.text);
  return a.body;
}

test('a new tenant has the defaults', async () => {
  const settings = await call('GET');
  assert.deepEqual([settings.session_lifetime, settings.idle_session_lifetime, settings.enabled_locales], [168, 72, ['en']]);
  assert.equal(settings.flags.disable_impersonation, true);
});

test('a patch merges flags, replaces the rest, null removes', async () => {
  await call('PATCH', '', { friendly_name: 'T', flags: { enable_sso: false }, country_codes: { list: ['US'], mode: 'allow' } });
  const settings = await call('PATCH', '', { flags: { genai_trial: true }, country_codes: null });
  assert.deepEqual([settings.friendly_name, settings.flags.enable_sso, settings.flags.genai_trial], ['T', false, true]);
  assert.ok(!('country_codes' in settings));
  assert.deepEqual(await call('GET', '?fields=friendly_name'), { friendly_name: 'T' });
});

test('enable_client_connections gives new clients every connection', async () => {
  const enabled = async () => (await v2('GET', '/connections?name=Username-Password-Authentication')).body[0].enabled_clients.length;
  const start = await enabled();
  await v2('POST', '/clients', { name: 'before' });
  assert.equal(await enabled(), start);
  await call('PATCH', '', { flags: { enable_client_connections: true } });
  await v2('POST', '/clients', { name: 'after' });
  assert.equal(await enabled(), start + 1);
});
