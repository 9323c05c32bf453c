/* SPDX-License-Identifier: MIT
 *
 * A trace as it is written (grammar in traces/README.md): names are resolved
 * to pages and domains of the trace, machine frames are not known yet.
 */
#ifndef TRACES_TRACE_H
#define TRACES_TRACE_H

#include <traces/backend.h>
#include <traces/call.h>

#include <stdio.h>

#define PVT_MAX_NAME 63u
#define PVT_MAX_DOMAINS (XM_MAX_DOMAINS - 1u)
#define PVT_MAX_PAGES (1u << 20) /* of one trace, that it names */
#define PVT_MAX_BATCH 512u       /* requests of one call */
#define PVT_MAX_RULES 32u        /* on the rules line */
#define PVT_MAX_SHOWS 64u        /* on the shows line */
#define PVT_MAX_SILENCED 8u      /* rules on the neighbour line */

enum pvt_frame_kind {
    PVT_FRAME_ZERO,    /* the number 0 where a frame is wanted */
    PVT_FRAME_PAGE,    /* a page of the trace */
    PVT_FRAME_BOOT_L4, /* this and the next three are a domain's own */
    PVT_FRAME_BOOT_L3,
    PVT_FRAME_BOOT_L2,
    PVT_FRAME_SHARED_INFO,
    PVT_FRAME_XEN,
    PVT_FRAME_FREE,
    PVT_FRAME_MMIO,
    PVT_FRAME_M2P,
    PVT_FRAME_NONEXISTENT,
    PVT_FRAME_ALL_ONES,
    PVT_FRAME_MFN, /* by its number */
};

struct pvt_frame_ref {
    enum pvt_frame_kind kind;
    uint32_t page;   /* PVT_FRAME_PAGE: index into pages */
    uint32_t domain; /* whose boot table or shared_info: index into domains */
    xm_mfn mfn;      /* PVT_FRAME_MFN */
};

struct pvt_slot {
    struct pvt_frame_ref frame;
    uint32_t index;
};

enum pvt_entry_kind {
    PVT_ENTRY_PAGE_TABLE,
    PVT_ENTRY_GRANT,  /* of a grant table, version 1: raw is flags, for domid */
    PVT_ENTRY_NUMBER, /* the frame's number */
};

struct pvt_entry {
    enum pvt_entry_kind kind;
    bool has_frame;
    xm_domid domid;
    struct pvt_frame_ref frame;
    uint64_t flags; /* has_frame: all bits but the frame's */
    uint64_t raw;   /* the value, or or-ed to it */
};

struct pvt_va {
    bool window;     /* number is a page of the window */
    uint64_t number; /* else the address */
    uint64_t offset; /* window only: bytes */
};

enum pvt_fd_kind { PVT_FD_NONE, PVT_FD_SELF, PVT_FD_IO, PVT_FD_XEN, PVT_FD_ID };

struct pvt_fd {
    enum pvt_fd_kind kind;
    xm_domid id;
};

struct pvt_update {
    uint32_t command; /* low bits of ptr */
    struct pvt_slot slot;
    struct pvt_entry entry;
};

/* What an argument of mmuext holds. */
enum pvt_arg_kind { PVT_ARG_NONE, PVT_ARG_FRAME, PVT_ARG_VA };

struct pvt_arg {
    enum pvt_arg_kind kind;
    struct pvt_frame_ref frame;
    struct pvt_va va;
};

struct pvt_ext {
    uint32_t command;
    bool by_number; /* written as mmuext NUMBER */
    struct pvt_arg arg1, arg2;
};

/* What a field of a call is given. */
enum pvt_value_kind {
    PVT_VALUE_NUMBER,
    PVT_VALUE_FRAME, /* its number, or that of the first of an extent */
    PVT_VALUE_SLOT,  /* machine address of an entry, plus number */
    PVT_VALUE_VA,
    PVT_VALUE_ENTRY,
    PVT_VALUE_DOMAIN,
};

struct pvt_value {
    enum pvt_value_kind kind;
    uint64_t number;
    struct pvt_slot slot; /* SLOT, FRAME */
    uint32_t extent;      /* FRAME: pages behind it that belong to it */
    struct pvt_va va;
    struct pvt_entry entry;
    struct pvt_fd domain;
};

struct pvt_assign {
    uint32_t element; /* which structure; 0 for registers */
    uint32_t field;   /* of the call */
    bool braces;      /* written as a list */
    uint32_t count;   /* of values: 1, or the length of a list */
    struct pvt_value *values;
};

#define PVT_MAX_ASSIGNS 256u

struct pvt_assigns {
    uint32_t count;
    struct pvt_assign *assigns;
};

/* What a register is given, or should hold. */
struct pvt_setting {
    uint32_t reg;
    bool is_va;
    struct pvt_va va;
    struct pvt_entry entry;
};

struct pvt_settings {
    uint32_t count;
    struct pvt_setting settings[PVT_NR_REGISTERS];
};

struct pvt_instruction {
    uint8_t code[PVT_MAX_CODE];
    uint32_t length;
    struct pvt_settings in, out; /* before, and expected after it */
};

enum pvt_expected {
    PVT_EXPECT_RC,
    PVT_EXPECT_FAULT,
    PVT_EXPECT_OK,
    PVT_EXPECT_VALUE
};

struct pvt_expect {
    enum pvt_expected kind;
    int64_t rc; /* 0, a negative errno, or what a call counts */
    bool any;   /* the machines need only agree */
    bool has_done, has_at;
    uint32_t done, vector, error_code;
    enum xm_rule by;
    struct pvt_va at;
    struct pvt_entry value;
    uint32_t elements;
    struct pvt_assigns out; /* fields of a HYPERCALL after it */
};

