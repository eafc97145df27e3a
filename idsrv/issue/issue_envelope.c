#include "issue/issue_envelope.h"

#include <stdio.h>

#include "flow/flow_reply.h"
#include "jose/jwe.h"
#include "sys/conf.h"
#include "sys/node.h"

/* OpenID4VCI 1.0 sections 8.2, 8.3.1.1, 10 */

enum { KID_MAX = 32, WALLET_KID_MAX = 256, TRIES = 8 };
static const char KID[] = "request-";
static const char *const ENC[] = { "A256GCM", "A128GCM" };

static bool bad(struct idr_err *err, const char *why)
{
	return idr_fail(err, IDR_INVALID_ENCRYPTION_PARAMETERS, "OpenID4VCI 1.0 section 8.2", "%s", why);
}

/* ---- the keys we publish ---- */

/* A scalar is out of range once in 2^32: then the next one is taken, by every node alike. */
bool issue_envelope_key(const struct node *n, struct idr_suite *s, int64_t day, struct idr_private **out,
    struct idr_err *err)
{
	struct idr_secret d = { .n = 0 };
	bool ok = false;
	char info[64];

	for (int i = 0; i < TRIES && !ok; i++) {
		int len = snprintf(info, sizeof(info), "credential request %lld %d", (long long)day, i);

		ok = node_key(n, s, idr_bytes(info, (size_t)len), &d, err) &&
		    idr_private_from_scalar(s, IDR_P256, idr_secret_bytes(&d), out, err);
	}
	idr_secret_clear(&d);
	return ok;
}

static void put_kid(int64_t day, char out[KID_MAX])
{
	snprintf(out, KID_MAX, "%s%lld", KID, (long long)day);
}

/* Yesterday's is in somebody's cache; tomorrow's is published by a node whose clock is ahead. */
bool issue_envelope_day(struct idr_bytes kid, int64_t now, int64_t *day)
{
	int64_t today = now / ISSUE_ENVELOPE_PERIOD;
	char text[KID_MAX];

	for (int64_t d = today - 1; d <= today + 1; d++) {
		put_kid(d, text);
		if (idr_bytes_is(kid, text)) {
			*day = d;
			return true;
		}
	}
	return false;
}

static void put_list(struct idr_jw *w, const char *name, const char *const *value, size_t n)
{
	idr_jw_name(w, name);
	idr_jw_open(w, '[');
	for (size_t i = 0; i < n; i++)
		idr_jw_cstr(w, value[i]);
	idr_jw_close(w, ']');
}

/* implements: VCI 10b, VCI 12.2.4c */
static bool put_jwks(struct app *app, struct flow_request *r, struct idr_jw *w, struct idr_err *err)
{
	int64_t day = r->now / ISSUE_ENVELOPE_PERIOD;
	struct idr_private *key = NULL;
	char kid[KID_MAX], extra[KID_MAX + 64];
	struct idr_buf b;

	if (!issue_envelope_key(app->node, r->suite, day, &key, err))
		return false;
	put_kid(day, kid);
	snprintf(extra, sizeof(extra), "\"kid\":\"%s\",\"alg\":\"ECDH-ES\",\"use\":\"enc\",", kid);
	idr_buf_init(&b, r->arena, 256, 1024);
	idr_key_put_jwk(&b, idr_private_public(key), extra);
	idr_private_free(&key);
	idr_jw_name(w, "jwks");
	idr_jw_open(w, '{');
	idr_jw_name(w, "keys");
	idr_jw_open(w, '[');
	idr_jw_raw(w, idr_buf_bytes(&b));
	idr_jw_close(w, ']');
	idr_jw_close(w, '}');
	return true;
}

/* implements: VCI 12.2.4c, VCI 12.2.4d */
bool issue_envelope_put(struct app *app, struct flow_request *r, struct idr_jw *w, struct idr_err *err)
{
	static const char *const alg[] = { "ECDH-ES" }, *const zip[] = { "DEF" };

	idr_jw_name(w, "credential_request_encryption");
	idr_jw_open(w, '{');
	if (!put_jwks(app, r, w, err))
		return false;
	put_list(w, "enc_values_supported", ENC, 2);
	idr_jw_put_bool(w, "encryption_required", app->conf->encryption_required);
	idr_jw_close(w, '}');
	idr_jw_name(w, "credential_response_encryption");
	idr_jw_open(w, '{');
	put_list(w, "alg_values_supported", alg, 1);
	put_list(w, "enc_values_supported", ENC, 2);
	put_list(w, "zip_values_supported", zip, 1);
	idr_jw_put_bool(w, "encryption_required", app->conf->encryption_required);
	idr_jw_close(w, '}');
	return true;
}

/* ---- the request ---- */

