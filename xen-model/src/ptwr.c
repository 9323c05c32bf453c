/* SPDX-License-Identifier: MIT
 *
 * Stores of the guest kernel to L1 tables and to memory-mapped I/O that it
 * maps read-only. Mirrors pv_ro_page_fault(), ptwr_do_page_fault(),
 * ptwr_emulated_update(), mmio_ro_do_page_fault(), mmio_ro_emulated_write()
 * and mmcfg_intercept_write(). Rules PTW-06..09, PTW-20..38, PTW-70..75.
 *
 * GAP: what a store to PCI configuration space does to the device.
 */
#include "insn/exec.h"

static uint64_t page_of(xm_vaddr va)
{
    return va & ~(uint64_t)(XM_PAGE_SIZE - 1);
}

static bool is_power_of_two(unsigned int n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

/* Bytewise, as far as the guest's tables reach: a fault has its place. */
static enum emul ptwr_emulated_read(struct exec *x, xm_vaddr va, void *to,
                                    unsigned int n)
{
    if (xm__guest_address(va) && xm__cpu_read(x->c, va, to, n, &x->fault))
        return EMUL_OKAY;
    if (!xm__guest_address(va))
        x->fault = (struct xm_page_fault){ .taken = true, .cr2 = va };
    x->fault.error_code = 0;
    x->why = xm__deny(XM_R_PTWR_READ, x->fault.cr2, va);
    return EMUL_EXCEPTION;
}

/* Xen checks and adjusts the entry as it does anywhere, and takes FLIP. */
static enum emul check_entry(struct exec *x, uint64_t *v)
{
    const struct xm_domain *d = xm__domain(x->c);
    uint64_t flip = 0;

    if (!(*v & XM_PTE_P))
        return d->check_l1tf && xm__l1tf_check(x->c, d, 1, *v, &x->why)
                   ? EMUL_RETRY
                   : EMUL_OKAY;
    if (!xm__get_page_from_l1e(x->c, (struct l1e){ *v }, d, d->domid, &flip,
                               &x->why)) {
        xm__note(x->c, XM_R_PTWR_ENTRY);
        return EMUL_UNHANDLEABLE;
    }
    *v = xm__adjust_guest_l1e(x->c, *v ^ flip);
    return EMUL_OKAY;
}

static enum emul ptwr_emulated_update(struct exec *x, xm_vaddr va, uint64_t v,
                                      unsigned int n)
{
    const unsigned int shift = (va & 7) * 8;
    const uint64_t mask = n == 8 ? ~0ull : (1ull << n * 8) - 1;
    const xm_vaddr word = va & ~7ull;
    uint64_t *slot, full;
    enum emul rc;

    if (page_of(va ^ x->cr2) != 0)
        return xm__unhandleable(x, XM_R_PTWR_PAGE, va, x->cr2);
    if (va & (n - 1))
        return xm__unhandleable(x, XM_R_PTWR_ALIGNMENT, va, n);
    if (n != 8) {
        rc = ptwr_emulated_read(x, word, &full, sizeof(full));
        if (rc != EMUL_OKAY)
            return rc; /* NEVER: the store to this page has faulted just now */
        v = (full & ~(mask << shift)) | (v & mask) << shift;
        xm__note(x->c, XM_R_PTWR_PART);
    }
    rc = check_entry(x, &v);
    if (rc != EMUL_OKAY)
        return rc;
    slot = &xm__ram_to_write(x->c, x->table)[(word & (XM_PAGE_SIZE - 1)) / 8];
    full = *slot;
    *slot = v;
    xm__put_page_from_l1e(x->c, (struct l1e){ full });
    xm__note(x->c, XM_R_PTWR_STORE);
    return EMUL_OKAY;
}

static enum emul ptwr_emulated_write(struct exec *x, xm_vaddr va,
                                     const void *from, unsigned int n)
{
    uint64_t v = 0;

    if (n > sizeof(v) || !is_power_of_two(n))
        return xm__unhandleable(x, XM_R_PTWR_SIZE, va, n);
    __builtin_memcpy(&v, from, n);
    return ptwr_emulated_update(x, va, v, n);
}

static const struct exec_memory ptwr = { .is_xen = true,
                                         .read = ptwr_emulated_read,
                                         .write = ptwr_emulated_write };

/* Without the check only an L2 or L3 is taken for one: what else has a type
 * holds words that no frame is counted for. */
static bool is_l1(const struct exec *x, const struct xm_frame *f)
{
    const unsigned int level = xm_pgt_level(f->type_info);

    return level == 1 || ((level == 2 || level == 3) &&
                          xm__broken(x->c, XM_FAULT_PTWR_LEVEL));
}

static enum emul ptwr_do_page_fault(struct exec *x, xm_mfn mfn)
{
    struct xm_frame *f = xm__get_page_from_mfn(x->c, mfn, x->c->domid);
    enum emul rc;

    if (!f)
        return xm__unhandleable(x, XM_R_PTWR_NOT_OWN, mfn, 0);
    if (!xm__lockable(f)) {
        rc = xm__unhandleable(x, XM_R_PTWR_IDLE, mfn, f->type_info);
    } else if (!is_l1(x, f)) {
        rc = xm__unhandleable(x, XM_R_PTWR_NOT_L1, mfn, f->type_info);
    } else {
        x->table = mfn;
        x->memory = &ptwr;
        f->type_info++; /* page_lock() */
        rc = xm__emulate(x);
        f->type_info--;
    }
    xm__put_page(x->c, mfn);
    return rc;
}

static enum emul mmio_ro_emulated_read(struct exec *x, xm_vaddr va, void *to,
                                       unsigned int n)
{
    (void)to;
    return xm__unhandleable(x, XM_R_MMIO_RO_READ, va, n);
}

/* Discarded, whatever the value is. */
static enum emul mmio_ro_emulated_write(struct exec *x, xm_vaddr va,
                                        const void *from, unsigned int n)
{
    (void)from;
    if (!is_power_of_two(n) || (va & (n - 1)) || va != x->cr2)
        return xm__unhandleable(x, XM_R_MMIO_RO_PLACE, va, n);
    xm__note(x->c, XM_R_MMIO_RO_DISCARDED);
    return EMUL_OKAY;
}

static enum emul mmcfg_intercept_write(struct exec *x, xm_vaddr va,
                                       const void *from, unsigned int n)
{
    (void)from;
    if (!is_power_of_two(n) || n > 4 || (va & (n - 1)) || va != x->cr2)
        return xm__unhandleable(x, XM_R_MMCFG_PLACE, va, n);
    xm__note(x->c, XM_R_MMCFG_STORE);
    return EMUL_OKAY;
}

static const struct exec_memory mmio_ro = { .is_xen = true,
                                            .read = mmio_ro_emulated_read,
                                            .write = mmio_ro_emulated_write };
static const struct exec_memory mmcfg = { .is_xen = true,
                                          .read = mmio_ro_emulated_read,
                                          .write = mmcfg_intercept_write };

static enum emul mmio_ro_do_page_fault(struct exec *x, xm_mfn mfn)
{
    const struct xm_frame *f = xm__frame(x->c, mfn);

    if (f && f->owner != DOMID_IO)
        return xm__unhandleable(x, XM_R_MMIO_RO_RAM, mfn, f->owner);
    x->memory =
        xm__in_ranges(x->c->machine->config.mmcfg, mfn) ? &mmcfg : &mmio_ro;
    return xm__emulate(x);
}

enum emul xm__pv_ro_page_fault(struct exec *x, xm_vaddr addr,
                               const struct xm_walk *w)
{
    const uint64_t leaf = w->entry[1];
    const xm_mfn mfn = xm_pte_mfn(leaf);

    x->cr2 = addr;
    /* Read-only must come from the L1 entry itself. */
    if (w->level != 1 || (leaf & (XM_PTE_P | XM_PTE_RW)) != XM_PTE_P)
        return xm__unhandleable(x, XM_R_PTWR_WRITABLE, addr, leaf);
    if (xm__domain(x->c)->privileged &&
        xm__in_ranges(x->c->machine->config.iomem_read_only, mfn))
        return mmio_ro_do_page_fault(x, mfn);
    return ptwr_do_page_fault(x, mfn);
}
