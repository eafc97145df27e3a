/* Issuing and presenting: what a type hides is hidden, and what is built verifies. */
#include "credential.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"

static const char type_file[] =
    "{\"id\":\"t\",\"vct\":\"" CRED_VCT "\",\"claims\":["
    "{\"name\":\"family_name\",\"type\":\"string\",\"mandatory\":true,\"sd\":\"always\"},"
    "{\"name\":\"nick\",\"type\":\"string\",\"mandatory\":false,\"sd\":\"allowed\"},"
    "{\"name\":\"country\",\"type\":\"country\",\"mandatory\":true,\"sd\":\"never\"},"
    "{\"name\":\"address\",\"type\":\"object\",\"mandatory\":false,\"sd\":\"always\",\"members\":["
    "{\"name\":\"city\",\"type\":\"string\",\"mandatory\":true,\"sd\":\"always\"},"
    "{\"name\":\"zip\",\"type\":\"string\",\"mandatory\":false,\"sd\":\"never\"}]},"
    "{\"name\":\"ages\",\"type\":\"object\",\"mandatory\":false,\"sd\":\"never\",\"members\":["
    "{\"name\":\"18\",\"type\":\"boolean\",\"mandatory\":true,\"sd\":\"always\"}]},"
    "{\"name\":\"langs\",\"type\":\"array\",\"max_items\":3,\"mandatory\":false,\"sd\":\"never\","
    "\"items\":{\"type\":\"string\",\"sd\":\"always\"}}],"
    "\"sdjwt\":{\"digests\":6},\"validity\":{\"days\":30,\"copies\":2},\"status\":{\"bits\":1},"
    "\"holder_binding\":true}";

static const char claims_text[] = "{\"family_name\":\"\u179F\u17BB\u1781 \\\"x\\\"\",\"nick\":\"S\","
    "\"country\":\"KH\",\"address\":{\"city\":\"Battambang\",\"zip\":\"0201\"},\"ages\":{\"18\":true},"
    "\"langs\":[\"khm\",\"eng\"]}";

static const struct idr_type *a_type(struct kit *k)
{
	const struct idr_type *t;
	struct idr_err err;

	if (!idr_type_parse(k->a, idr_str(type_file), &t, &err))
		fail_msg("%s", err.msg);
	return t;
}

static struct idr_sdjwt_make order(struct kit *k)
{
	return (struct idr_sdjwt_make){ .type = a_type(k), .claims = kit_json(k, idr_str(claims_text)),
		.holder = idr_private_public(k->holder), .iss = IDR_LIT("https://issuer.example"),
		.iat = k->now - KIT_DAY, .exp = k->now + KIT_DAY, .alg = IDR_ES256,
		.status = { IDR_LIT(KIT_LIST_URI), 77, true }, .chain_der = &k->ds_der, .n_chain = 1 };
}

static struct idr_bytes issue(struct kit *k)
{
	struct idr_sdjwt_make m = order(k);
	struct idr_sdjwt_built built;
	struct idr_bytes out;
	struct idr_err err;

	assert_true(idr_sdjwt_build(k->s, k->a, &m, &built, &err));
	assert_true(idr_sdjwt_attach(k->a, &built, kit_sign(k, k->ds, built.to_be_signed), &out, &err));
	return out;
}

static struct idr_sdjwt parsed(struct kit *k, struct idr_bytes in)
{
	struct idr_sdjwt j;
	struct idr_err err;

	assert_true(idr_sdjwt_parse(k->a, in, &j, &err));
	return j;
}

static const struct idr_json *claims_of(struct kit *k, struct idr_bytes in)
{
	struct idr_sdjwt j = parsed(k, in);
	const struct idr_json *claims;
	struct idr_bytes text;
	struct idr_err err;

	assert_true(idr_sdjwt_process(k->s, k->a, &j, &claims, &text, &err));
	return claims;
}

static struct idr_bytes choose(struct kit *k, struct idr_bytes credential, const char *path,
    enum idr_code code)
{
	const struct idr_json *one[] = { path ? kit_json(k, idr_str(path)) : NULL };
	struct idr_sdjwt_choice c = { one, path ? 1 : 0, false };
	struct idr_bytes out = { NULL, 0 };
	struct idr_err err = { 0 };

