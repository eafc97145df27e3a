#include <stdio.h>
#include <unistd.h>

#include "idwallet/wallet_issuing.h"

enum { FRESH_S = 20 };

bool wallet_parse_number(const char *option, const char *text, int64_t max, int64_t *out,
    struct idr_err *err)
{
	int64_t n = 0;

	for (const char *p = text; *p; p++) {
		if (*p < '0' || *p > '9' || n > max)
			return idr_fail(err, IDR_USAGE, NULL, "--%s is a number up to %lld", option, (long long)max);
		n = n * 10 + (*p - '0');
	}
	if (!*text || n < 1 || n > max)
		return idr_fail(err, IDR_USAGE, NULL, "--%s is a number from 1 to %lld", option, (long long)max);
	*out = n;
	return true;
}

/* ---- coming and going ---- */

bool wallet_session_open(struct wallet_session *x, struct cli *c, struct idr_err *err)
{
	memset(x, 0, sizeof(*x));
	x->a = c->arena;
	if (!(x->s = idr_suite_new()))
		return idr_fail(err, IDR_CRYPTO, NULL, "OpenSSL does not offer what is needed");
	return wallet_store_open(wallet_store_dir, err) && wallet_client_open(x->s, x->a, &x->client, err);
}

void wallet_session_close(struct wallet_session *x)
{
	wallet_client_close(&x->client);
	wallet_grant_close(&x->grant);
	if (x->s)
		idr_suite_free(&x->s);
}

bool wallet_session_key(struct wallet_session *x, struct idr_err *err)
{
	if (x->client.dpop)
		idr_private_free(&x->client.dpop);
	return idr_private_generate(x->s, IDR_P256, &x->client.dpop, err);
}

bool wallet_session_resume(struct wallet_session *x, int64_t grant, struct idr_err *err)
{
	struct wallet_offer nothing = { .n = 0 };

	if (!wallet_grant_get(x->s, x->a, wallet_store_dir, grant, &x->grant, err))
		return false;
	if (x->client.id.n && !idr_bytes_equal(x->client.id, x->grant.client_id))
		return idr_fail(err, IDR_USAGE, NULL, "this credential was received as another --client-id");
	x->client.id = x->grant.client_id;
	x->token = x->grant.token;
	nothing.issuer = x->grant.issuer;
	return (!x->grant.dpop.n || idr_private_from_scalar(x->s, IDR_P256, idr_secret_bytes(&x->grant.dpop),
	                                &x->client.dpop, err)) &&
	    wallet_issuer_fetch(x->a, &nothing, &x->issuer, err);
}

bool wallet_session_refresh(struct wallet_session *x, struct idr_err *err)
{
	if (!x->token.refresh.p)
		return idr_fail(err, IDR_INVALID_GRANT, "RFC 6749 section 6",
		    "no refresh token came with this credential: ask the office for a new offer");
	return (!x->client.dpop || wallet_session_key(x, err)) &&
	    wallet_token_by_refresh(x, x->token.refresh, err) && wallet_session_keep(x, err);
}

bool wallet_session_keep(struct wallet_session *x, struct idr_err *err)
{
	if (!x->grant.id && !x->token.refresh.p && !x->grant.n_pending)
		return true;
	x->grant.issuer = x->issuer.id;
	x->grant.client_id = x->client.id;
	x->grant.token = x->token;
	x->grant.dpop.n = 0;
	return (!x->client.dpop || idr_private_scalar(x->client.dpop, &x->grant.dpop, err)) &&
	    wallet_grant_put(x->a, wallet_store_dir, &x->grant, err);
}

/* ---- what comes ---- */

/* All are looked at before one is stored. They come in the order of the keys. */
static bool check_all(struct wallet_session *x, const struct wallet_wanted *w,
    const struct idr_json *list, struct wallet_entry *entry, struct idr_err *err)
{
	size_t i = 0;

	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v), i++) {
		entry[i] = (struct wallet_entry){ .configuration = w->configuration, .issuer = x->issuer.id,
			.received = wallet_now(), .grant = x->grant.id,
			.credential = idr_json_find(v, "credential")->text };
		if (!wallet_check(x, &entry[i], w->keys.key[i], err))
			return false;
	}
	return true;
}

static bool store_all(struct wallet_session *x, const struct wallet_wanted *w,
    const struct idr_json *list, struct idr_err *err)
{
	struct wallet_entry entry[WALLET_COPIES];
	bool ok = check_all(x, w, list, entry, err);

	for (size_t i = 0; ok && i < list->n; i++) {
		ok = idr_private_scalar(w->keys.key[i], &entry[i].key, err) &&
		    wallet_store_put(x->a, wallet_store_dir, &entry[i], err);
		idr_secret_clear(&entry[i].key);
		x->received += ok;
	}
	return ok;
}

/* implements: VCI 11.1d */
static bool take(struct wallet_session *x, const struct wallet_wanted *w,
    const struct wallet_answer *answer, struct idr_err *err)
{
	bool ok = store_all(x, w, answer->credentials, err);

	wallet_notify(x, answer->notification_id, ok);
	return ok;
}

