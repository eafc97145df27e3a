#include "base/text.h"
#include "codec/inflate.h"
#include "qr/qr.h"
#include "qr/qr_claims.h"

#define REF "Claim 169 v1.2"
#define REF_COSE "RFC 9052 section 4.2"
#define REF_CWT "RFC 8392 section 3.1"
#define REF_BARE "draft-ietf-spice-sd-cwt, typ 293 and 294"

/* header labels and claims, by the name the registries give them */
enum { HEADER_KCWT = 13, HEADER_TYP = 16, HEADER_SD_CLAIMS = 17 };
enum { TYP_SD_CWT = 293, TYP_KB_CWT = 294 };
enum {
	CWT_ISS = 1, CWT_SUB = 2, CWT_EXP = 4, CWT_NBF = 5, CWT_IAT = 6, CWT_VCT = 11,
	CWT_CLAIM_169 = 169, CWT_STATUS = 65535
};

/* One verification: what every step needs. */
struct work {
	struct idr_suite *s;
	struct idr_arena *a;
	const struct idr_qr_rules *rules;
	int64_t now;
	struct idr_qr_result *out;
	struct idr_findings *f;
	struct idr_cbor payload;
};

/* What a signer candidate may be trusted for. */
struct candidate {
	const struct idr_key *key;
	struct idr_path path;
};

bool idr_qr_is_likely(struct idr_bytes text)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

	if (text.n < 16 || text.n > IDR_QR_TEXT_MAX)
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (!text.p[i] || !strchr(alphabet, text.p[i]))
			return false;
	return true;
}

/*
 * A step failed: a fault of the document is noted and verification ends there; being out of memory
 * is no verdict. `code` replaces the reader's own code where the order of 4.7 names one.
 */
static bool refuse(struct work *w, struct idr_err *err, enum idr_code code)
{
	if (err->code == IDR_MEMORY)
		return false;
	if (code != IDR_OK)
		err->code = code;
	return idr_findings_fail(w->f, err);
}

/* base45, zlib, CBOR, COSE_Sign1. */
static bool unwrap(struct work *w, struct idr_bytes text, struct idr_err *err)
{
	struct idr_bytes zlib, cbor;
	struct idr_cbor item;

	if (text.n > IDR_QR_TEXT_MAX) {
		idr_fail(err, IDR_TOO_LARGE, "ISO/IEC 18004", "the text is longer than a QR code holds");
		return refuse(w, err, IDR_OK);
	}
	if (!idr_b45_decode(w->a, text, &zlib, err))
		return refuse(w, err, IDR_BASE45);
	idr_findings_pass(w->f, IDR_BASE45, "RFC 9285 section 4");
	/* security brief V36: inflating stops at the cap */
	if (!idr_inflate(w->a, zlib, IDR_QR_INFLATED_MAX, &cbor, err))
		return refuse(w, err, IDR_OK);
	idr_findings_pass(w->f, IDR_ZLIB, "RFC 1950");
	if (!idr_cbor_check(w->a, cbor, IDR_CBOR_ANY, &item, err))
		return refuse(w, err, IDR_MALFORMED);
	if (idr_cbor_is(item, IDR_CBOR_TAG) && item.arg == 16) {
		idr_fail(err, IDR_MALFORMED, REF, "an encrypted Claim 169 is not accepted");
		return refuse(w, err, IDR_OK);
	}
	if (!idr_sign1_parse(w->a, item, IDR_SIGN1_TAGGED, true, &w->out->cose, err))
		return refuse(w, err, err->code == IDR_COSE_TAG ? IDR_MALFORMED : IDR_OK);
	idr_findings_pass(w->f, IDR_MALFORMED, REF_COSE);
	return true;
}

/*
 * A header of type 293 or 294 belongs to a credential that is bound to a phone: shown without the
 * phone's proof it must not pass as paper (formats brief 4.7, profile S).
 */
