#include "access/access_citizen.h"
#include "base/text.h"
#include "flow/flow_reply.h"
#include "login/login.h"
#include "registry/reg_activation.h"
#include "registry/reg_subject.h"
#include "routes.h"
#include "sys/conf.h"
#include "sys/metrics.h"
#include "sys/node.h"

/*
 * A one-time code that an officer gives to a person whom he has identified. 16 digits: one may guess at
 * it for its whole life from a thousand addresses without a chance of one in a million, so no number of
 * wrong tries has to kill it (what dies by wrong tries can be killed by anyone).
 */

enum { KEY_MAX = 128, CODE_DIGITS = 16, CLAIMS_MAX = 128 * 1024, ANSWER_MAX = 1024 };

/* ---- POST /admin/v1/activations ---- */

static bool has_source(const struct rules *rules)
{
	for (size_t i = 0; i < rules->n_type; i++)
		if (rules->type[i]->source_select.n)
			return true;
	return false;
}

/* Somebody who was never imported gets an id when claims can come from elsewhere. */
static bool find_person(struct app *app, struct flow_request *r, const struct idr_json *key, int64_t *id,
    struct idr_err *err)
{
	uint8_t blind[1][32];

	if (!idr_json_is(key, IDR_JSON_STRING) || key->text.n == 0 || key->text.n > KEY_MAX)
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "person must be the key of an imported person");
	node_blind(app->node, r->suite, key->text, blind[0]);
	if (has_source(r->rules))
		return reg_subject_person(r->conn, blind[0], id, err);
	if (!reg_subject_by_keys(r->conn, (const uint8_t (*)[32])blind, 1, id, err))
		return false;
	return *id || idr_fail(err, IDR_NOT_FOUND, NULL, "no imported person has this key");
}

/* Of their claims as imported; an empty slice when there is none. */
static bool imported_number(struct app *app, struct flow_request *r, int64_t person_id, struct idr_bytes *out,
    struct idr_err *err)
{
	char *context = idr_arena_printf(r->arena, err, "subject:%lld", (long long)person_id);
	const struct idr_json *claims, *number;
	struct idr_bytes sealed, plain;
	bool found;

	*out = IDR_LIT("");
	if (!context || !reg_subject_get(r->conn, r->arena, person_id, &sealed, &found, err))
		return false;
	if (!found)
		return true;
	if (!node_unseal(app->node, r->suite, r->arena, idr_str(context), sealed, &plain, err) ||
	    !idr_json_parse(r->arena, plain, CLAIMS_MAX, &claims, err))
		return false;
	number = idr_json_find(claims, app->conf->number_claim);
	if (idr_json_is(number, IDR_JSON_STRING))
		*out = number->text;
	return true;
}

/* What the person will type: as the officer says, else as imported, else their row key. */
static bool read_number(struct app *app, struct flow_request *r, const struct idr_json *body,
    struct reg_activation *a, struct idr_err *err)
{
	const struct idr_json *said = idr_json_find(body, "number");
	struct idr_bytes text;

	if (said && !idr_json_is(said, IDR_JSON_STRING))
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "number must be a text");
	if (said)
		text = said->text;
	else if (!imported_number(app, r, a->person_id, &text, err))
		return false;
	if (!said && !text.n)
		text = idr_json_find(body, "person")->text;
	return access_number_blind(app, r->suite, text, a->number_blind) ||
	    idr_fail(err, IDR_INVALID_FIELD, NULL, "number holds no digit or letter, or is too long");
}

/*
 * A register outside is asked with the row key when the wallet comes for the credential; nothing else
 * needs it.
 */
static bool seal_reference(struct app *app, struct flow_request *r, const struct idr_json *body,
    struct reg_activation *a, struct idr_err *err)
{
	char *context = login_reference_context(r->arena, a->person_id, err);

	return context && (!has_source(r->rules) || node_seal(app->node, r->suite, r->arena, idr_str(context),
	    idr_json_find(body, "person")->text, &a->reference_sealed, err));
}

static bool answer(struct flow_request *r, const struct reg_activation *a, const char *code,
    struct idr_err *err)
{
	struct idr_buf b, id;
	char when[21];
	struct idr_jw w;

	idr_buf_init(&id, r->arena, 33, 64);
	idr_hex_put(&id, idr_bytes(a->activation_id, 16));
	idr_time_format(a->expires, when);
	idr_buf_init(&b, r->arena, 256, ANSWER_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "activation_id", idr_buf_bytes(&id));
	idr_jw_put_cstr(&w, "code", code);
	idr_jw_put_cstr(&w, "expires", when);
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 201, &b, err);
}

static bool login_activation_make(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct reg_activation a = { .uses = app->conf->activation_uses, .operator_name = r->caller.operator_name,
		.expires = r->now + app->conf->activation_ttl_s };
	const struct idr_json *body;
	char code[CODE_DIGITS + 1];

	if (!idr_json_parse(r->arena, r->http->body, r->http->route->body_max, &body, err) ||
	    !find_person(app, r, idr_json_find(body, "person"), &a.person_id, err) ||
	    !read_number(app, r, body, &a, err) || !seal_reference(app, r, body, &a, err))
		return false;
	node_digits(r->suite, code, CODE_DIGITS);
	access_code_mac(app, r->suite, a.number_blind, idr_str(code), a.code_mac);
	idr_suite_random(r->suite, a.activation_id, sizeof(a.activation_id));
	memcpy(a.request, r->http->uuid, sizeof(a.request));
	if (!reg_activation_create(r->conn, &a, err))
		return false;
	metrics_add(app->metrics, METRIC_ACTIVATIONS, 1);
	return answer(r, &a, code, err);
}

/* ---- GET /admin/v1/activations/{id} ---- */

static bool login_activation_show(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct reg_activation_state s;
	struct idr_bytes id;
	struct idr_err why;
	struct idr_buf b;
	struct idr_jw w;
	char when[21];

	(void)app;
	if (!idr_hex_decode(r->arena, r->http->part[0], &id, &why) || id.n != 16)
		return idr_fail(err, IDR_NOT_FOUND, NULL, "no such activation");
	if (!reg_activation_state(r->conn, id.p, r->now, &s, err))
		return false;
	idr_time_format(s.expires, when);
	idr_buf_init(&b, r->arena, 256, ANSWER_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "state", s.state);
	idr_jw_put_int(&w, "wrong_tries", s.wrong);
	idr_jw_put_cstr(&w, "expires", when);
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

const struct flow_step login_activation_post[] = {
	{ FLOW_COLD, login_activation_make },
	{ FLOW_END, NULL },
};

const struct flow_step login_activation_get[] = {
	{ FLOW_COLD, login_activation_show },
	{ FLOW_END, NULL },
};
