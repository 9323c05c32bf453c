/* SPDX-License-Identifier: MIT
 *
 * Translations that a processor might still have: a page that was touched, and
 * whose entry has lost rights or its frame since, until a flush. Whoever uses
 * one has forgotten the flush; on a real processor it works, or not. And
 * whoever gives such a frame back lets go of what may still be written.
 */
#include "internal.h"

#include <inttypes.h>
#include <string.h>
#include <xen-model/ghost.h>
#include <xen-model/pte.h>

#define PLACES 64u /* of changes that are remembered */
#define DEPTH 16

/* Where in the guest a call was made that has changed an entry. */
struct place {
    uint64_t call; /* which hypercall, 0: none */
    int depth;
    void *frames[DEPTH];
};

static struct xm_ghosts ghosts;
static struct place places[PLACES];

static void note_place(void)
{
    const uint64_t call = direct.counts.hypercalls;
    struct place *p = &places[call % PLACES];

    if (p->call == call)
        return;
    p->call = call;
    p->depth = direct__callers(direct.caller, p->frames, DEPTH);
}

static void show_place(uint64_t call)
{
    const struct place *p = &places[call % PLACES];

    if (p->call == call)
        direct__show_callers(p->frames, p->depth);
}

static void show_here(void)
{
    void *frames[DEPTH];

    direct__show_callers(frames, direct__callers(direct.caller, frames, DEPTH));
}

bool direct__became_stale(xm_vaddr va, uint64_t before, uint64_t after)
{
    if (!xm_ghosts_changed(&ghosts, &direct.cpu, va, before, after, 1,
                           direct.counts.hypercalls))
        return false;
    note_place();
    return true;
}

void direct__flush_all(void)
{
    xm_ghosts_flush_all(&ghosts, ~0u);
}

static const char *rights(const struct xm_ghost *s)
{
    return s->before & XM_PTE_RW ? "writable" : "read-only";
}

void direct__check_use(xm_vaddr va, const void *at)
{
    const struct xm_ghost *s = xm_ghosts_find(&ghosts, va, 0);
    char before[EXPLAIN_NAME];

    if (!s)
        return;
    direct.counts.stale++;
    if (!direct.config.quiet) {
        direct__name_frame(NULL, xm_pte_mfn(s->before), before);
        fprintf(stderr,
                "pinfold: 0x%" PRIx64 " is used by the instruction at %p, but "
                "its entry has changed in hypercall %" PRIu64 " of %" PRIu64
                " and nothing was flushed since: a processor may still use it "
                "as %s, %s\nit is used here:\n",
                va, at, s->cause, direct.counts.hypercalls, before, rights(s));
        direct__show_instruction(at);
        fputs("its entry was changed here:\n", stderr);
        show_place(s->cause);
    }
    xm_ghosts_flush_page(&ghosts, va, ~0u);
}

/* Frames that the call has given back. */
static void check_given_back(void)
{
    struct xm_ghost s;

    while (xm_ghosts_given_back(&ghosts, &direct.cpu, &s)) {
        direct.counts.given_cached++;
        if (direct.config.quiet)
            continue;
        fprintf(stderr,
                "pinfold: hypercall %" PRIu64 " gives mfn 0x%" PRIx64
                " back, which a processor may still have cached at 0x%" PRIx64
                ", %s: nothing was flushed since its entry was changed in "
                "hypercall %" PRIu64 "\nit is given back here:\n",
                direct.counts.hypercalls, xm_pte_mfn(s.before), s.va,
                rights(&s), s.cause);
        show_here();
        fputs("its entry was changed here:\n", stderr);
        show_place(s.cause);
    }
}

void direct__note_flushes(uint64_t number, const uint64_t arg[6])
{
    if (ghosts.nr == 0) {
        direct.cpu.flushed = 0; /* nothing */
        return;
    }
    xm_ghosts_flushed(&ghosts, &direct.cpu, number, arg);
    check_given_back();
}
