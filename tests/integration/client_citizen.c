#include "client_wallet.h"

#include <stdio.h>
#include <string.h>

/*
 * A citizen who logs in and agrees, without the pages: tests/integration/agree writes into the registry,
 * as its owner, what the step at the end of the pages writes. An offer tells which person it is.
 */
char *code_get(struct client *c, const struct wallet *w, const char *request_uri, const char *person)
{
	char line[128] = "";
	struct offer o;
	FILE *f;

	(void)w;
	offer_make(c, person, "[\"pid.sdjwt\"]", NULL, &o);
	f = popen(text(c, "tests/integration/agree '%s' '%s' '%s'", getenv("IDR_STATE"), o.id, request_uri), "r");
	assert_non_null(f);
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	assert_int_equal(pclose(f), 0);
	line[strcspn(line, "\n")] = '\0';
	assert_true(strlen(line) >= 16);
	return text(c, "%s", line);
}
