/* SPDX-License-Identifier: MIT
 *
 * The machine at the steps of a trace: followed while the trace runs on the
 * model, and shown as text, as a graph, or as a page for a browser.
 */
#ifndef EMU_REPORT_REPORT_H
#define EMU_REPORT_REPORT_H

#include <traces/model.h>
#include <traces/runner.h>
#include <xen-model/snapshot.h>

struct report_name {
    char name[PVT_MAX_NAME + 1];
    xm_mfn mfn; /* REPORT_NO_MFN: still to come */
};
#define REPORT_NO_MFN (~(xm_mfn)0)

struct report_vcpu {
    xm_domid domid;
    uint32_t vcpu;
    bool has_base, has_user_base;
    xm_mfn base, user_base;
};

struct report_frame_change {
    xm_mfn mfn;
    struct xm_frame was, is;
};

struct report_entry_change {
    xm_mfn mfn;
    uint32_t slot;
    uint64_t was, is;
};

#define REPORT_MAX_VCPUS (XM_MAX_DOMAINS * XM_MAX_VCPUS)

/* A machine, as of the last step that was followed, and what that step did. */
struct report {
    struct pvt_backend *model;
    const struct pvt_trace *trace;
    const struct pvt_step *step; /* NULL before the first */
    uint32_t number;             /* of it; 0 */
    struct pvt_outcome outcome;

    uint32_t nr_frames;
    struct xm_frame *frames;
    uint8_t *memory;   /* the model's own, of its frames, as it was */
    uint64_t *ram;     /* of the frames that are followed, as cpu.ram */
    bool *followed;    /* pages of the trace; what has ever been a table */
    uint64_t *written; /* cpu.written */
    uint32_t *names;   /* a frame's name: index into name, plus 1 */
    struct report_name *name;
    uint32_t nr_names;
    struct report_vcpu vcpus[REPORT_MAX_VCPUS];
    uint32_t nr_vcpus;

    /* What the step changed. */
    struct report_frame_change *frame_changes;
    uint32_t nr_frame_changes;
    struct report_entry_change *entry_changes;
    uint32_t nr_entry_changes;
    bool vcpus_changed, names_changed;
    /* There was no memory to follow it: the rest means nothing. */
    bool failed;
};

/* follow.c: of MODEL, which stays open. 0, or -1 without memory. */
int report_open(struct report *r, struct pvt_backend *model);
void report_close(struct report *r);
/* What the runner observes: after each step, and before the first. */
void report_follow(struct report *r, const struct pvt_observation *o);

/* What a step comes to. */
enum report_verdict {
    REPORT_DONE,
    REPORT_REFUSED,   /* by an errno, or by a rule inside the call */
    REPORT_EXCEPTION, /* the guest took one, or has crashed */
};
enum report_verdict report_verdict(enum pvt_call call,
                                   const struct pvt_outcome *o);

/* words.c: "-EINVAL done 0", "fault 3 at 0x1000", "value 0x27". */
void report_print_answer(FILE *f, enum pvt_call call,
                         const struct pvt_outcome *o);
/* The call of a step, without what the trace expects of it. */
void report_print_call(FILE *f, const struct pvt_trace *t,
                       const struct pvt_step *s);
/* "L4", "writable", ...; what owns a frame: "d0", "I/O", ... */
const char *report_type_name(uint64_t type_info);
const char *report_owner_name(const struct xm_frame *f, char buffer[8]);
/* "l4", or its number if it has no name. */
const char *report_frame_name(const struct report *r, xm_mfn mfn,
                              char buffer[32]);
/* T and C. */
static inline uint64_t report_type_count(const struct xm_frame *f)
{
    return f->type_info & XM_PGT_COUNT_MASK;
}
static inline uint64_t report_general_count(const struct xm_frame *f)
{
    return f->count_info & XM_PGC_COUNT_MASK;
}
/* A live page table: its level, 4 to 1; else 0. */
unsigned int report_table_level(const struct xm_frame *f);
/* Free, as opposed to used by somebody. */
bool report_is_free(const struct xm_frame *f);
/* A slot of an L4 that Xen keeps for itself. */
bool report_is_xens(const struct report *r, xm_mfn table, uint32_t slot);
/* An entry of a table that shows something: not 0, and not Xen's own. */
bool report_has_entry(const struct report *r, xm_mfn table, uint32_t slot);

/* text.c, dot.c: the machine as it is now. */
void report_print_text(FILE *f, const struct report *r);
void report_print_dot(FILE *f, const struct report *r);

/* pack.c: what is written there comes to F packed by gzip, in lines of base64;
 * the last of it when that is closed. F stays open. NULL: no memory. */
FILE *report_pack(FILE *f);

/* A page that is being written. */
struct report_html;

/* html.c: the page's beginning, with what there is before the first step; a
 * step; and the rest, which opens at step AT. NULL, -1: it cannot be written.
 * What was begun is to be closed. */
struct report_html *report_html_begin(FILE *f, const struct report *r);
int report_html_step(struct report_html *h, const struct report *r);
int report_html_end(struct report_html *h, const struct report *r, uint32_t at,
                    const char *finding);
void report_html_close(struct report_html *h); /* may be NULL */

#endif
