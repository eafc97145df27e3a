#include "present/present.h"

/*
 * transaction_data: what the relying party wants confirmed. It is personal data as often as not, so it lies
 * in the request object alone, which is sealed; there it is read again when an answer comes.
 */

enum { TEXT_MAX = IDR_TRANSACTIONS_MAX * (IDR_TRANSACTION_MAX + 8), OBJECT_MAX = 256 * 1024 };

static bool wrong(struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_INVALID_FIELD, "OpenID4VP 1.0 section 5.1", "%s", what);
}

/* Whoever asks by policy does not know the ids of its query: then any of them may confirm. */
static void put_ids(struct idr_buf *b, const struct idr_dcql *query)
{
	bool first = true;

	idr_buf_put_str(b, ",\"credential_ids\":[");
	for (size_t i = 0; i < query->n_credential; i++) {
		const struct idr_dcql_credential *q = &query->credential[i];

		if (q->format != IDR_FORMAT_SDJWT || !q->holder_binding)
			continue;
		idr_buf_put_str(b, first ? "\"" : ",\"");
		idr_buf_put(b, q->id); /* letters, digits, - and _ */
		idr_buf_put_byte(b, '"');
		first = false;
	}
	idr_buf_put_str(b, "]}");
}

static bool put_one(struct flow_request *r, const struct idr_json *v, const struct idr_dcql *query,
    struct idr_buf *list, struct idr_err *err)
{
	struct idr_bytes text;
	struct idr_buf b;

	if (v->type != IDR_JSON_OBJECT || v->n == 0)
		return wrong(err, "a member of transaction_data is not an object with a type");
	text = v->raw;
	if (!idr_json_find(v, "credential_ids")) {
		idr_buf_init(&b, r->arena, v->raw.n + 256, IDR_TRANSACTION_MAX);
		idr_buf_put(&b, idr_bytes_first(v->raw, v->raw.n - 1)); /* all but its last brace */
		put_ids(&b, query);
		if (!idr_buf_done(&b, &text, err))
			return wrong(err, "a member of transaction_data is too long");
	}
	idr_buf_put_byte(list, '"');
	idr_b64url_put(list, text);
	idr_buf_put_byte(list, '"');
	return true;
}

bool present_transaction_read(struct flow_request *r, const struct idr_json *body, struct reg_presentation *p,
    struct idr_err *err)
{
	const struct idr_json *all = idr_json_find(body, "transaction_data");
	struct idr_transactions parsed;
	const struct idr_dcql *query;
	struct idr_buf b;

	p->transaction_data = IDR_LIT("");
	if (!all)
		return true;
	if (all->type != IDR_JSON_ARRAY || !all->n || all->n > IDR_TRANSACTIONS_MAX)
		return wrong(err, "transaction_data is not a list of 1 to 8 objects");
	if (!idr_dcql_parse(r->arena, p->query, &query, err))
		return false;
	idr_buf_init(&b, r->arena, 1024, TEXT_MAX);
	idr_buf_put_byte(&b, '[');
	for (const struct idr_json *v = idr_json_first(all); v; v = idr_json_next(all, v)) {
		if (v != idr_json_first(all))
			idr_buf_put_byte(&b, ',');
		if (!put_one(r, v, query, &b, err))
			return false;
	}
	idr_buf_put_byte(&b, ']');
	if (!idr_buf_done(&b, &p->transaction_data, err))
		return wrong(err, "transaction_data is too long");
	return idr_transactions_parse(r->arena, p->transaction_data, query, &parsed, err);
}

/* Over the Digital Credentials API what is kept are the parameters, signed or not. */
static bool parameters(struct app *app, struct flow_request *r, const struct reg_presentation *p,
    struct idr_bytes *out, struct idr_err *err)
{
	struct idr_bytes object;
	struct idr_jws jws;

	if (!present_object_open(app, r, p, &object, err))
		return false;
	*out = object;
	if (p->flow == PRESENT_DC_API)
		return true;
	if (!idr_jws_parse(r->arena, object, OBJECT_MAX, false, &jws, err))
		return false;
	*out = jws.payload;
	return true;
}

bool present_transaction_load(struct app *app, struct flow_request *r, const struct present_secret *x,
    struct reg_presentation *p, struct idr_err *err)
{
	const struct idr_json *claims, *all;
	struct idr_bytes text;

	p->transaction_data = IDR_LIT("");
	if (!x->confirms)
		return true;
	if (!parameters(app, r, p, &text, err) || !idr_json_parse(r->arena, text, OBJECT_MAX, &claims, err))
		return false;
	all = idr_json_find(claims, "transaction_data");
	if (!all)
		return idr_fail(err, IDR_INTERNAL, NULL, "the request object has lost its transaction_data");
	p->transaction_data = all->raw;
	return true;
}
