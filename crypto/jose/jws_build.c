/* Compact JWS, built: header and payload in, to-be-signed bytes out, signature attached. */
#include "base/text.h"
#include "jose/jws.h"

bool idr_jws_build(struct idr_arena *a, struct idr_bytes header, struct idr_bytes payload,
    struct idr_bytes *to_be_signed, struct idr_err *err)
{
	size_t n;
	uint8_t *p;

	if (header.n > SIZE_MAX / 8 || payload.n > SIZE_MAX / 8)
		return idr_fail(err, IDR_LIMIT, NULL, "the token is too large");
	p = idr_arena_alloc(a, IDR_B64URL_LEN(header.n) + 1 + IDR_B64URL_LEN(payload.n), err);
	if (!p)
		return false;
	n = idr_b64url_encode(header, p);
	p[n++] = '.';
	n += idr_b64url_encode(payload, p + n);
	*to_be_signed = idr_bytes(p, n);
	return true;
}

bool idr_jws_attach(struct idr_arena *a, struct idr_bytes to_be_signed, struct idr_bytes signature,
    struct idr_bytes *compact, struct idr_err *err)
{
	size_t n = to_be_signed.n;
	uint8_t *p = idr_arena_alloc(a, n + 1 + IDR_B64URL_LEN(signature.n), err);

	if (!p)
		return false;
	memcpy(p, to_be_signed.p, n);
	p[n++] = '.';
	n += idr_b64url_encode(signature, p + n);
	*compact = idr_bytes(p, n);
	return true;
}

bool idr_jws_header(struct idr_arena *a, enum idr_alg alg, const char *typ, const char *kid,
    const struct idr_bytes *x5c_der, size_t n_x5c, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, a, 512, 64 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "alg", idr_alg_row(alg)->jose);
	idr_jw_put_cstr(&w, "typ", typ);
	if (kid)
		idr_jw_put_cstr(&w, "kid", kid);
	if (n_x5c) {
		idr_jw_name(&w, "x5c");
		idr_jw_open(&w, '[');
		for (size_t i = 0; i < n_x5c; i++) { /* RFC 7515 section 4.1.6: base64, not base64url */
			struct idr_bytes text;
			struct idr_buf one;

			idr_buf_init(&one, a, x5c_der[i].n / 3 * 4 + 4, 16 * 1024);
			idr_b64_put(&one, x5c_der[i]);
			if (!idr_buf_done(&one, &text, err))
				return false;
			idr_jw_str(&w, text);
		}
		idr_jw_close(&w, ']');
	}
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, out, err);
}
