/* multipart/form-data (RFC 7578): a body in parts, each a field or a file. */
#ifndef CONTRACT_MULTIPART_H
#define CONTRACT_MULTIPART_H

#include "base/str.h"

enum { MULTIPART_PARTS_MAX = 64, MULTIPART_HEAD_MAX = 8 << 10 };

struct multipart_part {
    str name, filename; /* filename.p == NULL: a field, not a file */
    str content;        /* borrowed from the body */
};

/* Fills out[0..*out_count). Names are copied into a where they hold escapes.
 * False: no boundary in the content type, parts that do not end, a part without
 * a name, too many of them. Does not look into the parts: the time is that of
 * one search for the boundary. */
bool multipart_read(struct arena *a, str content_type, str body, struct multipart_part out[MULTIPART_PARTS_MAX],
                    size_t *out_count);

#endif
