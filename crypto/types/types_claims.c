/*
 * types_claims: from an imported person to the claims of one type.
 *
 * Values are checked against the type and copied as the JSON text they are; only ages, images
 * and what is derived are written anew.
 *
 * Standard  schema/types/README.md
 */
#include "types/types_internal.h"

enum { RESULT_MAX = 128 * 1024 };

struct make {
	struct idr_arena *a;
	const struct idr_json *person;
	int64_t now;
	struct idr_buf out;
	struct idr_err *err;
};

static bool refuse(struct make *m, enum idr_code code, const struct idr_claim *c, const char *what)
{
	struct idr_bytes name = c->name.n ? c->name : IDR_LIT("an array element");

	return idr_fail(m->err, code, "schema/types/README.md", "%.*s %s", (int)name.n,
	    (const char *)name.p, what);
}

static bool put_value(struct make *m, const struct idr_claim *c, const struct idr_json *v);

static size_t code_points(struct idr_bytes text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += (text.p[i] & 0xC0) != 0x80;
	return n;
}

static bool is_choice(const struct idr_claim *c, struct idr_bytes text)
{
	for (size_t i = 0; i < c->n_choice; i++)
		if (idr_bytes_equal(c->choice[i], text))
			return true;
	return c->n_choice == 0;
}

static bool put_string(struct make *m, const struct idr_claim *c, const struct idr_json *v)
{
	size_t n;

	if (v->type != IDR_JSON_STRING)
		return refuse(m, IDR_CLAIM_TYPE, c, "is no text");
	n = code_points(v->text);
	if (n == 0 || (int64_t)n < c->min)
		return refuse(m, IDR_CLAIM_TYPE, c, "is empty or too short");
	if (c->max && (int64_t)n > c->max)
		return refuse(m, IDR_TOO_LONG, c, "is longer than allowed");
	if (!idr_text_check(v->text, m->err))
		return refuse(m, m->err->code, c, idr_code_sentence(m->err->code));
	if (!is_choice(c, v->text))
		return refuse(m, IDR_CLAIM_TYPE, c, "is not one of its possible values");
	idr_buf_put(&m->out, v->raw);
	return true;
}

static bool put_date(struct make *m, const struct idr_claim *c, const struct idr_json *v)
{
	struct types_date d;

	if (v->type != IDR_JSON_STRING)
		return refuse(m, IDR_CLAIM_TYPE, c, "is no date");
	if (!idr_types_date_parse(v->text, c->type == IDR_CLAIM_PARTIAL_DATE, &d))
		return refuse(m, IDR_DATE, c, "is no date that exists, written YYYY-MM-DD");
	idr_buf_put(&m->out, v->raw);
	return true;
}

static bool put_integer(struct make *m, const struct idr_claim *c, const struct idr_json *v)
{
	int64_t n;

	/* written as 1.0 or 1e2 it is a number, but not as this form wants it */
	if (v->type != IDR_JSON_NUMBER || idr_bytes_index(v->raw, 0, '.') != SIZE_MAX ||
	    idr_bytes_index(v->raw, 0, 'e') != SIZE_MAX ||
	    idr_bytes_index(v->raw, 0, 'E') != SIZE_MAX || !idr_json_int(v, &n))
		return refuse(m, IDR_CLAIM_TYPE, c, "is no whole number");
	if ((c->min || c->max) && (n < c->min || n > c->max))
		return refuse(m, IDR_CLAIM_TYPE, c, "is not within its limits");
	idr_buf_put(&m->out, v->raw);
	return true;
}

static bool put_boolean(struct make *m, const struct idr_claim *c, const struct idr_json *v)
{
	if (!idr_json_is_bool(v))
		return refuse(m, IDR_CLAIM_TYPE, c, "is neither true nor false");
	idr_buf_put(&m->out, v->raw);
	return true;
}

static bool put_country(struct make *m, const struct idr_claim *c, const struct idr_json *v)
{
	if (v->type != IDR_JSON_STRING)
		return refuse(m, IDR_CLAIM_TYPE, c, "is no country code");
	if (!idr_types_is_country(v->text))
		return refuse(m, IDR_COUNTRY, c, "is no ISO 3166-1 alpha-2 code");
	idr_buf_put(&m->out, v->raw);
	return true;
}

