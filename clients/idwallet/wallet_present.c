#include "idwallet/wallet.h"

#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "jose/jwe.h"

static const char *opt_root, *opt_yes, *opt_deny, *opt_format, *opt_digital, *opt_origin;

const struct cli_option wallet_present_options[] = {
	{ "root", "FILE", "national root certificates: refuse a verifier that leads to none", &opt_root, NULL },
	{ "yes", NULL, "consent without being asked", &opt_yes, NULL },
	{ "deny", NULL, "refuse, and tell the verifier", &opt_deny, NULL },
	{ "format", "FORMAT", "answer with this only: dc+sd-jwt or mso_mdoc", &opt_format, NULL },
	{ "digital", "FILE", "for LINK: what a page gives to navigator.credentials.get()", &opt_digital, NULL },
	{ "origin", "ORIGIN", "with --digital: of that page, as its browser would say it", &opt_origin, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

enum { QUERIES_MAX = 16, CLAIMS_MAX = 64, RESPONSE_MAX = 1024 * 1024 };

struct answer {
	const struct idr_dcql_credential *query;
	struct wallet_entry *entry;
	bool chosen[CLAIMS_MAX];
};

struct presenting {
	struct cli *c;
	struct idr_suite *s;
	struct idr_arena *a;
	struct wallet_request request;
	struct answer answer[QUERIES_MAX];
	size_t n;
	size_t by[IDR_TRANSACTIONS_MAX];  /* the answer that confirms each transaction */
	int64_t now;
};

/* ---- choosing: the least used copy that answers the query ---- */

/* implements: VP 5d, VP 6.4.1e, VP 6.4.2b */
static bool choose(struct presenting *x, const struct idr_dcql_credential *q, struct wallet_entry *list,
    size_t n, struct answer *out, struct idr_err *err)
{
	struct idr_err why;

	*out = (struct answer){ .query = q };
	if (opt_format && strcmp(opt_format, idr_format_name(q->format)) != 0)
		return true;
	if (q->n_claim > CLAIMS_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "the verifier asks for too many claims");
	for (size_t i = 0; i < n; i++) {
		const struct idr_json *claims;
		bool chosen[CLAIMS_MAX] = { false };

		if (q->format != list[i].format || !wallet_claims(x->s, x->a, &list[i], &claims, &why) ||
		    !idr_dcql_match(q, list[i].type, claims, chosen, &why))
			continue;
		if (out->entry && out->entry->used <= list[i].used)
			continue;
		out->entry = &list[i];
		memcpy(out->chosen, chosen, sizeof(chosen));
	}
	return true;
}

/* Where one of several credentials is enough, the others stay here. */
/* implements: VP 6.4.2a */
static void keep_used(struct presenting *x, const struct idr_dcql *q, const bool *used)
{
	size_t n = 0;

	for (size_t i = 0; i < x->n; i++)
		if (used[x->answer[i].query - q->credential])
			x->answer[n++] = x->answer[i];
	x->n = n;
}

/* implements: VP 6.4.2c, VP 15.4.1a */
static bool choose_all(struct presenting *x, struct idr_err *err)
{
	const struct idr_dcql *q = x->request.query;
	bool answered[QUERIES_MAX] = { false }, used[QUERIES_MAX] = { false };
	struct idr_bytes sent[QUERIES_MAX];
	struct wallet_entry *list;
	size_t n;

	if (q->n_credential > QUERIES_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "the verifier asks for too many credentials");
	if (!wallet_store_list(x->a, wallet_store_dir, &list, &n, err))
		return false;
	for (size_t i = 0; i < q->n_credential; i++) {
		if (!choose(x, &q->credential[i], list, n, &x->answer[x->n], err))
			return false;
		answered[i] = x->answer[x->n].entry != NULL;
		x->n += answered[i];
	}
	if (!idr_dcql_satisfied(q, answered, used, err))
		return idr_fail(err, IDR_CLAIM_MISSING, "OpenID4VP 1.0 section 6.4",
		    "no stored credential answers the request");
	keep_used(x, q, used);
	for (size_t i = 0; i < x->n; i++)
		sent[i] = x->answer[i].query->id;
	return wallet_transactions_assign(&x->request, sent, x->n, x->by, err);
}

/* ---- consent ---- */

/* Where the answer is for a program, talk goes elsewhere. */
static FILE *talk(const struct presenting *x)
{
	return opt_digital || x->c->json ? stderr : stdout;
}

static void print_request(const struct presenting *x)
{
	fprintf(talk(x), "%s asks for:\n", cli_clean(x->a, x->request.verifier_name));
	if (!x->request.trusted)
		fprintf(talk(x), "  (its certificate was not checked against a national root; give --root)\n");
	for (size_t i = 0; i < x->n; i++) {
		const struct idr_dcql_credential *q = x->answer[i].query;

		fprintf(talk(x), "  from %s:\n", cli_clean(x->a, x->answer[i].entry->configuration));
		for (size_t k = 0; k < q->n_claim; k++)
			if (x->answer[i].chosen[k])
				fprintf(talk(x), "    %s\n", cli_clean(x->a, q->claim[k].path->raw));
	}
	wallet_transactions_print(talk(x), x->a, &x->request);
}

static bool consents(const struct presenting *x)
{
	int c;

	if (opt_yes)
		return true;
	print_request(x); /* also with --json: nobody agrees to what is not shown */
	fprintf(talk(x), x->request.transactions.n ? "Share and confirm this? [y/N] " : "Share this? [y/N] ");
	fflush(talk(x));
	c = getchar();
	return c == 'y' || c == 'Y';
}

/* ---- the response ---- */

/* implements: VP 14.1.2a, VP 14.8a, VP B.3a, VP B.3.6a */
/* implements: SDJWT 7.2c */
static bool present_sdjwt(struct presenting *x, const struct answer *an, struct idr_bytes *out,
    struct idr_err *err)
{
	const struct idr_json *path[CLAIMS_MAX];
	struct idr_sdjwt_choice choice = { .path = path };
	struct idr_bytes selected, more, tbs, kb;
	struct idr_private *key;
	uint8_t signature[96];
	struct idr_buf b;
	bool ok;

	for (size_t k = 0; k < an->query->n_claim; k++)
		if (an->chosen[k])
			path[choice.n_path++] = an->query->claim[k].path;
	if (!idr_sdjwt_select(x->s, x->a, an->entry->credential, &choice, &selected, err))
		return false;
	/* also where the query does without it: every credential kept here has a holder key, and verifiers may
	 * insist (HAIP 1.0 section 6.1.1.1) */
	if (!wallet_transactions_put(x->s, x->a, &x->request, x->by, (size_t)(an - x->answer), &more, err) ||
	    !idr_private_from_scalar(x->s, IDR_P256, idr_secret_bytes(&an->entry->key), &key, err))
		return false;
	ok = idr_sdjwt_kb_build(x->s, x->a, selected, idr_private_alg(key), x->request.audience,
	         x->request.nonce, x->now, more, &tbs, err) &&
	    idr_private_sign(x->s, key, tbs, signature, err) &&
	    idr_jws_attach(x->a, tbs, idr_bytes(signature, 64), &kb, err);
	idr_private_free(&key);
	if (!ok)
		return false;
	idr_buf_init(&b, x->a, selected.n + kb.n, RESPONSE_MAX);
	idr_buf_put(&b, selected);
	idr_buf_put(&b, kb);
	return idr_buf_done(&b, out, err);
}

static bool present_one(struct presenting *x, const struct answer *an, struct idr_bytes *out,
    struct idr_err *err)
{
	if (an->entry->format == IDR_FORMAT_MDOC)
		return wallet_mdoc_present(x->s, x->a, an->entry, an->query, an->chosen, &x->request, out, err);
	return present_sdjwt(x, an, out, err);
}

/* implements: VP 5.6a, VP 8.1b */
static bool build_vp_token(struct presenting *x, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_bytes one;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, x->a, 8192, RESPONSE_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	for (size_t i = 0; i < x->n; i++) {
		if (!present_one(x, &x->answer[i], &one, err))
			return false;
		idr_jw_name_bytes(&w, x->answer[i].query->id);
		idr_jw_open(&w, '[');
		idr_jw_str(&w, one);
		idr_jw_close(&w, ']');
	}
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, out, err);
}

/* implements: VP 8.3d, VP 8.3f */
static bool encrypt(struct presenting *x, struct idr_bytes vp_token, struct idr_bytes *jwe,
    struct idr_err *err)
{
	uint8_t apu[16];
	struct idr_bytes plain;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, x->a, vp_token.n + 128, RESPONSE_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_raw(&w, "vp_token", vp_token);
	if (x->request.state.n)
		idr_jw_put_str(&w, "state", x->request.state);
	idr_jw_close(&w, '}');
	idr_suite_random(x->s, apu, sizeof(apu));
	return idr_buf_done(&b, &plain, err) &&
	    idr_jwe_seal(x->s, x->a, &x->request.enc_key, x->request.enc_kid, x->request.enc,
	        idr_bytes(apu, sizeof(apu)), x->request.nonce, plain, jwe, err);
}

static bool error_body(struct presenting *x, const char *error, struct idr_bytes *body, struct idr_err *err)
{
	struct idr_buf b;

	idr_buf_init(&b, x->a, 256, 8192);
	idr_form_put(&b, "error", idr_str(error));
	if (x->request.state.n)
		idr_form_put(&b, "state", x->request.state);
	return idr_buf_done(&b, body, err);
}

/* implements: VP 8.2b, VP 8.3.1b, VP 15.8a */
static bool body_of(struct presenting *x, struct idr_bytes *body, struct idr_err *err)
{
	struct idr_bytes vp_token, jwe;
	struct idr_buf b;

	if (opt_deny)
		return error_body(x, "access_denied", body, err);
	if (!build_vp_token(x, &vp_token, err))
		return false;
	idr_buf_init(&b, x->a, 8192, 3 * RESPONSE_MAX);
	if (x->request.encrypted) {
		if (!encrypt(x, vp_token, &jwe, err))
			return false;
		idr_form_put(&b, "response", jwe);
	} else {
		idr_form_put(&b, "vp_token", vp_token);
		if (x->request.state.n)
			idr_form_put(&b, "state", x->request.state);
	}
	return idr_buf_done(&b, body, err);
}

/* implements: HAIP 5.2d: what a browser gives back to the page (OpenID4VP 1.0 appendix A.4) */
static bool data_of(struct presenting *x, struct idr_bytes *data, struct idr_err *err)
{
	struct idr_bytes vp_token, jwe;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, x->a, 8192, 3 * RESPONSE_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	if (opt_deny) {
		idr_jw_put_cstr(&w, "error", "access_denied");
	} else if (!build_vp_token(x, &vp_token, err)) {
		return false;
	} else if (!x->request.encrypted) {
		idr_jw_put_raw(&w, "vp_token", vp_token);
	} else {
		if (!encrypt(x, vp_token, &jwe, err))
			return false;
		idr_jw_put_str(&w, "response", jwe);
	}
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, data, err);
}

