/* SPDX-License-Identifier: MIT
 *
 * The model as a platform of guest-mm: hypercalls go to the model, memory
 * accesses walk the modelled page tables.
 */
#include "methods.h"

#include <xen-model/hypercall.h>
#include <xen-model/invariants.h>
#include <xen-model/pte.h>
#include <xen-model/walk.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct mm_plat {
    struct xm_cpu cpu;
    struct xm_result last;
    struct xm_page_fault fault; /* the first one; there must be none */
};

/* The fired rules are those of one call. */
static int answer(struct mm_plat *p, struct xm_result r)
{
    p->last = r;
    return r.rc;
}

static struct xm_cpu *fresh(struct mm_plat *p)
{
    p->cpu.fired = (struct xm_rule_set){ { 0 } };
    return &p->cpu;
}

int mm_plat_mmu_update(struct mm_plat *p, const struct mmu_update *reqs,
                       uint32_t count)
{
    return answer(p, xm_mmu_update(fresh(p), reqs, count, NULL, DOMID_SELF));
}

int mm_plat_mmuext_op(struct mm_plat *p, const struct mmuext_op *ops,
                      uint32_t count)
{
    return answer(p, xm_mmuext_op(fresh(p), ops, count, NULL, DOMID_SELF));
}

int mm_plat_update_va_mapping(struct mm_plat *p, uint64_t va, uint64_t val,
                              uint64_t flags)
{
    return answer(p, xm_update_va_mapping(fresh(p), va, val, flags));
}

static void note_fault(struct mm_plat *p, struct xm_page_fault fault)
{
    if (fault.taken && !p->fault.taken)
        p->fault = fault;
}

uint64_t mm_plat_load64(struct mm_plat *p, uint64_t va)
{
    uint64_t value = 0;

    note_fault(p, xm_load64(&p->cpu, va, &value));
    return value;
}

void mm_plat_store64(struct mm_plat *p, uint64_t va, uint64_t val)
{
    note_fault(p, xm_store64(&p->cpu, va, val));
}

uint64_t mm_plat_clock(struct mm_plat *p)
{
    struct timespec t;

    (void)p;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* A refusal has its rule; a success that needed an exception, that one. */
uint32_t mm_plat_why(struct mm_plat *p)
{
    static const enum xm_rule exceptions[] = {
        XM_R_L4E_LINEAR_SELF,
        XM_R_L4E_LINEAR,
    };

    for (size_t i = 0; !p->last.rc && i < 2; i++)
        if (xm_rule_set_has(&p->cpu.fired, exceptions[i]))
            return exceptions[i];
    return p->last.rule;
}

/* boot_l4[511] -> boot_l3[510] -> boot_l2, pinned and loaded. */
static int boot(struct mm_plat *p, const struct methods_memory *memory)
{
    const uint64_t flags = XM_PTE_P | XM_PTE_RW | XM_PTE_US | XM_PTE_A;
    struct mmuext_op ops[2] = { { .cmd = MMUEXT_PIN_L4_TABLE },
                                { .cmd = MMUEXT_NEW_BASEPTR } };
    struct xm_machine *m = p->cpu.machine;

    if (!xm_domain_create(m, 0, true))
        return -1;
    xm_frame_assign(m, memory->boot_l4, 0);
    xm_frame_assign(m, memory->boot_l3, 0);
    xm_frame_assign(m, memory->boot_l2, 0);
    for (uint32_t i = 0; i < memory->nr_arena; i++)
        xm_frame_assign(m, memory->arena[i], 0);
    xm_ram_frame(&p->cpu, memory->boot_l4)[511] =
        xm_pte(memory->boot_l3, flags);
    xm_ram_frame(&p->cpu, memory->boot_l3)[510] =
        xm_pte(memory->boot_l2, flags);
    ops[0].arg1.mfn = ops[1].arg1.mfn = memory->boot_l4;
    return mm_plat_mmuext_op(p, ops, 2);
}

/* The scenario must leave no trace: counts that add up, no reference left. */
static int check_after(struct mm_plat *p, const struct mm_request *request,
                       const uint64_t *pool, char *message, size_t size)
{
    void *scratch = malloc(16u * xm_machine_config(p->cpu.machine)->nr_frames);
    struct xm_violation v;

    if (!scratch) {
        snprintf(message, size,
                 "not enough memory to check the machine: "
                 "free some");
        return -1;
    }
    v = xm_check_invariants(&p->cpu, scratch);
    free(scratch);
    if (v.found) {
        snprintf(message, size,
                 "invariant %s is broken at frame 0x%llx (%s): "
                 "please report this",
                 v.invariant, (unsigned long long)v.mfn, v.sentence);
        return -1;
    }
    for (uint32_t i = 0; i < request->nr_pool; i++) {
        const struct xm_frame *f =
            xm_machine_frame_const(p->cpu.machine, pool[i]);

        if ((f->count_info & XM_PGC_COUNT_MASK) == 1 &&
            !(f->type_info & (XM_PGT_COUNT_MASK | XM_PGT_PINNED)) &&
            *xm_machine_m2p(p->cpu.machine, pool[i]) == UINT64_MAX)
            continue;
        snprintf(message, size,
                 "frame 0x%llx is not as it was before the "
                 "scenario (count_info 0x%llx, type_info 0x%llx): please "
                 "report this",
                 (unsigned long long)pool[i], (unsigned long long)f->count_info,
                 (unsigned long long)f->type_info);
        return -1;
    }
    return 0;
}

int methods_run_model(const struct methods_memory *memory,
                      const struct mm_request *request, const uint64_t *pool,
                      struct mm_report *report, char *message, size_t size)
{
    const struct xm_config config =
        xm_config_default((uint32_t)memory->nr_frames);
    void *block = calloc(1, xm_machine_size(&config));
    uint64_t *ram = calloc(memory->nr_frames, XM_PAGE_SIZE);
    uint64_t *scratch = calloc(request->nr_pool, 2 * sizeof(*scratch));
    struct mm_plat p = { .cpu = { .ram = ram, .preempt_after = -1 } };
    int rc = -1;

    if (!block || !ram || !scratch) {
        snprintf(message, size,
                 "not enough memory for a machine of %llu "
                 "frames: free some, or raise the limit (ulimit -v)",
                 (unsigned long long)memory->nr_frames);
        goto out;
    }
    p.cpu.machine = xm_machine_init(block, &config);
    if (boot(&p, memory)) {
        snprintf(message, size,
                 "the model refuses its own boot tables (%s): "
                 "please report this",
                 xm_rule_info(p.last.rule)->id);
        goto out;
    }
    mm_scenario_run(&p, request, pool, scratch, report);
    if (p.fault.taken) {
        snprintf(message, size,
                 "the page-table code took a page fault at "
                 "0x%llx in the model, error code %u: please report this",
                 (unsigned long long)p.fault.cr2, p.fault.error_code);
        goto out;
    }
    rc = check_after(&p, request, pool, message, size);
out:
    free(scratch);
    free(ram);
    free(block);
    return rc;
}
