#include "idwallet/wallet_issuing.h"

#include "base/text.h"

/* grant-7.json of the store: a refresh token is as good as a key. */

enum { GRANT_MAX = 256 * 1024 };
static const char PREFIX[] = "grant-";

/* ---- writing ---- */

static bool put_key(struct idr_jw *w, const struct idr_private *key, struct idr_err *err)
{
	struct idr_secret d;

	if (!idr_private_scalar(key, &d, err))
		return false;
	idr_jw_b64url(w, idr_secret_bytes(&d));
	idr_secret_clear(&d);
	return true;
}

static bool put_pending(struct idr_jw *w, const struct wallet_wanted *p, struct idr_err *err)
{
	idr_jw_open(w, '{');
	idr_jw_put_str(w, "configuration", p->configuration);
	idr_jw_put_str(w, "transaction_id", p->transaction_id);
	idr_jw_put_int(w, "interval", p->interval);
	idr_jw_name(w, "keys");
	idr_jw_open(w, '[');
	for (size_t i = 0; i < p->keys.n; i++)
		if (!put_key(w, p->keys.key[i], err))
			return false;
	idr_jw_close(w, ']');
	idr_jw_close(w, '}');
	return true;
}

/* implements: VCI 13.10b: mode 0600, like every file of the store */
bool wallet_grant_put(struct idr_arena *a, const char *dir, struct wallet_grant *g, struct idr_err *err)
{
	struct idr_bytes text;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, a, 4096, GRANT_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "issuer", g->issuer);
	idr_jw_put_str(&w, "client_id", g->client_id);
	if (g->token.refresh.p)
		idr_jw_put_str(&w, "refresh_token", g->token.refresh);
	idr_jw_put_str(&w, "access_token", g->token.access);
	idr_jw_put_int(&w, "expires", g->token.expires);
	if (g->dpop.n) {
		idr_jw_name(&w, "dpop_key");
		idr_jw_b64url(&w, idr_secret_bytes(&g->dpop));
	}
	idr_jw_name(&w, "pending");
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < g->n_pending; i++)
		if (!put_pending(&w, &g->pending[i], err))
			return false;
	idr_jw_close(&w, ']');
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, &text, err) && wallet_store_file(a, dir, PREFIX, &g->id, text, err);
}

/* ---- reading ---- */

static bool damaged(struct idr_err *err, int64_t id)
{
	return idr_fail(err, IDR_FILE, NULL, "grant %lld of the store is damaged", (long long)id);
}

static struct idr_bytes text_of(const struct idr_json *doc, const char *name)
{
	const struct idr_json *v = idr_json_find(doc, name);

	return idr_json_is(v, IDR_JSON_STRING) ? v->text : (struct idr_bytes){ NULL, 0 };
}

static bool get_keys(struct idr_suite *s, struct idr_arena *a, const struct idr_json *list,
    struct wallet_keys *out, struct idr_err *err)
{
	struct idr_bytes d;

	if (!idr_json_is(list, IDR_JSON_ARRAY) || list->n > WALLET_COPIES)
		return idr_fail(err, IDR_FILE, NULL, "a grant of the store is damaged");
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		if (!idr_b64url_decode(a, v->text, &d, err) ||
		    !idr_private_from_scalar(s, IDR_P256, d, &out->key[out->n], err))
			return false;
		out->n++;
	}
	return true;
}

static bool get_pending(struct idr_suite *s, struct idr_arena *a, const struct idr_json *list,
    struct wallet_grant *g, struct idr_err *err)
{
	if (!idr_json_is(list, IDR_JSON_ARRAY) || list->n > WALLET_PENDING)
		return damaged(err, g->id);
	/* room for more: a renewal may be deferred too */
	g->pending = idr_arena_array(a, WALLET_PENDING, sizeof(*g->pending), err);
	if (!g->pending)
		return false;
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		struct wallet_wanted *p = &g->pending[g->n_pending++];

		p->configuration = text_of(v, "configuration");
		p->transaction_id = text_of(v, "transaction_id");
		if (!p->transaction_id.p || !idr_json_int(idr_json_find(v, "interval"), &p->interval))
			return damaged(err, g->id);
		if (!get_keys(s, a, idr_json_find(v, "keys"), &p->keys, err))
			return false;
	}
	return true;
}

bool wallet_grant_get(struct idr_suite *s, struct idr_arena *a, const char *dir, int64_t id,
    struct wallet_grant *out, struct idr_err *err)
{
	const struct idr_json *doc;
	struct idr_bytes dpop = IDR_LIT("");

	memset(out, 0, sizeof(*out));
	out->id = id;
	if (!wallet_store_read(a, dir, PREFIX, id, &doc, err))
		return false;
	out->issuer = text_of(doc, "issuer");
	out->client_id = text_of(doc, "client_id");
	out->token.refresh = text_of(doc, "refresh_token");
	out->token.access = text_of(doc, "access_token");
	if (!out->issuer.p || !idr_json_int(idr_json_find(doc, "expires"), &out->token.expires))
		return damaged(err, id);
	if (idr_json_find(doc, "dpop_key") && !idr_b64url_decode(a, text_of(doc, "dpop_key"), &dpop, err))
		return false;
	if (dpop.n > sizeof(out->dpop.p))
		return damaged(err, id);
	memcpy(out->dpop.p, dpop.p, dpop.n);
	out->dpop.n = dpop.n;
	out->token.bound = dpop.n > 0;
	return get_pending(s, a, idr_json_find(doc, "pending"), out, err);
}

void wallet_grant_close(struct wallet_grant *g)
{
	for (size_t i = 0; i < g->n_pending; i++)
		wallet_keys_free(&g->pending[i].keys);
	idr_secret_clear(&g->dpop);
}

bool wallet_grant_list(struct idr_arena *a, const char *dir, int64_t **id, size_t *n, struct idr_err *err)
{
	return wallet_store_ids(a, dir, PREFIX, id, n, err);
}
