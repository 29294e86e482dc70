/* JSON Web Tokens: RFC 7515's examples, and every way in which one must not pass. */
#include "crypto/jwt.h"

#include "rfc7515.h"

#include <string.h>

#define CLAIMS "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
#define TOKEN_HS256 "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." CLAIMS ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define SIGNATURE_RS256                                                                                                \
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t" \
    "1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12j" \
    "zDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQ" \
    "Ge77Rw"
#define TOKEN_RS256 "eyJhbGciOiJSUzI1NiJ9." CLAIMS "." SIGNATURE_RS256
#define TOKEN_ES256                                                                                                    \
    "eyJhbGciOiJFUzI1NiJ9." CLAIMS                                                                                     \
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
#define SECRET "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

struct keys {
    struct arena *a;
    struct jwt_key all[JWT_ALG_MAX];
    struct sign_key *rsa, *ec;
};

static int setup(void **state)
{
    struct arena *a = arena_new(0);
    struct keys *k = ARENA_NEW(a, struct keys);
    str secret;
    k->a = a;
    k->rsa = test_key(a, RFC7515_RSA);
    k->ec = test_key(a, RFC7515_EC);
    assert_true(base64url_decode(a, STR(SECRET), &secret));
    k->all[JWT_RS256] = (struct jwt_key){ .alg = JWT_RS256, .key = k->rsa };
    k->all[JWT_RS512] = (struct jwt_key){ .alg = JWT_RS512, .key = k->rsa };
    k->all[JWT_PS256] = (struct jwt_key){ .alg = JWT_PS256, .key = k->rsa };
    k->all[JWT_ES256] = (struct jwt_key){ .alg = JWT_ES256, .key = k->ec };
    k->all[JWT_HS256] = (struct jwt_key){ .alg = JWT_HS256, .secret = secret };
    *state = k;
    return 0;
}

static int teardown(void **state)
{
    struct keys *k = *state;
    sign_key_free(k->rsa);
    sign_key_free(k->ec);
    arena_free(k->a);
    return 0;
}

static const struct { const char *name; str token; enum jwt_alg alg; } published[] = {
    { "rfc7515 a.1", STR_INIT(TOKEN_HS256), JWT_HS256 },
    { "rfc7515 a.2", STR_INIT(TOKEN_RS256), JWT_RS256 },
    { "rfc7515 a.3", STR_INIT(TOKEN_ES256), JWT_ES256 },
};

static void test_published(void **state)
{
    struct keys *k = *state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        struct jwt t;
        print_message("  %s\n", published[i].name);
        assert_int_equal(jwt_parse(k->a, published[i].token, &t).kind, ERR_NONE);
        assert_int_equal(t.alg, published[i].alg);
        assert_null(t.kid.p);
        assert_true(str_eq(json_get_text(t.claims, STR("iss")), STR("joe")));
        for (unsigned alg = 0; alg < JWT_ALG_MAX; alg++)
            assert_int_equal(jwt_verify(&t, &k->all[alg]).kind,
                             alg == published[i].alg ? ERR_NONE : ERR_INVALID_SIGNATURE);
    }
}

static void test_sign(void **state)
{
    struct keys *k = *state;
    for (unsigned alg = 0; alg < JWT_ALG_MAX; alg++) {
        str token, header;
        struct jwt t;
        assert_int_equal(jwt_sign_text(k->a, &k->all[alg], STR("at+jwt"), STR("a\"b"), STR("{\"sub\":\"x\"}"), &token).kind,
                         ERR_NONE);
        assert_int_equal(jwt_parse(k->a, token, &t).kind, ERR_NONE);
        assert_int_equal(jwt_verify(&t, &k->all[alg]).kind, ERR_NONE);
        assert_true(str_eq(t.kid, STR("a\"b")));
        assert_true(str_eq(json_get_text(t.header, STR("typ")), STR("at+jwt")));
        assert_true(str_eq(json_dump(k->a, t.claims), STR("{\"sub\":\"x\"}")));
        assert_int_equal(jwt_sign(k->a, &k->all[alg], STR_NONE, STR_NONE, t.claims, &token).kind, ERR_NONE);
        assert_true(base64url_decode(k->a, str_cut(token, '.', &token), &header));
        assert_true(str_starts(header, STR("{\"alg\":\"")) && (str_ends(header, STR("256\",\"typ\":\"JWT\"}")) || str_ends(header, STR("512\",\"typ\":\"JWT\"}"))));
    }
}

/* RSA and HMAC signatures are functions of key and text: these are the exact
 * bytes that another implementation made. */
