/* What the commands without a server do, run as a user runs them: arguments in, exit code out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "idctl/ctl.h"
#include "suite/pem.h"
#include "trust/trust.h"

enum { ARENA = 32 * 1024 * 1024, WORDS = 24 };

struct place {
	struct idr_arena *a;
	char dir[64];
	char keys[96];
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->a = idr_arena_new(ARENA);
	snprintf(p->dir, sizeof(p->dir), "/tmp/idctl-test-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->keys, sizeof(p->keys), "%s/keys", p->dir);
	*state = p;
	return 0;
}

static void remove_files(const char *dir)
{
	struct idr_arena *a = idr_arena_new(ARENA);
	const char **names, *path;
	struct idr_err err;
	size_t n;

	if (ctl_list(a, dir, "", &names, &n, &err)) {
		for (size_t i = 0; i < n; i++)
			if (ctl_join(a, dir, names[i], &path, &err))
				unlink(path);
		rmdir(dir);
	}
	idr_arena_free(&a);
}

static int teardown(void **state)
{
	struct place *p = *state;

	remove_files(p->keys);
	remove_files(p->dir);
	idr_arena_free(&p->a);
	free(p);
	return 0;
}

/* Options are kept by pointer for the life of the process, so the words must live as long. */
static char *keep_word(const char *word)
{
	static char pool[16 * 1024];
	static size_t used;
	char *out = pool + used;

	assert_true(used + strlen(word) + 1 < sizeof(pool));
	memcpy(out, word, strlen(word) + 1);
	used += strlen(word) + 1;
	return out;
}

/* Run `table`'s command with these words; what it says does not matter here, what it does, does. */
static int run(const struct cli_command *table, const char *first, ...)
{
	const struct cli_program program = { .name = "idctl", .summary = "", .commands = table,
		.common = ctl_common };
	char *argv[WORDS + 1];
	const char *word = first;
	int argc = 0, code, keep = dup(1), keep2 = dup(2);
	va_list ap;

	argv[argc++] = keep_word("idctl");
	va_start(ap, first);
	for (; word && argc < WORDS; word = va_arg(ap, const char *))
		argv[argc++] = keep_word(word);
	va_end(ap);
	argv[argc] = NULL;
	fflush(stdout);
	assert_non_null(freopen("/dev/null", "w", stdout));
	assert_true(dup2(fileno(stdout), 2) >= 0);
	code = cli_main(&program, argc, argv);
	fflush(stdout);
	dup2(keep, 1);
	dup2(keep2, 2);
	close(keep);
	close(keep2);
	return code;
}

static int init(const struct place *p)
{
	return run(ctl_ca, "ca", "init", "--dir", p->keys, "--country", "KH", "--name", "Kingdom ID", "--url",
	    "https://id.example.kh", "--dns", "id.example.kh", "--demo", NULL);
}

static struct idr_bytes read_in(struct place *p, const char *name)
{
	struct idr_bytes out;
	struct idr_err err;
	const char *path;

	assert_true(ctl_join(p->a, p->keys, name, &path, &err));
	assert_true(cli_read(p->a, path, 64 * 1024, &out, &err));
	return out;
}

static unsigned mode_of(struct place *p, const char *name)
{
	struct idr_err err;
	const char *path;
	struct stat st;

	assert_true(ctl_join(p->a, p->keys, name, &path, &err));
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 0777;
}

/* ---- ca init ---- */

