/* SPDX-License-Identifier: MIT
 *
 * What the files of the recorder share.
 */
#ifndef RECORD_INTERNAL_H
#define RECORD_INTERNAL_H

#include <record/record.h>

#include <stdio.h>
#include <string.h>
#include <traces/call.h>
#include <xen-model/pte.h>
#include <xen-model/walk.h>
#include <xen/errno.h>

/* What a line may hold, so that it is a step that others can execute. */
#define RECORD_UPDATES 512u /* requests of mmu_update */
#define RECORD_OPS 128u     /* of mmuext_op */
#define RECORD_LIST 256u    /* extents of memory_op, structures of the others */

/* -- out.c: the file --------------------------------------------------------
 */

struct record_out {
    FILE *packed; /* NULL: plain, by way of what follows */
    int fd;
    char *map; /* the file, SIZE bytes, of which AT are said */
    size_t size, at;
    char *text; /* what is to be said next */
    size_t length, room;
    char error[160];
};

bool record__out_open(struct record_out *o, const char *file);
/* Adds the text to the file, in whole or not at all, whatever happens. */
void record__commit(struct record_out *o);
void record__out_close(struct record_out *o);

/* Grows the text, so that there is. */
char *record__more_room(struct record_out *o, size_t n);

/* Room for N bytes more behind the text. */
static inline char *record__room(struct record_out *o, size_t n)
{
    return o->length + n <= o->room ? o->text + o->length
                                    : record__more_room(o, n);
}

static inline void record__char(struct record_out *o, char c)
{
    *record__room(o, 1) = c;
    o->length++;
}

static inline void record__string(struct record_out *o, const char *s)
{
    const size_t n = strlen(s); /* most are known to the compiler */

    memcpy(record__room(o, n), s, n);
    o->length += n;
}

/* 0, 1, ... 9, 0xa, ... */
void record__number(struct record_out *o, uint64_t n);
void record__hex(struct record_out *o, uint64_t n); /* digits only */
void record__decimal(struct record_out *o, int64_t n);

/* -- frames ------------------------------------------------------------------
 */

/* What a page holds in the trace, where that may be something else than 0. */
struct record_content {
    uint64_t words[XM_ENTRIES];
    uint64_t unknown[XM_ENTRIES / 64]; /* a bit each: it has to be said */
    bool carries;                      /* the agent's tables are in it */
};

#define RECORD_NO_NAME 0u
#define RECORD_NEW (1u << 31) /* n0, n1, ...; else 1 + a page frame number */

struct record_frame {
    uint32_t name;
    uint8_t order;                  /* of the extent that begins with it */
    struct record_content *content; /* NULL: zero */
};

struct record_handle {
    uint32_t handle, name;
    bool by_entry; /* what is mapped was named by its entry, not its address */
};

/* -- calls -------------------------------------------------------------------
 */

struct record;
struct record_call;

struct record_kind {
    uint64_t number;
    const char *name;
    /* Reads the arguments, says contents. */
    void (*prepare)(struct record *r, struct record_call *c);
    /* The lines of the call. NULL: it is of no concern to memory. */
    void (*say)(struct record *r, struct record_call *c, int64_t rc);
};

struct record_call {
    const struct record_kind *kind;
    uint64_t number, arg[6];
    uint32_t asked, count; /* requests of a list, and those that were read */
    size_t data;           /* where they are in the record's data */
    size_t numbers;        /* and what an exchange's output is to be called */
    uint32_t nr_numbers;
    bool unknown_answer; /* of a list: it could not be stored */
};

struct record {
    struct record_config config;
    struct record_out out;
    const struct xm_cpu *cpu;
    uint32_t nr_frames;
    struct record_frame *frames; /* by mfn */
    uint32_t nr_new, nr_values;
    struct record_handle *handles;
    uint32_t nr_handles;
    xm_domid domid;      /* of the domain ... */
    unsigned int domain; /* ... and its number in the trace */
    uint8_t *data;       /* what the calls at hand point to */
    size_t data_length, data_room;
    struct record_call *calls;
    uint32_t nr_calls, room; /* room: how many CALLS has */
    xm_vaddr list;           /* of calls; 0: there is one, and no list */
    bool fatal;              /* the call at hand is the end of the domain */
    bool stopped;
};

extern const struct record_kind *const record__kinds[];

