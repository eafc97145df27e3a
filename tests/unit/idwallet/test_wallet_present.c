/* What the wallet shows and sends: OpenID4VP 1.0 sections 6.4, 8, 14, 15, appendix B.3; opened and verified as a verifier would. */
#include "wallet_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <unistd.h>

#include "../testkit_mdoc.h"
#include "jose/jwe.h"
#include "verify/verify.h"

static const char *const yes[] = { "yes", NULL };
static const char *const deny[] = { "deny", NULL };

/* What was posted encrypted, as the verifier reads it. */
static const struct idr_json *opened(struct wk *w)
{
	struct idr_jwe jwe;
	struct idr_bytes plain;

	assert_true(idr_jwe_parse(w->k.s, w->k.a, wk_posted(w, "response"), 1 << 20, &jwe, &w->err));
	assert_true(idr_bytes_is(jwe.kid, "k1"));
	assert_true(idr_json_is_str(idr_json_find(jwe.header, "alg"), "ECDH-ES"));
	assert_true(idr_json_is_str(idr_json_find(jwe.header, "enc"), "A128GCM")); /* none was named */
	assert_true(idr_jwe_open(w->k.s, w->k.a, &jwe, w->enc, &plain, &w->err));
	return kit_json(&w->k, plain);
}

/* Verified as the answer to this request: client_id with prefix, nonce, query. */
static const struct idr_response *verified_with(struct wk *w, const struct idr_json *vp_token, const char *confirm)
{
	struct idr_transactions t;
	struct idr_verify_in in = { .trust = w->k.trust, .types = &w->type, .n_types = 1, .algs = IDR_ALGS_HAIP,
		.nonce = IDR_LIT(WK_NONCE), .aud = idr_str(w->client_id), .created = w->k.now, .skip_status = true };
	const struct idr_response *r;
	const struct idr_dcql *q;

	assert_true(idr_dcql_parse(w->k.a, idr_str(w->dcql ? w->dcql : WK_QUERY("name", "", "")), &q, &w->err));
	if (confirm) {
		assert_true(idr_transactions_parse(w->k.a, idr_str(confirm), q, &t, &w->err));
		in.transactions = &t;
	}
	assert_true(idr_verify_response(w->k.s, w->k.a, vp_token, q, &in, w->k.now, &r, &w->err));
	if (!r->accepted)
		fail_msg("%s: %s", idr_code_name(r->code), r->why.msg);
	return r;
}

static const struct idr_response *verified(struct wk *w, const struct idr_json *vp_token)
{
	return verified_with(w, vp_token, NULL);
}

/* proves: VP 5d, VP 5.6a, VP 8.2b, VP 8.2h, VP 8.3d, VP 8.3f, VP 8.3.1b, VP 14.1.2a, VP 14.8a, VP 15.8a, VP B.3a, VP B.3.6a */
static void answers_encrypted_with_what_was_asked_for(void **state)
{
	struct wk *w = *state;
	const struct idr_json *body;
	const struct idr_response *r;
	struct idr_form form;

	assert_int_equal(wk_present(w, NULL, NULL, yes), CLI_OK);
	assert_string_equal(w->posted.method, "POST");
	assert_string_equal(w->posted.url, WK_TO);
	assert_string_equal(w->posted.content_type, "application/x-www-form-urlencoded");
	assert_null(w->posted.header[0]);
	assert_true(idr_form_parse(w->k.a, w->posted.body, &form, &w->err));
	assert_int_equal(form.n, 1); /* nothing in the clear beside it */
	body = opened(w);
	assert_int_equal(body->n, 2);
	assert_true(idr_json_is_str(idr_json_find(body, "state"), WK_STATE));
	r = verified(w, idr_json_find(body, "vp_token"));
	assert_int_equal(r->presentation[0].verdict->possession, IDR_POSSESSION_PROVED);
	assert_true(idr_bytes_is(r->presentation[0].claims, "{\"name\":\"Sok Dara\"}"));
}

/* proves: VP 6.4a, VP 6.4.1a, SDJWT 4c, SDJWT 7.2c */
static void shows_nothing_beyond_the_query(void **state)
{
	static const char none[] = "{\"credentials\":[{\"id\":\"q\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"" WK_VCT "\"]}}]}";
	struct wk *w = *state;
	const struct idr_json *token;
	struct idr_sdjwt j;

	assert_int_equal(wk_present(w, NULL, NULL, yes), CLI_OK);
	token = idr_json_find(idr_json_find(opened(w), "vp_token"), "q");
	assert_true(idr_sdjwt_parse(w->k.a, idr_json_first(token)->text, &j, &w->err));
	assert_int_equal(j.n_disclosure, 1);
	wk_right(w);
	w->dcql = none;
	assert_int_equal(wk_present(w, NULL, NULL, yes), CLI_OK);
	token = idr_json_find(idr_json_find(opened(w), "vp_token"), "q");
	assert_true(idr_sdjwt_parse(w->k.a, idr_json_first(token)->text, &j, &w->err));
	assert_int_equal(j.n_disclosure, 0);
}

