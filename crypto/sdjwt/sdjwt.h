/*
 * sdjwt: SD-JWT VC and SD-JWT+KB: parse, verify, issue, present.
 *
 * Standard  RFC 9901; draft-ietf-oauth-sd-jwt-vc; formats brief 1
 * Enter at  idr_sdjwt_begin() (verify/ performs and concludes); sdjwt_issue:
 *           idr_sdjwt_build(); sdjwt_present: idr_sdjwt_present()
 * Not here  trust decisions (trust/), status (status/), the verdict (verify/)
 * Threads   plain values in the caller's arena
 */
#ifndef IDR_SDJWT_SDJWT_H
#define IDR_SDJWT_SDJWT_H

#include "base/findings.h"
#include "jose/jwt.h"
#include "status/status.h"
#include "types/types.h"

enum {
	IDR_SDJWT_MAX = 128 * 1024,           /* a presentation, key binding and all */
	IDR_SDJWT_CREDENTIAL_MAX = 64 * 1024, /* up to the last '~': what an issuer gave */
	IDR_SDJWT_DISCLOSURES = 256,
	IDR_SDJWT_DEPTH = 8,
	IDR_SDJWT_DIGESTS = 4096
};

struct idr_disclosure {
	struct idr_bytes text;           /* base64url, as received */
	const struct idr_json *array;    /* [salt, name, value] or [salt, value]; set by processing */
	uint8_t digest[IDR_HASH_MAX];
	bool used;
};

/* What splitting gives: no cryptography, no meaning. */
struct idr_sdjwt {
	struct idr_bytes text;           /* the whole input */
	struct idr_bytes presented;      /* up to and including the last '~': what sd_hash covers */
	struct idr_bytes issuer_jwt;
	struct idr_bytes kb_jwt;         /* n == 0 when absent */
	struct idr_disclosure *disclosure;
	size_t n_disclosure;
	struct idr_jws issuer;           /* parsed issuer JWT */
	const struct idr_json *payload;
	enum idr_hash hash;
};

/* Split only; steps 1 and 3 of formats brief 1.8. errors IDR_MALFORMED, IDR_LIMIT, IDR_CRIT, ... */
IDR_MUST bool idr_sdjwt_parse(struct idr_arena *a, struct idr_bytes in, struct idr_sdjwt *out,
    struct idr_err *err);
/*
 * Replace digests by disclosures: steps 9 to 15. `claims` is the processed payload, `claims_json`
 * its text. Order of members: as received, disclosed ones behind.
 * errors IDR_HASH_ALG, IDR_SD_STRUCTURE, IDR_DISCLOSURE_SHAPE, IDR_DISCLOSURE_DUPLICATE,
 * IDR_DIGEST_REPEATED, IDR_NAME_COLLISION, IDR_DISCLOSURE_UNREFERENCED,
 * IDR_REGISTERED_CLAIM_SELECTIVELY_DISCLOSED
 */
IDR_MUST bool idr_sdjwt_process(struct idr_suite *s, struct idr_arena *a, struct idr_sdjwt *j,
    const struct idr_json **claims, struct idr_bytes *claims_json, struct idr_err *err);

struct idr_sdjwt_rules {
	const struct idr_trust *trust;
	struct idr_path_cache *cache;    /* may be NULL */
	idr_algs algs;                   /* issuer and key binding */
	const struct idr_bytes *vct;     /* accepted types; n_vct 0 accepts any */
	size_t n_vct;
	bool kb_required;                /* decided from policy only; a proof that is there is checked anyway */
	bool allow_kb_absent_cnf;        /* with cnf, yet without proof: documents on file */
	struct idr_bytes nonce;          /* p == NULL: any string */
	struct idr_bytes aud;            /* p == NULL: any string */
	int64_t kb_max_age;              /* seconds, 300 */
	int64_t not_before;              /* transaction creation: kb iat >= this - 60; 0 when unknown */
	int64_t skew;                    /* 60 */
	bool allow_typ_vc;               /* also typ vc+sd-jwt */
	bool any_typ;                    /* plain SD-JWT of RFC 9901: no typ, no vct demanded */
	bool kb_exp_required;            /* QR profile J */
	const struct idr_bytes *required; /* claim names that must be there at top level */
	size_t n_required;
};

