#include <pthread.h>
#include <stdlib.h>

#include "cose/sign1.h"
#include "flow/flow.h"
#include "lists/lists.h"
#include "revoke/revoke.h"
#include "routes.h"
#include "sys/conf.h"
#include "verify/bundle.h"

/* The signed offline bundle: made when someone asks and the lists or rules have moved on. */

enum { TOKENS_MAX = 65536, BUNDLE_ARENA = 256 * 1024 * 1024, REFRESH_S = 300, MAX_AGE_S = 60 };

struct revoke_bundle {
	pthread_mutex_t making;       /* one at a time; the others get what is there */
	struct blob_slot *slot;
	uint8_t made_from[32];        /* digest of the tokens and the rule files */
	int64_t made_at;
};

struct revoke_bundle *revoke_bundle_new(void)
{
	struct revoke_bundle *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	pthread_mutex_init(&b->making, NULL);
	b->slot = blob_slot_new();
	if (!b->slot)
		revoke_bundle_free(&b);
	return b;
}

void revoke_bundle_free(struct revoke_bundle **b)
{
	if (!*b)
		return;
	blob_slot_free(&(*b)->slot);
	pthread_mutex_destroy(&(*b)->making);
	free(*b);
	*b = NULL;
}

struct making {
	struct blob **blob;           /* counted tokens */
	struct idr_bytes *token;
	size_t n;
	struct idr_arena *arena;
	uint8_t from[32];
};

static bool collect(struct app *app, struct flow_request *r, struct making *m, struct idr_err *err)
{
	struct idr_bytes *part;
	size_t n = 0;

	m->blob = idr_arena_array(m->arena, TOKENS_MAX, sizeof(*m->blob), err);
	m->token = idr_arena_array(m->arena, TOKENS_MAX, sizeof(*m->token), err);
	if (!m->blob || !m->token)
		return false;
	m->n = lists_all_tokens(app->lists, m->blob, TOKENS_MAX);
	part = idr_arena_array(m->arena, m->n + r->rules->n_type + r->rules->n_policy + 1, sizeof(*part), err);
	if (!part)
		return false;
	for (size_t i = 0; i < m->n; i++)
		part[n++] = m->token[i] = m->blob[i]->bytes;
	for (size_t i = 0; i < r->rules->n_type; i++)
		part[n++] = r->rules->type_file[i];
	for (size_t i = 0; i < r->rules->n_policy; i++)
		part[n++] = r->rules->policy_file[i];
	part[n++] = r->rules->root_pem;
	idr_suite_hash_parts(r->suite, IDR_SHA256, part, n, m->from);
	return true;
}

static bool build(struct app *app, struct flow_request *r, const struct making *m,
    struct idr_bytes *file, struct idr_err *err)
{
	static const uint8_t empty_map[1] = { 0xa0 };
	const struct rules_certificate *cert = &r->rules->cert[RULES_BUNDLE];
	const struct idr_bundle_make make = {
		.sequence = r->now, .issued = r->now, .good_until = r->now + app->conf->bundle_good_s,
		.issuer = idr_str(app->conf->base_url), .trust = r->rules->trust, .list = m->token,
		.n_list = m->n, .type = r->rules->type_file, .n_type = r->rules->n_type,
		.policy = r->rules->policy_file, .n_policy = r->rules->n_policy,
		.alg = idr_alg_of_curve(cert->leaf.key.curve), .chain_der = cert->chain, .n_chain = cert->n,
	};
	struct signer_job *job = idr_arena_alloc(m->arena, sizeof(*job), err);
	const struct idr_bundle *check;
	struct idr_bundle_built b;

	if (!job || !idr_bundle_build(m->arena, &make, &b, err))
		return false;
	job->purpose = SIGNER_BUNDLE;
	job->n = 1;
	job->item[0] = b.to_be_signed;
	return signer_sign_wait(app->signer, job, err) &&
	    idr_sign1_attach(m->arena, b.protected_map, idr_bytes(empty_map, 1), b.payload,
	        idr_bytes(job->signature[0], job->signature_len), file, err) &&
	    idr_bundle_open(r->suite, m->arena, *file, r->rules->trust, &check, err);
}

static bool remake(struct app *app, struct flow_request *r, struct making *m, struct idr_err *err)
{
	struct revoke_bundle *b = app->bundle;
	struct idr_bytes file;
	struct blob *blob;
	uint8_t hash[32];

	if (!collect(app, r, m, err))
		return false;
	if (memcmp(m->from, b->made_from, sizeof(m->from)) == 0 && r->now - b->made_at < REFRESH_S)
		return true;
	if (!build(app, r, m, &file, err))
		return false;
	idr_suite_hash(r->suite, IDR_SHA256, file, hash);
	blob = blob_new(file, hash, "application/idrail-bundle+cbor", r->now, MAX_AGE_S);
	if (!blob)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	blob_slot_set(b->slot, blob);
	memcpy(b->made_from, m->from, sizeof(m->from));
	b->made_at = r->now;
	return true;
}

static bool revoke_bundle(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct making m = { .arena = idr_arena_new(BUNDLE_ARENA) };
	struct blob *now;
	bool ok;

	if (!m.arena)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	pthread_mutex_lock(&app->bundle->making);
	ok = remake(app, r, &m, err);
	pthread_mutex_unlock(&app->bundle->making);
	for (size_t i = 0; i < m.n; i++)
		blob_unref(&m.blob[i]);
	idr_arena_free(&m.arena);
	now = ok ? blob_slot_get(app->bundle->slot) : NULL;
	if (now)
		http_reply_blob(r->http, now);
	return now != NULL;
}

const struct flow_step revoke_bundle_get[] = {
	{ FLOW_COLD, revoke_bundle },
	{ FLOW_END, NULL },
};