/* The medium comes from the first bytes, never from what someone calls it. */
static const char *medium_of(struct idr_bytes image)
{
	static const uint8_t png[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n' };

	if (image.n > 12 && !memcmp(image.p, "RIFF", 4) && !memcmp(image.p + 8, "WEBP", 4))
		return "image/webp";
	if (image.n > 3 && image.p[0] == 0xFF && image.p[1] == 0xD8 && image.p[2] == 0xFF)
		return "image/jpeg";
	if (image.n > sizeof(png) && !memcmp(image.p, png, sizeof(png)))
		return "image/png";
	return NULL;
}

static bool put_image(struct make *m, const struct idr_claim *c, const struct idr_json *v)
{
	struct idr_bytes image;
	struct idr_err why;
	const char *medium;
	size_t i = 0;

	if (v->type != IDR_JSON_STRING)
		return refuse(m, IDR_CLAIM_TYPE, c, "is no base64 text");
	if (v->text.n > IDR_B64URL_LEN(c->max_bytes) + 3)
		return refuse(m, IDR_IMAGE, c, "is larger than allowed");
	if (!idr_b64_decode(m->a, v->text, &image, &why)) {
		if (why.code == IDR_MEMORY || why.code == IDR_LIMIT) {
			*m->err = why;
			return false;
		}
		return refuse(m, IDR_IMAGE, c, "is not padded base64");
	}
	medium = medium_of(image);
	while (medium && i < c->n_media && !idr_bytes_is(c->media[i], medium))
		i++;
	if (!medium || i == c->n_media || image.n > c->max_bytes)
		return refuse(m, IDR_IMAGE, c, "is too large or of a medium that is not allowed");
	idr_buf_put_str(&m->out, "\"data:");
	idr_buf_put_str(&m->out, medium);
	idr_buf_put_str(&m->out, ";base64,");
	idr_buf_put(&m->out, v->text);
	idr_buf_put_byte(&m->out, '"');
	return true;
}

bool idr_type_image(struct idr_arena *a, const struct idr_json *v, struct idr_bytes *medium,
    struct idr_bytes *image, struct idr_err *err)
{
	struct idr_bytes uri = v->text;
	size_t comma = idr_bytes_index(uri, 0, ','), semicolon = idr_bytes_index(uri, 0, ';');
	struct idr_err why;

	if (v->type != IDR_JSON_STRING || !idr_bytes_starts(uri, "data:") || comma == SIZE_MAX ||
	    semicolon > comma || !idr_bytes_is(idr_bytes(uri.p + semicolon, comma - semicolon), ";base64"))
		return idr_fail(err, IDR_IMAGE, "RFC 2397", "the image is no base64 data URI");
	*medium = idr_bytes(uri.p + 5, semicolon - 5);
	if (idr_b64_decode(a, idr_bytes_from(uri, comma + 1), image, &why))
		return true;
	idr_fail(err, IDR_IMAGE, "RFC 4648 section 4", "the image is not base64");
	return idr_arena_blame(a, err);
}

static bool has_member(const struct idr_claim *c, struct idr_bytes name)
{
	for (size_t i = 0; i < c->n_member; i++)
		if (idr_bytes_equal(c->member[i].name, name))
			return true;
	return false;
}

static void put_name(struct make *m, const struct idr_claim *c, bool *comma)
{
	idr_buf_put_str(&m->out, *comma ? ",\"" : "\"");
	*comma = true;
	idr_buf_put(&m->out, c->name);
	idr_buf_put_str(&m->out, "\":");
}

static bool put_object(struct make *m, const struct idr_claim *c, const struct idr_json *v)
{
	bool comma = false;

	if (v->type != IDR_JSON_OBJECT || !v->n)
		return refuse(m, IDR_CLAIM_TYPE, c, "is no object, or an empty one");
	for (const struct idr_json *k = idr_json_first(v); k; k = idr_json_next(v, k))
		if (!has_member(c, k->text))
			return refuse(m, IDR_CLAIM_UNKNOWN, c, "has a member the type does not know");
	idr_buf_put_byte(&m->out, '{');
	for (size_t i = 0; i < c->n_member; i++) {
		const struct idr_json *part = idr_json_find_bytes(v, c->member[i].name);

		if (!part && c->member[i].mandatory)
			return refuse(m, IDR_CLAIM_MISSING, &c->member[i], "is missing");
		if (!part)
			continue;
		put_name(m, &c->member[i], &comma);
		if (!put_value(m, &c->member[i], part))
			return false;
	}
	idr_buf_put_byte(&m->out, '}');
	return true;
}

static bool put_array(struct make *m, const struct idr_claim *c, const struct idr_json *v)
{
	bool comma = false;

	if (v->type != IDR_JSON_ARRAY || !v->n)
		return refuse(m, IDR_CLAIM_TYPE, c, "is no array, or an empty one");
	if (v->n > c->max_items)
		return refuse(m, IDR_LIMIT, c, "has too many elements");
	idr_buf_put_byte(&m->out, '[');
	for (const struct idr_json *e = idr_json_first(v); e; e = idr_json_next(v, e)) {
		if (comma)
			idr_buf_put_byte(&m->out, ',');
		comma = true;
		if (!put_value(m, c->member, e))
			return false;
	}
	idr_buf_put_byte(&m->out, ']');
	return true;
}

static bool put_value(struct make *m, const struct idr_claim *c, const struct idr_json *v)
{
	switch (c->type) {
	case IDR_CLAIM_STRING:
		return put_string(m, c, v);
	case IDR_CLAIM_DATE:
	case IDR_CLAIM_PARTIAL_DATE:
		return put_date(m, c, v);
	case IDR_CLAIM_INTEGER:
		return put_integer(m, c, v);
	case IDR_CLAIM_BOOLEAN:
		return put_boolean(m, c, v);
	case IDR_CLAIM_COUNTRY:
		return put_country(m, c, v);
	case IDR_CLAIM_IMAGE:
		return put_image(m, c, v);
	case IDR_CLAIM_OBJECT:
		return put_object(m, c, v);
	case IDR_CLAIM_ARRAY:
		return put_array(m, c, v);
	}
	return refuse(m, IDR_INTERNAL, c, "is of an unknown kind");
}

/* Ages from the birth date: only what is certain is said to be reached. */
static bool put_ages(struct make *m, const struct idr_claim *c, const struct idr_json *birth)
{
	struct types_date d;

	if (birth->type != IDR_JSON_STRING || !idr_types_date_parse(birth->text, true, &d))
		return refuse(m, IDR_DATE, c, "cannot be computed: the birth date does not exist");
	idr_buf_put_byte(&m->out, '{');
	for (size_t i = 0; i < c->n_ages; i++) {
		idr_buf_put_str(&m->out, i ? ",\"" : "\"");
		idr_buf_put_int(&m->out, c->ages[i]);
		idr_buf_put_str(&m->out, idr_types_is_age_over(&d, c->ages[i], m->now) ? "\":true" :
		    "\":false");
	}
	idr_buf_put_byte(&m->out, '}');
	return true;
}

/* implements: MDOC 7.2.1a */
/* implements: SDJWTVC 4.6.3a */
static bool put_claim(struct make *m, const struct idr_claim *c, bool *comma)
{
	const struct idr_json *v = idr_json_find_bytes(m->person,
	    c->derive == IDR_DERIVE_NONE ? c->name : c->derive_from);

	if (!v && c->mandatory)
		return refuse(m, IDR_CLAIM_MISSING, c, "is missing");
	if (!v)
		return true;
	put_name(m, c, comma);
	return c->derive == IDR_DERIVE_AGE_OVER ? put_ages(m, c, v) : put_value(m, c, v);
}

bool idr_type_claims(struct idr_arena *a, const struct idr_type *t, const struct idr_json *person,
    int64_t now, struct idr_bytes *out, struct idr_err *err)
{
	struct make m = { .a = a, .person = person, .now = now, .err = err };
	bool comma = false;

	if (!idr_json_is(person, IDR_JSON_OBJECT))
		return idr_fail(err, IDR_CLAIM_TYPE, "schema/types/README.md",
		    "a person is one JSON object");
	idr_buf_init(&m.out, a, person->raw.n + 1024, RESULT_MAX);
	idr_buf_put_byte(&m.out, '{');
	for (size_t i = 0; i < t->n_claim; i++)
		if (!put_claim(&m, &t->claim[i], &comma))
			return idr_arena_blame(a, err);
	idr_buf_put_byte(&m.out, '}');
	return idr_buf_done(&m.out, out, err);
}

bool idr_type_check(struct idr_arena *a, const struct idr_type *t, const struct idr_json *person,
    struct idr_err *err)
{
	struct idr_bytes unused;

	/* what is refused does not depend on the day: any gives the same answer */
	return idr_type_claims(a, t, person, 0, &unused, err);
}
