#include "idctl/ctl.h"

#include <stdio.h>

/* What a verifier found, for people. */

enum { LONG_TEXT = 1200 };

static const char *result_colour(const char *result)
{
	if (strcmp(result, "VALID") == 0)
		return cli_green();
	return strcmp(result, "INVALID") == 0 ? cli_red() : cli_yellow();
}

static void show_value(struct cli *c, const struct idr_json *v)
{
	if (v->type == IDR_JSON_STRING && idr_bytes_starts(v->text, "data:")) {
		size_t comma = idr_bytes_index(v->text, 0, ',');

		printf("(%s, %zu bytes)\n", ctl_clean(c, idr_bytes_first(v->text, comma)),
		    comma == SIZE_MAX ? 0 : (v->text.n - comma) * 3 / 4);
	} else if (v->type == IDR_JSON_STRING && v->text.n > LONG_TEXT) {
		printf("(%zu bytes)\n", v->text.n * 3 / 4); /* bytes of an mdoc, as base64url */
	} else {
		printf("%s\n", ctl_clean(c, v->type == IDR_JSON_STRING ? v->text : v->raw));
	}
}

static void show_claims(struct cli *c, const struct idr_json *claims)
{
	for (const struct idr_json *m = idr_json_first(claims); m; m = idr_json_next(claims, m)) {
		printf("  %-24s ", ctl_clean(c, m->text));
		show_value(c, idr_json_value(m));
	}
}

/* The elements of an mdoc stand in namespaces. */
static void show_all(struct cli *c, const struct idr_json *verdict, const struct idr_json *claims)
{
	if (!idr_json_is_str(idr_json_find(verdict, "format"), "mso_mdoc")) {
		show_claims(c, claims);
		return;
	}
	for (const struct idr_json *m = idr_json_first(claims); m; m = idr_json_next(claims, m)) {
		printf("  %s\n", ctl_clean(c, m->text));
		show_claims(c, idr_json_value(m));
	}
}

static void show_origin(struct cli *c, const struct idr_json *verdict)
{
	const struct idr_json *issuer = idr_json_find(verdict, "issuer"), *status = idr_json_find(verdict, "status");
	const char *type = ctl_member(c, verdict, "type");

	if (*type)
		printf("  type    %s (%s)\n", type, ctl_member(c, verdict, "format"));
	if (issuer)
		printf("  issuer  %s (%s)\n", ctl_member(c, issuer, "name"), ctl_member(c, issuer, "country"));
	if (idr_json_is_str(idr_json_find(verdict, "holder_binding"), "proved"))
		printf("  holder  proved possession of the key\n");
	else if (issuer && !idr_json_is_str(idr_json_find(verdict, "verdict"), "INVALID"))
		printf("  holder  proved nothing: compare the face with the picture\n");
	if (status)
		printf("  status  known as of %s\n", ctl_member(c, status, "checked_at"));
	if (idr_json_find(verdict, "expires"))
		printf("  until   %s\n", ctl_member(c, verdict, "expires"));
}

void ctl_verdict_show(struct cli *c, const struct idr_json *verdict, const struct idr_json *claims)
{
	const char *result = ctl_member(c, verdict, "verdict"), *clause = ctl_member(c, verdict, "clause");

	printf("%s%s%s", result_colour(result), result, cli_plain());
	if (strcmp(result, "VALID") != 0)
		printf(": %s\n  (%s%s%s; %s)", ctl_member(c, verdict, "message"), ctl_member(c, verdict, "code"),
		    *clause ? ", " : "", clause, ctl_member(c, verdict, "next"));
	printf("\n");
	show_origin(c, verdict);
	show_all(c, verdict, claims ? claims : idr_json_find(verdict, "claims"));
}

enum cli_exit ctl_verdict_exit(const struct idr_json *verdict)
{
	const struct idr_json *result = idr_json_find(verdict, "verdict");

	if (idr_json_is_str(result, "VALID") ||
	    idr_json_is(idr_json_find(verdict, "accepted"), IDR_JSON_TRUE))
		return CLI_OK;
	return idr_json_is_str(result, "UNDECIDED") ? CLI_UNDECIDED : CLI_REFUSED;
}