	if (!idr_sdjwt_select(k->s, k->a, credential, &c, &out, &err))
		assert_int_equal(err.code, code);
	else
		assert_int_equal(code, IDR_OK);
	return out;
}

/* proves: TSL 6.2a */
/* proves: SDJWT 4a, SDJWT 4.1a, SDJWT 4.1.1a, SDJWT 4.2.1a, SDJWT 4.2.2a, SDJWT 4.2.3a */
/* proves: SDJWTVC 2.2a, SDJWTVC 2.2.1a, SDJWTVC 2.2.2.3a */
static void what_is_issued_verifies(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_rules rules = cred_rules(k);
	struct idr_bytes in = issue(k);
	const struct idr_json *given = kit_json(k, idr_str(claims_text));
	struct idr_sdjwt_result out;

	rules.kb_required = false;
	rules.allow_kb_absent_cnf = true;
	assert_int_equal(cred_verify(k, &rules, cred_printf(k, "%.*s", (int)in.n, (const char *)in.p),
	    &out), IDR_OK);
	for (const struct idr_json *n = idr_json_first(given); n; n = idr_json_next(given, n))
		assert_true(idr_json_equal(idr_json_find_bytes(out.claims, n->text), idr_json_value(n)));
	assert_true(out.status.present);
	assert_int_equal(out.status.idx, 77);
	assert_true(idr_bytes_is(out.status.uri, KIT_LIST_URI));
	assert_true(idr_key_equal(&out.holder, idr_private_public(k->holder)));
	assert_int_equal(out.jwt.n_disclosure, 7);
}

/* proves: SDJWT 4.1c, SDJWT 4.1.1a, SDJWT 4.2.4.1a, SDJWT 4.2.4.2a, SDJWT 4.2.5a, SDJWT 9.4a */
/* proves: SDJWTVC 2.2.2.3d, SDJWTVC 4.6.4a */
static void hides_what_the_type_hides(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt j = parsed(k, issue(k));
	const struct idr_json *sd = idr_json_find(j.payload, "_sd");
	const struct idr_json *langs = idr_json_find(j.payload, "langs");

	assert_null(idr_json_find(j.payload, "family_name"));
	assert_null(idr_json_find(j.payload, "nick"));
	assert_null(idr_json_find(j.payload, "address"));
	assert_true(idr_json_is_str(idr_json_find(j.payload, "country"), "KH"));
	assert_int_equal(idr_json_find(idr_json_find(j.payload, "ages"), "_sd")->n, 1);
	assert_int_equal(langs->n, 2);
	assert_non_null(idr_json_find(idr_json_at(langs, 0), "..."));
	assert_int_equal(sd->n, 6); /* three hidden, three decoys */
	for (size_t i = 1; i < sd->n; i++)
		assert_true(idr_bytes_compare(idr_json_at(sd, i - 1)->text, idr_json_at(sd, i)->text) < 0);
	for (size_t i = 0; i < sd->n; i++)
		assert_int_equal(idr_json_at(sd, i)->text.n, IDR_B64URL_LEN(32));
	assert_true(idr_json_is_str(idr_json_find(j.payload, "_sd_alg"), "sha-256"));
	assert_int_equal(j.kb_jwt.n, 0);
	assert_int_equal(idr_json_find(idr_json_find(j.payload, "cnf"), "jwk")->n, 4);
}

static struct idr_bytes salt_of(struct kit *k, const struct idr_sdjwt *j, size_t i)
{
	struct idr_bytes json;
	struct idr_err err;

	assert_true(idr_b64url_decode(k->a, j->disclosure[i].text, &json, &err));
	return idr_json_first(kit_json(k, json))->text;
}

/* proves: SDJWT 4.2.1b */
static void every_copy_has_its_own_salts(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt a = parsed(k, issue(k)), b = parsed(k, issue(k));

	(void)claims_of(k, a.text);
	for (size_t i = 0; i < a.n_disclosure; i++) {
		assert_int_equal(salt_of(k, &a, i).n, IDR_B64URL_LEN(16));
		for (size_t n = 0; n < b.n_disclosure; n++)
			assert_false(idr_bytes_equal(salt_of(k, &a, i), salt_of(k, &b, n)));
		for (size_t n = 0; n < i; n++)
			assert_false(idr_bytes_equal(salt_of(k, &a, i), salt_of(k, &a, n)));
	}
}

