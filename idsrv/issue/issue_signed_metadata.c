#include <pthread.h>
#include <stdlib.h>

#include "issue/issue_envelope.h"
#include "issue/issue_metadata.h"
#include "jose/jws.h"
#include "suite/alg.h"
#include "sys/blob.h"
#include "sys/conf.h"

/*
 * OpenID4VCI 1.0 section 12.2.3; HAIP 1.0 section 4.1
 * Anyone may ask for it, so the issuer key is used once in half a validity, not once a request.
 */

enum { VALID_S = 86400, MAX_AGE_S = 300 };

struct issue_signed {
	pthread_mutex_t lock;         /* held while one is made: whoever asks meanwhile waits for it */
	struct blob_slot *slot;
	const struct rules *rules;    /* it was made from; compared, never looked into */
	int64_t made_at;              /* 0: none yet */
};

struct issue_signed *issue_signed_new(void)
{
	struct issue_signed *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	s->slot = blob_slot_new();
	if (!s->slot)
		issue_signed_free(&s);
	return s;
}

void issue_signed_free(struct issue_signed **s)
{
	if (!*s)
		return;
	blob_slot_free(&(*s)->slot);
	pthread_mutex_destroy(&(*s)->lock);
	free(*s);
	*s = NULL;
}

/* Half its life is not over, and neither types and keys nor the day of the request key have changed. */
static bool is_good(const struct issue_signed *s, const struct flow_request *r)
{
	return s->made_at && s->rules == r->rules && r->now >= s->made_at && r->now - s->made_at < VALID_S / 2 &&
	    r->now / ISSUE_ENVELOPE_PERIOD == s->made_at / ISSUE_ENVELOPE_PERIOD;
}

/* implements: VCI 12.2.3a, VCI 12.2.3b, VCI 12.2.3c */
/* implements: HAIP 4.1d */
static bool build(struct app *app, struct flow_request *r, struct idr_bytes *tbs, struct idr_err *err)
{
	const struct rules_certificate *cert = &r->rules->cert[RULES_ISSUER];
	struct idr_bytes header, payload;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 64 * 1024, ISSUE_METADATA_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "iss", app->conf->base_url);
	idr_jw_put_cstr(&w, "sub", app->conf->base_url);
	idr_jw_put_int(&w, "iat", r->now);
	idr_jw_put_int(&w, "exp", r->now + VALID_S);
	if (!issue_metadata_put(app, r, &w, err))
		return false;
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, &payload, err) &&
	    idr_jws_header(r->arena, idr_alg_of_curve(cert->leaf.key.curve), "openidvci-issuer-metadata+jwt", NULL,
	        cert->chain, cert->n, &header, err) &&
	    idr_jws_build(r->arena, header, payload, tbs, err);
}

static bool sign(struct app *app, struct flow_request *r, struct idr_bytes *jwt, struct idr_err *err)
{
	const struct idr_key *key = &r->rules->cert[RULES_ISSUER].leaf.key;
	struct signer_job *job = idr_arena_alloc(r->arena, sizeof(*job), err);
	struct idr_bytes tbs, signature;

	if (!job || !build(app, r, &tbs, err))
		return false;
	job->purpose = SIGNER_METADATA;
	job->n = 1;
	job->item[0] = tbs;
	if (!signer_sign_wait(app->signer, job, err))
		return false;
	signature = idr_bytes(job->signature[0], job->signature_len);
	if (!idr_suite_verify(r->suite, key, idr_alg_of_curve(key->curve), tbs, signature))
		return idr_fail(err, IDR_SELF_CHECK, "architecture section 3",
		    "the signature does not match the published key");
	return idr_jws_attach(r->arena, tbs, signature, jwt, err);
}

/* With the lock held. */
static bool make(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct issue_signed *s = app->metadata;
	struct idr_bytes jwt;
	struct blob *blob;
	uint8_t hash[32];

	if (!sign(app, r, &jwt, err))
		return false;
	idr_suite_hash(r->suite, IDR_SHA256, jwt, hash);
	blob = blob_new(jwt, hash, "application/jwt", r->now, MAX_AGE_S);
	if (!blob)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	blob_slot_set(s->slot, blob);
	s->rules = r->rules;
	s->made_at = r->now;
	return true;
}

bool issue_metadata_signed(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct issue_signed *s = app->metadata;
	struct blob *blob = NULL;

	pthread_mutex_lock(&s->lock);
	if (is_good(s, r) || make(app, r, err))
		blob = blob_slot_get(s->slot);
	pthread_mutex_unlock(&s->lock);
	if (blob)
		http_reply_blob(r->http, blob);
	return blob != NULL;
}
