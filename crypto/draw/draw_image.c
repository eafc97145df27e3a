#include "draw/draw.h"

#include <zlib.h>

enum { BORDER = 4, IMAGE_MAX = 4 * 1024 * 1024, SCALE_MAX = 32 };

static bool is_dark(const struct idr_symbol *q, long x, long y)
{
	return x >= 0 && y >= 0 && x < (long)q->size && y < (long)q->size &&
	    q->module[(size_t)y * q->size + (size_t)x];
}

/* ---- PNG ---- */

static void be32(uint8_t out[4], uint32_t v)
{
	out[0] = (uint8_t)(v >> 24);
	out[1] = (uint8_t)(v >> 16);
	out[2] = (uint8_t)(v >> 8);
	out[3] = (uint8_t)v;
}

/* RFC 2083 section 3.2: length, type, data, CRC over type and data */
static void chunk(struct idr_buf *b, const char *type, struct idr_bytes data)
{
	uint8_t word[4];
	uLong crc = crc32(0, (const Bytef *)type, 4);

	be32(word, (uint32_t)data.n);
	idr_buf_put(b, idr_bytes(word, 4));
	idr_buf_put(b, idr_bytes(type, 4));
	idr_buf_put(b, data);
	if (data.n)
		crc = crc32(crc, data.p, (uInt)data.n);
	be32(word, (uint32_t)crc);
	idr_buf_put(b, idr_bytes(word, 4));
}

/* One row: filter byte 0, then one bit per pixel, 1 is white. */
static void row_of(const struct idr_symbol *q, long y, unsigned scale, uint8_t *row, size_t stride)
{
	long side = (long)q->size + 2 * BORDER;
	size_t pixel = 0;

	memset(row, 0, stride);
	for (long x = 0; x < side; x++) {
		bool light = !is_dark(q, x - BORDER, y - BORDER);

		for (unsigned i = 0; i < scale; i++, pixel++)
			if (light)
				row[1 + pixel / 8] |= (uint8_t)(0x80 >> pixel % 8);
	}
}

/* All rows, compressed. Rows of one module row are equal, which deflate takes up by itself. */
static bool pixels(struct idr_arena *a, const struct idr_symbol *q, unsigned scale,
    struct idr_bytes *out, struct idr_err *err)
{
	size_t side = (q->size + 2 * BORDER) * (size_t)scale;
	size_t stride = 1 + (side + 7) / 8;
	uint8_t *raw = idr_arena_array(a, side, stride, err);
	uLongf n = compressBound((uLong)(side * stride));
	uint8_t *zlib;

	if (!raw)
		return false;
	for (size_t y = 0; y < side; y++)
		row_of(q, (long)(y / scale), scale, raw + y * stride, stride);
	zlib = idr_arena_alloc(a, n, err);
	if (!zlib)
		return false;
	if (compress2(zlib, &n, raw, (uLong)(side * stride), 9) != Z_OK)
		return idr_fail(err, IDR_MEMORY, NULL, "the image could not be compressed");
	*out = idr_bytes(zlib, n);
	return true;
}

bool idr_draw_png(struct idr_arena *a, const struct idr_symbol *q, unsigned scale,
    struct idr_bytes *out, struct idr_err *err)
{
	/* width, height, bit depth 1, colour type 0 (grey), deflate, no filter, no interlace */
	uint8_t header[13] = { 0 };
	struct idr_bytes data;
	struct idr_buf b;
	uint32_t side;

	if (!scale || scale > SCALE_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "a module is 1 to %d pixels wide", SCALE_MAX);
	if (!pixels(a, q, scale, &data, err))
		return false;
	side = (q->size + 2 * BORDER) * scale;
	be32(header, side);
	be32(header + 4, side);
	header[8] = 1;
	idr_buf_init(&b, a, data.n + 64, IMAGE_MAX);
	idr_buf_put(&b, IDR_LIT("\x89PNG\r\n\x1a\n"));
	chunk(&b, "IHDR", idr_bytes(header, sizeof(header)));
	chunk(&b, "IDAT", data);
	chunk(&b, "IEND", idr_bytes(NULL, 0));
	return idr_buf_done(&b, out, err);
}

