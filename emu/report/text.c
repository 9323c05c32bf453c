/* SPDX-License-Identifier: MIT
 *
 * A machine as text: the step, what it changed, the tables as a tree, all
 * frames that are not free.
 */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>

/* A text being printed. */
struct text {
    FILE *f;
    const struct report *r;
    bool *shown;    /* tables that are in the tree already */
    bool *referred; /* tables that another table's entry names */
};

static void print_counts(struct text *t, const struct xm_frame *f)
{
    fprintf(t->f, "  T %" PRIu64 "  C %" PRIu64, report_type_count(f),
            report_general_count(f));
}

/* What a type_info and the small fields say beside type and count. */
static void print_marks(struct text *t, const struct xm_frame *f)
{
    if (f->type_info & XM_PGT_PINNED)
        fputs(" pinned", t->f);
    if (f->type_info & XM_PGT_VALIDATED)
        fputs(" validated", t->f);
    if (f->type_info & XM_PGT_PARTIAL)
        fprintf(t->f, " partial (%u validated%s)", f->nr_validated,
                f->partial_set ? ", one more referenced" : "");
    if (f->linear_count)
        fprintf(t->f, " linear %d", f->linear_count);
}

/* "l4 L4 pinned validated  T 2  C 3  d0" */
static void print_frame(struct text *t, xm_mfn mfn)
{
    const struct xm_frame *f = &t->r->frames[mfn];
    char buffer[32], owner[8];

    fprintf(t->f, "%s", report_frame_name(t->r, mfn, buffer));
    if (t->r->names[mfn])
        fprintf(t->f, " (0x%" PRIx64 ")", mfn);
    fprintf(t->f, " %s", report_type_name(f->type_info));
    print_marks(t, f);
    print_counts(t, f);
    fprintf(t->f, "  %s", report_owner_name(f, owner));
}

static void print_entry(struct text *t, uint64_t entry)
{
    const xm_mfn mfn = xm_pte_mfn(entry);
    char buffer[32];

    if (entry == 0) {
        fputs("0", t->f);
        return;
    }
    fprintf(t->f, "%s", report_frame_name(t->r, mfn, buffer));
    pvt_flags_print(t->f, entry & XM_PTE_FLAGS_MASK);
}

static void print_step(struct text *t)
{
    const struct report *r = t->r;
    const struct xm_rule_info *rule = xm_rule_info(r->outcome.why.rule);

    fprintf(t->f, "%s: step %" PRIu32 " of %" PRIu32 "\n%s\n\n", r->trace->name,
            r->number, r->trace->nr_steps, r->trace->sentence);
    if (!r->step) {
        fputs("before the first step\n", t->f);
        return;
    }
    report_print_call(t->f, r->trace, r->step);
    fputs("\n  ", t->f);
    report_print_answer(t->f, r->step->call, &r->outcome);
    if (r->outcome.why.rule != XM_R_NONE)
        fprintf(t->f, " by %s (%s, %s)\n  %s", rule->id, rule->reference,
                rule->function, rule->sentence);
    putc('\n', t->f);
}

static void print_frame_change(struct text *t,
                               const struct report_frame_change *c)
{
    const struct xm_frame *const states[] = { &c->was, &c->is };
    char buffer[32], owner[8];

    fprintf(t->f, "  %s:", report_frame_name(t->r, c->mfn, buffer));
    for (unsigned int i = 0; i < 2; i++) {
        fprintf(t->f, "%s %s", i ? "  ->" : "",
                report_type_name(states[i]->type_info));
        print_marks(t, states[i]);
        print_counts(t, states[i]);
        if (c->was.owner != c->is.owner)
            fprintf(t->f, "  %s", report_owner_name(states[i], owner));
    }
    putc('\n', t->f);
}

static void print_entry_change(struct text *t,
                               const struct report_entry_change *c)
{
    char buffer[32];

    fprintf(t->f,
            "  %s[%" PRIu32 "]: ", report_frame_name(t->r, c->mfn, buffer),
            c->slot);
    print_entry(t, c->was);
    fputs("  ->  ", t->f);
    print_entry(t, c->is);
    putc('\n', t->f);
}

