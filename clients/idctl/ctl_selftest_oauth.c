#include "idctl/ctl_selftest.h"

#include <stdio.h>
#include <string.h>

/* What a wallet meets before it is known: metadata, nonce, token and credential endpoint, unknown ids. */

#define GRANT "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code"

/* A string that begins with the server's address: an endpoint elsewhere would take the wallet along. */
static bool is_ours(struct selftest *t, const struct idr_json *v)
{
	return idr_json_is(v, IDR_JSON_STRING) && idr_bytes_starts(v->text, t->base) &&
	    (v->text.n == strlen(t->base) || v->text.p[strlen(t->base)] == '/');
}

static bool must_be_base(struct selftest *t, const struct idr_json *v, const char *name,
    struct idr_err *err)
{
	return idr_json_is_str(v, t->base) ||
	    selftest_seen(err, "%s is %.80s, not the address asked", name, ctl_text(t->c, v));
}

static bool issuer_metadata(struct selftest *t, struct idr_err *err)
{
	static const char *const endpoints[] = { "credential_endpoint", "nonce_endpoint" };
	const struct idr_json *m;

	if (!selftest_json(t, "/.well-known/openid-credential-issuer", &m, err) ||
	    !must_be_base(t, idr_json_find(m, "credential_issuer"), "credential_issuer", err))
		return false;
	for (size_t i = 0; i < 2; i++)
		if (!is_ours(t, idr_json_find(m, endpoints[i])))
			return selftest_seen(err, "%s does not lie below the address asked", endpoints[i]);
	return idr_json_is(idr_json_find(m, "credential_configurations_supported"), IDR_JSON_OBJECT) ||
	    selftest_seen(err, "no credential_configurations_supported");
}

static bool takes_codes(const struct idr_json *grants)
{
	if (!idr_json_is(grants, IDR_JSON_ARRAY))
		return true;
	for (const struct idr_json *g = idr_json_first(grants); g; g = idr_json_next(grants, g))
		if (idr_json_is_str(g, "urn:ietf:params:oauth:grant-type:pre-authorized_code"))
			return true;
	return false;
}

static bool server_metadata(struct selftest *t, struct idr_err *err)
{
	const struct idr_json *m;

	if (!selftest_json(t, "/.well-known/oauth-authorization-server", &m, err) ||
	    !must_be_base(t, idr_json_find(m, "issuer"), "issuer", err))
		return false;
	t->no_codes = !takes_codes(idr_json_find(m, "grant_types_supported"));
	return is_ours(t, idr_json_find(m, "token_endpoint")) ||
	    selftest_seen(err, "token_endpoint does not lie below the address asked");
}

static bool published_keys(struct selftest *t, struct idr_err *err)
{
	static const char *const secret[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };
	const struct idr_json *set, *list;

	if (!selftest_json(t, "/jwks", &set, err))
		return false;
	list = idr_json_find(set, "keys");
	if (!idr_json_is(list, IDR_JSON_ARRAY) || !list->n)
		return selftest_seen(err, "there is no key");
	for (const struct idr_json *k = idr_json_first(list); k; k = idr_json_next(list, k))
		for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
			if (idr_json_find(k, secret[i]))
				return selftest_seen(err,
				    "a published key has the private member %s", secret[i]);
	return true;
}

static bool nonces(struct selftest *t, struct idr_err *err)
{
	const struct idr_json *first, *second;
	struct web_response a, b;
	struct idr_err ignored;

	if (!selftest_ask(t, "/nonce", "", NULL, &a, err) || !selftest_ask(t, "/nonce", "", NULL, &b, err))
		return false;
	if (a.status != 200 || !idr_json_parse(t->a, a.body, 4096, &first, &ignored) ||
	    !idr_json_parse(t->a, b.body, 4096, &second, &ignored))
		return selftest_seen(err, "answered %ld", a.status);
	first = idr_json_find(first, "c_nonce");
	second = idr_json_find(second, "c_nonce");
	if (!idr_json_is(first, IDR_JSON_STRING) || first->text.n < 22)
		return selftest_seen(err, "c_nonce is missing or short");
	return !idr_json_equal(first, second) || selftest_seen(err, "the same c_nonce twice");
}

