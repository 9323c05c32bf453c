/* SPDX-License-Identifier: MIT
 *
 * pinfold-bench-lockstep [HYPERVISOR]: the model beside actual Xen. Both make
 * the same random changes to the entries of an L1; the answers and the
 * page_info of 256 frames are compared after each. Then it goes back to a state
 * from before such changes, again and again, which must be the same each time.
 * Prints key and nanoseconds for one change, and for one way back. The first
 * difference ends it.
 */
#include "xen.h"

#include <traces/model.h>
#include <xen-model/pte.h>
#include <xen/xen.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FRAMES 256u /* the L1, and what its entries name */
#define BATCH 5000u
#define BATCHES 20u
#define WAYS_BACK 20u
#define CHANGES 1000u /* before each */

static struct pvt_backend *xen, *model;
static xm_mfn frames[FRAMES];
static uint64_t seed = 88172645463325252ull;

static void stop(const char *what, const char *message)
{
    fprintf(stderr, "%s: %s\n", what, message);
    exit(3);
}

static uint32_t below(uint32_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32) % n;
}

static int64_t execute(struct pvt_backend *b, const struct pvt_op *op)
{
    struct pvt_outcome out;

    if (b->ops->execute(b, op, &out) != 0)
        stop(b->ops->name, b->message);
    return out.rc;
}

static void compare_frames(void)
{
    for (uint32_t i = 0; i < FRAMES; i++) {
        struct xm_frame a, b;

        if (model->ops->read_frame(model, frames[i], &a) != 0 ||
            xen->ops->read_frame(xen, frames[i], &b) != 0)
            stop("reading", xen->message);
        if (a.count_info != b.count_info || a.type_info != b.type_info) {
            fprintf(stderr, "frame %#llx differs\n",
                    (unsigned long long)frames[i]);
            exit(1);
        }
    }
}

static void both(const struct pvt_op *op)
{
    const int64_t a = execute(model, op), b = execute(xen, op);

    if (a != b) {
        fprintf(stderr, "the model answers %lld, Xen %lld\n", (long long)a,
                (long long)b);
        exit(1);
    }
    compare_frames();
}

/* Mostly accepted; entries that name the L1 itself writable are not. */
static void change(void)
{
    static const uint64_t flags[] = { XM_PTE_P | XM_PTE_US,
                                      XM_PTE_P | XM_PTE_RW | XM_PTE_US,
                                      XM_PTE_P | XM_PTE_RW, XM_PTE_P };
    const uint32_t kind = below(5);
    const struct mmu_update request = {
        .ptr = frames[0] << XM_PAGE_SHIFT | below(XM_ENTRIES) * 8u,
        .val = kind == 4 ? 0 : xm_pte(frames[below(FRAMES)], flags[kind])
    };
    const struct pvt_op op = { .call = PVT_MMU_UPDATE,
                               .updates = &request,
                               .count = 1,
                               .foreigndom = DOMID_SELF,
                               .other = DOMID_SELF };

    both(&op);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* What can be seen of the 256 frames on actual Xen. */
struct seen {
    uint64_t count_info[FRAMES], type_info[FRAMES];
    uint64_t table[XM_ENTRIES];
};

static void see(struct seen *s)
{
    const uint64_t *words;

    for (uint32_t i = 0; i < FRAMES; i++) {
        struct xm_frame f;

        if (xen->ops->read_frame(xen, frames[i], &f) != 0)
            stop("reading", xen->message);
        s->count_info[i] = f.count_info;
        s->type_info[i] = f.type_info;
    }
    words = xen->ops->page(xen, frames[0]);
    if (!words)
        stop("reading", xen->message);
    memcpy(s->table, words, sizeof(s->table));
}

/* The best time of a way back. */
static double go_back(void)
{
    static struct seen before, after;
    double best = 0;

    if (xen->ops->keep(xen) != 0)
        stop("keeping", xen->message);
    see(&before);
    for (uint32_t i = 0; i < WAYS_BACK; i++) {
        double start, t;

        for (uint32_t k = 0; k < CHANGES; k++)
            change();
        start = now();
        if (xen->ops->go_back(xen) != 0)
            stop("going back", xen->message);
        t = now() - start;
        if (i == 0 || t < best)
            best = t;
        see(&after);
        if (memcmp(&before, &after, sizeof(before)) != 0) {
            fprintf(stderr, "the machine is not as it was\n");
            exit(1);
        }
        if (pvt_model_sync(model, xen) != 0)
            stop("copying", xen->message);
    }
    return best;
}

int main(int argc, char **argv)
{
    struct mmuext_op pin = { .cmd = MMUEXT_PIN_L1_TABLE };
    const struct pvt_op op = { .call = PVT_MMUEXT_OP,
                               .ops = &pin,
                               .count = 1,
                               .foreigndom = DOMID_SELF,
                               .other = DOMID_SELF };
    struct shim_config config = { 0 };
    char message[512];
    double best = 0;

    if (argc > 2) {
        fprintf(stderr, "usage: pinfold-bench-lockstep [HYPERVISOR]\n");
        return 2;
    }
    config.hypervisor = argc == 2 ? argv[1] : NULL;
    if (cli_xen_open(&config, &xen, message, sizeof(message)) != 0)
        stop("Xen", message);
    if (xen->ops->take_frames(xen, 0, FRAMES, frames) != 0 ||
        pvt_model_adopt(xen, &model) != 0)
        stop("Xen", xen->message);
    pin.arg1.mfn = frames[0];
    both(&op);
    for (uint32_t i = 0; i < BATCHES; i++) {
        const double start = now();
        double t;

        for (uint32_t k = 0; k < BATCH; k++)
            change();
        t = now() - start;
        if (i == 0 || t < best)
            best = t;
    }
    printf("lockstep.change\t%.1f\n", best / BATCH);
    printf("lockstep.reset\t%.1f\n", go_back());
    model->ops->close(model);
    xen->ops->close(xen);
    return 0;
}
