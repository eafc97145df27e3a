/* An mdoc at the front door: the same verdicts, policies, queries and statuses as for an SD-JWT VC. */
#include "scene.h"
#include "testkit_mdoc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/text.h"
#include "codec/cbor_write.h"
#include "verify/verify_internal.h"

#define LICENCE "org.iso.18013.5.1.mDL"
#define SPACE "org.iso.18013.5.1"
#define POLICY_REFUSING "{\"id\":\"p-2\",\"purpose\":{\"en\":\"why\"},\"formats\":[\"mso_mdoc\"]," \
    "\"types\":[\"mdl\"],\"claims\":[" NAME "],\"holder_binding\":\"optional\"," \
    "\"status\":{\"max_age_s\":86400,\"older\":\"refuse\",\"unknown\":\"refuse\"},\"accept_undecided\":false}"
#define POLICY(claims, binding) "{\"id\":\"p-1\",\"purpose\":{\"en\":\"why\"},\"formats\":[\"mso_mdoc\",\"dc+sd-jwt\"]," \
    "\"types\":[\"mdl\"],\"claims\":[" claims "],\"holder_binding\":\"" binding "\"," \
    "\"status\":{\"max_age_s\":86400,\"older\":\"undecided\",\"unknown\":\"undecided\"},\"accept_undecided\":false}"
#define NAME "{\"path\":[\"family_name\"]}"
#define BORN "{\"path\":[\"birth_date\"]}"

/* Of two entries the second is revoked. */
static void use_list(struct scene *x, bool cwt, unsigned bits, int64_t exp)
{
	static const uint8_t values[2] = { IDR_VALUE_VALID, IDR_VALUE_INVALID };
	const struct idr_status_rules rules = { .trust = x->k.trust };

	assert_true(idr_status_open(x->k.s, x->k.a, kit_list(&x->k, cwt, bits, values, 2, x->k.now - 100, exp), &rules,
	    x->k.now, &x->list, &x->err));
}

static int setup(void **state)
{
	struct idr_bytes types = IDR_LIT("org.iso.*");
	const struct idr_type *mdl;
	struct scene *x;

	assert_int_equal(scene_setup(state), 0);
	x = *state;
	assert_true(idr_type_parse(x->k.a, kit_file(&x->k, "schema/types/mdl/type.json"), &mdl, &x->err));
	x->types[0] = mdl;
	assert_true(idr_trust_add_anchor(x->k.s, x->k.trust, x->k.root_der, IDR_PURPOSE_ISSUER, &types, 1, NULL,
	    &x->err));
	use_list(x, true, 1, x->k.now + 5 * KIT_DAY);
	return 0;
}

/* {"status_list": {"idx": n, "uri": ..}} */
static struct idr_bytes place(struct scene *x, uint64_t idx)
{
	struct idr_bytes out;
	struct idr_buf b;

	idr_buf_init(&b, x->k.a, 64, 256);
	idr_cw_map(&b, 1);
	idr_cw_cstr(&b, "status_list");
	idr_cw_map(&b, 2);
	idr_cw_cstr(&b, "idx");
	idr_cw_uint(&b, idx);
	idr_cw_cstr(&b, "uri");
	idr_cw_cstr(&b, KIT_LIST_URI);
	assert_true(idr_buf_done(&b, &out, &x->err));
	return out;
}

static struct kit_mdoc_plan plan(struct scene *x, uint64_t idx)
{
	struct kit_mdoc_plan p = kit_mdoc_plan(&x->k);

	p.doctype = p.mso_doctype = LICENCE;
	p.space = SPACE;
	p.status_claim = place(x, idx);
	return p;
}

static struct idr_bytes mdoc(struct scene *x, uint64_t idx, unsigned flags)
{
	struct kit_mdoc_plan p = plan(x, idx);

	p.flags = flags;
	return kit_b64url(&x->k, kit_mdoc(&x->k, &p));
}

