/*
 * paper_read: can the code of a rendered page be read back, straight and after what happens to paper?
 *
 *	paper_read PAGE.pgm TEXT MODULE_PIXELS [DUMP_PREFIX]
 *
 * PAGE.pgm is a grey page as a printer would draw it, TEXT a file with what the code must say. The straight page is read
 * by zbar and measured. With DUMP_PREFIX every distortion is made from the page, read by zbar, compared, and written for
 * other readers. Each is told as "ok NAME" or "FAIL NAME"; exit code 1 when anything failed. The same at every run.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <zbar.h>

struct picture {
	uint8_t *p;
	int w, h;
};

struct corner {
	double x, y;
};

static struct picture page;
static struct corner symbol[4]; /* as zbar found them: around, beginning anywhere */
static char *expected;
static const char *dump;
static double module;
static int failed;

static struct picture blank(int w, int h)
{
	struct picture q = { malloc((size_t)w * (size_t)h), w, h };

	if (!q.p)
		exit(2);
	memset(q.p, 255, (size_t)w * (size_t)h);
	return q;
}

static uint8_t *at(const struct picture *q, int x, int y)
{
	return q->p + (size_t)y * (size_t)q->w + x;
}

/* Between four pixels; outside is paper. */
static double sample(const struct picture *q, double x, double y)
{
	int x0 = (int)floor(x), y0 = (int)floor(y);
	double fx = x - x0, fy = y - y0, v = 0;

	for (int j = 0; j < 2; j++)
		for (int i = 0; i < 2; i++) {
			double weight = (i ? fx : 1 - fx) * (j ? fy : 1 - fy);
			int xx = x0 + i, yy = y0 + j;

			v += weight * (xx < 0 || yy < 0 || xx >= q->w || yy >= q->h ? 255 : *at(q, xx, yy));
		}
	return v;
}

/* ---- reading ---- */

static bool load(const char *path, struct picture *out)
{
	FILE *f = fopen(path, "rb");
	int w, h, max;

	if (!f || fscanf(f, "P5 %d %d %d", &w, &h, &max) != 3 || max != 255 || fgetc(f) == EOF)
		return false;
	*out = blank(w, h);
	if (fread(out->p, 1, (size_t)w * (size_t)h, f) != (size_t)w * (size_t)h)
		return false;
	fclose(f);
	return true;
}

