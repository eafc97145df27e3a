#include "status/status.h"

#include "base/text.h"
#include "codec/inflate.h"
#include "cose/sign1.h"
#include "jose/jwt.h"

#define DRAFT "draft-ietf-oauth-status-list "
#define REF_IDENTIFIERS "ISO/IEC 18013-5 (second edition) 12.3.6"

enum {
	CWT_SUB = 2, CWT_EXP = 4, CWT_NBF = 5, CWT_IAT = 6,
	CWT_IDENTIFIER_LIST = 65530, CWT_STATUS_LIST = 65533, CWT_TTL = 65534
};
enum { CWT_X5CHAIN = 33 }; /* a header */
/* Ten years. A list that wants to be remembered for longer wants never to be asked again. */
enum { TTL_MAX = 315360000 };

/* What both forms of a token say, before it is judged. */
struct claims {
	struct idr_bytes sub;
	int64_t iat, exp, nbf, ttl;
	bool has_exp, has_nbf, has_ttl, ttl_ok, bits_ok;
	unsigned bits;
	struct idr_bytes lst; /* compressed; base64url of it in the JWT form */
	bool is_identifiers, chain_is_signed;
	struct idr_cbor identifiers;
};

static size_t list_max(const struct idr_status_rules *r)
{
	return r->max_bytes ? r->max_bytes : IDR_STATUS_LIST_MAX;
}

/* A list that does not compress at all, in base64 twice over, and room for the rest. */
static size_t token_max(const struct idr_status_rules *r)
{
	return list_max(r) * 2 + 64 * 1024;
}

static bool as_malformed(struct idr_err *err)
{
	if (err->code == IDR_CBOR || err->code == IDR_JSON || err->code == IDR_UTF8)
		err->code = IDR_MALFORMED;
	return false;
}

static bool bits_known(int64_t n)
{
	return n == 1 || n == 2 || n == 4 || n == 8;
}

static bool untrusted(struct idr_err *err)
{
	return idr_fail(err, IDR_TRUST, DRAFT "section 8.3",
	    "the status list has no certificate and no known key");
}

/* The key of the certificate that a status anchor stands behind. */
static bool leaf_of(struct idr_suite *s, struct idr_arena *a, const struct idr_status_rules *r,
    const struct idr_bytes *der, size_t n, int64_t now, struct idr_key *key, struct idr_err *err)
{
	struct idr_path path;

	if (!r->trust)
		return untrusted(err);
	if (!idr_trust_path(s, a, r->trust, r->cache, IDR_PURPOSE_STATUS, (struct idr_bytes){ NULL, 0 },
	    der, n, now, &path, err))
		return false;
	*key = path.leaf.key;
	return true;
}

/* ---- JWT ---- */

/*
 * The key comes from trust: a chain to a status anchor, else a key pinned for status.
 * implements: TSL 5.1h, TSL 11.2a
 * implements: HAIP 7b
 */
static bool jwt_signed(struct idr_suite *s, struct idr_arena *a, const struct idr_jws *jws,
    const struct idr_status_rules *r, int64_t now, struct idr_err *err)
{
	struct idr_bytes none = { NULL, 0 }, der[IDR_CHAIN_MAX];
	const struct idr_pinned *pin;
	struct idr_key key;
	size_t n;

	if (r->key)
		return idr_jws_verify(s, jws, r->key, IDR_ALGS_ALL, err);
	if (!idr_jws_x5c(a, jws, der, &n, err))
		return false;
	if (n)
		return leaf_of(s, a, r, der, n, now, &key, err) &&
		    idr_jws_verify(s, jws, &key, IDR_ALGS_ALL, err);
	untrusted(err);
	for (size_t i = 0; r->trust &&
	    (pin = idr_trust_pinned(r->trust, IDR_PURPOSE_STATUS, none, none, jws->kid, i)); i++)
		if (idr_jws_verify(s, jws, &pin->key, IDR_ALGS_ALL, err))
			return true;
	return false;
}

static bool jwt_missing(struct idr_err *err, const char *name)
{
	return idr_fail(err, IDR_CLAIM_MISSING, DRAFT "section 5.1", "%s is missing", name);
}

