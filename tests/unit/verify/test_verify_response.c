/* A whole vp_token against its query: presenting brief 5.2, security brief V28. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"

#define META "\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:idrail:pid:1\"]}"
#define ONE "{\"credentials\":[{\"id\":\"a\"," META ",\"claims\":[{\"path\":[\"full_name\"]}]}]}"

static const struct idr_dcql *query(struct scene *x, const char *text)
{
	const struct idr_dcql *q;

	if (!idr_dcql_parse(x->k.a, idr_str(text), &q, &x->err))
		fail_msg("%s", x->err.msg);
	return q;
}

static const struct idr_response *respond(struct scene *x, const char *q, const char *vp)
{
	const struct idr_response *r;

	if (!idr_verify_response(x->k.s, x->k.a, kit_json(&x->k, idr_str(vp)), query(x, q), &x->in, x->k.now, &r,
	    &x->err))
		fail_msg("could not run: %s", x->err.msg);
	assert_true(r->accepted == (r->code == IDR_OK));
	for (size_t i = 0; !r->accepted && i < r->n_presentation; i++)
		assert_true(!r->presentation[i].used && !r->presentation[i].claims.n);
	return r;
}

/* {"<id>":["<p>","<p>"...],...}: a list of id and presentation, an id given again adds to it. */
static const char *token(struct scene *x, size_t n, const char *const *id, const struct idr_bytes *p)
{
	struct idr_buf b;

	idr_buf_init(&b, x->k.a, 4096, 1 << 20);
	idr_buf_put_byte(&b, '{');
	for (size_t i = 0; i < n; i++) {
		if (!i || strcmp(id[i], id[i - 1]))
			idr_buf_printf(&b, "%s\"%s\":[", i ? "]," : "", id[i]);
		else
			idr_buf_put_byte(&b, ',');
		idr_buf_put_byte(&b, '"');
		idr_buf_put(&b, p[i]);
		idr_buf_put_byte(&b, '"');
	}
	idr_buf_put_str(&b, "]}");
	idr_buf_put_byte(&b, 0);
	assert_false(b.failed);
	return (const char *)b.p;
}

static const char *token1(struct scene *x, const char *id, struct idr_bytes p)
{
	return token(x, 1, &id, &p);
}

static void accepts_and_hands_out_what_was_asked(void **state)
{
	struct scene *x = *state;
	const struct idr_response *r;

	scene_request(x);
	r = respond(x, ONE, token1(x, "a", scene_answer(x, 0)));
	assert_true(r->accepted);
	assert_int_equal(r->n_presentation, 1);
	assert_true(r->presentation[0].used);
	assert_int_equal(r->presentation[0].verdict->possession, IDR_POSSESSION_PROVED);
	assert_true(idr_bytes_is(r->presentation[0].claims, "{\"full_name\":\"Sok Dara\"}"));
}

/* proves: VP 8.1a, VP 8.6f */
static void refuses_shapes(void **state)
{
	static const char *const cases[] = { "[]", "{}", "\"x\"", "{\"b\":[\"x\"]}", "{\"a\":[]}", "{\"a\":\"x\"}",
		"{\"a\":[1]}", "{\"a\":[{}]}", "{\"a\":[\"x\",\"y\"]}", "{\"a\":[\"x\"],\"b\":[\"y\"]}" };
	struct scene *x = *state;

	scene_request(x);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct idr_response *r = respond(x, ONE, cases[i]);

		if (r->code != IDR_MALFORMED || r->n_presentation)
			fail_msg("case %zu gives %s", i, idr_code_name(r->code));
	}
}

