/* Lists of documents: filters, offset and checkpoint paging, totals. */
#include "domain/document.h"

#include <stdlib.h>

/* --- by sets: several filters, or several values of one ----------------------------------- */

/* Sequence numbers of all documents that one filter lets through, ascending. */
struct seq_set {
    int64_t *v;
    size_t count, cap;
};

static void seq_add(struct arena *a, struct seq_set *s, int64_t seq)
{
    if (s->count == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        int64_t *v = ARENA_ARRAY(a, int64_t, cap);
        for (size_t i = 0; i < s->count; i++)
            v[i] = s->v[i];
        s->v = v;
        s->cap = cap;
    }
    s->v[s->count++] = seq;
}

static struct result seqs_of_value(struct tx *tx, const struct resource_spec *spec, str member, str value, struct seq_set *out)
{
    struct sql_rows rows;
    TRY(sql_open(tx->sql, &rows, "SELECT seq FROM document_filter WHERE kind = ? AND field = ? AND value = ? ORDER BY seq",
                 SQL_ARGS(sql_text(spec->kind), sql_text(member), sql_text(value))));
    while (sql_next(&rows))
        seq_add(tx->arena, out, sql_col_int(&rows, 0));
    return sql_close(&rows);
}

static int by_seq(const void *x, const void *y)
{
    int64_t a = *(const int64_t *)x, b = *(const int64_t *)y;
    return (a > b) - (a < b);
}

static void sort_and_dedupe(struct seq_set *s)
{
    if (s->count == 0)
        return;
    qsort(s->v, s->count, sizeof *s->v, by_seq);
    size_t kept = 1;
    for (size_t i = 1; i < s->count; i++)
        if (s->v[i] != s->v[kept - 1])
            s->v[kept++] = s->v[i];
    s->count = kept;
}

static struct result seqs_of_filter(struct tx *tx, const struct resource_spec *spec, const struct document_filter *f,
                                    struct seq_set *out)
{
    for (size_t i = 0; i < f->value_count; i++)
        TRY(seqs_of_value(tx, spec, f->member, f->values[i], out));
    sort_and_dedupe(out);
    return OK;
}

static void intersect(struct seq_set *into, const struct seq_set *other)
{
    size_t kept = 0, j = 0;
    for (size_t i = 0; i < into->count; i++) {
        while (j < other->count && other->v[j] < into->v[i])
            j++;
        if (j < other->count && other->v[j] == into->v[i])
            into->v[kept++] = into->v[i];
    }
    into->count = kept;
}

static struct result seqs_of_filters(struct tx *tx, const struct resource_spec *spec, const struct document_list *l,
                                     struct seq_set *out)
{
    TRY(seqs_of_filter(tx, spec, &l->filters[0], out));
    for (size_t i = 1; i < l->filter_count; i++) {
        struct seq_set other = { 0 };
        TRY(seqs_of_filter(tx, spec, &l->filters[i], &other));
        intersect(out, &other);
    }
    return OK;
}

static struct result read_by_seq(struct tx *tx, const struct resource_spec *spec, int64_t seq, struct document *out)
{
    struct sql_value row[1];
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT id FROM documents WHERE seq = ?", SQL_ARGS(sql_int(seq)), row, 1, &found));
    return found ? document_read(tx, spec, row[0].s, out) : fail(ERR_INTERNAL);
}

struct result document_page_check(size_t stored_bytes)
{
    bool fits = stored_bytes <= DOCUMENT_PAGE_BYTES_MAX;
    return fits ? OK : fail1(ERR_INVALID_QUERY, STR("These entries are too large for one page; ask for fewer with per_page."));
}

/* Reads into items[i] and adds up what the page holds. */
struct page_reader {
    const struct document_list *list;
    size_t bytes;
};

static struct result take(struct page_reader *r, struct result read, const struct document *d)
{
    TRY(read);
    r->bytes += d->stored_len;
    return r->list->is_bounded ? document_page_check(r->bytes) : OK;
}

