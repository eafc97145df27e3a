#include "base/text.h"
#include "codec/inflate.h"
#include "qr/qr.h"
#include "qr/qr_claims.h"


enum { DATA_MAX = 32 * 1024, PAIRS_MAX = 72 };

/* A growing list of encoded pairs; the writer sorts them (RFC 8949 section 4.2.1). */
struct map {
	struct idr_arena *a;
	struct idr_cw_pair pair[PAIRS_MAX];
	size_t n;
	int64_t key[PAIRS_MAX];
};

static bool map_put(struct map *m, int64_t key, const struct idr_buf *value, struct idr_err *err)
{
	struct idr_buf k;

	for (size_t i = 0; i < m->n; i++)
		if (m->key[i] == key)
			return idr_fail(err, IDR_TYPE, "schema/types", "key %lld stands twice in the cut",
			    (long long)key);
	if (m->n == PAIRS_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "more than %d keys in a cut", PAIRS_MAX);
	idr_buf_init(&k, m->a, 9, 9);
	idr_cw_int(&k, key);
	m->key[m->n] = key;
	if (!idr_buf_done(&k, &m->pair[m->n].key, err) ||
	    !idr_buf_done(value, &m->pair[m->n].value, err))
		return false;
	m->n++;
	return true;
}

static bool map_put_text(struct map *m, int64_t key, struct idr_bytes text, struct idr_err *err)
{
	struct idr_buf b;

	idr_buf_init(&b, m->a, text.n + 9, DATA_MAX);
	idr_cw_text(&b, text);
	return map_put(m, key, &b, err);
}

static bool map_put_int(struct map *m, int64_t key, int64_t v, struct idr_err *err)
{
	struct idr_buf b;

	idr_buf_init(&b, m->a, 9, 9);
	idr_cw_int(&b, v);
	return map_put(m, key, &b, err);
}

/* "data:image/webp;base64,....": the bytes under 16 and the format under 17. */
static bool put_photo(struct map *m, int64_t key, const struct idr_json *v, struct idr_err *err)
{
	struct idr_bytes medium, photo;
	int64_t format;
	struct idr_buf b;

	if (!idr_type_image(m->a, v, &medium, &photo, err))
		return false;
	format = idr_qr_photo_format(medium);
	if (!format)
		return idr_fail(err, IDR_IMAGE, "Claim 169 key 17", "the photo's medium has no number");
	idr_buf_init(&b, m->a, photo.n + 9, DATA_MAX);
	idr_cw_bytes(&b, photo);
	return map_put(m, key, &b, err) && map_put_int(m, IDR_QR_KEY_PHOTO_FORMAT, format, err);
}

/* YYYY, YYYY-MM, YYYY-MM-DD without the hyphens. */
static bool put_date(struct map *m, int64_t key, struct idr_bytes text, struct idr_err *err)
{
	uint8_t digits[8];
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '-')
			continue;
		if (n == sizeof(digits) || text.p[i] < '0' || text.p[i] > '9')
			return idr_fail(err, IDR_DATE, "Claim 169 key 8", "the date of birth is no date");
		digits[n++] = text.p[i];
	}
	return map_put_text(m, key, idr_bytes(digits, n), err);
}

/* ISO 5218 has more values than Claim 169: not known (0) and not applicable (9) stay out. */
static bool put_sex(struct map *m, int64_t key, int64_t sex, struct idr_err *err)
{
	if (sex <= 0 || sex >= 9)
		return true;
	return map_put_int(m, key, sex > 2 ? 3 : sex, err);
}

/* An address given as an object: its formatted form, else its members as lines. */
static bool put_lines(struct map *m, int64_t key, const struct idr_json *v, struct idr_err *err)
{
	const struct idr_json *formatted = idr_json_find(v, "formatted");
	struct idr_buf b;
	struct idr_bytes text;

	if (idr_json_is(formatted, IDR_JSON_STRING))
		return map_put_text(m, key, formatted->text, err);
	idr_buf_init(&b, m->a, 128, DATA_MAX);
	for (const struct idr_json *c = idr_json_first(v); c; c = idr_json_next(v, c)) {
		const struct idr_json *part = v->type == IDR_JSON_OBJECT ? idr_json_value(c) : c;

		if (part->type != IDR_JSON_STRING)
			continue;
		if (b.n)
			idr_buf_put_byte(&b, '\n');
		idr_buf_put(&b, part->text);
	}
	return idr_buf_done(&b, &text, err) && (!text.n || map_put_text(m, key, text, err));
}