static bool jwt_time(const struct idr_json *payload, const char *name, bool *has, int64_t *out,
    struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(payload, name);

	*has = v != NULL;
	if (v && !idr_json_time(v, out))
		return idr_fail(err, IDR_CLAIM_TYPE, DRAFT "section 5.1", "%s is not a time", name);
	return true;
}

/* implements: TSL 4.2b */
static bool jwt_list(const struct idr_json *list, struct claims *c, struct idr_err *err)
{
	const struct idr_json *bits = idr_json_find(list, "bits"), *lst = idr_json_find(list, "lst");
	int64_t n = 0;

	if (!idr_json_is(list, IDR_JSON_OBJECT))
		return idr_fail(err, IDR_CLAIM_TYPE, DRAFT "section 5.1", "status_list is not an object");
	if (!bits || !lst)
		return jwt_missing(err, bits ? "lst" : "bits");
	if (!idr_json_is(lst, IDR_JSON_STRING))
		return idr_fail(err, IDR_CLAIM_TYPE, DRAFT "section 4.2", "lst is not a string");
	c->bits_ok = idr_json_is(bits, IDR_JSON_NUMBER) && idr_json_int(bits, &n) && bits_known(n);
	c->bits = (unsigned)n;
	c->lst = lst->text;
	return true;
}

/* implements: TSL 5.1e */
static bool jwt_claims(const struct idr_json *p, struct claims *c, struct idr_err *err)
{
	const struct idr_json *sub = idr_json_find(p, "sub"), *ttl = idr_json_find(p, "ttl");
	const struct idr_json *list = idr_json_find(p, "status_list");
	bool has_iat;

	if (!sub || !list || !idr_json_find(p, "iat"))
		return jwt_missing(err, !sub ? "sub" : list ? "iat" : "status_list");
	if (!idr_json_is(sub, IDR_JSON_STRING))
		return idr_fail(err, IDR_CLAIM_TYPE, DRAFT "section 5.1", "sub is not a string");
	if (!jwt_time(p, "iat", &has_iat, &c->iat, err) || !jwt_time(p, "exp", &c->has_exp, &c->exp, err) ||
	    !jwt_time(p, "nbf", &c->has_nbf, &c->nbf, err))
		return false;
	c->sub = sub->text;
	c->has_ttl = ttl != NULL;
	c->ttl_ok = idr_json_is(ttl, IDR_JSON_NUMBER) && idr_json_time(ttl, &c->ttl);
	return jwt_list(list, c, err);
}

/* implements: TSL 5.1b, TSL 5.1i */
static bool open_jwt(struct idr_suite *s, struct idr_arena *a, struct idr_bytes token,
    const struct idr_status_rules *r, int64_t now, struct claims *c, struct idr_err *err)
{
	struct idr_jws jws;
	const struct idr_json *payload;

	if (!idr_jws_parse(a, token, token_max(r), false, &jws, err))
		return as_malformed(err);
	if (!idr_jws_typ_is(&jws, "statuslist+jwt"))
		return idr_fail(err, IDR_TYP, DRAFT "section 5.1", "typ is not statuslist+jwt");
	if (jws.alg == IDR_ALG_NONE)
		return idr_fail(err, IDR_ALGORITHM, DRAFT "section 5.1", "the algorithm is not one of ours");
	if (!jwt_signed(s, a, &jws, r, now, err))
		return false;
	if (!idr_json_parse(a, jws.payload, token_max(r), &payload, err))
		return as_malformed(err);
	if (!idr_json_is(payload, IDR_JSON_OBJECT))
		return idr_fail(err, IDR_MALFORMED, "RFC 7519 section 7.2", "the payload is not an object");
	return jwt_claims(payload, c, err);
}

/* ---- CWT ---- */

