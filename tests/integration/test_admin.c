/*
 * The agency's side: no route without a key, no key beyond its role, people in and nothing of them out.
 * The routes are read from the server's own table, so a new one cannot be forgotten here.
 */
#include "client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

struct route {
	char listener[8], method[8], path[96], caller[16], media[16];
};

/* ---- the table, from its source ---- */

static const char *token(const char *p, char *out, size_t max)
{
	size_t n;

	p += strspn(p, " \t\n");
	if (*p == '"')
		p++;
	n = strcspn(p, ",\"");
	assert_true(n < max);
	memcpy(out, p, n);
	out[n] = '\0';
	p += n;
	return p + strspn(p, "\",");
}

static size_t read_routes(struct client *c, struct route *out, size_t max)
{
	char *p = text_of(c, file_of(c, "idsrv/routes.c")), name[64];
	size_t n = 0;

	p = strstr(p, "const struct http_route routes[]");
	assert_non_null(p);
	while (*(p += strcspn(p, "PA\n/")) != '\0') {
		bool admin = !strncmp(p, "ADMIN(", 6);

		if (!admin && strncmp(p, "PUBLIC(", 7) != 0) {
			p++;
			continue;
		}
		assert_true(n < max);
		snprintf(out[n].listener, sizeof(out[n].listener), "%s", admin ? "ADMIN" : "PUBLIC");
		p = strchr(p, '(') + 1;
		p = (char *)(uintptr_t)token(p, name, sizeof(name));
		p = (char *)(uintptr_t)token(p, out[n].method, sizeof(out[n].method));
		p = (char *)(uintptr_t)token(p, out[n].path, sizeof(out[n].path));
		p = (char *)(uintptr_t)token(p, out[n].caller, sizeof(out[n].caller));
		p = (char *)(uintptr_t)token(p, out[n].media, sizeof(out[n].media));
		n++;
	}
	assert_true(n >= 30);
	return n;
}

/* {id} becomes something that could be one, of nothing that is there: some of these calls are obeyed. */
static char *url_of(struct client *c, const struct route *r)
{
	const char *base = !strcmp(r->listener, "ADMIN") ? c->admin : c->server;
	const char *open = strchr(r->path, '{'), *close = open ? strchr(open, '}') : NULL;

	if (!open)
		return text(c, "%s%s", base, r->path);
	return text(c, "%s%.*s99999999%s", base, (int)(open - r->path), r->path, close + 1);
}

static struct reply knock(struct client *c, const struct route *r, const char *key)
{
	const char *const headers[] = { key, NULL };
	const char *type = !strncmp(r->media, "JSON", 4) ? "application/json" :
	    !strcmp(r->media, "FORM") ? "application/x-www-form-urlencoded" :
	    !strcmp(r->media, "NDJSON") ? "application/x-ndjson" : NULL;

	return ask(c, r->method, url_of(c, r), headers, type,
	    type ? IDR_LIT("{}") : (struct idr_bytes){ NULL, 0 });
}

static void no_admin_route_opens_without_an_operators_token(void **state)
{
	struct client *c = *state;
	struct route route[64];
	size_t n = read_routes(c, route, 64), seen = 0;
	const char *const keys[] = { NULL, "Authorization: Bearer x", "Authorization: Bearer ",
		"Authorization: Basic YWRtaW46YWRtaW4=", c->bank, text(c, "Authorization: Digest %s", c->officer + 22) };

	for (size_t i = 0; i < n; i++) {
		if (strcmp(route[i].listener, "ADMIN") != 0)
			continue;
		assert_string_not_equal(route[i].caller, "ANYONE");
		seen++;
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			struct reply r = knock(c, &route[i], keys[k]);

			print_message("%s %s, key %zu\n", route[i].method, route[i].path, k);
			must_refuse(c, &r, 401, "unauthorized");
			assert_int_equal(strncmp(header_of(c, &r, "WWW-Authenticate"), "Bearer", 6), 0);
		}
	}
	assert_true(seen >= 15);
}

