/*
 * mdoc: ISO mdoc credentials: read, verify, issue, present.
 *
 * Digests and signatures are computed over the received bytes, never over a new encoding of them.
 * Elements are handed on as JSON, {"<namespace>": {"<element>": value}}, so that a query finds an element
 * under the path [namespace, element].
 *
 * Standard  ISO/IEC 18013-5 sections 8.3, 9.1; OpenID4VP 1.0 appendix B.2; OpenID4VCI 1.0 appendix A.2
 * Enter at  idr_mdoc_begin() (verify/ performs and concludes); mdoc_transcript: the handovers;
 *           mdoc_issue: idr_mdoc_build(); mdoc_present: idr_mdoc_select()
 * Not here  trust decisions (trust/), status (status/), the verdict (verify/), the proximity session
 *           (proximity/)
 * Threads   plain values in the caller's arena
 */
#ifndef IDR_MDOC_MDOC_H
#define IDR_MDOC_MDOC_H

#include "base/findings.h"
#include "cose/sign1.h"
#include "status/status.h"
#include "types/types.h"

enum {
	IDR_MDOC_MAX = 256 * 1024, /* CBOR of a DeviceResponse or IssuerSigned, portrait and all */
	IDR_MDOC_DOCUMENTS = 8,    /* of one response face to face */
	IDR_MDOC_NAMESPACES = 8,
	IDR_MDOC_ELEMENTS = 256    /* in all namespaces together */
};

/* ---- mdoc_transcript.c: what a presentation answers ---- */

/*
 * SessionTranscript of an OpenID4VP response, as CBOR: ["OpenID4VPHandover", ..] of a redirect flow or
 * ["OpenID4VPDCAPIHandover", ..] of the Digital Credentials API (OpenID4VP 1.0 appendix B.2.6).
 * client_id with its prefix, origin without "origin:"; `thumbprint` is the RFC 7638 thumbprint (32 bytes) of
 * the key the response is encrypted to, NULL when it is not encrypted.
 * errors IDR_LIMIT (too long, or no UTF-8), IDR_MEMORY
 */
IDR_MUST bool idr_mdoc_transcript_redirect(struct idr_suite *s, struct idr_arena *a,
    struct idr_bytes client_id, struct idr_bytes nonce, const uint8_t *thumbprint,
    struct idr_bytes response_uri, struct idr_bytes *out, struct idr_err *err);
IDR_MUST bool idr_mdoc_transcript_dc_api(struct idr_suite *s, struct idr_arena *a, struct idr_bytes origin,
    struct idr_bytes nonce, const uint8_t *thumbprint, struct idr_bytes *out, struct idr_err *err);
/*
 * DeviceAuthenticationBytes: the detached payload that the device signs. `namespaces` is the tag 24 item of
 * the device's namespaces, byte for byte; empty stands for none (d8 18 41 a0).
 */
IDR_MUST bool idr_mdoc_device_auth(struct idr_arena *a, struct idr_bytes transcript, struct idr_bytes doctype,
    struct idr_bytes namespaces, struct idr_bytes *out, struct idr_err *err);

/* ---- mdoc_read.c, mdoc_verify.c ---- */

struct idr_mdoc_rules {
	const struct idr_trust *trust;
	struct idr_path_cache *cache;       /* may be NULL */
	idr_algs algs;                      /* issuer and device */
	const struct idr_bytes *doctype;    /* accepted types; n_doctype 0 accepts any */
	size_t n_doctype;
	bool device_required;               /* decided from policy only; without a transcript it is refused */
	struct idr_bytes transcript;        /* SessionTranscript; p == NULL: no request to answer, then a proof
	                                       that is there is not looked at */
	const uint8_t *mac_key;             /* EMacKey (32 bytes) of a proximity session; NULL: a MAC is refused */
	int64_t skew;                       /* of the MSO's dates: 0 */
};

/* Filled by begin; valid to use only when the verdict allows it. */
struct idr_mdoc_result {
	struct idr_bytes cbor;              /* the input decoded; p == NULL when that failed */
	struct idr_sign1 issuer;            /* issuerAuth */
	struct idr_bytes doctype;
	struct idr_bytes claims_json;       /* {"<namespace>": {"<element>": value}} */
	const struct idr_json *claims;
	int64_t signed_at, valid_from, valid_until;
	struct idr_key device;              /* deviceKey of the MSO */
	struct idr_status_ref status;
	struct idr_bytes status_id;         /* of an identifier list at status.uri; p == NULL: status.idx counts */
	struct idr_path path;               /* document signer; leaf.der.n == 0 when none was found */
	bool device_present;                /* a device signature or MAC stood there */
};

