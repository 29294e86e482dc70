/* One user as a line of an export. */
#ifndef DOMAIN_EXPORT_WRITE_H
#define DOMAIN_EXPORT_WRITE_H

#include "json/json.h"

struct export_format {
    bool is_csv;
    const struct json *fields; /* array of {name, export_as}; NULL: the default set */
};
void export_write_head(struct buf *b, const struct export_format *f);
void export_write_user(struct arena *a, struct buf *b, const struct export_format *f, const struct json *doc);
/* "identities[0].connection" in doc; NULL when there is nothing. */
const struct json *export_find(const struct json *doc, str path);

#endif
