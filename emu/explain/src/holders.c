/* SPDX-License-Identifier: MIT
 *
 * Who refers to a frame, and who of them needs its type.
 */
#include "internal.h"

#include <xen-model/pte.h>

#include <stdarg.h>
#include <string.h>
#include <xen/grant_table.h>

struct search {
    struct explain_frame *to;
    struct xm_cpu *c;
    const struct explain_names *names;
    bool writable;  /* the frame's type is that */
    uint32_t types; /* of the holders, those that need the type */
};

/*
 * One more. Those that need the type come first; beyond those that are kept,
 * they are only counted.
 */
__attribute__((format(printf, 3, 4))) static void
found(struct search *s, bool type, const char *format, ...)
{
    struct explain_holder *const all = s->to->holders;
    const bool first = type && s->to->type_count != 0;
    const uint32_t n = s->to->nr_holders++;
    const uint32_t at = first ? s->types : n;
    va_list args;

    s->types += first;
    if (at >= EXPLAIN_MAX_HOLDERS)
        return;
    memmove(&all[at + 1], &all[at],
            (EXPLAIN_MAX_HOLDERS - 1 - at) * sizeof(*all));
    all[at].type = first;
    va_start(args, format);
    vsnprintf(all[at].text, sizeof(all[at].text), format, args);
    va_end(args);
}

static void search_table(struct search *s, xm_mfn table, unsigned int level)
{
    const uint64_t *words = xm_ram_frame(s->c, table);
    const struct xm_frame *target =
        xm_machine_frame_const(s->c->machine, s->to->mfn);
    const bool same = xm_pgt_level(target->type_info) == level;
    char name[EXPLAIN_NAME];

    s->names->frame(s->names->context, table, name);
    for (unsigned int i = 0; i < XM_ENTRIES; i++) {
        const bool rw = words[i] & XM_PTE_RW;

        if (!(words[i] & XM_PTE_P) || xm_pte_mfn(words[i]) != s->to->mfn ||
            (level == 4 && xm_l4_slot_is_xen(i)))
            continue;
        if (level == 1)
            found(s, rw && s->writable, "%s[%u], an L1, maps it %s", name, i,
                  rw ? "writable" : "read-only");
        else
            found(s, table != s->to->mfn, "%s[%u], an L%u, names it as %s",
                  name, i, level,
                  table == s->to->mfn ? "itself"
                  : same              ? "a table of its own level"
                                      : "a table");
    }
}

static void search_vcpu(struct search *s, xm_domid domid, unsigned int id,
                        const struct xm_vcpu *v)
{
    const xm_mfn mfn = s->to->mfn;

    if (v->has_base && v->guest_table == mfn)
        found(s, true, "it is the kernel base of d%u.%u", domid, id);
    if (v->has_user_base && v->guest_table_user == mfn)
        found(s, true, "it is the user base of d%u.%u", domid, id);
    if (v->has_old && v->old_guest_table == mfn)
        found(s, true, "d%u.%u has still to let go of it", domid, id);
    if (v->has_info && v->info_frame == mfn)
        found(s, true, "the vcpu_info of d%u.%u is in it, for good", domid, id);
    for (uint32_t i = 0; i < v->nr_gdt; i++)
        if (v->gdt[i] == mfn)
            found(s, true, "it is page %u of the GDT of d%u.%u", i, domid, id);
    for (uint32_t i = 0; i < XM_MAX_LDT_PAGES; i++)
        if ((v->ldt.mapped >> i & 1) && v->ldt.frame[i] == mfn)
            found(s, true, "it is page %u of the LDT of d%u.%u", i, domid, id);
}

static void search_grants(struct search *s, const struct xm_domain *d)
{
    struct xm_machine *m = s->c->machine;
    const struct xm_grant_mapping *map = xm_grant_maptrack(m, d);

    for (uint32_t h = 0; h < d->grant.maptrack_limit; h++) {
        const struct xm_domain *from = xm_domain_find(m, map[h].domid);

        if (map[h].flags == 0 || !from ||
            xm_grant_active(m, from)[map[h].ref].mfn != s->to->mfn)
            continue;
        found(s, !(map[h].flags & GNTMAP_readonly),
              "domain %u has mapped it by grant %u of domain %u", d->domid,
              map[h].ref, from->domid);
    }
}

void explain__holders(struct explain_frame *to, struct xm_cpu *c,
                      const struct explain_names *names)
{
    struct xm_machine *m = c->machine;
    const struct xm_frame *target = xm_machine_frame_const(m, to->mfn);
    struct search s = { .to = to,
                        .c = c,
                        .names = names,
                        .writable = (target->type_info & XM_PGT_TYPE_MASK) ==
                                    XM_PGT_WRITABLE };

    if (target->type_info & XM_PGT_PINNED)
        found(&s, true, "it is pinned");
    for (uint32_t i = 0; i < XM_MAX_DOMAINS; i++) {
        const struct xm_domain *d = xm_domain_at(m, i);

        for (unsigned int v = 0; d && v < XM_MAX_VCPUS; v++)
            search_vcpu(&s, d->domid, v, &d->vcpu[v]);
        if (d && d->grant.version != 0)
            search_grants(&s, d);
    }
    for (xm_mfn mfn = 0; mfn < xm_machine_config(m)->nr_frames; mfn++) {
        const struct xm_frame *f = xm_machine_frame_const(m, mfn);
        const unsigned int level = xm_pgt_level(f->type_info);

        if (level != 0 && (f->type_info & XM_PGT_COUNT_MASK) != 0)
            search_table(&s, mfn, level);
    }
    if (target->count_info & XM_PGC_ALLOCATED)
        found(&s, false, "it is allocated to that domain");
}
