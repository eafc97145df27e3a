#include "idctl/ctl.h"

#include <stdio.h>

#include "base/text.h"

/* Relying parties: who may ask for presentations, and with which key. */

enum { SLOTS = 32 };
static const char *policies[SLOTS], *return_urls[SLOTS], *origins[SLOTS], *cross_device;
static const char *out, *hook_url, *hook_off;

static const struct cli_option add_options[] = {
	{ "policy", "POLICY", "a policy it may use (repeat); * for any, and queries of its own", NULL, policies },
	{ "return-url", "URL", "where its pages may take the holder back to (repeat)", NULL, return_urls },
	{ "origin", "ORIGIN", "of its pages that ask through the browser (repeat)", NULL, origins },
	{ "cross-device", NULL, "may show its request on another device than the wallet's", &cross_device, NULL },
	{ "out", "FILE", "write the key there, for its owner only, instead of showing it", &out, NULL },
	{ 0 },
};

static const struct cli_option key_options[] = {
	{ "out", "FILE", "write the key there, for its owner only, instead of showing it", &out, NULL },
	{ 0 },
};

static const struct cli_option webhook_options[] = {
	{ "url", "URL", "https address that is told what became of a presentation", &hook_url, NULL },
	{ "off", NULL, "tell it nothing any more", &hook_off, NULL },
	{ "out", "FILE", "write the secret there, for its owner only, instead of showing it", &out, NULL },
	{ 0 },
};

static void put_list(struct idr_jw *w, const char *name, const char *const *list)
{
	idr_jw_name(w, name);
	idr_jw_open(w, '[');
	for (; *list; list++)
		idr_jw_cstr(w, *list);
	idr_jw_close(w, ']');
}

static bool make_body(struct cli *c, struct idr_bytes *body, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	if (!ctl_need("policy", policies[0], err))
		return false;
	idr_buf_init(&b, c->arena, 1024, 64 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "name", c->argv[0]);
	put_list(&w, "policies", policies);
	put_list(&w, "return_urls", return_urls);
	put_list(&w, "origins", origins);
	idr_jw_put_bool(&w, "cross_device", cross_device != NULL);
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, body, err);
}

/* A key that cannot be kept must not be made: the file is tried before the server is asked. */
static bool reserve(struct idr_err *err)
{
	return !out || cli_write_new(out, IDR_LIT(""), 0600, err);
}

static bool keep_key(struct cli *c, const struct idr_json *doc, const char *name, struct idr_err *err)
{
	const struct idr_json *key = idr_json_find(doc, name);
	char *line;

	if (!idr_json_is(key, IDR_JSON_STRING) || !idr_is_ascii_token(key->text))
		return idr_fail(err, IDR_REMOTE, NULL, "the server's answer holds no key");
	line = idr_arena_printf(c->arena, err, "%.*s\n", (int)key->text.n, (const char *)key->text.p);
	return line && (!out || cli_write(out, idr_str(line), 0600, err));
}

/* --json with --out: the key goes to the file and nowhere else. */
static enum cli_exit show_key(struct cli *c, const struct idr_json *doc, const char *name)
{
	bool webhook = strcmp(name, "key") != 0;
	const char *word = webhook ? "webhook secret" : "key", *file = webhook ? "webhook_secret_file" : "key_file";
	struct idr_buf b;
	struct idr_jw w;

	if (c->json) {
		idr_buf_init(&b, c->arena, 256, 4096);
		w = idr_jw(&b);
		idr_jw_open(&w, '{');
		idr_jw_put_int(&w, "party_id", ctl_number(doc, "party_id"));
		idr_jw_put_cstr(&w, out ? file : name, out ? out : ctl_member(c, doc, name));
		idr_jw_close(&w, '}');
		return ctl_print(c, &b);
	}
	printf("relying party  %lld\n", (long long)ctl_number(doc, "party_id"));
	if (out)
		printf("%-14s in %s; not shown again\n", word, out);
	else
		printf("%-14s %s%s%s\n               shown this once\n", word, cli_yellow(),
		    ctl_member(c, doc, name), cli_plain());
	return CLI_OK;
}

