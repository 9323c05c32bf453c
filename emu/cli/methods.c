/* SPDX-License-Identifier: MIT
 *
 * pinfold methods: every way a kernel can reach its page tables, on the model
 * and on actual Xen, on contiguous and on scattered machine memory.
 */
#include "methods.h"

#include "cli.h"

#include <xen-model/rule.h>

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "Usage: pinfold methods [OPTION]...\n"
    "Compare the ways in which a PV kernel reaches its page tables, on the\n"
    "model and on actual Xen; fail if the two disagree.\n"
    "\n"
    "      --on=xen           fail if actual Xen cannot be run\n"
    "      --on=model         do not run actual Xen\n"
    "      --hypervisor=FILE  the Xen to run (default: $PINFOLD_XEN, or the\n"
    "                         one that script/demo unpacks)\n"
    "      --json             print JSON\n"
    "      --help             print this and exit\n"
    "\n"
    "Exit status: 0 model and Xen agree, 1 they do not or a method fails,\n"
    "2 usage, 3 something that is needed is missing.\n";

struct options {
    bool json, on_xen, model_only;
    const char *hypervisor;
};

/* 0 to go on, or 1 + the exit status. */
static int parse(int argc, char **argv, void *options)
{
    struct options *o = options;
    static const struct option longs[] = {
        { "json", no_argument, NULL, 'j' },
        { "on", required_argument, NULL, 'x' },
        { "hypervisor", required_argument, NULL, 'f' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'j':
            o->json = true;
            break;
        case 'x':
            if (!cli_parse_on("methods", optarg, &o->on_xen))
                return 1 + CLI_USAGE;
            o->model_only = !o->on_xen;
            break;
        case 'f':
            o->hypervisor = optarg;
            break;
        case 'h':
            return CLI_HELP;
        default:
            return CLI_TRY_HELP;
        }
    }
    if (optind < argc) {
        fprintf(stderr,
                "pinfold methods: '%s' is not an option: try "
                "'pinfold methods --help'\n",
                argv[optind]);
        return 1 + CLI_USAGE;
    }
    if (o->model_only && o->hypervisor) {
        fputs("pinfold methods: --on model leaves no use for --hypervisor: "
              "drop one of them\n",
              stderr);
        return 1 + CLI_USAGE;
    }
    return 0;
}

/* The machine of a model that has no actual Xen beside it. */
static int model_memory(struct methods_memory *memory)
{
    *memory = (struct methods_memory){
        .nr_frames = 0x8000,
        .boot_l4 = 0x1001,
        .boot_l3 = 0x1002,
        .boot_l2 = 0x1003,
        .nr_arena = 7 * METHODS_POOL,
    };
    memory->arena = calloc(memory->nr_arena, sizeof(*memory->arena));
    if (!memory->arena)
        return -1;
    for (uint32_t i = 0; i < memory->nr_arena; i++)
        memory->arena[i] = 0x4000 + i;
    return 0;
}

/*
 * Contiguous: the densest stretch of the arena. Scattered: evenly from all of
 * it. The same frames for the model and for Xen.
 */
static void lay_out(const struct methods_memory *memory,
                    enum methods_layout layout, uint64_t pool[METHODS_POOL])
{
    const uint32_t stride =
        layout == METHODS_SCATTERED ? memory->nr_arena / METHODS_POOL : 1;
    const xm_mfn *const a = memory->arena;
    uint32_t first = 0;

    for (uint32_t i = 0;
         layout == METHODS_CONTIGUOUS && i + METHODS_POOL <= memory->nr_arena;
         i++)
        if (a[i + METHODS_POOL - 1] - a[i] <
            a[first + METHODS_POOL - 1] - a[first])
            first = i;
    for (uint32_t i = 0; i < METHODS_POOL; i++)
        pool[i] = a[first + i * stride];
}

static bool report_failed(const struct methods_result *r,
                          const struct mm_report *report, const char *where)
{
    const char *name = xm_errno_name(report->rc);

    if (!report->rc)
        return false;
    fprintf(stderr,
            "method %s, %s, on %s: failed with -%s (%s; noticed at "
            "%.*s:%u)\n",
            methods_names[r->method], methods_layouts[r->layout], where,
            name ? name : "?",
            report->why ? xm_rule_info((enum xm_rule)report->why)->sentence
                        : "no rule given",
            (int)sizeof(report->file), report->file, report->where);
    return true;
}

