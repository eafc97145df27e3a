/*
 * What when memory or OpenSSL fails? Whatever fails, at whatever place: no verdict is VALID that should
 * not be, none is INVALID because of it, nothing crashes or leaks, and the error says it was our side.
 */
#include "failing_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "cose/sign1.h"
#include "jose/jwe.h"
#include "jose/jws.h"
#include "mdoc/mdoc.h"
#include "qr/qr.h"
#include "sdjwt/sdjwt.h"
#include "unit/testkit_mdoc.h"
#include "unit/verify/scene.h"
#include "verify/bundle.h"

#define QUERY "{\"credentials\":[{\"id\":\"q\",\"format\":\"dc+sd-jwt\",\"meta\":{\"vct_values\":" \
    "[\"urn:idrail:pid:1\"]},\"claims\":[{\"path\":[\"full_name\"]},{\"path\":[\"nationalities\",0]}]}]}"
#define POLICY "{\"id\":\"p\",\"purpose\":{\"en\":\"why\"},\"formats\":[\"dc+sd-jwt\",\"qr\"],\"types\":[\"pid\"]," \
    "\"claims\":[{\"path\":[\"full_name\"]}],\"holder_binding\":\"optional\",\"status\":{\"max_age_s\":86400," \
    "\"older\":\"undecided\",\"unknown\":\"undecided\"},\"accept_undecided\":false}"

/* One verification and the verdict it must have when it runs at all. */
struct question {
	struct scene *x;
	struct idr_verify_in in;
	enum idr_code answer;
};

static bool verifies(struct kit *k, struct idr_suite *s, struct idr_arena *a, void *ctx, struct idr_err *err)
{
	const struct question *q = ctx;
	const struct idr_verdict *v;

	if (!idr_verify(s, a, &q->in, k->now, &v, err))
		return false;
	if (v->code != q->answer)
		fail_msg("the verdict became %s: %s (%s)", idr_code_name(v->code), v->why.msg, v->why.at);
	assert_int_equal(v->result, q->answer == IDR_OK ? IDR_VALID : IDR_INVALID);
	return true;
}

static void ask(struct scene *x, const char *name, struct idr_bytes input, enum idr_code answer)
{
	struct question q = { .x = x, .in = x->in, .answer = answer };

	q.in.input = input;
	failing_try(&x->k, name, verifies, &q);
}

static struct idr_bytes changed(struct scene *x, struct idr_bytes in, size_t at)
{
	struct idr_bytes copy;

	assert_true(idr_arena_copy(x->k.a, in, &copy, &x->err));
	((uint8_t *)(uintptr_t)copy.p)[at] = in.p[at] == 'A' ? 'B' : 'A';
	return copy;
}

/* The character in the middle of the issuer's signature. */
static size_t in_signature(struct idr_bytes jwt)
{
	return idr_bytes_index(jwt, 0, '~') - 43;
}

static void a_presentation(void **state)
{
	struct scene *x = *state;
	struct idr_bytes answer = scene_answer(x, 0);

	scene_request(x);
	x->in.policy = scene_policy(x, POLICY);
	ask(x, "presentation", answer, IDR_OK);
	ask(x, "revoked presentation", scene_answer(x, 1), IDR_STATUS_REVOKED);
	/* the last character of the proof's signature may be no canonical base64url, so one before it */
	ask(x, "presentation with a wrong proof", changed(x, answer, answer.n - 20), IDR_KB_SIGNATURE);
	ask(x, "presentation with a wrong signature", changed(x, scene_document(x, 0), 0), IDR_MALFORMED);
}

static void a_document_with_a_wrong_signature(void **state)
{
	struct scene *x = *state;
	struct idr_bytes document = scene_document(x, 0);

	ask(x, "forged document", changed(x, document, in_signature(document)), IDR_ISSUER_SIGNATURE);
}

static void a_document_of_an_unknown_issuer(void **state)
{
	struct scene *x = *state;
	struct kit other;
	struct idr_bytes document = scene_document(x, 0);

	kit_open(&other);
	x->in.trust = other.trust;
	ask(x, "document of an unknown issuer", document, IDR_TRUST);
	kit_close(&other);
}

#define MDOC_POLICY "{\"id\":\"p\",\"purpose\":{\"en\":\"why\"},\"formats\":[\"mso_mdoc\"],\"types\":[\"mdl\"]," \
    "\"claims\":[{\"path\":[\"family_name\"]}],\"holder_binding\":\"required\",\"status\":{\"max_age_s\":86400," \
    "\"older\":\"undecided\",\"unknown\":\"undecided\"},\"accept_undecided\":false}"

