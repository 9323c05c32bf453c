/* SPDX-License-Identifier: MIT
 *
 * A refusal in sentences.
 */
#include "advice.h"

#include <explain/explain.h>

#include <xen-model/pte.h>

#include <inttypes.h>
#include <xen/xen.h>

static const char *type_name(uint64_t type_info)
{
    static const char *const tables[] = { "", "L1", "L2", "L3", "L4" };
    const unsigned int level = xm_pgt_level(type_info);

    if (level != 0)
        return tables[level];
    switch (type_info & XM_PGT_TYPE_MASK) {
    case XM_PGT_NONE:
        return "none";
    case XM_PGT_WRITABLE:
        return "writable";
    default:
        return "descriptors";
    }
}

static void print_owner(FILE *f, const struct xm_frame *frame)
{
    if ((frame->count_info & XM_PGC_STATE_MASK) == XM_PGC_STATE_FREE)
        fputs("free", f);
    else if (frame->owner == DOMID_IO)
        fputs("I/O", f);
    else if (frame->owner == DOMID_XEN || frame->owner == XM_DOMID_NONE)
        fputs("Xen's own", f);
    else
        fprintf(f, "domain %u's", frame->owner);
}

struct search {
    FILE *f;
    struct xm_cpu *c;
    xm_mfn target;
    const struct explain_names *names;
    unsigned int found;
};

/* Beyond that many, who holds it is only counted. */
#define MAX_HOLDERS 12u

/* One that refers to it; false: do not print it, there were many. */
static bool another(struct search *s)
{
    return s->found++ < MAX_HOLDERS;
}

static void search_table(struct search *s, xm_mfn table, unsigned int level)
{
    const uint64_t *words = xm_ram_frame(s->c, table);
    char name[EXPLAIN_NAME];

    s->names->frame(s->names->context, table, name);
    for (unsigned int i = 0; i < XM_ENTRIES; i++) {
        if (!(words[i] & XM_PTE_P) || xm_pte_mfn(words[i]) != s->target ||
            (level == 4 && i >= XM_L4_XEN_FIRST && i <= XM_L4_XEN_LAST) ||
            !another(s))
            continue;
        if (level == 1)
            fprintf(s->f, "    %s[%u], an L1, maps it %s\n", name, i,
                    words[i] & XM_PTE_RW ? "writable" : "read-only");
        else
            fprintf(
                s->f, "    %s[%u], an L%u, names it as %s\n", name, i, level,
                table == s->target ? "itself"
                : xm_pgt_level(xm_machine_frame_const(s->c->machine, s->target)
                                   ->type_info) == level
                    ? "a table of its own level"
                    : "a table");
    }
}

static void search_vcpu(struct search *s, xm_domid domid, unsigned int id,
                        const struct xm_vcpu *v)
{
    if (v->has_base && v->guest_table == s->target && another(s))
        fprintf(s->f, "    it is the kernel base of d%u.%u\n", domid, id);
    if (v->has_user_base && v->guest_table_user == s->target && another(s))
        fprintf(s->f, "    it is the user base of d%u.%u\n", domid, id);
    if (v->has_old && v->old_guest_table == s->target && another(s))
        fprintf(s->f, "    d%u.%u has still to let go of it\n", domid, id);
    if (v->has_info && v->info_frame == s->target && another(s))
        fprintf(s->f, "    the vcpu_info of d%u.%u is in it, for good\n", domid,
                id);
    for (uint32_t i = 0; i < v->nr_gdt; i++)
        if (v->gdt[i] == s->target && another(s))
            fprintf(s->f, "    it is page %u of the GDT of d%u.%u\n", i, domid,
                    id);
    for (uint32_t i = 0; i < XM_MAX_LDT_PAGES; i++)
        if ((v->ldt.mapped >> i & 1) && v->ldt.frame[i] == s->target &&
            another(s))
            fprintf(s->f, "    it is page %u of the LDT of d%u.%u\n", i, domid,
                    id);
}

