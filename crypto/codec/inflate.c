#include "codec/inflate.h"

#include <limits.h>

#define ZLIB_CONST /* zlib takes its input as const */
#include <zlib.h>

#define RFC "RFC 1950 section 2.2"

/* The output so far; it moves to a larger place in the arena when it is full. */
struct output {
	struct idr_arena *a;
	uint8_t *p;
	size_t n, room, max;
};

static size_t first_room(size_t in, size_t max)
{
	size_t n = in < max / 4 ? in * 4 : max;

	return n < 1024 && n < max ? (max < 1024 ? max : 1024) : n;
}

static bool make_room(struct output *o, struct idr_err *err)
{
	size_t room = o->room > o->max / 2 ? o->max : o->room * 2;
	uint8_t *p = idr_arena_alloc(o->a, room, err);

	if (!p)
		return false;
	memcpy(p, o->p, o->n);
	o->p = p;
	o->room = room;
	return true;
}

/* The output is full: does the stream end here, and if not, may it go on? */
static bool at_ceiling(z_stream *z, int *rc, struct idr_err *err)
{
	uint8_t one;

	z->next_out = &one;
	z->avail_out = 1;
	*rc = inflate(z, Z_NO_FLUSH);
	if (z->avail_out == 0)
		return idr_fail(err, IDR_TOO_LARGE, NULL, "the compressed data inflates beyond its limit");
	return true;
}

static bool run(z_stream *z, struct output *o, struct idr_err *err)
{
	int rc = Z_OK;

	while (rc == Z_OK) {
		size_t part = o->room - o->n < UINT_MAX ? o->room - o->n : UINT_MAX;

		if (part == 0 && o->room < o->max) {
			if (!make_room(o, err))
				return false;
			continue;
		}
		if (part == 0) {
			if (!at_ceiling(z, &rc, err))
				return false;
			continue;
		}
		z->next_out = o->p + o->n;
		z->avail_out = (uInt)part;
		rc = inflate(z, Z_NO_FLUSH);
		o->n += part - z->avail_out;
	}
	if (rc != Z_STREAM_END)
		return idr_fail(err, IDR_ZLIB, RFC, "the compressed data is damaged, cut short or not zlib");
	if (z->avail_in)
		return idr_fail(err, IDR_ZLIB, RFC, "something follows the compressed data");
	return true;
}

/* implements: TSL 8.3e */
bool idr_inflate(struct idr_arena *a, struct idr_bytes in, size_t max,
    struct idr_bytes *out, struct idr_err *err)
{
	struct output o = { .a = a, .max = max, .room = first_room(in.n, max) };
	z_stream z = { .next_in = in.p };
	bool good;

	if (in.n > UINT_MAX)
		return idr_fail(err, IDR_TOO_LARGE, NULL, "the compressed data is larger than 4 GiB");
	o.p = idr_arena_alloc(a, o.room + 1, err);
	if (!o.p)
		return false;
	z.avail_in = (uInt)in.n;
	/* inflateInit, not the variants that guess: gzip and raw deflate are refused */
	if (inflateInit(&z) != Z_OK)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	good = run(&z, &o, err);
	inflateEnd(&z);
	if (good)
		*out = idr_bytes(o.p, o.n);
	return good;
}

bool idr_deflate(struct idr_arena *a, struct idr_bytes in, bool bitmap,
    struct idr_bytes *out, struct idr_err *err)
{
	z_stream z = { .next_in = in.p };
	size_t room;
	uint8_t *p;
	int rc;

	if (in.n > UINT_MAX / 2)
		return idr_fail(err, IDR_TOO_LARGE, NULL, "the data to compress is larger than 2 GiB");
	/* runs are all that a bitmap of revocations offers: Z_RLE is faster and no larger there */
	if (deflateInit2(&z, 6, Z_DEFLATED, 15, 8, bitmap ? Z_RLE : Z_DEFAULT_STRATEGY) != Z_OK)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	room = deflateBound(&z, in.n);
	p = idr_arena_alloc(a, room, err);
	if (p) {
		z.avail_in = (uInt)in.n;
		z.next_out = p;
		z.avail_out = (uInt)room;
		rc = deflate(&z, Z_FINISH);
		if (rc == Z_STREAM_END)
			*out = idr_bytes(p, z.total_out);
		else
			p = NULL, idr_fail(err, IDR_INTERNAL, NULL, "zlib did not finish");
	}
	deflateEnd(&z);
	return p != NULL;
}