/* Filled by begin; valid to use only when the verdict allows it. */
struct idr_sdjwt_result {
	struct idr_sdjwt jwt;
	const struct idr_json *claims;   /* processed payload */
	struct idr_bytes claims_json;
	struct idr_bytes vct, iss;
	struct idr_times times;
	struct idr_key holder;           /* cnf; curve IDR_CURVE_NONE when absent */
	struct idr_status_ref status;
	struct idr_path path;            /* signer; anchor NULL when a pinned key signed */
	struct idr_key issuer_key;
	bool kb_present;
	struct idr_jws kb;               /* parsed KB-JWT when present */
	const struct idr_json *kb_payload;
};

/*
 * Steps 1 to 19 of formats brief 1.8 up to the signatures, which are appended to checks (at most 2
 * are added; *n_checks counts) and noted as pending. Check numbers in findings are positions in
 * `checks`. Failures of the credential are noted in `f`; false only when it could not run
 * (memory). Status (step 20) is the caller's.
 */
IDR_MUST bool idr_sdjwt_begin(struct idr_suite *s, struct idr_arena *a, struct idr_bytes in,
    const struct idr_sdjwt_rules *rules, int64_t now, struct idr_sdjwt_result *out,
    struct idr_findings *f, struct idr_check *checks, size_t *n_checks, struct idr_err *err);

/* ---- sdjwt_issue.c, libidr-issue.a ---- */

struct idr_sdjwt_make {
	const struct idr_type *type;
	const struct idr_json *claims;   /* from idr_type_claims(), parsed */
	const struct idr_key *holder;    /* NULL without holder binding */
	struct idr_bytes iss;            /* may be empty */
	int64_t iat, exp;                /* already rounded (issuing brief 16) */
	struct idr_status_ref status;
	enum idr_alg alg;
	const struct idr_bytes *chain_der;
	size_t n_chain;                  /* anchor excluded */
};

struct idr_sdjwt_built {
	struct idr_bytes to_be_signed;
	struct idr_bytes disclosures;    /* "~d1~d2~...~" to be put behind the signature */
};

/* One copy: fresh salts from one random draw, nested and array disclosures by the type's `sd`,
 * sorted digests, decoys up to type->digests. */
IDR_MUST bool idr_sdjwt_build(struct idr_suite *s, struct idr_arena *a,
    const struct idr_sdjwt_make *m, struct idr_sdjwt_built *out, struct idr_err *err);
IDR_MUST bool idr_sdjwt_attach(struct idr_arena *a, const struct idr_sdjwt_built *b,
    struct idr_bytes signature, struct idr_bytes *out, struct idr_err *err);

/* ---- sdjwt_present.c, libidr-issue.a ---- */

/* One claims path: JSON array of strings, null and non-negative integers (OpenID4VP section 7). */
struct idr_sdjwt_choice {
	const struct idr_json *const *path; /* what to disclose, ancestors included by themselves */
	size_t n_path;
	bool all;                           /* disclose everything */
};

/* The SD-JWT with only the chosen disclosures, ending in '~'. errors IDR_CLAIM_MISSING */
IDR_MUST bool idr_sdjwt_select(struct idr_suite *s, struct idr_arena *a, struct idr_bytes credential,
    const struct idr_sdjwt_choice *choice, struct idr_bytes *out, struct idr_err *err);
/* To-be-signed KB-JWT for a selected SD-JWT; `extra` are further payload members as JSON text
 * (",\"x\":1") or empty. Append base64url(signature) with idr_jws_attach(), behind `selected`. */
IDR_MUST bool idr_sdjwt_kb_build(struct idr_suite *s, struct idr_arena *a, struct idr_bytes selected,
    enum idr_alg alg, struct idr_bytes aud, struct idr_bytes nonce, int64_t iat,
    struct idr_bytes extra, struct idr_bytes *to_be_signed, struct idr_err *err);

#endif
