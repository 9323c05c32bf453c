/* SPDX-License-Identifier: MIT
 *
 * The canonical text of a trace.
 */
#include "parser.h"

#include <xen-model/pte.h>

#include <inttypes.h>

void pvt_number_print(FILE *f, uint64_t n)
{
    fprintf(f, n < 10 ? "%" PRIu64 : "0x%" PRIx64, n);
}

void pvt_frame_ref_print(FILE *f, const struct pvt_trace *t,
                         struct pvt_frame_ref r)
{
    if (r.kind == PVT_FRAME_PAGE)
        fprintf(f, "%s", t->pages[r.page].name);
    else if (r.kind == PVT_FRAME_MFN)
        fprintf(f, "mfn:0x%" PRIx64, r.mfn);
    else if (r.domain != 0)
        fprintf(f, "%s.%s", t->domains[r.domain].name, term_frames[r.kind]);
    else
        fprintf(f, "%s", term_frames[r.kind]);
}

static void print_slot(FILE *f, const struct pvt_trace *t, struct pvt_slot s)
{
    pvt_frame_ref_print(f, t, s.frame);
    fprintf(f, "[%" PRIu32 "]", s.index);
}

void pvt_flags_print(FILE *f, uint64_t flags)
{
    for (size_t i = 0; xm_pte_flags[i].name; i++) {
        if (flags & xm_pte_flags[i].bit)
            fprintf(f, " %s", xm_pte_flags[i].name);
        flags &= ~xm_pte_flags[i].bit; /* PAT is another name of PSE */
    }
}

void print_entry(FILE *f, const struct pvt_trace *t, const struct pvt_entry *e)
{
    if (!e->has_frame) {
        pvt_number_print(f, e->raw);
        return;
    }
    if (e->kind == PVT_ENTRY_GRANT)
        fprintf(f, "grant 0x%" PRIx64 " %u ", e->raw, e->domid);
    else if (e->kind == PVT_ENTRY_NUMBER)
        fputs("number ", f);
    pvt_frame_ref_print(f, t, e->frame);
    if (e->kind != PVT_ENTRY_PAGE_TABLE)
        return;
    pvt_flags_print(f, e->flags);
    if (e->raw)
        fprintf(f, " raw 0x%" PRIx64, e->raw);
}

void print_va(FILE *f, struct pvt_va va)
{
    if (!va.window)
        fprintf(f, "0x%" PRIx64, va.number);
    else if (va.offset)
        fprintf(f, "window[%" PRIu64 "] + %" PRIu64, va.number, va.offset);
    else
        fprintf(f, "window[%" PRIu64 "]", va.number);
}

static void print_domain(FILE *f, struct pvt_fd fd)
{
    static const char *const names[] = {
        [PVT_FD_SELF] = "self", [PVT_FD_IO] = "io", [PVT_FD_XEN] = "xen"
    };

    if (fd.kind == PVT_FD_ID)
        fprintf(f, "%u", fd.id);
    else if (fd.kind != PVT_FD_NONE)
        fputs(names[fd.kind], f);
}

static void print_fd(FILE *f, struct pvt_fd fd)
{
    if (fd.kind == PVT_FD_NONE)
        return;
    fputs(" fd=", f);
    print_domain(f, fd);
}

static void print_update(FILE *f, const struct pvt_trace *t,
                         const struct pvt_update *u)
{
    if (u->command == MMU_MACHPHYS_UPDATE) {
        fprintf(f, "machphys ");
        pvt_frame_ref_print(f, t, u->slot.frame);
    } else {
        if (u->command == MMU_PT_UPDATE_PRESERVE_AD)
            fprintf(f, "preserve_ad ");
        else if (u->command == MMU_PT_UPDATE_NO_TRANSLATE)
            fprintf(f, "no_translate ");
        else if (u->command != MMU_NORMAL_PT_UPDATE)
            fprintf(f, "cmd=%" PRIu32 " ", u->command);
        print_slot(f, t, u->slot);
    }
    fprintf(f, " := ");
    print_entry(f, t, &u->entry);
}

static void print_arg(FILE *f, const struct pvt_trace *t,
                      const struct pvt_arg *a)
{
    if (a->kind == PVT_ARG_NONE)
        return;
    fputc(' ', f);
    if (a->kind == PVT_ARG_FRAME)
        pvt_frame_ref_print(f, t, a->frame);
    else
        print_va(f, a->va);
}

