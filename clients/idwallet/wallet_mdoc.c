#include "idwallet/wallet.h"

#include "base/text.h"

enum { CHECKS = 2, SIGNATURE = 96 };

/* ---- reading ---- */

/* Trust in one certificate: the one the mdoc carries. */
static bool trust_its_signer(struct idr_suite *s, struct idr_arena *a, struct idr_bytes cbor,
    struct idr_trust **trust, struct idr_err *err)
{
	const struct idr_bytes any = IDR_LIT("*");
	struct idr_bytes der[IDR_CHAIN_MAX];
	struct idr_cbor doc, auth;
	struct idr_sign1 issuer;
	size_t n;

	if (!idr_cbor_check(a, cbor, IDR_CBOR_ANY, &doc, err))
		return false;
	if (!idr_cbor_find_text(doc, "issuerAuth", &auth))
		return idr_fail(err, IDR_MALFORMED, "OpenID4VCI 1.0 appendix A.2.4",
		    "the issuer did not send an IssuerSigned");
	if (!idr_sign1_parse(a, auth, IDR_SIGN1_EITHER, false, &issuer, err) ||
	    !idr_sign1_x5chain(a, &issuer, der, &n, err))
		return false;
	if (n == 0)
		return idr_fail(err, IDR_TRUST, "ISO/IEC 18013-5 section 9.1.2.4", "the mdoc carries no certificate");
	return idr_trust_new(a, trust, err) && idr_trust_pin_signer(s, *trust, der[0], &any, 1, err);
}

bool wallet_mdoc_read(struct idr_suite *s, struct idr_arena *a, struct idr_bytes credential,
    int64_t now, struct idr_mdoc_result *out, struct idr_err *err)
{
	struct idr_mdoc_rules rules = { .algs = IDR_ALGS_ALL };
	struct idr_findings findings;
	struct idr_check check[CHECKS];
	struct idr_trust *trust;
	struct idr_bytes cbor;
	size_t n = 0;

	if (!idr_b64url_decode(a, credential, &cbor, err) || !trust_its_signer(s, a, cbor, &trust, err))
		return false;
	rules.trust = trust;
	idr_findings_init(&findings);
	return idr_mdoc_begin(s, a, cbor, &rules, now, out, &findings, check, &n, err) &&
	    wallet_checks_pass(s, check, n, &findings, err);
}

/* ---- presenting ---- */

/* implements: VP 14.1.2a, VP 14.8a */
static bool transcript(struct idr_suite *s, struct idr_arena *a, const struct wallet_request *r,
    struct idr_bytes *out, struct idr_err *err)
{
	uint8_t thumbprint[32];

	if (r->encrypted)
		idr_key_thumbprint(s, &r->enc_key, thumbprint);
	if (r->origin.n)
		return idr_mdoc_transcript_dc_api(s, a, r->origin, r->nonce, r->encrypted ? thumbprint : NULL, out, err);
	return idr_mdoc_transcript_redirect(s, a, r->client_id, r->nonce, r->encrypted ? thumbprint : NULL,
	    r->response_uri, out, err);
}

/* implements: MDOC 8.3.2.1.2.2e */
static bool select_chosen(struct idr_suite *s, struct idr_arena *a, const struct wallet_entry *e,
    const struct idr_dcql_credential *query, const bool *chosen, const struct wallet_request *request,
    struct idr_mdoc_answer *out, struct idr_err *err)
{
	struct idr_mdoc_choice *choice = idr_arena_array(a, query->n_claim + 1, sizeof(*choice), err);
	struct idr_bytes cbor, answered;
	size_t n = 0;

	for (size_t i = 0; choice && i < query->n_claim; i++) {
		const struct idr_json *space = idr_json_first(query->claim[i].path);

		if (chosen[i])
			choice[n++] = (struct idr_mdoc_choice){ space->text,
				idr_json_next(query->claim[i].path, space)->text };
	}
	return choice && idr_b64url_decode(a, e->credential, &cbor, err) &&
	    transcript(s, a, request, &answered, err) &&
	    idr_mdoc_select(a, cbor, choice, n, answered, IDR_ES256, out, err);
}

/* implements: MDOC 9.1.3.6a */
bool wallet_mdoc_present(struct idr_suite *s, struct idr_arena *a, const struct wallet_entry *e,
    const struct idr_dcql_credential *query, const bool *chosen, const struct wallet_request *request,
    struct idr_bytes *out, struct idr_err *err)
{
	struct idr_mdoc_answer answer;
	uint8_t signature[SIGNATURE];
	struct idr_private *key;
	struct idr_bytes cbor;
	struct idr_buf b;
	bool ok;

	if (!select_chosen(s, a, e, query, chosen, request, &answer, err) ||
	    !idr_private_from_scalar(s, IDR_P256, idr_secret_bytes(&e->key), &key, err))
		return false;
	ok = idr_private_sign(s, key, answer.to_be_signed, signature, err) &&
	    idr_mdoc_respond(a, &answer, idr_bytes(signature, idr_alg_row(idr_private_alg(key))->signature_len),
	        &cbor, err);
	idr_private_free(&key);
	if (!ok)
		return false;
	idr_buf_init(&b, a, IDR_B64URL_LEN(cbor.n), IDR_B64URL_LEN(cbor.n));
	idr_b64url_put(&b, cbor);
	return idr_buf_done(&b, out, err);
}