static void makes_an_authority_whose_signers_are_trusted_for_their_purpose(void **state)
{
	static const struct { const char *file, *type; enum idr_purpose purpose; } signers[] = {
		{ "issuer.pem", "urn:idrail:pid:1", IDR_PURPOSE_ISSUER }, { "status.pem", "", IDR_PURPOSE_STATUS },
		{ "reader.pem", "", IDR_PURPOSE_READER }, { "bundle.pem", "", IDR_PURPOSE_BUNDLE },
	};
	struct place *p = *state;
	struct idr_suite *s = idr_suite_new();
	struct idr_bytes root, type = IDR_LIT("urn:idrail:pid:1"), der;
	struct idr_trust *t;
	struct idr_path path;
	struct idr_err err;
	size_t n;

	assert_int_equal(init(p), CLI_OK);
	assert_true(idr_pem_certificates(p->a, read_in(p, "root.pem"), &root, 1, &n, &err));
	assert_true(idr_trust_new(p->a, &t, &err));
	assert_true(idr_trust_add_anchor(s, t, root, 15, &type, 1, NULL, &err));
	for (size_t i = 0; i < 4; i++) {
		assert_true(idr_pem_certificates(p->a, read_in(p, signers[i].file), &der, 1, &n, &err));
		assert_int_equal(n, 1); /* the leaf only */
		assert_true(idr_trust_path(s, p->a, t, NULL, signers[i].purpose, idr_str(signers[i].type), &der, 1,
		    time(NULL), &path, &err));
	}
	assert_int_equal(path.leaf.not_before % 86400, 0);
	idr_suite_free(&s);
}

static void makes_one_more_signer_below_the_same_root(void **state)
{
	struct place *p = *state;
	struct idr_suite *s = idr_suite_new();
	struct idr_bytes root, type = IDR_LIT("urn:idrail:pid:1"), old, der;
	struct idr_trust *t;
	struct idr_path path;
	struct idr_err err;
	char more[128];
	size_t n;

	assert_int_equal(init(p), CLI_OK);
	old = read_in(p, "issuer.pem");
	snprintf(more, sizeof(more), "%s/more", p->dir);
	assert_int_equal(run(ctl_ca, "ca", "signer", "issuer", "--root", p->keys, "--dir", more, "--url",
	    "https://id.example.kh", "--number", "2", NULL), CLI_OK);
	assert_true(idr_pem_certificates(p->a, read_in(p, "root.pem"), &root, 1, &n, &err));
	assert_true(idr_bytes_equal(old, read_in(p, "issuer.pem"))); /* what was there is left alone */
	memcpy(p->keys, more, strlen(more) + 1 < sizeof(p->keys) ? strlen(more) + 1 : 0);
	assert_int_equal(mode_of(p, "issuer.key"), 0600);
	assert_true(idr_pem_certificates(p->a, read_in(p, "issuer.pem"), &der, 1, &n, &err));
	assert_true(idr_trust_new(p->a, &t, &err));
	assert_true(idr_trust_add_anchor(s, t, root, 15, &type, 1, NULL, &err));
	assert_true(idr_trust_path(s, p->a, t, NULL, IDR_PURPOSE_ISSUER, type, &der, 1, time(NULL), &path, &err));
	assert_true(idr_bytes_is(path.leaf.common_name, "Kingdom ID Document Signer 2"));
	assert_false(idr_trust_path(s, p->a, t, NULL, IDR_PURPOSE_STATUS, type, &der, 1, time(NULL), &path, &err));
	/* never in the place of another */
	assert_int_equal(run(ctl_ca, "ca", "signer", "issuer", "--root", p->keys, "--dir", more, "--url",
	    "https://id.example.kh", NULL), CLI_FAILED);
	idr_suite_free(&s);
	snprintf(p->keys, sizeof(p->keys), "%s/keys", p->dir);
	remove_files(more);
}

static void refuses_a_signer_below_what_is_no_root(void **state)
{
	struct place *p = *state;
	char more[128], path[160];

	assert_int_equal(init(p), CLI_OK);
	snprintf(more, sizeof(more), "%s/more", p->dir);
	assert_int_equal(run(ctl_ca, "ca", "signer", "root", "--root", p->keys, "--dir", more, "--url",
	    "https://id.example.kh", NULL), CLI_FAILED);
	assert_int_equal(run(ctl_ca, "ca", "signer", "reader", "--root", p->keys, "--dir", more, "--url",
	    "https://id.example.kh", NULL), CLI_FAILED); /* no host name */
	/* another's key */
	snprintf(path, sizeof(path), "%s/root.key", p->keys);
	assert_int_equal(unlink(path), 0);
	snprintf(more, sizeof(more), "%s/issuer.key", p->keys);
	assert_int_equal(rename(more, path), 0);
	snprintf(more, sizeof(more), "%s/more", p->dir);
	assert_int_equal(run(ctl_ca, "ca", "signer", "issuer", "--root", p->keys, "--dir", more, "--url",
	    "https://id.example.kh", NULL), CLI_FAILED);
	assert_int_equal(access(more, F_OK), -1);
}

