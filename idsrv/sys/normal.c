#include "sys/normal.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "types/types.h"

enum { NORMAL_MAX = 128 * 1024, IN_MAX = 4 * NORMAL_NUMBER_MAX };

/* How long the dirt at p is; U+200B is for word borders in Khmer, Lao and Thai, not for edges of names. */
static size_t dirt(const uint8_t *p, size_t n)
{
	if (n >= 1 && p[0] == ' ')
		return 1;
	return n >= 3 && memcmp(p, "\xe2\x80\x8b", 3) == 0 ? 3 : 0;
}

/* Both kinds, in any order: what is normal already must stay as it is. */
static struct idr_bytes trim(struct idr_bytes t)
{
	size_t k;

	while ((k = dirt(t.p, t.n)) > 0)
		t = idr_bytes_from(t, k);
	for (;;) {
		if (t.n && dirt(t.p + t.n - 1, 1))
			t.n--;
		else if (t.n >= 3 && dirt(t.p + t.n - 3, 3) == 3)
			t.n -= 3;
		else
			return t;
	}
}

static bool put_text(struct idr_jw *w, struct idr_bytes text, struct idr_err *err)
{
	utf8proc_uint8_t *nfc = NULL;
	utf8proc_ssize_t n;

	if (!idr_text_check(text, err))
		return false;
	n = utf8proc_map(text.p, (utf8proc_ssize_t)text.n, &nfc, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (n < 0) {
		free(nfc);
		return idr_fail(err, IDR_UTF8, NULL, "a text cannot be normalized");
	}
	idr_jw_str(w, trim(idr_bytes(nfc, (size_t)n)));
	free(nfc);
	return true;
}

/* Depth is bounded by the reader (IDR_JSON_DEPTH). */
static bool put_value(struct idr_jw *w, const struct idr_json *v, struct idr_err *err)
{
	const struct idr_json *c;
	bool object = v->type == IDR_JSON_OBJECT;

	if (v->type == IDR_JSON_STRING)
		return put_text(w, v->text, err);
	if (!object && v->type != IDR_JSON_ARRAY) {
		idr_jw_raw(w, v->raw);
		return true;
	}
	idr_jw_open(w, object ? '{' : '[');
	for (c = idr_json_first(v); c; c = idr_json_next(v, c)) {
		if (object)
			idr_jw_name_bytes(w, c->text);
		if (!put_value(w, object ? idr_json_value(c) : c, err))
			return false;
	}
	idr_jw_close(w, object ? '}' : ']');
	return true;
}

bool normal_claims(struct idr_arena *a, const struct idr_json *claims, struct idr_bytes *out,
    struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	if (!idr_json_is(claims, IDR_JSON_OBJECT))
		return idr_fail(err, IDR_CLAIM_TYPE, NULL, "claims must be an object");
	idr_buf_init(&b, a, claims->raw.n + 64, NORMAL_MAX);
	w = idr_jw(&b);
	return put_value(&w, claims, err) && idr_buf_done(&b, out, err);
}

/* ---- numbers ---- */

/* The zeros of the scripts of our languages, and of full-width forms; each is followed by its nine. */
static const int32_t zeros[] = { '0', 0x660, 0x6f0, 0x966, 0xbe6, 0xe50, 0xed0, 0x1040, 0x1090, 0x17e0,
    0xff10 };

static int32_t plain_digit(int32_t c)
{
	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
		if (c >= zeros[i] && c < zeros[i] + 10)
			return '0' + (c - zeros[i]);
	return c;
}

/* Between the parts of a number, or around it; U+200B as above. */
static bool is_between(int32_t c)
{
	bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

	return (c < 0x80 && !letter) || c == 0xa0 || (c >= 0x2000 && c <= 0x2015) || c == 0x202f || c == 0x2212 ||
	    c == 0x3000 || c == 0xfeff || c == 0xff0d;
}

/* Digits and letters as above, what stands between them gone; everything else as it is. */
static bool put_plain(struct idr_bytes text, uint8_t *out, size_t *n)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t step;

	*n = 0;
	for (size_t i = 0; i < text.n; i += (size_t)step) {
		step = utf8proc_iterate(text.p + i, (utf8proc_ssize_t)(text.n - i), &c);
		if (step <= 0)
			return false;
		c = plain_digit(c);
		if (is_between(c))
			continue;
		if (c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		*n += (size_t)utf8proc_encode_char(c, out + *n); /* never longer than it was */
	}
	return *n > 0;
}

bool normal_number(struct idr_bytes in, uint8_t out[NORMAL_NUMBER_MAX], size_t *n)
{
	uint8_t plain[IN_MAX];
	utf8proc_uint8_t *nfc = NULL;
	struct idr_err ignored;
	utf8proc_ssize_t len;
	bool ok;

	if (!in.n || in.n > sizeof(plain) || !idr_text_check(in, &ignored) || !put_plain(in, plain, n))
		return false;
	/* last: letters that were apart may belong together now */
	len = utf8proc_map(plain, (utf8proc_ssize_t)*n, &nfc, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	ok = len > 0 && len <= NORMAL_NUMBER_MAX;
	*n = ok ? (size_t)len : 0;
	if (ok)
		memcpy(out, nfc, *n);
	free(nfc);
	return ok;
}