static void print_ext(FILE *f, const struct pvt_trace *t,
                      const struct pvt_ext *e)
{
    const struct term_command *c = term_command(e->command);

    if (e->by_number)
        fprintf(f, "mmuext %" PRIu32, e->command);
    else if (c)
        fprintf(f, "%s", c->name);
    else
        fprintf(f, "pin L%" PRIu32, e->command - MMUEXT_PIN_L1_TABLE + 1);
    print_arg(f, t, &e->arg1);
    print_arg(f, t, &e->arg2);
}

static void print_requests(FILE *f, const struct pvt_trace *t,
                           const struct pvt_step *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        fprintf(f, "%s", i != 0 ? ", " : s->batch ? " { " : " ");
        if (s->call == PVT_MMU_UPDATE)
            print_update(f, t, &s->updates[i]);
        else
            print_ext(f, t, &s->exts[i]);
    }
    if (s->batch)
        fprintf(f, " }");
}

static void print_expect(FILE *f, const struct pvt_trace *t,
                         const struct pvt_expect *e)
{
    switch (e->kind) {
    case PVT_EXPECT_OK:
        fprintf(f, "ok");
        break;
    case PVT_EXPECT_VALUE:
        fprintf(f, "value ");
        print_entry(f, t, &e->value);
        break;
    case PVT_EXPECT_FAULT:
        print_exception(f, e);
        break;
    case PVT_EXPECT_RC:
        if (e->any)
            fprintf(f, "any");
        else if (e->rc > 0)
            fprintf(f, "%" PRId64, e->rc);
        else
            fprintf(f, "%s%s", e->rc ? "-" : "", xm_errno_name((int)e->rc));
        if (e->has_done)
            fprintf(f,
                    e->done == PVT_DONE_UNTOUCHED ? " done 0x%" PRIx32
                                                  : " done %" PRIu32,
                    e->done);
        break;
    }
    if (e->by != XM_R_NONE)
        fprintf(f, " by %s", xm_rule_info(e->by)->id);
}

static void print_value(FILE *f, const struct pvt_trace *t,
                        const struct pvt_value *v)
{
    switch (v->kind) {
    case PVT_VALUE_NUMBER:
        pvt_number_print(f, v->number);
        return;
    case PVT_VALUE_FRAME:
        pvt_frame_ref_print(f, t, v->slot.frame);
        if (v->extent)
            fprintf(f, "..%s", t->pages[v->slot.frame.page + v->extent].name);
        return;
    case PVT_VALUE_SLOT:
        print_slot(f, t, v->slot);
        if (v->number)
            fprintf(f, " + %" PRIu64, v->number);
        return;
    case PVT_VALUE_VA:
        print_va(f, v->va);
        return;
    case PVT_VALUE_ENTRY:
        print_entry(f, t, &v->entry);
        return;
    case PVT_VALUE_DOMAIN:
        print_domain(f, v->domain);
        return;
    }
}

static void print_assign(FILE *f, const struct pvt_trace *t,
                         const struct pvt_call_info *c,
                         const struct pvt_assign *a)
{
    fprintf(f, " %s=%s", c->fields[a->field].name, a->braces ? "{" : "");
    for (uint32_t i = 0; i < a->count; i++) {
        fputs(i ? ", " : "", f);
        print_value(f, t, &a->values[i]);
    }
    fputs(a->braces ? "}" : "", f);
}

static void print_fields(FILE *f, const struct pvt_trace *t,
                         const struct pvt_call_info *c,
                         const struct pvt_assigns *all, uint32_t elements)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (c->fields[all->assigns[i].field].in_register)
            print_assign(f, t, c, &all->assigns[i]);
    for (uint32_t e = 0; e < elements; e++) {
        fputs(e ? ", {" : " {", f);
        for (uint32_t i = 0; i < all->count; i++)
            if (all->assigns[i].element == e &&
                !c->fields[all->assigns[i].field].in_register)
                print_assign(f, t, c, &all->assigns[i]);
        fputs(" }", f);
    }
}

