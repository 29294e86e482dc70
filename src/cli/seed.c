/* The table of kinds, in the order in which they are applied, and the walk over
 * the directory. A new kind is a row (and its function in seed_*.c). */
#include "base/log.h"
#include "cli/seed_inside.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum layout {
    ONE_FILE,    /* the place itself: one object */
    FILES,       /* each *.json in the folder: one object */
    FOLDERS,     /* each folder's file named inside: one object */
    LISTS,       /* each *.json in the folder: an array of objects, or one */
};

static const struct kind {
    str place; /* in the directory */
    enum layout layout;
    str inside; /* FOLDERS: the file's name */
    seed_read_fn read;   /* what stands in other files; NULL: nothing */
    seed_apply_fn apply;
} kinds[] = {
    { STR_INIT("resource-servers"), FILES, { 0 }, NULL, seed_apply_resource_server },
    { STR_INIT("clients"), FILES, { 0 }, seed_read_client, seed_apply_client },
    { STR_INIT("database-connections"), FOLDERS, STR_INIT("database.json"), seed_read_database, seed_apply_connection },
    { STR_INIT("connections"), FILES, { 0 }, seed_read_connection, seed_apply_connection },
    { STR_INIT("grants"), FILES, { 0 }, NULL, seed_apply_grant },
    { STR_INIT("roles"), FILES, { 0 }, NULL, seed_apply_role },
    { STR_INIT("organizations"), FILES, { 0 }, NULL, seed_apply_organization },
    { STR_INIT("users"), LISTS, { 0 }, seed_read_user, seed_apply_user },
    { STR_INIT("tenant.json"), ONE_FILE, { 0 }, NULL, seed_apply_tenant },
};
enum { KIND_COUNT = sizeof kinds / sizeof *kinds, ITEMS_FIRST = 16 };

struct items {
    struct seed_item *v;
    size_t count, cap;
};

struct seed {
    struct arena *arena;
    struct items items[KIND_COUNT];
};

/* --- folders ----------------------------------------------------------------------- */

static bool is_json_name(str name)
{
    return str_ends(name, STR(".json"));
}

static int compare_names(const void *a, const void *b)
{
    return str_cmp(*(const str *)a, *(const str *)b);
}

static void add_name(struct arena *a, struct json *names, const char *name)
{
    if (name[0] != '.')
        json_push_text(a, names, str_dup(a, str_from(name)));
}

/* Names in a folder, sorted, without hidden ones; none when it is not there. */
static struct result list_folder(const struct seed_source *s, str path, str **out, size_t *out_count)
{
    struct json *names = json_array(s->arena);
    DIR *d = opendir(str_cstr(s->arena, path.len ? str_fmt(s->arena, "%s/%.*s", s->dir, STR_ARG(path)) : str_from(s->dir)));
    *out_count = 0;
    if (!d && errno == ENOENT && path.len)
        return OK;
    if (!d)
        return seed_fault(s->arena, path.len ? path : str_from(s->dir), str_from(strerrordesc_np(errno)));
    for (struct dirent *e; (e = readdir(d));)
        add_name(s->arena, names, e->d_name);
    closedir(d);
    *out_count = json_count(names);
    *out = ARENA_ARRAY(s->arena, str, *out_count + 1);
    for (size_t i = 0; i < *out_count; i++)
        (*out)[i] = json_text(names->items[i]);
    qsort(*out, *out_count, sizeof **out, compare_names);
    return OK;
}

static bool is_folder(const struct seed_source *s, str path)
{
    struct stat st;
    return stat(str_cstr(s->arena, str_fmt(s->arena, "%s/%.*s", s->dir, STR_ARG(path))), &st) == 0 && S_ISDIR(st.st_mode);
}

/* --- reading ---------------------------------------------------------------------------- */

static struct seed_item *add_item(struct arena *a, struct items *items, str file, struct json *body)
{
    if (items->count == items->cap) {
        size_t cap = items->cap ? items->cap * 2 : ITEMS_FIRST;
        struct seed_item *bigger = ARENA_ARRAY(a, struct seed_item, cap);
        for (size_t i = 0; i < items->count; i++)
            bigger[i] = items->v[i];
        items->v = bigger;
        items->cap = cap;
    }
    struct seed_item *item = &items->v[items->count++];
    *item = (struct seed_item){ .file = file, .body = body };
    return item;
}

