/* The picture of users who have none: the address that the real API gives. */
#ifndef DOMAIN_PICTURE_H
#define DOMAIN_PICTURE_H

#include "base/str.h"

/* hashed: what the avatar service knows the user by (the e-mail address).
 * name: two letters of it name the picture shown when the service has none. */
str picture_default(struct arena *a, str hashed, str name);

#endif
