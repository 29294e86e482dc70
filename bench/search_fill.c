/* search_fill FILE COUNT: a tenant database with COUNT generated users and
 * their search index, for search_bench. Users by number: the e-mail's domain is
 * one of 1,000, app_metadata.rare has COUNT / 200 values, .plan is gold for one
 * half, .group g0 for one fifth and g1 for one twentieth; one user in three
 * never logged in. */
#include "base/file.h"
#include "base/log.h"
#include "search/search.h"
#include "store/migrate.h"

#include <stdio.h>
#include <stdlib.h>

enum { USERS_A_COMMIT = 20000 };

static uint64_t scramble(uint64_t x)
{
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static const char *group(int64_t i)
{
    return i % 5 == 0 ? "g0" : i % 20 == 1 ? "g1" : "g2";
}

static void make_user(struct buf *b, int64_t i, int64_t count)
{
    static const char *const first[] = { "jane", "john", "maria", "wei", "fatima", "olga", "kofi", "ines", "tariq", "yuki" };
    uint64_t r = scramble((uint64_t)i);
    long long n = (long long)i, ms = (long long)(r % 1000), at = (long long)(r >> 20) % (8LL * 365 * 86400);
    buf_clear(b);
    buf_fmt(b, "{\"user_id\":\"auth0|%016llx\",\"email\":\"%s.%lld@d%lld.example\",\"email_verified\":%s,", (unsigned long long)r,
            first[r % 10], n, (long long)(r >> 40) % 1000, r >> 8 & 1 ? "true" : "false");
    buf_fmt(b, "\"name\":\"%s R%08llx\",\"nickname\":\"%s%lld\",\"picture\":\"https://cdn.example/avatars/%016llx.png\",",
            first[r % 10], (unsigned long long)(r >> 32), first[r % 10], n, (unsigned long long)r);
    buf_fmt(b, "\"created_at\":\"%04lld-%02lld-%02lldT%02lld:%02lld:%02lld.%03lldZ\",\"updated_at\":\"2024-01-01T00:00:%02lld.%03lldZ\",",
            2015 + at / (365 * 86400), 1 + at / (30 * 86400) % 12, 1 + at / 86400 % 28, at / 3600 % 24, at / 60 % 60, at % 60, ms,
            at % 60, ms);
    if (r % 3)
        buf_fmt(b, "\"last_login\":\"2023-%02lld-%02lldT10:%02lld:00.%03lldZ\",\"last_ip\":\"10.%lld.%lld.7\",\"logins_count\":%lld,",
                1 + n % 12, 1 + n % 28, n % 60, ms, n % 256, n / 256 % 256, (long long)(r % 97));
    buf_fmt(b, "\"identities\":[{\"connection\":\"Username-Password-Authentication\",\"provider\":\"auth0\",\"user_id\":\"%016llx\","
               "\"isSocial\":false}],", (unsigned long long)r);
    buf_fmt(b, "\"app_metadata\":{\"plan\":\"%s\",\"group\":\"%s\",\"rare\":\"r%lld\",\"note\":\"%0200lld\"},", i % 2 ? "gold" : "free",
            group(i), n % (count / 200 + 1), n);
    buf_fmt(b, "\"user_metadata\":{\"color\":\"c%lld\",\"address\":{\"city\":\"city %lld\",\"lines\":\"%0300lld\"}}}", n % 7, n % 5000, n);
}

static void must(struct result r, const char *what)
{
    if (failed(r))
        die("search_fill: %s: error kind %d", what, (int)r.kind);
}

static void add_user(struct tx *tx, const struct buf *b, int64_t i)
{
    struct json *doc;
    must(json_parse(tx->arena, buf_str(b), &doc), "a document");
    must(sql_run(tx->sql, "INSERT INTO users (id, uid, doc) VALUES (?, ?, ?)",
                 SQL_ARGS(sql_int(i), sql_text(json_get_text(doc, STR("user_id"))), sql_text(buf_str(b))), NULL), "a user");
    must(search_index_user(tx, i, NULL, doc), "the index");
}

int main(int argc, char **argv)
{
    struct tx tx = { .arena = arena_new(0), .can_write = true };
    struct buf b;
    int64_t count;
    if (argc != 3 || !str_int(str_from(argv[2]), &count) || count < 1) {
        fputs("usage: search_fill FILE COUNT\n", stderr);
        return 2;
    }
    buf_init(&b, 1 << 16);
    must(file_write_durable(argv[1], STR(""), 0600), "the file");
    must(sql_connect(argv[1], SQL_BUILDER, true, &tx.sql), "the database");
    must(migrate(tx.sql, &tenant_schema, argv[1]), "the schema");
    for (int64_t i = 1; i <= count; i++) {
        if (i % USERS_A_COMMIT == 1)
            must(sql_begin_write(tx.sql), "begin");
        make_user(&b, i, count);
        add_user(&tx, &b, i);
        if (i % USERS_A_COMMIT == 0 || i == count) {
            must(sql_commit(tx.sql), "commit");
            sql_tidy(tx.sql);
            arena_clear(tx.arena);
        }
    }
    sql_disconnect(tx.sql);
    arena_free(tx.arena);
    buf_free(&b);
    return 0;
}
