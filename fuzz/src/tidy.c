/* SPDX-License-Identifier: MIT
 *
 * What is done on both machines when a program has ended.
 */
#include "tidy.h"

#include <stdio.h>
#include <string.h>

enum fz_outcome fz_on_both(struct fz_session *s, struct pvt_op *op)
{
    struct pvt_backend *const side[2] = { s->model, s->other };

    for (uint32_t i = 0; i < 2; i++) {
        memcpy(s->answer[i], s->call.data, sizeof(s->answer[i]));
        op->data = s->answer[i];
        if (side[i]->ops->execute(side[i], op, &s->out[i]) == 0)
            continue;
        snprintf(s->message, sizeof(s->message), "%s", side[i]->message);
        return i == 1 ? FZ_LOST : FZ_FAILED;
    }
    return FZ_AGREES;
}

enum fz_outcome fz_store_on_both(struct fz_session *s, uint32_t domain,
                                 xm_mfn table, uint32_t slot, uint64_t entry,
                                 uint32_t owner)
{
    const struct mmu_update update = { .ptr =
                                           table << XM_PAGE_SHIFT | slot * 8u,
                                       .val = entry };
    struct pvt_op op = { .call = PVT_MMU_UPDATE,
                         .domid = (xm_domid)domain,
                         .count = 1,
                         .updates = &update,
                         .foreigndom = owner };

    return fz_on_both(s, &op);
}

static enum fz_outcome clear_table(struct fz_session *s, uint32_t domain,
                                   xm_mfn table, uint32_t first, uint32_t last)
{
    enum fz_outcome rc = FZ_AGREES;
    uint64_t words[XM_ENTRIES];

    if (s->other->ops->read_page(s->other, table, words) != 0) {
        snprintf(s->message, sizeof(s->message), "%s", s->other->message);
        return FZ_LOST;
    }
    for (uint32_t i = first; rc == FZ_AGREES && i <= last; i++)
        if (words[i] != 0)
            rc = fz_store_on_both(s, domain, table, i, 0, DOMID_SELF);
    return rc;
}

enum fz_outcome fz_clear_boot_tables(struct fz_session *s)
{
    enum fz_outcome rc = FZ_AGREES;

    for (uint32_t d = 0; rc == FZ_AGREES && d < FZ_DOMAINS; d++) {
        const struct pvt_known_frames *k = &s->world.known[d];

        if (!fz_has_domain(&s->world, d))
            continue;
        rc = clear_table(s, d, k->boot_l2, FZ_BOOT_L2_FREE, XM_ENTRIES - 1);
        if (rc == FZ_AGREES)
            rc = clear_table(s, d, k->boot_l3, 0, FZ_BOOT_L3_SLOT - 1);
        if (rc == FZ_AGREES)
            rc = clear_table(s, d, k->boot_l4, 0, XM_L4_XEN_FIRST - 1);
        if (rc == FZ_AGREES)
            rc = clear_table(s, d, k->boot_l4, XM_L4_XEN_LAST + 1,
                             XM_ENTRIES - 2);
    }
    return rc;
}

static enum fz_outcome vcpu_lets_go(struct fz_session *s, uint32_t domain,
                                    uint32_t vcpu)
{
    const struct mmuext_op bases[] = {
        { .cmd = MMUEXT_NEW_BASEPTR,
          .arg1.mfn = s->world.known[domain].boot_l4 },
        { .cmd = MMUEXT_NEW_USER_BASEPTR },
        { .cmd = MMUEXT_SET_LDT },
    };
    struct pvt_op op = { .call = PVT_MMUEXT_OP,
                         .domid = (xm_domid)domain,
                         .vcpu = vcpu,
                         .count = 3,
                         .ops = bases,
                         .foreigndom = DOMID_SELF };
    struct pvt_op gdt = { .call = PVT_HYPERCALL,
                          .domid = (xm_domid)domain,
                          .vcpu = vcpu,
                          .number = __HYPERVISOR_set_gdt };
    const enum fz_outcome rc = fz_on_both(s, &op);

    return rc == FZ_AGREES ? fz_on_both(s, &gdt) : rc;
}

static enum fz_outcome unpin(struct fz_session *s, uint32_t domain, xm_mfn mfn)
{
    const struct mmuext_op unpin = { .cmd = MMUEXT_UNPIN_TABLE,
                                     .arg1.mfn = mfn };
    struct pvt_op op = { .call = PVT_MMUEXT_OP,
                         .domid = (xm_domid)domain,
                         .count = 1,
                         .ops = &unpin,
                         .foreigndom = DOMID_SELF };
    struct xm_machine *m = pvt_model_cpu(s->model)->machine;

    if (!(xm_machine_frame(m, mfn)->type_info & XM_PGT_PINNED))
        return FZ_AGREES;
    return fz_on_both(s, &op);
}

static enum fz_outcome domain_lets_go(struct fz_session *s, uint32_t domain)
{
    struct xm_machine *m = pvt_model_cpu(s->model)->machine;
    const struct xm_domain *d = xm_domain_find(m, (xm_domid)domain);
    enum fz_outcome rc = FZ_AGREES;

    for (uint32_t i = 0; rc == FZ_AGREES && i < PVT_VCPUS; i++)
        if (d->vcpu[i].up)
            rc = vcpu_lets_go(s, domain, i);
    for (uint32_t i = 0; rc == FZ_AGREES && i < FZ_PAGES; i++)
        rc = unpin(s, domain, s->world.mfns[domain * FZ_PAGES + i]);
    return rc;
}

enum fz_outcome fz_let_go(struct fz_session *s)
{
    enum fz_outcome rc = FZ_AGREES;

    for (uint32_t d = 0; rc == FZ_AGREES && d < FZ_DOMAINS; d++)
        if (fz_has_domain(&s->world, d))
            rc = domain_lets_go(s, d);
    return rc;
}
