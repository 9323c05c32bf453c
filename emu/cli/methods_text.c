/* SPDX-License-Identifier: MIT
 *
 * The comparison of the page-table methods, for people.
 */
#include "methods.h"

#include <xen-model/rule.h>

#include <inttypes.h>
#include <string.h>

const char *const methods_names[MM_NR_METHODS] = {
    [MM_MACHINE] = "1a",  [MM_PSEUDO] = "1b", [MM_SHADOW] = "2",
    [MM_RECURSIVE] = "3", [MM_WINDOW] = "T",
};
const char *const methods_titles[MM_NR_METHODS] = {
    [MM_MACHINE] = "machine frames 1:1",  [MM_PSEUDO] = "pseudo-physical 1:1",
    [MM_SHADOW] = "shadow tables of VAs", [MM_RECURSIVE] = "recursive self-map",
    [MM_WINDOW] = "temporary window",
};
const char *const methods_layouts[METHODS_NR_LAYOUTS] = {
    [METHODS_CONTIGUOUS] = "contiguous",
    [METHODS_SCATTERED] = "scattered",
};
const char *const methods_phases[MM_NR_PHASES] = {
    [MM_CREATE] = "create", [MM_MAP] = "map",         [MM_PROTECT] = "protect",
    [MM_UNMAP] = "unmap",   [MM_DESTROY] = "destroy",
};
const char *const methods_verdicts[MM_NR_VERDICTS] = {
    [MM_V_READ] = "read-only",
    [MM_V_WRITE] = "writable",
    [MM_V_MAKE_WRITE] = "made writable",
    [MM_V_CROSS] = "another L4, read-only",
    [MM_V_CROSS_WRITE] = "another L4, writable",
};

static void print_verdict(FILE *f, const struct mm_answer *a)
{
    const struct xm_rule_info *info = xm_rule_info((enum xm_rule)a->why);
    const char *error = xm_errno_name(a->rc);
    char text[64];

    if (!a->asked)
        snprintf(text, sizeof(text), "-");
    else
        snprintf(text, sizeof(text), "%s%s%s%s", a->rc ? "-" : "accepted",
                 a->rc ? (error ? error : "?") : "", a->why ? " " : "",
                 info->id);
    fprintf(f, " %-29s", text);
}

static void print_verdicts(FILE *f, const struct methods_all *all)
{
    fprintf(f,
            "How the kernel sees its live page tables, and what Xen says\n\n"
            "%-25s",
            "method");
    for (unsigned v = 0; v <= MM_V_MAKE_WRITE; v++)
        fprintf(f, " %-29s", methods_verdicts[v]);
    fputc('\n', f);
    for (unsigned m = 0; m < MM_NR_METHODS; m++) {
        const struct mm_report *r = &all->result[0][m].model;

        fprintf(f, "%-3s %-21s", methods_names[m], methods_titles[m]);
        for (unsigned v = 0; v <= MM_V_MAKE_WRITE; v++)
            print_verdict(f, &r->verdict[v]);
        fputc('\n', f);
        if (!r->verdict[MM_V_CROSS].asked)
            continue;
        fprintf(f, "    %-21s", "  from another L4");
        print_verdict(f, &r->verdict[MM_V_CROSS]);
        print_verdict(f, &r->verdict[MM_V_CROSS_WRITE]);
        fputc('\n', f);
    }
    fputs("\nAccepted without a rule: a read-only mapping needs no type, so "
          "any frame of the guest's own will do.\n",
          f);
}

static void print_bytes(FILE *f, uint64_t bytes)
{
    static const char unit[] = "KMGT";
    unsigned u = 0;

    for (bytes /= 1024; bytes >= 10240 && u < 3; u++)
        bytes /= 1024;
    fprintf(f, " %5" PRIu64 " %ciB", bytes, unit[u]);
}

static void print_counts(FILE *f, const struct mm_counts *c)
{
    fprintf(f, " %5" PRIu64 "/%-6" PRIu64, c->hypercalls, c->updates);
}

/* Map, protect and unmap together. */
static uint64_t work_clock(const struct mm_workload_report *w)
{
    return w->phase[MM_MAP].clock + w->phase[MM_PROTECT].clock +
           w->phase[MM_UNMAP].clock;
}