static bool put_field(struct map *m, int64_t key, const struct idr_json *v, struct idr_err *err)
{
	int64_t n;
	struct idr_buf b;

	if (key == IDR_QR_KEY_PHOTO)
		return put_photo(m, key, v, err);
	if (key == 8 && v->type == IDR_JSON_STRING)
		return put_date(m, key, v->text, err);
	if (v->type == IDR_JSON_STRING)
		return map_put_text(m, key, v->text, err);
	if (idr_json_int(v, &n))
		return key == 9 ? put_sex(m, key, n, err) : map_put_int(m, key, n, err);
	if (v->type == IDR_JSON_OBJECT || v->type == IDR_JSON_ARRAY)
		return put_lines(m, key, v, err);
	if (idr_json_is_bool(v)) {
		idr_buf_init(&b, m->a, 1, 1);
		idr_cw_bool(&b, v->type == IDR_JSON_TRUE);
		return map_put(m, key, &b, err);
	}
	return idr_fail(err, IDR_CLAIM_TYPE, "Claim 169", "key %lld has no form for this value",
	    (long long)key);
}

static bool put_data(struct idr_arena *a, const struct idr_qr_make *q, struct idr_buf *out,
    struct idr_err *err)
{
	struct map *m = idr_arena_alloc(a, sizeof(*m), err);

	if (!m)
		return false;
	m->a = a;
	if (!map_put_text(m, IDR_QR_KEY_VERSION, IDR_LIT("1.0"), err))
		return false;
	for (size_t i = 0; i < q->cut->n_field; i++) {
		const struct idr_json *v = idr_type_value_at(q->claims, q->cut->field[i].claim);

		/* a path that selects nothing leaves its key out */
		if (v && v->type != IDR_JSON_NULL && !put_field(m, q->cut->field[i].key, v, err))
			return false;
	}
	idr_cw_map_sorted(out, m->pair, m->n);
	return true;
}

bool idr_qr_build(struct idr_arena *a, const struct idr_qr_make *m, struct idr_qr_built *out,
    struct idr_err *err)
{
	const struct idr_alg_row *row = idr_alg_row(m->alg);
	struct idr_qr_built made;
	struct idr_buf b;

	if (!row || m->alg == IDR_ALG_NONE)
		return idr_fail(err, IDR_ALGORITHM, "RFC 9053 section 2", "no algorithm to sign with");
	idr_buf_init(&b, a, 32, 64);
	idr_cw_map(&b, 2);
	idr_cw_int(&b, 1);
	idr_cw_int(&b, row->cose);
	idr_cw_int(&b, 4);
	idr_cw_bytes(&b, idr_bytes(m->kid, sizeof(m->kid)));
	if (!idr_buf_done(&b, &made.protected_map, err))
		return false;

	/* claims in the order of their labels: the map is deterministic as it is written */
	idr_buf_init(&b, a, 1024, DATA_MAX);
	idr_cw_map(&b, 4 + (m->iss.n ? 1 : 0) + (m->status.present ? 1 : 0));
	if (m->iss.n) {
		idr_cw_int(&b, 1);
		idr_cw_text(&b, m->iss);
	}
	idr_cw_int(&b, 4);
	idr_cw_int(&b, m->exp);
	idr_cw_int(&b, 6);
	idr_cw_int(&b, m->iat);
	idr_cw_int(&b, 11);
	idr_cw_text(&b, m->type->vct);
	idr_cw_int(&b, 169);
	if (!put_data(a, m, &b, err))
		return false;
	if (m->status.present) { /* implements: TSL 6.3b */
		idr_cw_int(&b, 65535);
		idr_status_put_ref(&b, &m->status);
	}
	if (!idr_buf_done(&b, &made.payload, err) ||
	    !idr_sign1_build(a, made.protected_map, made.payload, &made.to_be_signed, err))
		return false;
	*out = made;
	return true;
}

bool idr_qr_attach(struct idr_arena *a, const struct idr_qr_built *b, struct idr_bytes signature,
    struct idr_bytes *text, struct idr_err *err)
{
	struct idr_bytes cose, zlib, made;
	struct idr_buf out;

	if (!idr_sign1_attach(a, b->protected_map, IDR_LIT("\xa0"), b->payload, signature, &cose, err) ||
	    !idr_deflate(a, cose, false, &zlib, err))
		return false;
	idr_buf_init(&out, a, zlib.n * 3 / 2 + 3, 2 * DATA_MAX);
	idr_b45_put(&out, zlib);
	if (!idr_buf_done(&out, &made, err))
		return false;
	if (made.n > IDR_QR_TEXT_MAX)
		return idr_fail(err, IDR_LIMIT, "ISO/IEC 18004", "the text has %zu characters, %d fit",
		    made.n, IDR_QR_TEXT_MAX);
	*text = made;
	return true;
}
