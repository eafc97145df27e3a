#include "outbound/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>


/*
 * Which addresses are the public internet's (RFC 6890 and the IANA registries of special-purpose
 * addresses). Everything else is somebody's inside: ours, perhaps, with a database on it.
 */

enum { MAPPED = 96 };

static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

/* IPv4 as IPv4-mapped IPv6, so that there is one form to compare. */
static bool take(const struct sockaddr *sa, uint8_t out[16])
{
	const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)sa;
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)sa;

	if (sa->sa_family == AF_INET) {
		memcpy(out, mapped, sizeof(mapped));
		memcpy(out + 12, &four->sin_addr, 4);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(out, &six->sin6_addr, 16);
	return true;
}

static bool lies_in(const uint8_t a[16], const struct network *n)
{
	size_t whole = n->bits / 8;
	unsigned rest = n->bits % 8;

	return memcmp(a, n->address, whole) == 0 &&
	    (!rest || ((a[whole] ^ n->address[whole]) >> (8 - rest)) == 0);
}

#define V4(a, b, c, bits) { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, 0 }, MAPPED + (bits) }

static const struct network inside[] = {
	V4(0, 0, 0, 8), V4(10, 0, 0, 8), V4(100, 64, 0, 10), V4(127, 0, 0, 8), V4(169, 254, 0, 16),
	V4(172, 16, 0, 12), V4(192, 0, 0, 24), V4(192, 0, 2, 24), V4(192, 31, 196, 24),
	V4(192, 52, 193, 24), V4(192, 88, 99, 24), V4(192, 168, 0, 16), V4(192, 175, 48, 24),
	V4(198, 18, 0, 15), V4(198, 51, 100, 24), V4(203, 0, 113, 24), V4(224, 0, 0, 4), V4(240, 0, 0, 4),
	/* within 2000::/3: protocol assignments (Teredo among them), documentation, 6to4 */
	{ { 0x20, 0x01 }, 23 }, { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, { { 0x20, 0x02 }, 16 },
	{ { 0x3f, 0xff }, 20 },
};

static bool is_public(const uint8_t a[16])
{
	static const struct network unicast = { { 0x20 }, 3 };

	if (memcmp(a, mapped, sizeof(mapped)) != 0 && !lies_in(a, &unicast))
		return false;
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		if (lies_in(a, &inside[i]))
			return false;
	return true;
}

bool network_key(const struct sockaddr *sa, uint64_t *key)
{
	uint8_t a[16];
	size_t from;

	if (!take(sa, a))
		return false;
	/* IPv6: whoever has one address has its whole /64 (RFC 6177) */
	from = memcmp(a, mapped, sizeof(mapped)) == 0 ? 8 : 0;
	*key = 0;
	for (size_t i = from; i < from + 8; i++)
		*key = *key << 8 | a[i];
	return true;
}

bool network_parse(struct idr_bytes text, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)out;
	struct sockaddr_in *four = (struct sockaddr_in *)(void *)out;
	char one[INET6_ADDRSTRLEN];

	if (text.n > 2 && text.p[0] == '[' && text.p[text.n - 1] == ']')
		text = idr_bytes(text.p + 1, text.n - 2);
	if (!text.n || text.n >= sizeof(one))
		return false;
	memcpy(one, text.p, text.n);
	one[text.n] = '\0';
	*out = (struct sockaddr_storage){ 0 };
	four->sin_family = AF_INET;
	if (inet_pton(AF_INET, one, &four->sin_addr) == 1)
		return true;
	six->sin6_family = AF_INET6;
	return inet_pton(AF_INET6, one, &six->sin6_addr) == 1;
}

bool network_has(const struct network *list, size_t n, const struct sockaddr *sa)
{
	uint8_t a[16];

	if (!take(sa, a))
		return false;
	for (size_t i = 0; i < n; i++)
		if (lies_in(a, &list[i]))
			return true;
	return false;
}

bool network_is_allowed(const struct sockaddr *sa, const struct network *allowed, size_t n)
{
	uint8_t a[16];

	return network_has(allowed, n, sa) || (take(sa, a) && is_public(a));
}

bool network_is_loopback(const struct sockaddr *sa)
{
	static const struct network four = V4(127, 0, 0, 8);
	static const struct network six = { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 128 };
	uint8_t a[16];

	return take(sa, a) && (lies_in(a, &four) || lies_in(a, &six));
}

/* "10.0.0.0/8", "::1", ...: without a length it is one address. */
static bool read_one(char *text, struct network *out)
{
	char *slash = strchr(text, '/'), *end = NULL;
	unsigned long bits, max;
	uint8_t four[4];

	if (slash)
		*slash = '\0';
	if (inet_pton(AF_INET, text, four) == 1) {
		memcpy(out->address, mapped, sizeof(mapped));
		memcpy(out->address + 12, four, 4);
		max = 32;
	} else if (inet_pton(AF_INET6, text, out->address) == 1) {
		max = 128;
	} else {
		return false;
	}
	bits = slash ? strtoul(slash + 1, &end, 10) : max;
	if (slash && (slash[1] < '0' || slash[1] > '9' || *end || bits > max))
		return false;
	out->bits = (unsigned)(bits + (max == 32 ? MAPPED : 0));
	return true;
}

bool networks_read(const char *text, struct network *out, size_t *n, struct idr_err *err)
{
	*n = 0;
	for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
		size_t len = strcspn(text, " ");
		char one[64];

		if (len >= sizeof(one) || *n == NETWORKS_MAX)
			return idr_fail(err, IDR_CONFIG, NULL, "a list of networks is too long");
		memcpy(one, text, len);
		one[len] = '\0';
		if (!read_one(one, &out[*n]))
			return idr_fail(err, IDR_CONFIG, NULL, "a list of networks holds what is no address and no "
			    "network such as 10.0.0.0/8");
		(*n)++;
		text += len;
	}
	return true;
}
