#include "idctl/ctl_selftest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"
#include "jose/jws.h"
#include "suite/pem.h"

enum { ROOTS_MAX = 8, PEM_MAX = 64 * 1024, DOC_MAX = 1024 * 1024, CHECKS_MAX = 64 };

static const char *root, *front_mends;

static const struct cli_option options[] = {
	{ "root", "ROOT.pem", "the authority's root: checks signatures of lists and bundle too",
	  &root, NULL },
	{ "front-mends", NULL, "a proxy (HAProxy) mends malformed framing before it passes it on: leave that out",
	  &front_mends, NULL },
	{ 0 },
};

/* ---- for the checks ---- */

bool selftest_seen(struct idr_err *err, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return idr_fail(err, IDR_REMOTE, NULL, "%s", text);
}

bool selftest_ask(struct selftest *t, const char *path, const char *form, const char *header,
    struct web_response *out, struct idr_err *err)
{
	struct web_request q = { .method = form ? "POST" : "GET", .header = { header },
		.url = idr_arena_printf(t->a, err, "%s%s", t->base, path),
		.body = form ? idr_str(form) : (struct idr_bytes){ NULL, 0 },
		.content_type = form ? "application/x-www-form-urlencoded" : NULL };

	return q.url && web_send(t->a, &q, out, err);
}

bool selftest_json(struct selftest *t, const char *path, const struct idr_json **out, struct idr_err *err)
{
	struct web_response r;
	struct idr_err ignored;

	if (!selftest_ask(t, path, NULL, NULL, &r, err))
		return false;
	if (r.status != 200)
		return selftest_seen(err, "%s answers %ld", path, r.status);
	return idr_json_parse(t->a, r.body, DOC_MAX, out, &ignored) ||
	    selftest_seen(err, "%s is not JSON", path);
}

bool selftest_raw(struct selftest *t, struct idr_bytes bytes, long *status, const char **answer,
    struct idr_err *err)
{
	struct idr_bytes got, text;

	if (!web_raw(t->a, t->base, bytes, &got, err) || !idr_arena_copy(t->a, got, &text, err))
		return false;
	*answer = (const char *)text.p; /* ends with a zero; what stands behind one of its own is not looked at */
	*status = strncmp(*answer, "HTTP/1.", 7) == 0 && got.n > 12 ? strtol(*answer + 9, NULL, 10) : 0;
	return true;
}

bool selftest_refused(struct selftest *t, const struct web_response *r, long status, const char *code,
    struct idr_err *err)
{
	const struct idr_json *doc, *said;
	struct idr_err ignored;

	if (r->status != status)
		return selftest_seen(err, "answered %ld instead of %ld", r->status, status);
	if (!code)
		return true;
	if (!idr_json_parse(t->a, r->body, DOC_MAX, &doc, &ignored))
		return selftest_seen(err, "answered %ld without saying %s", r->status, code);
	said = idr_json_find(doc, idr_json_find(doc, "error") ? "error" : "code");
	return idr_json_is_str(said, code) ||
	    selftest_seen(err, "says %.60s instead of %s", ctl_text(t->c, said), code);
}

bool selftest_jwt(struct selftest *t, const char *header, const char *payload, bool sign, const char **out,
    struct idr_err *err)
{
	uint8_t signature[96];
	struct idr_bytes tbs, jwt;

	if (!idr_jws_build(t->a, idr_str(header), idr_str(payload), &tbs, err))
		return false;
	if (!sign) {
		*out = idr_arena_printf(t->a, err, "%.*s.", (int)tbs.n, (const char *)tbs.p);
		return *out != NULL;
	}
	if (!idr_private_sign(t->s, t->own, tbs, signature, err) ||
	    !idr_jws_attach(t->a, tbs, idr_bytes(signature, 64), &jwt, err))
		return false;
	*out = idr_arena_printf(t->a, err, "%.*s", (int)jwt.n, (const char *)jwt.p);
	return *out != NULL;
}

/* ---- running ---- */

struct tally {
	size_t ok, failed, left_out, total;
	struct idr_jw w;
	struct idr_buf json;
	struct cli_progress progress;
};

static const char *missing(const struct selftest *t, const struct selftest_check *k)
{
	if ((k->needs & SELFTEST_NEEDS_KEY) && !t->key)
		return "needs a relying party's key (--key-file)";
	if ((k->needs & SELFTEST_NEEDS_ROOT) && !t->trust)
		return "needs the authority's root (--root)";
	if ((k->needs & SELFTEST_NEEDS_CODES) && t->no_codes)
		return "needs pre-authorized codes, which this server does not take";
	if ((k->needs & SELFTEST_FRAMING) && t->front_mends)
		return "the front mends it before it passes it on (--front-mends)";
	return NULL;
}

static void say(const struct selftest *t, struct tally *y, const struct selftest_check *k,
    const char *outcome, const char *colour, const char *detail)
{
	if (!t->c->json) {
		cli_progress_end(&y->progress);
		printf("%s%-8s%s %s (%s)%s%s\n", colour, outcome, cli_plain(), k->what, k->clause,
		    detail ? ": " : "", detail ? detail : "");
		return;
	}
	idr_jw_open(&y->w, '{');
	idr_jw_put_cstr(&y->w, "name", k->name);
	idr_jw_put_cstr(&y->w, "what", k->what);
	idr_jw_put_cstr(&y->w, "clause", k->clause);
	idr_jw_put_cstr(&y->w, "outcome",
	    !strcmp(outcome, "left out") ? "left_out" : *outcome == 'F' ? "failed" : "ok");
	if (detail)
		idr_jw_put_cstr(&y->w, "detail", detail);
	idr_jw_close(&y->w, '}');
}