static void save(const struct picture *q, const char *name)
{
	char path[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s%s.pgm", dump, name);
	if (!(f = fopen(path, "wb")))
		exit(2);
	fprintf(f, "P5\n%d %d\n255\n", q->w, q->h);
	fwrite(q->p, 1, (size_t)q->w * (size_t)q->h, f);
	fclose(f);
}

static bool scan(const struct picture *q, bool keep_corners)
{
	zbar_image_scanner_t *scanner = zbar_image_scanner_create();
	zbar_image_t *image = zbar_image_create();
	const zbar_symbol_t *s;
	bool ok;

	zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
	zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
	zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
	zbar_image_set_size(image, (unsigned)q->w, (unsigned)q->h);
	zbar_image_set_data(image, q->p, (unsigned long)q->w * (unsigned long)q->h, NULL);
	zbar_scan_image(scanner, image);
	s = zbar_image_first_symbol(image);
	ok = s && strlen(expected) == zbar_symbol_get_data_length(s) &&
	    memcmp(zbar_symbol_get_data(s), expected, strlen(expected)) == 0;
	for (unsigned i = 0; ok && keep_corners && i < 4; i++)
		symbol[i] = (struct corner){ zbar_symbol_get_loc_x(s, i), zbar_symbol_get_loc_y(s, i) };
	zbar_image_destroy(image);
	zbar_image_scanner_destroy(scanner);
	return ok;
}

static void tell(const char *name, bool ok)
{
	printf("%s %s\n", ok ? "ok" : "FAIL", name);
	failed += !ok;
}

/* ---- what happens to paper ---- */

static double left, top, side; /* of the symbol on the straight page, without its border */

static void find_box(void)
{
	double right = 0, bottom = 0;

	left = top = 1e9;
	for (int i = 0; i < 4; i++) {
		left = fmin(left, symbol[i].x);
		top = fmin(top, symbol[i].y);
		right = fmax(right, symbol[i].x);
		bottom = fmax(bottom, symbol[i].y);
	}
	side = (right - left + bottom - top) / 2;
}

/* The neighbourhood of the symbol, as a camera held over it sees: out(x, y) = page at map(x, y). */
static struct picture warp(struct corner (*map)(double, double, double), double how)
{
	int n = (int)(side * 1.5);
	struct picture q = blank(n, n);

	for (int y = 0; y < n; y++)
		for (int x = 0; x < n; x++) {
			struct corner c = map(x - n / 2.0, y - n / 2.0, how);

			*at(&q, x, y) = (uint8_t)sample(&page, left + side / 2 + c.x, top + side / 2 + c.y);
		}
	return q;
}

static struct corner turned(double x, double y, double degrees)
{
	double a = degrees * M_PI / 180;

	return (struct corner){ x * cos(a) - y * sin(a), x * sin(a) + y * cos(a) };
}

/* Seen from a side: what is `side` away looks 1 + how times smaller; and the sheet is a little turned. */
static struct corner tilted(double x, double y, double how)
{
	double depth = 1 / (1 + how * y / side);

	return turned(x * depth, y * depth, 4);
}

static struct corner straight(double x, double y, double how)
{
	(void)how;
	return (struct corner){ x, y };
}

/* Three box filters: near enough to a Gaussian of this many pixels. */
static void blur_rows(struct picture *q, int radius)
{
	uint8_t *row = malloc((size_t)q->w);

	if (!row)
		exit(2);
	for (int y = 0; y < q->h; y++) {
		int sum = 0;

		memcpy(row, at(q, 0, y), (size_t)q->w);
		for (int i = -radius; i <= radius; i++)
			sum += row[i < 0 ? 0 : i];
		for (int x = 0; x < q->w; x++) {
			*at(q, x, y) = (uint8_t)(sum / (2 * radius + 1));
			sum += row[x + radius + 1 < q->w ? x + radius + 1 : q->w - 1] - row[x - radius < 0 ? 0 : x - radius];
		}
	}
	free(row);
}

static void transpose(struct picture *q)
{
	struct picture t = blank(q->h, q->w);

	for (int y = 0; y < q->h; y++)
		for (int x = 0; x < q->w; x++)
			*at(&t, y, x) = *at(q, x, y);
	free(q->p);
	*q = t;
}

static void blur(struct picture *q, int radius)
{
	for (int pass = 0; pass < 2; pass++) {
		blur_rows(q, radius);
		transpose(q);
		blur_rows(q, radius);
		transpose(q);
	}
}

static uint32_t seed;

static double noise(void) /* about normal, sigma 1 */
{
	double sum = 0;

	for (int i = 0; i < 6; i++) {
		seed = seed * 1664525u + 1013904223u;
		sum += (double)(seed >> 8) / (1 << 24);
	}
	return (sum - 3) * sqrt(2);
}

static uint8_t grey(double v)
{
	return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* Worn toner on grey paper under a poor lamp: two fifths of the contrast, unevenly lit, grainy, with specks. */
static void wear(struct picture *q, double grain)
{
	seed = 1;
	for (int y = 0; y < q->h; y++)
		for (int x = 0; x < q->w; x++) {
			double light = 0.85 + 0.3 * x / q->w, v = 70 + *at(q, x, y) * 0.4;

			v = v * light + grain * noise();
			seed = seed * 1664525u + 1013904223u;
			*at(q, x, y) = grey((seed >> 8) % 400 == 0 ? ((seed >> 20) & 1 ? 40 : 210) : v);
		}
}

/* A label or stain over a tenth of the symbol's area, at (u, v) of what is left between the corners. */
static void cover(struct picture *q, double u, double v, uint8_t colour)
{
	double patch = side * sqrt(0.1), x0 = (q->w - side) / 2 + u * (side - patch), y0 = (q->h - side) / 2 + v * (side - patch);

	for (int y = (int)y0; y < (int)ceil(y0 + patch); y++)
		for (int x = (int)x0; x < (int)ceil(x0 + patch); x++)
			*at(q, x, y) = colour;
}

/* ---- the border ---- */

/* Four modules of white around the symbol, on the page as it is. */
static bool border_is_white(void)
{
	int from = (int)floor(4 * module) - 2, gap = 3;

	for (int y = (int)top - from; y < (int)(top + side) + from; y++)
		for (int x = (int)left - from; x < (int)(left + side) + from; x++) {
			bool inside = x > left - gap && x < left + side + gap && y > top - gap && y < top + side + gap;

			if (!inside && (x < 0 || y < 0 || x >= page.w || y >= page.h || *at(&page, x, y) < 250))
				return false;
		}
	return true;
}

/* The symbol is as large as its modules say: nothing scaled it. */
static bool modules_are_whole(void)
{
	double n = side / module;

	return fabs(n - round(n)) < 0.6 && ((long)round(n) - 17) % 4 <= 1;
}

/* ---- */

static void save_as(struct picture *q, const char *name)
{
	save(q, name);
	free(q->p);
}

static void try_one(const char *name, struct picture q)
{
	tell(name, scan(&q, false));
	save_as(&q, name);
}

static void try_all(void)
{
	static const struct { const char *name; double u, v; uint8_t colour; } covers[] = {
		{ "covered_middle_white", 0.5, 0.5, 255 }, { "covered_middle_black", 0.5, 0.5, 0 },
		{ "covered_lower_right", 1, 1, 255 }, { "covered_right_grey", 1, 0.6, 128 }, { "covered_below_black", 0.6, 1, 0 },
	};
	struct picture q;

	try_one("turned_7", warp(turned, 7));
	try_one("turned_33", warp(turned, 33));
	try_one("upside_down", warp(turned, 180));
	try_one("tilted", warp(tilted, 0.03));
	/* zbar guesses the version from the size of two corners, which may not differ by more than that */
	q = warp(tilted, 0.1);
	save_as(&q, "tilted_more");
	q = warp(straight, 0);
	blur(&q, module > 5 ? 2 : 1);
	try_one("blurred", q);
	q = warp(turned, 3);
	blur(&q, 1);
	wear(&q, 4);
	try_one("worn", q);
	for (size_t i = 0; i < sizeof(covers) / sizeof(covers[0]); i++) {
		q = warp(straight, 0);
		cover(&q, covers[i].u, covers[i].v, covers[i].colour);
		try_one(covers[i].name, q);
	}
}

static char *read_text(const char *path)
{
	static char text[8192];
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	while (n && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	return n ? text : NULL;
}

int main(int argc, char **argv)
{
	if (argc < 4 || !load(argv[1], &page) || !(expected = read_text(argv[2])) || (module = strtod(argv[3], NULL)) < 1) {
		fprintf(stderr, "usage: paper_read PAGE.pgm TEXT MODULE_PIXELS [DUMP_PREFIX]\n");
		return 2;
	}
	dump = argc > 4 ? argv[4] : NULL;
	tell("straight", scan(&page, true));
	if (failed)
		return 1;
	find_box();
	tell("modules", modules_are_whole());
	tell("border", border_is_white());
	if (dump)
		try_all();
	free(page.p);
	return failed > 0;
}
