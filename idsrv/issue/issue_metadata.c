#include "flow/flow_reply.h"
#include "issue/issue.h"
#include "routes.h"
#include "suite/alg.h"
#include "sys/conf.h"

/* implements: OpenID4VCI 1.0 section 12.2.4 */

enum { METADATA_MAX = 2 * 1024 * 1024, PATH_DEPTH = 4 };

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

static void put_proof_types(struct idr_jw *w)
{
	const char *alg = idr_alg_row(IDR_ES256)->jose;

	idr_jw_name(w, "cryptographic_binding_methods_supported");
	idr_jw_open(w, '[');
	idr_jw_cstr(w, "jwk");
	idr_jw_close(w, ']');
	idr_jw_name(w, "proof_types_supported");
	idr_jw_open(w, '{');
	idr_jw_name(w, "jwt");
	idr_jw_open(w, '{');
	idr_jw_name(w, "proof_signing_alg_values_supported");
	idr_jw_open(w, '[');
	idr_jw_cstr(w, alg);
	idr_jw_close(w, ']');
	idr_jw_close(w, '}');
	idr_jw_close(w, '}');
}

static void put_configuration(struct idr_jw *w, struct flow_request *r, const struct idr_type *t)
{
	const struct rules_certificate *cert = &r->rules->cert[RULES_ISSUER];
	struct idr_err ignored;
	char *id = idr_arena_printf(r->arena, &ignored, "%.*s.sdjwt", (int)t->id.n, (const char *)t->id.p);

	idr_jw_name(w, id ? id : "");
	idr_jw_open(w, '{');
	idr_jw_put_cstr(w, "format", idr_format_name(IDR_FORMAT_SDJWT));
	idr_jw_put_cstr(w, "scope", id ? id : "");
	idr_jw_put_str(w, "vct", t->vct);
	idr_jw_name(w, "credential_signing_alg_values_supported");
	idr_jw_open(w, '[');
	idr_jw_cstr(w, idr_alg_row(idr_alg_of_curve(cert->leaf.key.curve))->jose);
	idr_jw_close(w, ']');
	if (t->holder_binding)
		put_proof_types(w);
	idr_jw_name(w, "credential_metadata");
	idr_jw_open(w, '{');
	if (idr_json_is(t->display, IDR_JSON_ARRAY) && t->display->n)
		idr_jw_put_raw(w, "display", t->display->raw);
	idr_jw_name(w, "claims");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < t->n_claim; i++)
		put_claim(w, &t->claim[i], NULL, 0);
	idr_jw_close(w, ']');
	idr_jw_close(w, '}');
	idr_jw_close(w, '}');
}

static bool issue_metadata(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 64 * 1024, METADATA_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "credential_issuer", app->conf->base_url);
	flow_put_url(&w, "credential_endpoint", app, "/credential");
	flow_put_url(&w, "nonce_endpoint", app, "/nonce");
	flow_put_url(&w, "notification_endpoint", app, "/notification");
	if (issue_batch_size(r->rules) >= 2) {
		idr_jw_name(&w, "batch_credential_issuance");
		idr_jw_open(&w, '{');
		idr_jw_put_int(&w, "batch_size", (int64_t)issue_batch_size(r->rules));
		idr_jw_close(&w, '}');
	}
	idr_jw_name(&w, "credential_configurations_supported");
	idr_jw_open(&w, '{');
	for (size_t i = 0; i < r->rules->n_type; i++)
		put_configuration(&w, r, r->rules->type[i]);
	idr_jw_close(&w, '}');
	idr_jw_close(&w, '}');
	return flow_reply_public_json(r, &b, err);
}

const struct flow_step issue_metadata_get[] = {
	{ FLOW_WORKER, issue_metadata },
	{ FLOW_END, NULL },
};