static void print_hypercall(FILE *f, const struct pvt_trace *t,
                            const struct pvt_step *s)
{
    fputs(s->info->name, f);
    if (s->has_args) {
        fputs(" args=", f);
        print_va(f, s->va);
    }
    print_fields(f, t, s->info, &s->in, s->elements);
}

static void print_call(FILE *f, const struct pvt_trace *t,
                       const struct pvt_step *s)
{
    switch (s->call) {
    case PVT_MMU_UPDATE:
        fprintf(f, "mmu_update");
        print_fd(f, s->fd);
        if (s->has_pt)
            fprintf(f, " pt=%u", s->pt);
        print_requests(f, t, s);
        return;
    case PVT_MMUEXT_OP:
        if (s->batch) {
            fprintf(f, "mmuext");
            print_fd(f, s->fd);
            print_requests(f, t, s);
        } else {
            print_ext(f, t, &s->exts[0]);
            print_fd(f, s->fd);
        }
        return;
    case PVT_EXECUTE:
        print_instruction(f, t, s->insn);
        return;
    case PVT_LOAD:
    case PVT_STORE:
    case PVT_LOAD_SEGMENT:
    case PVT_WRITE_CR3:
    case PVT_READ_CR3:
    case PVT_INVLPG:
        print_access(f, t, s);
        return;
    case PVT_HYPERCALL:
        print_hypercall(f, t, s);
        return;
    case PVT_UPDATE_VA_MAPPING:
        fprintf(f, "update_va_mapping ");
        print_va(f, s->va);
        fprintf(f, " := ");
        print_entry(f, t, &s->entry);
        if (s->flush)
            fprintf(f, " flush=0x%" PRIx64, s->flush);
        print_fd(f, s->fd);
        return;
    }
}

void pvt_step_print(FILE *f, const struct pvt_trace *t,
                    const struct pvt_step *s)
{
    fprintf(f, "%s.%" PRIu32 ": ", t->domains[s->domain].name, s->vcpu);
    print_call(f, t, s);
    fprintf(f, " -> ");
    print_expect(f, t, &s->expect);
    if (s->call == PVT_EXECUTE)
        print_settings(f, t, &s->insn->out);
    if (s->call == PVT_HYPERCALL)
        print_fields(f, t, s->info, &s->expect.out, s->expect.elements);
}

static void print_final(FILE *f, const struct pvt_trace *t,
                        const struct pvt_final *x)
{
    static const char *const names[] = {
        [PVT_FINAL_TYPE] = "type",     [PVT_FINAL_GENERAL] = "general",
        [PVT_FINAL_LINEAR] = "linear", [PVT_FINAL_PTE] = "pte",
        [PVT_FINAL_M2P] = "m2p",       [PVT_FINAL_INVARIANTS] = "invariants",
    };

    fprintf(f, "  %s ", names[x->kind]);
    if (x->kind == PVT_FINAL_INVARIANTS) {
        fprintf(f, "hold\n");
        return;
    }
    if (x->kind == PVT_FINAL_PTE)
        print_slot(f, t, x->slot);
    else
        pvt_frame_ref_print(f, t, x->slot.frame);
    fprintf(f, " = ");
    if (x->kind == PVT_FINAL_PTE)
        print_entry(f, t, &x->entry);
    else if (x->kind == PVT_FINAL_M2P)
        pvt_number_print(f, x->value);
    else if (x->kind == PVT_FINAL_TYPE)
        fprintf(f, "%s%s%s%s count %" PRId64,
                term_types[x->type >> XM_PGT_TYPE_SHIFT],
                x->type & XM_PGT_PINNED ? " pinned" : "",
                x->type & XM_PGT_VALIDATED ? " validated" : "",
                x->type & XM_PGT_PARTIAL ? " partial" : "", x->number);
    else
        fprintf(f, "%" PRId64, x->number);
    fputc('\n', f);
}

/* The page is there by a window line alone. */
static bool is_bare_window(const struct pvt_trace *t, uint32_t page)
{
    const struct pvt_domain *d = &t->domains[t->pages[page].domain];

    return d->has_window && d->window == page && !d->window_declared;
}

