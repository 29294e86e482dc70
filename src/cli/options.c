#include "cli/options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, LIST, NUMBER, SWITCH };
static const struct flag {
    const char *name;
    enum kind kind;
    size_t offset;
    const char *otherwise; /* the default, as it would be written */
    const char *value, *help;
} flags[] = {
    { "data", TEXT, offsetof(struct options, data), "./data", "DIR", "the data directory" },
    { "listen", LIST, offsetof(struct options, listen), "localhost:8080", "HOST:PORT", "plain HTTP; may be repeated" },
    { "tls-listen", LIST, offsetof(struct options, tls_listen), "localhost:8443", "HOST:PORT", "TLS; may be repeated" },
    { "domain", TEXT, offsetof(struct options, domain), "localhost:8443", "NAME[:PORT]", "the default tenant's domain" },
    { "database", TEXT, offsetof(struct options, database), "sqlite:", "URL", "sqlite: is a file a tenant in the data directory" },
    { "master-key", TEXT, offsetof(struct options, master_key), "", "FILE", "default: DIR/master.key" },
    { "admin-listen", TEXT, offsetof(struct options, admin_listen), "", "HOST:PORT", "/metrics and nothing else; off by default" },
    { "trusted-proxies", TEXT, offsetof(struct options, trusted_proxies), "", "CIDR,...", "whose X-Forwarded-For counts" },
    { "rate-limits", TEXT, offsetof(struct options, rate_limits), "generous", "NAME|FILE|off", "generous, production, free" },
    { "log-retention", NUMBER, offsetof(struct options, log_retention_days), "30", "DAYS", "how long tenant logs are kept" },
    { "log-max-rows", NUMBER, offsetof(struct options, log_max_rows), "10000000", "N", "at most so many entries a tenant" },
    { "import-max-bytes", NUMBER, offsetof(struct options, import_max_bytes), "4294967296", "N", "the longest upload of users" },
    { "workers", NUMBER, offsetof(struct options, workers), "64", "N", "threads that answer requests" },
    { "log-level", TEXT, offsetof(struct options, log_level), "info", "LEVEL", "error, warn, info, debug" },
    { "seed", TEXT, offsetof(struct options, seed), "", "DIR", "fill a new data directory from a tenant directory of auth0-deploy-cli" },
    { "test-clock", SWITCH, offsetof(struct options, test_clock), "", NULL, "POST /test/clock moves time; /test/snapshot and /test/restore" },
    { "test-ids", SWITCH, offsetof(struct options, test_ids), "", NULL, "repeatable ids and secrets; /test/snapshot and /test/restore" },
    { "no-supervisor", SWITCH, offsetof(struct options, no_supervisor), "", NULL, "serve without the parent that restarts it" },
    { "connection", TEXT, offsetof(struct options, connection), "", "NAME", "where imported users belong [Username-Password-Authentication]; exported: only those" },
    { "tenant", TEXT, offsetof(struct options, tenant), "default", "NAME", "the tenant of a users command" },
    { "format", TEXT, offsetof(struct options, format), "whole", "whole|bulk", "of an export; bulk: what the real bulk import takes" },
    { "with-secrets", TEXT, offsetof(struct options, with_secrets), "", "KEYFILE", "users: secrets sealed for that key, or opened by it" },
    { "plain-secrets", SWITCH, offsetof(struct options, plain_secrets), "", NULL, "users export: password hashes and other secrets, readable" },
    { "upsert", SWITCH, offsetof(struct options, upsert), "", NULL, "an import changes users who are there already" },
    { "json", SWITCH, offsetof(struct options, json), "", NULL, "answer in JSON" },
    { "help", SWITCH, offsetof(struct options, help), "", NULL, "this text" },
};
enum { FLAG_COUNT = sizeof flags / sizeof *flags };

static void *field(struct options *o, const struct flag *f)
{
    return (char *)o + f->offset;
}

static bool read_switch(const char *value, bool *out)
{
    static const struct {
        const char *text;
        bool on;
    } words[] = { { "", false }, { "0", false }, { "false", false }, { "no", false }, { "1", true }, { "true", true }, { "yes", true } };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_eq_nocase(str_from(value), str_from(words[i].text))) {
            *out = words[i].on;
            return true;
        }
    return false;
}

