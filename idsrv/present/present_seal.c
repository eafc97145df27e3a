#include "present/present.h"

#include "suite/sign.h"
#include "sys/node.h"

/*
 * Nonce, state and encryption key of a transaction, and later its result, lie in the registry
 * sealed under the node secret. The context names what it is and whose: a sealed value moved to
 * another row or column does not open.
 */

enum { SECRET_JSON_MAX = 512, COORDINATE = 32, RESULT_MAX = 4 * 1024 * 1024 };

/* implements: VP 5.2a, VP 5.2c, VP 5.3a */
void present_random(struct idr_suite *s, uint8_t out[PRESENT_TEXT])
{
	uint8_t random[32];

	idr_suite_random(s, random, sizeof(random));
	idr_b64url_encode(idr_bytes(random, sizeof(random)), out);
	idr_wipe(random, sizeof(random));
}

bool present_path_id(const struct flow_request *r, uint8_t id[16])
{
	struct idr_bytes raw;
	struct idr_err why;

	if (!idr_hex_decode(r->arena, r->http->part[0], &raw, &why) || raw.n != 16)
		return false;
	memcpy(id, raw.p, 16);
	return true;
}

bool present_find(struct flow_request *r, struct reg_presentation_load *load, struct idr_err *err)
{
	if (!present_path_id(r, load->id))
		return present_closed(err);
	load->row.kind = &reg_presentation_load;
	r->row = &load->row;
	return true;
}

bool present_is_open(const struct reg_presentation *p, int64_t now)
{
	return (p->state == REG_PRES_CREATED || p->state == REG_PRES_REQUESTED) && now < p->expires;
}

bool present_closed(struct idr_err *err)
{
	return idr_fail(err, IDR_TRANSACTION_CLOSED, "OpenID4VP 1.0 section 8.2",
	    "the transaction is unknown, expired or already answered");
}

static bool context(struct idr_arena *a, const char *what, const uint8_t id[16],
    struct idr_bytes *out, struct idr_err *err)
{
	struct idr_buf b;

	idr_buf_init(&b, a, 64, 64);
	idr_buf_put_str(&b, what);
	idr_hex_put(&b, idr_bytes(id, 16));
	return idr_buf_done(&b, out, err);
}

/* ---- the secret ---- */

/* HAIP 1.0 section 5: a fresh key for every request. */
static bool make_key(struct idr_suite *s, struct present_secret *x, struct idr_err *err)
{
	struct idr_private *key = NULL;
	bool ok = idr_private_generate(s, IDR_P256, &key, err) && idr_private_scalar(key, &x->scalar, err);

	if (ok)
		x->key = *idr_private_public(key);
	idr_private_free(&key);
	return ok;
}

bool present_secret_key(struct idr_suite *s, const struct present_secret *x, struct idr_private **out,
    struct idr_err *err)
{
	return idr_private_from_pair(s, idr_secret_bytes(&x->scalar), &x->key, out, err);
}

/* implements: HAIP 5f */
bool present_secret_make(struct idr_suite *s, enum present_mode mode, struct present_secret *out,
    struct idr_err *err)
{
	*out = (struct present_secret){ .scalar = { .n = 0 } };
	present_random(s, out->nonce);
	present_random(s, out->state);
	present_random(s, out->kid);
	return mode == PRESENT_CLEAR || make_key(s, out, err);
}

void present_secret_clear(struct present_secret *x)
{
	idr_wipe(x, sizeof(*x));
}

bool present_secret_seal(struct app *app, struct flow_request *r, const uint8_t id[16],
    const struct present_secret *x, struct idr_bytes *sealed, struct idr_err *err)
{
	uint8_t mem[SECRET_JSON_MAX];
	struct idr_bytes aad, plain;
	struct idr_buf b;
	struct idr_jw w;
	bool ok;

	idr_buf_fixed(&b, mem, sizeof(mem));
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "nonce", idr_bytes(x->nonce, PRESENT_TEXT));
	idr_jw_put_str(&w, "state", idr_bytes(x->state, PRESENT_TEXT));
	idr_jw_put_str(&w, "kid", idr_bytes(x->kid, PRESENT_TEXT));
	if (x->scalar.n) {
		idr_jw_name(&w, "d");
		idr_jw_b64url(&w, idr_secret_bytes(&x->scalar));
		idr_jw_name(&w, "x");
		idr_jw_b64url(&w, idr_bytes(x->key.x, COORDINATE));
		idr_jw_name(&w, "y");
		idr_jw_b64url(&w, idr_bytes(x->key.y, COORDINATE));
	}
	if (x->confirms)
		idr_jw_put_bool(&w, "confirms", true);
	idr_jw_close(&w, '}');
	ok = idr_buf_done(&b, &plain, err) && context(r->arena, "presentation:", id, &aad, err) &&
	    node_seal(app->node, r->suite, r->arena, aad, plain, sealed, err);
	idr_wipe(mem, sizeof(mem));
	return ok;
}

