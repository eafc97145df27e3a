#include "suite/key.h"

#include "base/text.h"

bool idr_key_equal(const struct idr_key *a, const struct idr_key *b)
{
	size_t n = idr_key_len(a);

	return a->curve == b->curve && !memcmp(a->x, b->x, n) &&
	    (a->curve == IDR_ED25519 || !memcmp(a->y, b->y, n));
}

static const struct {
	const char *kty, *crv;
	int64_t cose_kty, cose_crv;
} curves[] = {
	[IDR_CURVE_NONE] = { "", "", 0, 0 },
	[IDR_P256] = { "EC", "P-256", 2, 1 },
	[IDR_P384] = { "EC", "P-384", 2, 2 },
	[IDR_ED25519] = { "OKP", "Ed25519", 1, 6 },
};

/* Fill and check; `x` and `y` were measured by the caller. */
static bool key_finish(struct idr_suite *s, enum idr_curve curve, struct idr_bytes x,
    struct idr_bytes y, struct idr_key *out, struct idr_err *err)
{
	struct idr_key k = { .curve = curve };
	size_t n = idr_key_len(&k);

	if (x.n != n || y.n != (curve == IDR_ED25519 ? 0 : n))
		return idr_fail(err, IDR_KEY, "RFC 7518 section 6.2.1.2",
		    "a coordinate is not exactly as long as its curve demands");
	memcpy(k.x, x.p, n);
	if (y.n)
		memcpy(k.y, y.p, n);
	if (!idr_suite_key_is_valid(s, &k))
		return idr_fail(err, IDR_KEY, "SP 800-56A section 5.6.2.3.3", "the key is not a point of its curve");
	*out = k;
	return true;
}

bool idr_key_from_point(struct idr_suite *s, enum idr_curve curve, struct idr_bytes point,
    struct idr_key *out, struct idr_err *err)
{
	size_t n = curve == IDR_P384 ? 48 : 32;

	if (curve == IDR_ED25519)
		return key_finish(s, curve, point, idr_bytes(NULL, 0), out, err);
	if (curve != IDR_P256 && curve != IDR_P384)
		return idr_fail(err, IDR_KEY, NULL, "the curve is not one of ours");
	if (point.n != 1 + 2 * n || point.p[0] != 4)
		return idr_fail(err, IDR_KEY, "SEC 1 section 2.3.4", "the point is not in uncompressed form");
	return key_finish(s, curve, idr_bytes(point.p + 1, n), idr_bytes(point.p + 1 + n, n), out, err);
}

static bool jwk_curve(const struct idr_json *jwk, enum idr_curve *out, struct idr_err *err)
{
	const struct idr_json *kty = idr_json_find(jwk, "kty"), *crv = idr_json_find(jwk, "crv");

	for (int c = IDR_P256; c <= IDR_ED25519; c++) {
		if (!idr_json_is_str(kty, curves[c].kty) || !idr_json_is_str(crv, curves[c].crv))
			continue;
		*out = (enum idr_curve)c;
		return true;
	}
	return idr_fail(err, IDR_KEY, "RFC 7518 section 6.2.1.1", "kty and crv name no curve of ours");
}

