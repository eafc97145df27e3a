/*
 * mdoc_issue: one copy of a credential, written directly.
 *
 * Every element of the type has a digest, also one the person lacks: that is a decoy, so that the count
 * says nothing. Which digest is whose, digestIDs do not tell: they are drawn anew for each copy over
 * all elements. Randoms, ids and decoys of a copy come from one random draw.
 *
 * Standard  ISO/IEC 18013-5 sections 8.3.2.1.2, 9.1.2; RFC 8949 section 4.2.1; formats brief 2.1 to 2.3, 2.11
 */
#include "base/text.h"
#include "mdoc/mdoc.h"

enum { RANDOM = 32, DIGEST = 32, DRAW = RANDOM + 4, TAG_CBOR = 24, TAG_TDATE = 0, TAG_FULL_DATE = 1004,
	LABEL_X5CHAIN = 33, TDATE_LEN = 20, FULL_DATE_LEN = 10, MEMBERS_MAX = 64 };

/* An element of the type in this copy. */
struct slot {
	const struct idr_mdoc_element *e;
	const struct idr_json *value;   /* NULL: the person lacks it */
	const uint8_t *random;          /* DRAW bytes: of the item or the decoy, and of the id */
	uint32_t id;                    /* digestID */
	uint8_t digest[DIGEST];
};

struct make {
	struct idr_suite *s;
	struct idr_arena *a;
	struct slot *slot;
	size_t n;
	uint32_t *by_id;                /* slot of each digestID */
	struct idr_bytes space[IDR_MDOC_NAMESPACES]; /* in the order of their encodings */
	size_t n_space;
	struct idr_buf item;            /* the item being made */
	struct idr_err *err;
};

static bool refuse(struct make *m, enum idr_code code, const struct idr_mdoc_element *e, const char *what)
{
	return idr_fail(m->err, code, "schema/types/README.md", "%.*s %s", (int)e->element.n,
	    (const char *)e->element.p, what);
}

/* ---- values ---- */

/* Bytewise order of encoded text keys: a shorter one has the smaller head. */
static int key_order(struct idr_bytes a, struct idr_bytes b)
{
	return a.n != b.n ? (a.n < b.n ? -1 : 1) : idr_bytes_compare(a, b);
}

static bool put_value(struct make *m, const struct idr_mdoc_element *e, const struct idr_claim *c,
    const struct idr_json *v);

static void put_full_date(struct idr_buf *b, struct idr_bytes text)
{
	idr_cw_tag(b, TAG_FULL_DATE);
	idr_cw_text(b, text);
}

/* implements: MDOC 9.1.2.4d */
static void put_tdate(struct idr_buf *b, int64_t t)
{
	char text[TDATE_LEN + 1];

	idr_time_format(t, text);
	idr_cw_tag(b, TAG_TDATE);
	idr_cw_cstr(b, text);
}

/* ISO/IEC 18013-5 table 5: the element may ask for fewer media than the claim; implements: MDOC 7.2.1b */
static bool put_image(struct make *m, const struct idr_mdoc_element *e, const struct idr_json *v)
{
	struct idr_bytes medium, image;
	size_t i = 0;

	if (!idr_type_image(m->a, v, &medium, &image, m->err))
		return false;
	while (i < e->n_media && !idr_bytes_equal(e->media[i], medium))
		i++;
	if (e->n_media && i == e->n_media)
		return refuse(m, IDR_IMAGE, e, "is of a medium that the mdoc form of its type does not admit");
	idr_cw_bytes(&m->item, image);
	return true;
}

