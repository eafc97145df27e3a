/*
 * cbor_second: libcbor as a second reader, in a process of its own because cbor_load() may crash or ask
 * for gigabytes. It is built without sanitizers, so that its memory can be limited.
 *
 * stdin: u32 length, bytes, and again. stdout: u32 length, then either one byte REFUSED, or a byte that
 * says what our reader refuses though libcbor takes it, and the values as tokens: one letter and u64
 * (value, length or count), then the content of strings. KEY_ALIKE: two keys of one value that may be
 * written differently (NaN, arrays, maps, tags), which our reader tells apart by their bytes.
 */
#include <cbor.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { REFUSED = 0xff, TOO_DEEP = 1, BAD_UTF8 = 2, KEY_TWICE = 4, KEY_INDEFINITE = 8,
	KEY_ALIKE = 16, DEPTH = 16 };

struct out {
	uint8_t *p;
	size_t n, cap;
	uint8_t flags;
};

static void put(struct out *o, const void *p, size_t n)
{
	if (o->cap - o->n < n) {
		o->cap = (o->cap + n) * 2;
		o->p = realloc(o->p, o->cap);
		if (!o->p)
			exit(1);
	}
	if (n)
		memcpy(o->p + o->n, p, n);
	o->n += n;
}

static void put_token(struct out *o, char letter, uint64_t v)
{
	put(o, &letter, 1);
	put(o, &v, sizeof(v));
}

/* RFC 3629, written from its table; not ours. */
static bool is_utf8(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n;) {
		uint8_t c = p[i++];
		uint8_t lo = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
		uint8_t hi = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
		int more = c < 0x80 ? 0 : c < 0xc2 ? -1 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : -1;

		if (more < 0)
			return false;
		for (; more > 0; more--, lo = 0x80, hi = 0xbf)
			if (i == n || p[i] < lo || p[i++] > hi)
				return false;
	}
	return true;
}

static void put_string(struct out *o, const cbor_item_t *item)
{
	bool text = cbor_isa_string(item);
	bool whole = text ? cbor_string_is_definite(item) : cbor_bytestring_is_definite(item);
	size_t chunks = whole ? 1 : text ? cbor_string_chunk_count(item) : cbor_bytestring_chunk_count(item);
	cbor_item_t **chunk = whole ? NULL : text ? cbor_string_chunks_handle(item) :
	    cbor_bytestring_chunks_handle(item);
	uint64_t n = 0;

	for (size_t i = 0; i < chunks; i++) {
		const cbor_item_t *c = whole ? item : chunk[i];

		n += text ? cbor_string_length(c) : cbor_bytestring_length(c);
		if (text && !is_utf8(cbor_string_handle(c), cbor_string_length(c)))
			o->flags |= BAD_UTF8;
	}
	put_token(o, text ? 't' : 'b', n);
	for (size_t i = 0; i < chunks; i++) {
		const cbor_item_t *c = whole ? item : chunk[i];

		put(o, text ? cbor_string_handle(c) : cbor_bytestring_handle(c),
		    text ? cbor_string_length(c) : cbor_bytestring_length(c));
	}
}

static bool is_indefinite(const cbor_item_t *k)
{
	return (cbor_isa_string(k) && !cbor_string_is_definite(k)) ||
	    (cbor_isa_bytestring(k) && !cbor_bytestring_is_definite(k)) ||
	    (cbor_isa_array(k) && !cbor_array_is_definite(k)) || (cbor_isa_map(k) && !cbor_map_is_definite(k));
}

/* One value, one encoding but for the width, which tokens do not show. */
static bool is_plain(const cbor_item_t *k)
{
	if (cbor_isa_float_ctrl(k) && !cbor_float_ctrl_is_ctrl(k))
		return cbor_float_get_float(k) == cbor_float_get_float(k);
	return !cbor_isa_array(k) && !cbor_isa_map(k) && !cbor_isa_tag(k);
}

static void put_item(struct out *o, const cbor_item_t *item, int depth);

