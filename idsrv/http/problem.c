#include "http/problem.h"

#include <stdio.h>

#include "codec/json.h"
#include "sys/clock.h"

enum { DESCRIPTION_MAX = 200, BODY_MAX = 4096, DAY_S = 86400 };

/*
 * What a code is called at the OAuth and OpenID4VCI endpoints. oauth == NULL: server_error;
 * resource == NULL: the credential endpoint sends no body with this code, because only seven error
 * codes are registered there (OpenID4VCI 1.0 section 8.3.1.2).
 */
struct mapping {
	unsigned status;
	const char *oauth;
	const char *resource;
};

#define REQ "invalid_request"
#define CRQ "invalid_credential_request"
#define OUR_FAULT (struct mapping){ 500, NULL, NULL }
#define AWAY (struct mapping){ 503, "temporarily_unavailable", NULL }
#define BAD_INPUT (struct mapping){ 400, REQ, CRQ }
#define HTTP_FAULT(status) (struct mapping){ status, REQ, CRQ }

/* No default: a new code does not compile until it stands here. */
static struct mapping map(enum idr_code code)
{
	switch (code) {
	case IDR_OK:
	case IDR_CODE_COUNT:
	case IDR_CONFIG: /* these name paths and settings: nothing for a caller */
	case IDR_FILE:
	case IDR_USAGE:
	case IDR_SIGNER_REFUSED:
	case IDR_CRYPTO:
	case IDR_SELF_CHECK:
	case IDR_INTERNAL:
		return OUR_FAULT;

	case IDR_OVERLOADED:
	case IDR_DATABASE:
	case IDR_SIGNER:
	case IDR_QUOTA:
	case IDR_DEADLINE:
	case IDR_STOPPING:
	case IDR_NO_INDEX:
	case IDR_NETWORK:
	case IDR_REMOTE:
	case IDR_MEMORY:
		return AWAY;

	case IDR_MALFORMED: case IDR_LIMIT: case IDR_UTF8: case IDR_JSON: case IDR_CBOR: case IDR_FORM:
	case IDR_BASE64URL: case IDR_BASE45: case IDR_ZLIB: case IDR_TOO_LARGE: case IDR_PREFIX:
	case IDR_INVALID_REQUEST: case IDR_INVALID_FIELD: case IDR_POLICY: case IDR_UNRECOGNIZED:
	case IDR_CLAIM_UNKNOWN: case IDR_DATE: case IDR_COUNTRY: case IDR_IMAGE: case IDR_TOO_LONG:
	case IDR_ZAWGYI: case IDR_BIDI_CONTROL: case IDR_CONTROL_CHARACTER: case IDR_TYPE:
	case IDR_PAPER: case IDR_GLYPH:
	case IDR_PRESENTATION_REJECTED: case IDR_TRANSACTION_CLOSED:
	case IDR_ENCRYPTION_REQUIRED: case IDR_DECLINED: case IDR_INVALID_NOTIFICATION_ID:
	case IDR_INVALID_NOTIFICATION_REQUEST:
	case IDR_INVALID_CREDENTIAL_REQUEST:
		return BAD_INPUT;

	/* checks of a credential: a verdict names them; as an error they are a bad request */
	case IDR_ALGORITHM: case IDR_CRIT: case IDR_KEY: case IDR_SIGNATURE: case IDR_TYP:
	case IDR_DECRYPT: case IDR_COSE_TAG: case IDR_TRUST: case IDR_CHAIN_EXPIRED:
	case IDR_CHAIN_PROFILE: case IDR_CHAIN_REVOKED: case IDR_CHAIN_ORDER:
	case IDR_ISSUER_SIGNATURE: case IDR_VCT:
	case IDR_CLAIM_TYPE: case IDR_HASH_ALG: case IDR_SD_STRUCTURE: case IDR_DISCLOSURE_SHAPE:
	case IDR_DISCLOSURE_DUPLICATE: case IDR_DIGEST_REPEATED: case IDR_NAME_COLLISION:
	case IDR_DISCLOSURE_UNREFERENCED: case IDR_REGISTERED_CLAIM_SELECTIVELY_DISCLOSED:
	case IDR_CLAIM_MISSING: case IDR_CLAIM_VALUE: case IDR_CLAIM_FORBIDDEN: case IDR_NBF:
	case IDR_EXPIRED: case IDR_AUD: case IDR_CNF: case IDR_KB_MISSING: case IDR_KB_TYP:
	case IDR_KB_ALGORITHM: case IDR_KB_SIGNATURE: case IDR_KB_NONCE: case IDR_KB_AUD:
	case IDR_KB_IAT: case IDR_KB_EXP: case IDR_KB_SD_HASH: case IDR_TYPE_METADATA:
	case IDR_TRANSACTION_DATA: case IDR_VERSION: case IDR_STATUS: case IDR_EMPTY: case IDR_DOCTYPE:
	case IDR_VALIDITY: case IDR_DIGEST_MISSING: case IDR_DIGEST_MISMATCH:
	case IDR_DUPLICATE_ELEMENT: case IDR_DEVICE_AUTH_MISSING: case IDR_DEVICE_SIGNATURE:
	case IDR_KEY_AUTHORIZATION: case IDR_PROOF_MISSING: case IDR_HOLDER_SIGNATURE:
	case IDR_LIFETIME: case IDR_IAT: case IDR_EXP_ORDER: case IDR_IAT_ORDER: case IDR_REPLAYED:
	case IDR_STATUS_REVOKED: case IDR_STATUS_SUSPENDED: case IDR_STATUS_UNKNOWN:
	case IDR_STATUS_STALE: case IDR_REFERENCED_STATUS_MALFORMED: case IDR_SUB_MISMATCH: case IDR_TTL:
	case IDR_BITS: case IDR_INDEX_OUT_OF_RANGE: case IDR_CLOCK: case IDR_BUNDLE_EXPIRED:
	case IDR_BUNDLE: case IDR_FORMAT: case IDR_AUTHORIZATION_RESPONSE:
		return BAD_INPUT;

	/* RFC 6749 section 5.2, RFC 9396 section 5, RFC 9449 sections 5 and 7.1 */
	case IDR_INVALID_CLIENT:
		return (struct mapping){ 401, "invalid_client", CRQ };
	case IDR_INVALID_GRANT:
	case IDR_TX_CODE:
		return (struct mapping){ 400, "invalid_grant", CRQ };
	/* draft-ietf-oauth-attestation-based-client-auth-07 */
	case IDR_INVALID_CLIENT_ATTESTATION:
		return (struct mapping){ 400, "invalid_client_attestation", CRQ };
	case IDR_USE_FRESH_ATTESTATION:
		return (struct mapping){ 400, "use_fresh_attestation", CRQ };
	case IDR_USE_ATTESTATION_CHALLENGE:
		return (struct mapping){ 400, "use_attestation_challenge", CRQ };
	/* RFC 6749 section 4.1.2.1, RFC 9101 section 6.3, RFC 8707 section 2 */
	case IDR_UNAUTHORIZED_CLIENT:
		return (struct mapping){ 400, "unauthorized_client", CRQ };
	case IDR_UNSUPPORTED_RESPONSE_TYPE:
		return (struct mapping){ 400, "unsupported_response_type", CRQ };
	case IDR_INVALID_REQUEST_URI:
		return (struct mapping){ 400, "invalid_request_uri", CRQ };
	case IDR_REQUEST_NOT_SUPPORTED:
		return (struct mapping){ 400, "request_not_supported", CRQ };
	case IDR_INVALID_TARGET:
		return (struct mapping){ 400, "invalid_target", CRQ };
	case IDR_ACCESS_DENIED:
		return (struct mapping){ 400, "access_denied", CRQ };
	case IDR_UNSUPPORTED_GRANT_TYPE:
		return (struct mapping){ 400, "unsupported_grant_type", CRQ };
	case IDR_INVALID_SCOPE:
		return (struct mapping){ 400, "invalid_scope", CRQ };
	case IDR_INVALID_AUTHORIZATION_DETAILS:
		return (struct mapping){ 400, "invalid_authorization_details", CRQ };
	case IDR_INVALID_TOKEN:
		return (struct mapping){ 401, "invalid_token", NULL };
	case IDR_NO_TOKEN:
		return (struct mapping){ 401, REQ, NULL };
	case IDR_INSUFFICIENT_SCOPE:
		return (struct mapping){ 403, "insufficient_scope", NULL };
	case IDR_INVALID_DPOP_PROOF:
		return (struct mapping){ 401, "invalid_dpop_proof", NULL };
	case IDR_USE_DPOP_NONCE:
		return (struct mapping){ 401, "use_dpop_nonce", NULL };

	/* OpenID4VCI 1.0 section 8.3.1.2 */
	case IDR_UNKNOWN_CREDENTIAL_CONFIGURATION:
		return (struct mapping){ 400, REQ, "unknown_credential_configuration" };
	case IDR_UNKNOWN_CREDENTIAL_IDENTIFIER:
		return (struct mapping){ 400, REQ, "unknown_credential_identifier" };
	case IDR_INVALID_PROOF:
		return (struct mapping){ 400, REQ, "invalid_proof" };
	case IDR_INVALID_NONCE:
		return (struct mapping){ 400, REQ, "invalid_nonce" };
	case IDR_INVALID_ENCRYPTION_PARAMETERS:
		return (struct mapping){ 400, REQ, "invalid_encryption_parameters" };
	case IDR_INVALID_TRANSACTION_ID: /* section 9.3 */
		return (struct mapping){ 400, REQ, "invalid_transaction_id" };
	case IDR_CREDENTIAL_REQUEST_DENIED:
		return (struct mapping){ 400, REQ, "credential_request_denied" };

	case IDR_UNAUTHORIZED: return HTTP_FAULT(401);
	case IDR_FORBIDDEN: case IDR_RESPONSE_CODE: return HTTP_FAULT(403);
	case IDR_NOT_FOUND: return HTTP_FAULT(404);
	case IDR_METHOD_NOT_ALLOWED: return HTTP_FAULT(405);
	case IDR_NOT_ACCEPTABLE: return HTTP_FAULT(406);
	case IDR_CONFLICT: case IDR_KEY_CONFLICT: case IDR_STATUS_FINAL: return HTTP_FAULT(409);
	case IDR_BODY_TOO_LARGE: return HTTP_FAULT(413);
	case IDR_UNSUPPORTED_MEDIA_TYPE: return HTTP_FAULT(415);
	case IDR_TOO_MANY_REQUESTS: return (struct mapping){ 429, "temporarily_unavailable", NULL };
	case IDR_HEADERS_TOO_LARGE: return HTTP_FAULT(431);
	case IDR_BAD_HTTP: return HTTP_FAULT(400);
	case IDR_TIME_NOT_SUPPORTED: return HTTP_FAULT(501); /* Token Status List section 8.4 */
	}
	return OUR_FAULT;
}

