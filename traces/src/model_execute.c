/* SPDX-License-Identifier: MIT
 *
 * One operation of a trace on the model: a hypercall with its arguments in the
 * guest's memory, an access, an instruction.
 */
#include "model.h"

#include <xen-decode/decode.h>
#include <xen-model/execute.h>
#include <xen-model/mode.h>
#include <xen-model/pte.h>
#include <xen-model/walk.h>

#include <string.h>

static void note_fault(struct pvt_outcome *out, struct xm_page_fault fault)
{
    out->vector = fault.taken ? XM_EXCEPTION_PF : 0;
    out->error_code = fault.error_code;
    out->cr2 = fault.cr2;
}

static uint8_t *args_page(struct xm_cpu *c, xm_vaddr va)
{
    const struct xm_walk w = xm_walk(c, va, 0);

    return w.ok ? (uint8_t *)xm_ram_frame(c, w.mfn) : NULL;
}

/* Copies the arguments to or from the domain's area, page by page. */
static bool copy_args(struct model *m, const struct pvt_op *op, bool to_guest)
{
    const xm_vaddr va = op->args;

    for (uint32_t n, at = 0; at < op->data_size; at += n) {
        const uint32_t in_page = (uint32_t)((va + at) & (XM_PAGE_SIZE - 1));
        uint8_t *page = args_page(&m->cpu, va + at);

        if (!page)
            return false;
        n = (uint32_t)XM_PAGE_SIZE - in_page;
        n = n < op->data_size - at ? n : op->data_size - at;
        if (to_guest)
            memcpy(page + in_page, op->data + at, n);
        else
            memcpy(op->data + at, page + in_page, n);
    }
    return true;
}

/* Up to where it is interrupted; FIRST: from the beginning. */
static int hypercall_part(struct model *m, const struct pvt_op *op, bool first,
                          uint64_t arg[6], struct pvt_outcome *out)
{
    if (first && !copy_args(m, op, true))
        return fail(m, "the guest's page of arguments is not mapped: keep "
                       "boot.l3 in slot 511 of a table that is loaded");
    out->why = xm_hypercall(&m->cpu, op->number, arg);
    if (!copy_args(m, op, false))
        return fail(m, "the guest's page of arguments is not mapped any more");
    return 0;
}

/* A preempted call is continued at once, as the guest sees it on Xen. */
static int hypercall(struct model *m, const struct pvt_op *op,
                     struct pvt_outcome *out)
{
    bool first = true;
    uint64_t arg[6];

    memcpy(arg, op->arg, sizeof(arg));
    do {
        if (hypercall_part(m, op, first, arg, out) != 0)
            return -1;
        first = false;
    } while (out->why.rc == -XEN_ERESTART &&
             !xm_domain_find(m->cpu.machine, op->domid)->crashed);
    return 0;
}

static int execute_instruction(struct model *m, const struct pvt_code *code,
                               struct pvt_outcome *out)
{
    struct xm_registers r = { .rflags =
                                  code->registers[PVT_FLAGS] | XM_FLAG_IF };
    struct xm_execution e;
    struct xm_insn i;

    if (xm_decode(code->code, code->length, &i) != XM_DECODED)
        return fail(m, "these bytes are no instruction that stores");
    memcpy(r.gpr, code->registers, sizeof(r.gpr));
    e = xm_execute(&m->cpu, &i, &r);
    if (e.unknown)
        return fail(m, "the model executes this instruction only where it "
                       "faults");
    if (e.stopped)
        return fail(m, "the domain has crashed");
    memcpy(out->registers, r.gpr, sizeof(r.gpr));
    out->registers[PVT_FLAGS] = r.rflags & (XM_FLAGS_STATUS | XM_FLAG_DF);
    out->known_flags =
        (XM_FLAGS_STATUS | XM_FLAG_DF) & ~(uint64_t)e.undefined_flags;
    out->why = e.why;
    note_fault(out, e.fault);
    return 0;
}

static void note_exception(struct pvt_outcome *out, struct xm_exception e)
{
    out->vector = e.vector;
    out->error_code = e.error_code;
    out->cr2 = e.cr2;
}

/* As Xen emulates it; a refusal is the guest's #GP(0). */
static void write_cr3(struct xm_cpu *c, uint64_t value, struct pvt_outcome *out)
{
    struct xm_result r;

    do {
        r = xm_write_cr3(c, value);
    } while (r.rc == -XEN_ERESTART);
    if (r.rc != 0)
        out->vector = XM_EXCEPTION_GP;
}

static int access_memory(struct model *m, const struct pvt_op *op,
                         struct pvt_outcome *out)
{
    struct xm_cpu *c = &m->cpu;

    if (op->user) {
        out->why = xm_enter_user(c);
        if (out->why.rule != XM_R_NONE) {
            out->vector = PVT_CRASH;
            return 0;
        }
    }
    switch (op->call) {
    case PVT_LOAD:
        note_fault(out, xm_load64(c, op->va, &out->value));
        break;
    case PVT_STORE:
        note_fault(out, xm_store64(c, op->va, op->val));
        break;
    case PVT_LOAD_SEGMENT:
        note_exception(out, xm_load_segment(c, (uint16_t)op->val));
        break;
    case PVT_WRITE_CR3:
        write_cr3(c, op->val, out);
        break;
    case PVT_READ_CR3:
        out->value = xm_read_cr3(c);
        break;
    default: /* PVT_INVLPG: Xen does not emulate it */
        out->vector = XM_EXCEPTION_GP;
        break;
    }
    xm_enter_kernel(c);
    return 0;
}

