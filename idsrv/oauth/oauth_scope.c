#include "base/text.h"
#include "oauth/oauth.h"
#include "sys/conf.h"

/* What a wallet asks for, by scope or by authorization_details: credential configurations either way. */

enum { LIST_MAX = 4096, DETAILS_MAX = 32 * 1024, CLAIMS_MAX = 256 };

static bool is_known(struct flow_request *r, struct idr_bytes id)
{
	const struct idr_type *type;
	enum idr_format format;

	return rules_configuration(r->rules, id, &type, &format);
}

static void add(struct idr_buf *b, struct idr_bytes word)
{
	if (idr_word_find(idr_buf_bytes(b), word))
		return;
	if (b->n)
		idr_buf_put_byte(b, ' ');
	idr_buf_put(b, word);
}

/*
 * OpenID4VCI 1.0 section 5.1.2: a scope that is not known is ignored
 * implements: VCI 5.1.2a, VCI 5.1.2b
 * implements: HAIP 4.3b
 */
bool oauth_scope(struct flow_request *r, struct idr_bytes scope, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_bytes word;
	struct idr_buf b;

	idr_buf_init(&b, r->arena, 64, LIST_MAX);
	while (idr_word_next(&scope, &word))
		if (is_known(r, word))
			add(&b, word);
	return idr_buf_done(&b, out, err);
}

static bool bad(struct idr_err *err, const char *why)
{
	return idr_fail(err, IDR_INVALID_AUTHORIZATION_DETAILS, "RFC 9396 section 5", "%s", why);
}

/* Texts, nulls and whole numbers from 0. implements: VCI Ca */
static bool is_path(const struct idr_json *path)
{
	int64_t place;

	if (!idr_json_is(path, IDR_JSON_ARRAY) || path->n == 0)
		return false;
	for (const struct idr_json *v = idr_json_first(path); v; v = idr_json_next(path, v))
		if (v->type != IDR_JSON_STRING && v->type != IDR_JSON_NULL && (!idr_json_int(v, &place) || place < 0))
			return false;
	return true;
}

/*
 * The same claim, one element beside all of them, or an object that would be an array too.
 * implements: VCI B.3a
 */
static bool contradict(const struct idr_json *a, const struct idr_json *b)
{
	const struct idr_json *x = idr_json_first(a), *y = idr_json_first(b);

	while (x && y && idr_json_equal(x, y)) {
		x = idr_json_next(a, x);
		y = idr_json_next(b, y);
	}
	return x && y ? x->type != y->type : !x && !y;
}

/*
 * Which claims are wished for changes nothing here; that the wish makes sense is looked at all the same.
 * implements: VCI B.1a
 */
static bool check_claims(const struct idr_json *claims)
{
	if (!claims)
		return true;
	if (claims->type != IDR_JSON_ARRAY || claims->n == 0 || claims->n > CLAIMS_MAX)
		return false;
	for (const struct idr_json *v = idr_json_first(claims); v; v = idr_json_next(claims, v)) {
		if (!is_path(idr_json_find(v, "path")))
			return false;
		for (const struct idr_json *w = idr_json_first(claims); w != v; w = idr_json_next(claims, w))
			if (contradict(idr_json_find(w, "path"), idr_json_find(v, "path")))
				return false;
	}
	return true;
}

static bool names_us(const struct idr_json *locations, const char *us)
{
	if (!locations)
		return true;
	for (const struct idr_json *v = idr_json_first(locations); v; v = idr_json_next(locations, v))
		if (idr_json_is_str(v, us))
			return true;
	return false;
}

/* OpenID4VCI 1.0 section 5.1.1; members that are not known are ignored. implements: VCI 5.1.1a */
static bool one_detail(struct app *app, struct flow_request *r, const struct idr_json *v, struct idr_buf *b,
    struct idr_err *err)
{
	const struct idr_json *id = idr_json_find(v, "credential_configuration_id");

