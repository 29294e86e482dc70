#include "cli/localtls.h"

#include "base/clock.h"
#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/key.h"

enum { CA_DAYS = 3650, SERVER_DAYS = 825 /* what browsers accept of private CAs */, NAMES_MAX = 4096, PEM_BYTES_MAX = 64 << 10 };

static const char *path_in(struct arena *a, const char *dir, const char *name)
{
    return str_cstr(a, str_fmt(a, "%s/tls/%s", dir, name));
}

static str key_pem(struct arena *a, const struct sign_key *k)
{
    str text = base64_encode(a, sign_key_to_der(a, k));
    str out = STR("-----BEGIN PRIVATE KEY-----\n");
    for (size_t at = 0; at < text.len; at += 64)
        out = str_fmt(a, "%.*s%.*s\n", STR_ARG(out), STR_ARG(str_sub(text, at, 64)));
    return str_cat(a, out, STR("-----END PRIVATE KEY-----\n"));
}

static struct result key_from_pem(struct arena *a, str pem, struct sign_key **out)
{
    str body = STR(""), der, rest = pem;
    while (rest.p) {
        str line = str_trim(str_cut(rest, '\n', &rest));
        if (line.len && line.p[0] != '-')
            body = str_cat(a, body, line);
    }
    return base64_decode(a, body, &der) ? sign_key_from_der(der, out) : fail(ERR_CRYPTO);
}

static struct result write_pair(struct arena *a, const char *dir, const char *cert, const char *key, str cert_pem, const struct sign_key *k)
{
    TRY(file_write_durable(path_in(a, dir, key), key_pem(a, k), 0600));
    return file_write_durable(path_in(a, dir, cert), cert_pem, 0644);
}

struct ca {
    struct sign_key *key;
    str der;
};

static struct result make_server(struct arena *a, const char *dir, const struct ca *ca, const str *domains, size_t domain_count)
{
    static const str addresses[] = { STR_INIT("127.0.0.1"), STR_INIT("::1") };
    struct sign_key *k;
    str der, rest, *names = ARENA_ARRAY(a, str, domain_count + 1);
    size_t count = 0;
    names[count++] = STR("localhost");
    for (size_t i = 0; i < domain_count && i < NAMES_MAX; i++)
        names[count++] = str_cut(domains[i], ':', &rest);
    int64_t now_s = clock_now_us() / US_PER_S;
    TRY(sign_key_generate(KEY_P256, &k));
    struct cert_request rq = { .common_name = names[count - 1],
                               .not_before_s = now_s - 3600,
                               .not_after_s = now_s + (int64_t)SERVER_DAYS * 86400,
                               .dns_names = names,
                               .dns_name_count = count,
                               .ip_addresses = addresses,
                               .ip_address_count = 2,
                               .issuer_key = ca->key,
                               .issuer_cert_der = ca->der };
    struct result r = cert_make(a, k, &rq, &der);
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
    return key_from_pem(a, key, &out->key);
}

typedef struct result (*ca_fn)(struct arena *, const char *, struct ca *);

static struct result with_ca(ca_fn get, const char *dir, const str *domains, size_t domain_count)
{
    struct arena *a = arena_new_secret(0);
    struct ca ca = { 0 };
    struct result r = get(a, dir, &ca);
    if (!failed(r))
        r = make_server(a, dir, &ca, domains, domain_count);
    sign_key_free(ca.key);
    arena_free(a);
    return r;
}

struct result localtls_create(const char *dir, const str *domains, size_t domain_count)
{
    struct arena *a = arena_new(0);
    struct result r = file_mkdir(str_cstr(a, str_fmt(a, "%s/tls", dir)), 0700);
    arena_free(a);
    TRY(r);
    return with_ca(make_ca, dir, domains, domain_count);
}

struct result localtls_renew(const char *dir, const str *domains, size_t domain_count)
{
    return with_ca(load_ca, dir, domains, domain_count);
}

struct result localtls_renew_for_store(struct store *s)
{
    struct arena *a = arena_new(0);
    struct tenant_info *tenants;
    size_t count;
    struct result r = store_tenant_list(s, a, &tenants, &count);
    str *domains = ARENA_ARRAY(a, str, failed(r) ? 1 : count + 1);
    for (size_t i = 0; !failed(r) && i < count; i++)
        domains[i] = tenants[i].domain;
    if (!failed(r))
        r = localtls_renew(store_dir(s), domains, count);
    arena_free(a);
    return r;
}