/* Lists of requests, with Xen's continuations until all is done. */
static struct xm_result requests(struct xm_cpu *c, const struct pvt_op *op,
                                 uint32_t *done)
{
    uint32_t from = 0, count = op->count, foreigndom = op->foreigndom;
    struct xm_result r;

    for (;;) {
        const bool none = count == XM_PREEMPTED;

        r = op->call == PVT_MMU_UPDATE
                ? xm_mmu_update(c, none ? NULL : op->updates + from, count,
                                done, foreigndom)
                : xm_mmuext_op(c, none ? NULL : op->ops + from, count, done,
                               foreigndom);
        if (r.rc != -XEN_ERESTART ||
            xm_domain_find(c->machine, op->domid)->crashed)
            return r;
        if (*done != PVT_DONE_UNTOUCHED) {
            from = *done;
            count = (op->count - from) | XM_PREEMPTED;
        }
        /* What is left is a deferred put, and the answer is known. */
        if (count == XM_PREEMPTED)
            foreigndom = (uint32_t)r.seen[0];
    }
}

static struct xm_result update_va_mapping(struct xm_cpu *c,
                                          const struct pvt_op *op)
{
    struct xm_result r;

    do {
        r = op->other == DOMID_SELF
                ? xm_update_va_mapping(c, op->va, op->val, op->flags)
                : xm_update_va_mapping_otherdomain(c, op->va, op->val,
                                                   op->flags, op->other);
    } while (r.rc == -XEN_ERESTART &&
             !xm_domain_find(c->machine, op->domid)->crashed);
    return r;
}

/* The model is on the vCPU of OP from now on. */
static int enter(struct model *m, const struct pvt_op *op,
                 struct pvt_outcome *out)
{
    struct xm_cpu *c = &m->cpu;
    struct xm_domain *d = xm_domain_find(c->machine, op->domid);

    *out = (struct pvt_outcome){ .done = PVT_DONE_UNTOUCHED };
    if (!d || d->dying)
        return fail(m, "the domain has been destroyed");
    if (d->crashed)
        return fail(m, "the domain has crashed");
    c->domid = op->domid;
    c->vcpu = op->vcpu;
    c->fired = (struct xm_rule_set){ { 0 } };
    c->refused.why.rule = XM_R_NONE;
    d->vcpu[op->vcpu].up = d->vcpu[op->vcpu].has_run = true;
    return 0;
}

int pvt_model_part(struct pvt_backend *model, const struct pvt_op *op,
                   bool first, uint64_t arg[6], struct pvt_outcome *out)
{
    struct model *m = model_of(model);

    if (enter(m, op, out) != 0 || hypercall_part(m, op, first, arg, out) != 0)
        return -1;
    out->rc = out->why.rc;
    out->fired = m->cpu.fired;
    return 0;
}

/*
 * Before the guest does something itself, its agent on actual Xen flushes the
 * TLB. That is a hypercall, and finishes a put that waits for one (PRE-23).
 */
static void flush(struct xm_cpu *c, const struct pvt_op *op)
{
    const struct mmuext_op flush = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
    const struct pvt_op call = { .call = PVT_MMUEXT_OP,
                                 .domid = op->domid,
                                 .count = 1,
                                 .ops = &flush,
                                 .foreigndom = DOMID_SELF };
    uint32_t done = PVT_DONE_UNTOUCHED;

    if (!pvt_is_access(op->call) || op->unflushed ||
        !xm_domain_find(c->machine, op->domid)->vcpu[op->vcpu].has_old)
        return;
    (void)requests(c, &call, &done);
    c->fired = (struct xm_rule_set){ { 0 } };
}

int model__execute(struct pvt_backend *b, const struct pvt_op *op,
                   struct pvt_outcome *out)
{
    struct model *m = model_of(b);
    struct xm_cpu *c = &m->cpu;

    if (enter(m, op, out) != 0)
        return -1;
    flush(c, op);
    if (!m->unchecked)
        refusal_before(&m->refusal, c, op);
    switch (op->call) {
    case PVT_MMU_UPDATE:
    case PVT_MMUEXT_OP:
        out->why = requests(c, op, &out->done);
        break;
    case PVT_UPDATE_VA_MAPPING:
        out->why = update_va_mapping(c, op);
        break;
    case PVT_HYPERCALL:
        if (hypercall(m, op, out) != 0)
            return -1;
        break;
    case PVT_LOAD:
    case PVT_STORE:
    case PVT_LOAD_SEGMENT:
    case PVT_WRITE_CR3:
    case PVT_READ_CR3:
    case PVT_INVLPG:
        if (access_memory(m, op, out) != 0)
            return -1;
        break;
    case PVT_EXECUTE:
        if (execute_instruction(m, op->code, out) != 0)
            return -1;
        break;
    }
    out->rc = out->why.rc;
    /* Such a call does not return. */
    if (xm_domain_find(c->machine, op->domid)->crashed)
        out->vector = PVT_CRASH;
    out->fired = c->fired;
    if (!m->unchecked)
        m->violation = refusal_after(&m->refusal, c, out->why);
    return 0;
}
