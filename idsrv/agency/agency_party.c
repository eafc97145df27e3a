#include "agency/agency.h"

#include "base/text.h"
#include "registry/reg_agency.h"
#include "routes.h"

/* Relying parties: registered by an administrator, known by a key that is shown once. */

enum { KEY_BYTES = 32, KEY_TEXT = IDR_B64URL_LEN(KEY_BYTES), NAME_MAX_BYTES = 200, LIST_MAX = 32,
	URL_MAX = 512, RATE_MAX = 1000000 };

static void draw_key(struct flow_request *r, uint8_t text[KEY_TEXT], uint8_t hash[32])
{
	uint8_t random[KEY_BYTES];

	idr_suite_random(r->suite, random, sizeof(random));
	idr_b64url_encode(idr_bytes(random, sizeof(random)), text);
	idr_suite_hash(r->suite, IDR_SHA256, idr_bytes(text, KEY_TEXT), hash);
}

/* An array of strings joined by `sep`; each is checked by `usable`. */
static bool join(struct flow_request *r, const struct idr_json *list, char sep,
    bool (*usable)(struct flow_request *, struct idr_bytes), const char *what, struct idr_bytes *out,
    struct idr_err *err)
{
	const struct idr_json *v;
	struct idr_buf b;

	idr_buf_init(&b, r->arena, 256, LIST_MAX * URL_MAX);
	if (list && (list->type != IDR_JSON_ARRAY || list->n > LIST_MAX))
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "%s must be an array of up to %d strings", what, LIST_MAX);
	for (v = idr_json_first(list); v; v = idr_json_next(list, v)) {
		if (v->type != IDR_JSON_STRING || !usable(r, v->text))
			return idr_fail(err, IDR_INVALID_FIELD, NULL, "%s holds an entry that is not usable", what);
		if (b.n)
			idr_buf_put_byte(&b, (uint8_t)sep);
		idr_buf_put(&b, v->text);
	}
	return idr_buf_done(&b, out, err);
}

static bool policy_is_usable(struct flow_request *r, struct idr_bytes id)
{
	return idr_bytes_is(id, "*") || rules_policy(r->rules, id) != NULL;
}

/* https, or http on loopback for a developer's machine */
static bool url_is_usable(struct flow_request *r, struct idr_bytes url)
{
	(void)r;
	if (url.n > URL_MAX || !idr_is_ascii_token(url) || idr_bytes_index(url, 0, ' ') != SIZE_MAX)
		return false;
	return idr_bytes_starts(url, "https://") || idr_bytes_starts(url, "http://127.0.0.1:") ||
	    idr_bytes_starts(url, "http://localhost:") || idr_bytes_starts(url, "http://[::1]:");
}

/* A port that a browser writes: it leaves the scheme's own out. */
static bool port_is_usable(struct idr_bytes port, uint32_t usual)
{
	uint32_t n = 0;

	for (size_t i = 0; i < port.n; i++) {
		if (port.p[i] < '0' || port.p[i] > '9')
			return false;
		n = n * 10 + (port.p[i] - '0');
	}
	return port.n && port.n <= 5 && port.p[0] != '0' && n <= UINT16_MAX && n != usual;
}

static bool host_is_usable(struct idr_bytes host)
{
	for (size_t i = 0; i < host.n; i++)
		if (!host.p[i] || !strchr("abcdefghijklmnopqrstuvwxyz0123456789-.", host.p[i]))
			return false;
	return host.n > 0 && host.p[0] != '.' && host.p[0] != '-';
}

/*
 * implements: VP A.2c: an origin is compared as a string, so it stands here as a
 * browser writes it (HTML Standard section 7.1.1): lower case, nothing after host and port. http for a
 * developer's machine alone.
 */
