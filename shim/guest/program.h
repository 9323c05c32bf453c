/* SPDX-License-Identifier: MIT
 *
 * A program being run.
 */
#ifndef SHIM_GUEST_PROGRAM_H
#define SHIM_GUEST_PROGRAM_H

#include <shim/mailbox.h>
#include <shim/program.h>
#include <stdbool.h>
#include <stddef.h>
#include <xen/xen.h>

#define PROGRAM_SYMBOLS (SHIM_SYMBOL_PAGES + SHIM_PROGRAM_PAGES)
#define PROGRAM_UNKNOWN (~0ull) /* a number that is still to come */

struct program {
    const struct shim_program *head;
    const struct shim_program_page *pages; /* the first */
    const struct shim_program_fill *fills;
    const struct shim_program_step *steps; /* the first */
    uint32_t nr_symbols;
    uint64_t number[PROGRAM_SYMBOLS]; /* what each symbol means here */
    uint64_t shown[PROGRAM_SYMBOLS];  /* its number, as the reader knows it */
    uint64_t sum[PROGRAM_SYMBOLS];    /* of what a page held when last shown */
    bool hidden[PROGRAM_SYMBOLS];     /* Xen writes what nobody can foretell */
};

/* program.c: has the domain a program for a module? */
bool shim_has_program(const struct start_info *si);
/* Runs it and ends the domain. M: its vCPU's mailbox. */
void shim_run_program(const struct start_info *si, struct shim_mailbox *m);

static inline const char *shim_page_name(const struct shim_program_page *page)
{
    return (const char *)(page + 1);
}

static inline const struct shim_program_page *
shim_next_page(const struct shim_program_page *page)
{
    return (const void *)(shim_page_name(page) +
                          shim_program_round(page->name_length));
}

/* program_places.c: NULL, or why it cannot be run in this domain. */
const char *shim_find_places(struct program *p, const struct start_info *si,
                             struct shim_mailbox *m);

/* program_print.c: as `pinfold replay --json` does. */
void shim_print_begin(struct program *p);
void shim_print_step(struct program *p, const struct shim_program_step *s,
                     const struct shim_mailbox *m);
void shim_print_end(void);

#endif
