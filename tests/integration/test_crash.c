/*
 * What crash.sh left: acknowledgements of all rounds, what the registry holds, what the lists say. Counted,
 * not sampled (security brief I13). Run by crash.sh, which writes the files named in the environment.
 */
#include "client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "status/status.h"
#include "suite/pem.h"

enum { LISTS = 64, ENTRIES = 1 << 20 };

static uint8_t given[LISTS][ENTRIES / 8];

struct line {
	char word[16], hash[72];
	long list, idx, value;
};

static FILE *opened(const char *name)
{
	const char *path = getenv(name);
	FILE *f = path ? fopen(path, "r") : NULL;

	if (!f)
		fail_msg("%s names no file that can be read", name);
	return f;
}

/* "issued 3 17 <hash>" or "revoked 3 17" */
static bool next_acknowledged(FILE *f, struct line *x)
{
	char text_line[256];

	x->hash[0] = '\0';
	if (!fgets(text_line, sizeof(text_line), f))
		return false;
	assert_true(sscanf(text_line, "%15s %ld %ld %71s", x->word, &x->list, &x->idx, x->hash) >= 3);
	assert_true(x->list > 0 && x->list < LISTS && x->idx >= 0 && x->idx < ENTRIES);
	return true;
}

static void no_index_was_given_twice(void **state)
{
	FILE *f = opened("IDR_ACKNOWLEDGED");
	struct line x;
	size_t n = 0;

	(void)state;
	while (next_acknowledged(f, &x)) {
		uint8_t *byte = &given[x.list][x.idx / 8], bit = (uint8_t)(1 << x.idx % 8);

		if (strcmp(x.word, "issued") != 0)
			continue;
		if (*byte & bit)
			fail_msg("index %ld of list %ld was given twice", x.idx, x.list);
		*byte |= bit;
		n++;
	}
	fclose(f);
	print_message("%zu copies\n", n);
	assert_true(n > 100);
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, 64);
}

/* The digests of all intents, 64 hex digits a line, sorted. */
static char *recorded(struct client *c, size_t *n)
{
	struct idr_bytes all = file_of(c, getenv("IDR_DIGESTS"));
	char *rows = text_of(c, all);

	assert_int_equal(all.n % 65, 0);
	*n = all.n / 65;
	qsort(rows, *n, 65, compare);
	return rows;
}

static void every_acknowledged_credential_is_recorded(void **state)
{
	FILE *f = opened("IDR_ACKNOWLEDGED");
	struct client *c = *state;
	struct line x;
	size_t n, found = 0;
	char *rows = recorded(c, &n);

	while (next_acknowledged(f, &x)) {
		if (strcmp(x.word, "issued") != 0)
			continue;
		if (!bsearch(x.hash, rows, n, 65, compare))
			fail_msg("index %ld of list %ld was given out and is not recorded", x.idx, x.list);
		found++;
	}
	fclose(f);
	print_message("%zu acknowledged, %zu recorded\n", found, n);
	assert_true(n >= found);
}

/* From the aggregation: a uri carries more than the number of its list. */
static const char *uri_of(struct client *c, long id)
{
	struct reply r = ask_get(c, text(c, "%s/statuslists", c->server), NULL);
	const struct idr_json *all, *v;
	char *begins = text(c, "%s/statuslists/%ld-", c->server, id);

	must_answer(&r, 200);
	all = idr_json_find(r.json, "status_lists");
	for (v = idr_json_first(all); v; v = idr_json_next(all, v))
		if (idr_bytes_starts(v->text, begins))
			return text(c, "%.*s", (int)v->text.n, (const char *)v->text.p);
	fail_msg("list %ld is not published", id);
	return "";
}

static struct idr_status_list *fetch_list(struct client *c, long id)
{
	static struct idr_status_list list[LISTS];
	const char *uri = uri_of(c, id);
	struct idr_bytes pem = file_of(c, text(c, "%s/root.pem", getenv("IDR_KEYS"))), der[4];
	struct idr_status_rules rules = { .uri = idr_str(uri), .skew = 5 };
	struct idr_trust *t = NULL;
	struct idr_err err;
	struct reply r = ask_get(c, uri, NULL);
	size_t n;

	must_answer(&r, 200);
	assert_true(idr_pem_certificates(c->a, pem, der, 4, &n, &err) && idr_trust_new(c->a, &t, &err) &&
	    idr_trust_add_anchor(c->s, t, der[0], IDR_PURPOSE_STATUS, NULL, 0, NULL, &err));
	rules.trust = t;
	assert_true(idr_status_open(c->s, c->a, r.body, &rules, now_s(), &list[id], &err));
	return &list[id];
}

static unsigned published(struct client *c, struct idr_status_list **cache, long list, long idx)
{
	struct idr_err err;
	unsigned value;

	if (!cache[list])
		cache[list] = fetch_list(c, list);
	assert_true(idr_status_at(cache[list], (uint64_t)idx, &value, &err));
	return value;
}

static void every_acknowledged_revocation_is_published(void **state)
{
	struct idr_status_list *cache[LISTS] = { NULL };
	FILE *f = opened("IDR_ACKNOWLEDGED");
	struct line x;
	size_t n = 0;

	while (next_acknowledged(f, &x))
		if (!strcmp(x.word, "revoked")) {
			if (published(*state, cache, x.list, x.idx) != 1)
				fail_msg("index %ld of list %ld was revoked and is not so any more", x.idx, x.list);
			n++;
		}
	fclose(f);
	print_message("%zu revoked copies\n", n);
	assert_true(n > 20);
}

/* "list idx value", the last change of each index */
static void the_lists_say_what_the_journal_says(void **state)
{
	struct idr_status_list *cache[LISTS] = { NULL };
	FILE *f = opened("IDR_JOURNAL");
	char text_line[128];
	size_t n = 0;
	long list, idx, value;

	while (fgets(text_line, sizeof(text_line), f)) {
		assert_int_equal(sscanf(text_line, "%ld|%ld|%ld", &list, &idx, &value), 3);
		assert_true(list > 0 && list < LISTS);
		assert_int_equal(published(*state, cache, list, idx), value);
		n++;
	}
	fclose(f);
	assert_true(n > 20);
}

/* And nothing more: of all indexes given out, only those of the journal are not valid. */
static void nothing_else_is_revoked(void **state)
{
	struct idr_status_list *cache[LISTS] = { NULL };
	FILE *journal = opened("IDR_JOURNAL"), *f;
	char text_line[128];
	struct line x;
	long list, idx, value;

	while (fgets(text_line, sizeof(text_line), journal)) {
		assert_int_equal(sscanf(text_line, "%ld|%ld|%ld", &list, &idx, &value), 3);
		given[list][idx / 8] &= (uint8_t)~(1 << idx % 8);
	}
	fclose(journal);
	f = opened("IDR_ACKNOWLEDGED");
	while (next_acknowledged(f, &x))
		if (given[x.list][x.idx / 8] & 1 << x.idx % 8)
			assert_int_equal(published(*state, cache, x.list, x.idx), 0);
	fclose(f);
}

#define T(f) cmocka_unit_test_setup_teardown(f, client_setup, client_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(no_index_was_given_twice),
		T(every_acknowledged_credential_is_recorded),
		T(every_acknowledged_revocation_is_published),
		T(the_lists_say_what_the_journal_says),
		T(nothing_else_is_revoked),
	};

	curl_global_init(CURL_GLOBAL_ALL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
