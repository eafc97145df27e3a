#include "present/present.h"

/*
 * Addresses given by relying parties. A browser reads more than RFC 3986 says (backslashes, white
 * space, encoded dots), so everything it might read differently is refused instead of repaired.
 */

enum { URL_MAX = 2048 };

static bool plain_character(uint8_t c)
{
	return c > 0x20 && c < 0x7f && !strchr("\"<>\\^`{|}#", c);
}

/* "/." begins "." and ".." segments, "%2e" is read as a dot. */
static bool has_dots(struct idr_bytes url)
{
	for (size_t i = 0; i + 1 < url.n; i++) {
		if (url.p[i] == '/' && url.p[i + 1] == '.')
			return true;
		if (i + 2 < url.n && url.p[i] == '%' && url.p[i + 1] == '2' && (url.p[i + 2] | 0x20) == 'e')
			return true;
	}
	return false;
}

static bool has_scheme(struct idr_bytes url, const char *scheme, struct idr_bytes *rest)
{
	if (!idr_bytes_starts(url, scheme))
		return false;
	*rest = idr_bytes_from(url, strlen(scheme));
	return true;
}

static bool authority(struct idr_bytes url, struct idr_bytes *out)
{
	struct idr_bytes rest;
	size_t n = 0;

	if (!has_scheme(url, "https://", &rest) && !has_scheme(url, "http://", &rest))
		return false;
	while (n < rest.n && !strchr("/?#", rest.p[n]))
		n++;
	*out = idr_bytes_first(rest, n);
	return n > 0 && idr_bytes_index(*out, 0, '@') == SIZE_MAX;
}

struct idr_bytes present_url_host(struct idr_bytes url)
{
	struct idr_bytes a;
	size_t end;

	if (!authority(url, &a))
		return IDR_LIT("");
	end = a.p[0] == '[' ? idr_bytes_index(a, 0, ']') : idr_bytes_index(a, 0, ':');
	if (a.p[0] == '[' && end != SIZE_MAX)
		end++;
	return idr_bytes_first(a, end);
}

static bool is_loopback(struct idr_bytes host)
{
	return idr_bytes_is(host, "127.0.0.1") || idr_bytes_is(host, "[::1]") ||
	    idr_bytes_is(host, "localhost");
}

bool present_url_is_web(struct idr_bytes url)
{
	struct idr_bytes host = present_url_host(url);

	if (!host.n || url.n > URL_MAX || has_dots(url))
		return false;
	for (size_t i = 0; i < url.n; i++)
		if (!plain_character(url.p[i]))
			return false;
	return idr_bytes_starts(url, "https://") || is_loopback(host);
}

static bool lies_under(struct idr_bytes prefix, struct idr_bytes url)
{
	uint8_t next;

	if (!prefix.n || url.n < prefix.n || memcmp(url.p, prefix.p, prefix.n) != 0)
		return false;
	if (url.n == prefix.n || prefix.p[prefix.n - 1] == '/')
		return true;
	/* "https://bank.example" is no prefix of "https://bank.example.evil.example" */
	next = url.p[prefix.n];
	return next == '/' || next == '?';
}

bool present_url_is_allowed(struct idr_bytes prefixes, struct idr_bytes url)
{
	if (!present_url_is_web(url))
		return false;
	while (prefixes.n) {
		size_t end = idr_bytes_index(prefixes, 0, '\n');
		struct idr_bytes one = idr_bytes_first(prefixes, end);

		/* a prefix that is no address itself ("https:/") would open the door to all */
		if (present_url_is_web(one) && lies_under(one, url))
			return true;
		prefixes = end == SIZE_MAX ? IDR_LIT("") : idr_bytes_from(prefixes, end + 1);
	}
	return false;
}

bool present_url_is_wallet(struct idr_bytes base)
{
	return idr_bytes_is(base, "openid4vp://") || idr_bytes_is(base, "haip-vp://") ||
	    present_url_is_web(base);
}
