/*
 * wallet: what reaches a wallet from an issuer, a browser or a person, one parser for each first letter. What is taken keeps to
 * its limits and can be sent on as it is.
 */
#include "fuzz/fuzzkit.h"
#include "idwallet/wallet_issuing.h"

static const char STATE[] = "af0ifjsldkj", BACK[] = "http://127.0.0.1:4711/";

/* What goes into a header or an address is one word. */
static void is_word(struct idr_bytes in)
{
	for (size_t i = 0; i < in.n; i++)
		fuzz_check(in.p[i] > 0x20 && in.p[i] < 0x7f);
}

static void offer(const struct idr_json *doc)
{
	struct wallet_offer o;
	struct idr_err err;

	if (!wallet_offer_read(doc, &o, &err))
		return;
	fuzz_check(o.n > 0 && o.n <= WALLET_CONFIGURATIONS && o.issuer.n > 0);
	fuzz_check(o.login == (o.pre_authorized.p == NULL));
}

static void token(const struct idr_json *doc)
{
	struct idr_bytes id[WALLET_IDENTIFIERS];
	struct wallet_token t;
	struct idr_err err;
	size_t n;

	for (int dpop = 0; dpop < 2; dpop++) {
		if (!wallet_token_read(doc, dpop, 1000, &t, &err))
			continue;
		fuzz_check(t.access.n > 0 && t.bound == (dpop == 1) && t.expires >= 1000);
		is_word(t.access);
		is_word(t.refresh);
		if (wallet_identifiers(&t, IDR_LIT("pid.sdjwt"), id, &n, &err))
			fuzz_check(n <= WALLET_IDENTIFIERS);
	}
}

static void answer(const struct idr_json *doc, long status)
{
	struct wallet_answer x;
	struct idr_err err;

	if (!wallet_answer_read(doc, status, 3, &x, &err))
		return;
	fuzz_check((x.credentials == NULL) == (status == 202));
	if (x.credentials)
		fuzz_check(x.credentials->n > 0 && x.credentials->n <= 3);
	else
		fuzz_check(x.transaction_id.n > 0 && x.interval > 0);
}

static void json(struct idr_arena *a, uint8_t which, struct idr_bytes in)
{
	const struct idr_json *doc;
	struct idr_err err;

	if (!idr_json_parse(a, in, WALLET_JSON_MAX, &doc, &err))
		return;
	if (which == 'o')
		offer(doc);
	else if (which == 't')
		token(doc);
	else
		answer(doc, which == 'd' ? 202 : 200);
}

/* Taken is only what names this request and this server. */
static void query(struct idr_arena *a, struct idr_bytes in)
{
	struct idr_bytes code;
	struct idr_form form;
	struct idr_err err;

	if (!wallet_authorization_read(a, in, STATE, IDR_LIT("https://id.example"), true, &code, &err))
		return;
	fuzz_check(code.n > 0 && idr_form_parse(a, in, &form, &err));
	fuzz_check(idr_bytes_is(idr_form_find(&form, "state"), STATE) && !idr_form_find(&form, "error").p);
	fuzz_check(idr_bytes_is(idr_form_find(&form, "iss"), "https://id.example"));
}

static void redirect(struct idr_bytes in)
{
	struct idr_bytes got;
	struct idr_err err;

	if (wallet_redirect_read(in, &got))
		fuzz_check(got.n > 0 && got.n < in.n && !memchr(got.p, ' ', got.n) && !memchr(got.p, '\r', got.n));
	if (wallet_paste_read(in, BACK, &got, &err))
		fuzz_check(idr_bytes_starts(in, BACK) && got.p > in.p && got.p + got.n == in.p + in.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(64 << 20);
	struct idr_bytes in, id;
	struct idr_err err;

	if (size) {
		in = idr_bytes(data + 1, size - 1);
		if (strchr("otcd", data[0]) && data[0])
			json(a, data[0], in);
		else if (data[0] == 'q')
			query(a, in);
		else if (data[0] == 'a' && wallet_attestation_read(a, in, &id, &err))
			fuzz_check(id.n > 0);
		else
			redirect(in);
	}
	idr_arena_free(&a);
	return 0;
}
