/* What a kind keeps in files of its own: pages, scripts, templates; and passwords,
 * which are hashed before there is a transaction. */
#include "cli/seed_inside.h"
#include "crypto/password.h"
#include "domain/user/password.h"

/* The text of the file that value names goes in value's place. */
static struct result take_file(const struct seed_source *s, const struct seed_item *item, struct json *value)
{
    str path, text, rest;
    TRY(seed_file_resolve(s, item->file, json_text(value), &path));
    map_set(s->referred, str_cut(path, '/', &rest), value);
    if (!seed_file_exists(s, path))
        return seed_fault(s->arena, item->file, str_fmt(s->arena, "'%.*s' is not there", STR_ARG(json_text(value))));
    TRY(seed_file_text(s, path, &text));
    value->text = text;
    return OK;
}

/* A page is a file's name, or the page itself. */
struct result seed_read_client(const struct seed_source *s, struct seed_item *item)
{
    str path;
    struct json *page = json_get(item->body, STR("custom_login_page"));
    bool resolved = json_is(page, JSON_STRING) && !failed(seed_file_resolve(s, item->file, page->text, &path));
    return resolved && seed_file_exists(s, path) ? take_file(s, item, page) : OK;
}

/* options.customScripts (or, as older exports had it, customScripts): each a file's name. */
struct result seed_read_database(const struct seed_source *s, struct seed_item *item)
{
    struct json *options = json_get(item->body, STR("options")), *scripts = json_get(item->body, STR("customScripts"));
    struct json_member *m;
    if (scripts) {
        if (!json_is(options, JSON_OBJECT))
            json_set(s->arena, item->body, STR("options"), options = json_object(s->arena));
        json_set(s->arena, options, STR("customScripts"), scripts);
        json_remove(item->body, STR("customScripts"));
    }
    scripts = json_get(options, STR("customScripts"));
    JSON_EACH_MEMBER(scripts, i, m)
        if (json_is(m->value, JSON_STRING))
            TRY(take_file(s, item, m->value));
    return OK;
}

/* Passwordless mail: the body is a file's name. */
struct result seed_read_connection(const struct seed_source *s, struct seed_item *item)
{
    struct json *body = json_at(item->body, "options.email.body");
    bool mail = str_eq(json_get_text(item->body, STR("strategy")), STR("email"));
    return mail && json_is(body, JSON_STRING) ? take_file(s, item, body) : OK;
}

/* password: hashed here. password_hash, ours beside the members of POST /users:
 * a hash from elsewhere, kept as it is. */
struct result seed_read_user(const struct seed_source *s, struct seed_item *item)
{
    const struct json *password = json_get(item->body, STR("password")), *hash = json_get(item->body, STR("password_hash"));
    if (password && hash)
        return seed_fault(s->arena, item->file, STR("password and password_hash exclude each other"));
    if (!json_is(password, JSON_STRING) && !hash)
        return OK;
    struct user_password *p = ARENA_NEW(s->arena, struct user_password);
    if (hash && !password_hash_is_known(json_text(hash)))
        return seed_fault(s->arena, item->file, STR("password_hash is no hash text that can be verified"));
    if (hash)
        *p = (struct user_password){ .hash = json_text(hash) };
    struct result r = hash ? OK : user_password_new(s->arena, json_text(password), p);
    if (failed(r))
        return seed_fault_of(s->arena, item->file, r);
    item->password = p;
    json_remove(item->body, STR("password_hash"));
    return OK;
}
