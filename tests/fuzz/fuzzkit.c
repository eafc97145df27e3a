#include "fuzz/fuzzkit.h"

struct idr_suite *fuzz_suite(void)
{
	static struct idr_suite *s;

	if (!s)
		s = idr_suite_new();
	fuzz_check(s != NULL);
	return s;
}

unsigned fuzz_pick(struct idr_bytes *choices, unsigned n)
{
	uint8_t c = choices->n ? choices->p[0] : 0;

	*choices = idr_bytes_from(*choices, 1);
	return c % n;
}

void fuzz_change(struct idr_arena *a, struct idr_bytes *choices, struct idr_bytes *text)
{
	unsigned how = fuzz_pick(choices, 3), hi = fuzz_pick(choices, 256), place = hi << 8 | fuzz_pick(choices, 256);
	size_t i = place % text->n;
	uint8_t c = (uint8_t)fuzz_pick(choices, 256), *p;
	struct idr_err err;

	p = idr_arena_alloc(a, text->n + 1, &err);
	fuzz_check(p != NULL);
	memcpy(p, text->p, i);
	if (how == 0) {
		memcpy(p + i, text->p + i, text->n - i);
		p[i] = c == p[i] ? c ^ 1 : c;
		*text = idr_bytes(p, text->n);
	} else if (how == 1) {
		p[i] = c;
		memcpy(p + i + 1, text->p + i, text->n - i);
		*text = idr_bytes(p, text->n + 1);
	} else {
		memcpy(p + i, text->p + i + 1, text->n - i - 1);
		*text = idr_bytes(p, text->n - 1);
	}
}

void fuzz_both_ways(struct idr_bytes in, fuzz_decode decode, fuzz_encode encode)
{
	struct idr_arena *a = idr_arena_new(16 << 20);
	struct idr_bytes out;
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, a, 0, 4 << 20);
	if (decode(a, in, &out, &err)) {
		encode(&b, out);
		fuzz_check(idr_bytes_equal(idr_buf_bytes(&b), in));
	}
	idr_buf_init(&b, a, 0, 4 << 20);
	encode(&b, in);
	fuzz_check(decode(a, idr_buf_bytes(&b), &out, &err) && idr_bytes_equal(out, in));
	idr_arena_free(&a);
}
