/* What the files of --seed share (seed*.c); nobody else includes it. */
#ifndef CLI_SEED_INSIDE_H
#define CLI_SEED_INSIDE_H

#include "base/map.h"
#include "cli/seed.h"
#include "contract/contract.h"
#include "json/json.h"

/* --- seed_file.c: one file ----------------------------------------------------- */
enum { SEED_FILE_BYTES_MAX = 16 << 20 };

struct seed_source {
    struct arena *arena;
    const char *dir;       /* the directory itself */
    struct json *mappings; /* AUTH0_KEYWORD_REPLACE_MAPPINGS; NULL: none */
    struct map *referred;  /* folders of the directory that files refer to */
};
MUST_USE struct result seed_source_open(struct arena *a, const char *dir, struct seed_source *out);
/* path: below the directory. Text with its keywords replaced. */
MUST_USE struct result seed_file_text(const struct seed_source *s, str path, str *out);
MUST_USE struct result seed_file_json(const struct seed_source *s, str path, struct json **out);
bool seed_file_exists(const struct seed_source *s, str path);
/* A reference inside of `path`: relative to its folder. Errors: one that leads
 * out of the directory. */
MUST_USE struct result seed_file_resolve(const struct seed_source *s, str path, str reference, str *out);
/* "FILE: what", as ERR_USAGE. */
struct result seed_fault(struct arena *a, str file, str what);
/* The same for whatever the contract or the domain answered. */
struct result seed_fault_of(struct arena *a, str file, struct result r);

/* --- seed.c: what was read -------------------------------------------------------- */
struct user_password;
struct seed_item {
    str file; /* below the directory, for messages */
    struct json *body;
    const struct user_password *password; /* of a user; NULL: none */
};

/* One transaction's knowledge of the tenant: names that files use for ids. */
struct seed_run {
    struct tx *tx;
    struct map *clients; /* name → its client_id (str *) */
    struct map *roles;   /* name → its id (str *) */
    struct map *claimed; /* "kind name" → the file that holds it (const str *) */
};

/* --- seed_read.c: before the transaction ----------------------------------------------- */
typedef struct result (*seed_read_fn)(const struct seed_source *s, struct seed_item *item);
struct result seed_read_client(const struct seed_source *s, struct seed_item *item);
struct result seed_read_database(const struct seed_source *s, struct seed_item *item);
struct result seed_read_connection(const struct seed_source *s, struct seed_item *item);
struct result seed_read_user(const struct seed_source *s, struct seed_item *item);

/* --- seed_apply.c, seed_connection.c, seed_organization.c, seed_user.c: inside it. body: a copy
 * of the item's, theirs to change. What they answer is worded with the file's name by the caller. ---------------- */
typedef struct result (*seed_apply_fn)(struct seed_run *run, struct json *body, const struct seed_item *item);
MUST_USE struct result seed_run_start(struct tx *tx, struct seed_run *out);
/* The body against that operation's schema. */
struct result seed_check(struct seed_run *run, enum op_id op, struct json *body);
/* Two files for one thing would overwrite each other: the second is a fault. */
struct result seed_claim(struct seed_run *run, const char *kind, str name, const struct seed_item *item);
void seed_drop(struct json *body, const char *const *members); /* up to a NULL */
void seed_map_name(struct seed_run *run, struct map *names, str name, str id);
str seed_id_of(const struct map *names, str name); /* STR_NONE: no such name */
/* A client by name, or by client_id. Errors: ERR_INVALID_BODY naming the member. */
struct result seed_client_id(struct seed_run *run, const char *member, str name, str *out);

struct result seed_apply_resource_server(struct seed_run *run, struct json *body, const struct seed_item *item);
struct result seed_apply_client(struct seed_run *run, struct json *body, const struct seed_item *item);
struct result seed_apply_connection(struct seed_run *run, struct json *body, const struct seed_item *item);
struct result seed_apply_grant(struct seed_run *run, struct json *body, const struct seed_item *item);
struct result seed_apply_role(struct seed_run *run, struct json *body, const struct seed_item *item);
struct result seed_apply_organization(struct seed_run *run, struct json *body, const struct seed_item *item);
struct result seed_apply_user(struct seed_run *run, struct json *body, const struct seed_item *item);
struct result seed_apply_tenant(struct seed_run *run, struct json *body, const struct seed_item *item);

#endif
