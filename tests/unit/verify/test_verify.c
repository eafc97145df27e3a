/* The verdict: what passes, what each refusal is called, and what no input may ever do. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "qr/qr.h"

#define POLICY(formats, claims, binding, status, accept) "{\"id\":\"p\",\"purpose\":{\"en\":\"why\"}," \
    "\"formats\":" formats ",\"types\":[\"pid\"],\"claims\":" claims ",\"holder_binding\":\"" binding "\"," \
    "\"status\":" status ",\"accept_undecided\":" accept "}"
#define BOTH "[\"dc+sd-jwt\",\"qr\"]"
#define NAME "[{\"path\":[\"full_name\"]}]"
#define DAY_UNDECIDED "{\"max_age_s\":86400,\"older\":\"undecided\",\"unknown\":\"undecided\"}"
#define DAY_REFUSE "{\"max_age_s\":86400,\"older\":\"refuse\",\"unknown\":\"refuse\"}"
#define DAY_ACCEPT "{\"max_age_s\":86400,\"older\":\"accept\",\"unknown\":\"undecided\"}"

static struct idr_bytes qr_text(struct scene *x, uint64_t idx, int64_t exp)
{
	struct kit *k = &x->k;
	struct idr_qr_make m = { .type = x->pid, .cut = &x->pid->cut[0], .claims = kit_json(k, IDR_LIT(PID_CLAIMS)),
		.iss = IDR_LIT("https://issuer.example"), .iat = k->now - KIT_DAY, .exp = exp, .alg = IDR_ES256,
		.status = { IDR_LIT(KIT_LIST_URI), idx, true } };
	const struct idr_signer *signer;
	struct idr_qr_built b;
	struct idr_bytes text = { NULL, 0 };

	assert_int_equal(idr_trust_signers(k->trust, &signer), 1);
	memcpy(m.kid, signer[0].cert.sha256, 8);
	if (!idr_qr_build(k->a, &m, &b, &x->err) ||
	    !idr_qr_attach(k->a, &b, kit_sign(k, k->ds, b.to_be_signed), &text, &x->err))
		fail_msg("%s", x->err.msg);
	return text;
}

/* ---- what passes ---- */

static void accepts_an_answer_to_a_request(void **state)
{
	struct scene *x = *state;
	const struct idr_verdict *v;

	scene_request(x);
	v = scene_verify(x, scene_answer(x, 0));
	assert_string_equal(idr_code_name(v->code), "ok");
	assert_int_equal(v->result, IDR_VALID);
	assert_int_equal(v->possession, IDR_POSSESSION_PROVED);
	assert_int_equal(v->format, IDR_FORMAT_SDJWT);
	assert_true(idr_bytes_is(v->type_id, "pid"));
	assert_true(idr_bytes_is(v->issuer_country, "UT"));
	assert_true(idr_bytes_is(v->issuer_name, "Testland"));
	assert_true(idr_json_is_str(idr_json_find(idr_verdict_claims(v), "full_name"), "Sok Dara"));
	assert_int_equal(idr_verdict_status_age(v), 100);
	assert_int_equal(v->expires, x->k.now + 90 * KIT_DAY);
	assert_true(idr_key_equal(&v->holder, idr_private_public(x->k.holder)));
}

static void accepts_a_document_without_proof_as_a_document(void **state)
{
	struct scene *x = *state;
	const struct idr_verdict *v = scene_verify(x, scene_document(x, 0));

	assert_int_equal(v->result, IDR_VALID);
	assert_int_equal(v->possession, IDR_POSSESSION_NONE);
}

/* A copy of an answer made for somebody else proves nothing to us. */
static void calls_a_proof_for_no_request_no_proof(void **state)
{
	struct scene *x = *state;
	const struct idr_verdict *v = scene_verify(x, scene_answer(x, 0));

	assert_int_equal(v->result, IDR_VALID);
	assert_int_equal(v->possession, IDR_POSSESSION_NONE);
	x->in.kb_required = true;
	assert_int_equal(scene_code(x, scene_answer(x, 0)), IDR_KB_MISSING);
}

