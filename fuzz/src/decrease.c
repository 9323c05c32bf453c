/* SPDX-License-Identifier: MIT
 *
 * XENMEM_decrease_reservation. A page may still be mapped, typed or pinned:
 * then it stays until the last reference goes.
 */
#include "decrease.h"
#include "forms.h"
#include "guards.h"

#include <string.h>
#include <xen/memory.h>

#define MAX_EXTENTS 3u

static uint32_t nr_extents(const struct fz_op *op)
{
    return 1 + op->cmd % MAX_EXTENTS;
}

static uint32_t extent(const struct fz_world *w, const struct fz_op *op,
                       uint32_t i)
{
    const uint8_t places[MAX_EXTENTS] = { op->target, op->table, op->extra };

    return fz_frame(w, places[i]);
}

bool fz_resolve_decrease(const struct fz_world *w, const struct fz_op *op,
                         struct fz_call *c)
{
    const uint32_t n = nr_extents(op);
    struct xen_memory_reservation r = { .nr_extents = n, .domid = c->op.other };
    bool good = true;

    fz_set_data(w, c, (uint32_t)(sizeof(r) + n * sizeof(uint64_t)));
    c->op.number = __HYPERVISOR_memory_op;
    c->op.arg[0] = XENMEM_decrease_reservation;
    c->op.arg[1] = c->op.args;
    set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(c->op.args + sizeof(r)));
    memcpy(c->data, &r, sizeof(r));
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t mfn = fz_mfn(w, extent(w, op, i));

        memcpy(c->data + sizeof(r) + i * sizeof(mfn), &mfn, sizeof(mfn));
        good &= !fz_is_own(extent(w, op, i));
    }
    return good;
}

void fz_print_decrease(FILE *f, const struct fz_world *w,
                       const struct fz_op *op)
{
    const uint32_t n = nr_extents(op);
    char name[24];

    fputs("memory.decrease { extents={", f);
    for (uint32_t i = 0; i < n; i++)
        fprintf(f, "%s%s", i ? ", " : "",
                fz_frame_name(extent(w, op, i), name));
    fprintf(f, "} nr=%u dom=%s }", n, fz_domain_text(fz_fd(w, op->fd & 15u)));
}
