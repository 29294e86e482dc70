// GET /api/v2/users over users whose values are awkward: letters beyond ASCII, numbers as texts, keys with blanks and colons,
// values beyond what the index keeps, quotes, members of organizations; and queries that are long, deep or no queries.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const { Server } = require('./lib/server');
const { ok, refused, enc, query } = require('./lib/check');

const DB = 'Username-Password-Authentication';
const long = 'x'.repeat(300);
let server, v2, v1, org;

// name: the part of the e-mail before the @, by which answers are compared
const people = {
  strasse: { name: 'Straße', nickname: 'ΣΊΣΥΦΟΣ', given_name: 'Ångström' },
  strasse2: { name: 'STRASSE', nickname: 'σίσυφος', given_name: 'A\u030angstro\u0308m' },
  jose: { name: 'José', app_metadata: { form: 'é' } },
  jose2: { name: 'Jose\u0301', app_metadata: { form: 'e\u0301' } },
  wide: { name: '東京 太郎', family_name: '👩‍👩‍👧 family' },
  texts: { app_metadata: { n: '7', b: 'true', empty: '', nothing: null, d: '2018-12-31', list: ['7', ''] } },
  typed: { app_metadata: { n: 7, b: true, d: '2018-12-31T23:59:59.000Z', list: [7, null] } },
  numbers: { app_metadata: { big: 9007199254740992, e: 1e3, neg: -0.5, zero: 0, frac: 1.10, zip: '00501' } },
  'plus+tag': { name: 'Plus' },
  quotes: { name: 'He said "hi" \\ to O\'Neil', nickname: 'a&&b||c!d' },
  keys: { app_metadata: { a: { b: { c: 'deep' } }, 'sp ace': 's', 'co:lon': 'c', 'ünï': 'u', 'st*r': 'w', 'x-y': 'm', '': 'void' } },
  keys2: { app_metadata: { a: [{ b: [{ c: ['deep'] }] }] } },
  orders: { app_metadata: { orders: [{ id: 1, items: [{ sku: 'x' }] }, { id: 2, items: [{ sku: 'y' }, { sku: 'z' }] }] } },
  orders2: { app_metadata: { orders: { id: 1, items: { sku: 'z' } } } },
  longa: { app_metadata: { long: `${long}A` } },
  longb: { app_metadata: { long: `${long}B` } },
  long255: { app_metadata: { long: 'x'.repeat(255) } },
  long256: { app_metadata: { long: 'x'.repeat(256) } },
  stars: { name: 'a*b?c', nickname: '*' },
  words: { name: 'AND', nickname: 'NOT a TO b', given_name: 'null', family_name: '_exists_' },
  slash: { name: '/re.*/', nickname: 'x~1^2', given_name: '<b>', family_name: '[a TO b]' },
};
const everybody = Object.keys(people);

before(async () => {
  server = await Server.start();
  v2 = await server.v2();
  v1 = await server.v1();
  for (const [who, profile] of Object.entries(people))
    await ok(201, v2('POST', '/users', { connection: DB, password: 'secret-enough-1A', email: `${who}@odd.example`, user_id: enc(who), ...profile }));
  org = await ok(201, v2('POST', '/organizations', { name: 'odd' }));
  await v2('POST', `/organizations/${org.id}/members`, { members: ['auth0|jose', 'auth0|orders'] });
});
after(async () => { if (server) await server.stop(); });

const ask = (q, engine) => v2('GET', `/users${query({ q, per_page: 100, search_engine: engine })}`);
const who = (list) => list.map((u) => u.email.replace(/@.*/, '')).sort();

