/* What the signer child signs and what it refuses: it reads the bytes itself and believes no one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "codec/cbor_write.h"
#include "cose/sign1.h"
#include "jose/jws.h"
#include "signer_scene.h"

#define LIST "\"status\":{\"status_list\":{\"idx\":7,\"uri\":\"" BASE "/statuslists/1\"}}"
#define TIMES "\"iat\":1000000000,\"exp\":1031536000"
#define PID "\"vct\":\"urn:idrail:pid:1\""
#define CNF "\"cnf\":{\"jwk\":{}}"

static void judge(struct scene *x, enum signer_purpose purpose, struct idr_bytes tbs, bool signs)
{
	struct idr_err err = { .code = IDR_OK };
	bool ok = signer_policy_check(x->k.a, &x->p, purpose, tbs, &err);

	if (ok != signs)
		fail_msg("%s: %s", ok ? "signed" : "refused", ok ? "should be refused" : err.msg);
	if (!ok)
		assert_int_equal(err.code, IDR_SIGNER_REFUSED);
}

static void jws(struct scene *x, enum signer_purpose purpose, const char *typ, const char *payload, bool signs)
{
	struct idr_bytes tbs;
	struct idr_err err;
	char header[128];

	snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"typ\":\"%s\"}", typ);
	assert_true(idr_jws_build(x->k.a, idr_str(header), idr_str(payload), &tbs, &err));
	judge(x, purpose, tbs, signs);
}

/* ---- credentials ---- */

static void signs_a_credential_of_a_type_in_force(void **state)
{
	jws(*state, SIGNER_SDJWT, "dc+sd-jwt", "{" PID "," TIMES "," CNF "," LIST "}", true);
}

static void refuses_another_typ(void **state)
{
	static const char *const typ[] = { "JWT", "dc+sd-jwt ", "vc+sd-jwt", "kb+jwt", "statuslist+jwt", "" };

	for (size_t i = 0; i < sizeof(typ) / sizeof(typ[0]); i++)
		jws(*state, SIGNER_SDJWT, typ[i], "{" PID "," TIMES "," CNF "," LIST "}", false);
}

static void refuses_an_unknown_type(void **state)
{
	jws(*state, SIGNER_SDJWT, "dc+sd-jwt", "{\"vct\":\"urn:idrail:passport:1\"," TIMES "," CNF "," LIST "}", false);
	jws(*state, SIGNER_SDJWT, "dc+sd-jwt", "{\"vct\":1," TIMES "," CNF "," LIST "}", false);
	jws(*state, SIGNER_SDJWT, "dc+sd-jwt", "{" TIMES "," CNF "," LIST "}", false);
	jws(*state, SIGNER_SDJWT, "dc+sd-jwt", "{" PID "," PID "," TIMES "," CNF "," LIST "}", false);
}

/* pid lives 365 days; one is rounded down and one up */
static void refuses_a_life_longer_than_the_types(void **state)
{
	char payload[512];

	for (int day = 360; day < 380; day++) {
		snprintf(payload, sizeof(payload), "{" PID ",\"iat\":1000000000,\"exp\":%lld," CNF "," LIST "}",
		    1000000000LL + day * 86400LL);
		jws(*state, SIGNER_SDJWT, "dc+sd-jwt", payload, day <= 367);
	}
	jws(*state, SIGNER_SDJWT, "dc+sd-jwt", "{" PID ",\"iat\":1000000000," CNF "," LIST "}", false);
	jws(*state, SIGNER_SDJWT, "dc+sd-jwt", "{" PID ",\"exp\":1000000000," CNF "," LIST "}", false);
	jws(*state, SIGNER_SDJWT, "dc+sd-jwt", "{" PID ",\"iat\":2,\"exp\":1," CNF "," LIST "}", false);
	jws(*state, SIGNER_SDJWT, "dc+sd-jwt", "{" PID ",\"iat\":0,\"exp\":9223372036854775807," CNF "," LIST "}", false);
	jws(*state, SIGNER_SDJWT, "dc+sd-jwt", "{" PID ",\"iat\":-1,\"exp\":5," CNF "," LIST "}", false);
}

