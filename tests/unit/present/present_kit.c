#include "present_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "jose/jwe.h"
#include "jose/jws.h"
#include "lists/lists.h"
#include "registry/reg_presentation.h"

#define CLAIMS "{\"full_name\":\"Sok Dara\",\"birthdate\":\"1990-05-01\",\"sex\":2," \
    "\"nationalities\":[\"UT\"],\"document_number\":\"A123\",\"personal_administrative_number\":\"77\"}"
#define POLICY "{\"id\":\"who\",\"purpose\":{\"en\":\"To know who you are.\"},\"formats\":[\"dc+sd-jwt\"]," \
    "\"types\":[\"pid\"],\"claims\":[{\"path\":[\"full_name\"]}],\"holder_binding\":\"required\"," \
    "\"status\":{\"max_age_s\":86400,\"older\":\"undecided\",\"unknown\":\"undecided\"}," \
    "\"accept_undecided\":false}"

enum { TRIES = 10 };

static struct pk *current; /* for the doubles below, which get no context */

static void must(struct pk *x, bool ok)
{
	if (!ok)
		fail_msg("%s: %s (%s)", idr_code_name(x->err.code), x->err.msg, x->err.at);
}

/* ---- the rooms around, in memory ---- */

static enum idr_status_found status_find(void *ctx, struct idr_bytes uri, uint64_t idx,
    struct idr_status_answer *out)
{
	const struct pk *x = ctx;

	(void)uri;
	(void)idx;
	if (x->status_value == 9)
		return IDR_STATUS_NO_LIST;
	*out = (struct idr_status_answer){ .value = x->status_value, .as_of = x->k.now, .for_mdoc = true };
	return IDR_STATUS_FOUND;
}

struct idr_status_lookup lists_lookup(struct lists *l)
{
	(void)l;
	return (struct idr_status_lookup){ status_find, current };
}

void flow_wake(struct flow *f, const uint8_t key[16])
{
	(void)f;
	assert_memory_equal(key, current->row.id, 16);
	current->woken = true;
}

struct idr_bytes http_header(const struct http_request *r, const char *name)
{
	(void)r;
	return strcmp(name, "X-Response-Code") ? (struct idr_bytes){ 0 } : current->code;
}

size_t http_header_count(const struct http_request *r, const char *name)
{
	return http_header(r, name).p ? 1 : 0;
}

void http_reply(struct http_request *r, unsigned status, const char *media_type, struct idr_bytes body)
{
	r->status = status;
	r->media_type = media_type;
	r->reply = body;
}

void http_reply_json(struct http_request *r, unsigned status, struct idr_bytes body)
{
	http_reply(r, status, "application/json", body);
}

void http_reply_blob(struct http_request *r, struct blob *b)
{
	(void)r;
	(void)b;
	fail_msg("no route of this room shares its bytes");
}

void http_note(struct http_request *r, const char *name, const char *value)
{
	(void)r;
	assert_true(name && idr_code_find(idr_str(value)) != IDR_CODE_COUNT);
}

/* ---- one transaction instead of the registry; only the addresses of the kinds matter ---- */

const struct reg_kind reg_presentation_create = { .name = "create", .write = true, .flush = NULL };
const struct reg_kind reg_presentation_load = { .name = "load", .write = false, .flush = NULL };
const struct reg_kind reg_presentation_respond = { .name = "respond", .write = true, .flush = NULL };
const struct reg_kind reg_presentation_touch = { .name = "touch", .write = true, .flush = NULL };
const struct reg_kind reg_party_load = { .name = "party", .write = false, .flush = NULL }; /* the caller is given */

static bool is_open(const struct pk *x, const uint8_t request_id[16], int64_t now)
{
	return x->has_row && !memcmp(request_id, x->row.request_id, 16) &&
	    x->row.state <= REG_PRES_REQUESTED && now < x->row.expires;
}

static bool respond(struct pk *x, const struct reg_presentation_respond *a)
{
	if (!is_open(x, a->request_id, a->now))
		return false;
	x->row.state = a->state;
	x->row.code = a->code;
	x->row.result_sealed = a->result_sealed;
	x->row.secret_sealed = (struct idr_bytes){ 0 };
	x->row.has_response_code = a->has_response_code;
	memcpy(x->row.response_code_hash, a->response_code_hash, 32);
	return true;
}

static bool touch(struct pk *x, const struct reg_presentation_touch *t)
{
	if (!is_open(x, t->request_id, t->now))
		return false;
	x->row.state = REG_PRES_REQUESTED;
	x->row.tries += t->bad_body;
	if (x->row.tries >= TRIES)
		x->row.state = REG_PRES_REJECTED;
	return true;
}

