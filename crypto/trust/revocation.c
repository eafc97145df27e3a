/* Is a certificate of the path on a CRL that was brought along? implements: RFC 5280 section 6.3 */
#include "trust/trust_internal.h"

/*
 * One CRL against one certificate. One that is no longer current still tells who was revoked before: that
 * does not become good again by waiting.
 */
static bool ask(struct idr_suite *s, const struct idr_crl *crl, const struct idr_cert *cert,
    struct idr_bytes issuer_der, int64_t now, bool *current, bool *revoked, struct idr_err *err)
{
	struct idr_err why;

	*current = idr_cert_is_revoked(s, cert, issuer_der, crl->der, now, revoked, &why);
	if (*current)
		return true;
	*revoked = false;
	if (why.code == IDR_STATUS_STALE && now > crl->until &&
	    idr_cert_is_revoked(s, cert, issuer_der, crl->der, crl->from + 1, revoked, &why))
		return true;
	if (why.code != IDR_MEMORY && why.code != IDR_CRYPTO)
		return true;
	*err = why;
	return false;
}

/* implements: MDOC 9.3.1f */
bool idr_trust_check_revocation(struct idr_suite *s, const struct idr_trust *t, const struct idr_cert *cert,
    struct idr_bytes issuer_der, int64_t now, struct idr_path_found *found, struct idr_err *err)
{
	bool asked = false, good = false, current, revoked;

	for (size_t i = 0; i < t->n_crl; i++) {
		const struct idr_crl *crl = &t->crl[i];

		if (!idr_bytes_equal(crl->issuer, cert->issuer))
			continue;
		asked = true;
		if (!ask(s, crl, cert, issuer_der, now, &current, &revoked, err))
			return false;
		if (revoked)
			return idr_fail(err, IDR_CHAIN_REVOKED, "RFC 5280 section 6.3.3",
			    "a certificate of the signer is on its issuer's CRL");
		if (!current)
			continue;
		good = true;
		if (crl->until < found->not_after)
			found->not_after = crl->until; /* remembered no longer than the list says something */
	}
	if (asked && !good)
		found->revocation = IDR_REVOCATION_UNKNOWN;
	else if (asked && found->revocation == IDR_REVOCATION_NOT_ASKED)
		found->revocation = IDR_REVOCATION_GOOD;
	return true;
}
