#include "trust/trust_internal.h"

static const char *const EKU_DOCUMENT_SIGNER = "1.0.18013.5.1.2";
static const char *const EKU_READER = "1.0.18013.5.1.6";
/* RFC 5280 section 4.2.1.12: a wallet attestation authenticates a client */
static const char *const EKU_CLIENT = "1.3.6.1.5.5.7.3.2";
/* ours, of a random UUID (ITU-T X.667): the bundle is a format of our own */
static const char *const EKU_BUNDLE = "2.25.95168748531616117074491500155732141652";

/* The leaf and the rest of the message's chain, before any of it is believed. */
struct chain {
	const struct idr_bytes *der;
	size_t n;
	struct idr_cert cert[IDR_CHAIN_MAX];
};

/*
 * Security brief V10: number, size, anchor in the message, order.
 * implements: HAIP 4.4.1b, HAIP 4.5.1b, HAIP 6.1.1b
 */
static bool check_shape(const struct idr_trust *t, const struct chain *c, struct idr_err *err)
{
	if (c->n < 1 || c->n > IDR_CHAIN_MAX)
		return idr_fail(err, IDR_CHAIN_ORDER, "RFC 7515 section 4.1.6",
		    "a chain has 1 to %d certificates, not %zu", IDR_CHAIN_MAX, c->n);
	for (size_t i = 0; i < c->n; i++) {
		if (c->der[i].n == 0 || c->der[i].n > IDR_CERT_MAX)
			return idr_fail(err, IDR_CHAIN_PROFILE, "RFC 5280 section 4.1",
			    "certificate %zu is empty or longer than %d bytes", i, IDR_CERT_MAX);
		for (size_t j = 0; j < t->n_anchor; j++)
			if (idr_bytes_equal(c->der[i], t->anchor[j].cert.der))
				return idr_fail(err, IDR_CHAIN_ORDER, "HAIP 1.0 section 6.1.1",
				    "the chain carries its trust anchor as certificate %zu", i);
	}
	return true;
}

static bool parse_chain(struct idr_suite *s, struct idr_arena *a, struct chain *c,
    struct idr_err *err)
{
	for (size_t i = 0; i < c->n; i++) {
		struct idr_err why;

		if (idr_cert_parse(s, a, c->der[i], &c->cert[i], &why)) {
			if (idr_cert_has_purpose(&c->cert[i]))
				continue;
			return idr_fail(err, IDR_CHAIN_PROFILE, "RFC 5280 section 4.2.1.12",
			    "certificate %zu of the chain has an empty extended key usage", i);
		}
		if (why.code != IDR_MALFORMED) {
			*err = why;
			return false;
		}
		return idr_fail(err, IDR_CHAIN_PROFILE, "RFC 5280 section 4.1",
		    "certificate %zu of the chain cannot be read", i);
	}
	return true;
}

/*
 * RFC 5280 section 6.1: each certificate names the next one as its issuer, byte for byte.
 * implements: MDOC B.3b
 * implements: HAIP 4.4.1b, HAIP 4.5.1b, HAIP 6.1.1b
 */
static bool check_order(const struct chain *c, struct idr_err *err)
{
	if (c->cert[0].self_issued)
		return idr_fail(err, IDR_CHAIN_PROFILE, "HAIP 1.0 section 6.1.1",
		    "the signer's certificate is self-signed");
	if (c->cert[0].is_ca)
		return idr_fail(err, IDR_CHAIN_PROFILE, "ISO/IEC 18013-5 table B.3",
		    "the signer's certificate is that of a certification authority");
	for (size_t i = 1; i < c->n; i++) {
		if (c->cert[i].self_issued)
			return idr_fail(err, IDR_CHAIN_ORDER, "HAIP 1.0 section 6.1.1",
			    "certificate %zu of the chain is self-signed", i);
		if (!idr_bytes_equal(c->cert[i - 1].issuer, c->cert[i].subject))
			return idr_fail(err, IDR_CHAIN_ORDER, "RFC 5280 section 6.1",
			    "certificate %zu of the chain is not issued by the next", i - 1);
	}
	return true;
}

/* Who signs is bound to what: an issuer to types, a wallet provider to the attesters it is. A key attestation
 * need not say who made it (OpenID4VCI 1.0 appendix D.1), and what it says can only narrow. */
static bool has_types(enum idr_purpose purpose, struct idr_bytes type)
{
	return purpose == IDR_PURPOSE_ISSUER || purpose == IDR_PURPOSE_WALLET ||
	    (purpose == IDR_PURPOSE_KEY_ATTESTATION && type.n);
}

