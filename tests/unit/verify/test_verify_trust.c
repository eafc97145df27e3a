/* Who signed: trust follows the certificate whose key verified, and no name, order or kind. V1, V2, V11 */
#include "scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../base/fixed_random.h"
#include "base/text.h"
#include "codec/inflate.h"
#include "qr/qr.h"

/* INVALID, and for the reason that the signer is not trusted or did not sign. */
static void must_distrust(struct scene *x, struct idr_bytes input)
{
	const struct idr_verdict *v = scene_verify(x, input);

	assert_int_equal(v->result, IDR_INVALID);
	if (v->code != IDR_TRUST && v->code != IDR_CHAIN_ORDER && v->code != IDR_CHAIN_PROFILE &&
	    v->code != IDR_ISSUER_SIGNATURE)
		fail_msg("refused with %s", idr_code_name(v->code));
	assert_non_null(v->why.ref);
}

static struct idr_bytes issued_by(struct scene *x, const struct idr_private *key, const char *header,
    const char *iss)
{
	char payload[512];
	struct idr_bytes jws, out;
	struct idr_buf b;

	snprintf(payload, sizeof(payload), "{\"iss\":\"%s\",\"vct\":\"urn:idrail:pid:1\",\"iat\":1789990000,"
	    "\"status\":{\"status_list\":{\"idx\":0,\"uri\":\"" KIT_LIST_URI "\"}},\"full_name\":\"Eve\"}", iss);
	jws = kit_jws(&x->k, key, header, payload);
	idr_buf_init(&b, x->k.a, jws.n + 1, jws.n + 1);
	idr_buf_put(&b, jws);
	idr_buf_put_byte(&b, '~');
	assert_true(idr_buf_done(&b, &out, &x->err));
	return out;
}

static struct idr_bytes forged(struct scene *x, const char *header, const char *iss)
{
	return issued_by(x, x->k.other, header, iss);
}

static const char *header_with(struct scene *x, const char *more, const struct idr_bytes *chain, size_t n)
{
	struct idr_buf b;

	idr_buf_init(&b, x->k.a, 8192, 65536);
	idr_buf_printf(&b, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"%s,\"x5c\":[", more);
	for (size_t i = 0; i < n; i++) {
		idr_buf_put_str(&b, i ? ",\"" : "\"");
		idr_b64_put(&b, chain[i]);
		idr_buf_put_byte(&b, '"');
	}
	idr_buf_put_str(&b, "]}");
	idr_buf_put_byte(&b, 0);
	assert_false(b.failed);
	return (const char *)b.p;
}

static void never_trusts_a_name(void **state)
{
	static const char *const names[] = { "https://issuer.example", "", "Testland", "UT", KIT_LIST_URI };
	static const char *const more[] = { "", ",\"kid\":\"1\"", ",\"kid\":\"https://issuer.example\"",
		",\"x5t#S256\":\"AAAA\"", ",\"kid\":\"\"" };
	struct scene *x = *state;
	struct idr_bytes none = { NULL, 0 };
	struct idr_bytes rogue = kit_certify(&x->k, IDR_PROFILE_ROOT, NULL, x->k.other, none, x->k.other,
	    x->k.now - KIT_DAY, x->k.now + KIT_DAY);
	struct idr_bytes leaf = kit_certify(&x->k, IDR_PROFILE_DOCUMENT_SIGNER, NULL, x->k.other, rogue, x->k.other,
	    x->k.now - KIT_DAY, x->k.now + KIT_DAY);
	const struct idr_bytes chains[][2] = { { leaf, rogue }, { x->k.ds_der, leaf }, { leaf, x->k.ds_der },
		{ x->k.ds_der, x->k.root_der }, { rogue, leaf }, { leaf, x->k.root_der } };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		for (size_t j = 0; j < sizeof(more) / sizeof(more[0]); j++)
			for (size_t c = 0; c < sizeof(chains) / sizeof(chains[0]); c++)
				for (size_t n = 0; n <= 2; n++)
					must_distrust(x, forged(x, header_with(x, more[j], chains[c], n), names[i]));
}

static void accepts_no_object_of_another_kind(void **state)
{
	static const char *const typs[] = { "statuslist+jwt", "kb+jwt", "oauth-authz-req+jwt", "JWT",
		"openid4vci-proof+jwt", "keyattestation+jwt", "DC+SD-JWT" };
	struct scene *x = *state;
	struct idr_pinned p = { .key = *idr_private_public(x->k.other), .purposes = IDR_PURPOSE_ISSUER };
	struct idr_bytes any = IDR_LIT("*");
	char header[128];

	p.types = &any;
	p.n_types = 1;
	assert_true(idr_trust_add_pinned(x->k.trust, &p, &x->err));
	assert_int_equal(scene_code(x, forged(x, "{\"alg\":\"ES256\",\"typ\":\"dc+sd-jwt\"}", "i")), IDR_OK);
	for (size_t i = 0; i < sizeof(typs) / sizeof(typs[0]); i++) {
		snprintf(header, sizeof(header), "{\"alg\":\"ES256\",\"typ\":\"%s\"}", typs[i]);
		assert_int_equal(scene_code(x, forged(x, header, "i")), IDR_TYP);
	}
	assert_int_not_equal(scene_code(x, x->list.token), IDR_OK);
}

/* ---- V2 as a property: what is not signed with the trusted key never becomes valid ---- */

enum { CERTIFICATES = 7, SIGNERS = 6, ROUNDS = 1500 };

/* Certificates of every kind and an attacker's, and whose key is tried on them. 0 of each is right. */
struct cast {
	struct idr_bytes certificate[CERTIFICATES];
	const struct idr_private *signer[SIGNERS];
	uint64_t luck;
};