static void test_sign_exact(void **state)
{
    struct keys *k = *state;
    str signature;
    assert_int_equal(sign_key_sign_sha256(k->rsa, k->a, STR("eyJhbGciOiJSUzI1NiJ9." CLAIMS), &signature).kind, ERR_NONE);
    assert_true(str_eq(base64url_encode(k->a, signature), STR(SIGNATURE_RS256)));
}

static void test_sign_refused(void **state)
{
    struct keys *k = *state;
    const struct jwt_key wrong[] = {
        { .alg = JWT_HS256 },
        { .alg = JWT_HS256, .key = k->rsa },
        { .alg = JWT_RS256 },
        { .alg = JWT_RS256, .key = k->ec },
        { .alg = JWT_ES256, .key = k->rsa },
        { .alg = JWT_PS256, .key = k->ec },
        { .alg = JWT_RS512, .key = k->ec },
        { .alg = JWT_ALG_MAX, .key = k->rsa },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        str token = STR_NONE;
        assert_int_equal(jwt_sign_text(k->a, &wrong[i], STR_NONE, STR_NONE, STR("{}"), &token).kind, ERR_CRYPTO);
        assert_null(token.p);
    }
}

/* A token of the given texts, signed with HS256 by the test's secret. */
static str forged(struct keys *k, const char *header, const char *claims, str secret)
{
    unsigned char mac[DIGEST_LEN_MAX];
    str data = str_cat(k->a, str_cat(k->a, base64url_encode(k->a, str_from(header)), STR(".")),
                       base64url_encode(k->a, str_from(claims)));
    digest_hmac(DIGEST_SHA256, secret, data, mac);
    return str_cat(k->a, str_cat(k->a, data, STR(".")), base64url_encode(k->a, (str){ (char *)mac, 32 }));
}

static const struct { const char *name; const char *header, *claims; bool want; } shapes[] = {
    { "plain", "{\"alg\":\"HS256\"}", "{}", true },
    { "unknown members", "{\"alg\":\"HS256\",\"x\":1}", "{\"y\":[]}", true },
    { "kid that names nothing", "{\"alg\":\"HS256\",\"kid\":\"../../etc/passwd\"}", "{}", true },
    { "foreign key in the header", "{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"},\"jku\":\"x\"}", "{}", true },
    { "none", "{\"alg\":\"none\"}", "{}", false },
    { "None", "{\"alg\":\"None\"}", "{}", false },
    { "lower case", "{\"alg\":\"hs256\"}", "{}", false },
    { "longer hash", "{\"alg\":\"HS512\"}", "{}", false },
    { "no alg", "{\"typ\":\"JWT\"}", "{}", false },
    { "alg no text", "{\"alg\":[\"HS256\"]}", "{}", false },
    { "alg with nul", "{\"alg\":\"HS256\\u0000\"}", "{}", false },
    { "alg twice, last counts", "{\"alg\":\"HS256\",\"alg\":\"none\"}", "{}", false },
    { "critical extension", "{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}", "{}", false },
    { "empty crit", "{\"alg\":\"HS256\",\"crit\":[]}", "{}", false },
    { "kid no text", "{\"alg\":\"HS256\",\"kid\":7}", "{}", false },
    { "header no object", "[\"HS256\"]", "{}", false },
    { "header no json", "alg:HS256", "{}", false },
    { "header empty", "", "{}", false },
    { "claims no object", "{\"alg\":\"HS256\"}", "[]", false },
    { "claims no json", "{\"alg\":\"HS256\"}", "{", false },
    { "claims empty", "{\"alg\":\"HS256\"}", "", false },
    { "claims bad utf-8", "{\"alg\":\"HS256\"}", "{\"sub\":\"\xff\"}", false },
};

static void test_shapes(void **state)
{
    struct keys *k = *state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct jwt t;
        print_message("  %s\n", shapes[i].name);
        str token = forged(k, shapes[i].header, shapes[i].claims, k->all[JWT_HS256].secret);
        assert_int_equal(jwt_parse(k->a, token, &t).kind, shapes[i].want ? ERR_NONE : ERR_INVALID_TOKEN);
        if (shapes[i].want)
            assert_int_equal(jwt_verify(&t, &k->all[JWT_HS256]).kind, ERR_NONE);
    }
}