static void two_authorization_headers_are_none(void **state)
{
	struct client *c = *state;
	const char *const headers[] = { c->officer, c->officer, NULL };
	struct reply r = ask(c, "GET", text(c, "%s/admin/v1/types", c->admin), headers, NULL,
	    (struct idr_bytes){ NULL, 0 });

	must_refuse(c, &r, 401, "unauthorized");
}

static void no_role_opens_what_belongs_to_another(void **state)
{
	struct client *c = *state;
	struct route route[64];
	size_t n = read_routes(c, route, 64);

	for (size_t i = 0; i < n; i++) {
		const struct { const char *role, *key; } operators[] = { { "OFFICER", c->officer },
			{ "ADMINISTRATOR", c->administrator }, { "AUDITOR", c->auditor } };

		if (strcmp(route[i].listener, "ADMIN") != 0)
			continue;
		for (size_t k = 0; k < 3; k++) {
			bool may = !strcmp(route[i].caller, "OPERATOR") || !strcmp(route[i].caller, operators[k].role);
			struct reply r = knock(c, &route[i], operators[k].key);

			print_message("%s %s as %s\n", route[i].method, route[i].path, operators[k].role);
			if (may)
				assert_true(r.status != 401 && r.status != 403 && r.status != 0);
			else
				must_refuse(c, &r, 403, "forbidden");
		}
	}
}

static void no_party_route_opens_without_a_partys_key(void **state)
{
	struct client *c = *state;
	struct route route[64];
	size_t n = read_routes(c, route, 64), seen = 0;

	for (size_t i = 0; i < n; i++) {
		const char *const keys[] = { NULL, c->officer, c->administrator, "Authorization: Bearer x" };

		if (strcmp(route[i].caller, "PARTY") != 0)
			continue;
		seen++;
		for (size_t k = 0; k < 4; k++) {
			struct reply r = knock(c, &route[i], keys[k]);

			print_message("%s %s, key %zu\n", route[i].method, route[i].path, k);
			must_refuse(c, &r, 401, "unauthorized");
		}
	}
	assert_true(seen >= 4);
}

static void the_public_listener_knows_no_admin_route(void **state)
{
	struct client *c = *state;
	struct route route[64];
	size_t n = read_routes(c, route, 64);

	for (size_t i = 0; i < n; i++)
		if (!strncmp(route[i].path, "/admin", 6) || !strcmp(route[i].path, "/metrics")) {
			struct reply r = ask(c, route[i].method, url_of(c, &route[i]) + strlen(c->admin),
			    (const char *const[]){ c->officer, NULL }, "application/json", IDR_LIT("{}"));

			must_refuse(c, &r, 404, "not_found");
		}
}

static void every_route_names_the_methods_it_takes(void **state)
{
	static const char *const methods[] = { "DELETE", "PATCH", "PUT", "POST", "GET", "TRACE", "BREW" };
	struct client *c = *state;
	struct route route[64];
	size_t n = read_routes(c, route, 64);

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof(methods) / sizeof(methods[0]); k++) {
			struct route other = route[i];
			struct reply r;
			bool taken = false;

			for (size_t j = 0; j < n; j++)
				taken |= !strcmp(route[j].listener, route[i].listener) &&
				    !strcmp(url_of(c, &route[j]), url_of(c, &route[i])) && !strcmp(route[j].method, methods[k]);
			if (taken)
				continue;
			print_message("%s %s\n", methods[k], route[i].path);
			snprintf(other.method, sizeof(other.method), "%s", methods[k]);
			r = knock(c, &other, NULL);
			must_answer(&r, 405);
			assert_non_null(strstr(header_of(c, &r, "Allow"), route[i].method));
			assert_null(strstr(header_of(c, &r, "Allow"), methods[k]));
		}
}

/* ---- people ---- */

static struct reply import(struct client *c, const char *query, struct idr_bytes lines)
{
	return ask(c, "POST", text(c, "%s/admin/v1/people%s", c->admin, query),
	    (const char *const[]){ c->officer, NULL }, "application/x-ndjson", lines);
}

