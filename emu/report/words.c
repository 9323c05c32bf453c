/* SPDX-License-Identifier: MIT
 *
 * The words in which a machine is shown.
 */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum report_verdict report_verdict(enum pvt_call call,
                                   const struct pvt_outcome *o)
{
    if (pvt_is_access(call) || o->vector)
        return o->vector ? REPORT_EXCEPTION : REPORT_DONE;
    return o->rc < 0 || xm_rule_info(o->why.rule)->error ? REPORT_REFUSED
                                                         : REPORT_DONE;
}

void report_print_answer(FILE *f, enum pvt_call call,
                         const struct pvt_outcome *o)
{
    char text[32];

    if (o->vector == PVT_CRASH) {
        fputs("crash", f);
    } else if (!pvt_is_access(call)) {
        fprintf(f, "%s", pvt_value_text(PVT_KIND_RC, (uint64_t)o->rc, text));
        if ((call == PVT_MMU_UPDATE || call == PVT_MMUEXT_OP) &&
            o->done != PVT_DONE_UNTOUCHED)
            fprintf(f, " done %" PRIu32, o->done);
    } else if (o->vector == XM_EXCEPTION_PF) {
        fprintf(f, "fault %" PRIu32 " at 0x%" PRIx64, o->error_code, o->cr2);
    } else if (o->vector) {
        fprintf(f, "%s %" PRIu32, o->vector == XM_EXCEPTION_GP ? "gp" : "np",
                o->error_code);
    } else if (pvt_is_load(call)) {
        fprintf(f, "value 0x%" PRIx64, o->value);
    } else {
        fputs("ok", f);
    }
}

void report_print_call(FILE *f, const struct pvt_trace *t,
                       const struct pvt_step *s)
{
    char *text = NULL, *expected;
    size_t length;
    FILE *memory = open_memstream(&text, &length);

    if (!memory)
        return;
    pvt_step_print(memory, t, s);
    if (fclose(memory) == 0) {
        expected = strstr(text, " -> ");
        if (expected)
            *expected = '\0';
        fputs(text, f);
    }
    free(text);
}

const char *report_type_name(uint64_t type_info)
{
    static const char *const names[] = { "none",   "L1",      "L2",
                                         "L3",     "L4",      "seg_desc",
                                         "shared", "writable" };

    return names[type_info >> XM_PGT_TYPE_SHIFT];
}

bool report_is_free(const struct xm_frame *f)
{
    return (f->count_info & XM_PGC_STATE_MASK) == XM_PGC_STATE_FREE;
}

const char *report_owner_name(const struct xm_frame *f, char buffer[8])
{
    if (f->owner == DOMID_IO)
        return "I/O";
    if (f->owner == DOMID_XEN)
        return "Xen";
    if (f->owner == XM_DOMID_NONE)
        return report_is_free(f) ? "free" : "private";
    snprintf(buffer, 8, "d%u", f->owner);
    return buffer;
}

const char *report_frame_name(const struct report *r, xm_mfn mfn,
                              char buffer[32])
{
    if (mfn < r->nr_frames && r->names[mfn])
        return r->name[r->names[mfn] - 1].name;
    snprintf(buffer, 32, "0x%" PRIx64, mfn);
    return buffer;
}

unsigned int report_table_level(const struct xm_frame *f)
{
    return report_type_count(f) ? xm_pgt_level(f->type_info) : 0;
}

bool report_is_xens(const struct report *r, xm_mfn table, uint32_t slot)
{
    /* They stay there when it is a table no more. */
    return xm_l4_slot_is_xen(slot) &&
           xm_pgt_level(r->frames[table].type_info) == 4;
}

bool report_has_entry(const struct report *r, xm_mfn table, uint32_t slot)
{
    return !report_is_xens(r, table, slot) &&
           r->ram[table * XM_ENTRIES + slot] != 0;
}
