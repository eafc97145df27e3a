#include "idctl/ctl.h"

#include <stdio.h>

/* Webhook events that no receiver took: dead letters, to be sent again or dropped. */

static const char *party;

static const struct cli_option change_options[] = {
	{ "party", "ID", "all dead letters of this relying party, instead of one EVENT", &party, NULL },
	{ 0 },
};

static enum cli_exit list(struct cli *c)
{
	const struct ctl_call q = { .as = CTL_OPERATOR, .method = "GET", .path = "/admin/v1/webhooks" };
	const struct idr_json *doc, *all;
	struct idr_err err;

	if (!ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	if (c->json)
		return CLI_OK;
	printf("waiting %lld, the oldest for %lld s; dead letters %lld\n", (long long)ctl_number(doc, "waiting"),
	    (long long)ctl_number(doc, "oldest_s"), (long long)ctl_number(doc, "dead"));
	all = idr_json_find(doc, "dead_letters");
	if (idr_json_first(all))
		printf("%-32s %-6s %-9s %-20s %5s  %s\n", "event", "party", "state", "at", "tries", "problem");
	for (const struct idr_json *x = idr_json_first(all); x; x = idr_json_next(all, x))
		printf("%-32s %-6lld %-9s %-20s %5lld  %s\n", ctl_member(c, x, "event"),
		    (long long)ctl_number(x, "party_id"), ctl_member(c, x, "state"), ctl_member(c, x, "at"),
		    (long long)ctl_number(x, "tries"), ctl_member(c, x, "problem"));
	return CLI_OK;
}

static bool make_body(struct cli *c, const char *action, struct idr_bytes *body, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;
	int64_t id;

	if ((c->argc == 1) == (party != NULL))
		return idr_fail(err, IDR_USAGE, NULL, "name one EVENT, or all of a relying party with --party");
	idr_buf_init(&b, c->arena, 256, 4096);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "action", action);
	if (!party)
		idr_jw_put_cstr(&w, "event", c->argv[0]);
	else if (!ctl_parse_number("party", party, 1, INT64_MAX, &id, err))
		return false;
	else
		idr_jw_put_int(&w, "party_id", id);
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, body, err);
}

/* Nothing changed is a refusal: whoever named an event expected one. */
static enum cli_exit change(struct cli *c, const char *action, const char *words)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "POST", .path = "/admin/v1/webhooks" };
	const struct idr_json *doc;
	struct idr_err err;
	int64_t n;

	if (!make_body(c, action, &q.body, &err) || !ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	n = ctl_number(doc, "changed");
	if (!c->json)
		printf("%lld %s\n", (long long)n, words);
	return n ? CLI_OK : CLI_REFUSED;
}

static enum cli_exit retry(struct cli *c)
{
	return change(c, "retry", "put back into the queue");
}

static enum cli_exit drop(struct cli *c)
{
	return change(c, "drop", "dropped");
}

const struct cli_command ctl_webhook[] = {
	{ .name = "webhook list", .operands = "", .summary = "webhook events that wait, and dead letters",
	  .examples = "  idctl webhook list --json", .run = list },
	{ .name = "webhook retry", .operands = "[EVENT]", .summary = "send dead letters again",
	  .examples = "  idctl webhook retry 5f0c9f0e1b2a4c3d8e7f6a5b4c3d2e1f\n  idctl webhook retry --party 3",
	  .options = change_options, .max_operands = 1, .run = retry },
	{ .name = "webhook drop", .operands = "[EVENT]", .summary = "forget dead letters",
	  .examples = "  idctl webhook drop --party 3",
	  .options = change_options, .max_operands = 1, .run = drop },
	{ 0 },
};
