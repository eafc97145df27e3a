#include "idctl/ctl.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

/* What a relying party does: ask, wait for the answer, and check what it holds already. */

enum { QUERY_MAX = 64 * 1024, INPUT_MAX = 200 * 1024, ANSWER_MAX = 8 * 1024 * 1024, POLL_S = 30,
	WAIT_MAX_S = 86400, CODE_MAX = 128 };

static const char *policy, *dcql, *flow, *mode, *return_url, *wallet_base, *prefix, *uri_method;
static const char *qr, *terminal, *transaction, *page_origin, *protocol;
static const char *wait_s, *response_code;
static const char *verify_policy, *nonce, *audience, *response_uri, *origin, *thumbprint;

static const struct cli_option make_options[] = {
	{ "policy", "POLICY", "what to ask for: a policy of this relying party", &policy, NULL },
	{ "dcql", "FILE", "instead: a DCQL query (who may use any policy)", &dcql, NULL },
	{ "flow", "FLOW", "same_device (default with --return-url), cross_device or dc_api", &flow, NULL },
	{ "return-url", "URL", "same_device: where the wallet takes the holder afterwards", &return_url, NULL },
	{ "origin", "ORIGIN", "dc_api: of the page that asks the browser, if you have several", &page_origin, NULL },
	{ "protocol", "WORD", "dc_api: openid4vp-v1-signed (default), -unsigned or -multisigned", &protocol, NULL },
	{ "mode", "MODE", "direct_post.jwt (default) or direct_post; dc_api.jwt or dc_api", &mode, NULL },
	{ "wallet-base", "URL", "what the link begins with: openid4vp://", &wallet_base, NULL },
	{ "client-id", "PREFIX", "x509_hash (default) or x509_san_dns", &prefix, NULL },
	{ "request-uri-method", "WORD", "get (default) or post", &uri_method, NULL },
	{ "transaction", "FILE", "what the holder is to confirm: JSON array of transaction_data objects",
	  &transaction, NULL },
	{ "qr", "FILE", "draw the link: FILE.png or FILE.svg", &qr, NULL },
	{ "terminal", NULL, "draw the link on the terminal", &terminal, NULL },
	{ 0 },
};

static const struct cli_option result_options[] = {
	{ "wait", "SECONDS", "wait so long for the wallet's answer (0)", &wait_s, NULL },
	{ "response-code", "CODE", "what the holder's browser brought back (same_device)", &response_code, NULL },
	{ 0 },
};

static const struct cli_option verify_options[] = {
	{ "policy", "POLICY", "judge by this policy of this relying party", &verify_policy, NULL },
	{ "nonce", "TEXT", "the nonce the presentation must answer", &nonce, NULL },
	{ "audience", "TEXT", "the audience it must be made for: the client_id of the request", &audience, NULL },
	{ "response-uri", "URL", "where the answer went; an mdoc's proof covers it", &response_uri, NULL },
	{ "origin", "URL", "instead: the origin of the page that asked through the browser", &origin, NULL },
	{ "jwk-thumbprint", "TEXT", "the key the answer was encrypted to (RFC 7638), if it was", &thumbprint, NULL },
	{ 0 },
};

static void put_if(struct idr_jw *w, const char *name, const char *value)
{
	if (value)
		idr_jw_put_cstr(w, name, value);
}

/* ---- request make ---- */

static bool put_file(struct cli *c, struct idr_jw *w, const char *name, const char *path, struct idr_err *err)
{
	const struct idr_json *value;
	struct idr_bytes file;

	if (!path)
		return true;
	if (!cli_read(c->arena, path, QUERY_MAX, &file, err) ||
	    !idr_json_parse(c->arena, file, QUERY_MAX, &value, err))
		return false;
	idr_jw_put_raw(w, name, value->raw);
	return true;
}

static bool make_body(struct cli *c, struct idr_bytes *body, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	if (!policy == !dcql)
		return idr_fail(err, IDR_USAGE, NULL, "give --policy or --dcql; see --help");
	idr_buf_init(&b, c->arena, 1024, 3 * QUERY_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	put_if(&w, "policy", policy);
	if (!put_file(c, &w, "dcql", dcql, err) || !put_file(c, &w, "transaction_data", transaction, err))
		return false;
	idr_jw_put_cstr(&w, "flow", flow ? flow : return_url ? "same_device" : "cross_device");
	put_if(&w, "mode", mode);
	put_if(&w, "return_url", return_url);
	put_if(&w, "origin", page_origin);
	put_if(&w, "protocol", protocol);
	put_if(&w, "wallet_base", wallet_base);
	put_if(&w, "client_id_prefix", prefix);
	put_if(&w, "request_uri_method", uri_method);
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, body, err);
}

