#include "signer/signer_policy.h"

#include "base/text.h"
#include "jose/jwt.h"
#include "sys/clock.h"
#include "sys/file.h"

/*
 * The signer reads what it is asked to sign with the same strict readers that verifiers use. A
 * taken-over server can therefore ask for credentials of the types and lifetimes that are in
 * force, within the quota, and for nothing else: no certificate, no other document, no bare digest.
 */

enum { DAY = 86400, TYPE_FILE_MAX = 256 * 1024, LABEL_CLAIM169 = 169, LABEL_VCT = 11,
	LABEL_STATUS = 65535 };

bool signer_refuse(struct idr_err *err, const char *why)
{
	return idr_fail(err, IDR_SIGNER_REFUSED, "architecture section 1", "%s", why);
}

bool signer_policy_load(struct idr_arena *a, const struct conf *conf, struct signer_policy *p,
    struct idr_err *err)
{
	char *dir = idr_arena_printf(a, err, "%s/types", conf->schema_dir);
	const char **names;
	size_t n;

	*p = (struct signer_policy){ .conf = conf };
	if (!dir || !file_list(a, dir, "/", sizeof(p->type) / sizeof(p->type[0]), &names, &n, err))
		return false;
	for (size_t i = 0; i < n; i++) {
		char *path = idr_arena_printf(a, err, "%s/%s/type.json", dir, names[i]);
		struct idr_bytes file;

		if (!path || !file_read(a, path, TYPE_FILE_MAX, &file, err) ||
		    !idr_type_parse(a, file, &p->type[p->n_type], err))
			return false;
		p->n_type++;
	}
	return true;
}

enum rules_key signer_policy_key(enum signer_purpose purpose)
{
	switch (purpose) {
	case SIGNER_SDJWT:
	case SIGNER_QR:
	case SIGNER_METADATA:
	case SIGNER_MDOC:
		return RULES_ISSUER;
	case SIGNER_STATUS_JWT:
	case SIGNER_STATUS_CWT:
		return RULES_STATUS;
	case SIGNER_REQUEST:
		return RULES_READER;
	case SIGNER_BUNDLE:
		return RULES_BUNDLE;
	}
	return RULES_ISSUER;
}

static const struct idr_type *type_of(const struct signer_policy *p, struct idr_bytes vct)
{
	for (size_t i = 0; i < p->n_type; i++)
		if (idr_bytes_equal(p->type[i]->vct, vct))
			return p->type[i];
	return NULL;
}

/*
 * iat is rounded down to a day and exp up to the end of one, hence two days of grace. Counted from
 * now as well: nothing is signed for a time to come, to be used when the server is ours again.
 */
bool signer_lives_no_longer(int64_t iat, int64_t exp, int64_t days)
{
	int64_t longest = (days + 2) * DAY;

	return exp > iat && exp - iat <= longest && exp <= clock_now() + longest;
}

static bool list_lives_no_longer(const struct signer_policy *p, int64_t iat, int64_t exp)
{
	return exp > iat && exp - iat <= p->conf->list_exp_s &&
	    exp <= clock_now() + p->conf->list_exp_s + SIGNER_CLOCK_STEP;
}

/* The name ends where the base does: "https://id.example.evil" is not "https://id.example". */
static bool is_our_list(const struct signer_policy *p, struct idr_bytes uri)
{
	size_t n = strlen(p->conf->base_url);

	return idr_bytes_starts(uri, p->conf->base_url) && uri.n > n && uri.p[n] == '/';
}

bool signer_can_be_revoked(const struct signer_policy *p, const struct idr_type *type,
    const struct idr_status_ref *status, struct idr_err *err)
{
	if (!type->status_bits || (status->present && is_our_list(p, status->uri)))
		return true;
	return signer_refuse(err, "the credential could not be revoked: it names no status list of ours");
}

/* ---- JWS signing input ---- */

static bool read_jws(struct idr_arena *a, struct idr_bytes tbs, const char *typ,
    const struct idr_json **payload, struct idr_err *err)
{
	size_t dot = idr_bytes_index(tbs, 0, '.');
	struct idr_bytes header, body;
	const struct idr_json *h;
	struct idr_err why;

	if (dot == SIZE_MAX || !idr_b64url_decode(a, idr_bytes_first(tbs, dot), &header, &why) ||
	    !idr_b64url_decode(a, idr_bytes_from(tbs, dot + 1), &body, &why) ||
	    !idr_json_parse(a, header, header.n, &h, &why) ||
	    !idr_json_parse(a, body, body.n, payload, &why))
		return signer_refuse(err, "this is no JWS signing input");
	/* crit can change what the payload means (RFC 7797); nothing of ours needs it */
	if (idr_json_find(h, "crit"))
		return signer_refuse(err, "the header carries crit");
	if (!idr_json_is_str(idr_json_find(h, "typ"), typ))
		return signer_refuse(err, "the typ of the header is not the one of this purpose");
	if (!idr_json_is(*payload, IDR_JSON_OBJECT))
		return signer_refuse(err, "the payload is not a JSON object");
	return true;
}