static void ask(struct scene *x)
{
	scene_request(x);
	x->in.transcript = kit_mdoc_transcript(&x->k);
}

static const char *written(struct scene *x, const struct idr_verdict *v)
{
	struct idr_buf b;

	idr_buf_init(&b, x->k.a, 4096, 1 << 20);
	idr_verdict_put_json(&b, v, IDR_LIT(""));
	idr_buf_put_byte(&b, 0);
	assert_false(b.failed);
	return (const char *)b.p;
}

static void answers_a_request(void **state)
{
	struct scene *x = *state;
	const struct idr_verdict *v;
	const struct idr_json *o;

	ask(x);
	v = scene_verify(x, mdoc(x, 0, 0));
	assert_int_equal(v->code, IDR_OK);
	assert_int_equal(v->format, IDR_FORMAT_MDOC);
	assert_int_equal(v->possession, IDR_POSSESSION_PROVED);
	assert_true(idr_bytes_is(v->vct, LICENCE));
	assert_true(idr_bytes_is(v->type_id, "mdl"));
	assert_true(idr_bytes_is(v->issuer_country, "UT"));
	assert_true(idr_key_equal(&v->holder, idr_private_public(x->k.holder)));
	o = kit_json(&x->k, idr_str(written(x, v)));
	assert_true(idr_json_is_str(idr_json_find(o, "format"), "mso_mdoc"));
	assert_true(idr_json_is_str(idr_json_find(o, "doctype"), LICENCE));
	assert_null(idr_json_find(o, "vct"));
	assert_true(idr_json_is_str(idr_json_find(idr_json_find(idr_json_find(o, "claims"), SPACE), "family_name"),
	    "Okonkwo"));
}

static void is_a_document_copy_without_a_request(void **state)
{
	struct scene *x = *state;
	const struct idr_verdict *v = scene_verify(x, mdoc(x, 0, MDOC_ISSUER_SIGNED));

	assert_int_equal(v->code, IDR_OK);
	assert_int_equal(v->possession, IDR_POSSESSION_NONE);
	v = scene_verify(x, mdoc(x, 0, MDOC_DEVICE_OTHER_KEY));
	assert_int_equal(v->code, IDR_OK);
	assert_int_equal(v->possession, IDR_POSSESSION_NONE);
}

/* proves: VP 8.6c */
static void needs_its_proof_in_a_transaction(void **state)
{
	struct scene *x = *state;

	ask(x);
	assert_int_equal(scene_code(x, mdoc(x, 0, MDOC_ISSUER_SIGNED)), IDR_DEVICE_AUTH_MISSING);
	assert_int_equal(scene_code(x, mdoc(x, 0, MDOC_NO_DEVICE_SIGNED)), IDR_DEVICE_AUTH_MISSING);
	assert_int_equal(scene_code(x, mdoc(x, 0, MDOC_DEVICE_OTHER_KEY)), IDR_DEVICE_SIGNATURE);
	/* a nonce alone is nothing that a device can have signed */
	x->in.transcript = (struct idr_bytes){ NULL, 0 };
	assert_int_equal(scene_code(x, mdoc(x, 0, 0)), IDR_DEVICE_AUTH_MISSING);
	x->in.nonce = x->in.aud = (struct idr_bytes){ NULL, 0 };
	x->in.policy = scene_policy(x, POLICY(NAME, "required"));
	assert_int_equal(scene_code(x, mdoc(x, 0, 0)), IDR_DEVICE_AUTH_MISSING);
	x->in.transcript = kit_mdoc_transcript(&x->k);
	assert_int_equal(scene_code(x, mdoc(x, 0, 0)), IDR_OK);
	/* who gives a transcript asks for a proof, also without a nonce and a policy */
	x->in.policy = NULL;
	assert_int_equal(scene_code(x, mdoc(x, 0, MDOC_ISSUER_SIGNED)), IDR_DEVICE_AUTH_MISSING);
}

