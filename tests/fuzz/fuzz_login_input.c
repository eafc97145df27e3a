/*
 * What a browser sends beside a form: the languages it wants and the number somebody typed; and text on its way into a page.
 * A number is the same after it was made plain; what comes out as HTML holds nothing that a reader of HTML would obey.
 */
#include "fuzz/fuzzkit.h"
#include "login/login_html.h"
#include "sys/normal.h"
#include "rules/words.h"

static const char file[] = "{\"languages\":[{\"locale\":\"en\",\"name\":\"E\"},{\"locale\":\"km\",\"name\":\"K\"}],\"words\":{}}";

static void languages(struct idr_arena *a, struct idr_bytes in)
{
	size_t space = idr_bytes_index(in, 0, '\n');
	struct idr_bytes rest = space == SIZE_MAX ? idr_bytes(in.p, 0) : idr_bytes_from(in, space + 1);
	const struct words *w;
	struct idr_err err;

	fuzz_check(words_parse(a, idr_str(file), &w, &err));
	fuzz_check(words_choose(w, idr_bytes_first(in, space), rest) < words_languages(w));
}

static void number(struct idr_bytes in)
{
	uint8_t once[NORMAL_NUMBER_MAX], twice[NORMAL_NUMBER_MAX];
	size_t n, m;

	if (!normal_number(in, once, &n))
		return;
	fuzz_check(n > 0 && n <= NORMAL_NUMBER_MAX);
	if (normal_number(idr_bytes(once, n), twice, &m))
		fuzz_check(n == m && !memcmp(once, twice, n));
}

static void html(struct idr_arena *a, struct idr_bytes in)
{
	struct idr_bytes out;
	struct idr_err err;
	struct idr_buf b;

	idr_buf_init(&b, a, 64, 16 << 20);
	login_html_text(&b, in);
	if (!idr_buf_done(&b, &out, &err))
		return;
	for (size_t i = 0; i < out.n; i++) {
		fuzz_check(!strchr("<>\"'", out.p[i]) || !out.p[i]);
		fuzz_check(out.p[i] >= 0x20 || out.p[i] == '\n' || out.p[i] == '\t');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(64 << 20);

	languages(a, idr_bytes(data, size));
	number(idr_bytes(data, size));
	html(a, idr_bytes(data, size));
	idr_arena_free(&a);
	return 0;
}
