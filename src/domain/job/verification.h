/* A mail that asks a user to verify an address, as a job. */
#ifndef DOMAIN_JOB_VERIFICATION_H
#define DOMAIN_JOB_VERIFICATION_H

#include "domain/job/job.h"

/* body: of the request, validated. The mail is an outbox row of the same
 * transaction. *out: the v2 object. Errors: those of ticket_new_from_body,
 * ERR_TICKET_WITHOUT_EMAIL, ERR_TICKET_CONNECTION_TYPE. */
MUST_USE struct result job_verification_create(struct tx *tx, const struct json *body, struct json **out);

#endif
