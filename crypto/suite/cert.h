/*
 * cert: what we read from an X.509 certificate, as plain values, and the path between two of them.
 *
 * Standard  RFC 5280; profiles of the trust brief 3.2 are checked above, in trust/path.c
 * Enter at  idr_cert_parse(), idr_cert_chain(), idr_crl_parse(), idr_cert_is_revoked()
 * Threads   plain values
 */
#ifndef IDR_SUITE_CERT_H
#define IDR_SUITE_CERT_H

#include "suite/key.h"

enum { IDR_CERT_MAX = 4096, IDR_CHAIN_MAX = 4, IDR_EKU_MAX = 4, IDR_SAN_MAX = 8 };

/* keyUsage bits, as in RFC 5280 section 4.2.1.3 counted from bit 0 */
enum {
	IDR_KU_DIGITAL_SIGNATURE = 1 << 0,
	IDR_KU_NON_REPUDIATION = 1 << 1,
	IDR_KU_CERT_SIGN = 1 << 5,
	IDR_KU_CRL_SIGN = 1 << 6
};

struct idr_cert {
	struct idr_bytes der;
	uint8_t sha256[32];
	struct idr_bytes subject;  /* DER of the name */
	struct idr_bytes issuer;
	struct idr_bytes serial;
	struct idr_bytes ski;      /* raw key identifier bytes; p == NULL when absent */
	struct idr_bytes aki;
	struct idr_bytes country;  /* C of the subject; p == NULL when absent */
	struct idr_bytes state;    /* ST of the subject */
	struct idr_bytes organization;
	struct idr_bytes common_name;
	struct idr_bytes eku[IDR_EKU_MAX]; /* dotted OIDs as text */
	size_t n_eku;
	struct idr_bytes dns[IDR_SAN_MAX]; /* dNSName of subjectAltName */
	size_t n_dns;
	int64_t not_before;
	int64_t not_after;
	struct idr_key key;        /* curve IDR_CURVE_NONE when the key is of another kind */
	unsigned key_usage;
	bool has_key_usage, key_usage_critical;
	bool has_eku, eku_critical; /* has_eku with n_eku 0: an empty list, no purpose at all */
	bool has_basic_constraints, is_ca;
	int path_len;              /* -1 when absent */
	bool has_crl_url, has_issuer_alt_name;
	bool unknown_critical;     /* a critical extension we do not know or cannot use, or a forbidden one */
	bool self_issued;          /* subject equals issuer */
};

/* An empty extKeyUsage leaves a certificate without any: such a one signs nothing here. */
static inline bool idr_cert_has_purpose(const struct idr_cert *c)
{
	return !c->has_eku || c->n_eku > 0;
}

/* Parse DER without trailing bytes, at most IDR_CERT_MAX bytes; slices point into the arena.
 * errors IDR_MALFORMED, IDR_LIMIT */
IDR_MUST bool idr_cert_parse(struct idr_suite *s, struct idr_arena *a, struct idr_bytes der,
    struct idr_cert *out, struct idr_err *err);

/*
 * The path from chain[0] (leaf) over the other certificates of the message to one of `anchors`, by
 * OpenSSL: X509_STRICT, CHECK_SS_SIGNATURE, no partial chain, depth 1 intermediate, time `now`.
 * *anchor is the index of the anchor that ended it.
 * errors IDR_CHAIN_EXPIRED, IDR_CHAIN_PROFILE (extension or CA fault), IDR_CHAIN_ORDER (none or more
 * than IDR_CHAIN_MAX), IDR_MALFORMED, IDR_TRUST (everything else). Order within the message and an
 * anchor inside it are the caller's to refuse.
 */
IDR_MUST bool idr_cert_chain(struct idr_suite *s, const struct idr_bytes *chain_der, size_t n,
    const struct idr_bytes *anchor_der, size_t n_anchors, int64_t now, size_t *anchor,
    struct idr_err *err);

/* What a CRL says of itself; who signed it is not looked at. */
struct idr_crl {
	struct idr_bytes der;
	struct idr_bytes issuer;   /* DER of the name */
	int64_t from, until;       /* thisUpdate, nextUpdate */
};
/* DER without trailing bytes, copied into `a`; without nextUpdate it is refused: nobody could say when it is
 * too old. errors IDR_MALFORMED, IDR_LIMIT */
IDR_MUST bool idr_crl_parse(struct idr_suite *s, struct idr_arena *a, struct idr_bytes der,
    struct idr_crl *out, struct idr_err *err);

/*
 * Is `cert` on this CRL of its issuer? A complete CRL only: an indirect, partial or delta CRL is
 * refused. *revoked is set on success.
 * errors IDR_MALFORMED, IDR_TRUST (of another issuer), IDR_SIGNATURE, IDR_STATUS_STALE (not yet or
 * no longer current: what the CRL says is then unknown, not good)
 */
IDR_MUST bool idr_cert_is_revoked(struct idr_suite *s, const struct idr_cert *cert,
    struct idr_bytes issuer_der, struct idr_bytes crl_der, int64_t now, bool *revoked,
    struct idr_err *err);

#endif
