/*
 * What the faults left: the acknowledgements of all rounds, what the registry holds, what the published lists
 * say. Counted, not sampled (security brief I13), and printed as one line.
 *
 * Usage: faultcount DIR. There: acknowledged (faultload writes it), and as SQL gave them
 *	digests        <SHA-256 of the signed bytes>|<credential id>|<t when marked delivered, else f>
 *	journal        <list>|<idx>|<value>|<credential id>: the last change of each index
 *	presentations  <id, hex>: those that were answered and found good
 *	decoys.<list>  what else is set, from the first count on; written here when absent
 */
#include "integration/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "status/status.h"
#include "suite/pem.h"

enum { LISTS = 128, DIGEST = 64, ID = 32, WORD = 72 };

struct intent {
	char digest[DIGEST + 1];
	long long credential;
	bool delivered, acknowledged;
};

struct list {
	struct idr_status_list published;
	bool fetched;
	size_t n;                  /* entries */
	uint8_t *journal;          /* value each index should have */
	bool *given;               /* acknowledged to a wallet */
};

static struct list lists[LISTS];
static struct intent *intents;
static size_t n_intents;
static char (*presentations)[ID + 1];
static size_t n_presentations;
static long long *revoked;     /* credential ids with a journal row, sorted */
static size_t n_revoked;

static struct {
	size_t copies, found, duplicates;
	size_t revocations, revocations_found;
	size_t accepted, accepted_found;
	size_t wrong;
	size_t compared, differing, lists, rows, decoys;
	size_t batches, open, hidden, late;
} sum;

static FILE *opened(const char *dir, const char *name)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	if (!f) {
		fprintf(stderr, "%s cannot be read\n", path);
		exit(3);
	}
	return f;
}

static void bad(const char *why)
{
	fprintf(stderr, "faultcount: %s\n", why);
	exit(3);
}

static void *grown(void *p, size_t n, size_t size)
{
	if (n % 4096 != 0)
		return p;
	p = realloc(p, (n + 4096) * size);
	if (!p)
		bad("out of memory");
	return p;
}

/* ---- what the registry holds ---- */

static int by_digest(const void *a, const void *b)
{
	return memcmp(((const struct intent *)a)->digest, ((const struct intent *)b)->digest, DIGEST);
}

static int by_number(const void *a, const void *b)
{
	const long long x = *(const long long *)a, y = *(const long long *)b;

	return (x > y) - (x < y);
}

static int by_credential(const void *a, const void *b)
{
	return by_number(&((const struct intent *)a)->credential, &((const struct intent *)b)->credential);
}

static int by_text(const void *a, const void *b)
{
	return memcmp(a, b, ID);
}

static void read_intents(const char *dir)
{
	FILE *f = opened(dir, "digests");
	char line[256], mark;

	while (fgets(line, sizeof(line), f)) {
		struct intent *x;

		intents = grown(intents, n_intents, sizeof(*intents));
		x = &intents[n_intents++];
		*x = (struct intent){ .credential = 0 };
		if (sscanf(line, "%64s", x->digest) != 1 || line[DIGEST] != '|' ||
		    sscanf(line + DIGEST + 1, "%lld|%c", &x->credential, &mark) != 2)
			bad("digests is not as expected");
		x->delivered = mark == 't';
	}
	fclose(f);
	qsort(intents, n_intents, sizeof(*intents), by_digest);
}

static void read_presentations(const char *dir)
{
	FILE *f = opened(dir, "presentations");
	char line[256];

	while (fgets(line, sizeof(line), f)) {
		presentations = grown(presentations, n_presentations, sizeof(*presentations));
		if (sscanf(line, "%32s", presentations[n_presentations++]) != 1)
			bad("presentations is not as expected");
	}
	fclose(f);
	qsort(presentations, n_presentations, sizeof(*presentations), by_text);
}

/* ---- the published lists ---- */

/* From the aggregation: a uri carries more than the number of its list. */
static const char *uri_of(struct client *c, long id)
{
	struct reply r = ask_get(c, "/statuslists", NULL);
	char *begins = text(c, "%s/statuslists/%ld-", c->server, id);
	const struct idr_json *v;

	for (v = idr_json_first(idr_json_find(r.json, "status_lists")); v; v = idr_json_next(idr_json_find(r.json,
	    "status_lists"), v))
		if (idr_bytes_starts(v->text, begins))
			return text_of(c, v->text);
	bad("a list of the journal is not published");
	return NULL;
}

