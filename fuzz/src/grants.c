/* SPDX-License-Identifier: MIT
 *
 * Grants: the entries of a table, and mappings of them.
 *
 * Entries are stored by mmu_update into a domain's first grant frame. A
 * mapping goes into the window or into a slot of a page; its handle is kept
 * under a small number, for the operations that take it down.
 */
#include "grants.h"
#include "forms.h"
#include "guards.h"
#include "segments.h"

#include <inttypes.h>
#include <string.h>
#include <traces/trace.h>
#include <xen-model/pte.h>

#define NO_HANDLE 0xffff0000u /* which nobody has */
#define BEYOND 0xf0u          /* in cmd: from here on, entries there are not */

bool fz_has_grant(const struct fz_op *op)
{
    return (op->mode & FZ_GRANT) && fz_op_kind(op) == FZ_MMU_UPDATE &&
           !fz_has_descriptor(op);
}

/* To whom. */
static uint32_t grantee(const struct fz_op *op)
{
    static const uint32_t domids[] = { 0, 1, 2, 1234 };

    return domids[op->extra % 4u];
}

static uint32_t entry_flags(const struct fz_op *op)
{
    return op->flags & 0xffffu;
}

bool fz_is_grantable(const struct fz_world *w, const struct fz_op *op)
{
    return fz_mfn(w, op->target) <= UINT32_MAX;
}

uint64_t fz_grant_entry(const struct fz_world *w, const struct fz_op *op)
{
    return entry_flags(op) | (uint64_t)grantee(op) << 16 |
           fz_mfn(w, op->target) << 32;
}

void fz_print_grant_entry(FILE *f, const struct fz_world *w,
                          const struct fz_op *op)
{
    char name[24];

    fprintf(f, "grant 0x%" PRIx32 " %" PRIu32 " %s", entry_flags(op),
            grantee(op), fz_frame_name(fz_frame(w, op->target), name));
}

/* Those for use by the guest lie from bit 16 on. */
uint32_t fz_map_flags(const struct fz_op *op)
{
    return (op->flags & 0x3fu) | (op->flags >> 6 & 7u) << _GNTMAP_guest_avail0;
}

static uint32_t reference(const struct fz_op *op)
{
    return op->cmd < BEYOND ? op->cmd
                            : XM_GRANTS_PER_FRAME_V1 + (op->cmd - BEYOND);
}

/* Where the mapping of OP is: at an address, or in a slot. */
static uint64_t host_address(const struct fz_world *w, const struct fz_op *op)
{
    if (!(fz_map_flags(op) & GNTMAP_contains_pte))
        return fz_address(op);
    return fz_mfn(w, op->table) << XM_PAGE_SHIFT | op->slot % XM_ENTRIES * 8u |
           op->extra % 8u;
}

static void print_host_address(FILE *f, const struct fz_world *w,
                               const struct fz_op *op)
{
    char text[40];

    if (!(fz_map_flags(op) & GNTMAP_contains_pte)) {
        fprintf(f, " host_addr=%s", fz_address_text(op, text));
        return;
    }
    fprintf(f, " host_addr=%s[%u]", fz_frame_name(fz_frame(w, op->table), text),
            op->slot % XM_ENTRIES);
    if (op->extra % 8u)
        fprintf(f, " + %u", op->extra % 8u);
}

/* May what is at ADDRESS be changed? */
static bool is_free(const struct fz_world *w, const struct xm_cpu *cpu,
                    const struct fz_call *c, uint64_t address, bool slot)
{
    const xm_mfn mfn = address >> XM_PAGE_SHIFT;

    if (!slot)
        return fz_changes_page(w, cpu, c, address);
    return mfn < XM_MFN_ALL_ONES && !fz_is_own(fz_place(w, mfn)) &&
           fz_keeps_slot(w, mfn, (address & (XM_PAGE_SIZE - 1)) / 8u);
}

static bool has_grants(const struct fz_world *w)
{
    for (uint32_t d = 0; d < FZ_DOMAINS; d++)
        if (w->mfns[fz_own_frame(d, FZ_GRANT_TABLE)] != FZ_NONE)
            return true;
    return false;
}

