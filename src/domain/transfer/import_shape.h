/* The closed schema of the bulk import (AUTH-REFERENCE 21.1) as tables, and its
 * faults as GET /jobs/{id}/errors shows them:
 *
 *   { "code": "ENUM_MISMATCH", "path": "custom_password_hash.algorithm",
 *     "message": "Error in custom_password_hash.algorithm property - No enum match for: crc32" }
 *
 * Codes are those of the import article, and OBJECT_ADDITIONAL_PROPERTIES of the
 * same validator, which the article leaves out. A message never shows a hash, a
 * key or a salt. */
#ifndef DOMAIN_IMPORT_SHAPE_H
#define DOMAIN_IMPORT_SHAPE_H

#include "json/json.h"

enum import_type { IMPORT_STRING, IMPORT_INTEGER, IMPORT_OBJECT, IMPORT_BOOLEAN, IMPORT_ARRAY, IMPORT_TYPE_MAX };

/* What a text must look like. Its message follows "Error in … property - ". */
struct import_form {
    const char *code, *message;
    bool shows_text; /* behind the message */
    bool (*holds)(str s);
};
extern const struct import_form import_email, import_phone, import_base32, import_date, import_digest;

struct import_shape {
    str name; /* of the member; the end of a table has none */
    enum import_type type;
    bool is_required;
    const str *one_of;                  /* strings; ends with STR_NONE; NULL: any */
    const struct import_form *form;     /* strings; NULL: any */
    int64_t min, max;                   /* integers */
    const struct import_shape *members; /* objects; no others are allowed; NULL: any */
    const struct import_shape *items;   /* arrays; NULL: any */
    size_t count_min;                   /* arrays */
};

/* Adds to faults, an array, whatever is wrong with v. path: where v stands in the
 * user, "custom_password_hash". */
void import_shape_check(struct arena *a, const struct import_shape *s, str path, const struct json *v, struct json *faults);
/* path: see above, empty for the user itself; text: what the validator says, without "Error in …". Slices in a. */
void import_fault(struct arena *a, struct json *faults, str code, str path, str text);
void import_fault_missing(struct arena *a, struct json *faults, str parent, str name);

#endif
