#include "issue/issue_copies.h"

#include "base/text.h"
#include "lists/lists.h"
#include "mdoc/mdoc.h"
#include "sdjwt/sdjwt.h"
#include "sys/conf.h"
#include "sys/node.h"

union issue_built {
	struct idr_sdjwt_built sdjwt;
	struct idr_mdoc_built mdoc;
};

/* What all copies share. */
struct batch {
	const struct rules_certificate *cert;
	struct issue_times times;
	const struct idr_json *claims;
	const char *iss;
	enum idr_alg alg;
};

/* ---- SD-JWT VC ---- */

/* What leaves must be readable by a verifier: checked before it is recorded, without a signature. */
static bool lint_sdjwt(struct flow_request *r, const struct idr_sdjwt_built *b, struct idr_err *err)
{
	static const uint8_t no_signature[64];
	const struct idr_json *claims;
	struct idr_bytes text, json;
	struct idr_sdjwt parsed;
	struct idr_err why;

	if (!idr_sdjwt_attach(r->arena, b, idr_bytes(no_signature, sizeof(no_signature)), &text, err))
		return false;
	if (!idr_sdjwt_parse(r->arena, text, &parsed, &why) ||
	    !idr_sdjwt_process(r->suite, r->arena, &parsed, &claims, &json, &why))
		return idr_fail(err, IDR_SELF_CHECK, why.ref, "what was built does not parse: %s", why.msg);
	return true;
}

/* implements: SDJWT 10.1a, SDJWT 4.2.1c */
static bool build_sdjwt(struct flow_request *r, const struct issue_copies *c, const struct batch *b,
    const struct idr_key *holder, struct idr_status_ref status, size_t i, struct idr_err *err)
{
	const struct idr_sdjwt_make m = {
		.type = c->type, .claims = b->claims, .holder = holder, .iss = idr_str(b->iss), .iat = b->times.iat,
		.exp = b->times.exp, .status = status, .alg = b->alg, .chain_der = b->cert->chain,
		.n_chain = b->cert->n,
	};

	return idr_sdjwt_build(r->suite, r->arena, &m, &c->built[i].sdjwt, err) &&
	    lint_sdjwt(r, &c->built[i].sdjwt, err);
}

/* ---- mdoc ---- */

/*
 * ISO/IEC 18013-5 table B.3 and section 9.3.1: a licence speaks for the country of its signer, and every
 * reader refuses another one. implements: MDOC 7.2.1d
 */
static bool check_country(const struct idr_type *t, const struct idr_json *claims,
    const struct idr_cert *signer, struct idr_err *err)
{
	for (size_t i = 0; i < t->n_element; i++) {
		const struct idr_mdoc_element *e = &t->element[i];
		const struct idr_json *v = idr_type_value_at(claims, e->claim);

		if (!v || !idr_bytes_is(e->namespace, "org.iso.18013.5.1") ||
		    !idr_bytes_is(e->element, "issuing_country") || idr_bytes_equal(v->text, signer->country))
			continue;
		return idr_fail(err, IDR_COUNTRY, "ISO/IEC 18013-5 section 9.3.1",
		    "issuing_country is not the country of the issuer's certificate");
	}
	return true;
}

/* implements: MDOC 12.3.6a */
static struct idr_mdoc_make mdoc_of(const struct idr_type *t, const struct batch *b,
    const struct idr_key *holder, struct idr_status_ref status)
{
	return (struct idr_mdoc_make){
		.type = t, .claims = b->claims, .holder = holder, .iat = b->times.iat, .exp = b->times.exp,
		.status = status, .alg = b->alg, .chain_der = b->cert->chain, .n_chain = b->cert->n,
	};
}

/* The reader that verifiers use, on our own trust: everything but the signature must already be right. */
static bool lint_mdoc(struct flow_request *r, const struct issue_copies *c, const struct idr_mdoc_built *b,
    struct idr_err *err)
{
	static const uint8_t no_signature[64];
	static const bool passed[] = { true };
	const struct idr_mdoc_rules rules = {
		.trust = r->rules->trust, .cache = r->cache, .algs = IDR_ALGS_ALL, .doctype = &c->type->doctype,
		.n_doctype = 1,
	};
	struct idr_findings findings;
	struct idr_mdoc_result read;
	struct idr_check check[2];
	struct idr_bytes cbor;
	struct idr_err why;
	size_t n = 0;