/* proves: VP 8.2b, VP 8.1b */
static void answers_in_the_clear_where_that_is_asked_for(void **state)
{
	struct wk *w = *state;
	const struct idr_json *token;

	assert_int_equal(wk_present(w, "response_mode", "\"direct_post\"", yes), CLI_OK);
	assert_true(idr_bytes_is(wk_posted(w, "state"), WK_STATE));
	token = kit_json(&w->k, wk_posted(w, "vp_token"));
	assert_int_equal(token->n, 1);
	assert_int_equal(idr_json_find(token, "q")->n, 1);
	verified(w, token);
}

/* proves: VP B.3a */
static void proves_possession_also_where_the_query_does_without(void **state)
{
	struct wk *w = *state;
	const struct idr_response *r;

	w->dcql = WK_QUERY("name", "", ",\"require_cryptographic_holder_binding\":false");
	assert_int_equal(wk_present(w, NULL, NULL, yes), CLI_OK);
	r = verified(w, idr_json_find(opened(w), "vp_token"));
	assert_int_equal(r->presentation[0].verdict->possession, IDR_POSSESSION_PROVED);
}

#define OTHER "{\"id\":\"o\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:test:other:1\"]}}"
#define SECOND "{\"id\":\"s\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"" WK_VCT "\"]},\"claims\":[{\"path\":[\"city\"]}]}"
#define MINE "{\"id\":\"q\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"" WK_VCT "\"]},\"claims\":[{\"path\":[\"name\"]}]}"

/* proves: VP 5d, VP 6.4.1e, VP 6.4.2b, VP 6.4.2c, VP 15.4.1a */
static void sends_nothing_when_something_is_missing(void **state)
{
	static const char *const bad[] = { WK_QUERY("weight", "", ""), WK_QUERY("name", ",\"values\":[\"Somebody Else\"]", ""),
		"{\"credentials\":[" OTHER "]}", "{\"credentials\":[" OTHER "," MINE "]}",
		"{\"credentials\":[" OTHER "," MINE "],\"credential_sets\":[{\"options\":[[\"q\",\"o\"]]}]}",
		"{\"credentials\":[{\"id\":\"q\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"" WK_VCT "\"}}]}" };
	struct wk *w = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		wk_right(w);
		w->dcql = bad[i];
		assert_int_not_equal(wk_present(w, NULL, NULL, yes), CLI_OK);
		assert_int_equal(w->n_fetched, 1);
		assert_int_equal(w->n_posted, 0);
	}
}

/* proves: VP 6.4.2a, VP 8.1b */
static void answers_a_set_with_the_option_it_has(void **state)
{
	struct wk *w = *state;
	const struct idr_json *token;

	w->dcql = "{\"credentials\":[" OTHER "," MINE "],\"credential_sets\":[{\"options\":[[\"o\"],[\"q\"]]},"
	    "{\"options\":[[\"o\"]],\"required\":false}]}";
	assert_int_equal(wk_present(w, NULL, NULL, yes), CLI_OK);
	token = idr_json_find(opened(w), "vp_token");
	assert_int_equal(token->n, 1);
	verified(w, token);
	/* it has both, and one is enough */
	wk_right(w);
	w->dcql = "{\"credentials\":[" SECOND "," MINE "],\"credential_sets\":[{\"options\":[[\"q\"],[\"s\"]]}]}";
	assert_int_equal(wk_present(w, NULL, NULL, yes), CLI_OK);
	token = idr_json_find(opened(w), "vp_token");
	assert_int_equal(token->n, 1);
	assert_non_null(idr_json_find(token, "q"));
}

/* A refusal comes before anything of the store is looked at, so it tells nothing of it. */
/* proves: VP 15.4.1a */
static void refuses_alike_whatever_it_holds(void **state)
{
	static const char *const asked[] = { WK_QUERY("name", ",\"values\":[\"Sok Dara\"]", ""),
		WK_QUERY("name", ",\"values\":[\"Somebody Else\"]", "") };
	struct wk *w = *state;

	for (size_t i = 0; i < 2; i++) {
		wk_right(w);
		w->dcql = asked[i];
		wk_present(w, NULL, NULL, deny);
		assert_true(idr_bytes_is(w->posted.body, "error=access_denied&state=" WK_STATE));
	}
}

