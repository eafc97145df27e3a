/*
 * Load for crash.sh: threads that issue and revoke until the server is gone, and write down what was
 * acknowledged, line by line, before they go on:
 *
 *	issued <list> <idx> <SHA-256 of the signed bytes>
 *	revoked <list> <idx>
 *
 * Usage: load_crash FILE THREADS SECONDS. Ends with the server, or after SECONDS.
 */
#include "client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

enum { THREADS_MAX = 32, COPIES = 3, PEOPLE = 200 };

static int out_fd;
static int64_t until_ms;
static char *people[PEOPLE];

struct worker {
	pthread_t thread;
	struct client c;
	unsigned seed;
	size_t issued, revoked, refused;
};

/* One write, so that a line of one thread never stands inside another's. */
static void note(struct client *c, const char *line)
{
	size_t n = strlen(line);

	(void)c;
	if (write(out_fd, line, n) != (ssize_t)n)
		abort();
}

/* The number of its list, with which the uri's last part begins. */
static long list_of(const struct held *h)
{
	return strtol(strrchr(h->uri, '/') + 1, NULL, 10);
}

static void note_issued(struct client *c, const struct idr_json *list, struct held *h)
{
	char *lines = text(c, "%s", "");

	for (size_t i = 0; i < COPIES; i++) {
		uint8_t hash[IDR_HASH_MAX];
		struct idr_sdjwt j;
		struct idr_err err;
		struct idr_buf hex;

		held_read(c, idr_json_find(idr_json_at(list, i), "credential")->text, &h[i]);
		if (!idr_sdjwt_parse(c->a, h[i].credential, &j, &err))
			abort();
		idr_suite_hash(c->s, IDR_SHA256, j.issuer.signing_input, hash);
		idr_buf_init(&hex, c->a, 65, 128);
		idr_hex_put(&hex, idr_bytes(hash, 32));
		lines = text(c, "%sissued %ld %lld %s\n", lines, list_of(&h[i]), (long long)h[i].idx,
		    text_of(c, idr_buf_bytes(&hex)));
	}
	note(c, lines);
}

/* False when the server is gone. */
static bool issue_batch(struct worker *w, const char *person, struct held *h)
{
	struct client *c = &w->c;
	struct idr_private *key[COPIES], *dpop_key = key_new(c);
	struct reply r = ask_json(c, "POST", text(c, "%s/admin/v1/offers", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\",\"configurations\":[\"pid.sdjwt\"]}", person));
	const struct dpop d = { .method = "POST", .url = text(c, "%s/token", c->server) };
	const struct idr_json *grant;
	struct offer o = { .tx_code = text(c, "%s", "") };
	char *nonce;

	if (r.status != 201)
		return r.status != 0;
	grant = idr_json_first(idr_json_find(idr_json_find(r.json, "credential_offer"), "grants"));
	o.code = member(c, idr_json_value(grant), "pre-authorized_code");
	r = ask_form(c, "/token", dpop(c, dpop_key, &d), token_body(c, &o));
	if (r.status != 200)
		return r.status != 0;
	o.code = member(c, r.json, "access_token");
	r = ask(c, "POST", "/nonce", NULL, NULL, (struct idr_bytes){ NULL, 0 });
	if (r.status != 200)
		return r.status != 0;
	nonce = member(c, r.json, "c_nonce");
	for (size_t i = 0; i < COPIES; i++)
		h[i].key = key[i] = key_new(c);
	r = credential_ask(c, o.code, dpop_key, credential_body(c, "pid.sdjwt", key, COPIES, nonce));
	if (r.status != 200) {
		w->refused += r.status != 0;
		return r.status != 0;
	}
	note_issued(c, idr_json_find(r.json, "credentials"), h);
	w->issued++;
	return true;
}

/* The newest credential of the person may be another thread's: persons are not shared by threads. */
static bool revoke_newest(struct worker *w, const char *person, const struct held *h)
{
	struct client *c = &w->c;
	struct reply r = ask_json(c, "POST", text(c, "%s/admin/v1/people/find", c->admin), c->officer,
	    text(c, "{\"person\":\"%s\",\"reason\":\"revocation\"}", person));
	char *lines = text(c, "%s", "");

	if (r.status != 200)
		return r.status != 0;
	r = status_put(c, number(idr_json_first(idr_json_find(r.json, "credentials")), "credential_id"), "revoked", "lost");
	if (r.status != 200)
		return r.status != 0;
	for (size_t i = 0; i < COPIES; i++)
		lines = text(c, "%srevoked %ld %lld\n", lines, list_of(&h[i]), (long long)h[i].idx);
	note(c, lines);
	w->revoked++;
	return true;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	bool there = true;

	for (unsigned i = 0; there && now_ms() < until_ms; i++) {
		const char *person = people[(w->seed + i * THREADS_MAX) % PEOPLE];
		struct held h[COPIES];
		size_t before = w->issued;

		there = issue_batch(w, person, h);
		if (there && w->issued == before)
			wait_ms(10); /* refused: it stops, or too much is waiting */
		if (there && w->issued > before && i % 3 == 0)
			there = revoke_newest(w, person, h);
		if (i % 50 == 49) {
			client_close(&w->c);
			client_open(&w->c);
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

int main(int argc, char **argv)
{
	static struct worker w[THREADS_MAX];
	size_t n = argc == 4 ? (size_t)decimal(argv[2]) : 0, issued = 0, revoked = 0, refused = 0;
	struct client c;

	if (n < 1 || n > THREADS_MAX)
		return 3;
	out_fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (out_fd < 0)
		return 3;
	curl_global_init(CURL_GLOBAL_ALL);
	client_open(&c);
	read_people(&c);
	until_ms = now_ms() + 1000 * decimal(argv[3]);
	for (size_t i = 0; i < n; i++) {
		w[i].seed = (unsigned)i;
		client_open(&w[i].c);
		if (pthread_create(&w[i].thread, NULL, work, &w[i]) != 0)
			return 3;
	}
	for (size_t i = 0; i < n; i++) {
		pthread_join(w[i].thread, NULL);
		client_close(&w[i].c);
		issued += w[i].issued;
		revoked += w[i].revoked;
		refused += w[i].refused;
	}
	for (size_t i = 0; i < PEOPLE; i++)
		free(people[i]);
	client_close(&c);
	close(out_fd);
	printf("%zu batches of %d acknowledged, %zu revoked, %zu refused\n", issued, COPIES, revoked, refused);
	return issued == 0;
}