static bool check_typ(struct work *w, struct idr_err *err)
{
	struct idr_cbor typ, other;
	bool has = idr_sign1_header(&w->out->cose, HEADER_TYP, &typ);
	int64_t n = 0;

	if (idr_sign1_header(&w->out->cose, HEADER_KCWT, &other) ||
	    (has && ((idr_cbor_int(typ, &n) && (n == TYP_SD_CWT || n == TYP_KB_CWT)) ||
	    idr_cbor_is_text(typ, "application/sd-cwt") ||
	    idr_cbor_is_text(typ, "application/kb+cwt"))))
		idr_fail(err, IDR_PROOF_MISSING, REF_BARE, "typ %lld without a holder's proof",
		    (long long)n);
	else if (has && !idr_cbor_is_text(typ, "application/cwt") && n != 61)
		idr_fail(err, IDR_TYP, "RFC 9596", "typ names another kind of object");
	else if (idr_sign1_header(&w->out->cose, HEADER_SD_CLAIMS, &other))
		idr_fail(err, IDR_MALFORMED, REF_BARE, "selective disclosure is not part of this profile");
	else {
		idr_findings_pass(w->f, IDR_PROOF_MISSING, REF_BARE);
		return true;
	}
	return refuse(w, err, IDR_OK);
}

static bool check_algorithm(struct work *w, struct idr_err *err)
{
	if (!idr_alg_allowed(w->rules->algs, w->out->cose.alg)) {
		idr_fail(err, IDR_ALGORITHM, "RFC 9053 section 2", "the protected algorithm is not allowed");
		return refuse(w, err, IDR_OK);
	}
	idr_findings_pass(w->f, IDR_ALGORITHM, "RFC 9053 section 2");
	return true;
}

/*
 * A text of the claims set that is used or shown. U+0000 is refused as the JSON reader refuses it: a
 * verdict that repeated it could not be read again. Another type than text leaves it empty.
 */
static bool text_claim(struct work *w, int64_t label, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_cbor v;

	if (!idr_cbor_find_int(w->payload, label, &v) || !idr_cbor_is(v, IDR_CBOR_TEXT))
		return true;
	if (!idr_cbor_string(w->a, v, out, err))
		return refuse(w, err, IDR_OK);
	if (idr_bytes_index(*out, 0, 0) == SIZE_MAX)
		return true;
	*out = (struct idr_bytes){ NULL, 0 };
	idr_fail(err, IDR_MALFORMED, "RFC 8392 section 2", "a text in the payload holds the character U+0000");
	return refuse(w, err, IDR_OK);
}

/* The claims set must be readable before trust is asked, because the type decides who may sign. */
static bool open_payload(struct work *w, struct idr_err *err)
{
	if (!w->out->cose.payload.p) {
		idr_fail(err, IDR_MALFORMED, REF_COSE, "the payload is detached");
		return refuse(w, err, IDR_OK);
	}
	if (!idr_cbor_check(w->a, w->out->cose.payload, IDR_CBOR_ANY, &w->payload, err))
		return refuse(w, err, IDR_MALFORMED);
	if (!idr_cbor_is(w->payload, IDR_CBOR_MAP)) {
		idr_fail(err, IDR_MALFORMED, "RFC 8392 section 7.2", "the payload is no claims map");
		return refuse(w, err, IDR_OK);
	}
	return text_claim(w, CWT_VCT, &w->out->vct, err) && text_claim(w, CWT_ISS, &w->out->iss, err);
}

/* May this chain sign a document of this type? The last refusal stays in err. */
static bool chain_for_type(struct work *w, const struct idr_bytes *chain, size_t n,
    struct idr_bytes type, struct candidate *c, struct idr_err *err)
{
	if (!idr_trust_path(w->s, w->a, w->rules->trust, w->rules->cache, IDR_PURPOSE_ISSUER, type, chain,
	    n, w->now, &c->path, err))
		return false;
	c->key = &c->path.leaf.key;
	return c->key->curve != IDR_CURVE_NONE ||
	    idr_fail(err, IDR_TRUST, REF, "the signer's key is of another kind");
}

/*
 * A document that names its type must be signed by someone trusted for it. Claim 169 of other
 * issuers names none: then for one of the types that are accepted, or for any type at all.
 */
static bool chain_trusted(struct work *w, const struct idr_bytes *chain, size_t n,
    struct candidate *c, struct idr_err *err)
{
	const struct idr_anchor *anchor;
	size_t n_anchor;

