/* SPDX-License-Identifier: MIT
 *
 * The entries of live tables: what they refer to is counted, and what Xen
 * makes sure of in each is still so. Rules INV-07 to INV-12 and INV-15; what
 * establishes them is in l1.c, upper.c, linear.c and base.c.
 */
#include "invariants.h"

/* A table that is looked at. */
struct table {
    struct check *k;
    xm_mfn mfn;
    const struct xm_frame *f;
    unsigned int level;
    bool dom0;     /* it is the control domain's */
    bool hardware; /* its domain has, or had, rights to I/O ... */
    bool dying;    /* ... or is being taken to pieces */
};

static void entry_violated(const struct table *t, const char *invariant,
                           const char *sentence, unsigned int slot,
                           uint64_t expected, uint64_t actual)
{
    xm__violated(t->k, invariant, sentence, t->mfn, slot, expected, actual);
}

/* One mapping of MFN; I/O is not counted. */
static void count_leaf(struct check *k, xm_mfn mfn, uint64_t e)
{
    const struct xm_frame *f = xm__checked_frame(k, mfn);

    if (!f || f->owner == DOMID_IO)
        return;
    k->r[mfn].general++;
    if (e & XM_PTE_RW)
        k->r[mfn].writable++;
}

/* E is I/O, or not cached as RAM is. */
static void check_io(const struct table *t, unsigned int slot, uint64_t e)
{
    const struct xm_frame *f = xm__checked_frame(t->k, xm_pte_mfn(e));

    if (!f || f->owner == DOMID_IO)
        entry_violated(t, "INV-12", "a guest maps no I/O", slot, 0, e);
    else if (e & XM_CACHE_BITS)
        entry_violated(t, "INV-12", "a guest's pages are cached", slot,
                       e & ~XM_CACHE_BITS, e);
}

static void check_leaf(const struct table *t, unsigned int slot, uint64_t e)
{
    if (!(e & XM_PTE_US) || !(e & (XM_PTE_GUEST_KERNEL | XM_PTE_G)))
        entry_violated(t, "INV-09",
                       "an L1 entry is the user's, and a kernel page or global",
                       slot, e | XM_PTE_US | XM_PTE_G, e);
    if (!t->hardware)
        check_io(t, slot, e);
    count_leaf(t->k, xm_pte_mfn(e), e);
}

static void check_superpage(const struct table *t, unsigned int slot,
                            uint64_t e)
{
    const xm_mfn first = xm_pte_mfn(e);
    const xm_mfn end = first + (t->level == 2 ? 512 : 512 * 512);

    if (!t->dom0 || t->level == 4)
        entry_violated(t, "INV-10", "only dom0's builder makes superpages",
                       slot, e & ~XM_PTE_PSE, e);
    for (xm_mfn mfn = first; mfn < end && mfn < t->k->nr_frames; mfn++)
        count_leaf(t->k, mfn, e);
}

static void check_linear(const struct table *t, unsigned int slot, uint64_t e)
{
    if (e & XM_PTE_RW)
        entry_violated(t, "INV-11", "a linear entry is read-only", slot,
                       e & ~XM_PTE_RW, e);
}

/* E names another table of its own level. */
static void count_linear(const struct table *t, unsigned int slot, uint64_t e)
{
    const xm_mfn mfn = xm_pte_mfn(e);

    check_linear(t, slot, e);
    if (t->f->linear_count <= 0)
        xm__violated(t->k, "INV-08", "a table with linear entries counts them",
                     t->mfn, slot, 1, (uint64_t)(int64_t)t->f->linear_count);
    if (xm__checked_frame(t->k, mfn)->linear_count >= 0)
        xm__violated(
            t->k, "INV-08", "a table that is linear has none", mfn, XM_NO_SLOT,
            (uint64_t)-1,
            (uint64_t)(int64_t)xm__checked_frame(t->k, mfn)->linear_count);
    t->k->r[mfn].linear--;
    t->k->r[t->mfn].linear++;
}

/* The child of an entry that was validated is live, and of the right type. */
static void check_child(const struct table *t, unsigned int slot, uint64_t e)
{
    const struct xm_frame *f = xm__checked_frame(t->k, xm_pte_mfn(e));
    const unsigned int level = xm_pgt_level(f->type_info);

    if (xm__count(f) == 0 || !(f->type_info & XM_PGT_VALIDATED) ||
        (level != t->level && level != t->level - 1))
        entry_violated(t, "INV-07", "an entry names a live table one lower",
                       slot, XM_PGT_LEVEL(t->level - 1) | XM_PGT_VALIDATED | 1,
                       f->type_info);
    else if (level == t->level)
        count_linear(t, slot, e);
}

