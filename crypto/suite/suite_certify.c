/* Certificates of the profiles of trust brief 3.2 (ISO/IEC 18013-5 annex B). */
#include "suite/certify.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "suite/cert.h"
#include "suite/suite_internal.h"

IDR_AUTO_FREE(X509, X509_free)
IDR_AUTO_FREE(X509_EXTENSION, X509_EXTENSION_free)
IDR_AUTO_FREE(GENERAL_NAMES, GENERAL_NAMES_free)
IDR_AUTO_FREE(X509_CRL, X509_CRL_free)
IDR_AUTO_FREE(ASN1_TIME, ASN1_TIME_free)
IDR_AUTO_FREE(ASN1_INTEGER, ASN1_INTEGER_free)
IDR_AUTO_FREE(X509_NAME, X509_NAME_free)

enum { DAY = 86400 };

/* implements: MDOC B.1a, MDOC B.3a, MDOC B.7a, MDOC B.9a */
static const struct profile {
	const char *basic;     /* NULL: absent */
	const char *key_usage;
	const char *eku;       /* NULL: absent */
	int max_days;
	bool issuer_urls;      /* issuerAltName and CRL distribution point */
	bool names;            /* subjectAltName */
} profiles[] = {
	[IDR_PROFILE_ROOT] = { "critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign", NULL, 7305,
	    true, false },
	[IDR_PROFILE_DOCUMENT_SIGNER] = { NULL, "critical,digitalSignature", "critical,1.0.18013.5.1.2",
	    457, true, false },
	/* the purpose of RFC-to-be Token Status List has no number yet, so none is written */
	[IDR_PROFILE_STATUS_SIGNER] = { NULL, "critical,digitalSignature", NULL, 1187, true, false },
	[IDR_PROFILE_READER] = { NULL, "critical,digitalSignature", "critical,1.0.18013.5.1.6", 1187, true, true },
	[IDR_PROFILE_BUNDLE_SIGNER] = { NULL, "critical,digitalSignature",
	    "critical,2.25.95168748531616117074491500155732141652", 1187, true, false },
	[IDR_PROFILE_TLS] = { NULL, "critical,digitalSignature", "serverAuth", 825, false, true },
};

static bool failed(struct idr_err *err, const char *what)
{
	ERR_clear_error();
	return idr_fail(err, IDR_CRYPTO, "RFC 5280", "%s", what);
}

/* Fields that end in a certificate are held to what the profile can carry. */
static bool check_fields(const struct idr_certify *in, const struct profile *p, struct idr_err *err)
{
	const char *c = in->country;

	if (!c || strlen(c) != 2 || c[0] < 'A' || c[0] > 'Z' || c[1] < 'A' || c[1] > 'Z')
		return idr_fail(err, IDR_INVALID_FIELD, "ISO 3166-1", "country is not two upper-case letters");
	if (!in->common_name || !in->common_name[0] || strlen(in->common_name) > 64 ||
	    !idr_is_utf8(idr_str(in->common_name)))
		return idr_fail(err, IDR_INVALID_FIELD, "RFC 5280 appendix A.1", "common_name has 1 to 64 bytes of UTF-8");
	if (in->organization && (!in->organization[0] || strlen(in->organization) > 64 ||
	    !idr_is_utf8(idr_str(in->organization))))
		return idr_fail(err, IDR_INVALID_FIELD, "RFC 5280 appendix A.1", "organization has 1 to 64 bytes of UTF-8");
	if (p->issuer_urls && (!in->url || !idr_is_ascii_token(idr_str(in->url)) || strchr(in->url, ' ')))
		return idr_fail(err, IDR_INVALID_FIELD, "ISO/IEC 18013-5 annex B", "url is missing or not a URI");
	if (in->not_after <= in->not_before || in->not_after - in->not_before > (int64_t)p->max_days * DAY)
		return idr_fail(err, IDR_INVALID_FIELD, "ISO/IEC 18013-5 annex B",
		    "the validity is not within %d days", p->max_days);
	if (in->profile == IDR_PROFILE_ROOT && in->issuer_der.n)
		return idr_fail(err, IDR_INVALID_FIELD, "ISO/IEC 18013-5 table B.1", "a root is signed by itself");
	if (in->n_dns > sizeof(in->dns) / sizeof(*in->dns) || (in->profile == IDR_PROFILE_TLS && !in->n_dns))
		return idr_fail(err, IDR_INVALID_FIELD, "RFC 5280 section 4.2.1.6", "a TLS certificate needs 1 to 8 names");
	return true;
}

