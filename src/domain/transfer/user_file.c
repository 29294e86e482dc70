#include "domain/transfer/user_file.h"

#include "crypto/hash.h"

#include <string.h>

enum { VERSION_WITHOUT_END = 1, VERSION = 2 };
#define HEADER STR("doorward_users")
#define END STR("doorward_users_end")
#define SEALED STR("sealed")
#define KIND STR("users file")

static const str secrets_names[USER_FILE_SECRETS_MAX] = {
    [USER_FILE_NO_SECRETS] = STR_INIT("none"),
    [USER_FILE_PLAIN] = STR_INIT("plain"),
    [USER_FILE_SEALED] = STR_INIT("sealed"),
};

static str digest_of(struct arena *a, str text)
{
    unsigned char sum[DIGEST_LEN_MAX];
    digest(DIGEST_SHA256, text, sum);
    return hex_encode(a, (str){ (const char *)sum, digest_len(DIGEST_SHA256) });
}

static struct seal_place place_of_check(const struct user_file *f)
{
    return (struct seal_place){ .tenant = f->binding, .kind = KIND, .id = STR(""), .field = STR("check") };
}

static struct seal_place place_of_end(const struct user_file *f)
{
    return (struct seal_place){ .tenant = f->binding, .kind = KIND, .id = STR(""), .field = STR("end") };
}

/* --- the first line ------------------------------------------------------------------ */

static struct result add_keys(struct arena *a, struct json *inner, const struct box_key *to, struct user_file *f)
{
    unsigned char ephemeral[BOX_KEY_LEN];
    TRY(box_close(to, ephemeral, f->key));
    json_set_text(a, inner, STR("ephemeral"), base64url_encode(a, (str){ (const char *)ephemeral, sizeof ephemeral }));
    json_set_text(a, inner, STR("key"), box_key_name(a, to));
    f->binding = digest_of(a, json_dump(a, inner));
    struct seal_place place = place_of_check(f);
    json_set_text(a, inner, STR("check"), seal(a, f->key, &place, STR("doorward")));
    return OK;
}

struct result user_file_begin(struct arena *a, enum user_file_secrets secrets, const struct box_key *to, struct user_file *out, str *out_line)
{
    struct json *header = json_object(a), *inner = json_object(a);
    struct user_file f = { .has_header = true, .secrets = secrets, .has_end = true };
    json_set_int(a, inner, STR("version"), VERSION);
    json_set_text(a, inner, STR("secrets"), secrets_names[secrets]);
    if (secrets == USER_FILE_SEALED)
        TRY(add_keys(a, inner, to, &f));
    json_set(a, header, HEADER, inner);
    *out_line = json_dump(a, header);
    *out = f;
    return OK;
}

bool user_file_is_header(const struct json *item)
{
    return json_get(item, HEADER) != NULL;
}

static struct result refuse(const char *words)
{
    return fail1(ERR_USAGE, str_from(words));
}

static struct result read_keys(struct arena *a, const struct json *inner, const struct box_key *own, struct user_file *f)
{
    struct json *others = json_copy_shallow(a, inner);
    str ephemeral, ignored;
    if (!own)
        return refuse("The secrets of this file are sealed: --with-secrets names the key that opens them.");
    if (!own->has_private)
        return refuse("The key is the public half, which only seals; the private one opens.");
    if (!str_eq(json_get_text(inner, STR("key")), box_key_name(a, own)))
        return refuse("The secrets of this file are sealed for another key.");
    json_remove(others, STR("check"));
    f->binding = digest_of(a, json_dump(a, others));
    struct seal_place place = place_of_check(f);
    if (!base64url_decode(a, json_get_text(inner, STR("ephemeral")), &ephemeral) || ephemeral.len != BOX_KEY_LEN ||
        !box_open(own, (const unsigned char *)ephemeral.p, f->key) || failed(unseal(a, f->key, &place, json_get_text(inner, STR("check")), &ignored)))
        return refuse("The first line of this file was changed: its secrets do not open.");
    return OK;
}

