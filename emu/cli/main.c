/* SPDX-License-Identifier: MIT
 *
 * pinfold: finds the sub-command.
 */
#include "cli.h"

#include <xen-model/machine.h>

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    { "replay", cli_replay, "run traces on the model, or also on actual Xen" },
    { "explain", cli_explain, "say why a step of a trace is refused" },
    { "show", cli_show, "show the machine at any step of a trace" },
    { "shrink", cli_shrink, "reduce a trace to what one outcome needs" },
    { "diff", cli_diff, "tell where two runs differ" },
    { "print", cli_print, "print a trace as text, or packed" },
    { "fuzz", cli_fuzz, "run random operations, and compare" },
    { "methods", cli_methods, "compare the ways to reach page tables" },
    { "rules", cli_rules, "list why Xen refuses or alters what a guest asks" },
};
#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

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
    int end = 0;

    if (sscanf(value, "4.%2u%n", minor, &end) == 1 && *minor >= XM_XEN_FIRST &&
        *minor <= XM_XEN_LAST) {
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
        fprintf(f, "  %-8s %s\n", commands[i].name, commands[i].summary);
    fprintf(f, "\n`pinfold COMMAND --help` tells more.\n"
               "Exit status: 0 all agrees, 1 a finding, 2 wrong usage or "
               "malformed input,\n3 something that is needed is missing.\n");
    return f == stdout ? CLI_AGREES : CLI_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage(stderr);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
        return usage(stdout);
    if (strcmp(argv[1], "--version") == 0) {
        puts("pinfold " PINFOLD_VERSION);
        return CLI_AGREES;
    }
    for (size_t i = 0; i < NR_COMMANDS; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "pinfold: there is no command '%s'; try 'pinfold --help'\n",
            argv[1]);
    return CLI_USAGE;
}