/* Which anchors may be asked at all: only those of the purpose and the type. */
/* implements: SDJWTVC 6.6a */
static bool select_anchors(struct idr_arena *a, const struct idr_trust *t, enum idr_purpose purpose,
    struct idr_bytes type, struct idr_bytes **der, size_t **index, size_t *n, struct idr_err *err)
{
	bool any = false;

	*der = idr_arena_array(a, t->n_anchor + 1, sizeof(**der), err);
	*index = idr_arena_array(a, t->n_anchor + 1, sizeof(**index), err);
	if (!*der || !*index)
		return false;
	*n = 0;
	for (size_t i = 0; i < t->n_anchor; i++) {
		const struct idr_anchor *x = &t->anchor[i];

		if (!(x->purposes & purpose))
			continue;
		any = true;
		if (has_types(purpose, type) && !idr_trust_type_fits(x->types, x->n_types, type))
			continue;
		(*index)[*n] = i;
		(*der)[(*n)++] = x->cert.der;
	}
	if (!*n)
		return idr_fail(err, IDR_TRUST, "RFC 5280 section 6.1.1", any ?
		    "no trust anchor may stand for this type or attester" :
		    "no trust anchor is known for this purpose");
	return true;
}

static bool eku_is(const struct idr_cert *leaf, const char *oid)
{
	return oid && leaf->n_eku == 1 && idr_bytes_is(leaf->eku[0], oid);
}

/*
 * A document signer may come without a usage (RFC 5280 section 4.2.1.12: unrestricted) where its
 * root signs nothing but document signers; under a root of several purposes only the usage keeps the
 * key of status lists from issuing credentials. Nobody else makes bundles: theirs is always demanded.
 */
static bool may_lack_eku(const struct idr_anchor *anchor, enum idr_purpose purpose)
{
	if (purpose == IDR_PURPOSE_ISSUER)
		return anchor->purposes == IDR_PURPOSE_ISSUER;
	/* HAIP 1.0 names no usage for those who attest */
	if (purpose == IDR_PURPOSE_WALLET || purpose == IDR_PURPOSE_KEY_ATTESTATION)
		return !(anchor->purposes & ~(unsigned)(IDR_PURPOSE_WALLET | IDR_PURPOSE_KEY_ATTESTATION));
	return purpose == IDR_PURPOSE_STATUS;
}

/* Trust brief 3.2: the extended key usages that each purpose admits.
 * implements: MDOC 9.1.4b, MDOC B.3b */
static bool check_eku(const struct idr_cert *leaf, const struct idr_anchor *anchor,
    enum idr_purpose purpose, struct idr_err *err)
{
	const char *own = NULL;

	if (purpose == IDR_PURPOSE_ISSUER)
		own = EKU_DOCUMENT_SIGNER;
	else if (purpose == IDR_PURPOSE_READER)
		own = EKU_READER;
	else if (purpose == IDR_PURPOSE_BUNDLE)
		own = EKU_BUNDLE;
	else if (purpose == IDR_PURPOSE_WALLET)
		own = EKU_CLIENT;
	if (!leaf->has_eku && may_lack_eku(anchor, purpose))
		return true;
	if (leaf->n_eku > 1)
		return idr_fail(err, IDR_CHAIN_PROFILE, "ISO/IEC 18013-5 annex B.1",
		    "the signer's certificate has more than one extended key usage");
	if (!eku_is(leaf, own) && !eku_is(leaf, anchor->eku))
		return idr_fail(err, IDR_CHAIN_PROFILE, "ISO/IEC 18013-5 annex B.1",
		    "the extended key usage of the signer's certificate is not the one of this purpose");
	return true;
}

/* implements: MDOC B.3b: the signer belongs to the country, and state, of its root */
static bool check_country(const struct idr_cert *leaf, const struct idr_cert *root,
    struct idr_err *err)
{
	if (leaf->country.p && root->country.p && !idr_bytes_equal(leaf->country, root->country))
		return idr_fail(err, IDR_CHAIN_PROFILE, "ISO/IEC 18013-5 table B.3",
		    "the signer's country is not the country of its root");
	if ((leaf->state.p || root->state.p) && !idr_bytes_equal(leaf->state, root->state))
		return idr_fail(err, IDR_CHAIN_PROFILE, "ISO/IEC 18013-5 table B.3",
		    "the signer's state or province is not that of its root");
	return true;
}

