/* E-mail domains that lead to an organization. Each stands once in an
 * organization; a TXT record proves who owns it. */
#ifndef DOMAIN_DISCOVERY_DOMAIN_H
#define DOMAIN_DISCOVERY_DOMAIN_H

#include "domain/document.h"

/* Errors: ERR_DISCOVERY_DOMAIN_EXISTS. */
MUST_USE struct result discovery_domain_create(struct tx *tx, str organization, const struct json *body, struct document *out);
/* Errors of both: ERR_INEXISTENT_DISCOVERY_DOMAIN, also for one of another organization. */
MUST_USE struct result discovery_domain_read(struct tx *tx, str organization, str id, struct document *out);
MUST_USE struct result discovery_domain_by_name(struct tx *tx, str organization, str domain, struct document *out);
MUST_USE struct result discovery_domain_patch(struct tx *tx, str organization, str id, const struct json *patch,
                                              struct document *out);
/* Absent is no error. */
MUST_USE struct result discovery_domain_delete(struct tx *tx, str organization, str id);
/* list->filters are set here. */
MUST_USE struct result discovery_domain_list(struct tx *tx, str organization, struct document_list *list);
/* An organization goes. */
MUST_USE struct result discovery_domain_drop_organization(struct tx *tx, str organization);

#endif