static bool origin_is_usable(struct flow_request *r, struct idr_bytes origin)
{
	bool https = idr_bytes_starts(origin, "https://");
	struct idr_bytes rest, host;
	size_t colon;

	(void)r;
	if (origin.n > URL_MAX || (!https && !idr_bytes_starts(origin, "http://")))
		return false;
	rest = idr_bytes_from(origin, https ? 8 : 7);
	/* the only address in brackets that is of use is this machine's */
	colon = idr_bytes_starts(rest, "[::1]") ? idr_bytes_index(rest, 5, ':') : idr_bytes_index(rest, 0, ':');
	host = idr_bytes_first(rest, colon);
	if (colon != SIZE_MAX && !port_is_usable(idr_bytes_from(rest, colon + 1), https ? 443 : 80))
		return false;
	if (idr_bytes_is(host, "localhost") || idr_bytes_is(host, "127.0.0.1") || idr_bytes_is(host, "[::1]"))
		return true;
	return https && host_is_usable(host);
}

static bool read_party(struct flow_request *r, struct reg_party *p, struct idr_err *err)
{
	const struct idr_json *body, *name;

	if (!idr_json_parse(r->arena, r->http->body, r->http->route->body_max, &body, err))
		return false;
	name = idr_json_find(body, "name");
	if (!idr_json_is(name, IDR_JSON_STRING) || name->text.n == 0 || name->text.n > NAME_MAX_BYTES)
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "name must be a string of up to %d bytes", NAME_MAX_BYTES);
	if (!idr_text_check(name->text, err))
		return false;
	p->name = name->text;
	p->cross_device = idr_json_is(idr_json_find(body, "cross_device"), IDR_JSON_TRUE);
	return join(r, idr_json_find(body, "policies"), ' ', policy_is_usable, "policies", &p->policies, err) &&
	    join(r, idr_json_find(body, "return_urls"), '\n', url_is_usable, "return_urls", &p->return_urls, err) &&
	    join(r, idr_json_find(body, "origins"), '\n', origin_is_usable, "origins", &p->origins, err);
}

static bool answer_key(struct flow_request *r, unsigned status, int64_t id, const uint8_t key[KEY_TEXT],
    struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, r->arena, 256, 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_int(&w, "party_id", id);
	/* shown once: only its digest is kept */
	idr_jw_put_str(&w, "key", idr_bytes(key, KEY_TEXT));
	idr_jw_close(&w, '}');
	return flow_reply_json(r, status, &b, err);
}

static bool agency_party_create(struct app *app, struct flow_request *r, struct idr_err *err)
{
	struct reg_party p = { .created = r->now };
	uint8_t key[KEY_TEXT];

	(void)app;
	if (!read_party(r, &p, err))
		return false;
	draw_key(r, key, p.key_hash);
	return reg_party_create(r->conn, &p, r->http->uuid, r->caller.operator_name, err) &&
	    answer_key(r, 201, p.party_id, key, err);
}

static void put_words(struct idr_jw *w, const char *name, struct idr_bytes list, char sep)
{
	idr_jw_name(w, name);
	idr_jw_open(w, '[');
	while (list.n) {
		size_t end = idr_bytes_index(list, 0, (uint8_t)sep);

		idr_jw_str(w, idr_bytes_first(list, end));
		list = end == SIZE_MAX ? IDR_LIT("") : idr_bytes_from(list, end + 1);
	}
	idr_jw_close(w, ']');
}

static bool agency_party_list(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct reg_party *list;
	struct idr_buf b;
	struct idr_jw w;
	size_t n;

	(void)app;
	if (!reg_party_list(r->conn, r->arena, &list, &n, err))
		return false;
	idr_buf_init(&b, r->arena, 4096, 4 * 1024 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_name(&w, "parties");
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		char when[21];

		idr_time_format(list[i].created, when);
		idr_jw_open(&w, '{');
		idr_jw_put_int(&w, "party_id", list[i].party_id);
		idr_jw_put_str(&w, "name", list[i].name);
		put_words(&w, "policies", list[i].policies, ' ');
		put_words(&w, "return_urls", list[i].return_urls, '\n');
		put_words(&w, "origins", list[i].origins, '\n');
		idr_jw_put_bool(&w, "cross_device", list[i].cross_device);
		idr_jw_put_bool(&w, "disabled", list[i].disabled);
		idr_jw_put_cstr(&w, "created", when);
		if (list[i].has_rate)
			idr_jw_put_int(&w, "rate", list[i].rate);
		if (list[i].webhook_url.n)
			idr_jw_put_str(&w, "webhook_url", list[i].webhook_url);
		idr_jw_close(&w, '}');
	}
	idr_jw_close(&w, ']');
	idr_jw_close(&w, '}');
	return flow_reply_json(r, 200, &b, err);
}

