#include "base/waits.h"

static _Thread_local struct {
    void (*begin)(void *ctx), (*end)(void *ctx);
    void *ctx;
} mine;

void waits_set(void (*begin)(void *ctx), void (*end)(void *ctx), void *ctx)
{
    mine.begin = begin;
    mine.end = end;
    mine.ctx = ctx;
}

void waits_begin(void)
{
    if (mine.begin)
        mine.begin(mine.ctx);
}

void waits_end(void)
{
    if (mine.end)
        mine.end(mine.ctx);
}
