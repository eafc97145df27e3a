#include "rules/rules_client.h"

#include <errno.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/file.h"

enum { CLIENTS_FILE_MAX = 1024 * 1024, CLIENTS_MAX = 1024, ATTESTERS_MAX = 64, URIS_MAX = 32, KEYS_MAX = 16,
	ID_MAX = 256, NAME_MAX_BYTES = 128, URI_MAX = 2048, PORT_DIGITS = 5 };

static const char *const auth_name[RULES_AUTHS] = {
	[RULES_AUTH_NONE] = "none", [RULES_AUTH_ATTESTATION] = "attest_jwt_client_auth",
	[RULES_AUTH_PRIVATE_KEY] = "private_key_jwt"
};

const char *rules_client_auth_name(enum rules_client_auth a)
{
	return a < RULES_AUTHS ? auth_name[a] : "";
}

/* What is read at the moment; `id` of the client or attester and `at`, what is looked at, are for
 * the messages. */
struct reader {
	struct idr_suite *s;
	struct idr_arena *a;
	bool haip;
	struct idr_bytes text;
	struct idr_bytes id;
	const struct idr_json *at;
	rules_client_fault *fault;      /* NULL: the first fault ends it */
	void *ctx;
};

static size_t line_of(const struct reader *x)
{
	size_t line = 1, end = x->at ? (size_t)(x->at->raw.p - x->text.p) : 0;

	for (size_t i = 0; i < end; i++)
		line += x->text.p[i] == '\n';
	return line;
}

static bool bad(const struct reader *x, struct idr_err *err, const char *what)
{
	return idr_fail(err, IDR_CONFIG, "idrail-clients(5)", "clients file, line %zu, %.*s: %s", line_of(x),
	    x->id.n ? (int)(x->id.n < 60 ? x->id.n : 60) : 5, x->id.n ? (const char *)x->id.p : "start", what);
}

/* A member to be looked at; an absent one is missed where the entry begins. */
static const struct idr_json *look(struct reader *x, const struct idr_json *obj, const char *name)
{
	const struct idr_json *v = idr_json_find(obj, name);

	x->at = v ? v : obj;
	return v;
}

/* What it is called in messages, which go to terminals and logs: only letters that change neither. */
static struct idr_bytes name_of(const struct idr_json *obj, const char *member, const char *otherwise)
{
	const struct idr_json *v = idr_json_find(obj, member);

	return idr_json_is(v, IDR_JSON_STRING) && idr_is_ascii_token(v->text) ? v->text : idr_str(otherwise);
}

/* A word that is misspelt would otherwise be a rule that does not hold. */
static bool only(struct reader *x, const struct idr_json *obj, const char *const *names,
    struct idr_err *err)
{
	x->at = obj;
	if (!idr_json_is(obj, IDR_JSON_OBJECT))
		return bad(x, err, "an entry is not an object");
	for (const struct idr_json *m = idr_json_first(obj); m; m = idr_json_next(obj, m)) {
		const char *const *n = names;

		x->at = m;
		while (*n && !idr_json_is_str(m, *n))
			n++;
		if (!*n)
			return bad(x, err, "a member is not known; see the man page for those that are");
	}
	return true;
}

static bool text_member(struct reader *x, const struct idr_json *obj, const char *name, size_t max,
    struct idr_bytes *out, struct idr_err *err)
{
	const struct idr_json *v = look(x, obj, name);

	if (!idr_json_is(v, IDR_JSON_STRING) || v->text.n == 0 || v->text.n > max)
		return idr_fail(err, IDR_CONFIG, "idrail-clients(5)", "clients file, line %zu, %.*s: %s must be a text of "
		    "up to %zu bytes", line_of(x), (int)(x->id.n < 60 ? x->id.n : 60), (const char *)x->id.p, name, max);
	*out = v->text;
	return true;
}

/* ---- addresses ---- */

static bool is_loopback(struct idr_bytes rest)
{
	static const char *const host[] = { "127.0.0.1", "[::1]", "localhost" };

	for (size_t i = 0; i < sizeof(host) / sizeof(host[0]); i++) {
		size_t n = strlen(host[i]);

		if (idr_bytes_starts(rest, host[i]) && (rest.n == n || rest.p[n] == ':' || rest.p[n] == '/'))
			return true;
	}
	return false;
}

