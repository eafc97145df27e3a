/*
 * mdoc_internal: what the files of this room share: an mdoc taken apart, and one verification under way.
 *
 * Threads   plain values in the caller's arena
 */
#ifndef IDR_MDOC_MDOC_INTERNAL_H
#define IDR_MDOC_MDOC_INTERNAL_H

#include "mdoc/mdoc.h"

#define IDR_MDOC_REF_RESPONSE "ISO/IEC 18013-5 section 8.3.2.1.2.2"
#define IDR_MDOC_REF_MSO "ISO/IEC 18013-5 section 9.1.2.4"
#define IDR_MDOC_REF_INSPECT "ISO/IEC 18013-5 section 9.3.1"
#define IDR_MDOC_REF_DEVICE "ISO/IEC 18013-5 section 9.1.3"

/* The parts of a DeviceResponse with one document, or of an IssuerSigned alone; form only. */
struct mdoc_parts {
	struct idr_bytes doctype;         /* of the document; p == NULL for an IssuerSigned */
	struct idr_cbor namespaces;       /* of the issuer; raw.n == 0 when none was sent */
	struct idr_cbor issuer_auth;
	struct idr_cbor device_signed;    /* raw.n == 0 when absent */
};

/* What stands around the documents of a DeviceResponse. */
struct mdoc_head {
	struct idr_cbor version, status;
	struct idr_cbor documents;        /* an array that is not empty */
};

/* The mobile security object; nothing in it is believed before the signature was checked. */
struct mdoc_mso {
	struct idr_cbor map;
	struct idr_bytes doctype;
	enum idr_hash hash;
	struct idr_cbor digests;          /* valueDigests */
	struct idr_cbor authorized;       /* keyAuthorizations; raw.n == 0 when absent */
};

/* CBOR of the input, which may be its base64url text. errors IDR_MALFORMED, IDR_LIMIT */
IDR_MUST bool idr_mdoc_decode(struct idr_arena *a, struct idr_bytes in, struct idr_bytes *cbor,
    struct idr_err *err);
/* One well-formed map. errors IDR_MALFORMED, IDR_LIMIT */
IDR_MUST bool idr_mdoc_check(struct idr_arena *a, struct idr_bytes cbor, struct idr_cbor *top,
    struct idr_err *err);
/* errors IDR_MALFORMED, IDR_VERSION, IDR_STATUS, IDR_EMPTY */
IDR_MUST bool idr_mdoc_open_head(struct idr_arena *a, struct idr_cbor top, struct mdoc_head *out,
    struct idr_err *err);
IDR_MUST bool idr_mdoc_open(struct idr_arena *a, struct idr_bytes cbor, struct mdoc_parts *out,
    struct idr_err *err);
/* The map behind issuerAuth's payload, and its docType. errors IDR_MALFORMED */
IDR_MUST bool idr_mdoc_mso(struct idr_arena *a, const struct idr_sign1 *issuer, struct mdoc_mso *out,
    struct idr_err *err);
/* A member that must be there and be text or bytes. errors IDR_MALFORMED */
IDR_MUST bool idr_mdoc_string(struct idr_arena *a, struct idr_cbor map, const char *name,
    enum idr_cbor_type type, struct idr_bytes *out, struct idr_err *err);

struct mdoc_run {
	struct idr_suite *s;
	struct idr_arena *a;
	const struct idr_mdoc_rules *rules;
	int64_t now;
	struct idr_mdoc_result *out;
	struct idr_findings *f;
	struct idr_check *checks;
	size_t *n_checks;
	struct mdoc_parts parts;
	struct mdoc_mso mso;
};

/* Steps 8, 9 and 10 of formats brief 2.7. */
IDR_MUST bool idr_mdoc_check_digests(struct mdoc_run *r, struct idr_err *err);
IDR_MUST bool idr_mdoc_check_device(struct mdoc_run *r, struct idr_err *err);

#endif
