/* The database seam: what SQLite gives now and PostgreSQL will. One connection
 * is used by one thread at a time. SQL is written once in the common dialect
 * ("?" parameters, ON CONFLICT, RETURNING); statements are cached by the content
 * of their text, so text is constant or has few forms, and values are parameters.
 * Errors: ERR_DATABASE (logged with its cause here), ERR_UNIQUE when a unique
 * index refuses a row, ERR_TIMEOUT when the deadline passed. */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "base/arena.h"
#include "base/result.h"

struct sql; /* a connection */

struct sql_value {
    enum { SQL_NULL, SQL_INT, SQL_TEXT, SQL_BLOB } type;
    int64_t i;
    str s;
};
static inline struct sql_value sql_int(int64_t i)
{
    return (struct sql_value){ .type = SQL_INT, .i = i };
}
static inline struct sql_value sql_text(str s)
{
    return (struct sql_value){ .type = s.p ? SQL_TEXT : SQL_NULL, .s = s };
}
static inline struct sql_value sql_blob(str s)
{
    return (struct sql_value){ .type = SQL_BLOB, .s = s };
}

struct sql_rows {
    struct sql *db;
    void *stmt;
    struct result failure;
};

/* SQL_ARGS(sql_int(1), sql_text(id)) spells the two parameters of a call. */
#define SQL_ARGS(...)                                                                              \
    (const struct sql_value[]){ __VA_ARGS__ },                                                     \
        sizeof((struct sql_value[]){ __VA_ARGS__ }) / sizeof(struct sql_value)
#define SQL_NO_ARGS NULL, 0

/* Run to the end. out_changed may be NULL. */
MUST_USE struct result sql_run(struct sql *db, const char *text, const struct sql_value *args, size_t arg_count,
                               int64_t *out_changed);
/* Rows: open, loop while sql_next, close. sql_close answers what went wrong in
 * the loop, and must be called on every path. */
MUST_USE struct result sql_open(struct sql *db, struct sql_rows *rows, const char *text, const struct sql_value *args,
                                size_t arg_count);
bool sql_next(struct sql_rows *rows);
MUST_USE struct result sql_close(struct sql_rows *rows);
/* Columns of the current row; slices live until the next sql_next. */
int64_t sql_col_int(const struct sql_rows *rows, int column);
str sql_col_text(const struct sql_rows *rows, int column); /* STR_NONE for NULL */
str sql_col_blob(const struct sql_rows *rows, int column);
bool sql_col_is_null(const struct sql_rows *rows, int column);

/* The common case of one row: fills out[0..columns) with copies in a.
 * *out_found tells whether there was one. */
MUST_USE struct result sql_row(struct sql *db, struct arena *a, const char *text, const struct sql_value *args,
                               size_t arg_count, struct sql_value *out, size_t columns, bool *out_found);
int64_t sql_last_id(struct sql *db); /* of the last INSERT on this connection */

/* What is wrong with the database's own structure, in a; STR_NONE: nothing. Reads all of it. */
MUST_USE struct result sql_check(struct sql *db, struct arena *a, str *out_problem);

/* Many rows by one statement. into names table and columns ("user_terms (f, v,
 * id)"), as many as next fills in; rows in the order of the table's key are
 * several times as fast. next: false at the end; what it fills in is valid until
 * it is called again. */
enum { SQL_LOAD_COLUMNS_MAX = 4 };
struct sql_load {
    const char *into;
    size_t columns;
    bool (*next)(void *ctx, struct sql_value *out);
    void *ctx;
};
MUST_USE struct result sql_load(struct sql *db, const struct sql_load *load);

/* Statements that run beyond this monotonic time end with ERR_TIMEOUT; 0 = none. */
void sql_set_deadline(struct sql *db, int64_t monotonic_us);

#endif
