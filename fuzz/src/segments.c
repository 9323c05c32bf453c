/* SPDX-License-Identifier: MIT
 *
 * Descriptors, their tables, and selectors.
 *
 * The guest that carries us lives on Xen's own descriptors, so no GDT or LDT
 * takes anything from it. Its pages are no place for descriptors: Xen would
 * patch them. So LDTs lie in the window, which shows pages of the world and
 * frames that are in use as something else.
 */
#include "segments.h"
#include "forms.h"

#include <inttypes.h>
#include <string.h>
#include <traces/trace.h>
#include <xen/xen.h>

/*
 * All but 0 are odd: in a page that becomes a table they are present entries,
 * for frames that do not exist.
 */
static const uint64_t descriptors[FZ_NR_DESCRIPTORS] = {
    0,
    0x00cff2000000ffff, /* data */
    0x00cf92000000ffff, /* of another privilege, which Xen changes */
    0x00cf93000000ffff, /* and accessed */
    0x00cffa000000ffff, /* code that can be read */
    0x00cf98000000ffff, /* that cannot */
    0x00cf9e000000ffff, /* conforming */
    0x00cf72000000ffff, /* absent data */
    0x0000090000000067, /* absent, of the system */
    0xffff800000008001, /* the second half of a gate */
    0xabcdec00e0331235, /* call gates */
    0x00008c0000081235,
    0x0000ec00dfff1235,
    0x00008c00e0001235, /* of a selector that is Xen's */
    0x00008c0100081235, /* with reserved bits */
    0x00008e0000081235, /* an interrupt gate */
    0x0000890000000067, /* a task */
    0x0000820000000067, /* an LDT */
};

bool fz_has_descriptor(const struct fz_op *op)
{
    const enum fz_kind kind = fz_op_kind(op);

    return (op->mode & FZ_DESCRIPTOR) &&
           (kind == FZ_POKE || kind == FZ_MMU_UPDATE || kind == FZ_STORE);
}

uint64_t fz_descriptor(const struct fz_op *op)
{
    return descriptors[op->flags % FZ_NR_DESCRIPTORS];
}

uint32_t fz_ldt_entries(const struct fz_op *op)
{
    static const uint32_t sizes[FZ_NR_LDT_SIZES] = {
        0, 1, 512, 1024, 8192, 8193
    };

    return sizes[op->table % FZ_NR_LDT_SIZES];
}

static uint32_t gdt_entries(const struct fz_op *op)
{
    static const uint32_t sizes[FZ_NR_GDT_SIZES] = { 0,    1,    512,  513,
                                                     1024, 1025, 1536, 1537,
                                                     7168, 7169 };

    return sizes[op->cmd % FZ_NR_GDT_SIZES];
}

/* Frames of the list: of one that is too long, none is read. */
static uint32_t gdt_frames(const struct fz_op *op)
{
    const uint32_t entries = gdt_entries(op);

    return entries > 7168 ? 1 : (entries + XM_ENTRIES - 1) / XM_ENTRIES;
}

/* The I-th of them: three, again and again. */
static uint32_t gdt_frame(const struct fz_world *w, const struct fz_op *op,
                          uint32_t i)
{
    const uint8_t places[] = { op->target, op->table, op->extra };

    return fz_frame(w, places[i % sizeof(places)]);
}

bool fz_resolve_gdt(const struct fz_world *w, const struct fz_op *op,
                    struct fz_call *c)
{
    const uint32_t n = gdt_frames(op);

    c->op.number = __HYPERVISOR_set_gdt;
    fz_set_data(w, c, n * (uint32_t)sizeof(uint64_t));
    c->op.arg[0] = n ? c->op.args : 0;
    c->op.arg[1] = gdt_entries(op);
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t mfn = fz_mfn(w, gdt_frame(w, op, i));

        memcpy(c->data + i * sizeof(mfn), &mfn, sizeof(mfn));
    }
    return true;
}

void fz_print_gdt(FILE *f, const struct fz_world *w, const struct fz_op *op)
{
    const uint32_t n = gdt_frames(op);
    char name[24];

    fputs("set_gdt", f);
    for (uint32_t i = 0; i < n; i++)
        fprintf(f, "%s%s", i ? ", " : " frames={",
                fz_frame_name(gdt_frame(w, op, i), name));
    fprintf(f, "%s entries=", n ? "}" : "");
    pvt_number_print(f, gdt_entries(op));
}

/* Xen writes to the shared_info, too, and reads the grant table. */
bool fz_resolve_descriptor(const struct fz_world *w, const struct fz_op *op,
                           struct fz_call *c)
{
    const uint32_t place = fz_frame(w, op->table);

    c->op.number = __HYPERVISOR_update_descriptor;
    c->op.arg[0] = fz_mfn(w, place) << XM_PAGE_SHIFT |
                   op->slot % XM_ENTRIES * 8u | op->extra % 8u;
    c->op.arg[1] = fz_descriptor(op);
    return fz_mfn(w, place) < XM_MFN_ALL_ONES &&
           !fz_is_own_frame(place, FZ_SHARED_INFO) &&
           !fz_is_own_frame(place, FZ_GRANT_TABLE);
}

void fz_print_descriptor(FILE *f, const struct fz_world *w,
                         const struct fz_op *op)
{
    char name[24];

    fprintf(f, "update_descriptor maddr=%s[%u]",
            fz_frame_name(fz_frame(w, op->table), name), op->slot % XM_ENTRIES);
    if (op->extra % 8u)
        fprintf(f, " + %u", op->extra % 8u);
    fputs(" descriptor=", f);
    pvt_number_print(f, fz_descriptor(op));
}
