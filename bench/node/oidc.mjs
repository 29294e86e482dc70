// npm oidc-provider as its README starts it: in memory, client_credentials, JWT
// access tokens by an RSA 2048 key, one client. Prints its port.
import http from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { serve } from './serve.mjs';

process.env.NODE_ENV = 'production';
console.warn = console.info = () => {}; // its hints about cookies, which this grant never sets
const { default: Provider } = await import('oidc-provider');

serve(() => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const provider = new Provider('http://127.0.0.1', {
    clients: [
      {
        client_id: 'bench',
        client_secret: 'bench-secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', kid: 'bench' }] },
    cookies: { keys: ['bench'] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'read:things write:things delete:things',
          audience: 'urn:bench:things',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 86400,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    ttl: { ClientCredentials: 86400 },
  });
  return http.createServer(provider.callback());
});