static bool post(struct presenting *x, struct idr_bytes body, struct web_response *r, struct idr_err *err)
{
	struct web_request q = { .method = "POST", .content_type = "application/x-www-form-urlencoded" };

	q.body = body;
	q.url = idr_arena_printf(x->a, err, "%.*s", (int)x->request.response_uri.n,
	    (const char *)x->request.response_uri.p);
	return q.url && web_send(x->a, &q, r, err);
}

/* What is wrong with the request is the verifier's to know; whether it hears it changes nothing here. */
static void tell(struct presenting *x)
{
	struct web_response r;
	struct idr_bytes body;
	struct idr_err ignored;

	if (x->request.refusal && opt_digital)
		printf("{\"error\":\"%s\"}\n", x->request.refusal);
	else if (x->request.refusal && error_body(x, x->request.refusal, &body, &ignored))
		(void)!post(x, body, &r, &ignored);
}

/* The verifier sees the copy, whatever it says about it. */
static bool count_uses(struct presenting *x, struct idr_err *err)
{
	for (size_t i = 0; i < x->n && !opt_deny; i++) {
		x->answer[i].entry->used++;
		if (!wallet_store_put(x->a, wallet_store_dir, x->answer[i].entry, err))
			return false;
	}
	return true;
}

static bool hand_back(struct presenting *x, struct idr_err *err)
{
	struct idr_bytes data;

	x->now = (int64_t)time(NULL);
	if (!data_of(x, &data, err) || !count_uses(x, err))
		return false;
	printf("%.*s\n", (int)data.n, (const char *)data.p);
	return true;
}

