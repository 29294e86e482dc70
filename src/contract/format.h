/* Named formats of texts. They are asserted: a text outside its format is
 * refused. Where the real API names a format but nobody saw what it refuses,
 * the check is the loosest that the name allows. */
#ifndef CONTRACT_FORMAT_H
#define CONTRACT_FORMAT_H

#include "base/str.h"

bool format_ok(unsigned row, str s); /* row 0: everything */
str format_name(unsigned row);
unsigned format_find(str name); /* 0 when unknown */

/* --- what formats are made of (format_net.c) ------------------------------ */
bool text_is_email(str s);
bool text_is_hostname(str s); /* letters, digits, - and . (RFC 1123); underscores too */
bool text_is_ipv4(str s);
bool text_is_ipv6(str s);
bool text_is_cidr(str s, bool v6); /* address/bits */
enum {
    URI_ANY_SCHEME = 0,
    URI_HTTPS = 1u << 0,        /* no other scheme */
    URI_NEEDS_HOST = 1u << 1,   /* scheme://host… */
    URI_PLACEHOLDERS = 1u << 2, /* {organization_name} and a leading * in the host */
};
bool text_is_uri(str s, unsigned flags);

#endif
