/*
 * sdjwt_issue: one copy of a credential, written directly.
 *
 * Disclosures are made bottom-up, because the value of an outer one holds the digests of the
 * inner ones. Salts and decoys of a copy come from one random draw. Claims are copied as the
 * JSON text they are; no tree is built.
 *
 * Standard  RFC 9901 section 4.2; formats brief 1.4 to 1.6
 */
#include "sdjwt/sdjwt_internal.h"

#include <stdlib.h>

enum { SALT = 16, DECOY = 32, MAKE_DEPTH = 8 };

struct digest {
	uint8_t text[SDJWT_DIGEST_TEXT];
};

/* The digests of one object. */
struct digests {
	struct digest *d;
	size_t n;
};

struct make {
	struct idr_suite *s;
	struct idr_arena *a;
	const uint8_t *random;        /* what is left of the draw */
	size_t n_random;
	struct idr_buf out;           /* "~d1~d2..." */
	struct idr_buf scratch[MAKE_DEPTH]; /* JSON text of the disclosure being made, by depth */
	unsigned depth;
	struct idr_err *err;
};

static bool is_hidden(const struct idr_claim *c)
{
	return c->sd != IDR_SD_NEVER;
}

static const struct idr_json *value_of(const struct idr_json *obj, const struct idr_claim *c)
{
	return idr_json_find_bytes(obj, c->name);
}

/* How many disclosures this value makes below itself. */
static size_t count_below(const struct idr_claim *c, const struct idr_json *v)
{
	size_t n = 0;

	if (c->type == IDR_CLAIM_OBJECT && v->type == IDR_JSON_OBJECT) {
		for (size_t i = 0; i < c->n_member; i++) {
			const struct idr_json *m = value_of(v, &c->member[i]);

			if (m)
				n += is_hidden(&c->member[i]) + count_below(&c->member[i], m);
		}
	} else if (c->type == IDR_CLAIM_ARRAY && v->type == IDR_JSON_ARRAY) {
		for (const struct idr_json *e = idr_json_first(v); e; e = idr_json_next(v, e))
			n += is_hidden(c->member) + count_below(c->member, e);
	}
	return n;
}

static const uint8_t *draw(struct make *m, size_t n)
{
	const uint8_t *p = m->random;

	if (m->n_random < n) {
		idr_fail(m->err, IDR_INTERNAL, NULL, "more salts than were counted");
		return NULL;
	}
	m->random += n;
	m->n_random -= n;
	return p;
}

static bool put_value(struct make *m, struct idr_buf *b, const struct idr_claim *c,
    const struct idr_json *v);

/* [salt, name, value], or [salt, value] for an array element; its digest goes to `out` */
/* implements: SDJWT 4.1c, SDJWT 4.2.1a, SDJWT 4.2.1b, SDJWT 4.2.2a, SDJWT 4.2.3a */
static bool disclose(struct make *m, const struct idr_claim *c, const struct idr_json *v,
    struct digest *out)
{
	const uint8_t *salt = draw(m, SALT);
	struct idr_buf *b = &m->scratch[m->depth];
	struct idr_bytes json;
	size_t start;

	if (!salt)
		return false;
	if (m->depth + 1 == MAKE_DEPTH)
		return idr_fail(m->err, IDR_LIMIT, NULL, "the type is nested too deep");
	if (!b->a)
		idr_buf_init(b, m->a, 256 + v->raw.n, IDR_SDJWT_MAX);
	b->n = 0;
	idr_buf_put_str(b, "[\"");
	idr_b64url_put(b, idr_bytes(salt, SALT));
	idr_buf_put_str(b, "\",");
	if (c->name.n) {
		idr_buf_put_byte(b, '"');
		idr_buf_put(b, c->name);
		idr_buf_put_str(b, "\",");
	}
	m->depth++;
	if (!put_value(m, b, c, v))
		return false;
	m->depth--;
	idr_buf_put_byte(b, ']');
	if (!idr_buf_done(b, &json, m->err))
		return false;
	idr_buf_put_byte(&m->out, '~');
	start = m->out.n;
	idr_b64url_put(&m->out, json);
	if (m->out.failed)
		return idr_buf_done(&m->out, &json, m->err);
	idr_sdjwt_digest_text(m->s, IDR_SHA256, idr_bytes_from(idr_buf_bytes(&m->out), start), out->text);
	return true;
}

static int by_text(const void *a, const void *b)
{
	return memcmp(a, b, IDR_B64URL_LEN(32));
}