/* proves: HAIP 6.1c */
/* proves: SDJWT 3.3a */
static void a_type_for_holders_needs_a_holder(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_make m = order(k);
	struct idr_sdjwt_built built;
	struct idr_err err;

	m.holder = NULL;
	assert_false(idr_sdjwt_build(k->s, k->a, &m, &built, &err));
	assert_int_equal(err.code, IDR_CNF);
}

/* proves: SDJWTVC 2.2.2.5a */
static void writes_no_digests_where_nothing_is_hidden(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_make m = order(k);
	struct idr_sdjwt_built built;
	struct idr_bytes out;
	struct idr_sdjwt j;
	struct idr_err err;

	assert_true(idr_type_parse(k->a, IDR_LIT("{\"id\":\"t\",\"vct\":\"" CRED_VCT "\",\"claims\":[{\"name\":\"country\","
	    "\"type\":\"country\",\"mandatory\":true,\"sd\":\"never\"}],\"sdjwt\":{\"digests\":0},\"validity\":{\"days\":30,"
	    "\"copies\":2},\"status\":{\"bits\":1},\"holder_binding\":true}"), &m.type, &err));
	m.claims = kit_json(k, IDR_LIT("{\"country\":\"KH\"}"));
	assert_true(idr_sdjwt_build(k->s, k->a, &m, &built, &err));
	assert_true(idr_sdjwt_attach(k->a, &built, kit_sign(k, k->ds, built.to_be_signed), &out, &err));
	j = parsed(k, out);
	assert_int_equal(j.n_disclosure, 0);
	assert_null(idr_json_find(j.payload, "_sd"));
	assert_true(idr_json_is_str(idr_json_find(j.payload, "country"), "KH"));
}

/* proves: SDJWT 4.2.5a */
static void leaves_absent_claims_out(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_make m = order(k);
	struct idr_sdjwt_built built;
	struct idr_bytes out;
	struct idr_sdjwt j;
	struct idr_err err;

	m.claims = kit_json(k, IDR_LIT("{\"family_name\":\"A\",\"country\":\"KH\"}"));
	m.status.present = false;
	m.exp = 0;
	assert_true(idr_sdjwt_build(k->s, k->a, &m, &built, &err));
	assert_true(idr_sdjwt_attach(k->a, &built, kit_sign(k, k->ds, built.to_be_signed), &out, &err));
	j = parsed(k, out);
	assert_int_equal(j.n_disclosure, 1);
	assert_int_equal(idr_json_find(j.payload, "_sd")->n, 6); /* as many as with all claims */
	assert_null(idr_json_find(j.payload, "status"));
	assert_null(idr_json_find(j.payload, "exp"));
	assert_null(idr_json_find(j.payload, "langs"));
}

/* proves: VP 6.4a, VP 6.4.1a */
/* proves: SDJWT 4a, SDJWT 4c */
/* proves: SDJWTVC 2.2b */
static void sends_only_what_was_chosen(void **state)
{
	struct kit *k = *state;
	struct idr_bytes all = issue(k), out = choose(k, all, "[\"family_name\"]", IDR_OK);
	const struct idr_json *claims = claims_of(k, out);

	assert_int_equal(parsed(k, out).n_disclosure, 1);
	assert_int_equal(out.p[out.n - 1], '~');
	assert_non_null(idr_json_find(claims, "family_name"));
	assert_null(idr_json_find(claims, "nick"));
	assert_int_equal(parsed(k, choose(k, all, NULL, IDR_OK)).n_disclosure, 0);
}

