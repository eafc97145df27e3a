#include "access/access.h"

#include "base/text.h"
#include "jose/jwt.h"
#include "sys/conf.h"

/* RFC 9449: the window without server nonces (issuing brief 10) */
enum { DPOP_MAX = 8192, DPOP_PAST_S = 60, DPOP_FUTURE_S = 30, JTI_MAX = 256, TOKEN_MAX = 512 };

static const char REF[] = "RFC 9449 section 4.3";

static bool bad(struct idr_err *err, const char *why)
{
	return idr_fail(err, IDR_INVALID_DPOP_PROOF, REF, "%s", why);
}

static bool scheme_is(struct idr_bytes h, const char *scheme, struct idr_bytes *rest)
{
	size_t n = strlen(scheme);

	if (h.n <= n + 1 || h.p[n] != ' ')
		return false;
	for (size_t i = 0; i < n; i++)
		if ((h.p[i] | 0x20) != (uint8_t)scheme[i])
			return false;
	*rest = idr_bytes_from(h, n + 1);
	return true;
}

bool access_bearer(struct flow_request *r, struct access_bearer *out, struct idr_err *err)
{
	struct idr_bytes h = http_header(r->http, "Authorization");
	size_t n = http_header_count(r->http, "Authorization");

	memset(out, 0, sizeof(*out));
	if (n == 0)
		return idr_fail(err, IDR_NO_TOKEN, "RFC 6750 section 3.1", "the request carries no access token");
	out->dpop = scheme_is(h, "dpop", &out->token);
	if (n > 1 || (!out->dpop && !scheme_is(h, "bearer", &out->token)) || out->token.n > TOKEN_MAX)
		return idr_fail(err, IDR_INVALID_TOKEN, "RFC 6750 section 2.1", "the access token is not usable");
	idr_suite_hash(r->suite, IDR_SHA256, out->token, out->hash);
	return true;
}

bool access_token_read(struct flow_request *r, struct access_bearer *out, struct reg_token_load *load,
    struct idr_err *err)
{
	if (!access_bearer(r, out, err))
		return false;
	memcpy(load->token_hash, out->hash, sizeof(load->token_hash));
	load->now = r->now;
	load->row.kind = &reg_token_load;
	r->row = &load->row;
	return true;
}

/* ---- htu: compared without query and fragment, scheme and host in any case, default port ---- */

struct url {
	struct idr_bytes scheme, host, port, path;
};

static bool split_url(struct idr_bytes in, struct url *u)
{
	const uint8_t *mark = in.n ? memmem(in.p, in.n, "://", 3) : NULL;
	struct idr_bytes rest;
	size_t end = 0, colon = SIZE_MAX;

	if (!mark)
		return false;
	u->scheme = idr_bytes(in.p, (size_t)(mark - in.p));
	rest = idr_bytes_from(in, u->scheme.n + 3);
	while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?' && rest.p[end] != '#') {
		if (rest.p[end] == ':')
			colon = end;
		else if (rest.p[end] == ']')
			colon = SIZE_MAX;
		end++;
	}
	u->host = idr_bytes_first(rest, colon < end ? colon : end);
	u->port = colon < end ? idr_bytes(rest.p + colon + 1, end - colon - 1) : IDR_LIT("");
	u->path = idr_bytes_from(rest, end);
	for (size_t i = 0; i < u->path.n; i++)
		if (u->path.p[i] == '?' || u->path.p[i] == '#')
			u->path.n = i;
	return u->host.n > 0;
}

static bool same_letters(struct idr_bytes a, struct idr_bytes b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		uint8_t x = a.p[i], y = b.p[i];

		if (x >= 'A' && x <= 'Z')
			x |= 0x20;
		if (y >= 'A' && y <= 'Z')
			y |= 0x20;
		if (x != y)
			return false;
	}
	return true;
}

static struct idr_bytes port_of(const struct url *u)
{
	if (u->port.n)
		return u->port;
	return same_letters(u->scheme, IDR_LIT("https")) ? IDR_LIT("443") : IDR_LIT("80");
}

static bool htu_is(struct idr_bytes htu, struct idr_bytes ours)
{
	struct url a, b;

	return split_url(htu, &a) && split_url(ours, &b) && same_letters(a.scheme, b.scheme) &&
	    same_letters(a.host, b.host) && idr_bytes_equal(port_of(&a), port_of(&b)) &&
	    idr_bytes_equal(a.path, b.path);
}

/* ---- the proof ---- */

static bool check_header(struct flow_request *r, const struct idr_jws *jws, struct idr_key *key,
    struct idr_err *err)
{
	struct idr_err why;

	if (!idr_jws_typ_is(jws, "dpop+jwt"))
		return bad(err, "the typ of the DPoP proof is not dpop+jwt");
	if (!idr_key_from_jwk(r->suite, r->arena, idr_json_find(jws->header, "jwk"), IDR_USE_VERIFY, key, &why))
		return bad(err, "the DPoP proof carries no usable public key");
	if (!idr_jws_verify(r->suite, jws, key, IDR_ALGS_HAIP, &why))
		return bad(err, "the signature of the DPoP proof does not match");
	return true;
}

static bool check_target(struct app *app, struct flow_request *r, const struct idr_json *payload,
    const char *path, struct idr_err *err)
{
	const struct idr_json *htm = idr_json_find(payload, "htm"), *htu = idr_json_find(payload, "htu");
	char *ours = idr_arena_printf(r->arena, err, "%s%s", app->conf->base_url, path);

	if (!ours)
		return false;
	if (!idr_json_is_str(htm, r->http->route->method == HTTP_POST ? "POST" : "GET"))
		return bad(err, "the DPoP proof was made for another method");
	if (!idr_json_is(htu, IDR_JSON_STRING) || !htu_is(htu->text, idr_str(ours)))
		return bad(err, "the DPoP proof was made for another address");
	return true;
}

