#include "idctl/ctl.h"

#include <stdio.h>

/* How the server is, and which policies this relying party may use. */

static enum cli_exit policy_list(struct cli *c)
{
	const struct ctl_call q = { .as = CTL_PARTY, .method = "GET", .path = "/v1/policies" };
	const struct idr_json *doc, *all;
	struct idr_err err;

	if (!ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	all = idr_json_find(doc, "policies");
	for (const struct idr_json *p = c->json ? NULL : idr_json_first(all); p; p = idr_json_next(all, p))
		printf("%-24s types %s; %s\n", ctl_member(c, p, "id"), ctl_words(c, idr_json_find(p, "types")),
		    ctl_member(c, idr_json_find(p, "purpose"), "en"));
	return CLI_OK;
}

static void show_part(const struct idr_json *doc, const char *member, const char *words)
{
	bool ok = idr_json_is(idr_json_find(doc, member), IDR_JSON_TRUE);

	printf("  %-14s %s%s%s\n", words, ok ? cli_green() : cli_red(), ok ? "ok" : "DOWN", cli_plain());
}

static enum cli_exit health(struct cli *c)
{
	const struct ctl_call q = { .as = CTL_OPERATOR, .method = "GET", .path = "/health", .also_503 = true };
	const struct idr_json *doc;
	struct idr_err err;
	bool up;

	if (!ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	up = idr_json_is_str(idr_json_find(doc, "status"), "up");
	if (c->json)
		return up ? CLI_OK : CLI_REFUSED;
	printf("%s%s%s, idsrv %s, mode %s, for %lld s\n", up ? cli_green() : cli_red(),
	    up ? "up" : "DOWN", cli_plain(), ctl_member(c, doc, "version"), ctl_member(c, doc, "mode"),
	    (long long)ctl_number(doc, "uptime_s"));
	show_part(doc, "database", "database");
	show_part(doc, "signer", "signer");
	show_part(doc, "status_lists", "status lists");
	printf("  %-14s %lld ms\n", "unpublished", (long long)ctl_number(doc, "oldest_unpublished_ms"));
	return up ? CLI_OK : CLI_REFUSED;
}

static enum cli_exit metrics(struct cli *c)
{
	const struct ctl_call q = {
		.as = CTL_OPERATOR, .method = "GET", .path = "/metrics", .accept = "text/plain",
	};
	struct idr_bytes body;
	struct idr_err err;
	struct idr_buf b;
	struct idr_jw w;

	if (!ctl_call(c, &q, &body, &err))
		return cli_error(c, &err);
	if (!c->json) {
		printf("%.*s", (int)body.n, (const char *)body.p);
		return CLI_OK;
	}
	idr_buf_init(&b, c->arena, body.n + 64, 4 * 1024 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_str(&w, "metrics", body);
	idr_jw_close(&w, '}');
	return ctl_print(c, &b);
}

const struct cli_command ctl_service[] = {
	{ .name = "policy list", .operands = "", .summary = "the policies this relying party may use",
	  .examples = "  idctl policy list --key-file shop.key", .run = policy_list },
	{ .name = "health", .operands = "", .summary = "is the server well? exit code 0 or 1",
	  .examples = "  idctl health --json", .run = health },
	{ .name = "metrics", .operands = "", .summary = "the server's counters (Prometheus text)",
	  .examples = "  idctl metrics | grep issued", .run = metrics },
	{ 0 },
};