static void search_grants(struct search *s, const struct xm_domain *d)
{
    struct xm_machine *m = s->c->machine;
    const struct xm_grant_mapping *map = xm_grant_maptrack(m, d);

    for (uint32_t h = 0; h < d->grant.maptrack_limit; h++) {
        const struct xm_domain *from = xm_domain_find(m, map[h].domid);

        if (map[h].flags == 0 || !from ||
            xm_grant_active(m, from)[map[h].ref].mfn != s->target ||
            !another(s))
            continue;
        fprintf(s->f, "    domain %u has mapped it by grant %u of domain %u\n",
                d->domid, map[h].ref, from->domid);
    }
}

static void search_all(struct search *s)
{
    struct xm_machine *m = s->c->machine;
    const struct xm_frame *target = xm_machine_frame_const(m, s->target);

    if (target->count_info & XM_PGC_ALLOCATED)
        fputs("    it is allocated to that domain\n", s->f);
    if ((target->type_info & XM_PGT_PINNED) && another(s))
        fputs("    it is pinned\n", s->f);
    for (uint32_t i = 0; i < XM_MAX_DOMAINS; i++) {
        const struct xm_domain *d = xm_domain_at(m, i);

        for (unsigned int v = 0; d && v < XM_MAX_VCPUS; v++)
            search_vcpu(s, d->domid, v, &d->vcpu[v]);
        if (d && d->grant.version != 0)
            search_grants(s, d);
    }
    for (xm_mfn mfn = 0; mfn < xm_machine_config(m)->nr_frames; mfn++) {
        const struct xm_frame *f = xm_machine_frame_const(m, mfn);
        const unsigned int level = xm_pgt_level(f->type_info);

        if (level != 0 && (f->type_info & XM_PGT_COUNT_MASK) != 0)
            search_table(s, mfn, level);
    }
    if (s->found > MAX_HOLDERS)
        fprintf(s->f, "    and %u more\n", s->found - MAX_HOLDERS);
    else if (s->found == 0)
        fputs("    nothing else refers to it\n", s->f);
}

void explain_frame(FILE *f, struct xm_cpu *c, xm_mfn mfn,
                   const struct explain_names *names)
{
    struct search s = { .f = f, .c = c, .target = mfn, .names = names };
    const struct xm_frame *frame = xm_machine_frame_const(c->machine, mfn);
    char name[EXPLAIN_NAME];

    if (!frame) {
        fprintf(f, "  0x%" PRIx64 " is no frame of this machine\n", mfn);
        return;
    }
    names->frame(names->context, mfn, name);
    fprintf(f, "  %s: ", name);
    print_owner(f, frame);
    if ((frame->count_info & XM_PGC_STATE_MASK) == XM_PGC_STATE_FREE ||
        frame->owner >= DOMID_FIRST_RESERVED) {
        fputc('\n', f);
        return;
    }
    fprintf(f,
            ", type %s%s, type count %" PRIu64 ", general count %" PRIu64 "\n",
            type_name(frame->type_info),
            frame->type_info & XM_PGT_PINNED ? " pinned" : "",
            (uint64_t)(frame->type_info & XM_PGT_COUNT_MASK),
            (uint64_t)(frame->count_info & XM_PGC_COUNT_MASK));
    search_all(&s);
}

void explain_result(FILE *f, struct xm_cpu *c, const struct xm_result *r,
                    const struct explain_names *names)
{
    const struct xm_rule_info *rule = xm_rule_info(r->rule);
    const struct advice *advice = explain__advice(r->rule);

    if (r->rule == XM_R_NONE)
        return;
    fprintf(f, "  %s (%s): %s\n", rule->id, rule->reference, rule->sentence);
    if (advice->frame)
        explain_frame(f, c, r->seen[0], names);
    if (advice->text)
        fprintf(f, "  What to do: %s\n", advice->text);
}