/* implements: TSL 5.2f, TSL 11.2a */
static bool cwt_signed(struct idr_suite *s, struct idr_arena *a, const struct idr_sign1 *m,
    const struct idr_status_rules *r, int64_t now, struct idr_err *err)
{
	struct idr_bytes none = { NULL, 0 }, der[IDR_CHAIN_MAX];
	const struct idr_pinned *pin;
	struct idr_key key;
	size_t n;

	if (r->key)
		return idr_sign1_verify(s, a, m, r->key, IDR_ALGS_ALL, err);
	if (!idr_sign1_x5chain(a, m, der, &n, err))
		return false;
	if (n)
		return leaf_of(s, a, r, der, n, now, &key, err) &&
		    idr_sign1_verify(s, a, m, &key, IDR_ALGS_ALL, err);
	untrusted(err);
	for (size_t i = 0; r->trust &&
	    (pin = idr_trust_pinned(r->trust, IDR_PURPOSE_STATUS, none, none, m->kid, i)); i++)
		if (idr_sign1_verify(s, a, m, &pin->key, IDR_ALGS_ALL, err))
			return true;
	return false;
}

static bool cwt_time(struct idr_cbor map, int64_t key, bool *has, int64_t *out, struct idr_err *err)
{
	struct idr_cbor v;

	*has = idr_cbor_find_int(map, key, &v);
	if (*has && !idr_cbor_time(v, out))
		return idr_fail(err, IDR_CLAIM_TYPE, DRAFT "section 5.2", "claim %d is not a time", (int)key);
	return true;
}

/* implements: TSL 4.3b */
static bool cwt_list(struct idr_arena *a, struct idr_cbor list, struct claims *c, struct idr_err *err)
{
	struct idr_cbor bits, lst;

	if (!idr_cbor_is(list, IDR_CBOR_MAP))
		return idr_fail(err, IDR_CLAIM_TYPE, DRAFT "section 5.2", "the status list is not a map");
	if (!idr_cbor_find_text(list, "bits", &bits) || !idr_cbor_find_text(list, "lst", &lst))
		return idr_fail(err, IDR_CLAIM_MISSING, DRAFT "section 4.3", "bits or lst is missing");
	if (!idr_cbor_is(lst, IDR_CBOR_BYTES))
		return idr_fail(err, IDR_CLAIM_TYPE, DRAFT "section 4.3", "lst is not a byte string");
	c->bits_ok = idr_cbor_is(bits, IDR_CBOR_UINT) && bits.arg <= 8 && bits_known((int64_t)bits.arg);
	c->bits = (unsigned)bits.arg;
	return idr_cbor_string(a, lst, &c->lst, err);
}

/* {"identifiers": {bytes: info, ..}}; a token is one kind of list, not both, and says when it ends.
 * implements: MDOC 12.3.6d */
static bool cwt_identifiers(struct idr_cbor payload, struct idr_cbor list, struct claims *c,
    struct idr_err *err)
{
	struct idr_cbor both, end;

	if (idr_cbor_find_int(payload, CWT_STATUS_LIST, &both))
		return idr_fail(err, IDR_CLAIM_FORBIDDEN, REF_IDENTIFIERS, "an identifier list carries claim 65533");
	if (!idr_cbor_find_int(payload, CWT_EXP, &end))
		return idr_fail(err, IDR_CLAIM_MISSING, REF_IDENTIFIERS, "an identifier list does not say when it ends");
	if (!idr_cbor_find_text(list, "identifiers", &c->identifiers))
		return idr_fail(err, IDR_CLAIM_MISSING, REF_IDENTIFIERS, "an identifier list holds no identifiers");
	if (!idr_cbor_is(c->identifiers, IDR_CBOR_MAP))
		return idr_fail(err, IDR_CLAIM_TYPE, REF_IDENTIFIERS, "identifiers is not a map");
	for (struct idr_cbor k = idr_cbor_first(c->identifiers); k.raw.n;
	    k = idr_cbor_next(c->identifiers, idr_cbor_next(c->identifiers, k)))
		if (!idr_cbor_is(k, IDR_CBOR_BYTES))
			return idr_fail(err, IDR_CLAIM_TYPE, REF_IDENTIFIERS, "an identifier is not a byte string");
	c->bits_ok = true;
	return true;
}

