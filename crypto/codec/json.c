#include "codec/json.h"

#include "base/text.h"
#include "codec/json_string.h"
#include "codec/order.h"

#define RFC "RFC 8259"

struct reader {
	struct idr_arena *a;
	const uint8_t *start, *p, *end;
	struct idr_json *value;         /* the flat list */
	uint32_t n;                     /* values in it */
	uint32_t open[IDR_JSON_DEPTH];  /* containers not closed yet */
	uint32_t depth;
	uint64_t *tag;                  /* scratch for the names of large objects */
	size_t tags;
	struct idr_err *err;
};

#define refuse(r, ...) idr_fail((r)->err, IDR_JSON, RFC, __VA_ARGS__)

static size_t where(const struct reader *r)
{
	return (size_t)(r->p - r->start);
}

static void skip_space(struct reader *r)
{
	while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\r' || *r->p == '\t'))
		r->p++;
}

static uint8_t stands_before_a_value(uint8_t c)
{
	return (uint8_t)((c == ',') + (c == ':') + ((c | 0x20) == '{')); /* [ and { */
}

/*
 * How many values there can be: each but the first stands behind one of these four. Commas inside
 * strings are counted too, so this is an upper bound and the list never has to move.
 */
static size_t count_values(struct idr_bytes in)
{
	enum { BLOCK = 64 }; /* counted in bytes, so that the compiler does many at once */
	size_t n = 1, i = 0;

	for (; in.n - i >= BLOCK; i += BLOCK) {
		uint8_t here = 0;

		for (size_t k = 0; k < BLOCK; k++)
			here = (uint8_t)(here + stands_before_a_value(in.p[i + k]));
		n += here;
	}
	for (; i < in.n; i++)
		n += stands_before_a_value(in.p[i]);
	return n;
}

static struct idr_json *add(struct reader *r, enum idr_json_type type)
{
	struct idr_json *v = &r->value[r->n++];

	v->type = type;
	v->span = 1;
	v->raw.p = r->p;
	return v;
}

static bool read_string(struct reader *r)
{
	struct idr_json *v = add(r, IDR_JSON_STRING);
	size_t n;

	if (!idr_json_string_read(r->a, idr_bytes(r->p, (size_t)(r->end - r->p)), &n, &v->text, r->err))
		return false;
	v->raw.n = n;
	r->p += n;
	return true;
}

static bool read_word(struct reader *r, const char *word, enum idr_json_type type)
{
	size_t n = strlen(word);
	struct idr_json *v;

	if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0)
		return refuse(r, "there is no JSON value at byte %zu", where(r));
	v = add(r, type);
	v->raw.n = n;
	v->text = v->raw;
	r->p += n;
	return true;
}

static size_t digits(struct reader *r)
{
	const uint8_t *from = r->p;

	while (r->p < r->end && (uint8_t)(*r->p - '0') < 10)
		r->p++;
	return (size_t)(r->p - from);
}

/* RFC 8259 section 6: [ - ] int [ frac ] [ exp ] */
static bool read_number(struct reader *r)
{
	struct idr_json *v = add(r, IDR_JSON_NUMBER);
	bool zero, good;

	if (*r->p == '-')
		r->p++;
	zero = r->p < r->end && *r->p == '0';
	good = zero ? (r->p++, true) : digits(r) > 0;
	if (good && r->p < r->end && *r->p == '.') {
		r->p++;
		good = digits(r) > 0;
	}
	if (good && r->p < r->end && (*r->p | 0x20) == 'e') {
		r->p++;
		if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
			r->p++;
		good = digits(r) > 0;
	}
	if (!good)
		return refuse(r, "the number at byte %zu is malformed", (size_t)(v->raw.p - r->start));
	v->raw.n = (size_t)(r->p - v->raw.p);
	v->text = v->raw;
	return true;
}

/* The name of the next member and its colon; the value follows. */
static bool read_name(struct reader *r)
{
	skip_space(r);
	if (r->p == r->end || *r->p != '"')
		return refuse(r, "a member name is missing at byte %zu", where(r));
	if (!read_string(r))
		return false;
	skip_space(r);
	if (r->p == r->end || *r->p != ':')
		return refuse(r, "a colon is missing at byte %zu", where(r));
	r->p++;
	r->value[r->open[r->depth - 1]].n++;
	return true;
}

static int compare_names(const void *list, uint32_t x, uint32_t y)
{
	const struct idr_json *v = list;

	return idr_bytes_compare(v[x].text, v[y].text);
}