static void print_costs(FILE *f, const struct methods_all *all, unsigned l)
{
    fprintf(f,
            "\nOn %s machine memory (calls/updates; time and instructions: "
            "map, protect and unmap)\n\n"
            "%-25s %6s %6s %5s %9s %-12s %-12s %-12s %10s %13s\n",
            methods_layouts[l], "method", "pages", "tables", "book", "virtual",
            "   map", "   protect", "   unmap", "model us", "Xen instr.");
    for (unsigned m = 0; m < MM_NR_METHODS; m++) {
        const struct methods_result *r = &all->result[l][m];

        for (unsigned i = 0; i < MM_NR_WORKLOADS; i++) {
            const struct mm_workload_report *w = &r->model.workload[i];

            fprintf(f, "%-3s %-21s %6" PRIu64 " %6" PRIu64 " %5" PRIu64,
                    i ? "" : methods_names[m], i ? "" : methods_titles[m],
                    w->pages, w->table_frames, w->book_frames);
            print_bytes(f, w->virtual_bytes);
            print_counts(f, &w->phase[MM_MAP]);
            print_counts(f, &w->phase[MM_PROTECT]);
            print_counts(f, &w->phase[MM_UNMAP]);
            fprintf(f, " %10.1f", (double)work_clock(w) / 1000);
            if (all->xen_version && all->xen_clock)
                fprintf(f, " %13" PRIu64 "\n", work_clock(&r->xen.workload[i]));
            else
                fprintf(f, " %13s\n", "-");
        }
    }
}

void methods_print(FILE *f, const struct methods_all *all)
{
    print_verdicts(f, all);
    for (unsigned l = 0; l < METHODS_NR_LAYOUTS; l++)
        print_costs(f, all, l);
    fputc('\n', f);
}

static unsigned differ(FILE *f, const struct methods_result *r,
                       const char *what, const char *part, int64_t model,
                       int64_t xen)
{
    if (model == xen)
        return 0;
    fprintf(f, "method %s, %s: %s%s%s: model %" PRId64 ", Xen %" PRId64 "\n",
            methods_names[r->method], methods_layouts[r->layout], what,
            *part ? ", " : "", part, model, xen);
    return 1;
}

unsigned methods_differences(FILE *f, const struct methods_result *r)
{
    const struct mm_report *a = &r->model, *b = &r->xen;
    unsigned n = differ(f, r, "outcome", "", a->rc, b->rc);

    for (unsigned v = 0; v < MM_NR_VERDICTS; v++) {
        n += differ(f, r, "asked", methods_verdicts[v], a->verdict[v].asked,
                    b->verdict[v].asked);
        n += differ(f, r, "answer", methods_verdicts[v], a->verdict[v].rc,
                    b->verdict[v].rc);
    }
    n += differ(f, r, "hypercalls", "start", (int64_t)a->setup.hypercalls,
                (int64_t)b->setup.hypercalls);
    n += differ(f, r, "updates", "start", (int64_t)a->setup.updates,
                (int64_t)b->setup.updates);
    for (unsigned i = 0; i < MM_NR_WORKLOADS; i++) {
        const struct mm_workload_report *x = &a->workload[i];
        const struct mm_workload_report *y = &b->workload[i];
        char part[64];

        snprintf(part, sizeof(part), "%" PRIu64 " pages", x->pages);
        n += differ(f, r, "pages", part, (int64_t)x->pages, (int64_t)y->pages);
        n += differ(f, r, "page-table frames", part, (int64_t)x->table_frames,
                    (int64_t)y->table_frames);
        n += differ(f, r, "book-keeping frames", part, (int64_t)x->book_frames,
                    (int64_t)y->book_frames);
        n += differ(f, r, "virtual bytes", part, (int64_t)x->virtual_bytes,
                    (int64_t)y->virtual_bytes);
        for (unsigned p = 0; p < MM_NR_PHASES; p++) {
            snprintf(part, sizeof(part), "%s of %" PRIu64 " pages",
                     methods_phases[p], x->pages);
            n += differ(f, r, "hypercalls", part,
                        (int64_t)x->phase[p].hypercalls,
                        (int64_t)y->phase[p].hypercalls);
            n += differ(f, r, "updates", part, (int64_t)x->phase[p].updates,
                        (int64_t)y->phase[p].updates);
        }
    }
    return n;
}
