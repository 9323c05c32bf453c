/* SPDX-License-Identifier: MIT
 *
 * pinfold-bench-direct [HYPERVISOR]: the example guest in the direct engine:
 * what a hypercall takes beside the same one on actual Xen in QEMU, and what a
 * recording adds. Prints key and nanoseconds of the processor's time, the best
 * of several rounds. Without Xen ("-") only the former.
 */
#include "xen.h"

#include <hypercall.h>
#include <mm.h>

#include <pinfold/pinfold.h>
#include <shim/host.h>
#include <xen-model/pte.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 7
#define SPACES 20u
#define PAGES 64ul

static void stop(const char *what, const char *message)
{
    fprintf(stderr, "pinfold-bench-direct: %s: %s\n", what, message);
    exit(3);
}

static void must(bool good, const char *what)
{
    if (!good)
        stop(what, "the example guest failed");
}

static double now(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double least(double a, double b)
{
    return a == 0 || b < a ? b : a;
}

static void open_guest(const char *record)
{
    const struct pinfold_config config = { .record = record };

    if (pinfold_open(&config) != 0)
        stop("opening", pinfold_error());
}

static void start_guest(void)
{
    struct start_info *si = pinfold_start_info();

    must(mm_start(si, (unsigned long)si & ~((1ul << 30) - 1)) == 0,
         "mapping all memory");
}

/* A process is made, runs, forks, and both end. */
static void live(void)
{
    const unsigned long space = space_create();
    unsigned long copy;

    for (unsigned long i = 0; i < PAGES; i++)
        must(space_map(space, USER_BASE + i * PAGE, P | RW | US) == 0,
             "mapping");
    must(space_load(space) == 0, "loading");
    for (unsigned long i = 0; i < PAGES; i++)
        *(volatile unsigned long *)(USER_BASE + i * PAGE) = i;
    copy = space_fork(space);
    must(copy != 0 && space_load(copy) == 0, "forking");
    must(space_destroy(space) == 0 && space_load(0) == 0 &&
             space_destroy(copy) == 0,
         "ending");
}

struct lived {
    double open, start, call;
};

static void run_guest(const char *record, struct lived *best)
{
    double from = now(CLOCK_PROCESS_CPUTIME_ID);
    uint64_t calls;

    open_guest(record);
    best->open = least(best->open, now(CLOCK_PROCESS_CPUTIME_ID) - from);
    from = now(CLOCK_PROCESS_CPUTIME_ID);
    start_guest();
    best->start = least(best->start, now(CLOCK_PROCESS_CPUTIME_ID) - from);
    calls = pinfold_counts().hypercalls;
    from = now(CLOCK_PROCESS_CPUTIME_ID);
    for (unsigned int i = 0; i < SPACES; i++)
        live();
    from = now(CLOCK_PROCESS_CPUTIME_ID) - from;
    best->call =
        least(best->call, from / (double)(pinfold_counts().hypercalls - calls));
    pinfold_close();
}

static void recording(void)
{
    char file[] = "/tmp/pinfold-bench-XXXXXX";
    const int fd = mkstemp(file);
    struct lived plain = { 0 }, recorded = { 0 };

    if (fd < 0)
        stop(file, "no such file can be made");
    close(fd);
    run_guest(NULL, &(struct lived){ 0 }); /* the first is another one */
    for (int i = 0; i < ROUNDS; i++) {
        run_guest(NULL, &plain);
        run_guest(file, &recorded);
    }
    unlink(file);
    printf("direct.open\t%.0f\ndirect.open.recorded\t%.0f\n", plain.open,
           recorded.open);
    printf("direct.start\t%.0f\ndirect.start.recorded\t%.0f\n", plain.start,
           recorded.start);
    printf("direct.work\t%.1f\ndirect.work.recorded\t%.1f\n", plain.call,
           recorded.call);
}

/*
 * Entries of an L1 table that nothing maps are set, and cleared: so many in a
 * call, the same on both sides.
 */
static const struct batch {
    const char *key;
    unsigned int size, pairs; /* pairs of calls in a round */
} batches[] = { { "direct.call", 1, 20000 }, { "direct.call.64", 64, 1000 } };

#define NR_BATCHES (sizeof(batches) / sizeof(batches[0]))
#define MOST 64u

/* The requests of both calls of a pair, one behind the other. */
static void fill(struct mmu_update *updates, unsigned int n, uint64_t table,
                 uint64_t entry)
{
    for (unsigned int i = 0; i < 2 * n; i++) {
        updates[i].ptr = table << XM_PAGE_SHIFT | (i % n + 1) * 8;
        updates[i].val = i < n ? entry : 0;
    }
}

static double one_round(const struct batch *b, const struct mmu_update *updates)
{
    const double from = now(CLOCK_PROCESS_CPUTIME_ID);

    for (unsigned int k = 0; k < b->pairs; k++)
        must(mmu_update(updates, b->size) == 0 &&
                 mmu_update(updates + b->size, b->size) == 0,
             "an entry");
    return (now(CLOCK_PROCESS_CPUTIME_ID) - from) / b->pairs / 2;
}

static void in_the_engine(void)
{
    static struct mmu_update updates[2 * MOST];
    unsigned long table, page;

    open_guest(NULL);
    start_guest();
    table = table_alloc();
    page = page_alloc();
    must(table != 0 && page != 0 &&
             mmuext_op(&(struct mmuext_op){ .cmd = MMUEXT_PIN_L1_TABLE,
                                            .arg1.mfn = mm.p2m[table] },
                       1) == 0,
         "a table");
    for (size_t k = 0; k < NR_BATCHES; k++) {
        double best = 0;

        fill(updates, batches[k].size, mm.p2m[table],
             entry_of(page, P | RW | US));
        for (int i = 0; i < ROUNDS; i++)
            best = least(best, one_round(&batches[k], updates));
        printf("%s\t%.1f\n", batches[k].key, best);
    }
    pinfold_close();
}

/* Without an own page: a pinned L1 table, and a frame to map. */
static void prepare_xen(struct pvt_backend *xen, xm_mfn frames[2])
{
    struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE };
    const struct pvt_op op = { .call = PVT_MMUEXT_OP,
                               .ops = &pin,
                               .count = 1,
                               .foreigndom = DOMID_SELF,
                               .other = DOMID_SELF };
    uint64_t none[XM_ENTRIES] = { 0 };
    struct pvt_outcome out;

    if (xen->ops->take_frames(xen, 0, 2, frames) != 0 ||
        xen->ops->write_page(xen, frames[0], none) != 0)
        stop("Xen", xen->message);
    pin.arg1.mfn = frames[0];
    if (xen->ops->execute(xen, &op, &out) != 0 || out.rc != 0)
        stop("Xen", "it does not pin a table");
}