static void accepts_a_printed_code(void **state)
{
	struct scene *x = *state;
	const struct idr_verdict *v = scene_verify(x, qr_text(x, 0, x->k.now + KIT_DAY));

	assert_string_equal(idr_code_name(v->code), "ok");
	assert_int_equal(v->format, IDR_FORMAT_QR);
	assert_int_equal(v->possession, IDR_POSSESSION_NONE);
	assert_non_null(idr_json_find(idr_verdict_claims(v), "full_name"));
}

/* ---- format and policy ---- */

static void tells_formats_apart(void **state)
{
	struct scene *x = *state;

	assert_int_equal(scene_code(x, IDR_LIT("")), IDR_UNRECOGNIZED);
	assert_int_equal(scene_code(x, IDR_LIT("hello")), IDR_UNRECOGNIZED);
	assert_int_equal(scene_code(x, IDR_LIT("QP1:NCFOXN%TSMAHN-H%OCY1UX5J9MOR7O")), IDR_PREFIX);
	assert_int_equal(scene_code(x, IDR_LIT("~")), IDR_MALFORMED);
	assert_int_equal(scene_code(x, IDR_LIT("eyJhbGciOiJFUzI1NiJ9.e30.AA")), IDR_MALFORMED);
	assert_int_equal(scene_verify(x, IDR_LIT("NCFOXN%TSMAHN-H%OCY1UX5J9MOR7O"))->format, IDR_FORMAT_QR);
}

static void refuses_a_format_the_policy_does_not_list(void **state)
{
	struct scene *x = *state;

	x->in.policy = scene_policy(x, POLICY("[\"qr\"]", NAME, "optional", DAY_UNDECIDED, "false"));
	assert_int_equal(scene_code(x, scene_document(x, 0)), IDR_FORMAT);
	assert_int_equal(scene_code(x, qr_text(x, 0, x->k.now + KIT_DAY)), IDR_OK);
	x->in.policy = scene_policy(x, POLICY("[\"dc+sd-jwt\"]", NAME, "optional", DAY_UNDECIDED, "false"));
	assert_int_equal(scene_code(x, scene_document(x, 0)), IDR_OK);
	assert_int_equal(scene_code(x, qr_text(x, 0, x->k.now + KIT_DAY)), IDR_FORMAT);
}

static void does_not_run_with_a_policy_of_unknown_types(void **state)
{
	struct scene *x = *state;
	const struct idr_verdict *v;

	x->in.input = scene_document(x, 0);
	x->in.policy = scene_policy(x, POLICY(BOTH, NAME, "optional", DAY_UNDECIDED, "false"));
	x->in.n_types = 0;
	assert_false(idr_verify(x->k.s, x->k.a, &x->in, x->k.now, &v, &x->err));
	assert_int_equal(x->err.code, IDR_POLICY);
}

static void refuses_another_type_than_the_policy_names(void **state)
{
	struct scene *x = *state;
	struct idr_type other = *x->pid;

	other.vct = IDR_LIT("urn:idrail:other:1");
	x->in.policy = scene_policy(x, POLICY(BOTH, NAME, "optional", DAY_UNDECIDED, "false"));
	assert_int_equal(scene_code(x, kit_issue(&x->k, &other, PID_CLAIMS, x->k.holder, NULL, x->k.now + KIT_DAY)),
	    IDR_VCT);
	x->in.policy = NULL;
	assert_int_equal(scene_code(x, kit_issue(&x->k, &other, PID_CLAIMS, x->k.holder, NULL, x->k.now + KIT_DAY)),
	    IDR_OK);
}

static void keeps_only_what_the_policy_asks_for(void **state)
{
	struct scene *x = *state;
	const struct idr_verdict *v;

	x->in.policy = scene_policy(x, POLICY(BOTH, NAME, "optional", DAY_UNDECIDED, "false"));
	v = scene_verify(x, scene_document(x, 0));
	assert_int_equal(v->result, IDR_VALID);
	assert_true(idr_bytes_is(idr_verdict_claims_json(v), "{\"full_name\":\"Sok Dara\"}"));
	assert_int_equal(idr_verdict_claims(v)->n, 1);
}