static bool load(struct pk *x, struct reg_presentation_load *l)
{
	l->p = x->row;
	if (l->by_id)
		return x->has_row && !memcmp(l->id, x->row.id, 16) && l->party_id == x->row.party_id;
	return x->has_row && !memcmp(l->id, x->row.request_id, 16) && x->row.state <= REG_PRES_REQUESTED;
}

static bool run_row(struct pk *x, bool write)
{
	struct reg_row *row = x->r.row;
	bool ok = true;

	assert_true(row->kind->write == write);
	x->writes += write;
	if (row->kind == &reg_presentation_create) {
		x->row = ((struct reg_presentation_create *)row)->p;
		x->has_row = true;
		/* the database keeps a copy, whatever becomes of the configuration */
		must(x, idr_arena_copy(x->k.a, x->row.client_id, &x->row.client_id, &x->err));
	} else if (row->kind == &reg_presentation_load) {
		ok = load(x, (struct reg_presentation_load *)row);
	} else if (row->kind == &reg_presentation_respond) {
		ok = respond(x, (struct reg_presentation_respond *)row);
	} else {
		assert_ptr_equal(row->kind, &reg_presentation_touch);
		ok = touch(x, (struct reg_presentation_touch *)row);
	}
	ok = ok || idr_fail(&x->err, row->kind == &reg_presentation_load && ((struct reg_presentation_load *)row)->by_id ?
	    IDR_NOT_FOUND : IDR_TRANSACTION_CLOSED, NULL, "closed");
	x->r.row = NULL;
	return ok;
}

bool reg_presentation_deliver(struct reg_conn *c, struct idr_arena *a, const uint8_t id[16],
    int64_t party_id, const uint8_t *response_code_hash, int64_t now, struct reg_presentation *out,
    bool *delivered, struct idr_err *err)
{
	struct pk *x = current;

	(void)c;
	(void)a;
	if (!x->has_row || memcmp(id, x->row.id, 16) || party_id != x->row.party_id)
		return idr_fail(err, IDR_NOT_FOUND, NULL, "none");
	*out = x->row;
	*delivered = x->row.state >= REG_PRES_VERIFIED && x->row.state <= REG_PRES_DELIVERED;
	if (!*delivered && x->row.expires <= now)
		out->state = REG_PRES_EXPIRED;
	if (*delivered && x->row.has_response_code && (!response_code_hash ||
	    memcmp(response_code_hash, x->row.response_code_hash, 32)))
		return idr_fail(err, IDR_RESPONSE_CODE, NULL, "wrong");
	if (*delivered) {
		x->row.state = REG_PRES_DELIVERED;
		x->row.result_sealed = (struct idr_bytes){ 0 };
	}
	return true;
}

/* ---- running a route ---- */

static void run_job(struct pk *x)
{
	struct signer_job *job = x->r.job;
	struct idr_bytes signature;

	assert_int_equal(job->purpose, SIGNER_REQUEST);
	assert_in_range(job->n, 1, 2);
	for (size_t i = 0; i < job->n; i++) {
		signature = kit_sign(&x->k, x->bad_signer ? x->k.other : x->k.reader, job->item[i]);
		memcpy(job->signature[i], signature.p, signature.n);
		job->signature_len = signature.n;
	}
	x->r.job = NULL;
	x->signatures++;
}

static bool run_step(struct pk *x, const struct flow_step *step)
{
	switch (step->place) {
	case FLOW_READ:
	case FLOW_DATABASE:
		return !x->r.row || run_row(x, step->place == FLOW_DATABASE);
	case FLOW_SIGNER:
		if (x->r.job)
			run_job(x);
		return true;
	case FLOW_WORKER:
	case FLOW_PARKED:
		x->r.parked = false;
		return step->run(&x->app, &x->r, &x->err);
	case FLOW_END:
	case FLOW_INLINE:
	case FLOW_COLD:
	case FLOW_SOURCE:
		break;
	}
	fail_msg("a step in a place this room does not use");
	return false;
}

