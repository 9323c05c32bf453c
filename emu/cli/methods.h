/* SPDX-License-Identifier: MIT
 *
 * What the parts of `pinfold methods` share: a scenario is one method on one
 * layout of machine memory, and what came of it on the model and on Xen.
 */
#ifndef EMU_CLI_METHODS_H
#define EMU_CLI_METHODS_H

#include <guest-mm/scenario.h>
#include <xen-model/types.h>

#include <stdbool.h>
#include <stdio.h>

#define METHODS_POOL 2048u /* frames of a scenario */
#define METHODS_DATA 1024u /* of them, data */

enum methods_layout {
    METHODS_CONTIGUOUS,
    METHODS_SCATTERED,
    METHODS_NR_LAYOUTS
};

/* The machine memory of the guest: its boot tables and what is free. */
struct methods_memory {
    uint64_t nr_frames; /* of the machine */
    xm_mfn boot_l4, boot_l3, boot_l2;
    uint32_t nr_arena; /* free frames, ascending */
    xm_mfn *arena;
};

struct methods_result {
    enum mm_method method;
    enum methods_layout layout;
    struct mm_report model;
    struct mm_report xen;
};

struct methods_all {
    const char *xen_version; /* NULL: not run on Xen */
    const char *left_out;    /* why not, NULL: it was, or was not wanted */
    bool xen_clock;          /* Xen's clock counts instructions */
    struct methods_result result[METHODS_NR_LAYOUTS][MM_NR_METHODS];
};

/* methods_model.c: 0, or -1 and MESSAGE. */
int methods_run_model(const struct methods_memory *memory,
                      const struct mm_request *request, const uint64_t *pool,
                      struct mm_report *report, char *message, size_t size);

/*
 * methods_xen.c: actual Xen, in QEMU. HYPERVISOR may be NULL: the one that
 * is found. open gives 0, or -1 and MESSAGE if it is not to be had here; then
 * MEMORY's arena is the caller's to free. run gives 0, or -1 and MESSAGE if
 * the machine is lost.
 */
struct methods_xen;
struct methods_xen *methods_xen_open(const char *hypervisor,
                                     struct methods_memory *memory,
                                     char *message, size_t size);
const char *methods_xen_version(const struct methods_xen *x);
bool methods_xen_counts(const struct methods_xen *x);
int methods_xen_run(struct methods_xen *x, const struct mm_request *request,
                    const uint64_t *pool, struct mm_report *report,
                    char *message, size_t size);
void methods_xen_close(struct methods_xen *x);

/* methods_text.c */
extern const char *const methods_names[MM_NR_METHODS];
extern const char *const methods_titles[MM_NR_METHODS];
extern const char *const methods_layouts[METHODS_NR_LAYOUTS];
extern const char *const methods_phases[MM_NR_PHASES];
extern const char *const methods_verdicts[MM_NR_VERDICTS];
void methods_print(FILE *f, const struct methods_all *all);
/* Prints what differs between model and Xen, one line each; how many. */
unsigned methods_differences(FILE *f, const struct methods_result *r);

/* methods_json.c: 0, or -1 when out of memory or F cannot be written. */
int methods_print_json(FILE *f, const struct methods_all *all,
                       unsigned differences);

#endif
