// Users, and what logins leave behind for them: rows that no API makes.
'use strict';
const { sql } = require('./v1');
const { ok } = require('./check');

const DB = 'Username-Password-Authentication';
let made = 0;

/** A user of the database with an address of its own. */
const makeUser = (v2, more = {}) => ok(201, v2('POST', '/users', { connection: DB, email: `person${++made}@people.example`, password: 'secret-enough', ...more }));

const far = 4e15; // a day in 2096, in microseconds
const rowOf = '(SELECT id FROM users WHERE uid = ?)';

/** sessions: {id, user, more}; tokens: {id, user, client, session, audience, device}; blocks: {identifier, ip, connection}. */
function leave(server, { sessions = [], tokens = [], blocks = [], addresses = [] }) {
  const steps = [];
  for (const s of sessions)
    steps.push([`INSERT INTO sessions (id, user, body, ends_at) VALUES (?, ${rowOf}, ?, ?)`,
      [s.id, s.user.user_id, JSON.stringify({ id: s.id, user_id: s.user.user_id, created_at: '2024-01-01T00:00:00.000Z', idle_expires_at: '2096-01-01T00:00:00.000Z', expires_at: '2096-01-01T00:00:00.000Z', clients: [{ client_id: 'c1' }], ...s.more }), s.ends_at ?? far]]);
  for (const t of tokens)
    steps.push([`INSERT INTO refresh_tokens (id, hash, user, client_id, session_id, body, ends_at) VALUES (?, ?, ${rowOf}, ?, ?, ?, NULL)`,
      [t.id, t.id, t.user.user_id, t.client, t.session ?? null, JSON.stringify({ id: t.id, user_id: t.user.user_id, client_id: t.client, created_at: '2024-01-01T00:00:00.000Z', expires_at: null, session_id: t.session ?? null, rotating: !!t.rotating, resource_servers: [{ audience: t.audience ?? 'urn:none', scopes: 'openid' }], ...(t.device && { device_name: t.device }) })]]);
  for (const b of blocks)
    steps.push(['INSERT INTO login_failures (identifier, connection, ip, failures, blocked, ends_at) VALUES (?, ?, ?, 10, 1, ?)', [b.identifier, b.connection ?? DB, b.ip ?? '192.0.2.1', far]]);
  for (const ip of addresses) steps.push(['INSERT INTO blocked_addresses (ip, ends_at) VALUES (?, ?)', [ip, far]]);
  steps.push(['SELECT 1', []]);
  sql(server, steps, [], { write: true });
}

module.exports = { DB, makeUser, leave };