const forms = [
  // letters
  ['ß and SS are one', 'name:strasse', ['strasse', 'strasse2']],
  ['also the other way', 'name:straße', ['strasse', 'strasse2']],
  ['a final sigma', 'nickname:σίσυφοσ', ['strasse', 'strasse2']],
  ['composed finds decomposed', 'given_name:Ångström', ['strasse', 'strasse2']],
  ['decomposed finds composed', 'given_name:a\u030angstro\u0308m', ['strasse', 'strasse2']],
  ['in metadata each as it stands', 'app_metadata.form:é', ['jose']],
  ['decomposed as well', 'app_metadata.form:e\u0301', ['jose2']],
  ['a prefix that ends before an accent is none', 'name:jose*', []],
  ['a prefix with it', 'name:JOSÉ*', ['jose', 'jose2']],
  ['a bare word', 'José', ['jose', 'jose2']],
  ['wide letters', 'name:東京*', ['wide']],
  ['three wide letters before a star', 'name:*京 太郎*'.replace(' ', '\\ '), ['wide']],
  ['two wide letters are too few', 'name:*太郎', 400],
  ['beyond the basic plane', 'family_name:👩‍👩‍👧*', ['wide']],
  // types
  ['a number and a text of it', 'app_metadata.n:7', ['texts', 'typed']],
  ['quoted too', 'app_metadata.n:"7"', ['texts', 'typed']],
  ['7.0 is the number only', 'app_metadata.n:7.0', ['typed']],
  ['a boolean and a text of it', 'app_metadata.b:true', ['texts', 'typed']],
  ['booleans are lower case', 'app_metadata.b:TRUE', []],
  ['in arrays', 'app_metadata.list:7', ['texts', 'typed']],
  ['the empty text', 'app_metadata.empty:""', ['texts']],
  ['the empty text in an array', 'app_metadata.list:""', ['texts']],
  ['null is nothing', '_exists_:app_metadata.nothing', []],
  ['null is no text', 'app_metadata.nothing:null', []],
  ['a name of four letters is', 'given_name:null', ['words']],
  ['zero', 'app_metadata.zero:0', ['numbers']],
  ['an exponent', 'app_metadata.e:1000', ['numbers']],
  ['written as one', 'app_metadata.e:1e3', ['numbers']],
  ['a negative fraction', 'app_metadata.neg:-0.5', ['numbers']],
  ['trailing zeros', 'app_metadata.frac:1.1', ['numbers']],
  ['large integers', 'app_metadata.big:9007199254740992', ['numbers']],
  ['leading zeros are a text', 'app_metadata.zip:00501', ['numbers']],
  ['and no number', 'app_metadata.zip:501', []],
  ['a range of numbers', 'app_metadata.neg:[-1 TO 0]', ['numbers']],
  ['a range without its end', 'app_metadata.n:[1 TO 7}', []],
  ['a range without its start', 'app_metadata.n:{6 TO 7]', ['texts', 'typed']],
  ['dates in metadata are texts', 'app_metadata.d:2018-12-31', ['texts']],
  ['and have prefixes', 'app_metadata.d:2018-12-31*', ['texts', 'typed']],
  ['and ranges', 'app_metadata.d:[2018-12-31T00 TO *]', ['typed']],
  // signs
  ['a plus in an address', 'email:plus+tag@odd.example', ['plus+tag']],
  ['escaped', 'email:plus\\+tag@odd.example', ['plus+tag']],
  ['quoted', 'email:"plus+tag@odd.example"', ['plus+tag']],
  ['a prefix up to it', 'email:plus+*', ['plus+tag']],
  ['quotes and a backslash', 'name:"He said \\"hi\\" \\\\ to O\'Neil"', ['quotes']],
  ['the same escaped', 'name:He\\ said\\ \\"hi\\"\\ \\\\\\ to\\ O\'Neil', ['quotes']],
  ['operators inside a word', 'nickname:"a&&b||c!d"', ['quotes']],
  ['escaped operators', 'nickname:a\\&&b\\||c\\!d', ['quotes']],
  ['stars as letters', 'name:"a*b?c"', ['stars']],
  ['escaped stars', 'name:a\\*b\\?c', ['stars']],
  ['a star that is a name', 'nickname:\\*', ['stars']],
  ['operators as terms', 'name:"AND"', ['words']],
  ['an operator escaped', 'name:\\AND', ['words']],
  ['words of a range as a phrase', 'nickname:"NOT a TO b"', ['words']],
  ['a reserved name as a value', 'family_name:_exists_', ['words']],
  ['slashes in quotes', 'name:"/re.*/"', ['slash']],
  ['a slash escaped', 'name:\\/re.\\*/', ['slash']],
  ['a tilde and a caret', 'nickname:x\\~1\\^2', ['slash']],
  ['angle brackets', 'given_name:\\<b\\>', ['slash']],
  ['brackets', 'family_name:\\[a\\ TO\\ b\\]', ['slash']],
  // fields
  ['levels', 'app_metadata.a.b.c:deep', ['keys', 'keys2']],
  ['a blank in a key', 'app_metadata.sp\\ ace:s', ['keys']],
  ['a colon in a key', 'app_metadata.co\\:lon:c', ['keys']],
  ['letters in a key', 'app_metadata.ünï:u', ['keys']],
  ['a star in a key', 'app_metadata.st\\*r:w', ['keys']],
  ['a dash in a key', 'app_metadata.x-y:m', ['keys']],
  ['the empty key', 'app_metadata.:void', ['keys']],
  ['existence of such a key', '_exists_:app_metadata.sp\\ ace', ['keys']],
  ['existence of an object', '_exists_:app_metadata.a', ['keys', 'keys2']],
  ['arrays are no levels', 'app_metadata.orders.items.sku:z', ['orders', 'orders2']],
  ['two members of different items', 'app_metadata.orders.id:1 AND app_metadata.orders.items.sku:y', ['orders']],
  ['a path that is no leaf', 'app_metadata.orders:1', []],
  ['field names are case-sensitive', 'NAME:strasse', []],
  // long values
  ['beyond the kept length', `app_metadata.long:${long}A`, ['longa']],
  ['a prefix beyond it', `app_metadata.long:${long}*`, ['longa', 'longb']],
  ['a prefix within it', 'app_metadata.long:xxx*', ['longa', 'longb', 'long255', 'long256']],
  ['at its edge', `app_metadata.long:${'x'.repeat(255)}`, ['long255']],
  ['just beyond it', `app_metadata.long:${'x'.repeat(256)}`, ['long256']],
  ['a suffix', 'app_metadata.long:*xxxB', ['longb']],
  ['a range between the two', `app_metadata.long:{${long}A TO *]`, ['longb']],
  ['and without', `NOT app_metadata.long:${long}A AND app_metadata.long:*`, ['longb', 'long255', 'long256']],
  // operators
  ['NOT of a missing field holds', 'NOT app_metadata.long:* AND _exists_:app_metadata.orders', ['orders', 'orders2']],
  ['a double NOT', 'NOT NOT name:plus', ['plus+tag']],
  ['minus within a group', 'app_metadata.orders.id:(1 -2)', ['orders2']],
  ['plus makes the rest not count', '+name:plus nickname:nobody', ['plus+tag']],
  ['a group with another field inside', 'name:(plus OR email:jose@odd.example)', ['jose', 'plus+tag']],
  ['AND before OR', 'name:plus OR name:stra* AND name:nobody', ['plus+tag']],
  ['deep groups', `${'('.repeat(30)}name:plus${')'.repeat(30)}`, ['plus+tag']],
  ['too deep groups', `${'('.repeat(40)}name:plus${')'.repeat(40)}`, 400],
  ['two hundred terms', Array.from({ length: 200 }, (_, i) => `name:n${i}`).join(' OR ') + ' OR name:plus', ['plus+tag']],
  ['too many terms', Array.from({ length: 300 }, (_, i) => `n${i}`).join(' '), 400],
  ['ten thousand letters', `name:plus OR name:${'y'.repeat(10000)}`, ['plus+tag']],
  // organizations
  ['members of an organization', () => `organization_id:${org.id}`, ['jose', 'orders']],
  ['among others', () => `organization_id:"${org.id}" AND name:José`, ['jose']],
  ['members of any', 'organization_id:*', ['jose', 'orders']],
  ['existence', '_exists_:organization_id', ['jose', 'orders']],
  ['no members', () => `NOT organization_id:${org.id} AND app_metadata.orders.id:1`, ['orders2']],
  ['an organization that is not there', 'organization_id:org_nobody', []],
  // not in the language
  ['a question mark', 'name:a?b', 400], ['a regular expression', 'name:/a.*/', 400], ['fuzzy', 'name:plus~', 400], ['proximity', '"a b"~2', 400],
  ['boost', 'name:plus^2', 400], ['a comparison', 'app_metadata.n:>1', 400], ['.raw', 'name.raw:Plus', 400], ['a lower-case to', 'name:[a to b]', 400],
  ['a wildcard in a field', 'na*:Plus', 400], ['a field without an end', 'name:', 400], ['a backslash at the end', 'name:a\\', 400], ['two operators', 'a AND OR b', 400],
];