/* ---- the token endpoint ---- */

static bool token_refuses(struct selftest *t, const char *form, const char *header, const char *error,
    struct idr_err *err)
{
	struct web_response r;

	return selftest_ask(t, "/token", form, header, &r, err) && selftest_refused(t, &r, 400, error, err);
}

static bool token(struct selftest *t, struct idr_err *err)
{
	return token_refuses(t, GRANT "&pre-authorized_code=made-up-and-never-given-out", NULL,
	    t->no_codes ? "unsupported_grant_type" : "invalid_grant", err) &&
	    token_refuses(t, "grant_type=password&username=a&password=b", NULL,
	    "unsupported_grant_type", err) &&
	    token_refuses(t, GRANT "&pre-authorized_code=a&pre-authorized_code=b", NULL,
	    "invalid_request", err) &&
	    token_refuses(t, "", NULL, "invalid_request", err);
}

/* Members of a proof; NULL: left out, so that everything else is right. */
struct proof {
	const char *alg, *typ, *htm, *htu, *jti, *extra;
	int64_t age_s;
	bool unsigned_too;
};

static bool dpop_refused(struct selftest *t, const struct proof *p, const char *what, struct idr_err *err)
{
	const char *jwt, *header, *payload;
	struct idr_err seen;
	struct idr_buf b;

	idr_buf_init(&b, t->a, 256, 4096);
	idr_key_put_jwk(&b, idr_private_public(t->own), p->extra);
	header = idr_arena_printf(t->a, err, "{\"alg\":\"%s\",\"typ\":\"%s\",\"jwk\":%.*s}",
	    p->alg ? p->alg : "ES256", p->typ ? p->typ : "dpop+jwt", (int)b.n, (const char *)b.p);
	payload = idr_arena_printf(t->a, err, "{\"htm\":\"%s\",\"htu\":\"%s\",%s\"iat\":%lld}",
	    p->htm ? p->htm : "POST",
	    p->htu ? p->htu : idr_arena_printf(t->a, err, "%s/token", t->base),
	    p->jti ? p->jti : "\"jti\":\"selftest\",", (long long)(t->now - p->age_s));
	if (!header || !payload || !selftest_jwt(t, header, payload, !p->unsigned_too, &jwt, err))
		return false;
	header = idr_arena_printf(t->a, err, "DPoP: %s", jwt);
	if (!token_refuses(t, GRANT "&pre-authorized_code=made-up-and-never-given-out", header,
	    "invalid_dpop_proof", &seen))
		return seen.code == IDR_REMOTE ? selftest_seen(err, "%s: %.100s", what, seen.msg)
		                               : idr_fail(err, seen.code, NULL, "%.150s", seen.msg);
	return true;
}

