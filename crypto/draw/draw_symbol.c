#include "draw/draw.h"

#include <errno.h>
#include <qrencode.h>

static QRecLevel level_of(enum idr_level level)
{
	switch (level) {
	case IDR_LEVEL_L:
		return QR_ECLEVEL_L;
	case IDR_LEVEL_M:
		return QR_ECLEVEL_M;
	case IDR_LEVEL_Q:
		return QR_ECLEVEL_Q;
	}
	return QR_ECLEVEL_M;
}

static bool is_alphanumeric(struct idr_bytes text)
{
	static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

	for (size_t i = 0; i < text.n; i++)
		if (!text.p[i] || !strchr(alphabet, text.p[i]))
			return false;
	return text.n > 0;
}

/*
 * One segment only: base45 text in alphanumeric mode, anything else (an https URL with lower case)
 * as bytes. Letting the library split would save little and make the size hard to foresee.
 */
static QRcode *encode(struct idr_bytes text, enum idr_level level)
{
	QRencodeMode mode = is_alphanumeric(text) ? QR_MODE_AN : QR_MODE_8;
	QRinput *in = QRinput_new2(0, level_of(level));
	QRcode *q = NULL;

	if (in && QRinput_append(in, mode, (int)text.n, text.p) == 0)
		q = QRcode_encodeInput(in);
	QRinput_free(in);
	return q;
}

bool idr_draw_symbol(struct idr_arena *a, struct idr_bytes text, enum idr_level level,
    unsigned max_version, struct idr_symbol *out, struct idr_err *err)
{
	struct idr_symbol made;
	QRcode *q;
	size_t n;

	if (!text.n || text.n > 8192)
		return idr_fail(err, IDR_LIMIT, "ISO/IEC 18004", "%zu characters do not fit a symbol", text.n);
	errno = 0;
	q = encode(text, level);
	if (!q)
		return errno == ENOMEM ? idr_fail(err, IDR_MEMORY, NULL, "no memory to draw with") :
		    idr_fail(err, IDR_LIMIT, "ISO/IEC 18004", "%zu characters do not fit a symbol", text.n);
	made.size = (unsigned)q->width;
	made.version = (unsigned)q->version;
	n = (size_t)made.size * made.size;
	if (made.version > max_version) {
		QRcode_free(q);
		return idr_fail(err, IDR_LIMIT, "ISO/IEC 18004", "the symbol would be version %u, %u is allowed",
		    made.version, max_version);
	}
	made.module = idr_arena_alloc(a, n, err);
	if (made.module)
		for (size_t i = 0; i < n; i++)
			made.module[i] = q->data[i] & 1;
	QRcode_free(q);
	if (!made.module)
		return false;
	*out = made;
	return true;
}

bool idr_draw_paper(struct idr_arena *a, struct idr_bytes text, struct idr_symbol *out, enum idr_level *level,
    struct idr_err *err)
{
	struct idr_err ignored;

	*level = IDR_LEVEL_Q;
	if (idr_draw_symbol(a, text, IDR_LEVEL_Q, IDR_PAPER_VERSION_Q, out, &ignored))
		return true;
	*level = IDR_LEVEL_M;
	return idr_draw_symbol(a, text, IDR_LEVEL_M, IDR_PAPER_VERSION, out, err);
}
