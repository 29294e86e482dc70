// What the tests of API v1 share.
'use strict';
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');

const DB = 'Username-Password-Authentication';
const PASSWORD = 'Sup3rSecret!x';

/** The one shape of v1's errors (V1-REFERENCE 1.4). */
function refused(rs, status, error) {
  assert.equal(rs.status, status, rs.text);
  assert.equal(rs.body.statusCode, status);
  assert.equal(rs.body.error, error, rs.text);
  for (const member of ['detail', 'error_description', 'message']) assert.equal(typeof rs.body[member], 'string');
  assert.ok(rs.body.detail.length > 0);
  return rs;
}

/** 200, and the body. */
function good(rs) {
  assert.equal(rs.status, 200, rs.text);
  assert.ok(rs.text.length > 0);
  return rs.body;
}

function isOk(rs) {
  assert.equal(rs.status, 200, rs.text);
  assert.match(rs.headers['content-type'], /^text\/plain/);
  assert.equal(rs.text, 'OK');
}

/** An ordinary client: {id, secret, call}. */
async function ordinary(s, v1, name) {
  const made = good(await v1('POST', '/clients', { name }));
  const call = await s.v1({ client: { client_id: made.clientID, client_secret: made.clientSecret } });
  return { id: made.clientID, secret: made.clientSecret, call };
}

async function makeUser(v1, email, more = {}) {
  return good(await v1('POST', '/users', { email, password: PASSWORD, connection: DB, ...more }));
}

function idPath(user) {
  return `/users/${encodeURIComponent(user.user_id)}`;
}

/** The URL of a Link header, as the rules of V1-REFERENCE 1.6 want it. */
function nextUrl(rs) {
  const m = /^<(https:\/\/[^<>,"]+)>; rel="next"$/.exec(rs.headers.link || '');
  return m && new URL(m[1]);
}

/** GET a Link's URL with no other credential. */
function follow(s, url) {
  return s.request('GET', url.pathname + url.search, { host: url.host });
}

/** Runs SQL on a snapshot of the tenant `default` and answers the rows as arrays; `write` restores the snapshot afterwards.
 *  For what no API shows (mails that wait) or can make yet (users of upstream providers). */
function sql(s, text, args = [], { write = false } = {}) {
  const file = path.join(s.dir, 'snapshot.db');
  const script = 'import sqlite3,json,sys\nd=sqlite3.connect(sys.argv[1])\n'
    + 'r=[d.execute(t,a).fetchall() for t,a in json.loads(sys.argv[2])]\nd.commit()\nprint(json.dumps(r[-1],default=lambda b:b.hex()))';
  const steps = Array.isArray(text) ? text : [[text, args]];
  s.cli('tenant', 'snapshot', 'default', file);
  const rows = JSON.parse(execFileSync('python3', ['-c', script, file, JSON.stringify(steps)], { encoding: 'utf8' }));
  if (write) s.cli('tenant', 'restore', 'default', file);
  fs.rmSync(file);
  return rows;
}

module.exports = { DB, PASSWORD, refused, good, isOk, ordinary, makeUser, idPath, nextUrl, follow, sql };
