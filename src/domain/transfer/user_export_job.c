#include "domain/transfer/user_export_job.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    TEXT_MAX = 32 << 20, /* of one batch: far beyond what one makes */
    VIEW_S = 60, NOTE_EVERY_MS = 300,
    STATE_BYTES_MAX = 4096,
};
#define KEY STR("key") /* in task: of the file, sealed */
#define EXPORTED_FILE STR("file")

static const str format_names[USER_EXPORT_FORMAT_MAX] = { [USER_EXPORT_WHOLE] = STR_INIT("whole"), [USER_EXPORT_BULK] = STR_INIT("bulk") };

bool user_export_is_job(const struct job *j)
{
    return j->type == JOB_USERS_EXPORT && json_get(j->task, EXPORTED_FILE);
}

/* --- making one ----------------------------------------------------------------------------- */

/* What was asked for, in words that compare. */
static struct json *request_of(struct arena *a, const struct user_export_new *n)
{
    struct json *o = json_object(a);
    json_set_text(a, o, STR("connection"), n->connection.p ? n->connection : STR(""));
    json_set_text(a, o, STR("format"), format_names[n->format]);
    json_set_int(a, o, STR("secrets"), n->secrets);
    json_set_text(a, o, STR("key_name"), n->key ? box_key_name(a, n->key) : STR(""));
    return o;
}

static struct result check_connection(struct tx *tx, str name)
{
    struct connection c;
    bool found;
    if (!name.p)
        return OK;
    TRY(connection_find_by_name(tx, name, &c, &found));
    return found ? OK : fail(ERR_INEXISTENT_CONNECTION_NAME);
}

struct result user_export_create(struct tx *tx, const struct user_export_new *n, struct json **out)
{
    struct arena *a = tx->arena;
    struct json *request = request_of(a, n), *body = json_object(a), *task = json_object(a);
    struct user_file file;
    struct job present;
    str header, id = job_id_new(a);
    bool found;
    TRY(job_find_active(tx, JOB_USERS_EXPORT, EXPORTED_FILE, json_string(a, str_from(n->file)), &present, &found));
    if (found && !json_equal(json_get(present.task, STR("request")), request))
        return fail1(ERR_USAGE, str_fmt(a, "An export with other options is at work on %s: it ends when the server runs, or this command with those options", n->file));
    *out = present.body;
    if (found)
        return OK;
    if (file_exists(n->file))
        return fail1(ERR_USAGE, str_fmt(a, "%s is there already", n->file));
    TRY(check_connection(tx, n->connection));
    TRY(user_file_begin(a, n->secrets, n->key, &file, &header));
    json_set_text(a, body, STR("format"), STR("json"));
    json_set_text(a, task, EXPORTED_FILE, str_from(n->file));
    json_set(a, task, STR("request"), request);
    json_set_text(a, task, STR("header"), header);
    if (n->secrets == USER_FILE_SEALED) {
        json_set_text(a, task, STR("binding"), file.binding);
        json_set_text(a, task, KEY, tx_seal(tx, STR("job"), id, KEY, (str){ (const char *)file.key, SEAL_KEY_LEN }));
    }
    *out = body;
    return job_create(tx, JOB_USERS_EXPORT, id, body, task);
}

/* --- how far it came ---------------------------------------------------------------------------- */

struct state {
    int64_t offset, after, users, left_out, views;
    int64_t last; /* row of the last user when it began */
    bool is_whole; /* the file has all of it: only its name may be missing */
};

static void read_state(struct arena *a, const char *path, struct state *out, bool *out_found)
{
    str text;
    struct json *v;
    *out_found = file_exists(path) && !failed(file_read(a, path, STATE_BYTES_MAX, &text)) && !failed(json_parse(a, text, &v));
    if (*out_found)
        *out = (struct state){ .offset = json_get_int(v, STR("offset"), 0), .after = json_get_int(v, STR("after"), 0),
                               .users = json_get_int(v, STR("users"), 0), .left_out = json_get_int(v, STR("left_out"), 0),
                               .views = json_get_int(v, STR("views"), 0), .last = json_get_int(v, STR("last"), 0),
                               .is_whole = json_get_true(v, STR("is_whole")) };
}

