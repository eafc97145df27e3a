#include "suite/pem.h"
#include "suite_fixture.h"

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END "-----END CERTIFICATE-----\n"

static bool read_pem(const char *text, struct idr_bytes *der, size_t max, size_t *n)
{
	return idr_pem_certificates(a, idr_str(text), der, max, n, &err);
}

static void reads_blocks_in_order(void **state)
{
	struct idr_bytes der[3];
	size_t n;

	(void)state;
	assert_works(read_pem(BEGIN "YWJj\n" END "\n" BEGIN "ZGVm\nZw==\n" END, der, 3, &n));
	assert_int_equal(n, 2);
	assert_true(idr_bytes_is(der[0], "abc") && idr_bytes_is(der[1], "defg"));
	assert_works(read_pem("-----BEGIN CERTIFICATE-----\r\nYWJj\r\n-----END CERTIFICATE-----", der, 3, &n));
	assert_int_equal(n, 1);
}

static void refuses_everything_else(void **state)
{
	static const char *const bad[] = {
		"", "\n", "YWJj", BEGIN, BEGIN "YWJj\n", BEGIN END, "x\n" BEGIN "YWJj\n" END, BEGIN "YWJj\n" END "x",
		BEGIN "YWJ\n" END, BEGIN "YW Jj\n" END, BEGIN "Proc-Type: 4,ENCRYPTED\n\nYWJj\n" END,
		BEGIN "YWJj\n-----END PRIVATE KEY-----\n", BEGIN BEGIN "YWJj\n" END,
		"-----BEGIN PRIVATE KEY-----\nYWJj\n-----END PRIVATE KEY-----\n",
		BEGIN "YWJj\n" END "-----BEGIN PRIVATE KEY-----\nYWJj\n-----END PRIVATE KEY-----\n",
	};
	struct idr_bytes der[2];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_refused(read_pem(bad[i], der, 2, &n), IDR_MALFORMED);
}

static void refuses_more_than_there_is_room_for(void **state)
{
	struct idr_bytes der[1];
	size_t n;

	(void)state;
	assert_works(read_pem(BEGIN "YWJj\n" END, der, 1, &n));
	assert_refused(read_pem(BEGIN "YWJj\n" END BEGIN "YWJj\n" END, der, 1, &n), IDR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_blocks_in_order),
		TEST(refuses_everything_else),
		TEST(refuses_more_than_there_is_room_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