static bool send(struct presenting *x, const struct idr_json **answer, struct idr_err *err)
{
	struct web_response r;
	struct idr_bytes body;

	x->now = (int64_t)time(NULL); /* consent may have taken a while */
	if (!body_of(x, &body, err) || !post(x, body, &r, err))
		return false;
	return count_uses(x, err) && web_expect(x->a, &r, err) &&
	    idr_json_parse(x->a, r.body, WALLET_JSON_MAX, answer, err);
}

/* implements: VP 8.2h */
static void print_sent(const struct presenting *x, const struct idr_json *answer)
{
	const struct idr_json *uri = idr_json_find(answer, "redirect_uri");
	bool has = idr_json_is(uri, IDR_JSON_STRING);

	if (x->c->json) {
		printf("{\"sent\":%s,\"redirect_uri\":%.*s}\n", opt_deny ? "false" : "true",
		    has ? (int)uri->raw.n : 4, has ? (const char *)uri->raw.p : "null");
		return;
	}
	printf(opt_deny ? "refused\n" : "shared\n");
	if (has)
		printf("continue at %s\n", cli_clean(x->a, uri->text));
}

static bool fetch(struct presenting *x, struct idr_err *err)
{
	struct idr_bytes text;

	if (!opt_digital != !opt_origin || !opt_digital == !x->c->argc)
		return idr_fail(err, IDR_USAGE, NULL, "give LINK, or --digital and --origin; see --help");
	if (!opt_digital)
		return wallet_request_fetch(x->s, x->a, x->c->argv[0], opt_root, x->now, &x->request, err);
	return cli_read(x->a, opt_digital, RESPONSE_MAX, &text, err) &&
	    wallet_request_browser(x->s, x->a, text, idr_str(opt_origin), opt_root, x->now, &x->request, err);
}

enum cli_exit wallet_present(struct cli *c)
{
	struct presenting x = { .c = c, .s = idr_suite_new(), .a = c->arena, .now = (int64_t)time(NULL) };
	const struct idr_json *answer;
	struct idr_err err;
	bool ok;

	if (!x.s)
		return CLI_FAILED;
	c->json = c->json && !opt_digital; /* standard output is the page's: one value, or none */
	ok = fetch(&x, &err);
	if (!ok)
		tell(&x);
	ok = ok && (opt_deny || choose_all(&x, &err));
	if (ok && !opt_deny && !consents(&x)) {
		fprintf(talk(&x), "not shared\n");
		idr_suite_free(&x.s);
		return CLI_REFUSED;
	}
	ok = ok && (opt_digital ? hand_back(&x, &err) : send(&x, &answer, &err));
	idr_suite_free(&x.s);
	if (!ok)
		return cli_error(c, &err);
	if (!opt_digital)
		print_sent(&x, answer);
	return CLI_OK;
}
