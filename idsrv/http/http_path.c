#include "http/http_path.h"

#include "http/http_strict.h"

/* RFC 9112 section 3.2.2: a server accepts the absolute form; who is meant is not asked. */
static struct idr_bytes origin_form(struct idr_bytes target)
{
	size_t slash;

	if (!idr_bytes_starts(target, "http://") && !idr_bytes_starts(target, "https://"))
		return target;
	slash = idr_bytes_index(target, target.p[4] == 's' ? 8 : 7, '/');
	return slash == SIZE_MAX ? IDR_LIT("/") : idr_bytes_from(target, slash);
}

bool http_target_split(struct idr_arena *a, struct idr_bytes target, struct http_path *path,
    struct idr_bytes *query, struct idr_err *err)
{
	size_t mark, from = 1;

	*path = (struct http_path){ 0 };
	target = origin_form(target);
	mark = idr_bytes_index(target, 0, '?');
	*query = mark == SIZE_MAX ? idr_bytes(NULL, 0) : idr_bytes_from(target, mark + 1);
	target = idr_bytes_first(target, mark);
	if (!target.n || target.p[0] != '/') {
		path->too_many = true; /* "*" and the like name nothing here */
		return true;
	}
	while (from <= target.n) {
		size_t end = idr_bytes_index(target, from, '/');
		struct idr_bytes raw;

		if (end == SIZE_MAX)
			end = target.n;
		raw = idr_bytes(target.p + from, end - from);
		if (path->n == HTTP_SEGMENTS) {
			path->too_many = true;
			return true;
		}
		if (!http_segment_decode(a, raw, &path->segment[path->n++], err))
			return false;
		from = end + 1;
	}
	return true;
}

void http_base_read(const char *url, struct http_path *out)
{
	struct idr_bytes left = origin_form(idr_str(url ? url : ""));

	*out = (struct http_path){ 0 };
	while (left.n > 1 && left.p[0] == '/' && out->n < HTTP_SEGMENTS) {
		size_t end = idr_bytes_index(left, 1, '/');

		out->segment[out->n++] = idr_bytes_from(idr_bytes_first(left, end), 1);
		left = end == SIZE_MAX ? idr_bytes(NULL, 0) : idr_bytes_from(left, end);
	}
}

static bool has_at(const struct http_path *path, size_t from, const struct http_path *base)
{
	if (path->n < from + base->n)
		return false;
	for (size_t i = 0; i < base->n; i++)
		if (!idr_bytes_equal(path->segment[from + i], base->segment[i]))
			return false;
	return true;
}

bool http_base_strip(struct http_path *path, const struct http_path *base)
{
	bool well_known = path->n == 2 + base->n && idr_bytes_is(path->segment[0], ".well-known");
	size_t from = well_known ? 2 : 0;

	if (!base->n || path->too_many || !has_at(path, from, base))
		return false;
	path->n -= base->n;
	memmove(path->segment + from, path->segment + from + base->n, (path->n - from) * sizeof(path->segment[0]));
	return true;
}

bool http_bases_strip(struct http_path *path, const struct http_path base[2])
{
	bool second = base[1].n > base[0].n;

	return http_base_strip(path, &base[second]) || http_base_strip(path, &base[!second]);
}

/* Walk the row's path and the request's side by side; {x} matches one segment that is not empty. */
static bool matches(const struct http_route *row, const struct http_path *path,
    struct idr_bytes part[HTTP_PARTS])
{
	const char *p = row->path;
	size_t parts = 0;

	for (size_t i = 0; i < path->n; i++) {
		size_t len;

		if (*p++ != '/')
			return false;
		len = strcspn(p, "/");
		if (*p == '{') {
			if (!path->segment[i].n || parts == HTTP_PARTS)
				return false;
			part[parts++] = path->segment[i];
		} else if (!idr_bytes_equal(path->segment[i], idr_bytes(p, len))) {
			return false;
		}
		p += len;
	}
	return !*p;
}

static void allow_add(struct http_match *m, const struct http_route *row)
{
	static const char *const name[] = {
		[HTTP_GET] = "GET, HEAD", [HTTP_POST] = "POST", [HTTP_PUT] = "PUT",
		[HTTP_DELETE] = "DELETE", [HTTP_OPTIONS] = "OPTIONS"
	};
	struct idr_buf b = { 0 };

	idr_buf_fixed(&b, m->allow, sizeof(m->allow) - 1);
	b.n = strlen(m->allow);
	if (b.n)
		idr_buf_put_str(&b, ", ");
	idr_buf_put_str(&b, name[row->method]);
	if (row->any_origin)
		idr_buf_put_str(&b, ", OPTIONS");
	m->allow[b.n] = 0;
}

void http_route_find(const struct http_route *routes, enum http_listener which,
    enum http_method method, const struct http_path *path, struct http_match *out)
{
	*out = (struct http_match){ 0 };
	for (const struct http_route *row = routes; row->name && !path->too_many; row++) {
		struct idr_bytes part[HTTP_PARTS] = { { 0 } };

		if (row->listener != which || !matches(row, path, part))
			continue;
		allow_add(out, row);
		if (!out->path_known || row->method == method) {
			out->route = row;
			memcpy(out->part, part, sizeof(part));
		}
		out->path_known = true;
		if (row->method == method)
			return;
	}
}
