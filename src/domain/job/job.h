/* Jobs: users in and out of a tenant, verification mails (AUTH-REFERENCE 21).
 * A job is a row; whoever works on it (job/runner.h) keeps how far it came in
 * the same transaction as what it did, so that a crash neither doubles nor
 * loses anything. Files lie in DIR/jobs, named by tenant and job. */
#ifndef DOMAIN_JOB_H
#define DOMAIN_JOB_H

#include "domain/connection/connection.h"
#include "json/json.h"
#include "store/store.h"

enum job_type { JOB_USERS_IMPORT, JOB_USERS_EXPORT, JOB_VERIFICATION_EMAIL, JOB_TYPE_MAX };
enum {
    JOB_KEPT_S = 86400,       /* after it ended */
    JOB_ERRORS_MAX = 10000,   /* kept of an import; `failed` counts them all */
    JOB_PATH_MAX = 4096,
};

struct job {
    int64_t row;
    str id;
    enum job_type type;
    bool active;
    struct json *body; /* the v2 object */
    struct json *task; /* what only the worker needs */
    int64_t position;
};

str job_id_new(struct arena *a);
/* body gets id, type, status and created_at; task may be NULL. */
MUST_USE struct result job_create(struct tx *tx, enum job_type type, str id, struct json *body, const struct json *task);
/* Errors: ERR_INEXISTENT_JOB, also when its time is over. */
MUST_USE struct result job_by_id(struct tx *tx, str id, struct job *out);
/* The oldest that is not done. */
MUST_USE struct result job_next(struct tx *tx, enum job_type type, struct job *out, bool *out_found);
/* The oldest that is not done and whose task has this member. */
MUST_USE struct result job_find_active(struct tx *tx, enum job_type type, str member, const struct json *value, struct job *out,
                                       bool *out_found);
MUST_USE struct result job_count_active(struct tx *tx, enum job_type type, int64_t *out_count);
/* Writes body, task and position. */
MUST_USE struct result job_update(struct tx *tx, const struct job *j);
/* The same, and it is done: status completed or failed, details (STR_NONE: none) in status_details. */
MUST_USE struct result job_end(struct tx *tx, struct job *j, bool completed, str details);

/* A job that was made just now is given a moment to end: who asks at once, as
 * tests do and recorded clients did, finds a small one done. Outside of any
 * transaction. Errors: those of the store. */
MUST_USE struct result job_settle(struct tenant *t, struct arena *a, str id);

/* body: {user, errors}. Those beyond JOB_ERRORS_MAX are dropped. */
MUST_USE struct result job_error_add(struct tx *tx, const struct job *j, const struct json *body);
/* *out: an array, empty when there are none. */
MUST_USE struct result job_errors(struct tx *tx, const struct job *j, struct json **out);
/* Notes that this job wrote that user. *out_first: false when it had before. */
MUST_USE struct result job_user_note(struct tx *tx, const struct job *j, int64_t user, bool *out_first);
/* Jobs whose time is over go, with what belongs to them: up to a few at once. */
MUST_USE struct result job_sweep(struct tx *tx, bool *out_more);

/* DIR/jobs/TENANT.ID.SUFFIX */
const char *job_path(struct arena *a, const struct tenant *t, str id, const char *suffix);
/* DIR/jobs, made when it is missing. */
MUST_USE struct result job_directory(struct arena *a, const struct store *s, const char **out);

#endif