static bool dpop(struct selftest *t, struct idr_err *err)
{
	static const struct { const char *what; struct proof p; } faults[] = {
		{ "alg none", { .alg = "none", .unsigned_too = true } },
		{ "alg HS256", { .alg = "HS256" } },
		{ "alg none with a signature", { .alg = "none" } },
		{ "typ", { .typ = "JWT" } },
		{ "htm", { .htm = "GET" } },
		{ "htu", { .htu = "https://elsewhere.example/token" } },
		{ "no jti", { .jti = "\"x\":1," } },
		{ "an old iat", { .age_s = 3600 } },
		{ "an iat to come", { .age_s = -3600 } },
		{ "a private key in jwk",
		  { .extra = "\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"," } },
	};

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (!dpop_refused(t, &faults[i].p, faults[i].what, err))
			return false;
	return token_refuses(t, GRANT "&pre-authorized_code=x", "DPoP: not.a.jwt",
	    "invalid_dpop_proof", err);
}

static bool credential(struct selftest *t, struct idr_err *err)
{
	struct web_request q = { .method = "POST",
	    .url = idr_arena_printf(t->a, err, "%s/credential", t->base),
		.body = IDR_LIT("{}"), .content_type = "application/json" };
	struct web_response r;

	if (!q.url || !web_send(t->a, &q, &r, err))
		return false;
	if (r.status != 401)
		return selftest_seen(err, "without a token it answers %ld instead of 401", r.status);
	q.header[0] = "Authorization: Bearer made-up-and-never-given-out";
	if (!web_send(t->a, &q, &r, err))
		return false;
	return r.status == 401 ||
	    selftest_seen(err, "with a made-up token it answers %ld instead of 401", r.status);
}

/* ---- ids that nobody has ---- */

static bool alike(struct selftest *t, const char *one, const char *two, struct idr_err *err)
{
	struct web_response a, b;
	const struct idr_json *x, *y;
	struct idr_err ignored;

	if (!selftest_ask(t, one, NULL, t->key, &a, err) || !selftest_ask(t, two, NULL, t->key, &b, err))
		return false;
	if (a.status != b.status || strcmp(a.content_type, b.content_type) != 0)
		return selftest_seen(err, "%.30s answers %ld, another id %ld", one, a.status, b.status);
	if (a.status != 404 && a.status != 401)
		return selftest_seen(err, "%.30s answers %ld instead of 404", one, a.status);
	if (!idr_json_parse(t->a, a.body, 65536, &x, &ignored) ||
	    !idr_json_parse(t->a, b.body, 65536, &y, &ignored))
		return idr_bytes_equal(a.body, b.body) ||
		    selftest_seen(err, "%.30s reads another way for another id", one);
	for (const struct idr_json *m = idr_json_first(x); m; m = idr_json_next(x, m))
		if (!idr_json_is_str(m, "request") &&
		    !idr_json_equal(idr_json_value(m), idr_json_find_bytes(y, m->text)))
			return selftest_seen(err, "%.30s reads another way for another id", one);
	return true;
}

static bool unknown_ids(struct selftest *t, struct idr_err *err)
{
	return alike(t, "/offers/00000000000000000000000000000000",
	    "/offers/ffffffffffffffffffffffffffffffff", err) &&
	    alike(t, "/request/00000000000000000000000000000000",
	    "/request/ffffffffffffffffffffffffffffffff", err) &&
	    alike(t, "/v1/presentations/00000000000000000000000000000000",
	        "/v1/presentations/ffffffffffffffffffffffffffffffff", err);
}

static bool response(struct selftest *t, struct idr_err *err)
{
	static const char path[] = "/response/00000000000000000000000000000000";
	struct web_response r;

	return selftest_ask(t, path, "response=x", NULL, &r, err) &&
	    selftest_refused(t, &r, 400, "invalid_request", err) &&
	    selftest_ask(t, path, "vp_token=%7B%7D&state=x", NULL, &r, err) &&
	    selftest_refused(t, &r, 400, "invalid_request", err);
}

const struct selftest_check selftest_oauth[] = {
	{ "issuer.metadata", "the issuer's metadata is of the address asked",
	  "OpenID4VCI 1.0 section 12.2.3", 0, issuer_metadata },
	{ "issuer.server", "so is the authorization server's", "RFC 8414 section 3.3", 0, server_metadata },
	{ "issuer.keys", "published keys are public", "RFC 7517 section 9.2", 0, published_keys },
	{ "issuer.nonce", "nonces are long and fresh", "OpenID4VCI 1.0 section 7.2", 0, nonces },
	{ "token.request", "made-up codes and malformed requests have their error",
	  "OpenID4VCI 1.0 section 6.3", 0, token },
	{ "token.dpop", "every fault of a DPoP proof is refused", "RFC 9449 section 4.3",
	  SELFTEST_NEEDS_CODES, dpop },
	{ "credential.token", "without a good token nothing is issued",
	  "OpenID4VCI 1.0 section 8.3.1", 0, credential },
	{ "ids.unknown", "ids that nobody has are answered alike", "RFC 9110 section 15.5.5", 0,
	  unknown_ids },
	{ "response.unknown", "an answer to no request is refused without a word why",
	  "OpenID4VP 1.0 section 14.3", 0, response },
	{ 0 },
};
