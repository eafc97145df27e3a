#include "client.h"

#include <string.h>

#include "base/text.h"
#include "suite/pem.h"

enum { CHECKS = 2, CHOICES = 64 };

static void must(bool ok, const struct idr_err *err)
{
	if (!ok)
		fail_msg("%s: %s", idr_code_name(err->code), err->msg);
}

static struct idr_bytes decoded(struct client *c, struct idr_bytes text)
{
	struct idr_bytes out;
	struct idr_err err;

	must(idr_b64url_decode(c->a, text, &out, &err), &err);
	return out;
}

static const struct idr_trust *root_of(struct client *c)
{
	struct idr_bytes pem = file_of(c, text(c, "%s/root.pem", getenv("IDR_KEYS"))), der[4];
	const struct idr_bytes any = IDR_LIT("*");
	struct idr_trust *t = NULL;
	struct idr_err err;
	size_t n;

	must(idr_pem_certificates(c->a, pem, der, 4, &n, &err) && idr_trust_new(c->a, &t, &err) &&
	    idr_trust_add_anchor(c->s, t, der[0], IDR_PURPOSE_ISSUER, &any, 1, NULL, &err), &err);
	return t;
}

void mdoc_read(struct client *c, struct idr_bytes credential, struct held *out)
{
	const struct idr_mdoc_rules rules = { .trust = root_of(c), .algs = IDR_ALGS_HAIP };
	struct idr_mdoc_result *r = idr_arena_alloc(c->a, sizeof(*r), &(struct idr_err){ 0 });
	bool passed[CHECKS] = { false };
	struct idr_check check[CHECKS];
	struct idr_findings findings;
	struct idr_err err;
	size_t n = 0;

	assert_non_null(r);
	idr_findings_init(&findings);
	must(idr_mdoc_begin(c->s, c->a, credential, &rules, now_s(), r, &findings, check, &n, &err), &err);
	idr_suite_perform(c->s, check, n);
	for (size_t i = 0; i < n; i++)
		passed[i] = check[i].passed;
	must(idr_findings_conclude(&findings, passed, n, &err) == IDR_OK, &err);
	out->credential = credential;
	out->claims = r->claims;
	out->idx = (int64_t)r->status.idx;
	out->uri = r->status.present ? text_of(c, r->status.uri) : text(c, "%s", "");
	if (out->key)
		assert_true(idr_key_equal(&r->device, idr_private_public(out->key)));
}

struct idr_bytes mdoc_signed(struct client *c, const struct held *h)
{
	struct idr_bytes tbs = { NULL, 0 };
	struct idr_cbor doc, auth;
	struct idr_sign1 m;
	struct idr_err err;

	must(idr_cbor_check(c->a, decoded(c, h->credential), IDR_CBOR_ANY, &doc, &err), &err);
	assert_true(idr_cbor_find_text(doc, "issuerAuth", &auth));
	must(idr_sign1_parse(c->a, auth, IDR_SIGN1_UNTAGGED, false, &m, &err) &&
	    idr_sign1_build(c->a, m.protected_bytes, m.payload, &tbs, &err), &err);
	return tbs;
}

/* ---- presenting ---- */

static size_t choices(struct client *c, const struct request *q, const struct device *d,
    struct idr_mdoc_choice *out)
{
	const struct idr_json *list = d->elements ? json_of(c, idr_str(d->elements)) : idr_json_find(q->mdoc, "claims");
	size_t n = 0;

	for (const struct idr_json *v = idr_json_first(list); v && n < CHOICES; v = idr_json_next(list, v)) {
		const struct idr_json *path = d->elements ? v : idr_json_find(v, "path");

		out[n++] = (struct idr_mdoc_choice){ idr_json_at(path, 0)->text, idr_json_at(path, 1)->text };
	}
	return n;
}

static struct idr_bytes transcript(struct client *c, const struct request *q, const struct device *d)
{
	const struct idr_key *key = d->enc_key ? d->enc_key : &q->enc_key;
	struct idr_bytes out = { NULL, 0 };
	uint8_t thumbprint[32];
	struct idr_err err;
	bool encrypted = (q->encrypted || d->enc_key) && !d->in_the_clear;

	if (encrypted)
		idr_key_thumbprint(c->s, key, thumbprint);
	must(idr_mdoc_transcript_redirect(c->s, c->a, idr_str(d->client_id ? d->client_id : q->client_id),
	    idr_str(d->nonce ? d->nonce : q->nonce), encrypted ? thumbprint : NULL,
	    idr_str(d->response_uri ? d->response_uri : q->response_uri), &out, &err), &err);
	return out;
}

char *mdoc_presentation(struct client *c, const struct held *h, const struct request *q, const struct device *d)
{
	struct idr_mdoc_choice choice[CHOICES];
	size_t n = choices(c, q, d, choice);
	struct idr_bytes out = { NULL, 0 };
	struct idr_mdoc_answer x;
	uint8_t signature[96];
	struct idr_err err;

	must(idr_mdoc_select(c->a, decoded(c, h->credential), choice, n, transcript(c, q, d), IDR_ES256, &x, &err) &&
	    idr_private_sign(c->s, d->signer ? d->signer : h->key, x.to_be_signed, signature, &err) &&
	    idr_mdoc_respond(c->a, &x, idr_bytes(signature, 64), &out, &err), &err);
	return base64url(c, out);
}

char *mdoc_token(struct client *c, const struct request *q, const char *presentation)
{
	return text(c, "{\"%s\":[\"%s\"]}", member(c, q->mdoc, "id"), presentation);
}
