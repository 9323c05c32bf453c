/* SPDX-License-Identifier: MIT
 *
 * What Xen's builder has made of dom0, before anything has changed it: layout,
 * tables, types, counts, start_info and registers (rules BLD-01..27, BLD-32).
 */
#include "internal.h"

#include <shim/host.h>
#include <xen-model/build.h>
#include <xen-model/pte.h>

#include <stdlib.h>
#include <string.h>

#define FLAGS_IF 0x200u

struct check {
    struct shim *s;
    const struct shim_domain *d;
    const struct shim_mailbox *m;
    struct xm_dom0_layout l;
};

static int wrong(struct check *c, const char *rule, const char *what,
                 uint64_t where, uint64_t expected, uint64_t found)
{
    return shim__fail(c->s,
                      "dom0 is not as %s has it: %s at %#llx is %#llx, not "
                      "%#llx",
                      rule, what, (unsigned long long)where,
                      (unsigned long long)found, (unsigned long long)expected);
}

/* The frame of an address in the boot mapping. */
static xm_mfn frame_at(const struct check *c, xm_vaddr va)
{
    return c->d->p2m[(va - c->l.virt_base) / XM_PAGE_SIZE];
}

static xm_mfn table_at(const struct check *c, unsigned int level, xm_vaddr va)
{
    return frame_at(c, c->l.tables +
                           xm_dom0_table(&c->l, level, va) * XM_PAGE_SIZE);
}

static bool is_table(const struct check *c, xm_vaddr va)
{
    return va >= c->l.tables &&
           va < c->l.tables + c->l.nr_tables * XM_PAGE_SIZE;
}

static bool is_initrd(const struct check *c, xm_vaddr va)
{
    return c->l.initrd && va >= c->l.initrd && va < c->l.p2m;
}

/* The frames lie in one piece; the initrd has others. */
static xm_mfn allocated_frame(const struct check *c, xm_vaddr va)
{
    const uint64_t initrd = c->l.initrd ? c->l.p2m - c->l.initrd : 0;

    return frame_at(c, c->l.virt_base) +
           (va - c->l.virt_base - (va >= c->l.p2m ? initrd : 0)) / XM_PAGE_SIZE;
}

static int check_entry(struct check *c, unsigned int level, xm_vaddr va,
                       uint64_t expected)
{
    const uint64_t found =
        shim__page(c->s, table_at(c, level, va))[xm_va_index(va, level)];

    /* The processor has set D where the guest has written. */
    if ((found & ~XM_PTE_D) == (expected & ~XM_PTE_D))
        return 0;
    return wrong(c, level == 1 ? "BLD-13" : "BLD-14", "an entry", va, expected,
                 found);
}

/* C, and the type with its count, of the frame at VA. */
static int check_frame(struct check *c, const char *rule, xm_vaddr va,
                       uint64_t general, uint64_t type)
{
    const struct xm_frame f = shim__frame(c->s, frame_at(c, va));

    if (f.count_info != (XM_PGC_ALLOCATED | general))
        return wrong(c, rule, "count_info", va, XM_PGC_ALLOCATED | general,
                     f.count_info);
    return f.type_info == type
               ? 0
               : wrong(c, rule, "type_info", va, type, f.type_info);
}

static unsigned int level_of(const struct check *c, xm_vaddr table)
{
    const xm_mfn mfn = frame_at(c, table);

    for (unsigned int level = 4; level > 1; level--)
        for (xm_vaddr va = c->l.virt_base; va >= c->l.virt_base;
             va += 1ull << (XM_PAGE_SHIFT + 9 * level))
            if (va < c->l.end && table_at(c, level, va) == mfn)
                return level;
    return 1;
}

static int check_page(struct check *c, xm_vaddr va)
{
    const xm_mfn mfn = frame_at(c, va);
    unsigned int level;

    for (level = 4; level > 1; level--)
        if (check_entry(
                c, level, va,
                xm_pte(table_at(c, level - 1, va), XM_DOM0_TABLE_FLAGS)) != 0)
            return -1;
    if (check_entry(c, 1, va, xm_dom0_l1e(&c->l, va, mfn)) != 0)
        return -1;
    if (!is_initrd(c, va) && mfn != allocated_frame(c, va))
        return wrong(c, "BLD-10", "the frame", va, allocated_frame(c, va), mfn);
    if (!is_table(c, va))
        return check_frame(c, "BLD-19", va, 2,
                           XM_PGT_WRITABLE | XM_PGT_VALIDATED | 1);
    level = level_of(c, va);
    if (level == 4)
        return check_frame(c, "BLD-17", va, 4,
                           XM_PGT_LEVEL(4) | XM_PGT_VALIDATED | XM_PGT_PINNED |
                               2);
    return check_frame(c, "BLD-16", va, 3,
                       XM_PGT_LEVEL(level) | XM_PGT_VALIDATED | 1);
}

/* What is not mapped, and both translations. */
static int check_rest(struct check *c)
{
    const uint64_t mapped = (c->l.end - c->l.virt_base) / XM_PAGE_SIZE;

    for (uint64_t pfn = 0; pfn < c->d->nr_pages; pfn++) {
        const xm_vaddr va = c->l.virt_base + pfn * XM_PAGE_SIZE;
        const uint64_t m2p = shim__m2p(c->s, c->d->p2m[pfn]);

        if (m2p != pfn)
            return wrong(c, "BLD-27", "the M2P's entry", pfn, pfn, m2p);
        if (pfn >= mapped && check_frame(c, "BLD-20", va, 1, XM_PGT_NONE) != 0)
            return -1;
    }
    return 0;
}

static int check_word(struct check *c, const char *rule, const char *what,
                      uint64_t expected, uint64_t found)
{
    return expected == found ? 0 : wrong(c, rule, what, 0, expected, found);
}