test('awkward values are found as the reference says', async () => {
  const wrong = [];
  for (const [name, text, want] of forms) {
    const q = typeof text === 'function' ? text() : text, a = await ask(q, 'v3');
    const got = a.status === 200 ? who(a.body) : a.status;
    if (JSON.stringify(got) !== JSON.stringify(want === 400 ? 400 : [...want].sort())) wrong.push(`${name}: ${q.slice(0, 80)} → ${JSON.stringify(got)} ${a.body?.message ?? ''}, not ${JSON.stringify(want)}`);
    if (a.status === 400 && !(a.body.errorCode === 'invalid_query_string' && a.body.error === 'Bad Request' && a.body.statusCode === 400)) wrong.push(`${name}: ${JSON.stringify(a.body)}`);
  }
  assert.deepEqual(wrong, []);
});

test('engine v2 is v3 with .raw, ? and comparisons', async () => {
  const rows = [
    ['name.raw:"Plus"', ['plus+tag']], ['identities.connection.raw:"' + DB + '"', everybody], ['email.raw:plus+tag@odd.example', ['plus+tag']],
    ['name:Pl?s', ['plus+tag']], ['name:?lu*', ['plus+tag']], ['name:*us', ['plus+tag']], ['name:東京?太郎'.replace('?', '\\ ?'), []], ['name:東?\\ 太郎', ['wide']],
    ['app_metadata.e:>999', ['numbers']], ['app_metadata.e:>=1000', ['numbers']], ['app_metadata.e:>1000', []], ['app_metadata.e:<1000', []], ['app_metadata.e:<=1000', ['numbers']],
    ['app_metadata.e:(>999 AND <1001)', ['numbers']], ['created_at:>2018-01-01', everybody], ['created_at:<"2018-01-01"', []],
    ["name:'He said \"hi\" \\\\ to O\\'Neil'", ['quotes']], ["identities.provider:'auth0' AND name:'Plus'", ['plus+tag']], ['_missing_:app_metadata AND name:stra*', ['strasse', 'strasse2']],
    ['name:/a.*/', 400], ['name:plus~', 400], ['name:plus^2', 400], ['app_metadata.e:>', 400], ['>5', 400],
  ];
  for (const [q, want] of rows) {
    const a = await ask(q, 'v2');
    assert.deepEqual(a.status === 200 ? who(a.body) : a.status, want === 400 ? 400 : [...want].sort(), `${q}: ${a.body?.message}`);
  }
});