/* proves: SDJWT 4.2.6a, SDJWT 7.2c */
static void sends_ancestors_and_what_lies_below(void **state)
{
	struct kit *k = *state;
	struct idr_bytes all = issue(k);
	const struct idr_json *claims = claims_of(k, choose(k, all, "[\"address\",\"city\"]", IDR_OK));

	assert_true(idr_json_is_str(idr_json_find(idr_json_find(claims, "address"), "city"),
	    "Battambang"));
	claims = claims_of(k, choose(k, all, "[\"address\"]", IDR_OK));
	assert_int_equal(idr_json_find(claims, "address")->n, 2);
	claims = claims_of(k, choose(k, all, "[\"address\",\"zip\"]", IDR_OK));
	assert_int_equal(idr_json_find(claims, "address")->n, 1);
	claims = claims_of(k, choose(k, all, "[\"langs\",1]", IDR_OK));
	assert_int_equal(idr_json_find(claims, "langs")->n, 1);
	assert_true(idr_json_is_str(idr_json_at(idr_json_find(claims, "langs"), 0), "eng"));
	claims = claims_of(k, choose(k, all, "[\"langs\",null]", IDR_OK));
	assert_int_equal(idr_json_find(claims, "langs")->n, 2);
	claims = claims_of(k, choose(k, all, "[\"ages\",\"18\"]", IDR_OK));
	assert_true(idr_json_is(idr_json_find(idr_json_find(claims, "ages"), "18"), IDR_JSON_TRUE));
}

static void refuses_paths_that_lead_nowhere(void **state)
{
	struct kit *k = *state;
	struct idr_bytes all = issue(k);

	choose(k, all, "[\"weight\"]", IDR_CLAIM_MISSING);
	choose(k, all, "[\"_sd\"]", IDR_CLAIM_MISSING);
	choose(k, all, "[\"langs\",2]", IDR_CLAIM_MISSING);
	choose(k, all, "[\"family_name\",\"x\"]", IDR_POLICY);
	choose(k, all, "[\"family_name\",0]", IDR_POLICY);
	choose(k, all, "[\"langs\",-1]", IDR_POLICY);
	choose(k, all, "[true]", IDR_POLICY);
	choose(k, all, "[]", IDR_POLICY);
	choose(k, all, "\"family_name\"", IDR_POLICY);
}

static void sends_everything_when_asked_to(void **state)
{
	struct kit *k = *state;
	struct idr_bytes all = issue(k), out;
	struct idr_sdjwt_choice c = { NULL, 0, true };
	struct idr_err err;

	assert_true(idr_sdjwt_select(k->s, k->a, all, &c, &out, &err));
	assert_true(idr_bytes_equal(all, out));
}

/* proves: SDJWT 4.3a, SDJWT 4.3.1a, SDJWT 7.2a, SDJWT 7.2c */
static void binds_what_was_selected(void **state)
{
	struct kit *k = *state;
	struct idr_sdjwt_rules rules = cred_rules(k);
	struct idr_bytes chosen = choose(k, issue(k), "[\"nick\"]", IDR_OK), tbs, kb;
	const char *in;
	struct idr_sdjwt_result out;
	struct idr_err err;

	assert_true(idr_sdjwt_kb_build(k->s, k->a, chosen, IDR_ES256, IDR_LIT(CRED_AUD),
	    IDR_LIT(CRED_NONCE), k->now, IDR_LIT(",\"exp\":9999999999"), &tbs, &err));
	assert_true(idr_jws_attach(k->a, tbs, kit_sign(k, k->holder, tbs), &kb, &err));
	in = cred_printf(k, "%.*s%.*s", (int)chosen.n, (const char *)chosen.p, (int)kb.n,
	    (const char *)kb.p);
	rules.kb_exp_required = true;
	assert_int_equal(cred_verify(k, &rules, in, &out), IDR_OK);
	assert_non_null(idr_json_find(out.claims, "nick"));
	/* a holder never takes a credential that is already bound, nor binds one twice */
	choose(k, idr_str(in), "[\"nick\"]", IDR_MALFORMED);
	assert_false(idr_sdjwt_kb_build(k->s, k->a, idr_str(in), IDR_ES256, IDR_LIT("a"), IDR_LIT("n"),
	    k->now, IDR_LIT(""), &tbs, &err));
	assert_int_equal(err.code, IDR_MALFORMED);
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(what_is_issued_verifies),
		UNIT(hides_what_the_type_hides),
		UNIT(every_copy_has_its_own_salts),
		UNIT(a_type_for_holders_needs_a_holder),
		UNIT(writes_no_digests_where_nothing_is_hidden),
		UNIT(leaves_absent_claims_out),
		UNIT(sends_only_what_was_chosen),
		UNIT(sends_ancestors_and_what_lies_below),
		UNIT(refuses_paths_that_lead_nowhere),
		UNIT(sends_everything_when_asked_to),
		UNIT(binds_what_was_selected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
