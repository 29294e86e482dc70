/* `doorward doctor`: what an operator asks before he asks somebody else. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/control.h"

/* *out: [{state, check, detail}], state "ok" or "bad". Reads only. */
MUST_USE struct result doctor_run(struct control_context *c, const struct json *args, struct json **out);
bool doctor_found_fault(const struct json *answer);

#endif
