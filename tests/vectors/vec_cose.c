/* cose-wg/Examples: COSE_Sign1 is verified; every other COSE structure must not even be read as one. */
#include "cose/sign1.h"
#include "vectors/vectors.h"

/* x_hex in the examples, x in base64url in a few; alg names as in JOSE. */
static struct idr_bytes coordinate(struct vec *v, json_t *key, const char *hex, const char *plain)
{
	struct idr_bytes b = vec_hex(v, key, hex);

	return b.p ? b : vec_b64url(v, vec_text(key, plain));
}

static bool key_of(struct vec *v, json_t *key, struct idr_key *out)
{
	struct idr_bytes x = coordinate(v, key, "x_hex", "x"), y = coordinate(v, key, "y_hex", "y"), point;
	struct idr_buf b;
	struct idr_err err;
	enum idr_curve curve = vec_is(key, "crv", "P-256") ? IDR_P256 : vec_is(key, "crv", "P-384") ? IDR_P384 :
	    vec_is(key, "crv", "Ed25519") ? IDR_ED25519 : IDR_CURVE_NONE;

	if (curve == IDR_CURVE_NONE || !x.n)
		return false;
	idr_buf_init(&b, v->a, 128, 256);
	if (curve != IDR_ED25519)
		idr_buf_put_byte(&b, 4);
	idr_buf_put(&b, x);
	if (curve != IDR_ED25519)
		idr_buf_put(&b, y);
	return idr_buf_done(&b, &point, &err) && idr_key_from_point(v->s, curve, point, out, &err);
}

/* Does this rail accept the combination at all? ES256 with P-256, ES384 with P-384, EdDSA. */
static bool is_ours(const struct idr_key *key, enum idr_alg alg)
{
	return alg != IDR_ALG_NONE && idr_alg_row(alg)->curve == key->curve;
}

/* We never use external data, but what is signed is the same: put it where section 4.4 says. */
static bool verify_external(struct vec *v, const struct idr_sign1 *m, struct idr_bytes external,
    const struct idr_key *key)
{
	struct idr_bytes tbs;
	struct idr_buf b;
	struct idr_err err;

	idr_buf_init(&b, v->a, 1024, 1 << 20);
	idr_cw_array(&b, 4);
	idr_cw_cstr(&b, "Signature1");
	idr_cw_bytes(&b, m->protected_bytes);
	idr_cw_bytes(&b, external);
	idr_cw_bytes(&b, m->payload);
	return idr_buf_done(&b, &tbs, &err) && m->alg != IDR_ALG_NONE &&
	    idr_suite_verify(v->s, key, m->alg, tbs, m->signature);
}

static void sign1_case(struct vec *v, json_t *c, json_t *sign0, struct idr_cbor item)
{
	bool must_fail = strstr(vec_cstr(c, "file"), "fail") != NULL;
	struct idr_bytes external = vec_hex(v, sign0, "external");
	struct idr_bytes want = vec_hex(v, json_object_get(c, "intermediates"), "ToBeSign_hex"), tbs;
	struct idr_key key;
	bool has_key = key_of(v, json_object_get(sign0, "key"), &key), parsed, good;
	struct idr_sign1 m;
	struct idr_err err = { .msg = "" };

	parsed = idr_sign1_parse(v->a, item, IDR_SIGN1_EITHER, true, &m, &err);
	good = parsed && (external.n ? verify_external(v, &m, external, has_key ? &key : vec_any_key(v)) :
	    idr_sign1_verify(v->s, v->a, &m, has_key ? &key : vec_any_key(v), IDR_ALGS_ALL, &err));
	if (must_fail) {
		vec_end(v, !good, "accepted");
		return;
	}
	if (!has_key || (parsed && m.alg != IDR_ALG_NONE && !is_ours(&key, m.alg))) {
		vec_never(v, !good, vec_is(json_object_get(sign0, "key"), "crv", "P-521") ? "ES512" :
		    "an algorithm that does not fit the key");
		return;
	}
	if (!vec_cstr(json_object_get(sign0, "protected"), "alg")[0]) {
		vec_never(v, !good, "an algorithm outside the protected header");
		return;
	}
	if (parsed && m.alg == IDR_ALG_NONE) {
		vec_never(v, !good, "an algorithm of no use here");
		return;
	}
	if (good && !external.n && want.p && (!idr_sign1_build(v->a, m.protected_bytes, m.payload, &tbs, &err) ||
	    !idr_bytes_equal(tbs, want))) {
		vec_end(v, false, "other bytes are signed");
		return;
	}
	vec_end(v, good, "refused: %s", err.msg);
}

static void other_case(struct vec *v, json_t *c, struct idr_cbor item)
{
	json_t *in = json_object_get(c, "input");
	struct idr_sign1 m;
	struct idr_err err;
	bool refused = !idr_sign1_parse(v->a, item, IDR_SIGN1_EITHER, true, &m, &err);

	if (json_object_get(in, "mac") || json_object_get(in, "mac0"))
		vec_never(v, refused, "HMAC");
	else if (strstr(vec_cstr(c, "file"), "fail"))
		vec_end(v, refused, "read as COSE_Sign1");
	else if (json_object_get(in, "sign"))
		vec_never(v, refused, "COSE_Sign, which is to COSE what JSON serialization is to JOSE");
	else
		vec_never(v, refused, "COSE_Encrypt, as in encrypted Claim 169");
}

void vec_cose(struct vec *v)
{
	json_t *file = vec_load(v, "cose_examples.json"), *c;
	size_t i;

	json_array_foreach(json_object_get(file, "examples"), i, c) {
		json_t *sign0 = json_object_get(json_object_get(c, "input"), "sign0");
		struct idr_cbor item;
		struct idr_bytes cbor;
		struct idr_err err;

		vec_start(v, "%s", vec_cstr(c, "file"));
		cbor = vec_hex(v, json_object_get(c, "output"), "cbor");
		if (!idr_cbor_check(v->a, cbor, IDR_CBOR_ANY, &item, &err))
			vec_end(v, strstr(vec_cstr(c, "file"), "fail") != NULL, "not read as CBOR: %s", err.msg);
		else if (sign0)
			sign1_case(v, c, sign0, item);
		else
			other_case(v, c, item);
	}
	json_decref(file);
	file = vec_load(v, "x509_ca.json");
	if (file) {
		const char *key;
		json_t *x;

		json_object_foreach(file, key, x) {
			struct idr_cert cert;
			struct idr_err err = { .msg = "" };

			if (strlen(key) < 8 || strcmp(key + strlen(key) - 8, "_der_hex") != 0)
				continue;
			vec_start(v, "%s", key);
			vec_end(v, idr_cert_parse(v->s, v->a, vec_hex(v, file, key), &cert, &err) &&
			    cert.key.curve == IDR_P256, "certificate not read: %s", err.msg);
		}
	}
	json_decref(file);
}