	idr_findings_init(&findings);
	if (!idr_mdoc_attach(r->arena, b, idr_bytes(no_signature, sizeof(no_signature)), &cbor, err) ||
	    !idr_mdoc_begin(r->suite, r->arena, cbor, &rules, r->now, &read, &findings, check, &n, err))
		return false;
	if (idr_findings_conclude(&findings, passed, n, &why) != IDR_OK)
		return idr_fail(err, IDR_SELF_CHECK, why.ref, "what was built does not verify: %s", why.msg);
	return n == 1 || idr_fail(err, IDR_SELF_CHECK, NULL, "what was built has no signature to check");
}

/* implements: MDOC 9.1.2.4e */
static bool build_mdoc(struct flow_request *r, const struct issue_copies *c, const struct batch *b,
    const struct idr_key *holder, struct idr_status_ref status, size_t i, struct idr_err *err)
{
	const struct idr_mdoc_make m = mdoc_of(c->type, b, holder, status);
	struct idr_err why;

	if (!check_country(c->type, b->claims, &b->cert->leaf, &why) ||
	    !idr_mdoc_build(r->suite, r->arena, &m, &c->built[i].mdoc, &why))
		return issue_denied(&why, err);
	return lint_mdoc(r, c, &c->built[i].mdoc, err);
}

/* formats brief 2.11: inside its signer's certificate, at the end of a whole day like every other.
 * implements: MDOC 9.1.2.4i */
static bool end_with_signer(struct issue_times *t, const struct idr_cert *signer, struct idr_err *err)
{
	int64_t last = signer->not_after - signer->not_after % ISSUE_DAY - 1;

	if (t->exp > last)
		t->exp = last;
	return t->exp > t->iat || idr_fail(err, IDR_CONFIG, "ISO/IEC 18013-5 section 9.1.2.4",
	    "the issuer certificate ends today: nothing more is issued with it as mdoc");
}

/* ---- either ---- */

static bool prepare(struct app *app, struct flow_request *r, const struct issue_copies *c, struct batch *b,
    struct idr_err *err)
{
	b->cert = &r->rules->cert[RULES_ISSUER];
	b->times = issue_times(r->now, c->type->days);
	b->iss = app->conf->base_url;
	b->alg = idr_alg_of_curve(b->cert->leaf.key.curve);
	return issue_times_fit(b->times, &b->cert->leaf, err) &&
	    (c->format != IDR_FORMAT_MDOC || end_with_signer(&b->times, &b->cert->leaf, err));
}

/* Which holder key a credential was bound to is remembered, keyed: security brief I8. */
static void note_key(struct app *app, struct flow_request *r, const struct idr_key *holder, uint8_t hash[8])
{
	uint8_t mac[32], thumbprint[32];

	idr_key_thumbprint(r->suite, holder, thumbprint);
	node_mac(app->node, r->suite, "holder_key", idr_bytes(thumbprint, 32), mac);
	memcpy(hash, mac, 8);
}

/* implements: VCI 8.3g */
static bool build_one(struct app *app, struct flow_request *r, struct issue_copies *c, const struct batch *b,
    const struct lists_run *run, size_t i, struct reg_credential_record *record, struct idr_bytes *tbs,
    struct idr_err *err)
{
	const struct idr_key *holder = c->keys->n ? &c->keys->key[i] : NULL;
	struct idr_status_ref status = { .present = false };
	bool mdoc = c->format == IDR_FORMAT_MDOC;

