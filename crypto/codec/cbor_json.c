#include "codec/cbor_json.h"

#include "base/text.h"
#include "codec/cbor_float.h"
#include "codec/jcs.h"

enum { TAG_NEGATIVE_BIGNUM = 3, SIMPLE_FALSE = 20, SIMPLE_TRUE = 21 };

/* uint64 is the longest: twenty digits and a sign */
static void put_integer(struct idr_jw *w, struct idr_cbor v)
{
	uint8_t mem[24];
	struct idr_buf b;
	int64_t n;

	if (idr_cbor_int(v, &n)) {
		idr_jw_int(w, n);
		return;
	}
	idr_buf_fixed(&b, mem, sizeof(mem));
	if (v.type == IDR_CBOR_UINT)
		idr_buf_printf(&b, "%llu", (unsigned long long)v.arg);
	else if (v.arg == UINT64_MAX)
		idr_buf_put_str(&b, "-18446744073709551616");
	else
		idr_buf_printf(&b, "-%llu", (unsigned long long)v.arg + 1);
	idr_jw_raw(w, idr_buf_bytes(&b));
}

static void put_float(struct idr_jw *w, struct idr_cbor v)
{
	uint64_t bits = idr_cbor_float_widen(v.arg, v.head);
	uint8_t mem[32];
	struct idr_buf b;
	double d;

	memcpy(&d, &bits, sizeof(d));
	if (d - d != 0) { /* an infinity, or no number */
		idr_jw_null(w);
		return;
	}
	idr_buf_fixed(&b, mem, sizeof(mem));
	idr_jcs_put_double(&b, d);
	idr_jw_raw(w, idr_buf_bytes(&b));
}

bool idr_cbor_key_text(struct idr_arena *a, struct idr_cbor key, struct idr_bytes *out,
    struct idr_err *err)
{
	struct idr_buf b;
	int64_t k;

	if (idr_cbor_is(key, IDR_CBOR_TEXT))
		return idr_cbor_string(a, key, out, err);
	idr_buf_init(&b, a, 24, 2 * key.raw.n + 32);
	if (idr_cbor_int(key, &k)) {
		idr_buf_put_int(&b, k);
	} else {
		idr_buf_put_str(&b, "cbor:");
		idr_hex_put(&b, key.raw);
	}
	return idr_buf_done(&b, out, err);
}

static bool put_container(struct idr_arena *a, struct idr_jw *w, struct idr_cbor v,
    struct idr_err *err)
{
	bool map = v.type == IDR_CBOR_MAP;
	struct idr_bytes key;

	idr_jw_open(w, map ? '{' : '[');
	for (struct idr_cbor c = idr_cbor_first(v); c.raw.n; c = idr_cbor_next(v, c)) {
		if (map) {
			if (!idr_cbor_key_text(a, c, &key, err))
				return false;
			idr_jw_name_bytes(w, key);
			c = idr_cbor_next(v, c);
		}
		if (!idr_cbor_put_json(a, w, c, err))
			return false;
	}
	idr_jw_close(w, map ? '}' : ']');
	return true;
}

static bool put_string(struct idr_arena *a, struct idr_jw *w, struct idr_cbor v, struct idr_err *err)
{
	struct idr_bytes s;

	if (!idr_cbor_string(a, v, &s, err))
		return false;
	if (v.type == IDR_CBOR_TEXT)
		idr_jw_str(w, s);
	else
		idr_jw_b64url(w, s);
	return true;
}

/* RFC 8949 section 6.1: a negative bignum is told from a positive one by a tilde. */
static bool put_tagged(struct idr_arena *a, struct idr_jw *w, struct idr_cbor v, struct idr_err *err)
{
	struct idr_cbor content = idr_cbor_first(v);
	struct idr_bytes s, text;
	struct idr_buf b;

	if (v.arg != TAG_NEGATIVE_BIGNUM || content.type != IDR_CBOR_BYTES)
		return idr_cbor_put_json(a, w, content, err);
	if (!idr_cbor_string(a, content, &s, err))
		return false;
	idr_buf_init(&b, a, IDR_B64URL_LEN(s.n) + 1, IDR_B64URL_LEN(s.n) + 1);
	idr_buf_put_byte(&b, '~');
	idr_b64url_put(&b, s);
	if (!idr_buf_done(&b, &text, err))
		return false;
	idr_jw_str(w, text);
	return true;
}

/* implements: VP 6.3c */
bool idr_cbor_put_json(struct idr_arena *a, struct idr_jw *w, struct idr_cbor v, struct idr_err *err)
{
	switch (v.type) {
	case IDR_CBOR_UINT:
	case IDR_CBOR_NINT:
		put_integer(w, v);
		return true;
	case IDR_CBOR_BYTES:
	case IDR_CBOR_TEXT:
		return put_string(a, w, v, err);
	case IDR_CBOR_ARRAY:
	case IDR_CBOR_MAP:
		return put_container(a, w, v, err);
	case IDR_CBOR_TAG:
		return put_tagged(a, w, v, err);
	case IDR_CBOR_SIMPLE:
		if (v.arg == SIMPLE_FALSE || v.arg == SIMPLE_TRUE)
			idr_jw_bool(w, v.arg == SIMPLE_TRUE);
		else
			idr_jw_null(w);
		return true;
	case IDR_CBOR_FLOAT:
		put_float(w, v);
		return true;
	}
	idr_jw_null(w);
	return true;
}
