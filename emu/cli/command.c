/* SPDX-License-Identifier: MIT
 *
 * The sub-commands, and what their options have in common.
 */
#include "cli.h"

#include <xen-model/machine.h>

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_command *const commands[] = {
    &cli_replay,  &cli_explain, &cli_show, &cli_shrink,  &cli_diff,  &cli_print,
    &cli_ramdisk, &cli_fuzz,    &cli_run,  &cli_methods, &cli_rules,
};
#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

bool cli_parse_number(const char *command, const char *option,
                      const char *value, uint64_t min, uint64_t max,
                      uint64_t *number)
{
    const bool hex = strncmp(value, "0x", 2) == 0;
    const char *digits = hex ? value + 2 : value;
    char *end;

    errno = 0;
    *number = strtoull(digits, &end, hex ? 16 : 10);
    /* strtoull() takes signs and blanks as well. */
    if (!errno && end != digits && !*end && *number >= min && *number <= max &&
        strspn(digits, "0123456789abcdefABCDEF") == strlen(digits))
        return true;
    if (max == UINT64_MAX)
        fprintf(stderr, "pinfold %s: --%s is a number%s, not '%s'\n", command,
                option, min ? " from 1 on" : "", value);
    else
        fprintf(stderr,
                "pinfold %s: --%s is a number from %llu to %llu, not '%s'\n",
                command, option, (unsigned long long)min,
                (unsigned long long)max, value);
    return false;
}

bool cli_parse_on(const char *command, const char *value, bool *on_xen)
{
    *on_xen = strcmp(value, "xen") == 0;
    if (*on_xen || strcmp(value, "model") == 0)
        return true;
    fprintf(stderr, "pinfold %s: --on is xen or model, not '%s'\n", command,
            value);
    return false;
}

bool cli_parse_break(const char *command, const char *name, uint32_t *faults)
{
    for (uint32_t i = 0; i < XM_NR_FAULTS; i++) {
        if (strcmp(name, xm_fault_info((enum xm_fault)i)->name) == 0) {
            *faults |= 1u << i;
            return true;
        }
    }
    fprintf(stderr, "pinfold %s: no check is called '%s', but there are\n",
            command, name);
    for (uint32_t i = 0; i < XM_NR_FAULTS; i++)
        fprintf(stderr, "  %-16s without it, %s\n",
                xm_fault_info((enum xm_fault)i)->name,
                xm_fault_info((enum xm_fault)i)->sentence);
    return false;
}

bool cli_parse_version(const char *command, const char *value,
                       struct cli_xen_version *version)
{
    unsigned int *const minor = &version->minor;
    char digits[3] = "";
    int end = 0;

    *minor = 0; /* another --xen may have been before */
    if (sscanf(value, "4.%2[0-9]%n", digits, &end) == 1)
        *minor = (unsigned int)atoi(digits);
    if (*minor >= XM_XEN_FIRST && *minor <= XM_XEN_LAST) {
        version->debug = strcmp(value + end, "-debug") == 0;
        if (version->debug || !value[end])
            return true;
    }
    fprintf(stderr, "pinfold %s: --xen is from 4.%u to 4.%u, not '%s'\n",
            command, XM_XEN_FIRST, XM_XEN_LAST, value);
    return false;
}

bool cli_print_json(const char *command, const json_t *j)
{
    if (json_dumpf(j, stdout, JSON_INDENT(1)) == 0 && putchar('\n') != EOF &&
        fflush(stdout) == 0)
        return true;
    fprintf(stderr, "pinfold %s: the output cannot be written\n", command);
    return false;
}

static int usage(FILE *f)
{
    fprintf(f, "Usage: pinfold COMMAND [OPTION]... [ARGUMENT]...\n"
               "Xen's PV MMU in software, faithful to the hypercall.\n\n");
    for (size_t i = 0; i < NR_COMMANDS; i++)
        fprintf(f, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
    fprintf(f, "\n`pinfold help COMMAND` tells more, as the pages "
               "pinfold-COMMAND(1) do.\n"
               "Exit status: 0 all agrees, 1 a finding, 2 wrong usage or "
               "malformed input,\n3 something that is needed is missing.\n");
    return f == stdout ? 1 + CLI_AGREES : 1 + CLI_USAGE;
}

/* ARGV[0] becomes the name by which getopt speaks of it. */
static int parse_options(const struct cli_command *command, int argc,
                         char **argv, void *options)
{
    char *const first = argv[0];
    char name[32];
    int rc;

    snprintf(name, sizeof(name), "pinfold %s", command->name);
    argv[0] = name;
    optind = 0; /* from the beginning, whatever was read before */
    rc = command->parse(argc, argv, options);
    argv[0] = first;
    if (rc == CLI_HELP) {
        fputs(command->usage, stdout);
        return 1 + CLI_AGREES;
    }
    if (rc == CLI_TRY_HELP) {
        fprintf(stderr, "Try '%s --help'.\n", name);
        return 1 + CLI_USAGE;
    }
    return rc;
}

/* ARGV[0] names the command. */
static int parse_command(int argc, char **argv, struct cli_line *line)
{
    for (size_t i = 0; i < NR_COMMANDS; i++)
        if (strcmp(argv[0], commands[i]->name) == 0)
            line->command = commands[i];
    if (!line->command) {
        fprintf(stderr,
                "pinfold: there is no command '%s'; try 'pinfold --help'\n",
                argv[0]);
        return 1 + CLI_USAGE;
    }
    line->options = calloc(1, line->command->size);
    if (!line->options) {
        fputs("pinfold: out of memory: free some\n", stderr);
        return 1 + CLI_ENVIRONMENT;
    }
    return parse_options(line->command, argc, argv, line->options);
}

int cli_parse(int argc, char **argv, struct cli_line *line)
{
    char help[] = "--help";

    *line = (struct cli_line){ .command = NULL };
    if (argc < 2)
        return usage(stderr);
    if (strcmp(argv[1], "help") == 0 && argc > 2)
        return parse_command(2, (char *[]){ argv[2], help, NULL }, line);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout);
    if (strcmp(argv[1], "--version") == 0) {
        puts("pinfold " PINFOLD_VERSION);
        return 1 + CLI_AGREES;
    }
    return parse_command(argc - 1, argv + 1, line);
}