static void refuses_missing_claims_and_other_values(void **state)
{
	static const struct {
		const char *policy;
		enum idr_code code;
	} cases[] = {
		{ POLICY(BOTH, "[{\"path\":[\"picture\"]}]", "optional", DAY_UNDECIDED, "false"), IDR_CLAIM_MISSING },
		{ POLICY(BOTH, "[{\"path\":[\"full_name\",0]}]", "optional", DAY_UNDECIDED, "false"), IDR_CLAIM_MISSING },
		{ POLICY(BOTH, "[{\"path\":[\"sex\"],\"values\":[1,2]}]", "optional", DAY_UNDECIDED, "false"), IDR_OK },
		{ POLICY(BOTH, "[{\"path\":[\"sex\"],\"values\":[1]}]", "optional", DAY_UNDECIDED, "false"),
		    IDR_CLAIM_VALUE },
		{ POLICY(BOTH, "[{\"path\":[\"sex\"],\"values\":[\"2\"]}]", "optional", DAY_UNDECIDED, "false"),
		    IDR_CLAIM_VALUE },
		{ POLICY(BOTH, "[{\"path\":[\"nationalities\",null],\"values\":[\"UT\"]}]", "optional", DAY_UNDECIDED,
		    "false"), IDR_OK },
		{ POLICY(BOTH, "[{\"path\":[\"nationalities\",null],\"values\":[\"XX\"]}]", "optional", DAY_UNDECIDED,
		    "false"), IDR_CLAIM_VALUE } };
	struct scene *x = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum idr_code got;

		x->in.policy = scene_policy(x, cases[i].policy);
		got = scene_code(x, scene_document(x, 0));
		if (got != cases[i].code)
			fail_msg("case %zu gives %s", i, idr_code_name(got));
	}
}

/* ---- holder binding: security brief V17, V18 ---- */

/* proves: VP 8.6c */
/* proves: SDJWT 7.3a */
static void refuses_an_answer_without_proof(void **state)
{
	struct scene *x = *state;

	scene_request(x);
	assert_int_equal(scene_code(x, scene_document(x, 0)), IDR_KB_MISSING);
	assert_int_equal(scene_code(x, qr_text(x, 0, x->k.now + KIT_DAY)), IDR_KB_MISSING);
	x->in.nonce.p = NULL;
	x->in.policy = scene_policy(x, POLICY(BOTH, NAME, "required", DAY_UNDECIDED, "false"));
	assert_int_equal(scene_code(x, scene_document(x, 0)), IDR_KB_MISSING);
	assert_int_equal(scene_code(x, qr_text(x, 0, x->k.now + KIT_DAY)), IDR_KB_MISSING);
	assert_int_equal(scene_code(x, scene_answer(x, 0)), IDR_OK);
}

static void refuses_a_proof_for_another_request(void **state)
{
	struct scene *x = *state;
	struct idr_bytes c = scene_credential(x, 0);

	scene_request(x);
	assert_int_equal(scene_code(x, kit_present(&x->k, c, NULL, x->k.holder, "old", AUD)), IDR_KB_NONCE);
	assert_int_equal(scene_code(x, kit_present(&x->k, c, NULL, x->k.holder, NONCE, "x")), IDR_KB_AUD);
	assert_int_equal(scene_code(x, kit_present(&x->k, c, NULL, x->k.other, NONCE, AUD)), IDR_KB_SIGNATURE);
	x->in.created = x->k.now + 61;
	assert_int_equal(scene_code(x, scene_answer(x, 0)), IDR_KB_IAT);
}

/* A proof that is there is checked even where none is asked for. */
static void checks_a_proof_nobody_asked_for(void **state)
{
	struct scene *x = *state;
	struct idr_bytes c = scene_credential(x, 0);

	assert_int_equal(scene_code(x, kit_present(&x->k, c, NULL, x->k.other, NONCE, AUD)), IDR_KB_SIGNATURE);
	x->in.aud = IDR_LIT("somebody else");
	assert_int_equal(scene_code(x, kit_present(&x->k, c, NULL, x->k.holder, NONCE, AUD)), IDR_KB_AUD);
}

static void takes_the_beginning_of_the_request_as_the_limit(void **state)
{
	struct scene *x = *state;
	struct idr_bytes answer = scene_answer(x, 0);

	scene_request(x);
	x->in.created = x->k.now - 5;
	x->k.now += 400; /* a slow person, older than 300 s but within the request */
	assert_int_equal(scene_code(x, answer), IDR_OK);
	x->in.created = 0;
	assert_int_equal(scene_code(x, answer), IDR_KB_IAT);
}

/* ---- status: Token Status List section 8.3 ---- */

