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

/* Lives as long as what it made. */
static struct client setup_client;
struct forge forge;

int forge_setup(void **state)
{
	struct client *c = &setup_client;

	(void)state;
	client_open(c);
	forge = (struct forge){ .issuer = private_of(c, "issuer"), .root = private_of(c, "root"),
		.issuer_der = certificate_of(c, "issuer"), .root_der = certificate_of(c, "root") };
	obtain(c, person_key(c, 30), "pid.sdjwt", 1, &forge.holder);
	obtain(c, person_key(c, 30), "pid.mdoc", 1, &forge.mdoc);
	return 0;
}

int forge_teardown(void **state)
{
	(void)state;
	idr_private_free(&forge.issuer);
	idr_private_free(&forge.root);
	client_close(&setup_client);
	return 0;
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

char *forge_header(struct client *c, const char *alg, const char *typ, const char *more)
{
	return text(c, "{\"alg\":\"%s\",\"typ\":\"%s\",\"x5c\":[%s]%s}", alg, typ, forge_x5c(c, &forge.issuer_der, 1), more);
}

char *forge_payload(struct client *c, const char *more)
{
	return text(c, "{\"iss\":\"%s\",\"vct\":\"urn:idrail:pid:1\",\"iat\":%lld,\"exp\":%lld,\"cnf\":{\"jwk\":%s},"
	    "\"status\":{\"status_list\":{\"idx\":%lld,\"uri\":\"%s\"}}%s}", c->server, (long long)now_s() - DAY,
	    (long long)now_s() + DAY, public_jwk(c, forge.holder.key, NULL), (long long)forge.holder.idx, forge.holder.uri, more);
}

char *forge_credential(struct client *c, const char *more)
{
	return text(c, "%s~", jwt(c, forge.issuer, forge_header(c, "ES256", "dc+sd-jwt", ""), forge_payload(c, more)));
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

/* The clauses that each code may cite here; limits are ours and cite none. */
static const struct { const char *code, *clause[4]; } cited[] = {
	{ "algorithm", { "RFC 9901 section 7.1 step 2a", "RFC 7518 section 3.6" } },
	{ "chain_expired", { "RFC 5280 section 6.1" } },
	{ "chain_order", { "HAIP 1.0 section 6.1.1", "RFC 5280 section 6.1", "RFC 7515 section 4.1.6" } },
	{ "chain_profile", { "HAIP 1.0 section 6.1.1", "ISO/IEC 18013-5 annex B.1", "RFC 5280 section 4.1" } },
	{ "crit", { "RFC 7515 section 4.1.11", "RFC 7797 section 6" } },
	{ "digest_repeated", { "RFC 9901 section 7.1 step 4" } },
	{ "disclosure_duplicate", { "RFC 9901 section 7.1" } },
	{ "disclosure_shape", { "RFC 9901 section 4.2", "RFC 9901 section 7.1 step 3" } },
	{ "disclosure_unreferenced", { "RFC 9901 section 7.1 step 5" } },
	{ "hash_alg", { "RFC 9901 section 4.1.1" } },
	{ "issuer_signature", { "RFC 9901 section 7.1 step 2b" } },
	{ "limit", { "" } },
	{ "malformed", { "RFC 7515 section 4.1.2", "RFC 7515 section 4.1.3", "RFC 7515 section 7.1" } },
	{ "name_collision", { "RFC 9901 section 7.1 step 3" } },
	{ "registered_claim_selectively_disclosed", { "draft-ietf-oauth-sd-jwt-vc section 2.2.2.3" } },
	{ "sd_structure", { "RFC 9901 section 7.1 step 3" } },
	{ "trust", { "draft-ietf-oauth-sd-jwt-vc section 2.5" } },
};

static bool may_cite(const char *code, const char *clause)
{
	for (size_t i = 0; i < sizeof(cited) / sizeof(cited[0]); i++)
		for (size_t k = 0; k < 4 && cited[i].clause[k]; k++)
			if (!strcmp(cited[i].code, code) && !strcmp(cited[i].clause[k], clause))
				return true;
	return false;
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
	if (!valid && !may_cite(code, member(c, r.json, "clause")))
		fail_msg("%s: %s does not cite \"%s\"", what, code, member(c, r.json, "clause"));
}
