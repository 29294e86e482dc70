/* Hash texts that other systems' users bring: right, wrong, malformed, too dear.
 * Values: RFC 1320, 1321, 4231, 6070 and 7914, the RIPEMD and Whirlpool papers,
 * Firebase's own example; the others by Python's hashlib and openssl(1). */
#include "base/arena.h"
#include "crypto/password.h"
#include "crypto/password_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define FIREBASE(password_hash)                                                                    \
    "$doorward$firebase-scrypt$r=8,m=14$jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA$" \
    "Bw$42xEC+ixf3L2lw$" password_hash
#define SALT_63 "VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV"
#define JEFE "what do ya want for nothing?"

static const struct { const char *name; const char *password, *hash; bool want; } rows[] = {
    { "scrypt rfc 7914, first", "",
      "$scrypt$ln=4,r=1,p=1$$d9ZXYjhleyA7GcpCwYoEl/FrSETjB0ro39/6P+3iFEL80Aad7QlI+DJqdToPyB8X6NPg+y4NNijPNeIMONGJBg", true },
    { "scrypt rfc 7914, second", "password",
      "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA", true },
    { "scrypt rfc 7914, third", "pleaseletmein",
      "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw", true },
    { "scrypt wrong", "pleaseletmeout",
      "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw", false },
    { "scrypt other salt", "password",
      "$scrypt$ln=10,r=8,p=16$TmFDbQ$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA", false },
    { "firebase", "user1password", FIREBASE("lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ"), true },
    { "firebase wrong", "user2password",
      FIREBASE("lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ"), false },
    { "pbkdf2 sha256", "password", "$pbkdf2-sha256$i=4096,l=32$c2FsdA$xeR41ZKIyEGqUw22hFxMjZYok6ABzk4RpJY4c6qYE0o", true },
    { "pbkdf2 OpenSSL's old name", "password",
      "$pbkdf2-RSA-SHA256$i=4096,l=32$c2FsdA$xeR41ZKIyEGqUw22hFxMjZYok6ABzk4RpJY4c6qYE0o", true },
    { "pbkdf2 signature name", "password",
      "$pbkdf2-sha256WithRSAEncryption$i=4096,l=32$c2FsdA$xeR41ZKIyEGqUw22hFxMjZYok6ABzk4RpJY4c6qYE0o", true },
    { "pbkdf2 ssl3 name", "password", "$pbkdf2-ssl3-sha1$i=10,l=20$c2FsdA$rj/l9XB+B/PnwRf7iFzQUqb813o", true },
    { "pbkdf2 ripemd160", "password", "$pbkdf2-ripemd160$i=10,l=20$c2FsdA$kK322HOXXlw64xlY5zeP9LsbInA", true },
    { "pbkdf2 md5", "password", "$pbkdf2-md5$i=10,l=16$c2FsdA$130m884Wb53GB6XeOgBxjA", true },
    { "pbkdf2 md4", "password", "$pbkdf2-md4$i=1000,l=16$c2FsdHNhbHRzYWx0c2FsdA$/umFr3Rh47QLKF+V7Zeo5Q", true },
    { "pbkdf2 whirlpool", "password", "$pbkdf2-whirlpool$i=1000,l=16$c2FsdHNhbHRzYWx0c2FsdA$5gSm6tWYdKjoysK656nP5A", true },
    { "pbkdf2 whirlpool wrong", "Password", "$pbkdf2-whirlpool$i=1000,l=16$c2FsdHNhbHRzYWx0c2FsdA$5gSm6tWYdKjoysK656nP5A", false },
    { "digest md4", "abc", "$doorward$digest-md4$pEgBeq8h2FJfwQroeqZynQ", true },
    { "digest md5", "abc", "$doorward$digest-md5$kAFQmDzST7DWlj99KOF/cg", true },
    { "digest md5 wrong", "abd", "$doorward$digest-md5$kAFQmDzST7DWlj99KOF/cg", false },
    { "digest ripemd160", "abc", "$doorward$digest-ripemd160$jrII9+BdmHqbBEqOmMawh/FaC/w", true },
    { "digest whirlpool", "abc",
      "$doorward$digest-whirlpool$TiRIpMb0hrsWtlYsc7QCC/MEPjpzG85yGuGzA9l+bUxxge69tsV+J30ONJVxFMvWx5f8nZXYtYLSJSkgdtTu9Q", true },
    { "hmac sha256", JEFE, "$doorward$hmac-sha256$SmVmZQ$W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM", true },
    { "hmac sha512", JEFE,
      "$doorward$hmac-sha512$SmVmZQ$Fkt6e/z4GeLjlfvnO1bgo4e9ZCIugx/WECcM1+olBVSXWL91wFqZSm0DT2X48Ob9yuqxo01Ka0tjbgcKOLznNw", true },
    { "hmac md4", JEFE, "$doorward$hmac-md4$SmVmZQ$vhksWIqOkU2KWbR0qCgSjw", true },
    { "hmac other key", JEFE, "$doorward$hmac-sha256$SmVmZg$W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM", false },
    { "hmac of nothing, no key", "", "$doorward$hmac-sha256$$thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0", true },
    { "ldap MD5", "abc", "{MD5}kAFQmDzST7DWlj99KOF/cg==", true },
    { "ldap SMD5", "abc", "{SMD5}HiH22gHFBH5L9FsElr1pN3NhbHQ=", true },
    { "ldap SMD5 wrong", "abcs", "{SMD5}HiH22gHFBH5L9FsElr1pN3NhbHQ=", false },
    { "ldap SHA", "abc", "{SHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", true },
    { "ldap SSHA", "abc", "{SSHA}mRmN/EjgNMZjVhg/hU6zIvYHwd1zYWx0", true },
    { "ldap lower case", "abc", "{ssha}mRmN/EjgNMZjVhg/hU6zIvYHwd1zYWx0", true },
    { "ldap SHA256", "abc", "{SHA256}ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=", true },
    { "ldap SSHA256", "abc", "{SSHA256}Fps6Kwl36+4usf05LGqkcKMoHUOf8y8guupzCdf0DuxzYWx0", true },
    { "ldap SSHA384", "abc", "{SSHA384}B29edz+b1pho3NugqHTHxc2XO/wz+enqJdvKTZcXig9Bzco8WRFhGPYQtTTREA0Tc2FsdA==", true },
    { "ldap SSHA512", "abc",
      "{SSHA512}UuwKVJ3sVFdDutxIR6zRFfqB9OaRjYphO5pgXwaLdQqqQbZYn2R1SDBPZ5quwxAYtrytU2iTLWthNajjksoEZHNhbHQ=", true },
    { "input NT hash", "password", "$doorward$input$pw=utf16le$doorward$digest-md4$iEb36u6PsRetBr3YMLdYbA", true },
    { "input NT hash wrong", "Password", "$doorward$input$pw=utf16le$doorward$digest-md4$iEb36u6PsRetBr3YMLdYbA", false },
    { "input utf16le beyond the BMP", "a\xF0\x9F\x98\x80",
      "$doorward$input$pw=utf16le$doorward$digest-sha256$/cqWi5vpSWXW+AjiTH0PNdjPilxaGEhb4CYK2ymBQ/E", true },
    { "input latin1", "p\xC3\xA4ssword", "$doorward$input$pw=latin1$doorward$digest-sha256$/mme7hxqZUtmmfkuLV4GoA4iC5FJUZDs6sPv+BQPKYY", true },
    { "input latin1, letter that it lacks", "p\xE2\x82\xACssword",
      "$doorward$input$pw=latin1$doorward$digest-sha256$/mme7hxqZUtmmfkuLV4GoA4iC5FJUZDs6sPv+BQPKYY", false },
    { "input latin1, password no utf-8", "p\xE4ssword",
      "$doorward$input$pw=latin1$doorward$digest-sha256$/mme7hxqZUtmmfkuLV4GoA4iC5FJUZDs6sPv+BQPKYY", false },
    { "input salt on both sides", "password", "$doorward$input$prefix=TmFDbA,suffix=S0Ns$doorward$digest-sha1$8yCyj9ZqRQ8THDNtQtRNaTwbXLo", true },
    { "input salt of another", "password", "$doorward$input$prefix=S0Ns,suffix=TmFDbA$doorward$digest-sha1$8yCyj9ZqRQ8THDNtQtRNaTwbXLo", false },
    { "input of an ldap text", "c", "$doorward$input$prefix=YWI{SHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", true },
    { "input of a bcrypt text", "*U", "$doorward$input$prefix=VQ$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", true },
};