static bool put_members(struct make *m, const struct idr_mdoc_element *e, const struct idr_claim *c,
    const struct idr_json *v)
{
	const struct idr_claim *member[MEMBERS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < c->n_member && n < MEMBERS_MAX; i++) {
		size_t at = n;

		if (!idr_json_find_bytes(v, c->member[i].name))
			continue;
		for (; at > 0 && key_order(member[at - 1]->name, c->member[i].name) > 0; at--)
			member[at] = member[at - 1];
		member[at] = &c->member[i];
		n++;
	}
	idr_cw_map(&m->item, n);
	for (size_t i = 0; i < n; i++) {
		idr_cw_text(&m->item, member[i]->name);
		if (!put_value(m, e, member[i], idr_json_find_bytes(v, member[i]->name)))
			return false;
	}
	return true;
}

static bool put_items(struct make *m, const struct idr_mdoc_element *e, const struct idr_claim *c,
    const struct idr_json *v)
{
	idr_cw_array(&m->item, v->n);
	for (const struct idr_json *x = idr_json_first(v); x; x = idr_json_next(v, x))
		if (!put_value(m, e, c->member, x))
			return false;
	return true;
}

static bool put_integer(struct make *m, const struct idr_mdoc_element *e, const struct idr_json *v)
{
	int64_t n;

	if (!idr_json_int(v, &n))
		return refuse(m, IDR_CLAIM_TYPE, e, "is no whole number");
	idr_cw_int(&m->item, n);
	return true;
}

static bool has_shape(const struct idr_claim *c, const struct idr_json *v)
{
	switch (c->type) {
	case IDR_CLAIM_STRING:
	case IDR_CLAIM_DATE:
	case IDR_CLAIM_PARTIAL_DATE:
	case IDR_CLAIM_COUNTRY:
	case IDR_CLAIM_IMAGE:
		return v->type == IDR_JSON_STRING;
	case IDR_CLAIM_INTEGER:
		return v->type == IDR_JSON_NUMBER;
	case IDR_CLAIM_BOOLEAN:
		return idr_json_is_bool(v);
	case IDR_CLAIM_OBJECT:
		return v->type == IDR_JSON_OBJECT;
	case IDR_CLAIM_ARRAY:
		return v->type == IDR_JSON_ARRAY;
	}
	return false;
}

/* schema/types/README.md, the column of the mdoc; implements: MDOC 7.2.1c */
static bool put_value(struct make *m, const struct idr_mdoc_element *e, const struct idr_claim *c,
    const struct idr_json *v)
{
	if (!has_shape(c, v))
		return refuse(m, IDR_CLAIM_TYPE, e, "is of another type than its claim");
	switch (c->type) {
	case IDR_CLAIM_STRING:
	case IDR_CLAIM_COUNTRY:
		idr_cw_text(&m->item, v->text);
		return true;
	case IDR_CLAIM_DATE:
	case IDR_CLAIM_PARTIAL_DATE:
		if (v->text.n == FULL_DATE_LEN)
			put_full_date(&m->item, v->text);
		else
			idr_cw_text(&m->item, v->text);
		return true;
	case IDR_CLAIM_INTEGER:
		return put_integer(m, e, v);
	case IDR_CLAIM_BOOLEAN:
		idr_cw_bool(&m->item, v->type == IDR_JSON_TRUE);
		return true;
	case IDR_CLAIM_IMAGE:
		return put_image(m, e, v);
	case IDR_CLAIM_OBJECT:
		return put_members(m, e, c, v);
	case IDR_CLAIM_ARRAY:
		return put_items(m, e, c, v);
	}
	return refuse(m, IDR_INTERNAL, e, "is of an unknown kind");
}

/*
 * A date of birth of which only the year or the month is known. The date beside the mask is the last
 * possible one, so that a reader who overlooks the mask never counts more age than is certain.
 */
static bool put_approximate_date(struct make *m, const struct idr_mdoc_element *e, const struct idr_json *v)
{
	uint8_t text[FULL_DATE_LEN];
	const char *mask = v->text.n == 4 ? "00001111" : v->text.n == 7 ? "00000011" : NULL;

	if (!idr_type_last_day(v->text, text))
		return refuse(m, IDR_DATE, e, "is no date");
	idr_cw_map(&m->item, mask ? 2 : 1);
	idr_cw_cstr(&m->item, "birth_date");
	put_full_date(&m->item, idr_bytes(text, sizeof(text)));
	if (mask) {
		idr_cw_cstr(&m->item, "approximate_mask");
		idr_cw_cstr(&m->item, mask);
	}
	return true;
}

