/*
 * testkit: a small country for tests: a root, a document signer, a status signer, a bundle signer, a
 * reader and a holder, all with fresh keys, and what they sign.
 *
 * Every function ends the test when it cannot do its work, so tests stay about one thing.
 *
 * Enter at  kit_open(), kit_close()
 * Threads   one kit per test
 */
#ifndef IDR_TESTS_TESTKIT_H
#define IDR_TESTS_TESTKIT_H

#include "suite/certify.h"
#include "trust/trust.h"
#include "types/types.h"
#include "status/status.h"

enum { KIT_MEMORY = 256 * 1024 * 1024 };
#define KIT_NOW INT64_C(1790000000)
#define KIT_DAY INT64_C(86400)
#define KIT_LIST_URI "https://status.example/lists/7"

struct kit {
	struct idr_suite *s;
	struct idr_arena *a;
	int64_t now;
	struct idr_private *root, *ds, *status, *bundle, *reader, *holder, *other;
	struct idr_bytes root_der, ds_der, status_der, bundle_der, reader_der;
	struct idr_trust *trust; /* root: all purposes, types "urn:*"; ds as signer */
};

void kit_open(struct kit *k);
void kit_close(struct kit *k);

/* cmocka fixtures: setup and teardown of one kit per test, in *state. */
int kit_setup(void **state);
int kit_teardown(void **state);

/* A certificate of `profile` for `subject`, by the root unless issuer is given; country may be NULL. */
struct idr_bytes kit_certify(struct kit *k, enum idr_cert_profile profile, const char *country,
    const struct idr_private *subject, struct idr_bytes issuer_der, const struct idr_private *issuer,
    int64_t from, int64_t to);
struct idr_bytes kit_sign(struct kit *k, const struct idr_private *key, struct idr_bytes to_be_signed);
/* A compact JWS from two JSON texts. */
struct idr_bytes kit_jws(struct kit *k, const struct idr_private *key, const char *header,
    const char *payload);
const struct idr_json *kit_json(struct kit *k, struct idr_bytes text);
/* A whole file; p == NULL when it is not there. */
struct idr_bytes kit_file(struct kit *k, const char *path);
/* The folder of test vectors: environment VECTORS, or ../shared/vectors. NULL when absent. */
const char *kit_vectors(void);
struct idr_bytes kit_vector(struct kit *k, const char *name);
struct idr_bytes kit_hex(struct kit *k, struct idr_bytes text);

/* A list of 2^10 entries at KIT_LIST_URI, entry i of value[i] for i < n; signed by the status signer. */
struct idr_bytes kit_list(struct kit *k, bool cwt, unsigned bits, const uint8_t *value, size_t n,
    int64_t iat, int64_t exp);

/* An SD-JWT of this type, issued by the document signer; holder NULL leaves cnf out. */
struct idr_bytes kit_issue(struct kit *k, const struct idr_type *type, const char *claims,
    const struct idr_private *holder, const struct idr_status_ref *status, int64_t exp);
/* All of it disclosed (paths NULL) or only what the JSON array of paths names; with a key binding
 * when holder is given. */
struct idr_bytes kit_present(struct kit *k, struct idr_bytes credential, const char *paths,
    const struct idr_private *holder, const char *nonce, const char *aud);

#endif