static void bad_lines_are_refused_each_with_its_code(void **state)
{
	struct client *c = *state;
	const struct idr_json *expected = json_of(c, file_of(c, "schema/samples/bad.expected.json")), *refusals;
	struct reply r = import(c, "?types=pid", file_of(c, "schema/samples/bad.ndjson"));

	must_answer(&r, 200);
	refusals = idr_json_find(r.json, "refusals");
	for (const struct idr_json *v = idr_json_first(refusals); v; v = idr_json_next(refusals, v)) {
		char *line = text(c, "%lld", (long long)number(v, "line"));

		if (strcmp(member(c, expected, line), member(c, v, "code")) != 0)
			fail_msg("line %s: %s instead of %s", line, member(c, v, "code"), member(c, expected, line));
	}
	assert_int_equal(refusals->n, expected->n);
	assert_int_equal(number(r.json, "refused"), expected->n);
	assert_int_equal(number(r.json, "new") + number(r.json, "same"), 1);
	/* and says nothing of what stood in them */
	assert_null(strstr((const char *)r.body.p, "Phearun"));
}

static void the_same_people_again_change_nothing(void **state)
{
	struct client *c = *state;
	struct reply r = import(c, "", file_of(c, "schema/samples/people.ndjson"));

	must_answer(&r, 200);
	assert_int_equal(number(r.json, "same"), number(r.json, "rows"));
	assert_int_equal(number(r.json, "rows"), 1000);
	assert_int_equal(number(r.json, "new"), 0);
}

static char *made_up(struct client *c, const char *key, const char *name, const char *extra)
{
	return text(c, "{\"key\":\"%s\",\"claims\":{\"full_name\":\"%s\",\"birthdate\":\"1990-01-02\",\"sex\":1,"
	    "\"nationalities\":[\"KH\"],\"issuing_country\":\"KH\"%s}}\n", key, name, extra);
}

static void changed_claims_need_update_and_then_replace(void **state)
{
	struct client *c = *state;
	char *key = text(c, "T-%s", unique(c));
	struct reply r;

	r = import(c, "?types=age", idr_str(made_up(c, key, "First", "")));
	must_answer(&r, 200);
	if (number(r.json, "new") != 1)
		fail_msg("%s", (const char *)r.body.p);
	r = import(c, "?types=age", idr_str(made_up(c, key, "Second", "")));
	assert_int_equal(number(r.json, "refused"), 1);
	assert_string_equal(member(c, idr_json_first(idr_json_find(r.json, "refusals")), "code"), "key_conflict");
	r = import(c, "?types=age&update=true", idr_str(made_up(c, key, "Second", "")));
	assert_int_equal(number(r.json, "updated"), 1);
	r = import(c, "?types=age&update=true", idr_str(made_up(c, key, "Second", "")));
	assert_int_equal(number(r.json, "same"), 1);
	r = import(c, "?types=age", idr_str(made_up(c, key, "First", "")));
	assert_int_equal(number(r.json, "refused"), 1);
}

/* The same text in another form of Unicode, or with spaces around it, is the same person. */
static void spelling_differences_that_mean_nothing_are_the_same(void **state)
{
	struct client *c = *state;
	char *key = text(c, "T-%s", unique(c));
	struct reply r;

	r = import(c, "?types=age", idr_str(made_up(c, key, "H\u1ed3 C\u01b0\u1eddng", "")));
	assert_int_equal(number(r.json, "new"), 1);
	r = import(c, "?types=age", idr_str(made_up(c, key, " Ho\u0302\u0300 Cu\u031bo\u031b\u0300ng ", "")));
	assert_int_equal(number(r.json, "same"), 1);
}

