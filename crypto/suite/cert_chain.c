/* The path from a leaf to an anchor, by OpenSSL (trust brief 3.3). */
#include "suite/cert.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "suite/suite_internal.h"

static void stack_free(STACK_OF(X509) *sk)
{
	sk_X509_pop_free(sk, X509_free);
}

#define certs STACK_OF(X509)
IDR_AUTO_FREE(certs, stack_free)
IDR_AUTO_FREE(X509_STORE, X509_STORE_free)
IDR_AUTO_FREE(X509_STORE_CTX, X509_STORE_CTX_free)

static bool read_all(struct idr_suite *s, const struct idr_bytes *der, size_t n, STACK_OF(X509) *out,
    struct idr_err *err)
{
	for (size_t i = 0; i < n; i++) {
		X509 *x = idr_suite_x509(s, der[i]);

		if (x && sk_X509_push(out, x) > 0)
			continue;
		X509_free(x);
		return idr_fail(err, IDR_MALFORMED, "RFC 5280 section 4.1",
		    "certificate %zu is not exactly one DER certificate", i);
	}
	return true;
}

/* What the published code says about OpenSSL's reason. */
static enum idr_code code_of(int reason)
{
	switch (reason) {
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return IDR_CHAIN_EXPIRED;
	case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_INVALID_NON_CA:
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
	case X509_V_ERR_INVALID_EXTENSION:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
	case X509_V_ERR_CA_BCONS_NOT_CRITICAL:
	case X509_V_ERR_CA_CERT_MISSING_KEY_USAGE:
	case X509_V_ERR_KU_KEY_CERT_SIGN_INVALID_FOR_NON_CA:
	case X509_V_ERR_PATHLEN_INVALID_FOR_NON_CA:
	case X509_V_ERR_PATHLEN_WITHOUT_KU_KEY_CERT_SIGN:
	case X509_V_ERR_EXTENSIONS_REQUIRE_VERSION_3:
	case X509_V_ERR_MISSING_AUTHORITY_KEY_IDENTIFIER:
	case X509_V_ERR_MISSING_SUBJECT_KEY_IDENTIFIER:
	case X509_V_ERR_AUTHORITY_KEY_IDENTIFIER_CRITICAL:
	case X509_V_ERR_SUBJECT_KEY_IDENTIFIER_CRITICAL:
	case X509_V_ERR_EMPTY_SUBJECT_ALT_NAME:
	case X509_V_ERR_EMPTY_SUBJECT_SAN_NOT_CRITICAL:
	case X509_V_ERR_ISSUER_NAME_EMPTY:
	case X509_V_ERR_SUBJECT_NAME_EMPTY:
	case X509_V_ERR_SIGNATURE_ALGORITHM_MISMATCH:
	case X509_V_ERR_SIGNATURE_ALGORITHM_INCONSISTENCY:
	case X509_V_ERR_EC_KEY_EXPLICIT_PARAMS:
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return IDR_CHAIN_PROFILE;
	case X509_V_ERR_OUT_OF_MEM:
	case X509_V_ERR_UNSPECIFIED:
		return IDR_CRYPTO;
	default:
		return IDR_TRUST;
	}
}

/* Whoever signs a certificate here does it on P-256, P-384 or P-521. */
static bool signer_curve_is_known(X509 *x)
{
	EVP_PKEY *k = X509_get0_pubkey(x);
	char name[32];
	size_t n;

	return k && EVP_PKEY_is_a(k, "EC") && EVP_PKEY_get_group_name(k, name, sizeof(name), &n) > 0 &&
	    (!strcmp(name, "prime256v1") || !strcmp(name, "secp384r1") || !strcmp(name, "secp521r1"));
}

static bool find_anchor(X509_STORE_CTX *ctx, const STACK_OF(X509) *anchors, size_t *anchor,
    struct idr_err *err)
{
	STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(ctx);
	int n = sk_X509_num(path);

