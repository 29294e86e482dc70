#include "cli/doctor.h"

#include "base/clock.h"
#include "base/file.h"
#include "crypto/key.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

enum { PEM_BYTES_MAX = 64 << 10, ROOM_MIN_MIB = 256, FILES_MIN = 4096, DAYS_MIN = 30 };

struct findings {
    struct control_context *c;
    struct arena *arena;
    struct json *list;
};

static void note(struct findings *f, bool good, str check, str detail)
{
    struct json *o = json_object(f->arena);
    json_set_text(f->arena, o, STR("state"), good ? STR("ok") : STR("bad"));
    json_set_text(f->arena, o, STR("check"), check);
    json_set_text(f->arena, o, STR("detail"), detail);
    json_push(f->arena, f->list, o);
}

static const char *path_of(struct findings *f, const char *name)
{
    return str_cstr(f->arena, str_fmt(f->arena, "%s/%s", f->c->data_dir, name));
}

/* --- files ---------------------------------------------------------------------- */

/* What holds secrets is for its owner alone. */
static void check_modes(struct findings *f)
{
    static const struct {
        const char *name;
        bool is_needed; /* the master key may lie elsewhere */
    } files[] = { { ".", true }, { "system.db", true }, { "credentials.json", false }, { "master.key", false }, { "tls/ca.key", true }, { "tls/server.key", true } };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct stat st;
        bool there = stat(path_of(f, files[i].name), &st) == 0, closed = there && (st.st_mode & 077) == 0;
        if (!there && !files[i].is_needed)
            continue;
        note(f, closed, str_fmt(f->arena, "file %s", files[i].name),
             !there ? STR("is missing") : str_fmt(f->arena, closed ? "mode %03o" : "mode %03o lets others in", (unsigned)st.st_mode & 0777));
    }
}

static void check_room(struct findings *f)
{
    struct statvfs v;
    struct rlimit files;
    if (statvfs(f->c->data_dir, &v) == 0) {
        uint64_t mib = (uint64_t)v.f_bavail * v.f_frsize >> 20;
        note(f, mib >= ROOM_MIN_MIB, STR("disk"), str_fmt(f->arena, "%llu MiB free", (unsigned long long)mib));
    }
    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        note(f, files.rlim_max >= FILES_MIN, STR("open files"),
             str_fmt(f->arena, "at most %llu, a connection takes one", (unsigned long long)files.rlim_max));
}

static void check_certificate(struct findings *f, const char *name)
{
    str pem, der, check = str_fmt(f->arena, "certificate %s", name);
    int64_t from_s, to_s;
    if (failed(file_read(f->arena, path_of(f, name), PEM_BYTES_MAX, &pem)) || !cert_from_pem(f->arena, pem, &der) ||
        !cert_validity(der, &from_s, &to_s)) {
        note(f, false, check, STR("cannot be read"));
        return;
    }
    int64_t days = (to_s - clock_now_us() / US_PER_S) / 86400;
    note(f, days >= DAYS_MIN, check, str_fmt(f->arena, "valid for %lld more days", (long long)days));
}

/* --- tenants ---------------------------------------------------------------------- */

struct tenant_view {
    int64_t users, log_rows, keys;
    str problem;
};

static struct result look(struct tx *tx, void *arg)
{
    struct tenant_view *v = arg;
    struct sql_value row[3];
    bool found;
    TRY(sql_row(tx->sql, tx->arena,
                "SELECT (SELECT COUNT(*) FROM users), (SELECT COUNT(*) FROM logs), "
                "(SELECT COUNT(*) FROM signing_keys WHERE state = 'current')",
                SQL_NO_ARGS, row, 3, &found));
    v->users = row[0].i;
    v->log_rows = row[1].i;
    v->keys = row[2].i;
    return sql_check(tx->sql, tx->arena, &v->problem);
}

static struct result view_tenant(struct findings *f, str name, struct tenant_view *out)
{
    struct tenant *t;
    struct tx_options o = { .arena = f->arena, .now_us = clock_now_us() };
    TRY(store_tenant_by_name(f->c->store, name, &t));
    struct result r = store_read(t, &o, look, out);
    tenant_release(t);
    return r;
}

static void check_tenant(struct findings *f, const struct tenant_info *info)
{
    struct tenant_view v = { .problem = STR_NONE };
    struct result r = view_tenant(f, info->name, &v);
    str check = str_fmt(f->arena, "tenant %.*s", STR_ARG(info->name));
    if (failed(r))
        note(f, false, check, str_fmt(f->arena, "cannot be read: %.*s", STR_ARG(control_words(f->arena, r))));
    else if (v.problem.p)
        note(f, false, check, v.problem);
    else
        note(f, true, check,
             str_fmt(f->arena, "%.*s, %lld users, %lld log entries, %s", STR_ARG(info->domain), (long long)v.users, (long long)v.log_rows,
                     v.keys ? "signs" : "makes its keys when they are needed"));
}

struct result doctor_run(struct control_context *c, const struct json *args, struct json **out)
{
    (void)args;
    struct findings f = { .c = c, .arena = c->arena, .list = json_array(c->arena) };
    struct tenant_info *tenants;
    size_t count;
    TRY(store_tenant_list(c->store, c->arena, &tenants, &count));
    check_modes(&f);
    check_room(&f);
    check_certificate(&f, "tls/ca.pem");
    check_certificate(&f, "tls/server.pem");
    for (size_t i = 0; i < count; i++)
        check_tenant(&f, &tenants[i]);
    *out = f.list;
    return OK;
}

bool doctor_found_fault(const struct json *answer)
{
    const struct json *one;
    JSON_EACH_ITEM(answer, i, one)
        if (!str_eq(json_get_text(one, STR("state")), STR("ok")))
            return true;
    return false;
}
