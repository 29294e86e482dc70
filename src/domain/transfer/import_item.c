#include "domain/transfer/import_inside.h"

/* The bulk schema has no such member. */
bool import_is_whole(const struct json *user)
{
    return json_get(user, STR("identities")) != NULL;
}

/* What the key does not open may not come in, nor what stands beside it. */
static void refuse_sealed(struct arena *a, struct import_item *item)
{
    item->errors = json_array(a);
    json_push(a, item->errors, import_error(a, "NOT_PASSED", STR("Error in sealed property - The line was changed, or is of another file"), STR("sealed")));
}

bool import_source_has(const struct import_source *s, int64_t users, str *out_why)
{
    bool holds = s->users < 0 || s->users == users;
    if (!holds)
        *out_why = STR("Users of this file are missing, or there are some that it does not know of: its last line tells another number.");
    return holds;
}

struct result import_item_read(struct arena *a, const struct import_source *s, str text, struct import_item *out)
{
    *out = (struct import_item){ .hash = STR_NONE };
    TRY(json_parse(a, text, &out->user));
    if (failed(user_file_unseal(a, &s->file, out->user)))
        refuse_sealed(a, out);
    else if (s->takes_whole && import_is_whole(out->user))
        import_check_whole(a, out->user, &out->errors, &out->hash);
    else
        import_check(a, out->user, &out->errors, &out->hash);
    return OK;
}
