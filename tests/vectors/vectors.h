/*
 * vectors: what the families of test vectors share: reading files, counting, decoding.
 *
 * A case passes, fails or is skipped. Something this rail never accepts is skipped only after our
 * own function was seen refusing it: vec_never(). A case that must be refused for its own sake, and
 * is, passes.
 *
 * Enter at  the table in idvectors.c; one vec_<family>() per folder
 */
#ifndef IDR_TESTS_VECTORS_H
#define IDR_TESTS_VECTORS_H

#include <jansson.h>

#include "base/findings.h"
#include "base/text.h"
#include "suite/sign.h"
#include "trust/trust.h"

/* the clock of the derived sets */
#define VEC_NOW INT64_C(1790000000)

struct vec {
	struct idr_suite *s;
	struct idr_arena *a;  /* emptied by every vec_start() */
	const char *dir;      /* the folder of this set */
	const char *set;
	const char *file;
	char name[160];       /* the case */
	bool verbose;
	unsigned passed, failed, skipped;
};

/* A JSON file of the set; NULL, and it is said, when the set has none of this name. */
json_t *vec_load(struct vec *v, const char *file);
/* A new case; forgets the memory of the one before. */
void vec_start(struct vec *v, const char *fmt, ...) IDR_PRINTF(2, 3);
/* Exactly one of these ends a case. */
void vec_end(struct vec *v, bool ok, const char *fmt, ...) IDR_PRINTF(3, 4);
void vec_skip(struct vec *v, const char *why);
/* What this rail never accepts: skipped as "refused: why" when it was refused, else failed. */
void vec_never(struct vec *v, bool refused, const char *why);
/* The name of what it is never accepted for: by the header of a token, then by the key (either may
 * be absent); NULL when it is for nothing of that kind. */
const char *vec_why(struct vec *v, struct idr_bytes token, json_t *key);
/* Said with --verbose, counts nothing. */
void vec_note(struct vec *v, const char *fmt, ...) IDR_PRINTF(2, 3);
/* Refused, with the reason the set names (hyphens for our underscores); another is only noted. */
void vec_end_refused(struct vec *v, enum idr_code got, const char *reason);

/* Members as bytes; empty (p == NULL) when absent or malformed. */
struct idr_bytes vec_text(json_t *obj, const char *name);
struct idr_bytes vec_hex(struct vec *v, json_t *obj, const char *name);
struct idr_bytes vec_unhex(struct vec *v, const char *hex);
struct idr_bytes vec_b64(struct vec *v, json_t *obj, const char *name);
struct idr_bytes vec_b64url(struct vec *v, struct idr_bytes text);
const char *vec_cstr(json_t *obj, const char *name); /* "" when absent */
bool vec_is(json_t *obj, const char *name, const char *value);

/* A jansson value as ours, and whether both are the same. */
const struct idr_json *vec_json(struct vec *v, json_t *value);
bool vec_same(struct vec *v, const struct idr_json *got, json_t *want);
struct idr_bytes vec_dump(struct vec *v, json_t *value);

/* A key of ours from a JWK; false when it is refused. */
bool vec_key(struct vec *v, json_t *jwk, enum idr_key_use use, struct idr_key *out);
/* The public half of a JWK that may hold a private key, and its private half. */
bool vec_public(struct vec *v, json_t *jwk, struct idr_key *out);
struct idr_private *vec_private(struct vec *v, json_t *jwk);
/* Some key on P-256: to see that even with a key at hand something is refused. */
const struct idr_key *vec_any_key(struct vec *v);
/* Trust in exactly this key, for everything. */
struct idr_trust *vec_pin(struct vec *v, const struct idr_key *key);
/* Perform what is pending and conclude; `n` of `checks`. */
enum idr_code vec_conclude(struct vec *v, struct idr_findings *f, struct idr_check *checks, size_t n);

/* Is this compact JWS refused with this key (NULL: any key of ours)? */
bool vec_jws_refused(struct vec *v, struct idr_bytes jws, const struct idr_key *key);

void vec_base45(struct vec *v);
void vec_cbor(struct vec *v);
void vec_jcs(struct vec *v);
void vec_cose(struct vec *v);
void vec_dcc(struct vec *v);
void vec_claim169(struct vec *v);
void vec_qr_proof(struct vec *v);
void vec_jose(struct vec *v);
void vec_mdoc(struct vec *v);
void vec_annex_d(struct vec *v);
/* Of annex D the part that needs no session. */
void vec_annex_d_response(struct vec *v, json_t *values, json_t *derived_values, json_t *expected);
void vec_sdjwt(struct vec *v);
void vec_sdjwt_vc(struct vec *v);
void vec_status(struct vec *v);
void vec_wycheproof(struct vec *v);
/* The groups of a Wycheproof file that holds JWS, JWE or JWK; false when it holds none. */
bool vec_wycheproof_json(struct vec *v, json_t *file, const char *schema);

#endif
