/* custom_password_hash: every algorithm opens to its password and to no other;
 * whatever the schema refuses is named with code and path. WH: LOGIN-TESTS. */
#include "domain/transfer/imported_hash.h"

#include "crypto/password.h"
#include "domain/transfer/exported_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define SALT(more) ",\"salt\":{\"value\":\"NaCl\"" more "}"
#define SHA1 "\"algorithm\":\"sha1\",\"hash\":{\"encoding\":\"base64\",\"value\":\"nT073x6T9Kc3EEhVcHqcM9LDvGQ=\"}"
#define SCRYPT(more) "\"algorithm\":\"scrypt\",\"hash\":{\"encoding\":\"hex\",\"value\":\"" SCRYPT_32 "\"}" more
#define SCRYPT_32 "28462f2518a66c9706542af9dffcc8d654870c68782447d71d4cb8c92be76278"
#define HMAC(key, more) \
    "\"algorithm\":\"hmac\",\"hash\":{\"encoding\":\"hex\",\"digest\":\"sha256\",\"value\":" \
    "\"e35a854e0018b2bd77e123753ec3f70b155bae139ee5eec90e0a32a26c73efc7\"" key "}" more
#define SHA512 \
    "63b40d13b71279d42afdb91d709f75d7053d1639d9cf125b9c67c9471f022d9626fb5d962718da8e31f93da2564a3ac3d48a1cd58d7b35e3cd5be09b633748ca"
#define SHA512_UPPER \
    "63B40D13B71279D42AFDB91D709F75D7053D1639D9CF125B9C67C9471F022D9626FB5D962718DA8E31F93DA2564A3AC3D48A1CD58D7B35E3CD5BE09B633748CA"
#define FIREBASE_HASH "lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
#define FIREBASE_KEY "jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=="
#define FIREBASE(cost) \
    "\"algorithm\":\"firebase-scrypt\",\"hash\":{\"value\":\"" FIREBASE_HASH "\",\"encoding\":\"base64\"}," \
    "\"salt\":{\"value\":\"42xEC+ixf3L2lw==\",\"encoding\":\"base64\"},\"base64_signer_key\":\"" FIREBASE_KEY "\"," \
    "\"base64_salt_separator\":\"Bw==\"," cost

#define PASSWORD "Correct-Horse-9"

