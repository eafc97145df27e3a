/*
 * Status lists as the world fetches them: both forms, caching, and how fast and how finally a change shows.
 * Cases: Token Status List sections 5, 8 and 9; formats brief 3; security brief V29 to V32.
 */
#include "client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "status/status.h"
#include "suite/pem.h"

static const struct idr_trust *trust_of(struct client *c)
{
	struct idr_bytes pem = file_of(c, text(c, "%s/root.pem", getenv("IDR_KEYS"))), der[4];
	struct idr_trust *t = NULL;
	struct idr_err err;
	size_t n;

	assert_true(idr_pem_certificates(c->a, pem, der, 4, &n, &err) && n > 0 && idr_trust_new(c->a, &t, &err));
	for (size_t i = 0; i < n; i++)
		assert_true(idr_trust_add_anchor(c->s, t, der[i], IDR_PURPOSE_STATUS, NULL, 0, NULL, &err));
	return t;
}

static void open_list(struct client *c, const char *uri, struct idr_bytes token, struct idr_status_list *out)
{
	const struct idr_status_rules rules = { .trust = trust_of(c), .uri = idr_str(uri), .skew = 5 };
	struct idr_err err;

	if (!idr_status_open(c->s, c->a, token, &rules, now_s(), out, &err))
		fail_msg("%s: %s: %s", uri, idr_code_name(err.code), err.msg);
}

/* As a verifier would: fetched, checked against the root, read. */
static unsigned value_of(struct client *c, const char *uri, int64_t idx, const char *accept)
{
	struct reply r = ask_get(c, uri, accept);
	struct idr_status_list list;
	struct idr_err err;
	unsigned value = 99;

	must_answer(&r, 200);
	open_list(c, uri, r.body, &list);
	assert_true(idr_status_at(&list, (uint64_t)idx, &value, &err));
	return value;
}

static void must_become(struct client *c, const struct held *h, unsigned value)
{
	int64_t from = now_ms();

	while (value_of(c, h->uri, h->idx, "Accept: application/statuslist+jwt") != value ||
	    value_of(c, h->uri, h->idx, "Accept: application/statuslist+cwt") != value) {
		if (now_ms() - from > 1000)
			fail_msg("not visible within a second");
		wait_ms(10);
	}
}

/* proves: TSL 4.1a, TSL 5.1d, TSL 8.1a, TSL 8.2a, TSL 8.2b */
/* proves: SDJWTVC 2.2.2.3e */
static void a_list_is_served_in_the_form_that_is_accepted(void **state)
{
	static const struct { const char *accept, *type; } asked[] = {
		{ NULL, "application/statuslist+jwt" },
		{ "Accept: */*", "application/statuslist+jwt" },
		{ "Accept: application/*", "application/statuslist+jwt" },
		{ "Accept: application/statuslist+jwt", "application/statuslist+jwt" },
		{ "Accept: application/statuslist+cwt", "application/statuslist+cwt" },
		{ "Accept: application/statuslist+cwt;q=0.9", "application/statuslist+cwt" },
		{ "Accept: text/html, application/statuslist+cwt", "application/statuslist+cwt" },
	};
	struct client *c = *state;
	struct idr_status_list list;
	struct held h;
	struct reply r;

	obtain(c, person_key(c, 30), "pid.sdjwt", 1, &h);
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		r = ask_get(c, h.uri, asked[i].accept);
		must_answer(&r, 200);
		assert_string_equal(header_of(c, &r, "Content-Type"), asked[i].type);
		assert_non_null(strstr(header_of(c, &r, "Vary"), "Accept"));
		assert_non_null(strstr(header_of(c, &r, "Cache-Control"), "max-age="));
		assert_string_equal(header_of(c, &r, "Access-Control-Allow-Origin"), "*");
		open_list(c, h.uri, r.body, &list);
		assert_int_equal(list.bits, 2);
		assert_true(list.exp > now_s() && list.ttl > 0);
	}
	r = ask_get(c, h.uri, "Accept: text/html");
	must_refuse(c, &r, 406, "not_acceptable");
	/* q=0 says no */
	r = ask_get(c, h.uri, "Accept: application/statuslist+jwt;q=0");
	assert_int_equal(r.status, 406);
}

