/* doorward: one table of commands. */
#include "base/log.h"
#include "cli/control.h"
#include "cli/doctor.h"
#include "cli/options.h"
#include "cli/serve.h"
#include "cli/setup.h"
#include "cli/users.h"
#include "contract/contract.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct command {
    const char *name;      /* one or two words */
    const char *arguments; /* names of what follows, as the control command takes them */
    const char *help;
    const char *flags; /* that it obeys, beside those of every command */
    struct result (*run)(const struct options *o); /* NULL: a control command */
};

static struct result run_init(const struct options *o)
{
    bool made;
    str text;
    TRY(setup_ensure(o, &made));
    TRY(setup_read_credentials(o, o->arena, &text));
    if (o->json)
        printf("%.*s", STR_ARG(text));
    else
        printf("%s %s; credentials are in %s/credentials.json\n", o->data, made ? "is made" : "was there already, nothing changed", o->data);
    return OK;
}

static struct result run_doctor(const struct options *o);

static const struct command commands[] = {
    { "serve", "", "the server",
      "listen tls-listen domain database master-key admin-listen trusted-proxies rate-limits log-retention log-max-rows "
      "import-max-bytes workers log-level seed test-clock test-ids no-supervisor", serve_run },
    { "init", "", "make the data directory and the first tenant", "domain database master-key listen tls-listen seed test-ids", run_init },
    { "tenant create", "name", "a new tenant (--domain HOST[:PORT]); --json prints its credentials", "domain master-key", NULL },
    { "tenant list", "", "all tenants", "master-key", NULL },
    { "tenant delete", "name", "a tenant with everything in it", "master-key", NULL },
    { "tenant snapshot", "name file", "the tenant's state into one file", "master-key", NULL },
    { "tenant restore", "name file", "the tenant back to a snapshot", "master-key", NULL },
    { "users import", "file", "users of a JSON file into a connection (--connection, --tenant, --upsert)", "connection tenant upsert with-secrets master-key", users_import_run },
    { "users export", "file", "users into a file (--connection, --tenant, --format, --with-secrets, --plain-secrets)", "connection tenant format with-secrets plain-secrets master-key", users_export_run },
    { "users key", "file", "a key pair for --with-secrets: FILE opens, FILE.pub seals", "", users_key_run },
    { "backup", "file", "a copy of the whole data directory", "master-key", NULL },
    { "doctor", "", "is the data directory sound: databases, keys, certificates, room", "master-key", run_doctor },
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static size_t words_in(const char *text)
{
    size_t n = *text != '\0';
    for (const char *p = text; *p; p++)
        n += *p == ' ';
    return n;
}

static bool named(const struct command *c, const struct options *o)
{
    str rest = str_from(c->name);
    for (size_t i = 0; rest.p; i++) {
        str word = str_cut(rest, ' ', &rest);
        if (i >= o->word_count || !str_eq(word, str_from(o->words[i])))
            return false;
    }
    return true;
}

static const struct command *find_command(const struct options *o)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (named(&commands[i], o))
            return &commands[i];
    return NULL;
}

static void print_command(const struct command *c)
{
    printf("  %-16s %-10s %s\n", c->name, c->arguments, c->help);
}

/* Of the command, of those that start with these words, or of all. */
static struct result print_help(const struct options *o, const struct command *command)
{
    str start = o->word_count ? str_from(o->words[0]) : STR("");
    size_t first = 0;
    while (first < COMMAND_COUNT && !str_starts(str_from(commands[first].name), start))
        first++;
    if (first == COMMAND_COUNT)
        return fail1(ERR_USAGE, str_fmt(o->arena, "unknown command %s (see --help)", o->words[0]));
    puts("usage: doorward COMMAND [arguments] [flags]\n");
    for (size_t i = first; i < COMMAND_COUNT; i++)
        if (command ? command == &commands[i] : str_starts(str_from(commands[i].name), start))
            print_command(&commands[i]);
    options_print_help(command ? str_cstr(o->arena, str_fmt(o->arena, "data %s json help", command->flags)) : o->word_count ? "data json help" : NULL);
    return OK;
}

