#include "idwallet/wallet.h"

#include "base/text.h"
#include "suite/pem.h"
#include "trust/trust.h"

/* RFC 9101 section 6: a request is what its signer says */

enum { REQUEST_MAX = 256 * 1024, PEM_MAX = 64 * 1024, ROOTS_MAX = 16 };

static bool bad(struct idr_err *err, const char *clause, const char *why)
{
	return idr_fail(err, IDR_MALFORMED, clause, "%s", why);
}

/* ---- fetching ---- */

/* implements: VP 5.1g, VP 5.10a, VP 5.10.2a, VP 15.8a */
static bool fetch(struct idr_suite *s, struct idr_arena *a, struct idr_form *form,
    struct idr_bytes *jwt, struct idr_bytes *wallet_nonce, struct idr_err *err)
{
	struct web_request q = { .method = "GET", .header = { "Accept: application/oauth-authz-req+jwt" } };
	struct web_response r;

	q.url = (const char *)idr_form_find(form, "request_uri").p;
	*wallet_nonce = (struct idr_bytes){ NULL, 0 };
	if (!q.url)
		return bad(err, "OpenID4VP 1.0 section 5.10", "the link carries no request_uri");
	if (idr_bytes_is(idr_form_find(form, "request_uri_method"), "post")) {
		uint8_t random[16];
		char *text;

		idr_suite_random(s, random, sizeof(random));
		if (!(text = idr_arena_alloc(a, IDR_B64URL_LEN(16) + 1, err)))
			return false;
		*wallet_nonce = idr_bytes(text, idr_b64url_encode(idr_bytes(random, 16), (uint8_t *)text));
		q.method = "POST";
		q.content_type = "application/x-www-form-urlencoded";
		text = idr_arena_printf(a, err, "wallet_nonce=%s", (const char *)wallet_nonce->p);
		if (!text)
			return false;
		q.body = idr_str(text);
	}
	if (!web_send(a, &q, &r, err) || !web_expect(a, &r, err))
		return false;
	if (strcmp(r.content_type, "application/oauth-authz-req+jwt") != 0)
		return bad(err, "RFC 9101 section 5.2.3", "the request is not of type application/oauth-authz-req+jwt");
	*jwt = r.body;
	return true;
}

/* ---- who asks ---- */

static bool check_trust(struct idr_suite *s, struct idr_arena *a, const char *root_path,
    const struct idr_bytes *chain, size_t n, int64_t now, struct idr_err *err)
{
	struct idr_bytes pem, der[ROOTS_MAX];
	struct idr_trust *trust;
	struct idr_path path;
	size_t roots;

	if (!cli_read(a, root_path, PEM_MAX, &pem, err) ||
	    !idr_pem_certificates(a, pem, der, ROOTS_MAX, &roots, err) || !idr_trust_new(a, &trust, err))
		return false;
	for (size_t i = 0; i < roots; i++)
		if (!idr_trust_add_anchor(s, trust, der[i], IDR_PURPOSE_READER, NULL, 0, NULL, err))
			return false;
	return idr_trust_path(s, a, trust, NULL, IDR_PURPOSE_READER, IDR_LIT(""), chain, n, now, &path, err);
}

/* The client identifier must be the one the certificate stands for (OpenID4VP 1.0 section 5.9.3). */
/* implements: VP 5.9.1a, VP 5.9.3f, VP 5.9.3h, VP 5.9.3j */
/* implements: HAIP 5h */
static bool check_client_id(struct idr_bytes id, const struct idr_cert *leaf, struct idr_err *err)
{
	static const char hash_prefix[] = "x509_hash:", dns_prefix[] = "x509_san_dns:";
	uint8_t text[IDR_B64URL_LEN(32)];
	struct idr_bytes rest;

	if (idr_bytes_starts(id, hash_prefix)) {
		rest = idr_bytes_from(id, sizeof(hash_prefix) - 1);
		idr_b64url_encode(idr_bytes(leaf->sha256, 32), text);
		if (idr_bytes_equal(rest, idr_bytes(text, sizeof(text))))
			return true;
	} else if (idr_bytes_starts(id, dns_prefix)) {
		rest = idr_bytes_from(id, sizeof(dns_prefix) - 1);
		for (size_t i = 0; i < leaf->n_dns; i++)
			if (idr_bytes_equal(leaf->dns[i], rest))
				return true;
	}
	return idr_fail(err, IDR_TRUST, "OpenID4VP 1.0 section 5.9.3",
	    "the client_id is not the one of the verifier's certificate");
}

