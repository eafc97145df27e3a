/*
 * EU Digital COVID Certificate: not a format of ours, but the same layers: base45, zlib, COSE_Sign1,
 * CWT, and a certificate found by kid. Each layer's expected result is compared where it is stated.
 * PS256 must be refused; the JSON schema of the content and the picture are out of scope, and said to be.
 */
#include <stdio.h>

#include "codec/inflate.h"
#include "cose/sign1.h"
#include "vectors/vectors.h"

enum { INFLATED_MAX = 64 * 1024, CWT_EXP = 4, CWT_IAT = 6, CWT_HCERT = -260, COSE_PS256 = -37, SKEW = 30 };

struct dcc {
	bool prefix, base45, zlib, decoded, verified, in_time, usage;
	const char *never; /* what of it this rail never accepts, or NULL */
	struct idr_sign1 m;
	struct idr_cbor claims, hcert;
	struct idr_cert cert;
};

/* kid is the first eight bytes of the certificate's SHA-256; a message without one fits any. */
static bool kid_fits(const struct dcc *d)
{
	return !d->m.kid.n || idr_bytes_equal(d->m.kid, idr_bytes(d->cert.sha256, 8));
}

static bool claims_of(struct vec *v, struct dcc *d)
{
	struct idr_cbor outer;
	struct idr_err err;

	return d->m.payload.p && idr_cbor_check(v->a, d->m.payload, IDR_CBOR_ANY, &d->claims, &err) &&
	    idr_cbor_is(d->claims, IDR_CBOR_MAP) && idr_cbor_find_int(d->claims, CWT_HCERT, &outer) &&
	    idr_cbor_find_int(outer, 1, &d->hcert) && idr_cbor_is(d->hcert, IDR_CBOR_MAP);
}

/* "2021-05-03T18:00:00Z", in some cases with a fraction, an offset like +02:00, or no zone at all. */
static bool clock_of(const char *s, int64_t *now)
{
	char text[21] = "";
	const char *zone;
	int h = 0, m = 0;

	memcpy(text, s, strnlen(s, 19));
	text[19] = 'Z';
	if (!idr_time_parse(idr_bytes(text, 20), now))
		return false;
	zone = strpbrk(s + 19, "+-");
	if (zone && sscanf(zone + 1, "%2d:%2d", &h, &m) == 2)
		*now += (*zone == '+' ? -1 : 1) * (h * 3600 + m * 60);
	return true;
}

static bool in_time(const struct dcc *d, const char *clock)
{
	int64_t now, exp, iat;
	struct idr_cbor c;

	if (!clock_of(clock, &now))
		return true;
	if (idr_cbor_find_int(d->claims, CWT_EXP, &c) && (!idr_cbor_time(c, &exp) || now - SKEW >= exp))
		return false;
	return !idr_cbor_find_int(d->claims, CWT_IAT, &c) || (idr_cbor_time(c, &iat) && now + SKEW >= iat);
}

/* The extended key usages of that scheme, and ICAO's of the same kind: 1 test, 2 vaccination,
 * 3 recovery. A certificate with none of them may sign all. */
static bool usage_fits(const struct dcc *d)
{
	static const char *const bases[] = { "1.3.6.1.4.1.1847.2021.1.", "1.3.6.1.4.1.0.1847.2021.1.",
		"2.23.136.1.1.14." };
	static const char *const member[] = { "", "t", "v", "r" };
	struct idr_cbor c;
	bool limited = false, fits = false;

	for (size_t i = 0; i < d->cert.n_eku; i++)
		for (size_t b = 0; b < 3; b++) {
			size_t n = strlen(bases[b]);
			struct idr_bytes e = d->cert.eku[i];
			int kind = idr_bytes_starts(e, bases[b]) && e.n == n + 1 ? e.p[n] - '0' : 0;

			if (kind < 1 || kind > 3)
				continue;
			limited = true;
			fits |= idr_cbor_find_text(d->hcert, member[kind], &c);
		}
	return !limited || fits;
}

static bool is_ps256(const struct idr_sign1 *m)
{
	struct idr_cbor c;
	int64_t alg;

	return idr_cbor_find_int(m->protected_map, 1, &c) && idr_cbor_int(c, &alg) && alg == COSE_PS256;
}

static struct dcc read_dcc(struct vec *v, json_t *c)
{
	struct dcc d = { .prefix = false };
	struct idr_bytes text = vec_text(c, "qr_text"), zlib, cbor;
	struct idr_cbor item;
	struct idr_err err;

