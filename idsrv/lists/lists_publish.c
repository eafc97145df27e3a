#include "lists/lists_internal.h"

#include "codec/inflate.h"
#include "cose/sign1.h"
#include "jose/jws.h"
#include "sys/clock.h"
#include "sys/log.h"

/*
 * A token is renewed when half of its life has passed, so that no served one is near its end, and when it
 * was made by a clock that has been set back since: no one takes a list of the future.
 */
bool lists_publish_is_due(const struct lists *l, const struct list *x, int64_t now)
{
	return x->published_version != x->version || now < x->published_at ||
	    now - x->published_at > l->o.conf->list_exp_s / 2;
}

/* Sixteen entries of two bits as sixteen of one: what is not valid is invalid. */
static uint16_t narrowed(uint32_t w)
{
	w = (w | w >> 1) & 0x55555555;
	w = (w | w >> 1) & 0x33333333;
	w = (w | w >> 2) & 0x0f0f0f0f;
	w = (w | w >> 4) & 0x00ff00ff;
	return (uint16_t)(w | w >> 8);
}

/* The bitmap as it is published (`narrow`: with one bit an entry) or kept.
 * implements: TSL 4.1c */
static bool compress(struct lists *l, const struct list *x, bool narrow, struct idr_bytes *zlib,
    struct idr_err *err)
{
	size_t each = narrow ? 2 : 4;
	uint8_t *raw = idr_arena_alloc(l->scratch, x->n_words * each, err);

	if (!raw)
		return false;
	for (size_t i = 0; i < x->n_words; i++) {
		uint32_t w = atomic_load_explicit(&x->word[i], memory_order_relaxed);

		if (narrow)
			w = narrowed(w);
		for (size_t b = 0; b < each; b++)
			raw[each * i + b] = (uint8_t)(w >> 8 * b);
	}
	return idr_deflate(l->scratch, idr_bytes(raw, x->n_words * each), true, zlib, err);
}

static bool sign(struct lists *l, enum signer_purpose purpose, struct idr_bytes tbs,
    struct idr_bytes *signature, struct idr_err *err)
{
	struct signer_job *job = idr_arena_alloc(l->scratch, sizeof(*job), err);

	if (!job)
		return false;
	job->purpose = purpose;
	job->n = 1;
	job->item[0] = tbs;
	if (!signer_sign_wait(l->o.signer, job, err))
		return false;
	*signature = idr_bytes(job->signature[0], job->signature_len);
	return true;
}

/* implements: TSL 5.1g */
static bool make_jwt(struct lists *l, const struct idr_status_make *m, struct idr_bytes *token,
    struct idr_err *err)
{
	struct idr_bytes tbs, signature;

	return idr_status_build_jwt(l->scratch, m, &tbs, err) &&
	    sign(l, SIGNER_STATUS_JWT, tbs, &signature, err) &&
	    idr_jws_attach(l->scratch, tbs, signature, token, err);
}

/* implements: TSL 5.1g, TSL 5.2a */
static bool make_cwt(struct lists *l, const struct idr_status_make *m, struct idr_bytes *token,
    struct idr_err *err)
{
	static const uint8_t empty_map[1] = { 0xa0 };
	struct idr_bytes header, payload, tbs, signature;

	return idr_status_build_cwt(l->scratch, m, &header, &payload, err) &&
	    idr_sign1_build(l->scratch, header, payload, &tbs, err) &&
	    sign(l, SIGNER_STATUS_CWT, tbs, &signature, err) &&
	    idr_sign1_attach(l->scratch, header, idr_bytes(empty_map, 1), payload, signature, token, err);
}

/* Our own output is opened as a verifier would, before anyone sees it. */
static bool release(struct lists *l, const struct list *x, const struct rules *r,
    struct idr_bytes token, const char *media_type, struct blob_slot *slot, int64_t now,
    struct idr_err *err)
{
	const struct idr_status_rules rules = { .trust = r->trust, .cache = l->cache, .uri = idr_str(x->uri) };
	struct idr_status_list check;
	struct blob *b;
	uint8_t hash[32];

