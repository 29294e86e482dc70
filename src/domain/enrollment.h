/* Second factors as older clients see them: a view of authentication methods. */
#ifndef DOMAIN_ENROLLMENT_H
#define DOMAIN_ENROLLMENT_H

#include "domain/user/user.h"

/* *out: an array of the first confirmed one, or of none (the operation says so). Numbers are masked. */
MUST_USE struct result enrollment_first(struct tx *tx, const struct user *u, struct json **out);
/* All second factors and the recovery code; passkeys and e-mail addresses stay. */
MUST_USE struct result enrollment_delete_all(struct tx *tx, const struct user *u);

/* "XXXXXXXXXXX5044" and "chuc****@exam*******", as the real service masks them (recorded). */
str enrollment_mask_phone(struct arena *a, str number);
str enrollment_mask_email(struct arena *a, str address);

#endif