static void an_import_of_another_kind_or_size_is_refused(void **state)
{
	struct client *c = *state;
	char *url = text(c, "%s/admin/v1/people", c->admin);
	struct reply r = ask_json(c, "POST", url, c->officer, "{}");

	must_refuse(c, &r, 415, "unsupported_media_type");
	r = import(c, "", idr_str(text(c, "%05000000d\n", 1)));
	must_refuse(c, &r, 413, "body_too_large");
	r = import(c, "?types=nothing", IDR_LIT("{}\n"));
	must_refuse(c, &r, 400, "invalid_field");
	r = import(c, "", IDR_LIT(""));
	must_answer(&r, 200);
	assert_int_equal(number(r.json, "rows"), 0);
}

static void finding_needs_a_reason_and_gives_no_personal_data(void **state)
{
	struct client *c = *state;
	char *url = text(c, "%s/admin/v1/people/find", c->admin), *key = person_key(c, 50);
	const struct idr_json *claims = person_claims(c, 50);
	struct held h;
	struct reply r;

	obtain(c, key, "pid.sdjwt", 1, &h);
	r = ask_json(c, "POST", url, c->officer, text(c, "{\"person\":\"%s\"}", key));
	must_refuse(c, &r, 400, "invalid_field");
	r = ask_json(c, "POST", url, c->officer, text(c, "{\"person\":\"%s\",\"reason\":\"curiosity\"}", key));
	must_refuse(c, &r, 400, "invalid_field");
	r = ask_json(c, "POST", url, c->officer, "{\"person\":\"nobody\",\"reason\":\"support\"}");
	must_refuse(c, &r, 404, "not_found");
	r = ask_json(c, "POST", url, c->officer, text(c, "{\"person\":\"%s\",\"reason\":\"support\"}", key));
	must_answer(&r, 200);
	assert_null(strstr((const char *)r.body.p, member(c, claims, "full_name")));
	assert_null(strstr((const char *)r.body.p, key));
}

/* R1: there is no list of people to read, and none can be asked for. */
static void one_call_finds_one_person(void **state)
{
	static const char *const bad[] = {
		"{\"person\":[\"a\",\"b\"],\"reason\":\"support\"}", "{\"people\":[\"a\"],\"reason\":\"support\"}",
		"{\"person\":\"\",\"reason\":\"support\"}", "{\"person\":\"*\",\"reason\":\"support\"}",
		"{\"person\":\"%\",\"reason\":\"support\"}", "{\"reason\":\"support\"}",
	};
	struct client *c = *state;
	char *url = text(c, "%s/admin/v1/people", c->admin);
	struct reply r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = ask_json(c, "POST", text(c, "%s/find", url), c->curious, bad[i]);
		if (r.status == 404) /* a key like any other, which nobody has */
			must_refuse(c, &r, 404, "not_found");
		else
			must_refuse(c, &r, 400, "invalid_field");
	}
	r = ask_get(c, url, c->officer);
	must_answer(&r, 405);
	assert_string_equal(header_of(c, &r, "Allow"), "POST");
	r = ask_get(c, text(c, "%s/%s", url, person_key(c, 50)), c->officer);
	must_refuse(c, &r, 404, "not_found");
}

static long alarms(struct client *c)
{
	struct reply r = ask_get(c, text(c, "%s/metrics", c->admin), c->auditor);
	const char *line = strstr((const char *)r.body.p, "\nidsrv_alarms_total ");

	must_answer(&r, 200);
	assert_non_null(line);
	return decimal(line + strlen("\nidsrv_alarms_total "));
}

/* R1: the officer is served, and somebody hears of it. Keys that nobody has count too: two by the test before. */
static void the_fiftieth_look_up_within_an_hour_raises_an_alarm(void **state)
{
	struct client *c = *state;
	char *url = text(c, "%s/admin/v1/people/find", c->admin), *key = person_key(c, 50);
	long before = alarms(c);
	struct reply r;

	for (int found = 2; found < 50; found++) {
		assert_int_equal(alarms(c), before);
		r = ask_json(c, "POST", url, c->curious, text(c, "{\"person\":\"%s\",\"reason\":\"support\"}", key));
		must_answer(&r, 200);
	}
	assert_int_equal(alarms(c), before + 1);
}

