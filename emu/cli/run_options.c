/* SPDX-License-Identifier: MIT
 *
 * The options of `pinfold run`.
 */
#include "run.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MIB 256u
#define BEGIN 1700000000ull /* s since 1970, of every run: it is an input */

static const char usage[] =
    "Usage: pinfold run [OPTION]... KERNEL\n"
    "Run KERNEL, an unmodified PV kernel for x86-64 (an ELF with Xen's notes,\n"
    "plain or packed, or a Linux bzImage), with the model as its Xen. Its\n"
    "console is standard output; what comes from standard input is typed on\n"
    "it a line at a time, whenever it has been silent for a while.\n"
    "\n"
    "      --ramdisk=FILE     the module beside the kernel (an initramfs)\n"
    "      --append=TEXT      the kernel's command line\n"
    "      --memory=N[M|G]    memory of the domain (default 256M)\n"
    "      --vcpus=N          virtual CPUs, 1 to 8 (default 1)\n"
    "      --console          a person types, on this terminal; Ctrl-] leaves\n"
    "      --timeout=SECONDS  end after that time\n"
    "      --max-blocks=N     end after N blocks of instructions\n"
    "      --check            check all invariants of the machine after each\n"
    "                         hypercall (slow)\n"
    "      --record=FILE      write the run as a trace, which replays on the\n"
    "                         model and on actual Xen; packed, if FILE ends "
    "in\n"
    "                         .zst\n"
    "      --xen=4.N          the model is that of Xen 4.N (4.13 to 4.22)\n"
    "      --break=NAME       remove one check from the model, to see what\n"
    "                         comes of it (--break=list tells which there "
    "are)\n"
    "  -q, --quiet            no summary at the end of an orderly run\n"
    "      --help             print this and exit\n"
    "\n"
    "Exit status: 0 the guest powered off or asked for a reboot, 1 it "
    "crashed,\n"
    "broke an invariant, waits for what will not come, or was stopped, 2 "
    "wrong\n"
    "usage or no kernel that Xen would start, 3 it cannot be run.\n";

/* A number of MiB, or of GiB before a G. */
static bool parse_memory(const char *text, uint32_t *mib)
{
    const size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits;
    uint64_t value = strtoull(text, NULL, 10);

    if (strcmp(unit, "G") == 0 && value <= CPU_GUEST_MAX_MIB)
        value *= 1024;
    else if (*unit && strcmp(unit, "M") != 0)
        value = 0;
    if (digits == 0 || value < CPU_GUEST_MIN_MIB || value > CPU_GUEST_MAX_MIB) {
        fprintf(stderr, "pinfold run: --memory is from %uM to %uG, not '%s'\n",
                CPU_GUEST_MIN_MIB, CPU_GUEST_MAX_MIB / 1024, text);
        return false;
    }
    *mib = (uint32_t)value;
    return true;
}

static bool parse_text(const char *text, struct run_options *o)
{
    if (strlen(text) >= MAX_GUEST_CMDLINE) {
        fprintf(stderr,
                "pinfold run: --append is at most %d characters, not %zu\n",
                MAX_GUEST_CMDLINE - 1, strlen(text));
        return false;
    }
    o->guest.command_line = text;
    return true;
}

static bool parse_one(int c, struct run_options *o)
{
    struct cli_xen_version version;
    uint64_t n = 0;
    bool good = true;

    switch (c) {
    case 'r':
        o->guest.ramdisk = optarg;
        break;
    case 'a':
        good = parse_text(optarg, o);
        break;
    case 'm':
        good = parse_memory(optarg, &o->guest.mib);
        break;
    case 'v':
        good = cli_parse_number("run", "vcpus", optarg, 1, XM_MAX_VCPUS, &n);
        o->guest.nr_vcpus = (uint32_t)n;
        break;
    case 'c':
        o->interactive = true;
        break;
    case 't':
        good = cli_parse_number("run", "timeout", optarg, 1, 1000000, &n);
        o->timeout = (unsigned int)n;
        break;
    case 'n':
        good = cli_parse_number("run", "max-blocks", optarg, 1, UINT64_MAX / 2,
                                &o->max_blocks);
        break;
    case 'w':
        o->record = optarg;
        break;
    case 'k':
        o->check = true;
        break;
    case 'x':
        good = cli_parse_version("run", optarg, &version);
        o->guest.xen = version.minor;
        break;
    case 'b':
        good = cli_parse_break("run", optarg, &o->guest.faults);
        break;
    case 'q':
        o->quiet = true;
        break;
    }
    return good;
}

/* 0 to go on, or 1 + the exit status. */
static int parse(int argc, char **argv, void *options)
{
    struct run_options *o = options;
    static const struct option longs[] = {
        { "ramdisk", required_argument, NULL, 'r' },
        { "append", required_argument, NULL, 'a' },
        { "memory", required_argument, NULL, 'm' },
        { "vcpus", required_argument, NULL, 'v' },
        { "console", no_argument, NULL, 'c' },
        { "timeout", required_argument, NULL, 't' },
        { "max-blocks", required_argument, NULL, 'n' },
        { "record", required_argument, NULL, 'w' },
        { "check", no_argument, NULL, 'k' },
        { "xen", required_argument, NULL, 'x' },
        { "break", required_argument, NULL, 'b' },
        { "quiet", no_argument, NULL, 'q' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    o->guest = (struct pvcpu_guest_config){
        .mib = DEFAULT_MIB,
        .nr_vcpus = 1,
        .name = "guest",
        .wall_clock = BEGIN * 1000000000u,
    };
    while ((c = getopt_long(argc, argv, "q", longs, NULL)) != -1) {
        if (c == 'h')
            return CLI_HELP;
        if (c == '?')
            return CLI_TRY_HELP;
        if (!parse_one(c, o))
            return 1 + CLI_USAGE;
    }
    if (optind + 1 != argc) {
        fputs("pinfold run: name one kernel\n", stderr);
        return 1 + CLI_USAGE;
    }
    o->guest.kernel = argv[optind];
    return 0;
}

const struct cli_command cli_run = {
    .name = "run",
    .summary = "run a PV kernel on the model",
    .usage = usage,
    .size = sizeof(struct run_options),
    .parse = parse,
    .run = run_command,
};
