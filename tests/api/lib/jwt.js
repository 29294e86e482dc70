// JSON Web Tokens, made and read with node:crypto alone.
'use strict';
const crypto = require('node:crypto');

const b64 = (v) => Buffer.from(typeof v === 'string' || Buffer.isBuffer(v) ? v : JSON.stringify(v)).toString('base64url');

function decode(token) {
  const [header, claims, signature] = token.split('.');
  return { header: JSON.parse(Buffer.from(header, 'base64url')), claims: JSON.parse(Buffer.from(claims, 'base64url')), signature };
}

function signHS256(claims, secret, header = {}) {
  const text = `${b64({ alg: 'HS256', typ: 'JWT', ...header })}.${b64(claims)}`;
  return `${text}.${crypto.createHmac('sha256', secret).update(text).digest('base64url')}`;
}

const hashes = { RS256: 'sha256', RS512: 'sha512', PS256: 'sha256' };

/** key: a JWK, or the secret of HS256. */
function verifies(token, key) {
  const { header } = decode(token);
  const at = token.lastIndexOf('.');
  const text = token.slice(0, at), signature = Buffer.from(token.slice(at + 1), 'base64url');
  if (header.alg === 'HS256') return crypto.createHmac('sha256', key).update(text).digest().equals(signature);
  const publicKey = { key: crypto.createPublicKey({ key, format: 'jwk' }) };
  if (header.alg.startsWith('PS')) Object.assign(publicKey, { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 });
  return crypto.verify(hashes[header.alg], Buffer.from(text), publicKey, signature);
}

/** An id_token as a login would give it to a confidential client with HS256. */
function idToken(issuer, client, sub, more = {}) {
  const now = Math.floor(Date.now() / 1000);
  return signHS256({ iss: issuer, aud: client.client_id, sub, iat: now, exp: now + 3600, ...more }, client.client_secret);
}

module.exports = { decode, signHS256, verifies, idToken, b64 };