/* proves: VCI 4.1.1a */
static void an_offer_needs_a_person_and_known_configurations(void **state)
{
	struct client *c = *state;
	char *url = text(c, "%s/admin/v1/offers", c->admin), *key = person_key(c, 50);
	const struct { const char *body; long status; const char *code; } bad[] = {
		{ "{}", 400, "invalid_field" },
		{ text(c, "{\"person\":\"%s\"}", key), 400, "invalid_field" },
		{ text(c, "{\"person\":\"%s\",\"configurations\":[]}", key), 400, "invalid_field" },
		{ text(c, "{\"person\":\"%s\",\"configurations\":[\"x\"]}", key), 400, "invalid_field" },
		{ text(c, "{\"person\":\"%s\",\"configurations\":[\"pid.sdjwt\",\"pid.sdjwt\"]}", key), 400, "invalid_field" },
		{ text(c, "{\"person\":\"%s\",\"configurations\":[\"pid.sdjwt\"],\"tx_code\":3}", key), 400, "invalid_field" },
		{ text(c, "{\"person\":\"%s\",\"configurations\":[\"pid.sdjwt\"],\"tx_code\":13}", key), 400, "invalid_field" },
		{ "{\"person\":\"nobody\",\"configurations\":[\"pid.sdjwt\"]}", 404, "not_found" },
		{ "{\"person\":1,\"configurations\":[\"pid.sdjwt\"]}", 400, "invalid_field" },
		{ "{\"person\":\"a\",\"person\":\"b\"}", 400, "json" },
	};
	struct reply r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("offer %zu\n", i);
		r = ask_json(c, "POST", url, c->officer, bad[i].body);
		must_refuse(c, &r, bad[i].status, bad[i].code);
	}
	r = ask_get(c, "/offers/00000000000000000000000000000000", NULL);
	must_answer(&r, 404);
	r = ask_get(c, "/offers/x", NULL);
	must_answer(&r, 404);
}

static void a_party_needs_a_name_known_policies_and_safe_addresses(void **state)
{
	static const char *const bad[] = {
		"{}", "{\"name\":\"\"}", "{\"name\":1}", "{\"name\":\"x\",\"policies\":[\"nothing\"]}",
		"{\"name\":\"x\",\"policies\":\"age-18\"}", "{\"name\":\"x\",\"return_urls\":[\"http://bank.example/\"]}",
		"{\"name\":\"x\",\"return_urls\":[\"javascript:alert(1)\"]}", "{\"name\":\"x\",\"return_urls\":[\"https://a b/\"]}",
	};
	struct client *c = *state;
	char *url = text(c, "%s/admin/v1/parties", c->admin);
	struct reply r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = ask_json(c, "POST", url, c->administrator, bad[i]);
		must_refuse(c, &r, 400, "invalid_field");
	}
	r = ask_json(c, "POST", url, c->administrator, "{\"name\":\"\\u202eknab\"}");
	must_refuse(c, &r, 400, "bidi_control");
	r = ask_json(c, "POST", url, c->administrator, "{\"name\":\"Sample Bank\",\"policies\":[]}");
	must_refuse(c, &r, 409, "conflict");
	r = ask_get(c, url, c->auditor);
	must_answer(&r, 200);
	assert_null(strstr((const char *)r.body.p, "key_hash"));
	r = ask_json(c, "PUT", text(c, "%s/999999", url), c->administrator, "{\"disabled\":true}");
	must_refuse(c, &r, 404, "not_found");
}

