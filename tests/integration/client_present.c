#include "client.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "jose/jwe.h"

static void must(bool ok, const struct idr_err *err)
{
	if (!ok)
		fail_msg("%s: %s", idr_code_name(err->code), err->msg);
}

/* ---- the request ---- */

static void read_payload(struct client *c, struct request *out)
{
	const struct idr_json *meta = idr_json_find(out->payload, "client_metadata");
	const struct idr_json *key = idr_json_first(idr_json_find(idr_json_find(meta, "jwks"), "keys"));
	const struct idr_json *queries = idr_json_find(idr_json_find(out->payload, "dcql_query"), "credentials");
	struct idr_err err;

	out->nonce = member(c, out->payload, "nonce");
	out->state = member(c, out->payload, "state");
	out->client_id = member(c, out->payload, "client_id");
	out->response_uri = member(c, out->payload, "response_uri");
	out->query = member(c, idr_json_first(queries), "id");
	for (const struct idr_json *q = idr_json_first(queries); q && !out->mdoc; q = idr_json_next(queries, q))
		if (idr_json_is_str(idr_json_find(q, "format"), "mso_mdoc"))
			out->mdoc = q;
	out->encrypted = idr_json_is_str(idr_json_find(out->payload, "response_mode"), "direct_post.jwt");
	out->kid = member(c, key, "kid");
	if (out->encrypted)
		must(idr_key_from_jwk(c->s, c->a, key, IDR_USE_ENCRYPT, &out->enc_key, &err), &err);
}

struct reply request_try(struct client *c, const char *header, const char *body, struct request *out)
{
	struct reply r = ask_json(c, "POST", "/v1/presentations", header, body);

	*out = (struct request){ .id = NULL };
	if (r.status != 201)
		return r;
	out->id = member(c, r.json, "id");
	out->uri = member(c, r.json, "request_uri");
	return ask_get(c, out->uri, NULL);
}

void request_read(struct client *c, const struct reply *r, struct request *out)
{
	struct idr_jws jws;
	struct idr_err err;

	must_answer(r, 200);
	assert_string_equal(header_of(c, r, "Content-Type"), "application/oauth-authz-req+jwt");
	must(idr_jws_parse(c->a, r->body, 256 * 1024, false, &jws, &err), &err);
	assert_true(idr_jws_typ_is(&jws, "oauth-authz-req+jwt"));
	must(idr_jwt_payload(c->a, &jws, &out->payload, &err), &err);
	read_payload(c, out);
}

void request_make(struct client *c, const char *header, const char *body, struct request *out)
{
	struct reply r = request_try(c, header, body, out);

	request_read(c, &r, out);
}

void request_bank(struct client *c, struct request *out)
{
	request_make(c, c->bank, "{\"policy\":\"bank-account\",\"flow\":\"cross_device\"}", out);
}

/* ---- the presentation ---- */

char *selected(struct client *c, const struct held *h, const char *paths)
{
	const struct idr_json *list = paths ? json_of(c, idr_str(paths)) : NULL, *path[64];
	struct idr_sdjwt_choice choice = { .path = path, .all = !paths };
	struct idr_bytes out;
	struct idr_err err;

	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v))
		path[choice.n_path++] = v;
	must(idr_sdjwt_select(c->s, c->a, h->credential, &choice, &out, &err), &err);
	return text_of(c, out);
}

char *bound(struct client *c, const struct held *h, const char *sdjwt, const struct request *q,
    const struct binding *b)
{
	char *header = text(c, "{\"alg\":\"%s\",\"typ\":\"%s\"}", b->alg ? b->alg : "ES256",
	    b->typ ? b->typ : "kb+jwt");
	char *claims = text(c, "\"x\":1");
	uint8_t hash[IDR_HASH_MAX];

	if (b->absent)
		return text(c, "%s", sdjwt);
	idr_suite_hash(c->s, IDR_SHA256, idr_str(sdjwt), hash);
	if (!b->no_sd_hash)
		claims = text(c, "%s,\"sd_hash\":\"%s\"", claims,
		    b->sd_hash ? b->sd_hash : base64url(c, idr_bytes(hash, 32)));
	if (!b->no_nonce)
		claims = text(c, "%s,\"nonce\":\"%s\"", claims, b->nonce ? b->nonce : q->nonce);
	if (!b->no_aud)
		claims = text(c, "%s,\"aud\":%s", claims, b->aud_json ? b->aud_json : text(c, "\"%s\"", q->client_id));
	if (b->iat_json)
		claims = text(c, "%s,\"iat\":%s", claims, b->iat_json);
	else if (!b->no_iat)
		claims = text(c, "%s,\"iat\":%lld", claims, (long long)(now_s() + b->iat_offset));
	if (b->payload_extra)
		claims = text(c, "%s,%s", claims, b->payload_extra);
	return text(c, "%s%s", sdjwt, jwt(c, b->no_signature ? NULL : b->signer ? b->signer : h->key, header,
	    text(c, "{%s}", claims)));
}