/* implements: SDJWT 4.2.4.1a: sorted, so that the order of the claims stays hidden */
static void put_sd(struct idr_buf *b, struct digests *d, bool comma)
{
	qsort(d->d, d->n, sizeof(*d->d), by_text);
	idr_buf_put_str(b, comma ? ",\"_sd\":[" : "\"_sd\":[");
	for (size_t i = 0; i < d->n; i++) {
		idr_buf_put_str(b, i ? ",\"" : "\"");
		idr_buf_put(b, idr_bytes(d->d[i].text, IDR_B64URL_LEN(32)));
		idr_buf_put_byte(b, '"');
	}
	idr_buf_put_byte(b, ']');
}

/* The claims of one object: plain ones written, hidden ones disclosed into `d`. */
/* implements: SDJWTVC 4.6.4a */
static bool put_members(struct make *m, struct idr_buf *b, const struct idr_claim *claim, size_t n,
    const struct idr_json *obj, bool *comma, struct digests *d)
{
	for (size_t i = 0; i < n; i++) {
		const struct idr_json *v = value_of(obj, &claim[i]);

		if (!v)
			continue;
		if (is_hidden(&claim[i])) {
			if (!disclose(m, &claim[i], v, &d->d[d->n++]))
				return false;
			continue;
		}
		idr_buf_put_str(b, *comma ? ",\"" : "\"");
		*comma = true;
		idr_buf_put(b, claim[i].name);
		idr_buf_put_str(b, "\":");
		if (!put_value(m, b, &claim[i], v))
			return false;
	}
	return true;
}

static bool put_object(struct make *m, struct idr_buf *b, const struct idr_claim *c,
    const struct idr_json *v)
{
	struct digests d = { idr_arena_array(m->a, c->n_member + 1, sizeof(*d.d), m->err), 0 };
	bool comma = false;

	if (!d.d)
		return false;
	idr_buf_put_byte(b, '{');
	if (!put_members(m, b, c->member, c->n_member, v, &comma, &d))
		return false;
	if (d.n)
		put_sd(b, &d, comma);
	idr_buf_put_byte(b, '}');
	return true;
}

/* implements: SDJWT 4.2.4.2a: a hidden element becomes {"...": digest} in its place */
static bool put_array(struct make *m, struct idr_buf *b, const struct idr_claim *c,
    const struct idr_json *v)
{
	bool comma = false;

	idr_buf_put_byte(b, '[');
	for (const struct idr_json *e = idr_json_first(v); e; e = idr_json_next(v, e)) {
		struct digest d;

		if (comma)
			idr_buf_put_byte(b, ',');
		comma = true;
		if (!is_hidden(c->member)) {
			if (!put_value(m, b, c->member, e))
				return false;
			continue;
		}
		if (!disclose(m, c->member, e, &d))
			return false;
		idr_buf_put_str(b, "{\"...\":\"");
		idr_buf_put(b, idr_bytes(d.text, IDR_B64URL_LEN(32)));
		idr_buf_put_str(b, "\"}");
	}
	idr_buf_put_byte(b, ']');
	return true;
}

static bool put_value(struct make *m, struct idr_buf *b, const struct idr_claim *c,
    const struct idr_json *v)
{
	if (c->type == IDR_CLAIM_OBJECT && v->type == IDR_JSON_OBJECT)
		return put_object(m, b, c, v);
	if (c->type == IDR_CLAIM_ARRAY && v->type == IDR_JSON_ARRAY)
		return put_array(m, b, c, v);
	idr_buf_put(b, v->raw);
	return true;
}

/*
 * What every copy says openly: formats brief 1.3, issuing brief 16.
 * implements: HAIP 6.1b, HAIP 6.1c, HAIP 6.1d
 */
/* implements: SDJWTVC 2.2.2.3a */
static void put_plain(struct idr_buf *b, const struct idr_sdjwt_make *m)
{
	struct idr_jw w = idr_jw(b);

	if (m->iss.n)
		idr_jw_put_str(&w, "iss", m->iss);
	idr_jw_put_int(&w, "iat", m->iat);
	if (m->exp)
		idr_jw_put_int(&w, "exp", m->exp);
	idr_jw_put_str(&w, "vct", m->type->vct);
	if (m->holder) {
		idr_buf_put_str(b, ",\"cnf\":{\"jwk\":");
		idr_key_put_jwk(b, m->holder, NULL);
		idr_buf_put_byte(b, '}');
	}
	if (m->status.present) { /* implements: TSL 6.2a */
		idr_buf_put_str(b, ",\"status\":{\"status_list\":{\"idx\":");
		idr_buf_put_int(b, (int64_t)m->status.idx);
		idr_buf_put_str(b, ",\"uri\":");
		w.comma = false;
		idr_jw_str(&w, m->status.uri);
		idr_buf_put_str(b, "}}");
	}
}

