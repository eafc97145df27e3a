#include "present/present.h"

/* The request object: presenting brief 2.2, 2.3 and 4, and nothing but what stands there. */

enum { CLAIMS_MAX = 128 * 1024, OBJECT_MAX = 256 * 1024 };

static const char TYP[] = "oauth-authz-req+jwt", AUD[] = "https://self-issued.me/v2";
static const char SAN_DNS[] = "x509_san_dns:";

/* ---- client_metadata ---- */

/* The key the wallet encrypts to, alone in its set: wallets take the first. implements: HAIP 5e */
/* implements: VP 5.1b, VP 5.1c, VP 8.3b */
static bool put_encryption(struct idr_jw *w, struct flow_request *r, const struct present_secret *x,
    struct idr_err *err)
{
	char *extra = idr_arena_printf(r->arena, err, "\"kid\":\"%.*s\",\"use\":\"enc\",\"alg\":\"ECDH-ES\",",
	    PRESENT_TEXT, (const char *)x->kid);

	if (!extra)
		return false;
	idr_jw_name(w, "jwks");
	idr_jw_open(w, '{');
	idr_jw_name(w, "keys");
	idr_jw_open(w, '[');
	idr_key_put_jwk(w->b, &x->key, extra);
	idr_jw_close(w, ']');
	idr_jw_close(w, '}');
	idr_jw_put_raw(w, "encrypted_response_enc_values_supported", IDR_LIT("[\"A128GCM\",\"A256GCM\"]"));
	return true;
}

/* implements: VP 5.1d, VP 5.9.3i, VP B.2.2a, VP B.3.4a */
static bool put_metadata(struct idr_jw *w, struct flow_request *r, const struct present_secret *x,
    struct idr_err *err)
{
	idr_jw_name(w, "client_metadata");
	idr_jw_open(w, '{');
	if (x->scalar.n && !put_encryption(w, r, x, err))
		return false;
	idr_jw_put_raw(w, "vp_formats_supported", IDR_LIT("{\"dc+sd-jwt\":{\"sd-jwt_alg_values\":"
	    "[\"ES256\"],\"kb-jwt_alg_values\":[\"ES256\"]},\"mso_mdoc\":{\"issuerauth_alg_values\":[-7,-9],"
	    "\"deviceauth_alg_values\":[-7,-9]}}"));
	idr_jw_close(w, '}');
	return true;
}

/* ---- claims ---- */

bool present_object_question(struct idr_jw *w, struct flow_request *r, const struct reg_presentation *p,
    const struct present_secret *x, const char *mode, struct idr_err *err)
{
	idr_jw_put_cstr(w, "response_type", "vp_token");
	idr_jw_put_cstr(w, "response_mode", mode);
	idr_jw_put_str(w, "nonce", idr_bytes(x->nonce, PRESENT_TEXT));
	idr_jw_put_raw(w, "dcql_query", p->query);
	if (p->transaction_data.n)
		idr_jw_put_raw(w, "transaction_data", p->transaction_data);
	return put_metadata(w, r, x, err);
}

/* For whom, from when and until when a signed request is. */
void present_object_dates(struct idr_jw *w, const struct reg_presentation *p)
{
	idr_jw_put_cstr(w, "aud", AUD);
	idr_jw_put_int(w, "iat", p->created);
	idr_jw_put_int(w, "exp", p->expires);
}

/* implements: HAIP 5a */
/* implements: VP 5.1a, VP 5.2b, VP 5.8a, VP 8.2c */
static bool claims(struct flow_request *r, const struct reg_presentation *p,
    const struct present_secret *x, struct idr_bytes wallet_nonce, struct idr_bytes *out,
    struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 4096, CLAIMS_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "client_id", p->client_id);
	idr_jw_put_str(&w, "response_uri", p->response_uri);
	idr_jw_put_str(&w, "state", idr_bytes(x->state, PRESENT_TEXT));
	if (wallet_nonce.p)
		idr_jw_put_str(&w, "wallet_nonce", wallet_nonce);
	present_object_dates(&w, p);
	if (!present_object_question(&w, r, p, x, p->mode == PRESENT_CLEAR ? "direct_post" : "direct_post.jwt", err))
		return false;
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, out, err);
}

/* ---- who we are ---- */

bool present_object_dns_id(struct app *app, struct flow_request *r, struct idr_bytes *out,
    struct idr_err *err)
{
	const struct idr_cert *leaf = &r->rules->cert[RULES_READER].leaf;
	struct idr_bytes host = present_url_host(idr_str(app->conf->verifier_url));
	char *text;

