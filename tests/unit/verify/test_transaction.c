/* transaction_data: OpenID4VP 1.0 sections 5.1, 8.4, appendix B.3.3. */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "verify/transaction.h"

#define META "\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"urn:idrail:pid:1\"]}"
#define QUERY "{\"credentials\":[{\"id\":\"a\"," META "},{\"id\":\"b\"," META "}," \
    "{\"id\":\"loose\"," META ",\"require_cryptographic_holder_binding\":false}," \
    "{\"id\":\"m\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"org.iso.18013.5.1.mDL\"}}]}"

/* The array as it stands in a request: each object as base64url. */
static struct idr_bytes sent(struct kit *k, const char *const *object)
{
	struct idr_bytes out;
	struct idr_buf b;

	idr_buf_init(&b, k->a, 256, 1 << 18);
	idr_buf_put_byte(&b, '[');
	for (size_t i = 0; object[i]; i++) {
		idr_buf_put_str(&b, i ? ",\"" : "\"");
		idr_b64url_put(&b, idr_str(object[i]));
		idr_buf_put_byte(&b, '"');
	}
	idr_buf_put_byte(&b, ']');
	assert_true(idr_buf_done(&b, &out, &(struct idr_err){ 0 }));
	return out;
}

static bool parse(struct scene *x, struct idr_bytes json, struct idr_transactions *t)
{
	const struct idr_dcql *q;

	assert_true(idr_dcql_parse(x->k.a, IDR_LIT(QUERY), &q, &x->err));
	return idr_transactions_parse(x->k.a, json, q, t, &x->err);
}

static const char *hash_of(struct scene *x, const struct idr_transactions *t, size_t i)
{
	uint8_t digest[32], text[IDR_B64URL_LEN(32)];

	idr_suite_hash(x->k.s, IDR_SHA256, t->t[i].text, digest);
	return idr_arena_printf(x->k.a, &x->err, "%.*s", (int)idr_b64url_encode(idr_bytes(digest, 32), text),
	    (const char *)text);
}

static const char *const PAYMENT = "{\"type\":\"urn:example:payment\",\"credential_ids\":[\"a\",\"b\"],\"amount\":\"10.00\"}";
static const char *const CONTRACT = "{\"type\":\"urn:example:contract\",\"credential_ids\":[\"b\"],"
    "\"transaction_data_hashes_alg\":[\"sha-512\",\"sha-256\"]}";

static void is_read_against_its_query(void **state)
{
	const char *const two[] = { PAYMENT, CONTRACT, NULL };
	struct scene *x = *state;
	struct idr_transactions t;

	assert_true(parse(x, sent(&x->k, two), &t));
	assert_int_equal(t.n, 2);
	assert_false(t.t[0].names_hashes);
	assert_true(t.t[1].names_hashes);
}

/* proves: VP 5.1h, VP B.3.3a, VP B.3.3.1a */
static void is_refused_when_nobody_could_confirm_it(void **state)
{
	static const char *const bad[] = {
		"[]", "1", "{\"credential_ids\":[\"a\"]}", "{\"type\":\"\",\"credential_ids\":[\"a\"]}", "{\"type\":\"t\"}",
		"{\"type\":\"t\",\"credential_ids\":[]}", "{\"type\":\"t\",\"credential_ids\":[\"z\"]}",
		"{\"type\":\"t\",\"credential_ids\":[1]}", "{\"type\":\"t\",\"credential_ids\":[\"m\"]}",
		"{\"type\":\"t\",\"credential_ids\":[\"loose\"]}",
		"{\"type\":\"t\",\"credential_ids\":[\"a\"],\"transaction_data_hashes_alg\":[\"sha-512\"]}",
		"{\"type\":\"t\",\"credential_ids\":[\"a\"],\"transaction_data_hashes_alg\":\"sha-256\"}",
	};
	const char *many[IDR_TRANSACTIONS_MAX + 2] = { NULL };
	struct scene *x = *state;
	struct idr_transactions t;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *const one[] = { bad[i], NULL };

		if (parse(x, sent(&x->k, one), &t) || x->err.code != IDR_POLICY)
			fail_msg("%s", bad[i]);
	}
	for (size_t i = 0; i < IDR_TRANSACTIONS_MAX; i++)
		many[i] = PAYMENT;
	assert_true(parse(x, sent(&x->k, many), &t));
	many[IDR_TRANSACTIONS_MAX] = PAYMENT;
	assert_false(parse(x, sent(&x->k, many), &t));
	assert_false(parse(x, IDR_LIT("[]"), &t));
	assert_false(parse(x, IDR_LIT("[\"not base64url!\"]"), &t));
	assert_false(parse(x, IDR_LIT("[{}]"), &t));
}

static unsigned confirmed(struct scene *x, const struct idr_transactions *t, const char *id, const char *payload)
{
	unsigned mask;

	if (!idr_transactions_confirmed(x->k.s, t, idr_str(id), kit_json(&x->k, idr_str(payload)), &mask, &x->err))
		return x->err.code == IDR_TRANSACTION_DATA ? ~0u : ~1u;
	return mask;
}

#define HASHES(...) idr_arena_printf(x->k.a, &x->err, "{\"transaction_data_hashes\":" __VA_ARGS__)

/* proves: VP 8.4c, VP B.3.3.1b */
static void is_confirmed_by_its_hash_and_each_once(void **state)
{
	const char *const two[] = { PAYMENT, CONTRACT, NULL };
	struct scene *x = *state;
	struct idr_transactions t;
	const char *pay, *sign;

	assert_true(parse(x, sent(&x->k, two), &t));
	pay = hash_of(x, &t, 0);
	sign = hash_of(x, &t, 1);
	assert_int_equal(confirmed(x, &t, "a", "{}"), 0);
	assert_int_equal(confirmed(x, &t, "a", HASHES("[\"%s\"]}", pay)), 1);
	assert_int_equal(confirmed(x, &t, "b", HASHES("[\"%s\",\"%s\"],\"transaction_data_hashes_alg\":\"sha-256\"}", sign, pay)), 3);
	assert_int_equal(confirmed(x, &t, "a", HASHES("[\"%s\",\"%s\"]}", pay, pay)), ~0u);
	assert_int_equal(confirmed(x, &t, "a", HASHES("[\"%s\"],\"transaction_data_hashes_alg\":\"sha-256\"}", sign)), ~0u);
	assert_int_equal(confirmed(x, &t, "b", HASHES("[\"%s\"]}", sign)), ~0u);
	assert_int_equal(confirmed(x, &t, "b", HASHES("[\"%s\"],\"transaction_data_hashes_alg\":\"sha-512\"}", sign)), ~0u);
	assert_int_equal(confirmed(x, &t, "a", HASHES("[\"%s\"],\"transaction_data_hashes_alg\":\"sha-512\"}", pay)), ~0u);
	assert_int_equal(confirmed(x, &t, "a", HASHES("\"%s\"}", pay)), ~0u);
	assert_int_equal(confirmed(x, &t, "a", HASHES("[]}")), ~0u);
	assert_int_equal(confirmed(x, NULL, "a", HASHES("[\"%s\"]}", pay)), ~0u);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)
	const struct CMUnitTest tests[] = {
		T(is_read_against_its_query), T(is_refused_when_nobody_could_confirm_it), T(is_confirmed_by_its_hash_and_each_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