/* proves: VP 8.2d, VP 8.4b */
static void tells_the_verifier_what_it_may_not_ask(void **state)
{
	struct wk *w = *state;

	assert_int_not_equal(wk_present(w, "transaction_data", "[\"e30\"]", yes), CLI_OK);
	assert_true(idr_bytes_is(wk_posted(w, "error"), "invalid_transaction_data"));
	assert_true(idr_bytes_is(wk_posted(w, "state"), WK_STATE));
	wk_right(w);
	assert_int_not_equal(wk_present(w, "redirect_uri", "\"https://verifier.example/cb\"", yes), CLI_OK);
	assert_true(idr_bytes_is(wk_posted(w, "error"), "invalid_request"));
	/* who does not sign for its address is told nothing there */
	wk_right(w);
	w->signer = w->k.other;
	assert_int_not_equal(wk_present(w, "transaction_data", "[\"e30\"]", yes), CLI_OK);
	assert_int_equal(w->n_posted, 0);
}

/* A transaction_data with these objects. */
static char *transactions(struct wk *w, const char *const *object)
{
	struct idr_buf b;
	struct idr_jw j;
	char *out;

	idr_buf_init(&b, w->k.a, 512, 8192);
	j = idr_jw(&b);
	idr_jw_open(&j, '[');
	for (; *object; object++)
		idr_jw_b64url(&j, idr_str(*object));
	idr_jw_close(&j, ']');
	out = idr_arena_printf(w->k.a, &w->err, "%.*s", (int)b.n, (const char *)b.p);
	assert_non_null(out);
	return out;
}

#define PAY "{\"type\":\"payment\",\"credential_ids\":[\"o\",\"q\"],\"amount\":\"12 EUR\""

/* proves: VP 5.1i, VP 8.4a */
static void confirms_each_transaction_once_with_a_credential_it_sends(void **state)
{
	static const char *const one[] = { PAY "}", NULL };
	static const char *const two[] = { PAY ",\"transaction_data_hashes_alg\":[\"sha-256\"]}",
		"{\"type\":\"sign\",\"credential_ids\":[\"q\"]}", NULL };
	const char *const *const asked[] = { one, two };
	struct wk *w = *state;

	for (size_t i = 0; i < 2; i++) {
		char *list = transactions(w, asked[i]);
		const struct idr_response *r;

		wk_right(w);
		w->dcql = "{\"credentials\":[" OTHER "," MINE "],\"credential_sets\":[{\"options\":[[\"o\"],[\"q\"]]}]}";
		assert_int_equal(wk_present(w, "transaction_data", list, yes), CLI_OK);
		r = verified_with(w, idr_json_find(opened(w), "vp_token"), list);
		assert_true(r->accepted);
	}
}

/* proves: VP 5e, VP 8.4b */
static void confirms_nothing_that_it_cannot(void **state)
{
	static const char *const other[] = { "{\"type\":\"payment\",\"credential_ids\":[\"o\"]}", NULL };
	static const char *const hash[] = { PAY ",\"transaction_data_hashes_alg\":[\"sha-512\"]}", NULL };
	static const char *const nobody[] = { "{\"type\":\"payment\",\"credential_ids\":[\"x\"]}", NULL };
	static const char *const untyped[] = { "{\"credential_ids\":[\"q\"]}", NULL };
	static const struct { const char *const *asked; const char *told; } bad[] = {
		{ other, NULL }, /* a credential that is not sent: what the wallet lacks is not told */
		{ hash, "invalid_transaction_data" }, { nobody, "invalid_transaction_data" },
		{ untyped, "invalid_transaction_data" },
	};
	struct wk *w = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		wk_right(w);
		w->dcql = "{\"credentials\":[" OTHER "," MINE "],\"credential_sets\":[{\"options\":[[\"o\"],[\"q\"]]}]}";
		assert_int_not_equal(wk_present(w, "transaction_data", transactions(w, bad[i].asked), yes), CLI_OK);
		assert_int_equal(w->n_posted, bad[i].told ? 1 : 0);
		if (bad[i].told)
			assert_true(idr_bytes_is(wk_posted(w, "error"), bad[i].told));
	}
}

