#include "codec/form.h"
#include "jose/jwe.h"
#include "present/present.h"

/*
 * The body a wallet posts, up to the vp_token. Encryption says nothing about who sent it: the key
 * is public. Only the presentations inside are authenticated (presenting brief 8.2).
 */

static const char REF_RESPONSE[] = "OpenID4VP 1.0 section 8.2", REF_JWT[] = "OpenID4VP 1.0 section 8.3.1",
	REF_DC[] = "OpenID4VP 1.0 appendix A.4";

/* Always sent, so always expected back; without holder binding it is the only link. */
/* implements: VP 5.3a */
static bool check_state(const struct present_secret *x, struct idr_bytes state, struct idr_err *err)
{
	if (!idr_equal_constant_time(state, idr_bytes(x->state, PRESENT_TEXT)))
		return idr_fail(err, IDR_INVALID_REQUEST, REF_RESPONSE, "state is missing or of another request");
	return true;
}

static struct idr_bytes text_of(const struct idr_json *json, const char *name)
{
	const struct idr_json *v = idr_json_find(json, name);

	return idr_json_is(v, IDR_JSON_STRING) ? v->text : (struct idr_bytes){ 0 };
}

/* ---- encrypted ---- */

/* implements: VP 8.3a, VP 8.3c */
static bool decrypt(struct flow_request *r, const struct present_secret *x, struct idr_bytes compact,
    struct idr_bytes *plain, struct idr_err *err)
{
	struct idr_private *key = NULL;
	struct idr_jwe jwe;
	bool ok;

	if (!idr_jwe_parse(r->suite, r->arena, compact, r->http->route->body_max, &jwe, err))
		return false;
	/* our key has a kid, so the wallet must name it; another one is an earlier request's */
	if (!idr_bytes_equal(jwe.kid, idr_bytes(x->kid, PRESENT_TEXT)))
		return idr_fail(err, IDR_DECRYPT, REF_JWT, "the response is encrypted to another key");
	ok = present_secret_key(r->suite, x, &key, err) &&
	    idr_jwe_open(r->suite, r->arena, &jwe, key, plain, err);
	idr_private_free(&key);
	return ok;
}

/* implements: VP 8.3e */
static bool read_encrypted(struct flow_request *r, const struct present_secret *x,
    struct idr_bytes compact, struct present_answer *out, struct idr_bytes *state, struct idr_err *err)
{
	const struct idr_json *body;
	struct idr_bytes plain;

	if (!decrypt(r, x, compact, &plain, err) ||
	    !idr_json_parse(r->arena, plain, plain.n, &body, err))
		return false;
	if (body->type != IDR_JSON_OBJECT)
		return idr_fail(err, IDR_INVALID_REQUEST, REF_JWT, "the decrypted response is not an object");
	out->vp_token = idr_json_find(body, "vp_token");
	out->error = text_of(body, "error");
	*state = text_of(body, "state");
	return true;
}

/* ---- direct_post, and errors in the clear ---- */

static bool read_plain(struct flow_request *r, const struct present_secret *x,
    const struct idr_form *form, struct present_answer *out, struct idr_err *err)
{
	struct idr_bytes token = idr_form_find(form, "vp_token");

	if (!check_state(x, idr_form_find(form, "state"), err))
		return false;
	out->error = idr_form_find(form, "error");
	return !token.p || idr_json_parse(r->arena, token, token.n, &out->vp_token, err);
}

/* ---- both ---- */

/* implements: HAIP 5.1b */
/* implements: VP 8.3.1a: what was to be encrypted may not come in the clear */
static bool check_mode(const struct reg_presentation *p, bool clear, bool encrypted, struct idr_err *err)
{
	if (p->mode == PRESENT_ENCRYPTED && clear)
		return idr_fail(err, IDR_ENCRYPTION_REQUIRED, REF_JWT, "the response must be encrypted");
	if (p->mode == PRESENT_CLEAR && encrypted)
		return idr_fail(err, IDR_INVALID_REQUEST, REF_RESPONSE, "an encrypted response was not asked for");
	return true;
}

static bool check_one(const struct present_answer *x, const char *ref, struct idr_err *err)
{
	return !x->vp_token != !x->error.p ||
	    idr_fail(err, IDR_INVALID_REQUEST, ref, "exactly one of vp_token and error is needed");
}

/* implements: VP 8.2a */
/* implements: HAIP 5.1b */
/* implements: VP 8.1c, VP 8.2a */
bool present_answer_read(struct flow_request *r, const struct reg_presentation *p,
    const struct present_secret *x, struct present_answer *out, struct idr_err *err)
{
	struct idr_bytes response, state;
	struct idr_form form;
	bool ok;

	*out = (struct present_answer){ .vp_token = NULL };
	if (!idr_form_parse(r->arena, r->http->body, &form, err))
		return false;
	response = idr_form_find(&form, "response");
	if (!check_mode(p, idr_form_find(&form, "vp_token").p, response.p, err))
		return false;
	ok = response.p ? read_encrypted(r, x, response, out, &state, err) && check_state(x, state, err)
	                : read_plain(r, x, &form, out, err);
	return ok && check_one(out, REF_RESPONSE, err);
}

/* OpenID4VP 1.0 appendix A.4: an object with vp_token, response or error, and no state */
bool present_answer_read_dc(struct flow_request *r, const struct reg_presentation *p,
    const struct present_secret *x, struct present_answer *out, struct idr_err *err)
{
	const struct idr_json *data, *response;
	struct idr_bytes unused;

	*out = (struct present_answer){ .vp_token = NULL };
	if (!idr_json_parse(r->arena, r->http->body, r->http->route->body_max, &data, err))
		return false;
	if (data->type != IDR_JSON_OBJECT)
		return idr_fail(err, IDR_INVALID_REQUEST, REF_DC, "the data of the credential is not an object");
	response = idr_json_find(data, "response");
	out->vp_token = idr_json_find(data, "vp_token");
	out->error = text_of(data, "error");
	if (!check_mode(p, out->vp_token != NULL, response != NULL, err))
		return false;
	if (!response)
		return check_one(out, REF_DC, err);
	if (response->type != IDR_JSON_STRING || out->error.p)
		return idr_fail(err, IDR_INVALID_REQUEST, REF_DC, "response is not the one encrypted answer");
	return read_encrypted(r, x, response->text, out, &unused, err) && check_one(out, REF_DC, err);
}