/* ---- slots ---- */

/* digestIDs: a permutation over all elements (Fisher and Yates); 2^32 leaves no bias that counts.
 * implements: MDOC 9.1.2.4c */
static void draw_ids(struct make *m)
{
	for (size_t i = 0; i < m->n; i++)
		m->by_id[i] = (uint32_t)i;
	for (size_t i = m->n; i > 1; i--) {
		const uint8_t *r = m->slot[i - 1].random + RANDOM;
		uint32_t draw = (uint32_t)r[0] | (uint32_t)r[1] << 8 | (uint32_t)r[2] << 16 | (uint32_t)r[3] << 24;
		size_t k = draw % i;
		uint32_t swap = m->by_id[i - 1];

		m->by_id[i - 1] = m->by_id[k];
		m->by_id[k] = swap;
	}
	for (size_t i = 0; i < m->n; i++)
		m->slot[m->by_id[i]].id = (uint32_t)i;
}

static bool add_space(struct make *m, struct idr_bytes name)
{
	size_t at = m->n_space;

	for (size_t i = 0; i < m->n_space; i++)
		if (idr_bytes_equal(m->space[i], name))
			return true;
	if (m->n_space == IDR_MDOC_NAMESPACES)
		return idr_fail(m->err, IDR_LIMIT, NULL, "a type has at most %d namespaces", IDR_MDOC_NAMESPACES);
	for (; at > 0 && key_order(m->space[at - 1], name) > 0; at--)
		m->space[at] = m->space[at - 1];
	m->space[at] = name;
	m->n_space++;
	return true;
}

static bool prepare(struct make *m, const struct idr_mdoc_make *in)
{
	const struct idr_type *t = in->type;
	uint8_t *random;

	if (!t->n_element || t->n_element > IDR_MDOC_ELEMENTS)
		return idr_fail(m->err, IDR_TYPE, "schema/types/README.md", "this type has no mdoc form");
	m->n = t->n_element;
	m->slot = idr_arena_array(m->a, m->n, sizeof(*m->slot), m->err);
	m->by_id = idr_arena_array(m->a, m->n, sizeof(*m->by_id), m->err);
	random = idr_arena_room(m->a, m->n * DRAW, m->err);
	if (!m->slot || !m->by_id || !random)
		return false;
	idr_suite_random(m->s, random, m->n * DRAW);
	for (size_t i = 0; i < m->n; i++) {
		m->slot[i].e = &t->element[i];
		m->slot[i].value = idr_type_value_at(in->claims, t->element[i].claim);
		m->slot[i].random = random + i * DRAW;
		if (!add_space(m, t->element[i].namespace))
			return false;
	}
	draw_ids(m);
	return true;
}

/* ---- nameSpaces ---- */

/* implements: MDOC 9.1.2.5a, MDOC 9.1.2.5b: the digest covers tag 24 and the head of the byte string */
static bool put_item(struct make *m, struct slot *s, struct idr_buf *out)
{
	struct idr_buf *b = &m->item;
	size_t start = out->n;
	struct idr_bytes item;

	b->n = 0;
	idr_cw_map(b, 4);
	idr_cw_cstr(b, "random");
	idr_cw_bytes(b, idr_bytes(s->random, RANDOM));
	idr_cw_cstr(b, "digestID");
	idr_cw_uint(b, s->id);
	idr_cw_cstr(b, "elementValue");
	if (!(s->e->form == IDR_MDOC_APPROXIMATE_DATE ? put_approximate_date(m, s->e, s->value) :
	        put_value(m, s->e, s->e->source, s->value)))
		return false;
	idr_cw_cstr(b, "elementIdentifier");
	idr_cw_text(b, s->e->element);
	if (!idr_buf_done(b, &item, m->err))
		return false;
	idr_cw_tag(out, TAG_CBOR);
	idr_cw_bytes(out, item);
	if (!idr_buf_done(out, &item, m->err))
		return false;
	idr_suite_hash(m->s, IDR_SHA256, idr_bytes_from(item, start), s->digest);
	return true;
}

