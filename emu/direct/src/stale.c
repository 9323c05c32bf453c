/* SPDX-License-Identifier: MIT
 *
 * Translations that a processor might still have: a page that was touched, and
 * whose entry has lost rights or its frame since, until a flush. Whoever uses
 * one has forgotten the flush; on a real processor it works, or not.
 */
#include "internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xen-model/pte.h>

struct stale {
    xm_vaddr va;
    uint64_t before, after; /* the entry */
    uint64_t call;          /* which hypercall has changed it */
    struct stale *next;
};

static struct stale *stales;

void direct__became_stale(xm_vaddr va, uint64_t before, uint64_t after)
{
    const bool same = ((before ^ after) & XM_PTE_MFN_MASK) == 0;
    struct stale *s;

    /* What it may do now includes what it could do before. */
    if (same && (after & XM_PTE_P) &&
        ((after & XM_PTE_RW) || !(before & XM_PTE_RW)))
        return;
    s = malloc(sizeof(*s));
    if (!s)
        abort();
    *s = (struct stale){ .va = va,
                         .before = before,
                         .after = after,
                         .call = direct.counts.hypercalls,
                         .next = stales };
    stales = s;
}

static void remove_at(struct stale **from)
{
    struct stale *s = *from;

    *from = s->next;
    free(s);
}

void direct__flush_page(xm_vaddr va)
{
    for (struct stale **from = &stales; *from;) {
        if (((*from)->va ^ va) < XM_PAGE_SIZE)
            remove_at(from);
        else
            from = &(*from)->next;
    }
}

void direct__flush_all(void)
{
    while (stales)
        remove_at(&stales);
}

void direct__check_use(xm_vaddr va, const void *at)
{
    char before[EXPLAIN_NAME];

    for (const struct stale *s = stales; s; s = s->next) {
        if ((s->va ^ va) >= XM_PAGE_SIZE)
            continue;
        direct.counts.stale++;
        direct__name_frame(NULL, xm_pte_mfn(s->before), before);
        if (!direct.config.quiet)
            fprintf(stderr,
                    "pinfold: 0x%" PRIx64 " is used by the instruction at %p, "
                    "but its entry has changed in hypercall %" PRIu64
                    " of %" PRIu64 " and nothing was flushed since: a "
                    "processor may still use it as %s, %s\n",
                    va, at, s->call, direct.counts.hypercalls, before,
                    s->before & XM_PTE_RW ? "writable" : "read-only");
        direct__flush_page(va);
        return;
    }
}

static void flush_by_op(const struct mmuext_op *op)
{
    if (op->cmd == MMUEXT_INVLPG_LOCAL || op->cmd == MMUEXT_INVLPG_ALL ||
        op->cmd == MMUEXT_INVLPG_MULTI)
        direct__flush_page(op->arg1.linear_addr);
}

/* Which pages were flushed, the model does not say: the call does. */
static void flush_pages(uint64_t number, const uint64_t *arg)
{
    struct multicall_entry e;
    struct mmuext_op op;

    switch (number) {
    case __HYPERVISOR_update_va_mapping:
        direct__flush_page(arg[0]);
        break;
    case __HYPERVISOR_mmuext_op:
        for (uint64_t i = 0; i < arg[1]; i++)
            if (direct__read_guest(&op, arg[0] + i * sizeof(op), sizeof(op)))
                flush_by_op(&op);
        break;
    case __HYPERVISOR_multicall:
        for (uint64_t i = 0; i < arg[1]; i++)
            if (direct__read_guest(&e, arg[0] + i * sizeof(e), sizeof(e)) &&
                e.op != __HYPERVISOR_multicall &&
                !(e.op == __HYPERVISOR_update_va_mapping &&
                  (e.args[2] & UVMF_FLUSHTYPE_MASK) != UVMF_INVLPG))
                flush_pages(e.op, (const uint64_t *)e.args);
        break;
    default:
        break;
    }
}

void direct__note_flushes(uint64_t number, const uint64_t arg[6])
{
    const uint32_t flushed = direct.cpu.flushed;

    direct.cpu.flushed = 0;
    if (flushed & (XM_FLUSH_OWN | XM_FLUSH_VCPUS | XM_FLUSH_DOMAIN))
        direct__flush_all();
    else if (flushed &
             (XM_FLUSH_OWN_PAGE | XM_FLUSH_VCPUS_PAGE | XM_FLUSH_DOMAIN_PAGE))
        flush_pages(number, arg);
}