unsigned problem_status(enum idr_code code, enum http_dialect dialect)
{
	unsigned status = map(code).status;

	switch (dialect) {
	case HTTP_PROBLEM:
	case HTTP_RESOURCE:
	case HTTP_NOTIFICATION:
		return status;
	case HTTP_OAUTH:
		/* RFC 6749 section 5.2: 400, but for invalid_client; a token endpoint knows no 401
		 * of a resource (RFC 9449 section 5) */
		if (code == IDR_INVALID_CLIENT)
			return 401;
		return status == 401 || status == 403 || status == 409 ? 400 : status;
	case HTTP_WALLET:
		/* presenting brief 8.4: which check failed is not told, not even by the status */
		if (status == 404 || status == 405 || status == 413 || status == 415 || status == 406 ||
		    status == 429 || status == 431 || status >= 500)
			return status;
		return 400;
	case HTTP_PAGE:
		/* a browser that hears 401 would ask for a password of its own */
		return status == 401 || status == 403 || status == 409 ? 400 : status;
	}
	return 500;
}

/*
 * The sentence of the refusal in the characters RFC 6749 section 5.2 allows; empty unless it was
 * written for a caller. By rule of the house it names things and never carries what came from
 * outside.
 * implements: VCI 8.3.1.2c
 */
