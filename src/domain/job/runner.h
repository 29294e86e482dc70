/* Works on jobs, one of each type at a time; long ones at the lowest priority. Jobs that
 * were running when the process ended go on where they were. */
#ifndef DOMAIN_JOB_RUNNER_H
#define DOMAIN_JOB_RUNNER_H

#include "store/store.h"

struct job_runner;
struct job_runner *job_runner_start(struct store *s);
void job_runner_stop(struct job_runner *r); /* waits for the transaction that runs; takes NULL */
/* A job of that tenant is about to be committed. Without a runner (a command)
 * nothing happens: the next one finds it. */
void job_runner_notify(const struct tenant *t);

#endif
