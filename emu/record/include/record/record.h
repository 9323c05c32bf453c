/* SPDX-License-Identifier: MIT
 *
 * A guest's run as a trace, written while it goes on, by whichever engine runs
 * the guest on the model: it replays on the model and on actual Xen, with the
 * trace's own frames.
 *
 * The file is complete after every call: a program that dies, by SIGKILL or
 * otherwise, leaves what it has done so far. (It ends in zero bytes then, and
 * without the last brace; whoever reads a trace knows that.)
 *
 * What the guest stores into its own pages by itself is not seen here, and is
 * of no interest before a page becomes a table, or descriptors: then what has
 * changed in it is said, as an mmu_update of a page that is no table yet.
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include <xen-model/hypercall.h>

struct record;

struct record_config {
    const char *file;         /* a regular file, or one to be made */
    const struct xm_cpu *cpu; /* the machine; domain and vCPU of each call */
    /*
     * The domain's page frame numbers are below this, and the M2P knows them:
     * frame number 0x23 is called x23 in the trace.
     */
    uint32_t nr_pages;
    /*
     * What executes the trace on actual Xen lies behind slot 511 of the L4 that
     * is loaded. A guest that has something of its own there lives in this slot
     * instead, in the trace, and so do its addresses. 0: it has nothing there.
     */
    unsigned int moved_slot;
};

/*
 * Begins, with the tables that the domain's vCPU 0 is on. NULL and a message in
 * ERROR: the file cannot be written, or there is no memory.
 */
struct record *record_open(const struct record_config *config, char *error,
                           size_t size);

/*
 * Around each hypercall: NUMBER and its arguments as the guest has passed them,
 * and what was answered after all continuations. If the domain has crashed,
 * nothing is recorded any more.
 */
void record_before(struct record *r, uint64_t number, const uint64_t arg[6]);
void record_after(struct record *r, struct xm_result result);

/* A store of the guest to the BYTES from VA on, which Xen has emulated. */
void record_emulated(struct record *r, xm_vaddr va, uint64_t bytes);

/* One that Xen never came back from: VALUE was to be the word at VA. */
void record_fatal_store(struct record *r, xm_vaddr va, uint64_t value);

/* Around the privileged move of VALUE to CR3; RC: 0, or it was refused. */
void record_before_cr3(struct record *r, uint64_t value);
void record_after_cr3(struct record *r, uint64_t value, int rc);

/* "": all is well. Else why nothing is recorded any more. */
const char *record_error(const struct record *r);

/* Ends the file and frees R, which may be NULL. */
void record_close(struct record *r);

#endif