	if (!idr_status_open(l->suite, l->scratch, token, &rules, now, &check, err)) {
		struct idr_err why = *err;

		return idr_fail(err, IDR_SELF_CHECK, why.ref, "list %d: our own token did not verify: %s",
		    x->id, why.msg);
	}
	idr_suite_hash(l->suite, IDR_SHA256, token, hash);
	/* half of its life is left when the next one comes: no cache may hold it longer (formats brief 3.4) */
	b = blob_new(token, hash, media_type, now,
	    l->o.conf->list_ttl_s < l->o.conf->list_exp_s / 2 ? l->o.conf->list_ttl_s : l->o.conf->list_exp_s / 2);
	if (!b)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	blob_slot_set(slot, b);
	return true;
}

/* Whoever starts next reads the journal from here on. Without it the start is slow, not wrong. */
static void keep(struct lists *l, struct list *x, int64_t version, struct idr_bytes published)
{
	struct idr_bytes zlib = published;
	struct idr_err err;

	if ((!x->narrow || compress(l, x, false, &zlib, &err)) &&
	    reg_status_checkpoint_put(l->conn, x->id, version, zlib, &err))
		x->kept_version = version;
	else
		log_error("list_checkpoint", &err);
}

/* implements: TSL 5.1c, TSL 5.1d */
bool lists_publish(struct lists *l, struct list *x, struct idr_err *err)
{
	const struct rules *r = rules_get(l->o.rules);
	const struct rules_certificate *cert = &r->cert[RULES_STATUS];
	int64_t now = clock_now(), version = x->version;
	char *aggregation = idr_arena_printf(l->scratch, err, "%s/statuslists", l->o.conf->base_url);
	struct idr_status_make m = {
		.uri = idr_str(x->uri), .iat = now, .exp = now + l->o.conf->list_exp_s,
		.ttl = l->o.conf->list_ttl_s, .bits = x->narrow ? 1 : x->bits, .aggregation_uri = idr_str(aggregation),
		.alg = idr_alg_of_curve(cert->leaf.key.curve), .kid = cert->kid,
		.chain_der = cert->chain, .n_chain = cert->n,
	};
	struct idr_bytes jwt, cwt;
	bool ok;

	ok = aggregation && compress(l, x, x->narrow, &m.zlib, err) && make_jwt(l, &m, &jwt, err) &&
	    make_cwt(l, &m, &cwt, err) &&
	    release(l, x, r, jwt, "application/statuslist+jwt", x->jwt, now, err) &&
	    release(l, x, r, cwt, "application/statuslist+cwt", x->cwt, now, err);
	rules_put(l->o.rules, r);
	/* a version that the database has lost will be another one's */
	if (ok && !x->lost && version - x->kept_version >= LISTS_CHECKPOINT)
		keep(l, x, version, m.zlib);
	idr_arena_reset(l->scratch);
	if (!ok)
		return false;
	x->published_version = version;
	x->published_at = now;
	atomic_fetch_add(&l->generation, 1);
	metrics_add(l->o.metrics, METRIC_LISTS_PUBLISHED, 1);
	return true;
}

/* implements: TSL 9.3a */
bool lists_publish_aggregation(struct lists *l, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;
	struct blob *blob;
	uint8_t hash[32];

	idr_buf_init(&b, l->scratch, 4096, 16 * 1024 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_name(&w, "status_lists");
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < l->n; i++)
		idr_jw_cstr(&w, l->list[i]->uri);
	idr_jw_close(&w, ']');
	idr_jw_close(&w, '}');
	if (b.failed)
		return idr_fail(err, IDR_LIMIT, NULL, "too many status lists for one aggregation");
	idr_suite_hash(l->suite, IDR_SHA256, idr_buf_bytes(&b), hash);
	blob = blob_new(idr_buf_bytes(&b), hash, "application/json", clock_now(), 60);
	if (!blob)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	blob_slot_set(l->aggregation, blob);
	idr_arena_reset(l->scratch);
	return true;
}