static bool check_sdjwt(struct idr_arena *a, const struct signer_policy *p, struct idr_bytes tbs,
    struct idr_err *err)
{
	const struct idr_json *payload, *vct, *iss;
	const struct idr_type *type;
	struct idr_status_ref status;
	int64_t iat, exp;

	if (!read_jws(a, tbs, "dc+sd-jwt", &payload, err))
		return false;
	vct = idr_json_find(payload, "vct");
	type = idr_json_is(vct, IDR_JSON_STRING) ? type_of(p, vct->text) : NULL;
	if (!type)
		return signer_refuse(err, "the issuer key may not sign this credential type");
	iss = idr_json_find(payload, "iss");
	if (iss && !idr_json_is_str(iss, p->conf->base_url))
		return signer_refuse(err, "the credential names another issuer");
	if (!idr_json_time(idr_json_find(payload, "iat"), &iat) ||
	    !idr_json_time(idr_json_find(payload, "exp"), &exp) || !signer_lives_no_longer(iat, exp, type->days))
		return signer_refuse(err, "the credential would be valid for longer than its type allows");
	if (type->holder_binding && !idr_json_find(payload, "cnf"))
		return signer_refuse(err, "the credential is not bound to a holder key");
	return idr_status_ref_json(idr_json_find(payload, "status"), &status, err)
	    ? signer_can_be_revoked(p, type, &status, err)
	    : signer_refuse(err, "the status reference of the credential is malformed");
}

/* implements: TSL 11.2b */
static bool check_status_jwt(struct idr_arena *a, const struct signer_policy *p, struct idr_bytes tbs,
    struct idr_err *err)
{
	const struct idr_json *payload, *sub;
	int64_t iat, exp;

	if (!read_jws(a, tbs, "statuslist+jwt", &payload, err))
		return false;
	sub = idr_json_find(payload, "sub");
	if (!idr_json_is(sub, IDR_JSON_STRING) || !is_our_list(p, sub->text))
		return signer_refuse(err, "the status list is not one of this issuer");
	if (!idr_json_time(idr_json_find(payload, "iat"), &iat) ||
	    !idr_json_time(idr_json_find(payload, "exp"), &exp) || !list_lives_no_longer(p, iat, exp))
		return signer_refuse(err, "the status list would be valid for longer than configured");
	return true;
}

/* ---- COSE Sig_structure: ["Signature1", protected, h'', payload] ---- */

bool signer_sig_structure(struct idr_arena *a, struct idr_bytes tbs, struct idr_cbor *header,
    struct idr_cbor *payload, struct idr_err *err)
{
	struct idr_cbor all, part[4];
	struct idr_err why;

	if (!idr_cbor_check(a, tbs, IDR_CBOR_DETERMINISTIC, &all, &why) ||
	    !idr_cbor_is(all, IDR_CBOR_ARRAY) || idr_cbor_count(all) != 4)
		return signer_refuse(err, "this is no COSE Sig_structure");
	for (size_t i = 0; i < 4; i++)
		part[i] = idr_cbor_at(all, i);
	if (!idr_cbor_is_text(part[0], "Signature1") || !idr_cbor_is(part[1], IDR_CBOR_BYTES) ||
	    !idr_cbor_is(part[3], IDR_CBOR_BYTES) ||
	    !idr_cbor_check(a, part[1].content, IDR_CBOR_DETERMINISTIC, header, &why) ||
	    !idr_cbor_check(a, part[3].content, IDR_CBOR_DETERMINISTIC, payload, &why) ||
	    !idr_cbor_is(*header, IDR_CBOR_MAP))
		return signer_refuse(err, "this is no COSE Sig_structure");
	return true;
}

static bool read_sig_structure(struct idr_arena *a, struct idr_bytes tbs, struct idr_cbor *header,
    struct idr_cbor *payload, struct idr_err *err)
{
	return signer_sig_structure(a, tbs, header, payload, err) &&
	    (idr_cbor_is(*payload, IDR_CBOR_MAP) || signer_refuse(err, "this is no COSE Sig_structure over a map"));
}

