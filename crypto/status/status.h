/*
 * status: may this credential still be used? Token Status List, both sides.
 *
 * Standard  draft-ietf-oauth-status-list sections 4, 5, 8.3; ISO/IEC 18013-5 (second edition) 12.3.6
 * Enter at  idr_status_open(), idr_status_at(), idr_status_has_id(); status_write: idr_status_build_jwt()
 * Not here  fetching lists (idsrv), allocating indexes (idsrv/lists)
 * Threads   a list is read-only once open; share it freely
 */
#ifndef IDR_STATUS_STATUS_H
#define IDR_STATUS_STATUS_H

#include "trust/trust.h"

enum {
	IDR_VALUE_VALID = 0, /* implements: TSL 7.1a */
	IDR_VALUE_INVALID = 1,
	IDR_VALUE_SUSPENDED = 2,
	IDR_STATUS_LIST_MAX = 16 * 1024 * 1024 /* inflated bytes */
};

/* What a credential carries: status.status_list {idx, uri}. */
struct idr_status_ref {
	struct idr_bytes uri;
	uint64_t idx;
	bool present;
};

/* From the `status` member of a payload / CWT claim 65535; absent leaves present false.
 * errors IDR_REFERENCED_STATUS_MALFORMED */
IDR_MUST bool idr_status_ref_json(const struct idr_json *status, struct idr_status_ref *out,
    struct idr_err *err);
IDR_MUST bool idr_status_ref_cbor(struct idr_arena *a, struct idr_cbor status,
    struct idr_status_ref *out, struct idr_err *err);
/* status_write: {"status_list": {"idx", "uri"}} as CBOR. */
void idr_status_put_ref(struct idr_buf *b, const struct idr_status_ref *ref);
/* The other kind, of mdocs only: status.identifier_list {id, uri}. errors IDR_REFERENCED_STATUS_MALFORMED */
IDR_MUST bool idr_status_id_cbor(struct idr_arena *a, struct idr_cbor status, struct idr_bytes *uri,
    struct idr_bytes *id, struct idr_err *err);

struct idr_status_list {
	struct idr_bytes uri;   /* sub */
	struct idr_bytes token; /* as received */
	int64_t iat, exp, ttl;  /* exp, ttl 0 when absent */
	unsigned bits;          /* 0: an identifier list */
	struct idr_bytes bytes; /* inflated */
	struct idr_cbor identifiers; /* of an identifier list: {id: info}; who is in it is revoked */
	bool for_mdoc;          /* of the form that an mdoc's list has to have */
};

struct idr_status_rules {
	const struct idr_trust *trust;
	struct idr_path_cache *cache;  /* may be NULL */
	const struct idr_key *key;     /* instead of trust: exactly this key (tests, own lists); or NULL */
	struct idr_bytes uri;          /* expected sub; p == NULL accepts any */
	size_t max_bytes;              /* 0: IDR_STATUS_LIST_MAX */
	int64_t skew;                  /* seconds */
	bool accept_untagged_cwt;      /* peers of draft -14 */
};

/*
 * Open a status list token, JWT or CWT (told by its bytes), or an identifier list token, which is always a
 * CWT and says when it ends: type, algorithm, trust, signature, claims, times, size.
 * errors as formats brief 3.3, in its order: IDR_MALFORMED, IDR_COSE_TAG, IDR_TYP, IDR_ALGORITHM,
 * IDR_CRIT, IDR_TRUST (and chain codes), IDR_SIGNATURE, IDR_CLAIM_MISSING, IDR_CLAIM_TYPE,
 * IDR_SUB_MISMATCH, IDR_EXPIRED, IDR_NBF, IDR_IAT, IDR_TTL, IDR_BITS, IDR_BASE64URL, IDR_ZLIB,
 * IDR_TOO_LARGE
 */
IDR_MUST bool idr_status_open(struct idr_suite *s, struct idr_arena *a, struct idr_bytes token,
    const struct idr_status_rules *rules, int64_t now, struct idr_status_list *out,
    struct idr_err *err);
/* Entry idx. errors IDR_INDEX_OUT_OF_RANGE */
IDR_MUST bool idr_status_at(const struct idr_status_list *l, uint64_t idx, unsigned *value,
    struct idr_err *err);
/* Same over raw bytes (least significant bits first). */
unsigned idr_status_get(const uint8_t *bytes, unsigned bits, uint64_t idx);
void idr_status_set(uint8_t *bytes, unsigned bits, uint64_t idx, unsigned value);

/* Is this id among those of an identifier list? */
bool idr_status_has_id(const struct idr_status_list *l, struct idr_bytes id);

/* How the core learns a status; given by the caller, never blocks. */
struct idr_status_answer {
	unsigned value;
	int64_t as_of;    /* when what we know was true: iat of the list, now for own memory */
	int64_t expires;  /* exp of the list, 0 when it has none */
	bool for_mdoc;    /* as of the list; without it nothing is said about an mdoc */
};
enum idr_status_found { IDR_STATUS_FOUND, IDR_STATUS_NO_LIST, IDR_STATUS_NO_ENTRY };
struct idr_status_lookup {
	enum idr_status_found (*find)(void *ctx, struct idr_bytes uri, uint64_t idx,
	    struct idr_status_answer *out);
	void *ctx;
};
/* The same in identifier lists; find == NULL: none is at hand. */
struct idr_identifier_lookup {
	enum idr_status_found (*find)(void *ctx, struct idr_bytes uri, struct idr_bytes id,
	    struct idr_status_answer *out);
	void *ctx;
};

/* ---- status_write.c, libidr-issue.a ---- */

struct idr_status_make {
	struct idr_bytes uri;
	int64_t iat, exp, ttl;
	unsigned bits;
	struct idr_bytes zlib;            /* the compressed list: idr_deflate(.., true, ..) */
	struct idr_bytes aggregation_uri; /* may be empty */
	enum idr_alg alg;
	const char *kid;                  /* or NULL */
	const struct idr_bytes *chain_der;
	size_t n_chain;
};

/* To-be-signed bytes of the JWT form: attach with idr_jws_attach(). */
IDR_MUST bool idr_status_build_jwt(struct idr_arena *a, const struct idr_status_make *m,
    struct idr_bytes *to_be_signed, struct idr_err *err);
/* The CWT form: protected map and payload for idr_sign1_build() and idr_sign1_attach(). */
IDR_MUST bool idr_status_build_cwt(struct idr_arena *a, const struct idr_status_make *m,
    struct idr_bytes *protected_map, struct idr_bytes *payload, struct idr_err *err);

#endif
