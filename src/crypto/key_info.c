#include "crypto/key_info.h"

#include "crypto/hash.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <time.h>

enum { KEY_NUMBER_LEN_MAX = 2048 };

static BIO *bio_of(str pem)
{
    return pem.p && pem.len <= PEM_LEN_MAX ? BIO_new_mem_buf(pem.p, (int)pem.len) : NULL;
}

static X509 *cert_load(str pem)
{
    BIO *bio = bio_of(pem);
    X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    return cert;
}

static EVP_PKEY *key_load(str pem)
{
    BIO *bio = bio_of(pem);
    EVP_PKEY *key = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
    BIO_free(bio);
    ERR_clear_error();
    if (key)
        return key;
    X509 *cert = cert_load(pem);
    key = cert ? X509_get_pubkey(cert) : NULL;
    X509_free(cert);
    return key;
}

static str pem_of_key(struct arena *a, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *p;
    long len = PEM_write_bio_PUBKEY(bio, key) == 1 ? BIO_get_mem_data(bio, &p) : 0;
    str pem = len > 0 ? str_dup(a, (str){ p, (size_t)len }) : STR_NONE;
    BIO_free(bio);
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
    return e.p && n.p ? str_fmt(a, "{\"e\":\"%.*s\",\"kty\":\"RSA\",\"n\":\"%.*s\"}", STR_ARG(e), STR_ARG(n)) : STR_NONE;
}

static str curve_name(int bits)
{
    return bits == 256 ? STR("P-256") : bits == 384 ? STR("P-384") : bits == 521 ? STR("P-521") : STR_NONE;
}

static str canonical_ec(struct arena *a, EVP_PKEY *key)
{
    int bits = EVP_PKEY_get_bits(key), width = (bits + 7) / 8;
    str crv = curve_name(bits);
    str x = number(a, key, OSSL_PKEY_PARAM_EC_PUB_X, width), y = number(a, key, OSSL_PKEY_PARAM_EC_PUB_Y, width);
    if (!crv.p || !x.p || !y.p)
        return STR_NONE;
    return str_fmt(a, "{\"crv\":\"%.*s\",\"kty\":\"EC\",\"x\":\"%.*s\",\"y\":\"%.*s\"}", STR_ARG(crv), STR_ARG(x), STR_ARG(y));
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
    EVP_PKEY *key = key_load(pem);
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
    X509 *cert = cert_load(pem);
    bool ok = cert && describe_cert(a, cert, out);
    X509_free(cert);
    ERR_clear_error();
    return ok;
}
