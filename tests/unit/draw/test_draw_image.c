/* A symbol drawn as PNG, SVG and terminal text is read back: by zbar, and the SVG by filling its path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <zbar.h>
#include <zlib.h>

#include "draw/draw.h"

static struct idr_arena *a;
static struct idr_err err;

static int setup(void **state)
{
	(void)state;
	a = idr_arena_new(64 * 1024 * 1024);
	return a ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	idr_arena_free(&a);
	return 0;
}

/* n characters of the base45 alphabet, not periodic */
static struct idr_bytes sample(size_t n)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
	uint8_t *p = idr_arena_alloc(a, n, &err);
	uint32_t x = 12345;

	assert_non_null(p);
	for (size_t i = 0; i < n; i++) {
		x = x * 1103515245u + 12345u;
		p[i] = (uint8_t)alphabet[(x >> 16) % 45];
	}
	return idr_bytes(p, n);
}

static struct idr_symbol symbol_of(struct idr_bytes text, enum idr_level level)
{
	struct idr_symbol q;

	assert_true(idr_draw_symbol(a, text, level, 40, &q, &err));
	assert_int_equal(q.size, 17 + 4 * q.version);
	return q;
}

/* What zbar reads in a grey picture; it must be exactly one symbol. */
static void assert_reads(const uint8_t *grey, unsigned side, struct idr_bytes text)
{
	zbar_image_scanner_t *scanner = zbar_image_scanner_create();
	zbar_image_t *image = zbar_image_create();
	const zbar_symbol_t *s;

	zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, side, side);
	zbar_image_set_data(image, grey, (unsigned long)side * side, NULL);
	assert_int_equal(zbar_scan_image(scanner, image), 1);
	s = zbar_image_first_symbol(image);
	assert_non_null(s);
	assert_int_equal(zbar_symbol_get_data_length(s), text.n);
	assert_memory_equal(zbar_symbol_get_data(s), text.p, text.n);
	zbar_image_destroy(image);
	zbar_image_scanner_destroy(scanner);
}

static uint32_t word(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The pixels of a 1-bit grey PNG of ours as bytes. */
static uint8_t *png_pixels(struct idr_bytes png, unsigned *side)
{
	const uint8_t *p = png.p + 8;
	uint8_t *raw, *grey;
	uLongf n;
	size_t stride;

	assert_memory_equal(png.p, "\x89PNG\r\n\x1a\n", 8);
	assert_memory_equal(p + 4, "IHDR", 4);
	assert_int_equal(word(p + 8), word(p + 12));
	assert_int_equal(p[16], 1);
	assert_int_equal(p[17], 0);
	*side = word(p + 8);
	stride = 1 + (*side + 7) / 8;
	assert_int_equal(word(p + 21), crc32(0, p + 4, 17));
	p += 25;
	assert_memory_equal(p + 4, "IDAT", 4);
	n = (uLongf)(*side * stride);
	raw = idr_arena_alloc(a, n, &err);
	grey = idr_arena_alloc(a, (size_t)*side * *side, &err);
	assert_true(raw && grey);
	assert_int_equal(uncompress(raw, &n, p + 8, word(p)), Z_OK);
	assert_int_equal(n, *side * stride);
	for (unsigned y = 0; y < *side; y++)
		for (unsigned x = 0; x < *side; x++)
			grey[(size_t)y * *side + x] = raw[y * stride + 1 + x / 8] >> (7 - x % 8) & 1 ? 255 : 0;
	return grey;
}

static void png_is_read_back_by_zbar(void **state)
{
	static const size_t lengths[] = { 20, 330, 1414, 1850 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct idr_bytes text = sample(lengths[i]), png;
		struct idr_symbol q = symbol_of(text, IDR_LEVEL_M);
		unsigned side;
		uint8_t *grey;

		assert_true(idr_draw_png(a, &q, 4, &png, &err));
		grey = png_pixels(png, &side);
		assert_reads(grey, side, text);
		assert_int_equal(side, (q.size + 8) * 4);
	}
}

static void png_file_is_read_back_by_zbarimg(void **state)
{
	char path[] = "/tmp/idr-draw-XXXXXX", line[64], got[1024] = "";
	struct idr_bytes text = sample(500), png;
	struct idr_symbol q = symbol_of(text, IDR_LEVEL_M);
	int fd;
	FILE *f;

	(void)state;
	if (system("command -v zbarimg >/dev/null 2>&1") != 0)
		skip();
	assert_true(idr_draw_png(a, &q, 4, &png, &err));
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, png.p, png.n), (ssize_t)png.n);
	close(fd);
	snprintf(line, sizeof(line), "zbarimg -q --raw %s 2>/dev/null", path);
	f = popen(line, "r");
	assert_non_null(f);
	assert_non_null(fgets(got, sizeof(got), f));
	pclose(f);
	unlink(path);
	assert_int_equal(strlen(got), text.n + 1);
	assert_memory_equal(got, text.p, text.n);
}

