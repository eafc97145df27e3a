#include "trust/trust_internal.h"

bool idr_trust_new(struct idr_arena *a, struct idr_trust **out, struct idr_err *err)
{
	struct idr_trust *t = idr_arena_alloc(a, sizeof(*t), err);

	if (!t)
		return false;
	t->a = a;
	*out = t;
	return true;
}

/* Room for one more of `size` bytes at *list; the old place stays behind in the arena. */
static void *grow(struct idr_arena *a, void *list, size_t n, size_t *cap, size_t size,
    struct idr_err *err)
{
	size_t more = *cap ? *cap * 2 : 8;
	void *p;

	if (n < *cap)
		return list;
	p = idr_arena_array(a, more, size, err);
	if (!p)
		return NULL;
	if (n)
		memcpy(p, list, n * size);
	*cap = more;
	return p;
}

static bool copy_types(struct idr_arena *a, const struct idr_bytes *more, size_t n_more,
    struct idr_bytes **types, size_t *n, struct idr_err *err)
{
	struct idr_bytes *list;

	if (!n_more)
		return true;
	list = idr_arena_array(a, *n + n_more, sizeof(*list), err);
	if (!list)
		return false;
	if (*n)
		memcpy(list, *types, *n * sizeof(*list));
	for (size_t i = 0; i < n_more; i++)
		if (!idr_arena_copy(a, more[i], &list[*n + i], err))
			return false;
	*types = list;
	*n += n_more;
	return true;
}

static bool parse_copy(struct idr_suite *s, struct idr_trust *t, struct idr_bytes der,
    struct idr_cert *out, struct idr_err *err)
{
	struct idr_bytes own;

	if (!idr_arena_copy(t->a, der, &own, err) || !idr_cert_parse(s, t->a, own, out, err))
		return false;
	return idr_cert_has_purpose(out) || idr_fail(err, IDR_MALFORMED, "RFC 5280 section 4.2.1.12",
	    "the certificate has an empty extended key usage");
}

static struct idr_anchor *find_anchor(struct idr_trust *t, struct idr_bytes der)
{
	for (size_t i = 0; i < t->n_anchor; i++)
		if (idr_bytes_equal(t->anchor[i].cert.der, der))
			return &t->anchor[i];
	return NULL;
}

static struct idr_anchor *add_anchor(struct idr_suite *s, struct idr_trust *t, struct idr_bytes der,
    struct idr_err *err)
{
	struct idr_cert cert;
	struct idr_anchor *list;

	if (!parse_copy(s, t, der, &cert, err))
		return NULL;
	list = grow(t->a, t->anchor, t->n_anchor, &t->cap_anchor, sizeof(*list), err);
	if (!list)
		return NULL;
	t->anchor = list;
	list[t->n_anchor] = (struct idr_anchor){ .cert = cert };
	return &list[t->n_anchor++];
}

/* The lengths go in too, so that no two different sets give the same bytes. */
static void digest_anchor(struct idr_suite *s, struct idr_trust *t, const struct idr_anchor *x)
{
	uint8_t sum[IDR_HASH_MAX];
	uint64_t head[3] = { x->purposes, x->n_types, x->eku ? 1 + strlen(x->eku) : 0 };
	struct idr_bytes part[4] = { { t->digest, 32 }, { x->cert.sha256, 32 },
		{ (const uint8_t *)head, sizeof(head) }, idr_str(x->eku) };

	idr_suite_hash_parts(s, IDR_SHA256, part, 4, sum);
	memcpy(t->digest, sum, 32);
	for (size_t i = 0; i < x->n_types; i++) {
		uint64_t len = x->types[i].n;
		struct idr_bytes one[3] = { { t->digest, 32 }, { (const uint8_t *)&len, sizeof(len) },
			x->types[i] };

		idr_suite_hash_parts(s, IDR_SHA256, one, 3, sum);
		memcpy(t->digest, sum, 32);
	}
}

bool idr_trust_add_anchor(struct idr_suite *s, struct idr_trust *t, struct idr_bytes der,
    unsigned purposes, const struct idr_bytes *types, size_t n_types, const char *eku,
    struct idr_err *err)
{
	struct idr_anchor *x = find_anchor(t, der);
	struct idr_bytes text;

	if (!x)
		x = add_anchor(s, t, der, err);
	if (!x || !copy_types(t->a, types, n_types, &x->types, &x->n_types, err))
		return false;
	if (eku) {
		if (!idr_arena_copy(t->a, idr_str(eku), &text, err))
			return false;
		x->eku = (const char *)text.p;
	}
	x->purposes |= purposes;
	digest_anchor(s, t, x);
	return true;
}

bool idr_trust_add_signer(struct idr_suite *s, struct idr_trust *t, struct idr_bytes der,
    bool retired, struct idr_err *err)
{
	struct idr_signer x = { .retired = retired };
	struct idr_signer *list;

	for (size_t i = 0; i < t->n_signer; i++)
		if (idr_bytes_equal(t->signer[i].cert.der, der)) {
			t->signer[i].retired = retired;
			return true;
		}
	if (!parse_copy(s, t, der, &x.cert, err))
		return false;
	list = grow(t->a, t->signer, t->n_signer, &t->cap_signer, sizeof(*list), err);
	if (!list)
		return false;
	t->signer = list;
	list[t->n_signer++] = x;
	return true;
}