	if (w->out->vct.n)
		return chain_for_type(w, chain, n, w->out->vct, c, err);
	for (size_t i = 0; i < w->rules->n_type; i++)
		if (chain_for_type(w, chain, n, w->rules->type[i], c, err))
			return true;
	if (w->rules->n_type)
		return false;
	n_anchor = idr_trust_anchors(w->rules->trust, &anchor);
	for (size_t i = 0; i < n_anchor; i++)
		for (size_t k = 0; (anchor[i].purposes & IDR_PURPOSE_ISSUER) && k < anchor[i].n_types; k++)
			if (chain_for_type(w, chain, n, anchor[i].types[k], c, err))
				return true;
	return false;
}

static const struct idr_pinned *pinned(struct work *w, size_t i)
{
	struct idr_bytes kid = w->out->cose.kid, iss = w->out->iss;
	const struct idr_pinned *p = NULL;
	const struct idr_trust *t = w->rules->trust;

	if (w->out->vct.n || !w->rules->n_type)
		return idr_trust_pinned(t, IDR_PURPOSE_ISSUER, w->out->vct, iss, kid, i);
	/* the i-th over all accepted types in turn */
	for (size_t k = 0, seen = 0; k < w->rules->n_type; k++)
		for (size_t j = 0; (p = idr_trust_pinned(t, IDR_PURPOSE_ISSUER, w->rules->type[k], iss,
		    kid, j)); j++)
			if (seen++ == i)
				return p;
	return NULL;
}

enum { CANDIDATES = 8 };

/*
 * kid is only a hint (formats brief 4.2): every known signer that carries it is a candidate, then
 * the chain of the message, then keys pinned without a certificate.
 */
static size_t candidates(struct work *w, struct candidate *c, struct idr_err *err)
{
	struct idr_bytes chain[IDR_CHAIN_MAX];
	size_t n = 0, n_chain = 0;

	if (!w->rules->trust)
		return 0;
	for (size_t i = 0; n < CANDIDATES && w->out->cose.kid.n; i++) {
		const struct idr_signer *s = idr_trust_signer_by_kid(w->rules->trust, w->out->cose.kid, i);

		if (!s)
			break;
		if (chain_trusted(w, &s->cert.der, 1, &c[n], err))
			n++;
	}
	if (n < CANDIDATES && idr_sign1_x5chain(w->a, &w->out->cose, chain, &n_chain, err) && n_chain &&
	    chain_trusted(w, chain, n_chain, &c[n], err))
		n++;
	for (size_t i = 0; n < CANDIDATES; i++) {
		const struct idr_pinned *p = pinned(w, i);

		if (!p)
			break;
		c[n] = (struct candidate){ .key = &p->key };
		n++;
	}
	return n;
}

/* The candidate whose key made the signature. One alone is not tried here: its check is pended. */
static size_t choose(struct work *w, const struct candidate *c, size_t n)
{
	struct idr_err ignored;

	for (size_t i = 0; n > 1 && i < n; i++)
		if (idr_sign1_verify(w->s, w->a, &w->out->cose, c[i].key, w->rules->algs, &ignored))
			return i;
	return 0;
}

static bool find_signer(struct work *w, struct idr_check *checks, size_t *n_checks,
    struct idr_err *err)
{
	struct candidate *c = idr_arena_array(w->a, CANDIDATES, sizeof(*c), err);
	size_t n, i;

	if (!c)
		return false;
	idr_fail(err, IDR_TRUST, REF, "no known signer has this key identifier");
	n = candidates(w, c, err);
	if (!n)
		return refuse(w, err, IDR_OK);
	i = choose(w, c, n);
	w->out->path = c[i].path;
	/* the check borrows the key until it was performed: candidates stand in the arena */
	if (!idr_sign1_check(w->a, &w->out->cose, (struct idr_bytes){ 0 }, c[i].key, w->rules->algs,
	    &checks[*n_checks], err))
		return refuse(w, err, IDR_OK);
	idr_findings_pass(w->f, IDR_TRUST, "RFC 5280 section 6");
	idr_findings_pend(w->f, IDR_ISSUER_SIGNATURE, "RFC 9052 section 4.4", (int)*n_checks);
	++*n_checks;
	return true;
}

static bool time_claim(struct work *w, int64_t label, const char *name, bool *has, int64_t *out,
    struct idr_err *err)
{
	struct idr_cbor v;

