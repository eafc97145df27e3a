#include "jose/jws.h"

#include "base/text.h"
#include "suite/cert.h"

/* The next part up to a dot; false when there is no dot. */
static bool part_before_dot(struct idr_bytes *rest, struct idr_bytes *part)
{
	size_t dot = idr_bytes_index(*rest, 0, '.');

	if (dot == SIZE_MAX)
		return false;
	*part = idr_bytes_first(*rest, dot);
	*rest = idr_bytes_from(*rest, dot + 1);
	return true;
}

static bool split(struct idr_bytes compact, struct idr_bytes part[3], struct idr_err *err)
{
	struct idr_bytes rest = compact;

	if (!part_before_dot(&rest, &part[0]) || !part_before_dot(&rest, &part[1]) ||
	    idr_bytes_index(rest, 0, '.') != SIZE_MAX)
		return idr_fail(err, IDR_MALFORMED, "RFC 7515 section 7.1", "a compact JWS has exactly three parts");
	part[2] = rest;
	return true;
}

/* RFC 7518 section 3.6 in any spelling: never, before anything else is looked at. */
static bool is_none(struct idr_bytes alg)
{
	return alg.n == 4 && (alg.p[0] | 32) == 'n' && (alg.p[1] | 32) == 'o' &&
	    (alg.p[2] | 32) == 'n' && (alg.p[3] | 32) == 'e';
}

static bool header_alg(const struct idr_json *header, enum idr_alg *alg, struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(header, "alg");

	*alg = IDR_ALG_NONE;
	if (!v)
		return true;
	if (v->type != IDR_JSON_STRING)
		return idr_fail(err, IDR_MALFORMED, "RFC 7515 section 4.1.1", "alg is not a string");
	if (is_none(v->text))
		return idr_fail(err, IDR_ALGORITHM, "RFC 7518 section 3.6", "alg none is never accepted");
	*alg = idr_alg_from_jose(v->text);
	return true;
}

/* V8, V9: what would change the meaning of the token, or would have us fetch or trust its own key. */
static bool header_is_plain(const struct idr_json *header, bool allow_jwk, struct idr_err *err)
{
	if (idr_json_find(header, "crit"))
		return idr_fail(err, IDR_CRIT, "RFC 7515 section 4.1.11", "no critical header is understood here");
	if (idr_json_find(header, "b64"))
		return idr_fail(err, IDR_CRIT, "RFC 7797 section 6", "the b64 header is not understood here");
	if (idr_json_find(header, "jku") || idr_json_find(header, "x5u"))
		return idr_fail(err, IDR_MALFORMED, "RFC 7515 section 4.1.2", "jku and x5u are never followed");
	if (!allow_jwk && idr_json_find(header, "jwk"))
		return idr_fail(err, IDR_MALFORMED, "RFC 7515 section 4.1.3", "a token may not bring its own key here");
	return true;
}

static bool header_parse(struct idr_arena *a, struct idr_bytes part, bool allow_jwk,
    struct idr_jws *j, struct idr_err *err)
{
	const struct idr_json *kid;
	struct idr_bytes text;

	if (!idr_b64url_decode(a, part, &text, err) || !idr_json_parse(a, text, text.n, &j->header, err)) {
		if (idr_code_kind(err->code) == IDR_KIND_UNAVAILABLE || err->code == IDR_LIMIT)
			return false;
		return idr_fail(err, IDR_MALFORMED, "RFC 7515 section 5.2 step 2", "the header is not base64url of JSON");
	}
	if (!idr_json_is(j->header, IDR_JSON_OBJECT))
		return idr_fail(err, IDR_MALFORMED, "RFC 7515 section 5.2 step 3", "the header is not a JSON object");
	kid = idr_json_find(j->header, "kid");
	/* RFC 7515 section 4.1.4: a hint; one that is no string names no key of ours, and others send numbers */
	if (idr_json_is(kid, IDR_JSON_STRING))
		j->kid = kid->text;
	return header_alg(j->header, &j->alg, err) && header_is_plain(j->header, allow_jwk, err);
}

