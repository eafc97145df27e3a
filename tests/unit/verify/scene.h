/*
 * scene: a kit, the national ID's type, a status list and the rules of a verification.
 *
 * Tests run from the top of the tree, where schema/ is.
 */
#ifndef IDR_TESTS_SCENE_H
#define IDR_TESTS_SCENE_H

#include "testkit.h"
#include "verify/verify.h"

#define PID_CLAIMS "{\"full_name\":\"Sok Dara\",\"birthdate\":\"1990-05-01\",\"sex\":2," \
    "\"nationalities\":[\"UT\"],\"document_number\":\"A123\",\"personal_administrative_number\":\"77\"}"
#define NONCE "nonce-of-this-request"
#define AUD "x509_hash:verifier"

struct scene {
	struct kit k;
	struct idr_arena *scratch; /* for many verifications in a row */
	const struct idr_type *pid;
	const struct idr_type *types[1];
	struct idr_status_list list; /* 0 valid, 1 revoked, 2 suspended, 3 of its own, 4 on valid */
	bool has_list;
	struct idr_verify_in in;     /* trust, types and status set; no request */
	struct idr_err err;
};

int scene_setup(void **state);
int scene_teardown(void **state);
/* A credential of the holder with this place in the list. */
struct idr_bytes scene_credential(struct scene *x, uint64_t idx);
/* All of it disclosed, with a proof for NONCE and AUD. */
struct idr_bytes scene_answer(struct scene *x, uint64_t idx);
/* The same without a proof. */
struct idr_bytes scene_document(struct scene *x, uint64_t idx);
/* As a request: nonce, audience, beginning. */
void scene_request(struct scene *x);
const struct idr_policy *scene_policy(struct scene *x, const char *json);
const struct idr_verdict *scene_verify(struct scene *x, struct idr_bytes input);
enum idr_code scene_code(struct scene *x, struct idr_bytes input);

#endif
