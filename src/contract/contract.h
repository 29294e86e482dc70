/* The contract as const tables: what tools/contract.py makes of contract/ (all its YAML files)
 * (build/gen/contract_tables.c), and the types it is made of. Nothing here is
 * written at run time. Shapes are explained in contract/README.md. */
#ifndef CONTRACT_CONTRACT_H
#define CONTRACT_CONTRACT_H

#include "base/result.h"
#include "base/str.h"
#include "gen/ids.h" /* enum op_id, enum scope_id (SCOPE_MAX), enum resource_id */

enum api { API_V1, API_V2, API_AUTH, API_MAX };

/* --- schemas ------------------------------------------------------------ */
enum { /* struct schema.types: any of */
       SCHEMA_NULL = 1u << 0,
       SCHEMA_BOOLEAN = 1u << 1,
       SCHEMA_INTEGER = 1u << 2,
       SCHEMA_NUMBER = 1u << 3,
       SCHEMA_STRING = 1u << 4,
       SCHEMA_ARRAY = 1u << 5,
       SCHEMA_OBJECT = 1u << 6,
       SCHEMA_ANY = 0x7f,
};
enum { /* struct schema.flags */
       SCHEMA_FREE = 1u << 0,      /* unknown members are kept */
       SCHEMA_UNIQUE = 1u << 1,    /* array items */
       SCHEMA_ONE = 1u << 2,       /* exactly one of the alternatives; else any */
       SCHEMA_HAS_MIN = 1u << 3,   /* min and max bound value, length, item count or member count */
       SCHEMA_HAS_MAX = 1u << 4,
       SCHEMA_LOOSE = 1u << 5,     /* v1: text forms of booleans and numbers are read */
       SCHEMA_CLAMP = 1u << 6,     /* v1: moved into the range */
       SCHEMA_EMPTY_ABSENT = 1u << 7, /* v1: an empty text counts as absent */
};

struct schema;
struct schema_member {
    str name;
    const struct schema *schema;
    bool required;
};

struct schema {
    uint8_t types;
    uint16_t flags;
    uint16_t format; /* row of format.c, 0 = none */
    uint16_t pattern; /* row of the pattern table, 0 = none */
    uint16_t member_count, value_count, alternative_count;
    double min, max;
    str about;                            /* description, for messages */
    const struct schema_member *members;  /* in contract order */
    const struct schema *extra;           /* of members not named ("map of"), or NULL */
    const struct schema *items;           /* of a list, or NULL */
    const str *values;                    /* enum, each as JSON text: "\"RS256\"", "0" */
    const struct schema *const *alternatives;
    str default_json;                     /* STR_NONE without a default */
};
const struct schema_member *schema_member_find(const struct schema *s, str name);

/* --- scope rules ---------------------------------------------------------- */
/* An OR of AND-sets. */
struct scope_set {
    const uint16_t *ids; /* enum scope_id */
    uint8_t count;
};
struct scope_rule {
    const struct scope_set *any_of;
    uint8_t count;
    struct scope_set self; /* any of these suffices when the user in the path is the caller */
    str words;             /* "a,b" as the 403 text lists them */
};
/* For the member alone, these scopes suffice, and without a full scope nothing else may be sent.
 * always: a full scope does not open the member either. */
struct scope_guard {
    str member;
    struct scope_set scopes;
    bool always;
};
extern const str scope_names[SCOPE_MAX];
int scope_find(str name); /* -1 when unknown */

struct scopes { /* a set of scope ids */
    uint64_t bits[(SCOPE_MAX + 63) / 64];
};
void scopes_add(struct scopes *s, int id);
bool scopes_has(const struct scopes *s, int id);
void scopes_parse(str space_separated, struct scopes *out); /* unknown names are left out */

/* --- resources: what the document engine keeps ------------------------------ */
enum id_alphabet { ID_ALNUM, ID_HEX, ID_UUID, ID_DIGITS };
struct id_rule {
    str prefix;
    enum id_alphabet alphabet;
    uint8_t len; /* after the prefix */
};
struct unique_rule {
    str member; /* dotted path */
    enum err_kind taken;
};
struct filter_rule {
    str parameter, member;
};
struct str_list {
    const str *v;
    size_t count;
};
struct resource_hooks; /* domain/document.h */
struct resource_spec {
    enum resource_id resource;
    str kind; /* as stored */
    struct id_rule id;
    str key;  /* member that shows the id */
    str also; /* unique member that stands for the id in a path; may be STR_NONE */
    const struct unique_rule *unique;
    size_t unique_count;
    const struct filter_rule *filters;
    size_t filter_count;
    struct str_list secrets, hidden, immutable, merges; /* dotted paths */
    str defaults_json; /* an object */
    enum err_kind missing;
    bool delete_missing_ok;
    const struct resource_hooks *hooks; /* NULL: none */
};
extern const struct resource_spec resource_specs[RESOURCE_MAX];

/* --- operations --------------------------------------------------------------- */
enum tx_mode { TX_NONE, TX_READ, TX_WRITE };
enum v1_credential { V1_PUBLIC, V1_ANY, V1_GLOBAL, V1_CLIENT };
enum page_kind { PAGE_OFFSET = 1u << 0, PAGE_CHECKPOINT = 1u << 1, PAGE_ALL_BY_DEFAULT = 1u << 2 };
enum body_kind { BODY_JSON = 1u << 0, BODY_FORM = 1u << 1, BODY_MULTIPART = 1u << 2 };

struct op_reply {
    int status;
    const struct schema *schema; /* NULL: empty or text */
    bool is_text;
};
struct op_page {
    unsigned kinds; /* 0: not paged */
    str items;
    uint16_t per_page, per_page_max;
    uint16_t take;       /* default of take */
    bool length, totals; /* include_totals also tells length; checkpoint lists take include_totals */
};
struct operation {
    enum op_id id;
    enum api api;
    str name;   /* operationId */
    str method; /* "GET" */
    str path;   /* "/api/v2/resource-servers/{id}" */
    str title, group, bucket;
    str log;    /* log event type for a successful write, "sapi"; STR_NONE: none */
    str log_failure; /* … for a refused one, "fs"; STR_NONE: none */
    struct scope_rule scopes;
    const struct scope_guard *guards;
    uint8_t guard_count;
    bool needs_token;
    enum v1_credential credential;
    const struct schema_member *path_params, *query_params;
    uint8_t path_param_count, query_param_count;
    const struct schema *body; /* NULL: none taken, whatever is sent is ignored */
    unsigned body_kinds;
    bool body_required;
    const struct op_reply *replies;
    uint8_t reply_count;
    struct op_page page;
    enum tx_mode tx;
    const struct resource_spec *resource; /* NULL: none */
};
extern const struct operation operations[OP_MAX];
extern const str openapi_documents[API_MAX]; /* JSON texts, published */

/* --- words of errors ------------------------------------------------------------ */
struct err_words {
    uint16_t status;
    str code, text; /* text with {0} {1} {2} */
};
struct err_row {
    str name;
    bool log; /* the operator must see the cause; the arguments are not shown to the caller */
    struct err_words words[API_MAX]; /* API_AUTH: OAuth's */
};
extern const struct err_row err_rows[ERR_MAX];
str http_reason(int status);
/* The whole JSON body of an error answer on that API, in its own shape. */
struct json;
struct json *error_body(struct arena *a, enum api api, struct result r, int *out_status);

#endif
