#include "crypto/key_info.h"

#include "crypto/inside.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <string.h>
#include <time.h>

enum { KEY_NUMBER_LEN_MAX = 2048 };

static bool too_long(str pem)
{
    return pem.len > PEM_LEN_MAX;
}

static str pem_of_key(struct arena *a, EVP_PKEY *key)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(key, &der);
    str pem = len > 0 ? pem_encode(a, "PUBLIC KEY", (str){ (char *)der, (size_t)len }) : STR_NONE;
    OPENSSL_free(der);
    return pem;
}

/* A number of the key as base64url, big endian, padded to width bytes (0: as short as it is). */
static str number(struct arena *a, EVP_PKEY *key, const char *name, int width)
{
    unsigned char bytes[KEY_NUMBER_LEN_MAX];
    BIGNUM *n = NULL;
    if (!EVP_PKEY_get_bn_param(key, name, &n))
        return STR_NONE;
    int len = width ? width : BN_num_bytes(n);
    str text = STR_NONE;
    if (len <= KEY_NUMBER_LEN_MAX && BN_bn2binpad(n, bytes, len) == len)
        text = base64url_encode(a, (str){ (const char *)bytes, (size_t)len });
    BN_free(n);
    return text;
}

static str thumbprint(struct arena *a, str canonical)
{
    unsigned char sum[DIGEST_LEN_MAX];
    digest(DIGEST_SHA256, canonical, sum);
    return base64url_encode(a, (str){ (const char *)sum, digest_len(DIGEST_SHA256) });
}

/* The required members in the order of their names, without white space (RFC 7638 §3.2). */
static str canonical_rsa(struct arena *a, EVP_PKEY *key)
{
    str e = number(a, key, OSSL_PKEY_PARAM_RSA_E, 0), n = number(a, key, OSSL_PKEY_PARAM_RSA_N, 0);
    return !e.p || !n.p
               ? STR_NONE
               : str_fmt(a, "{\"e\":\"%.*s\",\"kty\":\"RSA\",\"n\":\"%.*s\"}", STR_ARG(e), STR_ARG(n));
}

/* Other curves have as many bits as these, so it goes by name. */
static const struct { const char *group; str crv; } curves[] = {
    { "prime256v1", STR_INIT("P-256") },
    { "secp384r1", STR_INIT("P-384") },
    { "secp521r1", STR_INIT("P-521") },
};

static str curve_name(EVP_PKEY *key)
{
    char group[32];
    if (!EVP_PKEY_get_group_name(key, group, sizeof group, NULL))
        return STR_NONE;
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (strcmp(group, curves[i].group) == 0)
            return curves[i].crv;
    return STR_NONE;
}

static str canonical_ec(struct arena *a, EVP_PKEY *key)
{
    int width = (EVP_PKEY_get_bits(key) + 7) / 8;
    str crv = curve_name(key);
    str x = number(a, key, OSSL_PKEY_PARAM_EC_PUB_X, width), y = number(a, key, OSSL_PKEY_PARAM_EC_PUB_Y, width);
    if (!crv.p || !x.p || !y.p)
        return STR_NONE;
    return str_fmt(a, "{\"crv\":\"%.*s\",\"kty\":\"EC\",\"x\":\"%.*s\",\"y\":\"%.*s\"}", STR_ARG(crv), STR_ARG(x),
                   STR_ARG(y));
}

static str canonical_ed25519(struct arena *a, EVP_PKEY *key)
{
    unsigned char raw[64];
    size_t len = sizeof raw;
    if (EVP_PKEY_get_raw_public_key(key, raw, &len) != 1)
        return STR_NONE;
    str x = base64url_encode(a, (str){ (const char *)raw, len });
    return str_fmt(a, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%.*s\"}", STR_ARG(x));
}

static const struct {
    const char *name;
    str type;
    str (*canonical)(struct arena *a, EVP_PKEY *key);
} key_types[] = {
    { "RSA", STR_INIT("RSA"), canonical_rsa },
    { "EC", STR_INIT("EC"), canonical_ec },
    { "ED25519", STR_INIT("OKP"), canonical_ed25519 },
};

static bool describe_key(struct arena *a, EVP_PKEY *key, struct public_key_info *out)
{
    for (size_t i = 0; i < sizeof key_types / sizeof *key_types; i++) {
        if (!EVP_PKEY_is_a(key, key_types[i].name))
            continue;
        str canonical = key_types[i].canonical(a, key);
        if (!canonical.p)
            return false;
        *out = (struct public_key_info){ .type = key_types[i].type,
                                         .bits = (unsigned)EVP_PKEY_get_bits(key),
                                         .thumbprint = thumbprint(a, canonical),
                                         .pem = pem_of_key(a, key) };
        return true;
    }
    return false;
}

bool public_key_info_read(struct arena *a, str pem, struct public_key_info *out)
{
    EVP_PKEY *key = too_long(pem) ? NULL : public_key_read(a, pem);
    bool ok = key && describe_key(a, key, out);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return ok;
}

static int64_t seconds_of(const ASN1_TIME *t)
{
    struct tm tm;
    if (ASN1_TIME_to_tm(t, &tm) != 1)
        return 0;
    return (int64_t)timegm(&tm);
}

static void read_subject(struct arena *a, const X509 *cert, struct cert_info *out)
{
    const X509_NAME *name = X509_get_subject_name(cert);
    for (int i = 0; i < X509_NAME_entry_count(name) && out->subject_count < CERT_NAME_PARTS_MAX; i++) {
        X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
        unsigned char *utf8;
        int len = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
        if (len < 0)
            continue;
        out->subject[out->subject_count++] = (struct cert_name_part){
            .short_name = str_from(OBJ_nid2sn(nid)),
            .long_name = str_from(OBJ_nid2ln(nid)),
            .value = str_dup(a, (str){ (const char *)utf8, (size_t)len }),
        };
        OPENSSL_free(utf8);
    }
}

static bool describe_cert(struct arena *a, X509 *cert, struct cert_info *out)
{
    unsigned char *der = NULL, sum[DIGEST_LEN_MAX];
    int len = i2d_X509(cert, &der);
    if (len <= 0)
        return false;
    *out = (struct cert_info){ .der = str_dup(a, (str){ (const char *)der, (size_t)len }) };
    OPENSSL_free(der);
    digest(DIGEST_SHA1, out->der, sum);
    out->sha1_hex = hex_encode(a, (str){ (const char *)sum, digest_len(DIGEST_SHA1) });
    digest(DIGEST_SHA256, out->der, sum);
    out->sha256_base64url = base64url_encode(a, (str){ (const char *)sum, digest_len(DIGEST_SHA256) });
    out->not_before_s = seconds_of(X509_get0_notBefore(cert));
    out->not_after_s = seconds_of(X509_get0_notAfter(cert));
    EVP_PKEY *key = X509_get0_pubkey(cert);
    out->public_key_pem = key ? pem_of_key(a, key) : STR_NONE;
    read_subject(a, cert, out);
    return true;
}

bool cert_info_read(struct arena *a, str pem, struct cert_info *out)
{
    str der;
    X509 *cert = !too_long(pem) && pem_decode(a, "CERTIFICATE", pem, &der) ? x509_read(der) : NULL;
    bool ok = cert && describe_cert(a, cert, out);
    X509_free(cert);
    ERR_clear_error();
    return ok;
}
