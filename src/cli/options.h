/* Command-line flags, each also an environment variable DOORWARD_<FLAG>. One
 * table (options.c) gives names, defaults and help. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/arena.h"
#include "base/result.h"

enum { LISTENERS_MAX = 8, WORDS_MAX = 8 };

struct text_list {
    const char *v[LISTENERS_MAX];
    size_t count;
};

struct options {
    struct arena *arena;
    const char *data, *domain, *database, *master_key, *admin_listen, *trusted_proxies, *rate_limits, *log_level, *seed, *connection, *tenant, *with_secrets, *format;
    struct text_list listen, tls_listen;
    int64_t log_retention_days, log_max_rows, workers, import_max_bytes;
    bool domain_is_given; /* on the command line */
    bool test_clock, test_ids, upsert, plain_secrets, json, help, no_supervisor;
    const char *words[WORDS_MAX]; /* what is no flag: the command and its arguments */
    size_t word_count;
};

/* Errors: ERR_USAGE with one clear line. */
MUST_USE struct result options_parse(struct arena *a, int argc, char **argv, struct options *out);
/* To standard output. names: of the flags to show, parted by blanks; NULL: all. */
void options_print_help(const char *names);

/* "HOST:PORT", "[::1]:PORT" → its parts; port 0 to 65535. */
MUST_USE struct result options_split_address(struct arena *a, const char *text, const char *flag, str *out_host, uint16_t *out_port);

#endif
