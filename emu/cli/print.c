/* SPDX-License-Identifier: MIT
 *
 * pinfold print: a trace as text, whatever it is stored as; or packed, or as
 * a program.
 */
#include "replay.h"

#include "cli.h"

#include <fuzz/program.h>
#include <packed/packed.h>

#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "Usage: pinfold print [OPTION]... TRACE\n"
    "Print TRACE as a text in canonical form. It may be a text, a text packed\n"
    "by zstd, of which the end may be missing, or a program that a fuzzer has\n"
    "left. Comments are not kept: `zstd -d` unpacks a text as it was.\n"
    "\n"
    "  -o, --output=FILE  write to FILE; packed, if it ends in .zst\n"
    "      --packed       pack the text by zstd in any case\n"
    "      --program      write a program of the fuzzer, with which another\n"
    "                     fuzzer may begin (docs/fuzzing.md); what no program\n"
    "                     can say is refused\n"
    "      --help         print this and exit\n"
    "\n"
    "Exit status: 0 printed, 2 wrong usage or a malformed trace, 3 it cannot "
    "be\n"
    "written.\n";

struct print_options {
    bool packed, program;
    const char *output; /* NULL: stdout */
    const char *trace;
};

/* 0 to go on, or 1 + the exit status. */
static int parse(int argc, char **argv, void *options)
{
    struct print_options *o = options;
    static const struct option longs[] = {
        { "output", required_argument, NULL, 'o' },
        { "packed", no_argument, NULL, 'p' },
        { "program", no_argument, NULL, 'r' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "o:", longs, NULL)) != -1) {
        switch (c) {
        case 'o':
            o->output = optarg;
            break;
        case 'p':
            o->packed = true;
            break;
        case 'r':
            o->program = true;
            break;
        case 'h':
            return CLI_HELP;
        default:
            return CLI_TRY_HELP;
        }
    }
    if (optind + 1 != argc) {
        fputs("pinfold print: name one trace\n", stderr);
        return 1 + CLI_USAGE;
    }
    o->trace = argv[optind];
    if (o->program && o->packed) {
        fputs("pinfold print: a program is not packed: leave out --packed\n",
              stderr);
        return 1 + CLI_USAGE;
    }
    o->packed |= !o->program && o->output && packed_is_name(o->output);
    return 0;
}

/*
 * T as text or, if there is one, P. Closes all that it opens: what is written
 * late may fail too.
 */
static bool print(const struct print_options *o, const struct pvt_trace *t,
                  const struct fz_program *p)
{
    FILE *to = o->output ? fopen(o->output, "wb") : stdout;
    FILE *f = to && o->packed ? packed_into(to) : to;
    bool good = f != NULL;

    if (f && p)
        good = fz_write(f, p);
    else if (f)
        pvt_trace_print(f, t);
    good = good && !ferror(f);
    if (f && f != to)
        good &= fclose(f) == 0;
    if (o->output && to)
        good &= fclose(to) == 0;
    else
        good &= fflush(stdout) == 0;
    return good;
}

static int run_command(void *options)
{
    const struct print_options *o = options;
    struct replay_set set = { 0 };
    struct fz_program p = { 0 };
    int rc;

    if ((o->packed || o->program) && !o->output && isatty(STDOUT_FILENO)) {
        fputs("pinfold print: such bytes are not for a terminal: add "
              "--output=FILE\n",
              stderr);
        return CLI_USAGE;
    }
    rc = replay_load_one("print", &set, o->trace);
    if (rc == CLI_AGREES && o->program)
        rc = print_program(&set.traces[0], &p);
    if (rc == CLI_AGREES &&
        !print(o, set.traces[0].trace, o->program ? &p : NULL)) {
        fprintf(stderr, "pinfold print: %s: cannot be written: %s\n",
                o->output ? o->output : "the output", strerror(errno));
        rc = CLI_ENVIRONMENT;
    }
    fz_free(&p);
    replay_free(&set);
    return rc;
}

const struct cli_command cli_print = {
    .name = "print",
    .summary = "print a trace as text, or packed",
    .usage = usage,
    .size = sizeof(struct print_options),
    .parse = parse,
    .run = run_command,
};
