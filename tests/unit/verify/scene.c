#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static enum idr_status_found find(void *ctx, struct idr_bytes uri, uint64_t idx,
    struct idr_status_answer *out)
{
	const struct scene *x = ctx;
	struct idr_err err;

	if (!x->has_list || !idr_bytes_equal(uri, x->list.uri))
		return IDR_STATUS_NO_LIST;
	if (!idr_status_at(&x->list, idx, &out->value, &err))
		return IDR_STATUS_NO_ENTRY;
	out->as_of = x->list.iat;
	out->expires = x->list.exp;
	out->for_mdoc = x->list.for_mdoc;
	return IDR_STATUS_FOUND;
}

int scene_setup(void **state)
{
	static const uint8_t values[4] = { 0, 1, 2, 3 };
	struct scene *x = calloc(1, sizeof(*x));
	struct idr_status_rules rules = { .skew = 60 };
	struct idr_bytes file;

	assert_non_null(x);
	kit_open(&x->k);
	x->scratch = idr_arena_new(KIT_MEMORY);
	file = kit_file(&x->k, "schema/types/pid/type.json");
	assert_non_null(file.p);
	assert_true(idr_type_parse(x->k.a, file, &x->pid, &x->err));
	x->types[0] = x->pid;
	rules.trust = x->k.trust;
	assert_true(idr_status_open(x->k.s, x->k.a, kit_list(&x->k, false, 2, values, 4, x->k.now - 100,
	    x->k.now + 5 * KIT_DAY), &rules, x->k.now, &x->list, &x->err));
	x->has_list = true;
	x->in = (struct idr_verify_in){ .trust = x->k.trust, .types = x->types, .n_types = 1,
		.status = { find, x } };
	*state = x;
	return 0;
}

int scene_teardown(void **state)
{
	struct scene *x = *state;

	idr_arena_free(&x->scratch);
	kit_close(&x->k);
	free(x);
	return 0;
}

struct idr_bytes scene_credential(struct scene *x, uint64_t idx)
{
	struct idr_status_ref ref = { IDR_LIT(KIT_LIST_URI), idx, true };

	return kit_issue(&x->k, x->pid, PID_CLAIMS, x->k.holder, &ref, x->k.now + 90 * KIT_DAY);
}

struct idr_bytes scene_answer(struct scene *x, uint64_t idx)
{
	return kit_present(&x->k, scene_credential(x, idx), NULL, x->k.holder, NONCE, AUD);
}

struct idr_bytes scene_document(struct scene *x, uint64_t idx)
{
	return kit_present(&x->k, scene_credential(x, idx), NULL, NULL, NULL, NULL);
}

void scene_request(struct scene *x)
{
	x->in.nonce = IDR_LIT(NONCE);
	x->in.aud = IDR_LIT(AUD);
	x->in.created = x->k.now - 20;
}

const struct idr_policy *scene_policy(struct scene *x, const char *json)
{
	const struct idr_policy *p;

	if (!idr_policy_parse(x->k.a, idr_str(json), &p, &x->err))
		fail_msg("%s", x->err.msg);
	return p;
}

const struct idr_verdict *scene_verify(struct scene *x, struct idr_bytes input)
{
	const struct idr_verdict *v;

	x->in.input = input;
	if (!idr_verify(x->k.s, x->k.a, &x->in, x->k.now, &v, &x->err))
		fail_msg("could not run: %s (%s)", x->err.msg, x->err.at);
	/* whatever the verdict, these hold */
	assert_true((v->result == IDR_VALID) == (v->code == IDR_OK));
	if (v->result != IDR_VALID && !v->accepted_undecided) {
		assert_null(idr_verdict_claims(v));
		assert_null(idr_verdict_claims_json(v).p);
	}
	return v;
}

enum idr_code scene_code(struct scene *x, struct idr_bytes input)
{
	return scene_verify(x, input)->code;
}