/* proves: MDOC 12.3.6c */
static void is_asked_for_its_status(void **state)
{
	struct scene *x = *state;
	struct kit_mdoc_plan p = plan(x, 0);

	assert_int_equal(scene_code(x, mdoc(x, 1, MDOC_ISSUER_SIGNED)), IDR_STATUS_REVOKED);
	assert_int_equal(scene_code(x, mdoc(x, 1 << 20, MDOC_ISSUER_SIGNED)), IDR_INDEX_OUT_OF_RANGE);
	x->has_list = false;
	assert_int_equal(scene_code(x, mdoc(x, 0, MDOC_ISSUER_SIGNED)), IDR_STATUS_UNKNOWN);
	p.status_claim = (struct idr_bytes){ NULL, 0 };
	assert_int_equal(scene_code(x, kit_mdoc(&x->k, &p)), IDR_REFERENCED_STATUS_MALFORMED);
	p.status_claim = IDR_LIT("\xa1\x61x\x01");
	assert_int_equal(scene_code(x, kit_mdoc(&x->k, &p)), IDR_REFERENCED_STATUS_MALFORMED);
}

/* A list for credentials of other formats says nothing about an mdoc, not even that it is revoked.
 * proves: MDOC 12.3.6e */
static void is_asked_for_in_no_list_but_one_for_mdocs(void **state)
{
	static const struct { bool cwt; unsigned bits; int64_t days; enum idr_code valid, revoked; } lists[] = {
		{ true, 1, 5, IDR_OK, IDR_STATUS_REVOKED },
		{ false, 1, 5, IDR_STATUS_UNKNOWN, IDR_STATUS_UNKNOWN },
		{ true, 2, 5, IDR_STATUS_UNKNOWN, IDR_STATUS_UNKNOWN },
		{ true, 1, 0, IDR_STATUS_UNKNOWN, IDR_STATUS_UNKNOWN }, /* without an end */
	};
	struct scene *x = *state;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		use_list(x, lists[i].cwt, lists[i].bits, lists[i].days ? x->k.now + lists[i].days * KIT_DAY : 0);
		assert_int_equal(scene_code(x, mdoc(x, 0, MDOC_ISSUER_SIGNED)), lists[i].valid);
		assert_int_equal(scene_code(x, mdoc(x, 1, MDOC_ISSUER_SIGNED)), lists[i].revoked);
	}
	assert_int_equal(scene_verify(x, mdoc(x, 1, MDOC_ISSUER_SIGNED))->result, IDR_UNDECIDED);
	assert_int_equal(scene_verify(x, mdoc(x, 1, MDOC_ISSUER_SIGNED))->status_as_of, 0);
	x->in.policy = scene_policy(x, POLICY_REFUSING);
	assert_int_equal(scene_verify(x, mdoc(x, 0, 0))->result, IDR_INVALID);
}

/* proves: VP 6.3c */
static void gives_a_policy_the_elements_of_its_claims(void **state)
{
	struct scene *x = *state;
	const struct idr_verdict *v;

	x->in.policy = scene_policy(x, POLICY(NAME "," BORN, "optional"));
	v = scene_verify(x, mdoc(x, 0, 0));
	assert_int_equal(v->code, IDR_OK);
	assert_true(idr_bytes_is(idr_verdict_claims_json(v),
	    "{\"" SPACE "\":{\"family_name\":\"Okonkwo\",\"birth_date\":\"1991-04-17\"}}"));
	x->in.policy = scene_policy(x, POLICY("{\"path\":[\"birth_date\"],\"values\":[\"1991-04-17\"]}", "optional"));
	assert_int_equal(scene_code(x, mdoc(x, 0, 0)), IDR_OK);
	x->in.policy = scene_policy(x, POLICY("{\"path\":[\"birth_date\"],\"values\":[\"1991-04-18\"]}", "optional"));
	assert_int_equal(scene_code(x, mdoc(x, 0, 0)), IDR_CLAIM_VALUE);
	x->in.policy = scene_policy(x, POLICY("{\"path\":[\"given_name\"]}", "optional"));
	assert_int_equal(scene_code(x, mdoc(x, 0, 0)), IDR_CLAIM_MISSING);
	x->in.policy = scene_policy(x, POLICY("{\"path\":[\"address\",\"locality\"]}", "optional"));
	assert_int_equal(scene_code(x, mdoc(x, 0, 0)), IDR_CLAIM_MISSING);
}

