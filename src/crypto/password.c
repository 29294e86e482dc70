/* Password hashes: the table of formats and our own, bcrypt. */
#include "crypto/password.h"

#include "base/arena.h"
#include "crypto/password_format.h"
#include "crypto/random.h"

#include <crypt.h>
#include <errno.h>
#include <string.h>

static const struct password_format formats[] = {
    { STR_INIT("$2b$"), password_bcrypt_verify },
    { STR_INIT("$2a$"), password_bcrypt_verify },
    { STR_INIT("$2y$"), password_bcrypt_verify },
    { STR_INIT("$argon2id$"), password_argon2_verify },
    { STR_INIT("$argon2i$"), password_argon2_verify },
    { STR_INIT("$argon2d$"), password_argon2_verify },
    { STR_INIT("$pbkdf2-"), password_pbkdf2_verify },
};

enum { COST_OF_MALFORMED = 10 };

static const struct password_format *format_of(str hash)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (str_starts(hash, formats[i].prefix))
            return &formats[i];
    return NULL;
}

bool password_hash_is_known(str hash)
{
    return format_of(hash) != NULL;
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
    const struct password_format *format = format_of(hash);
    enum password_answer answer = format ? format->verify(password, hash) : PASSWORD_MALFORMED;
    if (answer == PASSWORD_MALFORMED)
        password_verify_nobody(password, COST_OF_MALFORMED);
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
