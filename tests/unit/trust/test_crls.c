/* CRLs beside the anchors: RFC 5280 section 6.3. */
#include "../testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "suite/certify.h"

static const struct idr_bytes type = { (const uint8_t *)"urn:test", 8 };

static struct idr_bytes crl(struct kit *k, struct idr_bytes issuer_der, const struct idr_private *issuer,
    const struct idr_bytes *gone, int64_t from, int64_t until)
{
	struct idr_revoked list = { .at = from };
	struct idr_cert cert;
	struct idr_bytes der;
	struct idr_err err;

	if (gone) {
		assert_true(idr_cert_parse(k->s, k->a, *gone, &cert, &err));
		list.serial = cert.serial;
	}
	assert_true(idr_certify_crl(k->s, k->a, issuer_der, issuer, &list, gone != NULL, 1, from, until, &der, &err));
	return der;
}

static void add(struct kit *k, struct idr_bytes der)
{
	struct idr_err err;

	if (!idr_trust_add_crl(k->s, k->trust, der, &err))
		fail_msg("%s", err.msg);
}

static enum idr_code ask(struct kit *k, struct idr_path_cache *cache, enum idr_revocation *out)
{
	struct idr_path path;
	struct idr_err err;

	if (!idr_trust_path(k->s, k->a, k->trust, cache, IDR_PURPOSE_ISSUER, type, &k->ds_der, 1, k->now, &path, &err))
		return err.code;
	*out = path.revocation;
	return IDR_OK;
}

static void asks_nothing_without_a_crl_of_the_issuer(void **state)
{
	struct kit *k = *state;
	struct idr_bytes other = kit_certify(k, IDR_PROFILE_ROOT, "XX", k->other, (struct idr_bytes){ NULL, 0 }, k->other,
	    k->now - KIT_DAY, k->now + KIT_DAY);
	enum idr_revocation what = IDR_REVOCATION_UNKNOWN;

	add(k, crl(k, other, k->other, &k->ds_der, k->now - 60, k->now + KIT_DAY));
	assert_int_equal(ask(k, NULL, &what), IDR_OK);
	assert_int_equal(what, IDR_REVOCATION_NOT_ASKED);
}

/* proves: MDOC 9.3.1f */
static void refuses_who_is_on_it_and_no_other(void **state)
{
	struct kit *k = *state;
	enum idr_revocation what = IDR_REVOCATION_UNKNOWN;

	add(k, crl(k, k->root_der, k->root, &k->status_der, k->now - 60, k->now + KIT_DAY));
	assert_int_equal(ask(k, NULL, &what), IDR_OK);
	assert_int_equal(what, IDR_REVOCATION_GOOD);
	add(k, crl(k, k->root_der, k->root, &k->ds_der, k->now - 60, k->now + KIT_DAY));
	assert_int_equal(ask(k, NULL, &what), IDR_CHAIN_REVOKED);
}

static void leaves_open_what_a_crl_out_of_its_time_or_of_another_key_says(void **state)
{
	struct kit *k = *state;
	enum idr_revocation what = IDR_REVOCATION_GOOD;

	/* the same name, signed by someone else */
	add(k, crl(k, kit_certify(k, IDR_PROFILE_ROOT, NULL, k->other, (struct idr_bytes){ NULL, 0 }, k->other,
	    k->now - KIT_DAY, k->now + KIT_DAY), k->other, &k->ds_der, k->now - 60, k->now + KIT_DAY));
	assert_int_equal(ask(k, NULL, &what), IDR_OK);
	assert_int_equal(what, IDR_REVOCATION_UNKNOWN);
	add(k, crl(k, k->root_der, k->root, NULL, k->now - 2 * KIT_DAY, k->now - KIT_DAY));
	assert_int_equal(ask(k, NULL, &what), IDR_OK);
	assert_int_equal(what, IDR_REVOCATION_UNKNOWN);
	add(k, crl(k, k->root_der, k->root, NULL, k->now - 60, k->now + KIT_DAY));
	assert_int_equal(ask(k, NULL, &what), IDR_OK);
	assert_int_equal(what, IDR_REVOCATION_GOOD);
}

static void does_not_forgive_the_revoked_when_the_crl_gets_old(void **state)
{
	struct kit *k = *state;
	enum idr_revocation what;

	add(k, crl(k, k->root_der, k->root, &k->ds_der, k->now - 9 * KIT_DAY, k->now - 8 * KIT_DAY));
	assert_int_equal(ask(k, NULL, &what), IDR_CHAIN_REVOKED);
}

static void remembers_a_good_path_no_longer_than_its_crl(void **state)
{
	struct kit *k = *state;
	struct idr_path_cache *cache = idr_path_cache_new();
	enum idr_revocation what = IDR_REVOCATION_NOT_ASKED;

	assert_int_equal(ask(k, cache, &what), IDR_OK);
	add(k, crl(k, k->root_der, k->root, NULL, k->now - 60, k->now + 60));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ask(k, cache, &what), IDR_OK);
		assert_int_equal(what, IDR_REVOCATION_GOOD);
	}
	k->now += 61;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(ask(k, cache, &what), IDR_OK);
		assert_int_equal(what, IDR_REVOCATION_UNKNOWN);
	}
	idr_path_cache_free(&cache);
}

static void refuses_what_is_no_crl(void **state)
{
	struct kit *k = *state;
	struct idr_bytes good = crl(k, k->root_der, k->root, NULL, k->now, k->now + 60), longer;
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, k->a, 1024, 4096);
	idr_buf_put(&b, good);
	idr_buf_put_byte(&b, 0);
	assert_true(idr_buf_done(&b, &longer, &err));
	assert_false(idr_trust_add_crl(k->s, k->trust, longer, &err));
	assert_int_equal(err.code, IDR_MALFORMED);
	assert_false(idr_trust_add_crl(k->s, k->trust, k->root_der, &err));
	assert_int_equal(err.code, IDR_MALFORMED);
	assert_false(idr_trust_add_crl(k->s, k->trust, (struct idr_bytes){ NULL, 0 }, &err));
	assert_int_equal(err.code, IDR_MALFORMED);
}

#define T(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(asks_nothing_without_a_crl_of_the_issuer), T(refuses_who_is_on_it_and_no_other),
		T(leaves_open_what_a_crl_out_of_its_time_or_of_another_key_says),
		T(does_not_forgive_the_revoked_when_the_crl_gets_old), T(remembers_a_good_path_no_longer_than_its_crl),
		T(refuses_what_is_no_crl),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
