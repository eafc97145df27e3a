#include "wallet_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/text.h"

#define TYPE "{\"id\":\"card\",\"vct\":\"" WK_VCT "\",\"claims\":[" \
    "{\"name\":\"name\",\"type\":\"string\",\"mandatory\":true,\"sd\":\"always\"}," \
    "{\"name\":\"city\",\"type\":\"string\",\"mandatory\":true,\"sd\":\"always\"}]," \
    "\"sdjwt\":{\"digests\":4},\"validity\":{\"days\":30,\"copies\":2},\"status\":{\"bits\":0},\"holder_binding\":true}"

static struct wk *current; /* for the doubles below, which get no context */

/* ---- in place of the network and the clock: linked with --wrap ---- */

bool __wrap_web_send(struct idr_arena *a, const struct web_request *q, struct web_response *out, struct idr_err *err);
time_t __wrap_time(time_t *t);
time_t __real_time(time_t *t);

static const char *text_put(struct wk *w, struct idr_buf *b)
{
	idr_buf_put_byte(b, 0);
	assert_false(b->failed);
	(void)w;
	return (const char *)b->p;
}

/* The members of a right request, in place of `member` what the test wants. */
static const char *object(struct wk *w, const char *member, const char *json, struct idr_bytes wallet_nonce)
{
	char *client = idr_arena_printf(w->k.a, &w->err, "\"%s\"", w->client ? w->client : w->client_id);
	char *metadata = idr_arena_printf(w->k.a, &w->err, "{\"jwks\":{\"keys\":[%s]}}", w->enc_jwk);
	char *back = idr_arena_printf(w->k.a, &w->err, "\"%.*s\"", (int)wallet_nonce.n, (const char *)wallet_nonce.p);
	const char *const right[][2] = { { "response_type", "\"vp_token\"" }, { "response_mode", "\"direct_post.jwt\"" },
		{ "client_id", client }, { "response_uri", "\"" WK_TO "\"" }, { "nonce", "\"" WK_NONCE "\"" },
		{ "state", "\"" WK_STATE "\"" }, { "client_metadata", metadata },
		{ "dcql_query", w->dcql ? w->dcql : WK_QUERY("name", "", "") },
		{ w->nonce_back && wallet_nonce.n ? "wallet_nonce" : "unheard_of", w->nonce_back && wallet_nonce.n ? back : "[{}]" } };
	bool used = !member;
	struct idr_buf b;

	idr_buf_init(&b, w->k.a, 1024, 1 << 18);
	idr_buf_put_byte(&b, '{');
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		bool other = member && !strcmp(right[i][0], member);

		used = used || other;
		if (!other || json)
			idr_buf_printf(&b, "%s\"%s\":%s", b.n > 1 ? "," : "", right[i][0], other ? json : right[i][1]);
	}
	if (!used && json)
		idr_buf_printf(&b, ",\"%s\":%s", member, json);
	idr_buf_put_byte(&b, '}');
	return text_put(w, &b);
}

static const char *changed, *changed_to;

static void answer(struct wk *w, const struct web_request *q, struct web_response *out)
{
	struct idr_form form = { .n = 0 };
	struct idr_bytes nonce = { NULL, 0 };
	char *header, *x5c;
	struct idr_buf b;

	if (q->body.p) {
		assert_true(idr_form_parse(w->k.a, q->body, &form, &w->err));
		nonce = idr_form_find(&form, "wallet_nonce");
	}
	idr_buf_init(&b, w->k.a, 1024, 1 << 16);
	idr_b64_put(&b, w->k.reader_der);
	x5c = (char *)(uintptr_t)text_put(w, &b);
	header = idr_arena_printf(w->k.a, &w->err, "{\"alg\":\"ES256\",\"typ\":\"oauth-authz-req+jwt\",\"x5c\":[\"%s\"]}", x5c);
	out->body = kit_jws(&w->k, w->signer, w->header ? w->header : header, object(w, changed, changed_to, nonce));
}

bool __wrap_web_send(struct idr_arena *a, const struct web_request *q, struct web_response *out, struct idr_err *err)
{
	struct wk *w = current;

	(void)a;
	(void)err;
	*out = (struct web_response){ .status = w->status, .content_type = w->media_type };
	if (strcmp(q->url, "https://verifier.example/request/1") == 0) {
		w->fetched = *q;
		w->n_fetched++;
		answer(w, q, out);
		return true;
	}
	assert_string_equal(q->url, WK_TO);
	w->posted = *q;
	w->n_posted++;
	out->body = idr_str(w->answer);
	out->content_type = "application/json";
	return true;
}

time_t __wrap_time(time_t *t)
{
	return current ? (time_t)current->k.now : __real_time(t);
}

/* ---- the scene ---- */

static void make_key(struct wk *w)
{
	struct idr_buf b;

	assert_true(idr_private_generate(w->k.s, IDR_P256, &w->enc, &w->err));
	idr_buf_init(&b, w->k.a, 256, 1024);
	idr_key_put_jwk(&b, idr_private_public(w->enc), "\"kid\":\"k1\",\"use\":\"enc\",\"alg\":\"ECDH-ES\",");
	w->enc_jwk = (char *)(uintptr_t)text_put(w, &b);
}

