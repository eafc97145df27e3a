/*
 * qr: QR proofs as text. Profile S (paper): Claim 169 in a CWT, signed by a document signer.
 *
 * text = base45( zlib( COSE_Sign1 tag 18 ) ), no prefix. The drawing of the symbol is draw/.
 *
 * Standard  Claim 169 (MOSIP), RFC 8392, RFC 9052, RFC 9285; formats brief 4.1, 4.7 S
 * Enter at  idr_qr_begin(); qr_issue: idr_qr_build(), idr_qr_attach()
 * Threads   plain values in the caller's arena
 */
#ifndef IDR_QR_QR_H
#define IDR_QR_QR_H

#include "base/findings.h"
#include "cose/sign1.h"
#include "status/status.h"
#include "types/types.h"

enum { IDR_QR_TEXT_MAX = 4296, IDR_QR_INFLATED_MAX = 64 * 1024 };

struct idr_qr_rules {
	const struct idr_trust *trust;
	struct idr_path_cache *cache;
	idr_algs algs;
	const struct idr_bytes *type; /* accepted types by vct; 0 accepts any the signer may sign */
	size_t n_type;
	int64_t skew;                 /* 30 */
};

struct idr_qr_result {
	struct idr_sign1 cose;
	struct idr_cbor data;            /* claim 169 map */
	struct idr_bytes claims_json;    /* claims by name (full_name, birthdate, portrait as data: URI ...) */
	const struct idr_json *claims;
	struct idr_bytes iss, sub;
	struct idr_bytes vct;            /* claim 11; empty when absent */
	struct idr_times_cwt { int64_t exp, nbf, iat; bool has_exp, has_nbf, has_iat; } times;
	struct idr_status_ref status;
	struct idr_path path;            /* signer */
};

/* Codes in the order of formats brief 4.7 with 3.1: base45, zlib, too_large, malformed, typ /
 * proof_missing, algorithm, crit, trust, issuer_signature, expired, nbf. Status is the caller's.
 * One check is appended. False only when it could not run. */
IDR_MUST bool idr_qr_begin(struct idr_suite *s, struct idr_arena *a, struct idr_bytes text,
    const struct idr_qr_rules *rules, int64_t now, struct idr_qr_result *out,
    struct idr_findings *f, struct idr_check *checks, size_t *n_checks, struct idr_err *err);
/* Could this be the text of a QR proof (base45 alphabet, sane length)? For finding the format. */
bool idr_qr_is_likely(struct idr_bytes text);

/* ---- qr_issue.c, libidr-issue.a ---- */

struct idr_qr_make {
	const struct idr_type *type;
	const struct idr_qr_cut *cut;
	const struct idr_json *claims;   /* from idr_type_claims(), parsed */
	struct idr_bytes iss;
	int64_t iat, exp;
	struct idr_status_ref status;
	enum idr_alg alg;
	uint8_t kid[8];                  /* first 8 bytes of SHA-256 of the signer certificate */
};

struct idr_qr_built {
	struct idr_bytes protected_map;
	struct idr_bytes payload;
	struct idr_bytes to_be_signed;
};

IDR_MUST bool idr_qr_build(struct idr_arena *a, const struct idr_qr_make *m,
    struct idr_qr_built *out, struct idr_err *err);
/* Signature, zlib, base45. errors IDR_LIMIT (more than a version 40 symbol holds) */
IDR_MUST bool idr_qr_attach(struct idr_arena *a, const struct idr_qr_built *b,
    struct idr_bytes signature, struct idr_bytes *text, struct idr_err *err);

#endif
