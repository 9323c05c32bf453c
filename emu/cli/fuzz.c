/* SPDX-License-Identifier: MIT
 *
 * pinfold fuzz: random operations on the model, in lockstep with actual Xen.
 */
#include "cli.h"
#include "fuzz.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MAX_SHIFT 10u /* QEMU's */

static const char usage[] =
    "Usage: pinfold fuzz [OPTION]...\n"
    "Makes programs of random operations that are nearly valid, and runs them\n"
    "on the model and, in lockstep, on actual Xen. What differs is shrunk to "
    "a\n"
    "small trace, which is printed and saved.\n"
    "\n"
    "      --on=WHERE         xen (the default): model and actual Xen in\n"
    "                         lockstep; model: the model alone, with its\n"
    "                         invariants checked\n"
    "      --seed=N           the same seed makes the same programs (default:\n"
    "                         a fresh one, which is printed)\n"
    "      --ops=N            operations to run (default: 1000000)\n"
    "      --seconds=N        stop after so many seconds\n"
    "      --length=N         calls of one program (default: 5000)\n"
    "      --interrupt        have Xen interrupted often by timers, in the "
    "middle\n"
    "                         of long calls\n"
    "      --preempt          have calls stop in the middle, at the points "
    "where\n"
    "                         Xen looks, and compare the state there, too\n"
    "      --icount=SHIFT     with --preempt: calls also stop by timers, after "
    "any\n"
    "                         time; Xen's clock counts instructions, of 1 << "
    "SHIFT\n"
    "                         ns each (0 to 10), so that timers are exact\n"
    "      --findings=DIR     where traces of findings go (default: findings)\n"
    "      --stop-after=N     findings to stop after (default: 1)\n"
    "      --hypervisor=FILE  the Xen to compare with\n"
    "      --kernel=FILE      the shim to run\n"
    "      --break=NAME       remove one check from the model, to see it "
    "found\n"
    "      --help             print this and exit\n"
    "\n"
    "Exit status: 0 all agrees, 1 a finding, 2 wrong usage, 3 something that\n"
    "is needed is missing.\n";

static bool parse_count(const char *option, const char *text, uint64_t *value)
{
    return cli_parse_number("fuzz", option, text, 0, UINT64_MAX, value);
}

/* 1 + the shift of a clock that counts instructions. */
static bool parse_shift(const char *text, unsigned int *icount)
{
    uint64_t shift;

    if (!parse_count("icount", text, &shift))
        return false;
    if (shift > MAX_SHIFT) {
        fprintf(stderr,
                "pinfold fuzz: --icount is a shift of 0 to %u, an "
                "instruction takes 1 << shift ns; not %s\n",
                MAX_SHIFT, text);
        return false;
    }
    *icount = 1 + (unsigned int)shift;
    return true;
}

static uint64_t fresh_seed(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return ((uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec) ^
           (uint64_t)getpid() << 40;
}

/* 0 to go on, or 1 + the exit status. */
static int parse(int argc, char **argv, void *options)
{
    struct fuzz_options *o = options;
    static const struct option longs[] = {
        { "on", required_argument, NULL, 'x' },
        { "seed", required_argument, NULL, 's' },
        { "ops", required_argument, NULL, 'n' },
        { "seconds", required_argument, NULL, 't' },
        { "length", required_argument, NULL, 'l' },
        { "findings", required_argument, NULL, 'd' },
        { "stop-after", required_argument, NULL, 'a' },
        { "hypervisor", required_argument, NULL, 'f' },
        { "kernel", required_argument, NULL, 'k' },
        { "break", required_argument, NULL, 'b' },
        { "interrupt", no_argument, NULL, 'i' },
        { "preempt", no_argument, NULL, 'p' },
        { "icount", required_argument, NULL, 'u' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    bool good = true;
    int c;

    *o = (struct fuzz_options){
        .on_xen = true,
        .seed = fresh_seed(),
        .ops = 1000000,
        .length = 5000,
        .findings = "findings",
        .stop_after = 1,
    };
    while (good && (c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'x':
            good = cli_parse_on("fuzz", optarg, &o->on_xen);
            break;
        case 's':
            good = parse_count("seed", optarg, &o->seed);
            break;
        case 'n':
            good = parse_count("ops", optarg, &o->ops);
            break;
        case 't':
            good = parse_count("seconds", optarg, &o->seconds);
            break;
        case 'l':
            good = parse_count("length", optarg, &o->length);
            break;
        case 'd':
            o->findings = optarg;
            break;
        case 'a':
            good = parse_count("stop-after", optarg, &o->stop_after);
            break;
        case 'f':
            o->hypervisor = optarg;
            break;
        case 'k':
            o->kernel = optarg;
            break;
        case 'b':
            good = cli_parse_break("fuzz", optarg, &o->faults);
            break;
        case 'i':
            o->interrupt = true;
            break;
        case 'p':
            o->preempt = true;
            break;
        case 'u':
            good = parse_shift(optarg, &o->icount);
            o->preempt = true;
            break;
        case 'h':
            return CLI_HELP;
        default:
            return CLI_TRY_HELP;
        }
    }
    if (good && optind < argc) {
        fprintf(stderr, "pinfold fuzz: '%s' is too much; try --help\n",
                argv[optind]);
        good = false;
    }
    return good ? 0 : 1 + CLI_USAGE;
}

static int run_command(void *options)
{
    return fuzz_campaign(options);
}

const struct cli_command cli_fuzz = {
    .name = "fuzz",
    .summary = "run random operations, and compare",
    .usage = usage,
    .size = sizeof(struct fuzz_options),
    .parse = parse,
    .run = run_command,
};
