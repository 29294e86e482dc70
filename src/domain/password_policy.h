/* What a connection asks of passwords: strength, dictionary, personal data.
 * AUTH-REFERENCE 19.1 and 19.2; the older options (passwordPolicy and the
 * password_* objects) and the flexible password_options read into one struct.
 * Pure: the history, which needs hashes, is domain/user/password.h. */
#ifndef DOMAIN_PASSWORD_POLICY_H
#define DOMAIN_PASSWORD_POLICY_H

#include "base/result.h"
#include "json/json.h"

enum { PASSWORD_BYTES_MAX = 72, PASSWORD_HISTORY_MAX = 24 };

enum password_class { PASSWORD_LOWER, PASSWORD_UPPER, PASSWORD_NUMBER, PASSWORD_SPECIAL, PASSWORD_CLASS_MAX };

struct password_policy {
    unsigned min_length;     /* UTF-16 units */
    unsigned classes;        /* 1u << enum password_class, or-ed */
    unsigned classes_needed; /* so many of them; 0: none */
    unsigned identical_max;  /* equal characters in a row; 0: any */
    unsigned sequential_max; /* neighbours like abc or 321; 0: any */
    bool too_long_is_error;  /* beyond PASSWORD_BYTES_MAX; else what follows is cut */
    bool dictionary;
    const struct json *dictionary_words; /* beside our own list; may be NULL */
    bool personal_info;
    const struct json *personal_fields; /* names of attributes; NULL: the usual ones */
    unsigned history_size;   /* the last so many hashes, the current one included; 0: none */
};

/* options: of a database connection; borrowed. */
void password_policy_read(const struct json *options, struct password_policy *out);

/* profile: a user's document (or the body that makes one); may be NULL. Errors:
 * ERR_PASSWORD_TOO_WEAK, ERR_PASSWORD_TOO_COMMON, ERR_PASSWORD_USER_INFO. */
MUST_USE struct result password_policy_check(struct arena *a, const struct password_policy *p, str password,
                                             const struct json *profile);

/* For sign-up pages and their errors: [{message, code, format?, items?, verified}]. */
struct json *password_policy_rules(struct arena *a, const struct password_policy *p, str password);
/* The same as a bulleted text. */
str password_policy_text(struct arena *a, const struct password_policy *p);

/* Among the words that everybody tries? Whole match, any case. */
bool password_is_common(struct arena *a, str password);

#endif