/* proves: VP A.2c: origins are compared as strings, so only what a browser writes is of use */
static void a_party_has_origins_as_a_browser_writes_them(void **state)
{
	static const char *const bad[] = { "http://bank.example", "https://bank.example/", "https://Bank.example",
		"https://bank.example:443", "https://bank.example:0443", "https://bank.example:65536", "https://bank.example:",
		"https://", "https://.example", "https://u@bank.example", "https://*.bank.example", "https://[::2]",
		"bank.example", "null", "", "https://bank.example\\nhttps://evil.example",
		"android:apk-key-hash:x", "http://127.0.0.1:80", "http://127.0.0.1.evil.example" };
	static const char *const good[] = { "https://bank.example", "https://bank.example:8443", "http://localhost",
		"http://127.0.0.1:8090", "http://[::1]:8090", "https://xn--bcher-kva.example" };
	struct client *c = *state;
	char *url = text(c, "%s/admin/v1/parties/1", c->admin);
	struct reply r;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		r = ask_json(c, "PUT", url, c->administrator, text(c, "{\"origins\":[\"%s\"]}", bad[i]));
		if (r.status != 400)
			fail_msg("%s gives %ld", bad[i], r.status);
		must_refuse(c, &r, 400, "invalid_field");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		r = ask_json(c, "PUT", url, c->administrator, text(c, "{\"origins\":[\"%s\"]}", good[i]));
		must_answer(&r, 204);
	}
	r = ask_get(c, text(c, "%s/admin/v1/parties", c->admin), c->auditor);
	must_answer(&r, 200);
	assert_non_null(memmem(r.body.p, r.body.n, "\"origins\":[\"https://xn--bcher-kva.example\"]", 43));
	r = ask_json(c, "PUT", url, c->administrator, "{\"origins\":[],\"disabled\":false}"); /* one thing at a time */
	must_refuse(c, &r, 400, "invalid_field");
	r = ask_json(c, "PUT", url, c->administrator, "{\"origins\":[]}");
	must_answer(&r, 204);
}

/* ---- the operator's eyes ---- */

static void health_is_a_word_outside_and_detailed_inside(void **state)
{
	struct client *c = *state;
	struct reply r = ask_get(c, "/health", NULL);

	must_answer(&r, 200);
	assert_string_equal((const char *)r.body.p, "{\"status\":\"up\"}");
	r = ask_get(c, text(c, "%s/health", c->admin), c->auditor);
	must_answer(&r, 200);
	assert_true(idr_json_is(idr_json_find(r.json, "signer"), IDR_JSON_TRUE));
	assert_true(idr_json_is(idr_json_find(r.json, "database"), IDR_JSON_TRUE));
	assert_true(idr_json_is(idr_json_find(r.json, "status_lists"), IDR_JSON_TRUE));
	r = ask_get(c, text(c, "%s/metrics", c->admin), c->auditor);
	must_answer(&r, 200);
	assert_non_null(strstr((const char *)r.body.p, "# TYPE"));
}

static void the_description_of_the_api_names_every_route(void **state)
{
	struct client *c = *state;
	struct route route[64];
	size_t n = read_routes(c, route, 64);
	struct reply r = ask_get(c, "/openapi.yaml", NULL);

	must_answer(&r, 200);
	for (size_t i = 0; i < n; i++)
		if (!strstr((const char *)r.body.p, text(c, "  %s:", route[i].path)) &&
		    !strstr((const char *)r.body.p, text(c, "\"%s\":", route[i].path)))
			fail_msg("%s is not described", route[i].path);
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(no_admin_route_opens_without_an_operators_token),
		T(two_authorization_headers_are_none),
		T(no_role_opens_what_belongs_to_another),
		T(no_party_route_opens_without_a_partys_key),
		T(the_public_listener_knows_no_admin_route),
		T(every_route_names_the_methods_it_takes),
		T(bad_lines_are_refused_each_with_its_code),
		T(the_same_people_again_change_nothing),
		T(changed_claims_need_update_and_then_replace),
		T(spelling_differences_that_mean_nothing_are_the_same),
		T(an_import_of_another_kind_or_size_is_refused),
		T(finding_needs_a_reason_and_gives_no_personal_data),
		T(one_call_finds_one_person),
		T(the_fiftieth_look_up_within_an_hour_raises_an_alarm),
		T(an_offer_needs_a_person_and_known_configurations),
		T(a_party_needs_a_name_known_policies_and_safe_addresses),
		T(a_party_has_origins_as_a_browser_writes_them),
		T(health_is_a_word_outside_and_detailed_inside),
		T(the_description_of_the_api_names_every_route),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