/* Fill the rectangles of the one path: M x y h run v1 h-run z. */
static uint8_t *svg_pixels(struct idr_bytes svg, unsigned scale, unsigned *side)
{
	char *s = idr_arena_alloc(a, svg.n + 1, &err), *d;
	uint8_t *grey;
	long x, y, run, back;
	int used;

	assert_non_null(s);
	memcpy(s, svg.p, svg.n);
	d = strstr(s, "viewBox=\"0 0 ");
	assert_non_null(d);
	*side = (unsigned)strtoul(d + 13, NULL, 10) * scale;
	grey = idr_arena_alloc(a, (size_t)*side * *side, &err);
	assert_non_null(grey);
	memset(grey, 255, (size_t)*side * *side);
	d = strstr(s, " d=\"");
	assert_non_null(d);
	for (d += 4; *d != '"'; d += used) {
		used = 0;
		assert_int_equal(sscanf(d, "M%ld %ldh%ldv1h%ldz%n", &x, &y, &run, &back, &used), 4);
		assert_true(used > 0 && run > 0 && back == -run);
		for (long py = y * scale; py < (y + 1) * (long)scale; py++)
			for (long px = x * scale; px < (x + run) * (long)scale; px++)
				grey[(size_t)py * *side + (size_t)px] = 0;
	}
	return grey;
}

static void svg_is_read_back_when_its_path_is_filled(void **state)
{
	struct idr_bytes text = sample(1414), svg;
	struct idr_symbol q = symbol_of(text, IDR_LEVEL_Q);
	unsigned side;
	uint8_t *grey;

	(void)state;
	assert_true(idr_draw_svg(a, &q, 0.35, "National ID <proof> & \"photo\"", &svg, &err));
	grey = svg_pixels(svg, 4, &side);
	assert_reads(grey, side, text);
	assert_non_null(memmem(svg.p, svg.n, "&lt;proof&gt; &amp; &quot;photo&quot;", 37));
	assert_null(memmem(svg.p, svg.n, "<proof>", 7));
}

static void svg_measures_are_millimetres_with_the_border(void **state)
{
	struct idr_bytes svg;
	struct idr_symbol q = symbol_of(sample(20), IDR_LEVEL_M); /* version 1: 21 modules */

	(void)state;
	assert_int_equal(q.size, 21);
	assert_true(idr_draw_svg(a, &q, 0.5, NULL, &svg, &err));
	assert_non_null(memmem(svg.p, svg.n, "width=\"14.500mm\"", 16));
}

