#include "trust/issuer.h"

#include "base/text.h"

#define VC "draft-ietf-oauth-sd-jwt-vc "

static bool malformed(struct idr_err *err, const char *ref, const char *what)
{
	return idr_fail(err, IDR_MALFORMED, ref, "%s", what);
}

/* Where the host begins; 0 when this is no URL with a scheme and a host. */
static size_t host_of(struct idr_bytes url)
{
	size_t colon = idr_bytes_index(url, 0, ':');

	if (colon == SIZE_MAX || colon == 0 || !idr_bytes_starts(idr_bytes_from(url, colon), "://"))
		return 0;
	if (url.n == colon + 3 || url.p[colon + 3] == '/')
		return 0;
	return colon + 3;
}

/* Printable, no space, no query, no fragment. */
static bool is_plain(struct idr_bytes url)
{
	return idr_is_ascii_token(url) && idr_bytes_index(url, 0, ' ') == SIZE_MAX &&
	    idr_bytes_index(url, 0, '?') == SIZE_MAX && idr_bytes_index(url, 0, '#') == SIZE_MAX;
}

/* implements: SDJWTVC 3.1a */
bool idr_well_known_url(struct idr_arena *a, struct idr_bytes issuer, const char *name,
    struct idr_bytes *out, struct idr_err *err)
{
	size_t host = is_plain(issuer) ? host_of(issuer) : 0, slash;
	struct idr_bytes path;
	char *text;

	if (!host)
		return malformed(err, "RFC 8414 section 2", "the issuer is not a URL without query and fragment");
	slash = idr_bytes_index(issuer, host, '/');
	path = idr_bytes_from(issuer, slash);
	if (path.n && path.p[path.n - 1] == '/')
		path.n--;
	text = idr_arena_printf(a, err, "%.*s/.well-known/%s%.*s", (int)(slash < issuer.n ? slash : issuer.n),
	    (const char *)issuer.p, name, (int)path.n, (const char *)path.p);
	*out = idr_str(text);
	return text != NULL;
}

/* https, a host and nothing before it: a name and password in a URL mislead whoever reads it. */
static bool is_https(struct idr_bytes url)
{
	size_t slash = idr_bytes_index(url, 8, '/');

	return idr_bytes_starts(url, "https://") && host_of(url) &&
	    idr_bytes_index(idr_bytes_first(url, slash), 0, '@') == SIZE_MAX;
}

/* implements: SDJWTVC 3b */
bool idr_issuer_metadata_url(struct idr_arena *a, struct idr_bytes iss, struct idr_bytes *out,
    struct idr_err *err)
{
	if (!is_plain(iss) || !is_https(iss))
		return malformed(err, VC "section 3", "iss is not an https URL without query and fragment");
	return idr_well_known_url(a, iss, "jwt-vc-issuer", out, err);
}

/* false for a key that is passed over: of another kind or use, private, or with a kid we cannot compare. */
static bool usable(struct idr_suite *s, struct idr_arena *a, const struct idr_json *jwk,
    struct idr_pinned *pin)
{
	const struct idr_json *kid = idr_json_find(jwk, "kid");
	struct idr_err unused;

	if (kid && kid->type != IDR_JSON_STRING)
		return false;
	pin->kid = kid ? kid->text : idr_bytes(NULL, 0);
	return idr_key_from_jwk(s, a, jwk, IDR_USE_VERIFY, &pin->key, &unused);
}

static bool pin_keys(struct idr_suite *s, struct idr_arena *a, const struct idr_json *jwks,
    const struct idr_pinned *who, struct idr_trust *t, struct idr_err *err)
{
	const struct idr_json *keys = idr_json_find(jwks, "keys");
	struct idr_pinned pin = *who;
	size_t n = 0;

	if (!idr_json_is(keys, IDR_JSON_ARRAY))
		return malformed(err, "RFC 7517 section 5.1", "a JWK Set has an array of keys");
	if (keys->n > IDR_ISSUER_KEYS_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "the JWK Set has more than %d keys", IDR_ISSUER_KEYS_MAX);
	for (const struct idr_json *k = idr_json_first(keys); k; k = idr_json_next(keys, k)) {
		if (!usable(s, a, k, &pin))
			continue;
		if (!idr_trust_add_pinned(t, &pin, err))
			return false;
		n++;
	}
	return n || idr_fail(err, IDR_KEY, "RFC 7517 section 5", "the issuer names no key that is used here");
}

static bool parse(struct idr_arena *a, struct idr_bytes in, const struct idr_json **out,
    struct idr_err *err)
{
	if (!idr_json_parse(a, in, IDR_ISSUER_METADATA_MAX, out, err)) {
		if (idr_code_kind(err->code) == IDR_KIND_UNAVAILABLE || err->code == IDR_LIMIT)
			return false;
		return malformed(err, "RFC 8259", "the issuer's metadata is not one JSON value");
	}
	return (*out)->type == IDR_JSON_OBJECT ||
	    malformed(err, VC "section 3", "the issuer's metadata is not a JSON object");
}

/* implements: SDJWTVC 3.2a, SDJWTVC 3.3a */
bool idr_issuer_metadata_read(struct idr_suite *s, struct idr_arena *a, struct idr_bytes json,
    const struct idr_pinned *who, struct idr_trust *t, struct idr_bytes *jwks_uri,
    struct idr_err *err)
{
	const struct idr_json *doc, *issuer, *jwks, *uri;
	struct idr_bytes unused;

	*jwks_uri = idr_bytes(NULL, 0);
	if (!idr_issuer_metadata_url(a, who->iss, &unused, err) || !parse(a, json, &doc, err))
		return false;
	issuer = idr_json_find(doc, "issuer");
	if (!idr_json_is(issuer, IDR_JSON_STRING))
		return malformed(err, VC "section 3.2", "the metadata names no issuer");
	if (!idr_bytes_equal(issuer->text, who->iss))
		return idr_fail(err, IDR_TRUST, VC "section 3.3", "the metadata is that of another issuer");
	jwks = idr_json_find(doc, "jwks");
	uri = idr_json_find(doc, "jwks_uri");
	if (!jwks == !uri)
		return malformed(err, VC "section 3.2", "the metadata must have exactly one of jwks and jwks_uri");
	if (jwks)
		return pin_keys(s, a, jwks, who, t, err);
	if (uri->type != IDR_JSON_STRING || !idr_is_ascii_token(uri->text) || !is_https(uri->text))
		return malformed(err, VC "section 3.2", "jwks_uri is not an https URL");
	*jwks_uri = uri->text;
	return true;
}

bool idr_issuer_jwks_read(struct idr_suite *s, struct idr_arena *a, struct idr_bytes json,
    const struct idr_pinned *who, struct idr_trust *t, struct idr_err *err)
{
	const struct idr_json *doc;
	struct idr_bytes unused;

	return idr_issuer_metadata_url(a, who->iss, &unused, err) && parse(a, json, &doc, err) &&
	    pin_keys(s, a, doc, who, t, err);
}
