/* SPDX-License-Identifier: MIT
 *
 * A refusal, found out and told.
 */
#include "internal.h"

#include <xen-model/pte.h>

#include <inttypes.h>
#include <string.h>
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

static bool is_free(const struct xm_frame *frame)
{
    return (frame->count_info & XM_PGC_STATE_MASK) == XM_PGC_STATE_FREE;
}

static void name_owner(struct explain_frame *to, const struct xm_frame *frame)
{
    const char *whose =
        is_free(frame)             ? "free"
        : frame->owner == DOMID_IO ? "I/O"
        : frame->owner == DOMID_XEN || frame->owner == XM_DOMID_NONE
            ? "Xen's own"
            : NULL;

    if (whose)
        snprintf(to->owner, sizeof(to->owner), "%s", whose);
    else
        snprintf(to->owner, sizeof(to->owner), "domain %u's", frame->owner);
}

void explain_find_frame(struct explain_frame *to, struct xm_cpu *c, xm_mfn mfn,
                        const struct explain_names *names)
{
    const struct xm_frame *frame = xm_machine_frame_const(c->machine, mfn);

    *to = (struct explain_frame){ .is = true, .mfn = mfn, .exists = frame };
    if (!frame)
        return;
    names->frame(names->context, mfn, to->name);
    name_owner(to, frame);
    if (is_free(frame) || frame->owner >= DOMID_FIRST_RESERVED)
        return;
    to->counted = true;
    snprintf(to->type, sizeof(to->type), "%s", type_name(frame->type_info));
    to->pinned = frame->type_info & XM_PGT_PINNED;
    to->type_count = frame->type_info & XM_PGT_COUNT_MASK;
    to->general_count = frame->count_info & XM_PGC_COUNT_MASK;
    explain__holders(to, c, names);
}

/* Depends on what holds the type that is in the way. */
static const char *advice_on_type(const struct explain_frame *frame)
{
    if (!frame->counted || frame->type_count == 0)
        return "";
    if (strcmp(frame->type, "writable") == 0)
        return "A frame has one type at a time. Make each mapping read-only "
               "that holds its type, or take it away: then the frame can be a "
               "table.";
    if (strcmp(frame->type, "descriptors") == 0)
        return "A frame has one type at a time. It holds descriptors: load "
               "another GDT or LDT first.";
    return "A frame has one type at a time. It is a table already: unpin it, "
           "and unhook it from the tables and bases that hold its type; then "
           "it can have another. Or use it as what it is.";
}

void explain_find(struct explanation *to, struct xm_cpu *c,
                  const struct xm_result *r, const struct explain_names *names)
{
    const struct advice *advice = explain__advice(r->rule);
    const char *text = advice->text;

    memset(to, 0, sizeof(*to));
    if (r->rule == XM_R_NONE)
        return;
    to->rule = xm_rule_info(r->rule);
    if (c->refused.why.rule == r->rule && c->refused.why.rc == r->rc)
        explain__request(to, c, &c->refused, names);
    if (advice->about == ABOUT_FRAME)
        explain_find_frame(&to->frame, c, r->seen[0], names);
    else if (advice->about == ABOUT_ENTRY)
        explain_find_frame(&to->frame, c, xm_pte_mfn(r->seen[1]), names);
    if (!text && to->frame.is)
        text = advice_on_type(&to->frame);
    snprintf(to->advice, sizeof(to->advice), "%s", text ? text : "");
}

void explain_print_frame(FILE *f, const struct explain_frame *frame)
{
    const uint32_t n = frame->nr_holders < EXPLAIN_MAX_HOLDERS
                           ? frame->nr_holders
                           : EXPLAIN_MAX_HOLDERS;

    if (!frame->exists) {
        fprintf(f, "  0x%" PRIx64 " is no frame of this machine\n", frame->mfn);
        return;
    }
    fprintf(f, "  %s: %s", frame->name, frame->owner);
    if (!frame->counted) {
        fputc('\n', f);
        return;
    }
    fprintf(f,
            ", type %s%s, type count %" PRIu64 ", general count %" PRIu64 "\n",
            frame->type, frame->pinned ? " pinned" : "", frame->type_count,
            frame->general_count);
    for (uint32_t i = 0; i < n; i++)
        fprintf(f, "    %s%s\n", frame->holders[i].text,
                frame->holders[i].type ? " (holds its type)" : "");
    if (frame->nr_holders > n)
        fprintf(f, "    and %" PRIu32 " more\n", frame->nr_holders - n);
}

void explain_print(FILE *f, const struct explanation *e)
{
    if (!e->rule)
        return;
    if (e->one_of_many)
        fprintf(f, "  %s\n", e->request);
    if (e->entry[0])
        fprintf(f, "  entry %s", e->entry);
    if (e->entry[0] && e->level)
        fprintf(f, " (L%u)", e->level);
    if (e->way[0])
        fprintf(f, ", reached by %s", e->way);
    if (e->entry[0])
        fputc('\n', f);
    fprintf(f, "  %s (%s): %s\n", e->rule->id, e->rule->reference,
            e->rule->sentence);
    if (e->frame.is)
        explain_print_frame(f, &e->frame);
    if (e->advice[0])
        fprintf(f, "  What to do: %s\n", e->advice);
}

void explain_result(FILE *f, struct xm_cpu *c, const struct xm_result *r,
                    const struct explain_names *names)
{
    struct explanation e;

    explain_find(&e, c, r, names);
    explain_print(f, &e);
}

void explain_frame(FILE *f, struct xm_cpu *c, xm_mfn mfn,
                   const struct explain_names *names)
{
    struct explain_frame frame;

    explain_find_frame(&frame, c, mfn, names);
    explain_print_frame(f, &frame);
}