/* implements: TSL 5.2e */
static bool cwt_claims(struct idr_arena *a, struct idr_cbor p, struct claims *c, struct idr_err *err)
{
	struct idr_cbor sub, iat, list, ttl;
	bool has_iat;

	if (!idr_cbor_find_int(p, CWT_SUB, &sub) || !idr_cbor_find_int(p, CWT_IAT, &iat) ||
	    !idr_cbor_find_int(p, c->is_identifiers ? CWT_IDENTIFIER_LIST : CWT_STATUS_LIST, &list))
		return idr_fail(err, IDR_CLAIM_MISSING, DRAFT "section 5.2",
		    "one of the claims 2 and 6 and the list is missing");
	if (!idr_cbor_is(sub, IDR_CBOR_TEXT))
		return idr_fail(err, IDR_CLAIM_TYPE, DRAFT "section 5.2", "claim 2 is not a text");
	if (!cwt_time(p, CWT_IAT, &has_iat, &c->iat, err) || !cwt_time(p, CWT_EXP, &c->has_exp, &c->exp, err) ||
	    !cwt_time(p, CWT_NBF, &c->has_nbf, &c->nbf, err) || !idr_cbor_string(a, sub, &c->sub, err))
		return false;
	c->has_ttl = idr_cbor_find_int(p, CWT_TTL, &ttl);
	c->ttl_ok = c->has_ttl && idr_cbor_is(ttl, IDR_CBOR_UINT) && idr_cbor_int(ttl, &c->ttl);
	return c->is_identifiers ? cwt_identifiers(p, list, c, err) : cwt_list(a, list, c, err);
}

/* implements: TSL 5.2b, TSL 5.2c, TSL 5.2g */
static bool open_cwt(struct idr_suite *s, struct idr_arena *a, struct idr_bytes token,
    const struct idr_status_rules *r, int64_t now, struct claims *c, struct idr_err *err)
{
	struct idr_sign1 m;
	struct idr_cbor item, payload, chain;

	if (token.n > token_max(r))
		return idr_fail(err, IDR_TOO_LARGE, DRAFT "section 8.3", "the token is too large");
	if (!idr_cbor_check(a, token, IDR_CBOR_ANY, &item, err) ||
	    !idr_sign1_parse(a, item, r->accept_untagged_cwt ? IDR_SIGN1_EITHER : IDR_SIGN1_TAGGED, false,
	    &m, err))
		return as_malformed(err);
	/* ours: the full media type; the draft demands it, its number is not assigned yet */
	c->is_identifiers = idr_cbor_is_text(idr_sign1_typ(&m), "application/identifierlist+cwt");
	if (!c->is_identifiers && !idr_cbor_is_text(idr_sign1_typ(&m), "application/statuslist+cwt"))
		return idr_fail(err, IDR_TYP, DRAFT "section 5.2", "type is not application/statuslist+cwt");
	if (m.alg == IDR_ALG_NONE)
		return idr_fail(err, IDR_ALGORITHM, DRAFT "section 5.2", "the algorithm is not one of ours");
	if (!m.payload.p)
		return idr_fail(err, IDR_MALFORMED, "RFC 9052 section 4.1", "the payload is detached");
	if (!cwt_signed(s, a, &m, r, now, err))
		return false;
	c->chain_is_signed = idr_cbor_find_int(m.protected_map, CWT_X5CHAIN, &chain);
	if (!idr_cbor_check(a, m.payload, IDR_CBOR_ANY, &payload, err))
		return as_malformed(err);
	if (!idr_cbor_is(payload, IDR_CBOR_MAP))
		return idr_fail(err, IDR_MALFORMED, "RFC 8392 section 7.2", "the payload is not a map");
	return cwt_claims(a, payload, c, err);
}

/* ---- both ---- */

/* Section 8.3 step 4 on.
 * implements: TSL 5.1f, TSL 5.2e, TSL 8.3c, TSL 8.3d */
static bool check_claims(const struct claims *c, const struct idr_status_rules *r, int64_t now,
    struct idr_err *err)
{
	if (r->uri.p && !idr_bytes_equal(c->sub, r->uri))
		return idr_fail(err, IDR_SUB_MISMATCH, DRAFT "section 8.3",
		    "the subject of the list is not the address the credential names");
	if (c->has_exp && now - r->skew >= c->exp)
		return idr_fail(err, IDR_EXPIRED, DRAFT "section 8.3", "the status list has expired");
	if (c->has_nbf && now + r->skew < c->nbf)
		return idr_fail(err, IDR_NBF, "RFC 7519 section 4.1.5", "the status list is not valid yet");
	if (c->iat > now + r->skew)
		return idr_fail(err, IDR_IAT, DRAFT "section 8.3", "the status list is from the future");
	if (c->has_ttl && (!c->ttl_ok || c->ttl < 1 || c->ttl > TTL_MAX))
		return idr_fail(err, IDR_TTL, DRAFT "section 5.1", "ttl is not a positive number of seconds");
	if (!c->bits_ok)
		return idr_fail(err, IDR_BITS, DRAFT "section 4.2", "bits is not 1, 2, 4 or 8");
	return true;
}