unsigned pk_call(struct pk *x, const struct flow_step *steps, const uint8_t *id, struct idr_bytes body)
{
	struct idr_buf b;

	current = x;
	x->err = (struct idr_err){ 0 };
	x->woken = false;
	x->route = (struct http_route){ .name = "test", .body_max = 1 << 20 };
	x->http = (struct http_request){ .arena = x->k.a, .route = &x->route, .body = body };
	x->http.query = idr_str(x->query ? x->query : "");
	if (strstr(x->query ? x->query : "", "wait="))
		x->http.arrived_us = INT64_MAX / 2; /* so that there is always time left */
	idr_buf_init(&b, x->k.a, 64, 64);
	if (id)
		idr_hex_put(&b, idr_bytes(id, 16));
	x->http.part[0] = idr_buf_bytes(&b);
	x->r = (struct flow_request){ .http = &x->http, .arena = x->k.a, .rules = &x->rules,
		.suite = x->k.s, .now = x->k.now, .caller = { .party_id = 5, .party = &x->party } };
	for (; steps->place != FLOW_END; steps++) {
		if (!run_step(x, steps)) {
			assert_true(x->err.code != IDR_OK);
			return PK_REFUSED;
		}
		if (x->r.parked)
			return PK_PARKED;
		if (x->http.status)
			return x->http.status;
	}
	fail_msg("the route gave no answer");
	return 0;
}

const struct idr_json *pk_reply(struct pk *x)
{
	return kit_json(&x->k, x->http.reply);
}

const char *pk_text(struct pk *x, const struct idr_json *obj, const char *name)
{
	const struct idr_json *v = idr_json_find(obj, name);
	struct idr_bytes out;

	if (!idr_json_is(v, IDR_JSON_STRING))
		fail_msg("%s is no text", name);
	must(x, idr_arena_copy(x->k.a, v->text, &out, &x->err));
	return (const char *)out.p;
}

/* ---- setting the scene ---- */

static void set_rules(struct pk *x)
{
	struct rules_certificate *cert = &x->rules.cert[RULES_READER];
	uint8_t text[IDR_B64URL_LEN(32)];

	x->rules.type = x->types;
	x->rules.n_type = 1;
	x->rules.policy = x->policies;
	x->rules.n_policy = 1;
	x->rules.trust = x->k.trust;
	cert->chain[0] = x->k.reader_der;
	cert->n = 1;
	must(x, idr_cert_parse(x->k.s, x->k.a, x->k.reader_der, &cert->leaf, &x->err));
	idr_b64url_encode(idr_bytes(cert->leaf.sha256, 32), text);
	snprintf(x->rules.reader_client_id, sizeof(x->rules.reader_client_id), "x509_hash:%.*s",
	    (int)sizeof(text), (const char *)text);
}

int pk_setup(void **state)
{
	static const uint8_t secret[32] = { 7 };
	struct pk *x = calloc(1, sizeof(*x));

	assert_non_null(x);
	kit_open(&x->k);
	must(x, idr_type_parse(x->k.a, kit_file(&x->k, "schema/types/pid/type.json"), &x->types[0], &x->err));
	must(x, idr_policy_parse(x->k.a, IDR_LIT(POLICY), &x->policies[0], &x->err));
	must(x, node_open(x->k.s, idr_bytes(secret, 32), &x->node, &x->err));
	x->metrics = metrics_new();
	x->conf.base_url = x->conf.verifier_url = PK_BASE;
	x->conf.wallet_vp_base = "openid4vp://";
	x->conf.profile = "plain";
	x->conf.presentation_ttl_s = 300;
	x->app = (struct app){ .conf = &x->conf, .node = x->node, .metrics = x->metrics };
	x->party = (struct reg_party){ .party_id = 5, .name = IDR_LIT("Bank"), .policies = IDR_LIT("who"),
		.return_urls = IDR_LIT("https://bank.example/back"), .origins = IDR_LIT(PK_ORIGIN),
		.cross_device = true };
	set_rules(x);
	*state = x;
	return 0;
}

int pk_teardown(void **state)
{
	struct pk *x = *state;

	metrics_free(&x->metrics);
	node_free(&x->node);
	kit_close(&x->k);
	free(x);
	return 0;
}

/* ---- the wallet ---- */

void pk_create(struct pk *x, const char *body)
{
	if (pk_call(x, present_create_post, NULL, idr_str(body)) != 201)
		must(x, false);
}

static void read_key(struct pk *x)
{
	const struct idr_json *jwks = idr_json_find(idr_json_find(x->request, "client_metadata"), "jwks");

	if (jwks)
		must(x, idr_key_from_jwk(x->k.s, x->k.a, idr_json_at(idr_json_find(jwks, "keys"), 0),
		    IDR_USE_ENCRYPT, &x->encrypt_to, &x->err));
}

/* Read as a wallet reads: signature by the certificate it carries, then the claims. */
void pk_fetch(struct pk *x)
{
	if (pk_call(x, present_request_get, x->row.request_id, IDR_LIT("")) != 200)
		must(x, false);
	assert_string_equal(x->http.media_type, "application/oauth-authz-req+jwt");
	pk_read_signed(x, x->http.reply);
}

