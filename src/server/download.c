/* Exported files, by the links that jobs show (domain/transfer/export.h): no token, the
 * link itself is the credential. */
#include "server/exchange.h"

#include "domain/transfer/export.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct download {
    struct exchange *x;
    const char *path;
};

static struct result find_file(struct tx *tx, void *arg)
{
    struct download *d = arg;
    str prefix = str_from(export_path_prefix), path = d->x->rq->path;
    return export_open_link(tx, str_sub(path, prefix.len, path.len), exchange_query(d->x, STR("expires")),
                            exchange_query(d->x, STR("signature")), &d->path);
}

static struct result map_file(const char *path, struct http_response *rs)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail(ERR_NOT_FOUND);
    void *map = fstat(fd, &st) == 0 && st.st_size > 0 ? mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    close(fd);
    if (map == MAP_FAILED)
        return fail(ERR_NOT_FOUND);
    rs->file = map;
    rs->file_len = (size_t)st.st_size;
    return OK;
}

static struct result answer(struct exchange *x)
{
    struct call *c = &x->call;
    struct download d = { .x = x };
    struct tx_options o = { .arena = c->arena, .now_us = c->now_us };
    TRY(store_tenant_by_host(x->app->store, x->rq->host, &c->tenant));
    TRY(exchange_read_query_pairs(x));
    TRY(store_read(c->tenant, &o, find_file, &d));
    TRY(map_file(d.path, x->rs));
    str name = tenant_get_info(c->tenant)->name;
    bool is_csv = str_find(x->rq->path, STR(".csv.")) >= 0;
    http_header_add(x->rs, STR("Content-Type"), STR("application/gzip"));
    http_header_add(x->rs, STR("Cache-Control"), STR("private, no-store"));
    http_header_add(x->rs, STR("Content-Disposition"),
                    str_fmt(c->arena, "attachment; filename=\"%.*s.%s.gz\"", STR_ARG(name), is_csv ? "csv" : "json"));
    x->rs->status = 200;
    return OK;
}

bool download_answer(struct exchange *x)
{
    bool is_get = x->rq->method == HTTP_GET || x->rq->method == HTTP_HEAD;
    if (!is_get || !str_starts(x->rq->path, str_from(export_path_prefix)))
        return false;
    struct result r = answer(x);
    if (failed(r))
        answer_error(x->rs, x->call.arena, API_V2, r);
    tenant_release(x->call.tenant);
    return true;
}