static bool party_id(const struct flow_request *r, int64_t *out, struct idr_err *err)
{
	return flow_part_number(r, 0, out) ||
	    idr_fail(err, IDR_NOT_FOUND, NULL, "there is no such relying party");
}

/* {"rate": 200}: requests a second; 0 none, null as configured */
static bool change_rate(struct flow_request *r, int64_t id, const struct idr_json *v, struct idr_err *err)
{
	int64_t rate = 0;

	if (v->type != IDR_JSON_NULL && (!idr_json_int(v, &rate) || rate < 0 || rate > RATE_MAX))
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "rate must be a number from 0 to %d, or null", RATE_MAX);
	return reg_party_rate(r->conn, id, v->type != IDR_JSON_NULL, rate, r->caller.operator_name, err);
}

/* {"origins": [...]}: all of them, instead of those it had */
static bool change_origins(struct flow_request *r, int64_t id, const struct idr_json *v, struct idr_err *err)
{
	struct idr_bytes origins;

	return join(r, v, '\n', origin_is_usable, "origins", &origins, err) &&
	    reg_party_origins(r->conn, id, origins, r->caller.operator_name, err);
}

/* {"disabled": true|false}: a way out, and a way back */
static bool change_admission(struct flow_request *r, int64_t id, const struct idr_json *v,
    struct idr_err *err)
{
	if (!idr_json_is_bool(v))
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "disabled must be true or false");
	return reg_party_disable(r->conn, id, v->type == IDR_JSON_TRUE, r->caller.operator_name, err);
}

static const struct change {
	const char *name;
	bool (*run)(struct flow_request *, int64_t id, const struct idr_json *, struct idr_err *);
} changes[] = { { "disabled", change_admission }, { "rate", change_rate }, { "origins", change_origins } };

/* One thing at a time, so that each is one line of the audit trail. */
static bool agency_party_change(struct app *app, struct flow_request *r, struct idr_err *err)
{
	const struct idr_json *body, *v, *value = NULL;
	const struct change *what = NULL;
	int64_t id;
	size_t n = 0;

	(void)app;
	if (!party_id(r, &id, err) ||
	    !idr_json_parse(r->arena, r->http->body, r->http->route->body_max, &body, err))
		return false;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		if ((v = idr_json_find(body, changes[i].name)) != NULL) {
			what = &changes[i];
			value = v;
			n++;
		}
	if (n != 1)
		return idr_fail(err, IDR_INVALID_FIELD, NULL, "one of disabled, rate and origins is needed");
	if (!what->run(r, id, value, err))
		return false;
	http_reply_empty(r->http, 204);
	return true;
}

static bool agency_party_key(struct app *app, struct flow_request *r, struct idr_err *err)
{
	uint8_t key[KEY_TEXT], hash[32];
	int64_t id;

	(void)app;
	if (!party_id(r, &id, err))
		return false;
	draw_key(r, key, hash);
	return reg_party_rekey(r->conn, id, hash, r->caller.operator_name, err) &&
	    answer_key(r, 200, id, key, err);
}

const struct flow_step agency_party_post[] = {
	{ FLOW_COLD, agency_party_create }, { FLOW_END, NULL },
};
const struct flow_step agency_party_list_get[] = {
	{ FLOW_COLD, agency_party_list }, { FLOW_END, NULL },
};
const struct flow_step agency_party_put[] = {
	{ FLOW_COLD, agency_party_change }, { FLOW_END, NULL },
};
const struct flow_step agency_party_key_post[] = {
	{ FLOW_COLD, agency_party_key }, { FLOW_END, NULL },
};
