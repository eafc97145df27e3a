#include "qr/qr_claims.h"

#include "base/text.h"
#include "codec/cbor_json.h"

enum { CLAIMS_MAX = 512 * 1024 };

static const struct idr_qr_name names[] = {
	{ 1, "document_number", IDR_QR_TEXT },
	{ 2, "version", IDR_QR_TEXT },
	{ 3, "language", IDR_QR_TEXT },
	{ 4, "full_name", IDR_QR_TEXT },
	{ 5, "given_name", IDR_QR_TEXT },
	{ 6, "middle_name", IDR_QR_TEXT },
	{ 7, "family_name", IDR_QR_TEXT },
	{ 8, "birthdate", IDR_QR_DATE },
	{ 9, "sex", IDR_QR_NUMBER },
	{ 10, "address", IDR_QR_LINES },
	{ 11, "email", IDR_QR_TEXT },
	{ 12, "phone_number", IDR_QR_TEXT },
	{ 13, "nationalities", IDR_QR_LIST },
	{ 14, "marital_status", IDR_QR_NUMBER },
	{ 15, "guardian", IDR_QR_TEXT },
	{ 16, "picture", IDR_QR_PHOTO },
	{ 18, "best_quality_fingers", IDR_QR_NUMBERS },
	{ 19, "full_name_local", IDR_QR_TEXT },
	{ 20, "full_name_local_language", IDR_QR_TEXT },
	{ 21, "location_code", IDR_QR_TEXT },
	{ 22, "legal_status", IDR_QR_TEXT },
	{ 23, "issuing_country", IDR_QR_TEXT },
};

static const char *const media[] = { NULL, "image/jpeg", "image/jp2", "image/avif", "image/webp" };

const char *idr_qr_media(int64_t format)
{
	return format >= 1 && format <= 4 ? media[format] : NULL;
}

int64_t idr_qr_photo_format(struct idr_bytes type)
{
	for (int64_t i = 1; i <= 4; i++)
		if (idr_bytes_is(type, media[i]))
			return i;
	return 0;
}

static const struct idr_qr_name *name_of(struct idr_cbor key)
{
	int64_t k;

	if (!idr_cbor_int(key, &k))
		return NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].key == k)
			return &names[i];
	return NULL;
}

static bool all_digits(struct idr_bytes s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	return s.n > 0;
}

/* YYYYMMDD and its partial forms get their hyphens; what already has them stays. */
static void put_date(struct idr_jw *w, struct idr_bytes s)
{
	uint8_t d[10] = { 0 };

	if (!all_digits(s) || (s.n != 8 && s.n != 6)) {
		idr_jw_str(w, s);
		return;
	}
	memcpy(d, s.p, 4);
	d[4] = '-';
	memcpy(d + 5, s.p + 4, 2);
	if (s.n == 8) {
		d[7] = '-';
		memcpy(d + 8, s.p + 6, 2);
	}
	idr_jw_str(w, idr_bytes(d, s.n + (s.n == 8 ? 2 : 1)));
}

/* The format number tells the medium; without one the first bytes do. */
static const char *photo_media(struct idr_cbor map, struct idr_bytes photo)
{
	struct idr_cbor v;
	int64_t format;

	if (idr_cbor_find_int(map, IDR_QR_KEY_PHOTO_FORMAT, &v) && idr_cbor_int(v, &format) &&
	    idr_qr_media(format))
		return idr_qr_media(format);
	if (photo.n > 12 && idr_bytes_starts(photo, "RIFF"))
		return media[4];
	if (photo.n > 2 && photo.p[0] == 0xff && photo.p[1] == 0xd8)
		return media[1];
	return "application/octet-stream";
}

static bool put_photo(struct idr_arena *a, struct idr_jw *w, struct idr_cbor map, struct idr_cbor v,
    struct idr_err *err)
{
	struct idr_bytes photo, hex, uri;
	struct idr_buf b;

