#include "codec/json_string.h"

#define RFC "RFC 8259 section 7"

/* Bytes that end a run of plain characters: quote, backslash, control characters. */
static bool is_special(uint8_t c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

size_t idr_json_plain_run(struct idr_bytes in, size_t i)
{
	const uint64_t one = 0x0101010101010101u, high = 0x8080808080808080u;
	uint64_t w;

	for (; in.n - i >= sizeof(w); i += sizeof(w)) {
		uint64_t quote, slash, control;

		memcpy(&w, in.p + i, sizeof(w));
		quote = w ^ one * '"';
		slash = w ^ one * '\\';
		/* the high bit of a byte is set where it is < 0x20, or zero after the xor; a borrow can
		   mark a byte behind a true hit as well, so the byte loop below decides */
		control = (w - one * 0x20) & ~w;
		if ((((quote - one) & ~quote) | ((slash - one) & ~slash) | control) & high)
			break;
	}
	while (i < in.n && !is_special(in.p[i]))
		i++;
	return i;
}

static int hex4(const uint8_t *p)
{
	int v = 0;

	for (int i = 0; i < 4; i++) {
		uint8_t c = p[i], l = c | 0x20;

		if ((uint8_t)(c - '0') < 10)
			v = v << 4 | (c - '0');
		else if (l >= 'a' && l <= 'f')
			v = v << 4 | (l - 'a' + 10);
		else
			return -1;
	}
	return v;
}

static uint8_t *put_utf8(uint8_t *q, uint32_t c)
{
	if (c < 0x80) {
		*q++ = (uint8_t)c;
		return q;
	}
	if (c < 0x800) {
		*q++ = (uint8_t)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*q++ = (uint8_t)(0xe0 | c >> 12);
		} else {
			*q++ = (uint8_t)(0xf0 | c >> 18);
			*q++ = (uint8_t)(0x80 | (c >> 12 & 0x3f));
		}
		*q++ = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	}
	*q++ = (uint8_t)(0x80 | (c & 0x3f));
	return q;
}

/* The code point of "\uXXXX" or of a surrogate pair at *i; steps behind it. */
static bool read_u(struct idr_bytes in, size_t *i, uint32_t *c, struct idr_err *err)
{
	int hi = in.n - *i >= 6 ? hex4(in.p + *i + 2) : -1, lo;

	if (hi < 0)
		return idr_fail(err, IDR_JSON, RFC, "a \\u escape lacks its four hex digits");
	if (hi == 0)
		return idr_fail(err, IDR_JSON, RFC, "a string holds the character U+0000");
	*i += 6;
	*c = (uint32_t)hi;
	if (hi < 0xd800 || hi > 0xdfff)
		return true;
	lo = hi < 0xdc00 && in.n - *i >= 6 && in.p[*i] == '\\' && in.p[*i + 1] == 'u' ?
	    hex4(in.p + *i + 2) : -1;
	if (lo < 0xdc00 || lo > 0xdfff)
		return idr_fail(err, IDR_JSON, RFC " and 8.2", "a string holds half of a surrogate pair");
	*i += 6;
	*c = 0x10000 + (((uint32_t)hi - 0xd800) << 10) + ((uint32_t)lo - 0xdc00);
	return true;
}

/* The escape at *i; steps behind it. */
static bool read_escape(struct idr_bytes in, size_t *i, uint8_t **q, struct idr_err *err)
{
	static const uint8_t plain[128] = { ['"'] = '"', ['\\'] = '\\', ['/'] = '/', ['b'] = '\b',
		['f'] = '\f', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t' };
	uint8_t c = in.n - *i >= 2 ? in.p[*i + 1] : 0;
	uint32_t u = 0;

	if (c == 'u') {
		if (!read_u(in, i, &u, err))
			return false;
		*q = put_utf8(*q, u);
		return true;
	}
	if (c > 127 || !plain[c])
		return idr_fail(err, IDR_JSON, RFC, "a string holds an unknown escape");
	*(*q)++ = plain[c];
	*i += 2;
	return true;
}

/* Index of the closing quote, skipping over escapes without reading them; in.n when absent. */
static size_t find_end(struct idr_bytes in, size_t i)
{
	while (i < in.n && in.p[i] != '"')
		i = idr_json_plain_run(in, in.p[i] == '\\' && in.n - i >= 2 ? i + 2 : i + 1);
	return i;
}

/* Decode what lies between i and the closing quote into q, which has room for all of it. */
static bool decode(struct idr_bytes in, size_t i, uint8_t **q, struct idr_err *err)
{
	while (i < in.n) {
		size_t run = idr_json_plain_run(in, i);

		memcpy(*q, in.p + i, run - i);
		*q += run - i;
		i = run;
		if (i == in.n)
			break;
		if (in.p[i] != '\\')
			return idr_fail(err, IDR_JSON, RFC, "a string holds a control character");
		if (!read_escape(in, &i, q, err))
			return false;
	}
	return true;
}

bool idr_json_string_read(struct idr_arena *a, struct idr_bytes in, size_t *n,
    struct idr_bytes *text, struct idr_err *err)
{
	size_t i = idr_json_plain_run(in, 1), end;
	uint8_t *mem, *q;

	if (i < in.n && in.p[i] == '"') {
		*n = i + 1;
		*text = idr_bytes(in.p + 1, i - 1);
		return true;
	}
	end = find_end(in, i);
	if (end == in.n)
		return idr_fail(err, IDR_JSON, RFC, "a string is not closed");
	mem = q = idr_arena_alloc(a, end, err);
	if (!mem || !decode(idr_bytes_first(in, end), 1, &q, err))
		return false;
	*n = end + 1;
	*text = idr_bytes(mem, (size_t)(q - mem));
	return true;
}