/* proves: VP 6.4.1d, VP 8.6b, VP 14.9a */
static void refuses_another_format_type_claim_and_value(void **state)
{
	static const struct {
		const char *query;
		enum idr_code code;
	} cases[] = {
		{ "{\"credentials\":[{\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"d\"},"
		    "\"claims\":[{\"path\":[\"n\",\"e\"]}]}]}", IDR_FORMAT },
		{ "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:x\"]}}]}", IDR_VCT },
		{ "{\"credentials\":[{\"id\":\"a\"," META ",\"claims\":[{\"path\":[\"picture\"]}]}]}", IDR_CLAIM_MISSING },
		{ "{\"credentials\":[{\"id\":\"a\"," META ",\"claims\":[{\"path\":[\"sex\"],\"values\":[1]}]}]}",
		    IDR_CLAIM_VALUE },
		{ "{\"credentials\":[{\"id\":\"a\"," META ",\"claims\":[{\"path\":[\"sex\"],\"values\":[2]}]}]}", IDR_OK },
		{ "{\"credentials\":[{\"id\":\"a\"," META "}]}", IDR_OK } };
	struct scene *x = *state;

	scene_request(x);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct idr_response *r = respond(x, cases[i].query, token1(x, "a", scene_answer(x, 0)));

		if (r->code != cases[i].code)
			fail_msg("case %zu gives %s", i, idr_code_name(r->code));
	}
}

static void refuses_what_is_invalid_alone(void **state)
{
	struct scene *x = *state;
	struct idr_bytes c = scene_credential(x, 0);

	scene_request(x);
	assert_int_equal(respond(x, ONE, token1(x, "a", scene_document(x, 0)))->code, IDR_KB_MISSING);
	assert_int_equal(respond(x, ONE, token1(x, "a", scene_answer(x, 1)))->code, IDR_STATUS_REVOKED);
	assert_int_equal(respond(x, ONE, token1(x, "a", kit_present(&x->k, c, NULL, x->k.holder, "old", AUD)))->code,
	    IDR_KB_NONCE);
	assert_int_equal(respond(x, ONE, token1(x, "a", IDR_LIT("x~")))->code, IDR_MALFORMED);
	x->has_list = false;
	assert_int_equal(respond(x, ONE, token1(x, "a", scene_answer(x, 0)))->code, IDR_STATUS_UNKNOWN);
}

/* proves: VP 8.6c */
/* proves: SDJWT 7.3a */
static void asks_for_no_proof_only_when_query_and_credential_do_not(void **state)
{
	static const char q[] = "{\"credentials\":[{\"id\":\"a\"," META
	    ",\"require_cryptographic_holder_binding\":false}]}";
	struct scene *x = *state;
	struct idr_type loose = *x->pid;
	struct idr_status_ref ref = { IDR_LIT(KIT_LIST_URI), 0, true };
	const struct idr_response *r;

	loose.holder_binding = false;
	scene_request(x);
	/* security brief V17: a credential with cnf comes with its proof, whatever the query says */
	assert_int_equal(respond(x, q, token1(x, "a", scene_document(x, 0)))->code, IDR_KB_MISSING);
	r = respond(x, q, token1(x, "a", kit_issue(&x->k, &loose, PID_CLAIMS, NULL, &ref, x->k.now + KIT_DAY)));
	assert_true(r->accepted);
	assert_int_equal(r->presentation[0].verdict->possession, IDR_POSSESSION_NONE);
}

/* proves: VP 8.1a, VP 8.6f */
static void takes_several_only_where_asked(void **state)
{
	static const char q[] = "{\"credentials\":[{\"id\":\"a\"," META ",\"multiple\":true,"
	    "\"claims\":[{\"path\":[\"sex\"]}]}]}";
	static const char *const ids[] = { "a", "a" };
	struct scene *x = *state;
	struct idr_bytes two[2];
	const struct idr_response *r;

	scene_request(x);
	two[0] = scene_answer(x, 1);
	two[1] = scene_answer(x, 0);
	r = respond(x, q, token(x, 2, ids, two));
	/* the revoked one is discarded, the other answers */
	assert_true(r->accepted);
	assert_false(r->presentation[0].used);
	assert_int_equal(r->presentation[0].claims.n, 0);
	assert_true(r->presentation[1].used);
	assert_true(idr_bytes_is(r->presentation[1].claims, "{\"sex\":2}"));
}

static void refuses_more_presentations_than_a_person_has(void **state)
{
	static const char q[] = "{\"credentials\":[{\"id\":\"a\"," META ",\"multiple\":true}]}";
	struct scene *x = *state;
	const struct idr_response *r;
	const char *ids[9];
	struct idr_bytes p[9];

	scene_request(x);
	for (size_t i = 0; i < 9; i++) {
		ids[i] = "a";
		p[i] = IDR_LIT("x~");
	}
	r = respond(x, q, token(x, 9, ids, p));
	assert_int_equal(r->n_presentation, 0);
	assert_int_equal(r->code, IDR_LIMIT);
	assert_int_equal(respond(x, q, token(x, 8, ids, p))->n_presentation, 8);
}

