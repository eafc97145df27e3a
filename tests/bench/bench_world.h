/*
 * bench_world: issuer, holders and verifier in one process: the code paths of idsrv without HTTP and database.
 *
 * Enter at  bench_world_new()
 */
#ifndef IDR_TESTS_BENCH_WORLD_H
#define IDR_TESTS_BENCH_WORLD_H

#include "bench.h"
#include "fuzz/fuzzland.h"
#include "mdoc/mdoc.h"
#include "sdjwt/sdjwt.h"
#include "verify/verify.h"

/* More than a suite keeps imported keys of, so that each holder's key is new to it again. */
enum { BENCH_HOLDERS = 512 };

struct bench_holder {
	struct idr_private *key, *dpop_key;
	struct idr_bytes proof, dpop;           /* of a credential request */
	struct idr_bytes presentation, response; /* SD-JWT+KB; DeviceResponse as in a vp_token */
	struct idr_bytes sealed;                /* the presentation in a vp_token, encrypted to the verifier */
	struct idr_bytes certificate;           /* one of its key, signed by the root */
};

struct bench_world {
	struct idr_suite *s;
	struct idr_arena *keep, *a;             /* a: emptied for each call of an operation */
	struct fuzzland *land;
	const struct idr_type *type;
	const struct idr_json *claims;
	struct bench_holder holder[BENCH_HOLDERS], *now;
	size_t turn;
	struct idr_cert leaf;
	struct idr_path_cache *cache;
	struct bench_bare *bare;
	void *root;                             /* of bench_bare_root() */
	struct idr_private *reader;             /* what presentations are encrypted to */
	struct idr_bytes transcript;            /* of the request that every response answers */
};

struct bench_world *bench_world_new(void);
void bench_world_free(struct bench_world **w);
/* The next one's turn; what the last turn put into w->a is gone. */
void bench_world_next(struct bench_world *w);
/* Signed, and our own output verified with the published key. */
struct idr_bytes bench_world_issue(struct bench_world *w, struct idr_arena *a, const struct idr_key *holder);
struct idr_bytes bench_world_issue_mdoc(struct bench_world *w, struct idr_arena *a, const struct idr_key *holder);
/* A JWT of `typ` whose header carries its key, checked: what a credential request brings. */
struct idr_key bench_world_proved(struct bench_world *w, struct idr_bytes jwt);
/* Ends the program when it is not VALID. */
void bench_world_verify(struct bench_world *w, struct idr_bytes presentation);
void bench_world_verify_mdoc(struct bench_world *w, struct idr_bytes response);

/* The rows of core that HAIP adds. */
void bench_haip(const struct bench_options *o, struct bench_world *w);

#endif
