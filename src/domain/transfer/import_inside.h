/* What the files of the import share (import*.c). */
#ifndef DOMAIN_IMPORT_INSIDE_H
#define DOMAIN_IMPORT_INSIDE_H

#include "domain/transfer/import.h"
#include "domain/user/inside.h"

/* --- transfer/import_read.c: a JSON array in a file, one item after the other ------------- */

enum { IMPORT_ITEM_MAX = 1 << 20 }; /* bytes of one user */

struct import_reader {
    int fd;
    int64_t size;
    int64_t at;   /* offset in the file of the next byte to look at */
    struct buf window;
    size_t used;  /* of the window */
    int64_t window_at; /* offset of its first byte */
    int64_t begin; /* behind the first line, where that is none of a user */
    int64_t until; /* before the last line, where that is none of a user; 0: the file's end */
    bool is_lines; /* one object after the other instead of an array */
    bool broken;  /* no JSON array, or cut off; an item that is too long */
};
MUST_USE struct result import_reader_open(struct import_reader *r, const char *path);
/* The file may also be JSON lines: does it begin like one? */
void import_reader_take_lines(struct import_reader *r);
/* The first item of lines, when it is the one that says what the file is; NULL: it has none. Later seeks to 0 go behind it. */
struct json *import_reader_take_header(struct import_reader *r, struct arena *a);
/* The same of the last one. */
struct json *import_reader_take_end(struct import_reader *r, struct arena *a);
void import_reader_close(struct import_reader *r);
/* 0: at the beginning; else what import_reader_at answered before. */
void import_reader_seek(struct import_reader *r, int64_t position);
/* The next item, valid until the next call. False at the end or when the file is broken. */
bool import_reader_next(struct import_reader *r, str *out);
int64_t import_reader_at(const struct import_reader *r);

/* --- transfer/import_item.c: one item of the file --------------------------------------------- */

struct import_source {
    bool takes_whole; /* users as `users export` writes them, too */
    struct user_file file;
    int64_t users; /* that the file says it has; -1: it does not say */
};
/* Is that how many there are? Else *out_why. */
bool import_source_has(const struct import_source *s, int64_t users, str *out_why);
struct import_item {
    struct json *user, *errors; /* errors: array of {code, message, path}, empty when the user may come in */
    str hash;                   /* of the password that the user brings (transfer/imported_hash.h); STR_NONE: none */
};
/* text: must live as long as a. Outside of any transaction. Errors: ERR_INVALID_JSON. */
MUST_USE struct result import_item_read(struct arena *a, const struct import_source *s, str text, struct import_item *out);

/* --- transfer/import_schema.c: the closed schema of one user -------------------------------- */

/* *errors: array of {code, message, path}, empty when the user holds. *hash: as in struct import_item. */
void import_check(struct arena *a, const struct json *user, struct json **errors, str *hash);
/* transfer/import_whole_schema.c: the same of a user as `users export` writes them: one with identities. */
void import_check_whole(struct arena *a, const struct json *user, struct json **errors, str *hash);
struct json *import_error(struct arena *a, const char *code, str message, str path);
/* {user, errors} with what is secret as "*****". */
struct json *import_report(struct arena *a, const struct json *user, struct json *errors);

/* --- transfer/import_user.c: one user into the tenant ----------------------------------------- */

struct import_target {
    const struct job *job;
    struct connection connection;
    struct user_rules rules;
    bool upsert;
};
enum import_outcome { IMPORT_INSERTED, IMPORT_UPDATED, IMPORT_FAILED, IMPORT_OUTCOME_MAX };
/* Inside the import's transaction. *out_error: of IMPORT_FAILED, {code, message, path}. A failure of the function
 * itself means that the transaction must not be kept. */
bool import_is_whole(const struct json *user);
/* transfer/import_whole.c: the same for a whole user. */
MUST_USE struct result import_whole_user(struct tx *tx, const struct import_target *t, const struct json *user, str hash,
                                         enum import_outcome *out, struct json **out_error);
/* transfer/import_user.c: what an upsert changes of a user who is there. */
MUST_USE struct result import_user_update(struct tx *tx, const struct import_target *t, const struct json *user, str hash,
                                          const struct user *present, enum import_outcome *out, struct json **out_error);
MUST_USE struct result import_user(struct tx *tx, const struct import_target *t, const struct json *user, str hash,
                                   enum import_outcome *out, struct json **out_error);

#endif