const struct idr_json *pk_read_signed(struct pk *x, struct idr_bytes compact)
{
	struct idr_bytes der[IDR_CHAIN_MAX];
	struct idr_cert leaf;
	struct idr_jws jws;
	size_t n;

	must(x, idr_jws_parse(x->k.a, compact, 1 << 20, false, &jws, &x->err));
	assert_true(idr_jws_typ_is(&jws, "oauth-authz-req+jwt"));
	must(x, idr_jws_x5c(x->k.a, &jws, der, &n, &x->err));
	assert_int_equal(n, 1);
	must(x, idr_cert_parse(x->k.s, x->k.a, der[0], &leaf, &x->err));
	must(x, idr_jws_verify(x->k.s, &jws, &leaf.key, IDR_ALGS_HAIP, &x->err));
	x->request = kit_json(&x->k, jws.payload);
	read_key(x);
	return jws.header;
}

void pk_read_unsigned(struct pk *x, const struct idr_json *data)
{
	x->request = data;
	read_key(x);
}

struct idr_bytes pk_token(struct pk *x, const char *nonce, const char *aud,
    const struct idr_private *holder)
{
	struct idr_status_ref ref = { IDR_LIT(KIT_LIST_URI), 3, true };
	const struct idr_json *query = idr_json_find(idr_json_find(x->request, "dcql_query"), "credentials");
	struct idr_bytes credential, p, out;
	struct idr_buf b;

	credential = kit_issue(&x->k, x->types[0], CLAIMS, x->k.holder, &ref, x->k.now + 90 * KIT_DAY);
	p = kit_present(&x->k, credential, "[[\"full_name\"],[\"birthdate\"]]", holder,
	    nonce ? nonce : pk_text(x, x->request, "nonce"),
	    aud ? aud : pk_text(x, x->request, "client_id"));
	idr_buf_init(&b, x->k.a, p.n + 128, p.n + 128);
	idr_buf_printf(&b, "{\"%s\":[\"", pk_text(x, idr_json_at(query, 0), "id"));
	idr_buf_put(&b, p);
	idr_buf_put_str(&b, "\"]}");
	must(x, idr_buf_done(&b, &out, &x->err));
	return out;
}

struct idr_bytes pk_plain(struct pk *x, struct idr_bytes token, const char *state)
{
	struct idr_bytes out;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, x->k.a, token.n + 256, token.n + 256);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_raw(&w, "vp_token", token);
	idr_jw_put_cstr(&w, "state", state ? state : pk_text(x, x->request, "state"));
	idr_jw_close(&w, '}');
	must(x, idr_buf_done(&b, &out, &x->err));
	return out;
}

static const char *request_kid(struct pk *x)
{
	const struct idr_json *jwks = idr_json_find(idr_json_find(x->request, "client_metadata"), "jwks");

	return pk_text(x, idr_json_at(idr_json_find(jwks, "keys"), 0), "kid");
}

struct idr_bytes pk_jwe(struct pk *x, struct idr_bytes plain, const char *kid, const char *enc)
{
	struct idr_bytes jwe, apu = IDR_LIT("wallet"), apv = IDR_LIT("verifier");

	must(x, idr_jwe_seal(x->k.s, x->k.a, &x->encrypt_to, idr_str(kid ? kid : request_kid(x)), enc, apu,
	    apv, plain, &jwe, &x->err));
	return jwe;
}

struct idr_bytes pk_encrypted(struct pk *x, struct idr_bytes plain, const char *kid, const char *enc)
{
	return pk_form(x, "response", pk_jwe(x, plain, kid, enc), NULL, (struct idr_bytes){ NULL, 0 });
}

struct idr_bytes pk_form(struct pk *x, const char *name, struct idr_bytes value, ...)
{
	struct idr_bytes out;
	struct idr_buf b;
	va_list ap;

	idr_buf_init(&b, x->k.a, 4096, 1 << 21);
	va_start(ap, value);
	while (name) {
		idr_buf_printf(&b, "%s%s=", b.n ? "&" : "", name);
		idr_url_put(&b, value);
		name = va_arg(ap, const char *);
		if (name)
			value = va_arg(ap, struct idr_bytes);
	}
	va_end(ap);
	must(x, idr_buf_done(&b, &out, &x->err));
	return out;
}

struct idr_bytes pk_honest(struct pk *x)
{
	return pk_encrypted(x, pk_plain(x, pk_token(x, NULL, NULL, x->k.holder), NULL), NULL, "A256GCM");
}

unsigned pk_respond(struct pk *x, struct idr_bytes body)
{
	return pk_call(x, present_response_post, x->row.request_id, body);
}