/* implements: HAIP 4j */
static bool check_times(const struct idr_json *payload, int64_t now, int64_t *iat, struct idr_err *err)
{
	struct idr_times t;
	struct idr_err why;

	if (!idr_jwt_times(payload, &t, &why) || !t.has_iat)
		return bad(err, "the DPoP proof carries no usable iat");
	if (t.iat < now - DPOP_PAST_S || t.iat > now + DPOP_FUTURE_S)
		return bad(err, "the DPoP proof is too old or from the future");
	if (!idr_times_check(&t, now, DPOP_FUTURE_S, REF, &why))
		return bad(err, "the DPoP proof is outside its own validity");
	*iat = t.iat;
	return true;
}

static bool check_ath(const struct idr_json *payload,
    const struct access_bearer *bearer, struct idr_err *err)
{
	const struct idr_json *ath = idr_json_find(payload, "ath");
	uint8_t text[IDR_B64URL_LEN(32)];

	if (!bearer)
		return true;
	idr_b64url_encode(idr_bytes(bearer->hash, 32), text);
	if (!idr_json_is(ath, IDR_JSON_STRING) ||
	    !idr_equal_constant_time(ath->text, idr_bytes(text, sizeof(text))))
		return bad(err, "the DPoP proof was made for another access token");
	return true;
}

/* ---- server nonces (RFC 9449 sections 8 and 9): stateless; every one that has not expired is good ---- */

static const char NONCE[] = "dpop";

void access_dpop_nonce(struct app *app, struct flow_request *r)
{
	struct idr_err ignored;
	char *text;

	if (!app->conf->dpop_nonce_s || !(text = idr_arena_alloc(r->arena, NODE_NONCE_TEXT + 1, &ignored)))
		return;
	node_nonce_make(app->node, r->suite, NONCE, r->now + app->conf->dpop_nonce_s, text);
	http_reply_header(r->http, "DPoP-Nonce", text);
}

static bool check_nonce(struct app *app, struct flow_request *r, const struct idr_json *payload,
    struct idr_err *err)
{
	const struct idr_json *nonce = idr_json_find(payload, "nonce");
	int64_t life = app->conf->dpop_nonce_s, expiry;

	if (!life)
		return true;
	if (!idr_json_is(nonce, IDR_JSON_STRING) ||
	    !node_nonce_check(app->node, r->suite, NONCE, nonce->text, r->now, &expiry)) {
		access_dpop_nonce(app, r);
		return idr_fail(err, IDR_USE_DPOP_NONCE, "RFC 9449 section 8",
		    "the DPoP proof carries no nonce of ours, or an old one");
	}
	if (expiry - r->now < life / 2)
		access_dpop_nonce(app, r); /* before it is too late */
	return true;
}

struct reg_proof access_dpop_proof(const struct access_dpop *dpop)
{
	struct reg_proof p = { .present = dpop->present, .time = dpop->iat, .replayed = IDR_INVALID_DPOP_PROOF };

	memcpy(p.hash, dpop->jti_hash, sizeof(p.hash));
	return p;
}

/* implements: HAIP 4f */
bool access_dpop(struct app *app, struct flow_request *r, const char *path,
    const struct access_bearer *bearer, struct access_dpop *out, struct idr_err *err)
{
	size_t n = http_header_count(r->http, "DPoP");
	const struct idr_json *payload, *jti;
	struct idr_bytes part[2];
	struct idr_jws jws;
	struct idr_key key;
	struct idr_err why;

	memset(out, 0, sizeof(*out));
	if (n == 0)
		return true;
	if (n > 1)
		return bad(err, "there is more than one DPoP header");
	if (!idr_jws_parse(r->arena, http_header(r->http, "DPoP"), DPOP_MAX, true, &jws, &why) ||
	    !idr_jwt_payload(r->arena, &jws, &payload, &why))
		return bad(err, "the DPoP proof is not a well-formed JWT");
	if (!check_header(r, &jws, &key, err) || !check_target(app, r, payload, path, err) ||
	    !check_times(payload, r->now, &out->iat, err) || !check_ath(payload, bearer, err))
		return false;
	jti = idr_json_find(payload, "jti");
	if (!idr_json_is(jti, IDR_JSON_STRING) || jti->text.n == 0 || jti->text.n > JTI_MAX)
		return bad(err, "the DPoP proof carries no usable jti");
	if (!check_nonce(app, r, payload, err))
		return false;
	idr_key_thumbprint(r->suite, &key, out->jkt);
	part[0] = idr_bytes(out->jkt, 32);
	part[1] = jti->text;
	idr_suite_hash_parts(r->suite, IDR_SHA256, part, 2, out->jti_hash);
	out->present = true;
	return true;
}

/* implements: HAIP 4f */
bool access_bound(const struct reg_token_load *t, const struct access_bearer *bearer,
    const struct access_dpop *dpop, struct idr_err *err)
{
	if (!t->has_jkt) {
		if (bearer->dpop)
			return idr_fail(err, IDR_INVALID_TOKEN, "RFC 9449 section 7.1",
			    "the access token is not bound to a DPoP key");
		return true;
	}
	/* RFC 9449 section 7.2: a bound token is never accepted as a bearer token */
	if (!bearer->dpop)
		return idr_fail(err, IDR_INVALID_TOKEN, "RFC 9449 section 7.2",
		    "the access token is bound to a DPoP key");
	if (!dpop->present)
		return bad(err, "the DPoP proof is missing");
	if (!idr_equal_constant_time(idr_bytes(t->jkt, 32), idr_bytes(dpop->jkt, 32)))
		return bad(err, "the DPoP proof is signed by another key than the token's");
	return true;
}
