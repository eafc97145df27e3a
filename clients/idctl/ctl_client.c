#include "idctl/ctl.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/*
 * `client lint`: the clients file as the server would read it. The server itself reads it (idsrv
 * --check-clients): a second reader here would one day take what the first refuses.
 */

enum { PATH_BYTES = 4096 };

static const char *profile;

static const struct cli_option lint_options[] = {
	{ "profile", "PROFILE", "of the server: plain (default), or haip, which takes no plain clients",
	    &profile, NULL },
	{ 0 },
};

static enum cli_exit lint(struct cli *c)
{
	char program[PATH_BYTES], name[] = "idsrv", check[] = "--check-clients", with[] = "--profile",
	    json[] = "--json";
	char haip[] = "haip", plain[] = "plain";
	char *argv[] = { name, check, c->argv[0], with, plain, c->json ? json : NULL, NULL };
	struct idr_err err;

	if (profile && strcmp(profile, "haip") != 0 && strcmp(profile, "plain") != 0) {
		idr_fail(&err, IDR_USAGE, NULL, "--profile is plain or haip");
		return cli_error(c, &err);
	}
	if (profile && *profile == 'h')
		argv[4] = haip;
	execvp(ctl_beside("idsrv", program, sizeof(program)), argv);
	idr_fail(&err, IDR_FILE, NULL,
	    "idsrv, which reads the file, cannot be started: %s; it stands beside idctl or in "
	    "PATH", strerror(errno));
	return cli_error(c, &err);
}

const struct cli_command ctl_client[] = {
	{ .name = "client lint", .operands = "FILE", .summary = "what a server would say about its clients file",
	  .text = "Every fault with its line; needs no server, but the program idsrv beside this one. Exit code 1:\n"
	          "a server would not load the file. Whether somebody is trusted to attest these wallets stands in\n"
	          "the trust file: `idsrv -t` reads both.",
	  .examples = "  idctl client lint clients.json",
	  .options = lint_options, .min_operands = 1, .max_operands = 1, .run = lint },
	{ 0 },
};