/* proves: TSL 8.3f, TSL 8.3g */
static void judges_the_status(void **state)
{
	static const enum idr_code codes[] = { IDR_OK, IDR_STATUS_REVOKED, IDR_STATUS_SUSPENDED,
		IDR_STATUS_UNKNOWN };
	struct scene *x = *state;

	for (uint64_t i = 0; i < 4; i++) {
		assert_int_equal(scene_code(x, scene_document(x, i)), codes[i]);
		assert_int_equal(scene_code(x, qr_text(x, i, x->k.now + KIT_DAY)), codes[i]);
	}
	assert_int_equal(scene_verify(x, scene_document(x, 1))->result, IDR_INVALID);
	assert_int_equal(scene_verify(x, scene_document(x, 3))->result, IDR_UNDECIDED);
	assert_int_equal(scene_code(x, scene_document(x, 1024)), IDR_INDEX_OUT_OF_RANGE);
}

static void leaves_an_unknown_status_to_the_policy(void **state)
{
	struct scene *x = *state;
	const struct idr_verdict *v;

	x->has_list = false;
	v = scene_verify(x, scene_document(x, 0));
	assert_int_equal(v->result, IDR_UNDECIDED);
	assert_int_equal(v->code, IDR_STATUS_UNKNOWN);
	assert_int_equal(idr_verdict_status_age(v), -1);
	x->in.status.find = NULL;
	assert_int_equal(scene_verify(x, scene_document(x, 0))->result, IDR_UNDECIDED);
	x->in.policy = scene_policy(x, POLICY(BOTH, NAME, "optional", DAY_REFUSE, "false"));
	v = scene_verify(x, scene_document(x, 0));
	assert_int_equal(v->result, IDR_INVALID);
	assert_int_equal(v->code, IDR_STATUS_UNKNOWN);
	x->in.policy = scene_policy(x, POLICY(BOTH, NAME, "optional", DAY_UNDECIDED, "true"));
	v = scene_verify(x, scene_document(x, 0));
	assert_int_equal(v->result, IDR_UNDECIDED);
	assert_true(v->accepted_undecided);
	assert_true(idr_bytes_is(idr_verdict_claims_json(v), "{\"full_name\":\"Sok Dara\"}"));
	/* doubt about the status excuses nothing else */
	x->in.policy = scene_policy(x, POLICY(BOTH, "[{\"path\":[\"picture\"]}]", "optional", DAY_UNDECIDED, "true"));
	assert_int_equal(scene_verify(x, scene_document(x, 0))->code, IDR_CLAIM_MISSING);
}

/* proves: TSL 8.3d, TSL 13.7a */
static void leaves_an_old_status_to_the_policy(void **state)
{
	static const struct {
		const char *policy;
		int64_t age;
		uint64_t idx;
		enum idr_result result;
		enum idr_code code;
	} cases[] = {
		{ POLICY(BOTH, NAME, "optional", DAY_UNDECIDED, "false"), KIT_DAY, 0, IDR_VALID, IDR_OK },
		{ POLICY(BOTH, NAME, "optional", DAY_UNDECIDED, "false"), KIT_DAY + 1, 0, IDR_UNDECIDED,
		    IDR_STATUS_STALE },
		{ POLICY(BOTH, NAME, "optional", DAY_REFUSE, "false"), KIT_DAY + 1, 0, IDR_INVALID, IDR_STATUS_STALE },
		{ POLICY(BOTH, NAME, "optional", DAY_ACCEPT, "false"), KIT_DAY + 1, 0, IDR_VALID, IDR_OK },
		/* what is known to be revoked stays so; a list past its exp is not accepted outright */
		{ POLICY(BOTH, NAME, "optional", DAY_ACCEPT, "false"), KIT_DAY + 1, 1, IDR_INVALID,
		    IDR_STATUS_REVOKED },
		{ POLICY(BOTH, NAME, "optional", DAY_ACCEPT, "false"), 6 * KIT_DAY, 0, IDR_UNDECIDED,
		    IDR_STATUS_STALE },
		{ POLICY(BOTH, NAME, "optional", DAY_REFUSE, "false"), 6 * KIT_DAY, 2, IDR_INVALID,
		    IDR_STATUS_SUSPENDED } };
	struct scene *x = *state;
	int64_t now = x->k.now;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct idr_verdict *v;
		struct idr_bytes input = scene_document(x, cases[i].idx);

		x->in.policy = scene_policy(x, cases[i].policy);
		x->k.now = x->list.iat + cases[i].age;
		v = scene_verify(x, input);
		x->k.now = now;
		if (v->result != cases[i].result || v->code != cases[i].code)
			fail_msg("case %zu gives %s %s", i, idr_result_name(v->result), idr_code_name(v->code));
		assert_int_equal(idr_verdict_status_age(v), cases[i].age);
	}
}

