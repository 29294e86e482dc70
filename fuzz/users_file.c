/* A file of users of two lines: the first as the one that says what the file is, under a known key, the second as a user. */
#include "domain/transfer/import_inside.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct box_key the_key(void)
{
    struct box_key key = { .has_private = false };
    char bytes[BOX_KEY_LEN];
    for (int i = 0; i < BOX_KEY_LEN; i++)
        bytes[i] = (char)(i + 1);
    if (!box_key_from_private((str){ bytes, sizeof bytes }, &key))
        abort();
    return key;
}

/* Either the errors are named, or the user may come in with the hash that it has. */
static void check(struct arena *a, const struct import_item *item)
{
    bool good = json_count(item->errors) == 0;
    if (good && !json_is(item->user, JSON_OBJECT))
        abort();
    if (good && import_is_whole(item->user) && !json_get_text(item->user, STR("user_id")).len)
        abort();
    json_dump(a, import_report(a, item->user, item->errors));
}

/* A last line is taken only with the number of users that it tells. */
static void check_end(struct arena *a, const struct user_file *f, str text)
{
    struct json *item;
    int64_t users;
    if (failed(json_parse(a, text, &item)) || !user_file_is_end(item) || failed(user_file_read_end(a, f, item, &users)))
        return;
    struct json *same;
    if (users < 0 || failed(json_parse(a, user_file_end(a, f, users), &same)))
        abort();
    if (failed(user_file_read_end(a, f, same, &users)))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(0);
    struct box_key key = the_key();
    struct import_source source = { .takes_whole = true };
    struct import_item item;
    struct json *header;
    str rest = { (const char *)data, size }, first = str_cut(rest, '\n', &rest);
    bool has_header = !failed(json_parse(a, first, &header)) && user_file_is_header(header) &&
                      (!failed(user_file_read(a, header, NULL, &source.file)) || !failed(user_file_read(a, header, &key, &source.file)));
    if (!failed(import_item_read(a, &source, has_header && rest.p ? rest : first, &item)))
        check(a, &item);
    if (has_header)
        check_end(a, &source.file, rest);
    arena_free(a);
    return 0;
}
