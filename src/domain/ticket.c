#include "domain/ticket.h"

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/random.h"

enum { TTL_MAX_S = 10 * 366 * 86400 };

static const struct {
    str open, spent; /* tokens.kind */
    str universal, classic;
} kinds[TICKET_MAX] = {
    [TICKET_VERIFY_EMAIL] = { STR_INIT("ticket_verify_email"), STR_INIT("spent_verify_email"), STR_INIT("u/email-verification"),
                              STR_INIT("lo/verify_email") },
    [TICKET_CHANGE_PASSWORD] = { STR_INIT("ticket_change_password"), STR_INIT("spent_change_password"), STR_INIT("u/reset-verify"),
                                 STR_INIT("lo/reset") },
};

static str hash_of(struct arena *a, str text)
{
    unsigned char hash[DIGEST_LEN_MAX];
    digest(DIGEST_SHA256, text, hash);
    return str_dup(a, (str){ (const char *)hash, digest_len(DIGEST_SHA256) });
}

/* --- the identity that it is for --------------------------------------------------- */

static const struct json *identity_of(const struct user *u, str provider, str native_id)
{
    const struct json *all = json_get(u->doc, STR("identities")), *one;
    JSON_EACH_ITEM(all, i, one)
        if (!provider.p || (str_eq(json_get_text(one, STR("provider")), provider) && str_eq(json_get_text(one, STR("user_id")), native_id)))
            return one;
    return NULL;
}

/* The first identity's profile is the user's own. */
static str email_of(const struct user *u, const struct json *identity)
{
    bool is_first = identity == json_item(json_get(u->doc, STR("identities")), 0);
    return json_get_text(is_first ? u->doc : json_get(identity, STR("profileData")), STR("email"));
}

/* --- making ---------------------------------------------------------------------------- */

static void set_if(struct arena *a, struct json *o, const char *member, str value)
{
    if (value.p)
        json_set_text(a, o, str_from(member), value);
}

static str seal_id(struct arena *a, str hash)
{
    return hex_encode(a, hash);
}

static struct json *new_body(struct tx *tx, const struct ticket *t, const struct json *identity, str hash)
{
    struct arena *a = tx->arena;
    struct json *o = json_object(a);
    json_set(a, o, STR("provider"), json_get(identity, STR("provider")));
    json_set(a, o, STR("native_id"), json_get(identity, STR("user_id")));
    set_if(a, o, "email", email_of(&t->user, identity));
    set_if(a, o, "client_id", t->client_id);
    set_if(a, o, "organization_id", t->organization_id);
    set_if(a, o, "result_url", t->result_url);
    json_set_bool(a, o, STR("includes_email"), t->includes_email);
    json_set_bool(a, o, STR("marks_verified"), t->marks_verified);
    if (t->password_hash.p)
        json_set_text(a, o, STR("password"), tx_seal(tx, STR("ticket"), seal_id(a, hash), STR("password"), t->password_hash));
    return o;
}

/* Without a named identity the main connection must be a database. */
static struct result check_identity(const struct ticket *t, const struct json *identity)
{
    bool must_be_database = t->kind == TICKET_CHANGE_PASSWORD || !t->provider.p;
    if (!identity)
        return fail(ERR_TICKET_IDENTITY);
    if (must_be_database && !str_eq(json_get_text(identity, STR("provider")), STR("auth0")))
        return fail(ERR_TICKET_CONNECTION_TYPE);
    return email_of(&t->user, identity).len ? OK : fail(ERR_TICKET_WITHOUT_EMAIL);
}

static int64_t ttl_of(const struct ticket_new *n)
{
    int64_t ttl = n->ttl_s > 0 ? n->ttl_s : TICKET_TTL_S;
    return ttl < TTL_MAX_S ? ttl : TTL_MAX_S;
}

struct result ticket_create(struct tx *tx, const struct ticket_new *n, str *out_ticket)
{
    const struct ticket *t = &n->ticket;
    const struct json *identity = identity_of(&t->user, t->provider, t->native_id);
    str text = random_text(tx->arena, RANDOM_ALNUM, TICKET_LEN), hash = hash_of(tx->arena, text);
    TRY(check_identity(t, identity));
    str body = json_dump(tx->arena, new_body(tx, t, identity, hash));
    TRY(sql_run(tx->sql, "INSERT INTO tokens (hash, kind, client_id, user, body, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                SQL_ARGS(sql_blob(hash), sql_text(kinds[t->kind].open), sql_text(t->client_id), sql_int(t->user.row), sql_text(body),
                         sql_int(tx->now_us), sql_int(tx->now_us + ttl_of(n) * US_PER_S)),
                NULL));
    *out_ticket = text;
    return OK;
}

