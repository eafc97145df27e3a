#include "client_wallet.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "suite/pem.h"

static const char PROVIDER[] = "https://provider.example";

static const char *needed(const char *name)
{
	const char *v = getenv(name);

	if (!v || !*v)
		fail_msg("%s is not set: start this through tests/integration/run", name);
	return v;
}

static struct idr_private *private_of(struct client *c, const char *name)
{
	struct idr_bytes pem = file_of(c, text(c, "%s/%s", needed("IDR_PROVIDER"), name));
	struct idr_private *key;
	struct idr_err err;

	if (!idr_private_from_pem(c->s, pem, &key, &err))
		fail_msg("%s: %s", name, err.msg);
	c->key = realloc(c->key, (c->n_key + 1) * sizeof(struct idr_private *));
	return c->key[c->n_key++] = key;
}

static const char *challenge_now(struct client *c)
{
	struct reply r = ask(c, "POST", "/challenge", NULL, NULL, (struct idr_bytes){ NULL, 0 });

	must_answer(&r, 200);
	return member(c, r.json, "attestation_challenge");
}

void wallet_open(struct client *c, const char *client_id, struct wallet *out)
{
	static const struct { const char *client_id, *redirect_uri; } known[] = {
		{ "https://wallet.example", "https://wallet.example/cb" },
		{ "https://second.example", "https://second.example/cb?dummy1=lorem&dummy2=ipsum" },
		{ "https://stranger.example", "https://stranger.example/cb" },
		{ "plain-wallet", "https://plain.example/cb" }, { "open-wallet", "example.open.wallet:/cb" },
		{ "odd-wallet", "https://odd.example/cb" },
	};
	struct idr_bytes der[2];
	struct idr_err err;
	size_t n;

	*out = (struct wallet){ .client_id = client_id };
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].client_id, client_id))
			out->redirect_uri = known[i].redirect_uri;
	assert_non_null(out->redirect_uri);
	if (!strcmp(client_id, "plain-wallet"))
		out->own = private_of(c, "plain.key");
	if (strncmp(client_id, "https://", 8) != 0)
		return;
	out->attester = private_of(c, "attester.key");
	assert_true(idr_pem_certificates(c->a, file_of(c, text(c, "%s/attester.pem", needed("IDR_PROVIDER"))), der, 2, &n,
	    &err));
	out->attester_der = der[0];
	out->instance = key_new(c);
	out->dpop = key_new(c);
	out->challenge = text(c, "%s", challenge_now(c));
}

void wallet_new_instance(struct client *c, struct wallet *w)
{
	w->instance = key_new(c);
}

/* ---- client authentication ---- */

char *attestation(struct client *c, const struct wallet *w, const struct attestation *a)
{
	char *header = text(c, "\"alg\":\"%s\",\"typ\":\"%s\"", a->alg ? a->alg : "ES256",
	    a->typ ? a->typ : "oauth-client-attestation+jwt");
	char *claims = text(c, "\"iss\":\"%s\",\"cnf\":{\"jwk\":%s}", a->iss ? a->iss : PROVIDER,
	    a->cnf ? a->cnf : public_jwk(c, w->instance, NULL));

	if (!a->no_x5c)
		header = text(c, "%s,\"x5c\":[%s]", header, a->x5c ? forge_x5c(c, a->x5c, a->n_x5c) :
		    forge_x5c(c, &w->attester_der, 1));
	if (!a->sub_json)
		claims = text(c, "%s,\"sub\":\"%s\"", claims, w->client_id);
	else if (*a->sub_json)
		claims = text(c, "%s,\"sub\":%s", claims, a->sub_json);
	if (!a->no_exp)
		claims = text(c, "%s,\"exp\":%lld", claims, (long long)(now_s() + (a->exp_offset ? a->exp_offset : 300)));
	if (a->extra)
		claims = text(c, "%s,%s", claims, a->extra);
	return text(c, "OAuth-Client-Attestation: %s", jwt(c, a->no_signature ? NULL : a->signer ? a->signer :
	    w->attester, a->header ? a->header : text(c, "{%s}", header), a->payload ? a->payload :
	    text(c, "{%s}", claims)));
}

char *attestation_pop(struct client *c, const struct wallet *w, const struct pop *p)
{
	char *header = text(c, "{\"alg\":\"ES256\",\"typ\":\"%s\"}", p->typ ? p->typ :
	    "oauth-client-attestation-pop+jwt");
	char *claims = text(c, "\"iss\":\"%s\"", p->iss ? p->iss : w->client_id);

	if (!p->no_aud)
		claims = text(c, "%s,\"aud\":%s", claims, p->aud_json ? p->aud_json : text(c, "\"%s\"", c->server));
	if (!p->no_jti)
		claims = text(c, "%s,\"jti\":\"%s\"", claims, p->jti ? p->jti : unique(c));
	if (!p->no_iat)
		claims = text(c, "%s,\"iat\":%lld", claims, (long long)(now_s() + p->iat_offset));
	if (!p->no_challenge)
		claims = text(c, "%s,\"challenge\":%s", claims, p->challenge_json ? p->challenge_json :
		    text(c, "\"%s\"", w->challenge));
	if (p->extra)
		claims = text(c, "%s,%s", claims, p->extra);
	return text(c, "OAuth-Client-Attestation-PoP: %s", jwt(c, p->signer ? p->signer : w->instance, header,
	    text(c, "{%s}", claims)));
}

