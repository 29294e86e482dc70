// API v1 as its first clients speak it: auth0@0.8.5.
'use strict';
const { promisify } = require('node:util');
const Auth0 = require('auth0-v1');

const { domain, global: { client_id: clientID, client_secret: clientSecret } } = JSON.parse(process.env.STORY);
const client = new Auth0({ domain, clientID, clientSecret });
const call = (name, ...args) => promisify(client[name].bind(client))(...args);
const failure = (name, ...args) => call(name, ...args).then(() => 'nothing', (e) => [e.statusCode, typeof e.message]);

(async () => {
  const told = {};
  told.token = typeof await call('getAccessToken');
  told.connections = (await call('getConnections')).length; // objects that this client leaves empty
  const made = await call('createConnection', { name: 'first-clients', strategy: 'auth0', status: true, options: { passwordPolicy: 'none' } });
  told.created = [made.name, made.strategy, made.status];
  told.connection = (await call('getConnection', 'first-clients')).name;
  told.updated = (await call('updateConnection', { ...made, options: { ...made.options, passwordPolicy: 'low' } })).options.passwordPolicy;
  told.social = (await call('getSocialConnections')).length;
  told.enterprise = (await call('getEnterpriseConnections')).length;
  told.noConnection = (await call('getConnection', 'none-such')) ?? null;

  const user = await call('createUser', { connection: 'first-clients', email: 'jane@example.com', password: 'secret-password', hobby: 'surf' });
  told.user = [user.email, user.hobby];
  const id = encodeURIComponent(user.user_id);
  told.read = (await call('getUser', id)).user_id === user.user_id;
  told.users = (await call('getUsers', { per_page: 10 })).length;
  told.ofConnection = (await call('getUsers', { connection: 'first-clients', per_page: 10 })).length;
  told.search = (await call('getUserBySearch', 'jane')).length;
  await call('updateUserMetadata', id, { plan: 'full' });
  await call('patchUserMetadata', id, { level: 2 });
  told.metadata = await call('getUserMetadata', id);
  await call('updateUserEmail', id, 'joan@example.com', false);
  told.email = (await call('getUser', id)).email;
  await call('updateUserPassword', id, 'another-password', false);
  told.badUser = await failure('createUser', { connection: 'first-clients', email: 'joan@example.com', password: 'secret-password' });
  told.noUser = await failure('getUser', 'auth0%7Cnobody');
  await call('deleteUser', id);
  told.gone = await failure('getUser', id);

  const app = await call('createClient', { name: 'First App', callbacks: ['http://localhost/callback'] });
  told.client = [app.name, typeof app.clientID, typeof app.clientSecret];
  told.clientUpdated = (await call('updateClient', { clientID: app.clientID, name: 'Renamed' })).name;
  told.clients = (await call('getClients')).map((c) => c.name).sort();
  await call('deleteClient', app.clientID);
  told.strategies = (await call('getStrategies')).length > 5;
  told.logs = (await call('getLogs', { per_page: 2 })).length;
  await call('deleteConnection', 'first-clients');
  told.connectionGone = (await call('getConnection', 'first-clients')) ?? null;
  console.log(JSON.stringify(told));
  process.exit(0);
})().catch((e) => {
  console.error(e);
  process.exit(1);
});