static const struct { const char *name, *custom, *password; } good_rows[] = {
    { "WH01 bcrypt 2b", "\"algorithm\":\"bcrypt\",\"hash\":{\"value\":\"$2b$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py\",\"encoding\":\"utf8\"}", PASSWORD },
    { "WH02 bcrypt 2y", "\"algorithm\":\"bcrypt\",\"hash\":{\"value\":\"$2y$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py\"}", PASSWORD },
    { "WH03 bcrypt 2a", "\"algorithm\":\"bcrypt\",\"hash\":{\"value\":\"$2a$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py\"}", PASSWORD },
    { "WH04 bcrypt, salt prefix",
      "\"algorithm\":\"bcrypt\",\"hash\":{\"value\":\"$2b$10$abcdefghijklmnopqrstuuMzK4gDg/iOW966BAElNMbd9mv/v51je\"}" SALT(",\"position\":\"prefix\""), PASSWORD },
    { "WH05 argon2i", "\"algorithm\":\"argon2\",\"hash\":{\"value\":\"$argon2i$v=19$m=4096,t=2,p=1$clFTMHFwM2UxTFZsVXhTdA$RYnL5rVdpE5deSqiHzcFtpJWbuiO31i6Cyx9asjZT+8\"}", PASSWORD },
    { "WH06 argon2id", "\"algorithm\":\"argon2\",\"hash\":{\"value\":\"$argon2id$v=19$m=4096,t=2,p=1$dnVwNG1DMGxiME9mYllBdw$s8gMB44QXQEV9aJUXkzHRvvn3K6dhsUQoJc9afWRkL0\"}", PASSWORD },
    { "WH07 hmac sha256", HMAC(",\"key\":{\"value\":\"k3y\"}", ""), PASSWORD },
    { "WH07 hmac, key in base64", HMAC(",\"key\":{\"value\":\"azN5\",\"encoding\":\"base64\"}", ""), PASSWORD },
    { "WH08 hmac sha512, base64",
      "\"algorithm\":\"hmac\",\"hash\":{\"encoding\":\"base64\",\"digest\":\"sha512\",\"key\":{\"value\":\"k3y\"},\"value\":"
      "\"Bd3JHEMNSPeCx1dYffS6qvtpRBYvvngDWE2Xnx1ra6u3xRRrxT2kJT1Mfa+JjYuZIQwVRldpJWY7MpnJS2tcNA==\"}", PASSWORD },
    { "WH09 ldap SSHA", "\"algorithm\":\"ldap\",\"hash\":{\"value\":\"{SSHA}MYJUV4xdjqpWuHOJrogzHDeo7eNOYUNs\"}", PASSWORD },
    { "WH10 ldap MD5", "\"algorithm\":\"ldap\",\"hash\":{\"value\":\"{MD5}vTRylM4Rzzg5yo3DL1nUgQ==\"}", PASSWORD },
    { "WH11 ldap SMD5", "\"algorithm\":\"ldap\",\"hash\":{\"value\":\"{SMD5}6eLNlQ/JAUIx+pLOHsaaPk5hQ2w=\"}", PASSWORD },
    { "WH12 md4", "\"algorithm\":\"md4\",\"hash\":{\"encoding\":\"hex\",\"value\":\"81a08ca0ae1731f418fc0db95d653693\"}", PASSWORD },
    { "WH13 md4 utf16le",
      "\"algorithm\":\"md4\",\"hash\":{\"encoding\":\"hex\",\"value\":\"e05afee4e22b6fe7e11549e2193c8202\"},\"password\":{\"encoding\":\"utf16le\"}", PASSWORD },
    { "WH13 md4 ucs2",
      "\"algorithm\":\"md4\",\"hash\":{\"encoding\":\"hex\",\"value\":\"e05afee4e22b6fe7e11549e2193c8202\"},\"password\":{\"encoding\":\"ucs2\"}", PASSWORD },
    { "WH14 md5, salt", "\"algorithm\":\"md5\",\"hash\":{\"encoding\":\"hex\",\"value\":\"bb694e290ce3fa4ab5cc8397846a9236\"}" SALT(""), PASSWORD },
    { "WH14 md5, salt in hex",
      "\"algorithm\":\"md5\",\"hash\":{\"encoding\":\"hex\",\"value\":\"bb694e290ce3fa4ab5cc8397846a9236\"},\"salt\":{\"value\":\"4e61436C\",\"encoding\":\"hex\"}", PASSWORD },
    { "WH15 sha1", SHA1, PASSWORD },
    { "WH15 sha1, base64 without padding", "\"algorithm\":\"sha1\",\"hash\":{\"encoding\":\"base64\",\"value\":\"nT073x6T9Kc3EEhVcHqcM9LDvGQ\"}", PASSWORD },
    { "WH16 sha256, salt suffix",
      "\"algorithm\":\"sha256\",\"hash\":{\"encoding\":\"hex\",\"value\":\"3c8a7efe85006151c3650e08247456974fc8598654fed7453636f29fd455d0e8\"}" SALT(",\"position\":\"suffix\""), PASSWORD },
    { "WH17 sha512", "\"algorithm\":\"sha512\",\"hash\":{\"encoding\":\"hex\",\"value\":\"" SHA512 "\"}", PASSWORD },
    { "WH17 sha512, upper case", "\"algorithm\":\"sha512\",\"hash\":{\"encoding\":\"hex\",\"value\":\"" SHA512_UPPER "\"}", PASSWORD },
    { "WH18 pbkdf2", "\"algorithm\":\"pbkdf2\",\"hash\":{\"value\":\"$pbkdf2-sha512$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$vOnQqQvBbk8Ad2BJLzKZvLQvsZwWavaIFoK8LFryY+Y\"}", PASSWORD },
    { "WH19 scrypt", SCRYPT(",\"keylen\":32,\"cost\":1024,\"blockSize\":8,\"parallelization\":1" SALT("")), PASSWORD },
    { "WH20 scrypt, defaults",
      "\"algorithm\":\"scrypt\",\"keylen\":64,\"hash\":{\"encoding\":\"hex\",\"value\":\"5e533dc1ce1137be9114035bbdb1a87ab92f549104f53ca4e39b8eaeee465fb1"
      "b533c867cc24715b99ef182e520cfadfcb1783a7df52c96f9585e44ff9ef15be\"}" SALT(""), PASSWORD },
    { "base64 of the url alphabet", "\"algorithm\":\"sha256\",\"hash\":{\"encoding\":\"base64\",\"value\":\"_mme7hxqZUtmmfkuLV4GoA4iC5FJUZDs6sPv-BQPKYY\"},"
      "\"password\":{\"encoding\":\"latin1\"}", "p\xC3\xA4ssword" },
    { "binary is latin1", "\"algorithm\":\"sha256\",\"hash\":{\"encoding\":\"base64\",\"value\":\"/mme7hxqZUtmmfkuLV4GoA4iC5FJUZDs6sPv+BQPKYY=\"},"
      "\"password\":{\"encoding\":\"binary\"}", "p\xC3\xA4ssword" },
    { "utf8 by name", "\"algorithm\":\"sha256\",\"hash\":{\"encoding\":\"base64\",\"value\":\"NHgme1YSeRtAmIkGs6eJfrarUB4EuV7TL5nQr99mnZw=\"},"
      "\"password\":{\"encoding\":\"utf8\"}", "p\xC3\xA4ssword" },
    { "firebase", FIREBASE("\"rounds\":8,\"mem_cost\":14"), "user1password" },
};

