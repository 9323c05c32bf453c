/* SPDX-License-Identifier: MIT
 *
 * The oracle. Each function names the rules it puts into words.
 */
#include "oracle.h"

#include <string.h>

#define MAX_T ((1ull << 55) - 1)
#define MAX_C ((1ull << 57) - 1)

static int get_upper(struct oracle_world *w, unsigned int level,
                     unsigned int table, struct oracle_entry e);
static void put_upper(struct oracle_world *w, unsigned int table,
                      struct oracle_entry e);

/* -- sections 2, 3: references ----------------------------------------------
 */

/* REF-01: a frame whose count is (nearly) full cannot be had. */
static bool countable(const struct oracle_frame *f)
{
    return f->general != 0 && f->general < MAX_C - 1;
}

/* REF-04, REF-05 */
static bool get_page(struct oracle_frame *f, enum oracle_owner who)
{
    if (f->owner != who || f->owner > OR_XEN || !countable(f))
        return false;
    f->general++;
    return true;
}

/* L1-01, MSK-03, MSK-05, MSK-07: of what a domain may not put into an L1. */
static uint64_t l1_disallowed(enum oracle_owner d)
{
    return d == OR_D0 ? 0 : OR_PWT | OR_PCD | OR_PAT;
}

/* ADJ-01, ADJ-02, ADJ-06..09 */
static uint64_t adjusted(unsigned int level, uint64_t flags)
{
    if (!(flags & OR_P))
        return flags;
    if (level == 4)
        return flags | OR_US | OR_A;
    if (level > 1)
        return flags | OR_US;
    if (!(flags & OR_US))
        return flags | OR_US | OR_KERNEL;
    return flags & OR_KERNEL ? flags : flags | OR_G;
}

/* -- section 4.3: an L1 entry -----------------------------------------------
 */

/* L1-08: index PAT, PCD, PWT. The others are uncached or combine writes. */
static const uint64_t uncacheable_flips[8] = {
    [0] = OR_PCD | OR_PWT, /* WB */
    [1] = OR_PCD,          /* WT */
    [5] = OR_PCD | OR_PAT, /* WP */
};

static unsigned int attributes(uint64_t flags)
{
    return (flags & OR_PWT ? 1u : 0) | (flags & OR_PCD ? 2u : 0) |
           (flags & OR_PAT ? 4u : 0);
}

/* L1-02 */
static bool is_mmio(const struct oracle_frame *f)
{
    return f->owner == OR_IO || f->owner == OR_ABSENT ||
           f->owner == OR_ALL_ONES;
}

/* L1-04: only D0 has rights, and those not to all. */
static int check_iomem(const struct oracle_frame *f, enum oracle_owner d)
{
    if (f->owner == OR_ALL_ONES)
        return -OR_EINVAL;
    return d == OR_D0 && !f->io_denied ? 0 : -OR_EPERM;
}

/* TYP-01..04, TYP-11, TYP-12, TYP-50..58: type writable. */
static bool get_writable(struct oracle_frame *f)
{
    if (f->count == MAX_T)
        return false;
    if (f->count != 0 && (f->type != OR_WRITABLE))
        return false;
    f->type = OR_WRITABLE;
    f->validated = true;
    f->count++;
    return true;
}

/* L1-01..20. O: owner of the table, F: the FD. */
static int get_l1(struct oracle_world *w, struct oracle_entry *e,
                  enum oracle_owner o, enum oracle_owner f)
{
    struct oracle_frame *t = &w->frame[e->frame];
    const unsigned int attr = attributes(e->flags);
    const bool write = e->flags & OR_RW;
    int rc;

    if (e->flags & l1_disallowed(o))
        return -OR_EINVAL;
    if (is_mmio(t)) {
        rc = check_iomem(t, f == OR_IO ? w->caller : f);
        if (rc == 0 && (f == OR_IO ? w->caller : f) != o)
            rc = check_iomem(t, o);
        if (rc == 0)
            e->flags ^= uncacheable_flips[attr] |
                        (write && t->io_read_only ? OR_RW : 0); /* L1-07 */
        return rc;
    }
    /* L1-10, L1-11, L1-12; only D0 has privilege over others. */
    if (t->owner == OR_NOBODY || !countable(t))
        return -OR_EBUSY;
    if (t->owner != f && (f == o || f != OR_D0))
        return -OR_EBUSY;
    if (write && !get_writable(t))
        return -OR_EBUSY;
    if (attr != 0 && t->special) { /* L1-16 */
        t->count -= write;
        return -OR_EACCES;
    }
    if (!w->self_snoop && attr == 4 && write) /* L1-17 */
        t->non_coherent = true;
    t->general++;
    return 0;
}

