/*
 * The clients file: what is taken of it, and that everything a person may write wrongly there is refused when it is
 * loaded, not when a wallet comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "rules/rules_client.h"
#include "testkit.h"

static struct kit k;
static struct rules_clients got;
static struct idr_err err;

static int start(void **state)
{
	(void)state;
	kit_open(&k);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	kit_close(&k);
	return 0;
}

static bool parse(const char *text, bool haip)
{
	got = (struct rules_clients){ 0 };
	return rules_clients_parse(k.s, k.a, idr_str(text), haip, &got, &err);
}

/* `member` in the place of "%s". */
static char *with(const char *form, const char *member)
{
	static char text[2048];
	const char *at = strstr(form, "%s");

	assert_non_null(at);
	snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - form), form, member, at + 2);
	return text;
}

#define HAIP "\"client_id\":\"w\",\"name\":\"W\",\"profile\":\"haip\",\"authentication\":\"attest_jwt_client_auth\"," \
	"\"attester\":\"https://p.example\""
#define OPEN "\"client_id\":\"w\",\"name\":\"W\",\"profile\":\"plain\",\"authentication\":\"none\""
#define KEYS "\"client_id\":\"w\",\"name\":\"W\",\"profile\":\"plain\",\"authentication\":\"private_key_jwt\""
#define JWK "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"Y2cCfvw994f3ZJ9cCjpskWbA_y_m6q-A7fB9eTnIx-4\"," \
	"\"y\":\"nimf7lV_vbZOYAfyvdY-DYW_ttP8zJsU9I8gxbRyzxI\"%s}"

static void nobody_is_registered_in_an_empty_file(void **state)
{
	(void)state;
	assert_true(parse("{}", false));
	assert_int_equal(got.n_client, 0);
	assert_null(rules_client(&got, IDR_LIT("")));
}

static void takes_the_three_ways_of_authenticating(void **state)
{
	(void)state;
	assert_true(parse("{\"clients\":[{" HAIP "}]}", true));
	assert_true(got.uses[RULES_AUTH_ATTESTATION] && got.client[0].haip);
	assert_true(idr_bytes_is(got.client[0].attester, "https://p.example"));
	assert_true(parse("{\"clients\":[{" OPEN "}]}", false));
	assert_true(parse(with("{\"clients\":[{" KEYS ",\"jwks\":{\"keys\":[" JWK "]}}]}", ",\"kid\":\"1\""), false));
	assert_int_equal(got.client[0].n_key, 1);
	assert_true(idr_bytes_is(got.client[0].key[0].kid, "1"));
}

/* proves: HAIP 4.4.1a */
static void refuses_what_a_person_may_write_wrongly(void **state)
{
	static const char *const bad[] = {
		"", "[]", "{\"client\":[]}", "{\"clients\":{}}", "{\"clients\":[1]}", "{\"clients\":[{}]}",
		"{\"clients\":[{" HAIP ",\"redirect_uri\":[]}]}",               /* misspelt */
		"{\"clients\":[{" HAIP "},{" HAIP "}]}",                        /* twice */
		"{\"clients\":[{\"client_id\":\"w\",\"name\":\"W\",\"profile\":\"haip\",\"authentication\":\"none\"}]}",
		"{\"clients\":[{\"client_id\":\"w\",\"name\":\"W\",\"profile\":\"both\",\"authentication\":\"none\"}]}",
		"{\"clients\":[{\"client_id\":\"w\",\"name\":\"W\",\"authentication\":\"none\"}]}",
		"{\"clients\":[{\"client_id\":\"w w\\u0007\",\"name\":\"W\",\"profile\":\"plain\",\"authentication\":\"none\"}]}",
		"{\"clients\":[{\"client_id\":\"w\",\"name\":\"\",\"profile\":\"plain\",\"authentication\":\"none\"}]}",
		"{\"clients\":[{\"client_id\":\"w\",\"name\":\"W\",\"profile\":\"plain\",\"authentication\":\"client_secret_basic\"}]}",
		"{\"clients\":[{" OPEN ",\"attester\":\"https://p.example\"}]}",
		"{\"clients\":[{" OPEN ",\"jwks\":{\"keys\":[]}}]}",
		"{\"clients\":[{" KEYS "}]}", "{\"clients\":[{" KEYS ",\"jwks\":{\"keys\":[]}}]}",
		"{\"clients\":[{" KEYS ",\"jwks\":{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}}]}",
		"{\"attesters\":[{\"attester\":\"https://p.example\",\"redirect_prefixes\":[\"https://x.example\"]}]}",
		"{\"attesters\":[{\"attester\":\"https://p.example\",\"redirect_prefixes\":[\"https://x.example/a/../\"]}]}",
		"{\"attesters\":[{\"attester\":\"https://p.example\",\"redirect_prefixes\":[\"https://u@x.example/\"]}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("%s\n", bad[i]);
		assert_false(parse(bad[i], false));
		assert_int_equal(err.code, IDR_CONFIG);
	}
	assert_false(parse(with("{\"clients\":[{" KEYS ",\"jwks\":{\"keys\":[" JWK "]}}]}", ",\"d\":\"AA\""), false));
	assert_false(parse("{\"clients\":[{" OPEN "}]}", true)); /* a server of haip takes no plain clients */
}

