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

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 15
#define ROUNDS_OF_CALLS 150 /* of one or two ms each */
#define SPACES 40u
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
 * Entries of an L1 table that nothing maps are set, and cleared, so many in a
 * call; or a page of the kernel's is mapped, and unmapped. The same calls on
 * both sides.
 */
static const struct subject {
    const char *key;
    unsigned int entries; /* of a list; 0: update_va_mapping */
    unsigned int pairs;   /* of calls in a round */
} subjects[] = {
    { "direct.call", 1, 20000 },
    { "direct.call.64", 64, 1000 },
    { "direct.mapping", 0, 20000 },
};

#define NR_SUBJECTS (sizeof(subjects) / sizeof(subjects[0]))
#define MOST 64u

struct place {
    uint64_t table, entry; /* of an L1 table */
    uint64_t va, mapping;  /* of the kernel's */
    uint64_t list;         /* the guest's address of the requests */
};

/* The requests of both calls of a pair, one behind the other. */
static void fill(struct mmu_update *updates, unsigned int n,
                 const struct place *p)
{
    for (unsigned int i = 0; i < 2 * n; i++) {
        updates[i].ptr = p->table << XM_PAGE_SHIFT | (i % n + 1) * 8;
        updates[i].val = i < n ? p->entry : 0;
    }
}

static void choose_calls(const struct subject *s, const struct place *p,
                         struct shim_measured_call call[2])
{
    const uint64_t bytes = s->entries * sizeof(struct mmu_update);

    for (unsigned int i = 0; i < 2; i++)
        if (s->entries)
            call[i] = (struct shim_measured_call){
                .number = __HYPERVISOR_mmu_update,
                .arg = { p->list + i * bytes, s->entries, 0, DOMID_SELF }
            };
        else
            call[i] = (struct shim_measured_call){
                .number = __HYPERVISOR_update_va_mapping,
                .arg = { p->va, i == 0 ? p->mapping : 0, UVMF_INVLPG }
            };
}

static bool make(const struct shim_measured_call *c)
{
    return hypercall(c->number, c->arg[0], c->arg[1], c->arg[2], c->arg[3]) ==
           0;
}

/*
 * I: which one. The stack is elsewhere each time, for with an unlucky distance
 * to the list or the table a processor takes loads for dependent on stores.
 */
static double one_round(const struct subject *s, const struct place *p, int i)
{
    volatile char *const room = alloca(((unsigned int)i % 64 + 1) * 64);
    struct shim_measured_call call[2];
    double from;

    room[0] = 0; /* or it would not be there */
    choose_calls(s, p, call);
    from = now(CLOCK_PROCESS_CPUTIME_ID);
    for (unsigned int k = 0; k < s->pairs; k++)
        must(make(&call[0]) && make(&call[1]), "an entry");
    return (now(CLOCK_PROCESS_CPUTIME_ID) - from) / s->pairs / 2;
}

static void in_the_engine(void)
{
    static struct mmu_update updates[2 * MOST];
    unsigned long table, page;
    struct place p;

    open_guest(NULL);
    start_guest();
    table = table_alloc();
    page = page_alloc();
    must(table != 0 && page != 0 &&
             mmuext_op(&(struct mmuext_op){ .cmd = MMUEXT_PIN_L1_TABLE,
                                            .arg1.mfn = mm.p2m[table] },
                       1) == 0,
         "a table");
    p = (struct place){ .table = mm.p2m[table],
                        .entry = entry_of(page, P | RW | US),
                        .va = (unsigned long)pfn_to_virt(page),
                        .mapping = entry_of(page, P | RW),
                        .list = (unsigned long)updates };
    for (size_t k = 0; k < NR_SUBJECTS; k++) {
        double best = 0;

        fill(updates, subjects[k].entries, &p);
        for (int i = 0; i < ROUNDS_OF_CALLS; i++)
            best = least(best, one_round(&subjects[k], &p, i));
        printf("%s\t%.1f\n", subjects[k].key, best);
    }
    pinfold_close();
}

static void on_xen_must(struct pvt_backend *xen, const struct pvt_op *op,
                        const char *what)
{
    struct pvt_outcome out;

    if (xen->ops->execute(xen, op, &out) != 0 || out.rc != 0)
        stop("Xen", what);
}

/* A pinned L1 table, which is the window's, too, and a frame to map. */
static void prepare_xen(struct pvt_backend *xen, struct place *p)
{
    struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE };
    struct mmu_update window = { .ptr = xen->known.boot_l2 << XM_PAGE_SHIFT |
                                        PVT_WINDOW_SLOT * 8 };
    struct pvt_op op = { .call = PVT_MMUEXT_OP,
                         .ops = &pin,
                         .count = 1,
                         .foreigndom = DOMID_SELF,
                         .other = DOMID_SELF };
    const uint64_t none[XM_ENTRIES] = { 0 };
    xm_mfn frames[2];

    if (xen->ops->take_frames(xen, 0, 2, frames) != 0 ||
        xen->ops->write_page(xen, frames[0], none) != 0)
        stop("Xen", xen->message);
    pin.arg1.mfn = frames[0];
    window.val = xm_pte(frames[0], XM_PTE_P | XM_PTE_RW | XM_PTE_US);
    on_xen_must(xen, &op, "it does not pin a table");
    op.call = PVT_MMU_UPDATE;
    op.updates = &window;
    on_xen_must(xen, &op, "it does not open a window");
    *p = (struct place){ .table = frames[0],
                         .entry = xm_pte(frames[1],
                                         XM_PTE_P | XM_PTE_RW | XM_PTE_US),
                         .va = PVT_WINDOW_VA,
                         .list = shim_measure_address(xen, 0) };
    p->mapping = p->entry;
}

/*
 * The processor's time here, too: that of QEMU, which Linux tells to 4 ms while
 * it runs. So there are more calls in a round, which takes some 400 ms, and
 * fewer rounds.
 */
#define TIMES 10u
#define ROUNDS_ON_XEN 3

static double one_round_on_xen(struct pvt_backend *xen, const struct subject *s,
                               const struct place *p,
                               const struct mmu_update *updates)
{
    const unsigned int pairs = s->pairs * TIMES;
    struct shim_measure m = { .rounds = pairs, .untimed = true };
    const uint64_t from = shim_cpu_time(xen);

    choose_calls(s, p, m.call);
    if (shim_measure(xen, &m, updates, 2 * s->entries * sizeof(*updates)) != 0)
        stop("Xen", xen->message);
    if (m.call[0].rc != 0 || m.call[1].rc != 0)
        stop("Xen", "it refuses an entry");
    return (double)(shim_cpu_time(xen) - from) / pairs / 2;
}

static void on_xen(const char *hypervisor)
{
    const struct shim_config config = { .hypervisor = hypervisor };
    static struct mmu_update updates[2 * MOST];
    struct pvt_backend *xen;
    char message[512];
    struct place p;

    if (cli_xen_open(&config, &xen, message, sizeof(message)) != 0)
        stop("Xen", message);
    prepare_xen(xen, &p);
    if (shim_cpu_time(xen) == 0)
        stop("Xen", "QEMU's use of the processor is not known");
    for (size_t k = 0; k < NR_SUBJECTS; k++) {
        double best = 0;

        fill(updates, subjects[k].entries, &p);
        for (int i = 0; i < ROUNDS_ON_XEN; i++)
            best =
                least(best, one_round_on_xen(xen, &subjects[k], &p, updates));
        printf("%s.xen\t%.1f\n", subjects[k].key, best);
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