static void run_one(struct selftest *t, struct tally *y, const struct selftest_check *k)
{
	const char *why = missing(t, k);
	struct idr_err err = { .msg = "" };

	cli_progress_at(&y->progress, (int64_t)(y->ok + y->failed + y->left_out));
	if (why) {
		y->left_out++;
		say(t, y, k, "left out", cli_yellow(), why);
	} else if (k->run(t, &err)) {
		y->ok++;
		say(t, y, k, "ok", cli_green(), NULL);
	} else {
		y->failed++;
		say(t, y, k, "FAIL", cli_red(), ctl_clean(t->c, idr_str(err.msg)));
	}
}

static enum cli_exit run_all(struct selftest *t)
{
	static const struct selftest_check *const tables[] = { selftest_http, selftest_oauth,
	    selftest_status };
	struct tally y = { .ok = 0 };

	idr_buf_init(&y.json, t->a, 16 * 1024, 1024 * 1024);
	y.w = idr_jw(&y.json);
	for (size_t i = 0; i < 3; i++)
		for (const struct selftest_check *k = tables[i]; k->name; k++)
			y.total++;
	idr_jw_open(&y.w, '{');
	idr_jw_put_cstr(&y.w, "server", t->base);
	idr_jw_name(&y.w, "checks");
	idr_jw_open(&y.w, '[');
	cli_progress_begin(&y.progress, "trying", (int64_t)y.total);
	for (size_t i = 0; i < 3; i++)
		for (const struct selftest_check *k = tables[i]; k->name; k++)
			run_one(t, &y, k);
	cli_progress_end(&y.progress);
	idr_jw_close(&y.w, ']');
	idr_jw_put_int(&y.w, "ok", (int64_t)y.ok);
	idr_jw_put_int(&y.w, "failed", (int64_t)y.failed);
	idr_jw_put_int(&y.w, "left_out", (int64_t)y.left_out);
	idr_jw_close(&y.w, '}');
	if (!t->c->json)
		printf("%zu ok, %zu failed, %zu left out\n", y.ok, y.failed, y.left_out);
	else if (ctl_print(t->c, &y.json) != CLI_OK)
		return CLI_FAILED;
	return y.failed ? CLI_REFUSED : CLI_OK;
}

/* ---- the command ---- */

static bool load_root(struct selftest *t, struct idr_err *err)
{
	struct idr_bytes pem, der[ROOTS_MAX];
	size_t n;

	if (!root)
		return true;
	if (!cli_read(t->a, root, PEM_MAX, &pem, err) ||
	    !idr_pem_certificates(t->a, pem, der, ROOTS_MAX, &n, err) ||
	    !idr_trust_new(t->a, &t->trust, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!idr_trust_add_anchor(t->s, t->trust, der[i],
		    IDR_PURPOSE_BUNDLE | IDR_PURPOSE_STATUS, NULL, 0, NULL, err))
			return false;
	return n ? true : idr_fail(err, IDR_FILE, NULL, "%.150s holds no certificate", root);
}

/* Who does not answer at all has not failed anything: that could not be tried. */
static bool open_selftest(struct selftest *t, struct idr_err *err)
{
	struct web_response r;

	if (!t->s)
		return idr_fail(err, IDR_CRYPTO, NULL, "OpenSSL does not offer what is needed");
	if (!ctl_base(t->c, CTL_PARTY, &t->base, err) ||
	    (ctl_has_key(CTL_PARTY) && !ctl_key(t->c, CTL_PARTY, &t->key, err)) || !load_root(t, err) ||
	    !idr_private_generate(t->s, IDR_P256, &t->own, err))
		return false;
	t->host = strstr(t->base, "://") + 3;
	t->host = idr_arena_printf(t->a, err, "%.*s", (int)strcspn(t->host, "/"), t->host);
	return t->host && selftest_ask(t, "/health", NULL, NULL, &r, err);
}

static enum cli_exit selftest(struct cli *c)
{
	struct selftest t = { .c = c, .a = c->arena, .s = idr_suite_new(), .now = time(NULL),
		.front_mends = front_mends != NULL };
	enum cli_exit code;
	struct idr_err err;

	if (open_selftest(&t, &err)) {
		code = run_all(&t);
	} else {
		cli_error(c, &err);
		code = CLI_FAILED;
	}
	idr_private_free(&t.own);
	idr_suite_free(&t.s);
	return code;
}

const struct cli_command ctl_selftest[] = {
	{ .name = "selftest", .operands = "", .summary = "does a running installation refuse what it must?",
	  .text = "Tries on the public listener what a stranger may try: requests that can be read two ways,\n"
	          "too much, wrong proofs, forged credentials; and whether what is published is whole, fresh and\n"
	          "signed. Nothing is stored by it but lines in the log. Checks that need a key or the root are\n"
	          "left out without one, and named. --server must be the address that wallets know. Exit code:\n"
	          "0 nothing failed, 1 something did, 3 no answer.",
	  .examples = "  idctl selftest --server https://id.example.kh --root root.pem --key-file bank.key\n"
	              "  idctl selftest --json | jq '.checks[] | select(.outcome == \"failed\")'",
	  .options = options, .run = selftest },
	{ 0 },
};