	*out = IDR_LIT("");
	for (size_t i = 0; i < leaf->n_dns; i++)
		if (idr_bytes_equal(leaf->dns[i], host)) {
			text = idr_arena_printf(r->arena, err, "%s%.*s", SAN_DNS, (int)host.n, (const char *)host.p);
			*out = idr_str(text);
			return text != NULL;
		}
	return true;
}

/* The certificate may have been renewed since the transaction began: its client_id is then no
 * longer ours to sign with. */
static bool is_ours(const struct rules *rules, struct idr_bytes client_id)
{
	const struct idr_cert *leaf = &rules->cert[RULES_READER].leaf;

	if (idr_bytes_is(client_id, rules->reader_client_id))
		return true;
	if (!idr_bytes_starts(client_id, SAN_DNS))
		return false;
	for (size_t i = 0; i < leaf->n_dns; i++)
		if (idr_bytes_equal(idr_bytes_from(client_id, sizeof(SAN_DNS) - 1), leaf->dns[i]))
			return true;
	return false;
}

/* implements: HAIP 5c */
/* implements: VP 5a */
bool present_object_build(struct flow_request *r, const struct reg_presentation *p,
    const struct present_secret *x, struct idr_bytes wallet_nonce, struct signer_job *job,
    struct idr_err *err)
{
	const struct rules_certificate *cert = &r->rules->cert[RULES_READER];
	struct idr_bytes header, payload;

	if (!is_ours(r->rules, p->client_id))
		return present_closed(err);
	if (!claims(r, p, x, wallet_nonce, &payload, err) ||
	    !idr_jws_header(r->arena, idr_alg_of_curve(cert->leaf.key.curve), TYP, NULL, cert->chain,
	        cert->n, &header, err) ||
	    !idr_jws_build(r->arena, header, payload, &job->item[0], err))
		return false;
	job->purpose = SIGNER_REQUEST;
	job->n = 1;
	r->job = job;
	return true;
}

/* ---- our own output, read as a wallet reads it ---- */

bool present_object_check(struct flow_request *r, struct idr_bytes compact, struct idr_jws *jws,
    const struct idr_json **claims, struct idr_err *why)
{
	const struct idr_cert *leaf = &r->rules->cert[RULES_READER].leaf;
	struct idr_bytes der[IDR_CHAIN_MAX];
	const struct idr_dcql *query;
	const struct idr_json *dcql;
	size_t n;

	if (!idr_jws_parse(r->arena, compact, OBJECT_MAX, false, jws, why) ||
	    !idr_jws_x5c(r->arena, jws, der, &n, why) ||
	    !idr_jws_verify(r->suite, jws, &leaf->key, 1u << idr_alg_of_curve(leaf->key.curve), why) ||
	    !idr_json_parse(r->arena, jws->payload, CLAIMS_MAX, claims, why))
		return false;
	if (!idr_jws_typ_is(jws, TYP) || !n || !idr_bytes_equal(der[0], leaf->der))
		return idr_fail(why, IDR_SELF_CHECK, NULL, "header");
	dcql = idr_json_find(*claims, "dcql_query");
	return dcql && idr_dcql_parse(r->arena, dcql->raw, &query, why);
}

static bool reads_back(struct flow_request *r, const struct reg_presentation *p,
    struct idr_bytes compact, struct idr_err *why)
{
	const struct idr_json *claims, *id;
	struct idr_jws jws;

	if (!present_object_check(r, compact, &jws, &claims, why))
		return false;
	id = idr_json_find(claims, "client_id");
	return (idr_json_is(id, IDR_JSON_STRING) && idr_bytes_equal(id->text, p->client_id)) ||
	    idr_fail(why, IDR_SELF_CHECK, NULL, "client_id");
}

bool present_object_finish(struct flow_request *r, const struct reg_presentation *p,
    const struct signer_job *job, struct idr_bytes *compact, struct idr_err *err)
{
	struct idr_bytes signature = idr_bytes(job->signature[0], job->signature_len);
	struct idr_err why = { 0 };

	if (!idr_jws_attach(r->arena, job->item[0], signature, compact, err))
		return false;
	if (!reads_back(r, p, *compact, &why))
		return idr_fail(err, IDR_SELF_CHECK, "RFC 9101 section 4",
		    "the request object we made does not read back: %s", idr_code_name(why.code));
	return true;
}
