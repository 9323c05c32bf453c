/* SPDX-License-Identifier: MIT
 *
 * The small machine with grant tables.
 */
#include "grant_fixture.h"

#include <check.h>
#include <string.h>

struct fixture gx;

struct xm_domain *domain(xm_domid domid)
{
    return xm_domain_find(gx.cpu.machine, domid);
}

const struct xm_grant_active *active(xm_domid domid, uint32_t ref)
{
    return &xm_grant_active(gx.cpu.machine, domain(domid))[ref];
}

void grant_setup(void)
{
    struct xm_config config = xm_config_default(NR_FRAMES);

    config.max_grant_frames = MAX_GRANT_FRAMES;
    fixture_setup_config(&gx, true, config);
    for (xm_mfn mfn = FIRST_SPARE; mfn < NR_FRAMES; mfn++) {
        xm_frame_set_kind(gx.cpu.machine, mfn, XM_FRAME_FREE);
        domain(0)->tot_pages--;
    }
    ck_assert(xm_grant_table_init(&gx.cpu, domain(0)));
    ck_assert(xm_grant_table_init(&gx.cpu, domain(GRANTER)));
    expect(update(&gx, BOOT_L1, ARGS_SLOT, xm_pte(ARGS, RWU)), 0, XM_R_NONE);
}

void grant_teardown(void)
{
    expect_invariants(&gx);
    fixture_teardown(&gx);
}

struct xm_result grant_call(unsigned int cmd, void *ops, size_t size,
                            uint32_t n)
{
    uint64_t arg[6] = { cmd, ARGS_VA, n };
    struct xm_result r;

    ck_assert(size * n <= XM_PAGE_SIZE);
    memcpy(xm_ram_frame(&gx.cpu, ARGS), ops, size * n);
    gx.cpu.fired = (struct xm_rule_set){ { 0 } };
    r = xm_hypercall(&gx.cpu, __HYPERVISOR_grant_table_op, arg);
    memcpy(ops, xm_ram_frame(&gx.cpu, ARGS), size * n);
    return r;
}

static uint8_t *entry_of(xm_domid domid, uint32_t ref)
{
    const struct xm_domain *d = domain(domid);
    const uint32_t size = d->grant.version == 1 ? 8 : 16;
    const uint32_t n = XM_PAGE_SIZE / size;
    const xm_mfn mfn = xm_grant_shared_frames(gx.cpu.machine, d)[ref / n];

    return (uint8_t *)xm_ram_frame(&gx.cpu, mfn) + ref % n * size;
}

void grant_entry(xm_domid domid, uint32_t ref, uint16_t flags, xm_domid to,
                 uint64_t frame)
{
    const struct grant_entry_v1 v1 = { flags, to, (uint32_t)frame };
    const union grant_entry_v2 v2 = { .full_page = { .hdr = { flags, to },
                                                     .frame = frame } };

    if (domain(domid)->grant.version == 1)
        memcpy(entry_of(domid, ref), &v1, sizeof(v1));
    else
        memcpy(entry_of(domid, ref), &v2, sizeof(v2));
}

void give(xm_mfn mfn, xm_domid domid)
{
    domain(frame(&gx, mfn)->owner)->tot_pages--;
    domain(domid)->tot_pages++;
    frame(&gx, mfn)->owner = domid;
}

uint16_t entry_flags(xm_domid domid, uint32_t ref)
{
    uint16_t flags;

    memcpy(&flags, entry_of(domid, ref), sizeof(flags));
    return flags;
}

uint32_t entry_frame(xm_domid domid, uint32_t ref)
{
    uint32_t frame;
    const uint32_t offset = domain(domid)->grant.version == 1 ? 4 : 8;

    memcpy(&frame, entry_of(domid, ref) + offset, sizeof(frame));
    return frame;
}

uint16_t entry_status(xm_domid domid, uint32_t ref)
{
    const xm_mfn *frames =
        xm_grant_status_frames(gx.cpu.machine, domain(domid));
    uint16_t status;

    memcpy(&status,
           (uint8_t *)xm_ram_frame(&gx.cpu, frames[ref / 2048]) +
               ref % 2048 * 2,
           sizeof(status));
    return status;
}

struct gnttab_map_grant_ref map_at(uint64_t host_addr, xm_domid dom,
                                   uint32_t ref, uint32_t flags)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = host_addr, .flags = flags, .ref = ref, .dom = dom
    };

    expect(grant_call(GNTTABOP_map_grant_ref, &op, sizeof(op), 1), 0,
           XM_R_NONE);
    return op;
}

struct gnttab_map_grant_ref map(uint32_t ref, uint32_t flags)
{
    return map_at(TARGET_VA, GRANTER, ref, flags);
}

int16_t unmap(uint64_t host_addr, uint64_t dev_bus_addr, uint32_t handle)
{
    struct gnttab_unmap_grant_ref op = { .host_addr = host_addr,
                                         .dev_bus_addr = dev_bus_addr,
                                         .handle = handle };

    expect(grant_call(GNTTABOP_unmap_grant_ref, &op, sizeof(op), 1), 0,
           XM_R_NONE);
    return op.status;
}

void expect_status(int16_t status, int16_t expected, enum xm_rule rule)
{
    ck_assert_int_eq(status, expected);
    ck_assert_msg(rule == XM_R_NONE || xm_rule_set_has(&gx.cpu.fired, rule),
                  "'%s' has not spoken", xm_rule_info(rule)->id);
}