static struct result read_object(const struct seed_source *s, const struct kind *k, struct items *items, str file,
                                 struct json *body)
{
    if (!json_is(body, JSON_OBJECT))
        return seed_fault(s->arena, file, STR("no JSON object"));
    if (json_count(body) == 0)
        return OK; /* the deploy tool passes over empty ones */
    struct seed_item *item = add_item(s->arena, items, file, body);
    return k->read ? k->read(s, item) : OK;
}

static struct result read_file(const struct seed_source *s, const struct kind *k, struct items *items, str file)
{
    struct json *v, *item;
    TRY(seed_file_json(s, file, &v));
    if (k->layout != LISTS || !json_is(v, JSON_ARRAY))
        return read_object(s, k, items, file, v);
    JSON_EACH_ITEM(v, i, item)
        TRY(read_object(s, k, items, str_fmt(s->arena, "%.*s, item %zu", STR_ARG(file), i), item));
    return OK;
}

static struct result read_entry(const struct seed_source *s, const struct kind *k, struct items *items, str name)
{
    str path = str_fmt(s->arena, "%.*s/%.*s", STR_ARG(k->place), STR_ARG(name));
    if (k->layout != FOLDERS)
        return is_json_name(name) ? read_file(s, k, items, path) : OK; /* others are referred to */
    str file = str_fmt(s->arena, "%.*s/%.*s", STR_ARG(path), STR_ARG(k->inside));
    if (seed_file_exists(s, file))
        return read_file(s, k, items, file);
    log_warn("--seed: %.*s is left out: it has no %.*s", STR_ARG(path), STR_ARG(k->inside));
    return OK;
}

static struct result read_kind(const struct seed_source *s, const struct kind *k, struct items *items)
{
    str *names;
    size_t count;
    if (k->layout == ONE_FILE)
        return seed_file_exists(s, k->place) ? read_file(s, k, items, k->place) : OK;
    TRY(list_folder(s, k->place, &names, &count));
    for (size_t i = 0; i < count; i++)
        TRY(read_entry(s, k, items, names[i]));
    return OK;
}

/* --- what has no place ------------------------------------------------------------------------ */

static bool is_kind(str name)
{
    for (size_t i = 0; i < KIND_COUNT; i++)
        if (str_eq(kinds[i].place, name))
            return true;
    return false;
}

static bool holds_files(const struct seed_source *s, str folder)
{
    str *names;
    size_t count;
    struct result r = list_folder(s, folder, &names, &count);
    bool found = failed(r);
    for (size_t i = 0; i < count && !found; i++) {
        str path = str_fmt(s->arena, "%.*s/%.*s", STR_ARG(folder), STR_ARG(names[i]));
        found = !is_folder(s, path) || holds_files(s, path);
    }
    return found;
}

/* Folders and *.json that no row reads; an export leaves empty folders behind. */
static struct result warn_of_others(const struct seed_source *s)
{
    str *names;
    size_t count;
    TRY(list_folder(s, STR(""), &names, &count));
    for (size_t i = 0; i < count; i++) {
        bool folder = is_folder(s, names[i]);
        if (is_kind(names[i]) || map_get(s->referred, names[i]) || (folder ? !holds_files(s, names[i]) : !is_json_name(names[i])))
            continue;
        log_warn("--seed: %.*s%s is left out: nothing here reads it yet", STR_ARG(names[i]), folder ? "/" : "");
    }
    return OK;
}

/* --- the face --------------------------------------------------------------------------------------- */

struct result seed_read(struct arena *a, const char *dir, struct seed **out)
{
    struct seed_source s;
    struct seed *seed = ARENA_NEW(a, struct seed);
    seed->arena = a;
    TRY(seed_source_open(a, dir, &s));
    for (size_t i = 0; i < KIND_COUNT; i++)
        TRY(read_kind(&s, &kinds[i], &seed->items[i]));
    TRY(warn_of_others(&s));
    *out = seed;
    return OK;
}

struct result seed_apply(struct tx *tx, const struct seed *s)
{
    struct seed_run run;
    TRY(seed_run_start(tx, &run));
    for (size_t i = 0; i < KIND_COUNT; i++)
        for (size_t j = 0; j < s->items[i].count; j++) {
            const struct seed_item *item = &s->items[i].v[j];
            struct result r = kinds[i].apply(&run, json_copy(tx->arena, item->body), item);
            if (failed(r))
                return seed_fault_of(s->arena, item->file, r);
        }
    return OK;
}