static str state_text(struct arena *a, const struct state *s)
{
    struct json *v = json_object(a);
    json_set_int(a, v, STR("offset"), s->offset);
    json_set_int(a, v, STR("after"), s->after);
    json_set_int(a, v, STR("users"), s->users);
    json_set_int(a, v, STR("left_out"), s->left_out);
    json_set_int(a, v, STR("views"), s->views);
    json_set_int(a, v, STR("last"), s->last);
    json_set_bool(a, v, STR("is_whole"), s->is_whole);
    return json_dump(a, v);
}

void user_export_tell(struct arena *a, const struct tenant *t, const struct job *j, struct json *body)
{
    struct state s = { 0 };
    bool found = false;
    const struct json *result = json_get(j->task, STR("result"));
    if (result) {
        json_merge(a, body, result);
        return;
    }
    read_state(a, job_path(a, t, j->id, "state"), &s, &found);
    json_set_int(a, body, STR("users"), s.users);
    json_set_int(a, body, STR("percentage_done"), s.last ? s.after * 100 / s.last : 0);
}

/* --- the file ------------------------------------------------------------------------------------- */

struct exporting {
    struct tenant *tenant;
    str id;
    const atomic_bool *stop;
    struct arena *arena, *batch_arena; /* of the whole; of one batch */
    struct job job;
    const char *path, *part, *state_path;
    struct user_export ex;
    struct state state;
    struct buf text;
    int fd;
    bool at_end;
    int64_t noted_us;
};

static struct result trouble(const struct exporting *e)
{
    return fail2(ERR_IO, str_from(e->part), str_from(strerrordesc_np(errno)));
}

