#include "idctl/ctl.h"

#include <stdio.h>

/* Credentials of a type that an officer must approve: what waits, what it would say, yes or no. */

static const char *reason;

static const struct cli_option decide_options[] = {
	{ "reason", "WORD",
	  "checked, not_entitled, wrong_person, data_error, fraud, withdrawn or other", &reason, NULL },
	{ 0 },
};

static void print_line(struct cli *c, const struct idr_json *x)
{
	printf("%-6lld %-9s %-20s %-20s %-20s %s\n", (long long)ctl_number(x, "id"), ctl_member(c, x, "state"),
	    ctl_member(c, x, "configuration"), ctl_member(c, x, "asked"), ctl_member(c, x, "expires"),
	    ctl_member(c, x, "offered_by"));
}

static enum cli_exit list(struct cli *c)
{
	const struct ctl_call q = { .as = CTL_OPERATOR, .method = "GET", .path = "/admin/v1/approvals" };
	const struct idr_json *doc, *all;
	struct idr_err err;

	if (!ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	if (c->json)
		return CLI_OK;
	all = idr_json_find(doc, "approvals");
	if (!idr_json_first(all))
		printf("nothing waits\n");
	else
		printf("%-6s %-9s %-20s %-20s %-20s %s\n", "id", "state", "configuration", "asked", "expires",
		    "offered by");
	for (const struct idr_json *x = idr_json_first(all); x; x = idr_json_next(all, x))
		print_line(c, x);
	return CLI_OK;
}

static enum cli_exit show(struct cli *c)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "GET" };
	const struct idr_json *doc, *claims;
	struct idr_err err;

	if (!ctl_path(c, "/admin/v1/approvals/", c->argv[0], "", &q.path, &err) || !ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	if (c->json)
		return CLI_OK;
	print_line(c, doc);
	claims = idr_json_find(doc, "claims");
	for (const struct idr_json *k = idr_json_first(claims); k; k = idr_json_next(claims, k)) {
		const struct idr_json *v = idr_json_value(k);

		printf("  %-28s %.60s\n", ctl_text(c, k), v->type == IDR_JSON_STRING ? ctl_text(c, v)
		                                                               : ctl_clean(c, v->raw));
	}
	return CLI_OK;
}

static enum cli_exit decide(struct cli *c, const char *decision)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "PUT" };
	const struct idr_json *doc;
	struct idr_err err;
	struct idr_buf b;
	struct idr_jw w;

	idr_buf_init(&b, c->arena, 128, 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "decision", decision);
	idr_jw_put_cstr(&w, "reason", reason ? reason : "checked");
	idr_jw_close(&w, '}');
	if (!idr_buf_done(&b, &q.body, &err) ||
	    !ctl_path(c, "/admin/v1/approvals/", c->argv[0], "", &q.path, &err) || !ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	if (!c->json)
		print_line(c, doc);
	return CLI_OK;
}

static enum cli_exit approve(struct cli *c)
{
	return decide(c, "approve");
}

static enum cli_exit refuse(struct cli *c)
{
	struct idr_err err;

	return ctl_need("reason", reason, &err) ? decide(c, "refuse") : cli_error(c, &err);
}

const struct cli_command ctl_approval[] = {
	{ .name = "approval list", .operands = "", .summary = "credentials that wait for an officer's approval",
	  .text = "Nobody is named here: `approval show` says whom it is about, and that is audited.",
	  .examples = "  idctl approval list", .run = list },
	{ .name = "approval show", .operands = "ID", .summary = "what would be issued",
	  .examples = "  idctl approval show 7", .min_operands = 1, .max_operands = 1, .run = show },
	{ .name = "approval approve", .operands = "ID", .summary = "let a credential be issued",
	  .text = "Who made the offer cannot approve it: another officer does.",
	  .examples = "  idctl approval approve 7", .options = decide_options, .min_operands = 1,
	  .max_operands = 1, .run = approve },
	{ .name = "approval refuse", .operands = "ID", .summary = "do not issue a credential",
	  .examples = "  idctl approval refuse 7 --reason not_entitled", .options = decide_options,
	  .min_operands = 1, .max_operands = 1, .run = refuse },
	{ 0 },
};