/* The page's window over n entries: where it begins and how many it holds. */
static size_t window(const struct document_list *l, size_t n, size_t *out_count)
{
    size_t from = l->offset < n ? l->offset : n;
    size_t left = n - from;
    *out_count = l->limit && l->limit < left ? l->limit : left;
    return from;
}

static struct result list_gathered(struct tx *tx, const struct resource_spec *spec, struct document_list *l)
{
    struct seq_set s = { 0 };
    TRY(seqs_of_filters(tx, spec, l, &s));
    size_t skip = 0;
    while (!l->newest_first && skip < s.count && s.v[skip] <= l->after_seq)
        skip++;
    size_t n = s.count - skip, count;
    size_t from = window(l, n, &count);
    struct page_reader reader = { .list = l };
    l->items = ARENA_ARRAY(tx->arena, struct document, count);
    for (size_t i = 0; i < count; i++) {
        size_t at = l->newest_first ? n - 1 - (from + i) : skip + from + i;
        TRY(take(&reader, read_by_seq(tx, spec, s.v[at], &l->items[i]), &l->items[i]));
    }
    l->count = count;
    l->total = s.count;
    l->more = from + count < n;
    return OK;
}

/* --- by the index: all of a kind, or what one value of one filter lets through ----------- */

struct walk {
    bool is_filtered;
    str field, value;
};
static struct walk walk_of(const struct document_list *l)
{
    if (l->filter_count == 0)
        return (struct walk){ .field = STR(""), .value = STR("") };
    return (struct walk){ .is_filtered = true, .field = l->filters[0].member, .value = l->filters[0].values[0] };
}

/* A long list has its number in a row (store/schema-3.sql). */
static struct result count(struct tx *tx, const struct resource_spec *spec, const struct walk *w, size_t *out)
{
#define KEPT "SELECT coalesce((SELECT n FROM row_counts WHERE kind = ? AND field = ? AND value = ?), "
    static const char all[] = KEPT "(SELECT COUNT(*) FROM documents WHERE kind = ?))";
    static const char filtered[] = KEPT "(SELECT COUNT(*) FROM document_filter WHERE kind = ? AND field = ? AND value = ?))";
    const struct sql_value kind = sql_text(spec->kind), field = sql_text(w->field), value = sql_text(w->value);
    struct sql_value n;
    bool found;
    TRY(w->is_filtered ? sql_row(tx->sql, tx->arena, filtered, SQL_ARGS(kind, field, value, kind, field, value), &n, 1, &found)
                       : sql_row(tx->sql, tx->arena, all, SQL_ARGS(kind, field, value, kind), &n, 1, &found));
    *out = (size_t)n.i;
    return OK;
}

/* One more than the page, so that `more` is known. */
static struct result list_ids(struct tx *tx, const struct resource_spec *spec, const struct document_list *l,
                              const struct walk *w, str *ids, size_t *out_count)
{
#define PLAIN(order) "SELECT id FROM documents WHERE kind = ? AND seq > ? ORDER BY seq " order " LIMIT ? OFFSET ?"
#define FILTERED(order)                                                                                                          \
    "SELECT id FROM documents WHERE seq IN (SELECT seq FROM document_filter WHERE kind = ? AND field = ? AND value = ? AND seq > ? " \
    "ORDER BY seq " order " LIMIT ? OFFSET ?) ORDER BY seq " order
    static const char *const texts[2][2] = { { PLAIN("ASC"), PLAIN("DESC") }, { FILTERED("ASC"), FILTERED("DESC") } };
    const struct sql_value args[] = { sql_text(spec->kind), sql_text(w->field), sql_text(w->value),
                                      sql_int(l->after_seq), sql_int((int64_t)l->limit + 1), sql_int((int64_t)l->offset) };
    const struct sql_value plain_args[] = { args[0], args[3], args[4], args[5] };
    struct sql_rows rows;
    size_t n = 0;
    TRY(sql_open(tx->sql, &rows, texts[w->is_filtered][l->newest_first], w->is_filtered ? args : plain_args,
                 w->is_filtered ? sizeof args / sizeof *args : sizeof plain_args / sizeof *plain_args));
    while (n <= l->limit && sql_next(&rows))
        ids[n++] = str_dup(tx->arena, sql_col_text(&rows, 0));
    *out_count = n;
    return sql_close(&rows);
}