static void put_map(struct out *o, const cbor_item_t *item, int depth)
{
	size_t n = cbor_map_size(item), *key = calloc(2 * n + 1, sizeof(*key));
	const struct cbor_pair *pair = cbor_map_handle(item);

	if (!key)
		exit(1);
	put_token(o, 'm', n);
	for (size_t i = 0; i < n; i++) {
		key[2 * i] = o->n;
		put_item(o, pair[i].key, depth + 1);
		key[2 * i + 1] = o->n - key[2 * i];
		if (is_indefinite(pair[i].key))
			o->flags |= KEY_INDEFINITE;
		for (size_t j = 0; j < i; j++)
			if (key[2 * j + 1] == key[2 * i + 1] &&
			    !memcmp(o->p + key[2 * j], o->p + key[2 * i], key[2 * i + 1]))
				o->flags |= is_plain(pair[i].key) ? KEY_TWICE : KEY_ALIKE;
		put_item(o, pair[i].value, depth + 1);
	}
	free(key);
}

static void put_float(struct out *o, const cbor_item_t *item)
{
	uint64_t bits = UINT64_C(0x7ff8000000000000);
	double d;

	if (cbor_float_ctrl_is_ctrl(item)) {
		put_token(o, 's', cbor_ctrl_value(item));
		return;
	}
	d = cbor_float_get_float(item);
	if (d == d) /* every NaN is the same */
		memcpy(&bits, &d, sizeof(bits));
	put_token(o, 'f', bits);
}

static void put_item(struct out *o, const cbor_item_t *item, int depth)
{
	cbor_item_t *inside;

	if (depth == DEPTH && (cbor_isa_array(item) || cbor_isa_map(item) || cbor_isa_tag(item)))
		o->flags |= TOO_DEEP;
	switch (cbor_typeof(item)) {
	case CBOR_TYPE_UINT:
	case CBOR_TYPE_NEGINT:
		put_token(o, cbor_isa_uint(item) ? 'u' : 'n', cbor_get_int(item));
		return;
	case CBOR_TYPE_BYTESTRING:
	case CBOR_TYPE_STRING:
		put_string(o, item);
		return;
	case CBOR_TYPE_ARRAY:
		put_token(o, 'a', cbor_array_size(item));
		for (size_t i = 0; i < cbor_array_size(item); i++)
			put_item(o, cbor_array_handle(item)[i], depth + 1);
		return;
	case CBOR_TYPE_MAP:
		put_map(o, item, depth);
		return;
	case CBOR_TYPE_TAG:
		put_token(o, 'g', cbor_tag_value(item));
		inside = cbor_tag_item(item);
		put_item(o, inside, depth + 1);
		cbor_decref(&inside);
		return;
	case CBOR_TYPE_FLOAT_CTRL:
		put_float(o, item);
		return;
	}
}

static bool all_read(uint8_t *p, size_t n)
{
	while (n) {
		ssize_t k = read(0, p, n);

		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static bool all_written(const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t k = write(1, p, n);

		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

static bool answer(const uint8_t *in, uint32_t n, struct out *o)
{
	struct cbor_load_result r;
	cbor_item_t *item = cbor_load(in, n, &r);
	uint8_t head[5] = { 0 };
	uint32_t length;

	o->n = o->flags = 0;
	if (item && r.read == n)
		put_item(o, item, 0);
	else
		o->flags = REFUSED;
	if (item)
		cbor_decref(&item);
	length = (uint32_t)o->n + 1;
	memcpy(head, &length, 4);
	head[4] = o->flags;
	return all_written(head, 5) && all_written(o->p, o->n);
}

int main(void)
{
	const struct rlimit most = { 64 << 20, 64 << 20 };
	struct out o = { 0 };
	uint8_t *in;
	uint32_t n;
	bool ok = setrlimit(RLIMIT_AS, &most) == 0;

	while (ok && all_read((uint8_t *)&n, sizeof(n)) && (in = malloc(n + 1)) != NULL) {
		ok = all_read(in, n) && answer(in, n, &o);
		free(in);
	}
	free(o.p);
	return 0;
}
