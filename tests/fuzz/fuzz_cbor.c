/* The CBOR check, walking and the writer: what is deterministic must be written back byte for byte. */
#include "codec/cbor_float.h"
#include "codec/cbor_read.h"
#include "codec/cbor_write.h"
#include "fuzz/fuzzkit.h"

static void write_again(struct idr_arena *a, struct idr_buf *b, struct idr_cbor v)
{
	struct idr_bytes s = { 0 };
	struct idr_err err;
	bool is_key = false;
	uint64_t bits;
	double d;

	switch (v.type) {
	case IDR_CBOR_UINT:
		idr_cw_uint(b, v.arg);
		return;
	case IDR_CBOR_BYTES:
	case IDR_CBOR_TEXT:
		fuzz_check(idr_cbor_string(a, v, &s, &err));
		if (v.type == IDR_CBOR_TEXT)
			idr_cw_text(b, s);
		else
			idr_cw_bytes(b, s);
		return;
	case IDR_CBOR_ARRAY:
		idr_cw_array(b, idr_cbor_count(v));
		break;
	case IDR_CBOR_MAP:
		idr_cw_map(b, idr_cbor_count(v));
		break;
	case IDR_CBOR_TAG:
		idr_cw_tag(b, v.arg);
		break;
	case IDR_CBOR_FLOAT:
		bits = idr_cbor_float_widen(v.arg, v.head);
		memcpy(&d, &bits, sizeof(d));
		idr_cw_double(b, d);
		return;
	case IDR_CBOR_NINT:
	case IDR_CBOR_SIMPLE:
		idr_cw_raw(b, v.raw);
		return;
	}
	for (struct idr_cbor c = idr_cbor_first(v); c.raw.n; c = idr_cbor_next(v, c)) {
		fuzz_check(c.raw.p > v.raw.p && c.raw.p + c.raw.n <= v.raw.p + v.raw.n);
		is_key = v.type == IDR_CBOR_MAP && !is_key;
		/* keys that are arrays or tags count by their bytes: written shorter, two may meet */
		if (is_key && c.type >= IDR_CBOR_ARRAY && c.type <= IDR_CBOR_TAG)
			idr_cw_raw(b, c.raw);
		else
			write_again(a, b, c);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(64 << 20);
	struct idr_bytes in = idr_bytes(data, size);
	struct idr_cbor v, w;
	struct idr_err err;
	struct idr_buf b;
	int64_t n;

	if (idr_cbor_check(a, in, IDR_CBOR_ANY, &v, &err)) {
		fuzz_check(v.raw.n == size);
		idr_buf_init(&b, a, 0, 8 << 20);
		write_again(a, &b, v);
		if (idr_cbor_check(a, in, IDR_CBOR_DETERMINISTIC, &w, &err))
			fuzz_check(idr_bytes_equal(idr_buf_bytes(&b), in));
		else
			fuzz_check(!b.failed && idr_cbor_check(a, idr_buf_bytes(&b), IDR_CBOR_ANY, &w, &err));
		(void)!idr_cbor_time(v, &n);
		(void)!idr_cbor_find_int(v, 1, &w);
		(void)!idr_cbor_find_text(v, "a", &w);
	} else {
		/* walking bytes that were refused must stay inside of them */
		v = idr_cbor_item(in);
		fuzz_check(v.raw.n <= size);
	}
	idr_arena_free(&a);
	return 0;
}