static struct result write_out(struct exporting *e)
{
    str rest = buf_str(&e->text);
    e->state.offset += (int64_t)rest.len;
    while (rest.len) {
        ssize_t n = write(e->fd, rest.p, rest.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return trouble(e);
        rest = str_sub(rest, (size_t)n, rest.len);
    }
    buf_clear(&e->text);
    return OK;
}

/* What the state speaks of is on the disk before the state is. */
static struct result note(struct exporting *e)
{
    struct arena *a = e->batch_arena;
    e->state.after = e->ex.after;
    e->state.users = e->ex.users;
    e->state.left_out = e->ex.left_out;
    e->noted_us = clock_monotonic_us();
    if (e->fd >= 0 && fdatasync(e->fd) != 0)
        return trouble(e);
    return file_write_durable(e->state_path, state_text(a, &e->state), 0600);
}

static struct result begin_file(struct exporting *e)
{
    buf_clear(&e->text);
    if (e->ex.format == USER_EXPORT_WHOLE)
        buf_fmt(&e->text, "%.*s\n", STR_ARG(json_get_text(e->job.task, STR("header"))));
    e->state = (struct state){ .views = 0 };
    e->ex.after = e->ex.users = e->ex.left_out = 0;
    return write_out(e);
}

/* FILE may lie where others write, too: what they have put there, a link, a pipe or
 * a file that they keep open, gets nothing. One that is ours is of this export. */
static struct result open_own(struct exporting *e, bool goes_on, struct stat *st)
{
    const int flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    e->fd = goes_on ? open(e->part, flags) : -1;
    if (e->fd < 0 && (!goes_on || errno == ENOENT))
        e->fd = open(e->part, flags | O_CREAT | O_EXCL, 0600);
    if (e->fd < 0 || fstat(e->fd, st) != 0)
        return trouble(e);
    if (!S_ISREG(st->st_mode) || st->st_nlink != 1 || st->st_uid != geteuid())
        return fail2(ERR_IO, str_from(e->part), STR("it was put there by somebody else"));
    return fchmod(e->fd, 0600) == 0 ? OK : trouble(e);
}

/* Behind the last line that was noted; from the beginning where the file has lost it. */
static struct result open_part(struct exporting *e, bool goes_on)
{
    struct stat st;
    if (!goes_on && file_exists(e->part))
        return fail2(ERR_IO, str_from(e->part), STR("it is there already, and none of this export"));
    if (!goes_on)
        TRY(note(e)); /* whose FILE.part it is that stands there after a crash */
    TRY(open_own(e, goes_on, &st));
    bool is_there = e->state.offset > 0 && st.st_size >= e->state.offset;
    if (ftruncate(e->fd, is_there ? e->state.offset : 0) != 0 || lseek(e->fd, 0, SEEK_END) < 0)
        return trouble(e);
    return is_there ? OK : begin_file(e);
}

/* --- reading ------------------------------------------------------------------------------------------ */

static struct result read_last(struct exporting *e, struct tx *tx)
{
    struct sql_value row;
    bool found;
    TRY(sql_row(tx->sql, tx->arena, "SELECT COALESCE(MAX(id), 0) FROM users", SQL_NO_ARGS, &row, 1, &found));
    e->state.last = row.i;
    return OK;
}

static struct result step(struct exporting *e, struct tx *tx)
{
    bool more;
    arena_clear(e->batch_arena);
    TRY(user_export_batch(tx, &e->ex, &e->text, &more));
    e->at_end = !more;
    TRY(write_out(e));
    return clock_monotonic_us() - e->noted_us > NOTE_EVERY_MS * US_PER_MS ? note(e) : OK;
}

/* One picture of the users, for as long as a transaction may take. */
static struct result read_view(struct tx *tx, void *arg)
{
    struct exporting *e = arg;
    struct tx mine = *tx;
    int64_t until_us = clock_monotonic_us() + VIEW_S * US_PER_S;
    mine.arena = e->batch_arena;
    arena_clear(e->ex.names_arena);
    e->ex.names = map_new(e->ex.names_arena);
    e->state.views++;
    TRY(read_last(e, &mine));
    while (!e->at_end && !atomic_load(e->stop) && clock_monotonic_us() < until_us)
        TRY(step(e, &mine));
    return OK;
}

static struct result write_end(struct exporting *e)
{
    if (e->ex.format == USER_EXPORT_BULK)
        buf_add(&e->text, e->ex.users ? STR("\n]\n") : STR("[]\n"));
    else
        buf_fmt(&e->text, "%.*s\n", STR_ARG(user_file_end(e->batch_arena, &e->ex.file, e->ex.users)));
    return write_out(e);
}

/* The end is noted with is_whole and never without it: it comes once. */
static struct result write_users(struct exporting *e)
{
    e->at_end = e->state.is_whole;
    if (e->at_end)
        return OK;
    while (!e->at_end && !atomic_load(e->stop)) {
        struct tx_options o = { .arena = e->arena, .now_us = clock_now_us() };
        TRY(store_read(e->tenant, &o, read_view, e));
    }
    if (e->at_end)
        TRY(write_end(e));
    e->state.is_whole = e->at_end;
    return note(e);
}

static struct result write_file(struct exporting *e, bool goes_on)
{
    buf_init(&e->text, TEXT_MAX);
    struct result r = open_part(e, goes_on);
    if (!failed(r))
        r = write_users(e);
    buf_free(&e->text);
    if (e->fd >= 0)
        close(e->fd);
    e->fd = -1;
    return r;
}

/* --- the job --------------------------------------------------------------------------------------------- */

static struct result begin(struct tx *tx, void *arg)
{
    struct exporting *e = arg;
    struct user_export *ex = &e->ex;
    const struct json *request;
    str key = STR_NONE, connection;
    TRY(job_by_id(tx, e->id, &e->job));
    request = json_get(e->job.task, STR("request"));
    connection = json_get_text(request, STR("connection"));
    ex->connection = connection.len ? connection : STR_NONE;
    ex->format = str_eq(json_get_text(request, STR("format")), format_names[USER_EXPORT_BULK]) ? USER_EXPORT_BULK : USER_EXPORT_WHOLE;
    ex->file.secrets = (enum user_file_secrets)json_get_int(request, STR("secrets"), 0);
    ex->file.binding = json_get_text(e->job.task, STR("binding"));
    if (ex->file.secrets == USER_FILE_SEALED) {
        TRY(tx_unseal(tx, STR("job"), e->id, KEY, json_get_text(e->job.task, KEY), &key));
        memcpy(ex->file.key, key.p, SEAL_KEY_LEN);
    }
    json_set_text(tx->arena, e->job.body, STR("status"), STR("processing"));
    return job_update(tx, &e->job);
}

struct ending {
    struct exporting *e;
    str why; /* STR_NONE: it is complete */
};

static struct result end(struct tx *tx, void *arg)
{
    struct ending *n = arg;
    struct exporting *e = n->e;
    struct arena *a = tx->arena;
    struct json *result = json_object(a);
    struct job j;
    TRY(job_by_id(tx, e->id, &j));
    json_remove(j.task, KEY);
    json_set_int(a, result, STR("users"), e->state.users);
    json_set_int(a, result, STR("views"), e->state.views);
    json_set_int(a, result, STR("hashes_left_out"), e->state.left_out);
    json_set(a, j.task, STR("result"), result);
    return job_end(tx, &j, !n->why.p, n->why);
}

static struct result end_job(struct exporting *e, str why)
{
    struct ending n = { .e = e, .why = why };
    struct tx_options o = { .arena = e->arena, .now_us = clock_now_us() };
    TRY(store_write(e->tenant, &o, end, &n));
    return file_remove_durable(e->state_path);
}

/* Nothing half stays under any name. */
static struct result give_up(struct exporting *e, struct result why)
{
    str words = str_fmt(e->arena, "%.*s: %.*s", STR_ARG(why.args.v[0]), STR_ARG(why.args.v[1]));
    bool is_ours = file_exists(e->state_path);
    log_warn("an export of users was given up: %.*s", STR_ARG(words));
    if (is_ours)
        ignore_result(file_remove_durable(e->part), "the operator is told of the failure anyway");
    return end_job(e, words);
}

static struct result make(struct exporting *e)
{
    bool goes_on;
    read_state(e->arena, e->state_path, &e->state, &goes_on);
    e->ex.after = e->state.after;
    e->ex.users = e->state.users;
    e->ex.left_out = e->state.left_out;
    bool has_name = goes_on && e->state.is_whole && !file_exists(e->part) && file_exists(e->path);
    if (!has_name)
        TRY(write_file(e, goes_on));
    if (!has_name && !e->at_end)
        return OK; /* told to stop: the next one goes on */
    if (!has_name && file_exists(e->path))
        return fail2(ERR_IO, str_from(e->path), STR("it was made meanwhile by somebody else"));
    if (!has_name)
        TRY(file_rename_durable(e->part, e->path));
    return end_job(e, STR_NONE);
}

struct result user_export_run(struct tenant *t, str id, const atomic_bool *stop)
{
    struct arena *a = arena_new_secret(0);
    struct exporting *e = ARENA_NEW(a, struct exporting);
    struct tx_options o = { .arena = a, .now_us = clock_now_us() };
    const char *directory; /* of the state; the first job of all makes it */
    *e = (struct exporting){ .tenant = t, .id = id, .stop = stop, .arena = a, .batch_arena = arena_new_secret(1 << 20), .fd = -1 };
    e->ex.names_arena = arena_new(0);
    struct result r = store_write(t, &o, begin, e);
    if (!failed(r)) {
        e->path = str_cstr(a, json_get_text(e->job.task, EXPORTED_FILE));
        e->part = str_cstr(a, str_fmt(a, "%s.part", e->path));
        e->state_path = job_path(a, t, id, "state");
        r = job_directory(a, tenant_get_store(t), &directory);
        if (!failed(r))
            r = make(e);
        if (r.kind == ERR_IO || r.kind == ERR_INTERNAL)
            r = give_up(e, r);
    }
    arena_free(e->ex.names_arena);
    arena_free(e->batch_arena);
    arena_free(a);
    return r;
}