test('engine v1 finds prefixes without case', async () => {
  const rows = [['STRASSE', ['strasse', 'strasse2']], ['plus', ['plus+tag']], ['he said', ['quotes']], ['plus+tag@', ['plus+tag']], ['name:"plus"', ['plus+tag']], ['name:"plu"', []], ['n:7', ['texts', 'typed']],
    ['n:7; b:true', ['texts', 'typed']], ['form:"É"', ['jose', 'jose2']], ['nobody:1', []], [`organization_id:${org.id}`, []], ['family_name:"[A TO B]"', ['slash']]];
  for (const [q, want] of rows) {
    assert.deepEqual(who(await ok(200, ask(q, 'v1'))), [...want].sort(), q);
    assert.deepEqual(who(await ok(200, v1('GET', `/users${query({ search: q })}`))), [...want].sort(), `v1 API: ${q}`);
  }
});

test('an organization\'s members are found as they come and go', async () => {
  const members = `/organizations/${org.id}/members`, find = async () => who(await ok(200, ask(`organization_id:${org.id}`, 'v3')));
  await v2('POST', members, { members: ['auth0|wide'] });
  assert.deepEqual(await find(), ['jose', 'orders', 'wide']);
  await v2('DELETE', members, { members: ['auth0|jose'] });
  assert.deepEqual(await find(), ['orders', 'wide']);
  await ok(204, v2('DELETE', `/users/${enc('auth0|wide')}`));
  assert.deepEqual(await find(), ['orders']);
  const page = await ok(200, v2('GET', `/users${query({ q: `organization_id:${org.id}`, include_totals: true, sort: 'name:1' })}`));
  assert.equal(page.total, 1);
  await ok(204, v2('DELETE', `/organizations/${org.id}`));
  assert.deepEqual(await find(), []);
});

