#include "client.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static const char GRANT[] = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Apre-authorized_code";

static void must(bool ok, const struct idr_err *err)
{
	if (!ok)
		fail_msg("%s: %s", idr_code_name(err->code), err->msg);
}

/* ---- JWT ---- */

struct idr_private *key_new(struct client *c)
{
	struct idr_private *key;
	struct idr_err err;

	must(idr_private_generate(c->s, IDR_P256, &key, &err), &err);
	c->key = realloc(c->key, (c->n_key + 1) * sizeof(struct idr_private *));
	if (!c->key)
		abort();
	return c->key[c->n_key++] = key;
}

char *jwt(struct client *c, const struct idr_private *key, const char *header, const char *payload)
{
	char *input = text(c, "%s.%s", base64url(c, idr_str(header)), base64url(c, idr_str(payload)));
	uint8_t signature[96];
	struct idr_err err;

	if (!key)
		return text(c, "%s.", input);
	must(idr_private_sign(c->s, key, idr_str(input), signature, &err), &err);
	return text(c, "%s.%s", input,
	    base64url(c, idr_bytes(signature, idr_alg_row(idr_private_alg(key))->signature_len)));
}

char *public_jwk(struct client *c, const struct idr_private *key, const char *extra)
{
	struct idr_buf b;

	idr_buf_init(&b, c->a, 256, 4096);
	idr_key_put_jwk(&b, idr_private_public(key), extra);
	return text_of(c, idr_buf_bytes(&b));
}

char *dpop(struct client *c, const struct idr_private *key, const struct dpop *d)
{
	char *header = text(c, "{\"alg\":\"ES256\",\"typ\":\"%s\",\"jwk\":%s}", d->typ ? d->typ : "dpop+jwt",
	    public_jwk(c, key, NULL));
	char *claims = text(c, "\"htm\":\"%s\",\"htu\":\"%s\"", d->method, d->url);
	uint8_t hash[IDR_HASH_MAX];

	if (!d->no_jti)
		claims = text(c, "%s,\"jti\":\"%s\"", claims, d->jti ? d->jti : unique(c));
	if (!d->no_iat)
		claims = text(c, "%s,\"iat\":%lld", claims, (long long)(now_s() + d->iat_offset));
	if (d->token && !d->no_ath) {
		idr_suite_hash(c->s, IDR_SHA256, idr_str(d->token), hash);
		claims = text(c, "%s,\"ath\":\"%s\"", claims, d->ath ? d->ath : base64url(c, idr_bytes(hash, 32)));
	}
	if (d->nonce)
		claims = text(c, "%s,\"nonce\":\"%s\"", claims, d->nonce);
	if (d->extra)
		claims = text(c, "%s,%s", claims, d->extra);
	return text(c, "DPoP: %s", jwt(c, key, d->header ? d->header : header,
	    d->payload ? d->payload : text(c, "{%s}", claims)));
}

char *dpop_faulty(struct client *c, size_t i, const char *url, const char *token, const struct idr_private *key)
{
	struct dpop d = { .method = "POST", .url = url, .token = token };
	const char *jwk = public_jwk(c, key, NULL);
	char *good = dpop(c, key, &d), *other = text(c, "%s", good);

	switch (i) {
	case 0: d.typ = "jwt"; break;
	case 1: d.method = "GET"; break;
	case 2: d.url = "https://elsewhere.example/token"; break;
	case 3: d.url = text(c, "%s/x", url); break;
	case 4: d.iat_offset = -75; break;
	case 5: d.iat_offset = 45; break;
	case 6: d.no_iat = true; break;
	case 7: d.no_jti = true; break;
	case 8: d.jti = ""; break;
	case 9: d.header = "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\"}"; break;
	case 10: d.header = text(c, "{\"alg\":\"none\",\"typ\":\"dpop+jwt\",\"jwk\":%s}", jwk); break;
	case 11: d.header = text(c, "{\"alg\":\"HS256\",\"typ\":\"dpop+jwt\",\"jwk\":%s}", jwk); break;
	case 12: d.header = text(c, "{\"typ\":\"dpop+jwt\",\"jwk\":%s}", jwk); break;
	case 13: d.header = text(c, "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"crit\":[\"x\"],\"x\":1,\"jwk\":%s}", jwk); break;
	case 14: d.header = text(c, "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":%s}",
	    public_jwk(c, key, "\"d\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\",")); break;
	case 15: d.header = text(c, "{\"alg\":\"ES256\",\"typ\":\"dpop+jwt\",\"jwk\":%s}",
	    public_jwk(c, key_new(c), NULL)); break; /* signed by another key than it shows */
	case 16: return text(c, "DPoP: not.a.jwt");
	case 17: return text(c, "%.*s", (int)(strrchr(good, '.') - good), good);
	case 18: other[strlen(other) - 10] = other[strlen(other) - 10] == 'A' ? 'B' : 'A'; return other;
	case 19: d.payload = "[]"; break;
	case 20: return text(c, "DPoP: %s%s", jwt(c, NULL, text(c,
	    "{\"alg\":\"none\",\"typ\":\"dpop+jwt\",\"jwk\":%s}", jwk), "{}"), "");
	default: return NULL;
	}
	return dpop(c, key, &d);
}

