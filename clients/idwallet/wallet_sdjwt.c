#include "idwallet/wallet.h"

#include "trust/trust.h"

enum { CHECKS = 2, SKEW = 60 };

bool wallet_checks_pass(struct idr_suite *s, struct idr_check *check, size_t n, struct idr_findings *f,
    struct idr_err *err)
{
	bool passed[CHECKS] = { false };

	if (n > CHECKS)
		return idr_fail(err, IDR_INTERNAL, NULL, "more signatures than a credential has");
	idr_suite_perform(s, check, n);
	for (size_t i = 0; i < n; i++)
		passed[i] = check[i].passed;
	return idr_findings_conclude(f, passed, n, err) == IDR_OK;
}

/* Trust in one certificate: the one the credential carries. */
static bool trust_its_signer(struct idr_suite *s, struct idr_arena *a, const struct idr_sdjwt *j,
    struct idr_trust **trust, struct idr_err *err)
{
	const struct idr_bytes any = IDR_LIT("*");
	struct idr_bytes der[IDR_CHAIN_MAX];
	size_t n;

	if (!idr_jws_x5c(a, &j->issuer, der, &n, err))
		return false;
	if (n == 0)
		return idr_fail(err, IDR_TRUST, "draft-ietf-oauth-sd-jwt-vc section 2.5",
		    "the credential carries no certificate of its issuer");
	return idr_trust_new(a, trust, err) && idr_trust_pin_signer(s, *trust, der[0], &any, 1, err);
}

/* implements: SDJWT 7.2a, SDJWT 7.2b */
/* implements: SDJWTVC 2.4b */
bool wallet_sdjwt_read(struct idr_suite *s, struct idr_arena *a, struct idr_bytes credential, int64_t now,
    struct idr_sdjwt_result *out, struct idr_err *err)
{
	struct idr_sdjwt_rules rules = { .algs = IDR_ALGS_ALL, .allow_kb_absent_cnf = true, .skew = SKEW };
	struct idr_findings findings;
	struct idr_check check[CHECKS];
	struct idr_trust *trust;
	struct idr_sdjwt parsed;
	size_t n = 0;

	if (!idr_sdjwt_parse(a, credential, &parsed, err))
		return false;
	if (parsed.kb_jwt.n)
		return idr_fail(err, IDR_MALFORMED, "RFC 9901 section 7.2", "the issuer sent a key binding");
	if (!trust_its_signer(s, a, &parsed, &trust, err))
		return false;
	rules.trust = trust;
	idr_findings_init(&findings);
	return idr_sdjwt_begin(s, a, credential, &rules, now, out, &findings, check, &n, err) &&
	    wallet_checks_pass(s, check, n, &findings, err);
}
