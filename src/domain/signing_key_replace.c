/* A signing key that somebody brings (the oldest reference of API v1: a key, a
 * certificate or a PKCS#7; on the global client it changes every client's). */
#include "domain/signing_key.h"

/* How many keys that were current once still verify: with the current and the
 * next one they must fit into a key set. */
enum { PREVIOUS_MAX = KEY_SET_MAX - 3, MODULUS_BYTES_MAX = 4096 / 8 };

static struct result refuse(struct arena *a, const char *why)
{
    return fail1(ERR_INVALID_BODY, str_fmt(a, "Payload validation error: '%s' on property signingKey.", why));
}

static void key_dispose(void *k)
{
    sign_key_free(k);
}

/* Numbers that do not belong together parse, too. */
static bool is_sound(struct arena *a, const struct sign_key *key)
{
    str signature;
    return sign_key_kind(key) == KEY_RSA2048 && sign_key_signature_len(key) <= MODULUS_BYTES_MAX &&
           !failed(sign_key_sign_sha256(key, a, STR("doorward"), &signature)) && sign_key_verify_sha256(key, STR("doorward"), signature);
}

/* *out: NULL when none is given. Freed with the arena. */
static struct result read_key(struct arena *a, str pem, struct sign_key **out)
{
    *out = NULL;
    if (!pem.len)
        return OK;
    struct sign_key *key;
    if (failed(sign_key_from_private_pem(pem, &key)))
        return refuse(a, "key is no private RSA key of 2048 to 4096 bits in PEM");
    arena_on_free(a, key_dispose, key);
    if (!is_sound(a, key))
        return refuse(a, "key is no private RSA key of 2048 to 4096 bits in PEM");
    *out = key;
    return OK;
}

/* *out: in PEM; STR_NONE when none is given. */
static struct result read_cert(struct arena *a, const struct signing_key_new *n, str *out)
{
    str der;
    *out = STR_NONE;
    if (n->cert.len && !cert_from_pem(a, n->cert, &der))
        return refuse(a, "cert is no certificate in PEM");
    if (!n->cert.len && n->pkcs7.len && !cert_from_pkcs7_pem(a, n->pkcs7, &der))
        return refuse(a, "pkcs7 holds no certificate in PEM");
    if (n->cert.len || n->pkcs7.len)
        *out = cert_to_pem(a, der);
    return OK;
}

static str public_key_of(struct arena *a, const struct sign_key *key, str cert_pem)
{
    str pem = STR("");
    if (key)
        return sign_key_public_pem(a, key);
    if (cert_pem.p && !cert_public_key_pem(a, cert_pem, &pem))
        return STR("");
    return pem;
}

static struct result retire_current(struct tx *tx)
{
    TRY(sql_run(tx->sql, "UPDATE signing_keys SET state = 'previous', current_until = ? WHERE state = 'current'",
                SQL_ARGS(sql_int(tx->now_us)), NULL));
    return sql_run(tx->sql,
                   "UPDATE signing_keys SET state = 'revoked', revoked_at = ? WHERE state = 'previous' AND kid NOT IN "
                   "(SELECT kid FROM signing_keys WHERE state = 'previous' ORDER BY current_until DESC LIMIT ?)",
                   SQL_ARGS(sql_int(tx->now_us), sql_int(PREVIOUS_MAX)), NULL);
}

struct result signing_key_replace(struct tx *tx, const struct signing_key_new *n)
{
    struct arena *a = tx->arena;
    struct sign_key *key;
    str cert, current, pkcs7;
    TRY(read_key(a, n->private_key, &key));
    TRY(read_cert(a, n, &cert));
    TRY(signing_key_current_cert(tx, &current, &pkcs7));
    str now = public_key_of(a, NULL, current), wanted = key ? public_key_of(a, key, cert) : now;
    bool is_new = !str_eq(wanted, now);
    if (cert.p && !str_eq(public_key_of(a, NULL, cert), wanted))
        return refuse(a, "the certificate is not of this key; send its private key with it");
    if (is_new)
        TRY(retire_current(tx));
    if (is_new)
        TRY(signing_key_insert(tx, key, STR("current"), cert));
    else if (cert.p)
        TRY(sql_run(tx->sql, "UPDATE signing_keys SET cert = ? WHERE state = 'current'", SQL_ARGS(sql_text(cert)), NULL));
    tx_bump_generation(tx);
    return OK;
}