static size_t count_in(const struct make *m, struct idr_bytes space, bool lacking_too)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += idr_bytes_equal(m->slot[i].e->namespace, space) && (lacking_too || m->slot[i].value);
	return n;
}

static bool put_namespaces(struct make *m, struct idr_buf *b)
{
	size_t filled = 0, n[IDR_MDOC_NAMESPACES];

	for (size_t k = 0; k < m->n_space; k++) {
		n[k] = count_in(m, m->space[k], false);
		filled += n[k] > 0;
	}
	if (!filled)
		return idr_fail(m->err, IDR_CLAIM_MISSING, "ISO/IEC 18013-5 section 8.3.2.1.2.2",
		    "the person has none of the elements of this type");
	idr_cw_map(b, filled);
	for (size_t k = 0; k < m->n_space; k++) {
		if (!n[k])
			continue;
		idr_cw_text(b, m->space[k]);
		idr_cw_array(b, n[k]);
		for (size_t i = 0; i < m->n; i++)
			if (m->slot[i].value && idr_bytes_equal(m->slot[i].e->namespace, m->space[k]) &&
			    !put_item(m, &m->slot[i], b))
				return false;
	}
	return true;
}

/* ---- the mobile security object ---- */

/* Every element of the namespace, in the order of the digestIDs; a decoy for what the person lacks. */
static void put_digests(const struct make *m, struct idr_buf *b, struct idr_bytes space)
{
	idr_cw_map(b, count_in(m, space, true));
	for (uint32_t id = 0; id < m->n; id++) {
		const struct slot *s = &m->slot[m->by_id[id]];

		if (!idr_bytes_equal(s->e->namespace, space))
			continue;
		idr_cw_uint(b, id);
		idr_cw_bytes(b, idr_bytes(s->value ? s->digest : s->random, DIGEST));
	}
}

/* implements: MDOC 9.1.2.4b, MDOC 9.1.2.4e */
/* implements: HAIP 5.3.1c */
static void put_mso(const struct make *m, const struct idr_mdoc_make *in, struct idr_buf *b)
{
	idr_cw_map(b, in->status.present ? 7 : 6);
	if (in->status.present) {
		idr_cw_cstr(b, "status");
		idr_status_put_ref(b, &in->status);
	}
	idr_cw_cstr(b, "docType");
	idr_cw_text(b, in->type->doctype);
	idr_cw_cstr(b, "version");
	idr_cw_cstr(b, "1.0");
	idr_cw_cstr(b, "validityInfo");
	idr_cw_map(b, 3);
	idr_cw_cstr(b, "signed");
	put_tdate(b, in->iat);
	idr_cw_cstr(b, "validFrom");
	put_tdate(b, in->iat);
	idr_cw_cstr(b, "validUntil");
	put_tdate(b, in->exp);
	idr_cw_cstr(b, "valueDigests");
	idr_cw_map(b, m->n_space);
	for (size_t k = 0; k < m->n_space; k++) {
		idr_cw_text(b, m->space[k]);
		put_digests(m, b, m->space[k]);
	}
	idr_cw_cstr(b, "deviceKeyInfo");
	idr_cw_map(b, 1);
	idr_cw_cstr(b, "deviceKey");
	idr_key_put_cose(b, in->holder);
	idr_cw_cstr(b, "digestAlgorithm");
	idr_cw_cstr(b, "SHA-256");
}