static struct json *parse(struct arena *a, const char *text)
{
    struct json *v = NULL;
    assert_int_equal(json_parse(a, str_from(text), &v).kind, ERR_NONE);
    return v;
}

static struct json *custom_of(struct arena *a, const char *members)
{
    return parse(a, str_cstr(a, str_fmt(a, "{%s}", members)));
}

/* What an export makes of the text is read as the same text again. */
static void check_way_back(struct arena *a, str text, bool is_custom)
{
    struct json *user = json_object(a), *faults = json_array(a);
    str again = STR_NONE;
    assert_true(exported_hash_add(a, user, text, is_custom));
    bool good = imported_hash_read(a, user, faults, &again);
    if (!good || !str_eq(text, again))
        print_error("%.*s became %.*s: %.*s %.*s\n", STR_ARG(text), STR_ARG(again), STR_ARG(json_dump(a, user)), STR_ARG(json_dump(a, faults)));
    assert_true(good && str_eq(text, again));
    assert_int_equal(json_get(user, STR("password_hash")) == NULL, is_custom);
}

static void test_own_hashes_leave_as_such(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    str own = STR("$2b$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py");
    struct json *user = json_object(a);
    check_way_back(a, own, false);
    check_way_back(a, own, true);
    assert_false(exported_hash_add(a, user, STR("$doorward$input$prefix=YQ,suffix=YQ$doorward$digest-md5$kAFQmDzST7DWlj99KOF/cg"), false));
    assert_false(exported_hash_add(a, user, STR("plain text"), false));
    assert_int_equal(json_count(user), 0);
    arena_free(a);
}

static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good_rows / sizeof *good_rows; i++) {
        struct arena *a = arena_new(0);
        struct json *faults = json_array(a);
        str text = STR_NONE, password = str_from(good_rows[i].password);
        print_message("  %s\n", good_rows[i].name);
        bool good = custom_hash_to_text(a, custom_of(a, good_rows[i].custom), faults, &text);
        if (!good)
            print_error("%.*s\n", STR_ARG(json_dump(a, faults)));
        assert_true(good);
        assert_int_equal(json_count(faults), 0);
        assert_true(password_verify(password, text));
        check_way_back(a, text, true);
        assert_false(password_verify(str_cat(a, password, STR("9")), text));
        assert_false(password_verify(str_sub(password, 0, password.len - 1), text));
        assert_false(password_verify(STR(""), text));
        arena_free(a);
    }
}