static const struct { const char *name; str token; } cuts[] = {
    { "nothing", STR_INIT("") },
    { "dots alone", STR_INIT("..") },
    { "one part", STR_INIT("eyJhbGciOiJIUzI1NiJ9") },
    { "two parts", STR_INIT("eyJhbGciOiJIUzI1NiJ9." CLAIMS) },
    { "no signature", STR_INIT("eyJhbGciOiJIUzI1NiJ9." CLAIMS ".") },
    { "four parts", STR_INIT(TOKEN_HS256 ".") },
    { "five parts, as encrypted", STR_INIT("eyJhbGciOiJIUzI1NiJ9.e30.e30.e30.e30") },
    { "newline last", STR_INIT(TOKEN_HS256 "\n") },
    { "space first", STR_INIT(" " TOKEN_HS256) },
    { "padding", STR_INIT(TOKEN_HS256 "=") },
    { "junk last", STR_INIT(TOKEN_HS256 "!") },
    { "nul last", STR_INIT(TOKEN_HS256 "\0") },
    { "tail bits of the signature", STR_INIT("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." CLAIMS
                                             ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl") },
    { "tail bits of the header", STR_INIT("eyJhbGciOiJIUzI1NiJ9IB.e30.AA") },
    { "standard alphabet", STR_INIT("eyJhbGciOiJIUzI1NiJ9.e30.++//") },
};

static void test_cuts(void **state)
{
    struct keys *k = *state;
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct jwt t;
        print_message("  %s\n", cuts[i].name);
        assert_int_equal(jwt_parse(k->a, cuts[i].token, &t).kind, ERR_INVALID_TOKEN);
    }
    char *large = arena_raw(k->a, JWT_LEN_MAX + 1);
    memset(large, 'A', JWT_LEN_MAX + 1);
    struct jwt t;
    assert_int_equal(jwt_parse(k->a, (str){ large, JWT_LEN_MAX + 1 }, &t).kind, ERR_INVALID_TOKEN);
}

/* Any change of any character: refused as a token or as a signature. */
static void test_changed_bytes(void **state)
{
    struct keys *k = *state;
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        str token = published[i].token;
        for (size_t at = 0; at < token.len; at++) {
            struct arena *a = arena_new(0);
            char *changed = (char *)(uintptr_t)str_dup(a, token).p;
            changed[at] = changed[at] == 'A' ? 'E' : 'A';
            struct jwt t;
            if (jwt_parse(a, (str){ changed, token.len }, &t).kind == ERR_NONE)
                for (unsigned alg = 0; alg < JWT_ALG_MAX; alg++)
                    assert_int_equal(jwt_verify(&t, &k->all[alg]).kind, ERR_INVALID_SIGNATURE);
            arena_free(a);
        }
    }
}

/* The public key is known to all: as an HMAC secret it must open nothing. */
static void test_alg_confusion(void **state)
{
    struct keys *k = *state;
    struct jwt t;
    str pem = sign_key_public_pem(k->a, k->rsa);
    assert_int_equal(jwt_parse(k->a, forged(k, "{\"alg\":\"HS256\"}", "{}", pem), &t).kind, ERR_NONE);
    assert_int_equal(jwt_verify(&t, &k->all[JWT_RS256]).kind, ERR_INVALID_SIGNATURE);
    assert_int_equal(jwt_verify(&t, &(struct jwt_key){ .alg = JWT_RS256, .secret = pem, .key = k->rsa }).kind,
                     ERR_INVALID_SIGNATURE);
    assert_int_equal(jwt_parse(k->a, forged(k, "{\"alg\":\"HS256\"}", "{}", STR("")), &t).kind, ERR_NONE);
    assert_int_equal(jwt_verify(&t, &(struct jwt_key){ .alg = JWT_HS256 }).kind, ERR_INVALID_SIGNATURE);
    /* An RS256 header over a MAC, and signatures of other lengths. */
    assert_int_equal(jwt_parse(k->a, forged(k, "{\"alg\":\"RS256\"}", "{}", pem), &t).kind, ERR_NONE);
    assert_int_equal(jwt_verify(&t, &k->all[JWT_RS256]).kind, ERR_INVALID_SIGNATURE);
    assert_int_equal(jwt_parse(k->a, STR(TOKEN_ES256), &t).kind, ERR_NONE);
    t.signature.len = 63;
    assert_int_equal(jwt_verify(&t, &k->all[JWT_ES256]).kind, ERR_INVALID_SIGNATURE);
    t.signature = (str){ arena_alloc(k->a, 64), 64 }; /* r = s = 0 */
    assert_int_equal(jwt_verify(&t, &k->all[JWT_ES256]).kind, ERR_INVALID_SIGNATURE);
    assert_int_equal(jwt_parse(k->a, STR(TOKEN_HS256 "A"), &t).kind, ERR_NONE);
    assert_int_equal(t.signature.len, 33);
    assert_int_equal(jwt_verify(&t, &k->all[JWT_HS256]).kind, ERR_INVALID_SIGNATURE);
    t.signature.len = 16;
    assert_int_equal(jwt_verify(&t, &k->all[JWT_HS256]).kind, ERR_INVALID_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_sign),
        cmocka_unit_test(test_sign_exact),
        cmocka_unit_test(test_sign_refused),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_changed_bytes),
        cmocka_unit_test(test_alg_confusion),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
