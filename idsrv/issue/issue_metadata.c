#include "flow/flow_reply.h"
#include "issue/issue_attestation.h"
#include "issue/issue_envelope.h"
#include "issue/issue_metadata.h"
#include "routes.h"
#include "suite/alg.h"
#include "sys/conf.h"

/* OpenID4VCI 1.0 section 12.2.4 */

enum { PATH_DEPTH = 4 };

/* implements: VCI B.2a */
static void put_display(struct idr_jw *w, const struct idr_json *labels)
{
	const struct idr_json *lang;

	idr_jw_name(w, "display");
	idr_jw_open(w, '[');
	for (lang = idr_json_first(labels); lang; lang = idr_json_next(labels, lang)) {
		idr_jw_open(w, '{');
		idr_jw_put_str(w, "name", idr_json_value(lang)->text);
		idr_jw_put_str(w, "locale", lang->text);
		idr_jw_close(w, '}');
	}
	idr_jw_close(w, ']');
}

/* implements: VCI B.2a */
static void put_claim(struct idr_jw *w, const struct idr_claim *c, const struct idr_bytes *path,
    size_t depth)
{
	struct idr_bytes here[PATH_DEPTH];

	if (depth)
		memcpy(here, path, depth * sizeof(*path));
	here[depth++] = c->name;
	idr_jw_open(w, '{');
	idr_jw_name(w, "path");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < depth; i++)
		idr_jw_str(w, here[i]);
	idr_jw_close(w, ']');
	idr_jw_put_bool(w, "mandatory", c->mandatory);
	if (idr_json_is(c->display, IDR_JSON_OBJECT) && c->display->n)
		put_display(w, c->display);
	idr_jw_close(w, '}');
	if (c->type != IDR_CLAIM_OBJECT || depth == PATH_DEPTH)
		return;
	for (size_t i = 0; i < c->n_member; i++)
		put_claim(w, &c->member[i], here, depth);
}

/* Everybody has it: mandatory, and so is every object around it. */
static bool is_mandatory(const struct idr_type *t, const struct idr_mdoc_element *e)
{
	bool all = e->source->mandatory;

	for (size_t dot = idr_bytes_index(e->claim, 0, '.'); dot != SIZE_MAX;
	    dot = idr_bytes_index(e->claim, dot + 1, '.'))
		all = all && idr_type_claim_at(t, idr_bytes_first(e->claim, dot))->mandatory;
	return all;
}

/*
 * OpenID4VCI 1.0 appendix A.2.2: an element is found under [namespace, element]
 * implements: VCI B.2a
 */
static void put_element(struct idr_jw *w, const struct idr_type *t, const struct idr_mdoc_element *e)
{
	idr_jw_open(w, '{');
	idr_jw_name(w, "path");
	idr_jw_open(w, '[');
	idr_jw_str(w, e->namespace);
	idr_jw_str(w, e->element);
	idr_jw_close(w, ']');
	idr_jw_put_bool(w, "mandatory", is_mandatory(t, e));
	if (idr_json_is(e->source->display, IDR_JSON_OBJECT) && e->source->display->n)
		put_display(w, e->source->display);
	idr_jw_close(w, '}');
}

static void put_claims(struct idr_jw *w, const struct idr_type *t, enum idr_format format)
{
	idr_jw_name(w, "claims");
	idr_jw_open(w, '[');
	if (format == IDR_FORMAT_MDOC)
		for (size_t i = 0; i < t->n_element; i++)
			put_element(w, t, &t->element[i]);
	else
		for (size_t i = 0; i < t->n_claim; i++)
			put_claim(w, &t->claim[i], NULL, 0);
	idr_jw_close(w, ']');
}

static void put_levels(struct idr_jw *w, const char *name, const struct idr_bytes *level, size_t n)
{
	if (!n)
		return;
	idr_jw_name(w, name);
	idr_jw_open(w, '[');
	for (size_t i = 0; i < n; i++)
		idr_jw_str(w, level[i]);
	idr_jw_close(w, ']');
}

/* implements: VCI 12.2.4h, VCI Da */
static void put_proof_type(struct idr_jw *w, const char *name, const struct idr_type *t)
{
	idr_jw_name(w, name);
	idr_jw_open(w, '{');
	idr_jw_name(w, "proof_signing_alg_values_supported");
	idr_jw_open(w, '[');
	idr_jw_cstr(w, idr_alg_row(IDR_ES256)->jose);
	idr_jw_close(w, ']');
	if (t->attested) {
		idr_jw_name(w, "key_attestations_required");
		idr_jw_open(w, '{');
		put_levels(w, "key_storage", t->key_storage, t->n_key_storage);
		put_levels(w, "user_authentication", t->user_authentication, t->n_user_authentication);
		idr_jw_close(w, '}');
	}
	idr_jw_close(w, '}');
}

/*
 * A key attestation alone is taken where somebody is trusted to make one.
 * implements: VCI 12.2.4g
 */
