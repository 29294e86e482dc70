// Writes, and after each of them the search that must show it: for ./test (ten thousand) and bench/ (a million).
'use strict';
const assert = require('node:assert/strict');
const http = require('node:http');
const { ok, enc, query } = require('./check');

const TRIES_A_LIFE = 10;

/** A connection whose users need no password, so that no hash takes the time. */
async function prepare(v2) {
  const clients = (await ok(200, v2('GET', '/clients?fields=client_id'))).map((c) => c.client_id);
  await ok(201, v2('POST', '/connections', { name: 'email', strategy: 'email', enabled_clients: clients }));
}

/** Two users come, change, are linked and unlinked, and go. */
async function life(v2, mark) {
  const native = (u) => u.user_id.replace(/^.*\|/, '');
  const shows = async (q, ids, what) => {
    const found = await ok(200, v2('GET', `/users${query({ q, search_engine: 'v3' })}`));
    assert.deepEqual(found.map((u) => u.user_id), ids, `${what}: ${q}`);
  };
  const make = (name, more) => ok(201, v2('POST', '/users', { connection: 'email', email: `${name}-${mark}@found.example`, ...more }));
  const patch = (u, body) => ok(200, v2('PATCH', `/users/${enc(u.user_id)}`, body));
  const a = await make('a', { app_metadata: { mark: `${mark}-0` } }), its = [a.user_id];
  await shows(`app_metadata.mark:"${mark}-0"`, its, 'created');
  await patch(a, { app_metadata: { mark: `${mark}-1` } });
  await shows(`app_metadata.mark:"${mark}-1" AND NOT app_metadata.mark:"${mark}-0"`, its, 'app_metadata changed');
  await patch(a, { user_metadata: { tags: ['x', `${mark}-2`] } });
  await shows(`user_metadata.tags:"${mark}-2"`, its, 'user_metadata changed');
  await patch(a, { name: `Name ${mark}` });
  await shows(`name:"name ${mark}"`, its, 'profile changed');
  const b = await make('b', {}), identity = `identities.user_id:"${native(b)}"`;
  await shows(`email:"b-${mark}@found.example"`, [b.user_id], 'created');
  await ok(201, v2('POST', `/users/${enc(a.user_id)}/identities`, { provider: 'email', user_id: native(b) }));
  await shows(identity, its, 'linked');
  await ok(200, v2('DELETE', `/users/${enc(a.user_id)}/identities/email/${native(b)}`));
  await shows(identity, [b.user_id], 'unlinked');
  await ok(204, v2('DELETE', `/users/${enc(b.user_id)}`));
  await shows(identity, [], 'deleted');
  await patch(a, { app_metadata: { mark: null } });
  await shows(`app_metadata.mark:"${mark}-1"`, [], 'removed');
  await ok(204, v2('DELETE', `/users/${enc(a.user_id)}`));
  await shows(`name:"name ${mark}"`, [], 'deleted');
}

/** tries writes, each followed by its search, by `workers` at once, while others search and sort. Answers the number of tries. */
async function found(v2, tries, workers = 16) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: workers + 2 });
  const call = (method, target, body) => v2(method, target, body, { agent });
  let left = Math.ceil(tries / TRIES_A_LIFE), done = 0, busy = true;
  const worker = async (w) => {
    while (left-- > 0) {
      await life(call, `${w}-${left}`);
      done += TRIES_A_LIFE;
    }
  };
  const noise = async (q, sort) => {
    while (busy) await ok(200, call('GET', `/users${query({ q, sort, include_totals: true, per_page: 10 })}`));
  };
  const others = [noise('NOT app_metadata.mark:x', 'name:1'), noise('email:a-* OR user_metadata.tags:x', 'created_at:-1')];
  try {
    await Promise.all(Array.from({ length: workers }, (_, w) => worker(w)));
  } finally {
    busy = false;
    await Promise.all(others);
    agent.destroy();
  }
  return done;
}

module.exports = { prepare, found };