static struct idr_bytes mdoc(struct scene *x, unsigned flags)
{
	static const char place[] = "\xa1\x6bstatus_list\xa2\x63idx\x00\x63uri\x78\x1e" KIT_LIST_URI;
	struct kit_mdoc_plan p = kit_mdoc_plan(&x->k);

	assert_int_equal(strlen(KIT_LIST_URI), 0x1e);
	p.doctype = p.mso_doctype = MDL_TYPE;
	p.space = MDL_SPACE;
	p.status_claim = idr_bytes(place, sizeof(place) - 1);
	p.flags = flags;
	return kit_b64url(&x->k, kit_mdoc(&x->k, &p));
}

static void an_mdoc(void **state)
{
	struct scene *x = *state;
	struct idr_bytes types = IDR_LIT("org.iso.*");
	const struct idr_type *mdl;

	assert_true(idr_type_parse(x->k.a, kit_file(&x->k, "schema/types/mdl/type.json"), &mdl, &x->err));
	x->types[0] = mdl;
	x->list.for_mdoc = true;
	ask(x, "mdoc of an unknown issuer", mdoc(x, MDOC_ISSUER_SIGNED), IDR_TRUST);
	assert_true(idr_trust_add_anchor(x->k.s, x->k.trust, x->k.root_der, IDR_PURPOSE_ISSUER, &types, 1, NULL, &x->err));
	x->in.transcript = kit_mdoc_transcript(&x->k);
	x->in.policy = scene_policy(x, MDOC_POLICY);
	ask(x, "mdoc", mdoc(x, 0), IDR_OK);
	ask(x, "mdoc, a changed element", mdoc(x, MDOC_VALUE_CHANGED), IDR_DIGEST_MISMATCH);
	ask(x, "mdoc, other encodings", mdoc(x, MDOC_INDEFINITE), IDR_OK);
	ask(x, "mdoc with a wrong proof", mdoc(x, MDOC_DEVICE_OTHER_KEY), IDR_DEVICE_SIGNATURE);
	ask(x, "mdoc with a wrong signature", mdoc(x, MDOC_ISSUER_OTHER_KEY), IDR_ISSUER_SIGNATURE);
}

static struct idr_bytes paper(struct scene *x)
{
	struct kit *k = &x->k;
	struct idr_qr_make m = { .type = x->pid, .cut = &x->pid->cut[0], .claims = kit_json(k, IDR_LIT(PID_CLAIMS)),
		.iss = IDR_LIT("https://issuer.example"), .iat = k->now - KIT_DAY, .exp = k->now + KIT_DAY,
		.alg = IDR_ES256, .status = { IDR_LIT(KIT_LIST_URI), 0, true } };
	const struct idr_signer *signer;
	struct idr_bytes text = { NULL, 0 };
	struct idr_qr_built b;

	assert_int_equal(idr_trust_signers(k->trust, &signer), 1);
	memcpy(m.kid, signer[0].cert.sha256, 8);
	assert_true(idr_qr_build(k->a, &m, &b, &x->err) &&
	    idr_qr_attach(k->a, &b, kit_sign(k, k->ds, b.to_be_signed), &text, &x->err));
	return text;
}

static void a_paper(void **state)
{
	struct scene *x = *state;

	ask(x, "paper", paper(x), IDR_OK);
}

static bool responds(struct kit *k, struct idr_suite *s, struct idr_arena *a, void *ctx, struct idr_err *err)
{
	const struct question *q = ctx;
	const struct idr_response *r;
	const struct idr_json *vp;
	const struct idr_dcql *query;
	struct idr_bytes text;
	struct idr_buf b;

	idr_buf_init(&b, a, 4096, 1 << 20);
	idr_buf_put_str(&b, "{\"q\":[\"");
	idr_buf_put(&b, q->in.input);
	idr_buf_put_str(&b, "\"]}");
	if (!idr_buf_done(&b, &text, err) || !idr_json_parse(a, text, text.n, &vp, err) ||
	    !idr_dcql_parse(a, IDR_LIT(QUERY), &query, err) ||
	    !idr_verify_response(s, a, vp, query, &q->in, k->now, &r, err))
		return false;
	if (!r->accepted)
		fail_msg("the response was refused: %s (%s)", r->why.msg, r->why.at);
	assert_true(r->presentation[0].claims.n > 0);
	return true;
}

