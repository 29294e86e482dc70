// The same story in the spelling of the newest auth0: list with pages that are walked.
import { ManagementClient } from 'auth0-newest';

const { domain, management: { client_id: clientId, client_secret: clientSecret } } = JSON.parse(process.env.STORY);
const management = new ManagementClient({ domain, clientId, clientSecret });
const told = {};
const each = async (pageable) => {
  const all = [];
  for await (const item of await pageable) all.push(item);
  return all;
};

told.none = (await each(management.users.list())).length;
const user = await management.users.create({ email: 'user@example.com', email_verified: false, name: 'John Doe', connection: 'Username-Password-Authentication', password: 'secret-password' });
told.created = { name: user.name, email: user.email };
told.updated = (await management.users.update(user.user_id, { user_metadata: { hobby: 'surf' } })).user_metadata;
told.one = (await management.users.get(user.user_id)).user_id === user.user_id;
told.byEmail = (await management.users.listUsersByEmail({ email: 'user@example.com' })).length;
await Promise.all([...Array(7).keys()].map((i) => management.users.create({ email: `many${i}@example.com`, connection: 'Username-Password-Authentication', password: 'secret-password' })));
told.walked = new Set((await each(management.users.list({ per_page: 3 }))).map((u) => u.user_id)).size;

const client = await management.clients.create({ name: 'My Application', callbacks: ['http://localhost:3000/callback'] });
told.clients = (await each(management.clients.list())).map((c) => c.name);
await management.clients.update(client.client_id, { description: 'changed' });
told.description = (await management.clients.get(client.client_id)).description;
const connection = await management.connections.create({ name: 'my-db-connection', strategy: 'auth0', enabled_clients: [client.client_id] });
told.connections = (await each(management.connections.list({ take: 1 }))).map((c) => c.name);
told.enabled = (await each(management.connections.clients.get(connection.id))).map((c) => c.client_id === client.client_id);
const api = await management.resourceServers.create({ identifier: 'urn:newest', scopes: [{ value: 'read:x' }] });
const grant = await management.clientGrants.create({ client_id: client.client_id, audience: api.identifier, scope: ['read:x'] });
told.grants = (await each(management.clientGrants.list({ audience: api.identifier }))).length;
told.apis = (await each(management.resourceServers.list())).length;
told.logs = (await each(management.logs.list({ per_page: 5 }))).length > 5;
told.settings = (await management.tenants.settings.update({ friendly_name: 'Ours' })).friendly_name;

for (const [name, call] of Object.entries({
  taken: () => management.users.create({ email: 'user@example.com', connection: 'Username-Password-Authentication', password: 'secret-password' }),
  missing: () => management.users.get('auth0|nobody'),
}))
  told[name] = await call().then(() => 'nothing', (e) => [e.statusCode, e.body?.errorCode]);

await management.clientGrants.delete(grant.id);
await management.resourceServers.delete(api.id);
await management.connections.delete(connection.id);
await management.clients.delete(client.client_id);
await management.users.delete(user.user_id);
told.gone = await management.users.get(user.user_id).then(() => false, (e) => e.statusCode);
console.log(JSON.stringify(told));
