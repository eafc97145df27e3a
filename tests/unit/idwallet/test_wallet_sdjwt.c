/* What an issuer gives, as the wallet checks it before it keeps it: RFC 9901 section 7.2. */
#include "wallet_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct idr_bytes issued(struct wk *w)
{
	struct idr_status_ref none = { .present = false };

	return kit_issue(&w->k, w->type, "{\"name\":\"Sok Dara\",\"city\":\"Battambang\"}", w->k.holder, &none,
	    w->k.now + 30 * KIT_DAY);
}

static enum idr_code read_at(struct wk *w, struct idr_bytes credential, int64_t now)
{
	struct idr_sdjwt_result out;

	w->err = (struct idr_err){ .code = IDR_OK };
	if (!wallet_sdjwt_read(w->k.s, w->k.a, credential, now, &out, &w->err))
		return w->err.code;
	assert_true(idr_bytes_is(out.vct, WK_VCT));
	assert_true(idr_key_equal(&out.holder, idr_private_public(w->k.holder)));
	assert_true(idr_json_is_str(idr_json_find(out.claims, "name"), "Sok Dara"));
	return IDR_OK;
}

static enum idr_code read_it(struct wk *w, struct idr_bytes credential)
{
	return read_at(w, credential, w->k.now);
}

/* One letter at `at` is another. */
static struct idr_bytes changed(struct wk *w, struct idr_bytes text, size_t at)
{
	struct idr_bytes out;
	uint8_t *p;

	assert_true(idr_arena_copy(w->k.a, text, &out, &w->err));
	p = (uint8_t *)(uintptr_t)out.p;
	p[at] = p[at] == 'A' ? 'B' : 'A';
	return out;
}

static struct idr_bytes without_certificate(struct wk *w)
{
	struct idr_bytes jwt = kit_jws(&w->k, w->k.ds, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}", "{\"vct\":\"" WK_VCT "\"}");

	return idr_str(idr_arena_printf(w->k.a, &w->err, "%.*s~", (int)jwt.n, (const char *)jwt.p));
}

/* proves: SDJWT 7.2b, SDJWTVC 2.4b */
static void keeps_only_what_its_issuer_signed(void **state)
{
	struct wk *w = *state;
	struct idr_bytes good = issued(w);
	size_t tilde = idr_bytes_index(good, 0, '~'), dot = idr_bytes_index(good, 0, '.');
	struct idr_private *ds = w->k.ds;

	assert_int_equal(read_it(w, good), IDR_OK);
	assert_int_equal(read_it(w, changed(w, good, tilde - 20)), IDR_ISSUER_SIGNATURE);
	assert_int_not_equal(read_it(w, changed(w, good, dot + 30)), IDR_OK);
	assert_int_not_equal(read_it(w, changed(w, good, tilde + 20)), IDR_OK);
	/* signed by somebody else under the issuer's certificate */
	w->k.ds = w->k.other;
	assert_int_equal(read_it(w, issued(w)), IDR_ISSUER_SIGNATURE);
	w->k.ds = ds;
	assert_int_equal(read_at(w, good, w->k.now + 31 * KIT_DAY), IDR_EXPIRED);
	assert_int_equal(read_it(w, without_certificate(w)), IDR_TRUST);
}

/* proves: SDJWT 7.2a */
static void takes_no_key_binding_from_an_issuer(void **state)
{
	struct wk *w = *state;

	assert_int_equal(read_it(w, kit_present(&w->k, issued(w), NULL, w->k.holder, "n", "a")), IDR_MALFORMED);
	assert_string_equal(w->err.ref, "RFC 9901 section 7.2");
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, wk_setup, wk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(keeps_only_what_its_issuer_signed),
		UNIT(takes_no_key_binding_from_an_issuer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
