/*
 * verify: the front door. The server, the command line, a page and a bank's program ask here and
 * get the same verdict with the same code for the same bytes.
 *
 * Standard  formats brief 1.8, 2.7, 4.7; OpenID4VP 1.0 section 8.6; Token Status List section 8.3
 * Enter at  idr_verify(); in two steps idr_verify_begin(), idr_verify_conclude()
 * Threads   everything in the caller's arena and suite
 */
#ifndef IDR_VERIFY_VERIFY_H
#define IDR_VERIFY_VERIFY_H

#include "base/findings.h"
#include "verify/policy.h"
#include "verify/transaction.h"
#include "trust/trust.h"
#include "status/status.h"

enum idr_result { IDR_INVALID, IDR_UNDECIDED, IDR_VALID };
const char *idr_result_name(enum idr_result r); /* "VALID", "INVALID", "UNDECIDED" */

enum idr_possession {
	IDR_POSSESSION_NONE,     /* nothing proved: a document copy, compare the face */
	IDR_POSSESSION_PROVED    /* the holder's key answered this request: a nonce or aud was given */
};

/* Everything a verdict may depend on. All borrowed until the verdict is concluded. */
struct idr_verify_in {
	struct idr_bytes input;                  /* SD-JWT VC, SD-JWT+KB, QR text, or an mdoc (IssuerSigned,
	                                            DeviceResponse; CBOR or base64url); format found by itself */
	const struct idr_policy *policy;         /* NULL: idr_policy_default() */
	const struct idr_type *const *types;     /* types known here: accepted vct come from policy->type */
	size_t n_types;
	const struct idr_trust *trust;
	struct idr_path_cache *cache;            /* may be NULL */
	struct idr_status_lookup status;         /* find == NULL: nothing is known */
	struct idr_identifier_lookup identifiers; /* the same for mdocs that name an identifier list */
	bool skip_status;                        /* vectors only: status is reported as not done */
	/*
	 * p == NULL: not part of a request. With a nonce, proof of possession is required; a required
	 * proof with neither is refused (kb_missing), because it can be a copy made for someone else.
	 */
	struct idr_bytes nonce, aud;
	struct idr_bytes transcript;             /* the same for an mdoc: SessionTranscript, CBOR; p == NULL: none */
	const uint8_t *mac_key;                  /* EMacKey (32 bytes) of a session face to face; NULL: none */
	const struct idr_transactions *transactions; /* what the answers must confirm; NULL: nothing */
	int64_t created;                         /* of the transaction; 0 when none */
	bool kb_required;                        /* over and above the policy (a DCQL query) */
	int64_t floor;                           /* issue time of the bundle: an earlier clock gives "clock" */
	int64_t good_until;                      /* of the bundle; 0 when none */
	int64_t skew;                            /* 0: 60 s, 30 s for QR */
	idr_algs algs;                           /* 0: all we verify */
};

struct idr_verdict {
	enum idr_result result;
	enum idr_code code;                      /* IDR_OK when VALID */
	struct idr_err why;                      /* sentence and clause of the deciding check */
	struct idr_findings findings;
	enum idr_format format;
	struct idr_bytes vct;                    /* docType of an mdoc */
	struct idr_bytes type_id;                /* our type's id, empty when unknown here */
	enum idr_possession possession;
	bool accepted_undecided;                 /* the policy accepts this UNDECIDED */
	struct idr_status_ref status;
	struct idr_bytes status_id;              /* of an identifier list; p == NULL: status.idx counts */
	int64_t status_as_of;                    /* 0 when nothing is known */
	int64_t checked_at;                      /* now */
	int64_t expires;                         /* of the credential, 0 when it has none */
	struct idr_bytes issuer_country, issuer_name; /* from the verifying certificate */
	uint8_t issuer_sha256[32];               /* of the verifying certificate */
	struct idr_key holder;                   /* curve NONE when none */
	const struct idr_json *private_claims;   /* use idr_verdict_claims() */
	struct idr_bytes private_claims_json;
};

