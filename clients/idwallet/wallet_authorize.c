#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "idwallet/wallet_issuing.h"

/* OpenID4VCI 1.0 section 5. implements: RFC 9126 section 2; RFC 7636 section 4; RFC 9207 section 2 */

enum { FORM_MAX = 64 * 1024, LINE_MAX = 16 * 1024, WAIT_S = 600, URI_MAX = 512 };

extern char **environ;

static const char REF[] = "RFC 9207 section 2.4";

/* ---- the push ---- */

static void put_secret(struct idr_suite *s, char out[WALLET_SECRET + 1])
{
	uint8_t random[32];

	idr_suite_random(s, random, sizeof(random));
	idr_b64url_encode(idr_bytes(random, sizeof(random)), (uint8_t *)out);
	out[WALLET_SECRET] = '\0';
}

static struct idr_bytes scope_of(const struct wallet_session *x, struct idr_bytes configuration)
{
	const struct idr_json *v = idr_json_find(wallet_configuration(&x->issuer, configuration), "scope");

	return idr_json_is(v, IDR_JSON_STRING) ? v->text : (struct idr_bytes){ NULL, 0 };
}

/* implements: HAIP 4.2b */
static bool put_scope(struct wallet_session *x, const struct wallet_offer *o, struct idr_buf *form,
    struct idr_err *err)
{
	struct idr_bytes scope;
	struct idr_buf b;

	idr_buf_init(&b, x->a, 256, FORM_MAX);
	for (size_t i = 0; i < o->n; i++) {
		if (i)
			idr_buf_put_byte(&b, ' ');
		idr_buf_put(&b, scope_of(x, o->configuration[i]));
	}
	if (!idr_buf_done(&b, &scope, err))
		return false;
	idr_form_put(form, "scope", scope);
	return true;
}

/* implements: VCI 5.1.1b: locations name the issuer where the server serves several */
static bool put_details(struct wallet_session *x, const struct wallet_offer *o, struct idr_buf *form,
    struct idr_err *err)
{
	struct idr_bytes json;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, x->a, 512, FORM_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < o->n; i++) {
		idr_jw_open(&w, '{');
		idr_jw_put_cstr(&w, "type", "openid_credential");
		idr_jw_put_str(&w, "credential_configuration_id", o->configuration[i]);
		if (idr_json_find(x->issuer.metadata, "authorization_servers")) {
			idr_jw_name(&w, "locations");
			idr_jw_open(&w, '[');
			idr_jw_str(&w, x->issuer.id);
			idr_jw_close(&w, ']');
		}
		idr_jw_close(&w, '}');
	}
	idr_jw_close(&w, ']');
	if (!idr_buf_done(&b, &json, err))
		return false;
	idr_form_put(form, "authorization_details", json);
	return true;
}

static bool put_wanted(struct wallet_session *x, const struct wallet_authorize *q, struct idr_buf *form,
    struct idr_err *err)
{
	bool scoped = !q->details;

	for (size_t i = 0; i < q->offer->n; i++)
		scoped = scoped && scope_of(x, q->offer->configuration[i]).n > 0;
	return (scoped ? put_scope : put_details)(x, q->offer, form, err);
}

static void put_challenge(struct wallet_session *x, const char *verifier, struct idr_buf *form)
{
	uint8_t hash[IDR_HASH_MAX], text[IDR_B64URL_LEN(32)];

	idr_suite_hash(x->s, IDR_SHA256, idr_str(verifier), hash);
	idr_b64url_encode(idr_bytes(hash, 32), text);
	idr_form_put(form, "code_challenge", idr_bytes(text, sizeof(text)));
	idr_form_put(form, "code_challenge_method", IDR_LIT("S256"));
}

/* What would weaken the login is not gone along with. */
static bool check_server(struct wallet_session *x, struct idr_err *err)
{
	if (!x->client.id.n)
		return idr_fail(err, IDR_USAGE, NULL,
		    "the citizen is to log in: say who this wallet is, with --client-id");
	if (!wallet_offers(x->issuer.server, "code_challenge_methods_supported", "S256"))
		return idr_fail(err, IDR_MALFORMED, "HAIP 1.0 section 4.3",
		    "the authorization server does not offer PKCE with S256");
	return true;
}