/* Seconds are seconds: a list of one minute, seen one second before and behind it. */
static void takes_a_list_of_59_seconds_and_none_of_61(void **state)
{
	static const char minute[] = POLICY(BOTH, NAME, "optional",
	    "{\"max_age_s\":60,\"older\":\"refuse\",\"unknown\":\"refuse\"}", "false");
	static const struct { int64_t age; enum idr_result result; enum idr_code code; } cases[] = {
		{ 59, IDR_VALID, IDR_OK }, { 60, IDR_VALID, IDR_OK }, { 61, IDR_INVALID, IDR_STATUS_STALE } };
	struct scene *x = *state;
	struct idr_bytes input = scene_document(x, 0);
	const struct idr_verdict *v;

	x->in.policy = scene_policy(x, minute);
	for (size_t i = 0; i < 3; i++) {
		x->k.now = x->list.iat + cases[i].age;
		v = scene_verify(x, input);
		assert_int_equal(v->result, cases[i].result);
		assert_int_equal(v->code, cases[i].code);
		assert_int_equal(idr_verdict_status_age(v), cases[i].age);
	}
}

/* proves: TSL 8.3b */
/* proves: SDJWT 7.1h */
static void demands_a_status_where_the_type_does(void **state)
{
	struct scene *x = *state;
	struct idr_bytes bare = kit_issue(&x->k, x->pid, PID_CLAIMS, x->k.holder, NULL, x->k.now + KIT_DAY);
	struct idr_type free_of_status = *x->pid;

	assert_int_equal(scene_code(x, bare), IDR_REFERENCED_STATUS_MALFORMED);
	free_of_status.status_bits = 0;
	x->types[0] = &free_of_status;
	assert_int_equal(scene_code(x, bare), IDR_OK);
	x->in.n_types = 0;
	assert_int_equal(scene_code(x, bare), IDR_OK);
}

/* proves: TSL 7.1b, TSL 8.3a */
static void asks_for_no_status_of_what_is_refused(void **state)
{
	struct scene *x = *state;
	const struct idr_verdict *v;

	x->in.algs = 1u << IDR_ES384;
	v = scene_verify(x, scene_document(x, 1));
	assert_int_equal(v->code, IDR_ALGORITHM);
	assert_int_equal(v->status_as_of, 0);
	/* expired, wherever it stands in a list: one that says valid, and one that says revoked */
	x->in.algs = 0;
	for (uint64_t i = 0; i < 2; i++) {
		struct idr_bytes old = scene_document(x, i);

		x->k.now += 91 * KIT_DAY;
		v = scene_verify(x, old);
		x->k.now -= 91 * KIT_DAY;
		assert_int_equal(v->code, IDR_EXPIRED);
		assert_true(v->status.present);
		assert_int_equal(v->status_as_of, 0);
	}
}

static void says_so_when_the_status_is_skipped(void **state)
{
	struct scene *x = *state;
	const struct idr_verdict *v;

	x->in.skip_status = true;
	v = scene_verify(x, scene_document(x, 1));
	assert_int_equal(v->result, IDR_VALID);
	for (size_t i = 0; i < v->findings.n; i++)
		if (v->findings.f[i].code == IDR_STATUS_REVOKED)
			assert_int_equal(v->findings.f[i].outcome, IDR_NOT_DONE);
}

/* ---- clock and bundle: architecture.md section 7 ---- */

