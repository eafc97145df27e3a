/*
 * key: public keys as plain values, from JWK, COSE_Key or certificate; thumbprints.
 *
 * Coordinates are fixed length, big endian. A key that these functions give is on its curve.
 *
 * Standard  RFC 7517, RFC 7518 section 6, RFC 8037, RFC 9052 section 7, RFC 7638
 * Enter at  idr_key_from_jwk(), idr_key_from_cose(), idr_key_thumbprint()
 * Threads   plain values
 */
#ifndef IDR_SUITE_KEY_H
#define IDR_SUITE_KEY_H

#include "codec/cbor_read.h"
#include "codec/json.h"
#include "suite/suite.h"

struct idr_key {
	enum idr_curve curve;
	uint8_t x[48]; /* 32 bytes for P-256 and Ed25519, 48 for P-384 */
	uint8_t y[48]; /* EC only */
};

static inline size_t idr_key_len(const struct idr_key *k)
{
	return k->curve == IDR_P384 ? 48 : 32;
}
bool idr_key_equal(const struct idr_key *a, const struct idr_key *b);

enum idr_key_use { IDR_USE_VERIFY, IDR_USE_ENCRYPT };

/*
 * From a JWK object. Refused (IDR_KEY): unknown kty or crv, coordinates not exactly as long as the
 * curve, a point off the curve, private or symmetric members, `use` or `key_ops` or `alg` that
 * contradict `use` (formats brief 5.1). Other members are ignored.
 */
IDR_MUST bool idr_key_from_jwk(struct idr_suite *s, struct idr_arena *a, const struct idr_json *jwk,
    enum idr_key_use use, struct idr_key *out, struct idr_err *err);
/* From a checked COSE_Key map: EC2 (y as bytes; compressed refused) or OKP; private -4 refused. */
IDR_MUST bool idr_key_from_cose(struct idr_suite *s, struct idr_cbor map, struct idr_key *out,
    struct idr_err *err);
/* From an uncompressed point 04||x||y, or 32 bytes of Ed25519. */
IDR_MUST bool idr_key_from_point(struct idr_suite *s, enum idr_curve curve, struct idr_bytes point,
    struct idr_key *out, struct idr_err *err);

/* {"crv":..,"kty":..,"x":..,"y":..} in thumbprint order, without white space; `extra` members
 * (text like "\"kid\":\"1\",") come first, or NULL. */
void idr_key_put_jwk(struct idr_buf *b, const struct idr_key *k, const char *extra);
/* {1:2, -1:1, -2:x, -3:y} */
void idr_key_put_cose(struct idr_buf *b, const struct idr_key *k);
/* RFC 7638: SHA-256 of the required members. */
void idr_key_thumbprint(struct idr_suite *s, const struct idr_key *k, uint8_t out[32]);

#endif
