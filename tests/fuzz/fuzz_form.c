/* Url-encoded forms: what is taken can be written and read again. */
#include "codec/form.h"
#include "fuzz/fuzzkit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(16 << 20);
	struct idr_form f, g;
	struct idr_err err;
	struct idr_buf b;

	if (idr_form_parse(a, idr_bytes(data, size), &f, &err)) {
		fuzz_check(f.n <= IDR_FORM_FIELDS);
		idr_buf_init(&b, a, 0, 8 << 20);
		for (size_t i = 0; i < f.n; i++) {
			if (i)
				idr_buf_put_byte(&b, '&');
			fuzz_check(!memchr(f.field[i].name.p, 0, f.field[i].name.n));
			fuzz_check(f.field[i].value.p[f.field[i].value.n] == 0);
			idr_url_put(&b, f.field[i].name);
			idr_buf_put_byte(&b, '=');
			idr_url_put(&b, f.field[i].value);
		}
		fuzz_check(idr_form_parse(a, idr_buf_bytes(&b), &g, &err) && g.n == f.n);
		for (size_t i = 0; i < f.n; i++)
			fuzz_check(idr_bytes_equal(f.field[i].name, g.field[i].name) &&
			    idr_bytes_equal(f.field[i].value, g.field[i].value));
	}
	idr_arena_free(&a);
	return 0;
}
