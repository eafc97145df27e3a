#include <pthread.h>
#include <stdlib.h>

#include "cose/sign1.h"
#include "flow/flow.h"
#include "lists/lists.h"
#include "revoke/revoke.h"
#include "routes.h"
#include "sys/clock.h"
#include "sys/conf.h"
#include "verify/bundle.h"

/*
 * The signed offline bundle: made when someone asks and the lists or the rules have moved on. It is
 * large and anyone may ask, so at most a tenth of one thread's time goes into it: until that has
 * passed, and while one is being made, the last one is served.
 */

enum { TOKENS_MAX = 65536, BUNDLE_ARENA = 256 * 1024 * 1024, REFRESH_S = 300, MAX_AGE_S = 60, REST = 9 };

struct revoke_bundle {
	pthread_mutex_t making;       /* one at a time */
	pthread_mutex_t lock;         /* of what stands below */
	struct blob_slot *slot;
	uint64_t generation;          /* of the lists it was made from */
	const struct rules *rules;    /* compared, never looked into */
	int64_t made_at;
	int64_t rest_until_us;        /* monotonic */
};

struct revoke_bundle *revoke_bundle_new(void)
{
	struct revoke_bundle *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	pthread_mutex_init(&b->making, NULL);
	pthread_mutex_init(&b->lock, NULL);
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
	pthread_mutex_destroy(&(*b)->lock);
	pthread_mutex_destroy(&(*b)->making);
	free(*b);
	*b = NULL;
}

/* Nothing has changed since; or, with `rest`, too little time has passed to make another. */
static bool is_good(struct app *app, const struct flow_request *r, bool rest)
{
	struct revoke_bundle *b = app->bundle;
	bool good;

	pthread_mutex_lock(&b->lock);
	good = (b->generation == lists_generation(app->lists) && b->rules == r->rules &&
	           r->now >= b->made_at && r->now - b->made_at < REFRESH_S) ||
	    (rest && clock_monotonic_us() < b->rest_until_us);
	pthread_mutex_unlock(&b->lock);
	return good;
}

static bool reply_last(struct app *app, struct flow_request *r)
{
	struct blob *b = blob_slot_get(app->bundle->slot);

	if (b)
		http_reply_blob(r->http, b);
	return b != NULL;
}

struct making {
	struct blob **blob;           /* counted tokens */
	struct idr_bytes *token;
	size_t n;
	struct idr_arena *arena;
};

static bool collect(struct app *app, struct making *m, struct idr_err *err)
{
	m->blob = idr_arena_array(m->arena, TOKENS_MAX, sizeof(*m->blob), err);
	m->token = idr_arena_array(m->arena, TOKENS_MAX, sizeof(*m->token), err);
	if (!m->blob || !m->token)
		return false;
	m->n = lists_all_tokens(app->lists, m->blob, TOKENS_MAX);
	for (size_t i = 0; i < m->n; i++)
		m->token[i] = m->blob[i]->bytes;
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

/* With `making` held. */
static bool make(struct app *app, struct flow_request *r, struct making *m, struct idr_err *err)
{
	struct revoke_bundle *b = app->bundle;
	/* read first: what is published meanwhile makes the next one */
	uint64_t generation = lists_generation(app->lists);
	int64_t from_us = clock_monotonic_us(), to_us;
	struct idr_bytes file;
	struct blob *blob;
	uint8_t hash[32];

	if (!collect(app, m, err) || !build(app, r, m, &file, err))
		return false;
	idr_suite_hash(r->suite, IDR_SHA256, file, hash);
	blob = blob_new(file, hash, "application/idrail-bundle+cbor", r->now, MAX_AGE_S);
	if (!blob)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	blob_slot_set(b->slot, blob);
	to_us = clock_monotonic_us();
	pthread_mutex_lock(&b->lock);
	b->generation = generation;
	b->rules = r->rules;
	b->made_at = r->now;
	b->rest_until_us = to_us + REST * (to_us - from_us);
	pthread_mutex_unlock(&b->lock);
	return true;
}

static bool make_and_clean(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct making m = { .arena = idr_arena_new(BUNDLE_ARENA) };
	bool ok;

	if (!m.arena)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	ok = make(app, r, &m, err);
	for (size_t i = 0; i < m.n; i++)
		blob_unref(&m.blob[i]);
	idr_arena_free(&m.arena);
	return ok;
}

static bool revoke_bundle_last(struct app *app, struct flow_request *r, struct idr_err *err)
{
	(void)err;
	if (is_good(app, r, true))
		reply_last(app, r); /* none yet: the next step makes it */
	return true;
}

static bool revoke_bundle_make(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct revoke_bundle *b = app->bundle;
	bool ok;

	if (pthread_mutex_trylock(&b->making) != 0) {
		if (reply_last(app, r))
			return true;
		pthread_mutex_lock(&b->making); /* the very first one: wait for it */
	}
	ok = is_good(app, r, false) || make_and_clean(app, r, err);
	pthread_mutex_unlock(&b->making);
	if (ok && !reply_last(app, r))
		return idr_fail(err, IDR_INTERNAL, NULL, "there is no bundle although one was made");
	return ok;
}

const struct flow_step revoke_bundle_get[] = {
	{ FLOW_INLINE, revoke_bundle_last },
	{ FLOW_COLD, revoke_bundle_make },
	{ FLOW_END, NULL },
};
