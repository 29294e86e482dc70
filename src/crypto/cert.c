/* X.509 certificates (RFC 5280): making them and reading what the API shows. */
#include "crypto/key.h"

#include "crypto/inside.h"
#include "crypto/random.h"

#include "base/buf.h"
#include "base/log.h"

#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>
#include <string.h>

enum { COMMON_NAME_MAX = 64, SERIAL_LEN = 16 };
enum { USAGE_SIGN = 0, USAGE_ENCIPHER_KEY = 2, USAGE_SIGN_CERT = 5, USAGE_SIGN_CRL = 6 }; /* bits of §4.2.1.3 */

CRYPTO_AUTO(ASN1_BIT_STRING, ASN1_BIT_STRING_free)
CRYPTO_AUTO(ASN1_INTEGER, ASN1_INTEGER_free)
CRYPTO_AUTO(ASN1_OCTET_STRING, ASN1_OCTET_STRING_free)
CRYPTO_AUTO(AUTHORITY_KEYID, AUTHORITY_KEYID_free)
CRYPTO_AUTO(BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free)
CRYPTO_AUTO(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)
CRYPTO_AUTO(GENERAL_NAMES, GENERAL_NAMES_free)
CRYPTO_AUTO(PKCS7, PKCS7_free)

/* --- making ------------------------------------------------------------------- */

static bool extend(X509 *x, int nid, bool critical, void *value)
{
    return X509_add1_ext_i2d(x, nid, value, critical, X509V3_ADD_DEFAULT) == 1;
}

static bool add_constraints(X509 *x, bool is_ca)
{
    AUTO(BASIC_CONSTRAINTS) *bc = BASIC_CONSTRAINTS_new();
    if (!bc)
        return false;
    bc->ca = is_ca ? 0xFF : 0;
    return extend(x, NID_basic_constraints, true, bc);
}

static bool add_usage(X509 *x, const struct cert_request *rq, enum key_kind kind)
{
    AUTO(ASN1_BIT_STRING) *usage = ASN1_BIT_STRING_new();
    bool done = usage && ASN1_BIT_STRING_set_bit(usage, USAGE_SIGN, 1);
    if (done && rq->is_ca)
        done = ASN1_BIT_STRING_set_bit(usage, USAGE_SIGN_CERT, 1) && ASN1_BIT_STRING_set_bit(usage, USAGE_SIGN_CRL, 1);
    else if (done && kind == KEY_RSA2048)
        done = ASN1_BIT_STRING_set_bit(usage, USAGE_ENCIPHER_KEY, 1);
    return done && extend(x, NID_key_usage, true, usage);
}

static bool add_server_purpose(X509 *x)
{
    AUTO(EXTENDED_KEY_USAGE) *purposes = EXTENDED_KEY_USAGE_new();
    return purposes && sk_ASN1_OBJECT_push(purposes, OBJ_nid2obj(NID_server_auth)) > 0 &&
           extend(x, NID_ext_key_usage, false, purposes);
}

/* Takes over value. */
static bool add_name(GENERAL_NAMES *names, int type, ASN1_OCTET_STRING *value)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    if (!name || !value) {
        GENERAL_NAME_free(name);
        ASN1_OCTET_STRING_free(value);
        return false;
    }
    GENERAL_NAME_set0_value(name, type, value);
    if (sk_GENERAL_NAME_push(names, name) > 0)
        return true;
    GENERAL_NAME_free(name);
    return false;
}

static bool add_dns_name(GENERAL_NAMES *names, str text)
{
    ASN1_IA5STRING *value = ASN1_IA5STRING_new();
    if (value && !ASN1_STRING_set(value, text.p, (int)text.len)) {
        ASN1_IA5STRING_free(value);
        value = NULL;
    }
    return add_name(names, GEN_DNS, value);
}

static bool add_alternative_names(struct arena *a, X509 *x, const struct cert_request *rq)
{
    AUTO(GENERAL_NAMES) *names = GENERAL_NAMES_new();
    if (!names)
        return false;
    for (size_t i = 0; i < rq->dns_name_count; i++)
        if (!add_dns_name(names, rq->dns_names[i]))
            return false;
    for (size_t i = 0; i < rq->ip_address_count; i++)
        if (!add_name(names, GEN_IPADD, a2i_IPADDRESS(str_cstr(a, rq->ip_addresses[i]))))
            return false;
    return extend(x, NID_subject_alt_name, false, names);
}

