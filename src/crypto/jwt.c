/* JSON Web Tokens: compact JWS (RFC 7515, 7519) in the algorithms of one table. */
#include "crypto/jwt.h"

#include "crypto/inside.h"

#include <string.h>

static const struct {
    str name;
    bool by_secret;
    enum key_kind kind; /* of the key, unless by_secret */
    enum sign_scheme scheme;
} algs[JWT_ALG_MAX] = {
    [JWT_RS256] = { STR_INIT("RS256"), false, KEY_RSA2048, SIGN_SHA256 },
    [JWT_RS512] = { STR_INIT("RS512"), false, KEY_RSA2048, SIGN_SHA512 },
    [JWT_PS256] = { STR_INIT("PS256"), false, KEY_RSA2048, SIGN_PSS_SHA256 },
    [JWT_ES256] = { STR_INIT("ES256"), false, KEY_P256, SIGN_SHA256 },
    [JWT_HS256] = { STR_INIT("HS256"), true, 0, 0 },
};
enum { HS256_LEN = 32 };

bool jwt_alg_find(str name, enum jwt_alg *out)
{
    for (unsigned i = 0; i < JWT_ALG_MAX; i++) {
        if (str_eq(name, algs[i].name)) {
            *out = (enum jwt_alg)i;
            return true;
        }
    }
    return false;
}

/* --- reading ------------------------------------------------------------------- */

static bool read_object(struct arena *a, str part, struct json **out)
{
    str text;
    return base64url_decode(a, part, &text) && json_parse(a, text, out).kind == ERR_NONE &&
           json_is(*out, JSON_OBJECT);
}

struct result jwt_parse(struct arena *a, str token, struct jwt *out)
{
    struct jwt t = { 0 };
    if (token.len > JWT_LEN_MAX)
        return fail(ERR_INVALID_TOKEN);
    str rest, header = str_cut(token, '.', &rest), claims = str_cut(rest, '.', &rest);
    if (!rest.p || str_find_char(rest, '.') >= 0)
        return fail(ERR_INVALID_TOKEN);
    t.signed_part = (str){ token.p, header.len + 1 + claims.len };
    if (!read_object(a, header, &t.header) || !read_object(a, claims, &t.claims) ||
        !base64url_decode(a, rest, &t.signature) || !t.signature.len)
        return fail(ERR_INVALID_TOKEN);
    /* crit names extensions that must be understood; there is none we do
     * (RFC 7515 §4.1.11). */
    const struct json *kid = json_get(t.header, STR("kid"));
    if (json_get(t.header, STR("crit")) || (kid && !json_is(kid, JSON_STRING)) ||
        !jwt_alg_find(json_get_text(t.header, STR("alg")), &t.alg))
        return fail(ERR_INVALID_TOKEN);
    t.kid = json_text(kid);
    *out = t;
    return OK;
}

/* RFC 8725 §3.1: a key is for one algorithm, and says for which. */
static bool key_fits(const struct jwt_key *key)
{
    if (key->alg >= JWT_ALG_MAX)
        return false;
    if (algs[key->alg].by_secret)
        return key->secret.len > 0;
    return key->key && sign_key_kind(key->key) == algs[key->alg].kind;
}

static bool signature_right(const struct jwt *t, const struct jwt_key *key)
{
    unsigned char mac[DIGEST_LEN_MAX];
    if (!algs[key->alg].by_secret)
        return sign_key_verify(key->key, algs[key->alg].scheme, t->signed_part, t->signature);
    digest_hmac(DIGEST_SHA256, key->secret, t->signed_part, mac);
    return str_eq_secret((str){ (char *)mac, HS256_LEN }, t->signature);
}

struct result jwt_verify(const struct jwt *t, const struct jwt_key *key)
{
    if (t->alg != key->alg || !key_fits(key) || !signature_right(t, key))
        return fail(ERR_INVALID_SIGNATURE);
    return OK;
}

/* --- signing ------------------------------------------------------------------- */

static void write_header(struct buf *b, enum jwt_alg alg, str typ, str kid)
{
    buf_add(b, STR("{\"alg\":\""));
    buf_add(b, algs[alg].name);
    buf_add(b, STR("\",\"typ\":"));
    json_write_string(b, typ.p ? typ : STR("JWT"));
    if (kid.p) {
        buf_add(b, STR(",\"kid\":"));
        json_write_string(b, kid);
    }
    buf_add_char(b, '}');
}

static struct result sign_into(const struct jwt_key *key, str data, unsigned char *out)
{
    if (!algs[key->alg].by_secret)
        return sign_key_sign_into(key->key, algs[key->alg].scheme, data, out);
    digest_hmac(DIGEST_SHA256, key->secret, data, out);
    return OK;
}

struct result jwt_sign_text(struct arena *a, const struct jwt_key *key, str typ, str kid, str claims_json,
                            str *out_token)
{
    unsigned char signature[SIGNATURE_LEN_MAX];
    if (!key_fits(key))
        return fail1(ERR_CRYPTO, STR("the key does not fit the algorithm"));
    size_t signature_len = algs[key->alg].by_secret ? HS256_LEN : sign_key_signature_len(key->key);
    struct buf header;
    buf_init(&header, SIZE_MAX);
    write_header(&header, key->alg, typ, kid);

    size_t header_size = base64url_size(header.len), claims_size = base64url_size(claims_json.len);
    size_t signed_size = header_size + 1 + claims_size, size = signed_size + 1 + base64url_size(signature_len);
    char *token = arena_raw(a, size);
    base64url_put(token, buf_str(&header));
    buf_free(&header);
    token[header_size] = '.';
    base64url_put(token + header_size + 1, claims_json);
    TRY(sign_into(key, (str){ token, signed_size }, signature));
    token[signed_size] = '.';
    base64url_put(token + signed_size + 1, (str){ (char *)signature, signature_len });
    *out_token = (str){ token, size };
    return OK;
}

struct result jwt_sign(struct arena *a, const struct jwt_key *key, str typ, str kid, const struct json *claims,
                       str *out_token)
{
    return jwt_sign_text(a, key, typ, kid, json_dump(a, claims), out_token);
}
