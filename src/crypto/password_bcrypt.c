/* bcrypt by libxcrypt: $2b$, and $2a$ and $2y$ from other systems. */
#include "crypto/password_format.h"

#include "base/log.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

bool password_bcrypt(str password, str setting, char out[BCRYPT_LEN + 1])
{
    /* crypt(3) takes C strings, and refuses long ones that bcrypt would cut. */
    char phrase[BCRYPT_INPUT_MAX + 1] = "", text[BCRYPT_LEN + 1] = "";
    size_t len = password.len < BCRYPT_INPUT_MAX ? password.len : BCRYPT_INPUT_MAX;
    if (setting.len > BCRYPT_LEN)
        return false;
    memcpy(text, setting.p, setting.len);
    if (len)
        memcpy(phrase, password.p, len);

    struct crypt_data *data = calloc(1, sizeof *data); /* 32 KiB: too much for a small stack */
    if (!data)
        die("out of memory");
    const char *hash = crypt_r(phrase, text, data);
    bool done = hash && hash[0] != '*' && strlen(hash) == BCRYPT_LEN;
    if (done)
        memcpy(out, hash, BCRYPT_LEN + 1);
    OPENSSL_cleanse(phrase, sizeof phrase);
    OPENSSL_cleanse(data, sizeof *data);
    free(data);
    return done;
}

static bool is_radix64(str text)
{
    static const char letters[] = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t i = 0; i < text.len; i++)
        if (!memchr(letters, text.p[i], sizeof letters - 1))
            return false;
    return true;
}

/* "$2b$10$" and 53 letters. */
enum password_form password_bcrypt_form(str hash)
{
    int64_t cost;
    if (hash.len != BCRYPT_LEN || hash.p[6] != '$' || hash.p[4] < '0' || !str_int(str_sub(hash, 4, 2), &cost) ||
        cost < BCRYPT_COST_MIN || !is_radix64(str_sub(hash, 7, hash.len)))
        return PASSWORD_FORM_MALFORMED;
    return cost <= BCRYPT_COST_MAX ? PASSWORD_FORM_GOOD : PASSWORD_FORM_TOO_COSTLY;
}

enum password_answer password_bcrypt_verify(str password, str hash)
{
    char got[BCRYPT_LEN + 1];
    if (password_bcrypt_form(hash) != PASSWORD_FORM_GOOD)
        return PASSWORD_MALFORMED;
    /* crypt(3) would stop there, and take any other end. */
    if (str_find_char(str_sub(password, 0, BCRYPT_INPUT_MAX), '\0') >= 0)
        return PASSWORD_WRONG;
    if (!password_bcrypt(password, hash, got))
        return PASSWORD_MALFORMED;
    return str_eq_secret((str){ got, BCRYPT_LEN }, hash) ? PASSWORD_RIGHT : PASSWORD_WRONG;
}
