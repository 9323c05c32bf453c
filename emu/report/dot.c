/* SPDX-License-Identifier: MIT
 *
 * A machine as a graph for Graphviz: the tables, what their entries lead to,
 * and the vCPUs. Entries from one table to one frame with the same rights are
 * one arrow.
 */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>

/* Of page tables by level, and of the other types. */
static const char *const colours[] = {
    "#f2f2f2", "#dbe9f9", "#b3d0f2", "#82b0e6",
    "#5590d9", "#d9c3ee", "#d9d9d9", "#f9d5a7",
};

static void print_node(FILE *f, const struct report *r, xm_mfn mfn)
{
    const struct xm_frame *frame = &r->frames[mfn];
    char buffer[32], owner[8];

    fprintf(f, "  f%" PRIx64 " [label=\"%s", mfn,
            report_frame_name(r, mfn, buffer));
    if (r->names[mfn])
        fprintf(f, " (0x%" PRIx64 ")", mfn);
    fprintf(f, "\\n%s%s%s\\nT %" PRIu64 "  C %" PRIu64 "  %s\"",
            report_type_name(frame->type_info),
            frame->type_info & XM_PGT_PINNED ? " pinned" : "",
            frame->type_info & XM_PGT_PARTIAL ? " partial" : "",
            report_type_count(frame), report_general_count(frame),
            report_owner_name(frame, owner));
    fprintf(f, " shape=%s fillcolor=\"%s\"];\n",
            report_table_level(frame) ? "box" : "ellipse",
            colours[frame->type_info >> XM_PGT_TYPE_SHIFT]);
}

static bool is_arrow(const struct report *r, xm_mfn table, uint32_t slot)
{
    const uint64_t entry = r->ram[table * XM_ENTRIES + slot];

    return report_has_entry(r, table, slot) && (entry & XM_PTE_P) &&
           xm_pte_mfn(entry) < r->nr_frames;
}

static void print_range(FILE *f, uint32_t from, uint32_t to, bool first)
{
    fprintf(f, "%s%" PRIu32, first ? "" : ", ", from);
    if (to > from)
        fprintf(f, "..%" PRIu32, to);
}

/* One arrow for SLOT and all later ones that hold the same. */
static void print_arrow(FILE *f, const struct report *r, xm_mfn table,
                        uint32_t slot, bool *done)
{
    const uint64_t *words = &r->ram[table * XM_ENTRIES];
    const xm_mfn mfn = xm_pte_mfn(words[slot]);
    const unsigned int level = report_table_level(&r->frames[table]);
    const bool linear =
        level > 1 && report_table_level(&r->frames[mfn]) == level;
    bool first = true;

    fprintf(f, "  f%" PRIx64 " -> f%" PRIx64 " [label=\"[", table, mfn);
    for (uint32_t i = slot; i < XM_ENTRIES; i++) {
        const uint32_t from = i;

        if (done[i] || words[i] != words[slot] || !is_arrow(r, table, i))
            continue;
        while (i < XM_ENTRIES && words[i] == words[slot] &&
               is_arrow(r, table, i))
            done[i++] = true;
        print_range(f, from, i - 1, first);
        first = false;
    }
    fputs("]", f);
    pvt_flags_print(f, words[slot] & XM_PTE_FLAGS_MASK);
    fprintf(f, "\"%s];\n", linear ? " style=dashed constraint=false" : "");
}

static void print_tables(FILE *f, const struct report *r, bool *used)
{
    for (xm_mfn mfn = 0; mfn < r->nr_frames; mfn++) {
        bool done[XM_ENTRIES] = { false };

        if (report_table_level(&r->frames[mfn]) == 0)
            continue;
        used[mfn] = true;
        for (uint32_t i = 0; i < XM_ENTRIES; i++) {
            if (done[i] || !is_arrow(r, mfn, i))
                continue;
            used[xm_pte_mfn(r->ram[mfn * XM_ENTRIES + i])] = true;
            print_arrow(f, r, mfn, i, done);
        }
    }
}

static void print_vcpus(FILE *f, const struct report *r)
{
    for (uint32_t i = 0; i < r->nr_vcpus; i++) {
        const struct report_vcpu *v = &r->vcpus[i];

        if (!v->has_base && !v->has_user_base)
            continue;
        fprintf(f,
                "  v%u_%" PRIu32 " [label=\"d%u.%" PRIu32 "\" shape=plain];\n",
                v->domid, v->vcpu, v->domid, v->vcpu);
        if (v->has_base)
            fprintf(f, "  v%u_%" PRIu32 " -> f%" PRIx64 ";\n", v->domid,
                    v->vcpu, v->base);
        if (v->has_user_base)
            fprintf(f, "  v%u_%" PRIu32 " -> f%" PRIx64 " [label=\"user\"];\n",
                    v->domid, v->vcpu, v->user_base);
    }
}

void report_print_dot(FILE *f, const struct report *r)
{
    bool *used = calloc(r->nr_frames, sizeof(*used));

    if (!used)
        return;
    fprintf(f,
            "digraph \"%s step %" PRIu32 "\" {\n"
            "  rankdir=LR;\n"
            "  node [style=filled fontname=\"sans-serif\" fontsize=10];\n"
            "  edge [fontname=\"monospace\" fontsize=9];\n",
            r->trace->name, r->number);
    print_vcpus(f, r);
    print_tables(f, r, used);
    for (xm_mfn mfn = 0; mfn < r->nr_frames; mfn++)
        if (used[mfn])
            print_node(f, r, mfn);
    fputs("}\n", f);
    free(used);
}