static void an_address_is_https_loopback_or_of_a_private_scheme(void **state)
{
	static const char *const good[] = { "https://w.example", "https://w.example/cb?a=b&c=d", "http://127.0.0.1:80/cb",
		"http://[::1]/cb", "http://localhost/cb", "com.example.wallet:/cb", "com.example.wallet://cb" };
	static const char *const bad[] = { "", "https:///cb", "https://w.example/cb#f", "http://w.example/cb",
		"http://127.0.0.1.evil.example/", "javascript:alert(1)", "data:text/html,x", "wallet:/cb", "/cb", "cb",
		"https://w.example/c b", "https://w.example/\\\\evil", "com.example.wallet:" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		print_message("%s\n", good[i]);
		assert_true(parse(with("{\"clients\":[{" OPEN ",\"redirect_uris\":[\"%s\"]}]}", good[i]), false));
		assert_true(rules_client_may_redirect(&got, &got.client[0], idr_str(good[i])));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		print_message("%s\n", bad[i]);
		assert_false(parse(with("{\"clients\":[{" OPEN ",\"redirect_uris\":[\"%s\"]}]}", bad[i]), false));
	}
}

static void a_prefix_is_for_the_wallets_of_its_attester_and_is_not_climbed_out_of(void **state)
{
	static const char text[] = "{\"clients\":[{" HAIP ",\"redirect_uris\":[\"https://w.example/cb\"]}],\"attesters\":["
	    "{\"attester\":\"https://p.example\",\"redirect_prefixes\":[\"https://i.example/cb/\"]},"
	    "{\"attester\":\"https://q.example\",\"redirect_prefixes\":[\"https://j.example/\"]}]}";
	static const struct { const char *uri; bool may; } tried[] = {
		{ "https://w.example/cb", true }, { "https://w.example/cb?", false }, { "https://W.example/cb", false },
		{ "https://i.example/cb/1?x=y", true }, { "https://i.example/cb/", true }, { "https://i.example/cb", false },
		{ "https://i.example/cb/../x", false }, { "https://i.example/cb/.hidden", false },
		{ "https://i.example/cb/%2e%2E/x", false }, { "https://i.example/cb/1#f", false },
		{ "https://j.example/", false },
	};

	(void)state;
	assert_true(parse(text, false));
	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		print_message("%s\n", tried[i].uri);
		assert_int_equal(rules_client_may_redirect(&got, &got.client[0], idr_str(tried[i].uri)), tried[i].may);
	}
}

/* RFC 8252 section 7.3 */
static void a_program_on_the_machine_listens_on_any_port_of_a_loopback_address_without_one(void **state)
{
	static const char text[] = "{\"clients\":[{" OPEN ",\"redirect_uris\":[\"http://127.0.0.1/cb\","
	    "\"http://[::1]/cb\",\"http://localhost/cb\",\"https://w.example/cb\",\"http://127.0.0.1:80/fixed\"]}]}";
	static const struct { const char *uri; bool may; } tried[] = {
		{ "http://127.0.0.1/cb", true }, { "http://127.0.0.1:1/cb", true }, { "http://127.0.0.1:65535/cb", true },
		{ "http://[::1]:4711/cb", true }, { "http://127.0.0.1:80/fixed", true },
		{ "http://127.0.0.1:81/fixed", false }, { "http://127.0.0.1:/cb", false },
		{ "http://127.0.0.1:123456/cb", false }, { "http://127.0.0.1:4711/cb?x=y", false },
		{ "http://127.0.0.1:4711/", false }, { "http://127.0.0.1:4711", false },
		{ "http://127.0.0.1:4711@evil.example/cb", false }, { "http://127.0.0.1:47.evil.example/cb", false },
		{ "https://127.0.0.1:4711/cb", false }, { "http://localhost:4711/cb", false },
		{ "https://w.example:4711/cb", false }, { "http://127.0.0.2:4711/cb", false },
	};

	(void)state;
	assert_true(parse(text, false));
	for (size_t i = 0; i < sizeof(tried) / sizeof(tried[0]); i++) {
		print_message("%s\n", tried[i].uri);
		assert_int_equal(rules_client_may_redirect(&got, &got.client[0], idr_str(tried[i].uri)), tried[i].may);
	}
}

