#include "rules/rules.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "suite/pem.h"
#include "sys/file.h"
#include "rules/rules_trust.h"

enum { RULES_ARENA = 32 * 1024 * 1024, TYPE_MAX = 256 * 1024, POLICY_MAX = 64 * 1024, WORDS_MAX = 512 * 1024,
	PEM_MAX = 64 * 1024, TYPES_MAX = 128, POLICIES_MAX = 256 };

/* A set with its count; `rules` is what the world sees. */
struct counted {
	struct rules rules;
	atomic_int refs;
};

struct rules_holder {
	pthread_mutex_t lock;
	struct counted *now;
	struct counted *first; /* what the signer child read too, and cannot read again */
	const struct conf *conf;
};

static const char *const key_names[RULES_KEYS] = { "issuer", "status", "reader", "bundle" };

const char *rules_key_name(enum rules_key k)
{
	return key_names[k];
}

/* What follows the type's id in a configuration's. */
static const struct { enum idr_format format; const char *suffix; } forms[] = {
	{ IDR_FORMAT_SDJWT, ".sdjwt" }, { IDR_FORMAT_MDOC, ".mdoc" },
};

static bool load_type(struct rules *r, const char *dir, const char *name, struct idr_err *err)
{
	char *path = idr_arena_printf(r->arena, err, "%s/%s/type.json", dir, name);
	struct idr_bytes file;
	const struct idr_type *t;

	if (!path || !file_read(r->arena, path, TYPE_MAX, &file, err) ||
	    !idr_type_parse(r->arena, file, &t, err))
		return false;
	if (!idr_bytes_is(t->id, name))
		return idr_fail(err, IDR_TYPE, NULL, "types/%s/type.json names another id", name);
	if (rules_type_by_vct(r, t->vct))
		return idr_fail(err, IDR_TYPE, NULL, "types/%s uses the vct of another type", name);
	for (size_t i = 0; idr_type_has_mdoc(t) && i < r->n_type; i++)
		if (idr_type_has_mdoc(r->type[i]) && idr_bytes_equal(r->type[i]->doctype, t->doctype))
			return idr_fail(err, IDR_TYPE, NULL, "types/%s uses the docType of another type", name);
	r->type_file[r->n_type] = file;
	r->type[r->n_type++] = t;
	return true;
}

static bool load_types(struct rules *r, const struct conf *c, struct idr_err *err)
{
	char *dir = idr_arena_printf(r->arena, err, "%s/types", c->schema_dir);
	const char **names;
	size_t n;

	if (!dir || !file_list(r->arena, dir, "/", TYPES_MAX, &names, &n, err) ||
	    !(r->type = idr_arena_array(r->arena, n + 1, sizeof(*r->type), err)) ||
	    !(r->type_file = idr_arena_array(r->arena, n + 1, sizeof(*r->type_file), err)))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!load_type(r, dir, names[i], err))
			return false;
	return true;
}

static bool load_policies(struct rules *r, const struct conf *c, struct idr_err *err)
{
	char *dir = idr_arena_printf(r->arena, err, "%s/policies", c->schema_dir);
	const char **names;
	size_t n;

	if (!dir || !file_list(r->arena, dir, ".json", POLICIES_MAX, &names, &n, err) ||
	    !(r->policy = idr_arena_array(r->arena, n + 1, sizeof(*r->policy), err)) ||
	    !(r->policy_file = idr_arena_array(r->arena, n + 1, sizeof(*r->policy_file), err)))
		return false;
	for (size_t i = 0; i < n; i++) {
		char *path = idr_arena_printf(r->arena, err, "%s/%s", dir, names[i]);
		size_t k = r->n_policy;

		if (strstr(names[i], ".schema.json"))
			continue;
		if (!path || !file_read(r->arena, path, POLICY_MAX, &r->policy_file[k], err) ||
		    !idr_policy_parse(r->arena, r->policy_file[k], &r->policy[k], err))
			return false;
		r->n_policy++;
	}
	return true;
}