static void is_held_to_the_types_of_the_policy(void **state)
{
	struct scene *x = *state;
	struct kit_mdoc_plan p = plan(x, 0);
	struct idr_type bare = *x->types[0];

	x->in.policy = scene_policy(x, POLICY(NAME, "optional"));
	p.doctype = p.mso_doctype = "idrail.other.1";
	assert_int_equal(scene_code(x, kit_mdoc(&x->k, &p)), IDR_DOCTYPE);
	/* a type without an mdoc form accepts none, not any */
	bare.doctype = (struct idr_bytes){ NULL, 0 };
	x->types[0] = &bare;
	assert_int_equal(scene_code(x, mdoc(x, 0, 0)), IDR_DOCTYPE);
}

static enum idr_status_found ids(void *ctx, struct idr_bytes uri, struct idr_bytes id,
    struct idr_status_answer *out)
{
	const struct scene *x = ctx;

	assert_true(idr_bytes_is(uri, "a"));
	*out = (struct idr_status_answer){ .value = id.p[0] == 0xcc ? IDR_VALUE_INVALID : IDR_VALUE_VALID,
		.as_of = x->k.now, .for_mdoc = true };
	return IDR_STATUS_FOUND;
}

static void is_asked_for_its_identifier(void **state)
{
	struct scene *x = *state;
	struct kit_mdoc_plan p = plan(x, 0);
	const char *const place[] = { "a16f6964656e7469666965725f6c697374a262696442cccc63757269" "6161",
		"a16f6964656e7469666965725f6c697374a262696442cdcc63757269" "6161" };

	p.status_claim = kit_hex(&x->k, idr_str(place[0]));
	assert_int_equal(scene_code(x, kit_mdoc(&x->k, &p)), IDR_STATUS_UNKNOWN); /* no such list is at hand */
	x->in.identifiers = (struct idr_identifier_lookup){ ids, x };
	assert_int_equal(scene_code(x, kit_mdoc(&x->k, &p)), IDR_STATUS_REVOKED);
	p.status_claim = kit_hex(&x->k, idr_str(place[1]));
	assert_int_equal(scene_code(x, kit_mdoc(&x->k, &p)), IDR_OK);
}

/* A CRL that has run out is knowledge too old: the policy says what then. */
static void is_undecided_when_a_crl_says_nothing_any_more(void **state)
{
	struct scene *x = *state;
	struct idr_bytes der;
	const struct idr_verdict *v;

	assert_true(idr_certify_crl(x->k.s, x->k.a, x->k.root_der, x->k.root, NULL, 0, 1, x->k.now - 2 * KIT_DAY,
	    x->k.now - KIT_DAY, &der, &x->err));
	assert_true(idr_trust_add_crl(x->k.s, x->k.trust, der, &x->err));
	v = scene_verify(x, mdoc(x, 0, MDOC_ISSUER_SIGNED));
	assert_int_equal(v->code, IDR_STATUS_STALE);
	assert_int_equal(v->result, IDR_UNDECIDED);
	assert_int_equal(scene_code(x, mdoc(x, 1, MDOC_ISSUER_SIGNED)), IDR_STATUS_REVOKED);
}

/* ---- inside of a response ---- */

