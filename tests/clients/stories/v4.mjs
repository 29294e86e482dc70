// The TypeScript of the v2 overview, with auth0@4: token, users, paging, rate limits.
import { ManagementClient } from 'auth0-v4';

const { domain, management: { client_id: clientId, client_secret: clientSecret } } = JSON.parse(process.env.STORY);
const told = {};

const getToken = async () => {
  const response = await fetch(`https://${domain}/oauth/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_id: clientId, client_secret: clientSecret, audience: `https://${domain}/api/v2/`, grant_type: 'client_credentials' }),
  });
  return response.json();
};

const getAllUsers = async (accessToken) => {
  let users = [];
  let page = 0;
  const perPage = 100;
  while (true) {
    const response = await fetch(`https://${domain}/api/v2/users?page=${page}&per_page=${perPage}`, {
      headers: { Authorization: `Bearer ${accessToken}`, 'Content-Type': 'application/json' },
    });
    told.pages = page + 1;
    const data = await response.json();
    users = users.concat(data);
    if (data.length < perPage) break;
    page++;
  }
  return users;
};

/** How long the sample would wait, in milliseconds; undefined: it goes on at once. */
const handleRateLimit = (headers) => {
  const remaining = headers.get('X-RateLimit-Remaining'), reset = headers.get('X-RateLimit-Reset');
  told.limit = headers.get('X-RateLimit-Limit');
  return remaining === '0' ? parseInt(reset || '0') * 1000 - Date.now() : undefined;
};

const token = await getToken();
told.token = { type: token.token_type, expires_in: token.expires_in };

const management = new ManagementClient({ domain, clientId, clientSecret });
told.none = (await management.users.getAll()).data;
const { data: user, status } = await management.users.create({ email: 'user@example.com', email_verified: false, name: 'John Doe', connection: 'Username-Password-Authentication', password: 'secret-password' });
told.created = { status, name: user.name, email: user.email };
told.all = (await management.users.getAll()).data.map((u) => u.user_id).includes(user.user_id);
told.one = (await management.users.get({ id: user.user_id })).data.user_id === user.user_id;
told.updated = (await management.users.update({ id: user.user_id }, { user_metadata: { hobby: 'surf' }, app_metadata: { plan: 'full' } })).data.user_metadata;
told.found = (await management.users.getAll({ q: 'app_metadata.plan:"full"', search_engine: 'v3', include_totals: true })).data.total;
told.byEmail = (await management.usersByEmail.getByEmail({ email: 'user@example.com' })).data.length;
told.page = (await management.users.getAll({ page: 0, per_page: 1, include_totals: true, sort: 'created_at:1' })).data;
delete told.page.users;

const { data: client } = await management.clients.create({ name: 'My Application', description: 'My Application Description', callbacks: ['http://localhost:3000/callback'], allowed_logout_urls: ['http://localhost:3000'], allowed_origins: ['http://localhost:3000'] });
told.client = [client.name, client.callbacks, client.allowed_logout_urls, client.allowed_origins];
told.clients = (await management.clients.getAll()).data.map((c) => c.name);
await management.clients.update({ client_id: client.client_id }, { description: 'changed' });
told.description = (await management.clients.get({ client_id: client.client_id })).data.description;
const { data: connection } = await management.connections.create({ name: 'my-db-connection', strategy: 'auth0', enabled_clients: [client.client_id] });
told.connections = (await management.connections.getAll({ strategy: ['auth0'] })).data.map((c) => c.name);
told.apis = (await management.resourceServers.getAll()).data.length;
const { data: api } = await management.resourceServers.create({ identifier: 'urn:v4', scopes: [{ value: 'read:x', description: 'x' }] });
const { data: grant } = await management.clientGrants.create({ client_id: client.client_id, audience: api.identifier, scope: ['read:x'] });
told.grants = (await management.clientGrants.getAll({ audience: api.identifier })).data.length;
await management.clientGrants.delete({ id: grant.id });
await management.resourceServers.delete({ id: api.id });
told.logs = (await management.logs.getAll({ per_page: 3 })).data.length;
told.settings = (await management.tenants.updateSettings({ friendly_name: 'Ours' })).data.friendly_name;

for (const [name, call] of Object.entries({
  taken: () => management.users.create({ email: 'user@example.com', connection: 'Username-Password-Authentication', password: 'secret-password' }),
  missing: () => management.users.get({ id: 'auth0|nobody' }),
  invalid: () => management.clients.create({ name: 'x', bogus: true }),
}))
  told[name] = await call().then(() => 'nothing', (e) => [e.name, e.statusCode, e.errorCode, e.error]);

// Passwordless users: a hundred password hashes would take longer than the client waits.
const { data: email } = await management.connections.create({ name: 'email', strategy: 'email' });
await management.connections.update({ id: email.id }, { enabled_clients: [clientId] });
for (let i = 0; i < 104; i++) await management.users.create({ email: `many${i}@example.com`, connection: 'email' });
told.looped = new Set((await getAllUsers(token.access_token)).map((u) => u.user_id)).size;
const limited = await fetch(`https://${domain}/api/v2/clients`, { headers: { Authorization: `Bearer ${token.access_token}` } });
told.wait = handleRateLimit(limited.headers) ?? null;

await management.connections.delete({ id: connection.id });
await management.clients.delete({ client_id: client.client_id });
await management.users.delete({ id: user.user_id });
told.gone = await management.users.get({ id: user.user_id }).then(() => false, (e) => e.statusCode);
console.log(JSON.stringify(told));