struct pvt_step {
    unsigned int line, column; /* where it begins */
    uint32_t domain;           /* index into domains */
    uint32_t vcpu;
    enum pvt_call call;
    bool batch;     /* written with braces */
    uint32_t count; /* of updates or exts */
    struct pvt_update *updates;
    struct pvt_ext *exts;
    struct pvt_fd fd;
    bool has_pt;
    xm_domid pt;
    struct pvt_va va;
    struct pvt_entry entry;
    uint64_t flush;
    bool unflushed;               /* LOAD, STORE: through what the TLB holds */
    bool stale;                   /* LOAD: which is an old translation */
    bool user;                    /* by the guest's user */
    struct pvt_instruction *insn; /* PVT_EXECUTE */
    /* PVT_HYPERCALL */
    const struct pvt_call_info *info;
    uint32_t elements; /* structures */
    struct pvt_assigns in;
    bool has_args; /* the structures are said to be elsewhere, at va */
    struct pvt_expect expect;
};

struct pvt_domain {
    char name[PVT_MAX_NAME + 1];
    unsigned int line, column; /* of its name */
    xm_domid domid;
    bool privileged;
    bool has_window;
    bool window_declared; /* the window's page has a page line too */
    uint32_t window;      /* its page */
};

struct pvt_page {
    char name[PVT_MAX_NAME + 1];
    unsigned int line, column; /* of its name */
    uint32_t domain;
    bool new;      /* there is none before a call returns its number */
    bool value;    /* new, and no page, but any number that a call returns */
    bool of_range; /* declared by a range */
};

/* PREFIX and a hexadecimal number: those that are named are pages. */
struct pvt_range {
    char prefix[PVT_MAX_NAME + 1];
    uint32_t first, last;
    uint32_t domain;
    bool new, value; /* as of a page */
};

struct pvt_fill {
    struct pvt_slot slot; /* the first */
    uint32_t last;        /* slot of the last */
    bool range;           /* written with fill */
    unsigned int line, column;
    struct pvt_entry entry;
};

enum pvt_final_kind {
    PVT_FINAL_TYPE,
    PVT_FINAL_GENERAL,
    PVT_FINAL_LINEAR,
    PVT_FINAL_PTE,
    PVT_FINAL_M2P,
    PVT_FINAL_INVARIANTS
};

struct pvt_final {
    enum pvt_final_kind kind;
    unsigned int line;
    struct pvt_slot slot; /* the frame, and the slot of PTE */
    uint64_t type;        /* TYPE: type and flags, as in type_info */
    int64_t number;       /* count, references */
    uint64_t value;       /* M2P */
    struct pvt_entry entry;
};

/* Which builds of Xen a trace holds for. */
enum pvt_build { PVT_BUILD_ANY, PVT_BUILD_RELEASE, PVT_BUILD_DEBUG };

struct pvt_trace {
    char name[PVT_MAX_NAME + 1];
    char *sentence;
    uint32_t nr_rules, nr_domains, nr_pages, nr_ranges, nr_fills, nr_steps,
        nr_finals;
    enum xm_rule rules[PVT_MAX_RULES];
    unsigned int xen_first, xen_last; /* minors it holds for; 0: all */
    enum pvt_build build;
    bool l1tf; /* and only for a Xen that looks for L1TF in unprivileged ones */
    uint32_t nr_shows;
    char shows[PVT_MAX_SHOWS][12];    /* ids of the rules reference */
    char neighbour[PVT_MAX_NAME + 1]; /* the trace it differs from, "": none */
    uint32_t nr_silenced;
    enum xm_rule silenced[PVT_MAX_SILENCED]; /* they speak there, not here */
    struct pvt_domain domains[PVT_MAX_DOMAINS];
    struct pvt_page *pages;
    struct pvt_range *ranges;
    struct pvt_fill *fills;
    struct pvt_step *steps;
    struct pvt_final *finals;
    bool has_final;
    uint64_t cut_at; /* its packed file was cut off at this byte; 0: it is whole
                      */
};

struct pvt_error {
    unsigned int line, column; /* from 1; 0: the file could not be read */
    char text[200];
};

/*
 * Reads the LENGTH bytes of TEXT. NULL and *ERROR if they are no trace. The
 * caller frees the trace with pvt_trace_free().
 */
struct pvt_trace *pvt_trace_parse(const char *text, size_t length,
                                  struct pvt_error *error);

/*
 * The same for a text that was cut off anywhere after the beginning of its run
 * block: the steps in it that are complete, and whose lines are.
 */
struct pvt_trace *pvt_trace_parse_cut(const char *text, size_t length,
                                      struct pvt_error *error);

/*
 * The same from a file, which may have any content: text, or text packed by
 * zstd, which may be cut off (t->cut_at).
 */
struct pvt_trace *pvt_trace_read(const char *file, struct pvt_error *error);

void pvt_trace_free(struct pvt_trace *t);

/* Prints the canonical text: it parses to the same trace. */
void pvt_trace_print(FILE *f, const struct pvt_trace *t);

/* Prints one step, without indentation and end of line. */
void pvt_step_print(FILE *f, const struct pvt_trace *t,
                    const struct pvt_step *s);

/* Prints a number as traces have it: small ones in decimal. */
void pvt_number_print(FILE *f, uint64_t n);

/* "rax" ... "r15", "flags": register REG of a pvt_code. */
const char *pvt_register_name(uint32_t reg);

/* Prints the names of the flags in an entry, a space before each. */
void pvt_flags_print(FILE *f, uint64_t flags);

/* Prints a frame by its name in the trace. */
void pvt_frame_ref_print(FILE *f, const struct pvt_trace *t,
                         struct pvt_frame_ref r);

#endif
