// Rows of a tenant that no API makes: what directories bring, what users consented to, other services' tokens.
'use strict';
const { sql } = require('./v1');

const at = '2024-01-02T03:04:05.000Z';
const groupId = (n) => `grp_${String(n).padStart(22, '1')}`;

/** A document, found by these of its members. */
function documentRows(kind, id, body, filters) {
  const found = filters.filter((f) => f in body)
    .map((f) => ['INSERT INTO document_filter SELECT ?, ?, ?, seq FROM documents WHERE kind = ? AND id = ?', [kind, f, body[f], kind, id]]);
  return [['INSERT INTO documents (kind, id, body, created_at, updated_at) VALUES (?, ?, ?, 0, 0)', [kind, id, JSON.stringify({ id, ...body })]], ...found];
}

const relationRows = (kind, a, b) => [['INSERT INTO relations (kind, a, b, body) VALUES (?, ?, ?, ?)', [kind, a, b, JSON.stringify({ created_at: at })]]];
const groupRows = (n, body = {}) => documentRows('group', groupId(n), { name: `group ${n}`, tenant_name: 'default', created_at: at, updated_at: at, ...body }, ['name', 'connection_id', 'external_id']);
const memberRows = (n, user) => relationRows('group_member', groupId(n), user.user_id);

const consentId = (n) => String(n).padStart(24, '0');
const consentRows = (n, user, clientID, audience = `urn:consent:${n}`) =>
  documentRows('grant', consentId(n), { user_id: user.user_id, clientID, audience, scope: ['read'] }, ['user_id', 'clientID', 'audience']);

const elsewhere = (user, connection) => ({ user_id: user.user_id, connection: connection.name, connection_id: connection.id, strategy: connection.strategy, scope: 'mail', issued_at: at });
const accountRows = (n, user, connection) => documentRows('connected_account', `cac_${String(n).padStart(16, '0')}`, elsewhere(user, connection), ['user_id', 'connection_id']);
const tokensetRows = (n, user, connection) => documentRows('tokenset', `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`, elsewhere(user, connection), ['user_id', 'connection_id']);

/** Lists of rows, in this order. */
const write = (server, ...lists) => sql(server, [...lists.flat(), ['SELECT 1', []]], [], { write: true });

module.exports = { at, groupId, groupRows, memberRows, consentId, consentRows, accountRows, tokensetRows, relationRows, write };