static bool load_words(struct rules *r, const struct conf *c, struct idr_err *err)
{
	char *path = idr_arena_printf(r->arena, err, "%s/pages/words.json", c->schema_dir);
	struct idr_bytes file;

	return path && file_read(r->arena, path, WORDS_MAX, &file, err) &&
	    words_parse(r->arena, file, &r->words, err);
}

char *rules_certificate_path(struct idr_arena *a, const struct conf *c, enum rules_key k,
    struct idr_err *err)
{
	const char *slash = strrchr(c->trust_file, '/');

	return idr_arena_printf(a, err, "%.*s%s.pem", slash ? (int)(slash - c->trust_file + 1) : 0, c->trust_file,
	    key_names[k]);
}

static bool load_certificate(struct idr_suite *s, struct rules *r, const struct conf *c,
    enum rules_key k, struct idr_err *err)
{
	struct rules_certificate *cert = &r->cert[k];
	char *path = rules_certificate_path(r->arena, c, k, err);
	struct idr_bytes pem;

	if (!path || !file_read(r->arena, path, PEM_MAX, &pem, err) ||
	    !idr_pem_certificates(r->arena, pem, cert->chain, IDR_CHAIN_MAX, &cert->n, err))
		return false;
	if (cert->n == 0)
		return idr_fail(err, IDR_CONFIG, NULL, "%s holds no certificate", path);
	if (!idr_cert_parse(s, r->arena, cert->chain[0], &cert->leaf, err))
		return false;
	cert->kid[idr_b64url_encode(idr_bytes(cert->leaf.sha256, 16), (uint8_t *)cert->kid)] = '\0';
	return true;
}

static bool may_issue(struct idr_suite *s, struct rules *r, struct idr_bytes type, int64_t now,
    struct idr_err *why)
{
	const struct rules_certificate *c = &r->cert[RULES_ISSUER];
	struct idr_path path;

	return idr_trust_path(s, r->arena, r->trust, NULL, IDR_PURPOSE_ISSUER, type, c->chain, c->n, now, &path,
	    why);
}

/*
 * A certificate that our own trust refuses would sign what every verifier refuses.
 * implements: HAIP 4.1d, HAIP 5c, HAIP 6.1e, HAIP 6.1.1a
 */
static bool check_certificates(struct idr_suite *s, struct rules *r, int64_t now, struct idr_err *err)
{
	static const enum idr_purpose purpose[RULES_KEYS] = {
		IDR_PURPOSE_ISSUER, IDR_PURPOSE_STATUS, IDR_PURPOSE_READER, IDR_PURPOSE_BUNDLE
	};
	struct idr_path path;
	struct idr_err why;

	for (size_t i = 0; i < r->n_type; i++) {
		const struct idr_type *t = r->type[i];
		bool mdoc = false;

		if (!may_issue(s, r, t->vct, now, &why) ||
		    (idr_type_has_mdoc(t) && (mdoc = true) && !may_issue(s, r, t->doctype, now, &why)))
			return idr_fail(err, IDR_CONFIG, NULL, "issuer.pem may not sign type %.*s%s: %s%s",
			    (int)t->id.n, (const char *)t->id.p, mdoc ? " as mdoc" : "", why.msg,
			    mdoc ? "; the anchor's types in the trust file must name its docType" : "");
	}
	for (int k = RULES_STATUS; k < RULES_KEYS; k++)
		if (!idr_trust_path(s, r->arena, r->trust, NULL, purpose[k], IDR_LIT(""), r->cert[k].chain,
		        r->cert[k].n, now, &path, &why))
			return idr_fail(err, IDR_CONFIG, NULL, "%s.pem is not trusted for its purpose: %s",
			    key_names[k], why.msg);
	return true;
}

