#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "present/present_webhook.h"

static struct idr_suite *suite;
static struct node *node;

static int setup(void **state)
{
	static const uint8_t secret[32] = { 1, 2, 3 };
	struct idr_err err;

	(void)state;
	suite = idr_suite_new();
	return suite && node_open(suite, idr_bytes(secret, sizeof(secret)), &node, &err) ? 0 : 1;
}

static int teardown(void **state)
{
	(void)state;
	node_free(&node);
	idr_suite_free(&suite);
	return 0;
}

static const struct reg_outbox_event event = {
	.event_id = { 0x8b, 0x1f }, .presentation_id = { 0xab }, .party_id = 7, .state = REG_PRES_VERIFIED,
	.at = 1795337979,
};

/* The body is fixed here: a receiver somewhere reads exactly this. */
static void it_says_what_happened_and_nothing_of_whom(void **state)
{
	static const uint8_t secret[WEBHOOK_SECRET];
	struct present_webhook w;

	(void)state;
	present_webhook_make(suite, secret, &event, 1795337980, &w);
	assert_string_equal(w.body, "{\"type\":\"presentation.verified\",\"timestamp\":\"2026-11-22T08:59:39Z\",\"data\":{"
	    "\"event\":\"8b1f0000000000000000000000000000\",\"id\":\"ab000000000000000000000000000000\","
	    "\"state\":\"verified\"}}");
	assert_string_equal(w.id, "webhook-id: 8b1f0000000000000000000000000000");
	assert_string_equal(w.timestamp, "webhook-timestamp: 1795337980");
	assert_int_equal(strncmp(w.signature, "webhook-signature: v1,", 22), 0);
	assert_int_equal(strlen(w.signature), 22 + 44);
}

/* proves: Standard Webhooks 1.0, "Signature scheme" */
static void it_is_signed_over_id_time_and_body(void **state)
{
	static const uint8_t secret[WEBHOOK_SECRET] = "thirty-two bytes of a secret ...";
	struct present_webhook w, later, other;
	struct reg_outbox_event second = event;
	char input[1024];
	struct idr_buf b;
	uint8_t mac[32], text[64];
	int n;

	(void)state;
	present_webhook_make(suite, secret, &event, 1795337980, &w);
	n = snprintf(input, sizeof(input), "8b1f0000000000000000000000000000.1795337980.%s", w.body);
	idr_suite_hmac(suite, idr_bytes(secret, WEBHOOK_SECRET), idr_bytes(input, (size_t)n), mac);
	idr_buf_fixed(&b, text, sizeof(text));
	idr_b64_put(&b, idr_bytes(mac, 32));
	assert_memory_equal(w.signature + 22, text, 44);
	present_webhook_make(suite, secret, &event, 1795337981, &later);
	assert_string_equal(w.body, later.body); /* the same at every try */
	assert_string_not_equal(w.signature, later.signature);
	second.state = REG_PRES_DECLINED;
	present_webhook_make(suite, secret, &second, 1795337980, &other);
	assert_string_not_equal(w.signature, other.signature);
}

static void every_party_and_every_salt_has_a_secret_of_its_own(void **state)
{
	static const uint8_t salt[2][REG_OUTBOX_SALT] = { { 1 }, { 2 } };
	uint8_t a[WEBHOOK_SECRET], b[WEBHOOK_SECRET];
	char text[WEBHOOK_SECRET_TEXT];

	(void)state;
	present_webhook_secret(node, suite, 1, salt[0], a);
	present_webhook_secret(node, suite, 1, salt[0], b);
	assert_memory_equal(a, b, sizeof(a));
	present_webhook_secret(node, suite, 2, salt[0], b);
	assert_memory_not_equal(a, b, sizeof(a));
	present_webhook_secret(node, suite, 1, salt[1], b);
	assert_memory_not_equal(a, b, sizeof(a));
	present_webhook_secret_text(a, text);
	assert_int_equal(strncmp(text, "whsec_", 6), 0);
	assert_int_equal(strlen(text), 50);
}

static void pauses_grow_with_some_chance_and_have_an_end(void **state)
{
	(void)state;
	for (int n = 1; n < 100; n++)
		for (uint32_t random = 0; random < 5000; random += 7) {
			int64_t s = present_webhook_pause(n, 3600, random);

			assert_in_range(s, 1, 3600);
			if (n < 11)
				assert_in_range(s, (1 << n) / 2, 1 << n);
			else if (n > 12)
				assert_true(s >= 1800);
		}
	assert_int_not_equal(present_webhook_pause(5, 3600, 0), present_webhook_pause(5, 3600, 9));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_happened_and_nothing_of_whom),
		cmocka_unit_test(it_is_signed_over_id_time_and_body),
		cmocka_unit_test(every_party_and_every_salt_has_a_secret_of_its_own),
		cmocka_unit_test(pauses_grow_with_some_chance_and_have_an_end),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
