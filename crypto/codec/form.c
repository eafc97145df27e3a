#include "codec/form.h"

#include "base/text.h"

#define RFC "RFC 6749 section 3.1 and appendix B"

static int hex_value(uint8_t c)
{
	if ((uint8_t)(c - '0') < 10)
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decode one name or value to *q, put a zero behind it and step over both. */
static bool decode(struct idr_bytes in, uint8_t **q, struct idr_bytes *out, struct idr_err *err)
{
	uint8_t *from = *q;

	for (size_t i = 0; i < in.n; i++) {
		uint8_t c = in.p[i];

		if (c == '+') {
			c = ' ';
		} else if (c == '%') {
			int hi = in.n - i > 2 ? hex_value(in.p[i + 1]) : -1;
			int lo = in.n - i > 2 ? hex_value(in.p[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return idr_fail(err, IDR_FORM, RFC, "a percent escape is broken");
			c = (uint8_t)(hi << 4 | lo);
			if (!c)
				return idr_fail(err, IDR_FORM, RFC, "the form holds the character U+0000");
			i += 2;
		} else if (c < 0x20 || c == 0x7f) {
			return idr_fail(err, IDR_FORM, RFC, "the form holds a bare control character");
		}
		*(*q)++ = c;
	}
	*out = idr_bytes(from, (size_t)(*q - from));
	*(*q)++ = 0;
	if (!idr_is_utf8(*out))
		return idr_fail(err, IDR_FORM, RFC, "the form is not UTF-8");
	return true;
}

/* "name=value" or "name" */
static bool read_field(struct idr_bytes piece, uint8_t **q, struct idr_form_field *f,
    struct idr_err *err)
{
	size_t eq = idr_bytes_index(piece, 0, '=');

	if (!decode(idr_bytes_first(piece, eq), q, &f->name, err))
		return false;
	if (!f->name.n)
		return idr_fail(err, IDR_FORM, RFC, "a parameter has no name");
	if (eq == SIZE_MAX) {
		f->value = idr_bytes(f->name.p + f->name.n, 0);
		return true;
	}
	return decode(idr_bytes_from(piece, eq + 1), q, &f->value, err);
}

static bool check_repeat(const struct idr_form *f, struct idr_err *err)
{
	const struct idr_form_field *last = &f->field[f->n];

	for (size_t i = 0; i < f->n; i++)
		if (idr_bytes_equal(f->field[i].name, last->name))
			return idr_fail(err, IDR_FORM, RFC, "parameter %zu is sent twice", i + 1);
	return true;
}

bool idr_form_parse(struct idr_arena *a, struct idr_bytes in, struct idr_form *out,
    struct idr_err *err)
{
	struct idr_form f = { 0 };
	size_t fields = in.n > 0, at = 0;
	uint8_t *q;

	for (size_t i = 0; i < in.n; i++)
		fields += in.p[i] == '&';
	if (fields > IDR_FORM_FIELDS)
		return idr_fail(err, IDR_LIMIT, NULL, "the form has more than %d parameters", IDR_FORM_FIELDS);
	f.field = idr_arena_array(a, fields, sizeof(*f.field), err);
	/* decoding never lengthens, and each zero takes the place of a '=' or '&' */
	q = idr_arena_alloc(a, in.n + 1, err);
	if (!f.field || !q)
		return false;
	for (; f.n < fields; f.n++) {
		size_t end = idr_bytes_index(in, at, '&');
		struct idr_bytes piece = idr_bytes_from(idr_bytes_first(in, end), at);

		if (!read_field(piece, &q, &f.field[f.n], err) || !check_repeat(&f, err))
			return false;
		at = end + 1;
	}
	*out = f;
	return true;
}

struct idr_bytes idr_form_find(const struct idr_form *f, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->field[i].value.n && idr_bytes_is(f->field[i].name, name))
			return f->field[i].value;
	return (struct idr_bytes){ 0 };
}

static bool is_unreserved(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	    c == '-' || c == '.' || c == '_' || c == '~';
}

void idr_url_put(struct idr_buf *b, struct idr_bytes in)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < in.n; i++) {
		uint8_t t[3] = { '%', (uint8_t)digits[in.p[i] >> 4], (uint8_t)digits[in.p[i] & 15] };

		if (is_unreserved(in.p[i]))
			idr_buf_put_byte(b, in.p[i]);
		else
			idr_buf_put(b, idr_bytes(t, 3));
	}
}

void idr_form_put(struct idr_buf *b, const char *name, struct idr_bytes value)
{
	if (b->n)
		idr_buf_put_byte(b, '&');
	idr_buf_put_str(b, name);
	idr_buf_put_byte(b, '=');
	idr_url_put(b, value);
}
