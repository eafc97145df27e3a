#include "base/text.h"

static const char B64URL[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char B64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char B45[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/* Digit values plus one, so that everything not named is 0 and comes out of digit() as UINT32_MAX. */
#define DIGITS_TABLE(c62, c63) { \
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, \
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, \
	50, 51, 52, ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, [c62] = 63, [c63] = 64 }

static const uint8_t B64URL_DIGIT[256] = DIGITS_TABLE('-', '_');
static const uint8_t B64_DIGIT[256] = DIGITS_TABLE('+', '/');
static const uint8_t B45_DIGIT[256] = {
	['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	['A'] = 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
	35, 36,
	[' '] = 37, ['$'] = 38, ['%'] = 39, ['*'] = 40, ['+'] = 41, ['-'] = 42, ['.'] = 43, ['/'] = 44, [':'] = 45
};

static inline uint32_t digit(const uint8_t table[256], uint8_t c)
{
	return (uint32_t)table[c] - 1;
}

static size_t encode64(const char *alphabet, struct idr_bytes in, uint8_t *out)
{
	const uint8_t *p = in.p;
	uint8_t *q = out;
	size_t n = in.n;

	for (; n >= 3; n -= 3, p += 3, q += 4) {
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

		q[0] = (uint8_t)alphabet[v >> 18];
		q[1] = (uint8_t)alphabet[v >> 12 & 63];
		q[2] = (uint8_t)alphabet[v >> 6 & 63];
		q[3] = (uint8_t)alphabet[v & 63];
	}
	if (n) {
		uint32_t v = (uint32_t)p[0] << 16 | (n == 2 ? (uint32_t)p[1] << 8 : 0);

		*q++ = (uint8_t)alphabet[v >> 18];
		*q++ = (uint8_t)alphabet[v >> 12 & 63];
		if (n == 2)
			*q++ = (uint8_t)alphabet[v >> 6 & 63];
	}
	return (size_t)(q - out);
}

/* Unpadded digits to bytes; false on a foreign character, a length of 4n+1 or bits behind the end. */
static bool decode64(const uint8_t table[256], struct idr_bytes in, uint8_t *out, size_t *n_out)
{
	const uint8_t *p = in.p;
	uint8_t *q = out;
	size_t n = in.n;
	uint32_t bad = 0;

	for (; n >= 4; n -= 4, p += 4, q += 3) {
		uint32_t a = digit(table, p[0]), b = digit(table, p[1]);
		uint32_t c = digit(table, p[2]), d = digit(table, p[3]);
		uint32_t v = a << 18 | b << 12 | c << 6 | d;

		bad |= a | b | c | d;
		q[0] = (uint8_t)(v >> 16);
		q[1] = (uint8_t)(v >> 8);
		q[2] = (uint8_t)v;
	}
	if (n == 1)
		return false;
	if (n) {
		uint32_t a = digit(table, p[0]), b = digit(table, p[1]);
		uint32_t c = n == 3 ? digit(table, p[2]) : 0;
		uint32_t v = a << 18 | b << 12 | c << 6;

		/* RFC 4648 section 3.5: the unused low bits of the last digit are zero */
		if (v & (n == 2 ? 0xffff : 0xff))
			return false;
		bad |= a | b | c;
		*q++ = (uint8_t)(v >> 16);
		if (n == 3)
			*q++ = (uint8_t)(v >> 8);
	}
	*n_out = (size_t)(q - out);
	return bad < 64;
}

size_t idr_b64url_encode(struct idr_bytes in, uint8_t *out)
{
	return encode64(B64URL, in, out);
}

void idr_b64url_put(struct idr_buf *b, struct idr_bytes in)
{
	uint8_t *p = idr_buf_room(b, IDR_B64URL_LEN(in.n));

	if (p)
		encode64(B64URL, in, p);
}

bool idr_b64url_decode(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out,
    struct idr_err *err)
{
	uint8_t *p = idr_arena_alloc(a, IDR_B64_DECODED(in.n), err);
	size_t n;

	if (!p)
		return false;
	if (!decode64(B64URL_DIGIT, in, p, &n))
		return idr_fail(err, IDR_BASE64URL, "RFC 4648 section 5", "the text is not strict base64url");
	*out = idr_bytes(p, n);
	return true;
}

void idr_b64_put(struct idr_buf *b, struct idr_bytes in)
{
	size_t n = (in.n + 2) / 3 * 4;
	uint8_t *p = idr_buf_room(b, n);

	if (p)
		for (size_t i = encode64(B64, in, p); i < n; i++)
			p[i] = '=';
}

bool idr_b64_decode(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out,
    struct idr_err *err)
{
	uint8_t *p = idr_arena_alloc(a, IDR_B64_DECODED(in.n), err);
	struct idr_bytes digits = in;
	size_t n;

	if (!p)
		return false;
	for (int pad = 0; pad < 2 && digits.n && digits.p[digits.n - 1] == '='; pad++)
		digits.n--;
	if (in.n % 4 || !decode64(B64_DIGIT, digits, p, &n))
		return idr_fail(err, IDR_MALFORMED, "RFC 4648 section 4", "the text is not strict padded base64");
	*out = idr_bytes(p, n);
	return true;
}

void idr_hex_put(struct idr_buf *b, struct idr_bytes in)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t *p = idr_buf_room(b, in.n * 2);

	for (size_t i = 0; p && i < in.n; i++) {
		p[2 * i] = (uint8_t)digits[in.p[i] >> 4];
		p[2 * i + 1] = (uint8_t)digits[in.p[i] & 15];
	}
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool idr_hex_decode(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out,
    struct idr_err *err)
{
	uint8_t *p = idr_arena_alloc(a, in.n / 2 + 1, err);

	if (!p)
		return false;
	if (in.n % 2)
		return idr_fail(err, IDR_MALFORMED, "RFC 4648 section 8", "the hex text has an odd length");
	for (size_t i = 0; i < in.n / 2; i++) {
		int hi = hex_digit(in.p[2 * i]), lo = hex_digit(in.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return idr_fail(err, IDR_MALFORMED, "RFC 4648 section 8", "the text is not hex");
		p[i] = (uint8_t)(hi << 4 | lo);
	}
	*out = idr_bytes(p, in.n / 2);
	return true;
}

/* RFC 9285 section 4: two bytes are three digits, the least significant first. */
void idr_b45_put(struct idr_buf *b, struct idr_bytes in)
{
	uint8_t *q = idr_buf_room(b, in.n / 2 * 3 + in.n % 2 * 2);
	size_t i;

	if (!q)
		return;
	for (i = 0; i + 1 < in.n; i += 2, q += 3) {
		unsigned v = (unsigned)in.p[i] << 8 | in.p[i + 1];

		q[0] = (uint8_t)B45[v % 45];
		q[1] = (uint8_t)B45[v / 45 % 45];
		q[2] = (uint8_t)B45[v / 2025];
	}
	if (i < in.n) {
		q[0] = (uint8_t)B45[in.p[i] % 45];
		q[1] = (uint8_t)B45[in.p[i] / 45];
	}
}

static bool decode45(struct idr_bytes in, uint8_t *q)
{
	size_t i;

	for (i = 0; i + 2 < in.n; i += 3, q += 2) {
		uint32_t c = digit(B45_DIGIT, in.p[i]), d = digit(B45_DIGIT, in.p[i + 1]);
		uint32_t e = digit(B45_DIGIT, in.p[i + 2]), v = c + 45 * d + 2025 * e;

		if (c > 44 || d > 44 || e > 44 || v > 0xffff)
			return false;
		q[0] = (uint8_t)(v >> 8);
		q[1] = (uint8_t)v;
	}
	if (i < in.n) { /* two digits: the caller excluded a lone one */
		uint32_t c = digit(B45_DIGIT, in.p[i]), d = digit(B45_DIGIT, in.p[i + 1]);

		if (c > 44 || d > 44 || c + 45 * d > 0xff)
			return false;
		q[0] = (uint8_t)(c + 45 * d);
	}
	return true;
}

bool idr_b45_decode(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *out,
    struct idr_err *err)
{
	size_t n = in.n / 3 * 2 + in.n % 3 / 2;
	uint8_t *p = idr_arena_alloc(a, n + 1, err);

	if (!p)
		return false;
	if (in.n % 3 == 1 || !decode45(in, p))
		return idr_fail(err, IDR_BASE45, "RFC 9285 section 4", "the text is not base45");
	*out = idr_bytes(p, n);
	return true;
}

bool idr_word_next(struct idr_bytes *list, struct idr_bytes *word)
{
	size_t space = idr_bytes_index(*list, 0, ' ');

	if (!list->n)
		return false;
	*word = idr_bytes_first(*list, space);
	*list = space == SIZE_MAX ? idr_bytes(list->p, 0) : idr_bytes_from(*list, space + 1);
	return true;
}

bool idr_word_find(struct idr_bytes list, struct idr_bytes word)
{
	struct idr_bytes one;

	while (idr_word_next(&list, &one))
		if (idr_bytes_equal(one, word))
			return true;
	return false;
}