static void terminal_text_holds_the_same_modules(void **state)
{
	struct idr_bytes text = sample(100), out;
	struct idr_symbol q = symbol_of(text, IDR_LEVEL_M);
	unsigned side = q.size + 8, scale = 4, x = 0, y = 0;
	size_t at = 0;
	uint8_t *grey;

	(void)state;
	assert_true(idr_draw_terminal(a, &q, &out, &err));
	grey = idr_arena_alloc(a, (size_t)side * scale * side * scale, &err);
	assert_non_null(grey);
	while (at < out.n) {
		unsigned light;

		if (out.p[at] == '\n') {
			x = 0;
			y += 2;
			at++;
			continue;
		}
		if (out.p[at] == 0x1b) {
			at = idr_bytes_index(out, at, 'm') + 1;
			continue;
		}
		light = out.p[at] == ' ' ? 0 : out.p[at + 2] == 0x84 ? 1 : out.p[at + 2] == 0x80 ? 2 : 3;
		at += out.p[at] == ' ' ? 1 : 3;
		for (unsigned i = 0; i < 2 * scale * scale; i++) {
			unsigned py = y * scale + i / scale, px = x * scale + i % scale;

			if (py < side * scale)
				grey[(size_t)py * side * scale + px] = light >> (i < scale * scale ? 1 : 0) & 1 ? 255 : 0;
		}
		x++;
	}
	assert_true(y >= side);
	assert_reads(grey, side * scale, text);
}

static void refuses_more_than_the_largest_version_allowed(void **state)
{
	struct idr_symbol q;

	(void)state;
	/* ISO/IEC 18004 table 7: version 25 at M holds 1451 alphanumeric characters */
	assert_true(idr_draw_symbol(a, sample(1451), IDR_LEVEL_M, 25, &q, &err));
	assert_int_equal(q.version, 25);
	assert_false(idr_draw_symbol(a, sample(1452), IDR_LEVEL_M, 25, &q, &err));
	assert_int_equal(err.code, IDR_LIMIT);
}

static void refuses_more_than_any_symbol_holds(void **state)
{
	struct idr_symbol q;

	(void)state;
	assert_true(idr_draw_symbol(a, sample(4296), IDR_LEVEL_L, 40, &q, &err));
	assert_false(idr_draw_symbol(a, sample(4297), IDR_LEVEL_L, 40, &q, &err));
	assert_int_equal(err.code, IDR_LIMIT);
	assert_false(idr_draw_symbol(a, idr_bytes(NULL, 0), IDR_LEVEL_L, 40, &q, &err));
	assert_int_equal(err.code, IDR_LIMIT);
}

static void draws_lower_case_text_as_bytes(void **state)
{
	struct idr_bytes text = IDR_LIT("openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fx.example%2Fo%2F1");
	struct idr_symbol q = symbol_of(text, IDR_LEVEL_M);
	struct idr_bytes png;
	unsigned side;
	uint8_t *grey;

	(void)state;
	assert_true(idr_draw_png(a, &q, 4, &png, &err));
	grey = png_pixels(png, &side);
	assert_reads(grey, side, text);
}

static void refuses_scales_that_make_no_picture(void **state)
{
	struct idr_symbol q = symbol_of(sample(20), IDR_LEVEL_M);
	struct idr_bytes out;

	(void)state;
	assert_false(idr_draw_png(a, &q, 0, &out, &err));
	assert_false(idr_draw_png(a, &q, 33, &out, &err));
	assert_false(idr_draw_svg(a, &q, 0, NULL, &out, &err));
	assert_false(idr_draw_svg(a, &q, 1e9, NULL, &out, &err));
	assert_int_equal(err.code, IDR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(png_is_read_back_by_zbar, setup, teardown),
		cmocka_unit_test_setup_teardown(png_file_is_read_back_by_zbarimg, setup, teardown),
		cmocka_unit_test_setup_teardown(svg_is_read_back_when_its_path_is_filled, setup, teardown),
		cmocka_unit_test_setup_teardown(svg_measures_are_millimetres_with_the_border, setup, teardown),
		cmocka_unit_test_setup_teardown(terminal_text_holds_the_same_modules, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_more_than_the_largest_version_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_more_than_any_symbol_holds, setup, teardown),
		cmocka_unit_test_setup_teardown(draws_lower_case_text_as_bytes, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_scales_that_make_no_picture, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
