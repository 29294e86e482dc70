/* What is wrong with a value, in the words of the real API
 * (docs/design.md; the tests hold every text): each fault is one sentence,
 * "{prefix}: '{text}' on property {path} ({description}).". Inside src/contract. */
#ifndef CONTRACT_FAULT_H
#define CONTRACT_FAULT_H

#include "base/buf.h"
#include "contract/validate.h"

/* One step down to a property; a chain from the deepest up, on the stack. */
struct step {
    const struct step *up; /* NULL: the first step; a NULL chain is the root */
    str name;              /* of a member */
    size_t index;          /* of an item, when name.p is NULL */
};

struct faults {
    struct arena *arena;
    enum validate_place place;
    struct buf text;
    unsigned count, max; /* max 1: the first is enough */
};

enum { FAULTS_MAX = 100, FAULT_BYTES_MAX = 32 << 10, FAULT_VALUE_MAX = 1024 };

void faults_init(struct faults *f, struct arena *a, enum validate_place place, unsigned max);
static inline bool faults_full(const struct faults *f)
{
    return f->count >= f->max;
}
/* about: the description of the schema at that step. */
void fault_add(struct faults *f, const struct step *at, str about, str text);
/* As much of a value as a message shows, cut between characters. */
str fault_shown(str value);
/* "None of the valid schemas were met", followed by what each of them found. */
void fault_add_none_met(struct faults *f, const struct step *at, str about, const struct faults *inner);
/* The chain from the last name on: where inner faults start. Copies into out[0..n). */
enum { TAIL_STEPS_MAX = 16 };
const struct step *step_tail(const struct step *at, struct step *out);
/* Frees the text; OK or the kind of the place with the whole message. */
MUST_USE struct result faults_end(struct faults *f);

#endif
