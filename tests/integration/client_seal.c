#include "client_seal.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "jose/jwe.h"

void seal_open(struct client *c, struct seal *s)
{
	struct reply r = ask_get(c, "/.well-known/openid-credential-issuer", NULL);
	const struct idr_json *jwk;
	struct idr_err err;

	must_answer(&r, 200);
	jwk = idr_json_at(idr_json_find(idr_json_find(idr_json_find(r.json, "credential_request_encryption"), "jwks"),
	    "keys"), 0);
	*s = (struct seal){ .kid = member(c, jwk, "kid"), .answer = key_new(c) };
	assert_string_equal(member(c, jwk, "alg"), "ECDH-ES");
	assert_true(idr_key_from_jwk(c->s, c->a, jwk, IDR_USE_ENCRYPT, &s->key, &err));
}

char *seal_body(struct client *c, const struct seal *s, const char *enc, const char *json)
{
	struct idr_bytes compact;
	struct idr_err err;

	assert_true(idr_jwe_seal(c->s, c->a, &s->key, idr_str(s->kid), enc, IDR_LIT(""), IDR_LIT(""), idr_str(json),
	    &compact, &err));
	return text_of(c, compact);
}

char *seal_answer(struct client *c, const struct seal *s, const char *more)
{
	return text(c, "{\"jwk\":%s,\"enc\":\"A256GCM\"%s}",
	    public_jwk(c, s->answer, "\"alg\":\"ECDH-ES\",\"use\":\"enc\",\"kid\":\"of the wallet\","), more);
}

char *seal_wish(struct client *c, const char *body, const char *encryption)
{
	return text(c, "%.*s,\"credential_response_encryption\":%s}", (int)strlen(body) - 1, body, encryption);
}

struct reply seal_ask(struct client *c, const char *path, const char *token, const struct idr_private *dpop_key,
    const char *type, const char *body)
{
	const struct dpop d = { .method = "POST", .url = text(c, "%s%s", c->server, path), .token = token };
	const char *const headers[] = { text(c, "Authorization: DPoP %s", token), dpop(c, dpop_key, &d), NULL };

	return ask(c, "POST", path, headers, type, idr_str(body));
}

const struct idr_json *seal_read(struct client *c, const struct seal *s, const struct reply *r)
{
	struct idr_bytes plain;
	struct idr_jwe jwe;
	struct idr_err err;

	assert_string_equal(header_of(c, r, "Content-Type"), "application/jwt");
	assert_true(idr_jwe_parse(c->s, c->a, r->body, r->body.n, &jwe, &err));
	assert_true(idr_bytes_is(jwe.kid, "of the wallet"));
	assert_true(idr_jwe_open(c->s, c->a, &jwe, s->answer, &plain, &err));
	return json_of(c, plain);
}