/* implements: HAIP 5b */
/* implements: VP 5.9.3g */
static void set_client_id(struct rules *r)
{
	size_t n = (size_t)snprintf(r->reader_client_id, sizeof(r->reader_client_id), "x509_hash:");

	n += idr_b64url_encode(idr_bytes(r->cert[RULES_READER].leaf.sha256, 32),
	    (uint8_t *)r->reader_client_id + n);
	r->reader_client_id[n] = '\0';
}

static bool build(struct idr_suite *s, const struct conf *c, int64_t now, struct counted **out,
    struct idr_err *err)
{
	struct counted *x = calloc(1, sizeof(*x));
	struct rules *r = x ? &x->rules : NULL;

	if (!x || !(r->arena = idr_arena_new(RULES_ARENA))) {
		free(x);
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	}
	atomic_init(&x->refs, 1);
	bool ok = load_types(r, c, err) && load_policies(r, c, err) && load_words(r, c, err) &&
	    rules_trust_load(s, r, c, err) && rules_operators_load(r, c, err) &&
	    rules_clients_load(s, r->arena, c, &r->clients, err);
	for (int k = 0; ok && k < RULES_KEYS; k++)
		ok = load_certificate(s, r, c, (enum rules_key)k, err);
	ok = ok && check_certificates(s, r, now, err);
	if (!ok) {
		idr_arena_free(&r->arena);
		free(x);
		return false;
	}
	set_client_id(r);
	*out = x;
	return true;
}

bool rules_load(struct idr_suite *s, const struct conf *c, int64_t now, struct rules_holder **out,
    struct idr_err *err)
{
	struct rules_holder *h = calloc(1, sizeof(*h));

	if (!h)
		return idr_fail(err, IDR_MEMORY, NULL, "out of memory");
	h->conf = c;
	if (!build(s, c, now, &h->now, err)) {
		free(h);
		return false;
	}
	pthread_mutex_init(&h->lock, NULL);
	h->first = h->now;
	atomic_fetch_add(&h->first->refs, 1);
	*out = h;
	return true;
}

static void drop(struct counted *x)
{
	if (atomic_fetch_sub(&x->refs, 1) != 1)
		return;
	idr_arena_free(&x->rules.arena);
	free(x);
}

void rules_free(struct rules_holder **h)
{
	if (!*h)
		return;
	drop((*h)->now);
	drop((*h)->first);
	pthread_mutex_destroy(&(*h)->lock);
	free(*h);
	*h = NULL;
}

/* The signer counts the digests of each namespace: it must know the elements that are in force. */
static bool is_same_mdoc(const struct idr_type *t, const struct idr_type *known)
{
	if (!idr_type_has_mdoc(t))
		return true;
	if (t->n_element != known->n_element || !idr_bytes_equal(t->doctype, known->doctype))
		return false;
	for (size_t i = 0; i < t->n_element; i++)
		if (!idr_bytes_equal(t->element[i].namespace, known->element[i].namespace))
			return false;
	return true;
}

/*
 * The signer child read the types once, before its sandbox closed, and signs by them. A type that is
 * new or laxer would be offered and then refused, after its nonce was used up.
 */
static bool signer_agrees(const struct rules *first, const struct rules *fresh, struct idr_err *err)
{
	for (size_t i = 0; i < fresh->n_type; i++) {
		const struct idr_type *t = fresh->type[i], *known = rules_type_by_vct(first, t->vct);

		if (known && t->days <= known->days && t->qr_days <= known->qr_days &&
		    t->holder_binding >= known->holder_binding && !t->status_bits <= !known->status_bits &&
		    is_same_mdoc(t, known))
			continue;
		return idr_fail(err, IDR_CONFIG, "architecture section 1",
		    "type %.*s is new, laxer or of other mdoc elements than what the signer started with: restart to "
		    "use it",
		    (int)t->id.n, (const char *)t->id.p);
	}
	return true;
}