/* ---- idctl client lint ---- */

static size_t line[8], n_line;

static void told(void *ctx, size_t at, const struct idr_err *why)
{
	(void)ctx;
	assert_int_equal(why->code, IDR_CONFIG);
	assert_true(n_line < 8);
	line[n_line++] = at;
}

static void every_fault_is_told_with_its_line_and_the_rest_is_taken(void **state)
{
	static const char text[] = "{\"clients\":[\n{" HAIP "},\n{" OPEN ",\n\"redirect_uri\":[]},\n{" OPEN "},\n"
	    "{\"client_id\":\"x\",\"name\":\"X\",\"profile\":\"plain\",\n\"authentication\":\"none\",\n\"redirect_uris\":"
	    "[\"https://x.example\",\n\"http://x.example\"]},\n{\"client_id\":\"y\",\"name\":\"Y\",\"profile\":\"plain\","
	    "\"authentication\":\"none\"}]}";
	static const size_t want[] = { 4, 5, 9 }; /* misspelt, twice, no https */

	(void)state;
	n_line = 0;
	got = (struct rules_clients){ 0 };
	assert_true(rules_clients_lint(k.s, k.a, idr_str(text), false, told, NULL, &got, &err));
	assert_int_equal(n_line, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(line[i], want[i]);
	assert_int_equal(got.n_client, 2);
	/* nothing of a client with a fault is left in the next */
	assert_int_equal(got.client[1].n_redirect_uri, 0);
	assert_false(parse(text, false));
	assert_non_null(strstr(err.msg, "line 4"));
	assert_false(rules_clients_lint(k.s, k.a, IDR_LIT("{\"client\":[]}"), false, told, NULL, &got, &err));
}

/* Lint prints them on a terminal, and a file may come from a wallet's provider. */
static void no_message_steers_the_terminal_it_stands_on(void **state)
{
	static const char *const bad[] = {
		"{\"clients\":[{\"client_id\":\"w\\u001b[2J\",\"name\":\"W\",\"profile\":\"plain\",\"authentication\":\"none\"}]}",
		"{\"attesters\":[{\"attester\":\"https://p.example\\u001b[2J\",\"redirect_prefixes\":[\"x\"]}]}",
		"{\"clients\":[{\"client_id\":\"\u1780\u17d2\u1798\u17c2\u179a\",\"name\":\"W\",\"profile\":\"plain\"}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(parse(bad[i], false));
		for (const char *p = err.msg; *p; p++)
			assert_in_range(*p, ' ', '~');
	}
}

static int check(char *one, char *two, char *three)
{
	char name[] = "idsrv", check[] = "--check-clients", file[] = "/tmp/clients.XXXXXX";
	char *argv[] = { name, check, file, one, two, three, NULL };
	static const char text[] = "{\"clients\":[{" OPEN "}]}";
	int n = 3, code, fd = mkstemp(file);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	while (argv[n])
		n++;
	code = rules_clients_check(n, argv);
	unlink(file);
	return code;
}

static void a_check_that_is_called_wrongly_is_none(void **state)
{
	char profile[] = "--profile", plain[] = "plain", haip[] = "haip", misspelt[] = "hiap", json[] = "--json",
	    joined[] = "--profile=haip", again[] = "--check-clients";

	(void)state;
	assert_int_equal(check(NULL, NULL, NULL), 0);
	assert_int_equal(check(profile, plain, json), 0);
	assert_int_equal(check(json, profile, haip), 1);
	assert_int_equal(check(profile, misspelt, NULL), 3);
	assert_int_equal(check(joined, NULL, NULL), 3);
	assert_int_equal(check(profile, NULL, NULL), 3);
	assert_int_equal(check(again, plain, NULL), 3);
}

#define T(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nobody_is_registered_in_an_empty_file),
		T(takes_the_three_ways_of_authenticating),
		T(refuses_what_a_person_may_write_wrongly),
		T(an_address_is_https_loopback_or_of_a_private_scheme),
		T(a_prefix_is_for_the_wallets_of_its_attester_and_is_not_climbed_out_of),
		T(a_program_on_the_machine_listens_on_any_port_of_a_loopback_address_without_one),
		T(every_fault_is_told_with_its_line_and_the_rest_is_taken),
		T(no_message_steers_the_terminal_it_stands_on),
		T(a_check_that_is_called_wrongly_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