char *proof(struct client *c, const struct idr_private *key, const struct proof *p)
{
	char *header = text(c, "\"alg\":\"%s\",\"typ\":\"%s\"", p->alg ? p->alg : "ES256",
	    p->typ ? p->typ : "openid4vci-proof+jwt");
	char *claims = text(c, "\"aud\":%s", p->aud ? p->aud : text(c, "\"%s\"", c->server));

	if (!p->no_jwk)
		header = text(c, "%s,\"jwk\":%s", header, p->jwk ? p->jwk : public_jwk(c, key, NULL));
	if (p->header_extra)
		header = text(c, "%s,%s", header, p->header_extra);
	if (!p->iat)
		claims = text(c, "%s,\"iat\":%lld", claims, (long long)now_s());
	else if (*p->iat)
		claims = text(c, "%s,\"iat\":%s", claims, p->iat);
	if (p->nonce)
		claims = text(c, "%s,\"nonce\":\"%s\"", claims, p->nonce);
	if (p->payload_extra)
		claims = text(c, "%s,%s", claims, p->payload_extra);
	return jwt(c, p->no_signature ? NULL : p->signer ? p->signer : key, text(c, "{%s}", header),
	    text(c, "{%s}", claims));
}

/* ---- issuing ---- */

void offer_make(struct client *c, const char *person, const char *configurations, const char *tx,
    struct offer *out)
{
	char *body = text(c, "{\"person\":\"%s\",\"configurations\":%s%s%s}", person, configurations,
	    tx ? ",\"tx_code\":" : "", tx ? tx : "");
	struct reply r = ask_json(c, "POST", text(c, "%s/admin/v1/offers", c->admin), c->officer, body);
	const struct idr_json *grants, *grant;

	must_answer(&r, 201);
	grants = idr_json_find(idr_json_find(r.json, "credential_offer"), "grants");
	grant = idr_json_find(grants, "urn:ietf:params:oauth:grant-type:pre-authorized_code");
	*out = (struct offer){ .id = member(c, r.json, "offer_id"), .uri = member(c, r.json, "credential_offer_uri"),
		.code = grant ? member(c, grant, "pre-authorized_code") : member(c, idr_json_find(grants,
		    "authorization_code"), "issuer_state"), .tx_code = member(c, r.json, "tx_code"),
		.link = member(c, r.json, "link_by_reference") };
	assert_true(strlen(out->code) >= 22);
}

char *token_body(struct client *c, const struct offer *o)
{
	return text(c, "grant_type=%s&pre-authorized_code=%s%s%s", GRANT, o->code, *o->tx_code ? "&tx_code=" : "",
	    o->tx_code);
}

char *token_get(struct client *c, const struct offer *o, const struct idr_private *key)
{
	const struct dpop d = { .method = "POST", .url = text(c, "%s/token", c->server) };
	struct reply r = ask_form(c, "/token", key ? dpop(c, key, &d) : NULL, token_body(c, o));

	must_answer(&r, 200);
	return member(c, r.json, "access_token");
}

char *nonce_get(struct client *c)
{
	struct reply r = ask(c, "POST", "/nonce", NULL, NULL, (struct idr_bytes){ NULL, 0 });

	must_answer(&r, 200);
	return member(c, r.json, "c_nonce");
}

