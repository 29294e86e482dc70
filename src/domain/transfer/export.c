#include "domain/transfer/export.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/gzip.h"
#include "crypto/hash.h"
#include "domain/transfer/export_write.h"
#include "domain/transfer/user_export_job.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { USERS_A_READ = 256, TEXT_MAX = 64 << 20 };

const char export_path_prefix[] = "/exports/";

/* --- making one ------------------------------------------------------------------------ */

static bool is_whole_metadata(str name)
{
    return str_eq(name, STR("user_metadata")) || str_eq(name, STR("app_metadata"));
}

static struct result check_csv(const struct json *fields)
{
    const struct json *one;
    if (json_count(fields) > EXPORT_CSV_FIELDS_MAX)
        return fail1(ERR_INVALID_BODY, STR("A CSV export has at most 30 fields."));
    JSON_EACH_ITEM(fields, i, one)
        if (is_whole_metadata(json_get_text(one, STR("name"))))
            return fail1(ERR_INVALID_BODY, STR("A CSV export takes single metadata fields, not all of them."));
    return OK;
}

static void copy(struct arena *a, struct json *to, const struct json *from, str member)
{
    struct json *v = json_get(from, member);
    if (v)
        json_set(a, to, member, v);
}

static struct result take_connection(struct tx *tx, const struct json *request, struct json *body)
{
    struct connection c;
    str id = json_get_text(request, STR("connection_id"));
    if (!id.p)
        return OK;
    struct result r = connection_by_id(tx, id, &c);
    if (r.kind == ERR_INEXISTENT_CONNECTION)
        return fail(ERR_INEXISTENT_CONNECTION_NAME);
    TRY(r);
    json_set_text(tx->arena, body, STR("connection_id"), id);
    json_set_text(tx->arena, body, STR("connection"), c.name);
    return OK;
}

struct result export_create(struct tx *tx, const struct json *request, struct json **out)
{
    struct arena *a = tx->arena;
    struct json *body = json_object(a);
    str format = json_get_text(request, STR("format"));
    TRY(take_connection(tx, request, body));
    if (!format.p)
        format = STR("csv"); /* recorded: POST /jobs/users-exports without one */
    if (str_eq(format, STR("csv")))
        TRY(check_csv(json_get(request, STR("fields"))));
    json_set_text(a, body, STR("format"), format);
    copy(a, body, request, STR("limit"));
    copy(a, body, request, STR("fields"));
    TRY(job_create(tx, JOB_USERS_EXPORT, job_id_new(a), body, NULL));
    *out = body;
    return OK;
}

/* --- the file ------------------------------------------------------------------------------ */

struct exporting {
    struct tenant *tenant;
    struct arena *arena; /* of one read */
    str id;
    struct job job;      /* in the arena of the whole */
    struct export_format format;
    str connection;      /* STR_NONE: all */
    int64_t left, after; /* users to come; the last one's row */
    struct buf text, packed;
    struct gzip_stream *gzip;
    int fd;
    bool at_end;
};

static const char *suffix_of(const struct exporting *ex)
{
    return ex->format.is_csv ? "csv.gz" : "json.gz";
}

static struct result read_users(struct tx *tx, void *arg)
{
    struct exporting *ex = arg;
    struct sql_rows rows;
    struct result r = OK;
    int64_t count = 0, wanted = ex->left < USERS_A_READ ? ex->left : USERS_A_READ;
    if (ex->connection.p)
        TRY(sql_open(tx->sql, &rows,
                     "SELECT id, doc FROM users WHERE id IN (SELECT DISTINCT user FROM identities WHERE connection = ? AND user > ? "
                     "ORDER BY user LIMIT ?) ORDER BY id",
                     SQL_ARGS(sql_text(ex->connection), sql_int(ex->after), sql_int(wanted))));
    else
        TRY(sql_open(tx->sql, &rows, "SELECT id, doc FROM users WHERE id > ? ORDER BY id LIMIT ?",
                     SQL_ARGS(sql_int(ex->after), sql_int(wanted))));
    while (!failed(r) && sql_next(&rows)) {
        struct json *doc;
        ex->after = sql_col_int(&rows, 0);
        r = json_parse(tx->arena, sql_col_text(&rows, 1), &doc);
        if (!failed(r))
            export_write_user(tx->arena, &ex->text, &ex->format, doc);
        count++;
    }
    TRY(sql_close(&rows));
    ex->left -= count;
    ex->at_end = count < wanted || ex->left == 0;
    return r;
}

