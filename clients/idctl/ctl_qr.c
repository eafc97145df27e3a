#include "idctl/ctl.h"

#include <stdio.h>

#include "draw/draw.h"

/* Links as QR symbols on screens: level M, so that a smudge or a reflection does not matter. */

enum { SCREEN_VERSION_MAX = 27, PIXELS = 8 };
static const double module_mm = 0.5;

static bool ends_with(const char *path, const char *ending)
{
	size_t n = strlen(path), k = strlen(ending);

	return n > k && strcmp(path + n - k, ending) == 0;
}

bool ctl_qr_check(const char *file, struct idr_err *err)
{
	return !file || ends_with(file, ".png") || ends_with(file, ".svg") ||
	    idr_fail(err, IDR_USAGE, NULL, "--qr %.100s: the file name must end in .png or .svg", file);
}

bool ctl_qr_file(struct cli *c, struct idr_bytes text, const char *path, const char *title,
    struct idr_err *err)
{
	struct idr_symbol q;
	struct idr_bytes picture;

	if (!ctl_qr_check(path, err) || !idr_draw_symbol(c->arena, text, IDR_LEVEL_M, SCREEN_VERSION_MAX, &q, err))
		return false;
	if (ends_with(path, ".png") ? !idr_draw_png(c->arena, &q, PIXELS, &picture, err) :
	    !idr_draw_svg(c->arena, &q, module_mm, title, &picture, err))
		return false;
	return cli_write(path, picture, 0600, err);
}

bool ctl_qr_terminal(struct cli *c, struct idr_bytes text, struct idr_err *err)
{
	struct idr_symbol q;
	struct idr_bytes drawn;

	if (!idr_draw_symbol(c->arena, text, IDR_LEVEL_L, SCREEN_VERSION_MAX, &q, err) ||
	    !idr_draw_terminal(c->arena, &q, &drawn, err))
		return false;
	printf("\n%.*s\n", (int)drawn.n, (const char *)drawn.p);
	return true;
}

/* implements: HAIP 4.2c */
bool ctl_qr_show(struct cli *c, struct idr_bytes text, const char *file, const char *terminal,
    const char *title, struct idr_err *err)
{
	return (!file || ctl_qr_file(c, text, file, title, err)) &&
	    (!terminal || c->json || ctl_qr_terminal(c, text, err));
}