/* Section 5.2 step 9: an answer to another request poisons the whole response. */
/* proves: VP 14.1.2b */
static void a_wrong_nonce_rejects_everything(void **state)
{
	static const char q[] = "{\"credentials\":[{\"id\":\"a\"," META ",\"multiple\":true}]}";
	static const char *const ids[] = { "a", "a" };
	struct scene *x = *state;
	struct idr_bytes two[2];

	scene_request(x);
	two[0] = scene_answer(x, 0);
	two[1] = kit_present(&x->k, scene_credential(x, 4), NULL, x->k.holder, "old", AUD);
	assert_int_equal(respond(x, q, token(x, 2, ids, two))->code, IDR_KB_NONCE);
}

/* proves: VP 8.6e, VP 14.9a */
static void satisfies_sets_and_ignores_the_rest(void **state)
{
	static const char q[] = "{\"credentials\":[{\"id\":\"a\"," META "},{\"id\":\"b\"," META "},{\"id\":\"c\"," META "}],"
	    "\"credential_sets\":[{\"options\":[[\"a\",\"b\"],[\"c\"]]}]}";
	static const char *const ids[] = { "a", "c" };
	struct scene *x = *state;
	struct idr_bytes p[2];
	const struct idr_response *r;

	scene_request(x);
	p[0] = scene_answer(x, 0);
	p[1] = scene_answer(x, 4);
	r = respond(x, q, token(x, 2, ids, p));
	assert_true(r->accepted);
	assert_false(r->presentation[0].used);
	assert_int_equal(r->presentation[0].claims.n, 0);
	assert_true(r->presentation[1].used);
	assert_int_equal(respond(x, q, token(x, 1, ids, p))->code, IDR_CLAIM_MISSING);
}

/* proves: VP 8.6e */
static void demands_every_query_without_sets(void **state)
{
	static const char q[] = "{\"credentials\":[{\"id\":\"a\"," META "},{\"id\":\"b\"," META "}]}";
	struct scene *x = *state;

	scene_request(x);
	assert_int_equal(respond(x, q, token1(x, "a", scene_answer(x, 0)))->code, IDR_CLAIM_MISSING);
}

/* proves: VP 6.1.1.1a */
static void holds_the_issuer_against_named_authorities(void **state)
{
	struct scene *x = *state;
	const struct idr_anchor *anchor;
	char text[512], aki[64];
	size_t n;

	scene_request(x);
	assert_int_equal(idr_trust_anchors(x->k.trust, &anchor), 1);
	n = idr_b64url_encode(anchor[0].cert.ski, (uint8_t *)aki);
	snprintf(text, sizeof(text), "{\"credentials\":[{\"id\":\"a\"," META ",\"trusted_authorities\":[{\"type\":\"aki\","
	    "\"values\":[\"AAAA\",\"%.*s\"]}]}]}", (int)n, aki);
	assert_int_equal(respond(x, text, token1(x, "a", scene_answer(x, 0)))->code, IDR_OK);
	assert_int_equal(respond(x, "{\"credentials\":[{\"id\":\"a\"," META ",\"trusted_authorities\":[{\"type\":\"aki\","
	    "\"values\":[\"AAAA\"]}]}]}", token1(x, "a", scene_answer(x, 0)))->code, IDR_TRUST);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(accepts_and_hands_out_what_was_asked),
		T(refuses_shapes),
		T(refuses_another_format_type_claim_and_value),
		T(refuses_what_is_invalid_alone),
		T(asks_for_no_proof_only_when_query_and_credential_do_not),
		T(takes_several_only_where_asked),
		T(refuses_more_presentations_than_a_person_has),
		T(a_wrong_nonce_rejects_everything),
		T(satisfies_sets_and_ignores_the_rest),
		T(demands_every_query_without_sets),
		T(holds_the_issuer_against_named_authorities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