char *assertion(struct client *c, const struct wallet *w, const struct assertion *a)
{
	char *claims = text(c, "\"iss\":\"%s\",\"sub\":\"%s\",\"aud\":%s", a->iss ? a->iss : w->client_id,
	    a->sub ? a->sub : w->client_id, a->aud_json ? a->aud_json : text(c, "\"%s\"", c->server));

	if (!a->no_jti)
		claims = text(c, "%s,\"jti\":\"%s\"", claims, a->jti ? a->jti : unique(c));
	if (!a->no_exp)
		claims = text(c, "%s,\"exp\":%lld", claims, (long long)(now_s() + (a->exp_offset ? a->exp_offset : 120)));
	if (a->iat_offset)
		claims = text(c, "%s,\"iat\":%lld", claims, (long long)(now_s() + a->iat_offset));
	if (a->nbf_offset)
		claims = text(c, "%s,\"nbf\":%lld", claims, (long long)(now_s() + a->nbf_offset));
	return jwt(c, a->signer ? a->signer : w->own, "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"1\"}",
	    text(c, "{%s}", claims));
}

/* ---- requests ---- */

struct reply wallet_ask_with(struct client *c, const struct wallet *w, const char *path, const char *const *headers,
    const char *form)
{
	static const struct assertion right;

	if (w->own)
		form = text(c, "%s&client_assertion_type=urn%%3Aietf%%3Aparams%%3Aoauth%%3Aclient-assertion-type%%3A"
		    "jwt-bearer&client_assertion=%s", form, assertion(c, w, &right));
	return ask(c, "POST", path, headers, "application/x-www-form-urlencoded", idr_str(form));
}

struct reply wallet_ask(struct client *c, const struct wallet *w, const char *path, const char *form)
{
	static const struct attestation right;
	static const struct pop pop_right;
	const struct dpop d = { .method = "POST", .url = text(c, "%s%s", c->server, path),
		.nonce = w->nonce };
	const char *headers[4] = { NULL };
	size_t n = 0;

	if (w->instance) {
		headers[n++] = attestation(c, w, &right);
		headers[n++] = attestation_pop(c, w, &pop_right);
	}
	if (w->dpop)
		headers[n++] = dpop(c, w->dpop, &d);
	return wallet_ask_with(c, w, path, headers, form);
}

static char *challenge_of(struct client *c, const char *verifier)
{
	uint8_t hash[IDR_HASH_MAX];

	idr_suite_hash(c->s, IDR_SHA256, idr_str(verifier), hash);
	return base64url(c, idr_bytes(hash, 32));
}

char *push_form_without(struct client *c, struct wallet *w, const char *name, const char *more)
{
	const struct { const char *name, *value; } p[] = {
		{ "client_id", w->client_id }, { "response_type", "code" }, { "redirect_uri", w->redirect_uri },
		{ "scope", "pid.sdjwt" }, { "state", "af0ifjsldkj" }, { "code_challenge", challenge_of(c, w->verifier) },
		{ "code_challenge_method", "S256" },
	};
	char *form = text(c, "%s", "");

	for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++)
		if (!name || strcmp(name, p[i].name) != 0)
			form = text(c, "%s%s%s=%s", form, *form ? "&" : "", p[i].name, escaped(c, p[i].value));
	return text(c, "%s%s", form, more);
}

char *push_form(struct client *c, struct wallet *w, const char *more)
{
	uint8_t random[32];

	idr_suite_random(c->s, random, sizeof(random));
	snprintf(w->verifier, sizeof(w->verifier), "%s", base64url(c, idr_bytes(random, sizeof(random))));
	return push_form_without(c, w, NULL, more);
}

char *push(struct client *c, struct wallet *w, const char *more)
{
	struct reply r = wallet_ask(c, w, "/par", push_form(c, w, more));

	must_answer(&r, 201);
	return member(c, r.json, "request_uri");
}

char *authorization_url(struct client *c, const char *client_id, const char *scope, const char *more)
{
	struct wallet w;
	struct reply r;

	wallet_open(c, client_id, &w);
	(void)push_form(c, &w, "");
	r = wallet_ask(c, &w, "/par", push_form_without(c, &w, "scope", text(c, "&scope=%s%s", escaped(c, scope), more)));
	must_answer(&r, 201);
	return text(c, "/authorize?client_id=%s&request_uri=%s", escaped(c, client_id),
	    escaped(c, member(c, r.json, "request_uri")));
}

struct reply authorize(struct client *c, const char *client_id, const char *request_uri)
{
	return ask_get(c, text(c, "/authorize?client_id=%s&request_uri=%s", escaped(c, client_id),
	    escaped(c, request_uri)), NULL);
}

char *code_form(struct client *c, const struct wallet *w, const char *code, const char *more)
{
	return text(c, "grant_type=authorization_code&code=%s&redirect_uri=%s&code_verifier=%s%s", escaped(c, code),
	    escaped(c, w->redirect_uri), w->verifier, more);
}

struct reply code_token(struct client *c, struct wallet *w, const char *person, const char *more)
{
	char *uri = push(c, w, more);

	return wallet_ask(c, w, "/token", code_form(c, w, code_get(c, w, uri, person), ""));
}
