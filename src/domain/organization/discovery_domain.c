#include "domain/organization/discovery_domain.h"

#include "crypto/random.h"

enum { VERIFICATION_TXT_LEN = 32 };

static const struct resource_spec *spec(void)
{
    return &resource_specs[RESOURCE_DISCOVERY_DOMAIN];
}

/* The unique member: organization and domain together. */
static str place_of(struct arena *a, str organization, str domain)
{
    return str_fmt(a, "%.*s %.*s", STR_ARG(organization), STR_ARG(str_lower(a, domain)));
}

struct result discovery_domain_create(struct tx *tx, str organization, const struct json *body, struct document *out)
{
    struct arena *a = tx->arena;
    struct json *now = json_copy_shallow(a, body);
    str domain = json_get_text(body, STR("domain"));
    json_set_text(a, now, STR("organization_id"), organization);
    json_set_text(a, now, STR("place"), place_of(a, organization, domain));
    json_set_text(a, now, STR("verification_txt"), random_text(a, RANDOM_HEX, VERIFICATION_TXT_LEN));
    json_set_text(a, now, STR("verification_host"),
                  str_fmt(a, "_ss-verification.%.*s.%.*s", STR_ARG(organization), STR_ARG(domain)));
    return document_create(tx, spec(), STR_NONE, now, out);
}

struct result discovery_domain_read(struct tx *tx, str organization, str id, struct document *out)
{
    TRY(document_read(tx, spec(), id, out));
    return str_eq(json_get_text(out->body, STR("organization_id")), organization) ? OK : fail(ERR_INEXISTENT_DISCOVERY_DOMAIN);
}

struct result discovery_domain_by_name(struct tx *tx, str organization, str domain, struct document *out)
{
    bool found;
    TRY(document_find(tx, spec(), STR("place"), place_of(tx->arena, organization, domain), out, &found));
    return found ? OK : fail(ERR_INEXISTENT_DISCOVERY_DOMAIN);
}

struct result discovery_domain_patch(struct tx *tx, str organization, str id, const struct json *patch, struct document *out)
{
    TRY(discovery_domain_read(tx, organization, id, out));
    return document_patch(tx, spec(), id, patch, out);
}

struct result discovery_domain_delete(struct tx *tx, str organization, str id)
{
    struct document d;
    struct result r = discovery_domain_read(tx, organization, id, &d);
    if (r.kind == ERR_INEXISTENT_DISCOVERY_DOMAIN)
        return OK;
    TRY(r);
    return document_delete(tx, spec(), id);
}

struct result discovery_domain_list(struct tx *tx, str organization, struct document_list *list)
{
    return document_list_by(tx, spec(), "organization_id", organization, list);
}

struct result discovery_domain_drop_organization(struct tx *tx, str organization)
{
    return document_delete_by(tx, spec(), "organization_id", organization);
}
