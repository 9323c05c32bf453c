/* SPDX-License-Identifier: MIT
 *
 * What the sub-commands of pinfold share.
 */
#ifndef EMU_CLI_CLI_H
#define EMU_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

enum cli_exit {
    CLI_AGREES = 0,
    CLI_FINDING = 1,
    CLI_USAGE = 2, /* malformed input too */
    CLI_ENVIRONMENT = 3,
};

/* What a command's parse() leaves to the caller to say. */
enum cli_parsed {
    CLI_HELP = -1,
    CLI_TRY_HELP = -2, /* getopt has told what is wrong */
};

/*
 * A sub-command: its options are read first, which opens and starts nothing;
 * then it runs.
 */
struct cli_command {
    const char *name, *summary;
    const char *usage; /* what --help prints */
    size_t size;       /* of its options, which begin as zeros */
    /* 0 to go on, enum cli_parsed, or 1 + the exit status. */
    int (*parse)(int argc, char **argv, void *options);
    int (*run)(void *options); /* the exit status */
};

extern const struct cli_command cli_diff, cli_explain, cli_fuzz, cli_methods,
    cli_print, cli_ramdisk, cli_replay, cli_rules, cli_run, cli_show,
    cli_shrink;

/* What a command line asks for. */
struct cli_line {
    const struct cli_command *command;
    void *options; /* the caller frees them */
};

/* Reads a command line. 0 to go on, or 1 + the exit status. */
int cli_parse(int argc, char **argv, struct cli_line *line);

/*
 * What --OPTION says: a number from MIN on, decimal or behind 0x, that fits.
 * False after an error message.
 */
bool cli_parse_number(const char *command, const char *option,
                      const char *value, uint64_t min, uint64_t max,
                      uint64_t *number);

/* What --on says: xen or model. False after an error message. */
bool cli_parse_on(const char *command, const char *value, bool *on_xen);

/* What --break says, or-ed into *FAULTS. False after an error message. */
bool cli_parse_break(const char *command, const char *name, uint32_t *faults);

struct cli_xen_version {
    unsigned int minor; /* 0: the default */
    bool debug;
};

/* "4.17", "4.17-debug". False after an error message. */
bool cli_parse_version(const char *command, const char *value,
                       struct cli_xen_version *version);

/* J as the whole output. False after an error message. */
bool cli_print_json(const char *command, const json_t *j);

#endif
