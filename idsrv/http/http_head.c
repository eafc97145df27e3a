/*
 * Takes the headers over from libmicrohttpd and makes sure that what it shows is all that was sent.
 *
 * 0.9.75 hides bytes: a value ends at its first NUL, a line may end with a bare LF, a folded line
 * loses its fold (dependencies brief 4). Then the bytes it counted and the bytes it shows differ,
 * because between two fields stand exactly CR and LF. 1.0 has another parser, which refuses all
 * this itself.
 */
#include "http/http_internal.h"

static enum MHD_Result add_field(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_n,
    const char *value, size_t value_n)
{
	struct http_call *c = cls;

	(void)kind;
	if (c->n_field == HTTP_HEADERS) {
		c->too_many = true;
		return MHD_NO;
	}
	c->field[c->n_field++] = (struct http_field){ idr_bytes(key, key_n), idr_bytes(value, value_n) };
	return MHD_YES;
}

/* From the name's first byte to behind the value; SIZE_MAX when they do not follow each other. */
static size_t span(const struct http_field *f)
{
	uintptr_t name = (uintptr_t)f->name.p, value = (uintptr_t)f->value.p;

	if (!value || value < name + f->name.n || value - name > HTTP_HEADER_LINE * 2)
		return SIZE_MAX;
	return value - name + f->value.n;
}

static bool is_exact(const struct http_call *c, const char *method, const char *version, size_t sent)
{
	size_t sum = strlen(method) + 1 + c->conn->target.n + 1 + strlen(version) + 2 + 2;

	for (size_t i = 0; i < c->n_field; i++) {
		size_t n = span(&c->field[i]);

		if (n == SIZE_MAX)
			return false;
		if (i + 1 < c->n_field && c->field[i + 1].name.p != c->field[i].name.p + n + 2)
			return false;
		sum += n + 2;
	}
	return sum == sent;
}

bool http_head_read(struct http_call *c, const char *method, const char *version,
    struct idr_err *err)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(c->mhd,
	    MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	MHD_get_connection_values_n(c->mhd, MHD_HEADER_KIND, add_field, c);
	if (c->too_many)
		return idr_fail(err, IDR_HEADERS_TOO_LARGE, "RFC 6585 section 5", "too many headers");
	if (!http_strict_check(idr_str(version), c->field, c->n_field, &c->framing, err))
		return false;
	if (info && !strncmp(MHD_get_version(), "0.9.", 4) &&
	    !is_exact(c, method, version, info->header_size))
		return idr_fail(err, IDR_BAD_HTTP, "RFC 9112 section 2.2",
		    "the headers hold a NUL, a bare line feed or a folded line");
	return true;
}