/* The data of a call, valid until more is read. */
static inline void *record__data(const struct record *r,
                                 const struct record_call *c)
{
    return r->data + c->data;
}

/* Nothing is said from here on. */
void record__stop(struct record *r, const char *why);

/* -- memory.c: what the guest's arguments point to ---------------------------
 */

bool record__read(const struct record *r, void *to, xm_vaddr va, size_t n);
bool record__writable(const struct record *r, xm_vaddr va, size_t n);
/* Reads up to COUNT elements into the call's data, sets asked and count. */
void record__read_list(struct record *r, struct record_call *c, xm_vaddr va,
                       uint32_t count, size_t size);

/* -- names.c -----------------------------------------------------------------
 */

struct record_frame *record__frame(const struct record *r, xm_mfn mfn);
bool record__is_named(const struct record *r, xm_mfn mfn);
/* An extent that Xen has just given, with names that are new. */
void record__name_extent(struct record *r, xm_mfn mfn, unsigned int order);
struct record_handle *record__handle(struct record *r, uint32_t handle);
void record__name_handle(struct record *r, uint32_t handle, bool by_entry);

/* -- text.c: the terms of a trace --------------------------------------------
 */

void record__who(struct record *r); /* "  d1.0: " */
void record__put_frame(struct record *r, xm_mfn mfn);
/* n3, or n3..n6 */
void record__put_extent(struct record *r, xm_mfn mfn, unsigned int order);
void record__put_entry(struct record *r, uint64_t e);
void record__put_maddr(struct record *r, uint64_t maddr);
void record__put_va(struct record *r, xm_vaddr va);
void record__put_domain(struct record *r, xm_domid domid);
void record__put_result(struct record *r, int64_t rc); /* and the line's end */
void record__put_answer(struct record *r, int64_t rc); /* without */
/* "  # " and the words, with the name of the call in front. */
void record__put_note(struct record *r, const struct record_call *c, int64_t rc,
                      const char *words);
/* The slot of a table of LEVEL, as the trace has it. */
unsigned int record__slot(const struct record *r, unsigned int level,
                          unsigned int slot);

/* -- content.c: what the trace's pages hold ----------------------------------
 */

/* Of a page that becomes a table of LEVEL, and of those below; 0: no table. */
void record__say_content(struct record *r, xm_mfn mfn, unsigned int level);
/* Of what is no table, a line by the caller's own terms for a word. */
void record__say_words(struct record *r, xm_mfn mfn,
                       void (*put)(struct record *r, unsigned int i,
                                   uint64_t word));
/* What is there now is what the trace has there too. */
void record__note_word(struct record *r, xm_mfn mfn, unsigned int slot);
void record__note_page(struct record *r, xm_mfn mfn);
void record__note_copy(struct record *r, xm_mfn to, xm_mfn from);
void record__note_cleared(struct record *r, xm_mfn mfn);
/* An L4 that is about to be loaded gets what the agent needs. */
void record__carry(struct record *r, xm_mfn l4);
/* The level of the live table in a frame, 0: none. */
unsigned int record__live_level(const struct record *r, xm_mfn mfn);

#define RECORD_AGENT_SLOT 511u

/* -- calls/fields.c: calls by the names of their fields ----------------------
 */

enum record_term {
    RECORD_NUMBER,
    RECORD_FRAME,
    RECORD_MADDR,
    RECORD_VA,
    RECORD_DOMAIN,
    RECORD_HANDLE,
    RECORD_FRESH_HANDLE, /* an answer that gets a name */
};

/* What a field holds, VALUE, in the structure at ELEMENT. */
typedef enum record_term record_terms(struct record *r, const char *field,
                                      const uint8_t *element);

const struct pvt_call_info *record__call_info(const char *name);
uint64_t record__field(const struct pvt_field *f, const uint8_t *element);
void record__put_term(struct record *r, enum record_term term, uint64_t value);
/* "{ a=1 b=2 }": fields that are not zero, but those in the list SKIP. */
void record__put_fields(struct record *r, const struct pvt_call_info *info,
                        const uint8_t *element, record_terms *terms);
/* The same of what the call has changed. */
void record__put_changed(struct record *r, const struct pvt_call_info *info,
                         const uint8_t *before, const uint8_t *after,
                         record_terms *terms);

#endif