/* Claims, only when VALID or when the policy accepts this UNDECIDED; NULL otherwise. */
const struct idr_json *idr_verdict_claims(const struct idr_verdict *v);
struct idr_bytes idr_verdict_claims_json(const struct idr_verdict *v);
/* Age in seconds of what is known about revocation, -1 when nothing is known. */
int64_t idr_verdict_status_age(const struct idr_verdict *v);
/* The verdict as JSON; `claims` may replace the claims by a minimized object, empty leaves them. */
void idr_verdict_put_json(struct idr_buf *b, const struct idr_verdict *v, struct idr_bytes claims);

/* One input, one verdict. False only when it could not run. */
IDR_MUST bool idr_verify(struct idr_suite *s, struct idr_arena *a, const struct idr_verify_in *in,
    int64_t now, const struct idr_verdict **out, struct idr_err *err);

/* The same in two steps, for where signatures are checked elsewhere. */
struct idr_verify_run {
	const struct idr_verify_in *in;
	struct idr_verdict *verdict;
	struct idr_check checks[4];
	size_t n_checks;
	int64_t now;
	/* what begin found and conclude needs; not for callers */
	const struct idr_policy *policy;
	const struct idr_type *type;             /* NULL when the type is not known here */
	const struct idr_dcql_credential *query; /* NULL outside of a response */
	const struct idr_json *claims;           /* all of them, before any is left out */
	const struct idr_json *policy_claims;    /* the same under the names the policy uses */
	bool kb_present;
	unsigned confirmed;                      /* bit i: in->transactions->t[i] */
	bool clock_wrong;                        /* now lies before the floor */
	enum idr_revocation signer;              /* what CRLs say of the issuer's certificates */
	bool authority;                          /* a trusted authority the query names stands behind it */
};
IDR_MUST bool idr_verify_begin(struct idr_suite *s, struct idr_arena *a,
    const struct idr_verify_in *in, int64_t now, struct idr_verify_run *run, struct idr_err *err);
/* After every run->checks[i].passed is set. */
const struct idr_verdict *idr_verify_conclude(struct idr_verify_run *run);

/*
 * What a presentation was asked to answer: members of the request, p == NULL when it had none. Sets nonce,
 * audience and transcript of `in`: an SD-JWT VC answers the first two, an mdoc the third, which needs the
 * response_uri (a redirect) or the origin (the Digital Credentials API, without "origin:") too.
 * errors IDR_INVALID_FIELD (members that do not go together), IDR_LIMIT, IDR_MEMORY
 */
struct idr_request {
	struct idr_bytes nonce;
	struct idr_bytes audience;               /* client_id, with its prefix */
	struct idr_bytes response_uri, origin;
	const uint8_t *thumbprint;               /* RFC 7638, of the key the response was encrypted to; or NULL */
};
IDR_MUST bool idr_verify_request(struct idr_suite *s, struct idr_arena *a, const struct idr_request *q,
    struct idr_verify_in *in, struct idr_err *err);

/*
 * A whole vp_token against its DCQL query: every rule of presenting brief 5.2 and one verdict per
 * presentation. `in` carries what all share (input and kb_required are set per presentation).
 */
struct idr_response {
	struct idr_presentation {
		const struct idr_dcql_credential *query;
		const struct idr_verdict *verdict;
		struct idr_bytes claims;             /* minimized JSON object, empty unless accepted */
		bool used;
	} *presentation;
	size_t n_presentation;
	bool accepted;                           /* the query is satisfied by accepted presentations */
	enum idr_code code;                      /* why not */
	struct idr_err why;
};
IDR_MUST bool idr_verify_response(struct idr_suite *s, struct idr_arena *a,
    const struct idr_json *vp_token, const struct idr_dcql *query, const struct idr_verify_in *in,
    int64_t now, const struct idr_response **out, struct idr_err *err);

#endif