/* Its keys go with it. */
static bool put_off(struct wallet_session *x, struct wallet_wanted *w, struct idr_err *err)
{
	struct wallet_grant *g = &x->grant;

	if (!g->pending && !(g->pending = idr_arena_array(x->a, WALLET_PENDING, sizeof(*g->pending), err)))
		return false;
	if (g->n_pending == WALLET_PENDING)
		return idr_fail(err, IDR_LIMIT, NULL, "more than %d credentials are deferred", WALLET_PENDING);
	g->pending[g->n_pending++] = *w;
	w->keys.n = 0; /* moved */
	return wallet_session_keep(x, err);
}

static bool want_one(struct wallet_session *x, struct wallet_wanted *w, size_t n, bool attestation,
    struct idr_err *err)
{
	struct wallet_answer answer;
	bool ok;

	ok = wallet_keys_make(x->s, n, &w->keys, err) &&
	    wallet_credential_ask(x, w, attestation, &answer, err) &&
	    (answer.credentials ? take(x, w, &answer, err) : put_off(x, w, err));
	wallet_keys_free(&w->keys);
	return ok;
}

static size_t batch(const struct wallet_session *x, int64_t copies)
{
	int64_t n = 1;

	if (!idr_json_int(idr_json_find(idr_json_find(x->issuer.metadata, "batch_credential_issuance"),
	    "batch_size"), &n))
		n = 1;
	if (copies && copies < n)
		n = copies;
	return n < 1 ? 1 : n > WALLET_COPIES ? WALLET_COPIES : (size_t)n;
}

bool wallet_session_want(struct wallet_session *x, struct idr_bytes configuration, bool attestation,
    int64_t copies, struct idr_err *err)
{
	struct idr_bytes identifier[WALLET_IDENTIFIERS];
	struct wallet_wanted w = { .configuration = configuration };
	size_t n;

	if (!wallet_identifiers(&x->token, configuration, identifier, &n, err))
		return false;
	if (!n)
		return want_one(x, &w, batch(x, copies), attestation, err);
	for (size_t i = 0; i < n; i++) {
		w = (struct wallet_wanted){ .configuration = configuration, .identifier = identifier[i] };
		if (!want_one(x, &w, batch(x, copies), attestation, err))
			return false;
	}
	return true;
}

/* ---- what was deferred ---- */

static bool forget(struct wallet_session *x, size_t i, struct idr_err *err)
{
	struct wallet_grant *g = &x->grant;

	wallet_keys_free(&g->pending[i].keys);
	memmove(&g->pending[i], &g->pending[i + 1], (g->n_pending - i - 1) * sizeof(*g->pending));
	g->n_pending--;
	return wallet_session_keep(x, err);
}

static bool collect_one(struct wallet_session *x, size_t i, bool *ready, struct idr_err *err)
{
	struct wallet_answer answer;
	struct idr_err ignored;

	*ready = false;
	if (!wallet_deferred_ask(x, &x->grant.pending[i], &answer, err)) {
		/* decided: there is nothing to come back for */
		if (err->code == IDR_CREDENTIAL_REQUEST_DENIED || err->code == IDR_INVALID_TRANSACTION_ID)
			(void)!forget(x, i, &ignored);
		return false;
	}
	*ready = answer.credentials != NULL;
	return !*ready || (take(x, &x->grant.pending[i], &answer, err) && forget(x, i, err));
}

bool wallet_session_collect(struct wallet_session *x, struct idr_err *err)
{
	bool ready;

	if (x->grant.n_pending && x->token.refresh.p && x->token.expires < wallet_now() + FRESH_S &&
	    !wallet_session_refresh(x, err))
		return false;
	for (size_t i = 0; i < x->grant.n_pending; i += !ready)
		if (!collect_one(x, i, &ready, err))
			return false;
	return true;
}

bool wallet_session_wait(struct wallet_session *x, int64_t wait_s, struct idr_err *err)
{
	int64_t until = wallet_now() + wait_s;

	while (x->grant.n_pending && wallet_now() < until) {
		int64_t pause = x->grant.pending[0].interval, left = until - wallet_now();

		sleep((unsigned)(pause < left ? pause : left));
		if (!wallet_session_collect(x, err))
			return false;
	}
	return true;
}

enum cli_exit wallet_say(const struct cli *c, struct idr_bytes issuer, size_t received, size_t waiting)
{
	if (c->json)
		printf("{\"received\":%zu,\"waiting\":%zu}\n", received, waiting);
	else if (received || !waiting)
		printf("%zu %s received%s%s\n", received, received == 1 ? "copy" : "copies", issuer.n ? " from " : "",
		    cli_clean(c->arena, issuer));
	if (waiting && !c->json)
		printf("%zu %s for the issuer's approval: idwallet deferred\n", waiting,
		    waiting == 1 ? "credential waits" : "credentials wait");
	return waiting ? CLI_UNDECIDED : CLI_OK;
}