static bool put_name(X509 *x, const struct idr_certify *in)
{
	X509_NAME *n = X509_get_subject_name(x);

	return X509_NAME_add_entry_by_NID(n, NID_countryName, V_ASN1_PRINTABLESTRING,
	    (const unsigned char *)in->country, -1, -1, 0) &&
	    (!in->organization || X509_NAME_add_entry_by_NID(n, NID_organizationName, V_ASN1_UTF8STRING,
	    (const unsigned char *)in->organization, -1, -1, 0)) &&
	    X509_NAME_add_entry_by_NID(n, NID_commonName, V_ASN1_UTF8STRING,
	    (const unsigned char *)in->common_name, -1, -1, 0);
}

/* 16 octets, first bit 0 and second 1: positive, never shortened, 126 random bits. */
static bool put_serial(struct idr_suite *s, X509 *x)
{
	IDR_AUTO(BIGNUM) *bn = NULL;
	uint8_t r[16];

	idr_suite_random(s, r, sizeof(r));
	r[0] = (uint8_t)((r[0] & 0x3f) | 0x40);
	bn = BN_bin2bn(r, sizeof(r), NULL);
	return bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x));
}

/* RFC 5280 section 4.1.2.5: UTCTime to 2049, GeneralizedTime after; ASN1_TIME_adj chooses so. */
static bool put_times(X509 *x, const struct idr_certify *in)
{
	return ASN1_TIME_set(X509_getm_notBefore(x), (time_t)in->not_before) &&
	    ASN1_TIME_set(X509_getm_notAfter(x), (time_t)in->not_after);
}

static bool put_text_extension(X509 *x, X509V3_CTX *ctx, int nid, const char *value)
{
	IDR_AUTO(X509_EXTENSION) *e = NULL;

	if (!value)
		return true;
	e = X509V3_EXT_conf_nid(NULL, ctx, nid, value);
	return e && X509_add_ext(x, e, -1);
}

static bool put_octets_extension(X509 *x, int nid, const uint8_t *id, size_t n)
{
	ASN1_OCTET_STRING *o = ASN1_OCTET_STRING_new();
	AUTHORITY_KEYID *k = AUTHORITY_KEYID_new();
	bool ok = o && k && ASN1_OCTET_STRING_set(o, id, (int)n);

	if (ok && nid == NID_authority_key_identifier) {
		k->keyid = o;
		o = NULL; /* moved */
		ok = X509_add1_ext_i2d(x, nid, k, 0, X509V3_ADD_DEFAULT) > 0;
	} else if (ok) {
		ok = X509_add1_ext_i2d(x, nid, o, 0, X509V3_ADD_DEFAULT) > 0;
	}
	ASN1_OCTET_STRING_free(o);
	AUTHORITY_KEYID_free(k);
	return ok;
}

/* Built as values, not as OpenSSL's configuration text, so that a URL cannot add extensions. */
static bool push_name(GENERAL_NAMES *list, int type, struct idr_bytes v)
{
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_STRING *text = type == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();

	if (g && text && ASN1_STRING_set(text, v.p, (int)v.n)) {
		GENERAL_NAME_set0_value(g, type, text);
		if (sk_GENERAL_NAME_push(list, g) > 0)
			return true;
		text = NULL; /* moved */
	}
	ASN1_STRING_free(text);
	GENERAL_NAME_free(g);
	return false;
}

