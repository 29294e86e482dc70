/* A user as API v1 shows it (V1-REFERENCE 3): camel case, three ids, provider
 * tokens in social identities, and the keys of app_metadata at the root. */
#ifndef API_V1_USER_SHAPE_H
#define API_V1_USER_SHAPE_H

#include "api/call.h"
#include "domain/user/user.h"

/* The query's fields are applied. */
MUST_USE struct result v1_user_present(struct call *c, const struct user *u, struct json **out);
MUST_USE struct result v1_user_reply(struct call *c, const struct user *u);
/* The user of the path, when the caller may see it. Errors: ERR_INEXISTENT_USER. */
MUST_USE struct result v1_user_of_path(struct call *c, struct user *out);

/* Where an attribute of the v1 object stands in the stored document; metadata keys stand in app_metadata. */
str v1_user_stored_name(struct arena *a, str name);
/* Is the member of a new user's body an attribute (else it is metadata)? */
bool v1_user_is_attribute(str name);

#endif
