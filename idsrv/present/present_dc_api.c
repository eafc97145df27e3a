#include "access/access.h"
#include "present/present.h"
#include "sys/conf.h"

/*
 * What a page hands to navigator.credentials.get(): OpenID4VP over the Digital Credentials API. No
 * address of ours stands in it, so nothing is fetched and nothing posted by a wallet: request and
 * answer go through the browser, and what binds the answer is the origin of the page, as the browser
 * saw it.
 */

enum { CLAIMS_MAX = 128 * 1024, DATA_MAX = 512 * 1024 };

static const char REF[] = "OpenID4VP 1.0 appendix A.2", TYP[] = "oauth-authz-req+jwt";
/* implements: VP A.1a */
static const char *const protocols[] = {
	[PRESENT_SIGNED] = "openid4vp-v1-signed",
	[PRESENT_UNSIGNED] = "openid4vp-v1-unsigned",
	[PRESENT_MULTISIGNED] = "openid4vp-v1-multisigned",
};

static bool wrong(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_INVALID_FIELD, REF, "%s", what);
}

/* ---- the request of the relying party ---- */

/* implements: HAIP 5.2c */
static bool read_protocol(const struct idr_json *body, enum present_protocol *out, struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(body, "protocol");

	*out = PRESENT_SIGNED;
	if (!v)
		return true;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (idr_json_is_str(v, protocols[i])) {
			*out = (enum present_protocol)i;
			return true;
		}
	return wrong(err, "protocol must be openid4vp-v1-signed, openid4vp-v1-unsigned or openid4vp-v1-multisigned");
}

/* Is it one of the lines? Compared as a string, as the wallet will. */
static bool is_registered(struct idr_bytes origins, struct idr_bytes one)
{
	while (origins.n) {
		size_t end = idr_bytes_index(origins, 0, '\n');

		if (idr_bytes_equal(idr_bytes_first(origins, end), one))
			return true;
		origins = end == SIZE_MAX ? IDR_LIT("") : idr_bytes_from(origins, end + 1);
	}
	return false;
}

/*
 * implements: VP A.2c: an exact origin of this relying party. One alone: an answer made for another page,
 * though it be of the same party, is no answer to this one.
 */
static bool read_origin(struct flow_request *r, const struct idr_json *body, struct idr_bytes *out,
    struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(body, "origin");
	struct idr_bytes origins = access_party(r)->origins;

	if (!origins.n)
		return idr_fail(err, IDR_FORBIDDEN, REF, "no origin is registered for this relying party");
	*out = origins;
	if (!v)
		return idr_bytes_index(origins, 0, '\n') == SIZE_MAX ||
		    wrong(err, "origin is needed: this relying party has several");
	if (v->type != IDR_JSON_STRING || !v->text.n || !is_registered(origins, v->text))
		return wrong(err, "origin must be one that is registered for this relying party, as the browser writes it");
	*out = v->text;
	return true;
}

bool present_dc_read(struct flow_request *r, const struct idr_json *body, struct reg_presentation *p,
    struct present_dc *dc, struct idr_err *err)
{
	/* they say how a wallet is reached without the browser, which HAIP 1.0 section 5.2 forbids here */
	static const char *const others[] = { "return_url", "wallet_base", "request_uri_method" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (idr_json_find(body, others[i]))
			return idr_fail(err, IDR_INVALID_FIELD, REF, "%s has no meaning in the flow dc_api", others[i]);
	return read_protocol(body, &dc->protocol, err) && read_origin(r, body, &p->origin, err);
}

/* ---- the parameters ---- */

/*
 * Only what appendix A.2 lists; what proves who asks belongs to signed requests alone.
 * implements: HAIP 5.2b
 * implements: VP A.2a, VP A.2b, VP A.2c
 */
static bool claims(struct flow_request *r, const struct reg_presentation *p, const struct present_secret *x,
    enum present_protocol protocol, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 4096, CLAIMS_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	if (protocol == PRESENT_SIGNED)
		idr_jw_put_str(&w, "client_id", p->client_id);
	if (protocol != PRESENT_UNSIGNED) {
		idr_jw_name(&w, "expected_origins");
		idr_jw_open(&w, '[');
		idr_jw_str(&w, p->origin);
		idr_jw_close(&w, ']');
		present_object_dates(&w, p);
	}
	if (!present_object_question(&w, r, p, x, p->mode == PRESENT_CLEAR ? "dc_api" : "dc_api.jwt", err))
		return false;
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, out, err);
}

/* ---- signing ---- */

/* With client_id where each signature has one of its own (appendix A.3.2.2). */
/* implements: VP A.3.2.2a */
static bool header(struct flow_request *r, struct idr_bytes client_id, struct idr_bytes *out,
    struct idr_err *err)
{
	const struct rules_certificate *cert = &r->rules->cert[RULES_READER];
	struct idr_bytes plain;
	struct idr_buf b;

	if (!idr_jws_header(r->arena, idr_alg_of_curve(cert->leaf.key.curve), TYP, NULL, cert->chain, cert->n,
	        &plain, err))
		return false;
	*out = plain;
	if (!client_id.n)
		return true;
	idr_buf_init(&b, r->arena, plain.n + 256, plain.n + 4096);
	idr_buf_put(&b, idr_bytes_first(plain, plain.n - 1)); /* all but its last brace */
	idr_buf_put_str(&b, ",\"client_id\":\"");
	idr_buf_put(&b, client_id); /* base64url, or our host as configured */
	idr_buf_put_str(&b, "\"}");
	return idr_buf_done(&b, out, err);
}