static bool put_crl_url(X509 *x, const char *url)
{
	CRL_DIST_POINTS *all = CRL_DIST_POINTS_new();
	DIST_POINT *d = DIST_POINT_new();
	bool ok = false;

	if (all && d) {
		d->distpoint = DIST_POINT_NAME_new();
		if (d->distpoint) {
			d->distpoint->type = 0;
			d->distpoint->name.fullname = GENERAL_NAMES_new();
			ok = d->distpoint->name.fullname &&
			    push_name(d->distpoint->name.fullname, GEN_URI, idr_str(url)) &&
			    sk_DIST_POINT_push(all, d) > 0;
		}
	}
	if (ok)
		ok = X509_add1_ext_i2d(x, NID_crl_distribution_points, all, 0, X509V3_ADD_DEFAULT) > 0;
	else
		DIST_POINT_free(d);
	CRL_DIST_POINTS_free(all);
	return ok;
}

static bool put_issuer_urls(struct idr_arena *a, X509 *x, const char *url, struct idr_err *err)
{
	IDR_AUTO(GENERAL_NAMES) *ian = GENERAL_NAMES_new();
	size_t n = strlen(url);
	const char *crl = idr_arena_printf(a, err, "%s%sca.crl", url, n && url[n - 1] == '/' ? "" : "/");

	return crl && ian && push_name(ian, GEN_URI, idr_str(url)) &&
	    X509_add1_ext_i2d(x, NID_issuer_alt_name, ian, 0, X509V3_ADD_DEFAULT) > 0 && put_crl_url(x, crl);
}

static bool put_subject_names(X509 *x, const struct idr_certify *in)
{
	IDR_AUTO(GENERAL_NAMES) *san = GENERAL_NAMES_new();

	for (size_t i = 0; san && i < in->n_dns; i++) {
		ASN1_OCTET_STRING *ip = a2i_IPADDRESS(in->dns[i]);
		bool ok = ip ? push_name(san, GEN_IPADD, idr_bytes(ip->data, (size_t)ip->length)) :
		    idr_is_ascii_token(idr_str(in->dns[i])) && push_name(san, GEN_DNS, idr_str(in->dns[i]));

		ASN1_OCTET_STRING_free(ip);
		if (!ok)
			return false;
	}
	return san && (!in->n_dns ||
	    X509_add1_ext_i2d(x, NID_subject_alt_name, san, 0, X509V3_ADD_DEFAULT) > 0);
}

static bool put_extensions(struct idr_suite *s, struct idr_arena *a, X509 *x,
    const struct idr_certify *in, const struct idr_cert *issuer, struct idr_err *err)
{
	const struct profile *p = &profiles[in->profile];
	uint8_t point[97], ski[20];
	size_t n = idr_key_point(in->subject_key, point);
	X509V3_CTX ctx;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, NULL, x, NULL, NULL, 0);
	/* RFC 5280 section 4.2.1.2 (1): SHA-1 of the subjectPublicKey bits */
	idr_suite_key_identifier(s, in->subject_key->curve == IDR_ED25519 ?
	    idr_bytes(in->subject_key->x, 32) : idr_bytes(point, n), ski);
	return put_text_extension(x, &ctx, NID_basic_constraints, p->basic) &&
	    put_text_extension(x, &ctx, NID_key_usage, p->key_usage) &&
	    put_text_extension(x, &ctx, NID_ext_key_usage, p->eku) &&
	    put_octets_extension(x, NID_subject_key_identifier, ski, sizeof(ski)) &&
	    (!issuer || put_octets_extension(x, NID_authority_key_identifier, issuer->ski.p, issuer->ski.n)) &&
	    (!p->issuer_urls || put_issuer_urls(a, x, in->url, err)) &&
	    (!p->names || put_subject_names(x, in));
}

/* The issuer's name goes in byte by byte as its certificate has it. */
static bool put_issuer(X509 *x, const struct idr_cert *issuer)
{
	const unsigned char *p;
	X509_NAME *name;
	bool ok;

	if (!issuer)
		return X509_set_issuer_name(x, X509_get_subject_name(x));
	p = issuer->subject.p;
	name = d2i_X509_NAME(NULL, &p, (long)issuer->subject.n);
	ok = name && X509_set_issuer_name(x, name);
	X509_NAME_free(name);
	return ok;
}