	if (run->n)
		status = (struct idr_status_ref){ idr_str(run->uri), run->idx[i], true };
	if (!(mdoc ? build_mdoc : build_sdjwt)(r, c, b, holder, status, i, err))
		return false;
	if (holder)
		note_key(app, r, holder, record->key_hash[i]);
	*tbs = mdoc ? c->built[i].mdoc.to_be_signed : c->built[i].sdjwt.to_be_signed;
	idr_suite_hash(r->suite, IDR_SHA256, *tbs, record->digest[i]);
	return true;
}

/* implements: TSL 13.2a, TSL 13.2b */
/* implements: VCI 3.3.2a */
bool issue_copies_build(struct app *app, struct flow_request *r, struct issue_copies *c,
    const struct idr_json *claims, struct reg_credential_record *record, struct signer_job *job,
    struct idr_err *err)
{
	struct lists_run run = { 0 };
	struct batch b = { .claims = claims };

	c->built = idr_arena_array(r->arena, c->n, sizeof(*c->built), err);
	if (!c->built || !prepare(app, r, c, &b, err))
		return false;
	if (c->type->status_bits && !lists_take(app->lists, lists_kind_of(c->type, c->format), c->n, &run, err))
		return false;
	for (size_t i = 0; i < c->n; i++)
		if (!build_one(app, r, c, &b, &run, i, record, &job->item[i], err))
			return false;
	record->type_id = c->type->id;
	record->format = (int)c->format;
	record->iat = b.times.iat;
	record->exp = b.times.exp;
	record->list_id = run.list_id;
	record->first_counter = run.first_counter;
	record->n = c->n;
	record->n_keys = c->keys->n;
	job->purpose = c->format == IDR_FORMAT_MDOC ? SIGNER_MDOC : SIGNER_SDJWT;
	job->n = c->n;
	return true;
}

/*
 * The text of the credential: an IssuerSigned goes as base64url (OpenID4VCI 1.0 appendix A.2.4).
 * implements: VCI A.2.4a, VCI A.3.4a
 */
static bool attach(struct flow_request *r, const struct issue_copies *c, size_t i, struct idr_bytes signature,
    struct idr_bytes *out, struct idr_err *err)
{
	struct idr_bytes cbor;
	struct idr_buf b;

	if (c->format != IDR_FORMAT_MDOC)
		return idr_sdjwt_attach(r->arena, &c->built[i].sdjwt, signature, out, err);
	if (!idr_mdoc_attach(r->arena, &c->built[i].mdoc, signature, &cbor, err))
		return false;
	idr_buf_init(&b, r->arena, IDR_B64URL_LEN(cbor.n), IDR_B64URL_LEN(cbor.n));
	idr_b64url_put(&b, cbor);
	return idr_buf_done(&b, out, err);
}

bool issue_copies_attach(struct flow_request *r, const struct issue_copies *c, const struct signer_job *job,
    size_t i, struct idr_bytes *out, struct idr_err *err)
{
	const struct idr_cert *leaf = &r->rules->cert[RULES_ISSUER].leaf;
	struct idr_bytes signature = idr_bytes(job->signature[i], job->signature_len);

	if (!idr_suite_verify(r->suite, &leaf->key, idr_alg_of_curve(leaf->key.curve), job->item[i], signature))
		return idr_fail(err, IDR_SELF_CHECK, "architecture section 3",
		    "the signature does not match the published key");
	return attach(r, c, i, signature, out, err);
}

bool issue_copies_check(struct flow_request *r, const struct idr_type *type, enum idr_format format,
    const struct idr_json *claims, struct idr_err *err)
{
	const struct idr_status_ref none = { .present = false };
	const struct rules_certificate *cert = &r->rules->cert[RULES_ISSUER];
	const struct batch b = {
		.cert = cert, .claims = claims, .times = issue_times(r->now, type->days),
		.alg = idr_alg_of_curve(cert->leaf.key.curve),
	};
	const struct idr_mdoc_make m = mdoc_of(type, &b, &cert->leaf.key, none); /* any key: nothing leaves */
	struct idr_mdoc_built built;

	return format != IDR_FORMAT_MDOC || (check_country(type, claims, &cert->leaf, err) &&
	    idr_mdoc_build(r->suite, r->arena, &m, &built, err));
}
