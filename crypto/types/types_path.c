/* types_path: claim paths of mdoc.elements and qr.cuts, in the type and in a credential's claims. */
#include "types/types_internal.h"

/* The part of the path at *at; *at moves behind its dot, or to SIZE_MAX behind the last. */
static struct idr_bytes next_part(struct idr_bytes path, size_t *at)
{
	size_t dot = idr_bytes_index(path, *at, '.');
	struct idr_bytes part = idr_bytes_first(idr_bytes_from(path, *at),
	    dot == SIZE_MAX ? SIZE_MAX : dot - *at);

	*at = dot == SIZE_MAX ? SIZE_MAX : dot + 1;
	return part;
}

/* The position of an array's element: up to four digits. */
static bool position(struct idr_bytes part, size_t *out)
{
	if (!part.n || part.n > 4)
		return false;
	*out = 0;
	for (size_t i = 0; i < part.n; i++) {
		if (part.p[i] < '0' || part.p[i] > '9')
			return false;
		*out = *out * 10 + (part.p[i] - '0');
	}
	return true;
}

const struct idr_claim *idr_type_claim_at(const struct idr_type *t, struct idr_bytes path)
{
	const struct idr_claim *set = t->claim, *c = NULL;
	size_t n = t->n_claim, at = 0, ignored;

	do {
		struct idr_bytes part = next_part(path, &at);
		size_t i = 0;

		if (c && c->type == IDR_CLAIM_ARRAY) {
			if (!position(part, &ignored))
				return NULL;
		} else {
			while (i < n && !idr_bytes_equal(set[i].name, part))
				i++;
		}
		if (!part.n || i >= n)
			return NULL;
		c = &set[i];
		set = c->member;
		n = c->n_member;
	} while (at != SIZE_MAX);
	return c;
}

const struct idr_json *idr_type_value_at(const struct idr_json *v, struct idr_bytes path)
{
	size_t at = 0, i;

	while (v && at != SIZE_MAX) {
		struct idr_bytes part = next_part(path, &at);

		if (v->type != IDR_JSON_ARRAY)
			v = idr_json_find_bytes(v, part);
		else
			v = position(part, &i) ? idr_json_at(v, i) : NULL;
	}
	return v;
}