static void refuses_a_credential_without_holder_or_status(void **state)
{
	jws(*state, SIGNER_SDJWT, "dc+sd-jwt", "{" PID "," TIMES "," LIST "}", false);
	jws(*state, SIGNER_SDJWT, "dc+sd-jwt", "{" PID "," TIMES "," CNF "}", false);
	jws(*state, SIGNER_SDJWT, "dc+sd-jwt", "{" PID "," TIMES "," CNF ",\"status\":1}", false);
	jws(*state, SIGNER_SDJWT, "dc+sd-jwt", "{" PID "," TIMES "," CNF ",\"status\":{}}", false);
}

/* Revocable at a list of someone else is not revocable. */
static void refuses_a_credential_on_a_foreign_status_list(void **state)
{
	static const char *const foreign[] = { "https://elsewhere.example/1", BASE ".evil.example/1", BASE "x/1",
		BASE, "http://id.example/statuslists/1", "" };
	char payload[512];

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		snprintf(payload, sizeof(payload), "{" PID "," TIMES "," CNF
		    ",\"status\":{\"status_list\":{\"idx\":7,\"uri\":\"%s\"}}}", foreign[i]);
		jws(*state, SIGNER_SDJWT, "dc+sd-jwt", payload, false);
	}
}

static void refuses_what_is_no_signing_input(void **state)
{
	static const char *const none[] = { "", ".", "a.b", "e30", "e30.e30.e30", "{}.{}", "e30.W10", "\xff.\xff",
		"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" };
	struct scene *x = *state;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		for (int purpose = SIGNER_SDJWT; purpose < SIGNER_PURPOSES; purpose++)
			judge(x, (enum signer_purpose)purpose, idr_str(none[i]), false);
}

static void refuses_a_bare_digest(void **state)
{
	static const uint8_t digest[32] = { 1, 2, 3 };

	for (int purpose = SIGNER_SDJWT; purpose < SIGNER_PURPOSES; purpose++)
		judge(*state, (enum signer_purpose)purpose, idr_bytes(digest, sizeof(digest)), false);
}

/* Bytes that are right for one purpose are wrong for every other. */
static void refuses_the_right_bytes_for_the_wrong_purpose(void **state)
{
	static const struct { enum signer_purpose purpose; const char *typ, *payload; } right[] = {
		{ SIGNER_SDJWT, "dc+sd-jwt", "{" PID "," TIMES "," CNF "," LIST "}" },
		{ SIGNER_STATUS_JWT, "statuslist+jwt", "{\"sub\":\"" BASE "/statuslists/1\",\"iat\":1,\"exp\":2}" },
		{ SIGNER_REQUEST, "oauth-authz-req+jwt", "{\"exp\":1}" },
		{ SIGNER_METADATA, "openidvci-issuer-metadata+jwt", "{}" },
	};

	for (size_t i = 0; i < 4; i++)
		for (int purpose = SIGNER_SDJWT; purpose < SIGNER_PURPOSES; purpose++)
			jws(*state, (enum signer_purpose)purpose, right[i].typ, right[i].payload,
			    purpose == (int)right[i].purpose);
}

/* ---- status lists ---- */