static const struct { const char *name, *custom, *code, *path, *says; } bad_rows[] = {
    { "no algorithm", "\"hash\":{\"value\":\"x\"}", "OBJECT_REQUIRED", "custom_password_hash", "Missing required property: algorithm" },
    { "no hash", "\"algorithm\":\"md5\"", "OBJECT_REQUIRED", "custom_password_hash", "Missing required property: hash" },
    { "unknown algorithm", "\"algorithm\":\"crc32\",\"hash\":{\"value\":\"x\"}", "ENUM_MISMATCH", "custom_password_hash.algorithm", "No enum match for: crc32" },
    { "algorithm in upper case", "\"algorithm\":\"MD5\",\"hash\":{\"value\":\"x\"}", "ENUM_MISMATCH", "custom_password_hash.algorithm", "Enum does not match case for: MD5" },
    { "algorithm no text", "\"algorithm\":5,\"hash\":{\"value\":\"x\"}", "INVALID_TYPE", "custom_password_hash.algorithm", "Expected type string but found type number" },
    { "the hash as a text", "\"algorithm\":\"md5\",\"hash\":\"x\"", "INVALID_TYPE", "custom_password_hash.hash", "Expected type object but found type string" },
    { "salt null", SHA1 ",\"salt\":null", "INVALID_TYPE", "custom_password_hash.salt", "Expected type object but found type null" },
    { "unknown member", SHA1 ",\"pepper\":1", "OBJECT_ADDITIONAL_PROPERTIES", "custom_password_hash", "Additional properties not allowed: pepper" },
    { "two of them", SHA1 ",\"pepper\":1,\"garlic\":2", "OBJECT_ADDITIONAL_PROPERTIES", "custom_password_hash", "not allowed: garlic,pepper" },
    { "unknown member inside", SHA1 ",\"salt\":{\"value\":\"x\",\"where\":1}", "OBJECT_ADDITIONAL_PROPERTIES", "custom_password_hash.salt", "where" },
    { "salt without value", SHA1 ",\"salt\":{}", "OBJECT_REQUIRED", "custom_password_hash.salt", "Missing required property: value" },
    { "salt in the middle", SHA1 SALT(",\"position\":\"middle\""), "ENUM_MISMATCH", "custom_password_hash.salt.position", "No enum match for: middle" },
    { "salt no hex", SHA1 ",\"salt\":{\"value\":\"xyz\",\"encoding\":\"hex\"}", "INVALID_FORMAT", "custom_password_hash.salt.value", "format hex: *****" },
    { "password encoding", SHA1 ",\"password\":{\"encoding\":\"ebcdic\"}", "ENUM_MISMATCH", "custom_password_hash.password.encoding", "ebcdic" },
    { "digest without encoding", "\"algorithm\":\"md5\",\"hash\":{\"value\":\"bb694e290ce3fa4ab5cc8397846a9236\"}", "OBJECT_REQUIRED", "custom_password_hash.hash", "encoding" },
    { "digest in utf8", "\"algorithm\":\"md5\",\"hash\":{\"value\":\"x\",\"encoding\":\"utf8\"}", "ENUM_MISMATCH", "custom_password_hash.hash.encoding", "utf8" },
    { "digest no hex", "\"algorithm\":\"md5\",\"hash\":{\"value\":\"xy\",\"encoding\":\"hex\"}", "INVALID_FORMAT", "custom_password_hash.hash.value", "format hex: *****" },
    { "digest too short", "\"algorithm\":\"md5\",\"hash\":{\"value\":\"bb69\",\"encoding\":\"hex\"}", "INVALID_FORMAT", "custom_password_hash.hash.value", "format md5: *****" },
    { "digest of a keyed one", SHA1 ",\"keylen\":20", "NOT_PASSED", "custom_password_hash.keylen", "sha1 takes none" },
    { "WH21 pbkdf2 with salt", "\"algorithm\":\"pbkdf2\",\"hash\":{\"value\":\"$pbkdf2-sha512$i=1000,l=32$MDEyMzQ1Njc4OWFiY2RlZg$vOnQqQvBbk8Ad2BJLzKZvLQvsZwWavaIFoK8LFryY+Y\"}" SALT(""),
      "NOT_PASSED", "custom_password_hash.salt", "pbkdf2 takes none" },
    { "WH21 hmac without key", HMAC("", ""), "OBJECT_REQUIRED", "custom_password_hash.hash", "key" },
    { "WH21 hmac without digest", "\"algorithm\":\"hmac\",\"hash\":{\"encoding\":\"hex\",\"key\":{\"value\":\"k3y\"},\"value\":\"e35a\"}", "OBJECT_REQUIRED", "custom_password_hash.hash", "digest" },
    { "WH21 scrypt cost 1000", SCRYPT(",\"keylen\":32,\"cost\":1000" SALT("")), "NOT_PASSED", "custom_password_hash.cost", "power of two" },
    { "WH21 argon2 in hex", "\"algorithm\":\"argon2\",\"hash\":{\"value\":\"00\",\"encoding\":\"hex\"}", "ENUM_MISMATCH", "custom_password_hash.hash.encoding", "hex" },
    { "hmac with another digest", "\"algorithm\":\"hmac\",\"hash\":{\"encoding\":\"hex\",\"digest\":\"sha3\",\"key\":{\"value\":\"k\"},\"value\":\"e35a\"}", "ENUM_MISMATCH", "custom_password_hash.hash.digest", "sha3" },
    { "scrypt without keylen", SCRYPT(""), "OBJECT_REQUIRED", "custom_password_hash", "keylen" },
    { "scrypt other keylen", SCRYPT(",\"keylen\":31"), "NOT_PASSED", "custom_password_hash.keylen", "length" },
    { "scrypt cost 1", SCRYPT(",\"keylen\":32,\"cost\":1"), "MINIMUM", "custom_password_hash.cost", "Value 1 is less than minimum 2" },
    { "scrypt block size beyond", SCRYPT(",\"keylen\":32,\"blockSize\":4294967296"), "MAXIMUM", "custom_password_hash.blockSize", "greater than maximum" },
    { "scrypt cost no integer", SCRYPT(",\"keylen\":32,\"cost\":1.5"), "INVALID_TYPE", "custom_password_hash.cost", "Expected type integer" },
    { "scrypt of gigabytes", SCRYPT(",\"keylen\":32,\"cost\":1048576"), "MAXIMUM", "custom_password_hash", "cost more" },
    { "argon2 of gigabytes", "\"algorithm\":\"argon2\",\"hash\":{\"value\":\"$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4\"}",
      "MAXIMUM", "custom_password_hash", "cost more" },
    { "bcrypt cut", "\"algorithm\":\"bcrypt\",\"hash\":{\"value\":\"$2b$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8p\"}", "INVALID_FORMAT", "custom_password_hash.hash.value", "format bcrypt: *****" },
    { "a bcrypt hash that is no ldap text", "\"algorithm\":\"ldap\",\"hash\":{\"value\":\"$2b$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py\"}", "INVALID_FORMAT", "custom_password_hash.hash.value", "format ldap: *****" },
    { "one of ours", "\"algorithm\":\"argon2\",\"hash\":{\"value\":\"$doorward$digest-md5$kAFQmDzST7DWlj99KOF/cg\"}", "INVALID_FORMAT", "custom_password_hash.hash.value", "format argon2: *****" },
    { "ldap CRYPT", "\"algorithm\":\"ldap\",\"hash\":{\"value\":\"{CRYPT}$1$abc$def\"}", "INVALID_FORMAT", "custom_password_hash.hash.value", "format ldap: *****" },
    { "bcrypt that would see NULs",
      "\"algorithm\":\"bcrypt\",\"hash\":{\"value\":\"$2b$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py\"},\"password\":{\"encoding\":\"utf16le\"}",
      "NOT_PASSED", "custom_password_hash", "NUL" },
    { "firebase without its key", "\"algorithm\":\"firebase-scrypt\",\"hash\":{\"value\":\"AAAA\",\"encoding\":\"base64\"},\"salt\":{\"value\":\"x\"},\"rounds\":8,\"mem_cost\":14",
      "OBJECT_REQUIRED", "custom_password_hash", "base64_signer_key" },
    { "firebase too dear", FIREBASE("\"rounds\":8,\"mem_cost\":15"), "MAXIMUM", "custom_password_hash", "cost more" },
};