char *presentation(struct client *c, const struct held *h, const struct request *q)
{
	static const char paths[] = "[[\"full_name\"],[\"birthdate\"],[\"personal_administrative_number\"]]";
	const struct binding right = { .nonce = NULL };

	return bound(c, h, selected(c, h, paths), q, &right);
}

char *vp_token(struct client *c, const struct request *q, const char *one)
{
	return text(c, "{\"%s\":[\"%s\"]}", q->query, one);
}

/* ---- the response ---- */

/* RFC 7518 section 4.6: ECDH-ES, direct agreement. */
char *jwe_bytes(struct client *c, const struct idr_key *to, const char *header, const char *enc,
    struct idr_bytes plain)
{
	struct idr_private *mine = key_new(c);
	size_t n = plain.n, key_len = !strcmp(enc, "A256GCM") ? 32 : 16;
	char *protected_text, *epk = public_jwk(c, mine, NULL), *mark = strstr(header, "%s");
	uint8_t iv[12], tag[16], secret[32], *sealed;
	struct idr_secret z;
	struct idr_err err;

	if (mark)
		header = text(c, "%.*s%s%s", (int)(mark - header), header, epk, mark + 2);
	protected_text = base64url(c, idr_str(header));
	must(idr_private_agree(c->s, mine, to, &z, &err), &err);
	idr_concat_kdf(c->s, idr_secret_bytes(&z), enc, IDR_LIT(""), IDR_LIT(""), key_len, secret);
	idr_suite_random(c->s, iv, sizeof(iv));
	sealed = idr_arena_alloc(c->a, n + 1, &err);
	assert_true(sealed && idr_suite_gcm_seal(c->s, idr_bytes(secret, key_len), iv, idr_str(protected_text),
	    plain, sealed, tag));
	return text(c, "%s..%s.%s.%s", protected_text, base64url(c, idr_bytes(iv, 12)),
	    base64url(c, idr_bytes(sealed, n)), base64url(c, idr_bytes(tag, 16)));
}

char *jwe(struct client *c, const struct idr_key *to, const char *header, const char *enc, const char *plain)
{
	return jwe_bytes(c, to, header, enc, idr_str(plain));
}

char *jwe_right(struct client *c, const struct request *q, const char *plain)
{
	return jwe(c, &q->enc_key, text(c, "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"kid\":\"%s\",\"epk\":%%s}",
	    q->kid), "A128GCM", plain);
}

char *response_body(struct client *c, const struct request *q, const char *token)
{
	if (!q->encrypted)
		return text(c, "vp_token=%s&state=%s", escaped(c, token), q->state);
	return text(c, "response=%s", jwe_right(c, q,
	    text(c, "{\"vp_token\":%s,\"state\":\"%s\"}", token, q->state)));
}

struct reply respond(struct client *c, const struct request *q, const char *token)
{
	return ask_form(c, q->response_uri, NULL, response_body(c, q, token));
}

struct reply result_get(struct client *c, const char *header, const struct request *q)
{
	return ask_get(c, text(c, "/v1/presentations/%s", q->id), header);
}

void must_reject(struct client *c, const struct request *q, const char *token, const char *code)
{
	struct reply r = respond(c, q, token);

	must_fail(c, &r, 400, "invalid_request");
	assert_string_equal(member(c, r.json, "error_description"), "presentation rejected");
	r = result_get(c, c->bank, q);
	must_answer(&r, 200);
	if (strcmp(member(c, r.json, "code"), code) != 0 || strcmp(member(c, r.json, "state"), "rejected") != 0)
		fail_msg("not rejected with %s: %.300s", code, (const char *)r.body.p);
	/* no claim of a refused presentation reaches the relying party */
	assert_null(strstr((const char *)r.body.p, "\"claims\""));
}