/* The subject's own key id; it names the issuer too when there is no other. */
static bool add_key_ids(X509 *x, X509 *issuer)
{
    unsigned char id[DIGEST_LEN_MAX];
    unsigned len;
    AUTO(ASN1_OCTET_STRING) *own = ASN1_OCTET_STRING_new();
    AUTO(AUTHORITY_KEYID) *authority = AUTHORITY_KEYID_new();
    if (!own || !authority || !X509_pubkey_digest(x, digest_md(DIGEST_SHA1), id, &len) ||
        !ASN1_OCTET_STRING_set(own, id, (int)len) || !extend(x, NID_subject_key_identifier, false, own))
        return false;
    const ASN1_OCTET_STRING *of_issuer = issuer ? X509_get0_subject_key_id(issuer) : own;
    authority->keyid = of_issuer ? ASN1_OCTET_STRING_dup(of_issuer) : NULL;
    return !of_issuer || (authority->keyid && extend(x, NID_authority_key_identifier, false, authority));
}

static bool set_serial(X509 *x)
{
    unsigned char bytes[SERIAL_LEN];
    random_bytes(bytes, sizeof bytes);
    bytes[0] = (unsigned char)((bytes[0] & 0x7F) | 0x40); /* positive, and never short */
    BIGNUM *n = BN_bin2bn(bytes, sizeof bytes, NULL);
    AUTO(ASN1_INTEGER) *serial = n ? BN_to_ASN1_INTEGER(n, NULL) : NULL;
    BN_free(n);
    return serial && X509_set_serialNumber(x, serial);
}

static bool set_names(X509 *x, str common_name, X509 *issuer)
{
    X509_NAME *subject = X509_get_subject_name(x);
    str cut = str_sub(common_name, 0, COMMON_NAME_MAX);
    return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8, (const unsigned char *)cut.p,
                                      (int)cut.len, -1, 0) &&
           X509_set_issuer_name(x, issuer ? X509_get_subject_name(issuer) : subject);
}

X509 *x509_read(str der)
{
    const unsigned char *at = (const unsigned char *)der.p;
    if (!der.len || der.len > INT32_MAX)
        return NULL;
    X509 *x = d2i_X509(NULL, &at, (long)der.len);
    if (x && at == (const unsigned char *)der.p + der.len)
        return x;
    X509_free(x);
    crypto_refused();
    return NULL;
}

struct result cert_make(struct arena *a, const struct sign_key *key, const struct cert_request *rq, str *out_der)
{
    AUTO(X509) *x = X509_new();
    AUTO(X509) *issuer = rq->issuer_key ? x509_read(rq->issuer_cert_der) : NULL;
    if (rq->issuer_key && !issuer)
        return fail1(ERR_CRYPTO, STR("the issuer's certificate is unreadable"));
    EVP_PKEY *signer = sign_key_evp(rq->issuer_key ? rq->issuer_key : key);
    bool has_names = rq->dns_name_count + rq->ip_address_count > 0;
    unsigned char *der = NULL;
    int len = 0;
    if (!x || !X509_set_version(x, X509_VERSION_3) || !set_serial(x) || !set_names(x, rq->common_name, issuer) ||
        !ASN1_TIME_set(X509_getm_notBefore(x), rq->not_before_s) ||
        !ASN1_TIME_set(X509_getm_notAfter(x), rq->not_after_s) || !X509_set_pubkey(x, sign_key_evp(key)) ||
        !add_constraints(x, rq->is_ca) || !add_usage(x, rq, sign_key_kind(key)) || !add_key_ids(x, issuer) ||
        (has_names && !add_alternative_names(a, x, rq)) || (has_names && !rq->is_ca && !add_server_purpose(x)) ||
        !X509_sign(x, signer, digest_md(DIGEST_SHA256)) || (len = i2d_X509(x, &der)) <= 0)
        return crypto_failed();
    *out_der = (str){ arena_copy(a, der, (size_t)len), (size_t)len };
    OPENSSL_free(der);
    return OK;
}

/* --- reading -------------------------------------------------------------------- */

str cert_to_pem(struct arena *a, str der)
{
    return pem_encode(a, "CERTIFICATE", der);
}

bool cert_from_pem(struct arena *a, str pem, str *out_der)
{
    str der;
    if (!pem_decode(a, "CERTIFICATE", pem, &der))
        return false;
    AUTO(X509) *x = x509_read(der);
    if (!x)
        return false;
    *out_der = der;
    return true;
}