static void open_published(struct client *c, const char *uri, struct idr_status_list *out)
{
	struct idr_bytes pem = file_of(c, text(c, "%s/root.pem", getenv("IDR_KEYS"))), der[4];
	struct idr_status_rules rules = { .uri = idr_str(uri), .skew = 5 };
	struct reply r = ask_get(c, uri, NULL);
	struct idr_trust *t = NULL;
	struct idr_err err;
	size_t n;

	if (r.status != 200 || !idr_pem_certificates(c->a, pem, der, 4, &n, &err) || !idr_trust_new(c->a, &t, &err) ||
	    !idr_trust_add_anchor(c->s, t, der[0], IDR_PURPOSE_STATUS, NULL, 0, NULL, &err))
		bad("a list cannot be fetched");
	rules.trust = t;
	if (!idr_status_open(c->s, c->a, r.body, &rules, now_s(), out, &err))
		bad(err.msg);
}

static struct list *list(struct client *c, long id)
{
	struct list *x;

	if (id <= 0 || id >= LISTS)
		bad("a list has an impossible number");
	x = &lists[id];
	if (x->fetched)
		return x;
	open_published(c, uri_of(c, id), &x->published);
	x->n = x->published.bytes.n * 8 / x->published.bits;
	x->journal = calloc(x->n, 1);
	x->given = calloc(x->n, sizeof(*x->given));
	if (!x->journal || !x->given)
		bad("out of memory");
	x->fetched = true;
	sum.lists++;
	return x;
}

static void read_journal(struct client *c, const char *dir)
{
	FILE *f = opened(dir, "journal");
	long long credential;
	long id, idx, value;
	char line[128];

	while (fgets(line, sizeof(line), f)) {
		struct list *x;

		if (sscanf(line, "%ld|%ld|%ld|%lld", &id, &idx, &value, &credential) != 4)
			bad("journal is not as expected");
		x = list(c, id);
		if (idx < 0 || (size_t)idx >= x->n)
			bad("the journal names an index outside its list");
		x->journal[idx] = (uint8_t)value;
		sum.rows++;
		if (value != 1)
			continue;
		revoked = grown(revoked, n_revoked, sizeof(*revoked));
		revoked[n_revoked++] = credential;
	}
	fclose(f);
	qsort(revoked, n_revoked, sizeof(*revoked), by_number);
}

/* The decoys of a list are set from its first day on and never change. */
static bool *decoys(struct client *c, const char *dir, long id, bool *known)
{
	const struct list *x = &lists[id];
	bool *set = calloc(x->n, sizeof(*set));
	FILE *f = fopen(text(c, "%s/decoys.%ld", dir, id), "r");
	char line[32];

	if (!set)
		bad("out of memory");
	*known = f != NULL;
	while (f && fgets(line, sizeof(line), f))
		set[(size_t)decimal(line) % x->n] = true;
	if (f)
		fclose(f);
	return set;
}

static void keep_decoys(struct client *c, const char *dir, long id, const bool *set)
{
	FILE *f = fopen(text(c, "%s/decoys.%ld", dir, id), "w");

	for (size_t i = 0; f && i < lists[id].n; i++)
		if (set[i])
			fprintf(f, "%zu\n", i);
	if (!f || fclose(f) != 0)
		bad("decoys cannot be written");
}

/* What a list of this many bits shows of a change: one that mdocs name knows no suspension. */
static unsigned shown(const struct list *x, uint8_t value)
{
	return x->published.bits == 1 && value ? 1 : value;
}

/* Every index of the list: the journal's value, or nothing; a decoy, which no wallet holds, is set. */
static void compare(struct client *c, const char *dir, long id)
{
	const struct list *x = &lists[id];
	size_t n_decoys = 0;
	struct idr_err err;
	bool known, *set = decoys(c, dir, id, &known);

	for (size_t i = 0; i < x->n; i++) {
		unsigned value;

		if (!idr_status_at(&x->published, i, &value, &err))
			bad(err.msg);
		sum.compared++;
		if (!known && value == 1 && !x->journal[i] && !x->given[i])
			set[i] = true;
		n_decoys += set[i];
		sum.differing += value != (set[i] ? 1u : shown(x, x->journal[i])) || (set[i] && x->given[i]);
	}
	sum.decoys += n_decoys;
	sum.differing += n_decoys != x->n >> 10;
	if (!known)
		keep_decoys(c, dir, id, set);
	free(set);
}