/* ---- SVG ---- */

static void put_escaped(struct idr_buf *b, const char *s)
{
	for (; *s; s++)
		switch (*s) {
		case '<':
			idr_buf_put_str(b, "&lt;");
			break;
		case '>':
			idr_buf_put_str(b, "&gt;");
			break;
		case '&':
			idr_buf_put_str(b, "&amp;");
			break;
		case '"':
			idr_buf_put_str(b, "&quot;");
			break;
		default:
			idr_buf_put_byte(b, (uint8_t)*s);
			break;
		}
}

/* Runs of dark modules as rectangles of height one: "M4 5h7v1h-7z". */
static void put_path(struct idr_buf *b, const struct idr_symbol *q)
{
	for (long y = 0; y < (long)q->size; y++)
		for (long x = 0; x < (long)q->size; x++) {
			long run = 0;

			while (is_dark(q, x + run, y))
				run++;
			if (run)
				idr_buf_printf(b, "M%ld %ldh%ldv1h-%ldz", x + BORDER, y + BORDER, run, run);
			x += run;
		}
}

bool idr_draw_svg(struct idr_arena *a, const struct idr_symbol *q, double module_mm,
    const char *title, struct idr_bytes *out, struct idr_err *err)
{
	unsigned side = q->size + 2 * BORDER;
	long um; /* printed from whole numbers: a decimal comma of some locale would be no SVG */
	struct idr_buf b;

	if (!(module_mm > 0.05 && module_mm < 20))
		return idr_fail(err, IDR_LIMIT, NULL, "a module is 0.05 to 20 mm wide");
	um = (long)(module_mm * side * 1000 + 0.5);
	idr_buf_init(&b, a, 16 * 1024, IMAGE_MAX);
	idr_buf_printf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%ld.%03ldmm\" "
	    "height=\"%ld.%03ldmm\" viewBox=\"0 0 %u %u\" shape-rendering=\"crispEdges\" role=\"img\">\n",
	    um / 1000, um % 1000, um / 1000, um % 1000, side, side);
	idr_buf_put_str(&b, "<title>");
	put_escaped(&b, title ? title : "QR code");
	idr_buf_printf(&b, "</title>\n<rect width=\"%u\" height=\"%u\" fill=\"#fff\"/>\n", side, side);
	idr_buf_put_str(&b, "<path fill=\"#000\" d=\"");
	put_path(&b, q);
	idr_buf_put_str(&b, "\"/>\n</svg>\n");
	return idr_buf_done(&b, out, err);
}

/* ---- terminal ---- */

bool idr_draw_terminal(struct idr_arena *a, const struct idr_symbol *q, struct idr_bytes *out,
    struct idr_err *err)
{
	/* by the upper and lower module being light: a light half block on a black ground, so that
	 * the symbol is dark on light whatever the terminal's own colours are */
	static const char *const half[4] = { " ", "\xe2\x96\x84", "\xe2\x96\x80", "\xe2\x96\x88" };
	long end = (long)q->size + BORDER;
	struct idr_buf b;

	idr_buf_init(&b, a, 32 * 1024, IMAGE_MAX);
	for (long y = -BORDER; y < end; y += 2) {
		idr_buf_put_str(&b, "\x1b[97;40m");
		for (long x = -BORDER; x < end; x++) {
			unsigned up = is_dark(q, x, y) ? 0 : 2;
			unsigned low = is_dark(q, x, y + 1) || y + 1 >= end ? 0 : 1;

			idr_buf_put_str(&b, half[up + low]);
		}
		idr_buf_put_str(&b, "\x1b[0m\n");
	}
	return idr_buf_done(&b, out, err);
}