	*has = idr_cbor_find_int(w->payload, label, &v);
	return !*has || idr_cbor_time(v, out) ||
	    idr_fail(err, IDR_CLAIM_TYPE, REF_CWT, "%s is no time", name);
}

static bool check_times(struct work *w, struct idr_err *err)
{
	struct idr_times_cwt *t = &w->out->times;

	if (!time_claim(w, CWT_EXP, "exp", &t->has_exp, &t->exp, err) ||
	    !time_claim(w, CWT_NBF, "nbf", &t->has_nbf, &t->nbf, err) ||
	    !time_claim(w, CWT_IAT, "iat", &t->has_iat, &t->iat, err))
		return refuse(w, err, IDR_OK);
	if (t->has_exp && w->now - w->rules->skew >= t->exp) {
		idr_fail(err, IDR_EXPIRED, "RFC 8392 section 3.1.4", "the document has expired");
		return refuse(w, err, IDR_OK);
	}
	idr_findings_pass(w->f, IDR_EXPIRED, "RFC 8392 section 3.1.4");
	if (t->has_nbf && w->now + w->rules->skew < t->nbf) {
		idr_fail(err, IDR_NBF, "RFC 8392 section 3.1.5", "the document is not valid yet");
		return refuse(w, err, IDR_OK);
	}
	idr_findings_pass(w->f, IDR_NBF, "RFC 8392 section 3.1.5");
	return true;
}

static bool check_type(struct work *w, struct idr_err *err)
{
	struct idr_cbor v;
	bool accepted = !w->rules->n_type || !w->out->vct.n;

	if (idr_cbor_find_int(w->payload, CWT_VCT, &v) && !w->out->vct.n) {
		idr_fail(err, IDR_VCT, REF_BARE, "vct is no text");
		return refuse(w, err, IDR_OK);
	}
	for (size_t i = 0; i < w->rules->n_type; i++)
		accepted |= idr_bytes_equal(w->rules->type[i], w->out->vct);
	if (!accepted) {
		idr_fail(err, IDR_VCT, REF_BARE, "the document is of a type that is not accepted");
		return refuse(w, err, IDR_OK);
	}
	idr_findings_pass(w->f, IDR_VCT, REF_BARE);
	return true;
}

static bool read_claims(struct work *w, struct idr_err *err)
{
	struct idr_cbor v;

	if (!text_claim(w, CWT_SUB, &w->out->sub, err))
		return false;
	if (!idr_cbor_find_int(w->payload, CWT_CLAIM_169, &w->out->data)) {
		idr_fail(err, IDR_CLAIM_MISSING, REF, "claim 169 is missing");
		return refuse(w, err, IDR_OK);
	}
	if (!idr_cbor_is(w->out->data, IDR_CBOR_MAP)) {
		idr_fail(err, IDR_CLAIM_TYPE, REF, "claim 169 is no map");
		return refuse(w, err, IDR_OK);
	}
	if (!idr_qr_claims(w->a, w->out->data, &w->out->claims_json, &w->out->claims, err))
		return refuse(w, err, err->code == IDR_JSON ? IDR_MALFORMED : IDR_OK);
	idr_findings_pass(w->f, IDR_CLAIM_MISSING, REF);
	if (idr_cbor_find_int(w->payload, CWT_STATUS, &v) &&
	    !idr_status_ref_cbor(w->a, v, &w->out->status, err))
		return refuse(w, err, IDR_OK);
	return true;
}

bool idr_qr_begin(struct idr_suite *s, struct idr_arena *a, struct idr_bytes text,
    const struct idr_qr_rules *rules, int64_t now, struct idr_qr_result *out,
    struct idr_findings *f, struct idr_check *checks, size_t *n_checks, struct idr_err *err)
{
	struct work w = { .s = s, .a = a, .rules = rules, .now = now, .out = out, .f = f };
	struct idr_err e = { .code = IDR_OK };

	memset(out, 0, sizeof(*out));
	if (unwrap(&w, text, &e) && check_typ(&w, &e) && check_algorithm(&w, &e) &&
	    open_payload(&w, &e) && find_signer(&w, checks, n_checks, &e) && check_times(&w, &e) &&
	    check_type(&w, &e) && read_claims(&w, &e))
		return true;
	if (f->stopped)
		return true;
	*err = e;
	return false;
}
