#include "status/status.h"

#include "base/text.h"
#include "codec/cbor_write.h"
#include "jose/jws.h"

/* Certificates, addresses and numbers around the list itself. */
enum { AROUND = 32 * 1024 };

/* implements: TSL 6.3a */
void idr_status_put_ref(struct idr_buf *b, const struct idr_status_ref *ref)
{
	idr_cw_map(b, 1);
	idr_cw_cstr(b, "status_list");
	idr_cw_map(b, 2);
	idr_cw_cstr(b, "idx");
	idr_cw_uint(b, ref->idx);
	idr_cw_cstr(b, "uri");
	idr_cw_text(b, ref->uri);
}

/* implements: TSL 4.2a, TSL 5.1a */
/* implements: HAIP 6.1e */
bool idr_status_build_jwt(struct idr_arena *a, const struct idr_status_make *m,
    struct idr_bytes *to_be_signed, struct idr_err *err)
{
	struct idr_bytes header, payload;
	struct idr_buf b;
	struct idr_jw w;

	if (!idr_jws_header(a, m->alg, "statuslist+jwt", m->kid, m->chain_der, m->n_chain, &header, err))
		return false;
	idr_buf_init(&b, a, m->zlib.n / 3 * 4 + 512 + m->uri.n, m->zlib.n * 2 + AROUND);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "sub", m->uri);
	idr_jw_put_int(&w, "iat", m->iat);
	if (m->exp)
		idr_jw_put_int(&w, "exp", m->exp);
	if (m->ttl)
		idr_jw_put_int(&w, "ttl", m->ttl);
	idr_jw_name(&w, "status_list");
	idr_jw_open(&w, '{');
	idr_jw_put_int(&w, "bits", m->bits);
	idr_jw_name(&w, "lst");
	idr_jw_b64url(&w, m->zlib);
	if (m->aggregation_uri.n)
		idr_jw_put_str(&w, "aggregation_uri", m->aggregation_uri);
	idr_jw_close(&w, '}');
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, &payload, err) && idr_jws_build(a, header, payload, to_be_signed, err);
}

/* {1: alg, 4: kid, 16: type, 33: chain}, keys in bytewise order
 * implements: TSL 5.2c */
static void put_protected(struct idr_buf *b, const struct idr_status_make *m)
{
	idr_cw_map(b, 2 + (m->kid != NULL) + (m->n_chain > 0));
	idr_cw_int(b, 1);
	idr_cw_int(b, idr_alg_row(m->alg)->cose);
	if (m->kid) {
		idr_cw_int(b, 4);
		idr_cw_bytes(b, idr_str(m->kid));
	}
	idr_cw_int(b, 16);
	idr_cw_cstr(b, "application/statuslist+cwt");
	if (!m->n_chain)
		return;
	idr_cw_int(b, 33);
	if (m->n_chain > 1)
		idr_cw_array(b, m->n_chain);
	for (size_t i = 0; i < m->n_chain; i++)
		idr_cw_bytes(b, m->chain_der[i]);
}

/* implements: TSL 4.3a, TSL 5.2d */
static void put_payload(struct idr_buf *b, const struct idr_status_make *m)
{
	idr_cw_map(b, 3 + (m->exp != 0) + (m->ttl != 0));
	idr_cw_int(b, 2);
	idr_cw_text(b, m->uri);
	if (m->exp) {
		idr_cw_int(b, 4);
		idr_cw_int(b, m->exp);
	}
	idr_cw_int(b, 6);
	idr_cw_int(b, m->iat);
	idr_cw_int(b, 65533);
	idr_cw_map(b, 2 + (m->aggregation_uri.n > 0));
	idr_cw_cstr(b, "lst");
	idr_cw_bytes(b, m->zlib);
	idr_cw_cstr(b, "bits");
	idr_cw_uint(b, m->bits);
	if (m->aggregation_uri.n) {
		idr_cw_cstr(b, "aggregation_uri");
		idr_cw_text(b, m->aggregation_uri);
	}
	if (m->ttl) {
		idr_cw_int(b, 65534);
		idr_cw_int(b, m->ttl);
	}
}

/* implements: MDOC 12.3.6b */
bool idr_status_build_cwt(struct idr_arena *a, const struct idr_status_make *m,
    struct idr_bytes *protected_map, struct idr_bytes *payload, struct idr_err *err)
{
	struct idr_buf head, body;

	idr_buf_init(&head, a, 256, AROUND);
	put_protected(&head, m);
	idr_buf_init(&body, a, m->zlib.n + 256 + m->uri.n, m->zlib.n + AROUND);
	put_payload(&body, m);
	return idr_buf_done(&head, protected_map, err) && idr_buf_done(&body, payload, err);
}