/* What is handed on: a link, or what a page gives to the browser. */
static void show_made(struct cli *c, const struct idr_json *doc)
{
	const struct idr_json *digital = idr_json_find(doc, "digital");

	printf("request   %s\n", ctl_member(c, doc, "id"));
	if (digital)
		printf("digital   %.*s\n", (int)digital->raw.n, (const char *)digital->raw.p);
	else
		printf("link      %s\n", ctl_member(c, doc, "invocation_url"));
	printf("expires   %s\nthen      idctl result %s --wait 60\n", ctl_member(c, doc, "expires_at"),
	    ctl_member(c, doc, "id"));
}

static enum cli_exit make(struct cli *c)
{
	struct ctl_call q = { .as = CTL_PARTY, .method = "POST", .path = "/v1/presentations", .quiet = true };
	const struct idr_json *doc, *link;
	struct idr_err err;

	if (!ctl_qr_check(qr, &err) || !make_body(c, &q.body, &err) || !ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	link = idr_json_find(doc, "qr_text");
	if (!c->json)
		show_made(c, doc);
	if (idr_json_is(link, IDR_JSON_STRING) &&
	    !ctl_qr_show(c, link->text, qr, terminal, "Presentation request", &err))
		return cli_error(c, &err);
	ctl_print_doc(c, doc);
	return CLI_OK;
}

/* ---- result ---- */

static const struct state {
	const char *name, *sentence;
	enum cli_exit code;
} states[] = {
	{ "pending", "no answer yet", CLI_UNDECIDED },
	{ "responded", "answered; show the code the holder's browser brought back: --response-code", CLI_UNDECIDED },
	{ "delivered", "the result was handed over before; it is given once", CLI_REFUSED },
	{ "declined", "the holder declined", CLI_REFUSED },
	{ "rejected", "the answer was rejected", CLI_REFUSED },
	{ "expired", "nobody answered in time", CLI_REFUSED },
	{ "verified", "the answer was verified", CLI_OK },
};

static enum cli_exit show_result(struct cli *c, const struct idr_json *doc)
{
	const struct idr_json *verdict = idr_json_find(doc, "verdict"), *all = idr_json_find(doc, "presentations");
	const struct idr_json *state = idr_json_find(doc, "state");
	enum cli_exit code = CLI_FAILED;

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (idr_json_is_str(state, states[i].name)) {
			code = states[i].code;
			if (!verdict && !c->json)
				printf("%s: %s\n", states[i].name, states[i].sentence);
		}
	if (!verdict)
		return code;
	if (!c->json) {
		printf("%s: ", ctl_text(c, state));
		ctl_verdict_show(c, verdict, NULL);
		for (const struct idr_json *p = idr_json_first(all); p; p = idr_json_next(all, p)) {
			printf("presentation %s: ", ctl_member(c, p, "query"));
			ctl_verdict_show(c, idr_json_find(p, "verdict"), idr_json_find(p, "claims"));
		}
	}
	return ctl_verdict_exit(verdict);
}

/* The server waits at most 30 s at a time; longer waits ask again. */
static bool wait_for(struct cli *c, const char *path, const char *header, int64_t wait,
    struct idr_bytes *body, const struct idr_json **doc, struct idr_err *err)
{
	struct timespec t;
	int64_t now, until;

	clock_gettime(CLOCK_MONOTONIC, &t);
	until = t.tv_sec + wait;
	for (now = t.tv_sec;; now = t.tv_sec) {
		int64_t step = until - now > POLL_S ? POLL_S : until > now ? until - now : 0;
		struct ctl_call q = { .as = CTL_PARTY, .method = "GET", .header = header, .timeout_s = POLL_S + 15 };

		q.path = idr_arena_printf(c->arena, err, "%s?wait=%lld", path, (long long)step);
		if (!q.path || !ctl_call(c, &q, body, err) || !idr_json_parse(c->arena, *body, ANSWER_MAX, doc, err))
			return false;
		clock_gettime(CLOCK_MONOTONIC, &t);
		if (!idr_json_is_str(idr_json_find(*doc, "state"), "pending") || t.tv_sec >= until)
			return true;
		/* one that does not wait would be asked in a tight loop */
		if (step && t.tv_sec == now)
			sleep(1);
	}
}

static enum cli_exit result(struct cli *c)
{
	const struct idr_json *doc;
	const char *path, *header = NULL;
	struct idr_bytes body;
	struct idr_err err;
	int64_t wait = 0;