static void cast_open(struct scene *x, struct cast *c, uint64_t seed)
{
	struct kit *k = &x->k;
	struct idr_bytes none = { NULL, 0 };
	struct idr_bytes rogue = kit_certify(k, IDR_PROFILE_ROOT, NULL, k->other, none, k->other,
	    k->now - KIT_DAY, k->now + KIT_DAY);

	*c = (struct cast){ .certificate = { k->ds_der, k->status_der, k->reader_der, k->bundle_der, k->root_der,
		rogue, kit_certify(k, IDR_PROFILE_DOCUMENT_SIGNER, NULL, k->other, rogue, k->other,
		    k->now - KIT_DAY, k->now + KIT_DAY) },
		.signer = { k->ds, k->other, k->status, k->reader, k->bundle, k->holder }, .luck = seed };
}

/* 0 to 3 certificates in any order; half of the time the right one alone or in front. */
static size_t any_chain(struct cast *c, struct idr_bytes *chain)
{
	size_t n = fixed_below(&c->luck, 4);

	for (size_t i = 0; i < n; i++)
		chain[i] = c->certificate[i == 0 && fixed_below(&c->luck, 2) ? 0 : fixed_below(&c->luck, CERTIFICATES)];
	return n;
}

/* proves: SDJWTVC 6.2a */
static void no_name_or_order_makes_another_key_trusted(void **state)
{
	static const char *const iss[] = { "https://issuer.example", "", "Testland", KIT_LIST_URI };
	static const char *const more[] = { "", ",\"kid\":\"1\"", ",\"kid\":\"https://issuer.example\"",
		",\"x5t\":\"AAAA\"", ",\"x5t#S256\":\"AAAA\"", ",\"kid\":\"\",\"x5t\":\"\"" };
	struct scene *x = *state;
	struct cast c;
	size_t valid = 0;

	cast_open(x, &c, 20260722);
	for (int i = 0; i < ROUNDS; i++) {
		struct idr_bytes chain[3], input;
		size_t n = any_chain(&c, chain), who = fixed_below(&c.luck, SIGNERS);
		bool right = who == 0 && n == 1 && chain[0].p == x->k.ds_der.p;

		input = issued_by(x, c.signer[who], header_with(x, more[fixed_below(&c.luck, 6)], chain, n),
		    iss[fixed_below(&c.luck, 4)]);
		if (!right) {
			must_distrust(x, input);
			continue;
		}
		assert_int_equal(scene_code(x, input), IDR_OK);
		valid++;
	}
	assert_in_range(valid, 1, ROUNDS / 4); /* the right combination was among them */
}

/* A paper whose unprotected header says anything: kid and x5chain are outside the signature. */
static struct idr_bytes paper(struct scene *x, struct cast *c, const struct idr_private *key)
{
	struct idr_qr_make m = { .type = x->pid, .cut = &x->pid->cut[0], .claims = kit_json(&x->k, IDR_LIT(PID_CLAIMS)),
		.iss = IDR_LIT("https://issuer.example"), .iat = x->k.now - KIT_DAY, .exp = x->k.now + KIT_DAY,
		.alg = IDR_ES256, .status = { IDR_LIT(KIT_LIST_URI), 0, true } };
	struct idr_bytes chain[3], map = IDR_LIT("\xa1\x01\x26"); /* {1: -7} */
	struct idr_bytes tbs = map, cose = map, zlib = map;
	size_t n = any_chain(c, chain), with_kid = fixed_below(&c->luck, 2);
	uint8_t kid[IDR_HASH_MAX];
	struct idr_qr_built built;
	struct idr_buf b, t;

	idr_suite_hash(x->k.s, IDR_SHA256, c->certificate[fixed_below(&c->luck, CERTIFICATES)], kid);
	idr_buf_init(&b, x->k.a, 4096, 65536);
	idr_cw_map(&b, with_kid + (n > 0));
	if (with_kid) {
		idr_cw_int(&b, 4);
		idr_cw_bytes(&b, idr_bytes(kid, 8));
	}
	if (n) {
		idr_cw_int(&b, 33);
		if (n > 1)
			idr_cw_array(&b, n);
		for (size_t i = 0; i < n; i++)
			idr_cw_bytes(&b, chain[i]);
	}
	assert_true(idr_qr_build(x->k.a, &m, &built, &x->err) &&
	    idr_sign1_build(x->k.a, map, built.payload, &tbs, &x->err) &&
	    idr_sign1_attach(x->k.a, map, idr_buf_bytes(&b), built.payload, kit_sign(&x->k, key, tbs), &cose, &x->err) &&
	    idr_deflate(x->k.a, cose, false, &zlib, &x->err));
	idr_buf_init(&t, x->k.a, 4096, 65536);
	idr_b45_put(&t, zlib);
	return idr_buf_bytes(&t);
}

static void no_unprotected_header_makes_another_key_trusted(void **state)
{
	struct scene *x = *state;
	struct cast c;
	size_t valid = 0, refused = 0;

	cast_open(x, &c, 20260723);
	for (int i = 0; i < ROUNDS; i++) {
		size_t who = fixed_below(&c.luck, SIGNERS);
		struct idr_bytes text = paper(x, &c, c.signer[who]);

		if (text.n > IDR_QR_TEXT_MAX)
			continue;
		if (who != 0) {
			must_distrust(x, text);
			refused++;
		} else {
			valid += scene_code(x, text) == IDR_OK;
		}
	}
	assert_true(valid > 0 && refused > ROUNDS / 4);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(never_trusts_a_name),
		T(accepts_no_object_of_another_kind),
		T(no_name_or_order_makes_another_key_trusted),
		T(no_unprotected_header_makes_another_key_trusted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