static enum cli_exit get_key(struct cli *c, const struct ctl_call *q, const char *name)
{
	const struct idr_json *doc;
	struct idr_bytes body;
	struct idr_err err;
	bool ok = reserve(&err);

	if (!ok)
		return cli_error(c, &err);
	ok = ctl_call(c, q, &body, &err) && idr_json_parse(c->arena, body, 64 * 1024, &doc, &err) &&
	    keep_key(c, doc, name, &err);
	if (!ok && out)
		remove(out);
	return ok ? show_key(c, doc, name) : cli_error(c, &err);
}

static enum cli_exit add(struct cli *c)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "POST", .path = "/admin/v1/parties" };
	struct idr_err err;

	return make_body(c, &q.body, &err) ? get_key(c, &q, "key") : cli_error(c, &err);
}

static enum cli_exit new_key(struct cli *c)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "POST" };
	struct idr_err err;

	return ctl_path(c, "/admin/v1/parties/", c->argv[0], "/key", &q.path, &err) ? get_key(c, &q, "key") :
	    cli_error(c, &err);
}

static enum cli_exit webhook(struct cli *c)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "PUT" };
	struct idr_bytes nothing;
	struct idr_err err;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, c->arena, 1024, 8192);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "url", hook_off ? "" : hook_url);
	idr_jw_close(&w, '}');
	if ((!hook_off && !ctl_need("url", hook_url, &err)) || !idr_buf_done(&b, &q.body, &err) ||
	    !ctl_path(c, "/admin/v1/parties/", c->argv[0], "/webhook", &q.path, &err))
		return cli_error(c, &err);
	if (!hook_off)
		return get_key(c, &q, "webhook_secret");
	if (!ctl_call(c, &q, &nothing, &err))
		return cli_error(c, &err);
	printf(c->json ? "{\"party_id\":%s}\n" : "relying party %s is told nothing any more\n", c->argv[0]);
	return CLI_OK;
}

static enum cli_exit list(struct cli *c)
{
	const struct ctl_call q = { .as = CTL_OPERATOR, .method = "GET", .path = "/admin/v1/parties" };
	const struct idr_json *doc, *all;
	struct idr_err err;

	if (!ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	if (c->json)
		return CLI_OK;
	all = idr_json_find(doc, "parties");
	printf("%-6s %-10s %-9s %-36s %s\n", "id", "since", "state", "policies", "name");
	for (const struct idr_json *x = idr_json_first(all); x; x = idr_json_next(all, x)) {
		bool disabled = idr_json_is(idr_json_find(x, "disabled"), IDR_JSON_TRUE);

		printf("%-6lld %-10.10s %s%-9s%s %-36s %s\n", (long long)ctl_number(x, "party_id"),
		    ctl_member(c, x, "created"), disabled ? cli_red() : cli_green(), disabled ? "disabled" : "admitted",
		    cli_plain(), ctl_words(c, idr_json_find(x, "policies")), ctl_member(c, x, "name"));
	}
	return CLI_OK;
}

static enum cli_exit change(struct cli *c, bool disabled)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "PUT",
		.body = disabled ? IDR_LIT("{\"disabled\":true}") : IDR_LIT("{\"disabled\":false}") };
	struct idr_bytes nothing;
	struct idr_err err;

	if (!ctl_path(c, "/admin/v1/parties/", c->argv[0], "", &q.path, &err) || !ctl_call(c, &q, &nothing, &err))
		return cli_error(c, &err);
	if (c->json)
		printf("{\"party_id\":%s,\"disabled\":%s}\n", c->argv[0], disabled ? "true" : "false");
	else
		printf("relying party %s is %s%s%s\n", c->argv[0], disabled ? cli_red() : cli_green(),
		    disabled ? "disabled" : "admitted", cli_plain());
	return CLI_OK;
}