/* L1-50..55, TYP-33, TYP-35 */
static void put_l1(struct oracle_world *w, struct oracle_entry e)
{
    struct oracle_frame *t = &w->frame[e.frame];

    if (!(e.flags & OR_P) || is_mmio(t))
        return;
    if (e.flags & OR_RW)
        t->count--;
    t->general--;
}

/* -- sections 3, 5: tables ---------------------------------------------------
 */

static int get_entry(struct oracle_world *w, unsigned int level,
                     unsigned int table, struct oracle_entry *e)
{
    const enum oracle_owner o = w->frame[table].owner;

    return level == 1 ? get_l1(w, e, o, o) : get_upper(w, level, table, *e);
}

static void put_entry(struct oracle_world *w, unsigned int level,
                      unsigned int table, struct oracle_entry e)
{
    if (level == 1)
        put_l1(w, e);
    else
        put_upper(w, table, e);
}

static bool is_xen_slot(unsigned int level, unsigned int slot)
{
    return level == 4 && slot >= 256 && slot <= 271;
}

/* VAL-60..68: all entries below END go. */
static void demote(struct oracle_world *w, unsigned int level,
                   unsigned int table, unsigned int end)
{
    struct oracle_frame *f = &w->frame[table];

    f->validated = f->partial = false;
    while (end-- > 0)
        if ((f->contents[end].e.flags & OR_P) &&
            !is_xen_slot(level, f->contents[end].slot))
            put_entry(w, level, table, f->contents[end].e);
}

/* VAL-01..44, TYP-20, TYP-23, TYP-24, PRE-30, PRE-31 */
static int promote(struct oracle_world *w, unsigned int level,
                   unsigned int table)
{
    struct oracle_frame *f = &w->frame[table];

    for (unsigned int i = 0; i < f->nr_contents; i++) {
        struct oracle_slot *s = &f->contents[i];
        int rc;

        if (!(s->e.flags & OR_P) || is_xen_slot(level, s->slot))
            continue;
        rc = get_entry(w, level, table, &s->e);
        if (rc == 0) {
            s->e.flags = adjusted(level, s->e.flags);
            continue;
        }
        demote(w, level, table, i);
        f->count = 0;
        if (level == 1 || s->slot == 0) {
            f->type = OR_NONE;
            f->non_coherent = false;
        }
        return rc;
    }
    f->validated = true;
    return 0;
}

/* TYP-01..14, for l1 to l4. */
static int get_table_type(struct oracle_world *w, unsigned int frame,
                          unsigned int level)
{
    struct oracle_frame *f = &w->frame[frame];

    if (f->count == MAX_T)
        return -OR_EINVAL;
    if (f->count != 0 && f->type != (enum oracle_type)level)
        return -OR_EINVAL;
    if (f->count != 0 && f->validated) {
        f->count++;
        return 0;
    }
    if (f->partial) { /* TYP-06: the flag's reference goes */
        f->partial = false;
        f->general--;
        return promote(w, level, frame);
    }
    f->type = (enum oracle_type)level;
    f->validated = f->non_coherent = false;
    f->count = 1;
    f->linear = 0;
    return promote(w, level, frame);
}

/* TYP-33, TYP-34, LIN-20. TABLE: what the reference came from, or FRAME. */
static void put_table_type(struct oracle_world *w, unsigned int frame,
                           unsigned int table)
{
    struct oracle_frame *f = &w->frame[frame];

    if (table != frame && f->type == w->frame[table].type) {
        f->linear++;
        w->frame[table].linear--;
    }
    if (f->count == 1)
        demote(w, f->type, frame, f->nr_contents);
    f->count--;
}

/* -- sections 4.6 to 4.8, 6: L2 to L4 entries --------------------------------
 */

#define UPPER_DISALLOWED                                                       \
    (OR_PWT | OR_PCD | OR_PAT | OR_G) /* MSK-08, MSK-09                        \
                                       */

/* LIN-03..08 */
static int get_linear(struct oracle_world *w, unsigned int level,
                      unsigned int table, struct oracle_entry e)
{
    struct oracle_frame *user = &w->frame[table], *used = &w->frame[e.frame];

    if (e.flags & OR_RW)
        return -OR_EINVAL;
    if (user == used)
        return 0;
    if (used->owner != user->owner || !countable(used) || user->linear < 0 ||
        used->linear > 0 || user->linear == INT16_MAX ||
        used->linear == INT16_MIN || used->type != (enum oracle_type)level ||
        !used->validated || used->count == 0 || used->count == MAX_T)
        return -OR_EINVAL;
    user->linear++;
    used->linear--;
    used->count++;
    used->general++;
    return 0;
}