static bool has_fault(const struct json *faults, str code, str path, str says)
{
    struct json *f;
    JSON_EACH_ITEM (faults, i, f) {
        str message = json_get_text(f, STR("message"));
        if (str_eq(json_get_text(f, STR("code")), code) && str_eq(json_get_text(f, STR("path")), path) &&
            str_find(message, says) >= 0 && str_starts(message, STR("Error in ")) && str_find(message, path) == 9)
            return true;
    }
    return false;
}

static void test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_rows / sizeof *bad_rows; i++) {
        struct arena *a = arena_new(0);
        struct json *faults = json_array(a);
        str text = STR("unchanged");
        print_message("  %s\n", bad_rows[i].name);
        assert_false(custom_hash_to_text(a, custom_of(a, bad_rows[i].custom), faults, &text));
        assert_true(str_eq(text, STR("unchanged")));
        if (!has_fault(faults, str_from(bad_rows[i].code), str_from(bad_rows[i].path), str_from(bad_rows[i].says)))
            fail_msg("%s: %.*s", bad_rows[i].name, STR_ARG(json_dump(a, faults)));
        arena_free(a);
    }
}

static void test_every_fault(void **state)
{
    struct arena *a = arena_new(0);
    struct json *faults = json_array(a);
    str text;
    (void)state;
    assert_false(custom_hash_to_text(a, custom_of(a, "\"hash\":{\"encoding\":7},\"cost\":0,\"x\":1"), faults, &text));
    assert_int_equal(json_count(faults), 5);
    /* What an earlier part of the user did wrong does not make this hash wrong. */
    assert_true(custom_hash_to_text(a, custom_of(a, SHA1), faults, &text));
    assert_int_equal(json_count(faults), 5);
    arena_free(a);
}

