/* idctl: the command line of agencies, operators and relying parties. */
#include "idctl/ctl.h"

#include <stdio.h>

enum { COMMANDS_MAX = 64 };

int main(int argc, char **argv)
{
	static const struct cli_command *const tables[] = {
		ctl_ca, ctl_people, ctl_offer, ctl_paper, ctl_print_commands, ctl_status, ctl_party, ctl_present,
		ctl_bundle, ctl_type, ctl_service, ctl_webhook, ctl_selftest, ctl_activation, ctl_approval, ctl_client,
	};
	static struct cli_command all[COMMANDS_MAX];
	const struct cli_program program = {
		.name = "idctl",
		.summary = "run a national digital identity rail",
		.text = "Officers import people and give out credentials, administrators admit relying parties,\n"
		        "relying parties ask for presentations. `ca`, `type lint`, `client lint` and `bundle verify` need\n"
		        "no server. Keys are read from files, never from the command line. Exit code: 0 done or valid,\n"
		        "1 refused or invalid, 2 undecided, 3 could not run.",
		.commands = all,
		.common = ctl_common,
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct cli_command *k = tables[i]; k->name; k++) {
			if (n + 1 == COMMANDS_MAX) {
				fprintf(stderr, "idctl: more than %d commands\n", COMMANDS_MAX - 1);
				return CLI_FAILED;
			}
			all[n++] = *k;
		}
	return cli_main(&program, argc, argv);
}
