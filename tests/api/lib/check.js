// What every suite says about answers.
'use strict';
const assert = require('node:assert/strict');
const { STATUS_CODES } = require('node:http');

const reasons = { ...STATUS_CODES, 413: 'Request Entity Too Large' };

/** The body of an answer that must have this status. */
async function ok(wanted, answer) {
  const a = await answer;
  assert.equal(a.status, wanted, a.text);
  return a.body;
}

function sameText(got, wanted, where) {
  if (wanted instanceof RegExp) assert.match(got, wanted, where);
  else assert.equal(got, wanted, where);
}

/** A refusal in the words of API v2. errorCode undefined: there is none. */
async function refused(answer, status, errorCode, message) {
  const a = await answer;
  assert.equal(a.status, status, a.text);
  assert.equal(a.headers['content-type'], 'application/json; charset=utf-8');
  const { statusCode, error, message: said, errorCode: code, ...more } = a.body;
  assert.deepEqual({ statusCode, error, code }, { statusCode: status, error: reasons[status], code: errorCode }, a.text);
  if (message !== undefined) sameText(said, message, a.text);
  assert.ok(Object.keys(more).every((k) => ['error_description', 'attributes'].includes(k)), a.text);
  return a;
}

/** A refusal in the words of OAuth. */
async function oauthRefused(answer, status, error, description) {
  const a = await answer;
  assert.equal(a.status, status, a.text);
  const { detail, ...body } = a.body; // where the token would have been one of API v1
  assert.deepEqual(Object.keys(body), ['error', 'error_description'], a.text);
  assert.ok(detail === undefined || (a.status === 401 && detail === body.error_description), a.text);
  assert.equal(a.body.error, error);
  if (description !== undefined) sameText(a.body.error_description, description, a.text);
  return a;
}

const enc = encodeURIComponent;
const query = (params) => `?${new URLSearchParams(params)}`;

/** Asks again until f() is truthy; a log entry of a token exchange may come 100 ms late. */
async function eventually(f, ms = 3000) {
  for (const end = Date.now() + ms; Date.now() < end;) {
    const got = await f();
    if (got) return got;
    await new Promise((r) => setTimeout(r, 20));
  }
  throw new Error(`did not happen within ${ms} ms`);
}

/** The targets of a Link header, by rel. */
function links(a) {
  const out = {};
  for (const m of (a.headers.link || '').matchAll(/<([^>]+)>; rel="(\w+)"/g)) out[m[2]] = m[1];
  return out;
}

module.exports = { ok, refused, oauthRefused, enc, query, eventually, links };