static void leaves_open_what_a_wrong_clock_says(void **state)
{
	struct scene *x = *state;
	struct idr_bytes input = scene_document(x, 0);
	const struct idr_verdict *v;

	x->in.policy = scene_policy(x, POLICY(BOTH, NAME, "optional", DAY_UNDECIDED, "true"));
	x->in.floor = x->k.now + 1;
	v = scene_verify(x, input);
	assert_int_equal(v->result, IDR_UNDECIDED);
	assert_int_equal(v->code, IDR_CLOCK);
	assert_false(v->accepted_undecided);
	/* seen from years before, nothing is valid yet: still the clock, not the credential */
	x->in.floor = x->k.now - 200 * KIT_DAY;
	x->k.now -= 5000 * KIT_DAY;
	v = scene_verify(x, input);
	assert_int_equal(v->result, IDR_UNDECIDED);
	assert_int_equal(v->code, IDR_CLOCK);
	/* but a credential that had expired at the floor has expired, and a forged one is forged */
	x->in.floor = KIT_NOW + 200 * KIT_DAY;
	assert_int_equal(scene_code(x, input), IDR_EXPIRED);
	x->in.floor = KIT_NOW;
	x->in.trust = NULL;
	assert_int_equal(scene_code(x, input), IDR_TRUST);
}

static void leaves_open_what_an_expired_bundle_says(void **state)
{
	struct scene *x = *state;

	x->in.good_until = x->k.now;
	assert_int_equal(scene_code(x, scene_document(x, 0)), IDR_OK);
	x->in.good_until = x->k.now - 1;
	assert_int_equal(scene_verify(x, scene_document(x, 0))->result, IDR_UNDECIDED);
	assert_int_equal(scene_code(x, scene_document(x, 0)), IDR_BUNDLE_EXPIRED);
	assert_int_equal(scene_code(x, scene_document(x, 1)), IDR_STATUS_REVOKED);
}

/* ---- properties ---- */

static bool flipped_is_valid(struct scene *x, const uint8_t *p, size_t n)
{
	const struct idr_verdict *v;
	bool valid;

	x->in.input = idr_bytes(p, n);
	idr_arena_reset(x->scratch);
	if (!idr_verify(x->k.s, x->scratch, &x->in, x->k.now, &v, &x->err))
		return false;
	valid = v->result == IDR_VALID;
	assert_true(valid || !idr_verdict_claims(v));
	return valid;
}

static void check_flips(struct scene *x, struct idr_bytes input)
{
	uint8_t *p = malloc(input.n);

	assert_non_null(p);
	memcpy(p, input.p, input.n);
	assert_true(flipped_is_valid(x, p, input.n));
	for (size_t i = 0; i < input.n; i++) {
		p[i] ^= (uint8_t)(1u << i % 7);
		if (flipped_is_valid(x, p, input.n))
			fail_msg("byte %zu of %zu may be changed", i, input.n);
		p[i] = input.p[i];
	}
	for (size_t n = 0; n < input.n; n += 1 + n / 40)
		assert_false(flipped_is_valid(x, p, n));
	free(p);
}

static void no_changed_byte_is_valid(void **state)
{
	struct scene *x = *state;

	check_flips(x, qr_text(x, 0, x->k.now + KIT_DAY));
	scene_request(x);
	check_flips(x, scene_answer(x, 0));
}

/* Running out of room ends the run or refuses; it never skips a check. */
static void little_memory_is_no_way_to_valid(void **state)
{
	struct scene *x = *state;
	const struct idr_verdict *v;
	bool enough = false;

	scene_request(x);
	x->in.input = scene_answer(x, 1); /* revoked */
	for (size_t limit = 0; limit < 64 * 1024; limit += 256) {
		struct idr_arena *a = idr_arena_new(limit);

		assert_non_null(a);
		if (idr_verify(x->k.s, a, &x->in, x->k.now, &v, &x->err)) {
			assert_int_equal(v->result, IDR_INVALID);
			enough |= v->code == IDR_STATUS_REVOKED;
		} else {
			assert_true(x->err.code == IDR_LIMIT || x->err.code == IDR_MEMORY);
		}
		idr_arena_free(&a);
	}
	assert_true(enough);
}

/* ---- the verdict as JSON ---- */

static const struct idr_json *json_of(struct scene *x, const struct idr_verdict *v, struct idr_bytes claims,
    struct idr_bytes *text)
{
	struct idr_buf b;

	idr_buf_init(&b, x->k.a, 1024, 1 << 20);
	idr_verdict_put_json(&b, v, claims);
	assert_true(idr_buf_done(&b, text, &x->err));
	return kit_json(&x->k, *text);
}

