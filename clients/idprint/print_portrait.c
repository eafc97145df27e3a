#include "idprint/print.h"

#include <stdlib.h>
#include <webp/decode.h>

/* The portrait as it is in the code: JPEG goes into the PDF byte by byte, WEBP is decoded. */

enum { SIDE_MAX = 4096 };

static bool fail_image(struct idr_err *err, const char *why)
{
	return idr_fail(err, IDR_IMAGE, NULL, "the portrait cannot be printed: %s", why);
}

/* ---- JPEG: its size stands in the frame header (ITU-T T.81 B.2.2) ---- */

static bool jpeg_size(struct idr_bytes j, int *w, int *h)
{
	for (size_t at = 2; at + 9 < j.n && j.p[at] == 0xff;) {
		unsigned marker = j.p[at + 1];
		size_t length = (size_t)j.p[at + 2] << 8 | j.p[at + 3];

		/* SOF0 to SOF2; the other kinds are not what a PDF may carry */
		if (marker >= 0xc0 && marker <= 0xc2) {
			*h = j.p[at + 5] << 8 | j.p[at + 6];
			*w = j.p[at + 7] << 8 | j.p[at + 8];
			return *w > 0 && *h > 0 && *w <= SIDE_MAX && *h <= SIDE_MAX;
		}
		at += 2 + length;
	}
	return false;
}

static bool jpeg_surface(struct idr_bytes j, cairo_surface_t **out, struct idr_err *err)
{
	unsigned char *copy;
	int w, h;

	if (!jpeg_size(j, &w, &h))
		return fail_image(err, "the JPEG has no usable frame header");
	if (!(copy = malloc(j.n)))
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	memcpy(copy, j.p, j.n);
	*out = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
	if (cairo_surface_set_mime_data(*out, CAIRO_MIME_TYPE_JPEG, copy, j.n, free, copy) == CAIRO_STATUS_SUCCESS)
		return true;
	free(copy);
	cairo_surface_destroy(*out);
	return fail_image(err, "the JPEG is not accepted");
}

/* ---- WEBP ---- */

static bool webp_surface(struct idr_bytes image, cairo_surface_t **out, struct idr_err *err)
{
	int w, h, stride;

	if (!WebPGetInfo(image.p, image.n, &w, &h) || w <= 0 || h <= 0 || w > SIDE_MAX || h > SIDE_MAX)
		return fail_image(err, "the WEBP is not readable");
	*out = cairo_image_surface_create(CAIRO_FORMAT_RGB24, w, h);
	stride = cairo_image_surface_get_stride(*out);
	cairo_surface_flush(*out);
	if (cairo_surface_status(*out) == CAIRO_STATUS_SUCCESS &&
	    WebPDecodeBGRAInto(image.p, image.n, cairo_image_surface_get_data(*out), (size_t)stride * (size_t)h,
	    stride)) {
		cairo_surface_mark_dirty(*out);
		return true;
	}
	cairo_surface_destroy(*out);
	return fail_image(err, "the WEBP is damaged");
}

static bool open_surface(struct idr_bytes image, cairo_surface_t **out, struct idr_err *err)
{
	if (image.n > 2 && image.p[0] == 0xff && image.p[1] == 0xd8)
		return jpeg_surface(image, out, err);
	if (image.n > 12 && idr_bytes_starts(image, "RIFF"))
		return webp_surface(image, out, err);
	return fail_image(err, "it is neither JPEG nor WEBP");
}

/* ---- on the page ---- */

/* All of it, in the middle of the box, with a thin frame: a pale face on white paper has an edge. */
bool print_portrait(struct print_page *p, struct idr_bytes image, struct print_box box, struct idr_err *err)
{
	cairo_surface_t *picture = NULL;
	double w, h, scale;

	if (!open_surface(image, &picture, err))
		return false;
	w = cairo_image_surface_get_width(picture);
	h = cairo_image_surface_get_height(picture);
	scale = box.w / w < box.h / h ? box.w / w : box.h / h;
	cairo_save(p->cr);
	cairo_translate(p->cr, box.x + (box.w - w * scale) / 2, box.y + (box.h - h * scale) / 2);
	cairo_scale(p->cr, scale, scale);
	cairo_set_source_surface(p->cr, picture, 0, 0);
	cairo_pattern_set_filter(cairo_get_source(p->cr), CAIRO_FILTER_BEST);
	cairo_paint(p->cr);
	cairo_restore(p->cr);
	print_ink(p, PRINT_GREY);
	cairo_set_line_width(p->cr, print_mm(0.15));
	cairo_rectangle(p->cr, box.x + (box.w - w * scale) / 2, box.y + (box.h - h * scale) / 2, w * scale,
	    h * scale);
	cairo_stroke(p->cr);
	cairo_surface_destroy(picture);
	return true;
}