	if ((wait_s && !ctl_parse_number("wait", wait_s, 0, WAIT_MAX_S, &wait, &err)) ||
	    !ctl_path(c, "/v1/presentations/", c->argv[0], "", &path, &err))
		return cli_error(c, &err);
	if (response_code) {
		struct idr_bytes code = idr_str(response_code);

		if (code.n > CODE_MAX || !idr_is_ascii_token(code) || strchr(response_code, ' ')) {
			idr_fail(&err, IDR_USAGE, NULL, "--response-code is no response code");
			return cli_error(c, &err);
		}
		header = idr_arena_printf(c->arena, &err, "X-Response-Code: %s", response_code);
		if (!header)
			return cli_error(c, &err);
	}
	if (!wait_for(c, path, header, wait, &body, &doc, &err))
		return cli_error(c, &err);
	if (c->json)
		printf("%.*s\n", (int)body.n, (const char *)body.p);
	return show_result(c, doc);
}

/* ---- verify ---- */

/* CBOR of an mdoc goes over HTTP as its base64url; whatever its last byte is, it belongs to it. */
static bool as_text(struct cli *c, struct idr_bytes cbor, struct idr_bytes *out, struct idr_err *err)
{
	struct idr_buf b;

	idr_buf_init(&b, c->arena, IDR_B64URL_LEN(cbor.n), IDR_B64URL_LEN(INPUT_MAX));
	idr_b64url_put(&b, cbor);
	return idr_buf_done(&b, out, err);
}

/* The operand is the text itself, or names a file that holds it. */
static bool read_input(struct cli *c, const char *operand, struct idr_bytes *out, struct idr_err *err)
{
	*out = idr_str(operand);
	if ((strcmp(operand, "-") == 0 || access(operand, F_OK) == 0) &&
	    !cli_read(c->arena, operand, INPUT_MAX, out, err))
		return false;
	if (out->n && out->p[0] >= 0x80)
		return as_text(c, *out, out, err);
	while (out->n && (out->p[out->n - 1] == '\n' || out->p[out->n - 1] == '\r'))
		out->n--;
	return out->n ? true : idr_fail(err, IDR_USAGE, NULL, "there is nothing to verify");
}

static enum cli_exit verify(struct cli *c)
{
	struct ctl_call q = { .as = CTL_PARTY, .method = "POST", .path = "/v1/verify" };
	const struct idr_json *doc;
	struct idr_bytes input;
	struct idr_err err;
	struct idr_buf b;
	struct idr_jw w;

	if (!read_input(c, c->argv[0], &input, &err))
		return cli_error(c, &err);
	idr_buf_init(&b, c->arena, input.n + 256, 2 * INPUT_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "input", input);
	put_if(&w, "policy", verify_policy);
	put_if(&w, "nonce", nonce);
	put_if(&w, "audience", audience);
	put_if(&w, "response_uri", response_uri);
	put_if(&w, "origin", origin);
	put_if(&w, "jwk_thumbprint", thumbprint);
	idr_jw_close(&w, '}');
	if (!idr_buf_done(&b, &q.body, &err) || !ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	if (!c->json)
		ctl_verdict_show(c, doc, NULL);
	return ctl_verdict_exit(doc);
}

const struct cli_command ctl_present[] = {
	{ .name = "request make", .operands = "", .summary = "ask a wallet for a presentation",
	  .examples = "  idctl request make --policy age-18 --terminal\n"
	              "  idctl request make --policy bank-account --return-url https://bank.example/id/done\n"
	              "  idctl request make --policy age-18 --flow dc_api --origin https://bank.example --json",
	  .options = make_options, .run = make },
	{ .name = "result", .operands = "ID", .summary = "what the wallet answered; given once",
	  .text = "Exit code: 0 valid, 1 refused, declined or expired, 2 undecided or not answered yet.",
	  .examples = "  idctl result 5d41402abc4b2a76b9719d911017c592 --wait 60",
	  .options = result_options, .min_operands = 1, .max_operands = 1, .run = result },
	{ .name = "verify", .operands = "INPUT|FILE|-",
	  .summary = "check a credential, a presentation, an mdoc or a QR text",
	  .text = "Checked by the server, with its knowledge of revocation. Without a server: idverify.",
	  .examples = "  idctl verify card.txt\n  idctl verify --policy border-strict - < presentation.txt",
	  .options = verify_options, .min_operands = 1, .max_operands = 1, .run = verify },
	{ 0 },
};