static bool check_issuer(const struct idr_certify *in, const struct idr_cert *issuer, struct idr_err *err)
{
	if (!issuer)
		return idr_key_equal(in->subject_key, idr_private_public(in->issuer_key)) ||
		    idr_fail(err, IDR_INVALID_FIELD, NULL, "a self-signed certificate is signed by its own key");
	if (!idr_key_equal(&issuer->key, idr_private_public(in->issuer_key)) || !issuer->ski.n)
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "the signing key is not that of the issuer's certificate");
	/* trust brief 3.2: C equal to the issuer's C */
	if (in->profile == IDR_PROFILE_DOCUMENT_SIGNER && !idr_bytes_is(issuer->country, in->country))
		return idr_fail(err, IDR_INVALID_FIELD, "ISO/IEC 18013-5 table B.3", "country is not that of the issuer");
	return true;
}

static bool to_der(struct idr_arena *a, X509 *x, struct idr_bytes *der, struct idr_err *err)
{
	int n = i2d_X509(x, NULL);
	uint8_t *mem = n > 0 ? idr_arena_alloc(a, (size_t)n, err) : NULL;
	unsigned char *p = mem;

	if (!mem || i2d_X509(x, &p) != n)
		return failed(err, "the certificate could not be encoded");
	*der = idr_bytes(mem, (size_t)n);
	return true;
}

bool idr_certify(struct idr_suite *s, struct idr_arena *a, const struct idr_certify *in,
    struct idr_bytes *der, struct idr_err *err)
{
	IDR_AUTO(X509) *x = X509_new();
	struct idr_cert issuer;
	const struct idr_cert *by = in->issuer_der.n ? &issuer : NULL;
	struct idr_imported *k;
	const EVP_MD *md = in->issuer_key->pub.curve == IDR_P256 ? EVP_sha256() :
	    in->issuer_key->pub.curve == IDR_P384 ? EVP_sha384() : NULL;

	if (!check_fields(in, &profiles[in->profile], err) ||
	    (by && !idr_cert_parse(s, a, in->issuer_der, &issuer, err)) || !check_issuer(in, by, err))
		return false;
	k = idr_suite_import(s, in->subject_key);
	if (!x || !k || !X509_set_version(x, X509_VERSION_3) || !put_name(x, in) || !put_issuer(x, by) ||
	    !put_serial(s, x) || !put_times(x, in) || !X509_set_pubkey(x, k->pkey) ||
	    !put_extensions(s, a, x, in, by, err) || !X509_sign(x, in->issuer_key->pkey, md))
		return failed(err, "the certificate could not be made");
	return to_der(a, x, der, err);
}

static bool put_revoked(X509_CRL *crl, const struct idr_revoked *r)
{
	IDR_AUTO(BIGNUM) *bn = BN_bin2bn(r->serial.p, (int)r->serial.n, NULL);
	IDR_AUTO(ASN1_INTEGER) *serial = bn ? BN_to_ASN1_INTEGER(bn, NULL) : NULL;
	IDR_AUTO(ASN1_TIME) *at = ASN1_TIME_set(NULL, (time_t)r->at);
	X509_REVOKED *entry = X509_REVOKED_new();

	if (serial && at && entry && X509_REVOKED_set_serialNumber(entry, serial) &&
	    X509_REVOKED_set_revocationDate(entry, at) && X509_CRL_add0_revoked(crl, entry))
		return true;
	X509_REVOKED_free(entry);
	return false;
}

