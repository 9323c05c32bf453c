/* SPDX-License-Identifier: MIT
 *
 * Whom a domain may name. Mirrors get_pg_owner().
 */
#include "internal.h"

bool xm__other_pg_owner(struct xm_cpu *c, uint32_t id)
{
    return id != c->domid && (id == DOMID_IO || id == DOMID_XEN ||
                              xm_domain_find(c->machine, (xm_domid)id) != NULL);
}