/* implements: VP 5b, VP 5.9.3f, VP 5.9.3h */
/* implements: HAIP 7c */
static bool check_signer(struct idr_suite *s, struct idr_arena *a, const struct idr_jws *jws,
    const char *root_path, int64_t now, struct wallet_request *out, struct idr_err *err)
{
	struct idr_bytes chain[IDR_CHAIN_MAX];
	struct idr_cert leaf;
	size_t n;

	if (!idr_jws_typ_is(jws, "oauth-authz-req+jwt"))
		return idr_fail(err, IDR_TYP, "RFC 9101 section 10.8", "the typ is not oauth-authz-req+jwt");
	if (!idr_jws_x5c(a, jws, chain, &n, err))
		return false;
	if (n == 0)
		return bad(err, "OpenID4VP 1.0 section 5.9.3", "the request carries no certificate");
	if (!idr_cert_parse(s, a, chain[0], &leaf, err) ||
	    !idr_jws_verify(s, jws, &leaf.key, IDR_ALGS_HAIP, err) ||
	    !check_client_id(out->client_id, &leaf, err))
		return false;
	out->verifier_name = leaf.organization.n ? leaf.organization : leaf.common_name;
	if (!root_path)
		return true;
	out->trusted = check_trust(s, a, root_path, chain, n, now, err);
	return out->trusted;
}

/* ---- what is asked ---- */

static struct idr_bytes text_of(const struct idr_json *doc, const char *name)
{
	const struct idr_json *v = idr_json_find(doc, name);

	return idr_json_is(v, IDR_JSON_STRING) ? v->text : IDR_LIT("");
}

/* The first the verifier names that is known here; without a list it is one. implements: HAIP 5i */
static bool choose_enc(const struct idr_json *offered, const char **enc, struct idr_err *err)
{
	static const char *const known[] = { "A128GCM", "A256GCM" };

	*enc = offered ? NULL : known[0];
	for (const struct idr_json *v = idr_json_first(offered); v && !*enc; v = idr_json_next(offered, v))
		for (size_t i = 0; i < 2; i++)
			if (idr_json_is_str(v, known[i]))
				*enc = known[i];
	return *enc || bad(err, "OpenID4VP 1.0 section 8.3", "no content encryption of the verifier is known here");
}

/* The first of its keys that is for this: a key says so by its alg. implements: HAIP 5i */
static bool choose_key(struct idr_suite *s, struct idr_arena *a, const struct idr_json *keys,
    struct wallet_request *out, struct idr_err *err)
{
	struct idr_err why;

	for (const struct idr_json *v = idr_json_first(keys); v; v = idr_json_next(keys, v)) {
		if (!idr_json_is_str(idr_json_find(v, "alg"), "ECDH-ES") ||
		    !idr_key_from_jwk(s, a, v, IDR_USE_ENCRYPT, &out->enc_key, &why) || out->enc_key.curve != IDR_P256)
			continue;
		out->enc_kid = text_of(v, "kid");
		return true;
	}
	return bad(err, "OpenID4VP 1.0 section 8.3", "no key of the verifier can be encrypted to");
}

/* `mode` in the clear, or with ".jwt" behind it. */
/* implements: VP 5.1e, VP 8.3d */
static bool read_encryption(struct idr_suite *s, struct idr_arena *a, const struct idr_json *claims,
    const char *mode, struct wallet_request *out, struct idr_err *err)
{
	const struct idr_json *meta = idr_json_find(claims, "client_metadata");
	struct idr_bytes asked = text_of(claims, "response_mode");

	if (idr_bytes_is(asked, mode))
		return true;
	if (!idr_bytes_starts(asked, mode) || !idr_bytes_is(idr_bytes_from(asked, strlen(mode)), ".jwt"))
		return bad(err, "OpenID4VP 1.0 section 8", "the response mode is not supported");
	out->encrypted = true;
	return choose_enc(idr_json_find(meta, "encrypted_response_enc_values_supported"), &out->enc, err) &&
	    choose_key(s, a, idr_json_find(idr_json_find(meta, "jwks"), "keys"), out, err);
}

/* https://host[:port]/... -> is this the host? */
static bool host_is(struct idr_bytes url, struct idr_bytes host)
{
	const uint8_t *mark = url.n ? memmem(url.p, url.n, "://", 3) : NULL;
	struct idr_bytes rest = mark ? idr_bytes_from(url, (size_t)(mark - url.p) + 3) : IDR_LIT("");

	return host.n && rest.n >= host.n && memcmp(rest.p, host.p, host.n) == 0 &&
	    (rest.n == host.n || rest.p[host.n] == '/' || rest.p[host.n] == ':' || rest.p[host.n] == '?');
}

