/* SPDX-License-Identifier: MIT
 *
 * What the parts of `pinfold diff` share: runs, and how two of them differ.
 */
#ifndef EMU_CLI_DIFF_H
#define EMU_CLI_DIFF_H

#include "replay.h"

#include <traces/runner.h>

#include <search.h>

/* A frame that has a name in the run, as it is at the step at hand. */
struct diff_page {
    char name[PVT_MAX_NAME + 1];
    bool fixed;       /* the same name means the same in every run */
    bool known;       /* its number */
    bool has_frame;   /* and its state */
    bool hidden;      /* what it holds is not known */
    bool was_l4;      /* so in some of its slots is what Xen put there */
    uint32_t next;    /* diff_pages.c: the next of its chain, plus 1 */
    uint32_t partner; /* its counterpart in the other run, plus 1; 0: none */
    xm_mfn mfn;
    struct xm_frame frame;
    uint64_t *entries; /* NULL: none seen but 0 */
};

struct diff_frame_change {
    uint32_t page;
    bool has_frame, hides_entries;
    xm_mfn mfn;
    struct xm_frame frame;
};

struct diff_entry_change {
    uint32_t page, slot;
    uint64_t value;
};

/* What a step did; of the 0th, what there was before the first. */
struct diff_step {
    char *call;
    char answer[96];
    char rule[PVT_MAX_NAME + 1]; /* "": none, or nobody knows */
    bool any;                    /* the trace expects any answer */
    bool any_value;              /* and of a load, any value */
    bool has_value;              /* of a load; answer does not hold it */
    uint64_t value;
    struct diff_frame_change *frames;
    struct diff_entry_change *entries;
    uint32_t nr_frames, nr_entries;
};

struct diff_run {
    char *file;
    char name[PVT_MAX_NAME + 1]; /* of the trace */
    char of[64];                 /* "model", "Xen 4.17.7" */
    bool has_rules, has_entries;
    bool lists_entries; /* of pages that are not listed, nothing is known */
    struct diff_page *pages;
    struct diff_step *steps; /* the first is the 0th */
    uint32_t nr_pages, nr_steps;
    /* diff_pages.c: pages by their names, and by their frames. */
    struct hsearch_data names;
    const struct diff_page *named; /* the list whose names they are */
    uint32_t nr_named, nr_names;   /* of it; and so many have room */
    uint32_t *chains;
    uint32_t nr_chains;
};

struct diff_set {
    struct diff_run *runs;
    uint32_t count;
};

/* A thing that differs: "answer", "type of x17", and what either says. */
struct diff_item {
    char what[160], a[192], b[192];
};
#define DIFF_MAX_ITEMS 32u

struct diff_result {
    const struct diff_run *a, *b;
    bool same;
    uint32_t step;     /* the first that differs */
    uint32_t later;    /* of those behind it, so many answer differently */
    uint32_t nr_items; /* may be more than are kept */
    struct diff_item items[DIFF_MAX_ITEMS];
};

/* diff_load.c: runs of FILE, a trace, a directory, or JSON. CLI_ codes. */
int diff_load(struct diff_set *set, const char *file,
              const struct cli_xen_version *version);
void diff_free(struct diff_set *set);

/*
 * diff_pages.c: the first page of that name, of N bytes; and the last that became
 * the frame MFN, or one that was it before PAGE, UINT32_MAX if there is none.
 */
bool diff_find_page(const struct diff_run *r, const char *name, size_t n,
                    uint32_t *page);
uint32_t diff_page_at(const struct diff_run *r, xm_mfn mfn);
uint32_t diff_page_behind(const struct diff_run *r, uint32_t page);
/* All pages can be found by their names now. False: no memory. */
bool diff_name_pages(struct diff_run *r);
/* No page has a frame; PAGE has this one. False: no memory. */
bool diff_unplace_pages(struct diff_run *r);
void diff_place_page(struct diff_run *r, uint32_t page, xm_mfn mfn);
void diff_free_pages(struct diff_run *r);

/* diff_trace.c: traces, on the model. */
int diff_load_traces(struct diff_set *set, const char *path,
                     const struct cli_xen_version *version);
/* diff_compare.c: changes the pages of both. False: no memory. */
bool diff_compare(struct diff_run *a, struct diff_run *b,
                  struct diff_result *to);

/* diff_load.c, for the loaders: NULL without memory. */
struct diff_run *diff_add_run(struct diff_set *set);
void diff_drop_last(struct diff_set *set);
struct diff_step *diff_add_step(struct diff_run *r);
bool diff_add_frame(struct diff_step *s, struct diff_frame_change c);
bool diff_add_entry(struct diff_step *s, struct diff_entry_change c);
/* Answer and value of an outcome. */
void diff_set_answer(struct diff_step *s, enum pvt_call call,
                     const struct pvt_outcome *o);

#endif