/* RFC 7518 section 6: what only a private or a symmetric key has; V7 */
static bool jwk_is_public(const struct idr_json *jwk, struct idr_err *err)
{
	static const char *const names[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (idr_json_find(jwk, names[i]))
			return idr_fail(err, IDR_KEY, "RFC 7518 section 6",
			    "the key carries the private or secret member %s", names[i]);
	return true;
}

static bool key_ops_allow(const struct idr_json *ops, enum idr_key_use use)
{
	bool found = false;

	if (!idr_json_is(ops, IDR_JSON_ARRAY))
		return false;
	for (const struct idr_json *v = idr_json_first(ops); v; v = idr_json_next(ops, v)) {
		if (v->type != IDR_JSON_STRING)
			return false;
		found = found || (use == IDR_USE_VERIFY ? idr_json_is_str(v, "verify") :
		    idr_json_is_str(v, "deriveKey") || idr_json_is_str(v, "deriveBits"));
	}
	return found;
}

static bool jwk_use_fits(const struct idr_json *jwk, enum idr_curve curve, enum idr_key_use use,
    struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(jwk, "use");

	if (use == IDR_USE_ENCRYPT && curve == IDR_ED25519)
		return idr_fail(err, IDR_KEY, "RFC 8037 section 3.2", "an Ed25519 key cannot agree on a secret");
	if (v && !idr_json_is_str(v, use == IDR_USE_VERIFY ? "sig" : "enc"))
		return idr_fail(err, IDR_KEY, "RFC 7517 section 4.2", "use is not for this purpose");
	v = idr_json_find(jwk, "key_ops");
	if (v && !key_ops_allow(v, use))
		return idr_fail(err, IDR_KEY, "RFC 7517 section 4.3", "key_ops is not for this purpose");
	v = idr_json_find(jwk, "alg");
	if (!v)
		return true;
	if (v->type == IDR_JSON_STRING && (use == IDR_USE_ENCRYPT ? idr_json_is_str(v, "ECDH-ES") :
	    idr_alg_from_jose(v->text) == idr_alg_of_curve(curve)))
		return true;
	return idr_fail(err, IDR_KEY, "RFC 7517 section 4.4", "alg does not fit the key and its purpose");
}

static bool jwk_coordinate(struct idr_arena *a, const struct idr_json *jwk, const char *name,
    struct idr_bytes *out, struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(jwk, name);

	if (!idr_json_is(v, IDR_JSON_STRING) || v->text.n > 64 || !idr_b64url_decode(a, v->text, out, err))
		return idr_fail(err, IDR_KEY, "RFC 7518 section 6.2.1.2", "%s is not a base64url coordinate", name);
	return true;
}

bool idr_key_from_jwk(struct idr_suite *s, struct idr_arena *a, const struct idr_json *jwk,
    enum idr_key_use use, struct idr_key *out, struct idr_err *err)
{
	struct idr_bytes x, y = { NULL, 0 };
	enum idr_curve curve = IDR_CURVE_NONE;

	if (!idr_json_is(jwk, IDR_JSON_OBJECT))
		return idr_fail(err, IDR_KEY, "RFC 7517 section 4", "the key is not a JSON object");
	if (!jwk_curve(jwk, &curve, err) || !jwk_is_public(jwk, err) ||
	    !jwk_use_fits(jwk, curve, use, err) || !jwk_coordinate(a, jwk, "x", &x, err))
		return false;
	if (curve != IDR_ED25519 && !jwk_coordinate(a, jwk, "y", &y, err))
		return false;
	return key_finish(s, curve, x, y, out, err);
}

/* RFC 9052 section 7.1: 1 kty, 3 alg, 4 key_ops, -4 d; -1 of a symmetric key is refused by its kty */
static bool cose_use_fits(struct idr_cbor map, enum idr_curve curve, struct idr_err *err)
{
	struct idr_cbor v;
	int64_t n;
	bool found = false;

	if (idr_cbor_find_int(map, -4, &v))
		return idr_fail(err, IDR_KEY, "RFC 9053 section 7.1.1", "the key carries its private part");
	if (idr_cbor_find_int(map, 3, &v) &&
	    (!idr_cbor_int(v, &n) || idr_alg_from_cose(n) != idr_alg_of_curve(curve)))
		return idr_fail(err, IDR_KEY, "RFC 9052 section 7.1", "alg does not fit the key");
	if (!idr_cbor_find_int(map, 4, &v))
		return true;
	if (!idr_cbor_is(v, IDR_CBOR_ARRAY))
		return idr_fail(err, IDR_KEY, "RFC 9052 section 7.1", "key_ops is not an array");
	for (struct idr_cbor c = idr_cbor_first(v); c.raw.n; c = idr_cbor_next(v, c))
		found = found || (idr_cbor_int(c, &n) && n == 2) || idr_cbor_is_text(c, "verify");
	return found || idr_fail(err, IDR_KEY, "RFC 9052 section 7.1", "key_ops does not let the key verify");
}

/* A coordinate of definite length; y may not be the sign bit of a compressed point. */
static bool cose_coordinate(struct idr_cbor map, int64_t label, struct idr_bytes *out,
    struct idr_err *err)
{
	struct idr_cbor v;

	if (!idr_cbor_find_int(map, label, &v) || !idr_cbor_is(v, IDR_CBOR_BYTES) || v.indefinite)
		return idr_fail(err, IDR_KEY, "RFC 9053 section 7.1.1", "coordinate %d is not a byte string", (int)label);
	*out = v.content;
	return true;
}

bool idr_key_from_cose(struct idr_suite *s, struct idr_cbor map, struct idr_key *out,
    struct idr_err *err)
{
	struct idr_cbor v;
	struct idr_bytes x, y = { NULL, 0 };
	enum idr_curve curve = IDR_CURVE_NONE;
	int64_t kty, crv;

	if (!idr_cbor_is(map, IDR_CBOR_MAP) || !idr_cbor_find_int(map, 1, &v) || !idr_cbor_int(v, &kty) ||
	    !idr_cbor_find_int(map, -1, &v) || !idr_cbor_int(v, &crv))
		return idr_fail(err, IDR_KEY, "RFC 9052 section 7", "the COSE key has no kty and crv");
	for (int c = IDR_P256; c <= IDR_ED25519; c++)
		if (kty == curves[c].cose_kty && crv == curves[c].cose_crv)
			curve = (enum idr_curve)c;
	if (curve == IDR_CURVE_NONE)
		return idr_fail(err, IDR_KEY, "RFC 9053 section 7.1", "kty and crv name no curve of ours");
	if (!cose_use_fits(map, curve, err) || !cose_coordinate(map, -2, &x, err) ||
	    (curve != IDR_ED25519 && !cose_coordinate(map, -3, &y, err)))
		return false;
	return key_finish(s, curve, x, y, out, err);
}

static void put_member(struct idr_buf *b, const char *name, const uint8_t *p, size_t n)
{
	idr_buf_put_str(b, name);
	idr_b64url_put(b, idr_bytes(p, n));
	idr_buf_put_byte(b, '"');
}

void idr_key_put_jwk(struct idr_buf *b, const struct idr_key *k, const char *extra)
{
	idr_buf_put_byte(b, '{');
	if (extra)
		idr_buf_put_str(b, extra);
	idr_buf_put_str(b, "\"crv\":\"");
	idr_buf_put_str(b, curves[k->curve].crv);
	idr_buf_put_str(b, "\",\"kty\":\"");
	idr_buf_put_str(b, curves[k->curve].kty);
	put_member(b, "\",\"x\":\"", k->x, idr_key_len(k));
	if (k->curve != IDR_ED25519)
		put_member(b, ",\"y\":\"", k->y, idr_key_len(k));
	idr_buf_put_byte(b, '}');
}

void idr_key_put_cose(struct idr_buf *b, const struct idr_key *k)
{
	size_t n = idr_key_len(k);
	bool ec = k->curve != IDR_ED25519;

	/* RFC 8949 section 4.2.1 order: 1 (01), -1 (20), -2 (21), -3 (22); a string of 32 or 48 bytes is 58 nn */
	idr_buf_put_byte(b, ec ? 0xa4 : 0xa3);
	idr_buf_put_byte(b, 0x01);
	idr_buf_put_byte(b, (uint8_t)curves[k->curve].cose_kty);
	idr_buf_put_byte(b, 0x20);
	idr_buf_put_byte(b, (uint8_t)curves[k->curve].cose_crv);
	idr_buf_put(b, idr_bytes((uint8_t[]){ 0x21, 0x58, (uint8_t)n }, 3));
	idr_buf_put(b, idr_bytes(k->x, n));
	if (!ec)
		return;
	idr_buf_put(b, idr_bytes((uint8_t[]){ 0x22, 0x58, (uint8_t)n }, 3));
	idr_buf_put(b, idr_bytes(k->y, n));
}

void idr_key_thumbprint(struct idr_suite *s, const struct idr_key *k, uint8_t out[32])
{
	uint8_t mem[256];
	struct idr_buf b;

	idr_buf_fixed(&b, mem, sizeof(mem));
	idr_key_put_jwk(&b, k, NULL); /* already the order and form of RFC 7638 section 3.2 */
	idr_suite_hash(s, IDR_SHA256, idr_buf_bytes(&b), out);
}