bool idr_jws_parse(struct idr_arena *a, struct idr_bytes compact, size_t max, bool allow_jwk,
    struct idr_jws *out, struct idr_err *err)
{
	struct idr_jws j = { .compact = compact };
	struct idr_bytes part[3];

	if (compact.n > max)
		return idr_fail(err, IDR_LIMIT, NULL, "the token is larger than %zu bytes", max);
	if (!split(compact, part, err) || !header_parse(a, part[0], allow_jwk, &j, err))
		return false;
	if (!part[1].n || !part[2].n)
		return idr_fail(err, IDR_MALFORMED, "RFC 7515 section 7.1", "the payload or the signature is empty");
	if (!idr_b64url_decode(a, part[1], &j.payload, err) || !idr_b64url_decode(a, part[2], &j.signature, err)) {
		if (err->code != IDR_BASE64URL)
			return false;
		return idr_fail(err, IDR_MALFORMED, "RFC 7515 section 5.2 step 7", "a part is not strict base64url");
	}
	j.signing_input = idr_bytes_first(compact, part[0].n + 1 + part[1].n);
	*out = j;
	return true;
}

bool idr_jws_typ_is(const struct idr_jws *jws, const char *typ)
{
	return idr_json_is_str(idr_json_find(jws->header, "typ"), typ);
}

bool idr_jws_check(const struct idr_jws *jws, const struct idr_key *key, idr_algs allowed,
    struct idr_check *out, struct idr_err *err)
{
	if (!idr_alg_allowed(allowed, jws->alg))
		return idr_fail(err, IDR_ALGORITHM, "RFC 7515 section 10.7", "alg is missing or not allowed here");
	if (idr_alg_row(jws->alg)->curve != key->curve)
		return idr_fail(err, IDR_ALGORITHM, "RFC 7515 section 10.7", "alg does not fit the key");
	*out = (struct idr_check){ .key = key, .alg = jws->alg, .part = { jws->signing_input },
		.signature = jws->signature };
	return true;
}

bool idr_jws_verify(struct idr_suite *s, const struct idr_jws *jws, const struct idr_key *key,
    idr_algs allowed, struct idr_err *err)
{
	struct idr_check check;

	if (!idr_jws_check(jws, key, allowed, &check, err))
		return false;
	return idr_suite_perform(s, &check, 1) ||
	    idr_fail(err, IDR_SIGNATURE, "RFC 7515 section 5.2 step 8", "the signature does not match");
}

bool idr_jws_x5c(struct idr_arena *a, const struct idr_jws *jws, struct idr_bytes *der, size_t *n,
    struct idr_err *err)
{
	const struct idr_json *x5c = idr_json_find(jws->header, "x5c");
	size_t at = 0;

	*n = 0;
	if (!x5c)
		return true;
	if (x5c->type != IDR_JSON_ARRAY)
		return idr_fail(err, IDR_MALFORMED, "RFC 7515 section 4.1.6", "x5c is not an array");
	if (x5c->n == 0 || x5c->n > IDR_CHAIN_MAX)
		return idr_fail(err, IDR_CHAIN_ORDER, "RFC 7515 section 4.1.6", "x5c has %u certificates, not 1 to %d",
		    (unsigned)x5c->n, IDR_CHAIN_MAX);
	for (const struct idr_json *v = idr_json_first(x5c); v; v = idr_json_next(x5c, v), at++) {
		if (v->type != IDR_JSON_STRING || v->text.n > IDR_CERT_MAX * 4 / 3 + 4 ||
		    !idr_b64_decode(a, v->text, &der[at], err) || !der[at].n || der[at].n > IDR_CERT_MAX)
			return idr_fail(err, IDR_MALFORMED, "RFC 7515 section 4.1.6",
			    "x5c element %zu is not base64 of a certificate", at);
	}
	*n = at;
	return true;
}