static struct idr_bytes describe(const struct idr_err *err, unsigned status,
    char out[DESCRIPTION_MAX + 1])
{
	enum idr_kind kind = idr_code_kind(err->code);
	size_t n = 0;

	if (status < 500 && (kind == IDR_KIND_INPUT || kind == IDR_KIND_REFUSED))
		for (const char *p = err->msg; *p && n < DESCRIPTION_MAX; p++) {
			bool plain = *p >= 0x20 && *p <= 0x7e && *p != '"' && *p != '\\';

			out[n++] = plain ? *p : '\'';
		}
	out[n] = 0;
	return idr_bytes(out, n);
}

static void finish(struct http_request *r, unsigned status, const char *media, struct idr_buf *b)
{
	struct idr_err ignored;
	struct idr_bytes body;

	if (!idr_buf_done(b, &body, &ignored)) /* the arena is full: the status alone says it */
		http_reply_empty(r, status);
	else
		http_reply(r, status, media, body);
}

/* RFC 9457 section 3.1, with our published code, its clause and what to do next. */
static void reply_problem(struct http_request *r, const struct idr_err *err, unsigned status)
{
	char text[DESCRIPTION_MAX + 1];
	struct idr_bytes detail = describe(err, status, text);
	/* our own faults keep their name to themselves: which one it was stands in the log */
	enum idr_code code = status == 500 ? IDR_INTERNAL : err->code;
	char type[80];
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 512, BODY_MAX);
	w = idr_jw(&b);
	snprintf(type, sizeof(type), "urn:idrail:code:%s", idr_code_name(code));
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "type", type);
	idr_jw_put_cstr(&w, "title", idr_code_sentence(code));
	idr_jw_put_int(&w, "status", status);
	idr_jw_put_cstr(&w, "code", idr_code_name(code));
	if (detail.n)
		idr_jw_put_str(&w, "detail", detail);
	if (err->ref && status < 500)
		idr_jw_put_cstr(&w, "clause", err->ref);
	idr_jw_put_cstr(&w, "next", idr_code_next(code));
	idr_jw_put_cstr(&w, "request", r->id);
	idr_jw_close(&w, '}');
	finish(r, status, "application/problem+json", &b);
}