/* implements: SDJWT 4.2.5a: decoys, so that the count of digests says nothing */
static bool put_decoys(struct make *m, const struct idr_type *t, struct digests *d)
{
	while (d->n < t->digests) {
		const uint8_t *r = draw(m, DECOY);

		if (!r)
			return false;
		idr_sdjwt_digest_text(m->s, IDR_SHA256, idr_bytes(r, DECOY), d->d[d->n++].text);
	}
	return true;
}

/* implements: SDJWT 4.2.1b */
static bool prepare(struct make *m, const struct idr_type *t, const struct idr_json *claims,
    struct digests *top)
{
	size_t salts = 0, hidden = 0, slots = t->digests > t->n_claim ? t->digests : t->n_claim;
	uint8_t *random;

	for (size_t i = 0; i < t->n_claim; i++) {
		const struct idr_json *v = value_of(claims, &t->claim[i]);

		if (v)
			salts += count_below(&t->claim[i], v);
		if (v && is_hidden(&t->claim[i]))
			hidden++;
	}
	m->n_random = (salts + hidden) * SALT + (t->digests > hidden ? t->digests - hidden : 0) * DECOY;
	if (salts + hidden > IDR_SDJWT_DISCLOSURES)
		return idr_fail(m->err, IDR_LIMIT, NULL, "there are more than %d disclosures",
		    IDR_SDJWT_DISCLOSURES);
	random = idr_arena_alloc(m->a, m->n_random + 1, m->err);
	top->d = idr_arena_array(m->a, slots + 1, sizeof(*top->d), m->err);
	top->n = 0;
	if (!random || !top->d)
		return false;
	if (m->n_random)
		idr_suite_random(m->s, random, m->n_random);
	m->random = random;
	return true;
}

/* implements: SDJWT 4.1.1a, SDJWT 9.4a */
static bool put_payload(struct make *m, const struct idr_sdjwt_make *in, struct idr_buf *b)
{
	const struct idr_type *t = in->type;
	struct digests top;
	bool comma = true;

	if (!prepare(m, t, in->claims, &top))
		return false;
	idr_buf_put_byte(b, '{');
	put_plain(b, in);
	if (!put_members(m, b, t->claim, t->n_claim, in->claims, &comma, &top) ||
	    !put_decoys(m, t, &top))
		return false;
	if (top.n)
		put_sd(b, &top, true);
	idr_buf_put_str(b, ",\"_sd_alg\":\"sha-256\"}");
	return true;
}

/* implements: HAIP 6.1c, HAIP 6.1.1a */
/* implements: SDJWT 3.3a, SDJWT 4.1a */
/* implements: SDJWTVC 2.2.1a, SDJWTVC 2.2.2.3d */
bool idr_sdjwt_build(struct idr_suite *s, struct idr_arena *a, const struct idr_sdjwt_make *m,
    struct idr_sdjwt_built *out, struct idr_err *err)
{
	struct make run = { .s = s, .a = a, .err = err };
	struct idr_sdjwt_built built;
	struct idr_bytes header, payload;
	struct idr_buf b;

	if (m->type->holder_binding && !m->holder)
		return idr_fail(err, IDR_CNF, "OpenID4VC HAIP 1.0 section 6.1",
		    "this type is issued to a holder key only");
	idr_buf_init(&run.out, a, m->claims->raw.n * 3 / 2 + 4096, IDR_SDJWT_MAX);
	idr_buf_init(&b, a, 4096, IDR_SDJWT_MAX);
	if (!put_payload(&run, m, &b))
		return false;
	idr_buf_put_byte(&run.out, '~');
	if (!idr_buf_done(&b, &payload, err) || !idr_buf_done(&run.out, &built.disclosures, err) ||
	    !idr_jws_header(a, m->alg, "dc+sd-jwt", NULL, m->chain_der, m->n_chain, &header, err) ||
	    !idr_jws_build(a, header, payload, &built.to_be_signed, err))
		return false;
	*out = built;
	return true;
}

/* implements: HAIP 6.1a */
/* implements: SDJWT 4a */
/* implements: SDJWTVC 2.2a */
bool idr_sdjwt_attach(struct idr_arena *a, const struct idr_sdjwt_built *b,
    struct idr_bytes signature, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_buf t;

	idr_buf_init(&t, a, b->to_be_signed.n + b->disclosures.n + 140, IDR_SDJWT_MAX);
	idr_buf_put(&t, b->to_be_signed);
	idr_buf_put_byte(&t, '.');
	idr_b64url_put(&t, signature);
	idr_buf_put(&t, b->disclosures);
	return idr_buf_done(&t, out, err);
}
