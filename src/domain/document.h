/* The document engine: create, read, list, patch, delete and paging for every
 * configuration resource that the contract describes (struct resource_spec).
 * Bodies are checked before; the engine keeps what must hold whichever API
 * asks: ids, uniqueness, immutables, secrets sealed apart, merge rules, filters.
 * Documents that it hands out have their secrets back in place; presenting
 * them to a caller (who may see what) is api/'s work. */
#ifndef DOMAIN_DOCUMENT_H
#define DOMAIN_DOCUMENT_H

#include "contract/contract.h"
#include "json/json.h"
#include "store/store.h"

struct document {
    int64_t seq; /* grows with creation: the checkpoint of lists */
    str id;
    struct json *body; /* with its id under spec->key */
    int64_t created_at_us, updated_at_us;
    size_t stored_len; /* bytes of the text it was read from */
};

/* What a resource does beyond being kept. Every member may be NULL. All run
 * inside the transaction and may refuse. */
struct resource_hooks {
    /* old: NULL at creation. now: about to be stored, may be changed. */
    struct result (*check)(struct tx *tx, const struct json *old, struct json *now);
    struct result (*created)(struct tx *tx, const struct document *d);
    struct result (*changed)(struct tx *tx, const struct json *old, const struct document *d);
    struct result (*deleting)(struct tx *tx, const struct document *d); /* relations, dependants */
};

/* body: validated; takes it over. id: STR_NONE makes one. Errors: the unique
 * rule's kind, what a hook says. */
MUST_USE struct result document_create(struct tx *tx, const struct resource_spec *spec, str id, struct json *body,
                                       struct document *out);
/* id, or the value of spec->also. Errors: spec->missing. */
MUST_USE struct result document_read(struct tx *tx, const struct resource_spec *spec, str id, struct document *out);
MUST_USE struct result document_find(struct tx *tx, const struct resource_spec *spec, str unique_member, str value,
                                     struct document *out, bool *out_found);
/* patch: objects in spec->merges are merged at their first level, other members
 * replaced, null removes. Errors: spec->missing, unique kinds, ERR_INVALID_BODY
 * for a changed immutable, hooks. */
MUST_USE struct result document_patch(struct tx *tx, const struct resource_spec *spec, str id, const struct json *patch,
                                      struct document *out);
/* Stores body whole in place of the old one (v1 PUT). */
MUST_USE struct result document_replace(struct tx *tx, const struct resource_spec *spec, str id, struct json *body,
                                        struct document *out);
/* Errors: spec->missing unless spec->delete_missing_ok. */
MUST_USE struct result document_delete(struct tx *tx, const struct resource_spec *spec, str id);

struct document_filter {
    str member;              /* one of spec->filters' members */
    const str *values;       /* equal to any of these */
    size_t value_count;
};
struct document_list {
    const struct document_filter *filters; /* all must hold */
    size_t filter_count;
    int64_t after_seq;       /* checkpoint: 0 from the start */
    size_t offset, limit;    /* limit 0: all */
    bool newest_first;
    bool is_bounded;         /* for an answer: ERR_INVALID_QUERY when the page is larger than DOCUMENT_PAGE_BYTES_MAX */
    /* out */
    struct document *items;
    size_t count, total;
    bool more;
};
enum { DOCUMENT_PAGE_BYTES_MAX = 32 << 20 }; /* stored; a page is in memory as a whole, more than once */
MUST_USE struct result document_list(struct tx *tx, const struct resource_spec *spec, struct document_list *list);
/* Those with that value in a member by which the resource is filtered; the page
 * of list, or {0} for all. */
MUST_USE struct result document_list_by(struct tx *tx, const struct resource_spec *spec, const char *member, str value,
                                        struct document_list *list);
/* The same go, each with its hooks. */
MUST_USE struct result document_delete_by(struct tx *tx, const struct resource_spec *spec, const char *member, str value);

/* For pages that are put together elsewhere: what is_bounded does. */
MUST_USE struct result document_page_check(size_t stored_bytes);

/* Ids that a walk keeps, copied into a. Starts as zeroes. */
struct id_list {
    str *v;
    size_t count, cap;
};
void id_list_add(struct id_list *l, struct arena *a, str id);

/* All of a kind, oldest first, a few in memory at a time: while fn runs, tx->arena
 * is gone when it returns; what stays is copied elsewhere. An error ends the walk. */
typedef struct result (*document_fn)(struct tx *tx, const struct document *d, void *arg);
MUST_USE struct result document_each(struct tx *tx, const struct resource_spec *spec, document_fn fn, void *arg);

#endif
