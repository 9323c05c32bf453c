/* SPDX-License-Identifier: MIT
 *
 * What a domain shares with Xen and with the backends: shared_info, the
 * vcpu_info of each vCPU, the pages of the rings.
 */
#include "internal.h"

/*
 * Backends have a ring mapped, so that on actual Xen it cannot become a table.
 * Here nobody holds it, and it may: then it is no ring any more.
 */
void *domain__page(struct xm_cpu *c, xm_mfn mfn)
{
    const struct xm_frame *f = xm_machine_frame_const(c->machine, mfn);

    if (!f || f->owner != c->domid || !(f->count_info & XM_PGC_ALLOCATED))
        return NULL;
    if ((f->type_info & XM_PGT_COUNT_MASK) &&
        (f->type_info & XM_PGT_TYPE_MASK) != XM_PGT_WRITABLE)
        return NULL;
    return xm_ram_to_write(c, mfn);
}

static struct xm_domain *model(const struct xm_cpu *c)
{
    return xm_domain_find(c->machine, c->domid);
}

struct shared_info *domain__shared_info(struct xm_cpu *c)
{
    return (struct shared_info *)xm_ram_to_write(c, model(c)->shared_info);
}

struct vcpu_info *domain__vcpu_info(const struct domain *d, struct xm_cpu *c,
                                    uint32_t vcpu)
{
    return domain__info_of(d, c, model(c), vcpu);
}

uint32_t domain__nr_vcpus(const struct xm_cpu *c)
{
    return model(c)->nr_vcpus;
}

bool domain__privileged(const struct xm_cpu *c)
{
    return model(c)->privileged;
}

bool domain__is_self(const struct xm_cpu *c, uint32_t id)
{
    return id == DOMID_SELF || id == c->domid;
}

bool domain__exists(const struct xm_cpu *c, uint32_t id)
{
    return domain__is_self(c, id) || id == DOMAIN_BACKEND ||
           xm_domain_find(c->machine, (xm_domid)id);
}

struct vcpu_info *domain_vcpu_info(const struct domain *d, struct xm_cpu *c,
                                   uint32_t vcpu)
{
    return domain__vcpu_info(d, c, vcpu);
}