/* implements: VCI 10b */
static bool open_jwe(struct app *app, struct flow_request *r, struct idr_bytes *plain, struct idr_err *err)
{
	struct idr_private *key = NULL;
	struct idr_jwe jwe;
	int64_t day;
	bool ok;

	if (!idr_jwe_parse(r->suite, r->arena, r->http->body, r->http->route->body_max, &jwe, err))
		return false;
	if (!jwe.kid.p || !issue_envelope_day(jwe.kid, r->now, &day))
		return bad(err, "the request is not encrypted to a key of the metadata in force");
	if (!issue_envelope_key(app->node, r->suite, day, &key, err))
		return false;
	ok = idr_jwe_open(r->suite, r->arena, &jwe, key, plain, err);
	idr_private_free(&key);
	return ok;
}

/* Whatever is wrong inside, the sender reads the same sentence. */
static bool decrypt(struct app *app, struct flow_request *r, struct idr_bytes *plain, struct idr_err *err)
{
	struct idr_err why;

	if (open_jwe(app, r, plain, &why))
		return true;
	if (why.code == IDR_DECRYPT)
		return bad(err, "the encrypted request cannot be opened");
	*err = why;
	return false;
}

/* implements: VCI 8.2i */
bool issue_envelope_open(struct app *app, struct flow_request *r, struct issue_envelope *out,
    const struct idr_json **body, struct idr_err *err)
{
	struct idr_bytes plain = r->http->body;
	struct idr_err why;

	memset(out, 0, sizeof(*out));
	out->sealed = idr_bytes_is(http_content_type(r->http), "application/jwt");
	if (out->sealed && !decrypt(app, r, &plain, err))
		return false;
	if (!out->sealed && app->conf->encryption_required)
		return bad(err, "requests must be encrypted here");
	if (!idr_json_parse(r->arena, plain, r->http->route->body_max, body, &why) ||
	    (*body)->type != IDR_JSON_OBJECT)
		return idr_fail(err, IDR_INVALID_CREDENTIAL_REQUEST, "OpenID4VCI 1.0 section 8.2",
		    "the body is not one strict JSON object");
	return true;
}

/* ---- what the response is to be sealed to ---- */

static bool read_enc(const struct idr_json *v, struct issue_envelope *e)
{
	for (size_t i = 0; i < sizeof(ENC) / sizeof(ENC[0]); i++)
		if (idr_json_is_str(v, ENC[i]))
			e->enc = ENC[i];
	return e->enc != NULL;
}

/* implements: VCI 10c */
static bool read_jwk(struct flow_request *r, const struct idr_json *jwk, struct issue_envelope *e,
    struct idr_err *err)
{
	const struct idr_json *kid = idr_json_find(jwk, "kid");
	struct idr_err why;

	if (!idr_json_is_str(idr_json_find(jwk, "alg"), "ECDH-ES"))
		return bad(err, "the alg of the response key is not ECDH-ES");
	if (!idr_key_from_jwk(r->suite, r->arena, jwk, IDR_USE_ENCRYPT, &e->key, &why) ||
	    e->key.curve != IDR_P256)
		return bad(err, "the response key is no public key on P-256");
	if (kid && (kid->type != IDR_JSON_STRING || kid->text.n > WALLET_KID_MAX))
		return bad(err, "the kid of the response key is no short text");
	if (kid)
		e->kid = kid->text;
	return true;
}

/* implements: VCI 8.2d, VCI 8.2k */
bool issue_envelope_read(struct app *app, struct flow_request *r, const struct idr_json *body,
    struct issue_envelope *e, struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(body, "credential_response_encryption"), *zip;

	if (!v)
		return !app->conf->encryption_required || bad(err, "responses must be encrypted here");
	if (v->type != IDR_JSON_OBJECT)
		return bad(err, "credential_response_encryption is not an object");
	if (!e->sealed)
		return bad(err, "an encrypted response is given to an encrypted request only");
	zip = idr_json_find(v, "zip");
	if (!read_enc(idr_json_find(v, "enc"), e))
		return bad(err, "the enc of the response is not one of the metadata");
	if (zip && !idr_json_is_str(zip, "DEF"))
		return bad(err, "the zip of the response is not one of the metadata");
	e->zip = zip != NULL;
	e->wanted = true;
	return read_jwk(r, idr_json_find(v, "jwk"), e, err);
}

/* implements: VCI 8.2e, VCI 8.3c, VCI 8.3d, VCI 10a */
bool issue_envelope_reply(struct flow_request *r, const struct issue_envelope *e, unsigned status,
    const struct idr_buf *json, struct idr_err *err)
{
	const struct idr_jwe_make m = { .key = &e->key, .kid = e->kid, .enc = e->enc, .zip = e->zip };
	struct idr_bytes plain, jwe;

	if (!e->wanted)
		return flow_reply_json(r, status, json, err);
	if (!idr_buf_done(json, &plain, err) ||
	    !idr_jwe_make(r->suite, r->arena, &m, plain, &jwe, err))
		return false;
	http_reply(r->http, status, "application/jwt", jwe);
	return true;
}