	if (!idr_cbor_string(a, v, &photo, err))
		return false;
	/* v1.2 says hex text; libraries write bytes. Text that is no hex is kept as it came. */
	if (v.type == IDR_CBOR_TEXT) {
		struct idr_err ignored;

		hex = photo;
		if (!idr_hex_decode(a, hex, &photo, &ignored)) {
			idr_jw_str(w, hex);
			return true;
		}
	}
	idr_buf_init(&b, a, photo.n * 4 / 3 + 64, CLAIMS_MAX);
	idr_buf_put_str(&b, "data:");
	idr_buf_put_str(&b, photo_media(map, photo));
	idr_buf_put_str(&b, ";base64,");
	idr_b64_put(&b, photo);
	if (!idr_buf_done(&b, &uri, err))
		return false;
	idr_jw_str(w, uri);
	return true;
}

static bool fits(const struct idr_qr_name *n, struct idr_cbor v)
{
	int64_t i;

	switch (n->kind) {
	case IDR_QR_TEXT:
	case IDR_QR_DATE:
	case IDR_QR_LINES:
	case IDR_QR_LIST:
		return idr_cbor_is(v, IDR_CBOR_TEXT);
	case IDR_QR_NUMBER:
		return idr_cbor_int(v, &i);
	case IDR_QR_PHOTO:
		return idr_cbor_is(v, IDR_CBOR_BYTES) || idr_cbor_is(v, IDR_CBOR_TEXT);
	case IDR_QR_NUMBERS:
		return idr_cbor_is(v, IDR_CBOR_ARRAY);
	}
	return false;
}

static bool put_named(struct idr_arena *a, struct idr_jw *w, struct idr_cbor map,
    const struct idr_qr_name *n, struct idr_cbor v, struct idr_err *err)
{
	struct idr_bytes s = { 0 };

	idr_jw_name(w, n->name);
	if (idr_cbor_is(v, IDR_CBOR_TEXT) && !idr_cbor_string(a, v, &s, err))
		return false;
	switch (n->kind) {
	case IDR_QR_DATE:
		put_date(w, s);
		return true;
	case IDR_QR_PHOTO:
		return put_photo(a, w, map, v, err);
	case IDR_QR_LINES:
		idr_jw_open(w, '{');
		idr_jw_put_str(w, "formatted", s);
		idr_jw_close(w, '}');
		return true;
	case IDR_QR_LIST:
		idr_jw_open(w, '[');
		idr_jw_str(w, s);
		idr_jw_close(w, ']');
		return true;
	case IDR_QR_TEXT:
	case IDR_QR_NUMBER:
	case IDR_QR_NUMBERS:
		break;
	}
	return idr_cbor_put_json(a, w, v, err);
}

/* Name of a key outside the table: claim169_50, claim169_-1, claim169_text. */
static bool put_other_name(struct idr_arena *a, struct idr_jw *w, struct idr_cbor key,
    struct idr_err *err)
{
	struct idr_bytes text;
	char *s;

	if (!idr_cbor_key_text(a, key, &text, err))
		return false;
	s = idr_arena_printf(a, err, "claim169_%.*s", (int)text.n, (const char *)text.p);
	if (!s)
		return false;
	idr_jw_name(w, s);
	return true;
}

bool idr_qr_claims(struct idr_arena *a, struct idr_cbor map, struct idr_bytes *json,
    const struct idr_json **claims, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w = idr_jw(&b);
	int64_t k;

	idr_buf_init(&b, a, map.raw.n * 2 + 256, CLAIMS_MAX);
	idr_jw_open(&w, '{');
	for (struct idr_cbor c = idr_cbor_first(map); c.raw.n; c = idr_cbor_next(map, c)) {
		const struct idr_qr_name *n = name_of(c);
		struct idr_cbor key = c;

		c = idr_cbor_next(map, c);
		if (idr_cbor_int(key, &k) && k == IDR_QR_KEY_PHOTO_FORMAT)
			continue; /* told by the photo's media type */
		if (n && fits(n, c)) {
			if (!put_named(a, &w, map, n, c, err))
				return false;
			continue;
		}
		if (!put_other_name(a, &w, key, err) || !idr_cbor_put_json(a, &w, c, err))
			return false;
	}
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, json, err) && idr_json_parse(a, *json, CLAIMS_MAX, claims, err);
}
