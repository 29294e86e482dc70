#include "crypto/hash.h"
#include "crypto/random.h"
#include "domain/authentication_method.h"

enum { CODE_LEN = 24 }; /* digits and capital letters: 124 bits */

/* An alphabet that can be read aloud: capital letters and digits (recorded). */
static str make_code(struct arena *a)
{
    char code[CODE_LEN];
    for (size_t n = 0; n < CODE_LEN;) {
        str text = random_text(a, RANDOM_ALNUM, CODE_LEN);
        for (size_t i = 0; i < text.len && n < CODE_LEN; i++)
            if (text.p[i] < 'a')
                code[n++] = text.p[i];
    }
    return str_dup(a, (str){ code, CODE_LEN });
}

static str hash_of(struct arena *a, str code)
{
    unsigned char hash[DIGEST_LEN_MAX];
    digest(DIGEST_SHA256, code, hash);
    return hex_encode(a, (str){ (const char *)hash, digest_len(DIGEST_SHA256) });
}

struct result recovery_code_make(struct tx *tx, const struct user *u, str *out_code)
{
    struct arena *a = tx->arena;
    struct document d;
    struct json *method = json_object(a);
    str code = make_code(a);
    json_set_text(a, method, STR("type"), STR("recovery-code"));
    TRY(authentication_method_delete_type(tx, u, STR("recovery-code")));
    TRY(authentication_method_create(tx, u, method, &d));
    TRY(sql_run(tx->sql, "INSERT INTO user_secrets (user, kind, name, value, changed_at) VALUES (?, 'recovery_code', ?, ?, ?)",
                SQL_ARGS(sql_int(u->row), sql_text(u->uid), sql_text(hash_of(a, code)), sql_int(tx->now_us)), NULL));
    *out_code = code;
    return OK;
}

struct result recovery_code_use(struct tx *tx, const struct user *u, str code, bool *out_valid)
{
    int64_t removed;
    TRY(sql_run(tx->sql, "DELETE FROM user_secrets WHERE user = ? AND kind = 'recovery_code' AND value = ?",
                SQL_ARGS(sql_int(u->row), sql_text(hash_of(tx->arena, code))), &removed));
    *out_valid = removed > 0;
    return removed ? authentication_method_delete_type(tx, u, STR("recovery-code")) : OK;
}
