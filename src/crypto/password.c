/* Password hashes: the table of formats and our own, bcrypt. */
#include "crypto/password.h"

#include "base/arena.h"
#include "crypto/password_format.h"
#include "crypto/random.h"

#include <crypt.h>
#include <errno.h>
#include <string.h>

#define FORMAT(prefix, name) { STR_INIT(prefix), false, password_##name##_form, password_##name##_verify }
static const struct password_format formats[] = {
    { STR_INIT("$2b$"), true, password_bcrypt_form, password_bcrypt_verify },
    { STR_INIT("$2a$"), true, password_bcrypt_form, password_bcrypt_verify },
    { STR_INIT("$2y$"), true, password_bcrypt_form, password_bcrypt_verify },
    FORMAT("$argon2id$", argon2),
    FORMAT("$argon2i$", argon2),
    FORMAT("$argon2d$", argon2),
    FORMAT("$pbkdf2-", pbkdf2),
    FORMAT("$scrypt$", scrypt),
    FORMAT("{", ldap),
    FORMAT("$doorward$digest-", digest),
    FORMAT("$doorward$hmac-", hmac),
    FORMAT("$doorward$firebase-scrypt$", firebase),
    FORMAT("$doorward$input$", input),
};

enum { COST_OF_OTHERS = 10 };

const struct password_format *password_format_of(str hash)
{
    if (hash.len > PASSWORD_TEXT_MAX)
        return NULL;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (str_starts(hash, formats[i].prefix))
            return &formats[i];
    return NULL;
}

enum password_form password_hash_form(str hash)
{
    const struct password_format *format = password_format_of(hash);
    return format ? format->form(hash) : PASSWORD_FORM_MALFORMED;
}

bool password_hash_is_known(str hash)
{
    return password_hash_form(hash) == PASSWORD_FORM_GOOD;
}

bool password_needs_rehash(str hash, unsigned bcrypt_cost)
{
    int64_t cost;
    const struct password_format *format = password_format_of(hash);
    return !format || !format->is_bcrypt || !str_int(str_sub(hash, 4, 2), &cost) || cost < (int64_t)bcrypt_cost;
}

static unsigned cost_within_limits(unsigned cost)
{
    if (cost < BCRYPT_COST_MIN)
        return BCRYPT_COST_MIN;
    return cost < BCRYPT_COST_MAX ? cost : BCRYPT_COST_MAX;
}

struct result password_hash(struct arena *a, str password, unsigned bcrypt_cost, str *out)
{
    char salt[16], setting[CRYPT_GENSALT_OUTPUT_SIZE], hash[BCRYPT_LEN + 1];
    if (str_find_char(password, '\0') >= 0)
        return fail1(ERR_BAD_REQUEST, STR("Passwords cannot contain NUL characters."));
    random_bytes(salt, sizeof salt);
    if (!crypt_gensalt_rn("$2b$", cost_within_limits(bcrypt_cost), salt, sizeof salt, setting, sizeof setting))
        return fail1(ERR_CRYPTO, str_from(strerrordesc_np(errno)));
    if (!password_bcrypt(password, str_from(setting), hash))
        return fail1(ERR_CRYPTO, STR("bcrypt failed"));
    *out = str_dup(a, (str){ hash, BCRYPT_LEN });
    return OK;
}

bool password_verify(str password, str hash)
{
    const struct password_format *format = password_format_of(hash);
    enum password_answer answer = format ? format->verify(password, hash) : PASSWORD_MALFORMED;
    bool is_paid = answer == PASSWORD_RIGHT || (answer == PASSWORD_WRONG && format->is_bcrypt);
    if (!is_paid)
        password_verify_nobody(password, COST_OF_OTHERS);
    /* A NUL would cut what crypt(3) sees, and "x" would open what "x\0y" should
     * not; no password of ours holds one. */
    return answer == PASSWORD_RIGHT && str_find_char(password, '\0') < 0;
}

void password_verify_nobody(str password, unsigned bcrypt_cost)
{
    char setting[] = "$2b$10$......................", hash[BCRYPT_LEN + 1];
    unsigned cost = cost_within_limits(bcrypt_cost);
    setting[4] = (char)('0' + cost / 10);
    setting[5] = (char)('0' + cost % 10);
    password_bcrypt(password, str_from(setting), hash);
}
