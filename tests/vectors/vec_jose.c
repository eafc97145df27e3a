/* JOSE: the RFC examples, thumbprints, ECDH-ES. What this rail has no algorithm for must be refused. */
#include "jose/jwe.h"
#include "jose/jws.h"
#include "vectors/vectors.h"

static bool jwe_opens(struct vec *v, struct idr_bytes compact, const struct idr_private *key,
    struct idr_bytes *plain)
{
	struct idr_jwe jwe;
	struct idr_err err;

	return idr_jwe_parse(v->s, v->a, compact, compact.n, &jwe, &err) &&
	    idr_jwe_open(v->s, v->a, &jwe, key, plain, &err);
}

/* The way from the ephemeral key to the content key, step by step. */
static bool cek_is_as_stated(struct vec *v, json_t *c, const struct idr_private *key)
{
	json_t *h = json_object_get(c, "header");
	const char *enc = vec_cstr(h, "enc");
	struct idr_bytes want = vec_hex(v, c, "cek_hex");
	struct idr_key epk;
	struct idr_secret z;
	struct idr_err err;
	uint8_t cek[32];

	if (want.n > sizeof(cek) || !vec_public(v, json_object_get(h, "epk"), &epk) ||
	    !idr_private_agree(v->s, key, &epk, &z, &err) ||
	    !idr_bytes_equal(idr_secret_bytes(&z), vec_hex(v, c, "Z_hex")))
		return false;
	idr_concat_kdf(v->s, idr_secret_bytes(&z), enc, vec_b64url(v, vec_text(h, "apu")),
	    vec_b64url(v, vec_text(h, "apv")), want.n, cek);
	return idr_bytes_equal(idr_bytes(cek, want.n), want);
}

static void ecdh_es_derived(struct vec *v)
{
	json_t *file = vec_load(v, "ecdh_es_jwe_derived.json"), *c, *r;
	size_t i, k;

	json_array_foreach(json_object_get(file, "cases"), i, c) {
		struct idr_private *key;
		struct idr_bytes plain;

		vec_start(v, "case %zu", i);
		key = vec_private(v, json_object_get(c, "recipient_jwk"));
		vec_end(v, key && jwe_opens(v, vec_text(c, "jwe"), key, &plain) &&
		    idr_bytes_equal(plain, vec_text(c, "plaintext")), "not opened");
		vec_start(v, "case %zu, content key", i);
		vec_end(v, key && cek_is_as_stated(v, c, key), "another key");
		json_array_foreach(json_object_get(c, "reject"), k, r) {
			vec_start(v, "case %zu, %s", i, vec_cstr(r, "name"));
			vec_end(v, key && !jwe_opens(v, vec_text(r, "jwe"), key, &plain), "opened");
		}
		idr_private_free(&key);
	}
	json_decref(file);
}

static void rfc7518_c(struct vec *v)
{
	json_t *file = vec_load(v, "ecdh_es_rfc7518_c.json");
	static const char *const sides[2][2] = { { "ephemeral", "recipient" }, { "recipient", "ephemeral" } };

	for (size_t i = 0; file && i < 2; i++) {
		struct idr_private *key;
		struct idr_key peer;
		struct idr_secret z = { .n = 0 };
		struct idr_bytes want, info;
		struct idr_err err;
		uint8_t out[32] = { 0 };

		vec_start(v, "as %s", sides[i][0]);
		key = vec_private(v, json_object_get(file, sides[i][0]));
		want = vec_b64url(v, vec_text(file, "derived_key_b64url"));
		if (!key || want.n > sizeof(out) || !vec_public(v, json_object_get(file, sides[i][1]), &peer) ||
		    !idr_private_agree(v->s, key, &peer, &z, &err)) {
			vec_end(v, false, "no agreement");
		} else {
			info = vec_b64url(v, vec_text(file, "apu"));
			idr_concat_kdf(v->s, idr_secret_bytes(&z), vec_cstr(file, "enc"), info,
			    vec_b64url(v, vec_text(file, "apv")), want.n, out);
			vec_end(v, idr_bytes_equal(idr_secret_bytes(&z), vec_hex(v, file, "Z_hex")) &&
			    idr_bytes_equal(idr_bytes(out, want.n), want), "another key");
		}
		idr_private_free(&key);
	}
	json_decref(file);
}

/* Refused, and for something that has a name; else it should have been read. */
static void never(struct vec *v, bool refused, struct idr_bytes token, json_t *key, const char *otherwise)
{
	const char *why = vec_why(v, token, key);

	if (why || otherwise)
		vec_never(v, refused, why ? why : otherwise);
	else
		vec_end(v, false, "not read, and it is nothing that is never accepted");
}

static void thumbprints(struct vec *v)
{
	json_t *file = vec_load(v, "jwk_thumbprint.json"), *c;
	const char *uri = vec_cstr(file, "uri_form_rfc9278");
	size_t i, n = strlen(uri);
	bool seen = false;

	json_array_foreach(json_object_get(file, "vectors"), i, c) {
		json_t *jwk = json_object_get(c, "jwk");
		struct idr_key key;
		uint8_t digest[32], text[44];

		vec_start(v, "%s", vec_cstr(c, "source"));
		if (!vec_key(v, jwk, IDR_USE_VERIFY, &key) && !vec_public(v, jwk, &key)) {
			never(v, true, vec_text(jwk, ""), jwk, NULL);
			continue;
		}
		idr_key_thumbprint(v->s, &key, digest);
		idr_b64url_encode(idr_bytes(digest, 32), text);
		vec_end(v, idr_bytes_equal(idr_bytes(text, 43), vec_text(c, "sha256_b64url")), "another digest");
		seen |= n > 43 && memcmp(uri + n - 43, text, 43) == 0;
	}
	if (n) {
		vec_start(v, "uri form");
		vec_end(v, seen && strncmp(uri, "urn:ietf:params:oauth:jwk-thumbprint:sha-256:", 45) == 0 && n == 88,
		    "no key here has this thumbprint");
	}
	json_decref(file);
}

