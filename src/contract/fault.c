#include "contract/fault.h"

static const struct {
    str prefix;
    enum err_kind kind;
} places[] = {
    [IN_BODY] = { STR_INIT("Payload validation error"), ERR_INVALID_BODY },
    [IN_PATH] = { STR_INIT("Path validation error"), ERR_INVALID_URI },
    [IN_QUERY] = { STR_INIT("Query validation error"), ERR_INVALID_QUERY },
};

void faults_init(struct faults *f, struct arena *a, enum validate_place place, unsigned max)
{
    *f = (struct faults){ .arena = a, .place = place, .max = max };
    buf_init(&f->text, FAULT_BYTES_MAX);
}

/* a.b, a[0].b */
static void write_path(struct buf *b, const struct step *at)
{
    if (at->up)
        write_path(b, at->up);
    if (!at->name.p) {
        buf_fmt(b, "[%zu]", at->index);
        return;
    }
    if (at->up)
        buf_add_char(b, '.');
    buf_add(b, fault_shown(at->name));
}

static void write_place(struct buf *b, const struct step *at, str about)
{
    if (!at)
        return;
    buf_add(b, STR(" on property "));
    write_path(b, at);
    if (about.len)
        buf_fmt(b, " (%.*s)", STR_ARG(about));
}

static void begin(struct faults *f)
{
    if (f->count++)
        buf_add(&f->text, STR(" (also) "));
    buf_add(&f->text, places[f->place].prefix);
    buf_add(&f->text, STR(": '"));
}

void fault_add(struct faults *f, const struct step *at, str about, str text)
{
    if (faults_full(f))
        return;
    begin(f);
    buf_add(&f->text, text);
    buf_add_char(&f->text, '\'');
    write_place(&f->text, at, about);
    buf_add_char(&f->text, '.');
}

str fault_shown(str value)
{
    if (value.len <= FAULT_VALUE_MAX)
        return value;
    size_t len = FAULT_VALUE_MAX;
    while (len && ((unsigned char)value.p[len] & 0xc0) == 0x80)
        len--;
    return str_sub(value, 0, len);
}

void fault_add_none_met(struct faults *f, const struct step *at, str about, const struct faults *inner)
{
    fault_add(f, at, about, STR("None of the valid schemas were met"));
    if (inner->count) {
        buf_add(&f->text, STR(" Inner errors: [ "));
        buf_add(&f->text, buf_str(&inner->text));
        buf_add(&f->text, STR(" ]."));
    }
}

const struct step *step_tail(const struct step *at, struct step *out)
{
    if (!at)
        return NULL;
    size_t n = 0;
    const struct step *s = at;
    for (;; s = s->up) {
        out[n++] = *s;
        if (s->name.p || !s->up || n == TAIL_STEPS_MAX)
            break;
    }
    for (size_t i = 0; i + 1 < n; i++)
        out[i].up = &out[i + 1];
    out[n - 1].up = NULL;
    return out;
}

struct result faults_end(struct faults *f)
{
    if (f->count == 0) {
        buf_free(&f->text);
        return OK;
    }
    str text = str_dup(f->arena, buf_str(&f->text));
    buf_free(&f->text);
    return fail1(places[f->place].kind, text);
}