bool rules_reload(struct rules_holder *h, struct idr_suite *s, int64_t now, struct idr_err *err)
{
	struct counted *fresh, *old;

	if (!build(s, h->conf, now, &fresh, err))
		return false;
	if (!signer_agrees(&h->first->rules, &fresh->rules, err)) {
		drop(fresh);
		return false;
	}
	pthread_mutex_lock(&h->lock);
	old = h->now;
	h->now = fresh;
	pthread_mutex_unlock(&h->lock);
	drop(old);
	return true;
}

const struct rules *rules_get(struct rules_holder *h)
{
	struct counted *x;

	pthread_mutex_lock(&h->lock);
	x = h->now;
	atomic_fetch_add(&x->refs, 1);
	pthread_mutex_unlock(&h->lock);
	return &x->rules;
}

void rules_put(struct rules_holder *h, const struct rules *r)
{
	(void)h;
	/* `rules` is the first member of its count */
	drop((struct counted *)(uintptr_t)r);
}

const struct idr_type *rules_type(const struct rules *r, struct idr_bytes id)
{
	for (size_t i = 0; i < r->n_type; i++)
		if (idr_bytes_equal(r->type[i]->id, id))
			return r->type[i];
	return NULL;
}

const struct idr_type *rules_type_by_vct(const struct rules *r, struct idr_bytes vct)
{
	for (size_t i = 0; i < r->n_type; i++)
		if (idr_bytes_equal(r->type[i]->vct, vct))
			return r->type[i];
	return NULL;
}

const struct idr_policy *rules_policy(const struct rules *r, struct idr_bytes id)
{
	for (size_t i = 0; i < r->n_policy; i++)
		if (idr_bytes_equal(r->policy[i]->id, id))
			return r->policy[i];
	return NULL;
}

/* implements: HAIP 3a */
bool rules_issues(const struct idr_type *t, enum idr_format format)
{
	return format == IDR_FORMAT_SDJWT || (format == IDR_FORMAT_MDOC && idr_type_has_mdoc(t));
}

bool rules_configuration(const struct rules *r, struct idr_bytes id, const struct idr_type **type,
    enum idr_format *format)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t n = strlen(forms[i].suffix);
		const struct idr_type *t;

		if (id.n <= n || memcmp(id.p + id.n - n, forms[i].suffix, n) != 0)
			continue;
		t = rules_type(r, idr_bytes_first(id, id.n - n));
		if (!t || !rules_issues(t, forms[i].format))
			return false;
		*type = t;
		*format = forms[i].format;
		return true;
	}
	return false;
}

bool rules_configuration_id(struct idr_arena *a, const struct idr_type *t, enum idr_format format,
    struct idr_bytes *out, struct idr_err *err)
{
	struct idr_buf b;

	idr_buf_init(&b, a, t->id.n + 8, 64);
	idr_buf_put(&b, t->id);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (forms[i].format == format)
			idr_buf_put_str(&b, forms[i].suffix);
	return idr_buf_done(&b, out, err);
}

bool rules_identifier(const struct rules *r, struct idr_bytes identifier, struct idr_bytes *configuration)
{
	size_t n = sizeof(RULES_IDENTIFIER_SUFFIX) - 1;
	const struct idr_type *type;
	enum idr_format format;

	if (identifier.n <= n || memcmp(identifier.p + identifier.n - n, RULES_IDENTIFIER_SUFFIX, n) != 0)
		return false;
	*configuration = idr_bytes_first(identifier, identifier.n - n);
	return rules_configuration(r, *configuration, &type, &format);
}

const struct rules_operator *rules_operator(const struct rules *r, const uint8_t token_sha256[32])
{
	const struct rules_operator *found = NULL;

	/* All are compared, so that the time tells nothing about which one matched. */
	for (size_t i = 0; i < r->n_operators; i++)
		if (idr_equal_constant_time(idr_bytes(r->operators[i].token_sha256, 32),
		        idr_bytes(token_sha256, 32)))
			found = &r->operators[i];
	return found;
}