static bool put_crl_head(X509_CRL *crl, const struct idr_cert *issuer, int64_t number,
    int64_t this_update, int64_t next_update)
{
	const unsigned char *p = issuer->subject.p;
	IDR_AUTO(X509_NAME) *name = d2i_X509_NAME(NULL, &p, (long)issuer->subject.n);
	IDR_AUTO(ASN1_TIME) *from = ASN1_TIME_set(NULL, (time_t)this_update);
	IDR_AUTO(ASN1_TIME) *to = ASN1_TIME_set(NULL, (time_t)next_update);
	IDR_AUTO(ASN1_INTEGER) *n = ASN1_INTEGER_new();
	AUTHORITY_KEYID *aki = AUTHORITY_KEYID_new();
	bool ok = name && from && to && n && aki && X509_CRL_set_version(crl, X509_CRL_VERSION_2) &&
	    X509_CRL_set_issuer_name(crl, name) && X509_CRL_set1_lastUpdate(crl, from) &&
	    X509_CRL_set1_nextUpdate(crl, to) && ASN1_INTEGER_set_int64(n, number) &&
	    X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, X509V3_ADD_DEFAULT) > 0;

	if (ok)
		aki->keyid = ASN1_OCTET_STRING_new();
	ok = ok && aki->keyid && ASN1_OCTET_STRING_set(aki->keyid, issuer->ski.p, (int)issuer->ski.n) &&
	    X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, aki, 0, X509V3_ADD_DEFAULT) > 0;
	AUTHORITY_KEYID_free(aki);
	return ok;
}

bool idr_certify_crl(struct idr_suite *s, struct idr_arena *a, struct idr_bytes issuer_der,
    const struct idr_private *issuer_key, const struct idr_revoked *revoked, size_t n, int64_t number,
    int64_t this_update, int64_t next_update, struct idr_bytes *der, struct idr_err *err)
{
	const EVP_MD *md = issuer_key->pub.curve == IDR_P256 ? EVP_sha256() :
	    issuer_key->pub.curve == IDR_P384 ? EVP_sha384() : NULL;
	IDR_AUTO(X509_CRL) *crl = X509_CRL_new();
	struct idr_cert issuer;
	unsigned char *p, *mem;
	bool ok;
	int len;

	if (!idr_cert_parse(s, a, issuer_der, &issuer, err))
		return false;
	if (!idr_key_equal(&issuer.key, &issuer_key->pub) || !(issuer.key_usage & IDR_KU_CRL_SIGN) ||
	    !issuer.ski.n || number < 0 || next_update <= this_update)
		return idr_fail(err, IDR_INVALID_FIELD, "RFC 5280 section 5", "this key cannot sign this CRL");
	ok = crl && put_crl_head(crl, &issuer, number, this_update, next_update);
	for (size_t i = 0; ok && i < n; i++)
		ok = put_revoked(crl, &revoked[i]);
	if (!ok || !X509_CRL_sort(crl) || !X509_CRL_sign(crl, issuer_key->pkey, md))
		return failed(err, "the CRL could not be made");
	len = i2d_X509_CRL(crl, NULL);
	mem = p = len > 0 ? idr_arena_alloc(a, (size_t)len, err) : NULL;
	if (!mem || i2d_X509_CRL(crl, &p) != len)
		return failed(err, "the CRL could not be encoded");
	*der = idr_bytes(mem, (size_t)len);
	return true;
}

bool idr_cert_to_pem(struct idr_arena *a, struct idr_bytes der, struct idr_bytes *pem,
    struct idr_err *err)
{
	struct idr_buf b64, b;

	idr_buf_init(&b64, a, der.n * 4 / 3 + 4, 16 * IDR_CERT_MAX);
	idr_buf_init(&b, a, der.n * 2 + 80, 16 * IDR_CERT_MAX);
	idr_b64_put(&b64, der);
	idr_buf_put_str(&b, "-----BEGIN CERTIFICATE-----\n");
	for (size_t at = 0; at < b64.n; at += 64) { /* RFC 7468 section 2: 64 characters a line */
		idr_buf_put(&b, idr_bytes_first(idr_bytes_from(idr_buf_bytes(&b64), at), 64));
		idr_buf_put_byte(&b, '\n');
	}
	idr_buf_put_str(&b, "-----END CERTIFICATE-----\n");
	b.failed = b.failed || b64.failed;
	return idr_buf_done(&b, pem, err);
}