static struct result write_out(struct exporting *ex)
{
    gzip_stream_add(ex->gzip, buf_str(&ex->text), ex->at_end, &ex->packed);
    str rest = buf_str(&ex->packed);
    while (rest.len) {
        ssize_t n = write(ex->fd, rest.p, rest.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail2(ERR_IO, STR("an export"), str_from(strerror(errno)));
        rest = str_sub(rest, (size_t)n, rest.len);
    }
    buf_clear(&ex->text);
    buf_clear(&ex->packed);
    return ex->text.full || ex->packed.full ? fail(ERR_INTERNAL) : OK;
}

static struct result write_users(struct exporting *ex, const atomic_bool *stop)
{
    export_write_head(&ex->text, &ex->format);
    ex->at_end = ex->left == 0;
    while (!ex->at_end && !atomic_load(stop)) {
        struct tx_options o = { .arena = ex->arena, .now_us = clock_now_us() };
        TRY(store_read(ex->tenant, &o, read_users, ex));
        arena_clear(ex->arena);
        TRY(write_out(ex));
    }
    return OK;
}

static struct result write_file(struct exporting *ex, const char *path, const atomic_bool *stop)
{
    ex->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (ex->fd < 0)
        return fail2(ERR_IO, str_from(path), str_from(strerror(errno)));
    ex->gzip = gzip_stream_new();
    buf_init(&ex->text, TEXT_MAX);
    buf_init(&ex->packed, TEXT_MAX);
    struct result r = write_users(ex, stop);
    buf_free(&ex->text);
    buf_free(&ex->packed);
    gzip_stream_free(ex->gzip);
    close(ex->fd);
    return failed(r) ? r : file_sync(path);
}

/* --- the job ----------------------------------------------------------------------------------- */

static struct result begin(struct tx *tx, void *arg)
{
    struct exporting *ex = arg;
    TRY(job_by_id(tx, ex->id, &ex->job));
    json_set_text(tx->arena, ex->job.body, STR("status"), STR("processing"));
    return job_update(tx, &ex->job);
}

static struct result end(struct tx *tx, void *arg)
{
    struct exporting *ex = arg;
    struct job j;
    TRY(job_by_id(tx, ex->id, &j));
    return job_end(tx, &j, true, STR_NONE);
}

/* Killed on the way, it begins anew: nobody has seen anything of it. */
static struct result make(struct exporting *ex, struct arena *a, const atomic_bool *stop)
{
    const struct json *body = ex->job.body;
    const char *dir, *part, *path;
    ex->format = (struct export_format){ .is_csv = str_eq(json_get_text(body, STR("format")), STR("csv")),
                                         .fields = json_get(body, STR("fields")) };
    ex->connection = json_get_text(body, STR("connection"));
    ex->left = json_get_int(body, STR("limit"), INT64_MAX);
    TRY(job_directory(a, tenant_get_store(ex->tenant), &dir));
    part = job_path(a, ex->tenant, ex->id, "part");
    path = job_path(a, ex->tenant, ex->id, suffix_of(ex));
    TRY(write_file(ex, part, stop));
    if (!ex->at_end)
        return file_remove_durable(part);
    TRY(file_rename_durable(part, path));
    struct tx_options o = { .arena = a, .now_us = clock_now_us() };
    return store_write(ex->tenant, &o, end, ex);
}

static struct result look(struct tx *tx, void *arg)
{
    struct exporting *ex = arg;
    return job_by_id(tx, ex->id, &ex->job);
}

struct result export_run(struct tenant *t, str id, const atomic_bool *stop)
{
    struct arena *a = arena_new(0);
    struct exporting ex = { .tenant = t, .id = id, .arena = arena_new(1 << 20) };
    struct tx_options o = { .arena = a, .now_us = clock_now_us() };
    struct result r = store_read(t, &o, look, &ex);
    bool is_command = !failed(r) && user_export_is_job(&ex.job);
    if (!failed(r) && !is_command)
        r = store_write(t, &o, begin, &ex);
    if (!failed(r))
        r = is_command ? user_export_run(t, id, stop) : make(&ex, a, stop);
    arena_free(ex.arena);
    arena_free(a);
    return r;
}

/* --- the link ------------------------------------------------------------------------------------- */

/* Under the tenant's own key: no other tenant's link fits, and none can be guessed. */
static str sign(struct tx *tx, str file, str expires)
{
    unsigned char tag[DIGEST_LEN_MAX];
    str key = { (const char *)tenant_data_key(tx->tenant), SEAL_KEY_LEN };
    digest_hmac(DIGEST_SHA256, key, str_fmt(tx->arena, "export link\n%.*s\n%.*s", STR_ARG(file), STR_ARG(expires)), tag);
    return base64url_encode(tx->arena, (str){ (const char *)tag, digest_len(DIGEST_SHA256) });
}

str export_link(struct tx *tx, const struct job *j)
{
    if (user_export_is_job(j)) /* its file lies where the operator wanted it */
        return STR_NONE;
    struct arena *a = tx->arena;
    str format = json_get_text(j->body, STR("format")), issuer = tenant_issuer(tx->tenant);
    str file = str_fmt(a, "%.*s.%.*s.gz", STR_ARG(j->id), STR_ARG(format));
    str expires = str_fmt(a, "%lld", (long long)(tx->now_us / US_PER_S + EXPORT_LINK_S));
    return str_fmt(a, "%.*s%s%.*s?expires=%.*s&signature=%.*s", STR_ARG(issuer), export_path_prefix + 1, STR_ARG(file), STR_ARG(expires),
                   STR_ARG(sign(tx, file, expires)));
}

struct result export_open_link(struct tx *tx, str file, str expires, str signature, const char **out_path)
{
    struct job j;
    int64_t until_s;
    str suffix, id = str_cut(file, '.', &suffix);
    if (!str_eq_secret(sign(tx, file, expires), signature) || !str_int(expires, &until_s) || until_s < tx->now_us / US_PER_S)
        return fail(ERR_NOT_FOUND);
    if (failed(job_by_id(tx, id, &j)) || j.active || !suffix.p || user_export_is_job(&j))
        return fail(ERR_NOT_FOUND);
    *out_path = job_path(tx->arena, tx->tenant, j.id, str_cstr(tx->arena, suffix));
    return OK;
}