static enum cli_exit rate(struct cli *c)
{
	bool usual = strcmp(c->argv[1], "default") == 0;
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "PUT" };
	struct idr_bytes nothing;
	struct idr_err err;
	char *body = NULL;
	int64_t n = 0;

	if ((!usual && !ctl_parse_number("RATE", c->argv[1], 0, 1000000, &n, &err)) ||
	    !(body = idr_arena_printf(c->arena, &err, usual ? "{\"rate\":null}" : "{\"rate\":%lld}",
	          (long long)n)) ||
	    !ctl_path(c, "/admin/v1/parties/", c->argv[0], "", &q.path, &err))
		return cli_error(c, &err);
	q.body = idr_str(body);
	if (!ctl_call(c, &q, &nothing, &err))
		return cli_error(c, &err);
	if (c->json)
		printf("{\"party_id\":%s,\"rate\":%s}\n", c->argv[0], usual ? "null" : c->argv[1]);
	else
		printf("relying party %s: %s%s\n", c->argv[0], usual ? "as configured" : c->argv[1],
		    usual ? "" : " requests a second");
	return CLI_OK;
}

static enum cli_exit set_origins(struct cli *c)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "PUT" };
	struct idr_bytes nothing;
	struct idr_err err;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, c->arena, 1024, 64 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	put_list(&w, "origins", (const char *const *)c->argv + 1);
	idr_jw_close(&w, '}');
	if (!idr_buf_done(&b, &q.body, &err) ||
	    !ctl_path(c, "/admin/v1/parties/", c->argv[0], "", &q.path, &err) || !ctl_call(c, &q, &nothing, &err))
		return cli_error(c, &err);
	if (c->json)
		printf("%.*s\n", (int)q.body.n, (const char *)q.body.p);
	else if (c->argc > 1)
		printf("relying party %s asks through the browser from these origins alone\n", c->argv[0]);
	else
		printf("relying party %s does not ask through the browser any more\n", c->argv[0]);
	return CLI_OK;
}

static enum cli_exit disable(struct cli *c)
{
	return change(c, true);
}

static enum cli_exit enable(struct cli *c)
{
	return change(c, false);
}

const struct cli_command ctl_party[] = {
	{ .name = "party add", .operands = "NAME", .summary = "admit a relying party and give it a key",
	  .examples = "  idctl party add \"Corner shop\" --policy age-18 --cross-device --out shop.key\n"
	              "  idctl party add \"Bank\" --policy bank-account --return-url https://bank.example/id/",
	  .options = add_options, .min_operands = 1, .max_operands = 1, .run = add },
	{ .name = "party list", .operands = "", .summary = "list relying parties",
	  .examples = "  idctl party list --json", .run = list },
	{ .name = "party disable", .operands = "ID", .summary = "stop a relying party at once",
	  .examples = "  idctl party disable 3", .min_operands = 1, .max_operands = 1, .run = disable },
	{ .name = "party enable", .operands = "ID", .summary = "let it in again with the key it has",
	  .examples = "  idctl party enable 3", .min_operands = 1, .max_operands = 1, .run = enable },
	{ .name = "party rate", .operands = "ID RATE", .summary = "how many requests a second it may make",
	  .text = "0 is without limit; `default` is what the server is configured for (party_rate).",
	  .examples = "  idctl party rate 3 2000\n  idctl party rate 3 default",
	  .min_operands = 2, .max_operands = 2, .run = rate },
	{ .name = "party origins", .operands = "ID [ORIGIN]...",
	  .summary = "whose pages are its own, where it asks through the browser",
	  .text = "The origins replace those it had; none ends it. Written as a browser does:\n"
	          "lower case, no slash at the end, no :443.",
	  .examples = "  idctl party origins 3 https://bank.example https://www.bank.example",
	  .min_operands = 1, .max_operands = 33, .run = set_origins },
	{ .name = "party key", .operands = "ID", .summary = "give it a new key; the old one ends",
	  .examples = "  idctl party key 3 --out shop.key",
	  .options = key_options, .min_operands = 1, .max_operands = 1, .run = new_key },
	{ .name = "party webhook", .operands = "ID", .summary = "tell it over HTTPS what became of a presentation",
	  .examples = "  idctl party webhook 3 --url https://bank.example/hooks/id --out bank.hook\n"
	              "  idctl party webhook 3 --off",
	  .options = webhook_options, .min_operands = 1, .max_operands = 1, .run = webhook },
	{ 0 },
};
