/* The front door over published vectors: same verdict and code for the same bytes. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"

static struct idr_bytes text_of(const struct idr_json *o, const char *name)
{
	const struct idr_json *v = idr_json_find(o, name);

	return v ? v->text : (struct idr_bytes){ NULL, 0 };
}

/* "kb-missing" is kb_missing; the class `trust` has finer codes here. */
static bool same_code(enum idr_code code, struct idr_bytes reason)
{
	const char *name = idr_code_name(code);

	if (idr_bytes_is(reason, "trust") && (code == IDR_CHAIN_ORDER || code == IDR_CHAIN_EXPIRED ||
	    code == IDR_CHAIN_PROFILE))
		return true;
	if (strlen(name) != reason.n)
		return false;
	for (size_t i = 0; i < reason.n; i++)
		if (name[i] != (reason.p[i] == '-' ? '_' : (char)reason.p[i]))
			return false;
	return true;
}

struct setting {
	struct scene *x;
	struct idr_type type;
	const struct idr_type *types[1];
	struct idr_bytes type_id;
	struct idr_policy policy;
	const struct idr_json *given, *override;
};

static const struct idr_json *member(const struct setting *s, const char *name)
{
	const struct idr_json *v = idr_json_find(s->override, name);

	return v ? v : idr_json_find(s->given, name);
}

static void use(struct setting *s, const struct idr_json *over)
{
	struct idr_verify_in *in = &s->x->in;
	const struct idr_json *kb;

	s->override = over;
	kb = member(s, "kb_required");
	in->kb_required = idr_json_is(kb, IDR_JSON_TRUE);
	in->nonce = in->kb_required ? member(s, "nonce")->text : (struct idr_bytes){ NULL, 0 };
	in->aud = in->kb_required ? member(s, "aud")->text : (struct idr_bytes){ NULL, 0 };
	assert_true(idr_json_int(member(s, "now"), &s->x->k.now));
}

static void prepare(struct scene *x, struct setting *s, const struct idr_json *root, struct idr_bytes anchor)
{
	struct idr_bytes any = IDR_LIT("*");
	struct idr_trust *t;

	*s = (struct setting){ .x = x, .given = idr_json_find(root, "policy"), .type_id = IDR_LIT("nid"),
		.policy = *idr_policy_default() };
	s->type = (struct idr_type){ .id = s->type_id,
		.vct = idr_json_at(idr_json_find(s->given, "accepted_vct"), 0)->text };
	s->types[0] = &s->type;
	s->policy.type = &s->type_id;
	s->policy.n_type = 1;
	assert_true(idr_trust_new(x->k.a, &t, &x->err));
	assert_true(idr_trust_add_anchor(x->k.s, t, anchor, IDR_PURPOSE_ISSUER, &any, 1, NULL, &x->err));
	x->in = (struct idr_verify_in){ .trust = t, .types = s->types, .n_types = 1, .policy = &s->policy,
		.skip_status = true };
}

static void judges_the_sd_jwt_vc_cases(void **state)
{
	struct scene *x = *state;
	struct idr_bytes file = kit_vector(&x->k, "sd-jwt-vc/derived_accept_reject.json"), anchor;
	const struct idr_json *root, *list;
	struct setting s;
	unsigned n = 0;

	if (!file.p)
		skip();
	root = kit_json(&x->k, file);
	assert_true(idr_b64_decode(x->k.a, text_of(idr_json_find(root, "policy"), "trust_anchor_der_b64"), &anchor,
	    &x->err));
	prepare(x, &s, root, anchor);
	list = idr_json_find(root, "accept");
	for (const struct idr_json *c = idr_json_first(list); c; c = idr_json_next(list, c), n++) {
		const struct idr_verdict *v;

		use(&s, idr_json_find(c, "policy_override"));
		v = scene_verify(x, text_of(c, "presentation"));
		if (v->result != IDR_VALID)
			fail_msg("%.*s: %s %s", (int)text_of(c, "name").n, text_of(c, "name").p, idr_code_name(v->code),
			    v->why.msg);
		assert_true(idr_json_equal(idr_verdict_claims(v), idr_json_find(c, "processed")));
	}
	list = idr_json_find(root, "reject");
	for (const struct idr_json *c = idr_json_first(list); c; c = idr_json_next(list, c), n++) {
		const struct idr_verdict *v;

		use(&s, idr_json_find(c, "policy_override"));
		v = scene_verify(x, text_of(c, "presentation"));
		if (v->result != IDR_INVALID || !same_code(v->code, text_of(c, "reason")))
			fail_msg("%.*s: %s instead of %.*s", (int)text_of(c, "name").n, text_of(c, "name").p,
			    idr_code_name(v->code), (int)text_of(c, "reason").n, text_of(c, "reason").p);
	}
	assert_true(n > 90);
}

static void judges_the_printed_codes(void **state)
{
	struct scene *x = *state;
	struct idr_bytes file = kit_vector(&x->k, "qr-proof/qr_proof.json");
	const struct idr_json *root, *policy;
	struct idr_trust *t;
	struct idr_bytes any = IDR_LIT("*");
	unsigned n = 0;

	if (!file.p)
		skip();
	root = kit_json(&x->k, file);
	policy = idr_json_find(root, "policy");
	assert_true(idr_trust_new(x->k.a, &t, &x->err));
	assert_true(idr_trust_add_anchor(x->k.s, t, kit_hex(&x->k, text_of(policy, "trust_anchor_der_hex")),
	    IDR_PURPOSE_ISSUER, &any, 1, NULL, &x->err));
	assert_true(idr_trust_add_signer(x->k.s, t, kit_hex(&x->k, idr_json_is(idr_json_find(policy,
	    "ds_cache_der_hex"), IDR_JSON_ARRAY) ? idr_json_at(idr_json_find(policy, "ds_cache_der_hex"), 0)->text :
	    text_of(policy, "ds_cache_der_hex")), false, &x->err));
	x->in = (struct idr_verify_in){ .trust = t, .skip_status = true };
	for (int good = 0; good < 2; good++) {
		const struct idr_json *list = idr_json_find(root, good ? "accept" : "reject");

		for (const struct idr_json *c = idr_json_first(list); c; c = idr_json_next(list, c)) {
			const struct idr_verdict *v = scene_verify(x, text_of(c, "qr_text"));

			if (!idr_json_is_str(idr_json_find(c, "profile"), "S")) {
				assert_int_not_equal(v->result, IDR_VALID); /* the phone's code is read elsewhere */
				continue;
			}
			n++;
			if (good ? v->result != IDR_VALID : !same_code(v->code, text_of(c, "reason")))
				fail_msg("%.*s: %s", (int)text_of(c, "name").n, text_of(c, "name").p, idr_code_name(v->code));
		}
	}
	assert_true(n >= 4);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(judges_the_sd_jwt_vc_cases),
		T(judges_the_printed_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
