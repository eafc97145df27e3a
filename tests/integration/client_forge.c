#include "client.h"

#include <string.h>

#include "base/text.h"
#include "suite/pem.h"

/* Credentials by hand, with the issuer's own key: right but for the fault that a test puts in. */

enum { DAY = 86400 };

static struct idr_private *private_of(struct client *c, const char *name)
{
	struct idr_private *key;
	struct idr_err err;

	assert_true(idr_private_from_pem(c->s, file_of(c, text(c, "%s/%s.key", getenv("IDR_KEYS"), name)), &key, &err));
	return key;
}

static struct idr_bytes certificate_of(struct client *c, const char *name)
{
	struct idr_bytes der[4];
	struct idr_err err;
	size_t n;

	assert_true(idr_pem_certificates(c->a, file_of(c, text(c, "%s/%s.pem", getenv("IDR_KEYS"), name)), der, 4, &n,
	    &err));
	return der[0];
}

void forge_open(struct client *c, const char *person, struct forge *f)
{
	*f = (struct forge){ .issuer = private_of(c, "issuer"), .root = private_of(c, "root"),
		.issuer_der = certificate_of(c, "issuer"), .root_der = certificate_of(c, "root") };
	obtain(c, person, "pid.sdjwt", 1, &f->holder);
}

void forge_close(struct forge *f)
{
	idr_private_free(&f->issuer);
	idr_private_free(&f->root);
}

char *forge_x5c(struct client *c, const struct idr_bytes *der, size_t n)
{
	struct idr_buf b;

	idr_buf_init(&b, c->a, 4096, 256 * 1024);
	for (size_t i = 0; i < n; i++) {
		idr_buf_put_str(&b, i ? ",\"" : "\"");
		idr_b64_put(&b, der[i]);
		idr_buf_put_byte(&b, '"');
	}
	return text_of(c, idr_buf_bytes(&b));
}

char *forge_header(struct client *c, const struct forge *f, const char *alg, const char *typ, const char *more)
{
	return text(c, "{\"alg\":\"%s\",\"typ\":\"%s\",\"x5c\":[%s]%s}", alg, typ, forge_x5c(c, &f->issuer_der, 1), more);
}

char *forge_payload(struct client *c, const struct forge *f, const char *more)
{
	return text(c, "{\"iss\":\"%s\",\"vct\":\"urn:idrail:pid:1\",\"iat\":%lld,\"exp\":%lld,\"cnf\":{\"jwk\":%s},"
	    "\"status\":{\"status_list\":{\"idx\":%lld,\"uri\":\"%s\"}}%s}", c->server, (long long)now_s() - DAY,
	    (long long)now_s() + DAY, public_jwk(c, f->holder.key, NULL), (long long)f->holder.idx, f->holder.uri, more);
}

char *forge_credential(struct client *c, const struct forge *f, const char *more)
{
	return text(c, "%s~", jwt(c, f->issuer, forge_header(c, f, "ES256", "dc+sd-jwt", ""), forge_payload(c, f, more)));
}

char *forge_disclosure(struct client *c, const char *json)
{
	return base64url(c, idr_str(json));
}

char *forge_digest(struct client *c, const char *json)
{
	uint8_t hash[IDR_HASH_MAX];

	idr_suite_hash(c->s, IDR_SHA256, idr_str(forge_disclosure(c, json)), hash);
	return base64url(c, idr_bytes(hash, 32));
}

void must_judge(struct client *c, const char *what, const char *input, const char *code)
{
	struct reply r = ask_json(c, "POST", "/v1/verify", c->other, text(c, "{\"input\":\"%s\"}", input));
	bool valid = !strcmp(code, "ok");

	must_answer(&r, 200);
	if (strcmp(member(c, r.json, "code"), code) != 0)
		fail_msg("%s: not %s: %.300s", what, code, (const char *)r.body.p);
	assert_string_equal(member(c, r.json, "verdict"), valid ? "VALID" : "INVALID");
	assert_true(valid == (idr_json_find(r.json, "claims") != NULL));
	/* the clause that it breaks; limits are ours */
	if (!valid && strcmp(code, "limit") != 0 && !*member(c, r.json, "clause"))
		fail_msg("%s: no clause: %.300s", what, (const char *)r.body.p);
}
