/* Integrity values. */
#include "../testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "sdjwt/sri.h"

/* of "abc": FIPS 180-4 */
#define S256 "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
#define S384 "sha384-ywB1P0WjXou1oD1pmsZQBycsMqsO3tFjGotgWkP/W+2AhgcroefMI1i67KE0yCWn"
#define W256 "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static bool fits(struct kit *k, const char *integrity)
{
	return idr_sri_matches(k->s, k->a, idr_str(integrity), IDR_LIT("abc"));
}

static void accepts_the_right_digest(void **state)
{
	assert_true(fits(*state, S256));
	assert_true(fits(*state, S384));
	assert_true(fits(*state, W256 " " S256));
	assert_true(fits(*state, S256 "?ct=application/json"));
}

/* proves: SDJWTVC 5a */
static void refuses_another_digest(void **state)
{
	assert_false(fits(*state, W256));
	assert_false(fits(*state, "sha256-"));
	assert_false(fits(*state, "sha256-!"));
}

/* proves: SDJWTVC 5a */
static void lets_the_strongest_hash_decide(void **state)
{
	assert_true(fits(*state, W256 " " S384));
	assert_false(fits(*state, S256 " sha384-AAAA"));
}

static void refuses_when_no_hash_is_known(void **state)
{
	assert_false(fits(*state, ""));
	assert_false(fits(*state, "md5-kAFQmDzST7DWlj99KOF/cg=="));
	assert_false(fits(*state, "SHA256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="));
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(accepts_the_right_digest),
		UNIT(refuses_another_digest),
		UNIT(lets_the_strongest_hash_decide),
		UNIT(refuses_when_no_hash_is_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
