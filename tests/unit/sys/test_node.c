#include "sys/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct idr_suite *suite;
static struct idr_arena *arena;
static struct node *node, *other;

static int start(void **state)
{
	static const uint8_t one[32] = { 1 }, two[32] = { 2 };
	struct idr_err err = { 0 };

	(void)state;
	suite = idr_suite_new();
	arena = idr_arena_new(1024 * 1024);
	assert_true(node_open(suite, idr_bytes(one, 32), &node, &err));
	assert_true(node_open(suite, idr_bytes(two, 32), &other, &err));
	return 0;
}

static int stop(void **state)
{
	(void)state;
	node_free(&node);
	node_free(&other);
	idr_arena_free(&arena);
	idr_suite_free(&suite);
	return 0;
}

static void refuses_a_secret_of_another_length(void **state)
{
	static const uint8_t bytes[33];
	struct idr_err err = { 0 };
	struct node *n = NULL;

	(void)state;
	assert_false(node_open(suite, idr_bytes(bytes, 31), &n, &err));
	assert_false(node_open(suite, idr_bytes(bytes, 33), &n, &err));
	assert_int_equal(err.code, IDR_CONFIG);
}

static void opens_what_it_sealed(void **state)
{
	struct idr_bytes sealed, again, out;
	struct idr_err err = { 0 };

	(void)state;
	assert_true(node_seal(node, suite, arena, IDR_LIT("row 1"), IDR_LIT("claims"), &sealed, &err));
	assert_int_equal(sealed.n, 6 + NODE_SEAL_EXTRA);
	assert_true(node_unseal(node, suite, arena, IDR_LIT("row 1"), sealed, &out, &err));
	assert_true(idr_bytes_is(out, "claims"));
	assert_true(node_seal(node, suite, arena, IDR_LIT("row 1"), IDR_LIT("claims"), &again, &err));
	assert_false(idr_bytes_equal(sealed, again));
	assert_true(node_seal(node, suite, arena, IDR_LIT("row 1"), IDR_LIT(""), &again, &err));
	assert_true(node_unseal(node, suite, arena, IDR_LIT("row 1"), again, &out, &err));
	assert_int_equal(out.n, 0);
}

static void refuses_values_altered_moved_or_of_another_node(void **state)
{
	struct idr_bytes sealed, copy, out;
	struct idr_err err = { 0 };

	(void)state;
	assert_true(node_seal(node, suite, arena, IDR_LIT("row 1"), IDR_LIT("claims"), &sealed, &err));
	assert_false(node_unseal(node, suite, arena, IDR_LIT("row 2"), sealed, &out, &err));
	assert_false(node_unseal(other, suite, arena, IDR_LIT("row 1"), sealed, &out, &err));
	assert_false(node_unseal(node, suite, arena, IDR_LIT("row 1"), idr_bytes_first(sealed, 27), &out, &err));
	for (size_t i = 0; i < sealed.n; i++) {
		assert_true(idr_arena_copy(arena, sealed, &copy, &err));
		((uint8_t *)(uintptr_t)copy.p)[i] ^= 1;
		assert_false(node_unseal(node, suite, arena, IDR_LIT("row 1"), copy, &out, &err));
	}
}

static void keeps_labels_nodes_and_uses_apart(void **state)
{
	uint8_t a[32], b[32];

	(void)state;
	node_mac(node, suite, "one", IDR_LIT("x"), a);
	node_mac(node, suite, "two", IDR_LIT("x"), b);
	assert_memory_not_equal(a, b, 32);
	node_mac(other, suite, "one", IDR_LIT("x"), b);
	assert_memory_not_equal(a, b, 32);
	node_blind(node, suite, IDR_LIT("x"), b);
	assert_memory_not_equal(a, b, 32);
	node_mac(node, suite, "one", IDR_LIT("x"), b);
	assert_memory_equal(a, b, 32);
}

static void knows_its_nonces_until_they_expire(void **state)
{
	char text[NODE_NONCE_TEXT + 1];
	int64_t expiry = 0;

	(void)state;
	node_nonce_make(node, suite, "c_nonce", 2000, text);
	assert_int_equal(strlen(text), NODE_NONCE_TEXT);
	assert_true(node_nonce_check(node, suite, "c_nonce", idr_str(text), 1999, &expiry));
	assert_int_equal(expiry, 2000);
	assert_false(node_nonce_check(node, suite, "c_nonce", idr_str(text), 2000, &expiry));
	assert_false(node_nonce_check(node, suite, "dpop", idr_str(text), 1999, &expiry));
	assert_false(node_nonce_check(other, suite, "c_nonce", idr_str(text), 1999, &expiry));
}

static void refuses_every_altered_nonce(void **state)
{
	char text[NODE_NONCE_TEXT + 2];
	int64_t expiry;

	(void)state;
	node_nonce_make(node, suite, "c_nonce", 2000, text);
	for (size_t i = 0; i < NODE_NONCE_TEXT; i++) {
		char was = text[i];

		/* the last character carries four bits that must be zero: also another spelling is refused */
		text[i] = was == 'A' ? 'B' : 'A';
		assert_false(node_nonce_check(node, suite, "c_nonce", idr_str(text), 1999, &expiry));
		text[i] = '=';
		assert_false(node_nonce_check(node, suite, "c_nonce", idr_str(text), 1999, &expiry));
		text[i] = was;
	}
	assert_false(node_nonce_check(node, suite, "c_nonce", idr_bytes(text, NODE_NONCE_TEXT - 1), 1999, &expiry));
	text[NODE_NONCE_TEXT] = 'A';
	text[NODE_NONCE_TEXT + 1] = 0;
	assert_false(node_nonce_check(node, suite, "c_nonce", idr_str(text), 1999, &expiry));
	assert_false(node_nonce_check(node, suite, "c_nonce", IDR_LIT(""), 1999, &expiry));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_a_secret_of_another_length),
		cmocka_unit_test(opens_what_it_sealed),
		cmocka_unit_test(refuses_values_altered_moved_or_of_another_node),
		cmocka_unit_test(keeps_labels_nodes_and_uses_apart),
		cmocka_unit_test(knows_its_nonces_until_they_expire),
		cmocka_unit_test(refuses_every_altered_nonce),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
