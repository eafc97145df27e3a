#include "verify/transaction.h"

#include "base/text.h"

#define REF "OpenID4VP 1.0 appendix B.3.3"
#define REF_REQUEST "OpenID4VP 1.0 section 5.1"

/* ---- the request ---- */

static bool wrong(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_POLICY, REF_REQUEST, "%s", what);
}

/* implements: VP B.3.3a */
static bool check_ids(const struct idr_json *ids, const struct idr_dcql *query, struct idr_err *err)
{
	if (!idr_json_is(ids, IDR_JSON_ARRAY) || !ids->n)
		return wrong(err, "credential_ids of a transaction is not a list with at least one id");
	for (const struct idr_json *v = idr_json_first(ids); v; v = idr_json_next(ids, v)) {
		const struct idr_dcql_credential *q = NULL;

		if (idr_json_is(v, IDR_JSON_STRING))
			q = idr_dcql_find(query, v->text);
		if (!q)
			return wrong(err, "credential_ids of a transaction names a query that is not there");
		if (q->format != IDR_FORMAT_SDJWT || !q->holder_binding)
			return wrong(err, "a transaction is confirmed by an SD-JWT VC with holder binding only");
	}
	return true;
}

/* What is offered must hold what we compute. */
/* implements: VP B.3.3.1a */
static bool check_hashes(const struct idr_json *algs, struct idr_err *err)
{
	if (!algs)
		return true;
	if (idr_json_is(algs, IDR_JSON_ARRAY))
		for (const struct idr_json *v = idr_json_first(algs); v; v = idr_json_next(algs, v))
			if (idr_json_is_str(v, "sha-256"))
				return true;
	return wrong(err, "transaction_data_hashes_alg of a transaction does not offer sha-256");
}

/* implements: VP 5.1h */
static bool read_one(struct idr_arena *a, const struct idr_json *v, const struct idr_dcql *query,
    struct idr_transaction *out, struct idr_err *err)
{
	const struct idr_json *object, *type, *algs;
	struct idr_bytes json;
	struct idr_err why;

	if (!idr_json_is(v, IDR_JSON_STRING) || v->text.n > IDR_TRANSACTION_MAX)
		return wrong(err, "a transaction is no string, or too long");
	if (!idr_b64url_decode(a, v->text, &json, &why) || !idr_json_parse(a, json, json.n, &object, &why) ||
	    object->type != IDR_JSON_OBJECT)
		return wrong(err, "a transaction is not the base64url of a JSON object");
	type = idr_json_find(object, "type");
	if (!idr_json_is(type, IDR_JSON_STRING) || !type->text.n)
		return wrong(err, "a transaction has no type");
	algs = idr_json_find(object, "transaction_data_hashes_alg");
	out->text = v->text;
	out->names_hashes = algs != NULL;
	out->credential_ids = idr_json_find(object, "credential_ids");
	return check_ids(out->credential_ids, query, err) && check_hashes(algs, err);
}

bool idr_transactions_parse(struct idr_arena *a, struct idr_bytes json, const struct idr_dcql *query,
    struct idr_transactions *out, struct idr_err *err)
{
	const struct idr_json *list;
	struct idr_err why;

	out->n = 0;
	if (!idr_json_parse(a, json, json.n, &list, &why) || list->type != IDR_JSON_ARRAY || !list->n ||
	    list->n > IDR_TRANSACTIONS_MAX)
		return idr_fail(err, IDR_POLICY, REF_REQUEST, "transaction_data is not a list of 1 to %d transactions",
		    IDR_TRANSACTIONS_MAX);
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v))
		if (!read_one(a, v, query, &out->t[out->n++], err))
			return false;
	return true;
}

/* ---- the answer ---- */

static bool refused(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_TRANSACTION_DATA, REF, "%s", what);
}

static bool is_for(const struct idr_transaction *t, struct idr_bytes id)
{
	const struct idr_json *ids = t->credential_ids;

	for (const struct idr_json *v = idr_json_first(ids); v; v = idr_json_next(ids, v))
		if (idr_bytes_equal(v->text, id))
			return true;
	return false;
}

/* Which one has this hash; each is confirmed once. */
static bool take(struct idr_suite *s, const struct idr_transactions *t, struct idr_bytes id,
    struct idr_bytes hash, unsigned *confirmed)
{
	uint8_t digest[32], text[IDR_B64URL_LEN(32)];

	for (size_t i = 0; t && i < t->n; i++) {
		if ((*confirmed & 1u << i) || !is_for(&t->t[i], id))
			continue;
		idr_suite_hash(s, IDR_SHA256, t->t[i].text, digest);
		idr_b64url_encode(idr_bytes(digest, sizeof(digest)), text);
		if (!idr_bytes_equal(hash, idr_bytes(text, sizeof(text))))
			continue;
		*confirmed |= 1u << i;
		return true;
	}
	return false;
}

static bool named(const struct idr_transactions *t, unsigned confirmed)
{
	for (size_t i = 0; t && i < t->n; i++)
		if ((confirmed & 1u << i) && t->t[i].names_hashes)
			return true;
	return false;
}

/* implements: VP B.3.3.1b, VP 8.4c */
bool idr_transactions_confirmed(struct idr_suite *s, const struct idr_transactions *t,
    struct idr_bytes id, const struct idr_json *kb_payload, unsigned *confirmed, struct idr_err *err)
{
	const struct idr_json *hashes = idr_json_find(kb_payload, "transaction_data_hashes");
	const struct idr_json *alg = idr_json_find(kb_payload, "transaction_data_hashes_alg");

	*confirmed = 0;
	if (!hashes)
		return true;
	if (hashes->type != IDR_JSON_ARRAY || !hashes->n)
		return refused(err, "transaction_data_hashes is not a list of hashes");
	for (const struct idr_json *v = idr_json_first(hashes); v; v = idr_json_next(hashes, v))
		if (!idr_json_is(v, IDR_JSON_STRING) || !take(s, t, id, v->text, confirmed))
			return refused(err, "the key binding confirms a transaction that was not asked for");
	if (alg ? !idr_json_is_str(alg, "sha-256") : named(t, *confirmed))
		return refused(err, "the key binding does not name the hash that was offered");
	return true;
}