static const struct idr_response *respond(struct scene *x, const char *q, struct idr_bytes p)
{
	const struct idr_response *r = NULL;
	const struct idr_dcql *query = NULL;
	struct idr_buf b;

	idr_buf_init(&b, x->k.a, 4096, 1 << 20);
	idr_buf_printf(&b, "{\"a\":[\"");
	idr_buf_put(&b, p);
	idr_buf_put_str(&b, "\"]}");
	if (!idr_dcql_parse(x->k.a, idr_str(q), &query, &x->err))
		fail_msg("%s", x->err.msg);
	if (!idr_verify_response(x->k.s, x->k.a, kit_json(&x->k, idr_buf_bytes(&b)), query, &x->in, x->k.now, &r, &x->err))
		fail_msg("could not run: %s", x->err.msg);
	assert_true(r->accepted == (r->code == IDR_OK));
	assert_true(r->accepted == (r->presentation[0].claims.n > 0));
	return r;
}

#define Q(type, more) "{\"credentials\":[{\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"" type "\"}" \
    more "}]}"
#define CLAIMS(element, more) ",\"claims\":[{\"path\":[\"" SPACE "\",\"" element "\"]" more "}]"

/* proves: VP 6.3c */
static void answers_a_query_with_what_was_asked_and_no_more(void **state)
{
	struct scene *x = *state;
	const struct idr_response *r;

	ask(x);
	r = respond(x, Q(LICENCE, CLAIMS("birth_date", "")), mdoc(x, 0, 0));
	assert_true(r->accepted);
	assert_true(idr_bytes_is(r->presentation[0].claims, "{\"" SPACE "\":{\"birth_date\":\"1991-04-17\"}}"));
	assert_true(respond(x, Q(LICENCE, CLAIMS("age_over_18", ",\"values\":[true]")), mdoc(x, 0, 0))->accepted);
}

/* proves: VP 7.2.1a, VP 8.6b */
static void refuses_an_answer_to_another_query(void **state)
{
	static const struct { const char *query; enum idr_code code; } cases[] = {
		{ Q("idrail.age.1", CLAIMS("birth_date", "")), IDR_DOCTYPE },
		{ Q(LICENCE, CLAIMS("given_name", "")), IDR_CLAIM_MISSING },
		{ Q(LICENCE, CLAIMS("age_over_18", ",\"values\":[false]")), IDR_CLAIM_VALUE },
		{ "{\"credentials\":[{\"id\":\"a\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":[\"" SPACE "\"]}}]}",
		    IDR_FORMAT },
		{ Q(LICENCE, CLAIMS("birth_date", "") ",\"trusted_authorities\":[{\"type\":\"aki\",\"values\":[\"AAAA\"]}]"),
		    IDR_TRUST },
	};
	struct scene *x = *state;

	ask(x);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum idr_code got = respond(x, cases[i].query, mdoc(x, 0, 0))->code;

		if (got != cases[i].code)
			fail_msg("case %zu: %s", i, idr_code_name(got));
	}
	assert_int_equal(respond(x, Q(LICENCE, CLAIMS("birth_date", "")), mdoc(x, 0, MDOC_DEVICE_OTHER_KEY))->code,
	    IDR_DEVICE_SIGNATURE);
	assert_int_equal(respond(x, Q(LICENCE, CLAIMS("birth_date", "")), mdoc(x, 1, 0))->code, IDR_STATUS_REVOKED);
}

