/* options.configuration: what the scripts of a custom database may know. Values
 * go in and are never shown (recorded): a text of ours stands for each, the
 * same one as long as the value is the same. Sent back under its name, the text
 * leaves the value as it is, so that reading and writing an options object
 * loses nothing. */
#ifndef DOMAIN_CONNECTION_CONFIGURATION_H
#define DOMAIN_CONNECTION_CONFIGURATION_H

#include "json/json.h"
#include "store/store.h"

/* Of a connection's document that is about to be shown; its top level may be changed, what lies below is copied. */
void connection_configuration_hide(struct tx *tx, struct json *connection);
/* Of options that replace the old ones. */
void connection_configuration_keep(struct tx *tx, const struct json *old, struct json *options);

#endif