static bool make_payload(struct make *m, const struct idr_mdoc_make *in, struct idr_bytes *out)
{
	struct idr_buf b, wrapped;
	struct idr_bytes mso;

	idr_buf_init(&b, m->a, 512 + m->n * (DIGEST + 5), IDR_MDOC_MAX);
	put_mso(m, in, &b);
	if (!idr_buf_done(&b, &mso, m->err))
		return false;
	idr_buf_init(&wrapped, m->a, mso.n + 8, IDR_MDOC_MAX);
	idr_cw_tag(&wrapped, TAG_CBOR);
	idr_cw_bytes(&wrapped, mso);
	return idr_buf_done(&wrapped, out, m->err);
}

/* RFC 9360 section 2: one certificate is a byte string, more are an array of them.
 * implements: MDOC 9.1.2.4a */
static bool make_headers(struct make *m, const struct idr_mdoc_make *in, struct idr_mdoc_built *out)
{
	struct idr_buf p, u;
	size_t n = 0;

	idr_buf_init(&p, m->a, 8, 16);
	idr_cw_map(&p, 1);
	idr_cw_int(&p, 1);
	idr_cw_int(&p, idr_alg_row(in->alg)->cose);
	for (size_t i = 0; i < in->n_chain; i++)
		n += in->chain_der[i].n + 5;
	idr_buf_init(&u, m->a, n + 8, IDR_MDOC_MAX);
	idr_cw_map(&u, 1);
	idr_cw_int(&u, LABEL_X5CHAIN);
	if (in->n_chain > 1)
		idr_cw_array(&u, in->n_chain);
	for (size_t i = 0; i < in->n_chain; i++)
		idr_cw_bytes(&u, in->chain_der[i]);
	return idr_buf_done(&p, &out->protected_map, m->err) && idr_buf_done(&u, &out->unprotected_map, m->err);
}

bool idr_mdoc_build(struct idr_suite *s, struct idr_arena *a, const struct idr_mdoc_make *in,
    struct idr_mdoc_built *out, struct idr_err *err)
{
	struct make m = { .s = s, .a = a, .err = err };
	struct idr_mdoc_built built;
	struct idr_buf b;

	if (!in->holder)
		return idr_fail(err, IDR_CNF, "ISO/IEC 18013-5 section 9.1.2.4", "an mdoc is issued to a device key only");
	if (!in->n_chain)
		return idr_fail(err, IDR_CONFIG, "ISO/IEC 18013-5 section 9.1.2.4",
		    "an mdoc carries its signer's certificate");
	if (!prepare(&m, in))
		return false;
	idr_buf_init(&m.item, a, in->claims->raw.n + 256, IDR_MDOC_MAX);
	idr_buf_init(&b, a, in->claims->raw.n + m.n * 128, IDR_MDOC_MAX);
	if (!put_namespaces(&m, &b) || !idr_buf_done(&b, &built.namespaces, err) ||
	    !make_payload(&m, in, &built.payload) || !make_headers(&m, in, &built) ||
	    !idr_sign1_build(a, built.protected_map, built.payload, &built.to_be_signed, err))
		return false;
	*out = built;
	return true;
}

bool idr_mdoc_attach(struct idr_arena *a, const struct idr_mdoc_built *b, struct idr_bytes signature,
    struct idr_bytes *out, struct idr_err *err)
{
	size_t n = b->namespaces.n + b->unprotected_map.n + b->payload.n + signature.n + 128;
	struct idr_buf t;

	idr_buf_init(&t, a, n, IDR_MDOC_MAX);
	idr_cw_map(&t, 2);
	idr_cw_cstr(&t, "issuerAuth");
	idr_sign1_put(&t, b->protected_map, b->unprotected_map, b->payload, signature);
	idr_cw_cstr(&t, "nameSpaces");
	idr_cw_raw(&t, b->namespaces);
	return idr_buf_done(&t, out, err);
}