static void make_files(struct wk *w)
{
	struct wallet_entry e = { .configuration = IDR_LIT("card.sdjwt"), .issuer = IDR_LIT("https://issuer.example"),
		.format = IDR_FORMAT_SDJWT, .type = IDR_LIT(WK_VCT), .received = w->k.now };
	struct idr_status_ref none = { .present = false };
	struct idr_buf b;

	snprintf(w->dir, sizeof(w->dir), "/tmp/wallet.XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	wallet_store_dir = w->dir;
	snprintf(w->root, sizeof(w->root), "%s/root", w->dir);
	idr_buf_init(&b, w->k.a, 1024, 1 << 16);
	idr_buf_put_str(&b, "-----BEGIN CERTIFICATE-----\n");
	idr_b64_put(&b, w->k.root_der);
	idr_buf_put_str(&b, "\n-----END CERTIFICATE-----\n");
	assert_true(cli_write(w->root, idr_buf_bytes(&b), 0600, &w->err));
	e.credential = kit_issue(&w->k, w->type, "{\"name\":\"Sok Dara\",\"city\":\"Battambang\"}", w->k.holder, &none,
	    w->k.now + 30 * KIT_DAY);
	assert_true(idr_private_scalar(w->k.holder, &e.key, &w->err));
	assert_true(wallet_store_put(w->k.a, w->dir, &e, &w->err));
	idr_secret_clear(&e.key);
}

int wk_setup(void **state)
{
	struct wk *w = calloc(1, sizeof(*w));
	struct idr_cert leaf;
	uint8_t hash[IDR_B64URL_LEN(32)];

	assert_non_null(w);
	current = w;
	kit_open(&w->k);
	assert_true(idr_type_parse(w->k.a, IDR_LIT(TYPE), &w->type, &w->err));
	assert_true(idr_cert_parse(w->k.s, w->k.a, w->k.reader_der, &leaf, &w->err));
	idr_b64url_encode(idr_bytes(leaf.sha256, 32), hash);
	w->client_id = idr_arena_printf(w->k.a, &w->err, "x509_hash:%.*s", (int)sizeof(hash), (const char *)hash);
	make_key(w);
	make_files(w);
	wk_right(w);
	*state = w;
	return 0;
}

int wk_teardown(void **state)
{
	struct wk *w = *state;
	char path[64];

	for (int i = 1; i < 9; i++) {
		snprintf(path, sizeof(path), "%s/%d.json", w->dir, i);
		unlink(path);
	}
	unlink(w->root);
	rmdir(w->dir);
	idr_private_free(&w->enc);
	kit_close(&w->k);
	current = NULL;
	free(w);
	return 0;
}

void wk_right(struct wk *w)
{
	w->signer = w->k.reader;
	w->header = w->client = w->dcql = w->link_client = NULL;
	w->link_more = "";
	w->status = 200;
	w->media_type = "application/oauth-authz-req+jwt";
	w->answer = "{\"redirect_uri\":\"https://verifier.example/done#x\",\"unheard_of\":[]}";
	w->nonce_back = true;
	w->n_fetched = w->n_posted = 0;
}

static const char *link_of(struct wk *w)
{
	struct idr_buf b;

	idr_buf_init(&b, w->k.a, 512, 4096);
	idr_buf_put_str(&b, "openid4vp://?client_id=");
	idr_url_put(&b, idr_str(w->link_client ? w->link_client : w->client ? w->client : w->client_id));
	idr_buf_put_str(&b, "&request_uri=");
	idr_url_put(&b, IDR_LIT("https://verifier.example/request/1"));
	idr_buf_put_str(&b, w->link_more);
	return text_put(w, &b);
}

enum idr_code wk_ask(struct wk *w, const char *member, const char *json)
{
	changed = member;
	changed_to = json;
	w->err = (struct idr_err){ .code = IDR_OK };
	return wallet_request_fetch(w->k.s, w->k.a, link_of(w), w->root, w->k.now, &w->request, &w->err) ? IDR_OK : w->err.code;
}

static void set_option(const char *name, const char *value)
{
	for (const struct cli_option *o = wallet_present_options; o->name; o++)
		if (!strcmp(o->name, name))
			*o->value = value;
}

enum cli_exit wk_present(struct wk *w, const char *member, const char *json, const char *const *options)
{
	char *argv[] = { (char *)(uintptr_t)link_of(w), NULL };
	struct cli c = { .program = "idwallet", .arena = w->k.a, .json = true, .argc = 1, .argv = argv };

	changed = member;
	changed_to = json;
	for (const struct cli_option *o = wallet_present_options; o->name; o++)
		*o->value = NULL;
	for (; *options; options++)
		set_option(*options, "");
	return wallet_present(&c);
}

struct idr_bytes wk_posted(struct wk *w, const char *name)
{
	struct idr_form form;
	struct idr_bytes v;

	assert_int_equal(w->n_posted, 1);
	assert_true(idr_form_parse(w->k.a, w->posted.body, &form, &w->err));
	v = idr_form_find(&form, name);
	if (!v.p)
		fail_msg("no %s was posted", name);
	return v;
}