static struct json *control_args(const struct command *c, const struct options *o)
{
    struct json *args = json_object(o->arena);
    size_t at = words_in(c->name);
    str rest = str_from(c->arguments);
    json_set_text(o->arena, args, STR("command"), str_from(c->name));
    while (rest.p && rest.len)
        json_set_text(o->arena, args, str_cut(rest, ' ', &rest), str_from(o->words[at++]));
    return args;
}

/* A relative path means the caller's directory, not the server's. */
static void make_file_absolute(struct json *args, const struct options *o)
{
    str file = json_get_text(args, STR("file"));
    if (file.len)
        json_set_text(o->arena, args, STR("file"), str_from(setup_absolute(o->arena, str_cstr(o->arena, file))));
}

static struct result run_here(const struct options *o, const struct json *args, struct json **out)
{
    struct store *store;
    TRY(setup_open(o, &store));
    struct control_context c = { .store = store, .arena = o->arena, .data_dir = o->data };
    struct result r = control_run(&c, args, out);
    store_close(store);
    return r;
}

static void print_plain(const struct json *v)
{
    struct json *item;
    struct json_member *m;
    if (json_is(v, JSON_ARRAY))
        JSON_EACH_ITEM(v, i, item)
            print_plain(item);
    if (!json_is(v, JSON_OBJECT))
        return;
    JSON_EACH_MEMBER(v, i, m)
        if (json_is(m->value, JSON_STRING))
            printf("%.*s%s%.*s", i ? 2 : 0, "  ", "", STR_ARG(json_text(m->value)));
    puts("");
}

/* What a command does to the store: by the server that has it open, or here. */
static struct result ask(const struct command *c, const struct options *o, struct json **out)
{
    struct json *args = control_args(c, o);
    bool served;
    if (strcmp(c->name, "tenant create") == 0 && o->domain_is_given)
        json_set_text(o->arena, args, STR("domain"), str_from(o->domain));
    make_file_absolute(args, o);
    TRY(control_ask(o->arena, o->data, args, out, &served));
    return served ? OK : run_here(o, args, out);
}

static void print_answer(const struct options *o, const struct json *answer)
{
    if (o->json)
        printf("%.*s\n", STR_ARG(json_dump(o->arena, answer)));
    else
        print_plain(answer);
}

static struct result run_control(const struct command *c, const struct options *o)
{
    struct json *answer;
    TRY(ask(c, o, &answer));
    print_answer(o, answer);
    return OK;
}

static struct result run_doctor(const struct options *o)
{
    struct json *answer;
    TRY(ask(find_command(o), o, &answer));
    print_answer(o, answer);
    return doctor_found_fault(answer) ? fail1(ERR_BAD_REQUEST, STR("something is wrong, see above")) : OK;
}

static int say(struct arena *a, struct result r)
{
    if (!failed(r))
        return 0;
    fprintf(stderr, "doorward: %.*s\n", STR_ARG(control_words(a, r)));
    return r.kind == ERR_USAGE ? 2 : 1;
}

int main(int argc, char **argv)
{
    struct arena *a = arena_new_secret(16 << 10);
    struct options o;
    struct result r = options_parse(a, argc, argv, &o);
    const struct command *c = failed(r) ? NULL : find_command(&o);
    if (!failed(r) && (o.help || o.word_count == 0)) {
        r = print_help(&o, c);
    } else if (!failed(r)) {
        if (!c || o.word_count != words_in(c->name) + words_in(c->arguments))
            r = fail1(ERR_USAGE, STR("unknown command or wrong number of arguments (see --help)"));
        else
            r = c->run ? c->run(&o) : run_control(c, &o);
    }
    int code = say(a, r);
    arena_free(a);
    return code;
}
