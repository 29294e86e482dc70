/* The frame of a file of users (docs/users-files.md): its first line, and the
 * part of each later one that only the holder of a key may read.
 *
 *   {"doorward_users":{"version":1,"secrets":"sealed","ephemeral":…,"key":…,"check":…}}
 *
 * A sealed line is bound to the first one, to its user_id and to all its other
 * members: none can be changed, and none can be put into another file. The last
 * line tells how many users there are, so that none can be taken away either:
 *
 *   {"doorward_users_end":{"users":N,"check":…}}
 *
 * Version 1 had no last line; its files are still read. */
#ifndef DOMAIN_USER_FILE_H
#define DOMAIN_USER_FILE_H

#include "crypto/box.h"
#include "json/json.h"

enum user_file_secrets { USER_FILE_NO_SECRETS, USER_FILE_PLAIN, USER_FILE_SEALED, USER_FILE_SECRETS_MAX };

struct user_file {
    bool has_header;
    enum user_file_secrets secrets;
    unsigned char key[SEAL_KEY_LEN]; /* of a sealed one */
    str binding;                     /* digest of the first line */
    bool has_end;                    /* it must have a last line */
};

/* A new file's first line, without its end. to: whose private key opens a sealed one. Errors: ERR_CRYPTO. */
MUST_USE struct result user_file_begin(struct arena *a, enum user_file_secrets secrets, const struct box_key *to, struct user_file *out,
                                       str *out_line);
/* Does this item stand for the first line? */
bool user_file_is_header(const struct json *item);
/* own: NULL without a key. Errors: ERR_USAGE with one clear line: another version, no key, another key, changed. */
MUST_USE struct result user_file_read(struct arena *a, const struct json *header, const struct box_key *own, struct user_file *out);

/* The last line, without its end. */
str user_file_end(struct arena *a, const struct user_file *f, int64_t users);
bool user_file_is_end(const struct json *item);
/* item: the last line, NULL when there is none. *out_users: how many the file must have; -1: it does not say.
 * Errors: ERR_USAGE with one clear line. */
MUST_USE struct result user_file_read_end(struct arena *a, const struct user_file *f, const struct json *item, int64_t *out_users);

/* members: a line's others, as they stand in it ("{…}"). */
str user_file_seal(struct arena *a, const struct user_file *f, str user_id, str members, str secrets);
/* The line's sealed part takes its place in line. Errors: ERR_SEAL_BROKEN, also for a line without one in a file that is sealed. */
MUST_USE struct result user_file_unseal(struct arena *a, const struct user_file *f, struct json *line);

#endif