/* The same text with line ends as in mail, which is how the API shows certificates. */
static str with_crlf(struct arena *a, str pem)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    for (str line, rest = pem; rest.len;) {
        line = str_cut(rest, '\n', &rest);
        buf_add(&b, line);
        buf_add(&b, STR("\r\n"));
    }
    str out = str_dup(a, buf_str(&b));
    buf_free(&b);
    return out;
}

str cert_to_crlf_pem(struct arena *a, str der)
{
    return with_crlf(a, cert_to_pem(a, der));
}

/* The certificate alone in a signed-data envelope without signers (RFC 2315 §9). */
str cert_to_pkcs7_pem(struct arena *a, str der)
{
    AUTO(X509) *x = x509_read(der);
    AUTO(PKCS7) *p7 = PKCS7_new();
    unsigned char *bytes = NULL;
    int len = 0;
    if (!x || !p7 || !PKCS7_set_type(p7, NID_pkcs7_signed) || !PKCS7_content_new(p7, NID_pkcs7_data) ||
        !PKCS7_set_detached(p7, 1) || !PKCS7_add_certificate(p7, x) || (len = i2d_PKCS7(p7, &bytes)) <= 0) {
        crypto_refused();
        return STR_NONE;
    }
    str pem = pem_encode(a, "PKCS7", (str){ (char *)bytes, (size_t)len });
    OPENSSL_free(bytes);
    return with_crlf(a, pem);
}

static STACK_OF(X509) *certs_of(PKCS7 *p7)
{
    return p7 && PKCS7_type_is_signed(p7) && p7->d.sign ? p7->d.sign->cert : NULL;
}

bool cert_from_pkcs7_pem(struct arena *a, str pem, str *out_der)
{
    str envelope;
    if (!pem_decode(a, "PKCS7", pem, &envelope) || envelope.len > INT32_MAX)
        return false;
    const unsigned char *at = (const unsigned char *)envelope.p;
    AUTO(PKCS7) *p7 = d2i_PKCS7(NULL, &at, (long)envelope.len);
    STACK_OF(X509) *certs = certs_of(p7);
    unsigned char *der = NULL;
    int len = certs && sk_X509_num(certs) > 0 ? i2d_X509(sk_X509_value(certs, 0), &der) : 0;
    if (len <= 0)
        return crypto_refused();
    *out_der = (str){ arena_copy(a, der, (size_t)len), (size_t)len };
    OPENSSL_free(der);
    return true;
}

str cert_sha1_hex(struct arena *a, str der, char separator)
{
    static const char digit[] = "0123456789ABCDEF";
    unsigned char sha1[DIGEST_LEN_MAX];
    digest(DIGEST_SHA1, der, sha1);
    size_t n = digest_len(DIGEST_SHA1);
    char *out = arena_raw(a, 3 * n), *to = out;
    for (size_t i = 0; i < n; i++) {
        if (i && separator)
            *to++ = separator;
        *to++ = digit[sha1[i] >> 4];
        *to++ = digit[sha1[i] & 15];
    }
    return (str){ out, (size_t)(to - out) };
}

str cert_subject(struct arena *a, str der)
{
    AUTO(X509) *x = x509_read(der);
    if (!x)
        return STR_NONE;
    char *line = X509_NAME_oneline(X509_get_subject_name(x), NULL, 0);
    str out = str_dup(a, str_from(line));
    OPENSSL_free(line);
    return out;
}

bool cert_public_key_pem(struct arena *a, str cert_pem_or_der, str *out_pem)
{
    str der = cert_pem_or_der;
    if (str_find(der, STR("-----BEGIN ")) >= 0 && !pem_decode(a, "CERTIFICATE", cert_pem_or_der, &der))
        return false;
    AUTO(X509) *x = x509_read(der);
    unsigned char *bytes = NULL;
    int len = x ? i2d_PUBKEY(X509_get0_pubkey(x), &bytes) : 0;
    if (len <= 0)
        return crypto_refused();
    *out_pem = pem_encode(a, "PUBLIC KEY", (str){ (char *)bytes, (size_t)len });
    OPENSSL_free(bytes);
    return true;
}

static bool time_of(const ASN1_TIME *t, int64_t *out_s)
{
    struct tm tm;
    if (!ASN1_TIME_to_tm(t, &tm))
        return crypto_refused();
    *out_s = timegm(&tm);
    return true;
}

bool cert_validity(str der, int64_t *out_not_before_s, int64_t *out_not_after_s)
{
    AUTO(X509) *x = x509_read(der);
    return x && time_of(X509_get0_notBefore(x), out_not_before_s) && time_of(X509_get0_notAfter(x), out_not_after_s);
}