/* implements: VCI 4.1.1g */
static bool push(struct wallet_session *x, const struct wallet_authorize *q,
    struct wallet_authorization *out, struct idr_bytes *request_uri, struct idr_err *err)
{
	const struct idr_json *doc, *v;
	struct idr_buf form;

	put_secret(x->s, out->state);
	put_secret(x->s, out->verifier);
	idr_buf_init(&form, x->a, 1024, FORM_MAX);
	idr_form_put(&form, "client_id", x->client.id);
	idr_form_put(&form, "response_type", IDR_LIT("code"));
	idr_form_put(&form, "redirect_uri", idr_str(out->redirect_uri));
	idr_form_put(&form, "state", idr_str(out->state));
	put_challenge(x, out->verifier, &form);
	if (q->offer->issuer_state.p)
		idr_form_put(&form, "issuer_state", q->offer->issuer_state);
	if (!put_wanted(x, q, &form, err) ||
	    !wallet_ask_server(x, "pushed_authorization_request_endpoint", &form, &doc, err))
		return false;
	v = idr_json_find(doc, "request_uri");
	if (!idr_json_is(v, IDR_JSON_STRING) || !v->text.n || v->text.n > URI_MAX)
		return idr_fail(err, IDR_MALFORMED, "RFC 9126 section 2.2",
		    "the answer to the push carries no request_uri");
	*request_uri = v->text;
	return true;
}

static bool make_url(struct wallet_session *x, struct idr_bytes request_uri,
    struct wallet_authorization *out, struct idr_err *err)
{
	const char *endpoint;
	struct idr_bytes url;
	struct idr_buf query, b;

	idr_buf_init(&query, x->a, 512, FORM_MAX);
	idr_form_put(&query, "client_id", x->client.id);
	idr_form_put(&query, "request_uri", request_uri);
	idr_buf_init(&b, x->a, 512, FORM_MAX);
	if (!wallet_endpoint(x->a, x->issuer.server, "authorization_endpoint", &endpoint, err))
		return false;
	if (strncmp(endpoint, "https://", 8) != 0 && !web_is_loopback(endpoint))
		return idr_fail(err, IDR_MALFORMED, "RFC 6749 section 3.1", "the authorization endpoint is not https");
	idr_buf_put_str(&b, endpoint);
	idr_buf_put_byte(&b, strchr(endpoint, '?') ? '&' : '?');
	idr_buf_put(&b, idr_buf_bytes(&query));
	idr_buf_put_byte(&b, 0);
	if (!idr_buf_done(&b, &url, err))
		return false;
	out->url = (const char *)url.p;
	return true;
}

/* ---- the answer ---- */

static bool stranger(struct idr_err *err, const char *ref, const char *why)
{
	return idr_fail(err, IDR_AUTHORIZATION_RESPONSE, ref, "%s", why);
}

/* Whose answer it is comes before what it says (RFC 9207 section 2.4, RFC 6749 section 10.12). */
bool wallet_authorization_read(struct idr_arena *a, struct idr_bytes query, const char *state,
    struct idr_bytes iss, bool iss_required, struct idr_bytes *code, struct idr_err *err)
{
	struct idr_bytes said, error, words;
	struct idr_form form;

	if (!idr_form_parse(a, query, &form, err))
		return false;
	if (!idr_equal_constant_time(idr_form_find(&form, "state"), idr_str(state)))
		return stranger(err, "RFC 6749 section 10.12", "the answer carries another state than the request");
	said = idr_form_find(&form, "iss");
	if (said.p ? !idr_bytes_equal(said, iss) : iss_required)
		return stranger(err, REF, said.p ? "the answer comes from another authorization server (iss)"
		                                 : "the answer does not say which server it is from (iss)");
	error = idr_form_find(&form, "error");
	if (error.p) {
		enum idr_code known = idr_code_find(error);

		words = idr_form_find(&form, "error_description");
		return idr_fail(err, known < IDR_CODE_COUNT && known != IDR_OK ? known : IDR_REMOTE,
		    "RFC 6749 section 4.1.2.1", "the authorization server refused: %.*s %.*s",
		    (int)(error.n < 60 ? error.n : 60), (const char *)error.p, (int)(words.n < 100 ? words.n : 100),
		    words.p ? (const char *)words.p : "");
	}
	*code = idr_form_find(&form, "code");
	return code->p || stranger(err, "RFC 6749 section 4.1.2", "the answer carries no code");
}

