/*
 * Load for the faults: threads that issue, verify, present and revoke whatever happens to the server, and
 * write down what was acknowledged, line by line, before they go on:
 *
 *	issued <list> <idx> <SHA-256 of the signed bytes>
 *	revoked <credential id>
 *	accepted <presentation id>
 *	wrong <what>        an answer that contradicts an earlier one, or none that a fault explains
 *
 * One batch in four is mdocs, and what is done to some of those is a suspension, which may end again.
 * No answer and 503 are what a fault may cause; everything else has to be right.
 *
 * Usage: faultload FILE THREADS SECONDS. Ends after SECONDS or at SIGTERM; 1 when nothing was issued.
 *        faultload FILE PERSON. One attempt; 1 when it failed.
 */
#include "integration/client.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { THREADS_MAX = 32, COPIES = 3, PEOPLE = 800, RENEW = 25, SEEN_MS = 20000 };
enum { EACH_VERIFIED = 4, EACH_PRESENTED = 3, EACH_REVOKED = 3, EACH_WATCHED = 4, EACH_MDOC = 4 };

static int out_fd;
static int64_t until_ms;
static char *people[PEOPLE];
static volatile sig_atomic_t told_to_end;

struct worker {
	pthread_t thread;
	struct client c;
	unsigned number, of;
	size_t issued, revoked, accepted, verified, put_off, wrong;
};

static void end_soon(int sig)
{
	(void)sig;
	told_to_end = 1;
}

static bool goes_on(void)
{
	return !told_to_end && now_ms() < until_ms;
}

/* One write, so that a line of one thread never stands inside another's. */
static void note(const char *line)
{
	size_t n = strlen(line);

	if (write(out_fd, line, n) != (ssize_t)n)
		abort();
}

static void note_wrong(struct worker *w, const char *what, const struct reply *r)
{
	w->wrong++;
	note(text(&w->c, "wrong %s: %ld %s %s\n", what, r->status, member(&w->c, r->json, "error"),
	    member(&w->c, r->json, "code")));
}

/* True when it was answered as wanted; what no fault explains is written down. */
static bool answered(struct worker *w, const char *what, const struct reply *r, long status)
{
	if (r->status == status)
		return true;
	if (r->status == 0 || r->status == 503)
		w->put_off++;
	else
		note_wrong(w, what, r);
	return false;
}

/* ---- issuing ---- */

/* The number of its list, with which the uri's last part begins. */
static long list_of(const struct held *h)
{
	return decimal(strrchr(h->uri, '/') + 1);
}

static char *hex(struct client *c, struct idr_bytes b)
{
	struct idr_buf out;

	idr_buf_init(&out, c->a, 65, 1024);
	idr_hex_put(&out, b);
	return text_of(c, idr_buf_bytes(&out));
}

/* SHA-256 of what the issuer signed, which the registry holds of every copy. */
static char *digest_of(struct client *c, const struct held *h, bool mdoc)
{
	uint8_t hash[IDR_HASH_MAX];
	struct idr_sdjwt j;
	struct idr_err err;

	if (!mdoc && !idr_sdjwt_parse(c->a, h->credential, &j, &err))
		abort();
	idr_suite_hash(c->s, IDR_SHA256, mdoc ? mdoc_signed(c, h) : j.issuer.signing_input, hash);
	return hex(c, idr_bytes(hash, 32));
}

static void note_issued(struct client *c, const struct idr_json *list, struct held *h, bool mdoc)
{
	char *lines = text(c, "%s", "");

	for (size_t i = 0; i < COPIES; i++) {
		(mdoc ? mdoc_read : held_read)(c, idr_json_find(idr_json_at(list, i), "credential")->text, &h[i]);
		lines = text(c, "%sissued %ld %lld %s\n", lines, list_of(&h[i]), (long long)h[i].idx,
		    digest_of(c, &h[i], mdoc));
	}
	note(lines);
}

static bool get_code(struct worker *w, const char *person, const char *configuration, struct offer *o)
{
	struct client *c = &w->c;
	struct reply r = ask_json(c, "POST", text(c, "%s/admin/v1/offers", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\",\"configurations\":[\"%s\"]}", person, configuration));
	const struct idr_json *grant;

	*o = (struct offer){ .tx_code = text(c, "%s", "") };
	if (!answered(w, "offer", &r, 201))
		return false;
	grant = idr_json_first(idr_json_find(idr_json_find(r.json, "credential_offer"), "grants"));
	o->code = member(c, idr_json_value(grant), "pre-authorized_code");
	return true;
}