/* The nonce is inside of what the device signed: a wrong signature may answer another request. */
/* proves: VP 14.1.2b */
static void rejects_the_whole_response_for_one_wrong_device_signature(void **state)
{
	static const char q[] = "{\"credentials\":["
	    "{\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"" LICENCE "\"}},"
	    "{\"id\":\"b\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"" LICENCE "\"}}],"
	    "\"credential_sets\":[{\"options\":[[\"a\"]]},{\"options\":[[\"b\"]],\"required\":false}]}";
	static const struct { unsigned flags; bool accepted; } cases[] = { { 0, true }, { MDOC_NO_DEVICE_SIGNED, true },
		{ MDOC_DEVICE_OTHER_KEY, false } };
	struct scene *x = *state;
	const struct idr_response *r = NULL;
	const struct idr_dcql *query = NULL;

	ask(x);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct idr_buf b;

		idr_buf_init(&b, x->k.a, 4096, 1 << 20);
		idr_buf_put_str(&b, "{\"a\":[\"");
		idr_buf_put(&b, mdoc(x, 0, 0));
		idr_buf_put_str(&b, "\"],\"b\":[\"");
		idr_buf_put(&b, mdoc(x, 4, cases[i].flags));
		idr_buf_put_str(&b, "\"]}");
		assert_true(idr_dcql_parse(x->k.a, idr_str(q), &query, &x->err));
		assert_true(idr_verify_response(x->k.s, x->k.a, kit_json(&x->k, idr_buf_bytes(&b)), query, &x->in, x->k.now,
		    &r, &x->err));
		assert_int_equal(r->accepted, cases[i].accepted);
	}
	assert_int_equal(r->code, IDR_DEVICE_SIGNATURE);
}

/* proves: VP 6.1.1.1a */
static void finds_the_authority_a_query_names(void **state)
{
	struct scene *x = *state;
	struct idr_cert ds;
	struct idr_buf b;

	ask(x);
	assert_true(idr_cert_parse(x->k.s, x->k.a, x->k.ds_der, &ds, &x->err));
	idr_buf_init(&b, x->k.a, 512, 4096);
	idr_buf_put_str(&b, "{\"credentials\":[{\"id\":\"a\",\"format\":\"mso_mdoc\",\"meta\":{\"doctype_value\":\"" LICENCE
	    "\"}" CLAIMS("birth_date", "") ",\"trusted_authorities\":[{\"type\":\"aki\",\"values\":[\"");
	idr_b64url_put(&b, ds.aki);
	idr_buf_put_str(&b, "\"]}]}]}");
	idr_buf_put_byte(&b, 0);
	assert_true(respond(x, (const char *)b.p, mdoc(x, 0, 0))->accepted);
}

/* ---- a policy as a query ---- */

static const struct idr_dcql *asked(struct scene *x, const struct idr_policy *p)
{
	const struct idr_dcql *q = NULL;
	struct idr_bytes text;

	if (!idr_policy_dcql(x->k.a, p, x->types, 1, &text, &x->err) || !idr_dcql_parse(x->k.a, text, &q, &x->err))
		fail_msg("%s", x->err.msg);
	return q;
}

static void asks_a_policy_in_either_format(void **state)
{
	struct scene *x = *state;
	const struct idr_dcql *q = asked(x, scene_policy(x, POLICY(NAME "," BORN, "required")));
	const struct idr_json *path;
	struct idr_err err;
	bool answered[2] = { false, true };

	assert_int_equal(q->n_credential, 2);
	assert_int_equal(q->credential[0].format, IDR_FORMAT_SDJWT);
	assert_int_equal(q->credential[1].format, IDR_FORMAT_MDOC);
	assert_true(idr_bytes_is(q->credential[1].id, "p-1_mdl"));
	assert_int_equal(q->credential[1].n_claim, 2);
	path = q->credential[1].claim[1].path;
	assert_true(idr_json_is_str(idr_json_at(path, 0), SPACE));
	assert_true(idr_json_is_str(idr_json_at(path, 1), "birth_date"));
	assert_true(idr_dcql_satisfied(q, answered, NULL, &err));
	answered[1] = false;
	assert_false(idr_dcql_satisfied(q, answered, NULL, &err));
}

/* The place of a credential query's id among the options of the one set. */
static int place_of(const struct idr_dcql *q, const char *id)
{
	const struct idr_json *options = idr_json_find(idr_json_first(q->sets), "options");
	int i = 0;

	for (const struct idr_json *o = idr_json_first(options); o; o = idr_json_next(options, o), i++)
		if (idr_json_is_str(idr_json_first(o), id))
			return i;
	return -1;
}