/* implements: MDOC B.3b */
static bool check_profile(const struct idr_cert *leaf, const struct idr_anchor *anchor,
    enum idr_purpose purpose, struct idr_err *err)
{
	if (leaf->key.curve == IDR_CURVE_NONE)
		return idr_fail(err, IDR_CHAIN_PROFILE, "RFC 5280 section 4.1.2.7",
		    "the signer's key is of a kind that is not used here");
	if (leaf->unknown_critical)
		return idr_fail(err, IDR_CHAIN_PROFILE, "RFC 5280 section 4.2",
		    "the signer's certificate has a critical extension that is not understood");
	if (leaf->has_key_usage && !(leaf->key_usage & IDR_KU_DIGITAL_SIGNATURE))
		return idr_fail(err, IDR_CHAIN_PROFILE, "RFC 5280 section 4.2.1.3",
		    "the signer's key usage lacks digitalSignature");
	return check_eku(leaf, anchor, purpose, err) &&
	    (purpose != IDR_PURPOSE_ISSUER || check_country(leaf, &anchor->cert, err));
}

/* Between these times nothing on the path expires: how long a cache may answer. */
static void lifetime(const struct chain *c, const struct idr_cert *root, struct idr_path_found *f)
{
	f->not_before = root->not_before;
	f->not_after = root->not_after;
	for (size_t i = 0; i < c->n; i++) {
		if (c->cert[i].not_before > f->not_before)
			f->not_before = c->cert[i].not_before;
		if (c->cert[i].not_after < f->not_after)
			f->not_after = c->cert[i].not_after;
	}
}

static bool validate(struct idr_suite *s, struct idr_arena *a, const struct idr_trust *t,
    enum idr_purpose purpose, struct idr_bytes type, struct chain *c, int64_t now,
    struct idr_path_found *found, struct idr_err *err)
{
	struct idr_bytes *der;
	size_t *index, n, i;

	if (!parse_chain(s, a, c, err) || !check_order(c, err) ||
	    !select_anchors(a, t, purpose, type, &der, &index, &n, err) ||
	    !idr_cert_chain(s, c->der, c->n, der, n, now, &i, err))
		return false;
	found->anchor = index[i];
	if (!check_profile(&c->cert[0], &t->anchor[found->anchor], purpose, err))
		return false;
	lifetime(c, &t->anchor[found->anchor].cert, found);
	found->revocation = IDR_REVOCATION_NOT_ASKED;
	for (i = 0; i < c->n; i++)
		if (!idr_trust_check_revocation(s, t, &c->cert[i],
		    i + 1 < c->n ? c->der[i + 1] : t->anchor[found->anchor].cert.der, now, found, err))
			return false;
	return true;
}

/* The exact certificate, byte for byte; one of the same key is another one. */
static const struct idr_cert *pinned_signer(const struct idr_trust *t, enum idr_purpose purpose,
    struct idr_bytes type, struct idr_bytes leaf)
{
	for (size_t i = 0; purpose == IDR_PURPOSE_ISSUER && i < t->n_pin; i++)
		if (idr_bytes_equal(t->pin[i].cert.der, leaf) &&
		    idr_trust_type_fits(t->pin[i].types, t->pin[i].n_types, type))
			return &t->pin[i].cert;
	return NULL;
}

static bool use_pinned(const struct idr_cert *leaf, int64_t now, struct idr_path *out, struct idr_err *err)
{
	if (now < leaf->not_before || now > leaf->not_after)
		return idr_fail(err, IDR_CHAIN_EXPIRED, "RFC 5280 section 6.1.3",
		    "the pinned signer's certificate is not valid at this time");
	*out = (struct idr_path){ .leaf = *leaf };
	return true;
}

bool idr_trust_path(struct idr_suite *s, struct idr_arena *a, const struct idr_trust *t,
    struct idr_path_cache *cache, enum idr_purpose purpose, struct idr_bytes type,
    const struct idr_bytes *chain_der, size_t n, int64_t now, struct idr_path *out,
    struct idr_err *err)
{
	struct chain c = { .der = chain_der, .n = n };
	const struct idr_cert *pin;
	struct idr_path_key key;
	struct idr_path_found found;

	if (!t)
		return idr_fail(err, IDR_TRUST, "RFC 5280 section 6.1.1", "nothing is trusted here");
	pin = n ? pinned_signer(t, purpose, type, chain_der[0]) : NULL;
	if (pin)
		return use_pinned(pin, now, out, err);
	if (!check_shape(t, &c, err))
		return false;
	if (cache) {
		idr_path_key(s, t, purpose, type, chain_der, n, &key);
		if (idr_path_cache_find(cache, &key, now, a, &found, &out->leaf)) {
			out->anchor = &t->anchor[found.anchor];
			out->revocation = found.revocation;
			return true;
		}
	}
	if (!validate(s, a, t, purpose, type, &c, now, &found, err))
		return false;
	/* what is unknown now may be known in a moment */
	if (cache && found.revocation != IDR_REVOCATION_UNKNOWN)
		idr_path_cache_put(cache, &key, &found, &c.cert[0]);
	out->leaf = c.cert[0];
	out->anchor = &t->anchor[found.anchor];
	out->revocation = found.revocation;
	return true;
}