/* proves: TSL 11.2b */
static void refuses_the_status_list_of_another_issuer(void **state)
{
	static const char *const sub[] = { "https://elsewhere.example/statuslists/1", BASE ".evil.example/1", BASE "8/1",
		BASE, "" };
	char payload[256];

	jws(*state, SIGNER_STATUS_JWT, "statuslist+jwt", "{\"sub\":\"" BASE "/statuslists/1\",\"iat\":1,\"exp\":2}", true);
	for (size_t i = 0; i < sizeof(sub) / sizeof(sub[0]); i++) {
		snprintf(payload, sizeof(payload), "{\"sub\":\"%s\",\"iat\":1,\"exp\":2}", sub[i]);
		jws(*state, SIGNER_STATUS_JWT, "statuslist+jwt", payload, false);
	}
	jws(*state, SIGNER_STATUS_JWT, "statuslist+jwt", "{\"iat\":1,\"exp\":2}", false);
}

/* proves: TSL 11.2b */
static void refuses_a_status_list_that_lives_too_long(void **state)
{
	char payload[256];

	for (int more = -1; more < 2; more++) {
		snprintf(payload, sizeof(payload), "{\"sub\":\"" BASE "/statuslists/1\",\"iat\":1000,\"exp\":%d}",
		    1000 + 86400 + more);
		jws(*state, SIGNER_STATUS_JWT, "statuslist+jwt", payload, more < 1);
	}
	jws(*state, SIGNER_STATUS_JWT, "statuslist+jwt", "{\"sub\":\"" BASE "/statuslists/1\",\"iat\":1}", false);
}

/* ---- COSE ---- */

struct cwt {
	const char *typ;          /* NULL: none */
	const char *sub;          /* claim 2 */
	int64_t iat, exp;
	const char *vct;          /* claim 11, with claim 169 */
	const char *list;         /* claim 65535 */
	bool no_169;
};

static struct idr_bytes encoded(struct scene *x, const struct cwt *c)
{
	size_t pairs = 2 + (c->sub != NULL) + (c->vct ? 2 - (size_t)c->no_169 : 0) + (c->list != NULL);
	struct idr_bytes header, payload, tbs = { NULL, 0 };
	struct idr_buf h, p;
	struct idr_err err;

	idr_buf_init(&h, x->k.a, 64, 256);
	idr_cw_map(&h, c->typ ? 2 : 1);
	idr_cw_int(&h, 1);
	idr_cw_int(&h, -7);
	if (c->typ) {
		idr_cw_int(&h, 16);
		idr_cw_cstr(&h, c->typ);
	}
	idr_buf_init(&p, x->k.a, 64, 512);
	idr_cw_map(&p, pairs);
	if (c->sub) {
		idr_cw_int(&p, 2);
		idr_cw_cstr(&p, c->sub);
	}
	idr_cw_int(&p, 4);
	idr_cw_int(&p, c->exp);
	idr_cw_int(&p, 6);
	idr_cw_int(&p, c->iat);
	if (c->vct) {
		idr_cw_int(&p, 11);
		idr_cw_cstr(&p, c->vct);
	}
	if (c->vct && !c->no_169) {
		idr_cw_int(&p, 169);
		idr_cw_map(&p, 0);
	}
	if (c->list) {
		idr_cw_int(&p, 65535);
		idr_cw_map(&p, 1);
		idr_cw_cstr(&p, "status_list");
		idr_cw_map(&p, 2);
		idr_cw_cstr(&p, "idx");
		idr_cw_int(&p, 5);
		idr_cw_cstr(&p, "uri");
		idr_cw_cstr(&p, c->list);
	}
	assert_true(idr_buf_done(&h, &header, &err) && idr_buf_done(&p, &payload, &err) &&
	    idr_sign1_build(x->k.a, header, payload, &tbs, &err));
	return tbs;
}

static void judge_cwt(struct scene *x, enum signer_purpose purpose, struct cwt c, bool signs)
{
	judge(x, purpose, encoded(x, &c), signs);
}