static int check_start_info(struct check *c)
{
    const struct start_info *si =
        (const void *)shim__page(c->s, frame_at(c, c->l.start_info));
    const uint32_t flags = SIF_PRIVILEGED | SIF_INITDOMAIN;

    /* Our note asks for PAE, which later versions do not repeat. */
    if (strncmp(si->magic,
                c->s->backend.xen_minor < 19 ? "xen-3.0-x86_64p"
                                             : "xen-3.0-x86_64",
                sizeof(si->magic)) != 0)
        return shim__fail(c->s,
                          "dom0 is not as BLD-26 has it: the magic of "
                          "start_info is %.*s",
                          (int)sizeof(si->magic), si->magic);
    return check_word(c, "BLD-26", "nr_pages", c->d->nr_pages, si->nr_pages) ||
                   check_word(c, "BLD-26", "shared_info",
                              c->d->shared_info * XM_PAGE_SIZE,
                              si->shared_info) ||
                   check_word(c, "BLD-26", "flags", flags,
                              si->flags & ~(uint32_t)SIF_PM_MASK) ||
                   check_word(c, "BLD-06", "pt_base", c->l.tables,
                              si->pt_base) ||
                   check_word(c, "BLD-09", "nr_pt_frames", c->l.nr_tables,
                              si->nr_pt_frames) ||
                   check_word(c, "BLD-04", "mfn_list", c->l.p2m,
                              si->mfn_list) ||
                   check_word(c, "BLD-03", "mod_start", c->l.initrd,
                              si->mod_start) ||
                   check_word(c, "BLD-03", "mod_len",
                              c->l.initrd ? SHIM_INITRD_BYTES : 0,
                              si->mod_len) ||
                   check_word(c, "BLD-25", "nr_p2m_frames", 0,
                              si->nr_p2m_frames)
               ? -1
               : 0;
}

static int check_registers(struct check *c)
{
    return check_word(c, "BLD-05", "rsi", c->l.start_info, c->m->start_info) ||
                   check_word(c, "BLD-07", "rsp", c->l.stack_end,
                              c->m->entry_rsp) ||
                   check_word(c, "BLD-32", "IF", FLAGS_IF,
                              c->m->entry_flags & FLAGS_IF) ||
                   check_word(c, "BLD-32", "the or of other registers", 0,
                              c->m->entry_others) ||
                   check_word(c, "BLD-08", "the first pfn that is not mapped",
                              (c->l.end - c->l.virt_base) / XM_PAGE_SIZE,
                              c->m->first_free)
               ? -1
               : 0;
}

/* All legacy vCPUs are masked; there are no descriptors but Xen's own. */
static int check_vcpus(struct check *c)
{
    const struct shared_info *shared =
        (const void *)shim__page(c->s, c->d->shared_info);
    static const uint16_t selectors[] = { 1 << 3 | 3, 1 << 3 | 4 | 3 };
    struct shim_vcpu *v = shim__control(c->s);

    for (uint64_t i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        if (shared->vcpu_info[i].evtchn_upcall_mask != 1)
            return wrong(c, "BLD-30", "the upcall mask of a vCPU", i, 1,
                         shared->vcpu_info[i].evtchn_upcall_mask);
    for (unsigned int i = 0; i < 2; i++) {
        v->mailbox->arg[0] = selectors[i];
        v->mailbox->arg[3] = 0;
        if (shim__call(v, SHIM_LOAD_SEGMENT) != 0)
            return -1;
        if (v->mailbox->vector != XM_EXCEPTION_GP)
            return wrong(c, "BLD-22", "the exception of a selector",
                         selectors[i], XM_EXCEPTION_GP, v->mailbox->vector);
    }
    return 0;
}

/* Slot 256 of the L4 shows the M2P, though no assist asks for it. */
static int check_l4(struct check *c)
{
    const uint64_t *l4 = shim__page(c->s, c->d->boot_l4);

    for (unsigned int i = XM_L4_XEN_FIRST; i <= XM_L4_XEN_FIRST + 2; i += 2)
        if (!(l4[i] & XM_PTE_P))
            return wrong(c, "BLD-15", "the entry of an L4 slot", i, XM_PTE_P,
                         l4[i]);
    return 0;
}

int shim__check_dom0(struct shim *s)
{
    struct check c = { .s = s,
                       .d = &s->domains[0],
                       .m = s->domains[0].vcpu[0].mailbox };
    struct pv_kernel image;
    uint64_t end;

    if (shim__image_open(s, &image) != 0)
        return -1;
    end = image.end;
    pv_kernel_close(&image);
    c.l = xm_dom0_layout(&(struct xm_dom0_image){
        .virt_base = SHIM_VIRT_BASE,
        .kernel_end = end,
        .initrd_bytes = SHIM_INITRD_BYTES,
        .nr_pages = c.d->nr_pages,
    });
    if (check_registers(&c) != 0 || check_start_info(&c) != 0 ||
        check_l4(&c) != 0 || check_vcpus(&c) != 0)
        return -1;
    for (xm_vaddr va = c.l.virt_base; va != c.l.end; va += XM_PAGE_SIZE)
        if (check_page(&c, va) != 0)
            return -1;
    return check_rest(&c);
}

int shim__check_assists(struct shim *s)
{
    struct check c = { .s = s };
    /* Until 4.18 by the kernel's note, which says so of all 64-bit ones. */
    const uint64_t expected =
        s->backend.xen_minor < 19 ? 1 << VMASST_TYPE_pae_extended_cr3 : 0;
    uint64_t assists;

    if (shim__vm_assists(s, 0, 1, &assists) != 0)
        return -1;
    return check_word(&c, "BLD-31", "vm_assist", expected, assists);
}