/* The '#' is really there: it keeps fragments of the page before out. */
str ticket_url(struct tx *tx, enum ticket_kind kind, bool is_classic, str ticket)
{
    str path = is_classic ? kinds[kind].classic : kinds[kind].universal;
    return str_fmt(tx->arena, "%.*s%.*s?ticket=%.*s#", STR_ARG(tenant_issuer(tx->tenant)), STR_ARG(path), STR_ARG(ticket));
}

/* --- checking and spending --------------------------------------------------------------- */

static struct result read_body(struct tx *tx, enum ticket_kind kind, str hash, const struct json *body, struct ticket *out)
{
    str sealed = json_get_text(body, STR("password"));
    out->kind = kind;
    out->provider = json_get_text(body, STR("provider"));
    out->native_id = json_get_text(body, STR("native_id"));
    out->email = json_get_text(body, STR("email"));
    out->client_id = json_get_text(body, STR("client_id"));
    out->organization_id = json_get_text(body, STR("organization_id"));
    out->result_url = json_get_text(body, STR("result_url"));
    out->includes_email = json_get_true(body, STR("includes_email"));
    out->marks_verified = json_get_true(body, STR("marks_verified"));
    out->password_hash = STR_NONE;
    return sealed.p ? tx_unseal(tx, STR("ticket"), seal_id(tx->arena, hash), STR("password"), sealed, &out->password_hash) : OK;
}

/* The user may have gone, lost the identity, or changed the address. */
static struct result read_row(struct tx *tx, enum ticket_kind kind, str hash, const struct sql_value *row, struct ticket *out)
{
    struct ticket t = { .kind = kind };
    struct json *body;
    bool found;
    TRY(json_parse(tx->arena, row[1].s, &body));
    TRY(read_body(tx, kind, hash, body, &t));
    TRY(user_find_by_row(tx, row[0].i, &t.user, &found));
    const struct json *identity = found ? identity_of(&t.user, t.provider, t.native_id) : NULL;
    if (!identity || !str_eq(email_of(&t.user, identity), t.email))
        return fail(ERR_TICKET_EXPIRED);
    *out = t;
    return OK;
}

static struct result not_there(struct tx *tx, enum ticket_kind kind, str hash)
{
    struct sql_value row[1];
    bool spent;
    TRY(sql_row(tx->sql, tx->arena, "SELECT 1 FROM tokens WHERE hash = ? AND kind = ?",
                SQL_ARGS(sql_blob(hash), sql_text(kinds[kind].spent)), row, 1, &spent));
    return fail(spent ? ERR_TICKET_SPENT : ERR_TICKET_EXPIRED);
}

struct result ticket_check(struct tx *tx, enum ticket_kind kind, str text, struct ticket *out)
{
    struct sql_value row[2];
    bool found;
    str hash = hash_of(tx->arena, text);
    TRY(sql_row(tx->sql, tx->arena, "SELECT user, body FROM tokens WHERE hash = ? AND kind = ? AND expires_at > ?",
                SQL_ARGS(sql_blob(hash), sql_text(kinds[kind].open), sql_int(tx->now_us)), row, 2, &found));
    return found ? read_row(tx, kind, hash, row, out) : not_there(tx, kind, hash);
}

struct result ticket_consume(struct tx *tx, enum ticket_kind kind, str text, struct ticket *out)
{
    struct sql_value row[2];
    bool found;
    str hash = hash_of(tx->arena, text);
    TRY(sql_row(tx->sql, tx->arena, "UPDATE tokens SET kind = ? WHERE hash = ? AND kind = ? AND expires_at > ? RETURNING user, body",
                SQL_ARGS(sql_text(kinds[kind].spent), sql_blob(hash), sql_text(kinds[kind].open), sql_int(tx->now_us)), row, 2, &found));
    return found ? read_row(tx, kind, hash, row, out) : not_there(tx, kind, hash);
}

struct result ticket_spend_all(struct tx *tx, enum ticket_kind kind, int64_t user)
{
    return sql_run(tx->sql, "UPDATE tokens SET kind = ? WHERE user = ? AND kind = ?",
                   SQL_ARGS(sql_text(kinds[kind].spent), sql_int(user), sql_text(kinds[kind].open)), NULL);
}
