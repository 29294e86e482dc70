// The tenant's signing key, out of its sealed row (crypto/seal.h), so that a test can mint what only login will: RS256 id_tokens.
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { sql } = require('./v1');
const { b64 } = require('./jwt');

const HEAD = 12 + 16; // nonce, tag

/** Opens "v1.<base64url>" that was sealed for this place: tenant, kind, id, field. */
function unseal(key, place, sealed) {
  const bytes = Buffer.from(sealed.slice('v1.'.length), 'base64url');
  const decipher = crypto.createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(12, HEAD));
  decipher.setAAD(Buffer.concat(place.flatMap((part) => {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(Buffer.byteLength(part)));
    return [length, Buffer.from(part)];
  })));
  return Buffer.concat([decipher.update(bytes.subarray(HEAD)), decipher.final()]);
}

/** {kid, key} of the tenant `default`. */
function tenantKey(server) {
  const master = Buffer.from(fs.readFileSync(path.join(server.data, 'master.key'), 'utf8').trim(), 'hex');
  const self = Object.fromEntries(sql(server, 'SELECT name, value FROM self'));
  const [[kid, sealed]] = sql(server, "SELECT kid, sealed_key FROM signing_keys WHERE state = 'current'");
  const data = unseal(master, ['', 'data_key', self.key_id, 'key'], self.wrapped_key);
  return { kid, key: crypto.createPrivateKey({ key: unseal(data, [self.key_id, 'signing_key', kid, 'key'], sealed), format: 'der', type: 'pkcs8' }) };
}

function signRS256(claims, { kid, key }) {
  const text = `${b64({ alg: 'RS256', typ: 'JWT', kid })}.${b64(claims)}`;
  return `${text}.${crypto.sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

module.exports = { tenantKey, signRS256 };