static struct result set_value(struct options *o, const struct flag *f, const char *value, bool first)
{
    struct text_list *list = field(o, f);
    switch (f->kind) {
    case TEXT:
        *(const char **)field(o, f) = value;
        return OK;
    case NUMBER:
        if (str_int(str_from(value), field(o, f)) && *(int64_t *)field(o, f) >= 0)
            return OK;
        return fail1(ERR_USAGE, str_fmt(o->arena, "--%s takes a number, not '%s'", f->name, value));
    case SWITCH:
        if (read_switch(value, field(o, f)))
            return OK;
        return fail1(ERR_USAGE, str_fmt(o->arena, "--%s takes true or false, not '%s'", f->name, value));
    case LIST:
        if (first)
            list->count = 0;
        if (list->count == LISTENERS_MAX)
            return fail1(ERR_USAGE, str_fmt(o->arena, "--%s may stand at most %d times", f->name, LISTENERS_MAX));
        list->v[list->count++] = value;
        return OK;
    }
    return OK;
}

/* tls-listen → DOORWARD_TLS_LISTEN */
static const char *environment(struct arena *a, const struct flag *f)
{
    str upper = str_fmt(a, "DOORWARD_%s", f->name);
    char *name = (char *)str_cstr(a, upper);
    for (char *p = name; *p; p++)
        *p = (char)(*p == '-' ? '_' : *p >= 'a' && *p <= 'z' ? *p - 32 : *p);
    return getenv(name);
}

static struct result set_defaults(struct options *o)
{
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        const char *value = environment(o->arena, &flags[i]);
        if (!value)
            value = flags[i].otherwise;
        if (flags[i].kind != LIST) {
            TRY(set_value(o, &flags[i], value, true));
            continue;
        }
        str rest = str_from(value);
        for (bool first = true; rest.p && rest.len; first = false)
            TRY(set_value(o, &flags[i], str_cstr(o->arena, str_trim(str_cut(rest, ',', &rest))), first));
    }
    return OK;
}

static const struct flag *find_flag(str name)
{
    for (size_t i = 0; i < FLAG_COUNT; i++)
        if (str_eq(str_from(flags[i].name), name))
            return &flags[i];
    return NULL;
}

static struct result parse_flag(struct options *o, int argc, char **argv, int *i, bool seen[FLAG_COUNT])
{
    str value, name = str_cut(str_from(argv[*i] + 2), '=', &value);
    const struct flag *f = find_flag(name);
    if (!f)
        return fail1(ERR_USAGE, str_fmt(o->arena, "unknown flag --%.*s (see --help)", STR_ARG(name)));
    const char *text = value.p ? value.p : f->kind == SWITCH ? "1" : *i + 1 < argc ? argv[++*i] : NULL;
    if (!text)
        return fail1(ERR_USAGE, str_fmt(o->arena, "--%s needs a value", f->name));
    bool first = !seen[f - flags];
    seen[f - flags] = true;
    return set_value(o, f, text, first);
}

struct result options_parse(struct arena *a, int argc, char **argv, struct options *out)
{
    bool seen[FLAG_COUNT] = { false };
    *out = (struct options){ .arena = a };
    TRY(set_defaults(out));
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            TRY(parse_flag(out, argc, argv, &i, seen));
            continue;
        }
        if (out->word_count == WORDS_MAX)
            return fail1(ERR_USAGE, STR("too many arguments (see --help)"));
        out->words[out->word_count++] = argv[i];
    }
    out->domain_is_given = seen[find_flag(STR("domain")) - flags];
    return OK;
}

static bool is_named(const char *names, const char *wanted)
{
    str rest = names ? str_from(names) : STR_NONE;
    while (rest.p)
        if (str_eq(str_cut(rest, ' ', &rest), str_from(wanted)))
            return true;
    return !names;
}

void options_print_help(const char *names)
{
    puts("\nflags (each also an environment variable, --tls-listen is DOORWARD_TLS_LISTEN):");
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if (!is_named(names, flags[i].name))
            continue;
        char left[48];
        snprintf(left, sizeof left, "--%s %s", flags[i].name, flags[i].value ? flags[i].value : "");
        bool shown = flags[i].otherwise[0] != '\0';
        printf("  %-32s %s%s%s%s\n", left, flags[i].help, shown ? " [" : "", flags[i].otherwise, shown ? "]" : "");
    }
}

struct result options_split_address(struct arena *a, const char *text, const char *flag, str *out_host, uint16_t *out_port)
{
    str s = str_from(text);
    size_t colon = s.len;
    while (colon > 0 && s.p[colon - 1] != ':')
        colon--;
    int64_t port;
    str host = colon ? str_sub(s, 0, colon - 1) : STR_NONE;
    if (host.len > 2 && host.p[0] == '[' && host.p[host.len - 1] == ']')
        host = str_sub(host, 1, host.len - 2);
    if (!host.len || !str_int(str_sub(s, colon, s.len), &port) || port < 0 || port > 65535)
        return fail1(ERR_USAGE, str_fmt(a, "--%s takes HOST:PORT, not '%s'", flag, text));
    *out_host = host;
    *out_port = (uint16_t)port;
    return OK;
}
