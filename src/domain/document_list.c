/* Lists of documents: filters, offset and checkpoint paging, totals. */
#include "domain/document.h"

#include <stdlib.h>

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

/* The page's window over n entries: where it begins and how many it holds. */
static size_t window(const struct document_list *l, size_t n, size_t *out_count)
{
    size_t from = l->offset < n ? l->offset : n;
    size_t left = n - from;
    *out_count = l->limit && l->limit < left ? l->limit : left;
    return from;
}

static struct result list_filtered(struct tx *tx, const struct resource_spec *spec, struct document_list *l)
{
    struct seq_set s = { 0 };
    TRY(seqs_of_filters(tx, spec, l, &s));
    size_t skip = 0;
    while (!l->newest_first && skip < s.count && s.v[skip] <= l->after_seq)
        skip++;
    size_t n = s.count - skip, count;
    size_t from = window(l, n, &count);
    l->items = ARENA_ARRAY(tx->arena, struct document, count);
    for (size_t i = 0; i < count; i++) {
        size_t at = l->newest_first ? n - 1 - (from + i) : skip + from + i;
        TRY(read_by_seq(tx, spec, s.v[at], &l->items[i]));
    }
    l->count = count;
    l->total = s.count;
    l->more = from + count < n;
    return OK;
}

static struct result count_all(struct tx *tx, const struct resource_spec *spec, size_t *out)
{
    struct sql_value row[1];
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT COUNT(*) FROM documents WHERE kind = ?", SQL_ARGS(sql_text(spec->kind)), row, 1, &found));
    *out = (size_t)row[0].i;
    return OK;
}

/* One more than the page, so that `more` is known. */
static struct result list_ids(struct tx *tx, const struct resource_spec *spec, const struct document_list *l, str *ids, size_t *out_count)
{
    static const char up[] = "SELECT id FROM documents WHERE kind = ? AND seq > ? ORDER BY seq LIMIT ? OFFSET ?";
    static const char down[] = "SELECT id FROM documents WHERE kind = ? AND seq > ? ORDER BY seq DESC LIMIT ? OFFSET ?";
    struct sql_rows rows;
    size_t n = 0;
    TRY(sql_open(tx->sql, &rows, l->newest_first ? down : up,
                 SQL_ARGS(sql_text(spec->kind), sql_int(l->after_seq), sql_int((int64_t)l->limit + 1), sql_int((int64_t)l->offset))));
    while (n <= l->limit && sql_next(&rows))
        ids[n++] = str_dup(tx->arena, sql_col_text(&rows, 0));
    *out_count = n;
    return sql_close(&rows);
}

static struct result list_plain(struct tx *tx, const struct resource_spec *spec, struct document_list *l)
{
    if (l->want_total || l->limit == 0)
        TRY(count_all(tx, spec, &l->total));
    if (l->limit == 0)
        l->limit = l->total;
    size_t n;
    str *ids = ARENA_ARRAY(tx->arena, str, l->limit + 1);
    TRY(list_ids(tx, spec, l, ids, &n));
    l->count = n > l->limit ? l->limit : n;
    l->more = n > l->limit;
    l->items = ARENA_ARRAY(tx->arena, struct document, l->count);
    for (size_t i = 0; i < l->count; i++)
        TRY(document_read(tx, spec, ids[i], &l->items[i]));
    return OK;
}

struct result document_list(struct tx *tx, const struct resource_spec *spec, struct document_list *list)
{
    return list->filter_count ? list_filtered(tx, spec, list) : list_plain(tx, spec, list);
}
