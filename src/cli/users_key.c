#include "base/file.h"
#include "cli/users.h"
#include "crypto/box.h"

#include <stdio.h>

static struct result write_pair(const struct options *o, const char *file, const char *public_file)
{
    struct box_key key;
    TRY(box_key_make(&key));
    TRY(file_write_durable(file, box_key_private_pem(o->arena, &key), 0600));
    return file_write_durable(public_file, box_key_public_pem(o->arena, &key), 0644);
}

struct result users_key_run(const struct options *o)
{
    const char *file = o->words[2], *public_file = str_cstr(o->arena, str_fmt(o->arena, "%s.pub", file));
    struct json *shown = json_object(o->arena);
    if (file_exists(file) || file_exists(public_file))
        return fail1(ERR_USAGE, str_fmt(o->arena, "%s or %s is there already", file, public_file));
    TRY(write_pair(o, file, public_file));
    json_set_text(o->arena, shown, STR("private_key"), str_from(file));
    json_set_text(o->arena, shown, STR("public_key"), str_from(public_file));
    if (o->json)
        printf("%.*s\n", STR_ARG(json_dump(o->arena, shown)));
    else
        printf("%s opens what %s seals; keep the first one safe\n", file, public_file);
    return OK;
}
