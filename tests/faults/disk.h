/* A disk that forgets. Everything under one root directory goes to the real
 * file system, where the running program reads it back, and is noted here
 * beside: which bytes and directory entries were synced, and which were not.
 * At the nth operation the power goes: what was synced, and a random part of
 * what was not, is written out as a second tree, and the process ends.
 *
 * The product reaches it by two doors: a SQLite VFS and base/file.h's
 * operations. All operations are serialized. */
#ifndef FAULTS_DISK_H
#define FAULTS_DISK_H

#include <stdbool.h>
#include <stdint.h>

struct disk_plan {
    const char *root; /* exists and is empty */
    const char *out;  /* exists and is empty: the tree after the cut */
    uint64_t seed;
    long cut_at;      /* the operation at which the power goes */
    bool lies;        /* syncs answer yes and do nothing: the checks must notice */
    void (*at_cut)(void); /* before the process ends; no other thread runs in the product's files then */
};

/* Puts itself between the product and its files. */
void disk_start(const struct disk_plan *plan);
_Noreturn void disk_cut(void); /* now */

#endif
