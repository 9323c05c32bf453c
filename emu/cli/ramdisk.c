/* SPDX-License-Identifier: MIT
 *
 * pinfold ramdisk: a trace as a file with which the shim replays it by itself,
 * as a guest of any Xen.
 */
#include "replay.h"

#include "cli.h"

#include <shim/pack.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: pinfold ramdisk --output=FILE TRACE\n"
    "Write TRACE, of one unprivileged domain, as the ramdisk with which the\n"
    "shim (shim.elf) replays it by itself as a PV guest of any Xen, and "
    "prints\n"
    "on its console what Xen answered, for pinfold diff to compare.\n"
    "script/xl-replay does all of that.\n"
    "\n"
    "  -o, --output=FILE  write to FILE\n"
    "      --help         print this and exit\n"
    "\n"
    "Exit status: 0 written, 2 wrong usage, a malformed trace, or one that\n"
    "takes a host, 3 it cannot be written.\n";

struct ramdisk_options {
    const char *output, *trace;
};

/* 0 to go on, or 1 + the exit status. */
static int parse(int argc, char **argv, void *options)
{
    struct ramdisk_options *o = options;
    static const struct option longs[] = {
        { "output", required_argument, NULL, 'o' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "o:", longs, NULL)) != -1) {
        switch (c) {
        case 'o':
            o->output = optarg;
            break;
        case 'h':
            return CLI_HELP;
        default:
            return CLI_TRY_HELP;
        }
    }
    if (!o->output || optind + 1 != argc) {
        fputs("pinfold ramdisk: name one trace, and a file by --output\n",
              stderr);
        return 1 + CLI_USAGE;
    }
    o->trace = argv[optind];
    return 0;
}

static int write_file(const char *name, const struct shim_packed *packed)
{
    FILE *f = fopen(name, "wb");
    bool good =
        f && fwrite(packed->bytes, 1, packed->length, f) == packed->length;

    if (f)
        good &= fclose(f) == 0;
    if (good)
        return CLI_AGREES;
    fprintf(stderr, "pinfold ramdisk: %s: cannot be written: %s\n", name,
            strerror(errno));
    return CLI_ENVIRONMENT;
}

static int run_command(void *options)
{
    const struct ramdisk_options *o = options;
    struct replay_set set = { 0 };
    struct shim_packed packed = { 0 };
    struct pvt_error error;
    int rc = replay_load_one("ramdisk", &set, o->trace);

    if (rc == CLI_AGREES && !shim_pack(set.traces[0].trace, &packed, &error)) {
        if (error.line)
            fprintf(stderr, "%s:%u:%u: %s\n", set.traces[0].file, error.line,
                    error.column, error.text);
        else
            fprintf(stderr, "%s: %s\n", set.traces[0].file, error.text);
        rc = CLI_USAGE;
    }
    if (rc == CLI_AGREES)
        rc = write_file(o->output, &packed);
    if (rc == CLI_AGREES)
        printf("%s: %" PRIu32 " steps, %" PRIu32 " frames, %zu bytes\n",
               set.traces[0].trace->name, set.traces[0].trace->nr_steps,
               packed.frames, packed.length);
    free(packed.bytes);
    replay_free(&set);
    return rc;
}

const struct cli_command cli_ramdisk = {
    .name = "ramdisk",
    .summary = "write a trace for a guest that replays it by itself",
    .usage = usage,
    .size = sizeof(struct ramdisk_options),
    .parse = parse,
    .run = run_command,
};