static struct result list_walked(struct tx *tx, const struct resource_spec *spec, struct document_list *l)
{
    const struct walk w = walk_of(l);
    size_t n;
    TRY(count(tx, spec, &w, &l->total));
    if (l->limit == 0)
        l->limit = l->total;
    str *ids = ARENA_ARRAY(tx->arena, str, l->limit + 1);
    TRY(list_ids(tx, spec, l, &w, ids, &n));
    l->count = n > l->limit ? l->limit : n;
    l->more = n > l->limit;
    struct page_reader reader = { .list = l };
    l->items = ARENA_ARRAY(tx->arena, struct document, l->count);
    for (size_t i = 0; i < l->count; i++)
        TRY(take(&reader, document_read(tx, spec, ids[i], &l->items[i]), &l->items[i]));
    return OK;
}

struct result document_list(struct tx *tx, const struct resource_spec *spec, struct document_list *list)
{
    bool needs_sets = list->filter_count > 1 || (list->filter_count && list->filters[0].value_count != 1);
    return needs_sets ? list_gathered(tx, spec, list) : list_walked(tx, spec, list);
}

struct result document_list_by(struct tx *tx, const struct resource_spec *spec, const char *member, str value,
                               struct document_list *list)
{
    const struct document_filter one = { .member = str_from(member), .values = &value, .value_count = 1 };
    list->filters = &one;
    list->filter_count = 1;
    struct result r = document_list(tx, spec, list);
    list->filters = NULL;
    list->filter_count = 0;
    return r;
}

struct result document_delete_by(struct tx *tx, const struct resource_spec *spec, const char *member, str value)
{
    struct document_list all = { 0 };
    TRY(document_list_by(tx, spec, member, value, &all));
    for (size_t i = 0; i < all.count; i++)
        TRY(document_delete(tx, spec, all.items[i].id));
    return OK;
}

void id_list_add(struct id_list *l, struct arena *a, str id)
{
    if (l->count == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 64;
        str *v = ARENA_ARRAY(a, str, cap);
        for (size_t i = 0; i < l->count; i++)
            v[i] = l->v[i];
        l->v = v;
        l->cap = cap;
    }
    l->v[l->count++] = str_dup(a, id);
}

/* --- all of them, in rounds --------------------------------------------------------------- */

enum { ROUND_COUNT = 32 };

static struct result walk_round(struct tx *tx, const struct resource_spec *spec, struct document_list *l, document_fn fn, void *arg)
{
    TRY(document_list(tx, spec, l));
    for (size_t i = 0; i < l->count; i++)
        TRY(fn(tx, &l->items[i], arg));
    if (l->count)
        l->after_seq = l->items[l->count - 1].seq;
    return OK;
}

struct result document_each(struct tx *tx, const struct resource_spec *spec, document_fn fn, void *arg)
{
    struct arena *own = tx->arena;
    struct document_list l = { .limit = ROUND_COUNT, .more = true };
    struct result r = OK;
    while (!failed(r) && l.more) {
        tx->arena = arena_new_secret(0);
        r = walk_round(tx, spec, &l, fn, arg);
        if (failed(r)) /* the words of the error may lie in the round's memory */
            for (size_t i = 0; i < ERR_ARGS_MAX; i++)
                r.args.v[i] = r.args.v[i].p ? str_dup(own, r.args.v[i]) : STR_NONE;
        arena_free(tx->arena);
        tx->arena = own;
    }
    return r;
}