/* The processor's time here, too: that of QEMU. */
static double one_round_on_xen(struct pvt_backend *xen, const struct batch *b,
                               const struct mmu_update *updates)
{
    struct shim_measure m = { .rounds = b->pairs, .untimed = true };
    const uint64_t from = shim_cpu_time(xen);

    for (unsigned int i = 0; i < 2; i++)
        m.call[i] = (struct shim_measured_call){
            .number = __HYPERVISOR_mmu_update,
            .arg = { shim_measure_address(xen, i * b->size * sizeof(*updates)),
                     b->size, 0, DOMID_SELF }
        };
    if (shim_measure(xen, &m, updates, 2 * b->size * sizeof(*updates)) != 0)
        stop("Xen", xen->message);
    if (m.call[0].rc != 0 || m.call[1].rc != 0)
        stop("Xen", "it refuses an entry");
    return (double)(shim_cpu_time(xen) - from) / b->pairs / 2;
}

static void on_xen(const char *hypervisor)
{
    const struct shim_config config = { .hypervisor = hypervisor };
    static struct mmu_update updates[2 * MOST];
    struct pvt_backend *xen;
    char message[512];
    xm_mfn frames[2];

    if (cli_xen_open(&config, &xen, message, sizeof(message)) != 0)
        stop("Xen", message);
    prepare_xen(xen, frames);
    if (shim_cpu_time(xen) == 0)
        stop("Xen", "QEMU's use of the processor is not known");
    for (size_t k = 0; k < NR_BATCHES; k++) {
        double best = 0;

        fill(updates, batches[k].size, frames[0],
             xm_pte(frames[1], XM_PTE_P | XM_PTE_RW | XM_PTE_US));
        for (int i = 0; i < ROUNDS; i++)
            best = least(best, one_round_on_xen(xen, &batches[k], updates));
        printf("%s.xen\t%.1f\n", batches[k].key, best);
    }
    xen->ops->close(xen);
}

int main(int argc, char **argv)
{
    if (argc > 2) {
        fprintf(stderr, "usage: pinfold-bench-direct [HYPERVISOR|-]\n");
        return 2;
    }
    recording();
    in_the_engine();
    if (argc < 2 || strcmp(argv[1], "-") != 0)
        on_xen(argc == 2 ? argv[1] : NULL);
    return 0;
}
