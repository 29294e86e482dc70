/* Commands on a data directory that a server has open go to that server over
 * DIR/control.sock (mode 0600: whoever may write the directory): one JSON object
 * a line, one answer. Without a server the same functions run here. */
#ifndef CLI_CONTROL_H
#define CLI_CONTROL_H

#include "json/json.h"
#include "store/store.h"

struct control_context {
    struct store *store;
    struct arena *arena; /* of this one command */
    const char *data_dir;
};
/* args: {"command": …, …}; *out: the answer. */
typedef struct result (*control_fn)(struct control_context *c, const struct json *args, struct json **out);
struct control_command {
    str name;
    control_fn run;
};
extern const struct control_command control_commands[]; /* commands.c */
extern const size_t control_command_count;
MUST_USE struct result control_run(struct control_context *c, const struct json *args, struct json **out);

/* An error as the operator reads it: in a log he would see the cause, too. In a. */
str control_words(struct arena *a, struct result r);

struct control_server;
MUST_USE struct result control_server_start(const struct control_context *shared, struct control_server **out);
void control_server_stop(struct control_server *s);

/* Ask the server that has the directory open. *out_served: false when there is
 * none. Errors: those of the command, worded in args[0] of ERR_USAGE or, where
 * the arguments were right, ERR_BAD_REQUEST. */
MUST_USE struct result control_ask(struct arena *a, const char *data_dir, const struct json *args, struct json **out, bool *out_served);

#endif