static void a_response(void **state)
{
	struct scene *x = *state;
	struct question q = { .x = x };

	scene_request(x);
	q.in = x->in;
	q.in.input = scene_answer(x, 0);
	failing_try(&x->k, "response", responds, &q);
}

/* ---- files and lists ---- */

struct file {
	struct scene *x;
	struct idr_bytes bytes, document;
};

static bool opens_bundle(struct kit *k, struct idr_suite *s, struct idr_arena *a, void *ctx, struct idr_err *err)
{
	const struct file *f = ctx;
	struct question q = { .in = { .input = f->document }, .answer = IDR_OK };
	const struct idr_bundle *b;

	if (!idr_bundle_open(s, a, f->bytes, k->trust, &b, err))
		return false;
	assert_int_equal(b->n_list, 1);
	idr_bundle_use(b, &q.in);
	return verifies(k, s, a, &q, err);
}

static void a_bundle(void **state)
{
	struct scene *x = *state;
	struct kit *k = &x->k;
	struct idr_bytes type = kit_file(k, "schema/types/pid/type.json"), list = x->list.token;
	struct idr_bytes policy = kit_file(k, "schema/policies/bank-teller-offline.json");
	struct idr_bundle_make m = { .sequence = 7, .issued = k->now, .good_until = k->now + 7 * KIT_DAY,
		.issuer = IDR_LIT("https://rail.example"), .trust = k->trust, .alg = IDR_ES256,
		.chain_der = &k->bundle_der, .n_chain = 1, .type = &type, .n_type = 1, .policy = &policy,
		.n_policy = 1, .list = &list, .n_list = 1 };
	struct file f = { .x = x, .document = scene_document(x, 0) };
	struct idr_bundle_built b;

	assert_true(idr_bundle_build(k->a, &m, &b, &x->err));
	assert_true(idr_sign1_attach(k->a, b.protected_map, IDR_LIT("\xa0"), b.payload,
	    kit_sign(k, k->bundle, b.to_be_signed), &f.bytes, &x->err));
	failing_try(k, "bundle", opens_bundle, &f);
}

static bool opens_list(struct kit *k, struct idr_suite *s, struct idr_arena *a, void *ctx, struct idr_err *err)
{
	const struct file *f = ctx;
	struct idr_status_rules rules = { .trust = k->trust, .skew = 60 };
	struct idr_status_list list;
	unsigned value;

	if (!idr_status_open(s, a, f->bytes, &rules, k->now, &list, err))
		return false;
	assert_true(idr_status_at(&list, 1, &value, err) && value == 1);
	return true;
}

static void a_status_list(void **state)
{
	static const uint8_t values[2] = { 0, 1 };
	struct scene *x = *state;
	struct file f = { .bytes = kit_list(&x->k, false, 2, values, 2, x->k.now, x->k.now + KIT_DAY) };

	failing_try(&x->k, "list as JWT", opens_list, &f);
	f.bytes = kit_list(&x->k, true, 2, values, 2, x->k.now, x->k.now + KIT_DAY);
	failing_try(&x->k, "list as CWT", opens_list, &f);
}

static bool loads_type(struct kit *k, struct idr_suite *s, struct idr_arena *a, void *ctx, struct idr_err *err)
{
	const struct file *f = ctx;
	const struct idr_json *person;
	const struct idr_type *t;
	struct idr_bytes claims;

	(void)s;
	return idr_type_parse(a, f->bytes, &t, err) && idr_json_parse(a, f->document, 1 << 20, &person, err) &&
	    idr_type_claims(a, t, idr_json_find(person, "claims"), k->now, &claims, err);
}

static bool loads_policy(struct kit *k, struct idr_suite *s, struct idr_arena *a, void *ctx, struct idr_err *err)
{
	const struct file *f = ctx;
	const struct idr_policy *p;
	struct idr_bytes query;

	(void)k;
	(void)s;
	return idr_policy_parse(a, f->bytes, &p, err) && idr_policy_dcql(a, p, f->x->types, 1, &query, err);
}

