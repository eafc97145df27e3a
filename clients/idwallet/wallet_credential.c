#include <stdio.h>

#include "base/text.h"
#include "idwallet/wallet_issuing.h"

/* OpenID4VCI 1.0 sections 8, 9, 11 */

enum { REQUEST_MAX = 512 * 1024, ID_MAX = 1024, INTERVAL_S = 5, INTERVAL_MAX = 86400 };

static bool bad(struct idr_err *err, const char *ref, const char *why)
{
	return idr_fail(err, IDR_MALFORMED, ref, "%s", why);
}

/* ---- the answer ---- */

static bool read_deferral(const struct idr_json *doc, struct wallet_answer *out, struct idr_err *err)
{
	const struct idr_json *id = idr_json_find(doc, "transaction_id");
	const struct idr_json *interval = idr_json_find(doc, "interval");

	if (!idr_json_is(id, IDR_JSON_STRING) || !id->text.n || id->text.n > ID_MAX)
		return bad(err, "OpenID4VCI 1.0 section 8.3",
		    "the answer carries neither credentials nor a transaction_id");
	out->transaction_id = id->text;
	out->interval = INTERVAL_S;
	if (interval && (!idr_json_int(interval, &out->interval) || out->interval <= 0))
		return bad(err, "OpenID4VCI 1.0 section 8.3", "the interval of the answer is no positive number");
	if (out->interval > INTERVAL_MAX)
		out->interval = INTERVAL_MAX;
	return true;
}

/* implements: VCI 4.1.1f */
bool wallet_answer_read(const struct idr_json *doc, long status, size_t n_keys, struct wallet_answer *out,
    struct idr_err *err)
{
	const struct idr_json *list = idr_json_find(doc, "credentials");
	const struct idr_json *notification = idr_json_find(doc, "notification_id");

	*out = (struct wallet_answer){ .credentials = list };
	if (status == 202)
		return !list ? read_deferral(doc, out, err)
		             : bad(err, "OpenID4VCI 1.0 section 8.3",
		             "a credential comes with the answer that it is deferred");
	if (idr_json_find(doc, "transaction_id"))
		return bad(err, "OpenID4VCI 1.0 section 8.3", "a credential comes with a transaction_id");
	if (!idr_json_is(list, IDR_JSON_ARRAY) || !list->n || list->n > n_keys)
		return bad(err, "OpenID4VCI 1.0 section 8.3",
		    "the answer carries no credentials, or more than there are keys");
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v))
		if (!idr_json_is(idr_json_find(v, "credential"), IDR_JSON_STRING))
			return bad(err, "OpenID4VCI 1.0 section 8.3", "a credential is not a text");
	if (notification && (notification->type != IDR_JSON_STRING || notification->text.n > ID_MAX))
		return bad(err, "OpenID4VCI 1.0 section 8.3", "the notification_id is not a short text");
	if (notification)
		out->notification_id = notification->text;
	return true;
}

/* ---- the requests ---- */

static bool send(struct wallet_session *x, const char *endpoint, const struct wallet_seal *e,
    const struct idr_buf *json, struct web_response *r, struct idr_err *err)
{
	struct idr_bytes plain, body;
	const char *url, *type;

	return wallet_endpoint(x->a, x->issuer.metadata, endpoint, &url, err) &&
	    idr_buf_done(json, &plain, err) &&
	    wallet_seal_body(x, e, plain, &body, &type, err) &&
	    wallet_ask(x, WALLET_ISSUER, url, type, body, r, err) && web_expect(x->a, r, err);
}