static void test_verify(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        print_message("  %s\n", rows[i].name);
        assert_int_equal(password_hash_form(str_from(rows[i].hash)), PASSWORD_FORM_GOOD);
        assert_int_equal(password_verify(str_from(rows[i].password), str_from(rows[i].hash)), rows[i].want);
    }
    /* Not what bcrypt would see of it, "U*U". */
    assert_false(password_verify(STR("U*U\0x"), STR("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")));
}

static const struct { const char *name; const char *hash; enum password_form want; } form_rows[] = {
    { "nothing", "", PASSWORD_FORM_MALFORMED },
    { "bcrypt", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", PASSWORD_FORM_GOOD },
    { "bcrypt cost 3", "$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", PASSWORD_FORM_MALFORMED },
    { "bcrypt cost 17", "$2b$17$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", PASSWORD_FORM_TOO_COSTLY },
    { "bcrypt bad letter", "$2b$05$CCCCCCCCCCCCCCCCCCC:C.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", PASSWORD_FORM_MALFORMED },
    { "argon2", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", PASSWORD_FORM_GOOD },
    { "argon2 first version", "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ", PASSWORD_FORM_GOOD },
    { "argon2 of gigabytes", "$argon2id$v=19$m=2097152,t=1,p=4$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", PASSWORD_FORM_TOO_COSTLY },
    { "argon2 of seconds", "$argon2id$v=19$m=262144,t=32,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", PASSWORD_FORM_TOO_COSTLY },
    { "argon2 too many lanes", "$argon2id$v=19$m=256,t=2,p=17$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", PASSWORD_FORM_TOO_COSTLY },
    { "argon2 less memory than its lanes need", "$argon2id$v=19$m=15,t=2,p=2$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", PASSWORD_FORM_MALFORMED },
    { "argon2 short salt", "$argon2id$v=19$m=256,t=2,p=1$c2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", PASSWORD_FORM_MALFORMED },
    { "argon2 padded", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ=$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", PASSWORD_FORM_MALFORMED },
    { "argon2 other version", "$argon2id$v=18$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", PASSWORD_FORM_MALFORMED },
    { "argon2 leading zero", "$argon2id$v=19$m=0256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", PASSWORD_FORM_MALFORMED },
    { "argon2 and more", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4$", PASSWORD_FORM_MALFORMED },
    { "argon2 with a key's name", "$argon2id$v=19$m=256,t=2,p=1,keyid=Hj5$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", PASSWORD_FORM_MALFORMED },
    { "pbkdf2 too many rounds", "$pbkdf2-sha1$i=5000001,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", PASSWORD_FORM_TOO_COSTLY },
    { "pbkdf2 rounds times blocks", "$pbkdf2-md5$i=3000000,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", PASSWORD_FORM_TOO_COSTLY },
    { "pbkdf2 no digest of that name", "$pbkdf2-sha9$i=4096,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", PASSWORD_FORM_MALFORMED },
    { "pbkdf2 no digest's name", "$pbkdf2-$i=4096,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", PASSWORD_FORM_MALFORMED },
    { "pbkdf2 digest without a length", "$pbkdf2-shake128$i=4096,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", PASSWORD_FORM_MALFORMED },
    { "pbkdf2 rounds below one", "$pbkdf2-sha1$i=0,l=20$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE", PASSWORD_FORM_MALFORMED },
    { "scrypt rfc 7914, fourth: a gigabyte", "$scrypt$ln=20,r=8,p=1$U29kaXVtQ2hsb3JpZGU$IQHLm2pRGuqtvb4Jz3D4geHF1X8", PASSWORD_FORM_TOO_COSTLY },
    { "scrypt ln beyond an integer", "$scrypt$ln=64,r=8,p=1$TmFDbA$/bq+HJ00cgB4VucZ", PASSWORD_FORM_TOO_COSTLY },
    { "scrypt r that overflows", "$scrypt$ln=30,r=2147483647,p=2147483647$TmFDbA$/bq+HJ00cgB4VucZ", PASSWORD_FORM_TOO_COSTLY },
    { "scrypt p of minutes", "$scrypt$ln=14,r=8,p=33$TmFDbA$/bq+HJ00cgB4VucZ", PASSWORD_FORM_TOO_COSTLY },
    { "scrypt p of much memory", "$scrypt$ln=1,r=1,p=2097152$TmFDbA$/bq+HJ00cgB4VucZ", PASSWORD_FORM_TOO_COSTLY },
    { "scrypt dearest", "$scrypt$ln=18,r=8,p=2$TmFDbA$/bq+HJ00cgB4VucZ", PASSWORD_FORM_GOOD },
    { "scrypt ln 0", "$scrypt$ln=0,r=8,p=1$TmFDbA$/bq+HJ00cgB4VucZ", PASSWORD_FORM_MALFORMED },
    { "scrypt short hash", "$scrypt$ln=4,r=8,p=1$TmFDbA$/bq+HJ0", PASSWORD_FORM_MALFORMED },
    { "pbkdf2 short hash", "$pbkdf2-sha1$i=4096,l=2$c2FsdA$SwA", PASSWORD_FORM_MALFORMED },
    { "argon2 short hash", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EA", PASSWORD_FORM_MALFORMED },
    { "scrypt no hash", "$scrypt$ln=4,r=8,p=1$TmFDbA$", PASSWORD_FORM_MALFORMED },
    { "scrypt no salt", "$scrypt$ln=4,r=8,p=1$TmFDbA", PASSWORD_FORM_MALFORMED },
    { "scrypt other order", "$scrypt$r=8,ln=4,p=1$TmFDbA$/bq+HJ00cgB4VucZ", PASSWORD_FORM_MALFORMED },
    { "firebase", FIREBASE("lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ"), PASSWORD_FORM_GOOD },
    { "firebase hash shorter than its key", FIREBASE("lSrfV15cpx95"), PASSWORD_FORM_MALFORMED },
    { "firebase mem_cost 15", "$doorward$firebase-scrypt$r=8,m=15$AAAA$Bw$42xE$AAAA", PASSWORD_FORM_TOO_COSTLY },
    { "firebase rounds 9", "$doorward$firebase-scrypt$r=9,m=14$AAAA$Bw$42xE$AAAA", PASSWORD_FORM_TOO_COSTLY },
    { "firebase no key", "$doorward$firebase-scrypt$r=8,m=14$$Bw$42xE$", PASSWORD_FORM_MALFORMED },
    { "digest of another length", "$doorward$digest-sha1$kAFQmDzST7DWlj99KOF/cg", PASSWORD_FORM_MALFORMED },
    { "digest unknown", "$doorward$digest-crc32$kAFQmA", PASSWORD_FORM_MALFORMED },
    { "digest and more", "$doorward$digest-md5$kAFQmDzST7DWlj99KOF/cg$", PASSWORD_FORM_MALFORMED },
    { "hmac without its key", "$doorward$hmac-md5$kAFQmDzST7DWlj99KOF/cg", PASSWORD_FORM_MALFORMED },
    { "ldap CRYPT", "{CRYPT}$1$salt$hash", PASSWORD_FORM_MALFORMED },
    { "ldap unknown scheme", "{SASL}user@example.com", PASSWORD_FORM_MALFORMED },
    { "ldap unclosed", "{SHA", PASSWORD_FORM_MALFORMED },
    { "ldap salt where none is", "{SHA}mRmN/EjgNMZjVhg/hU6zIvYHwd1zYWx0", PASSWORD_FORM_MALFORMED },
    { "ldap no salt", "{SSHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0=", PASSWORD_FORM_MALFORMED },
    { "ldap short", "{SSHA}qZk=", PASSWORD_FORM_MALFORMED },
    { "ldap no base64", "{SHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0", PASSWORD_FORM_MALFORMED },
    { "input of nothing", "$doorward$input$pw=latin1", PASSWORD_FORM_MALFORMED },
    { "input that says nothing", "$doorward$input$$doorward$digest-md5$kAFQmDzST7DWlj99KOF/cg", PASSWORD_FORM_MALFORMED },
    { "input twice", "$doorward$input$pw=latin1$doorward$input$pw=latin1$doorward$digest-md5$kAFQmDzST7DWlj99KOF/cg", PASSWORD_FORM_MALFORMED },
    { "input unknown encoding", "$doorward$input$pw=utf7$doorward$digest-md5$kAFQmDzST7DWlj99KOF/cg", PASSWORD_FORM_MALFORMED },
    { "input unknown part", "$doorward$input$pepper=AAAA$doorward$digest-md5$kAFQmDzST7DWlj99KOF/cg", PASSWORD_FORM_MALFORMED },
    { "input of something dear", "$doorward$input$pw=latin1$scrypt$ln=20,r=8,p=1$TmFDbA$/bq+HJ00cgB4VucZ", PASSWORD_FORM_TOO_COSTLY },
    { "input bcrypt sees NULs: utf16le", "$doorward$input$pw=utf16le$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", PASSWORD_FORM_MALFORMED },
    { "input bcrypt sees NULs: salt", "$doorward$input$suffix=AAAA$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", PASSWORD_FORM_MALFORMED },
    { "input bcrypt, salt of 64 bytes", "$doorward$input$prefix=" SALT_63 "VQ$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", PASSWORD_FORM_GOOD },
    { "input bcrypt, salt that leaves no room", "$doorward$input$prefix=" SALT_63 "VVU$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", PASSWORD_FORM_MALFORMED },
    { "crypt of another kind", "$6$salt$hash", PASSWORD_FORM_MALFORMED },
};

static void test_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof form_rows / sizeof *form_rows; i++) {
        print_message("  %s\n", form_rows[i].name);
        assert_int_equal(password_hash_form(str_from(form_rows[i].hash)), form_rows[i].want);
    }
}

/* Cut anywhere, a text is refused, but where the last part has any length (scrypt's hash, a directory's salt);
 * nothing is read beyond its end. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        str whole = str_from(rows[i].hash);
        for (size_t len = 0; len < whole.len; len++) {
            char *exact = malloc(len ? len : 1);
            for (size_t k = 0; k < len; k++)
                exact[k] = whole.p[k];
            enum password_form form = password_hash_form((str){ exact, len });
            free(exact);
            assert_true(form == PASSWORD_FORM_MALFORMED || whole.p[0] == '{' || str_starts(whole, STR("$scrypt$")));
        }
    }
}

/* An HMAC whose key fills the text to its limit, and one letter group more. */
static void test_length(void **state)
{
    enum { HEAD = 22, HASH = 44, KEY_BYTES = (PASSWORD_TEXT_MAX - HEAD - HASH) / 4 * 3 };
    static char key[KEY_BYTES + 3], hash[32];
    struct arena *a = arena_new(0);
    (void)state;
    str longest = password_hmac_text(a, STR("sha256"), (str){ key, KEY_BYTES }, (str){ hash, 32 });
    str longer = password_hmac_text(a, STR("sha256"), (str){ key, KEY_BYTES + 3 }, (str){ hash, 32 });
    assert_in_range(longest.len, PASSWORD_TEXT_MAX - 3, PASSWORD_TEXT_MAX);
    assert_int_equal(password_hash_form(longest), PASSWORD_FORM_GOOD);
    assert_int_equal(password_hash_form(longer), PASSWORD_FORM_MALFORMED);
    arena_free(a);
}

static const struct { const char *name; const char *hash; bool want; } rehash_rows[] = {
    { "our own", "$2b$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py", false },
    { "another letter", "$2a$10$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py", false },
    { "dearer", "$2b$12$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py", false },
    { "cheaper", "$2b$09$abcdefghijklmnopqrstuu6HCkuoHyKCAj/GTnHQaomnkOwhLo8py", true },
    { "salted", "$doorward$input$prefix=TmFDbA$2b$10$abcdefghijklmnopqrstuuMzK4gDg/iOW966BAElNMbd9mv/v51je", true },
    { "argon2", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", true },
    { "ldap", "{MD5}kAFQmDzST7DWlj99KOF/cg==", true },
    { "nothing that we know", "$6$salt$hash", true },
};

static void test_rehash(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rehash_rows / sizeof *rehash_rows; i++) {
        print_message("  %s\n", rehash_rows[i].name);
        assert_int_equal(password_needs_rehash(str_from(rehash_rows[i].hash), 10), rehash_rows[i].want);
    }
}

static void test_texts(void **state)
{
    struct arena *a = arena_new(0);
    const struct password_input none = { 0 }, all = { PASSWORD_UTF16LE, STR("NaCl"), STR("KCl") };
    const struct scrypt_cost cost = { 14, 8, 1 };
    (void)state;
    assert_true(str_eq(password_input_text(a, &none, STR("{MD5}x")), STR("{MD5}x")));
    assert_true(str_eq(password_input_text(a, &all, STR("{MD5}x")), STR("$doorward$input$pw=utf16le,prefix=TmFDbA,suffix=S0Ns{MD5}x")));
    assert_true(str_eq(password_digest_text(a, STR("md5"), STR("abcd")), STR("$doorward$digest-md5$YWJjZA")));
    assert_true(str_eq(password_hmac_text(a, STR("sha1"), STR("Jefe"), STR("abcd")), STR("$doorward$hmac-sha1$SmVmZQ$YWJjZA")));
    assert_true(str_eq(password_scrypt_text(a, &cost, STR("NaCl"), STR("abcd")), STR("$scrypt$ln=14,r=8,p=1$TmFDbA$YWJjZA")));
    const struct firebase_scrypt f = { 8, 14, STR("Jefe"), STR("\7"), STR("NaCl"), STR("abcd") };
    assert_true(str_eq(password_firebase_text(a, &f), STR("$doorward$firebase-scrypt$r=8,m=14$SmVmZQ$Bw$TmFDbA$YWJjZA")));
    arena_free(a);
}

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* A wrong password on a cheap hash costs what a user who is not there costs. */
static void test_cheap_costs(void **state)
{
    int64_t t[3] = { cpu_us() };
    (void)state;
    password_verify_nobody(STR("y"), 10);
    t[1] = cpu_us();
    password_verify(STR("y"), STR("{MD5}kAFQmDzST7DWlj99KOF/cg=="));
    t[2] = cpu_us();
    assert_in_range(t[2] - t[1], (t[1] - t[0]) / 3, (t[1] - t[0]) * 3);
}

/* In a process of its own, which has not loaded the provider yet. */
static void test_no_provider(void **state)
{
    int status;
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setenv("OPENSSL_MODULES", "/nowhere", 1);
        bool md4 = password_hash_form(STR("$doorward$digest-md4$pEgBeq8h2FJfwQroeqZynQ")) == PASSWORD_FORM_NO_PROVIDER;
        bool pbkdf2 = password_hash_form(str_from("$pbkdf2-whirlpool$i=1000,l=16$c2FsdA$5gSm6tWYdKjoysK656nP5A")) == PASSWORD_FORM_NO_PROVIDER;
        bool opens = password_verify(STR("abc"), STR("$doorward$digest-md4$pEgBeq8h2FJfwQroeqZynQ"));
        bool others = password_verify(STR("abc"), STR("$doorward$digest-md5$kAFQmDzST7DWlj99KOF/cg"));
        _exit(md4 && pbkdf2 && !opens && others ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_provider), /* first: it forks before the provider is loaded */
        cmocka_unit_test(test_verify),      cmocka_unit_test(test_forms),  cmocka_unit_test(test_cut),
        cmocka_unit_test(test_length),      cmocka_unit_test(test_rehash), cmocka_unit_test(test_texts),
        cmocka_unit_test(test_cheap_costs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