static void progress(unsigned done)
{
    const unsigned all = METHODS_NR_LAYOUTS * MM_NR_METHODS;

    if (!isatty(STDERR_FILENO))
        return;
    if (done < all)
        fprintf(stderr, "\r%u of %u scenarios", done, all);
    else
        fprintf(stderr, "\r%*s\r", 40, "");
}

static int run_all(const struct methods_memory *memory, struct methods_xen *xen,
                   struct methods_all *all, char *message, size_t size)
{
    uint64_t pool[METHODS_POOL];

    for (unsigned l = 0; l < METHODS_NR_LAYOUTS; l++) {
        lay_out(memory, (enum methods_layout)l, pool);
        for (unsigned m = 0; m < MM_NR_METHODS; m++) {
            const struct mm_request request = {
                .method = m,
                .nr_pool = METHODS_POOL,
                .nr_data = METHODS_DATA,
                .boot_l4 = memory->boot_l4,
                .boot_l3 = memory->boot_l3,
                .pages = { 1, 512, 65536 },
            };
            struct methods_result *r = &all->result[l][m];

            progress(l * MM_NR_METHODS + m);
            r->method = (enum mm_method)m;
            r->layout = (enum methods_layout)l;
            if (methods_run_model(memory, &request, pool, &r->model, message,
                                  size))
                return -1;
            if (xen &&
                methods_xen_run(xen, &request, pool, &r->xen, message, size))
                return -1;
        }
    }
    progress(METHODS_NR_LAYOUTS * MM_NR_METHODS);
    return 0;
}

/* Prints the findings; how many there are. */
static unsigned findings(const struct methods_all *all)
{
    unsigned n = 0;

    for (unsigned l = 0; l < METHODS_NR_LAYOUTS; l++) {
        for (unsigned m = 0; m < MM_NR_METHODS; m++) {
            const struct methods_result *r = &all->result[l][m];

            n += report_failed(r, &r->model, "the model");
            if (all->xen_version) {
                n += report_failed(r, &r->xen, "Xen");
                n += methods_differences(stderr, r);
            }
        }
    }
    return n;
}

static int print(const struct methods_all *all, bool json, unsigned found)
{
    const unsigned n = METHODS_NR_LAYOUTS * MM_NR_METHODS;

    if (json)
        return methods_print_json(stdout, all, found);
    methods_print(stdout, all);
    if (all->xen_version)
        printf("%u scenarios on the model and on %s: %u differences in "
               "verdicts and counts\n",
               n, all->xen_version, found);
    else
        printf("%u scenarios on the model only%s%s\n", n,
               all->left_out ? "; actual Xen is left out: " : "",
               all->left_out ? all->left_out : "");
    return fflush(stdout) || ferror(stdout) ? -1 : 0;
}

static int run_command(void *options)
{
    const struct options *o = options;
    struct methods_memory memory = { 0 };
    struct methods_xen *xen = NULL;
    struct methods_all *all = NULL;
    char message[512] = "", left_out[512] = "";
    unsigned found = 0;
    int status = CLI_ENVIRONMENT;

    if (!o->model_only) {
        xen = methods_xen_open(o->hypervisor, &memory, left_out,
                               sizeof(left_out));
        if (!xen && (o->on_xen || o->hypervisor)) {
            snprintf(message, sizeof(message), "%s", left_out);
            goto out;
        }
    }
    if ((!xen && model_memory(&memory)) || !(all = calloc(1, sizeof(*all)))) {
        snprintf(message, sizeof(message), "not enough memory: free some");
        goto out;
    }
    if (memory.nr_arena < METHODS_POOL) {
        snprintf(message, sizeof(message),
                 "the domain has %u free frames, "
                 "%u are needed: give it more memory",
                 memory.nr_arena, METHODS_POOL);
        goto out;
    }
    if (xen) {
        all->xen_version = methods_xen_version(xen);
        all->xen_clock = methods_xen_counts(xen);
    } else if (!o->model_only) {
        all->left_out = left_out;
    }
    if (run_all(&memory, xen, all, message, sizeof(message)))
        goto out;
    found = findings(all);
    if (print(all, o->json, found))
        snprintf(message, sizeof(message), "the output cannot be written");
    else
        status = found ? CLI_FINDING : CLI_AGREES;
out:
    if (*message)
        fprintf(stderr, "pinfold methods: %s\n", message);
    if (xen)
        methods_xen_close(xen);
    free(memory.arena);
    free(all);
    return status;
}

const struct cli_command cli_methods = {
    .name = "methods",
    .summary = "compare the ways to reach page tables",
    .usage = usage,
    .size = sizeof(struct options),
    .parse = parse,
    .run = run_command,
};
