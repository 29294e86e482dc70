/* What every connection strategy is, as one const table: its kind decides where
 * users come from, its flags what the connection carries. Sources: the v2
 * contract's list of strategy names, docs/strategies.md and, for the options
 * that the server adds, recorded answers. */
#ifndef DOMAIN_STRATEGY_H
#define DOMAIN_STRATEGY_H

#include "base/str.h"

enum strategy_kind { STRATEGY_DATABASE, STRATEGY_SOCIAL, STRATEGY_ENTERPRISE, STRATEGY_PASSWORDLESS, STRATEGY_KIND_MAX };

enum { /* struct strategy.flags */
       STRATEGY_TICKET = 1u << 0,    /* has a provisioning ticket for the provider's administrator */
       STRATEGY_KEYS = 1u << 1,      /* may have keys of its own (/connections/{id}/keys) */
       STRATEGY_CONNECTOR = 1u << 2, /* a directory connector answers for it (/status, /socket) */
       STRATEGY_DIRECTORY = 1u << 3, /* v1 searches a live directory, not only stored users */
       STRATEGY_ID_IN_ID = 1u << 4,  /* user ids are strategy|connection|id: several of them may exist */
       STRATEGY_CERT = 1u << 5,      /* options.signingCert is taken apart into cert, expires, subject, thumbprints */
       STRATEGY_OIDC = 1u << 6,      /* speaks OpenID Connect; a new one is displayed by its name */
};

struct strategy {
    str name, display_name;
    enum strategy_kind kind;
    unsigned flags;
    str options; /* JSON: laid under the options of a new connection; empty: none */
    str again;   /* JSON: laid under options that a PATCH puts in place of the old ones; empty: none */
};

/* NULL when unknown. Case counts not: v1 documents write "PingFederate". */
const struct strategy *strategy_find(str name);
/* All of them; *out_count rows. */
const struct strategy *strategy_list(size_t *out_count);
str strategy_kind_name(enum strategy_kind k); /* "database", "social" … */

#endif
