/* SPDX-License-Identifier: MIT
 *
 * What the sub-commands of pinfold share.
 */
#ifndef EMU_CLI_CLI_H
#define EMU_CLI_CLI_H

enum cli_exit {
    CLI_AGREES = 0,
    CLI_FINDING = 1,
    CLI_USAGE = 2, /* malformed input too */
    CLI_ENVIRONMENT = 3,
};

int cli_replay(int argc, char **argv);
int cli_rules(int argc, char **argv);
int cli_methods(int argc, char **argv);

#endif
