/*
 * present_url: where a browser is sent back to. First line: the registered prefixes, separated by
 * spaces; the rest: the address. What is allowed has the scheme and authority of a prefix.
 */
#include "fuzz/fuzzkit.h"
#include "present/present.h"

/* Scheme and authority, found in another way than the product does. */
static struct idr_bytes origin(struct idr_bytes url)
{
	size_t slashes = 0, n = 0;

	while (n < url.n && slashes < 3 && url.p[n] != '?' && url.p[n] != '#') {
		slashes += url.p[n] == '/' || url.p[n] == '\\';
		n += slashes < 3;
	}
	return idr_bytes_first(url, n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(1 << 20);
	struct idr_bytes in = idr_bytes(data, size), url, list, copy;
	size_t end = idr_bytes_index(in, 0, '\n');
	bool same = false;
	struct idr_err err;

	url = end == SIZE_MAX ? IDR_LIT("") : idr_bytes_from(in, end + 1);
	fuzz_check(idr_arena_copy(a, idr_bytes_first(in, end), &copy, &err));
	for (size_t i = 0; i < copy.n; i++)
		((uint8_t *)(uintptr_t)copy.p)[i] = copy.p[i] == ' ' ? '\n' : copy.p[i];
	list = copy;
	if (present_url_is_allowed(copy, url)) {
		fuzz_check(present_url_is_web(url) && url.n && !memchr(url.p, '\\', url.n) && !memchr(url.p, '@', origin(url).n));
		while (list.n) {
			end = idr_bytes_index(list, 0, '\n');
			same |= idr_bytes_equal(origin(idr_bytes_first(list, end)), origin(url));
			list = end == SIZE_MAX ? IDR_LIT("") : idr_bytes_from(list, end + 1);
		}
		fuzz_check(same);
	}
	fuzz_check(!present_url_host(url).n || present_url_host(url).n < url.n);
	idr_arena_free(&a);
	return 0;
}
