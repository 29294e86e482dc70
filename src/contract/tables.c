/* Look-ups in the generated tables. */
#include "contract/contract.h"

#include <string.h>

const struct schema_member *schema_member_find(const struct schema *s, str name)
{
    for (size_t i = 0; i < s->member_count; i++)
        if (str_eq(s->members[i].name, name))
            return &s->members[i];
    return NULL;
}

/* --- scopes ----------------------------------------------------------------- */

int scope_find(str name)
{
    size_t low = 0, high = SCOPE_MAX; /* scope_names is sorted bytewise */
    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = str_cmp(name, scope_names[mid]);
        if (order == 0)
            return (int)mid;
        if (order < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return -1;
}

void scopes_add(struct scopes *s, int id)
{
    if (id >= 0 && id < SCOPE_MAX)
        s->bits[id / 64] |= (uint64_t)1 << (id % 64);
}

bool scopes_has(const struct scopes *s, int id)
{
    return id >= 0 && id < SCOPE_MAX && (s->bits[id / 64] >> (id % 64) & 1);
}

void scopes_parse(str space_separated, struct scopes *out)
{
    memset(out, 0, sizeof *out);
    str rest = space_separated;
    while (rest.p) {
        str name = str_cut(rest, ' ', &rest);
        if (name.len)
            scopes_add(out, scope_find(name));
    }
}
