/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_set_gdt and HYPERVISOR_update_descriptor. Mirrors do_set_gdt(),
 * pv_set_gdt(), pv_destroy_gdt(), do_update_descriptor(). Rules SEG-01 to
 * SEG-10, SEG-30 to SEG-36.
 */
#include <xen-model/hypercall.h>

#include "../internal.h"

#define DESCRIPTORS_PER_PAGE 512u

static uint32_t nr_frames(uint32_t entries)
{
    return (entries + DESCRIPTORS_PER_PAGE - 1) / DESCRIPTORS_PER_PAGE;
}

/* The frame of the caller, as descriptor page; false: it cannot be one. */
static bool get_descriptor_page(struct xm_cpu *c, xm_mfn mfn)
{
    if (!xm__get_page_from_mfn(c, mfn, c->domid))
        return false;
    if (xm__get_page_type(c, mfn, XM_PGT_SEG_DESC, false).rc == 0)
        return true;
    xm__put_page(c, mfn);
    return false;
}

static void put_pages(struct xm_cpu *c, const xm_mfn *mfns, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        xm__put_page_and_type(c, mfns[i]);
}

struct xm_result xm__set_gdt(struct xm_cpu *c, struct xm_vcpu *v,
                             const xm_mfn *mfns, uint32_t entries)
{
    const uint32_t count = nr_frames(entries);

    if (entries > XM_RESERVED_GDT_ENTRY)
        return xm__deny(XM_R_GDT_ENTRIES, entries, 0);
    for (uint32_t i = 0; i < count; i++) {
        if (get_descriptor_page(c, mfns[i]))
            continue;
        put_pages(c, mfns, i);
        return xm__deny(XM_R_GDT_FRAME, mfns[i], i);
    }
    put_pages(c, v->gdt, v->nr_gdt);
    for (uint32_t i = 0; i < XM_MAX_GDT_FRAMES; i++)
        v->gdt[i] = i < count ? mfns[i] : 0;
    v->nr_gdt = count;
    v->gdt_mapped = true;
    return xm__ok();
}

struct xm_result xm__do_set_gdt(struct xm_cpu *c, uint64_t arg[6])
{
    const uint32_t entries = (uint32_t)arg[1];
    const uint32_t count = nr_frames(entries);
    xm_mfn mfns[XM_MAX_GDT_FRAMES];
    struct xm_result r;

    if (entries > XM_RESERVED_GDT_ENTRY)
        return xm__finish(c, xm__deny(XM_R_GDT_ENTRIES, entries, 0));
    if (!xm__copy_from_guest(c, mfns, arg[0], count * sizeof(mfns[0])))
        return xm__finish(c, xm__deny(XM_R_GDT_LIST, arg[0], count));
    r = xm__set_gdt(c, xm__vcpu(c), mfns, entries);
    if (r.rc == 0)
        c->flushed |= XM_FLUSH_OWN; /* TLB-28 */
    return xm__finish(c, r);
}

static struct xm_result update_descriptor(struct xm_cpu *c, uint64_t maddr,
                                          uint64_t descriptor)
{
    const xm_mfn mfn = maddr >> XM_PAGE_SHIFT;
    const struct xm_frame *f;
    bool in_use;

    if ((maddr & 7) || !xm__check_descriptor(&descriptor))
        return xm__deny(XM_R_UPDATE_DESCRIPTOR, maddr, descriptor);
    f = xm__get_page_from_mfn(c, mfn, c->domid);
    if (!f)
        return xm__deny(XM_R_DESCRIPTOR_NOT_OWN, mfn, 0);
    in_use = (f->type_info & XM_PGT_TYPE_MASK) == XM_PGT_SEG_DESC;
    if (xm__get_page_type(c, mfn, in_use ? XM_PGT_SEG_DESC : XM_PGT_WRITABLE,
                          false)
            .rc != 0) {
        xm__put_page(c, mfn);
        return xm__deny(XM_R_DESCRIPTOR_TYPE, mfn, f->type_info);
    }
    xm__ram_to_write(c, mfn)[(maddr & (XM_PAGE_SIZE - 1)) / 8] = descriptor;
    xm__put_page_and_type(c, mfn);
    return xm__ok();
}

struct xm_result xm__do_update_descriptor(struct xm_cpu *c, uint64_t arg[6])
{
    return xm__finish(c, update_descriptor(c, arg[0], arg[1]));
}
