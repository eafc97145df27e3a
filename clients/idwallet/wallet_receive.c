#include "idwallet/wallet.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/text.h"

static const char *opt_tx_code, *opt_copies, *opt_bearer;

const struct cli_option wallet_receive_options[] = {
	{ "tx-code", "CODE", "the transaction code you were given", &opt_tx_code, NULL },
	{ "copies", "N", "copies per credential (default: the issuer's batch size)", &opt_copies, NULL },
	{ "bearer", NULL, "a plain bearer token instead of one bound to a DPoP key", &opt_bearer, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

struct receiving {
	struct cli *c;
	struct idr_suite *s;
	struct idr_arena *a;
	struct wallet_grant grant;
	int64_t now;
	size_t received;
};

static char *endpoint(struct receiving *x, const char *name, struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(x->grant.metadata, name);

	if (!idr_json_is(v, IDR_JSON_STRING)) {
		idr_fail(err, IDR_MALFORMED, "OpenID4VCI 1.0 section 12.2.4", "the metadata names no %s", name);
		return NULL;
	}
	return idr_arena_printf(x->a, err, "%.*s", (int)v->text.n, (const char *)v->text.p);
}

static bool fetch_nonce(struct receiving *x, struct idr_bytes *nonce, struct idr_err *err)
{
	struct web_request q = { .method = "POST", .body = IDR_LIT("") };
	const struct idr_json *doc, *v;
	struct web_response r;

	*nonce = IDR_LIT("");
	if (!idr_json_find(x->grant.metadata, "nonce_endpoint"))
		return true;
	if (!(q.url = endpoint(x, "nonce_endpoint", err)) || !web_send(x->a, &q, &r, err) ||
	    !web_expect(x->a, &r, err) || !idr_json_parse(x->a, r.body, WALLET_JSON_MAX, &doc, err))
		return false;
	v = idr_json_find(doc, "c_nonce");
	if (!idr_json_is(v, IDR_JSON_STRING))
		return idr_fail(err, IDR_MALFORMED, "OpenID4VCI 1.0 section 7.2", "the nonce response carries no c_nonce");
	*nonce = v->text;
	return true;
}

static size_t copies(struct receiving *x)
{
	int64_t batch = 1, want;

	idr_json_int(idr_json_find(idr_json_find(x->grant.metadata, "batch_credential_issuance"), "batch_size"),
	    &batch);
	want = opt_copies ? strtol(opt_copies, NULL, 10) : batch;
	if (want < 1)
		want = 1;
	if (want > batch)
		want = batch;
	return want > 20 ? 20 : (size_t)want;
}

/* A JSON body to an endpoint of the issuer, with the access token. */
static bool send_json(struct receiving *x, const char *name, const struct idr_buf *body,
    struct web_response *r, struct idr_err *err)
{
	struct web_request q = { .method = "POST", .content_type = "application/json" };
	char *dpop = NULL;

	if (!idr_buf_done(body, &q.body, err) || !(q.url = endpoint(x, name, err)) ||
	    (x->grant.dpop && !wallet_dpop(x->s, x->a, x->grant.dpop, "POST", q.url, x->grant.token, x->now, &dpop,
	                          err)))
		return false;
	q.header[0] = idr_arena_printf(x->a, err, "Authorization: %s %.*s", dpop ? "DPoP" : "Bearer",
	    (int)x->grant.token.n, (const char *)x->grant.token.p);
	q.header[1] = dpop;
	return q.header[0] && web_send(x->a, &q, r, err) && web_expect(x->a, r, err);
}

/* implements: OpenID4VCI 1.0 section 11: the issuer may learn what became of it. That it cannot be told
 * is no fault of the credential. */
static void notify(struct receiving *x, const struct idr_json *id, bool stored)
{
	struct web_response r;
	struct idr_err ignored;
	struct idr_buf b;
	struct idr_jw w;

	if (!idr_json_is(id, IDR_JSON_STRING) || !idr_json_find(x->grant.metadata, "notification_endpoint"))
		return;
	idr_buf_init(&b, x->a, 512, 16 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "notification_id", id->text);
	idr_jw_put_cstr(&w, "event", stored ? "credential_accepted" : "credential_failure");
	idr_jw_close(&w, '}');
	if (!send_json(x, "notification_endpoint", &b, &r, &ignored))
		fprintf(stderr, "idwallet: the issuer could not be told (%s)\n", idr_code_name(ignored.code));
}

static bool credential_request(struct receiving *x, const struct idr_json *id, struct idr_private **key,
    size_t n, const struct idr_json **answer, struct idr_err *err)
{
	struct idr_bytes nonce, proof;
	const struct idr_json *list;
	struct web_response r;
	struct idr_buf b;
	struct idr_jw w;

	if (!fetch_nonce(x, &nonce, err))
		return false;
	idr_buf_init(&b, x->a, 8192, 256 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "credential_configuration_id", id->text);
	idr_jw_name(&w, "proofs");
	idr_jw_open(&w, '{');
	idr_jw_name(&w, "jwt");
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		if (!wallet_proof(x->s, x->a, key[i], x->grant.issuer, nonce, x->now, &proof, err))
			return false;
		idr_jw_str(&w, proof);
	}
	idr_jw_close(&w, ']');
	idr_jw_close(&w, '}');
	idr_jw_close(&w, '}');
	if (!send_json(x, "credential_endpoint", &b, &r, err) ||
	    !idr_json_parse(x->a, r.body, WALLET_JSON_MAX, answer, err))
		return false;
	list = idr_json_find(*answer, "credentials");
	if (!idr_json_is(list, IDR_JSON_ARRAY) || list->n == 0 || list->n > n)
		return idr_fail(err, IDR_MALFORMED, "OpenID4VCI 1.0 section 8.3", "the answer carries no credentials");
	return true;
}

/* The configuration as the issuer's metadata has it. */
static const struct idr_json *announced(const struct receiving *x, struct idr_bytes id)
{
	const struct idr_json *all = idr_json_find(x->grant.metadata, "credential_configurations_supported");

	return idr_json_find_bytes(all, id);
}

/* What was announced under this configuration is what must come. */
static bool check_type(const struct receiving *x, const struct wallet_entry *e, struct idr_err *err)
{
	bool mdoc = e->format == IDR_FORMAT_MDOC;
	const struct idr_json *type = idr_json_find(announced(x, e->configuration), mdoc ? "doctype" : "vct");

	if (idr_json_is(type, IDR_JSON_STRING) && idr_bytes_equal(type->text, e->type))
		return true;
	return idr_fail(err, mdoc ? IDR_DOCTYPE : IDR_VCT,
	    mdoc ? "OpenID4VCI 1.0 appendix A.2.2" : "OpenID4VCI 1.0 appendix A.3.2",
	    "the credential is of another type than the issuer's metadata says");
}

static bool check_key(const struct idr_key *holder, const struct idr_private *key, struct idr_err *err)
{
	return idr_key_equal(holder, idr_private_public(key)) ||
	    idr_fail(err, IDR_CNF, "OpenID4VCI 1.0 section 8.3", "the credential is bound to another key");
}

static bool check_sdjwt(struct receiving *x, struct wallet_entry *e, const struct idr_private *key,
    struct idr_err *err)
{
	struct idr_sdjwt_result sdjwt;

	if (!wallet_sdjwt_read(x->s, x->a, e->credential, x->now, &sdjwt, err))
		return false;
	e->type = sdjwt.vct;
	return check_type(x, e, err) && check_key(&sdjwt.holder, key, err);
}

static bool check_mdoc(struct receiving *x, struct wallet_entry *e, const struct idr_private *key,
    struct idr_err *err)
{
	struct idr_mdoc_result mdoc;

	if (!wallet_mdoc_read(x->s, x->a, e->credential, x->now, &mdoc, err))
		return false;
	e->type = mdoc.doctype;
	return check_type(x, e, err) && check_key(&mdoc.device, key, err);
}

static bool store_one(struct receiving *x, const struct idr_json *id, const struct idr_json *item,
    struct idr_private *key, struct idr_err *err)
{
	const struct idr_json *credential = idr_json_find(item, "credential");
	struct wallet_entry e = {
		.configuration = id->text, .issuer = x->grant.issuer, .received = x->now,
	};

	if (!idr_json_is(credential, IDR_JSON_STRING))
		return idr_fail(err, IDR_MALFORMED, "OpenID4VCI 1.0 section 8.3", "a credential is not a string");
	e.credential = credential->text;
	e.format = idr_json_is_str(idr_json_find(announced(x, id->text), "format"), idr_format_name(IDR_FORMAT_MDOC))
	    ? IDR_FORMAT_MDOC : IDR_FORMAT_SDJWT;
	if (!(e.format == IDR_FORMAT_MDOC ? check_mdoc : check_sdjwt)(x, &e, key, err) ||
	    !idr_private_scalar(key, &e.key, err) || !wallet_store_put(x->a, wallet_store_dir, &e, err))
		return false;
	idr_secret_clear(&e.key);
	x->received++;
	return true;
}

static bool receive_one(struct receiving *x, const struct idr_json *id, struct idr_err *err)
{
	struct idr_private *key[20] = { NULL };
	const struct idr_json *answer = NULL, *list, *item;
	size_t n = copies(x), i = 0;
	bool ok = idr_json_is(id, IDR_JSON_STRING);

	if (!ok)
		return idr_fail(err, IDR_MALFORMED, NULL, "the offer names a configuration that is no string");
	for (size_t k = 0; ok && k < n; k++)
		ok = idr_private_generate(x->s, IDR_P256, &key[k], err);
	ok = ok && credential_request(x, id, key, n, &answer, err);
	/* credentials come in the order of the proofs */
	list = ok ? idr_json_find(answer, "credentials") : NULL;
	for (item = ok ? idr_json_first(list) : NULL; ok && item; item = idr_json_next(list, item))
		ok = store_one(x, id, item, key[i++], err);
	if (list)
		notify(x, idr_json_find(answer, "notification_id"), ok);
	for (size_t k = 0; k < n; k++)
		if (key[k])
			idr_private_free(&key[k]);
	return ok;
}

static bool receive_all(struct receiving *x, struct idr_err *err)
{
	const struct idr_json *id;

	if (!wallet_store_open(wallet_store_dir, err) ||
	    !wallet_redeem(x->s, x->a, x->c->argv[0], opt_tx_code, !opt_bearer, x->now, &x->grant, err))
		return false;
	for (id = idr_json_first(x->grant.configurations); id; id = idr_json_next(x->grant.configurations, id))
		if (!receive_one(x, id, err))
			return false;
	return true;
}

enum cli_exit wallet_receive(struct cli *c)
{
	struct receiving x = { .c = c, .s = idr_suite_new(), .a = c->arena, .now = (int64_t)time(NULL) };
	struct idr_err err;
	bool ok;

	if (!x.s)
		return CLI_FAILED;
	ok = receive_all(&x, &err);
	if (x.grant.dpop)
		idr_private_free(&x.grant.dpop);
	idr_suite_free(&x.s);
	if (!ok)
		return cli_error(c, &err);
	if (c->json)
		printf("{\"received\":%zu}\n", x.received);
	else
		printf("%zu %s received from %.*s\n", x.received, x.received == 1 ? "copy" : "copies",
		    (int)x.grant.issuer.n, (const char *)x.grant.issuer.p);
	return CLI_OK;
}