/* An application's own scheme is a domain name turned round (RFC 8252 section 7.1), so never "javascript". */
static bool is_private_scheme(struct idr_bytes uri)
{
	size_t colon = idr_bytes_index(uri, 0, ':');
	struct idr_bytes scheme = idr_bytes_first(uri, colon);

	if (colon == SIZE_MAX || colon + 1 == uri.n || idr_bytes_index(scheme, 1, '.') == SIZE_MAX)
		return false;
	for (size_t i = 0; i < scheme.n; i++) {
		uint8_t c = scheme.p[i];

		if (!(c >= 'a' && c <= 'z') && !(i && ((c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+')))
			return false;
	}
	return true;
}

/* Absolute, without a fragment (RFC 6749 section 3.1.2), and nothing that two readers read differently. */
static bool is_redirect_uri(struct idr_bytes uri)
{
	if (!uri.n || uri.n > URI_MAX)
		return false;
	for (size_t i = 0; i < uri.n; i++)
		if (uri.p[i] <= 0x20 || uri.p[i] >= 0x7f || strchr("\"<>\\^`{|}#", uri.p[i]))
			return false;
	if (idr_bytes_starts(uri, "https://"))
		return uri.n > 8 && uri.p[8] != '/' && uri.p[8] != '?';
	if (idr_bytes_starts(uri, "http://"))
		return is_loopback(idr_bytes_from(uri, 7));
	return is_private_scheme(uri);
}

/* No way out of the prefix: no dot segments, plain or encoded. */
static bool climbs(struct idr_bytes rest)
{
	for (size_t i = 0; i < rest.n; i++)
		if ((rest.p[i] == '.' && (i == 0 || rest.p[i - 1] == '/')) ||
		    (i + 2 < rest.n && rest.p[i] == '%' && rest.p[i + 1] == '2' && (rest.p[i + 2] | 0x20) == 'e'))
			return true;
	return false;
}

/* An https address that ends its last segment: "https://wallet.example/cb/". */
static bool is_prefix(struct idr_bytes p)
{
	return is_redirect_uri(p) && idr_bytes_starts(p, "https://") && p.p[p.n - 1] == '/' &&
	    idr_bytes_index(p, 0, '?') == SIZE_MAX && idr_bytes_index(p, 0, '@') == SIZE_MAX && !climbs(p);
}

static bool read_uris(struct reader *x, const struct idr_json *list, bool (*fits)(struct idr_bytes),
    struct idr_bytes **out, size_t *n, struct idr_err *err)
{
	if (!list)
		return true;
	if (list->type != IDR_JSON_ARRAY || list->n > URIS_MAX)
		return bad(x, err, "addresses must be an array of up to 32");
	*out = idr_arena_array(x->a, list->n + 1, sizeof(**out), err);
	if (!*out)
		return false;
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		x->at = v;
		if (v->type != IDR_JSON_STRING || !fits(v->text))
			return bad(x, err, "an address is not absolute https without fragment, or not of the kind the "
			    "man page allows there");
		(*out)[(*n)++] = v->text;
	}
	return true;
}

/* ---- one client ---- */

/* implements: HAIP 4.4.1a */
static bool read_auth(const struct reader *x, const struct idr_json *v, struct rules_client *c,
    struct idr_err *err)
{
	int i = 0;

	while (i < RULES_AUTHS && !idr_json_is_str(v, auth_name[i]))
		i++;
	if (i == RULES_AUTHS)
		return bad(x, err, "authentication must be attest_jwt_client_auth, private_key_jwt or none");
	c->auth = (enum rules_client_auth)i;
	/* HAIP 1.0 section 4.4.1 */
	if (c->haip && c->auth != RULES_AUTH_ATTESTATION)
		return bad(x, err, "a haip client authenticates with attest_jwt_client_auth");
	return true;
}

static bool read_keys(struct reader *x, const struct idr_json *jwks, struct rules_client *c,
    struct idr_err *err)
{
	const struct idr_json *keys = idr_json_find(jwks, "keys");
	struct idr_err why;

	if ((c->auth == RULES_AUTH_PRIVATE_KEY) != (jwks != NULL))
		return bad(x, err, "jwks goes with private_key_jwt, and only with it");
	if (!jwks)
		return true;
	if (!idr_json_is(keys, IDR_JSON_ARRAY) || keys->n == 0 || keys->n > KEYS_MAX)
		return bad(x, err, "jwks must hold 1 to 16 keys");
	c->key = idr_arena_array(x->a, keys->n, sizeof(*c->key), err);
	if (!c->key)
		return false;
	for (const struct idr_json *k = idr_json_first(keys); k; k = idr_json_next(keys, k)) {
		const struct idr_json *kid = idr_json_find(k, "kid");

		x->at = k;
		if (!idr_key_from_jwk(x->s, x->a, k, IDR_USE_VERIFY, &c->key[c->n_key].key, &why))
			return bad(x, err, "a key of jwks is not a usable public key");
		c->key[c->n_key++].kid = idr_json_is(kid, IDR_JSON_STRING) ? kid->text : idr_bytes(NULL, 0);
	}
	return true;
}

static bool read_attester(struct reader *x, const struct idr_json *obj, struct rules_client *c,
    struct idr_err *err)
{
	bool has = look(x, obj, "attester") != NULL;

	if (has != (c->auth == RULES_AUTH_ATTESTATION))
		return bad(x, err, "attester goes with attest_jwt_client_auth, and only with it");
	return !has || text_member(x, obj, "attester", ID_MAX, &c->attester, err);
}

static bool read_client(struct reader *x, const struct idr_json *obj, struct rules_clients *out,
    struct idr_err *err)
{
	static const char *const names[] = { "client_id", "name", "profile", "authentication", "attester", "jwks",
		"redirect_uris", NULL };
	struct rules_client *c = &out->client[out->n_client];
	const struct idr_json *profile;

	*c = (struct rules_client){ .haip = false };
	x->id = name_of(obj, "client_id", "a client");
	if (!only(x, obj, names, err) || !text_member(x, obj, "client_id", ID_MAX, &c->client_id, err))
		return false;
	if (!idr_is_ascii_token(c->client_id))
		return bad(x, err, "client_id must be printable ASCII");
	if (rules_client(out, c->client_id))
		return bad(x, err, "this client_id stands there twice");
	profile = look(x, obj, "profile");
	c->haip = idr_json_is_str(profile, "haip");
	if (!c->haip && !idr_json_is_str(profile, "plain"))
		return bad(x, err, "profile must be plain or haip");
	if (x->haip && !c->haip)
		return bad(x, err, "the server's profile is haip: it takes no plain clients");
	if (!text_member(x, obj, "name", NAME_MAX_BYTES, &c->name, err) ||
	    !read_auth(x, look(x, obj, "authentication"), c, err) ||
	    !read_keys(x, look(x, obj, "jwks"), c, err) || !read_attester(x, obj, c, err) ||
	    !read_uris(x, look(x, obj, "redirect_uris"), is_redirect_uri, &c->redirect_uri,
	        &c->n_redirect_uri, err))
		return false;
	out->uses[c->auth] = true;
	out->n_client++;
	return true;
}

static bool read_prefixes(struct reader *x, const struct idr_json *obj, struct rules_clients *out,
    struct idr_err *err)
{
	static const char *const names[] = { "attester", "redirect_prefixes", NULL };
	struct rules_attester *t = &out->attester[out->n_attester];

	*t = (struct rules_attester){ .n_redirect_prefix = 0 };
	x->id = name_of(obj, "attester", "an attester");
	if (!only(x, obj, names, err) || !text_member(x, obj, "attester", ID_MAX, &t->attester, err))
		return false;
	if (!read_uris(x, look(x, obj, "redirect_prefixes"), is_prefix, &t->redirect_prefix,
	        &t->n_redirect_prefix, err))
		return false;
	out->n_attester++;
	return true;
}

typedef bool read_entry(struct reader *x, const struct idr_json *obj, struct rules_clients *out,
    struct idr_err *err);

static bool read_list(struct reader *x, const struct idr_json *list, size_t max, read_entry *entry,
    struct rules_clients *out, struct idr_err *err)
{
	if (!list)
		return true;
	x->at = list;
	if (list->type != IDR_JSON_ARRAY || list->n > max)
		return bad(x, err, "clients and attesters must be arrays, of up to 1024 and 64");
	for (const struct idr_json *v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		if (entry(x, v, out, err))
			continue;
		if (!x->fault)
			return false;
		x->fault(x->ctx, line_of(x), err);
	}
	return true;
}

bool rules_clients_lint(struct idr_suite *s, struct idr_arena *a, struct idr_bytes text, bool haip,
    rules_client_fault *fault, void *ctx, struct rules_clients *out, struct idr_err *err)
{
	static const char *const names[] = { "clients", "attesters", NULL };
	struct reader x = { .s = s, .a = a, .haip = haip, .text = text, .fault = fault, .ctx = ctx };
	struct rules_clients r = { 0 };
	const struct idr_json *doc;
	struct idr_err why;

	if (!idr_json_parse(a, text, CLIENTS_FILE_MAX, &doc, &why))
		return idr_fail(err, IDR_CONFIG, "idrail-clients(5)", "the clients file is not JSON: %s", why.msg);
	r.client = idr_arena_array(a, CLIENTS_MAX, sizeof(*r.client), err);
	r.attester = idr_arena_array(a, ATTESTERS_MAX, sizeof(*r.attester), err);
	if (!r.client || !r.attester || !only(&x, doc, names, err) ||
	    !read_list(&x, idr_json_find(doc, "clients"), CLIENTS_MAX, read_client, &r, err) ||
	    !read_list(&x, idr_json_find(doc, "attesters"), ATTESTERS_MAX, read_prefixes, &r, err))
		return false;
	*out = r;
	return true;
}

bool rules_clients_parse(struct idr_suite *s, struct idr_arena *a, struct idr_bytes text, bool haip,
    struct rules_clients *out, struct idr_err *err)
{
	return rules_clients_lint(s, a, text, haip, NULL, NULL, out, err);
}

bool rules_clients_load(struct idr_suite *s, struct idr_arena *a, const struct conf *c,
    struct rules_clients *out, struct idr_err *err)
{
	struct idr_bytes text;

	if (!c->clients_file || !*c->clients_file || (access(c->clients_file, F_OK) != 0 && errno == ENOENT))
		return true;
	return file_read(a, c->clients_file, CLIENTS_FILE_MAX, &text, err) &&
	    rules_clients_parse(s, a, text, conf_is_haip(c), out, err);
}

/* ---- asked by the handlers ---- */

const struct rules_client *rules_client(const struct rules_clients *list, struct idr_bytes client_id)
{
	for (size_t i = 0; i < list->n_client; i++)
		if (idr_bytes_equal(list->client[i].client_id, client_id))
			return &list->client[i];
	return NULL;
}

/*
 * implements: RFC 8252 section 7.3: a program on the citizen's machine listens where a port is free, so any
 * port fits an address registered without one. Only for the addresses themselves: what "localhost" is, others
 * decide (section 8.3).
 */
static bool is_same_but_port(struct idr_bytes registered, struct idr_bytes uri)
{
	static const char *const host[] = { "http://127.0.0.1", "http://[::1]" };

	for (size_t i = 0; i < sizeof(host) / sizeof(host[0]); i++) {
		size_t n = strlen(host[i]), k = n + 1;

		if (!idr_bytes_starts(registered, host[i]) || !idr_bytes_starts(uri, host[i]) ||
		    registered.n == n || registered.p[n] != '/' || uri.n == n || uri.p[n] != ':')
			continue;
		while (k < uri.n && k < n + 1 + PORT_DIGITS && uri.p[k] >= '0' && uri.p[k] <= '9')
			k++;
		return k > n + 1 && idr_bytes_equal(idr_bytes_from(registered, n), idr_bytes_from(uri, k));
	}
	return false;
}

bool rules_client_may_redirect(const struct rules_clients *list, const struct rules_client *c,
    struct idr_bytes uri)
{
	for (size_t i = 0; i < c->n_redirect_uri; i++)
		if (idr_bytes_equal(c->redirect_uri[i], uri) || is_same_but_port(c->redirect_uri[i], uri))
			return true;
	if (c->auth != RULES_AUTH_ATTESTATION || !is_redirect_uri(uri))
		return false;
	for (size_t i = 0; i < list->n_attester; i++) {
		const struct rules_attester *t = &list->attester[i];

		if (!idr_bytes_equal(t->attester, c->attester))
			continue;
		for (size_t k = 0; k < t->n_redirect_prefix; k++) {
			struct idr_bytes p = t->redirect_prefix[k];

			if (uri.n >= p.n && memcmp(uri.p, p.p, p.n) == 0 && !climbs(idr_bytes_from(uri, p.n)))
				return true;
		}
	}
	return false;
}
