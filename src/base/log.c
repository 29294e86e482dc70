#include "base/log.h"

#include "base/arena.h"
#include "base/clock.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 };

static atomic_int level_now = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&level_now, (int)level);
}

enum log_level log_get_level(void)
{
    return (enum log_level)atomic_load(&level_now);
}

/* One write(2) a line, so that lines of different threads never mix. */
static void __attribute__((format(printf, 2, 0))) put(const char *name, const char *fmt, va_list args)
{
    char line[LINE_MAX_BYTES];
    int at = snprintf(line, sizeof line, "doorward: %s: ", name);
    int len = vsnprintf(line + at, sizeof line - (size_t)at - 1, fmt, args);
    size_t end = (size_t)at + (len < 0 ? 0 : (size_t)len);
    if (end > sizeof line - 2)
        end = sizeof line - 2;
    for (size_t i = 0; i < end; i++)
        if ((unsigned char)line[i] < 0x20)
            line[i] = ' '; /* text from outside cannot forge a line */
    line[end++] = '\n';
    if (write(STDERR_FILENO, line, end) < 0)
        return; /* nowhere left to say it */
}

void log_line(enum log_level level, const char *fmt, ...)
{
    static const char *const names[] = { "error", "warning", "info", "debug" };
    if ((int)level > atomic_load(&level_now))
        return;
    va_list args;
    va_start(args, fmt);
    put(names[level], fmt, args);
    va_end(args);
}

void die(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    put("fatal", fmt, args);
    va_end(args);
    abort();
}
