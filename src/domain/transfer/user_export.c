#include "domain/transfer/user_export_inside.h"

enum { USERS_MAX = 500, BYTES_MAX = 2 << 20 }; /* of a batch; the last user may go beyond */

/* --- the batch -------------------------------------------------------------------------- */

struct exported_user *exported_user_find(const struct exported_batch *b, int64_t row)
{
    size_t low = 0, high = b->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (b->users[middle].row < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low < b->count && b->users[low].row == row ? &b->users[low] : NULL;
}

static struct json *made(struct arena *a, struct json **at)
{
    if (!*at)
        *at = json_object(a);
    return *at;
}

struct json *exported_user_members(struct exported_batch *b, struct exported_user *u)
{
    return made(b->tx->arena, &u->members);
}

struct json *exported_user_secrets(struct exported_batch *b, struct exported_user *u)
{
    return made(b->tx->arena, &u->secrets);
}

struct json *exported_array(struct arena *a, struct json *object, str name)
{
    struct json *all = json_get(object, name);
    if (all)
        return all;
    all = json_array(a);
    json_set(a, object, name, all);
    return all;
}

static struct result open_users(struct tx *tx, const struct user_export *ex, struct sql_rows *rows)
{
    if (ex->connection.p)
        return sql_open(tx->sql, rows,
                        "SELECT id, uid, doc FROM users WHERE id IN (SELECT DISTINCT user FROM identities WHERE connection = ? AND user > ? "
                        "ORDER BY user LIMIT ?) ORDER BY id",
                        SQL_ARGS(sql_text(ex->connection), sql_int(ex->after), sql_int(USERS_MAX)));
    return sql_open(tx->sql, rows, "SELECT id, uid, doc FROM users WHERE id > ? ORDER BY id LIMIT ?",
                    SQL_ARGS(sql_int(ex->after), sql_int(USERS_MAX)));
}

static struct result read_users(struct exported_batch *b, bool *out_more)
{
    struct tx *tx = b->tx;
    struct sql_rows rows;
    size_t bytes = 0;
    b->users = ARENA_ARRAY(tx->arena, struct exported_user, USERS_MAX);
    b->from = b->to = b->ex->after;
    TRY(open_users(tx, b->ex, &rows));
    while (bytes < BYTES_MAX && sql_next(&rows)) {
        b->to = sql_col_int(&rows, 0);
        b->users[b->count++] = (struct exported_user){ .row = b->to,
                                                       .uid = str_dup(tx->arena, sql_col_text(&rows, 1)),
                                                       .doc = str_dup(tx->arena, sql_col_text(&rows, 2)) };
        bytes += b->users[b->count - 1].doc.len;
    }
    *out_more = b->count == USERS_MAX || bytes >= BYTES_MAX;
    return sql_close(&rows);
}

/* --- a line ------------------------------------------------------------------------------- */

/* object is "{…}" with a member at least: more go before its last brace. */
static void add_members(struct buf *out, const struct json *members)
{
    const struct json_member *m;
    JSON_EACH_MEMBER(members, i, m) {
        buf_add_char(out, ',');
        json_write_string(out, m->key);
        buf_add_char(out, ':');
        json_write(out, m->value);
    }
}

static struct result check_room(const struct exported_user *u, const struct buf *out)
{
    return out->full ? fail2(ERR_INTERNAL, u->uid, STR("too large for a line")) : OK;
}

/* The document stands in the line as it is stored: parsing a million of them would be most of the work. */
static struct result write_whole(struct exported_batch *b, const struct exported_user *u, struct buf *out)
{
    const struct user_file *f = &b->ex->file;
    struct arena *a = b->tx->arena;
    size_t begin = out->len;
    buf_add(out, str_sub(u->doc, 0, u->doc.len - 1));
    add_members(out, u->members);
    if (f->secrets == USER_FILE_PLAIN)
        add_members(out, u->secrets);
    buf_add_char(out, '}');
    if (f->secrets == USER_FILE_SEALED && !out->full) {
        str sealed = user_file_seal(a, f, u->uid, str_sub(buf_str(out), begin, out->len - begin), u->secrets ? json_dump(a, u->secrets) : STR("{}"));
        out->len--;
        buf_fmt(out, ",\"sealed\":\"%.*s\"}", STR_ARG(sealed));
    }
    buf_add_char(out, '\n');
    b->ex->users++;
    return check_room(u, out);
}

/* Items of one array, each on a line of its own. */
static struct result write_bulk(struct exported_batch *b, struct exported_user *u, struct buf *out)
{
    str line;
    TRY(user_export_bulk_line(b, u, &line));
    if (!line.p)
        return OK;
    buf_add(out, b->ex->users ? STR(",\n") : STR("[\n"));
    buf_add(out, line);
    b->ex->users++;
    return check_room(u, out);
}

struct result user_export_batch(struct tx *tx, struct user_export *ex, struct buf *out, bool *out_more)
{
    struct exported_batch b = { .tx = tx, .ex = ex };
    TRY(read_users(&b, out_more));
    if (b.count) {
        TRY(user_export_secrets(&b));
        TRY(user_export_factors(&b));
    }
    if (b.count && ex->format == USER_EXPORT_WHOLE)
        TRY(user_export_relations(&b));
    for (size_t i = 0; i < b.count; i++)
        TRY(ex->format == USER_EXPORT_WHOLE ? write_whole(&b, &b.users[i], out) : write_bulk(&b, &b.users[i], out));
    ex->after = b.to;
    return OK;
}