static bool cwt_times(struct idr_cbor payload, int64_t *iat, int64_t *exp)
{
	struct idr_cbor v, w;

	return idr_cbor_find_int(payload, 6, &v) && idr_cbor_time(v, iat) &&
	    idr_cbor_find_int(payload, 4, &w) && idr_cbor_time(w, exp);
}

static bool check_qr(struct idr_arena *a, const struct signer_policy *p, struct idr_bytes tbs,
    struct idr_err *err)
{
	struct idr_cbor header, payload, v;
	struct idr_status_ref status = { .present = false };
	const struct idr_type *type;
	int64_t iat, exp;

	if (!read_sig_structure(a, tbs, &header, &payload, err))
		return false;
	/* A typ would make it a phone credential, which paper readers refuse (formats brief 4.7 S). */
	if (idr_cbor_find_int(header, 16, &v))
		return signer_refuse(err, "a paper QR carries no typ");
	if (!idr_cbor_find_int(payload, LABEL_CLAIM169, &v) || !idr_cbor_is(v, IDR_CBOR_MAP))
		return signer_refuse(err, "a paper QR carries claim 169");
	if (!idr_cbor_find_int(payload, LABEL_VCT, &v) || !idr_cbor_is(v, IDR_CBOR_TEXT) ||
	    !(type = type_of(p, v.content)))
		return signer_refuse(err, "the issuer key may not sign this credential type");
	if (!cwt_times(payload, &iat, &exp) || !signer_lives_no_longer(iat, exp, type->qr_days))
		return signer_refuse(err, "the QR would be valid for longer than its type allows");
	if (idr_cbor_find_int(payload, LABEL_STATUS, &v) && !idr_status_ref_cbor(a, v, &status, err))
		return signer_refuse(err, "the status reference of the QR is malformed");
	return signer_can_be_revoked(p, type, &status, err);
}

static bool check_typed_cwt(struct idr_arena *a, struct idr_bytes tbs, const char *typ,
    struct idr_cbor *payload, struct idr_err *err)
{
	struct idr_cbor header, v;

	if (!read_sig_structure(a, tbs, &header, payload, err))
		return false;
	if (!idr_cbor_find_int(header, 16, &v) || !idr_cbor_is_text(v, typ))
		return signer_refuse(err, "the typ of the header is not the one of this purpose");
	return true;
}

/* implements: TSL 11.2b */
static bool check_status_cwt(struct idr_arena *a, const struct signer_policy *p, struct idr_bytes tbs,
    struct idr_err *err)
{
	struct idr_cbor payload, v;
	int64_t iat, exp;

	if (!check_typed_cwt(a, tbs, "application/statuslist+cwt", &payload, err))
		return false;
	if (!idr_cbor_find_int(payload, 2, &v) || !idr_cbor_is(v, IDR_CBOR_TEXT) ||
	    !is_our_list(p, v.content))
		return signer_refuse(err, "the status list is not one of this issuer");
	if (!cwt_times(payload, &iat, &exp) || !list_lives_no_longer(p, iat, exp))
		return signer_refuse(err, "the status list would be valid for longer than configured");
	return true;
}

static bool check_request(struct idr_arena *a, const struct signer_policy *p, struct idr_bytes tbs,
    struct idr_err *err)
{
	const struct idr_json *payload;
	int64_t exp;

	if (!read_jws(a, tbs, "oauth-authz-req+jwt", &payload, err))
		return false;
	if (!idr_json_time(idr_json_find(payload, "exp"), &exp) ||
	    exp > clock_now() + p->conf->presentation_ttl_s + SIGNER_CLOCK_STEP)
		return signer_refuse(err, "the request would be valid for longer than configured");
	return true;
}

bool signer_policy_check(struct idr_arena *a, const struct signer_policy *p,
    enum signer_purpose purpose, struct idr_bytes tbs, struct idr_err *err)
{
	const struct idr_json *payload;
	struct idr_cbor map;

	switch (purpose) {
	case SIGNER_SDJWT:
		return check_sdjwt(a, p, tbs, err);
	case SIGNER_QR:
		return check_qr(a, p, tbs, err);
	case SIGNER_STATUS_JWT:
		return check_status_jwt(a, p, tbs, err);
	case SIGNER_STATUS_CWT:
		return check_status_cwt(a, p, tbs, err);
	case SIGNER_REQUEST:
		return check_request(a, p, tbs, err);
	case SIGNER_METADATA:
		return read_jws(a, tbs, "openidvci-issuer-metadata+jwt", &payload, err);
	case SIGNER_BUNDLE:
		return check_typed_cwt(a, tbs, "application/idrail-bundle+cbor", &map, err);
	case SIGNER_MDOC:
		return signer_policy_mdoc(a, p, tbs, err);
	}
	return signer_refuse(err, "unknown purpose");
}