static void an_unchanged_list_is_not_sent_again(void **state)
{
	struct client *c = *state;
	char *etag, *cwt_etag;
	struct held h;
	struct reply r;

	obtain(c, person_key(c, 30), "residence.sdjwt", 1, &h);
	r = ask_get(c, h.uri, "Accept: application/statuslist+cwt");
	cwt_etag = header_of(c, &r, "ETag");
	r = ask_get(c, h.uri, NULL);
	etag = header_of(c, &r, "ETag");
	assert_true(strlen(etag) > 8);
	assert_string_not_equal(etag, cwt_etag);
	r = ask_get(c, h.uri, text(c, "If-None-Match: %s", etag));
	must_answer(&r, 304);
	assert_int_equal(r.body.n, 0);
	assert_string_equal(header_of(c, &r, "ETag"), etag);
	r = ask_get(c, h.uri, text(c, "If-None-Match: \"x\", %s", etag));
	must_answer(&r, 304);
	r = ask_get(c, h.uri, "If-None-Match: \"x\"");
	must_answer(&r, 200);
	r = ask(c, "HEAD", h.uri, NULL, NULL, (struct idr_bytes){ NULL, 0 });
	must_answer(&r, 200);
	assert_int_equal(r.body.n, 0);
	assert_string_equal(header_of(c, &r, "ETag"), etag);
}

static void lists_of_the_past_are_not_served(void **state)
{
	struct client *c = *state;
	struct held h;
	struct reply r;

	obtain(c, person_key(c, 30), "pid.sdjwt", 1, &h);
	r = ask_get(c, text(c, "%s?time=1", h.uri), NULL);
	must_refuse(c, &r, 501, "time_not_supported");
	r = ask_get(c, text(c, "%s?a=b&time=1", h.uri), NULL);
	must_refuse(c, &r, 501, "time_not_supported");
	r = ask_get(c, text(c, "%s?a=b", h.uri), NULL);
	must_answer(&r, 200);
}

/* proves: TSL 9.3a */
static void the_aggregation_names_every_list(void **state)
{
	struct client *c = *state;
	const struct idr_json *all;
	struct held h[2];
	struct reply r;
	size_t found = 0;

	obtain(c, person_key(c, 30), "pid.sdjwt", 1, &h[0]);
	obtain(c, person_key(c, 30), "residence.sdjwt", 1, &h[1]);
	r = ask_get(c, "/statuslists", NULL);
	must_answer(&r, 200);
	assert_string_equal(header_of(c, &r, "Content-Type"), "application/json");
	all = idr_json_find(r.json, "status_lists");
	for (const struct idr_json *v = idr_json_first(all); v; v = idr_json_next(all, v)) {
		struct reply one = ask_get(c, text_of(c, v->text), NULL);

		must_answer(&one, 200);
		found += idr_json_is_str(v, h[0].uri) || idr_json_is_str(v, h[1].uri);
	}
	assert_int_equal(found, 2);
}

static void a_list_that_is_not_there_is_404(void **state)
{
	static const char *const none[] = { "/statuslists/999999", "/statuslists/0", "/statuslists/x",
		"/statuslists/-1", "/statuslists/1x", "/statuslists/99999999999999999999", "/statuslists/" };
	struct client *c = *state;
	struct reply r;

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		r = ask_get(c, none[i], NULL);
		must_refuse(c, &r, 404, "not_found");
	}
	r = ask_json(c, "POST", "/statuslists", NULL, "{}");
	must_answer(&r, 405);
	assert_string_equal(header_of(c, &r, "Allow"), "GET, HEAD, OPTIONS");
}

/* ---- changes ---- */

/* proves: TSL 7.1a */
static void a_change_shows_within_a_second_and_on_every_copy(void **state)
{
	struct client *c = *state;
	struct held h[10];
	int64_t id[4];
	struct reply r;

	obtain(c, person_key(c, 31), "pid.sdjwt", 10, h);
	for (size_t i = 0; i < 10; i++)
		assert_int_equal(value_of(c, h[i].uri, h[i].idx, NULL), 0);
	assert_true(credential_ids(c, person_key(c, 31), id, 4) >= 1);
	r = status_put(c, id[0], "suspended", "investigation");
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "status"), "suspended");
	must_become(c, &h[0], 2);
	for (size_t i = 1; i < 10; i++)
		assert_int_equal(value_of(c, h[i].uri, h[i].idx, NULL), 2);
	r = status_put(c, id[0], "valid", "investigation_ended");
	must_answer(&r, 200);
	must_become(c, &h[0], 0);
	r = status_put(c, id[0], "revoked", "stolen");
	must_answer(&r, 200);
	must_become(c, &h[9], 1);
	r = ask_get(c, text(c, "%s/admin/v1/credentials/%lld", c->admin, (long long)id[0]), c->officer);
	must_answer(&r, 200);
	assert_string_equal(member(c, r.json, "status"), "revoked");
}

static void twenty_changes_one_after_the_other_show_within_a_second_each(void **state)
{
	struct client *c = *state;
	struct held h;
	int64_t id[2];
	struct reply r;

	obtain(c, person_key(c, 32), "pid.sdjwt", 1, &h);
	assert_true(credential_ids(c, person_key(c, 32), id, 2) >= 1);
	for (int i = 0; i < 20; i++) {
		r = status_put(c, id[0], i % 2 ? "valid" : "suspended", "investigation");
		must_answer(&r, 200);
		must_become(c, &h, i % 2 ? 0 : 2);
	}
}

