/* SPDX-License-Identifier: MIT
 *
 * What the sub-commands of pinfold share.
 */
#ifndef EMU_CLI_CLI_H
#define EMU_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

enum cli_exit {
    CLI_AGREES = 0,
    CLI_FINDING = 1,
    CLI_USAGE = 2, /* malformed input too */
    CLI_ENVIRONMENT = 3,
};

/* What --on says: xen or model. False after an error message. */
bool cli_parse_on(const char *command, const char *value, bool *on_xen);

/* What --break says, or-ed into *FAULTS. False after an error message. */
bool cli_parse_break(const char *command, const char *name, uint32_t *faults);

int cli_explain(int argc, char **argv);
#define CLI_MODEL_FRAMES 4096u /* of a machine of the model's own */

struct cli_xen_version {
    unsigned int minor; /* 0: the default */
    bool debug;
};

/* "4.17", "4.17-debug". False after an error message. */
bool cli_parse_version(const char *command, const char *value,
                       struct cli_xen_version *version);

/* J as the whole output. False after an error message. */
bool cli_print_json(const char *command, const json_t *j);

int cli_diff(int argc, char **argv);
int cli_fuzz(int argc, char **argv);
int cli_print(int argc, char **argv);
int cli_replay(int argc, char **argv);
int cli_rules(int argc, char **argv);
int cli_show(int argc, char **argv);
int cli_shrink(int argc, char **argv);
int cli_methods(int argc, char **argv);

#endif
