/* The master key: 32 bytes as hex in a file of mode 0600. It wraps the tenants'
 * data keys and seals what stands in system.db. */
#include "base/file.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "store/inside.h"

#include <string.h>

enum { KEY_FILE_MAX = 256 };

static const char check_words[] = "doorward master key";

static struct result key_make(struct arena *secret, const char *path, bool durable, unsigned char out[SEAL_KEY_LEN])
{
    random_bytes(out, SEAL_KEY_LEN);
    str text = str_cat(secret, hex_encode(secret, (str){ (const char *)out, SEAL_KEY_LEN }), STR("\n"));
    return durable ? file_write_durable(path, text, 0600) : file_write(path, text, 0600);
}

static struct result key_read(struct arena *secret, const char *path, unsigned char out[SEAL_KEY_LEN])
{
    str text, bytes;
    TRY(file_read(secret, path, KEY_FILE_MAX, &text));
    if (!hex_decode(secret, str_trim(text), &bytes) || bytes.len != SEAL_KEY_LEN)
        return fail1(ERR_MASTER_KEY, str_from(path));
    memcpy(out, bytes.p, SEAL_KEY_LEN);
    return OK;
}

struct result master_load(const char *path, unsigned char out[SEAL_KEY_LEN])
{
    struct arena *secret = arena_new_secret(0);
    struct result r = file_exists(path) ? key_read(secret, path, out) : fail1(ERR_MASTER_KEY, str_from(path));
    arena_free(secret);
    return r;
}

struct result master_ensure(const char *path, bool durable, unsigned char out[SEAL_KEY_LEN])
{
    if (file_exists(path))
        return master_load(path, out);
    struct arena *secret = arena_new_secret(0);
    struct result r = key_make(secret, path, durable, out);
    arena_free(secret);
    return r;
}

static const struct seal_place check_place = { STR_INIT(""), STR_INIT("system"), STR_INIT("master"), STR_INIT("check") };

str master_check_value(struct arena *a, const unsigned char master[SEAL_KEY_LEN])
{
    return seal(a, master, &check_place, str_from(check_words));
}

bool master_check(struct arena *a, const unsigned char master[SEAL_KEY_LEN], str check_value)
{
    str words;
    return !failed(unseal(a, master, &check_place, check_value, &words)) && str_eq(words, str_from(check_words));
}

static struct seal_place key_place(str key_id)
{
    return (struct seal_place){ STR(""), STR("data_key"), key_id, STR("key") };
}

str data_key_wrap(struct arena *a, const unsigned char master[SEAL_KEY_LEN], str key_id,
                  const unsigned char key[SEAL_KEY_LEN])
{
    struct seal_place place = key_place(key_id);
    return seal(a, master, &place, (str){ (const char *)key, SEAL_KEY_LEN });
}

struct result data_key_unwrap(const unsigned char master[SEAL_KEY_LEN], str key_id, str wrapped,
                              unsigned char out[SEAL_KEY_LEN])
{
    struct seal_place place = key_place(key_id);
    struct arena *secret = arena_new_secret(0);
    str key;
    struct result r = unseal(secret, master, &place, wrapped, &key);
    if (!failed(r) && key.len != SEAL_KEY_LEN)
        r = fail(ERR_SEAL_BROKEN);
    if (!failed(r))
        memcpy(out, key.p, SEAL_KEY_LEN);
    arena_free(secret);
    return r;
}
