/* One certificate as plain values. The path between two is in cert_chain.c. */
#include "suite/cert.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "suite/suite_internal.h"

IDR_AUTO_FREE(X509, X509_free)
IDR_AUTO_FREE(EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)
IDR_AUTO_FREE(GENERAL_NAMES, GENERAL_NAMES_free)
IDR_AUTO_FREE(CRL_DIST_POINTS, CRL_DIST_POINTS_free)

static bool malformed(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_MALFORMED, "RFC 5280 section 4.1", "%s", what);
}

static bool copy_name(struct idr_arena *a, const X509_NAME *name, struct idr_bytes *out,
    struct idr_err *err)
{
	const unsigned char *p;
	size_t n;

	if (X509_NAME_get0_der(name, &p, &n) <= 0)
		return malformed(err, "a name in the certificate cannot be read");
	return idr_arena_copy(a, idr_bytes(p, n), out, err);
}

/*
 * The attribute as UTF-8; out->p stays NULL when it is absent. A second country would let two readers
 * disagree.
 */
static bool copy_attribute(struct idr_arena *a, const X509_NAME *name, int nid,
    struct idr_bytes *out, struct idr_err *err)
{
	int at = X509_NAME_get_index_by_NID(name, nid, -1), n;
	unsigned char *utf8 = NULL;
	bool ok;

	if (at < 0)
		return true;
	if (nid == NID_countryName && X509_NAME_get_index_by_NID(name, nid, at) >= 0)
		return malformed(err, "the certificate's subject names two countries");
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
	if (n < 0)
		return malformed(err, "a name in the certificate is not text");
	/* a name is shown in verdicts, and no JSON reader of ours takes U+0000 */
	ok = n && memchr(utf8, 0, (size_t)n) ? malformed(err, "a name in the certificate holds a zero character") :
	    idr_arena_copy(a, idr_bytes(utf8, (size_t)n), out, err);
	OPENSSL_free(utf8);
	return ok;
}

static bool copy_subject(struct idr_arena *a, X509 *x, struct idr_cert *c, struct idr_err *err)
{
	const X509_NAME *name = X509_get_subject_name(x);

	return copy_name(a, name, &c->subject, err) &&
	    copy_name(a, X509_get_issuer_name(x), &c->issuer, err) &&
	    copy_attribute(a, name, NID_countryName, &c->country, err) &&
	    copy_attribute(a, name, NID_stateOrProvinceName, &c->state, err) &&
	    copy_attribute(a, name, NID_organizationName, &c->organization, err) &&
	    copy_attribute(a, name, NID_commonName, &c->common_name, err);
}

static bool copy_octets(struct idr_arena *a, const ASN1_STRING *s, struct idr_bytes *out,
    struct idr_err *err)
{
	return !s || idr_arena_copy(a,
	    idr_bytes(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)), out, err);
}

bool idr_openssl_time(const void *asn1_time, int64_t *out)
{
	struct tm tm;

	if (!asn1_time || !ASN1_TIME_to_tm(asn1_time, &tm))
		return false;
	*out = idr_days_from_date(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday) * 86400 +
	    tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
	return true;
}

static bool read_time(const ASN1_TIME *t, int64_t *out, struct idr_err *err)
{
	return idr_openssl_time(t, out) || malformed(err, "a time in the certificate cannot be read");
}

/* Curves by their object identifier only: explicit parameters never become a key of ours. */
static void read_key(struct idr_suite *s, X509 *x, struct idr_key *out)
{
	X509_PUBKEY *spki = X509_get_X509_PUBKEY(x);
	const unsigned char *p;
	const ASN1_OBJECT *oid;
	ASN1_OBJECT *alg;
	X509_ALGOR *algor;
	struct idr_err unused;
	int n, type;
	const void *value;
	enum idr_curve curve = IDR_CURVE_NONE;

	if (!X509_PUBKEY_get0_param(&alg, &p, &n, &algor, spki) || n <= 0)
		return;
	X509_ALGOR_get0(&oid, &type, &value, algor);
	if (OBJ_obj2nid(oid) == NID_ED25519 && type == V_ASN1_UNDEF)
		curve = IDR_ED25519;
	if (OBJ_obj2nid(oid) == NID_X9_62_id_ecPublicKey && type == V_ASN1_OBJECT)
		curve = OBJ_obj2nid(value) == NID_X9_62_prime256v1 ? IDR_P256 :
		    OBJ_obj2nid(value) == NID_secp384r1 ? IDR_P384 : IDR_CURVE_NONE;
	if (curve == IDR_CURVE_NONE ||
	    !idr_key_from_point(s, curve, idr_bytes(p, (size_t)n), out, &unused))
		*out = (struct idr_key){ .curve = IDR_CURVE_NONE };
}