/* ---- the browser ---- */

static bool open_browser(const char *program, const char *url, struct idr_err *err)
{
	char name[] = "sh", flag[] = "-c";
	char *line = NULL;
	pid_t pid;
	int rc;

	/* the address is an argument of its own: no shell reads it */
	if (asprintf(&line, "%s \"$0\"", program) < 0)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	char *argv[] = { name, flag, line, (char *)(uintptr_t)url, NULL };
	rc = posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ);
	free(line);
	return rc == 0 || idr_fail(err, IDR_FILE, NULL, "%.100s cannot be started", program);
}

static bool show(const struct wallet_authorize *q, const char *url, struct idr_err *err)
{
	if (q->browser)
		return open_browser(q->browser, url, err);
	fprintf(stderr, "Open this address in a browser and log in:\n\n  %s\n\n", url);
	if (q->paste)
		fprintf(stderr, "Then paste the address that the browser was sent to: ");
	return true;
}

static bool read_line(struct idr_arena *a, struct idr_bytes *out, struct idr_err *err)
{
	char *line = idr_arena_alloc(a, LINE_MAX, err);

	if (!line)
		return false;
	if (!fgets(line, LINE_MAX, stdin))
		return idr_fail(err, IDR_AUTHORIZATION_RESPONSE, NULL, "nothing was pasted");
	*out = idr_bytes(line, strcspn(line, "\r\n"));
	return true;
}

bool wallet_paste_read(struct idr_bytes line, const char *redirect_uri, struct idr_bytes *query,
    struct idr_err *err)
{
	size_t n = strlen(redirect_uri), mark = idr_bytes_index(line, 0, '?');
	bool goes_on = line.n > n && line.p[n] == (mark < n ? '&' : '?');

	if (!idr_bytes_starts(line, redirect_uri) || !goes_on || line.n == n + 1 ||
	    idr_bytes_index(line, 0, '#') != SIZE_MAX)
		return stranger(err, "RFC 6749 section 4.1.2",
		    "this is not the address that the browser was to be sent to");
	*query = idr_bytes_from(line, mark + 1);
	return true;
}

static bool answer_of(struct wallet_session *x, const struct wallet_authorize *q, struct wallet_listener *l,
    const struct wallet_authorization *out, struct idr_bytes *query, struct idr_err *err)
{
	struct idr_bytes line;

	if (!show(q, out->url, err))
		return false;
	if (!q->paste)
		return wallet_redirect_wait(l, x->a, WAIT_S, query, err);
	return read_line(x->a, &line, err) && wallet_paste_read(line, out->redirect_uri, query, err);
}

static bool run(struct wallet_session *x, const struct wallet_authorize *q, struct wallet_listener *l,
    struct wallet_authorization *out, struct idr_err *err)
{
	const struct idr_json *says = idr_json_find(x->issuer.server,
	    "authorization_response_iss_parameter_supported");
	struct idr_bytes request_uri, query;

	return push(x, q, out, &request_uri, err) && make_url(x, request_uri, out, err) &&
	    answer_of(x, q, l, out, &query, err) &&
	    wallet_authorization_read(x->a, query, out->state, x->issuer.server_id,
	        idr_json_is(says, IDR_JSON_TRUE), &out->code, err);
}

bool wallet_authorize(struct wallet_session *x, const struct wallet_authorize *q,
    struct wallet_authorization *out, struct idr_err *err)
{
	struct wallet_listener l = { .fd = -1, .port = 0 };
	bool ok;

	memset(out, 0, sizeof(*out));
	if (!check_server(x, err) || (!q->paste && !wallet_listen(&l, err)))
		return false;
	out->redirect_uri = q->redirect_uri;
	if (!q->redirect_uri)
		out->redirect_uri = q->paste ? "http://127.0.0.1/"
		                             : idr_arena_printf(x->a, err, "http://127.0.0.1:%d/", l.port);
	ok = out->redirect_uri && run(x, q, &l, out, err);
	if (l.fd >= 0)
		close(l.fd);
	return ok;
}
