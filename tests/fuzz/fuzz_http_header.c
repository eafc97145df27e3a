/*
 * fuzz_http_header: headers, framing, request target and media ranges as a client may send them.
 *
 * First line: version, a space, the target. Then one "name:value" a line.
 */
#include "fuzz/fuzzkit.h"
#include "http/http_internal.h"

static const struct http_route table[] = {
	{ .name = "a", .listener = HTTP_PUBLIC, .method = HTTP_GET, .path = "/a/{x}/b/{y}", .any_origin = true },
	{ .name = "b", .listener = HTTP_PUBLIC, .method = HTTP_PUT, .path = "/a/{x}/b/{y}" },
	{ .name = "c", .listener = HTTP_PUBLIC, .method = HTTP_POST, .path = "/statuslists" },
	{ 0 }
};

static struct idr_bytes line(struct idr_bytes *in, uint8_t end)
{
	size_t at = idr_bytes_index(*in, 0, end);
	struct idr_bytes out = idr_bytes_first(*in, at);

	*in = at == SIZE_MAX ? idr_bytes(in->p, 0) : idr_bytes_from(*in, at + 1);
	return out;
}

static void try_target(struct idr_arena *a, struct idr_bytes target)
{
	struct idr_err err = { 0 };
	struct idr_bytes query;
	struct http_path path, base;
	struct http_match m;

	if (!http_target_split(a, target, &path, &query, &err))
		return;
	http_base_read("https://a.example/a/c", &base);
	(void)http_base_strip(&path, &base);
	http_route_find(table, HTTP_PUBLIC, HTTP_GET, &path, &m);
	/* a decoded part never holds what the rows of the table rely on being absent */
	for (size_t i = 0; m.path_known && i < HTTP_PARTS && m.part[i].p; i++)
		if (memchr(m.part[i].p, 0, m.part[i].n) || memchr(m.part[i].p, '/', m.part[i].n))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(4 * 1024 * 1024);
	struct idr_bytes in = idr_bytes(data, size), first = line(&in, '\n');
	struct idr_bytes version = line(&first, ' ');
	struct http_framing framing;
	struct idr_err err = { 0 };
	struct http_call *c = idr_arena_alloc(a, sizeof(*c), &err);

	c->r.arena = a;
	c->r.private_http = c;
	while (in.n && c->n_field < HTTP_HEADERS) {
		struct idr_bytes l = line(&in, '\n');

		c->field[c->n_field].name = line(&l, ':');
		c->field[c->n_field++].value = l;
	}
	if (http_strict_check(version, c->field, c->n_field, &framing, &err) && framing.chunked &&
	    framing.has_length)
		abort();
	(void)http_accepts(&c->r, "application/jwt");
	(void)http_accepts_explicitly(&c->r, "application/statuslist+cwt");
	(void)http_content_type(&c->r);
	try_target(a, first);
	idr_arena_free(&a);
	return 0;
}
