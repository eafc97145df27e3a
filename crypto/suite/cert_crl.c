/* A CRL, and one certificate against one CRL of its issuer. */
#include "suite/cert.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "suite/suite_internal.h"

IDR_AUTO_FREE(X509, X509_free)
IDR_AUTO_FREE(X509_CRL, X509_CRL_free)
IDR_AUTO_FREE(ASN1_INTEGER, ASN1_INTEGER_free)

enum { CRL_MAX = 16 * 1024 * 1024 };

static bool malformed(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_MALFORMED, "RFC 5280 section 5", "%s", what);
}

/*
 * RFC 5280 sections 5.2, 5.3: any critical extension would change what the list covers or says, and
 * a delta or partial list is no answer to "is it revoked".
 */
static bool is_complete(X509_CRL *crl)
{
	STACK_OF(X509_REVOKED) *all = X509_CRL_get_REVOKED(crl);

	for (int i = 0; i < X509_CRL_get_ext_count(crl); i++)
		if (X509_EXTENSION_get_critical(X509_CRL_get_ext(crl, i)))
			return false;
	if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) >= 0 ||
	    X509_CRL_get_ext_by_NID(crl, NID_issuing_distribution_point, -1) >= 0)
		return false;
	for (int i = 0; all && i < sk_X509_REVOKED_num(all); i++)
		for (int j = 0; j < X509_REVOKED_get_ext_count(sk_X509_REVOKED_value(all, i)); j++)
			if (X509_EXTENSION_get_critical(X509_REVOKED_get_ext(sk_X509_REVOKED_value(all, i), j)))
				return false;
	return true;
}

static bool is_current(X509_CRL *crl, int64_t now)
{
	time_t t = (time_t)now;
	const ASN1_TIME *from = X509_CRL_get0_lastUpdate(crl), *to = X509_CRL_get0_nextUpdate(crl);

	/* X509_cmp_time gives 0 for a time it cannot read */
	return from && to && X509_cmp_time(from, &t) < 0 && X509_cmp_time(to, &t) > 0;
}

/* ECDSA with SHA-2 only: X509_CRL_verify() itself would still take SHA-1. */
static bool signed_soundly(X509_CRL *crl)
{
	int nid = X509_CRL_get_signature_nid(crl);

	return nid == NID_ecdsa_with_SHA256 || nid == NID_ecdsa_with_SHA384 || nid == NID_ecdsa_with_SHA512;
}

static bool is_by_issuer(const struct idr_cert *cert, X509 *issuer, X509_CRL *crl, struct idr_err *err)
{
	const unsigned char *p;
	size_t n;

	if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) ||
	    !X509_NAME_get0_der(X509_get_subject_name(issuer), &p, &n) ||
	    !idr_bytes_equal(cert->issuer, idr_bytes(p, n)) || !(X509_get_key_usage(issuer) & KU_CRL_SIGN))
		return idr_fail(err, IDR_TRUST, "RFC 5280 section 6.3.3", "the CRL is of another issuer");
	if (!signed_soundly(crl) || X509_CRL_verify(crl, X509_get0_pubkey(issuer)) <= 0)
		return idr_fail(err, IDR_SIGNATURE, "RFC 5280 section 6.3.3", "the CRL's signature does not match");
	return true;
}

static bool look_up(const struct idr_cert *cert, struct idr_bytes issuer_der, struct idr_bytes crl_der,
    int64_t now, bool *revoked, struct idr_err *err)
{
	const unsigned char *pi = issuer_der.p, *pc = crl_der.p;
	IDR_AUTO(X509) *issuer = issuer_der.n && issuer_der.n <= IDR_CERT_MAX ?
	    d2i_X509(NULL, &pi, (long)issuer_der.n) : NULL;
	IDR_AUTO(X509_CRL) *crl = crl_der.n && crl_der.n <= CRL_MAX ?
	    d2i_X509_CRL(NULL, &pc, (long)crl_der.n) : NULL;
	IDR_AUTO(BIGNUM) *bn = BN_bin2bn(cert->serial.p, (int)cert->serial.n, NULL);
	IDR_AUTO(ASN1_INTEGER) *serial = bn ? BN_to_ASN1_INTEGER(bn, NULL) : NULL;
	X509_REVOKED *entry = NULL;

	if (!issuer || pi != issuer_der.p + issuer_der.n || !crl || pc != crl_der.p + crl_der.n)
		return malformed(err, "the data is not exactly one certificate and one CRL");
	if (!serial)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	if (!is_by_issuer(cert, issuer, crl, err))
		return false;
	if (!is_complete(crl))
		return malformed(err, "the CRL is partial, indirect, or critical in a way not known here");
	if (!is_current(crl, now))
		return idr_fail(err, IDR_STATUS_STALE, "RFC 5280 section 6.3.3", "the CRL is not current");
	*revoked = X509_CRL_get0_by_serial(crl, &entry, serial) == 1;
	return true;
}

bool idr_cert_is_revoked(struct idr_suite *s, const struct idr_cert *cert, struct idr_bytes issuer_der,
    struct idr_bytes crl_der, int64_t now, bool *revoked, struct idr_err *err)
{
	unsigned before = idr_suite_failures(s);
	bool ok = look_up(cert, issuer_der, crl_der, now, revoked, err);

	idr_openssl_failed(s);
	return idr_suite_failures(s) == before ? ok :
	    idr_fail(err, IDR_CRYPTO, NULL, "OpenSSL could not do its work");
}

static bool read_crl(struct idr_arena *a, struct idr_bytes der, struct idr_crl *out, struct idr_err *err)
{
	const unsigned char *p = der.p, *name;
	IDR_AUTO(X509_CRL) *crl = der.n && der.n <= CRL_MAX ? d2i_X509_CRL(NULL, &p, (long)der.n) : NULL;
	struct idr_crl x;
	size_t n;

	if (!crl || p != der.p + der.n)
		return malformed(err, "the data is not exactly one CRL");
	if (!idr_openssl_time(X509_CRL_get0_lastUpdate(crl), &x.from) ||
	    !idr_openssl_time(X509_CRL_get0_nextUpdate(crl), &x.until))
		return malformed(err, "the CRL does not say from when until when it is current");
	if (!X509_NAME_get0_der(X509_CRL_get_issuer(crl), &name, &n))
		return malformed(err, "the CRL names no issuer");
	if (!idr_arena_copy(a, der, &x.der, err) || !idr_arena_copy(a, idr_bytes(name, n), &x.issuer, err))
		return false;
	*out = x;
	return true;
}

bool idr_crl_parse(struct idr_suite *s, struct idr_arena *a, struct idr_bytes der, struct idr_crl *out,
    struct idr_err *err)
{
	unsigned before = idr_suite_failures(s);
	bool ok = read_crl(a, der, out, err);

	idr_openssl_failed(s);
	return idr_suite_failures(s) == before ? ok :
	    idr_fail(err, IDR_CRYPTO, NULL, "OpenSSL could not do its work");
}