/* implements: VCI 8.3.1.2b */
static void reply_oauth(struct http_request *r, const char *error, struct idr_bytes description,
    unsigned status)
{
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 512, BODY_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "error", error);
	if (description.n)
		idr_jw_put_str(&w, "error_description", description);
	idr_jw_close(&w, '}');
	finish(r, status, "application/json", &b);
}

/* RFC 9449 section 7.1, RFC 6750 section 3: no error code when no token was sent at all. */
static void challenge(struct http_request *r, const struct idr_err *err, struct idr_bytes description)
{
	struct idr_err ignored;
	char *v;

	if (err->code == IDR_NO_TOKEN)
		v = idr_arena_printf(r->arena, &ignored, "DPoP algs=\"ES256\"");
	else
		v = idr_arena_printf(r->arena, &ignored, "DPoP error=\"%s\", error_description=\"%.*s\", "
		    "algs=\"ES256\"", map(err->code).oauth, (int)description.n, (const char *)description.p);
	http_reply_header(r, "WWW-Authenticate", v ? v : "DPoP");
}

/* implements: VCI 8.3.1.2a */
static void reply_resource(struct http_request *r, const struct idr_err *err, unsigned status)
{
	char text[DESCRIPTION_MAX + 1];
	struct idr_bytes description = describe(err, status, text);
	const char *error = map(err->code).resource;

	/* OpenID4VCI 1.0 section 11.3: two codes are registered there */
	if (error && r->route->dialect == HTTP_NOTIFICATION)
		error = err->code == IDR_INVALID_NOTIFICATION_ID ? "invalid_notification_id"
		                                                : "invalid_notification_request";
	if (status == 401 || status == 403)
		challenge(r, err, description);
	if (error)
		reply_oauth(r, error, description, status);
	else
		http_reply_empty(r, status);
}

/* For a person. Without a room that makes pages: the bare code. */
static void reply_page(struct http_request *r, const char *error, unsigned status)
{
	if (r->refuser && r->refuser->page)
		r->refuser->page(r->refuser->ctx, r, status, error);
	else
		http_reply(r, status, "text/plain", idr_str(error));
}

/* presenting brief 2.4: a request object that is gone is 404; a response to it is just refused. */
static unsigned wallet_status(const struct http_request *r, const struct idr_err *err)
{
	if (err->code == IDR_TRANSACTION_CLOSED && r->route &&
	    idr_bytes_starts(idr_str(r->route->path), "/request/"))
		return 404;
	return problem_status(err->code, HTTP_WALLET);
}

/* RFC 9110 section 10.2.3 */
static void say_when(struct http_request *r, const struct idr_err *err)
{
	int64_t s = r->retry_after_s, now = clock_now();
	struct idr_err ignored;
	char *text;

	if (err->code == IDR_QUOTA) /* quotas are those of a day, UTC */
		s = DAY_S - now % DAY_S;
	text = idr_arena_printf(r->arena, &ignored, "%lld", (long long)(s > 0 ? s : 1));
	http_reply_header(r, "Retry-After", text ? text : "1");
}

void problem_reply(struct http_request *r, const struct idr_err *err)
{
	enum http_dialect dialect = r->route ? r->route->dialect : HTTP_PROBLEM;
	unsigned status = dialect == HTTP_WALLET ? wallet_status(r, err)
	                                         : problem_status(err->code, dialect);
	char text[DESCRIPTION_MAX + 1];
	const char *oauth = map(err->code).oauth;

	r->err = *err;
	r->cacheable = false;
	if (status == 503 || status == 429)
		say_when(r, err);
	switch (dialect) {
	case HTTP_PROBLEM:
		if (status == 401)
			http_reply_header(r, "WWW-Authenticate", "Bearer realm=\"idrail\"");
		reply_problem(r, err, status);
		return;
	case HTTP_OAUTH:
		reply_oauth(r, oauth ? oauth : "server_error", describe(err, status, text), status);
		return;
	case HTTP_RESOURCE:
	case HTTP_NOTIFICATION:
		reply_resource(r, err, status);
		return;
	case HTTP_PAGE:
		reply_page(r, oauth ? oauth : "server_error", status);
		return;
	case HTTP_WALLET:
		if (status >= 500 || status == 429)
			http_reply_empty(r, status);
		else
			reply_oauth(r, REQ, IDR_LIT("presentation rejected"), status);
		return;
	}
}
