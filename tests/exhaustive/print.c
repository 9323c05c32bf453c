/* SPDX-License-Identifier: MIT
 *
 * A case in words.
 */
#include "machine.h"

#include <xen-model/pte.h>

#include <inttypes.h>
#include <stdio.h>

#define MAX_PRINTED 25u

static const char *const names[NR_W] = {
    [W_TABLE] = "table",
    [W_A] = "a",
    [W_B] = "b",
    [W_C] = "c",
    [W_FOREIGN] = "foreign",
    [W_SHARED] = "shared_info",
    [W_M2P] = "m2p",
    [W_IO] = "mmio",
    [W_IO_READ_ONLY] = "io-apic",
    [W_IO_DENIED] = "local-apic",
    [W_ABSENT] = "nonexistent",
    [W_ALL_ONES] = "all-ones",
    [W_PRIVATE] = "xen",
    [W_FREE] = "free",
    [W_ZERO] = "zero",
};

static const char *const owners[] = {
    [OR_D0] = "d0", [OR_D1] = "d1",   [OR_D2] = "d2",
    [OR_IO] = "io", [OR_XEN] = "xen",
};

static const char *const operations[] = {
    [OP_UPDATE] = "mmu_update",     [OP_PIN_L1] = "pin L1",
    [OP_PIN_L1 + 1] = "pin L2",     [OP_PIN_L1 + 2] = "pin L3",
    [OP_PIN_L4] = "pin L4",         [OP_UNPIN] = "unpin",
    [OP_CLEAR_PAGE] = "clear_page",
};

static void print_frame(const char *name, const char *when,
                        const struct xm_frame *f)
{
    printf("    %-11s %-8s count %#" PRIx64 " type %#018" PRIx64
           " linear %d nr %u\n",
           name, when, f->count_info, f->type_info, f->linear_count,
           f->nr_validated);
}

static void print_contents(const struct run *r, const struct machine *m,
                           const struct kase *k, const struct kase *after,
                           unsigned int i)
{
    const struct oracle_frame *f = &k->w.frame[i];

    for (unsigned int s = 0; s < f->nr_contents; s++) {
        const struct oracle_slot *before = &f->contents[s];
        const uint64_t *page =
            m->backend->ops->page(m->backend, r->mfn[k->owner][i]);

        printf("    %s[%u] before %s %#" PRIx64 ", expected %s %#" PRIx64
               ", %s %#" PRIx64 "\n",
               names[i], before->slot, names[before->e.frame],
               entry_of(r, k, before->e),
               names[after->w.frame[i].contents[s].e.frame],
               entry_of(r, k, after->w.frame[i].contents[s].e), m->name,
               page ? page[before->slot] : 0);
    }
}

void kase_print(const struct run *r, const struct machine *m,
                const struct kase *k, const struct kase *after, int rc,
                const struct pvt_outcome *out)
{
    if (r->differences >= MAX_PRINTED)
        return;
    printf("case %" PRIu64 ": %s by %s on frames of %s", r->number - 1,
           operations[k->op], owners[k->w.caller], owners[k->owner]);
    if (k->op == OP_UPDATE)
        printf(" fd %s%s := %s %#" PRIx64, owners[k->fd],
               k->preserve_ad ? " preserve_ad" : "", names[k->new.frame],
               k->new.flags);
    printf("\n    rc expected %d, %s %d by '%s'", rc, m->name, (int)out->rc,
           xm_rule_info(out->why.rule)->id);
    if (m->has_rules)
        printf("; fast path expected %d, %s %d", after->w.fast, m->name,
               kase_was_fast(out));
    printf("\n");
    for (unsigned int i = 0; i < NR_W; i++) {
        const struct xm_frame before = frame_of(&k->w.frame[i]);
        const struct xm_frame expected = frame_of(&after->w.frame[i]);
        struct xm_frame is;

        if (!(k->used & 1u << i) ||
            m->backend->ops->read_frame(m->backend, r->mfn[k->owner][i], &is) !=
                0)
            continue;
        print_frame(names[i], "before", &before);
        print_frame(names[i], "expected", &expected);
        print_frame(names[i], m->name, &is);
        if (k->w.frame[i].owner <= OR_D2)
            print_contents(r, m, k, after, i);
    }
}

bool kase_was_fast(const struct pvt_outcome *out)
{
    static const enum xm_rule fast[] = { XM_R_L1E_FAST, XM_R_L2E_FAST,
                                         XM_R_L3E_FAST, XM_R_L4E_FAST };

    for (unsigned int i = 0; i < sizeof(fast) / sizeof(fast[0]); i++)
        if (xm_rule_set_has(&out->fired, fast[i]))
            return true;
    return false;
}
