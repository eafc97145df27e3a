#include "codec/order.h"

uint32_t idr_order_hash(uint32_t seed, struct idr_bytes in)
{
	const uint64_t k = 0x9e3779b97f4a7c15u;
	uint64_t h = (seed ^ in.n) * k, w;
	size_t i = 0;

	for (; in.n - i >= 8; i += 8) {
		memcpy(&w, in.p + i, 8);
		h = (h ^ w) * k;
		h ^= h >> 29;
	}
	for (w = 0; i < in.n; i++)
		w = w << 8 | in.p[i];
	h = (h ^ w) * k;
	return (uint32_t)(h >> 32);
}

static int compare(uint64_t x, uint64_t y, idr_order_fn cmp, const void *names)
{
	if (x >> 32 != y >> 32)
		return x >> 32 < y >> 32 ? -1 : 1;
	return cmp(names, (uint32_t)x, (uint32_t)y);
}

/* Merge two sorted neighbours src[0..m) and src[m..n) into dst. */
static void merge(const uint64_t *src, size_t m, size_t n, uint64_t *dst, idr_order_fn cmp,
    const void *names)
{
	size_t i = 0, j = m;

	while (i < m && j < n)
		*dst++ = compare(src[i], src[j], cmp, names) <= 0 ? src[i++] : src[j++];
	while (i < m)
		*dst++ = src[i++];
	while (j < n)
		*dst++ = src[j++];
}

void idr_order_sort(uint64_t *tag, uint64_t *spare, size_t n, idr_order_fn cmp, const void *names)
{
	uint64_t *from = tag, *to = spare;

	for (size_t width = 1; width < n; width *= 2) {
		uint64_t *t = from;

		for (size_t i = 0; i < n; i += 2 * width) {
			size_t part = n - i < 2 * width ? n - i : 2 * width;

			merge(from + i, part < width ? part : width, part, to + i, cmp, names);
		}
		from = to;
		to = t;
	}
	if (from != tag)
		memcpy(tag, from, n * sizeof(*tag));
}

static bool few_repeat(const uint64_t *tag, size_t n, idr_order_fn cmp, const void *names)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = 0; j < i; j++)
			if (compare(tag[i], tag[j], cmp, names) == 0)
				return true;
	return false;
}

bool idr_order_repeats(uint64_t *tag, uint64_t *spare, size_t n, idr_order_fn cmp,
    const void *names)
{
	if (n <= IDR_ORDER_FEW)
		return few_repeat(tag, n, cmp, names);
	idr_order_sort(tag, spare, n, cmp, names);
	for (size_t i = 1; i < n; i++)
		if (compare(tag[i - 1], tag[i], cmp, names) == 0)
			return true;
	return false;
}