static void a_type_and_a_policy(void **state)
{
	struct scene *x = *state;
	struct file f = { .x = x, .bytes = kit_file(&x->k, "schema/types/pid/type.json"),
		.document = kit_file(&x->k, "schema/samples/people.ndjson") };

	f.document = idr_bytes_first(f.document, idr_bytes_index(f.document, 0, '\n'));
	failing_try(&x->k, "type", loads_type, &f);
	f.bytes = kit_file(&x->k, "schema/policies/bank-account.json");
	failing_try(&x->k, "policy", loads_policy, &f);
}

static bool opens_jwe(struct kit *k, struct idr_suite *s, struct idr_arena *a, void *ctx, struct idr_err *err)
{
	const struct file *f = ctx;
	struct idr_bytes plain;
	struct idr_jwe j;

	if (!idr_jwe_parse(s, a, f->bytes, 1 << 20, &j, err) || !idr_jwe_open(s, a, &j, k->holder, &plain, err))
		return false;
	assert_true(idr_bytes_is(plain, "{\"vp_token\":{}}"));
	return true;
}

static void an_encrypted_response(void **state)
{
	struct scene *x = *state;
	struct kit *k = &x->k;
	struct file f = { .x = x };

	assert_true(idr_jwe_seal(k->s, k->a, idr_private_public(k->holder), IDR_LIT("kid"), "A128GCM", IDR_LIT(""),
	    IDR_LIT(""), IDR_LIT("{\"vp_token\":{}}"), &f.bytes, &x->err));
	failing_try(k, "JWE", opens_jwe, &f);
}

/* ---- issuing ---- */

static bool issues(struct kit *k, struct idr_suite *s, struct idr_arena *a, void *ctx, struct idr_err *err)
{
	const struct scene *x = ctx;
	struct idr_sdjwt_make m = { .type = x->pid, .holder = idr_private_public(k->holder),
		.iss = IDR_LIT("https://issuer.example"), .iat = k->now, .exp = k->now + KIT_DAY, .alg = IDR_ES256,
		.chain_der = &k->ds_der, .n_chain = 1, .status = { IDR_LIT(KIT_LIST_URI), 0, true } };
	struct idr_sdjwt_built b;
	struct idr_bytes out;
	uint8_t signature[96];

	return idr_json_parse(a, IDR_LIT(PID_CLAIMS), 1 << 20, &m.claims, err) &&
	    idr_sdjwt_build(s, a, &m, &b, err) && idr_private_sign(s, k->ds, b.to_be_signed, signature, err) &&
	    idr_sdjwt_attach(a, &b, idr_bytes(signature, 64), &out, err);
}

static bool issues_mdoc(struct kit *k, struct idr_suite *s, struct idr_arena *a, void *ctx, struct idr_err *err)
{
	const struct scene *x = ctx;
	struct idr_mdoc_make m = { .type = x->pid, .holder = idr_private_public(k->holder), .iat = k->now,
		.exp = k->now + KIT_DAY, .alg = IDR_ES256, .chain_der = &k->ds_der, .n_chain = 1,
		.status = { IDR_LIT(KIT_LIST_URI), 0, true } };
	struct idr_mdoc_answer chosen;
	struct idr_mdoc_built b;
	struct idr_bytes out;
	uint8_t signature[96];

	return idr_json_parse(a, IDR_LIT(PID_CLAIMS), 1 << 20, &m.claims, err) &&
	    idr_mdoc_build(s, a, &m, &b, err) && idr_private_sign(s, k->ds, b.to_be_signed, signature, err) &&
	    idr_mdoc_attach(a, &b, idr_bytes(signature, 64), &out, err) &&
	    idr_mdoc_select(a, out, NULL, SIZE_MAX, IDR_LIT("\x83\xf6\xf6\x80"), IDR_ES256, &chosen, err) &&
	    idr_private_sign(s, k->holder, chosen.to_be_signed, signature, err) &&
	    idr_mdoc_respond(a, &chosen, idr_bytes(signature, 64), &out, err);
}

static void issuing(void **state)
{
	struct scene *x = *state;

	failing_try(&x->k, "issuing", issues, x);
	failing_try(&x->k, "issuing an mdoc and presenting it", issues_mdoc, x);
}

#define T(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_presentation),
		T(a_document_with_a_wrong_signature),
		T(a_document_of_an_unknown_issuer),
		T(an_mdoc),
		T(a_paper),
		T(a_response),
		T(a_bundle),
		T(a_status_list),
		T(a_type_and_a_policy),
		T(an_encrypted_response),
		T(issuing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
