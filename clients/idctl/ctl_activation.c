#include "idctl/ctl.h"

#include <stdio.h>
#include <string.h>

/* Activation codes: what an officer hands to a person who is to log in. */

enum { BODY_MAX = 1024 };

static const char *person, *number;

static const struct cli_option make_options[] = {
	{ "person", "KEY", "the person's row key, as imported", &person, NULL },
	{ "number", "NUMBER", "what the person will type, when it is not the imported number", &number, NULL },
	{ 0 },
};

static bool make_body(struct cli *c, struct idr_bytes *body, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;

	if (!ctl_need("person", person, err))
		return false;
	idr_buf_init(&b, c->arena, 256, BODY_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "person", person);
	if (number)
		idr_jw_put_cstr(&w, "number", number);
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, body, err);
}

/* In groups of four, as one reads them out. */
static void print_code(const char *code)
{
	for (size_t i = 0; code[i]; i++)
		printf("%s%c", i && i % 4 == 0 ? " " : "", code[i]);
}

static enum cli_exit make(struct cli *c)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "POST", .path = "/admin/v1/activations" };
	const struct idr_json *doc;
	const char *expires;
	struct idr_err err;

	if (!make_body(c, &q.body, &err) || !ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	if (c->json)
		return CLI_OK;
	expires = ctl_member(c, doc, "expires");
	printf("activation  %s\nexpires     %s\n\n", ctl_member(c, doc, "activation_id"), expires);
	printf("For the person, once you have seen who they are:\n\n    activation code  %s", cli_yellow());
	print_code(ctl_member(c, doc, "code"));
	printf("%s\n\n    Type it with your national number on the page that your wallet opens. It works once,\n"
	    "    until %.10s. Tell it to nobody; no office will ask you for it.\n", cli_plain(), expires);
	return CLI_OK;
}

static enum cli_exit show(struct cli *c)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "GET" };
	const struct idr_json *doc;
	struct idr_err err;

	if (!ctl_path(c, "/admin/v1/activations/", c->argv[0], "", &q.path, &err) || !ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	if (!c->json)
		printf("%s, tried wrongly %lld times, expires %s\n", ctl_member(c, doc, "state"),
		    (long long)ctl_number(doc, "wrong_tries"), ctl_member(c, doc, "expires"));
	return CLI_OK;
}

const struct cli_command ctl_activation[] = {
	{ .name = "activation make", .summary = "give a person a one-time code to log in with",
	  .text = "The person types it beside their national number on the page their wallet opens. It is stored\n"
	          "as a keyed digest and shown here once; a new one replaces it. Give it to people you have\n"
	          "identified.",
	  .examples = "  idctl activation make --person KH-000001",
	  .options = make_options, .run = make },
	{ .name = "activation show", .operands = "ID", .summary = "has the code been used?",
	  .examples = "  idctl activation show 5d41402abc4b2a76b9719d911017c592",
	  .min_operands = 1, .max_operands = 1, .run = show },
	{ 0 },
};
