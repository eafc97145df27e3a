#include "issued.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

const struct idr_type *issued_type(struct kit *k)
{
	const struct idr_type *t;
	struct idr_err err;

	if (!idr_type_parse(k->a, idr_str(CARD_TYPE), &t, &err))
		fail_msg("%s", err.msg);
	return t;
}

struct idr_mdoc_make issued_order(struct kit *k, const char *claims)
{
	return (struct idr_mdoc_make){ .type = issued_type(k), .claims = kit_json(k, idr_str(claims)),
		.holder = idr_private_public(k->holder), .iat = k->now - KIT_DAY, .exp = k->now + KIT_DAY,
		.status = { IDR_LIT(KIT_LIST_URI), 77, true }, .alg = IDR_ES256, .chain_der = &k->ds_der, .n_chain = 1 };
}

struct idr_bytes issued_mdoc(struct kit *k, const struct idr_mdoc_make *m)
{
	struct idr_mdoc_built built;
	struct idr_bytes out = { NULL, 0 };
	struct idr_err err;

	if (!idr_mdoc_build(k->s, k->a, m, &built, &err) ||
	    !idr_mdoc_attach(k->a, &built, kit_sign(k, k->ds, built.to_be_signed), &out, &err))
		fail_msg("%s", err.msg);
	return out;
}

enum idr_code issued_verify(struct kit *k, struct idr_bytes mdoc, struct idr_bytes transcript,
    struct idr_mdoc_result *out)
{
	const struct idr_bytes types[] = { IDR_LIT("org.example.*") };
	struct idr_mdoc_rules rules = { .algs = IDR_ALGS_ALL, .transcript = transcript,
		.device_required = transcript.p != NULL };
	struct idr_findings findings;
	bool passed[2] = { false };
	struct idr_check check[2];
	struct idr_trust *trust;
	struct idr_err err;
	size_t n = 0;

	assert_true(idr_trust_new(k->a, &trust, &err));
	assert_true(idr_trust_add_anchor(k->s, trust, k->root_der, IDR_PURPOSE_ISSUER, types, 1, NULL, &err));
	rules.trust = trust;
	idr_findings_init(&findings);
	assert_true(idr_mdoc_begin(k->s, k->a, mdoc, &rules, k->now, out, &findings, check, &n, &err));
	idr_suite_perform(k->s, check, n);
	for (size_t i = 0; i < n; i++)
		passed[i] = check[i].passed;
	return idr_findings_conclude(&findings, passed, n, &err);
}

static struct idr_cbor opened(struct kit *k, struct idr_bytes mdoc)
{
	struct idr_cbor doc;
	struct idr_err err;

	assert_true(idr_cbor_check(k->a, mdoc, IDR_CBOR_DETERMINISTIC, &doc, &err));
	return doc;
}

/* Tag 24 around a byte string; what is inside is deterministic too. */
static struct idr_cbor unwrapped(struct kit *k, struct idr_cbor v)
{
	struct idr_cbor bytes, inner;
	struct idr_err err;

	assert_true(idr_cbor_untag(v, 24, &bytes));
	assert_true(idr_cbor_check(k->a, bytes.content, IDR_CBOR_DETERMINISTIC, &inner, &err));
	return inner;
}

struct idr_cbor issued_spaces(struct kit *k, struct idr_bytes mdoc)
{
	struct idr_cbor spaces;

	assert_true(idr_cbor_find_text(opened(k, mdoc), "nameSpaces", &spaces));
	return spaces;
}

struct idr_cbor issued_mso(struct kit *k, struct idr_bytes mdoc)
{
	struct idr_cbor auth, payload;
	struct idr_err err;

	assert_true(idr_cbor_find_text(opened(k, mdoc), "issuerAuth", &auth));
	assert_true(idr_cbor_check(k->a, idr_cbor_at(auth, 2).content, IDR_CBOR_DETERMINISTIC, &payload, &err));
	return unwrapped(k, payload);
}

struct idr_bytes issued_raw(struct kit *k, struct idr_bytes mdoc, const char *space, size_t i)
{
	struct idr_cbor list;

	assert_true(idr_cbor_find_text(issued_spaces(k, mdoc), space, &list));
	return idr_cbor_at(list, i).raw;
}

struct idr_cbor issued_item(struct kit *k, struct idr_bytes mdoc, const char *space, size_t i)
{
	return unwrapped(k, idr_cbor_item(issued_raw(k, mdoc, space, i)));
}