char *credential_body(struct client *c, const char *configuration, struct idr_private *const *key,
    size_t n, const char *nonce)
{
	const struct proof p = { .nonce = nonce };
	char *list = text(c, "%s", "");

	for (size_t i = 0; i < n; i++)
		list = text(c, "%s%s\"%s\"", list, i ? "," : "", proof(c, key[i], &p));
	return text(c, "{\"credential_configuration_id\":\"%s\",\"proofs\":{\"jwt\":[%s]}}", configuration, list);
}

struct reply credential_ask(struct client *c, const char *token, const struct idr_private *dpop_key,
    const char *body)
{
	const struct dpop d = { .method = "POST", .url = text(c, "%s/credential", c->server), .token = token };
	const char *const headers[] = {
		text(c, "Authorization: %s %s", dpop_key ? "DPoP" : "Bearer", token),
		dpop_key ? dpop(c, dpop_key, &d) : NULL, NULL
	};

	return ask(c, "POST", "/credential", headers, "application/json", idr_str(body));
}

void held_read(struct client *c, struct idr_bytes credential, struct held *out)
{
	const struct idr_json *status;
	struct idr_bytes ignored;
	struct idr_sdjwt j;
	struct idr_err err;

	out->credential = credential;
	must(idr_sdjwt_parse(c->a, credential, &j, &err), &err);
	must(idr_sdjwt_process(c->s, c->a, &j, &out->claims, &ignored, &err), &err);
	status = idr_json_find(idr_json_find(out->claims, "status"), "status_list");
	out->idx = number(status, "idx");
	out->uri = member(c, status, "uri");
}

void obtain(struct client *c, const char *person, const char *configuration, size_t n, struct held *out)
{
	struct idr_private *dpop_key = key_new(c), *key[20];
	const struct idr_json *list;
	struct offer o;
	struct reply r;
	char *token;

	offer_make(c, person, text(c, "[\"%s\"]", configuration), NULL, &o);
	token = token_get(c, &o, dpop_key);
	for (size_t i = 0; i < n; i++)
		out[i].key = key[i] = key_new(c);
	r = credential_ask(c, token, dpop_key, credential_body(c, configuration, key, n, nonce_get(c)));
	must_answer(&r, 200);
	list = idr_json_find(r.json, "credentials");
	assert_true(idr_json_is(list, IDR_JSON_ARRAY) && list->n == n);
	for (size_t i = 0; i < n; i++) {
		struct idr_bytes one = idr_json_find(idr_json_at(list, i), "credential")->text;

		(strstr(configuration, ".mdoc") ? mdoc_read : held_read)(c, one, &out[i]);
	}
}

/* ---- people ---- */

static const struct idr_json *person_line(struct client *c, size_t i)
{
	struct idr_bytes all = file_of(c, "schema/samples/people.ndjson"), line = all;

	for (;; i--) {
		size_t end = idr_bytes_index(all, 0, '\n');

		line = idr_bytes_first(all, end);
		if (i == 0)
			return json_of(c, line);
		assert_true(end != SIZE_MAX);
		all = idr_bytes_from(all, end + 1);
	}
}

char *person_key(struct client *c, size_t i)
{
	return member(c, person_line(c, i), "key");
}

const struct idr_json *person_claims(struct client *c, size_t i)
{
	return idr_json_find(person_line(c, i), "claims");
}

size_t credential_ids(struct client *c, const char *person, int64_t *out, size_t max)
{
	struct reply r = ask_json(c, "POST", text(c, "%s/admin/v1/people/find", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\",\"reason\":\"revocation\"}", person));
	const struct idr_json *list = idr_json_find(r.json, "credentials");
	size_t n = 0;

	must_answer(&r, 200);
	for (const struct idr_json *v = idr_json_first(list); v && n < max; v = idr_json_next(list, v))
		out[n++] = number(v, "credential_id");
	return n;
}

struct reply status_put(struct client *c, int64_t credential, const char *status, const char *reason)
{
	return ask_json(c, "PUT", text(c, "%s/admin/v1/credentials/%lld/status", c->admin, (long long)credential),
	    c->officer, text(c, "{\"status\":\"%s\",\"reason\":\"%s\"}", status, reason));
}
