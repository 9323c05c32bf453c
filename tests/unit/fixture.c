/* SPDX-License-Identifier: MIT
 *
 * The small machine of the unit tests.
 */
#include "fixture.h"

#include <check.h>
#include <inttypes.h>
#include <stdlib.h>

void fixture_setup(struct fixture *f, bool privileged)
{
    fixture_setup_config(f, privileged, xm_config_default(NR_FRAMES));
}

void fixture_setup_config(struct fixture *f, bool privileged,
                          struct xm_config config)
{
    const xm_domid domid = privileged ? 0 : 1;
    struct xm_machine *m;

    f->block = malloc(xm_machine_size(&config));
    f->ram = calloc(NR_FRAMES, XM_PAGE_SIZE);
    ck_assert(f->block && f->ram);
    m = xm_machine_init(f->block, &config);
    ck_assert(xm_domain_create(m, domid, privileged) != NULL);
    ck_assert(xm_domain_create(m, 7, false) != NULL);
    f->cpu = (struct xm_cpu){
        .machine = m, .ram = f->ram, .domid = domid, .preempt_after = -1
    };
    xm_frame_set_kind(m, FRAME_XEN, XM_FRAME_XEN);
    xm_frame_set_kind(m, FRAME_MMIO, XM_FRAME_MMIO);
    xm_frame_set_kind(m, FRAME_M2P, XM_FRAME_M2P);
    xm_frame_assign(m, FRAME_FOREIGN, 7);
    for (xm_mfn mfn = BOOT_L4; mfn < NR_FRAMES; mfn++)
        xm_frame_assign(m, mfn, domid);

    *entry(f, BOOT_L4, 0) = xm_pte(BOOT_L3, RWU);
    *entry(f, BOOT_L3, 0) = xm_pte(BOOT_L2, RWU);
    *entry(f, BOOT_L2, 0) = xm_pte(BOOT_L1, RWU);
    xm_domain_find(m, domid)->vcpu[0].initialised = true;
    xm_domain_find(m, domid)->vcpu[0].has_run = true;
    xm_domain_find(m, domid)->vcpu[0].gdt_mapped = true;
    expect(ext(f, MMUEXT_NEW_BASEPTR, BOOT_L4), 0, XM_R_NONE);
}

void fixture_teardown(struct fixture *f)
{
    free(f->block);
    free(f->ram);
}

struct xm_frame *frame(struct fixture *f, xm_mfn mfn)
{
    return xm_machine_frame(f->cpu.machine, mfn);
}

uint64_t *entry(struct fixture *f, xm_mfn table, unsigned int slot)
{
    return &xm_ram_frame(&f->cpu, table)[slot];
}

struct xm_result update(struct fixture *f, xm_mfn table, unsigned int slot,
                        uint64_t val)
{
    const struct mmu_update req = { .ptr = table << XM_PAGE_SHIFT | slot * 8u,
                                    .val = val };

    return xm_mmu_update(&f->cpu, &req, 1, NULL, DOMID_SELF);
}

struct xm_result ext(struct fixture *f, unsigned int cmd, xm_mfn mfn)
{
    const struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

    return xm_mmuext_op(&f->cpu, &op, 1, NULL, DOMID_SELF);
}

void expect(struct xm_result r, int rc, enum xm_rule rule)
{
    ck_assert_msg(r.rc == rc && r.rule == rule,
                  "got %" PRId64 " by '%s' (%#" PRIx64 ", %#" PRIx64
                  "), expected %d by '%s'",
                  r.rc, xm_rule_info(r.rule)->id, r.seen[0], r.seen[1], rc,
                  xm_rule_info(rule)->id);
}

void expect_frame(struct fixture *f, xm_mfn mfn, uint64_t count,
                  uint64_t type_info)
{
    const struct xm_frame *p = frame(f, mfn);

    ck_assert_uint_eq(p->count_info & XM_PGC_COUNT_MASK, count);
    ck_assert_uint_eq(p->type_info, type_info);
}

void expect_invariants(struct fixture *f)
{
    void *scratch = malloc(NR_FRAMES * 16u);
    const struct xm_violation v = xm_check_invariants(&f->cpu, scratch);

    free(scratch);
    ck_assert_msg(!v.found,
                  "%s: %s: frame %" PRIu64 " expected %" PRIu64 ", is %" PRIu64,
                  v.invariant, v.sentence, v.mfn, v.expected, v.actual);
}
