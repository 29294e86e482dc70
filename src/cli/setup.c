#include "cli/setup.h"

#include "base/file.h"
#include "base/log.h"
#include "cli/localtls.h"
#include "cli/seed.h"
#include "domain/bootstrap.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

enum { CREDENTIALS_BYTES_MAX = 64 << 10 };

static struct store_config config_of(const struct options *o)
{
    return (struct store_config){ .data_dir = str_from(o->data),
                                  .database_url = str_from(o->database),
                                  .master_key_file = str_from(o->master_key) };
}

const char *setup_absolute(struct arena *a, const char *dir)
{
    char cwd[PATH_MAX];
    if (dir[0] == '/' || !getcwd(cwd, sizeof cwd))
        return dir;
    if (dir[0] == '.' && dir[1] == '/')
        dir += 2;
    return str_cstr(a, str_fmt(a, "%s/%s", cwd, dir));
}

struct first_start {
    const struct options *options;
    struct bootstrap bootstrap;
    struct seed *seed; /* NULL: none */
    const struct tenant_info *tenant;
};

static str url_of(struct arena *a, const char *scheme, const struct text_list *listen)
{
    return listen->count ? str_fmt(a, "%s://%s", scheme, listen->v[0]) : STR("");
}

static struct result write_credentials(const char *dir, const struct first_start *f)
{
    struct arena *a = f->bootstrap.arena;
    const struct options *o = f->options;
    struct credentials_place place = {
        .base_url = url_of(a, "http", &o->listen),
        .tls_url = url_of(a, "https", &o->tls_listen),
        .ca_file = str_fmt(a, "%s/tls/ca.pem", setup_absolute(a, o->data)),
    };
    str text = json_dump(a, bootstrap_credentials(a, &f->bootstrap, f->tenant, &place));
    return file_write(str_cstr(a, str_fmt(a, "%s/credentials.json", dir)), str_cat(a, text, STR("\n")), 0600);
}

static struct result fill(struct tx *tx, void *arg)
{
    struct first_start *f = arg;
    TRY(bootstrap_fill(tx, &f->bootstrap));
    return f->seed ? seed_apply(tx, f->seed) : OK;
}

static struct result write_files(const char *dir, void *arg)
{
    struct first_start *f = arg;
    TRY(localtls_create(dir, f->tenant->domain));
    return write_credentials(dir, f);
}

/* Issuer, links and tokens have the domain of the first start. */
static void warn_of_domain(const struct options *o)
{
    str text, asked = str_lower(o->arena, str_from(o->domain));
    struct json *v;
    bool is_asked = o->domain_is_given || !str_eq(asked, STR("localhost:8443"));
    if (!is_asked || failed(setup_read_credentials(o, o->arena, &text)) || failed(json_parse(o->arena, text, &v)))
        return;
    str is = json_get_text(v, STR("domain"));
    if (!str_eq(is, asked))
        log_warn("--domain %s is not obeyed: the default tenant of %s was made with %.*s", o->domain, o->data, STR_ARG(is));
}

struct result setup_ensure(const struct options *o, bool *out_made)
{
    struct store_config cfg = config_of(o);
    *out_made = false;
    if (store_exists(cfg.data_dir)) {
        if (*o->seed)
            log_info("--seed: %s was there already, nothing changed", o->data);
        warn_of_domain(o);
        return OK;
    }
    struct first_start f = { .options = o };
    if (*o->seed)
        TRY(seed_read(o->arena, o->seed, &f.seed));
    struct arena *a = arena_new_secret(0);
    bootstrap_prepare(&f.bootstrap, a);
    struct store_first first = { .tenant = { .name = STR("default"), .domain = str_lower(a, str_from(o->domain)) },
                                 .fill = fill,
                                 .files = write_files,
                                 .arg = &f };
    f.tenant = &first.tenant;
    struct result r = store_init(&cfg, &first);
    arena_free(a);
    *out_made = !failed(r);
    return r;
}

struct result setup_open(const struct options *o, struct store **out)
{
    struct store_config cfg = config_of(o);
    struct result r = store_open(&cfg, out);
    if (r.kind == ERR_MASTER_KEY && !*o->master_key)
        r.args.v[0] = str_fmt(o->arena, "%s/master.key", o->data);
    return r;
}

static const char *credentials_path(const struct options *o, struct arena *a)
{
    return str_cstr(a, str_fmt(a, "%s/credentials.json", o->data));
}

struct result setup_read_credentials(const struct options *o, struct arena *a, str *out)
{
    return file_read(a, credentials_path(o, a), CREDENTIALS_BYTES_MAX, out);
}

struct result setup_update_urls(const struct options *o, str base_url, str tls_url)
{
    struct arena *a = arena_new_secret(0);
    str text;
    struct json *v;
    struct result r = setup_read_credentials(o, a, &text);
    if (!failed(r))
        r = json_parse(a, text, &v);
    bool same = !failed(r) && str_eq(json_get_text(v, STR("base_url")), base_url) && str_eq(json_get_text(v, STR("tls_url")), tls_url);
    if (!failed(r) && !same) {
        json_set_text(a, v, STR("base_url"), base_url);
        json_set_text(a, v, STR("tls_url"), tls_url);
        r = file_write_durable(credentials_path(o, a), str_cat(a, json_dump(a, v), STR("\n")), 0600);
    }
    arena_free(a);
    return r;
}