static void grant_call(const struct fz_world *w, struct fz_call *c,
                       uint64_t command, const void *structure, size_t size)
{
    fz_set_data(w, c, (uint32_t)size);
    memcpy(c->data, structure, size);
    c->op.number = __HYPERVISOR_grant_table_op;
    c->op.arg[0] = command;
    c->op.arg[1] = c->op.args;
    c->op.arg[2] = 1;
}

bool fz_resolve_map(const struct fz_world *w, const struct xm_cpu *cpu,
                    const struct fz_op *op, struct fz_call *c)
{
    const struct gnttab_map_grant_ref map = {
        .host_addr = host_address(w, op),
        .flags = fz_map_flags(op),
        .ref = reference(op),
        .dom = c->op.other,
    };

    grant_call(w, c, GNTTABOP_map_grant_ref, &map, sizeof(map));
    return has_grants(w) &&
           (!(map.flags & GNTMAP_host_map) ||
            is_free(w, cpu, c, map.host_addr, map.flags & GNTMAP_contains_pte));
}

void fz_print_map(FILE *f, const struct fz_world *w, const struct fz_op *op)
{
    fputs("grant.map {", f);
    print_host_address(f, w, op);
    fputs(" flags=", f);
    pvt_number_print(f, fz_map_flags(op));
    fputs(" ref=", f);
    pvt_number_print(f, reference(op));
    fprintf(f, " dom=%s }", fz_domain_text(fz_fd(w, op->fd & 15u)));
}

static const struct fz_handle *
handle_at(const struct fz_world *w, uint32_t domain, const struct fz_op *op)
{
    return &w->handles[domain][op->target % FZ_HANDLES];
}

bool fz_knows_handle(const struct fz_world *w, uint32_t domain,
                     const struct fz_op *op)
{
    return handle_at(w, domain, op)->known;
}

uint64_t fz_handle_number(const struct fz_world *w, uint32_t domain,
                          const struct fz_op *op)
{
    const struct fz_handle *h = handle_at(w, domain, op);

    return h->known ? h->number : NO_HANDLE;
}

void fz_print_handle(FILE *f, const struct fz_world *w, uint32_t domain,
                     const struct fz_op *op)
{
    if (fz_knows_handle(w, domain, op))
        fprintf(f, FZ_HANDLE_NAME, handle_at(w, domain, op)->name);
    else
        fprintf(f, "0x%x", NO_HANDLE);
}

/* The operation whose fields say where: that of the mapping, mostly. */
static const struct fz_op *where(const struct fz_world *w,
                                 const struct fz_op *op)
{
    const struct fz_handle *h = handle_at(w, fz_op_domain(w, op), op);

    return h->known && !(op->cmd & FZ_UNMAP_AT) ? &h->op : op;
}

/* Which frame: its place. */
static uint32_t frame_of(const struct fz_world *w, const struct fz_op *op)
{
    const struct fz_handle *h = handle_at(w, fz_op_domain(w, op), op);
    const uint32_t place = fz_place(w, h->mfn);

    return h->known && place < FZ_NR_FRAMES && !(op->cmd & FZ_UNMAP_FRAME)
               ? place
               : fz_frame(w, op->table);
}

/* Of unmap_and_replace: a page of the window, or 0. */
static uint64_t new_address(const struct fz_op *op)
{
    return op->cmd & FZ_UNMAP_BY_NONE
               ? 0
               : PVT_WINDOW_VA + op->fd % FZ_WINDOW_PAGES * XM_PAGE_SIZE;
}

