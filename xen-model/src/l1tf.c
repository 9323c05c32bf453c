/* SPDX-License-Identifier: MIT
 *
 * Absent entries through which a processor could be made to speculate on the
 * L1 cache (L1TF). Mirrors pv_l1tf_check_pte(), pv_l1tf_domain_init() and
 * is_l1tf_safe_maddr(). Rules PRE-50..55.
 *
 * GAP: a domain with shadow page tables goes on as one without.
 */
#include "internal.h"

bool xm__l1tf_vulnerable(const struct xm_cpu *c, unsigned int level, uint64_t v)
{
    const struct xm_config *config = &c->machine->config;
    const uint64_t address = v & config->l1tf_mask;

    return (level > 1 && (v & XM_PTE_PSE)) ||
           (address != 0 && address < config->l1tf_safe);
}

bool xm__l1tf_check(struct xm_cpu *c, const struct xm_domain *domain,
                    unsigned int level, uint64_t v, struct xm_result *why)
{
    const struct xm_config *config = &c->machine->config;
    struct xm_domain *d = xm_domain_find(c->machine, domain->domid);

    if (!xm__l1tf_vulnerable(c, level, v))
        return false;
    if ((d->privileged ? config->l1tf_hwdom : config->l1tf_domu) ==
        XM_L1TF_CRASH) {
        d->crashed = true;
        *why = xm__deny(XM_R_L1TF_CRASH, v, level);
    } else {
        d->shadow_forced = true;
        d->check_l1tf = false;
        *why = xm__deny(XM_R_L1TF_SHADOW, v, level);
    }
    xm__note(c, why->rule);
    return true;
}
