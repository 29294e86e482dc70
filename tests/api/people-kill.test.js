// kill -9 in the middle of links, unlinks and bulk assignments: whatever the moment, what is found after the restart is a state
// that the API allows, and what was answered is there.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, enc } = require('./lib/check');

const ROUNDS = 40, PAIRS = 4, BULK = 50;
let server, v2;

const make = async (target, body, status = 201) => ok(status, v2('POST', target, body));
const many = async (n, f) => {
  const made = [];
  for (let i = 0; i < n; i++) made.push(await f(i));
  return made;
};
before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  await make('/connections', { name: 'email', strategy: 'email', enabled_clients: [server.credentials.management.client_id] });
});
after(async () => { if (server) await server.stop(); });

/** Without a password, so that fifty are there soon. */
const user = async (name) => (await make('/users', { connection: 'email', email: `${name}@kill.example` })).user_id;

/** Two accounts that are linked and unlinked in turn. */
async function pair(n) {
  const [main, other] = [await user(`main${n}`), await user(`other${n}`)], [provider, native] = other.split('|'), base = `/users/${enc(main)}`;
  let linked = false;
  return {
    step: async () => {
      if (linked) await ok(200, v2('DELETE', `${base}/identities/${provider}/${native}`));
      else await ok(201, v2('POST', `${base}/identities`, { provider, user_id: native }));
      linked = !linked;
    },
    /** The identity is linked or its own user, and the search knows it once, where it is. */
    check: async () => {
      const identities = (await ok(200, v2('GET', base))).identities.map((i) => i.user_id), alone = await v2('GET', `/users/${enc(other)}`);
      linked = identities.includes(native);
      assert.deepEqual(identities, linked ? [main.split('|')[1], native] : [main.split('|')[1]]);
      assert.equal(alone.status, linked ? 404 : 200, `${alone.text} beside ${identities}`);
      if (!linked) assert.deepEqual(alone.body.identities.map((i) => i.user_id), [native]);
      const found = await ok(200, v2('GET', `/users?search_engine=v3&q=${enc(`identities.user_id:"${native}"`)}`));
      assert.deepEqual(found.map((u) => u.user_id), [linked ? main : other]);
    },
  };
}

/** Fifty that are added and removed in one call each; list answers who is there. */
function toggle({ target, body, items, added, removed }) {
  let there = false;
  return {
    step: async () => {
      await ok(there ? removed : added, v2(there ? 'DELETE' : 'POST', target, body));
      there = !there;
    },
    check: async () => {
      const page = await ok(200, v2('GET', `${target}?per_page=100&include_totals=true`));
      assert.ok([0, BULK].includes(page[items].length), `${target}: ${page[items].length} of ${BULK}`);
      assert.equal(page.total, page[items].length);
      there = page.total === BULK;
    },
  };
}

/** A new role each time, given to fifty users in one call: all or nothing, and all where it was answered. */
function fresh(users) {
  let answered = [], asked = [], n = 0;
  return {
    step: async () => {
      const role = await make('/roles', { name: `fresh ${n++} ${Date.now()}` }, 200);
      asked.push(role.id);
      await make(`/roles/${role.id}/users`, { users }, 200);
      answered.push(role.id);
    },
    check: async () => {
      for (const role of asked) {
        const { total } = await ok(200, v2('GET', `/roles/${role}/users?include_totals=true&per_page=1`));
        assert.ok(total === BULK || (total === 0 && !answered.includes(role)), `${total} of ${BULK}`);
      }
      [answered, asked] = [[], []];
    },
  };
}

/** Steps until the server is gone; true when that was in the middle of one. */
async function runUntilKilled(job, state) {
  while (!state.killed) {
    try {
      await job.step();
      state.steps++;
    } catch (e) {
      if (!state.killed || e instanceof assert.AssertionError) throw e;
      return true;
    }
  }
  return false;
}

test('kill -9 leaves links and bulk assignments whole', async (t) => {
  const users = await many(BULK, (i) => user(`bulk${i}`)), scopes = users.map((_, i) => ({ value: `do:${i}` }));
  const roles = (await many(BULK, (i) => make('/roles', { name: `bulk ${i}` }, 200))).map((r) => r.id);
  const org = (await make('/organizations', { name: 'bulk' })).id, clerk = (await make('/roles', { name: 'clerk' }, 200)).id, holder = await user('holder');
  await make('/resource-servers', { identifier: 'urn:bulk', scopes });
  const permissions = scopes.map((s) => ({ resource_server_identifier: 'urn:bulk', permission_name: s.value }));
  const links = await many(PAIRS, pair), bulks = [
    toggle({ target: `/organizations/${org}/members`, body: { members: users }, items: 'members', added: 204, removed: 204 }),
    toggle({ target: `/users/${enc(holder)}/roles`, body: { roles }, items: 'roles', added: 204, removed: 204 }),
    toggle({ target: `/roles/${clerk}/permissions`, body: { permissions }, items: 'permissions', added: 201, removed: 204 }),
    fresh(users),
  ];
  const cut = { links: 0, bulks: 0 }, state = { steps: 0 };
  for (let round = 0; round < ROUNDS; round++) {
    state.killed = false;
    const running = { links: links.map((job) => runUntilKilled(job, state)), bulks: bulks.map((job) => runUntilKilled(job, state)) };
    await new Promise((r) => setTimeout(r, 20 + (round * 37) % 150));
    state.killed = true;
    await server.restart('SIGKILL');
    for (const kind of ['links', 'bulks']) cut[kind] += (await Promise.all(running[kind])).filter(Boolean).length;
    for (const job of [...links, ...bulks]) await job.check();
  }
  t.diagnostic(`${state.steps} steps; interrupted: ${JSON.stringify(cut)}`);
  assert.ok(cut.links >= ROUNDS && cut.bulks >= ROUNDS, `the kills came between the requests: ${JSON.stringify(cut)}`);
});