static void writes_the_verdict_as_json(void **state)
{
	struct scene *x = *state;
	struct idr_bytes none = { NULL, 0 }, one, two, input = scene_document(x, 0);
	const struct idr_json *o, *claims;

	o = json_of(x, scene_verify(x, input), none, &one);
	json_of(x, scene_verify(x, input), none, &two);
	assert_true(idr_bytes_equal(one, two));
	assert_true(idr_json_is_str(idr_json_find(o, "verdict"), "VALID"));
	assert_true(idr_json_is_str(idr_json_find(o, "code"), "ok"));
	assert_true(idr_json_is_str(idr_json_find(o, "type"), "pid"));
	assert_true(idr_json_is_str(idr_json_find(o, "holder_binding"), "none"));
	assert_true(idr_json_is_str(idr_json_find(o, "checked_at"), "2026-09-21T14:13:20Z"));
	assert_non_null(idr_json_find(idr_json_find(o, "issuer"), "certificate_sha256"));
	assert_true(idr_json_find(o, "checks")->n > 10);
	claims = idr_json_find(o, "claims");
	assert_non_null(idr_json_find(claims, "birthdate"));
	/* what ties presentations together stays inside */
	assert_null(idr_json_find(claims, "status"));
	assert_null(idr_json_find(claims, "cnf"));
	o = json_of(x, scene_verify(x, input), IDR_LIT("{\"a\":1}"), &one);
	assert_true(idr_bytes_is(idr_json_find(o, "claims")->raw, "{\"a\":1}"));
}

/* proves: SDJWT 7.1i */
static void writes_no_claim_of_a_refused_credential(void **state)
{
	struct scene *x = *state;
	struct idr_bytes text;
	const struct idr_json *o = json_of(x, scene_verify(x, scene_document(x, 1)), IDR_LIT("{\"a\":1}"), &text);

	assert_true(idr_json_is_str(idr_json_find(o, "verdict"), "INVALID"));
	assert_true(idr_json_is_str(idr_json_find(o, "code"), "status_revoked"));
	assert_null(idr_json_find(o, "claims"));
	assert_null(memmem(text.p, text.n, "Dara", 4));
	assert_null(memmem(text.p, text.n, KIT_LIST_URI, strlen(KIT_LIST_URI)));
}

static void names_no_issuer_nobody_signed_for(void **state)
{
	struct scene *x = *state;
	struct idr_bytes input = scene_document(x, 0);
	uint8_t *p = malloc(input.n);
	size_t dot = idr_bytes_index(input, idr_bytes_index(input, 0, '.') + 1, '.');
	const struct idr_verdict *v;

	memcpy(p, input.p, input.n);
	p[dot + 5] = p[dot + 5] == 'A' ? 'B' : 'A';
	v = scene_verify(x, idr_bytes(p, input.n));
	assert_int_equal(v->code, IDR_ISSUER_SIGNATURE);
	assert_int_equal(v->issuer_country.n, 0);
	free(p);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(accepts_an_answer_to_a_request),
		T(accepts_a_document_without_proof_as_a_document),
		T(calls_a_proof_for_no_request_no_proof),
		T(accepts_a_printed_code),
		T(tells_formats_apart),
		T(refuses_a_format_the_policy_does_not_list),
		T(does_not_run_with_a_policy_of_unknown_types),
		T(refuses_another_type_than_the_policy_names),
		T(keeps_only_what_the_policy_asks_for),
		T(refuses_missing_claims_and_other_values),
		T(refuses_an_answer_without_proof),
		T(refuses_a_proof_for_another_request),
		T(checks_a_proof_nobody_asked_for),
		T(takes_the_beginning_of_the_request_as_the_limit),
		T(judges_the_status),
		T(leaves_an_unknown_status_to_the_policy),
		T(leaves_an_old_status_to_the_policy),
		T(takes_a_list_of_59_seconds_and_none_of_61),
		T(demands_a_status_where_the_type_does),
		T(asks_for_no_status_of_what_is_refused),
		T(says_so_when_the_status_is_skipped),
		T(leaves_open_what_a_wrong_clock_says),
		T(leaves_open_what_an_expired_bundle_says),
		T(no_changed_byte_is_valid),
		T(little_memory_is_no_way_to_valid),
		T(writes_the_verdict_as_json),
		T(writes_no_claim_of_a_refused_credential),
		T(names_no_issuer_nobody_signed_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