/* A program reads standard output; a person still sees what "y" would mean. */
static void asks_a_person_with_everything_shown_also_where_a_program_reads(void **state)
{
	static const char *const none[] = { NULL };
	static const char *const one[] = { PAY "}", NULL };
	char path[] = "/tmp/idwallet.XXXXXX", seen[1024] = "";
	struct wk *w = *state;
	int file = mkstemp(path), before = dup(STDERR_FILENO);

	w->dcql = "{\"credentials\":[" OTHER "," MINE "],\"credential_sets\":[{\"options\":[[\"o\"],[\"q\"]]}]}";
	assert_true(file >= 0 && before >= 0 && freopen("/dev/null", "r", stdin) && dup2(file, STDERR_FILENO) >= 0);
	assert_int_equal(wk_present(w, "transaction_data", transactions(w, one), none), CLI_REFUSED);
	assert_true(dup2(before, STDERR_FILENO) >= 0);
	assert_true(pread(file, seen, sizeof(seen) - 1, 0) > 0);
	assert_int_equal(close(before) + close(file) + unlink(path), 0);
	assert_non_null(strstr(seen, "\"name\""));
	assert_non_null(strstr(seen, "amount: 12 EUR"));
	assert_int_equal(w->n_posted, 0);
}

static void keep_an_mdoc(struct wk *w)
{
	struct wallet_entry e = { .configuration = IDR_LIT("id.mdoc"), .issuer = IDR_LIT("https://issuer.example"),
		.format = IDR_FORMAT_MDOC, .type = IDR_LIT(MDOC_TYPE), .received = w->k.now };
	const struct idr_bytes type = IDR_LIT(MDOC_TYPE);
	struct kit_mdoc_plan p = kit_mdoc_plan(&w->k);

	p.flags = MDOC_ISSUER_SIGNED;
	e.credential = kit_b64url(&w->k, kit_mdoc(&w->k, &p));
	assert_true(idr_private_scalar(w->k.holder, &e.key, &w->err));
	assert_true(wallet_store_put(w->k.a, w->dir, &e, &w->err));
	idr_secret_clear(&e.key);
	assert_true(idr_trust_add_anchor(w->k.s, w->k.trust, w->k.root_der, IDR_PURPOSE_ISSUER, &type, 1, NULL, &w->err));
}

/* proves: VP B.2.6.1a, VP B.2.6.1b, VP B.2.6.1c, VP 14.1.2a, VP 14.8a */
static void an_mdoc_answers_this_request_at_this_address_to_this_key(void **state)
{
	struct wk *w = *state;
	struct idr_verify_in in = { .trust = w->k.trust, .algs = IDR_ALGS_HAIP, .skip_status = true };
	struct idr_request q = { .nonce = IDR_LIT(WK_NONCE), .audience = idr_str(w->client_id), .response_uri = IDR_LIT(WK_TO) };
	const struct idr_response *r;
	const struct idr_json *body;
	const struct idr_dcql *query;
	uint8_t thumbprint[32];

	keep_an_mdoc(w);
	w->dcql = "{\"credentials\":[{\"id\":\"q\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"" MDOC_TYPE "\"},"
	    "\"claims\":[{\"path\":[\"" MDOC_SPACE "\",\"family_name\"]}]}]}";
	assert_true(idr_dcql_parse(w->k.a, idr_str(w->dcql), &query, &w->err));
	for (int i = 0; i < 2; i++) {
		wk_right(w);
		w->dcql = query->text.p ? (const char *)query->text.p : NULL;
		assert_int_equal(wk_present(w, "response_mode", i ? "\"direct_post\"" : "\"direct_post.jwt\"", yes), CLI_OK);
		body = i ? kit_json(&w->k, wk_posted(w, "vp_token")) : idr_json_find(opened(w), "vp_token");
		idr_key_thumbprint(w->k.s, idr_private_public(w->enc), thumbprint);
		q.thumbprint = i ? NULL : thumbprint;
		assert_true(idr_verify_request(w->k.s, w->k.a, &q, &in, &w->err));
		assert_true(idr_verify_response(w->k.s, w->k.a, body, query, &in, w->k.now, &r, &w->err));
		if (!r->accepted)
			fail_msg("%s: %s", idr_code_name(r->code), r->why.msg);
		assert_int_equal(r->presentation[0].verdict->possession, IDR_POSSESSION_PROVED);
	}
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, wk_setup, wk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(answers_encrypted_with_what_was_asked_for),
		UNIT(shows_nothing_beyond_the_query),
		UNIT(answers_in_the_clear_where_that_is_asked_for),
		UNIT(proves_possession_also_where_the_query_does_without),
		UNIT(sends_nothing_when_something_is_missing),
		UNIT(answers_a_set_with_the_option_it_has),
		UNIT(refuses_alike_whatever_it_holds),
		UNIT(tells_the_verifier_what_it_may_not_ask),
		UNIT(confirms_each_transaction_once_with_a_credential_it_sends),
		UNIT(confirms_nothing_that_it_cannot),
		UNIT(asks_a_person_with_everything_shown_also_where_a_program_reads),
		UNIT(an_mdoc_answers_this_request_at_this_address_to_this_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