static bool get_token(struct worker *w, const struct offer *o, const struct idr_private *key, char **token)
{
	struct client *c = &w->c;
	const struct dpop d = { .method = "POST", .url = text(c, "%s/token", c->server) };
	struct reply r = ask_form(c, "/token", dpop(c, key, &d), token_body(c, o));

	if (!answered(w, "token for an offer that was acknowledged", &r, 200))
		return false;
	*token = member(c, r.json, "access_token");
	return true;
}

static bool issue_batch(struct worker *w, const char *person, bool mdoc, struct held *h)
{
	const char *configuration = mdoc ? "pid.mdoc" : "pid.sdjwt";
	struct client *c = &w->c;
	struct idr_private *key[COPIES], *dpop_key = key_new(c);
	struct offer o;
	struct reply r;
	char *token;

	if (!get_code(w, person, configuration, &o) || !get_token(w, &o, dpop_key, &token))
		return false;
	r = ask(c, "POST", "/nonce", NULL, NULL, (struct idr_bytes){ NULL, 0 });
	if (!answered(w, "nonce", &r, 200))
		return false;
	for (size_t i = 0; i < COPIES; i++)
		h[i].key = key[i] = key_new(c);
	r = credential_ask(c, token, dpop_key, credential_body(c, configuration, key, COPIES, member(c, r.json, "c_nonce")));
	if (!answered(w, "credential for a token that was acknowledged", &r, 200))
		return false;
	note_issued(c, idr_json_find(r.json, "credentials"), h, mdoc);
	w->issued++;
	return true;
}

/* ---- verifying and presenting ---- */

static bool is_mdoc(const struct held *h)
{
	return idr_bytes_index(h->credential, 0, '~') == SIZE_MAX;
}

static struct reply verify(struct client *c, const struct held *h)
{
	return ask_json(c, "POST", "/v1/verify", c->bank, text(c, "{\"input\":\"%s\"}",
	    is_mdoc(h) ? text_of(c, h->credential) : selected(c, h, NULL)));
}

static void verify_fresh(struct worker *w, const struct held *h)
{
	struct reply r = verify(&w->c, h);

	if (!answered(w, "verify", &r, 200))
		return;
	w->verified++;
	if (!strcmp(member(&w->c, r.json, "verdict"), "INVALID"))
		note_wrong(w, "a fresh credential", &r);
}

static char *token_for(struct client *c, const struct request *q, const struct held *h)
{
	const struct device right = { .nonce = NULL };

	return is_mdoc(h) ? mdoc_token(c, q, mdoc_presentation(c, h, q, &right))
	                  : vp_token(c, q, presentation(c, h, q));
}

static void present(struct worker *w, const struct held *h)
{
	struct client *c = &w->c;
	struct request q;
	struct reply r = request_try(c, c->bank, "{\"policy\":\"bank-account\",\"flow\":\"cross_device\"}", &q);
	char *body;

	if (!answered(w, "request", &r, 200))
		return;
	request_read(c, &r, &q);
	body = response_body(c, &q, token_for(c, &q, h));
	r = ask_form(c, q.response_uri, NULL, body);
	if (!answered(w, "response", &r, 200))
		return;
	note(text(c, "accepted %s\n", q.id));
	w->accepted++;
	r = ask_form(c, q.response_uri, NULL, body);
	if (r.status == 200)
		note_wrong(w, "the same response accepted twice", &r);
}

/* ---- revoking ---- */

/* The bitmap in memory, not the list: /v1/verify reads it. */
static void watch_revoked(struct worker *w, const struct held *h)
{
	int64_t from = now_ms();
	struct reply r;

	do {
		r = verify(&w->c, h);
		if (r.status == 200 && !strcmp(member(&w->c, r.json, "verdict"), "INVALID")) {
			w->verified++;
			return;
		}
		wait_ms(20);
	} while (goes_on() && now_ms() - from < SEEN_MS);
	if (now_ms() - from >= SEEN_MS)
		note_wrong(w, "revoked and still good", &r);
}

/* The newest is the one just issued: an attempt that got no answer had ended before this one began. */
static bool find_newest(struct worker *w, const char *person, int64_t *id)
{
	struct client *c = &w->c;
	struct reply r = ask_json(c, "POST", text(c, "%s/admin/v1/people/find", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\",\"reason\":\"revocation\"}", person));

	if (!answered(w, "find", &r, 200))
		return false;
	*id = number(idr_json_first(idr_json_find(r.json, "credentials")), "credential_id");
	return true;
}