static void a_revoked_credential_stays_revoked(void **state)
{
	static const char *const back[] = { "valid", "suspended" };
	struct client *c = *state;
	struct held h;
	int64_t id[2];
	struct reply r;

	obtain(c, person_key(c, 33), "pid.sdjwt", 1, &h);
	assert_true(credential_ids(c, person_key(c, 33), id, 2) >= 1);
	r = status_put(c, id[0], "revoked", "deceased");
	must_answer(&r, 200);
	for (size_t i = 0; i < 2; i++) {
		r = status_put(c, id[0], back[i], "data_error");
		must_refuse(c, &r, 409, "status_final");
	}
	/* saying it again is no error and no further change */
	r = status_put(c, id[0], "revoked", "deceased");
	must_answer(&r, 200);
	must_become(c, &h, 1);
}

/* proves: TSL 4.1a, TSL 7a */
static void a_type_with_one_bit_is_revoked_but_never_suspended(void **state)
{
	struct client *c = *state;
	struct idr_status_list list;
	struct held h;
	int64_t id[2];
	struct reply r;

	obtain(c, person_key(c, 34), "residence.sdjwt", 1, &h);
	assert_true(credential_ids(c, person_key(c, 34), id, 2) >= 1);
	r = ask_get(c, h.uri, NULL);
	open_list(c, h.uri, r.body, &list);
	assert_int_equal(list.bits, 1);
	r = status_put(c, id[0], "suspended", "investigation");
	must_refuse(c, &r, 409, "conflict");
	r = status_put(c, id[0], "revoked", "lost");
	must_answer(&r, 200);
	must_become(c, &h, 1);
}

static void a_type_without_status_cannot_be_revoked(void **state)
{
	struct client *c = *state;
	struct held h;
	int64_t id[2];
	struct reply r;

	obtain(c, person_key(c, 35), "age.sdjwt", 1, &h);
	assert_null(idr_json_find(h.claims, "status"));
	assert_true(credential_ids(c, person_key(c, 35), id, 2) >= 1);
	r = status_put(c, id[0], "revoked", "lost");
	must_refuse(c, &r, 409, "conflict");
}

static void a_change_needs_a_known_status_and_a_reason(void **state)
{
	static const char *const bad[] = { "{}", "{\"status\":\"revoked\"}", "{\"reason\":\"lost\"}",
		"{\"status\":\"gone\",\"reason\":\"lost\"}", "{\"status\":\"revoked\",\"reason\":\"because\"}",
		"{\"status\":1,\"reason\":\"lost\"}", "[]" };
	struct client *c = *state;
	struct held h;
	int64_t id[2];
	char *path;
	struct reply r;

	obtain(c, person_key(c, 36), "pid.sdjwt", 1, &h);
	assert_true(credential_ids(c, person_key(c, 36), id, 2) >= 1);
	path = text(c, "%s/admin/v1/credentials/%lld/status", c->admin, (long long)id[0]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = ask_json(c, "PUT", path, c->officer, bad[i]);
		must_refuse(c, &r, 400, "invalid_field");
	}
	r = ask_json(c, "PUT", path, c->officer, "{");
	must_refuse(c, &r, 400, "json");
	r = status_put(c, 999999999, "revoked", "lost");
	must_refuse(c, &r, 404, "not_found");
	assert_int_equal(value_of(c, h.uri, h.idx, NULL), 0);
}

/* Decoys: what is not issued looks partly revoked, so that the ones of a list count nobody. */
static void a_list_shows_no_count_of_revocations(void **state)
{
	struct client *c = *state;
	struct idr_status_list list;
	struct held h;
	struct reply r;
	size_t ones = 0;

	obtain(c, person_key(c, 36), "residence.sdjwt", 1, &h);
	r = ask_get(c, h.uri, NULL);
	open_list(c, h.uri, r.body, &list);
	for (uint64_t i = 0; i < list.bytes.n * 8; i++)
		ones += idr_status_get(list.bytes.p, 1, i) == 1;
	assert_true(ones >= 64);
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_list_is_served_in_the_form_that_is_accepted),
		T(an_unchanged_list_is_not_sent_again),
		T(lists_of_the_past_are_not_served),
		T(the_aggregation_names_every_list),
		T(a_list_that_is_not_there_is_404),
		T(a_change_shows_within_a_second_and_on_every_copy),
		T(twenty_changes_one_after_the_other_show_within_a_second_each),
		T(a_revoked_credential_stays_revoked),
		T(a_type_with_one_bit_is_revoked_but_never_suspended),
		T(a_type_without_status_cannot_be_revoked),
		T(a_change_needs_a_known_status_and_a_reason),
		T(a_list_shows_no_count_of_revocations),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
