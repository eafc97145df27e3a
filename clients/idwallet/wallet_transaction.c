#include "idwallet/wallet.h"

#include <stdio.h>

#include "base/text.h"

/*
 * implements: OpenID4VP 1.0 section 8.4, appendix B.3.3: what a holder confirms with the proof of possession
 *
 * This wallet acts on nothing of a transaction, so it knows every type that it can show in full.
 */

/* implements: VP 5e, VP 8.2d, VP 8.4b: what cannot be confirmed as asked is refused, and the verifier told */
bool wallet_transactions_read(struct idr_arena *a, const struct idr_json *claims, struct wallet_request *out,
    struct idr_err *err)
{
	const struct idr_json *list = idr_json_find(claims, "transaction_data");
	struct idr_err why;

	if (!list || idr_transactions_parse(a, list->raw, out->query, &out->transactions, &why))
		return true;
	out->refusal = "invalid_transaction_data";
	return idr_fail(err, IDR_MALFORMED, "OpenID4VP 1.0 section 8.4", "%s", why.msg);
}

static void print_value(FILE *out, struct idr_arena *a, const struct idr_json *name, const struct idr_json *v)
{
	fprintf(out, "    %s: %s\n", cli_clean(a, name->text),
	    cli_clean(a, v->type == IDR_JSON_STRING ? v->text : v->raw));
}

/* Every member as it stands: what is not shown is not agreed to. */
void wallet_transactions_print(FILE *out, struct idr_arena *a, const struct wallet_request *r)
{
	for (size_t i = 0; i < r->transactions.n; i++) {
		const struct idr_json *object, *name;
		struct idr_bytes json;
		struct idr_err ignored;

		if (!idr_b64url_decode(a, r->transactions.t[i].text, &json, &ignored) ||
		    !idr_json_parse(a, json, json.n, &object, &ignored))
			continue; /* it was parsed before */
		fprintf(out, "  and wants you to confirm:\n");
		for (name = idr_json_first(object); name; name = idr_json_next(object, name))
			if (!idr_json_is_str(name, "credential_ids") &&
			    !idr_json_is_str(name, "transaction_data_hashes_alg"))
				print_value(out, a, name, idr_json_value(name));
	}
}

static bool is_among(const struct idr_json *ids, struct idr_bytes id)
{
	for (const struct idr_json *v = idr_json_first(ids); v; v = idr_json_next(ids, v))
		if (idr_bytes_equal(v->text, id))
			return true;
	return false;
}

/* implements: VP 5.1i: by the first credential that is sent and that it may be confirmed with */
bool wallet_transactions_assign(const struct wallet_request *r, const struct idr_bytes *sent, size_t n,
    size_t by[IDR_TRANSACTIONS_MAX], struct idr_err *err)
{
	for (size_t i = 0; i < r->transactions.n; i++) {
		by[i] = SIZE_MAX;
		for (size_t k = n; k-- > 0;)
			if (is_among(r->transactions.t[i].credential_ids, sent[k]))
				by[i] = k;
		if (by[i] == SIZE_MAX)
			return idr_fail(err, IDR_TRANSACTION_DATA, "OpenID4VP 1.0 section 8.4",
			    "no credential that would be sent may confirm the transaction");
	}
	return true;
}

/* implements: VP 8.4a: the hash of the text as it was sent; the name of the hash where hashes were offered */
bool wallet_transactions_put(struct idr_suite *s, struct idr_arena *a, const struct wallet_request *r,
    const size_t *by, size_t which, struct idr_bytes *members, struct idr_err *err)
{
	uint8_t hash[IDR_HASH_MAX];
	bool any = false, named = false;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, a, 512, 4096);
	for (size_t i = 0; i < r->transactions.n; i++) {
		if (by[i] != which)
			continue;
		if (!any)
			idr_buf_put_str(&b, ",\"transaction_data_hashes\":[");
		else
			idr_buf_put_byte(&b, ',');
		idr_suite_hash(s, IDR_SHA256, r->transactions.t[i].text, hash);
		w = idr_jw(&b);
		idr_jw_b64url(&w, idr_bytes(hash, 32));
		any = true;
		named = named || r->transactions.t[i].names_hashes;
	}
	if (any)
		idr_buf_put_byte(&b, ']');
	if (named)
		idr_buf_put_str(&b, ",\"transaction_data_hashes_alg\":\"sha-256\"");
	return idr_buf_done(&b, members, err);
}
