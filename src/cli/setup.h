/* The data directory of a command: made whole when it is not there. */
#ifndef CLI_SETUP_H
#define CLI_SETUP_H

#include "cli/options.h"
#include "store/store.h"

/* Makes DIR with the default tenant (and what --seed fills it with), its TLS files
 * and credentials.json (written last). *out_made: false when it was there; then
 * nothing changes. Errors: those of store_init and of cli/seed.h. */
MUST_USE struct result setup_ensure(const struct options *o, bool *out_made);
MUST_USE struct result setup_open(const struct options *o, struct store **out);
/* credentials.json as text; in a. Errors: ERR_IO. */
MUST_USE struct result setup_read_credentials(const struct options *o, struct arena *a, str *out);
/* The URLs as they really are (port 0, other flags than at the first start). */
MUST_USE struct result setup_update_urls(const struct options *o, str base_url, str tls_url);
const char *setup_absolute(struct arena *a, const char *dir);

#endif