	if (!idr_json_is(v, IDR_JSON_OBJECT) || !idr_json_is_str(idr_json_find(v, "type"), "openid_credential"))
		return bad(err, "an authorization detail is not of type openid_credential");
	if (!idr_json_is(id, IDR_JSON_STRING) || !is_known(r, id->text))
		return bad(err, "an authorization detail names no known credential_configuration_id");
	if (!check_claims(idr_json_find(v, "claims")))
		return bad(err, "the claims of an authorization detail are malformed");
	if (!names_us(idr_json_find(v, "locations"), app->conf->base_url))
		return bad(err, "the locations of an authorization detail do not name this issuer");
	add(b, id->text);
	return true;
}

bool oauth_details(struct app *app, struct flow_request *r, struct idr_bytes json, struct idr_bytes *out,
    struct idr_err *err)
{
	const struct idr_json *list, *v;
	struct idr_err why;
	struct idr_buf b;

	*out = IDR_LIT("");
	if (!json.p)
		return true;
	if (!idr_json_parse(r->arena, json, DETAILS_MAX, &list, &why) || list->type != IDR_JSON_ARRAY ||
	    list->n == 0 || list->n > OAUTH_CONFIGURATIONS_MAX)
		return bad(err, "authorization_details is not a JSON array of 1 to 16 objects");
	idr_buf_init(&b, r->arena, 64, LIST_MAX);
	for (v = idr_json_first(list); v; v = idr_json_next(list, v))
		if (!one_detail(app, r, v, &b, err))
			return false;
	return idr_buf_done(&b, out, err);
}

bool oauth_join(struct flow_request *r, struct idr_bytes a, struct idr_bytes b, bool only_common,
    struct idr_bytes *out, struct idr_err *err)
{
	struct idr_bytes word;
	struct idr_buf list;

	idr_buf_init(&list, r->arena, 64, LIST_MAX);
	if (!only_common)
		idr_buf_put(&list, a);
	while (idr_word_next(&b, &word))
		if (!only_common || idr_word_find(a, word))
			add(&list, word);
	return idr_buf_done(&list, out, err);
}

/*
 * OpenID4VCI 1.0 section 6.2. One dataset a configuration, so its identifier stays the same.
 * implements: VCI 6.2a
 */
void oauth_put_details(struct idr_jw *w, struct idr_bytes detailed)
{
	struct idr_bytes id;

	idr_jw_name(w, "authorization_details");
	idr_jw_open(w, '[');
	while (idr_word_next(&detailed, &id)) {
		char text[256];
		struct idr_buf b;

		idr_buf_fixed(&b, text, sizeof(text));
		idr_buf_put(&b, id);
		idr_buf_put_str(&b, RULES_IDENTIFIER_SUFFIX);
		idr_jw_open(w, '{');
		idr_jw_put_cstr(w, "type", "openid_credential");
		idr_jw_put_str(w, "credential_configuration_id", id);
		idr_jw_name(w, "credential_identifiers");
		idr_jw_open(w, '[');
		idr_jw_str(w, b.failed ? id : idr_buf_bytes(&b));
		idr_jw_close(w, ']');
		idr_jw_close(w, '}');
	}
	idr_jw_close(w, ']');
}

bool oauth_has_code_grant(const struct flow_request *r)
{
	return r->rules->clients.n_client > 0;
}

void oauth_secret(struct flow_request *r, uint8_t text[OAUTH_SECRET_TEXT], uint8_t hash[32])
{
	uint8_t random[OAUTH_SECRET_BYTES];

	idr_suite_random(r->suite, random, sizeof(random));
	idr_b64url_encode(idr_bytes(random, sizeof(random)), text);
	idr_suite_hash(r->suite, IDR_SHA256, idr_bytes(text, OAUTH_SECRET_TEXT), hash);
}

bool oauth_read_32(struct flow_request *r, struct idr_bytes text, uint8_t out[32])
{
	struct idr_bytes raw;
	struct idr_err why;

	if (text.n != OAUTH_SECRET_TEXT || !idr_b64url_decode(r->arena, text, &raw, &why) || raw.n != 32)
		return false;
	memcpy(out, raw.p, 32);
	return true;
}