static void jws_rfc(struct vec *v)
{
	json_t *file = vec_load(v, "jws_rfc.json"), *c;
	size_t i;

	json_array_foreach(json_object_get(file, "vectors"), i, c) {
		struct idr_key key;

		vec_start(v, "%s", vec_cstr(c, "source"));
		if (vec_public(v, json_object_get(c, "jwk"), &key))
			vec_end(v, !vec_jws_refused(v, vec_text(c, "jws"), &key), "refused");
		else
			never(v, vec_jws_refused(v, vec_text(c, "jws"), NULL), vec_text(c, "jws"),
			    json_object_get(c, "jwk"), NULL);
	}
	json_decref(file);
}

/* ---- RFC 7520 and RFC 8037 ---- */

static bool is_ours(json_t *key)
{
	return vec_is(key, "crv", "P-256") || vec_is(key, "crv", "P-384") || vec_is(key, "crv", "Ed25519");
}

static void cookbook_key(struct vec *v, json_t *c)
{
	struct idr_private *private_key = NULL;
	struct idr_key key;
	bool as_public = vec_key(v, c, IDR_USE_VERIFY, &key);

	if (json_object_get(c, "d") || json_object_get(c, "k"))
		private_key = vec_private(v, c);
	if (!is_ours(c))
		never(v, !as_public && !private_key, vec_text(c, ""), c, NULL);
	else if (json_object_get(c, "d"))
		vec_end(v, !as_public && private_key, "a private key is taken for a public one, or not read");
	else
		vec_end(v, as_public, "refused");
	idr_private_free(&private_key);
}

static void cookbook_jws(struct vec *v, json_t *c, json_t *key_json)
{
	struct idr_bytes compact = vec_text(json_object_get(c, "output"), "compact");
	struct idr_key key;
	bool has_key = json_is_object(key_json) && vec_public(v, key_json, &key), detached;
	json_t *json = json_object_get(json_object_get(c, "output"), "json");

	if (!compact.n) {
		vec_never(v, vec_jws_refused(v, vec_dump(v, json), has_key ? &key : NULL), "JSON serialization");
		return;
	}
	detached = memmem(compact.p, compact.n, "..", 2) != NULL;
	if (detached || !has_key)
		never(v, vec_jws_refused(v, compact, has_key ? &key : NULL), compact, key_json,
		    detached ? "a detached payload" : NULL);
	else
		vec_end(v, !vec_jws_refused(v, compact, &key), "refused");
}

static void cookbook_jwe(struct vec *v, json_t *c, json_t *key_json)
{
	json_t *in = json_object_get(c, "input");
	struct idr_bytes compact = vec_text(json_object_get(c, "output"), "compact"), plain;
	bool ours = vec_is(in, "alg", "ECDH-ES") && vec_is(key_json, "crv", "P-256") &&
	    (vec_is(in, "enc", "A128GCM") || vec_is(in, "enc", "A256GCM"));
	struct idr_private *key = json_is_object(key_json) ? vec_private(v, key_json) : NULL;
	struct idr_jwe jwe;
	struct idr_err err;

	if (!compact.n) {
		struct idr_bytes text = vec_dump(v, json_object_get(json_object_get(c, "output"), "json"));

		vec_never(v, !idr_jwe_parse(v->s, v->a, text, text.n, &jwe, &err), "JSON serialization");
	} else if (ours) {
		vec_end(v, key && jwe_opens(v, compact, key, &plain) &&
		    idr_bytes_equal(plain, vec_text(in, "plaintext")), "not opened");
	} else {
		never(v, !idr_jwe_parse(v->s, v->a, compact, compact.n, &jwe, &err) ||
		    !key || !idr_jwe_open(v->s, v->a, &jwe, key, &plain, &err), compact, key_json, NULL);
	}
	idr_private_free(&key);
}

static void cookbook(struct vec *v)
{
	json_t *file = vec_load(v, "rfc7520_cookbook.json"), *c;
	size_t i;

	json_array_foreach(json_object_get(file, "examples"), i, c) {
		json_t *in = json_object_get(c, "input");

		vec_start(v, "%s", vec_cstr(c, "file"));
		if (json_object_get(c, "kty"))
			cookbook_key(v, c);
		else if (json_object_get(in, "enc") || json_object_get(c, "encrypting_content"))
			cookbook_jwe(v, c, json_object_get(in, "key"));
		else if (json_object_get(c, "output"))
			cookbook_jws(v, c, json_object_get(in, "key"));
		else
			vec_skip(v, "an exchange of several steps: neither key, JWS nor JWE");
	}
	json_decref(file);
}

void vec_jose(struct vec *v)
{
	ecdh_es_derived(v);
	rfc7518_c(v);
	thumbprints(v);
	jws_rfc(v);
	cookbook(v);
}
