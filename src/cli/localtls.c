#include "cli/localtls.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "crypto/key.h"

#include <pthread.h>
#include <stdlib.h>

enum { CA_DAYS = 3650, SERVER_DAYS = 825 /* what browsers accept of private CAs */, PEM_BYTES_MAX = 64 << 10 };

static const char *path_in(struct arena *a, const char *dir, const char *name)
{
    return str_cstr(a, str_fmt(a, "%s/tls/%s", dir, name));
}

static struct result write_pair(struct arena *a, const char *dir, const char *cert, const char *key, str cert_pem, const struct sign_key *k)
{
    TRY(file_write(path_in(a, dir, key), sign_key_to_pem(a, k), 0600));
    return file_write(path_in(a, dir, cert), cert_pem, 0644);
}

struct ca {
    struct sign_key *key;
    str der;
};

static struct result cert_for(struct arena *a, const struct sign_key *key, const struct ca *ca, str domain, str *out_der)
{
    static const str addresses[] = { STR_INIT("127.0.0.1"), STR_INIT("::1") };
    str rest, host = str_cut(domain, ':', &rest);
    const str names[] = { STR_INIT("localhost"), host };
    int64_t now_s = clock_now_us() / US_PER_S;
    struct cert_request rq = { .common_name = host,
                               .not_before_s = now_s - 3600,
                               .not_after_s = now_s + (int64_t)SERVER_DAYS * 86400,
                               .dns_names = names,
                               .dns_name_count = str_eq(host, names[0]) ? 1 : 2,
                               .ip_addresses = addresses,
                               .ip_address_count = 2,
                               .issuer_key = ca->key,
                               .issuer_cert_der = ca->der };
    return cert_make(a, key, &rq, out_der);
}

static struct result make_server(struct arena *a, const char *dir, const struct ca *ca, str domain)
{
    struct sign_key *k;
    str der;
    TRY(sign_key_generate(KEY_P256, &k));
    struct result r = cert_for(a, k, ca, domain, &der);
    if (!failed(r))
        r = write_pair(a, dir, "server.pem", "server.key", cert_to_pem(a, der), k);
    sign_key_free(k);
    return r;
}

static struct result make_ca(struct arena *a, const char *dir, struct ca *out)
{
    int64_t now_s = clock_now_us() / US_PER_S;
    struct cert_request rq = { .common_name = STR("Doorward local CA"),
                               .not_before_s = now_s - 3600,
                               .not_after_s = now_s + (int64_t)CA_DAYS * 86400,
                               .is_ca = true };
    TRY(sign_key_generate(KEY_P256, &out->key));
    TRY(cert_make(a, out->key, &rq, &out->der));
    return write_pair(a, dir, "ca.pem", "ca.key", cert_to_pem(a, out->der), out->key);
}

static struct result load_ca(struct arena *a, const char *dir, struct ca *out)
{
    str pem, key;
    TRY(file_read(a, path_in(a, dir, "ca.pem"), PEM_BYTES_MAX, &pem));
    TRY(file_read(a, path_in(a, dir, "ca.key"), PEM_BYTES_MAX, &key));
    if (!cert_from_pem(a, pem, &out->der))
        return fail(ERR_CRYPTO);
    return sign_key_from_pem(key, &out->key);
}

struct result localtls_create(const char *dir, str domain)
{
    struct arena *a = arena_new_secret(0);
    struct ca ca = { 0 };
    struct result r = file_mkdir(str_cstr(a, str_fmt(a, "%s/tls", dir)), 0700);
    if (!failed(r))
        r = make_ca(a, dir, &ca);
    if (!failed(r))
        r = make_server(a, dir, &ca, domain);
    sign_key_free(ca.key);
    arena_free(a);
    return r;
}

/* --- certificates by name ---------------------------------------------------------------- */

enum { PORTS_MAX = 16 };

struct localtls {
    struct store *store;
    uint16_t ports[PORTS_MAX];
    size_t port_count;
    pthread_mutex_t lock; /* over what follows, made at the first name */
    struct arena *arena;
    struct ca ca;
    struct sign_key *server_key;
};

struct localtls *localtls_new(struct store *s, const uint16_t *ports, size_t port_count)
{
    struct localtls *l = calloc(1, sizeof *l);
    if (!l)
        die("out of memory");
    l->store = s;
    l->ports[l->port_count++] = 443;
    l->ports[l->port_count++] = 8443;
    for (size_t i = 0; i < port_count && l->port_count < PORTS_MAX; i++)
        l->ports[l->port_count++] = ports[i];
    pthread_mutex_init(&l->lock, NULL);
    return l;
}

void localtls_free(struct localtls *l)
{
    if (!l)
        return;
    sign_key_free(l->ca.key);
    sign_key_free(l->server_key);
    arena_free(l->arena);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static struct result load_keys(struct localtls *l)
{
    str key;
    sign_key_free(l->ca.key); /* of a try that failed */
    arena_free(l->arena);
    l->ca.key = NULL;
    l->arena = arena_new_secret(0);
    TRY(load_ca(l->arena, store_dir(l->store), &l->ca));
    TRY(file_read(l->arena, path_in(l->arena, store_dir(l->store), "server.key"), PEM_BYTES_MAX, &key));
    return sign_key_from_pem(key, &l->server_key);
}

static bool is_tenant(struct localtls *l, str host)
{
    struct tenant *t;
    if (failed(store_tenant_by_host(l->store, host, &t)))
        return false;
    tenant_release(t);
    return true;
}

static bool is_known(struct localtls *l, struct arena *a, str name)
{
    bool known = is_tenant(l, name);
    for (size_t i = 0; i < l->port_count && !known; i++)
        known = is_tenant(l, str_fmt(a, "%.*s:%u", STR_ARG(name), (unsigned)l->ports[i]));
    return known;
}

bool localtls_issue(void *ctx, struct arena *a, str name, str *out_der)
{
    struct localtls *l = ctx;
    if (str_eq_nocase(name, STR("localhost")) || !is_known(l, a, name))
        return false;
    pthread_mutex_lock(&l->lock);
    struct result r = l->server_key ? OK : load_keys(l);
    pthread_mutex_unlock(&l->lock);
    if (!failed(r))
        r = cert_for(a, l->server_key, &l->ca, str_lower(a, name), out_der);
    if (failed(r))
        log_error("no certificate for a tenant's name: %.*s", STR_ARG(r.args.v[0]));
    return !failed(r);
}