/* Where the answer goes: it holds what the holder agreed to show to this verifier only. */
/* implements: VP 5.9.3f, VP 14.3.1a */
static bool check_target(const struct wallet_request *out, struct idr_err *err)
{
	static const char dns_prefix[] = "x509_san_dns:";

	if (idr_bytes_index(out->response_uri, 0, '#') != SIZE_MAX)
		return bad(err, "OpenID4VP 1.0 section 8.2", "response_uri carries a fragment");
	if (idr_bytes_starts(out->client_id, dns_prefix) &&
	    !host_is(out->response_uri, idr_bytes_from(out->client_id, sizeof(dns_prefix) - 1)))
		return idr_fail(err, IDR_TRUST, "OpenID4VP 1.0 section 5.9.3",
		    "response_uri leads to another host than the verifier's certificate names");
	return true;
}

/* implements: VP 8.2d: the verifier is told */
static bool check_parameters(const struct idr_json *claims, struct wallet_request *out, struct idr_err *err)
{
	if (idr_json_find(claims, "redirect_uri")) {
		out->refusal = "invalid_request";
		return bad(err, "OpenID4VP 1.0 section 8.2", "redirect_uri stands beside response_uri");
	}
	return true;
}

/* What every request asks, whichever way it came. */
static bool read_question(struct idr_suite *s, struct idr_arena *a, const struct idr_json *claims,
    const char *mode, struct wallet_request *out, struct idr_err *err)
{
	const struct idr_json *dcql = idr_json_find(claims, "dcql_query");

	if (!idr_json_is_str(idr_json_find(claims, "response_type"), "vp_token"))
		return bad(err, "OpenID4VP 1.0 section 5.6", "the response type is not vp_token");
	out->nonce = text_of(claims, "nonce");
	if (!out->nonce.n || !dcql)
		return bad(err, "OpenID4VP 1.0 section 5.2", "nonce or dcql_query is missing");
	return check_parameters(claims, out, err) && idr_dcql_parse(a, dcql->raw, &out->query, err) &&
	    wallet_transactions_read(a, claims, out, err) && read_encryption(s, a, claims, mode, out, err);
}

/* implements: VP 5c, VP 5e, VP 5.10.1b, VP 5.10.1c */
static bool read_claims(struct idr_suite *s, struct idr_arena *a, const struct idr_json *claims,
    struct idr_bytes wallet_nonce, int64_t now, struct wallet_request *out, struct idr_err *err)
{
	struct idr_times t;

	if (!idr_jwt_times(claims, &t, err) || !idr_times_check(&t, now, 60, "RFC 9101 section 4", err))
		return false;
	if (!idr_bytes_equal(text_of(claims, "client_id"), out->client_id))
		return bad(err, "OpenID4VP 1.0 section 5.10", "the client_id differs from the one in the link");
	if (wallet_nonce.p && !idr_bytes_equal(text_of(claims, "wallet_nonce"), wallet_nonce))
		return bad(err, "OpenID4VP 1.0 section 5.10.1", "the wallet_nonce was not answered");
	out->response_uri = text_of(claims, "response_uri");
	out->state = text_of(claims, "state");
	out->audience = out->client_id;
	if (!out->response_uri.n)
		return bad(err, "OpenID4VP 1.0 section 5.2", "response_uri is missing");
	return check_target(out, err) && read_question(s, a, claims, "direct_post", out, err);
}

bool wallet_request_fetch(struct idr_suite *s, struct idr_arena *a, const char *link,
    const char *root_path, int64_t now, struct wallet_request *out, struct idr_err *err)
{
	struct idr_bytes jwt, wallet_nonce;
	const struct idr_json *claims;
	struct idr_form form;
	struct idr_jws jws;

	memset(out, 0, sizeof(*out));
	if (!wallet_link(a, link, &form, err))
		return false;
	out->client_id = idr_form_find(&form, "client_id");
	if (!out->client_id.n)
		return bad(err, "OpenID4VP 1.0 section 5.10", "the link carries no client_id");
	return fetch(s, a, &form, &jwt, &wallet_nonce, err) &&
	    idr_jws_parse(a, jwt, REQUEST_MAX, false, &jws, err) &&
	    check_signer(s, a, &jws, root_path, now, out, err) && idr_jwt_payload(a, &jws, &claims, err) &&
	    read_claims(s, a, claims, wallet_nonce, now, out, err);
}

/* ---- through the browser of a page ---- */

/* implements: VP A.2d: compared as strings, nothing made of either first; the page is told */
static bool check_origin(const struct idr_json *claims, struct wallet_request *out, struct idr_err *err)
{
	const struct idr_json *all = idr_json_find(claims, "expected_origins");

	for (const struct idr_json *v = idr_json_first(all); v; v = idr_json_next(all, v))
		if (idr_json_is(v, IDR_JSON_STRING) && idr_bytes_equal(v->text, out->origin))
			return true;
	out->refusal = "invalid_request";
	return idr_fail(err, IDR_INVALID_REQUEST, "OpenID4VP 1.0 appendix A.2",
	    "the request was made for other pages than the one that asks");
}

