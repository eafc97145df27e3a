/* sri: see the header. */
#include "sdjwt/sri.h"

#include "base/text.h"

static bool fits(struct idr_suite *s, struct idr_arena *a, struct idr_bytes value,
    struct idr_bytes octets, enum idr_hash h)
{
	uint8_t digest[IDR_HASH_MAX];
	struct idr_bytes wanted;
	struct idr_err ignored;
	size_t options = idr_bytes_index(value, 0, '?'); /* SRI: options are ignored */

	value = idr_bytes_from(idr_bytes_first(value, options), strlen("sha256-"));
	if (!idr_b64_decode(a, value, &wanted, &ignored))
		return false;
	idr_suite_hash(s, h, octets, digest);
	return idr_bytes_equal(wanted, idr_bytes(digest, idr_hash_len(h)));
}

/* implements: SDJWTVC 5a */
bool idr_sri_matches(struct idr_suite *s, struct idr_arena *a, struct idr_bytes integrity,
    struct idr_bytes octets)
{
	static const char *const names[] = { "sha512-", "sha384-", "sha256-" };
	static const enum idr_hash hashes[] = { IDR_SHA512, IDR_SHA384, IDR_SHA256 };

	for (size_t i = 0; i < 3; i++) {
		bool found = false;
		size_t at = 0;

		while (at < integrity.n) {
			size_t end = idr_bytes_index(integrity, at, ' ');
			struct idr_bytes value = idr_bytes_first(idr_bytes_from(integrity, at),
			    end == SIZE_MAX ? SIZE_MAX : end - at);

			if (idr_bytes_starts(value, names[i])) {
				found = true;
				if (fits(s, a, value, octets, hashes[i]))
					return true;
			}
			at = end == SIZE_MAX ? integrity.n : end + 1;
		}
		if (found)
			return false;
	}
	return false;
}