struct result user_file_read(struct arena *a, const struct json *header, const struct box_key *own, struct user_file *out)
{
    const struct json *inner = json_get(header, HEADER);
    struct user_file f = { .has_header = true };
    str secrets = json_get_text(inner, STR("secrets"));
    int64_t version = json_get_int(inner, STR("version"), 0);
    if (version < VERSION_WITHOUT_END || version > VERSION || json_count(header) != 1)
        return refuse("This file of users is of another version than this program reads (1 and 2).");
    f.has_end = version > VERSION_WITHOUT_END;
    while (f.secrets < USER_FILE_SECRETS_MAX && !str_eq(secrets, secrets_names[f.secrets]))
        f.secrets++;
    if (f.secrets == USER_FILE_SECRETS_MAX)
        return refuse("The first line of this file says of its secrets neither none, plain nor sealed.");
    if (own && f.secrets != USER_FILE_SEALED)
        return refuse("This file has no sealed secrets: it is read without --with-secrets.");
    if (f.secrets == USER_FILE_SEALED)
        TRY(read_keys(a, inner, own, &f));
    *out = f;
    return OK;
}

/* --- the last line ------------------------------------------------------------------- */

static str number_text(struct arena *a, int64_t n)
{
    return str_fmt(a, "%lld", (long long)n);
}

str user_file_end(struct arena *a, const struct user_file *f, int64_t users)
{
    struct json *end = json_object(a), *inner = json_object(a);
    struct seal_place place = place_of_end(f);
    json_set_int(a, inner, STR("users"), users);
    if (f->secrets == USER_FILE_SEALED)
        json_set_text(a, inner, STR("check"), seal(a, f->key, &place, number_text(a, users)));
    json_set(a, end, END, inner);
    return json_dump(a, end);
}

bool user_file_is_end(const struct json *item)
{
    return json_get(item, END) != NULL;
}

struct result user_file_read_end(struct arena *a, const struct user_file *f, const struct json *item, int64_t *out_users)
{
    const struct json *inner = json_get(item, END);
    int64_t users = json_get_int(inner, STR("users"), -1);
    struct seal_place place = place_of_end(f);
    str sealed;
    *out_users = -1;
    if (!inner)
        return f->has_end ? refuse("The end of this file is missing: it was cut off.") : OK;
    bool good = users >= 0 && json_count(item) == 1;
    if (good && f->secrets == USER_FILE_SEALED)
        good = !failed(unseal(a, f->key, &place, json_get_text(inner, STR("check")), &sealed)) && str_eq(sealed, number_text(a, users));
    if (!good)
        return refuse("The last line of this file was changed, or is of another file.");
    *out_users = users;
    return OK;
}

/* --- the sealed part ------------------------------------------------------------------- */

static struct seal_place place_of(struct arena *a, const struct user_file *f, str user_id, str members)
{
    return (struct seal_place){ .tenant = f->binding, .kind = KIND, .id = user_id, .field = digest_of(a, members) };
}

str user_file_seal(struct arena *a, const struct user_file *f, str user_id, str members, str secrets)
{
    struct seal_place place = place_of(a, f, user_id, members);
    return seal(a, f->key, &place, secrets);
}

struct result user_file_unseal(struct arena *a, const struct user_file *f, struct json *line)
{
    str sealed = json_get_text(line, SEALED), text;
    struct json *secrets;
    if (f->secrets != USER_FILE_SEALED || !json_is(line, JSON_OBJECT))
        return OK;
    json_remove(line, SEALED);
    struct seal_place place = place_of(a, f, json_get_text(line, STR("user_id")), json_dump(a, line));
    TRY(unseal(a, f->key, &place, sealed, &text));
    TRY(json_parse(a, text, &secrets));
    json_merge(a, line, secrets);
    return OK;
}
