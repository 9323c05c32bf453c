/* SPDX-License-Identifier: MIT
 *
 * The terms of a trace: frames by their names, entries, addresses, answers.
 */
#include "internal.h"

#include <xen/xen.h>

#define SLOT_SHIFT (XM_PAGE_SHIFT + 27u)

void record__who(struct record *r)
{
    struct record_out *o = &r->out;

    record__string(o, "  d");
    record__decimal(o, r->domain);
    record__char(o, '.');
    record__decimal(o, r->cpu->vcpu);
    record__string(o, ": ");
}

static void put_name(struct record *r, uint32_t name)
{
    record__char(&r->out, name & RECORD_NEW ? 'n' : 'x');
    record__hex(&r->out, name & RECORD_NEW ? name & ~RECORD_NEW : name - 1u);
}

/* What is no domain's has another number wherever the trace is run; or NULL. */
static const char *nobodys(const struct record *r, xm_mfn mfn)
{
    struct xm_machine *m = r->cpu->machine;
    const struct xm_frame *f;

    if (mfn >= xm_machine_config(m)->nr_frames)
        return "nonexistent";
    f = xm_machine_frame(m, mfn);
    if (f->owner != XM_DOMID_NONE)
        return NULL;
    return (f->count_info & XM_PGC_STATE_MASK) == XM_PGC_STATE_FREE ? "free"
                                                                    : "xen";
}

void record__put_frame(struct record *r, xm_mfn mfn)
{
    const struct xm_domain *d = xm_domain_find(r->cpu->machine, r->domid);

    if (record__is_named(r, mfn)) {
        put_name(r, r->frames[mfn].name);
    } else if (d && mfn == d->shared_info) {
        record__char(&r->out, 'd');
        record__decimal(&r->out, r->domain);
        record__string(&r->out, ".shared_info");
    } else if (nobodys(r, mfn)) {
        record__string(&r->out, nobodys(r, mfn));
    } else {
        record__string(&r->out, "mfn:0x");
        record__hex(&r->out, mfn);
    }
}

void record__put_extent(struct record *r, xm_mfn mfn, unsigned int order)
{
    record__put_frame(r, mfn);
    if (order == 0)
        return;
    record__string(&r->out, "..");
    record__put_frame(r, mfn + (1ull << order) - 1);
}

static const char flags[64][8] = {
    [0] = " P",    [1] = " RW",     [2] = " US",      [3] = " PWT",
    [4] = " PCD",  [5] = " A",      [6] = " D",       [7] = " PSE",
    [8] = " G",    [9] = " AVAIL0", [10] = " AVAIL1", [11] = " AVAIL2",
    [52] = " GK",  [53] = " B53",   [54] = " B54",    [55] = " B55",
    [56] = " B56", [57] = " B57",   [58] = " B58",    [59] = " B59",
    [60] = " B60", [61] = " B61",   [62] = " B62",    [63] = " NX",
};

/* All eight bytes at once, of which those behind the name do not count. */
static void put_flag(struct record_out *o, const char name[8])
{
    memcpy(record__room(o, 8), name, 8);
    while (*name++ != 0)
        o->length++;
}

void record__put_entry(struct record *r, uint64_t e)
{
    const xm_mfn mfn = xm_pte_mfn(e);
    uint64_t rest = e & XM_PTE_FLAGS_MASK;

    if (!record__is_named(r, mfn) &&
        (!(e & XM_PTE_P) || mfn >= XM_MFN_ALL_ONES)) {
        record__number(&r->out, e);
        return;
    }
    record__put_frame(r, mfn);
    for (; rest != 0; rest &= rest - 1)
        put_flag(&r->out, flags[__builtin_ctzll(rest)]);
}

void record__put_maddr(struct record *r, uint64_t maddr)
{
    const unsigned int in_page = maddr & (XM_PAGE_SIZE - 1);

    if (!record__is_named(r, maddr >> XM_PAGE_SHIFT)) {
        record__number(&r->out, maddr);
        return;
    }
    record__put_frame(r, maddr >> XM_PAGE_SHIFT);
    record__char(&r->out, '[');
    record__decimal(&r->out, in_page / 8);
    record__char(&r->out, ']');
    if (in_page % 8) {
        record__char(&r->out, '+');
        record__decimal(&r->out, in_page % 8);
    }
}

static unsigned int moved(const struct record *r, unsigned int slot)
{
    const unsigned int other = r->config.moved_slot;

    return other == 0                  ? slot
           : slot == RECORD_AGENT_SLOT ? other
           : slot == other             ? RECORD_AGENT_SLOT
                                       : slot;
}

unsigned int record__slot(const struct record *r, unsigned int level,
                          unsigned int slot)
{
    return level == 4 ? moved(r, slot) : slot;
}

void record__put_va(struct record *r, xm_vaddr va)
{
    const uint64_t slot = moved(r, xm_va_index(va, 4));
    const xm_vaddr below = va & ((1ull << SLOT_SHIFT) - 1);
    const xm_vaddr sign = slot >= XM_ENTRIES / 2 ? 0xffffull << 48 : 0;

    record__number(&r->out, slot == xm_va_index(va, 4)
                                ? va
                                : sign | slot << SLOT_SHIFT | below);
}

void record__put_domain(struct record *r, xm_domid domid)
{
    if (domid == DOMID_SELF)
        record__string(&r->out, "self");
    else if (domid == DOMID_IO)
        record__string(&r->out, "io");
    else if (domid == DOMID_XEN)
        record__string(&r->out, "xen");
    else
        record__number(&r->out, domid == r->domid ? r->domain : domid);
}

static void put_code(struct record *r, int64_t rc)
{
    const char *name = rc < 0 && rc > -1000 ? xm_errno_name((int)rc) : NULL;

    if (name) {
        record__char(&r->out, '-');
        record__string(&r->out, name);
    } else {
        record__decimal(&r->out, rc);
    }
}

void record__put_answer(struct record *r, int64_t rc)
{
    record__string(&r->out, " -> ");
    if (r->fatal)
        record__string(&r->out, "crash");
    else
        put_code(r, rc);
}

void record__put_result(struct record *r, int64_t rc)
{
    record__put_answer(r, rc);
    record__char(&r->out, '\n');
}

void record__put_note(struct record *r, const struct record_call *c, int64_t rc,
                      const char *words)
{
    record__string(&r->out, "  # ");
    record__string(&r->out, c->kind->name);
    if (c->kind->name[0] == 0)
        record__number(&r->out, c->number);
    record__string(&r->out, " answered ");
    put_code(r, rc);
    record__string(&r->out, words);
    record__char(&r->out, '\n');
}