static void print_changes(struct text *t)
{
    const struct report *r = t->r;
    xm_mfn xens = REPORT_NO_MFN;
    char buffer[32];

    if (!r->step)
        return;
    if (r->nr_frame_changes + r->nr_entry_changes == 0) {
        fputs("  it changed no frame and no table\n", t->f);
        return;
    }
    fputs("\nwhat it changed\n", t->f);
    for (uint32_t i = 0; i < r->nr_frame_changes; i++)
        print_frame_change(t, &r->frame_changes[i]);
    for (uint32_t i = 0; i < r->nr_entry_changes; i++) {
        const struct report_entry_change *c = &r->entry_changes[i];

        if (!report_is_xens(r, c->mfn, c->slot)) {
            print_entry_change(t, c);
        } else if (xens != c->mfn) {
            xens = c->mfn;
            fprintf(t->f, "  %s: Xen's own slots\n",
                    report_frame_name(r, xens, buffer));
        }
    }
}

/* The table that ENTRY of a table of LEVEL leads to, or none. */
static bool leads_to_table(const struct report *r, unsigned int level,
                           uint64_t entry)
{
    const xm_mfn mfn = xm_pte_mfn(entry);

    return level > 1 && (entry & XM_PTE_P) && mfn < r->nr_frames &&
           report_table_level(&r->frames[mfn]) == level - 1;
}

/* How many slots from SLOT on hold the same, or as much of the next frames. */
static uint32_t run_length(const struct text *t, xm_mfn table, uint32_t slot,
                           uint64_t *stride)
{
    const struct report *r = t->r;
    const uint64_t *words = &r->ram[table * XM_ENTRIES];
    const unsigned int level = report_table_level(&r->frames[table]);
    uint32_t n = 1;

    *stride = 0;
    if (leads_to_table(r, level, words[slot]))
        return 1;
    if (slot + 1 < XM_ENTRIES &&
        words[slot + 1] == words[slot] + XM_PAGE_SIZE &&
        !r->names[xm_pte_mfn(words[slot]) % r->nr_frames] &&
        !r->names[xm_pte_mfn(words[slot + 1]) % r->nr_frames])
        *stride = XM_PAGE_SIZE;
    while (slot + n < XM_ENTRIES &&
           words[slot + n] == words[slot] + n * *stride &&
           report_has_entry(r, table, slot + n) &&
           !leads_to_table(r, level, words[slot + n]) &&
           (!*stride || !r->names[xm_pte_mfn(words[slot + n]) % r->nr_frames]))
        n++;
    return n;
}

static void indent(struct text *t, unsigned int depth)
{
    fprintf(t->f, "%*s", (int)(4 * depth), "");
}

static void print_slot(struct text *t, xm_mfn table, uint32_t slot,
                       uint32_t count, uint64_t stride)
{
    const struct report *r = t->r;
    const uint64_t entry = r->ram[table * XM_ENTRIES + slot];
    const xm_mfn mfn = xm_pte_mfn(entry), last = mfn + count - 1;
    const unsigned int level = report_table_level(&r->frames[table]);

    fprintf(t->f, "[%" PRIu32, slot);
    if (count > 1)
        fprintf(t->f, "..%" PRIu32, slot + count - 1);
    fputs("]", t->f);
    pvt_flags_print(t->f, entry & XM_PTE_FLAGS_MASK);
    fputs(entry & XM_PTE_P ? " -> " : " absent: ", t->f);
    if (!(entry & XM_PTE_P))
        fprintf(t->f, "0x%" PRIx64, entry);
    else if (mfn >= r->nr_frames)
        fprintf(t->f, "0x%" PRIx64 ", beyond the machine", mfn);
    else if (stride)
        fprintf(t->f, "0x%" PRIx64 "..0x%" PRIx64, mfn, last);
    else
        print_frame(t, mfn);
    if (entry & XM_PTE_P && mfn < r->nr_frames && level > 1 &&
        report_table_level(&r->frames[mfn]) == level)
        fputs("  (linear)", t->f);
}

/* The entries of TABLE, whose own line has been printed. */
static void print_table(struct text *t, xm_mfn table, unsigned int depth)
{
    const struct report *r = t->r;
    const unsigned int level = report_table_level(&r->frames[table]);

    t->shown[table] = true;
    for (uint32_t slot = 0, count; slot < XM_ENTRIES; slot += count) {
        const uint64_t entry = r->ram[table * XM_ENTRIES + slot];
        uint64_t stride;

        count = 1;
        if (!report_has_entry(r, table, slot))
            continue;
        count = run_length(t, table, slot, &stride);
        indent(t, depth);
        print_slot(t, table, slot, count, stride);
        if (!leads_to_table(r, level, entry)) {
            putc('\n', t->f);
        } else if (t->shown[xm_pte_mfn(entry)]) {
            fputs("  (shown above)\n", t->f);
        } else {
            putc('\n', t->f);
            print_table(t, xm_pte_mfn(entry), depth + 1);
        }
    }
}