static bool take_text(const struct idr_json *json, const char *name, uint8_t out[PRESENT_TEXT])
{
	const struct idr_json *v = idr_json_find(json, name);

	if (!idr_json_is(v, IDR_JSON_STRING) || v->text.n != PRESENT_TEXT)
		return false;
	memcpy(out, v->text.p, PRESENT_TEXT);
	return true;
}

static bool take_number(struct idr_arena *a, const struct idr_json *json, const char *name,
    uint8_t out[COORDINATE], struct idr_err *err)
{
	const struct idr_json *v = idr_json_find(json, name);
	struct idr_bytes n;

	if (!idr_json_is(v, IDR_JSON_STRING) || !idr_b64url_decode(a, v->text, &n, err) || n.n != COORDINATE)
		return false;
	memcpy(out, n.p, n.n);
	return true;
}

static bool take_key(struct idr_arena *a, const struct idr_json *json, struct present_secret *out,
    struct idr_err *err)
{
	if (!idr_json_find(json, "d"))
		return true;
	out->scalar.n = COORDINATE;
	out->key.curve = IDR_P256;
	return take_number(a, json, "d", out->scalar.p, err) && take_number(a, json, "x", out->key.x, err) &&
	    take_number(a, json, "y", out->key.y, err);
}

bool present_secret_open(struct app *app, struct flow_request *r, const struct reg_presentation *p,
    struct present_secret *out, struct idr_err *err)
{
	const struct idr_json *json;
	struct idr_bytes aad, plain;

	*out = (struct present_secret){ .scalar = { .n = 0 } };
	if (!context(r->arena, "presentation:", p->id, &aad, err) ||
	    !node_unseal(app->node, r->suite, r->arena, aad, p->secret_sealed, &plain, err))
		return false;
	if (!idr_json_parse(r->arena, plain, SECRET_JSON_MAX, &json, err) ||
	    !take_text(json, "nonce", out->nonce) || !take_text(json, "state", out->state) ||
	    !take_text(json, "kid", out->kid) || !take_key(r->arena, json, out, err) ||
	    (p->mode == PRESENT_ENCRYPTED && !out->scalar.n))
		return idr_fail(err, IDR_INTERNAL, NULL, "the secret of a transaction is not what we sealed");
	out->confirms = idr_json_is(idr_json_find(json, "confirms"), IDR_JSON_TRUE);
	return true;
}

/* ---- the signed request ---- */

/* It carries nonce and state, which must not lie open in the registry (security brief V23). */
bool present_object_seal(struct app *app, struct flow_request *r, const uint8_t id[16],
    struct idr_bytes jwt, struct idr_bytes *sealed, struct idr_err *err)
{
	struct idr_bytes aad;

	return context(r->arena, "presentation-request:", id, &aad, err) &&
	    node_seal(app->node, r->suite, r->arena, aad, jwt, sealed, err);
}

bool present_object_open(struct app *app, struct flow_request *r, const struct reg_presentation *p,
    struct idr_bytes *jwt, struct idr_err *err)
{
	struct idr_bytes aad;

	return context(r->arena, "presentation-request:", p->id, &aad, err) &&
	    node_unseal(app->node, r->suite, r->arena, aad, p->request_object, jwt, err);
}

/* ---- the result ---- */

bool present_result_seal(struct app *app, struct flow_request *r, const uint8_t id[16],
    struct idr_bytes json, struct idr_bytes *sealed, struct idr_err *err)
{
	struct idr_bytes aad;

	if (json.n > RESULT_MAX)
		return idr_fail(err, IDR_LIMIT, NULL, "the result is too large");
	return context(r->arena, "presentation-result:", id, &aad, err) &&
	    node_seal(app->node, r->suite, r->arena, aad, json, sealed, err);
}

bool present_result_open(struct app *app, struct flow_request *r, struct idr_arena *a,
    const struct reg_presentation *p, struct idr_bytes *json, struct idr_err *err)
{
	struct idr_bytes aad;

	return context(a, "presentation-result:", p->id, &aad, err) &&
	    node_unseal(app->node, r->suite, a, aad, p->result_sealed, json, err);
}