/* implements: VCI 6.2b */
static bool credential(struct wallet_session *x, struct wallet_wanted *w, bool attestation,
    const struct wallet_seal *e, struct wallet_answer *out, struct idr_err *err)
{
	const struct idr_json *configuration = wallet_configuration(&x->issuer, w->configuration), *doc;
	struct web_response r;
	struct idr_buf b;
	struct idr_jw j;

	idr_buf_init(&b, x->a, 8192, REQUEST_MAX);
	j = idr_jw(&b);
	idr_jw_open(&j, '{');
	if (w->identifier.p)
		idr_jw_put_str(&j, "credential_identifier", w->identifier);
	else
		idr_jw_put_str(&j, "credential_configuration_id", w->configuration);
	if (!wallet_proofs_put(x, configuration, &w->keys, attestation, &j, err))
		return false;
	wallet_seal_put(e, &j, x->a);
	idr_jw_close(&j, '}');
	return send(x, "credential_endpoint", e, &b, &r, err) &&
	    wallet_seal_read(x->s, x->a, e, &r, false, &doc, err) &&
	    wallet_answer_read(doc, r.status, w->keys.n, out, err);
}

bool wallet_credential_ask(struct wallet_session *x, struct wallet_wanted *w, bool attestation,
    struct wallet_answer *out, struct idr_err *err)
{
	struct wallet_seal e;
	bool ok = wallet_seal_open(x, &e, err) && credential(x, w, attestation, &e, out, err);

	wallet_seal_close(&e);
	if (ok && !out->credentials) {
		w->transaction_id = out->transaction_id;
		w->interval = out->interval;
	}
	return ok;
}

/*
 * "Not yet" may come in the clear: it says nothing that the transaction_id did not.
 * implements: VCI 9b
 */
static bool deferred(struct wallet_session *x, struct wallet_wanted *w, const struct wallet_seal *e,
    struct wallet_answer *out, struct idr_err *err)
{
	const struct idr_json *doc;
	struct web_response r;
	struct idr_buf b;
	struct idr_jw j;

	idr_buf_init(&b, x->a, 512, REQUEST_MAX);
	j = idr_jw(&b);
	idr_jw_open(&j, '{');
	idr_jw_put_str(&j, "transaction_id", w->transaction_id);
	wallet_seal_put(e, &j, x->a);
	idr_jw_close(&j, '}');
	if (!send(x, "deferred_credential_endpoint", e, &b, &r, err) ||
	    !wallet_seal_read(x->s, x->a, e, &r, r.status == 202, &doc, err) ||
	    !wallet_answer_read(doc, r.status, w->keys.n, out, err))
		return false;
	if (!out->credentials && !idr_bytes_equal(out->transaction_id, w->transaction_id))
		return bad(err, "OpenID4VCI 1.0 section 9.2", "the answer is about another transaction_id");
	if (!out->credentials)
		w->interval = out->interval;
	return true;
}

bool wallet_deferred_ask(struct wallet_session *x, struct wallet_wanted *w, struct wallet_answer *out,
    struct idr_err *err)
{
	struct wallet_seal e;
	bool ok = wallet_seal_open(x, &e, err) && deferred(x, w, &e, out, err);

	wallet_seal_close(&e);
	return ok;
}

/* implements: VCI 11c */
void wallet_notify(struct wallet_session *x, struct idr_bytes notification_id, bool stored)
{
	struct web_response r;
	struct idr_bytes body;
	struct idr_err why;
	const char *url;
	struct idr_buf b;
	struct idr_jw w;

	if (!notification_id.p || !idr_json_find(x->issuer.metadata, "notification_endpoint"))
		return;
	idr_buf_init(&b, x->a, 512, 16 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "notification_id", notification_id);
	idr_jw_put_cstr(&w, "event", stored ? "credential_accepted" : "credential_failure");
	idr_jw_close(&w, '}');
	if (!wallet_endpoint(x->a, x->issuer.metadata, "notification_endpoint", &url, &why) ||
	    !idr_buf_done(&b, &body, &why) ||
	    !wallet_ask(x, WALLET_ISSUER, url, "application/json", body, &r, &why) ||
	    !web_expect(x->a, &r, &why))
		fprintf(stderr, "idwallet: the issuer could not be told (%s)\n", idr_code_name(why.code));
}
