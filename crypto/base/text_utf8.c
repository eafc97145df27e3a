#include "base/text.h"

/* Length of the well-formed sequence at p (RFC 3629 section 4), 0 when there is none. */
static size_t sequence(const uint8_t *p, size_t n)
{
	uint8_t lo = 0x80, hi = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		lo = 0xa0; /* no overlong form */
	else if (p[0] == 0xed)
		hi = 0x9f; /* no surrogate */
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f; /* nothing above U+10FFFF */
	if (n < len || p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool idr_is_utf8(struct idr_bytes in)
{
	size_t i = 0;

	while (i < in.n) {
		uint64_t w;
		size_t len;

		/* most text is ASCII: eight bytes at once */
		for (; in.n - i >= sizeof(w); i += sizeof(w)) {
			memcpy(&w, in.p + i, sizeof(w));
			if (w & 0x8080808080808080u)
				break;
		}
		if (i == in.n)
			break;
		len = sequence(in.p + i, in.n - i);
		if (!len)
			return false;
		i += len;
	}
	return true;
}

bool idr_is_ascii_token(struct idr_bytes in)
{
	for (size_t i = 0; i < in.n; i++)
		if (in.p[i] < 0x20 || in.p[i] > 0x7e)
			return false;
	return in.n > 0;
}

uint32_t idr_utf8_next(struct idr_bytes in, size_t *at)
{
	const uint8_t *p = in.p + *at;
	size_t len;

	if (*at >= in.n)
		return 0;
	len = sequence(p, in.n - *at);
	*at += len ? len : 1;
	switch (len) {
	case 1:
		return p[0];
	case 2:
		return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	case 3:
		return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	case 4:
		return (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
	default:
		return 0xfffd; /* not reached on checked text */
	}
}

bool idr_is_bidi_control(uint32_t c)
{
	return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2066 && c <= 0x2069);
}
