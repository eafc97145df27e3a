#include "idctl/ctl.h"

#include <stdio.h>

/* Credential offers: a link for the wallet, and a code for the person when asked. */

enum { CLAIMS_FILE_MAX = 64 * 1024, BODY_MAX = 96 * 1024 };

static const char *person, *claims, *tx_code, *grant, *profile, *qr, *terminal;

static const struct cli_option make_options[] = {
	{ "person", "KEY", "the person's row key, as imported", &person, NULL },
	{ "claims", "FILE", "hand these claims over (one JSON object; - for standard input)", &claims, NULL },
	{ "tx-code", "[N]", "the wallet must also be given a code of N digits (6)", &tx_code, NULL },
	{ "grant", "GRANT", "pre-authorized_code, or authorization_code: the person logs in", &grant, NULL },
	{ "profile", "PROFILE", "of the wallet: plain or haip", &profile, NULL },
	{ "qr", "FILE", "draw the link: FILE.png or FILE.svg", &qr, NULL },
	{ "terminal", NULL, "draw the link on the terminal", &terminal, NULL },
	{ 0 },
};

static bool put_claims(struct cli *c, struct idr_jw *w, struct idr_err *err)
{
	const struct idr_json *v;
	struct idr_bytes file;

	if (!claims)
		return true;
	if (!cli_read(c->arena, claims, CLAIMS_FILE_MAX, &file, err) ||
	    !idr_json_parse(c->arena, file, CLAIMS_FILE_MAX, &v, err))
		return false;
	if (!idr_json_is(v, IDR_JSON_OBJECT))
		return idr_fail(err, IDR_USAGE, NULL, "--claims is one JSON object");
	idr_jw_put_raw(w, "claims", v->raw);
	return true;
}

static bool make_body(struct cli *c, struct idr_bytes *body, struct idr_err *err)
{
	struct idr_buf b;
	struct idr_jw w;
	int64_t digits;

	if (!ctl_need("person", person, err))
		return false;
	idr_buf_init(&b, c->arena, 512, BODY_MAX);
	w = idr_jw(&b);
	idr_jw_open(&w, '{');
	idr_jw_put_cstr(&w, "person", person);
	if (!put_claims(c, &w, err))
		return false;
	idr_jw_name(&w, "configurations");
	idr_jw_open(&w, '[');
	for (int i = 0; i < c->argc; i++)
		idr_jw_cstr(&w, c->argv[i]);
	idr_jw_close(&w, ']');
	if (grant)
		idr_jw_put_cstr(&w, "grant", grant);
	if (profile)
		idr_jw_put_cstr(&w, "profile", profile);
	if (tx_code && !*tx_code)
		idr_jw_put_bool(&w, "tx_code", true);
	if (tx_code && *tx_code) {
		if (!ctl_parse_number("tx-code", tx_code, 4, 12, &digits, err))
			return false;
		idr_jw_put_int(&w, "tx_code", digits);
	}
	idr_jw_close(&w, '}');
	return idr_buf_done(&b, body, err);
}

static enum cli_exit make(struct cli *c)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "POST", .path = "/admin/v1/offers", .quiet = true };
	const struct idr_json *doc, *link;
	struct idr_err err;

	if (!ctl_qr_check(qr, &err) || !make_body(c, &q.body, &err) || !ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	link = idr_json_find(doc, "link_by_reference");
	if (!c->json) {
		printf("offer     %s\nlink      %s\n", ctl_member(c, doc, "offer_id"), ctl_text(c, link));
		if (idr_json_find(doc, "tx_code"))
			printf("code      %s%s%s   tell it to the person, not to the wallet's screen\n", cli_yellow(),
			    ctl_member(c, doc, "tx_code"), cli_plain());
		printf("expires   %s\n", ctl_member(c, doc, "expires"));
	}
	if (idr_json_is(link, IDR_JSON_STRING) &&
	    !ctl_qr_show(c, link->text, qr, terminal, "Credential offer", &err))
		return cli_error(c, &err);
	ctl_print_doc(c, doc);
	return CLI_OK;
}

static enum cli_exit show(struct cli *c)
{
	struct ctl_call q = { .as = CTL_OPERATOR, .method = "GET" };
	const struct idr_json *doc;
	struct idr_err err;

	if (!ctl_path(c, "/admin/v1/offers/", c->argv[0], "", &q.path, &err) || !ctl_ask(c, &q, &doc, &err))
		return cli_error(c, &err);
	if (c->json)
		return CLI_OK;
	printf("%s, %lld tries of the code left\n", ctl_member(c, doc, "state"),
	    (long long)ctl_number(doc, "tries_left"));
	if (idr_json_first(idr_json_find(doc, "notifications")))
		printf("the wallet says: %s\n", ctl_words(c, idr_json_find(doc, "notifications")));
	return CLI_OK;
}

const struct cli_command ctl_offer[] = {
	{ .name = "offer make", .operands = "CONFIGURATION...", .summary = "offer credentials to a person's wallet",
	  .text = "A configuration is a type and a format: pid.sdjwt, pid.mdoc. The link holds no personal data,\n"
	          "but who has it gets the credential: ask for a code (--tx-code) when others may see the link.\n"
	          "Claims come from the person as imported, or from the type's own source; with --claims they are\n"
	          "these, kept sealed with the offer and wiped with it, and the person need not be imported.",
	  .examples = "  idctl offer make --person KH-000001 pid.sdjwt age.sdjwt --terminal\n"
	              "  idctl offer make --person KH-000001 --tx-code --qr offer.png pid.sdjwt",
	  .options = make_options, .min_operands = 1, .max_operands = 16, .run = make },
	{ .name = "offer show", .operands = "ID", .summary = "has the offer been used?",
	  .examples = "  idctl offer show 5d41402abc4b2a76b9719d911017c592",
	  .min_operands = 1, .max_operands = 1, .run = show },
	{ 0 },
};
