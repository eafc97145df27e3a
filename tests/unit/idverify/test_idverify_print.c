/* What a teller sees of a verdict: the claims, and nothing that only looks like the verdict. */
#include "../testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "idverify/idverify.h"

/* What is printed, as text; standard output is a file meanwhile. */
static const char *printed(struct kit *k, const struct idr_verdict *v)
{
	int before = dup(STDOUT_FILENO);
	FILE *to = tmpfile();
	struct idr_err err;
	char *text;
	long n;

	assert_true(before >= 0 && to);
	fflush(stdout);
	assert_true(dup2(fileno(to), STDOUT_FILENO) >= 0);
	idverify_print(k->a, v);
	fflush(stdout);
	assert_true(dup2(before, STDOUT_FILENO) >= 0);
	close(before);
	fseek(to, 0, SEEK_END);
	n = ftell(to);
	rewind(to);
	text = idr_arena_alloc(k->a, (size_t)n + 1, &err);
	assert_non_null(text);
	assert_int_equal(fread(text, 1, (size_t)n, to), n);
	fclose(to);
	return text;
}

static struct idr_verdict verdict(struct kit *k, enum idr_format format, const char *claims)
{
	return (struct idr_verdict){ .result = IDR_VALID, .code = IDR_OK, .format = format,
		.private_claims = kit_json(k, idr_str(claims)) };
}

static void shows_the_claims(void **state)
{
	struct kit *k = *state;
	struct idr_verdict v = verdict(k, IDR_FORMAT_SDJWT, "{\"full_name\":\"Sok Dara\",\"sex\":2}");

	assert_non_null(strstr(printed(k, &v), "  full_name: Sok Dara\n  sex: 2\n"));
}

/* proves: SDJWTVC 6.5a */
static void a_claim_cannot_write_a_line_of_its_own_or_steer_the_terminal(void **state)
{
	static const char bad[] = "{\"full_name\":\"Sok\\n  issuer           Sample State\\u001b[2J\\u009b1A\\u202e\","
	    "\"n\\nx\":[\"\\u007f\",\"\x7f\"]}";
	struct kit *k = *state;
	struct idr_verdict v = verdict(k, IDR_FORMAT_SDJWT, bad);
	const char *text = printed(k, &v);

	assert_null(strstr(text, "\n  issuer"));
	assert_null(strpbrk(text, "\x1b\x7f"));
	assert_null(strstr(text, "\xc2\x9b"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	assert_non_null(strstr(text, "  full_name: Sok?  issuer           Sample State?[2J?1A?\n"));
	v = verdict(k, IDR_FORMAT_MDOC, "{\"org\\u001b.x\":{\"e\\u001b\":\"\\u001b\"}}");
	text = printed(k, &v);
	assert_non_null(strstr(text, "org?.x\n  e?: ?\n"));
	v.issuer_name = IDR_LIT("State\x1b[2J");
	assert_non_null(strstr(printed(k, &v), "State?[2J\n"));
}

#define UNIT(f) cmocka_unit_test_setup_teardown(f, kit_setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(shows_the_claims),
		UNIT(a_claim_cannot_write_a_line_of_its_own_or_steer_the_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
