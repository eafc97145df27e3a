/*
 * rules_clients: the clients file, as its bytes. What is taken keeps the rules of the profiles: a haip
 * wallet is attested, a key goes with private_key_jwt alone, and no address of it leads anywhere by a script.
 */
#include "fuzz/fuzzkit.h"
#include "rules/rules_client.h"

static void look_again(const struct rules_clients *r, const struct rules_client *c)
{
	fuzz_check(c->client_id.n && c->name.n && rules_client(r, c->client_id) == c && r->uses[c->auth]);
	fuzz_check(!c->haip || c->auth == RULES_AUTH_ATTESTATION);
	fuzz_check((c->auth == RULES_AUTH_PRIVATE_KEY) == (c->n_key > 0));
	fuzz_check((c->auth == RULES_AUTH_ATTESTATION) == (c->attester.n > 0));
	for (size_t i = 0; i < c->n_redirect_uri; i++) {
		fuzz_check(rules_client_may_redirect(r, c, c->redirect_uri[i]));
		fuzz_check(!idr_bytes_starts(c->redirect_uri[i], "javascript:") && !idr_bytes_starts(c->redirect_uri[i], "data:"));
	}
	fuzz_check(!rules_client_may_redirect(r, c, IDR_LIT("")));
}

static void told(void *ctx, size_t line, const struct idr_err *why)
{
	size_t *n = ctx;

	fuzz_check(line > 0 && why->code == IDR_CONFIG);
	++*n;
}

/* To the end and up to the first fault are the same file. */
static void lint(struct idr_arena *a, struct idr_bytes in, bool haip, bool usable)
{
	struct rules_clients r = { 0 };
	struct idr_err err;
	size_t faults = 0;
	bool whole = rules_clients_lint(fuzz_suite(), a, in, haip, told, &faults, &r, &err);

	fuzz_check((whole && faults == 0) == usable || (!whole && err.code == IDR_LIMIT));
	for (size_t i = 0; whole && i < r.n_client; i++)
		look_again(&r, &r.client[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct idr_arena *a = idr_arena_new(32 << 20);
	struct idr_bytes in = idr_bytes_from(idr_bytes(data, size), 1);
	struct rules_clients r = { 0 };
	struct idr_err err;
	bool haip = size && data[0] % 2, usable = rules_clients_parse(fuzz_suite(), a, in, haip, &r, &err);

	if (!usable)
		fuzz_check(err.code == IDR_CONFIG || err.code == IDR_LIMIT);
	else
		for (size_t i = 0; i < r.n_client; i++) {
			look_again(&r, &r.client[i]);
			fuzz_check(!haip || r.client[i].haip);
		}
	if (usable || err.code != IDR_LIMIT)
		lint(a, in, haip, usable);
	idr_arena_free(&a);
	return 0;
}
