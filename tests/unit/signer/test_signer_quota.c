/* How many signatures a key gives a day, counted in a file that outlives the process. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "signer/signer_proc.h"

enum { DAY = 86400, LIMIT = 5000, BLOCK = 1000 };
#define NOW INT64_C(1790000000)

static char dir[64];
static struct conf conf;

static int make_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/idrail-quota-XXXXXX");
	conf = (struct conf){ .signer_dir = dir, .signer_quota = LIMIT, .user = "" };
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/signer.count", dir);
	unlink(path);
	return rmdir(dir);
}

static void open_quota(struct signer_quota *q)
{
	struct idr_err err;

	if (!signer_quota_open(&conf, q, &err))
		fail_msg("%s", err.msg);
}

static bool take(struct signer_quota *q, enum rules_key k, size_t n, int64_t now)
{
	struct idr_err err = { .code = IDR_OK };
	bool ok = signer_quota_take(q, k, n, now, &err);

	if (!ok)
		assert_int_equal(err.code, IDR_QUOTA);
	return ok;
}

static void gives_the_quota_and_not_one_more(void **state)
{
	struct signer_quota q;

	(void)state;
	open_quota(&q);
	for (int i = 0; i < LIMIT / 10; i++)
		assert_true(take(&q, RULES_ISSUER, 10, NOW));
	assert_false(take(&q, RULES_ISSUER, 1, NOW));
	assert_false(take(&q, RULES_ISSUER, 20, NOW + 60));
	close(q.fd);
}

static void refuses_a_batch_that_would_go_over_it_whole(void **state)
{
	struct signer_quota q;

	(void)state;
	open_quota(&q);
	for (int i = 0; i < LIMIT - 5; i++)
		assert_true(take(&q, RULES_ISSUER, 1, NOW));
	assert_false(take(&q, RULES_ISSUER, 6, NOW));
	assert_true(take(&q, RULES_ISSUER, 5, NOW));
	close(q.fd);
}

static void counts_every_key_for_itself(void **state)
{
	struct signer_quota q;

	(void)state;
	open_quota(&q);
	while (take(&q, RULES_ISSUER, 20, NOW))
		;
	assert_true(take(&q, RULES_STATUS, 1, NOW));
	assert_true(take(&q, RULES_READER, 1, NOW));
	close(q.fd);
}

static void begins_anew_with_the_day_and_never_goes_back(void **state)
{
	struct signer_quota q;

	(void)state;
	open_quota(&q);
	while (take(&q, RULES_ISSUER, 20, NOW))
		;
	assert_true(take(&q, RULES_ISSUER, 1, NOW + DAY));
	while (take(&q, RULES_ISSUER, 20, NOW + DAY))
		;
	/* a clock set back opens nothing */
	assert_false(take(&q, RULES_ISSUER, 20, NOW));
	assert_false(take(&q, RULES_ISSUER, 20, NOW - 10 * DAY));
	close(q.fd);
}

/* As after a crash: the file is what is known, and it never says less than was signed. */
static void forgets_no_signature_when_the_process_dies(void **state)
{
	struct signer_quota q;
	int signatures = 0;

	(void)state;
	for (int life = 0; life < 20; life++) {
		open_quota(&q);
		for (int i = 0; i < 300 && take(&q, RULES_ISSUER, 1, NOW); i++)
			signatures++;
		close(q.fd); /* nothing is written at the end */
	}
	assert_true(signatures <= LIMIT);
	assert_true(signatures >= LIMIT / (BLOCK + 300) * 300);
	open_quota(&q);
	assert_false(take(&q, RULES_ISSUER, 20, NOW));
	close(q.fd);
}

static void write_count(const void *p, size_t n)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/signer.count", dir);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

/* What truncate() alone can make of it: nothing, a part, and zeros behind a part. */
static void takes_no_damaged_file_for_a_count_of_nothing(void **state)
{
	static const char zeros[4096];
	struct signer_quota q;
	struct idr_err err;
	char path[128];
	struct stat st;

	(void)state;
	open_quota(&q);
	assert_int_equal(fstat(q.fd, &st), 0);
	close(q.fd);
	snprintf(path, sizeof(path), "%s/signer.count", dir);
	for (off_t n = 0; n < st.st_size; n++) {
		write_count(zeros, 0);
		unlink(path);
		open_quota(&q);
		assert_true(take(&q, RULES_ISSUER, 20, NOW));
		close(q.fd);
		assert_int_equal(truncate(path, n), 0);
		assert_false(signer_quota_open(&conf, &q, &err));
		assert_int_equal(truncate(path, st.st_size), 0);
		assert_false(signer_quota_open(&conf, &q, &err));
		assert_int_equal(err.code, IDR_FILE);
	}
	write_count(zeros, (size_t)st.st_size);
	assert_false(signer_quota_open(&conf, &q, &err));
}

/* A disk without room: the same as many refusals as takes, and a later one counts all. */
static void gives_nothing_on_what_it_could_not_write(void **state)
{
	struct signer_quota q, after;
	struct idr_err err;
	char path[128];

	(void)state;
	open_quota(&q);
	snprintf(path, sizeof(path), "%s/signer.count", dir);
	close(q.fd);
	q.fd = open(path, O_RDONLY); /* every write fails */
	for (int i = 0; i < 3; i++) {
		assert_false(signer_quota_take(&q, RULES_ISSUER, 10, NOW, &err));
		assert_int_equal(err.code, IDR_SIGNER);
	}
	close(q.fd);
	q.fd = open(path, O_RDWR);
	assert_true(take(&q, RULES_ISSUER, 10, NOW));
	close(q.fd);
	open_quota(&after);
	assert_true(after.key[RULES_ISSUER].used >= 10);
	close(after.fd);
}

static void refuses_to_start_where_it_cannot_count(void **state)
{
	const struct conf nowhere = { .signer_dir = "/nonexistent/below", .signer_quota = LIMIT, .user = "" };
	struct signer_quota q;
	struct idr_err err;

	(void)state;
	assert_false(signer_quota_open(&nowhere, &q, &err));
	assert_int_equal(err.code, IDR_FILE);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(gives_the_quota_and_not_one_more),
		T(refuses_a_batch_that_would_go_over_it_whole),
		T(counts_every_key_for_itself),
		T(begins_anew_with_the_day_and_never_goes_back),
		T(forgets_no_signature_when_the_process_dies),
		T(takes_no_damaged_file_for_a_count_of_nothing),
		T(gives_nothing_on_what_it_could_not_write),
		T(refuses_to_start_where_it_cannot_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