static void print_bases(struct text *t, xm_mfn mfn)
{
    const char *separator = "  base of ";

    for (uint32_t i = 0; i < t->r->nr_vcpus; i++) {
        const struct report_vcpu *v = &t->r->vcpus[i];

        if (v->has_base && v->base == mfn) {
            fprintf(t->f, "%sd%u.%" PRIu32, separator, v->domid, v->vcpu);
            separator = ", ";
        }
    }
    separator = "  user base of ";
    for (uint32_t i = 0; i < t->r->nr_vcpus; i++) {
        const struct report_vcpu *v = &t->r->vcpus[i];

        if (v->has_user_base && v->user_base == mfn) {
            fprintf(t->f, "%sd%u.%" PRIu32, separator, v->domid, v->vcpu);
            separator = ", ";
        }
    }
}

static void print_root(struct text *t, xm_mfn mfn)
{
    print_frame(t, mfn);
    print_bases(t, mfn);
    putc('\n', t->f);
    print_table(t, mfn, 1);
}

static void find_referred(struct text *t)
{
    const struct report *r = t->r;

    for (xm_mfn mfn = 0; mfn < r->nr_frames; mfn++) {
        const unsigned int level = report_table_level(&r->frames[mfn]);

        for (uint32_t i = 0; level > 1 && i < XM_ENTRIES; i++) {
            const uint64_t entry = r->ram[mfn * XM_ENTRIES + i];

            if (leads_to_table(r, level, entry))
                t->referred[xm_pte_mfn(entry)] = true;
        }
    }
}

/* The highest first; those that nothing leads to before any others. */
static void print_tables(struct text *t)
{
    const struct report *r = t->r;

    fputs("\ntables\n", t->f);
    find_referred(t);
    for (unsigned int pass = 0; pass < 2; pass++)
        for (unsigned int level = 4; level >= 1; level--)
            for (xm_mfn mfn = 0; mfn < r->nr_frames; mfn++)
                if (report_table_level(&r->frames[mfn]) == level &&
                    !t->shown[mfn] && (pass || !t->referred[mfn]))
                    print_root(t, mfn);
}

/* Pages of the trace that are no tables, and not empty. */
static void print_pages(struct text *t)
{
    const struct report *r = t->r;
    const char *heading = "\npages with contents that are no tables\n";

    for (xm_mfn mfn = 0; mfn < r->nr_frames; mfn++) {
        bool empty = true;

        for (uint32_t i = 0; r->followed[mfn] && i < XM_ENTRIES; i++)
            empty &= !report_has_entry(r, mfn, i);
        if (empty || report_table_level(&r->frames[mfn]) != 0)
            continue;
        fputs(heading, t->f);
        heading = "";
        print_root(t, mfn);
    }
}

static void print_frames(struct text *t)
{
    const struct report *r = t->r;

    fprintf(t->f, "\nframes\n%8s  %-16s %-8s %-9s %4s %4s\n", "frame", "name",
            "owner", "type", "T", "C");
    for (xm_mfn mfn = 0; mfn < r->nr_frames; mfn++) {
        const struct xm_frame *f = &r->frames[mfn];
        char owner[8];

        if (report_is_free(f) && !r->names[mfn])
            continue;
        fprintf(t->f, "%#8" PRIx64 "  %-16s %-8s %-9s %4" PRIu64 " %4" PRIu64,
                mfn, r->names[mfn] ? r->name[r->names[mfn] - 1].name : "",
                report_owner_name(f, owner), report_type_name(f->type_info),
                report_type_count(f), report_general_count(f));
        print_marks(t, f);
        putc('\n', t->f);
    }
}

void report_print_text(FILE *f, const struct report *r)
{
    struct text t = { .f = f, .r = r };

    t.shown = calloc(r->nr_frames, sizeof(*t.shown));
    t.referred = calloc(r->nr_frames, sizeof(*t.referred));
    if (t.shown && t.referred) {
        print_step(&t);
        print_changes(&t);
        print_tables(&t);
        print_pages(&t);
        print_frames(&t);
    }
    free(t.shown);
    free(t.referred);
}