static void asks_first_for_the_format_it_names_first(void **state)
{
	struct scene *x = *state;
	struct idr_policy p = *scene_policy(x, POLICY(NAME, "required"));

	assert_true(p.mdoc_first);
	assert_int_equal(place_of(asked(x, &p), "p-1_mdl"), 0);
	assert_int_equal(place_of(asked(x, &p), "p-1"), 1);
	p.mdoc_first = false;
	assert_int_equal(place_of(asked(x, &p), "p-1"), 0);
	assert_int_equal(place_of(asked(x, &p), "p-1_mdl"), 1);
}

/* A photo ID has its date of birth in a map; a policy names the date. */
static void finds_a_date_of_birth_in_its_map(void **state)
{
	struct scene *x = *state;
	const struct idr_json *claims, *elements = kit_json(&x->k, IDR_LIT("{\"org.iso.23220.1\":{\"birth_date\":"
	    "{\"birth_date\":\"1990-05-01\",\"approximate_mask\":\"00000000\"}}}"));
	struct idr_policy p = *scene_policy(x, POLICY("{\"path\":[\"birthdate\"],\"values\":[\"1990-05-01\"]}",
	    "required"));
	struct idr_bytes pid = IDR_LIT("pid");

	assert_true(idr_policy_claims_of_mdoc(x->k.a, x->pid, elements, &claims, &x->err));
	assert_true(idr_json_is_str(idr_json_find(claims, "birthdate"), "1990-05-01"));
	/* what is asked is compared here: no wallet would find the date equal to the map */
	x->types[0] = x->pid;
	p.type = &pid;
	assert_int_equal(asked(x, &p)->credential[1].n_claim, 1);
	assert_null(asked(x, &p)->credential[1].claim[0].values);
	assert_non_null(asked(x, &p)->credential[0].claim[0].values);
}

static void asks_an_mdoc_alone_under_the_policys_name(void **state)
{
	struct scene *x = *state;
	struct idr_policy p = *scene_policy(x, POLICY(NAME, "required"));
	struct idr_policy other = *scene_policy(x, POLICY("{\"path\":[\"email_of_nobody\"]}", "required"));
	const struct idr_dcql *q;
	struct idr_bytes text;

	p.format[IDR_FORMAT_SDJWT] = false;
	q = asked(x, &p);
	assert_int_equal(q->n_credential, 1);
	assert_null(q->sets);
	assert_true(idr_bytes_is(q->credential[0].id, "p-1"));
	/* no element stands for the claim: it cannot be asked as an mdoc */
	assert_int_equal(asked(x, &other)->n_credential, 1);
	other.format[IDR_FORMAT_SDJWT] = false;
	assert_false(idr_policy_dcql(x->k.a, &other, x->types, 1, &text, &x->err));
	assert_int_equal(x->err.code, IDR_POLICY);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(answers_a_request), T(is_a_document_copy_without_a_request), T(needs_its_proof_in_a_transaction),
		T(is_asked_for_its_status), T(is_asked_for_in_no_list_but_one_for_mdocs), T(gives_a_policy_the_elements_of_its_claims),
		T(is_held_to_the_types_of_the_policy), T(is_undecided_when_a_crl_says_nothing_any_more), T(is_asked_for_its_identifier),
		T(answers_a_query_with_what_was_asked_and_no_more),
		T(refuses_an_answer_to_another_query), T(finds_the_authority_a_query_names),
		T(rejects_the_whole_response_for_one_wrong_device_signature),
		T(asks_a_policy_in_either_format),
		T(asks_first_for_the_format_it_names_first), T(finds_a_date_of_birth_in_its_map),
		T(asks_an_mdoc_alone_under_the_policys_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
