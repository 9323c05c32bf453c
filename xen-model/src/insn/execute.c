/* SPDX-License-Identifier: MIT
 *
 * The guest kernel executes an instruction. Mirrors the processor up to a page
 * fault, then fixup_page_fault() and pv_inject_event(). Rules PTW-01..05,
 * PTW-35, PTW-36, PTW-40..46.
 */
#include "exec.h"

static enum emul cpu_read(struct exec *x, xm_vaddr va, void *to, unsigned int n)
{
    return xm__cpu_read(x->c, va, to, n, &x->fault) ? EMUL_OKAY
                                                    : EMUL_EXCEPTION;
}

static enum emul cpu_write(struct exec *x, xm_vaddr va, const void *from,
                           unsigned int n)
{
    return xm__cpu_write(x->c, va, from, n, &x->fault) ? EMUL_OKAY
                                                       : EMUL_EXCEPTION;
}

static const struct exec_memory processor = { .read = cpu_read,
                                              .write = cpu_write };

/* Xen may complete what the processor could not. */
static enum emul fixup_page_fault(struct exec *x)
{
    const struct xm_domain *d = xm__domain(x->c);
    const struct xm_page_fault f = x->fault;
    struct xm_walk w;
    enum emul rc;

    if (xm__vcpu(x->c)->user_mode || !xm__guest_address(f.cr2) ||
        !(f.error_code & XM_PF_WRITE) || !(f.error_code & XM_PF_PRESENT))
        return EMUL_UNHANDLEABLE;
    if (!d->writable_pagetables && !d->privileged)
        return xm__unhandleable(x, XM_R_PTWR_OFF, f.cr2, x->c->domid);
    w = xm_walk(x->c, f.cr2, XM_PF_WRITE);
    rc = xm__pv_ro_page_fault(x, f.cr2, &w);
    if (rc == EMUL_UNHANDLEABLE)
        x->fault = f;
    return rc;
}

/* Once: one element of a repeated instruction. */
static enum emul execute_once(struct exec *x, const struct xm_registers *r,
                              struct xm_execution *e)
{
    enum emul rc;

    x->r = *r;
    x->why = xm__ok();
    x->memory = &processor;
    rc = xm__emulate(x);
    if (rc != EMUL_EXCEPTION)
        return rc;
    x->r = *r;
    x->undefined = 0;
    rc = fixup_page_fault(x);
    e->emulated |= rc == EMUL_OKAY;
    return rc;
}

/* Nothing to repeat: the count of rep is 0 from the start. */
static bool is_skipped(const struct xm_insn *i, struct xm_registers *r)
{
    uint64_t *const g = r->gpr;
    const bool narrow = i->mem.size == 4;

    if (!i->rep || (narrow ? (uint32_t)g[XM_RCX] : g[XM_RCX]) != 0)
        return false;
    r->rip += i->length;
    return true;
}

struct xm_execution xm_execute(struct xm_cpu *c, const struct xm_insn *i,
                               struct xm_registers *r)
{
    const uint64_t start = r->rip;
    struct xm_execution e = { .fault = { .taken = false } };
    struct exec x = { .c = c, .insn = i };
    enum emul rc = EMUL_OKAY;

    if (is_skipped(i, r))
        return e;
    do {
        rc = execute_once(&x, r, &e);
        if (rc == EMUL_RETRY && xm__domain(c)->crashed)
            break;
        if (rc == EMUL_OKAY)
            *r = x.r;
    } while (rc == EMUL_RETRY ||
             (rc == EMUL_OKAY && i->rep && r->rip == start &&
              !(r->rflags & XM_FLAG_TF)));
    e.stopped = rc == EMUL_RETRY;
    e.unknown = rc == EMUL_UNKNOWN;
    e.undefined_flags = x.undefined;
    e.debug_trap = rc == EMUL_OKAY && (r->rflags & XM_FLAG_TF);
    e.why = xm__finish(c, x.why);
    if (rc == EMUL_EXCEPTION || rc == EMUL_UNHANDLEABLE)
        e.fault = x.fault;
    return e;
}
