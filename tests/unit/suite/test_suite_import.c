/* The cache of imported keys, seen from inside. */
#include "suite_fixture.h"

#include "suite/suite_internal.h"

enum { FLOOD = 3 * IDR_YOUNG };

static const struct idr_bytes msg = IDR_LIT("m");
static uint8_t sig[96];

static void verify_once(const struct idr_private *k)
{
	assert_works(idr_private_sign(s, k, msg, sig, &err));
	assert_true(idr_suite_verify(s, idr_private_public(k), IDR_ES256, msg, idr_bytes(sig, 64)));
}

static void flood(void)
{
	for (size_t i = 0; i < FLOOD; i++) {
		struct idr_private *k = fresh(IDR_P256);

		verify_once(k);
		idr_private_free(&k);
	}
}

static bool is_kept(const struct idr_private *k)
{
	for (size_t i = 0; i < IDR_KEPT; i++)
		if (s->kept[i].pkey && idr_key_equal(&s->kept[i].key, idr_private_public(k)))
			return true;
	return false;
}

static bool is_young(const struct idr_private *k)
{
	for (size_t i = 0; i < IDR_YOUNG; i++)
		if (s->young[i].pkey && idr_key_equal(&s->young[i].key, idr_private_public(k)))
			return true;
	return false;
}

static void a_flood_of_new_keys_does_not_push_out_an_issuer(void **state)
{
	struct idr_private *issuer = fresh(IDR_P256), *once = fresh(IDR_P256);

	(void)state;
	verify_once(once);
	assert_true(is_young(once) && !is_kept(once));
	for (size_t i = 0; i <= IDR_PROMOTE_AT; i++)
		verify_once(issuer);
	assert_true(is_kept(issuer) && !is_young(issuer));
	flood();
	assert_true(is_kept(issuer));
	assert_false(is_young(once) || is_kept(once));
	verify_once(issuer);
	idr_private_free(&issuer);
	idr_private_free(&once);
}

/* More keys in steady use than there is room: the least used gives way, the busiest stays. */
static void the_least_used_gives_way(void **state)
{
	struct idr_private *busy = fresh(IDR_P256);

	(void)state;
	for (size_t i = 0; i < 50; i++)
		verify_once(busy);
	for (size_t n = 0; n < IDR_KEPT + 10; n++) {
		struct idr_private *k = fresh(IDR_P256);

		for (size_t i = 0; i <= IDR_PROMOTE_AT; i++)
			verify_once(k);
		assert_true(is_kept(k));
		idr_private_free(&k);
	}
	assert_true(is_kept(busy));
	idr_private_free(&busy);
}

static void old_fame_fades(void **state)
{
	struct idr_private *k = fresh(IDR_P256);

	(void)state;
	for (size_t i = 0; i < 40; i++)
		verify_once(k);
	for (size_t i = 0; i < 6 * IDR_AGE_EVERY; i++)
		assert_true(idr_suite_key_is_valid(s, idr_private_public(k))); /* looking is not using */
	for (size_t i = 0; i < IDR_KEPT; i++)
		if (s->kept[i].pkey)
			assert_true(s->kept[i].uses < IDR_PROMOTE_AT);
	assert_true(is_kept(k));
	idr_private_free(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_flood_of_new_keys_does_not_push_out_an_issuer),
		TEST(the_least_used_gives_way),
		TEST(old_fame_fades),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
