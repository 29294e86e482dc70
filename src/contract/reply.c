/* Replies against their closed schemas, in debug and test builds: a member that
 * the contract does not name is our own mistake, and may be a secret. Texts are
 * not measured: what one API stored loosely, the other shows. */
#include "contract/validate.h"

struct trail {
    const struct trail *up;
    str name;
};

struct reply {
    struct arena *arena;
    bool partial; /* `fields` leaves members out: none is required */
};

/* Names under which the store and the domain keep what nobody may see. */
static const str secret_names[] = { STR_INIT("password_hash"), STR_INIT("sealed"), STR_INIT("sealed_key"),
                                    STR_INIT("wrapped_key"), STR_INIT("secret_hash"), STR_INIT("token_hash") };

static bool is_secret(str name)
{
    for (size_t i = 0; i < sizeof secret_names / sizeof *secret_names; i++)
        if (str_eq(name, secret_names[i]))
            return true;
    return false;
}

static str trail_text(struct arena *a, const struct trail *t)
{
    if (!t)
        return STR("(root)");
    return t->up ? str_fmt(a, "%.*s.%.*s", STR_ARG(trail_text(a, t->up)), STR_ARG(t->name)) : t->name;
}

static struct result outside(struct arena *a, const struct trail *t, const char *why)
{
    str where = trail_text(a, t);
    return fail1(ERR_REPLY_OUTSIDE_CONTRACT, str_fmt(a, "%.*s: %s", STR_ARG(where), why));
}

/* Metadata is the customer's: any name may stand there. */
static bool is_metadata(str name)
{
    return str_ends(name, STR("metadata"));
}

static struct result refuse_secrets(struct arena *a, const struct trail *t, const struct json *v)
{
    struct json *item;
    const struct json_member *m;
    if (v->type == JSON_ARRAY)
        JSON_EACH_ITEM(v, i, item)
            TRY(refuse_secrets(a, t, item));
    if (v->type == JSON_OBJECT)
        JSON_EACH_MEMBER(v, i, m) {
            struct trail here = { t, m->key };
            if (is_secret(m->key) && !str_eq(json_text(m->value), STR("*****")))
                return outside(a, &here, "a secret");
            if (!is_metadata(m->key))
                TRY(refuse_secrets(a, &here, m->value));
        }
    return OK;
}

static bool type_fits(const struct schema *s, const struct json *v)
{
    static const unsigned bits[] = {
        [JSON_NULL] = SCHEMA_NULL,     [JSON_BOOL] = SCHEMA_BOOLEAN, [JSON_NUMBER] = SCHEMA_NUMBER | SCHEMA_INTEGER,
        [JSON_STRING] = SCHEMA_STRING, [JSON_ARRAY] = SCHEMA_ARRAY,  [JSON_OBJECT] = SCHEMA_OBJECT,
    };
    int64_t n;
    bool fraction = v->type == JSON_NUMBER && !(s->types & SCHEMA_NUMBER) && !json_to_int(v, &n);
    return (s->types & bits[v->type]) && !fraction;
}

static bool enum_fits(struct arena *a, const struct schema *s, const struct json *v)
{
    str text = json_dump(a, v);
    for (size_t i = 0; i < s->value_count; i++)
        if (str_eq(s->values[i], text))
            return true;
    return s->value_count == 0;
}

static struct result check(const struct reply *r, const struct trail *t, const struct schema *s, const struct json *v);

static struct result check_object(const struct reply *r, const struct trail *t, const struct schema *s, const struct json *v)
{
    const struct json_member *m;
    for (size_t i = 0; i < s->member_count; i++) {
        struct trail here = { t, s->members[i].name };
        if (s->members[i].required && !r->partial && !json_get(v, here.name))
            return outside(r->arena, &here, "missing");
    }
    JSON_EACH_MEMBER(v, i, m) {
        struct trail here = { t, m->key };
        const struct schema_member *known = schema_member_find(s, m->key);
        const struct schema *inner = known ? known->schema : s->extra;
        if (inner)
            TRY(check(r, &here, inner, m->value));
        else if (!(s->flags & SCHEMA_FREE))
            return outside(r->arena, &here, "not in the contract");
    }
    return OK;
}

/* The fault of the alternative that got nearest would be best; the last one of the right type is near enough. */
static struct result check_alternatives(const struct reply *r, const struct trail *t, const struct schema *s, const struct json *v)
{
    struct result last = outside(r->arena, t, "none of the alternatives");
    for (size_t i = 0; i < s->alternative_count; i++) {
        struct result found = check(r, t, s->alternatives[i], v);
        if (!failed(found))
            return OK;
        if (type_fits(s->alternatives[i], v))
            last = found;
    }
    return last;
}

static struct result check(const struct reply *r, const struct trail *t, const struct schema *s, const struct json *v)
{
    struct json *item;
    if (v->type == JSON_NULL && (s->types & SCHEMA_NULL))
        return OK;
    if (s->alternative_count)
        return check_alternatives(r, t, s, v);
    if (!type_fits(s, v))
        return outside(r->arena, t, "of another type");
    if (!enum_fits(r->arena, s, v))
        return outside(r->arena, t, "not one of the values");
    if (v->type == JSON_OBJECT)
        return check_object(r, t, s, v);
    if (v->type == JSON_ARRAY && s->items)
        JSON_EACH_ITEM(v, i, item)
            TRY(check(r, t, s->items, item));
    return OK;
}

static bool takes_fields(const struct operation *op)
{
    for (size_t i = 0; i < op->query_param_count; i++)
        if (str_eq(op->query_params[i].name, STR("fields")))
            return true;
    return false;
}

static struct result check_status(struct arena *a, const struct operation *op, int status, const struct json *reply)
{
    struct reply r = { .arena = a, .partial = takes_fields(op) };
    for (size_t i = 0; i < op->reply_count; i++) {
        if (op->replies[i].status != status)
            continue;
        if (!op->replies[i].schema)
            return reply ? outside(a, NULL, "a body where none belongs") : OK;
        return reply ? check(&r, NULL, op->replies[i].schema, reply) : outside(a, NULL, "no body");
    }
    return outside(a, NULL, "status not in the contract");
}

struct result validate_reply(struct arena *a, const struct operation *op, int status, const struct json *reply)
{
    struct result r = check_status(a, op, status, reply);
    if (!failed(r) && reply)
        r = refuse_secrets(a, NULL, reply);
    if (!failed(r))
        return OK;
    return fail1(r.kind, str_fmt(a, "%.*s %d: %.*s", STR_ARG(op->name), status, STR_ARG(r.args.v[0])));
}
