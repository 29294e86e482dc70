// Back-off: the overview's sample by hand, then what auth0@4 does by itself.
import { ManagementClient } from 'auth0-v4';

const { domain, management: { client_id: clientId, client_secret: clientSecret, audience } } = JSON.parse(process.env.STORY);
const told = { seen429: 0, answered: 0, waited: 0, sdk: 0 };
const token = await (await fetch(`https://${domain}/oauth/token`, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ client_id: clientId, client_secret: clientSecret, audience, grant_type: 'client_credentials' }),
})).json();

const handleRateLimit = (headers) => {
  const limit = headers.get('X-RateLimit-Limit'), remaining = headers.get('X-RateLimit-Remaining'), reset = headers.get('X-RateLimit-Reset');
  told.limit = limit;
  if (remaining === '0') {
    const waitTime = parseInt(reset || '0') * 1000 - Date.now();
    told.waited += Math.max(waitTime, 0);
    return new Promise((resolve) => setTimeout(resolve, waitTime));
  }
};
for (let tries = 0; told.answered < 14 && tries < 60; tries++) {
  const response = await fetch(`https://${domain}/api/v2/clients?fields=name`, { headers: { Authorization: `Bearer ${token.access_token}` } });
  if (response.status === 429) {
    told.seen429++;
    await handleRateLimit(response.headers);
  } else {
    told.answered += response.status === 200;
  }
}
const management = new ManagementClient({ domain, clientId, clientSecret, retry: { enabled: true, maxRetries: 10 } });
for (let i = 0; i < 14; i++) told.sdk += (await management.clients.getAll({ fields: 'name' })).status === 200;
console.log(JSON.stringify(told));