bool fz_resolve_unmap(const struct fz_world *w, const struct xm_cpu *cpu,
                      const struct fz_op *op, struct fz_call *c)
{
    const struct fz_handle *h = handle_at(w, fz_op_domain(w, op), op);
    const bool replace = op->cmd & FZ_UNMAP_REPLACE;
    const uint32_t number =
        (uint32_t)fz_handle_number(w, fz_op_domain(w, op), op);
    const uint64_t host =
        op->cmd & FZ_UNMAP_HOST ? host_address(w, where(w, op)) : 0;
    const uint64_t device = op->cmd & FZ_UNMAP_DEVICE
                                ? fz_mfn(w, frame_of(w, op)) << XM_PAGE_SHIFT
                                : 0;

    if (replace) {
        const struct gnttab_unmap_and_replace r = { .host_addr = host,
                                                    .new_addr = new_address(op),
                                                    .handle = number };

        grant_call(w, c, GNTTABOP_unmap_and_replace, &r, sizeof(r));
    } else {
        const struct gnttab_unmap_grant_ref u = { .host_addr = host,
                                                  .dev_bus_addr = device,
                                                  .handle = number };

        grant_call(w, c, GNTTABOP_unmap_grant_ref, &u, sizeof(u));
    }
    /* Of an unknown handle Xen looks at nothing. */
    return has_grants(w) && fz_mfn(w, frame_of(w, op)) < XM_MFN_ALL_ONES &&
           (!h->known || !host ||
            is_free(w, cpu, c, host,
                    fz_map_flags(&h->op) & GNTMAP_contains_pte)) &&
           (!h->known || !replace || !new_address(op) ||
            fz_changes_page(w, cpu, c, new_address(op)));
}

void fz_print_unmap(FILE *f, const struct fz_world *w, const struct fz_op *op)
{
    const bool replace = op->cmd & FZ_UNMAP_REPLACE;
    char name[24];

    fprintf(f, "grant.%s {", replace ? "replace" : "unmap");
    if (op->cmd & FZ_UNMAP_HOST)
        print_host_address(f, w, where(w, op));
    if (replace && new_address(op))
        fprintf(f, " new_addr=window[%u]", op->fd % FZ_WINDOW_PAGES);
    if (!replace && (op->cmd & FZ_UNMAP_DEVICE))
        fprintf(f, " dev_bus_addr=%s[0]", fz_frame_name(frame_of(w, op), name));
    fputs(" handle=", f);
    fz_print_handle(f, w, fz_op_domain(w, op), op);
    fputs(" }", f);
}

static void add(struct fz_world *w, uint32_t domain, uint32_t at,
                const struct fz_op *op, struct gnttab_map_grant_ref map)
{
    if (map.status == GNTST_okay)
        w->handles[domain][at % FZ_HANDLES] =
            (struct fz_handle){ .known = true,
                                .number = map.handle,
                                .name = w->nr_handles++,
                                .op = *op,
                                .mfn = map.dev_bus_addr >> XM_PAGE_SHIFT };
}

void fz_add_handle(struct fz_world *w, const struct fz_op *op,
                   const struct fz_call *c, uint32_t i,
                   struct gnttab_map_grant_ref map)
{
    const struct fz_op mapping = { .kind = FZ_GRANT_MAP, .flags = map.flags };

    add(w, c->op.domid, op->target + i, &mapping, map);
}

void fz_print_new_handle(FILE *f, const struct fz_world *w,
                         const struct fz_op *op, const struct fz_call *c,
                         uint32_t i, struct gnttab_map_grant_ref map)
{
    if (map.status == GNTST_okay)
        fprintf(f, " handle=" FZ_HANDLE_NAME,
                w->handles[c->op.domid][(op->target + i) % FZ_HANDLES].name);
}

void fz_note_handle(struct fz_world *w, const struct fz_op *op,
                    const struct fz_call *c, int64_t rc, const uint8_t *answer)
{
    struct gnttab_map_grant_ref map;

    if (fz_op_kind(op) != FZ_GRANT_MAP || rc != 0)
        return;
    memcpy(&map, answer, sizeof(map));
    add(w, c->op.domid, op->target, op, map);
}

void fz_print_status(FILE *f, const struct fz_world *w, const struct fz_op *op,
                     const struct fz_call *c, const uint8_t *answer)
{
    const bool map = fz_op_kind(op) == FZ_GRANT_MAP;
    const size_t offset =
        map ? offsetof(struct gnttab_map_grant_ref, status)
        : op->cmd & FZ_UNMAP_REPLACE
            ? offsetof(struct gnttab_unmap_and_replace, status)
            : offsetof(struct gnttab_unmap_grant_ref, status);
    struct gnttab_map_grant_ref mapped;
    int16_t status;

    memcpy(&status, answer + offset, sizeof(status));
    fprintf(f, " { status=%d", status);
    memcpy(&mapped, answer, sizeof(mapped));
    if (map)
        fz_print_new_handle(f, w, op, c, 0, mapped);
    fputs(" }", f);
}