static bool is_critical(X509 *x, int nid)
{
	int at = X509_get_ext_by_NID(x, nid, -1);

	return at >= 0 && X509_EXTENSION_get_critical(X509_get_ext(x, at));
}

/* OpenSSL's masks follow the octets of the BIT STRING; ours count from bit 0. */
static unsigned read_key_usage(X509 *x)
{
	uint32_t ku = X509_get_key_usage(x);
	unsigned out = ku & KU_DECIPHER_ONLY ? 1u << 8 : 0;

	for (unsigned i = 0; i < 8; i++)
		if (ku & 0x80u >> i)
			out |= 1u << i;
	return out;
}

static bool read_eku(struct idr_arena *a, X509 *x, struct idr_cert *c, struct idr_err *err)
{
	IDR_AUTO(EXTENDED_KEY_USAGE) *eku = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
	char text[96];
	int n;

	c->has_eku = X509_get_ext_by_NID(x, NID_ext_key_usage, -1) >= 0;
	c->eku_critical = is_critical(x, NID_ext_key_usage);
	if (!c->has_eku)
		return true;
	if (!eku)
		return malformed(err, "extKeyUsage cannot be read");
	/* RFC 5280 section 4.2.1.12 demands one at least: with none the certificate is good for nothing */
	if (sk_ASN1_OBJECT_num(eku) == 0)
		c->unknown_critical |= c->eku_critical;
	if (sk_ASN1_OBJECT_num(eku) > IDR_EKU_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "the certificate has more than %d key purposes", IDR_EKU_MAX);
	for (int i = 0; i < sk_ASN1_OBJECT_num(eku); i++) {
		n = OBJ_obj2txt(text, sizeof(text), sk_ASN1_OBJECT_value(eku, i), 1);
		if (n <= 0 || (size_t)n >= sizeof(text))
			return malformed(err, "extKeyUsage cannot be read");
		if (!idr_arena_copy(a, idr_bytes(text, (size_t)n), &c->eku[c->n_eku++], err))
			return false;
	}
	return true;
}

static bool read_names(struct idr_arena *a, X509 *x, struct idr_cert *c, struct idr_err *err)
{
	IDR_AUTO(GENERAL_NAMES) *san = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);

	if (!san && X509_get_ext_by_NID(x, NID_subject_alt_name, -1) >= 0)
		return malformed(err, "subjectAltName cannot be read");
	for (int i = 0; san && i < sk_GENERAL_NAME_num(san); i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(san, i);

		if (g->type != GEN_DNS)
			continue;
		if (c->n_dns == IDR_SAN_MAX)
			return idr_fail(err, IDR_LIMIT, NULL, "the certificate has more than %d DNS names", IDR_SAN_MAX);
		if (!copy_octets(a, g->d.dNSName, &c->dns[c->n_dns], err))
			return false;
		if (!idr_is_ascii_token(c->dns[c->n_dns++])) /* a zero byte inside has fooled readers before */
			return malformed(err, "a DNS name of the certificate is not plain text");
	}
	return true;
}

/* A URI or e-mail address in issuerAltName; ISO/IEC 18013-5 table B.1 */
static bool has_issuer_alt_name(X509 *x)
{
	IDR_AUTO(GENERAL_NAMES) *ian = X509_get_ext_d2i(x, NID_issuer_alt_name, NULL, NULL);

	for (int i = 0; ian && i < sk_GENERAL_NAME_num(ian); i++) {
		int type = sk_GENERAL_NAME_value(ian, i)->type;

		if (type == GEN_URI || type == GEN_EMAIL)
			return true;
	}
	return false;
}

/* URIs only, no reasons, no cRLIssuer; ISO/IEC 18013-5 tables B.1 and B.3 */
static bool has_crl_url(X509 *x)
{
	IDR_AUTO(CRL_DIST_POINTS) *all = X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL);
	bool found = false;

	for (int i = 0; all && i < sk_DIST_POINT_num(all); i++) {
		const DIST_POINT *d = sk_DIST_POINT_value(all, i);

		if (d->reasons || d->CRLissuer || !d->distpoint || d->distpoint->type != 0)
			return false;
		for (int j = 0; j < sk_GENERAL_NAME_num(d->distpoint->name.fullname); j++)
			if (sk_GENERAL_NAME_value(d->distpoint->name.fullname, j)->type == GEN_URI)
				found = true;
	}
	return found;
}