static void keeps_secrets_from_other_users(void **state)
{
	static const char *const secret[] = { "root.key", "issuer.key", "status.key", "reader.key", "bundle.key",
		"officer.token", "admin.token", "node.secret" };
	struct place *p = *state;

	assert_int_equal(init(p), CLI_OK);
	for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		assert_int_equal(mode_of(p, secret[i]), 0600);
	assert_int_equal(read_in(p, "node.secret").n, 32);
	assert_true(read_in(p, "demo").n > 0);
}

static void refuses_to_overwrite_keys(void **state)
{
	struct place *p = *state;
	struct idr_bytes before;

	assert_int_equal(init(p), CLI_OK);
	before = read_in(p, "root.key");
	assert_int_equal(init(p), CLI_FAILED);
	assert_true(idr_bytes_equal(before, read_in(p, "root.key")));
}

static void refuses_when_a_single_file_is_in_the_way(void **state)
{
	struct place *p = *state;
	struct idr_err err;
	const char *path;
	struct stat st;

	assert_int_equal(mkdir(p->keys, 0700), 0);
	assert_true(ctl_join(p->a, p->keys, "node.secret", &path, &err));
	assert_true(cli_write_new(path, IDR_LIT("old"), 0600, &err));
	assert_int_equal(init(p), CLI_FAILED);
	assert_true(ctl_join(p->a, p->keys, "root.key", &path, &err));
	assert_int_not_equal(stat(path, &st), 0); /* nothing half made */
}

static void refuses_a_country_that_is_none_and_a_plain_http_address(void **state)
{
	struct place *p = *state;

	assert_int_not_equal(run(ctl_ca, "ca", "init", "--dir", p->keys, "--country", "kh", "--name", "X", "--url",
	    "https://x", NULL), CLI_OK);
	assert_int_equal(run(ctl_ca, "ca", "init", "--dir", p->keys, "--country", "KH", "--name", "X", "--url",
	    "http://x", NULL), CLI_FAILED);
	assert_int_equal(access(p->keys, F_OK), -1);
}

static void shows_what_it_made(void **state)
{
	struct place *p = *state;

	assert_int_equal(init(p), CLI_OK);
	assert_int_equal(run(ctl_ca, "ca", "show", p->keys, NULL), CLI_OK);
	assert_int_equal(run(ctl_ca, "ca", "show", p->dir, NULL), CLI_FAILED);
}

/* ---- files and words ---- */

static void never_replaces_a_file_or_follows_a_link(void **state)
{
	struct place *p = *state;
	struct idr_err err;
	const char *path, *link;

	assert_true(ctl_join(p->a, p->dir, "file", &path, &err));
	assert_true(ctl_join(p->a, p->dir, "link", &link, &err));
	assert_int_equal(symlink("/tmp/idctl-test-nowhere", link), 0);
	assert_true(cli_write_new(path, IDR_LIT("a"), 0600, &err));
	assert_false(cli_write_new(path, IDR_LIT("b"), 0600, &err));
	assert_int_equal(err.code, IDR_FILE);
	assert_false(cli_write_new(link, IDR_LIT("b"), 0600, &err));
}

static void refuses_an_id_that_would_change_the_path(void **state)
{
	static const char *const bad[] = { "", "../x", "a/b", "a?b", "a#b", "a b", "%2e", "\xc3\xa9" };
	struct place *p = *state;
	struct cli c = { .program = "idctl", .arena = p->a };
	struct idr_err err;
	const char *path;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ctl_path(&c, "/x/", bad[i], "", &path, &err));
	assert_true(ctl_path(&c, "/x/", "5d41", "/key", &path, &err));
	assert_string_equal(path, "/x/5d41/key");
}