/* RFC 8259 section 4 leaves repeated names open; programs that differ there are an attack. */
static bool check_names(struct reader *r, uint32_t object)
{
	const struct idr_json *o = &r->value[object];
	uint64_t few[IDR_ORDER_FEW], *tag = few;
	uint32_t at = object + 1;

	if (o->n > IDR_ORDER_FEW) {
		if (r->tags < 2 * (size_t)o->n) {
			r->tag = idr_arena_array(r->a, 2 * (size_t)o->n, sizeof(*tag), r->err);
			if (!r->tag)
				return false;
			r->tags = 2 * (size_t)o->n;
		}
		tag = r->tag;
	}
	for (uint32_t i = 0; i < o->n; i++) {
		tag[i] = idr_order_tag(idr_order_hash(0, r->value[at].text), at);
		at += 1 + r->value[at + 1].span;
	}
	if (idr_order_repeats(tag, tag == few ? NULL : tag + o->n, o->n, compare_names, r->value))
		return refuse(r, "a name occurs twice in the object that ends at byte %zu", where(r));
	return true;
}

/* Close the innermost container; the reader stands behind its bracket. */
static bool close_container(struct reader *r)
{
	uint32_t at = r->open[--r->depth];
	struct idr_json *v = &r->value[at];

	v->raw.n = (size_t)(r->p - v->raw.p);
	v->text = v->raw;
	v->span = r->n - at;
	return v->type != IDR_JSON_OBJECT || v->n < 2 || check_names(r, at);
}

/* Step into a container. *value says whether a value must follow: not in an empty one. */
static bool open_container(struct reader *r, bool *value)
{
	bool object = *r->p == '{';

	if (r->depth == IDR_JSON_DEPTH)
		return idr_fail(r->err, IDR_LIMIT, NULL, "JSON is nested deeper than %d levels", IDR_JSON_DEPTH);
	r->open[r->depth++] = r->n;
	add(r, object ? IDR_JSON_OBJECT : IDR_JSON_ARRAY);
	r->p++;
	skip_space(r);
	*value = !(r->p < r->end && *r->p == (object ? '}' : ']'));
	if (!*value) {
		r->p++;
		return close_container(r);
	}
	if (object)
		return read_name(r);
	r->value[r->n - 1].n = 1;
	return true;
}

/* A whole scalar or empty container, or the way into a full container (*value: one must follow). */
static bool read_value(struct reader *r, bool *value)
{
	*value = false;
	skip_space(r);
	if (r->p == r->end)
		return refuse(r, "the JSON text ends too early");
	switch (*r->p) {
	case '{':
	case '[':
		return open_container(r, value);
	case '"':
		return read_string(r);
	case 't':
		return read_word(r, "true", IDR_JSON_TRUE);
	case 'f':
		return read_word(r, "false", IDR_JSON_FALSE);
	case 'n':
		return read_word(r, "null", IDR_JSON_NULL);
	default:
		if (*r->p != '-' && (uint8_t)(*r->p - '0') > 9)
			return refuse(r, "there is no JSON value at byte %zu", where(r));
		return read_number(r);
	}
}

/* Behind a value: close what ends here. *value says whether a comma asks for another one. */
static bool read_end(struct reader *r, bool *value)
{
	*value = false;
	while (r->depth) {
		struct idr_json *top = &r->value[r->open[r->depth - 1]];
		bool object = top->type == IDR_JSON_OBJECT;

		skip_space(r);
		if (r->p == r->end)
			return refuse(r, "the JSON text ends too early");
		if (*r->p == ',') {
			r->p++;
			*value = true;
			if (object)
				return read_name(r);
			top->n++;
			return true;
		}
		if (*r->p != (object ? '}' : ']'))
			return refuse(r, "a comma or bracket is missing at byte %zu", where(r));
		r->p++;
		if (!close_container(r))
			return false;
	}
	return true;
}

static bool read_text(struct reader *r)
{
	bool value = true;

	while (value) {
		if (!read_value(r, &value))
			return false;
		if (!value && !read_end(r, &value))
			return false;
	}
	skip_space(r);
	if (r->p != r->end)
		return refuse(r, "something follows the JSON value at byte %zu", where(r));
	return true;
}

bool idr_json_parse(struct idr_arena *a, struct idr_bytes in, size_t max,
    const struct idr_json **out, struct idr_err *err)
{
	struct reader r = { .a = a, .start = in.p, .p = in.p, .err = err };

	if (in.n > max || in.n >= UINT32_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "the JSON text is longer than %zu bytes", max);
	if (!in.n)
		return idr_fail(err, IDR_JSON, RFC, "the JSON text is empty");
	if (!idr_is_utf8(in))
		return idr_fail(err, IDR_UTF8, RFC " section 8.1", "the JSON text is not UTF-8");
	r.end = in.p + in.n;
	r.value = idr_arena_array(a, count_values(in), sizeof(*r.value), err);
	if (!r.value || !read_text(&r))
		return false;
	*out = r.value;
	return true;
}
