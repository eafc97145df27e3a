#include "http/http_strict.h"

#include "base/text.h"

/* RFC 9110 section 5.6.2 */
static bool is_token_byte(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c && strchr("!#$%&'*+-.^_`|~", c));
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

bool http_same(struct idr_bytes a, const char *b)
{
	size_t i = 0;

	while (i < a.n && b[i] && lower(a.p[i]) == lower((uint8_t)b[i]))
		i++;
	return i == a.n && !b[i];
}

static bool check_field(const struct http_field *f, struct idr_err *err)
{
	if (!f->name.n)
		return idr_fail(err, IDR_BAD_HTTP, "RFC 9110 section 5.1", "a header has no name");
	/* also catches "Content-Length :", which RFC 9112 section 5.1 says to refuse */
	for (size_t i = 0; i < f->name.n; i++)
		if (!is_token_byte(f->name.p[i]))
			return idr_fail(err, IDR_BAD_HTTP, "RFC 9112 section 5.1",
			    "a header name holds a byte that is no token character");
	/* a folded header leaves its line break in the value, so this refuses it too */
	for (size_t i = 0; i < f->value.n; i++)
		if ((f->value.p[i] < 0x20 && f->value.p[i] != '\t') || f->value.p[i] == 0x7f)
			return idr_fail(err, IDR_BAD_HTTP, "RFC 9110 section 5.5",
			    "a header value holds a control character");
	if (f->name.n + f->value.n > HTTP_HEADER_LINE)
		return idr_fail(err, IDR_HEADERS_TOO_LARGE, "RFC 6585 section 5", "a header is too long");
	return true;
}

/* Digits only: no sign, no list, no white space (RFC 9112 section 6.3 item 5). */
static bool read_length(struct idr_bytes v, uint64_t *out)
{
	uint64_t n = 0;

	if (!v.n || v.n > 18)
		return false;
	for (size_t i = 0; i < v.n; i++) {
		if (v.p[i] < '0' || v.p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(v.p[i] - '0');
	}
	*out = n;
	return true;
}

static bool check_framing(const struct http_field *f, struct http_framing *out, struct idr_err *err)
{
	if (http_same(f->name, "Content-Length")) {
		if (out->has_length)
			return idr_fail(err, IDR_BAD_HTTP, "RFC 9112 section 6.3", "two Content-Length headers");
		if (!read_length(f->value, &out->length))
			return idr_fail(err, IDR_BAD_HTTP, "RFC 9112 section 6.3",
			    "Content-Length is not a number");
		out->has_length = true;
	} else if (http_same(f->name, "Transfer-Encoding")) {
		if (out->chunked || !http_same(f->value, "chunked"))
			return idr_fail(err, IDR_BAD_HTTP, "RFC 9112 section 6.1",
			    "Transfer-Encoding is not exactly chunked");
		out->chunked = true;
	}
	return true;
}

bool http_strict_check(struct idr_bytes version, const struct http_field *field, size_t n,
    struct http_framing *out, struct idr_err *err)
{
	size_t hosts = 0;

	*out = (struct http_framing){ 0 };
	if (!idr_bytes_is(version, "HTTP/1.1") && !idr_bytes_is(version, "HTTP/1.0"))
		return idr_fail(err, IDR_BAD_HTTP, "RFC 9112 section 2.3", "the HTTP version is not 1.1");
	if (n > HTTP_HEADERS)
		return idr_fail(err, IDR_HEADERS_TOO_LARGE, "RFC 6585 section 5", "too many headers");
	for (size_t i = 0; i < n; i++) {
		if (!check_field(&field[i], err) || !check_framing(&field[i], out, err))
			return false;
		hosts += http_same(field[i].name, "Host");
	}
	if (hosts > 1 || (!hosts && idr_bytes_is(version, "HTTP/1.1")))
		return idr_fail(err, IDR_BAD_HTTP, "RFC 9112 section 3.2", "not exactly one Host header");
	if (out->chunked && (out->has_length || idr_bytes_is(version, "HTTP/1.0")))
		return idr_fail(err, IDR_BAD_HTTP, "RFC 9112 section 6.1",
		    "Transfer-Encoding together with Content-Length or in HTTP/1.0");
	return true;
}

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool http_segment_decode(struct idr_arena *a, struct idr_bytes raw, struct idr_bytes *out,
    struct idr_err *err)
{
	uint8_t *p = idr_arena_alloc(a, raw.n + 1, err);
	size_t n = 0;

	if (!p)
		return false;
	for (size_t i = 0; i < raw.n; i++) {
		uint8_t c = raw.p[i];

		if (c == '%') {
			int hi = raw.n - i > 2 ? hex_value(raw.p[i + 1]) : -1;
			int lo = raw.n - i > 2 ? hex_value(raw.p[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				return idr_fail(err, IDR_BAD_HTTP, "RFC 3986 section 2.1",
				    "a percent escape in the path is broken");
			c = (uint8_t)(hi << 4 | lo);
			i += 2;
			if (c == '/')
				return idr_fail(err, IDR_BAD_HTTP, "RFC 3986 section 2.2",
				    "the path holds an encoded slash");
		}
		if (c < 0x20 || c == 0x7f)
			return idr_fail(err, IDR_BAD_HTTP, "RFC 3986 section 2",
			    "the path holds a control character");
		p[n++] = c;
	}
	*out = idr_bytes(p, n);
	return idr_is_utf8(*out) || idr_fail(err, IDR_BAD_HTTP, "RFC 3629", "the path is not UTF-8");
}