/*
 * A DeviceResponse with exactly one document, or an IssuerSigned alone; CBOR or its base64url text. Steps 1
 * to 10 and 12 of formats brief 2.7 up to the signatures, which are appended to checks (at most 2 are added;
 * *n_checks counts) and noted as pending. A MAC is checked at once. Failures of the credential are noted in
 * `f`; false only when it could not run. Status (step 11) is the caller's. Elements the device signed itself
 * are checked and not handed on.
 */
IDR_MUST bool idr_mdoc_begin(struct idr_suite *s, struct idr_arena *a, struct idr_bytes in,
    const struct idr_mdoc_rules *rules, int64_t now, struct idr_mdoc_result *out, struct idr_findings *f,
    struct idr_check *checks, size_t *n_checks, struct idr_err *err);
/* Could these bytes be an mdoc? For finding the format. */
bool idr_mdoc_is_likely(struct idr_bytes in);
/* The deviceKey of an mdoc that was not verified yet: what a reader needs to agree on mac_key. errors as of
 * idr_mdoc_begin(), IDR_KEY */
IDR_MUST bool idr_mdoc_device_key(struct idr_suite *s, struct idr_arena *a, struct idr_bytes in,
    struct idr_key *out, struct idr_err *err);
/*
 * mdoc_documents.c: a DeviceResponse of several documents, as a phone gives it face to face, taken apart: *n
 * responses of one document each, to be judged one by one. Nothing is checked but the form of what stands
 * around them.
 * errors IDR_MALFORMED, IDR_VERSION, IDR_STATUS, IDR_EMPTY, IDR_LIMIT
 */
IDR_MUST bool idr_mdoc_split(struct idr_arena *a, struct idr_bytes in,
    struct idr_bytes out[IDR_MDOC_DOCUMENTS], size_t *n, struct idr_err *err);
/* What a tag 24 item holds, checked to be one well-formed item. errors IDR_MALFORMED, IDR_LIMIT */
IDR_MUST bool idr_mdoc_embedded(struct idr_arena *a, struct idr_cbor v, struct idr_cbor *out,
    struct idr_err *err);
/* "1." and digits: a later minor version only adds. */
bool idr_mdoc_is_version(struct idr_bytes text);

/* ---- mdoc_issue.c, libidr-issue.a ---- */

struct idr_mdoc_make {
	const struct idr_type *type;        /* type->doctype and type->element */
	const struct idr_json *claims;      /* from idr_type_claims(), parsed */
	const struct idr_key *holder;       /* deviceKey */
	int64_t iat, exp;                   /* signed and validFrom, validUntil; already rounded */
	struct idr_status_ref status;
	enum idr_alg alg;
	const struct idr_bytes *chain_der;
	size_t n_chain;                     /* anchor excluded */
};

struct idr_mdoc_built {
	struct idr_bytes namespaces;        /* encoded nameSpaces map */
	struct idr_bytes protected_map, unprotected_map, payload;
	struct idr_bytes to_be_signed;
};

/* One copy: fresh randoms, digestIDs in random order, decoy digests up to a fixed count. Nothing is written
 * of an element the person lacks. */
IDR_MUST bool idr_mdoc_build(struct idr_suite *s, struct idr_arena *a, const struct idr_mdoc_make *m,
    struct idr_mdoc_built *out, struct idr_err *err);
/* IssuerSigned as CBOR; its base64url is the `credential` of OpenID4VCI. */
IDR_MUST bool idr_mdoc_attach(struct idr_arena *a, const struct idr_mdoc_built *b, struct idr_bytes signature,
    struct idr_bytes *out, struct idr_err *err);

/* ---- mdoc_present.c, libidr-issue.a ---- */

struct idr_mdoc_choice {
	struct idr_bytes namespace, element;
};

struct idr_mdoc_answer {
	struct idr_bytes doctype;
	struct idr_bytes issuer_signed;     /* only the chosen elements, each byte for byte as issued */
	struct idr_bytes protected_map;     /* of the device signature */
	struct idr_bytes to_be_signed;      /* by the device key */
};

/* Choose elements (n == SIZE_MAX: all) of an IssuerSigned and prepare the device signature over `transcript`.
 * errors IDR_CLAIM_MISSING */
IDR_MUST bool idr_mdoc_select(struct idr_arena *a, struct idr_bytes issuer_signed,
    const struct idr_mdoc_choice *choice, size_t n, struct idr_bytes transcript, enum idr_alg alg,
    struct idr_mdoc_answer *out, struct idr_err *err);
/* DeviceResponse as CBOR, status 0, one document; its base64url goes into vp_token. */
IDR_MUST bool idr_mdoc_respond(struct idr_arena *a, const struct idr_mdoc_answer *x,
    struct idr_bytes signature, struct idr_bytes *out, struct idr_err *err);

#endif