static void refuses_numbers_outside_their_range(void **state)
{
	static const char *const bad[] = { "", "3", "13", "6 ", "-6", "0x6", "99999999999999999999" };
	struct idr_err err;
	int64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(ctl_parse_number("tx-code", bad[i], 4, 12, &v, &err));
	assert_true(ctl_parse_number("tx-code", "12", 4, 12, &v, &err));
	assert_int_equal(v, 12);
}

/* proves: SDJWTVC 6.5a */
static void text_from_elsewhere_cannot_steer_the_terminal(void **state)
{
	struct place *p = *state;
	struct cli c = { .program = "idctl", .arena = p->a };

	assert_string_equal(ctl_clean(&c, IDR_LIT("a\x1b[2Jb\r\n\x7f")), "a?[2Jb???");
	assert_string_equal(ctl_clean(&c, IDR_LIT("\xc2\x9b" "2J")), "?2J");
	assert_string_equal(ctl_clean(&c, IDR_LIT("a\xe2\x80\xae" "b\xe2\x81\xa6\xd8\x9c")), "a?b??");
	assert_string_equal(ctl_clean(&c, IDR_LIT("\xff")), "?");
	assert_string_equal(ctl_clean(&c, IDR_LIT("\xe1\x9e\x9f\xc2\xa0")), "\xe1\x9e\x9f\xc2\xa0");
}

/* ---- where keys may travel ---- */

static enum idr_code call_with(struct place *p, const char *url)
{
	struct cli c = { .program = "idctl", .arena = p->a };
	const struct ctl_call q = { .as = CTL_OPERATOR, .method = "GET", .path = "/health", .timeout_s = 1 };
	struct idr_bytes body;
	struct idr_err err;

	setenv("IDCTL_ADMIN", url, 1);
	assert_false(ctl_call(&c, &q, &body, &err));
	return err.code;
}

static void refuses_to_send_a_key_over_plain_http_to_another_machine(void **state)
{
	static const char *const bad[] = { "http://id.example.kh", "http://127.0.0.1.example", "http://localhost@example",
		"http://localhostx", "ftp://127.0.0.1", "https://user@example", "127.0.0.1:8081", "http://127.0.0.1/?x" };
	struct place *p = *state;
	struct idr_err err;
	const char *token;

	assert_true(ctl_join(p->a, p->dir, "token", &token, &err));
	assert_true(cli_write_new(token, IDR_LIT("secret\n"), 0600, &err));
	setenv("IDCTL_TOKEN_FILE", token, 1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(call_with(p, bad[i]), IDR_USAGE);
	assert_int_equal(call_with(p, "http://127.0.0.1:1"), IDR_NETWORK);
	assert_int_equal(call_with(p, "http://[::1]:1/"), IDR_NETWORK);
}

static void refuses_a_token_file_that_holds_no_single_key(void **state)
{
	struct place *p = *state;
	struct idr_err err;
	const char *token;

	assert_true(ctl_join(p->a, p->dir, "two", &token, &err));
	assert_true(cli_write_new(token, IDR_LIT("secret\r\nX-Other: 1\n"), 0600, &err));
	setenv("IDCTL_TOKEN_FILE", token, 1);
	assert_int_equal(call_with(p, "http://127.0.0.1:1"), IDR_FILE);
	unsetenv("IDCTL_TOKEN_FILE");
	assert_int_equal(call_with(p, "http://127.0.0.1:1"), IDR_USAGE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(makes_an_authority_whose_signers_are_trusted_for_their_purpose),
		T(makes_one_more_signer_below_the_same_root),
		T(refuses_a_signer_below_what_is_no_root),
		T(keeps_secrets_from_other_users),
		T(refuses_to_overwrite_keys),
		T(refuses_when_a_single_file_is_in_the_way),
		T(refuses_a_country_that_is_none_and_a_plain_http_address),
		T(shows_what_it_made),
		T(never_replaces_a_file_or_follows_a_link),
		T(refuses_an_id_that_would_change_the_path),
		T(refuses_numbers_outside_their_range),
		T(text_from_elsewhere_cannot_steer_the_terminal),
		T(refuses_to_send_a_key_over_plain_http_to_another_machine),
		T(refuses_a_token_file_that_holds_no_single_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
