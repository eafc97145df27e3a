/*
 * sdjwt_internal: what the files of this room share: disclosures found by their digest.
 *
 * Standard  RFC 9901 section 4.2.3, 7.1
 */
#ifndef IDR_SDJWT_SDJWT_INTERNAL_H
#define IDR_SDJWT_SDJWT_INTERNAL_H

#include "base/text.h"
#include "sdjwt/sdjwt.h"

enum { SDJWT_DIGEST_TEXT = IDR_B64URL_LEN(IDR_HASH_MAX) };

/* Disclosures sorted by the base64url text of their digest, as it stands in `_sd`. */
struct sdjwt_index {
	struct sdjwt_entry {
		uint8_t text[SDJWT_DIGEST_TEXT];
		size_t n;
		struct idr_disclosure *d;
	} *e;
	size_t n;
};

/* Hash named by `_sd_alg` of the payload, SHA-256 when absent. errors IDR_HASH_ALG */
IDR_MUST bool idr_sdjwt_hash_alg(const struct idr_json *payload, enum idr_hash *out,
    struct idr_err *err);
/* Decode and hash every disclosure. errors IDR_DISCLOSURE_SHAPE, IDR_DISCLOSURE_DUPLICATE */
IDR_MUST bool idr_sdjwt_index_build(struct idr_suite *s, struct idr_arena *a, struct idr_sdjwt *j,
    struct sdjwt_index *out, struct idr_err *err);
/* The disclosure with this digest, or NULL: hidden, or a decoy. */
struct idr_disclosure *idr_sdjwt_index_find(const struct sdjwt_index *x, struct idr_bytes digest);
/* The digest of an array element {"...": digest}, or NULL when it is no placeholder. */
const struct idr_json *idr_sdjwt_placeholder(const struct idr_json *element);
/* base64url(HASH(in)) into out; gives its length. */
size_t idr_sdjwt_digest_text(struct idr_suite *s, enum idr_hash h, struct idr_bytes in,
    uint8_t out[SDJWT_DIGEST_TEXT]);

static inline const struct idr_json *idr_sdjwt_disclosed_value(const struct idr_disclosure *d)
{
	return idr_json_at(d->array, d->array->n - 1);
}

#endif
