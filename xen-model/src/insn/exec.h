/* SPDX-License-Identifier: MIT
 *
 * One instruction being executed, by the processor or by Xen's emulator: they
 * differ in how they reach memory, and in few other things.
 */
#ifndef XM_EXEC_H
#define XM_EXEC_H

#include <xen-model/execute.h>

#include "../internal.h"

/* What became of it; the names are those of Xen's X86EMUL_*. */
enum emul {
    EMUL_OKAY,
    EMUL_EXCEPTION,    /* a page fault, in fault */
    EMUL_UNHANDLEABLE, /* why says why not */
    EMUL_RETRY,        /* nothing was done, try again */
    EMUL_UNKNOWN,      /* the model has no data to store */
};

struct exec;

struct exec_memory {
    bool is_xen; /* the emulator, not the processor */
    enum emul (*read)(struct exec *x, xm_vaddr va, void *to, unsigned int n);
    enum emul (*write)(struct exec *x, xm_vaddr va, const void *from,
                       unsigned int n);
};

struct exec {
    struct xm_cpu *c;
    const struct xm_insn *insn;
    struct xm_registers r; /* a copy, to be committed */
    const struct exec_memory *memory;
    struct xm_page_fault fault;
    struct xm_result why;
    uint32_t undefined; /* flags */
    xm_vaddr cr2;       /* Xen: of the fault being handled */
    xm_mfn table;       /* Xen: the frame it hit */
};

static inline enum emul xm__unhandleable(struct exec *x, enum xm_rule rule,
                                         uint64_t a, uint64_t b)
{
    x->why = xm__deny(rule, a, b);
    return EMUL_UNHANDLEABLE;
}

/* Executes x->insn, a repeated one once, on x->r. */
enum emul xm__emulate(struct exec *x);

/*
 * The page fault X->fault of a store by the guest kernel, whose walk was W.
 * Mirrors pv_ro_page_fault(): OKAY, EXCEPTION and RETRY as the emulation
 * ended, UNHANDLEABLE: the fault is the guest's.
 */
enum emul xm__pv_ro_page_fault(struct exec *x, xm_vaddr addr,
                               const struct xm_walk *w);

/* The processor's own accesses; a fault in *F (guest_access.c). */
bool xm__cpu_read(struct xm_cpu *c, xm_vaddr va, void *to, unsigned int n,
                  struct xm_page_fault *f);
bool xm__cpu_may_write(struct xm_cpu *c, xm_vaddr va, unsigned int n,
                       struct xm_page_fault *f);
bool xm__cpu_write(struct xm_cpu *c, xm_vaddr va, const void *from,
                   unsigned int n, struct xm_page_fault *f);

#endif