/*
 * Every name that our certificate proves; wallets know one kind or the other. The profile haip knows
 * x509_hash alone. implements: HAIP 5b
 */
static bool names(struct app *app, struct flow_request *r, struct present_dc *dc, struct idr_err *err)
{
	struct idr_bytes dns;

	dc->n = 1;
	dc->client_id[0] = IDR_LIT("");
	if (dc->protocol != PRESENT_MULTISIGNED)
		return true; /* it stands among the parameters */
	dc->client_id[0] = idr_str(r->rules->reader_client_id);
	if (conf_is_haip(app->conf))
		return true;
	if (!present_object_dns_id(app, r, &dns, err))
		return false;
	if (dns.n)
		dc->client_id[dc->n++] = dns;
	return true;
}

/* implements: HAIP 5.2a */
bool present_dc_build(struct app *app, struct flow_request *r, const struct reg_presentation *p,
    const struct present_secret *x, struct present_dc *dc, struct signer_job *job, struct idr_err *err)
{
	struct idr_bytes h;

	r->job = NULL;
	if (!claims(r, p, x, dc->protocol, &dc->claims, err))
		return false;
	if (dc->protocol == PRESENT_UNSIGNED)
		return true;
	if (!names(app, r, dc, err))
		return false;
	for (size_t i = 0; i < dc->n; i++)
		if (!header(r, dc->client_id[i], &h, err) ||
		    !idr_jws_build(r->arena, h, dc->claims, &job->item[i], err))
			return false;
	job->purpose = SIGNER_REQUEST;
	job->n = dc->n;
	r->job = job;
	return true;
}

/* ---- the data of each protocol, read back before it is given out ---- */

static bool unsigned_data(struct flow_request *r, const struct present_dc *dc, struct idr_bytes *out,
    struct idr_err *why)
{
	const struct idr_json *all, *dcql;
	const struct idr_dcql *query;

	*out = dc->claims;
	if (!idr_json_parse(r->arena, dc->claims, CLAIMS_MAX, &all, why))
		return false;
	dcql = idr_json_find(all, "dcql_query");
	return dcql && idr_dcql_parse(r->arena, dcql->raw, &query, why);
}

static bool multisigned_one(struct flow_request *r, const struct present_dc *dc, const struct signer_job *job,
    size_t i, struct idr_jw *w, struct idr_err *err)
{
	struct idr_bytes compact, tbs = job->item[i];
	const struct idr_json *parameters, *id;
	struct idr_jws jws;

	if (!idr_jws_attach(r->arena, tbs, idr_bytes(job->signature[i], job->signature_len), &compact, err) ||
	    !present_object_check(r, compact, &jws, &parameters, err))
		return false;
	id = idr_json_find(jws.header, "client_id");
	if (!idr_json_is(id, IDR_JSON_STRING) || !idr_bytes_equal(id->text, dc->client_id[i]))
		return idr_fail(err, IDR_SELF_CHECK, NULL, "client_id");
	idr_jw_open(w, '{');
	idr_jw_put_str(w, "protected", idr_bytes_first(tbs, idr_bytes_index(tbs, 0, '.')));
	idr_jw_name(w, "signature");
	idr_jw_b64url(w, jws.signature);
	idr_jw_close(w, '}');
	return true;
}

/* RFC 7515 section 7.2.1; implements: VP A.3.2.2a */
static bool multisigned_data(struct flow_request *r, const struct present_dc *dc,
    const struct signer_job *job, struct idr_jw *w, struct idr_err *err)
{
	struct idr_bytes tbs = job->item[0];

	idr_jw_name(w, "request");
	idr_jw_open(w, '{');
	idr_jw_put_str(w, "payload", idr_bytes_from(tbs, idr_bytes_index(tbs, 0, '.') + 1));
	idr_jw_name(w, "signatures");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < dc->n; i++)
		if (!multisigned_one(r, dc, job, i, w, err))
			return false;
	idr_jw_close(w, ']');
	idr_jw_close(w, '}');
	return true;
}

static bool signed_data(struct flow_request *r, const struct reg_presentation *p, const struct present_dc *dc,
    const struct signer_job *job, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_bytes compact;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 2 * dc->claims.n + 4096, DATA_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	if (dc->protocol == PRESENT_MULTISIGNED) {
		if (!multisigned_data(r, dc, job, &w, err))
			return false;
	} else {
		if (!present_object_finish(r, p, job, &compact, err))
			return false;
		idr_jw_put_str(&w, "request", compact);
	}
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, out, err);
}

bool present_dc_finish(struct flow_request *r, const struct reg_presentation *p, const struct present_dc *dc,
    const struct signer_job *job, struct idr_bytes *digital, struct idr_err *err)
{
	struct idr_err why = { 0 };
	struct idr_bytes data;
	struct idr_buf b;
	struct idr_jw w;
	bool ok;

	ok = dc->protocol == PRESENT_UNSIGNED ? unsigned_data(r, dc, &data, &why)
	                                      : signed_data(r, p, dc, job, &data, &why);
	if (!ok)
		return idr_fail(err, IDR_SELF_CHECK, REF, "the request we made does not read back: %s",
		    idr_code_name(why.code));
	idr_buf_init(&b, r->arena, data.n + 256, DATA_MAX + 256);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_name(&w, "requests");
	idr_jw_open(&w, '[');
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "protocol", protocols[dc->protocol]);
	idr_jw_put_raw(&w, "data", data);
	idr_jw_close(&w, '}');
	idr_jw_close(&w, ']');
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, digital, err);
}
