/* SPDX-License-Identifier: MIT
 *
 * A trace of one domain as a program, which the shim runs by itself on any Xen:
 * handed over as the ramdisk, that is, by who may unpack it and add bytes
 * behind it. So the length is in it.
 *
 * Behind struct shim_program are nr_pages of struct shim_program_page, then
 * nr_fills of struct shim_program_fill, then nr_steps of struct
 * shim_program_step. Each begins at a multiple of 8; the text that belongs to
 * one is behind it, without an end.
 *
 * A number that is not known before is a symbol: machine frames, and where the
 * mailbox is.
 */
#ifndef SHIM_PROGRAM_H
#define SHIM_PROGRAM_H

#include <stdint.h>

#define SHIM_PROGRAM_MAGIC 0x474f5250464e4950ull /* "PINFPROG" */
#define SHIM_PROGRAM_VERSION 1u
#define SHIM_PROGRAM_PAGES 8192u /* at most */

/* Symbols: these, and then the pages. */
enum shim_symbol {
    SHIM_SYMBOL_SHARED_INFO,
    SHIM_SYMBOL_M2P,       /* a frame of Xen's table */
    SHIM_SYMBOL_NR_FRAMES, /* of the machine */
    SHIM_SYMBOL_SELF,      /* address of the mailbox */
    SHIM_SYMBOL_PAGES,     /* the first: the three boot tables, L4 first */
};
#define SHIM_BOOT_PAGES 3u

/*
 * A program is written with a number for each symbol that stands for it; what
 * is added to a word is how the number differs from that, shifted.
 */
#define SHIM_SYMBOL_NUMBER(symbol) (0x4a000000ull + (symbol))

struct shim_program {
    uint64_t magic;
    uint32_t version;
    uint32_t length;   /* in bytes, of all */
    uint64_t checksum; /* shim_program_sum() of what is behind it */
    uint32_t nr_pages, nr_fills, nr_steps;
    uint32_t window; /* 0, or the symbol of the L1 table of the window */
    uint32_t name_length;
    uint32_t uses; /* a bit for each enum shim_symbol */
};

enum shim_page_kind {
    SHIM_PAGE_BOOT,
    SHIM_PAGE_FRESH, /* a frame of the domain's, zeroed */
    SHIM_PAGE_NEW,   /* a call returns its number */
    SHIM_PAGE_VALUE, /* the same, but it is no page */
};

struct shim_program_page {
    uint32_t kind; /* enum shim_page_kind */
    uint32_t name_length;
};

/* The number of a symbol, shifted, is in a word. */
struct shim_relocation {
    uint32_t word;
    uint32_t symbol;
    uint32_t shift;
    uint32_t pad;
};

struct shim_program_fill {
    uint32_t page; /* symbol */
    uint16_t first, last;
    uint64_t value;
    uint32_t has_symbol, symbol, shift, pad;
};

struct shim_program_bind {
    uint32_t symbol, extent; /* and so many behind it */
    uint32_t offset, size;   /* in the data */
};

/* What it answers. */
enum shim_program_answer {
    SHIM_ANSWER_RC,
    SHIM_ANSWER_DONE,  /* and the count behind it */
    SHIM_ANSWER_FAULT, /* or none */
    SHIM_ANSWER_VALUE, /* or a fault */
};

/*
 * What the mailbox is filled with. Words of relocations: 0 to 5 are arg, then
 * those of the data. Behind it: relocations, binds, data, and text.
 */
struct shim_program_step {
    uint32_t length; /* to the next */
    uint32_t command;
    uint64_t arg[6];
    uint32_t answer; /* enum shim_program_answer */
    uint32_t data_size;
    uint32_t nr_relocations, nr_binds;
    uint32_t text_length, pad;
};

static inline uint64_t shim_program_sum(const void *words, uint64_t bytes)
{
    const uint64_t *const w = (const uint64_t *)words;
    uint64_t sum = 0xcbf29ce484222325ull; /* FNV-1a, by the word */

    for (uint64_t i = 0; i < bytes / 8; i++)
        sum = (sum ^ w[i]) * 0x100000001b3ull;
    return sum;
}

static inline uint32_t shim_program_round(uint32_t bytes)
{
    return (bytes + 7u) & ~7u;
}

#endif