static void print_ranges(FILE *f, const struct pvt_trace *t)
{
    for (uint32_t i = 0; i < t->nr_ranges; i++) {
        const struct pvt_range *r = &t->ranges[i];

        if (r->value)
            fprintf(f, "  value");
        else
            fprintf(f, "  %s %s", r->new ? "new" : "page",
                    t->domains[r->domain].name);
        fprintf(f, " %s%" PRIx32 "..%s%" PRIx32 "\n", r->prefix, r->first,
                r->prefix, r->last);
    }
}

/* Pages of one domain share a line, in the order they were declared. */
static void print_pages(FILE *f, const struct pvt_trace *t)
{
    uint32_t i = 0;

    print_ranges(f, t);
    while (i < t->nr_pages) {
        if (t->pages[i].of_range) {
            i++;
            continue;
        }
        const uint32_t domain = t->pages[i].domain;
        uint32_t on_line = 0;

        if (is_bare_window(t, i)) {
            fprintf(f, "  window %s\n", t->pages[i++].name);
            continue;
        }
        const bool new = t->pages[i].new, value = t->pages[i].value;

        if (value)
            fprintf(f, "  value");
        else
            fprintf(f, "  %s %s", new ? "new" : "page",
                    t->domains[domain].name);
        for (;
             i < t->nr_pages && t->pages[i].domain == domain &&
             t->pages[i].new == new && !t->pages[i].of_range &&
             t->pages[i].value == value &&on_line < 16 && !is_bare_window(t, i);
             i++, on_line++)
            fprintf(f, " %s", t->pages[i].name);
        fputc('\n', f);
    }
    for (i = 0; i < t->nr_domains; i++)
        if (t->domains[i].window_declared)
            fprintf(f, "  window %s\n", t->pages[t->domains[i].window].name);
}

static void print_init(FILE *f, const struct pvt_trace *t)
{
    fprintf(f, "\ninit {\n");
    for (uint32_t i = 0; i < t->nr_domains; i++)
        fprintf(f, "  dom %s %s\n", t->domains[i].name,
                t->domains[i].privileged ? "privileged" : "unprivileged");
    print_pages(f, t);
    for (uint32_t i = 0; i < t->nr_fills; i++) {
        const struct pvt_fill *x = &t->fills[i];

        fprintf(f, x->range ? "  fill " : "  pte ");
        pvt_frame_ref_print(f, t, x->slot.frame);
        fprintf(f,
                x->range ? "[%" PRIu32 "..%" PRIu32 "] = " : "[%" PRIu32 "] = ",
                x->slot.index, x->last);
        print_entry(f, t, &x->entry);
        fputc('\n', f);
    }
    fprintf(f, "}\n");
}

void pvt_trace_print(FILE *f, const struct pvt_trace *t)
{
    fprintf(f, "pvt 1\ntest %s\n\"%s\"\n", t->name, t->sentence);
    for (uint32_t i = 0; i < t->nr_rules; i++)
        fprintf(f, "%s%s%s", i ? " " : "rules ", xm_rule_info(t->rules[i])->id,
                i + 1 == t->nr_rules ? "\n" : "");
    for (uint32_t i = 0; i < t->nr_shows; i++)
        fprintf(f, "%s%s%s", i ? " " : "shows ", t->shows[i],
                i + 1 == t->nr_shows ? "\n" : "");
    if (t->neighbour[0])
        fprintf(f, "neighbour %s", t->neighbour);
    for (uint32_t i = 0; i < t->nr_silenced; i++)
        fprintf(f, " %s%s", xm_rule_info(t->silenced[i])->id,
                i + 1 == t->nr_silenced ? "\n" : "");
    if (t->xen_first)
        fprintf(f, "xen v4.%u..v4.%u%s%s\n", t->xen_first, t->xen_last,
                t->build == PVT_BUILD_RELEASE ? " release"
                : t->build == PVT_BUILD_DEBUG ? " debug"
                                              : "",
                t->l1tf ? " l1tf" : "");
    print_init(f, t);
    fprintf(f, "run {\n");
    for (uint32_t i = 0; i < t->nr_steps; i++) {
        fprintf(f, "  ");
        pvt_step_print(f, t, &t->steps[i]);
        fputc('\n', f);
    }
    fprintf(f, "}\n");
    if (!t->has_final)
        return;
    fprintf(f, "final {\n");
    for (uint32_t i = 0; i < t->nr_finals; i++)
        print_final(f, t, &t->finals[i]);
    fprintf(f, "}\n");
}