/*
 * A CWT, which says when it ends, whose signature covers its certificates, and which knows valid and invalid
 * only. What is no such list may be good for credentials of other formats. implements: MDOC 12.3.6e
 */
static bool is_for_mdoc(const struct claims *c)
{
	return c->chain_is_signed && c->has_exp && (c->is_identifiers || c->bits == 1);
}

static bool open_token(struct idr_suite *s, struct idr_arena *a, struct idr_bytes token,
    const struct idr_status_rules *rules, int64_t now, struct idr_status_list *out,
    struct idr_err *err)
{
	struct claims c = { .bits = 0 };
	struct idr_bytes zlib, bytes;
	/* a COSE message begins with a tag or an array, both above 127; a JWT is ASCII */
	bool jwt = token.n && token.p[0] < 0x80;

	if (!token.n)
		return idr_fail(err, IDR_MALFORMED, DRAFT "section 5", "the token is empty");
	if (!(jwt ? open_jwt : open_cwt)(s, a, token, rules, now, &c, err))
		return false;
	if (!check_claims(&c, rules, now, err))
		return false;
	*out = (struct idr_status_list){ .uri = c.sub, .token = token, .iat = c.iat,
		.exp = c.has_exp ? c.exp : 0, .ttl = c.has_ttl ? c.ttl : 0, .identifiers = c.identifiers,
		.for_mdoc = is_for_mdoc(&c) };
	if (c.is_identifiers)
		return true;
	zlib = c.lst;
	if (jwt && !idr_b64url_decode(a, c.lst, &zlib, err))
		return false;
	if (!idr_inflate(a, zlib, list_max(rules), &bytes, err))
		return false;
	out->bits = c.bits;
	out->bytes = bytes;
	return true;
}

bool idr_status_open(struct idr_suite *s, struct idr_arena *a, struct idr_bytes token,
    const struct idr_status_rules *rules, int64_t now, struct idr_status_list *out,
    struct idr_err *err)
{
	unsigned failures = idr_suite_failures(s);
	bool ok = open_token(s, a, token, rules, now, out, err);

	return idr_suite_sound(s, failures, a, ok, err);
}

/* implements: TSL 8.3f */
bool idr_status_at(const struct idr_status_list *l, uint64_t idx, unsigned *value,
    struct idr_err *err)
{
	if (!l->bits || idx >= (uint64_t)l->bytes.n * (8 / l->bits))
		return idr_fail(err, IDR_INDEX_OUT_OF_RANGE, DRAFT "section 8.3",
		    "the status list has no such entry");
	*value = idr_status_get(l->bytes.p, l->bits, idx);
	return true;
}

bool idr_status_has_id(const struct idr_status_list *l, struct idr_bytes id)
{
	struct idr_cbor map = l->identifiers;

	for (struct idr_cbor k = idr_cbor_first(map); k.raw.n; k = idr_cbor_next(map, idr_cbor_next(map, k)))
		if (idr_bytes_equal(k.content, id))
			return true;
	return false;
}

/* implements: TSL 4.1b */
unsigned idr_status_get(const uint8_t *bytes, unsigned bits, uint64_t idx)
{
	uint64_t at = idx * bits;

	return bytes[at / 8] >> at % 8 & ((1u << bits) - 1);
}

/* implements: TSL 4.1b */
void idr_status_set(uint8_t *bytes, unsigned bits, uint64_t idx, unsigned value)
{
	uint64_t at = idx * bits;
	unsigned mask = ((1u << bits) - 1) << at % 8;

	bytes[at / 8] = (uint8_t)((bytes[at / 8] & ~mask) | (value << at % 8 & mask));
}