	if (n < 2)
		return idr_fail(err, IDR_TRUST, "RFC 5280 section 6.1", "the leaf is itself an anchor");
	for (int i = 1; i < n; i++)
		if (!signer_curve_is_known(sk_X509_value(path, i)))
			return idr_fail(err, IDR_CHAIN_PROFILE, "ISO/IEC 18013-5 annex B",
			    "a certificate of the path is signed by another kind of key");
	for (int i = 0; i < sk_X509_num(anchors); i++) {
		if (X509_cmp(sk_X509_value(path, n - 1), sk_X509_value(anchors, i)))
			continue;
		*anchor = (size_t)i;
		return true;
	}
	return idr_fail(err, IDR_TRUST, "RFC 5280 section 6.1", "the path does not end in an anchor");
}

/* No system store, no partial chain; the private key purposes are checked above, by trust. */
static bool prepare(X509_STORE_CTX *ctx, X509_STORE *store, X509 *leaf, STACK_OF(X509) *others,
    int64_t now)
{
	X509_VERIFY_PARAM *p;

	if (!X509_STORE_CTX_init(ctx, store, leaf, others))
		return false;
	p = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(p, (time_t)now);
	X509_VERIFY_PARAM_set_depth(p, 1);      /* one intermediate at most */
	X509_VERIFY_PARAM_set_auth_level(p, 2); /* 112 bits: no SHA-1, no short key */
	return X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
}

static bool find_path(struct idr_suite *s, const struct idr_bytes *chain_der, size_t n,
    const struct idr_bytes *anchor_der, size_t n_anchors, int64_t now, size_t *anchor, struct idr_err *err)
{
	IDR_AUTO(certs) *chain = sk_X509_new_null();
	IDR_AUTO(certs) *anchors = sk_X509_new_null();
	IDR_AUTO(X509_STORE) *store = X509_STORE_new();
	IDR_AUTO(X509_STORE_CTX) *ctx = X509_STORE_CTX_new();
	int reason;

	if (n == 0 || n > IDR_CHAIN_MAX)
		return idr_fail(err, IDR_CHAIN_ORDER, "RFC 5280 section 6.1", "the chain has %zu certificates", n);
	if (!chain || !anchors || !store || !ctx)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	if (!read_all(s, chain_der, n, chain, err) || !read_all(s, anchor_der, n_anchors, anchors, err))
		return false;
	for (int i = 0; i < sk_X509_num(anchors); i++)
		if (!X509_STORE_add_cert(store, sk_X509_value(anchors, i)))
			return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	if (!prepare(ctx, store, sk_X509_value(chain, 0), chain, now))
		return idr_fail(err, IDR_CRYPTO, NULL, "the path check could not start");
	if (X509_verify_cert(ctx) <= 0) {
		reason = X509_STORE_CTX_get_error(ctx);
		return idr_fail(err, code_of(reason), "RFC 5280 section 6.1", "certificate path: %s",
		    X509_verify_cert_error_string(reason));
	}
	return find_anchor(ctx, anchors, anchor, err);
}

static void all_sound(struct idr_suite *s, const struct idr_bytes *chain_der, size_t n,
    struct idr_bytes anchor)
{
	for (size_t i = 0; i < n; i++)
		idr_suite_x509_is_sound(s, chain_der[i]);
	idr_suite_x509_is_sound(s, anchor);
}

bool idr_cert_chain(struct idr_suite *s, const struct idr_bytes *chain_der, size_t n,
    const struct idr_bytes *anchor_der, size_t n_anchors, int64_t now, size_t *anchor,
    struct idr_err *err)
{
	unsigned before = idr_suite_failures(s);
	enum idr_code first;
	bool ok = find_path(s, chain_der, n, anchor_der, n_anchors, now, anchor, err);

	/* OpenSSL forgets that an extension was not read for want of memory: see idr_cert_parse() */
	first = ok ? IDR_OK : err->code;
	if (!ok && idr_openssl_again(s, before))
		ok = find_path(s, chain_der, n, anchor_der, n_anchors, now, anchor, err);
	idr_openssl_failed(s);
	/* the same chain, refused for two reasons, was not read twice */
	if (!ok && (err->code != first || idr_code_kind(err->code) == IDR_KIND_INTERNAL))
		idr_openssl_broke(s);
	if (idr_suite_failures(s) != before)
		idr_suite_x509_forget(s);
	else if (ok)
		all_sound(s, chain_der, n, anchor_der[*anchor]);
	return idr_suite_failures(s) == before ? ok :
	    idr_fail(err, IDR_CRYPTO, NULL, "OpenSSL could not do its work");
}