static bool read_signed(struct idr_suite *s, struct idr_arena *a, struct idr_bytes compact,
    const char *root_path, int64_t now, const struct idr_json **claims, struct wallet_request *out,
    struct idr_err *err)
{
	struct idr_times t;
	struct idr_jws jws;

	if (!idr_jws_parse(a, compact, REQUEST_MAX, false, &jws, err) || !idr_jwt_payload(a, &jws, claims, err))
		return false;
	out->client_id = text_of(*claims, "client_id");
	if (!out->client_id.n)
		out->client_id = text_of(jws.header, "client_id"); /* appendix A.3.2.2: one of several signatures */
	return check_signer(s, a, &jws, root_path, now, out, err) && idr_jwt_times(*claims, &t, err) &&
	    idr_times_check(&t, now, 60, "RFC 9101 section 4", err);
}

/* The first signature that is good enough; the others may be for other wallets. */
static bool read_multisigned(struct idr_suite *s, struct idr_arena *a, const struct idr_json *request,
    const char *root_path, int64_t now, const struct idr_json **claims, struct wallet_request *out,
    struct idr_err *err)
{
	const struct idr_json *all = idr_json_find(request, "signatures");
	struct idr_bytes payload = text_of(request, "payload");

	bad(err, "RFC 7515 section 7.2.1", "the request has no signatures");
	for (const struct idr_json *one = idr_json_first(all); one; one = idr_json_next(all, one)) {
		struct idr_bytes header = text_of(one, "protected"), signature = text_of(one, "signature");
		char *compact = idr_arena_printf(a, err, "%.*s.%.*s.%.*s", (int)header.n, (const char *)header.p,
		    (int)payload.n, (const char *)payload.p, (int)signature.n, (const char *)signature.p);

		if (compact && read_signed(s, a, idr_str(compact), root_path, now, claims, out, err))
			return true;
	}
	return false;
}

static bool read_data(struct idr_suite *s, struct idr_arena *a, const struct idr_json *one,
    const char *root_path, int64_t now, const struct idr_json **claims, struct wallet_request *out,
    struct idr_err *err)
{
	const struct idr_json *protocol = idr_json_find(one, "protocol"), *data = idr_json_find(one, "data");
	const struct idr_json *request = idr_json_find(data, "request");

	if (idr_json_is_str(protocol, "openid4vp-v1-unsigned") && idr_json_is(data, IDR_JSON_OBJECT)) {
		*claims = data;
		out->verifier_name = out->origin; /* nobody else vouches for it */
		return !root_path || idr_fail(err, IDR_TRUST, "OpenID4VP 1.0 appendix A.3.1",
		    "the request is not signed, so no certificate leads to the root");
	}
	if (idr_json_is_str(protocol, "openid4vp-v1-signed") && idr_json_is(request, IDR_JSON_STRING))
		return read_signed(s, a, request->text, root_path, now, claims, out, err) &&
		    check_origin(*claims, out, err);
	if (idr_json_is_str(protocol, "openid4vp-v1-multisigned") && idr_json_is(request, IDR_JSON_OBJECT))
		return read_multisigned(s, a, request, root_path, now, claims, out, err) &&
		    check_origin(*claims, out, err);
	return bad(err, "OpenID4VP 1.0 appendix A.1", "the request is of no protocol that is known here");
}

/* Whole, or what stands in it: {"digital":{"requests":[{"protocol":..,"data":..}]}} */
static const struct idr_json *one_request(const struct idr_json *doc)
{
	const struct idr_json *digital = idr_json_find(doc, "digital");
	const struct idr_json *requests = idr_json_find(digital ? digital : doc, "requests");

	return requests ? idr_json_first(requests) : doc;
}

/* implements: VP A.2d, HAIP 5.2d */
bool wallet_request_browser(struct idr_suite *s, struct idr_arena *a, struct idr_bytes text,
    struct idr_bytes origin, const char *root_path, int64_t now, struct wallet_request *out,
    struct idr_err *err)
{
	const struct idr_json *doc, *claims = NULL;
	const char *audience;

	memset(out, 0, sizeof(*out));
	out->origin = origin;
	audience = idr_arena_printf(a, err, "origin:%.*s", (int)origin.n, (const char *)origin.p);
	if (!audience || !idr_json_parse(a, text, REQUEST_MAX, &doc, err) ||
	    !read_data(s, a, one_request(doc), root_path, now, &claims, out, err))
		return false;
	out->audience = idr_str(audience); /* appendix A.4: even of a signed request */
	return read_question(s, a, claims, "dc_api", out, err);
}
