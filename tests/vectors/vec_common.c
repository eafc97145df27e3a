#include <stdlib.h>

#include "jose/jws.h"
#include "vectors/vectors.h"

struct idr_bytes vec_text(json_t *obj, const char *name)
{
	json_t *j = json_object_get(obj, name);

	return json_is_string(j) ? idr_bytes(json_string_value(j), json_string_length(j)) : idr_bytes(NULL, 0);
}

const char *vec_cstr(json_t *obj, const char *name)
{
	const char *s = json_string_value(json_object_get(obj, name));

	return s ? s : "";
}

bool vec_is(json_t *obj, const char *name, const char *value)
{
	return strcmp(vec_cstr(obj, name), value) == 0;
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Either case: the sets are not as strict as our own decoder. */
struct idr_bytes vec_unhex(struct vec *v, const char *hex)
{
	size_t n = strlen(hex) / 2;
	struct idr_err err;
	uint8_t *p = idr_arena_alloc(v->a, n + 1, &err);

	if (!p || strlen(hex) % 2)
		return idr_bytes(NULL, 0);
	for (size_t i = 0; i < n; i++) {
		int hi = nibble(hex[2 * i]), lo = nibble(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return idr_bytes(NULL, 0);
		p[i] = (uint8_t)(hi << 4 | lo);
	}
	return idr_bytes(p, n);
}

struct idr_bytes vec_hex(struct vec *v, json_t *obj, const char *name)
{
	const char *s = json_string_value(json_object_get(obj, name));

	return s ? vec_unhex(v, s) : idr_bytes(NULL, 0);
}

struct idr_bytes vec_b64(struct vec *v, json_t *obj, const char *name)
{
	struct idr_bytes out;
	struct idr_err err;

	if (!idr_b64_decode(v->a, vec_text(obj, name), &out, &err))
		return idr_bytes(NULL, 0);
	return out;
}

struct idr_bytes vec_b64url(struct vec *v, struct idr_bytes text)
{
	struct idr_bytes out;
	struct idr_err err;

	if (!idr_b64url_decode(v->a, text, &out, &err))
		return idr_bytes(NULL, 0);
	return out;
}

/* 15 digits give a decimal number back as it was written; 17 would show the double behind it. */
struct idr_bytes vec_dump(struct vec *v, json_t *value)
{
	char *s = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	struct idr_bytes out = idr_bytes(NULL, 0);
	struct idr_err err;

	if (s && !idr_arena_copy(v->a, idr_str(s), &out, &err))
		out = idr_bytes(NULL, 0);
	free(s);
	return out;
}

const struct idr_json *vec_json(struct vec *v, json_t *value)
{
	const struct idr_json *out;
	struct idr_bytes text = vec_dump(v, value);
	struct idr_err err;

	return text.p && idr_json_parse(v->a, text, text.n, &out, &err) ? out : NULL;
}

bool vec_same(struct vec *v, const struct idr_json *got, json_t *want)
{
	const struct idr_json *w = vec_json(v, want);

	return got && w && idr_json_equal(got, w);
}

bool vec_key(struct vec *v, json_t *jwk, enum idr_key_use use, struct idr_key *out)
{
	const struct idr_json *j = vec_json(v, jwk);
	struct idr_err err;

	return j && idr_key_from_jwk(v->s, v->a, j, use, out, &err);
}

bool vec_public(struct vec *v, json_t *jwk, struct idr_key *out)
{
	static const char *const keep[] = { "kty", "crv", "x", "y" };
	json_t *public_half = json_object();
	bool ok;

	for (size_t i = 0; i < 4; i++)
		if (json_object_get(jwk, keep[i]))
			json_object_set(public_half, keep[i], json_object_get(jwk, keep[i]));
	ok = vec_key(v, public_half, IDR_USE_VERIFY, out);
	json_decref(public_half);
	return ok;
}

struct idr_private *vec_private(struct vec *v, json_t *jwk)
{
	const struct idr_json *j = vec_json(v, jwk);
	struct idr_private *k = NULL;
	struct idr_err err;

	return j && idr_private_from_jwk(v->s, v->a, j, &k, &err) ? k : NULL;
}

const struct idr_key *vec_any_key(struct vec *v)
{
	static struct idr_key key;
	struct idr_private *k;
	struct idr_err err;

	if (key.curve == IDR_CURVE_NONE && idr_private_generate(v->s, IDR_P256, &k, &err)) {
		key = *idr_private_public(k);
		idr_private_free(&k);
	}
	return &key;
}

struct idr_trust *vec_pin(struct vec *v, const struct idr_key *key)
{
	static struct idr_bytes any = { (const uint8_t *)"*", 1 };
	struct idr_pinned p = { .key = *key, .purposes = IDR_PURPOSE_ISSUER | IDR_PURPOSE_STATUS,
		.types = &any, .n_types = 1 };
	struct idr_trust *t;
	struct idr_err err;

	return idr_trust_new(v->a, &t, &err) && idr_trust_add_pinned(t, &p, &err) ? t : NULL;
}

enum idr_code vec_conclude(struct vec *v, struct idr_findings *f, struct idr_check *checks, size_t n)
{
	bool passed[8] = { false };
	struct idr_err why;

	idr_suite_perform(v->s, checks, n);
	for (size_t i = 0; i < n && i < 8; i++)
		passed[i] = checks[i].passed;
	return idr_findings_conclude(f, passed, n, &why);
}

bool vec_jws_refused(struct vec *v, struct idr_bytes text, const struct idr_key *key)
{
	struct idr_jws jws;
	struct idr_err err;

	return !idr_jws_parse(v->a, text, text.n, false, &jws, &err) ||
	    !idr_jws_verify(v->s, &jws, key ? key : vec_any_key(v), IDR_ALGS_ALL, &err);
}

static const char *why_algorithm(const char *alg, const char *enc)
{
	size_t n = strlen(alg);

	if (strncmp(alg, "RS", 2) == 0 || strncmp(alg, "PS", 2) == 0)
		return "RSA";
	if (strncmp(alg, "PBES2", 5) == 0)
		return "PBES2";
	if (n > 2 && strcmp(alg + n - 2, "KW") == 0)
		return "key wrap";
	if (strcmp(alg, "dir") == 0)
		return "a symmetric key (dir)";
	if (strncmp(alg, "HS", 2) == 0 || strstr(enc, "CBC-HS"))
		return "HMAC";
	return strcmp(alg, "ES512") == 0 ? "ES512" : NULL;
}

static const char *why_key(json_t *key)
{
	const char *why = why_algorithm(vec_cstr(key, "alg"), "");

	if (why)
		return why;
	if (vec_is(key, "kty", "RSA"))
		return "RSA";
	if (vec_is(key, "kty", "oct"))
		return "HMAC";
	if (vec_is(key, "crv", "P-521"))
		return "ES512";
	return vec_is(key, "crv", "Ed448") ? "Ed448" : vec_is(key, "crv", "X25519") ? "X25519" : NULL;
}

const char *vec_why(struct vec *v, struct idr_bytes token, json_t *key)
{
	struct idr_bytes text;
	json_t *header;
	const char *why = NULL;

	if (token.n && token.p[0] == '{')
		return "JSON serialization";
	text = vec_b64url(v, idr_bytes_first(token, idr_bytes_index(token, 0, '.')));
	header = text.n ? json_loadb((const char *)text.p, text.n, 0, NULL) : NULL;
	if (header)
		why = why_algorithm(vec_cstr(header, "alg"), vec_cstr(header, "enc"));
	json_decref(header);
	return why ? why : why_key(key);
}
