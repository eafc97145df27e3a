/* A suite, an arena and an error for tests that need no country around them. */
#ifndef IDR_TESTS_SUITE_FIXTURE_H
#define IDR_TESTS_SUITE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "suite/sign.h"

static struct idr_suite *s;
static struct idr_arena *a;
static struct idr_err err;

static int fixture_open(void **state)
{
	(void)state;
	s = idr_suite_new();
	a = idr_arena_new(64 << 20);
	return !s || !a;
}

static int fixture_close(void **state)
{
	(void)state;
	idr_suite_free(&s);
	idr_arena_free(&a);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_open, fixture_close)

static inline struct idr_private *fresh(enum idr_curve curve)
{
	struct idr_private *k = NULL;

	assert_true(idr_private_generate(s, curve, &k, &err));
	return k;
}

static inline const struct idr_json *json(const char *text)
{
	const struct idr_json *v = NULL;

	if (!idr_json_parse(a, idr_str(text), 1 << 20, &v, &err))
		fail_msg("test JSON: %s", err.msg);
	return v;
}

static inline struct idr_bytes hex(const char *text)
{
	struct idr_bytes out = { NULL, 0 };

	assert_true(idr_hex_decode(a, idr_str(text), &out, &err));
	return out;
}

static inline struct idr_bytes b64url(struct idr_bytes in)
{
	struct idr_buf b;

	idr_buf_init(&b, a, 64, 1 << 20);
	idr_b64url_put(&b, in);
	assert_false(b.failed);
	return idr_buf_bytes(&b);
}

/* The call failed, and with this code. */
#define assert_refused(call, want) \
	do { \
		err.code = IDR_OK; \
		assert_false(call); \
		assert_string_equal(idr_code_name(err.code), idr_code_name(want)); \
	} while (0)
#define assert_works(call) \
	do { \
		if (!(call)) \
			fail_msg("%s: %s", idr_code_name(err.code), err.msg); \
	} while (0)

#endif