/* HALF_DONE: E has a general reference, no more. */
static void check_upper(const struct table *t, unsigned int slot, uint64_t e,
                        bool half_done)
{
    const uint64_t wanted = t->level == 4 ? XM_PTE_US | XM_PTE_A : XM_PTE_US;
    const xm_mfn mfn = xm_pte_mfn(e);
    const struct xm_frame *f = xm__checked_frame(t->k, mfn);

    if (!half_done && (e & wanted) != wanted)
        entry_violated(t, "INV-09",
                       "an entry is the user's, and of an L4 accessed", slot,
                       e | wanted, e);
    if (e & (XM_PTE_PWT | XM_PTE_PCD | XM_PTE_G))
        entry_violated(t, "INV-10", "no cache attributes, and not global", slot,
                       e & ~(XM_PTE_PWT | XM_PTE_PCD | XM_PTE_G), e);
    if (e & XM_PTE_PSE) {
        check_superpage(t, slot, e);
        return;
    }
    if (mfn == t->mfn) {
        check_linear(t, slot, e);
        return;
    }
    if (!f || f->owner != t->f->owner) {
        entry_violated(t, "INV-07", "an entry names a frame of its domain",
                       slot, t->f->owner, f ? f->owner : XM_DOMID_NONE);
        return;
    }
    t->k->r[mfn].general++;
    if (half_done)
        return;
    t->k->r[mfn].type++;
    if (!t->dying)
        check_child(t, slot, e);
}

#define SLOT_RO_M2P 256u
#define SLOT_LINEAR 258u

/* INV-15, of a validated L4 with the words E: as far as a guest is concerned.
 */
static void check_xen_slots(const struct table *t, const uint64_t *e)
{
    const uint64_t m2p = XM_PTE_P | XM_PTE_US | XM_PTE_RW;
    const uint64_t self = xm_pte(t->mfn, XM_PTE_P);

    if (e[SLOT_RO_M2P] != 0 && (e[SLOT_RO_M2P] & m2p) != (m2p & ~XM_PTE_RW))
        entry_violated(t, "INV-15", "the M2P is read-only", SLOT_RO_M2P,
                       XM_PTE_P | XM_PTE_US, e[SLOT_RO_M2P]);
    for (unsigned int i = SLOT_RO_M2P + 1; i <= XM_L4_XEN_LAST; i++)
        if ((e[i] & (XM_PTE_P | XM_PTE_US)) == (XM_PTE_P | XM_PTE_US))
            entry_violated(t, "INV-15", "Xen's slots are not the user's", i,
                           e[i] & ~XM_PTE_US, e[i]);
    if ((e[SLOT_LINEAR] & (XM_PTE_MFN_MASK | XM_PTE_P)) != self)
        entry_violated(t, "INV-15", "Xen's linear slot is the table itself",
                       SLOT_LINEAR, self, e[SLOT_LINEAR]);
}

static void check_entry(const struct table *t, unsigned int slot, uint64_t e,
                        unsigned int half_done)
{
    if (t->level == 1)
        check_leaf(t, slot, e);
    else if (t->level != 4 || !xm_l4_slot_is_xen(slot))
        check_upper(t, slot, e, slot == half_done);
}

void xm__check_table(struct check *k, xm_mfn mfn)
{
    const struct xm_frame *f = xm__checked_frame(k, mfn);
    const struct xm_domain *d = xm_domain_find(k->c->machine, f->owner);
    const struct table t = { .k = k,
                             .mfn = mfn,
                             .f = f,
                             .level = xm_pgt_level(f->type_info),
                             .dom0 = d && d->privileged,
                             .hardware =
                                 d && (d->privileged || d->had_hardware),
                             .dying = d && d->dying == XM_DYING };
    const uint64_t *const e = xm__ram(k->c, mfn);
    unsigned int end = XM_ENTRIES, half_done = XM_ENTRIES;

    if (f->type_info & XM_PGT_PARTIAL) {
        half_done = f->nr_validated;
        end = half_done + (f->partial_set ? 1u : 0u);
        if (end > XM_ENTRIES)
            end = XM_ENTRIES;
    } else if (!(f->type_info & XM_PGT_VALIDATED)) {
        return; /* frame.c has that */
    } else if (t.level == 4) {
        check_xen_slots(&t, e);
    }
    for (unsigned int i = 0; i < end; i += 8) {
        if (!xm__any_present(&e[i]))
            continue;
        for (unsigned int n = i; n < i + 8 && n < end; n++)
            if (e[n] & XM_PTE_P)
                check_entry(&t, n, e[n], half_done);
    }
}