	d.prefix = idr_bytes_starts(text, "HC1:");
	if (!d.prefix)
		return d;
	d.base45 = idr_b45_decode(v->a, idr_bytes_from(text, 4), &zlib, &err);
	d.zlib = d.base45 && idr_inflate(v->a, zlib, INFLATED_MAX, &cbor, &err);
	if (!d.zlib || !idr_cbor_check(v->a, cbor, IDR_CBOR_ANY, &item, &err))
		return d;
	/* some member states left the tag out; the tag is our formats' rule, not that scheme's */
	if (!idr_sign1_parse(v->a, item, IDR_SIGN1_EITHER, true, &d.m, &err)) {
		if (err.code == IDR_ALGORITHM)
			d.never = "an algorithm outside the protected header";
		return d;
	}
	d.decoded = claims_of(v, &d);
	if (!d.decoded || !idr_cert_parse(v->s, v->a, vec_b64(v, c, "cert_der_b64"), &d.cert, &err))
		return d;
	if (is_ps256(&d.m) && d.cert.key.curve == IDR_CURVE_NONE)
		d.never = "RSA";
	d.verified = kid_fits(&d) &&
	    idr_sign1_verify(v->s, v->a, &d.m, &d.cert.key, IDR_ALGS_ALL, &err);
	d.in_time = in_time(&d, vec_cstr(c, "validation_clock"));
	d.usage = usage_fits(&d);
	return d;
}

/* 1 as expected, 0 otherwise, -1 when nothing is said about this layer. */
static int expect(json_t *expected, const char *name, bool got)
{
	json_t *e = json_object_get(expected, name);

	return json_is_boolean(e) ? json_is_true(e) == got : -1;
}

/* Only the content is wrong, by a JSON schema we do not have: every layer under it must hold. The key
 * usage goes by what the content certifies, so it says nothing here. */
static void content_case(struct vec *v, const struct dcc *d)
{
	vec_note(v, "decoding, signature and times are judged; the content schema is out of scope");
	vec_end(v, d->decoded && d->verified && d->in_time, "a layer under the content does not hold");
}

static void dcc_case(struct vec *v, json_t *c)
{
	json_t *e = json_object_get(c, "expected");
	struct dcc d;
	const char *wrong = NULL;
	unsigned n = 0;

	vec_start(v, "%s", vec_cstr(c, "id"));
	d = read_dcc(v, c);
	const struct { const char *name; bool got; bool reached; } layers[] = {
		{ "EXPECTEDUNPREFIX", d.prefix, true },
		{ "EXPECTEDB45DECODE", d.base45, d.prefix },
		{ "EXPECTEDCOMPRESSION", d.zlib, d.base45 },
		{ "EXPECTEDDECODE", d.decoded, true },
		{ "EXPECTEDVERIFY", d.verified, !d.decoded || !d.never },
		{ "EXPECTEDEXPIRATIONCHECK", d.in_time, d.decoded },
		{ "EXPECTEDKEYUSAGE", d.usage, d.decoded },
	};
	for (size_t i = 0; i < sizeof(layers) / sizeof(layers[0]); i++) {
		int ok = layers[i].reached ? expect(e, layers[i].name, layers[i].got) : -1;

		n += ok >= 0;
		if (ok == 0 && !wrong)
			wrong = layers[i].name;
	}
	if (d.never && (d.decoded || !vec_is(c, "validity", "INVALID")))
		vec_never(v, !d.verified, d.never);
	else if (wrong)
		vec_end(v, false, "%s is otherwise", wrong);
	else if (n)
		vec_end(v, true, "-");
	else if (vec_is(c, "validity", "VALID"))
		vec_end(v, d.verified && d.in_time, "refused");
	else if (expect(e, "EXPECTEDPICTUREDECODE", false) == 1)
		vec_end(v, d.zlib, "the text does not decode");
	else if (json_object_get(e, "EXPECTEDSCHEMAVALIDATION"))
		content_case(v, &d);
	else
		vec_skip(v, "says nothing about a layer that is read here");
}

void vec_dcc(struct vec *v)
{
	json_t *file = vec_load(v, "dcc.json"), *c;
	size_t i;

	json_array_foreach(json_object_get(file, "cases"), i, c)
		dcc_case(v, c);
	json_decref(file);
	file = vec_load(v, "derived_rejects.json");
	json_array_foreach(json_object_get(file, "cases"), i, c) {
		vec_start(v, "%s of %s", vec_cstr(c, "name"), vec_cstr(c, "from"));
		vec_end(v, !read_dcc(v, c).verified, "accepted: %s", vec_cstr(c, "reason"));
	}
	json_decref(file);
}