static void put_proof_types(struct idr_jw *w, const struct rules *rules, const struct idr_type *t,
    enum idr_format format)
{
	idr_jw_name(w, "cryptographic_binding_methods_supported");
	idr_jw_open(w, '[');
	idr_jw_cstr(w, format == IDR_FORMAT_MDOC ? "cose_key" : "jwk");
	idr_jw_close(w, ']');
	idr_jw_name(w, "proof_types_supported");
	idr_jw_open(w, '{');
	put_proof_type(w, "jwt", t);
	if (t->attested || issue_attestation_trusted(rules))
		put_proof_type(w, "attestation", t);
	idr_jw_close(w, '}');
}

/* Names for JOSE, numbers for COSE: the one we write and its fully specified twin (RFC 9864). */
static void put_algorithms(struct idr_jw *w, const struct idr_alg_row *alg, enum idr_format format)
{
	idr_jw_name(w, "credential_signing_alg_values_supported");
	idr_jw_open(w, '[');
	if (format == IDR_FORMAT_MDOC) {
		idr_jw_int(w, alg->cose);
		if (alg->cose_also)
			idr_jw_int(w, alg->cose_also);
	} else {
		idr_jw_cstr(w, alg->jose);
	}
	idr_jw_close(w, ']');
}

/* implements: VCI 12.2.4f, VCI 12.2.4g, VCI A.2.2a, VCI A.3.2a */
/* implements: HAIP 4.1c */
static bool put_configuration(struct idr_jw *w, struct flow_request *r, const struct idr_type *t,
    enum idr_format format, struct idr_err *err)
{
	const struct rules_certificate *cert = &r->rules->cert[RULES_ISSUER];
	bool mdoc = format == IDR_FORMAT_MDOC;
	struct idr_bytes id;

	if (!rules_issues(t, format))
		return true;
	if (!rules_configuration_id(r->arena, t, format, &id, err))
		return false;
	idr_jw_name_bytes(w, id);
	idr_jw_open(w, '{');
	idr_jw_put_cstr(w, "format", idr_format_name(format));
	idr_jw_put_str(w, "scope", id);
	idr_jw_put_str(w, mdoc ? "doctype" : "vct", mdoc ? t->doctype : t->vct);
	put_algorithms(w, idr_alg_row(idr_alg_of_curve(cert->leaf.key.curve)), format);
	if (t->holder_binding)
		put_proof_types(w, r->rules, t, format);
	idr_jw_name(w, "credential_metadata");
	idr_jw_open(w, '{');
	if (idr_json_is(t->display, IDR_JSON_ARRAY) && t->display->n)
		idr_jw_put_raw(w, "display", t->display->raw);
	put_claims(w, t, format);
	idr_jw_close(w, '}');
	idr_jw_close(w, '}');
	return true;
}

/* implements: VCI 12.2.4a, VCI 12.2.4b */
/* implements: HAIP 4.1f */
static bool put_endpoints(struct app *app, struct flow_request *r, struct idr_jw *w, struct idr_err *err)
{
	bool waits = false;

	for (size_t i = 0; i < r->rules->n_type; i++)
		waits = waits || r->rules->type[i]->approval;
	idr_jw_put_cstr(w, "credential_issuer", app->conf->base_url);
	flow_put_url(w, "credential_endpoint", app, "/credential");
	flow_put_url(w, "nonce_endpoint", app, "/nonce");
	if (waits)
		flow_put_url(w, "deferred_credential_endpoint", app, "/deferred_credential");
	flow_put_url(w, "notification_endpoint", app, "/notification");
	return issue_envelope_put(app, r, w, err);
}

/* implements: VCI 12.2.4e */
/* implements: HAIP 4i */
bool issue_metadata_put(struct app *app, struct flow_request *r, struct idr_jw *w, struct idr_err *err)
{
	if (!put_endpoints(app, r, w, err))
		return false;
	if (issue_batch_size(r->rules) >= 2) {
		idr_jw_name(w, "batch_credential_issuance");
		idr_jw_open(w, '{');
		idr_jw_put_int(w, "batch_size", (int64_t)issue_batch_size(r->rules));
		idr_jw_close(w, '}');
	}
	idr_jw_name(w, "credential_configurations_supported");
	idr_jw_open(w, '{');
	for (size_t i = 0; i < r->rules->n_type; i++)
		if (!put_configuration(w, r, r->rules->type[i], IDR_FORMAT_SDJWT, err) ||
		    !put_configuration(w, r, r->rules->type[i], IDR_FORMAT_MDOC, err))
			return false;
	idr_jw_close(w, '}');
	return true;
}

/* implements: VCI 12.2.2a */
/* implements: HAIP 4.1b */
static bool issue_metadata(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	http_reply_header(r->http, "Vary", "Accept");
	if (http_prefers(r->http, "application/jwt", "application/json"))
		return true; /* the next step has it signed */
	idr_buf_init(&b, r->arena, 64 * 1024, ISSUE_METADATA_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	if (!issue_metadata_put(app, r, &w, err))
		return false;
	idr_jw_close(&w, '}');
	return flow_reply_public_json(r, &b, err);
}

const struct flow_step issue_metadata_get[] = {
	{ FLOW_WORKER, issue_metadata },
	{ FLOW_COLD, issue_metadata_signed },
	{ FLOW_END, NULL },
};