bool idr_trust_add_pinned(struct idr_trust *t, const struct idr_pinned *p, struct idr_err *err)
{
	struct idr_pinned x = *p;
	struct idr_pinned *list;

	x.types = NULL;
	x.n_types = 0;
	if (!copy_types(t->a, p->types, p->n_types, &x.types, &x.n_types, err) ||
	    (p->iss.p && !idr_arena_copy(t->a, p->iss, &x.iss, err)) ||
	    (p->kid.p && !idr_arena_copy(t->a, p->kid, &x.kid, err)))
		return false;
	list = grow(t->a, t->pinned, t->n_pinned, &t->cap_pinned, sizeof(*list), err);
	if (!list)
		return false;
	t->pinned = list;
	list[t->n_pinned++] = x;
	return true;
}

bool idr_trust_pin_signer(struct idr_suite *s, struct idr_trust *t, struct idr_bytes der,
    const struct idr_bytes *types, size_t n_types, struct idr_err *err)
{
	struct idr_pinned_signer x = { .n_types = 0 };
	struct idr_pinned_signer *list;

	if (!parse_copy(s, t, der, &x.cert, err) || !copy_types(t->a, types, n_types, &x.types, &x.n_types, err))
		return false;
	if (x.cert.key.curve == IDR_CURVE_NONE)
		return idr_fail(err, IDR_KEY, "RFC 5280 section 4.1.2.7", "the signer's key is of a kind not used here");
	list = grow(t->a, t->pin, t->n_pin, &t->cap_pin, sizeof(*list), err);
	if (!list)
		return false;
	t->pin = list;
	list[t->n_pin++] = x;
	return true;
}

bool idr_trust_add_crl(struct idr_suite *s, struct idr_trust *t, struct idr_bytes der, struct idr_err *err)
{
	uint8_t sum[IDR_HASH_MAX];
	struct idr_crl x, *list;
	struct idr_bytes part[3] = { { t->digest, 32 }, IDR_LIT("crl"), { sum, 32 } };

	if (!idr_crl_parse(s, t->a, der, &x, err))
		return false;
	list = grow(t->a, t->crl, t->n_crl, &t->cap_crl, sizeof(*list), err);
	if (!list)
		return false;
	t->crl = list;
	list[t->n_crl++] = x;
	idr_suite_hash(s, IDR_SHA256, x.der, sum);
	idr_suite_hash_parts(s, IDR_SHA256, part, 3, sum);
	memcpy(t->digest, sum, 32);
	return true;
}

size_t idr_trust_crls(const struct idr_trust *t, const struct idr_crl **out)
{
	*out = t->crl;
	return t->n_crl;
}

size_t idr_trust_anchors(const struct idr_trust *t, const struct idr_anchor **out)
{
	*out = t->anchor;
	return t->n_anchor;
}

size_t idr_trust_signers(const struct idr_trust *t, const struct idr_signer **out)
{
	*out = t->signer;
	return t->n_signer;
}

const struct idr_signer *idr_trust_signer_by_kid(const struct idr_trust *t, struct idr_bytes kid,
    size_t i)
{
	if (kid.n != 8)
		return NULL;
	for (size_t j = 0; j < t->n_signer; j++)
		if (!memcmp(t->signer[j].cert.sha256, kid.p, 8) && i-- == 0)
			return &t->signer[j];
	return NULL;
}

bool idr_trust_type_fits(const struct idr_bytes *types, size_t n, struct idr_bytes type)
{
	for (size_t i = 0; i < n; i++) {
		struct idr_bytes x = types[i];

		if (idr_bytes_equal(x, type))
			return true;
		if (x.n && x.p[x.n - 1] == '*' && type.n >= x.n - 1 &&
		    idr_bytes_equal(idr_bytes_first(x, x.n - 1), idr_bytes_first(type, x.n - 1)))
			return true;
	}
	return false;
}

const struct idr_pinned *idr_trust_pinned(const struct idr_trust *t, enum idr_purpose purpose,
    struct idr_bytes type, struct idr_bytes iss, struct idr_bytes kid, size_t i)
{
	for (size_t j = 0; j < t->n_pinned; j++) {
		const struct idr_pinned *x = &t->pinned[j];

		/* iss and kid narrow; they are never the reason to trust */
		if (!(x->purposes & purpose) || (x->iss.p && !idr_bytes_equal(x->iss, iss)) ||
		    (x->kid.p && !idr_bytes_equal(x->kid, kid)))
			continue;
		if (purpose == IDR_PURPOSE_ISSUER && !idr_trust_type_fits(x->types, x->n_types, type))
			continue;
		if (i-- == 0)
			return x;
	}
	return NULL;
}