static void signs_paper_of_a_type_in_force_and_nothing_like_it(void **state)
{
	const int64_t from = 1000000000, to = from + 1825 * INT64_C(86400);
	const struct cwt right = { .vct = "urn:idrail:pid:1", .iat = from, .exp = to, .list = BASE "/statuslists/1" };
	struct cwt c = right;

	judge_cwt(*state, SIGNER_QR, right, true);
	c.typ = "application/statuslist+cwt";
	judge_cwt(*state, SIGNER_QR, c, false);
	c = right;
	c.no_169 = true;
	judge_cwt(*state, SIGNER_QR, c, false);
	c = right;
	c.vct = "urn:idrail:passport:1";
	judge_cwt(*state, SIGNER_QR, c, false);
	c = right;
	c.exp = to + 3 * 86400;
	judge_cwt(*state, SIGNER_QR, c, false);
	c = right;
	c.list = NULL;
	judge_cwt(*state, SIGNER_QR, c, false);
	c.list = BASE ".evil.example/1";
	judge_cwt(*state, SIGNER_QR, c, false);
}

static void signs_status_lists_and_bundles_of_their_typ(void **state)
{
	const struct cwt list = { .typ = "application/statuslist+cwt", .sub = BASE "/statuslists/1", .iat = 1, .exp = 2 };
	const struct cwt bundle = { .typ = "application/idrail-bundle+cbor", .iat = 1, .exp = 2 };
	struct cwt c = list;

	judge_cwt(*state, SIGNER_STATUS_CWT, list, true);
	judge_cwt(*state, SIGNER_BUNDLE, bundle, true);
	judge_cwt(*state, SIGNER_BUNDLE, list, false);
	judge_cwt(*state, SIGNER_STATUS_CWT, bundle, false);
	c.sub = BASE ".evil.example/1";
	judge_cwt(*state, SIGNER_STATUS_CWT, c, false);
	c = list;
	c.exp = 1 + 86401;
	judge_cwt(*state, SIGNER_STATUS_CWT, c, false);
	c = list;
	c.typ = NULL;
	judge_cwt(*state, SIGNER_STATUS_CWT, c, false);
}

/* Every prefix, and every byte changed for another: nothing crashes, and cut short is never signed. */
static void refuses_broken_cbor(void **state)
{
	const struct cwt right = { .vct = "urn:idrail:pid:1", .iat = 1000000000, .exp = 1000086400,
		.list = BASE "/statuslists/1" };
	struct scene *x = *state;
	struct idr_bytes tbs = encoded(x, &right);
	uint8_t *copy = malloc(tbs.n + 1);

	assert_non_null(copy);
	for (size_t n = 0; n < tbs.n; n++) {
		memcpy(copy, tbs.p, n);
		judge(x, SIGNER_QR, idr_bytes(copy, n), false);
	}
	memcpy(copy, tbs.p, tbs.n);
	copy[tbs.n] = 0;
	judge(x, SIGNER_QR, idr_bytes(copy, tbs.n + 1), false);
	for (size_t i = 0; i < tbs.n; i++) {
		struct idr_err err;

		copy[i] ^= 0x80;
		/* some changed bytes are still well-formed: only the reading is at stake */
		(void)!signer_policy_check(x->k.a, &x->p, SIGNER_QR, idr_bytes(copy, tbs.n), &err);
		copy[i] ^= 0x80;
	}
	free(copy);
}

#define T(f) cmocka_unit_test_setup_teardown(f, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(signs_a_credential_of_a_type_in_force),
		T(refuses_another_typ),
		T(refuses_an_unknown_type),
		T(refuses_a_life_longer_than_the_types),
		T(refuses_a_credential_without_holder_or_status),
		T(refuses_a_credential_on_a_foreign_status_list),
		T(refuses_what_is_no_signing_input),
		T(refuses_a_bare_digest),
		T(refuses_the_right_bytes_for_the_wrong_purpose),
		T(refuses_the_status_list_of_another_issuer),
		T(refuses_a_status_list_that_lives_too_long),
		T(signs_paper_of_a_type_in_force_and_nothing_like_it),
		T(signs_status_lists_and_bundles_of_their_typ),
		T(refuses_broken_cbor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