static bool in(int nid, const int *set, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (set[i] == nid)
			return true;
	return false;
}

/* Critical and not known to us, or forbidden by ISO/IEC 18013-5 annex B whether critical or not. */
static bool has_unknown_critical(X509 *x)
{
	static const int known[] = { NID_basic_constraints, NID_key_usage, NID_ext_key_usage,
		NID_subject_alt_name };
	static const int forbidden[] = { NID_policy_mappings, NID_name_constraints,
		NID_policy_constraints, NID_inhibit_any_policy, NID_freshest_crl };

	for (int i = 0; i < X509_get_ext_count(x); i++) {
		X509_EXTENSION *e = X509_get_ext(x, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(e));

		if (in(nid, forbidden, sizeof(forbidden) / sizeof(*forbidden)) ||
		    (X509_EXTENSION_get_critical(e) && !in(nid, known, sizeof(known) / sizeof(*known))))
			return true;
	}
	return false;
}

/* RFC 5280 section 4.2: no extension twice; OpenSSL takes the first, another reader might not. */
static bool repeats_extension(X509 *x)
{
	for (int i = 0; i < X509_get_ext_count(x); i++)
		if (X509_get_ext_by_OBJ(x, X509_EXTENSION_get_object(X509_get_ext(x, i)), i) >= 0)
			return true;
	return false;
}

static bool read_extensions(struct idr_arena *a, X509 *x, struct idr_cert *c, struct idr_err *err)
{
	uint32_t flags = X509_get_extension_flags(x);

	if (flags & EXFLAG_INVALID || repeats_extension(x))
		return malformed(err, "the extensions of the certificate are malformed");
	c->has_key_usage = (flags & EXFLAG_KUSAGE) != 0;
	c->key_usage = c->has_key_usage ? read_key_usage(x) : 0;
	c->key_usage_critical = is_critical(x, NID_key_usage);
	c->has_basic_constraints = (flags & EXFLAG_BCONS) != 0;
	c->is_ca = (flags & EXFLAG_CA) != 0;
	c->path_len = (int)X509_get_pathlen(x);
	c->has_crl_url = has_crl_url(x);
	c->has_issuer_alt_name = has_issuer_alt_name(x);
	c->unknown_critical = has_unknown_critical(x);
	return read_eku(a, x, c, err) && read_names(a, x, c, err) &&
	    copy_octets(a, X509_get0_subject_key_id(x), &c->ski, err) &&
	    copy_octets(a, X509_get0_authority_key_id(x), &c->aki, err);
}

static bool cert_parse(struct idr_suite *s, struct idr_arena *a, struct idr_bytes der,
    struct idr_cert *out, struct idr_err *err)
{
	struct idr_cert c = { .path_len = -1 };
	IDR_AUTO(X509) *x = NULL;

	if (der.n > IDR_CERT_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "the certificate is larger than %d bytes", IDR_CERT_MAX);
	x = idr_suite_x509(s, der);
	if (!x)
		return malformed(err, "the data is not exactly one DER certificate");
	if (ASN1_STRING_type(X509_get0_serialNumber(x)) == V_ASN1_NEG_INTEGER)
		return malformed(err, "the serial number is negative");
	if (!idr_arena_copy(a, der, &c.der, err) || !copy_subject(a, x, &c, err) ||
	    !copy_octets(a, X509_get0_serialNumber(x), &c.serial, err) ||
	    !read_time(X509_get0_notBefore(x), &c.not_before, err) ||
	    !read_time(X509_get0_notAfter(x), &c.not_after, err) || !read_extensions(a, x, &c, err))
		return false;
	read_key(s, x, &c.key);
	idr_suite_hash(s, IDR_SHA256, der, c.sha256);
	c.self_issued = idr_bytes_equal(c.subject, c.issuer);
	*out = c;
	return true;
}

/*
 * An extension that could not be read for want of memory looks like one that is not there, or like a
 * malformed one, and OpenSSL forgets why. What is malformed is so a second time.
 */
bool idr_cert_parse(struct idr_suite *s, struct idr_arena *a, struct idr_bytes der,
    struct idr_cert *out, struct idr_err *err)
{
	unsigned before = idr_suite_failures(s);
	bool ok = cert_parse(s, a, der, out, err);

	if (!ok && err->code == IDR_MALFORMED && idr_openssl_again(s, before))
		ok = cert_parse(s, a, der, out, err);
	idr_openssl_failed(s);
	if (idr_suite_failures(s) != before)
		idr_suite_x509_forget(s);
	return idr_suite_sound(s, before, a, ok, err);
}
