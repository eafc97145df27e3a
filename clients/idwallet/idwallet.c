#include "idwallet/wallet.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

static const struct cli_option common[] = {
	{ "store", "DIR", "where credentials are kept (default $IDWALLET_STORE, then ~/.idwallet)",
	    &wallet_store_dir, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static void default_store(struct cli *c)
{
	const char *env = getenv("IDWALLET_STORE"), *home = getenv("HOME");
	struct idr_err ignored;

	if (!wallet_store_dir)
		wallet_store_dir = env && env[0] ? env
		                                 : idr_arena_printf(c->arena, &ignored, "%s/.idwallet",
		                                 home ? home : ".");
}

static enum cli_exit receive(struct cli *c)
{
	default_store(c);
	return wallet_receive(c);
}

static enum cli_exit renew(struct cli *c)
{
	default_store(c);
	return wallet_renew(c);
}

static enum cli_exit deferred(struct cli *c)
{
	default_store(c);
	return wallet_deferred(c);
}

static enum cli_exit present(struct cli *c)
{
	default_store(c);
	return wallet_present(c);
}

static void put_entry_json(struct idr_jw *w, const struct wallet_entry *e)
{
	char when[21];

	idr_time_format(e->received, when);
	idr_jw_open(w, '{');
	idr_jw_put_int(w, "id", e->id);
	idr_jw_put_str(w, "configuration", e->configuration);
	idr_jw_put_cstr(w, "format", idr_format_name(e->format));
	idr_jw_put_str(w, e->format == IDR_FORMAT_MDOC ? "doctype" : "vct", e->type);
	idr_jw_put_str(w, "issuer", e->issuer);
	idr_jw_put_cstr(w, "received", when);
	idr_jw_put_int(w, "presented", e->used);
	idr_jw_close(w, '}');
}

static enum cli_exit list(struct cli *c)
{
	struct wallet_entry *entry;
	struct idr_bytes text;
	struct idr_err err;
	struct idr_buf b;
	struct idr_jw w;
	size_t n;

	default_store(c);
	if (!wallet_store_list(c->arena, wallet_store_dir, &entry, &n, &err))
		return cli_error(c, &err);
	idr_buf_init(&b, c->arena, 4096, WALLET_JSON_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		put_entry_json(&w, &entry[i]);
		if (!c->json)
			printf("%4lld  %-16s presented %lld times  from %s\n", (long long)entry[i].id,
			    cli_clean(c->arena, entry[i].configuration), (long long)entry[i].used,
			    cli_clean(c->arena, entry[i].issuer));
	}
	idr_jw_close(&w, ']');
	if (!idr_buf_done(&b, &text, &err))
		return cli_error(c, &err);
	if (c->json)
		printf("%.*s\n", (int)text.n, (const char *)text.p);
	else if (n == 0)
		printf("the store is empty: idwallet receive LINK\n");
	return CLI_OK;
}

static bool find(struct cli *c, struct wallet_entry *out, struct idr_err *err)
{
	int64_t id = strtoll(c->argv[0], NULL, 10);
	struct wallet_entry *entry;
	size_t n;

	default_store(c);
	if (!wallet_store_list(c->arena, wallet_store_dir, &entry, &n, err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (entry[i].id == id) {
			*out = entry[i];
			return true;
		}
	return idr_fail(err, IDR_FILE, NULL, "the store holds no credential %s", c->argv[0]);
}

static enum cli_exit show(struct cli *c)
{
	struct idr_suite *s = idr_suite_new();
	const struct idr_json *claims;
	struct wallet_entry e;
	struct idr_err err;
	bool ok;

	if (!s)
		return CLI_FAILED;
	ok = find(c, &e, &err) && wallet_claims(s, c->arena, &e, &claims, &err);
	idr_suite_free(&s);
	if (!ok)
		return cli_error(c, &err);
	if (c->json)
		printf("%.*s\n", (int)claims->raw.n, (const char *)claims->raw.p);
	else
		printf("%s\n", cli_clean(c->arena, claims->raw)); /* JSON lets DEL, C1 and turned text stand as they are */
	return CLI_OK;
}

static enum cli_exit export(struct cli *c)
{
	struct wallet_entry e;
	struct idr_err err;

	if (!find(c, &e, &err))
		return cli_error(c, &err);
	printf("%.*s\n", (int)e.credential.n, (const char *)e.credential.p);
	return CLI_OK;
}

static enum cli_exit delete(struct cli *c)
{
	struct idr_err err;

	default_store(c);
	if (!wallet_store_delete(c->arena, wallet_store_dir, strtoll(c->argv[0], NULL, 10), &err))
		return cli_error(c, &err);
	if (!c->json)
		printf("deleted\n");
	return CLI_OK;
}

int main(int argc, char **argv)
{
	static const struct cli_command commands[] = {
		{ .name = "receive", .operands = "[LINK]", .summary = "receive the credentials of an offer",
		    .text = "LINK is what the office showed: openid-credential-offer://..., or the address of the offer.\n"
		            "Where the citizen is to log in, the address of the login page is shown, and this program\n"
		            "waits for the browser to come back to it.",
		    .examples = "  idwallet receive --tx-code 493536 'openid-credential-offer://?...'\n"
		                "  idwallet receive --client-id https://wallet.example --attestation attestation.jwt \\\n"
		                "      --instance-key instance.key --browser xdg-open 'haip-vci://?...'\n"
		                "  idwallet receive --client-id https://wallet.example --test-provider provider \\\n"
		                "      --issuer https://issuer.example --configuration pid.sdjwt",
		    .options = wallet_receive_options, .min_operands = 0, .max_operands = 1, .run = receive },
		{ .name = "renew", .operands = "ID", .summary = "new copies of a credential, without a login",
		    .text = "With the refresh token that came with it. The copies they replace are forgotten.",
		    .examples = "  idwallet renew --client-id https://wallet.example --test-provider provider 3",
		    .options = wallet_renew_options, .min_operands = 1, .max_operands = 1, .run = renew },
		{ .name = "deferred", .operands = "", .summary = "fetch what an officer has approved meanwhile",
		    .text = "Exit code 2: something still waits.",
		    .examples = "  idwallet deferred --wait=60",
		    .options = wallet_deferred_options, .max_operands = 0, .run = deferred },
		{ .name = "present", .operands = "[LINK]", .summary = "answer a verifier's request",
		    .text = "Shows who asks and for what, asks for consent, and sends only the claims asked for.",
		    .examples = "  idwallet present --root root.pem 'openid4vp://?client_id=...&request_uri=...'\n"
		                "  idwallet present --digital request.json --origin https://bank.example >data.json",
		    .options = wallet_present_options, .max_operands = 1, .run = present },
		{ .name = "test-provider make", .operands = "DIR",
		    .summary = "for tests: a wallet provider that believes everything",
		    .text = "A root, a key and a certificate in DIR. A server for tests that trusts the root takes\n"
		            "whatever wallet and whatever keys it attests: never name it in a server for citizens.",
		    .examples = "  idwallet test-provider make --attester https://provider.example provider",
		    .options = wallet_provider_options, .min_operands = 1, .max_operands = 1,
		    .run = wallet_provider_make },
		{ .name = "test-provider attest", .operands = "DIR",
		    .summary = "for tests: a wallet attestation of that provider",
		    .text = "Good for five minutes.",
		    .examples = "  idwallet test-provider attest --client-id https://wallet.example \\\n"
		                "      --instance-key instance.key provider",
		    .options = wallet_attest_options, .min_operands = 1, .max_operands = 1,
		    .run = wallet_provider_file },
		{ .name = "list", .operands = "", .summary = "what the store holds", .max_operands = 0, .run = list },
		{ .name = "show", .operands = "ID", .summary = "all claims of a stored credential", .min_operands = 1,
		    .max_operands = 1, .run = show },
		{ .name = "export", .operands = "ID", .summary = "the credential as it was issued", .min_operands = 1,
		    .max_operands = 1, .run = export },
		{ .name = "delete", .operands = "ID", .summary = "forget a copy and its key", .min_operands = 1,
		    .max_operands = 1, .run = delete },
		{ .name = NULL },
	};
	static const struct cli_program program = {
		.name = "idwallet",
		.summary = "the reference holder: receive and present credentials",
		.text = "Keys are kept in files that only you can read. This is a tool for tests and\n"
		        "integration, not an app for citizens.",
		.commands = commands,
		.common = common,
	};

	return cli_main(&program, argc, argv);
}