/* A key that no stored text has room for. */
static void test_long_key(void **state)
{
    struct arena *a = arena_new(0);
    struct json *faults = json_array(a);
    char key[PASSWORD_TEXT_MAX];
    str text;
    (void)state;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = 'k';
    str members = str_fmt(a, HMAC(",\"key\":{\"value\":\"%.*s\"}", ""), (int)sizeof key, key);
    assert_false(custom_hash_to_text(a, custom_of(a, str_cstr(a, members)), faults, &text));
    assert_true(has_fault(faults, STR("MAX_LENGTH"), STR("custom_password_hash"), STR("too long")));
    arena_free(a);
}

static const struct { const char *name, *user, *want, *code, *path; } user_rows[] = {
    { "neither", "{\"email\":\"a@b.c\"}", "", NULL, NULL },
    { "password_hash 2b", "{\"password_hash\":\"$2b$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py\"}",
      "$2b$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py", NULL, NULL },
    { "password_hash 2a", "{\"password_hash\":\"$2a$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py\"}",
      "$2a$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py", NULL, NULL },
    { "password_hash 2y", "{\"password_hash\":\"$2y$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py\"}", NULL, "PATTERN", "password_hash" },
    { "password_hash of another cost", "{\"password_hash\":\"$2b$12$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py\"}", NULL, "PATTERN", "password_hash" },
    { "password_hash cut", "{\"password_hash\":\"$2b$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8p\"}", NULL, "PATTERN", "password_hash" },
    { "password_hash no text", "{\"password_hash\":[]}", NULL, "INVALID_TYPE", "password_hash" },
    { "WH21 both", "{\"password_hash\":\"$2b$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py\",\"custom_password_hash\":{" SHA1 "}}", NULL, "NOT_PASSED", "password_hash" },
    { "custom", "{\"custom_password_hash\":{" SHA1 "}}", "$doorward$digest-sha1$nT073x6T9Kc3EEhVcHqcM9LDvGQ", NULL, NULL },
    { "custom null", "{\"custom_password_hash\":null}", NULL, "INVALID_TYPE", "custom_password_hash" },
};

static void test_user(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof user_rows / sizeof *user_rows; i++) {
        struct arena *a = arena_new(0);
        struct json *faults = json_array(a);
        str text = STR("unchanged");
        print_message("  %s\n", user_rows[i].name);
        bool good = imported_hash_read(a, parse(a, user_rows[i].user), faults, &text);
        assert_int_equal(good, user_rows[i].want != NULL);
        assert_true(str_eq(text, str_from(good ? user_rows[i].want : "unchanged")));
        assert_int_equal(json_count(faults), good ? 0 : 1);
        assert_true(good || has_fault(faults, str_from(user_rows[i].code), str_from(user_rows[i].path), STR("")));
        assert_true(str_find(json_dump(a, faults), STR("abcdefghij")) < 0); /* no fault shows a hash */
        arena_free(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),     cmocka_unit_test(test_bad),  cmocka_unit_test(test_every_fault),
        cmocka_unit_test(test_long_key), cmocka_unit_test(test_user), cmocka_unit_test(test_own_hashes_leave_as_such),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
