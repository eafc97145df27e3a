#include "verify/bundle.h"

/* Heads and numbers around the files. */
enum { AROUND = 64 * 1024, EACH = 512 };

static unsigned carried(const struct idr_anchor *x)
{
	return x->purposes & (IDR_PURPOSE_ISSUER | IDR_PURPOSE_STATUS | IDR_PURPOSE_READER);
}

static void put_anchors(struct idr_buf *b, const struct idr_trust *t)
{
	const struct idr_anchor *x;
	size_t n = idr_trust_anchors(t, &x), kept = 0;

	for (size_t i = 0; i < n; i++)
		kept += carried(&x[i]) != 0;
	idr_cw_array(b, kept);
	for (size_t i = 0; i < n; i++) {
		if (!carried(&x[i]))
			continue; /* who signs bundles is not told by a bundle */
		idr_cw_map(b, x[i].eku ? 4 : 3);
		idr_cw_int(b, 1);
		idr_cw_bytes(b, x[i].cert.der);
		idr_cw_int(b, 2);
		idr_cw_uint(b, carried(&x[i]));
		idr_cw_int(b, 3);
		idr_cw_array(b, x[i].n_types);
		for (size_t j = 0; j < x[i].n_types; j++)
			idr_cw_text(b, x[i].types[j]);
		if (x[i].eku) {
			idr_cw_int(b, 4);
			idr_cw_cstr(b, x[i].eku);
		}
	}
}

static void put_signers(struct idr_buf *b, const struct idr_trust *t)
{
	const struct idr_signer *x;
	size_t n = idr_trust_signers(t, &x);

	idr_cw_array(b, n);
	for (size_t i = 0; i < n; i++) {
		idr_cw_map(b, 2);
		idr_cw_int(b, 1);
		idr_cw_bytes(b, x[i].cert.der);
		idr_cw_int(b, 2);
		idr_cw_bool(b, x[i].retired);
	}
}

static void put_lists(struct idr_buf *b, const struct idr_bytes *list, size_t n)
{
	idr_cw_array(b, n);
	for (size_t i = 0; i < n; i++)
		/* a JWT is ASCII, a CWT begins above it */
		if (list[i].n && list[i].p[0] < 0x80)
			idr_cw_text(b, list[i]);
		else
			idr_cw_bytes(b, list[i]);
}

static void put_files(struct idr_buf *b, const struct idr_bytes *file, size_t n)
{
	idr_cw_array(b, n);
	for (size_t i = 0; i < n; i++)
		idr_cw_bytes(b, file[i]);
}

static void put_payload(struct idr_buf *b, const struct idr_bundle_make *m)
{
	const struct idr_crl *crl;
	size_t n_crl = idr_trust_crls(m->trust, &crl);

	idr_cw_map(b, n_crl ? 11 : 10);
	idr_cw_int(b, 1);
	idr_cw_int(b, 1);
	idr_cw_int(b, 2);
	idr_cw_int(b, m->sequence);
	idr_cw_int(b, 3);
	idr_cw_int(b, m->issued);
	idr_cw_int(b, 4);
	idr_cw_int(b, m->good_until);
	idr_cw_int(b, 5);
	idr_cw_text(b, m->issuer);
	idr_cw_int(b, 6);
	put_anchors(b, m->trust);
	idr_cw_int(b, 7);
	put_signers(b, m->trust);
	idr_cw_int(b, 8);
	put_lists(b, m->list, m->n_list);
	idr_cw_int(b, 9);
	put_files(b, m->type, m->n_type);
	idr_cw_int(b, 10);
	put_files(b, m->policy, m->n_policy);
	if (!n_crl)
		return;
	idr_cw_int(b, 11);
	idr_cw_array(b, n_crl);
	for (size_t i = 0; i < n_crl; i++)
		idr_cw_bytes(b, crl[i].der);
}

/* {1: alg, 16: type, 33: chain}, keys in bytewise order */
static void put_protected(struct idr_buf *b, const struct idr_bundle_make *m)
{
	idr_cw_map(b, 3);
	idr_cw_int(b, 1);
	idr_cw_int(b, idr_alg_row(m->alg)->cose);
	idr_cw_int(b, 16);
	idr_cw_cstr(b, "application/idrail-bundle+cbor");
	idr_cw_int(b, 33);
	if (m->n_chain > 1)
		idr_cw_array(b, m->n_chain);
	for (size_t i = 0; i < m->n_chain; i++)
		idr_cw_bytes(b, m->chain_der[i]);
}

static size_t size_of(const struct idr_bytes *file, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += file[i].n + 16;
	return sum;
}

bool idr_bundle_build(struct idr_arena *a, const struct idr_bundle_make *m,
    struct idr_bundle_built *out, struct idr_err *err)
{
	size_t first = AROUND + size_of(m->list, m->n_list) + size_of(m->type, m->n_type) +
	    size_of(m->policy, m->n_policy);
	struct idr_bundle_built x;
	struct idr_buf head, body;

	if (!m->n_chain || m->n_chain > IDR_CHAIN_MAX)
		return idr_fail(err, IDR_CHAIN_ORDER, "RFC 9360", "a bundle carries its signer's certificate");
	if (m->sequence < 0 || m->issued < 0 || m->good_until <= m->issued)
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "the bundle ends before it begins");
	idr_buf_init(&head, a, EACH, IDR_CHAIN_MAX * IDR_CERT_MAX + EACH);
	put_protected(&head, m);
	idr_buf_init(&body, a, first, IDR_BUNDLE_MAX);
	put_payload(&body, m);
	if (!idr_buf_done(&head, &x.protected_map, err) || !idr_buf_done(&body, &x.payload, err) ||
	    !idr_sign1_build(a, x.protected_map, x.payload, &x.to_be_signed, err))
		return false;
	*out = x;
	return true;
}