static bool revoke_newest(struct worker *w, const char *person)
{
	struct client *c = &w->c;
	struct reply r;
	int64_t id;

	if (!find_newest(w, person, &id))
		return false;
	r = status_put(c, id, "revoked", "lost");
	if (!answered(w, "revocation", &r, 200))
		return false;
	note(text(c, "revoked %lld\n", (long long)id));
	w->revoked++;
	return true;
}

/* Whether it was acknowledged or not, journal and list must say the same of it. */
static void suspend_newest(struct worker *w, const char *person, bool ends)
{
	struct reply r;
	int64_t id;

	if (!find_newest(w, person, &id))
		return;
	r = status_put(&w->c, id, "suspended", "investigation");
	if (!answered(w, "suspension", &r, 200) || !ends)
		return;
	r = status_put(&w->c, id, "valid", "investigation_ended");
	answered(w, "end of a suspension", &r, 200);
}

/* ---- the threads ---- */

static void *work(void *arg)
{
	struct worker *w = arg;

	for (unsigned i = 0; goes_on(); i++) {
		/* persons are not shared by threads */
		const char *person = people[(w->number + i * w->of) % (PEOPLE - PEOPLE % w->of)];
		bool mdoc = i % EACH_MDOC == EACH_MDOC - 1;
		struct held h[COPIES];

		if (!issue_batch(w, person, mdoc, h)) {
			wait_ms(10); /* it is away, or too much is waiting */
		} else {
			if (i % EACH_VERIFIED == 0)
				verify_fresh(w, &h[0]);
			if (i % EACH_PRESENTED == 1)
				present(w, &h[1]);
			if (mdoc && i % EACH_REVOKED == 0)
				suspend_newest(w, person, i % (2 * EACH_REVOKED) == 0);
			if (i % EACH_REVOKED == 2 && revoke_newest(w, person) && i % EACH_WATCHED == 0)
				watch_revoked(w, &h[2]);
		}
		if (i % RENEW == RENEW - 1) {
			client_close(&w->c);
			client_open(&w->c);
			w->c.once = true;
		}
	}
	return NULL;
}

/* Read once: the samples are large. */
static void read_people(struct client *c)
{
	struct idr_bytes all = file_of(c, "schema/samples/people.ndjson");

	for (size_t i = 0; i < PEOPLE; i++) {
		size_t end = idr_bytes_index(all, 0, '\n');

		people[i] = strdup(member(c, json_of(c, idr_bytes_first(all, end)), "key"));
		all = idr_bytes_from(all, end + 1);
	}
}

static void add(struct worker *sum, const struct worker *w)
{
	sum->issued += w->issued;
	sum->revoked += w->revoked;
	sum->accepted += w->accepted;
	sum->verified += w->verified;
	sum->put_off += w->put_off;
	sum->wrong += w->wrong;
}

static int one_attempt(const char *person)
{
	struct worker w = { .of = 1 };
	struct held h[COPIES];
	bool ok;

	client_open(&w.c);
	w.c.once = true;
	ok = issue_batch(&w, person, false, h);
	client_close(&w.c);
	return ok ? 0 : 1;
}

int main(int argc, char **argv)
{
	static struct worker w[THREADS_MAX], sum;
	size_t n = argc == 4 ? (size_t)decimal(argv[2]) : 0;
	struct client c;

	if (argc < 3)
		return 3;
	signal(SIGTERM, end_soon);
	out_fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (out_fd < 0)
		return 3;
	curl_global_init(CURL_GLOBAL_ALL);
	if (argc == 3)
		return one_attempt(argv[2]);
	if (n < 1 || n > THREADS_MAX)
		return 3;
	client_open(&c);
	read_people(&c);
	client_close(&c);
	until_ms = now_ms() + 1000 * decimal(argv[3]);
	for (size_t i = 0; i < n; i++) {
		w[i].number = (unsigned)i;
		w[i].of = (unsigned)n;
		client_open(&w[i].c);
		w[i].c.once = true;
		if (pthread_create(&w[i].thread, NULL, work, &w[i]) != 0)
			return 3;
	}
	for (size_t i = 0; i < n; i++) {
		pthread_join(w[i].thread, NULL);
		client_close(&w[i].c);
		add(&sum, &w[i]);
	}
	for (size_t i = 0; i < PEOPLE; i++)
		free(people[i]);
	close(out_fd);
	printf("issued %zu revoked %zu accepted %zu verified %zu put_off %zu wrong %zu\n", sum.issued, sum.revoked,
	    sum.accepted, sum.verified, sum.put_off, sum.wrong);
	return sum.issued == 0;
}
