#include "domain/tokenset.h"

#include "base/clock.h"

static const struct filter_rule filters[] = { { STR_INIT("user_id"), STR_INIT("user_id") },
                                              { STR_INIT("connection_id"), STR_INIT("connection_id") } };
static const str secrets[] = { STR_INIT("access_token"), STR_INIT("refresh_token") };
static const struct resource_spec tokenset_spec = {
    .kind = STR_INIT("tokenset"),
    .id = { STR_INIT(""), ID_UUID, 0 },
    .key = STR_INIT("id"),
    .filters = filters,
    .filter_count = 2,
    .secrets = { secrets, 2 },
    .missing = ERR_NOT_FOUND,
    .delete_missing_ok = true,
};
static const struct resource_spec account_spec = {
    .kind = STR_INIT("connected_account"),
    .id = { STR_INIT("cac_"), ID_ALNUM, 16 },
    .key = STR_INIT("id"),
    .filters = filters,
    .filter_count = 2,
    .secrets = { secrets, 2 },
    .missing = ERR_NOT_FOUND,
    .delete_missing_ok = true,
};

/* --- storing ------------------------------------------------------------------------ */

static void set_if(struct arena *a, struct json *o, const char *member, str value)
{
    if (value.p)
        json_set_text(a, o, str_from(member), value);
}

static struct json *new_body(struct tx *tx, const struct tokenset_new *n)
{
    struct arena *a = tx->arena;
    struct json *o = json_object(a);
    json_set_text(a, o, STR("user_id"), n->user->uid);
    json_set_text(a, o, STR("connection"), n->connection->name);
    json_set_text(a, o, STR("connection_id"), n->connection->id);
    json_set_text(a, o, STR("strategy"), n->connection->strategy);
    json_set_text(a, o, STR("scope"), n->scope.p ? n->scope : STR(""));
    json_set_text(a, o, STR("issued_at"), clock_iso(a, tx->now_us));
    set_if(a, o, "expires_at", n->expires_at_us ? clock_iso(a, n->expires_at_us) : STR_NONE);
    set_if(a, o, "access_token", n->access_token);
    set_if(a, o, "refresh_token", n->refresh_token);
    set_if(a, o, "organization_id", n->organization_id);
    return o;
}

static struct result store(struct tx *tx, const struct resource_spec *spec, const struct tokenset_new *n, struct document *out)
{
    struct document_list l = { 0 };
    TRY(document_list_by(tx, spec, "user_id", n->user->uid, &l));
    for (size_t i = 0; i < l.count; i++)
        if (str_eq(json_get_text(l.items[i].body, STR("connection_id")), n->connection->id))
            TRY(document_delete(tx, spec, l.items[i].id));
    return document_create(tx, spec, STR_NONE, new_body(tx, n), out);
}

struct result tokenset_store(struct tx *tx, const struct tokenset_new *n, struct document *out)
{
    return store(tx, &tokenset_spec, n, out);
}

struct result connected_account_store(struct tx *tx, const struct tokenset_new *n, struct document *out)
{
    return store(tx, &account_spec, n, out);
}

/* --- showing ----------------------------------------------------------------------------- */

static void copy(struct arena *a, struct json *to, const struct json *from, const char *const *members, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (json_get(from, str_from(members[i])))
            json_set(a, to, str_from(members[i]), json_get(from, str_from(members[i])));
}

static struct json *show_tokenset(struct arena *a, const struct json *body)
{
    static const char *const members[] = { "id", "connection", "scope", "expires_at", "issued_at", "last_used_at" };
    static const char *const null_when_absent[] = { "expires_at", "last_used_at" };
    struct json *o = json_object(a);
    copy(a, o, body, members, sizeof members / sizeof *members);
    for (size_t i = 0; i < sizeof null_when_absent / sizeof *null_when_absent; i++)
        if (!json_get(o, str_from(null_when_absent[i])))
            json_set(a, o, str_from(null_when_absent[i]), json_null(a));
    return o;
}

struct result tokenset_list(struct tx *tx, const struct user *u, struct json **out)
{
    struct document_list l = { 0 };
    struct json *all = json_array(tx->arena);
    TRY(document_list_by(tx, &tokenset_spec, "user_id", u->uid, &l));
    for (size_t i = 0; i < l.count; i++)
        json_push(tx->arena, all, show_tokenset(tx->arena, l.items[i].body));
    *out = all;
    return OK;
}

struct result connected_account_list(struct tx *tx, const struct user *u, struct document_list *l)
{
    return document_list_by(tx, &account_spec, "user_id", u->uid, l);
}

struct json *connected_account_show(struct arena *a, const struct document *d)
{
    static const char *const members[] = { "id", "connection", "connection_id", "strategy", "expires_at", "organization_id" };
    struct json *o = json_object(a), *scopes = json_array(a);
    str rest = json_get_text(d->body, STR("scope"));
    copy(a, o, d->body, members, sizeof members / sizeof *members);
    json_set_text(a, o, STR("access_type"), STR("offline"));
    while (rest.p) {
        str one = str_cut(rest, ' ', &rest);
        if (one.len)
            json_push_text(a, scopes, one);
    }
    json_set(a, o, STR("scopes"), scopes);
    json_set_text(a, o, STR("created_at"), clock_iso(a, d->created_at_us));
    return o;
}

/* --- going ---------------------------------------------------------------------------------- */

struct result tokenset_delete(struct tx *tx, const struct user *u, str id)
{
    struct document d;
    struct result r = document_read(tx, &tokenset_spec, id, &d);
    if (r.kind == tokenset_spec.missing || (!failed(r) && !str_eq(json_get_text(d.body, STR("user_id")), u->uid)))
        return OK;
    TRY(r);
    return document_delete(tx, &tokenset_spec, id);
}

struct result tokenset_drop_user(struct tx *tx, str user_id)
{
    TRY(document_delete_by(tx, &tokenset_spec, "user_id", user_id));
    return document_delete_by(tx, &account_spec, "user_id", user_id);
}

struct result tokenset_drop_connection(struct tx *tx, str connection_id)
{
    TRY(document_delete_by(tx, &tokenset_spec, "connection_id", connection_id));
    return document_delete_by(tx, &account_spec, "connection_id", connection_id);
}