/* L2-01..06, L3-01..04, L4-03..05 */
static int get_upper(struct oracle_world *w, unsigned int level,
                     unsigned int table, struct oracle_entry e)
{
    struct oracle_frame *t = &w->frame[e.frame];
    int rc = -OR_EINVAL;

    if (e.flags & UPPER_DISALLOWED)
        return rc;
    if (get_page(t, w->frame[table].owner)) {
        rc = get_table_type(w, e.frame, level - 1);
        if (rc != 0)
            t->general--;
    }
    return rc == -OR_EINVAL ? get_linear(w, level, table, e) : rc;
}

/* L2-07, L2-09, L4-06 */
static void put_upper(struct oracle_world *w, unsigned int table,
                      struct oracle_entry e)
{
    if (!(e.flags & OR_P) || e.frame == table)
        return;
    put_table_type(w, e.frame, table);
    w->frame[e.frame].general--;
}

/* -- operations ---------------------------------------------------------------
 */

/* L1-60..76, L2-10..16, L3-07, L4-02, L4-07 */
static int update(struct oracle_world *w, unsigned int level,
                  unsigned int table, struct oracle_entry new,
                  enum oracle_owner fd, bool preserve_ad)
{
    struct oracle_frame *f = &w->frame[table];
    struct oracle_slot *s = &f->contents[0];
    const struct oracle_entry old = s->e;
    int rc;

    if (is_xen_slot(level, s->slot))
        return -OR_EINVAL;
    if (new.flags & OR_P) {
        if (new.flags &(level == 1 ? l1_disallowed(f->owner)
                                   : UPPER_DISALLOWED))
            return -OR_EINVAL;
        new.flags = adjusted(level, new.flags);
        w->fast =
            old.frame == new.frame && ((old.flags ^ new.flags) & 0x9b) == 0;
        if (!w->fast) {
            rc = level == 1 ? get_l1(w, &new, f->owner, fd)
                            : get_upper(w, level, table, new);
            if (rc != 0)
                return rc;
        }
    }
    s->e = new;
    if (preserve_ad)
        s->e.flags |= old.flags & (OR_A | OR_D);
    if (!w->fast)
        put_entry(w, level, table, old);
    return 0;
}

int oracle_update(struct oracle_world *w, unsigned int table,
                  struct oracle_entry new, enum oracle_owner fd,
                  bool preserve_ad)
{
    struct oracle_frame *f = &w->frame[table];

    w->fast = false;
    /* MMU-15: only D0 may name others; DOMID_IO everybody. */
    if (w->caller != OR_D0 &&
        ((fd != OR_IO && fd != w->caller) || f->owner != w->caller))
        return -OR_EPERM;
    if (f->owner > OR_D2 || !countable(f)) /* MMU-16 */
        return -OR_EINVAL;
    if (f->validated && f->count != 0 && f->count != MAX_T) { /* TYP-70 */
        if (f->type == OR_L1)
            return update(w, 1, table, new, fd, preserve_ad);
        if (f->type >= OR_L2 && f->type <= OR_L4) /* MMU-21 */
            return fd != f->owner
                       ? -OR_EINVAL
                       : update(w, f->type, table, new, fd, preserve_ad);
        if (f->type != OR_WRITABLE)
            return -OR_EINVAL;    /* MMU-25 */
    } else if (get_writable(f)) { /* MMU-30 */
        f->count--;
    } else {
        return -OR_EINVAL; /* MMU-31 */
    }
    f->contents[0].e = new; /* MMU-24 */
    return 0;
}

/* PIN-03..07 */
int oracle_pin(struct oracle_world *w, unsigned int frame, unsigned int level)
{
    struct oracle_frame *f = &w->frame[frame];
    int rc;

    if (!get_page(f, w->caller))
        return -OR_EINVAL;
    rc = get_table_type(w, frame, level);
    if (rc != 0)
        f->general--;
    else if (f->pinned) {
        put_table_type(w, frame, frame);
        f->general--;
        rc = -OR_EINVAL;
    } else
        f->pinned = true;
    return rc;
}

/* PIN-21..26 */
int oracle_unpin(struct oracle_world *w, unsigned int frame)
{
    struct oracle_frame *f = &w->frame[frame];

    if (f->owner != w->caller || !countable(f) || !f->pinned)
        return -OR_EINVAL;
    f->pinned = false;
    put_table_type(w, frame, frame);
    f->general--;
    return 0;
}

/* EXT-40, EXT-41 */
int oracle_clear_page(struct oracle_world *w, unsigned int frame)
{
    struct oracle_frame *f = &w->frame[frame];

    if (f->owner != w->caller || !countable(f) || !get_writable(f))
        return -OR_EINVAL;
    f->count--;
    f->nr_contents = 0;
    return 0;
}
