/* What is known about fields by their names: the one table of case rules,
 * dates, bare terms and what search leaves out. */
#ifndef SEARCH_FIELD_H
#define SEARCH_FIELD_H

#include "base/str.h"

bool field_is_folded(str field); /* upper and lower case are one */
bool field_is_date(str field);   /* texts that are dates compare as moments */
/* Not searched, with everything beneath: pictures and raw profiles of providers. */
bool field_is_hidden(str field);
/* Not in the document but in a relation of the user: "organization_id". */
bool field_is_membership(str field);

/* The id in user_terms of a well-known field, 0 for others: those get theirs
 * from search_fields, from FIELD_ID_FIRST on (search/catalog.h). */
enum { FIELD_ID_FIRST = 1000 };
int64_t field_fixed_id(str field);
/* A root field with a fixed id: users are sorted by it without their documents. */
bool field_is_sorted(str field);
/* No member of a document: a user has as values of it the numbers (field_several_key)
 * of the sorted fields that have several values. */
#define FIELD_SEVERAL "\001several"
str field_several_key(int64_t sorted_field);
/* The well-known members of parent ("identities"): start with *at = 0. */
bool field_next_fixed_beneath(str parent, size_t *at, int64_t *out_id);

/* What "email.domain" is derived from: the text behind the last @, STR_NONE
 * without one. */
str field_email_domain(str email);

/* The fields of a user that a bare term looks into. */
const str *field_user_defaults(size_t *out_count);

#endif