test('a search that is too dear ends in the words of the API, and holds up nobody', async () => {
  const many = await Server.start();
  try {
    const call = await many.v2(), legacy = await many.v1();
    for (let i = 0; i < 12; i += 4)
      await Promise.all([0, 1, 2, 3].map((k) => ok(201, call('POST', '/users', { connection: DB, password: 'secret-enough-1A', email: `big${i + k}@odd.example`, app_metadata: { blob: 'ab'.repeat(300000) } }))));
    const q = Array.from({ length: 250 }, (_, i) => `app_metadata.blob:*a*b*${100 + i}`).join(' OR '), started = Date.now();
    const dear = [1, 2].map(() => call('GET', `/users${query({ q })}`));
    let others = 0;
    const asked = Promise.all(dear).then((all) => { others = -others; return all; });
    while (others >= 0 && others < 5) {
      await ok(200, call('GET', `/users${query({ q: 'email:big1@odd.example', fields: 'email' })}`));
      others++;
    }
    assert.equal(others, 5, 'others are answered before');
    for (const a of await asked)
      assert.deepEqual(a.body, { statusCode: 503, error: 'Service Unavailable', message: 'The query exceeded the timeout. Please try refining your search criteria or contact support for help.' });
    assert.ok(Date.now() - started < 15000, `${Date.now() - started} ms`);
    const v1Answer = await legacy('GET', `/users${query({ search: Array.from({ length: 60 }, () => `blob:${'ab'.repeat(60)}`).join(';'), per_page: 1 })}`);
    assert.equal(v1Answer.status, 200, v1Answer.text.slice(0, 200));
  } finally {
    await many.stop();
  }
});

test('sort takes root attributes and members, not metadata', async () => {
  const sorted = async (sort) => (await ok(200, v2('GET', `/users${query({ sort, per_page: 100 })}`))).map((u) => u.email.replace(/@.*/, ''));
  const named = Object.entries(people).filter(([k, p]) => p.nickname && k !== 'wide').map(([k]) => k);
  const up = await sorted('nickname:1'), down = await sorted('nickname:-1');
  assert.equal(up.length, new Set(up).size);
  assert.deepEqual(up.filter((u) => ['stars', 'quotes', 'words', 'slash'].includes(u)), ['stars', 'quotes', 'words', 'slash']);
  assert.deepEqual(down.filter((u) => ['stars', 'quotes', 'words', 'slash'].includes(u)), ['slash', 'words', 'quotes', 'stars']);
  assert.ok(named.every((u) => up.includes(u)));
  assert.equal((await sorted('identities.connection:1')).length, up.length);
  assert.equal((await sorted('email.domain:-1')).length, up.length);
  for (const sort of ['app_metadata.n:1', 'user_metadata:1', 'name', 'name:2', 'name:', ':1', 'na me:1', 'name:1:1'])
    await refused(v2('GET', `/users${query({ sort })}`), 400, 'invalid_query_string', /^Query validation error: '/);
});