/* ---- what was acknowledged ---- */

static void one_issued(struct client *c, const char *rest)
{
	struct intent key, *x;
	struct list *l;
	long id, idx;

	if (sscanf(rest, "%ld %ld %64s", &id, &idx, key.digest) != 3)
		bad("acknowledged is not as expected");
	l = list(c, id);
	if (idx < 0 || (size_t)idx >= l->n)
		bad("an index outside its list was given out");
	sum.copies++;
	sum.duplicates += l->given[idx];
	l->given[idx] = true;
	x = bsearch(&key, intents, n_intents, sizeof(*intents), by_digest);
	if (!x) {
		fprintf(stderr, "LOST: index %ld of list %ld was given out and is not recorded\n", idx, id);
		return;
	}
	x->acknowledged = true;
	sum.found++;
}

static void one_revoked(const char *rest)
{
	long long id = decimal(rest);
	bool found = bsearch(&id, revoked, n_revoked, sizeof(*revoked), by_number) != NULL;

	sum.revocations++;
	sum.revocations_found += found;
	if (!found)
		fprintf(stderr, "LOST: credential %lld was revoked and its journal does not say so\n", id);
}

static void one_accepted(const char *rest)
{
	bool found = bsearch(rest, presentations, n_presentations, sizeof(*presentations), by_text) != NULL;

	sum.accepted++;
	sum.accepted_found += found;
	if (!found)
		fprintf(stderr, "LOST: presentation %.32s was accepted and is not so recorded\n", rest);
}

static void read_acknowledged(struct client *c, const char *dir)
{
	FILE *f = opened(dir, "acknowledged");
	char line[512];

	while (fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "issued ", 7))
			one_issued(c, line + 7);
		else if (!strncmp(line, "revoked ", 8))
			one_revoked(line + 8);
		else if (!strncmp(line, "accepted ", 9))
			one_accepted(line + 9);
		else {
			sum.wrong++;
			fprintf(stderr, "%s", line);
		}
	}
	fclose(f);
}

/* A batch that no wallet holds must stand in the list of intents without delivery. */
static void count_batches(void)
{
	qsort(intents, n_intents, sizeof(*intents), by_credential);
	for (size_t i = 0, end; i < n_intents; i = end) {
		bool held = false;

		for (end = i; end < n_intents && intents[end].credential == intents[i].credential; end++)
			held |= intents[end].acknowledged;
		sum.batches++;
		sum.open += !held;
		sum.hidden += !held && intents[i].delivered;
		sum.late += held && !intents[i].delivered;
	}
}

static bool all_well(void)
{
	return sum.found == sum.copies && !sum.duplicates && sum.revocations_found == sum.revocations &&
	    sum.accepted_found == sum.accepted && !sum.differing && !sum.hidden && !sum.wrong;
}

int main(int argc, char **argv)
{
	struct client c;

	if (argc != 2)
		return 3;
	curl_global_init(CURL_GLOBAL_ALL);
	client_open(&c);
	read_intents(argv[1]);
	read_presentations(argv[1]);
	read_journal(&c, argv[1]);
	read_acknowledged(&c, argv[1]);
	for (long id = 1; id < LISTS; id++)
		if (lists[id].fetched)
			compare(&c, argv[1], id);
	count_batches();
	printf("copies %zu found %zu lost %zu duplicates %zu | revocations %zu lost %zu | presentations %zu lost %zu | "
	       "contradictions %zu | lists %zu entries %zu journal %zu decoys %zu differing %zu | batches %zu half-issued %zu "
	       "unlisted %zu unmarked %zu\n",
	    sum.copies, sum.found, sum.copies - sum.found, sum.duplicates, sum.revocations,
	    sum.revocations - sum.revocations_found, sum.accepted, sum.accepted - sum.accepted_found, sum.wrong,
	    sum.lists, sum.compared, sum.rows, sum.decoys, sum.differing, sum.batches, sum.open, sum.hidden, sum.late);
	client_close(&c);
	return !all_well();
}
