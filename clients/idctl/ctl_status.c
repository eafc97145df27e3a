#include "idctl/ctl.h"

#include <stdio.h>

/* What became of a person's credentials, and taking one back. */

static const char *person, *find_reason, *set_reason;

static const struct cli_option find_options[] = {
	{ "person", "KEY", "the person's row key, as imported", &person, NULL },
	{ "reason", "WORD", "why you look: holder_request office_visit investigation support revocation other",
	  &find_reason, NULL },
	{ 0 },
};

static const struct cli_option set_options[] = {
	{ "reason", "WORD", "holder_request lost stolen deceased data_error replaced fraud key_compromise\n"
	  "                               investigation investigation_ended other", &set_reason, NULL },
	{ 0 },
};

static const char *status_colour(const char *status)
{
	if (strcmp(status, "valid") == 0)
		return cli_green();
	return strcmp(status, "revoked") == 0 ? cli_red() : cli_yellow();
}

static void print_head(void)
{
	printf("%-20s %-12s %-12s %6s  %-10s %-10s  %s\n", "credential", "type", "format", "copies", "issued",
	    "until", "status");
}

static void print_credential(struct cli *c, const struct idr_json *x)
{
	const char *status = ctl_member(c, x, "status");
	const struct idr_json *delivered = idr_json_find(x, "delivered");

	printf("%-20lld %-12s %-12s %6lld  %-10.10s %-10.10s  %s%s%s%s\n",
	    (long long)ctl_number(x, "credential_id"), ctl_member(c, x, "type"), ctl_member(c, x, "format"),
	    (long long)ctl_number(x, "copies"), ctl_member(c, x, "issued"), ctl_member(c, x, "expires"),
	    status_colour(status), status, cli_plain(),
	    idr_json_is(delivered, IDR_JSON_FALSE) ? " (not delivered)" : "");
}

static enum cli_exit find(struct cli *c)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "POST", .path = "/admin/v1/people/find" };
	const struct idr_json *doc, *list;
	struct idr_err err;
	struct idr_buf b;
	struct idr_jw w;

	if (!ctl_need("person", person, &err) || !ctl_need("reason", find_reason, &err))
		return cli_error(c, &err);
	idr_buf_init(&b, c->arena, 512, 16 * 1024);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "person", person);
	idr_jw_put_cstr(&w, "reason", find_reason);
	idr_jw_close(&w, '}');
	if (!idr_buf_done(&b, &q.body, &err) || !ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	if (c->json)
		return CLI_OK;
	list = idr_json_find(doc, "credentials");
	if (!idr_json_first(list))
		printf("This person has no credentials.\n");
	else
		print_head();
	for (const struct idr_json *x = idr_json_first(list); x; x = idr_json_next(list, x))
		print_credential(c, x);
	return CLI_OK;
}

static enum cli_exit ask_credential(struct cli *c, struct ctl_call *q, const char *behind)
{
	const struct idr_json *doc;
	struct idr_err err;

	if (!ctl_path(c, "/admin/v1/credentials/", c->argv[0], behind, &q->path, &err) ||
	    !ctl_ask(c, q, &doc, &err))
		return cli_error(c, &err);
	if (!c->json) {
		print_head();
		print_credential(c, doc);
	}
	return CLI_OK;
}

static enum cli_exit show(struct cli *c)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "GET" };

	return ask_credential(c, &q, "");
}

static enum cli_exit set(struct cli *c)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "PUT" };
	struct idr_err err;
	struct idr_buf b;
	struct idr_jw w;

	if (!ctl_need("reason", set_reason, &err))
		return cli_error(c, &err);
	idr_buf_init(&b, c->arena, 256, 4096);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "status", c->argv[1]);
	idr_jw_put_cstr(&w, "reason", set_reason);
	idr_jw_close(&w, '}');
	if (!idr_buf_done(&b, &q.body, &err))
		return cli_error(c, &err);
	return ask_credential(c, &q, "/status");
}

const struct cli_command ctl_status[] = {
	{ .name = "find", .operands = "", .summary = "list a person's credentials",
	  .text = "The look-up is recorded with your name and the reason. No personal data comes back.",
	  .examples = "  idctl find --person KH-000001 --reason holder_request",
	  .options = find_options, .run = find },
	{ .name = "status show", .operands = "ID", .summary = "show one credential's state",
	  .examples = "  idctl status show 42", .min_operands = 1, .max_operands = 1, .run = show },
	{ .name = "status set", .operands = "ID revoked|suspended|valid", .summary = "revoke, suspend or reinstate",
	  .text = "All copies of the credential change together. A revoked credential stays revoked.",
	  .examples = "  idctl status set 42 revoked --reason stolen\n"
	              "  idctl status set 42 suspended --reason investigation",
	  .options = set_options, .min_operands = 2, .max_operands = 2, .run = set },
	{ 0 },
};
