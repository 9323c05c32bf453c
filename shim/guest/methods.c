/* SPDX-License-Identifier: MIT
 *
 * The methods by themselves. What is printed is the same on every machine that
 * does as Xen does: frames are counted from the first of the pool, which is
 * aligned so that a method that maps machine frames takes as many tables.
 */
#include "methods.h"

#include <guest-mm/scenario.h>

#include "console.h"
#include "layout.h"
#include "platform.h"

#define POOL 512u
#define DATA 128u
#define FRAME(entry) ((entry) >> 12 & 0xffffffffffull)
#define HASH_START 0xcbf29ce484222325ull

static uint64_t scratch[2 * POOL];
static struct mm_report report;

static const char *const names[MM_NR_METHODS] = {
    [MM_MACHINE] = "1a",  [MM_PSEUDO] = "1b", [MM_SHADOW] = "2",
    [MM_RECURSIVE] = "3", [MM_WINDOW] = "T",
};
static const char *const phases[MM_NR_PHASES] = {
    [MM_CREATE] = "create", [MM_MAP] = "map",         [MM_PROTECT] = "protect",
    [MM_UNMAP] = "unmap",   [MM_DESTROY] = "destroy",
};

bool shim_wants_methods(const struct start_info *si)
{
    static const char word[] = "methods";
    const char *line = (const char *)si->cmd_line;

    for (uint32_t i = 0; i < MAX_GUEST_CMDLINE && line[i]; i++) {
        uint32_t n = 0;

        while (word[n] && i + n < MAX_GUEST_CMDLINE && line[i + n] == word[n])
            n++;
        if (!word[n] && (i == 0 || line[i - 1] == ' ') &&
            (line[i + n] == ' ' || !line[i + n]))
            return true;
    }
    return false;
}

/* 2 MiB of machine memory that nothing maps. NULL: there are none. */
static const uint64_t *find_pool(const struct start_info *si)
{
    const uint64_t *p2m = (const uint64_t *)si->mfn_list;

    for (uint64_t i = shim_first_free(si); i + POOL <= si->nr_pages; i++) {
        uint32_t n = 0;

        while (n < POOL && p2m[i + n] == p2m[i] + n)
            n++;
        if (n == POOL && p2m[i] % POOL == 0)
            return &p2m[i];
    }
    return NULL;
}

static void print_pair(const char *before, int64_t n)
{
    shim_print(before);
    shim_print_decimal(n);
}

static void print_hash(const char *before, uint64_t hash)
{
    shim_print(before);
    shim_print_hex(hash);
}

static void print_verdicts(void)
{
    shim_print("  Xen's answers:");
    for (unsigned int i = 0; i < MM_NR_VERDICTS; i++)
        if (report.verdict[i].asked)
            print_pair(" ", report.verdict[i].rc);
        else
            shim_print(" -");
    shim_print("\n");
}

static void print_workload(const struct mm_workload_report *w)
{
    print_pair("  ", (int64_t)w->pages);
    print_pair(" pages: ", (int64_t)w->table_frames);
    print_pair(" tables, ", (int64_t)w->book_frames);
    print_pair(" books, ", (int64_t)w->virtual_bytes);
    shim_print(" bytes;");
    for (unsigned int i = 0; i < MM_NR_PHASES; i++) {
        shim_print(" ");
        shim_print(phases[i]);
        print_pair(" ", (int64_t)w->phase[i].hypercalls);
        print_pair("/", (int64_t)w->phase[i].updates);
    }
    shim_print("\n");
}

static void run(struct mm_request *request, const uint64_t *pool)
{
    struct mm_plat p = { .first = pool[0],
                         .frames = POOL,
                         .answers = HASH_START,
                         .loads = HASH_START };

    mm_scenario_run(&p, request, pool, scratch, &report);
    shim_print("method ");
    shim_print(names[request->method]);
    print_pair(": ", report.rc);
    if (report.rc) {
        print_pair(" at line ", report.where);
        shim_print(" of ");
        shim_print(report.file);
    }
    shim_print("\n");
    print_verdicts();
    for (unsigned int i = 0; i < MM_NR_WORKLOADS; i++)
        print_workload(&report.workload[i]);
    print_pair("  ", (int64_t)p.calls);
    print_hash(" hypercalls, answers ", p.answers);
    print_hash(", tables ", p.loads);
    shim_print("\n");
}

void shim_run_methods(const struct start_info *si)
{
    const uint64_t *p2m = (const uint64_t *)si->mfn_list;
    const uint64_t *pool = find_pool(si);
    struct mm_request request = {
        .nr_pool = POOL,
        .nr_data = DATA,
        .boot_l4 = p2m[(si->pt_base - SHIM_VIRT_BASE) / SHIM_PAGE_SIZE],
        .boot_l3 = FRAME(((const uint64_t *)si->pt_base)[511]),
        .pages = { 1, 512, 4096 },
    };

    shim_print("pinfold methods\n");
    if (!pool)
        shim_print("no 2 MiB of machine memory in one piece: give the domain "
                   "more (memory=)\n");
    for (uint32_t i = 0; pool && i < MM_NR_METHODS; i++) {
        request.method = i;
        run(&request, pool);
    }
    shim_print("pinfold methods: done\n");
    shim_power_off();
}
