/* SPDX-License-Identifier: MIT
 *
 * One call of a vCPU: what goes into its mailbox before, and what is taken out
 * after. In between the caller may do something else.
 */
#include "internal.h"

#include <shim/execute.h>
#include <traces/trace.h>
#include <xen-model/insn.h>
#include <xen-model/pte.h>

#include <string.h>
#include <xen/errno.h>
#include <xen/vcpu.h>

/* 1: this was the end of the domain, an answer, too. */
static int await_or_crash(struct shim_vcpu *v, struct pvt_outcome *out)
{
    if (shim__await(v) == 0)
        return 0;
    if (!v->domain->crashed)
        return -1;
    v->domain->used_up = true;
    out->vector = PVT_CRASH;
    return 1;
}

/*
 * A call does not return then. But for L1TF none ends a domain: one that has
 * crashed has lost what it runs on, and that is told.
 */
static int await_call(struct shim_vcpu *v, struct pvt_outcome *out)
{
    return v->domain->shim->backend.l1tf ? await_or_crash(v, out)
                                         : shim__await(v);
}

static int take_batch(struct shim_vcpu *v, struct pvt_outcome *out)
{
    const int rc = await_call(v, out);

    if (rc != 0)
        return rc < 0 ? -1 : 0;
    out->rc = v->mailbox->rc;
    memcpy(&out->done, v->mailbox->data + SHIM_DONE_AT, sizeof(out->done));
    return 0;
}

/*
 * Nothing takes back a vCPU that was brought up, or its vcpu_info. One whose
 * user base is refused keeps the kernel base.
 */
static bool is_for_good(const struct pvt_op *op, int64_t rc)
{
    if (op->number == __HYPERVISOR_physdev_op)
        return rc == 0;
    return op->number == __HYPERVISOR_vcpu_op &&
           ((op->arg[0] == VCPUOP_initialise &&
             (rc == 0 || rc == -XEN_EINVAL)) ||
            (rc == 0 && (op->arg[0] == VCPUOP_up ||
                         op->arg[0] == VCPUOP_register_vcpu_info ||
                         op->arg[0] == VCPUOP_register_runstate_memory_area ||
                         op->arg[0] == VCPUOP_register_vcpu_time_memory_area)));
}

/* Those that no allocator serves, that change no domain, and do not stop. */
static bool is_plain(const struct pvt_op *op)
{
    return !op->stops && (op->number == __HYPERVISOR_vm_assist ||
                          op->number == __HYPERVISOR_set_gdt ||
                          op->number == __HYPERVISOR_update_descriptor);
}

static int take_plain(struct shim_vcpu *v, const struct pvt_op *op,
                      struct pvt_outcome *out)
{
    const int rc = await_call(v, out);

    if (rc != 0)
        return rc < 0 ? -1 : 0;
    out->rc = v->mailbox->rc;
    if (op->data_size)
        memcpy(op->data, v->mailbox->data, op->data_size);
    return 0;
}

static int other_hypercall(struct shim_vcpu *v, const struct pvt_op *op,
                           struct pvt_outcome *out)
{
    const bool grants = op->number == __HYPERVISOR_grant_table_op;
    struct shim *s = v->domain->shim;
    struct shim_grants before;
    int rc;

    if (grants && shim__count_grants(s, &before) != 0)
        return -1;
    if (op->stops && shim__begin_stops(v, op) != 0)
        return -1;
    if (op->data_size)
        memcpy(v->mailbox->data, op->data, op->data_size);
    rc = op->number == __HYPERVISOR_domctl
             ? shim__trace_domctl(v, op, &out->rc)
             : shim__hypercall(v, op->number, op->arg, &out->rc);
    if (op->stops)
        shim__end_stops(v);
    if (rc != 0)
        return -1;
    /* Of dom0 both vCPUs are up, and it registers nothing. */
    v->domain->used_up |= v->domain->domid != 0 && is_for_good(op, out->rc);
    if (grants && shim__new_grants(s, &before, out) != 0)
        return -1;
    if (op->data_size)
        memcpy(op->data, v->mailbox->data, op->data_size);
    return 0;
}

static void note_exception(const struct shim_vcpu *v, struct pvt_outcome *out)
{
    out->vector = (uint32_t)v->mailbox->vector;
    out->error_code = (uint32_t)v->mailbox->error_code;
    out->cr2 = v->mailbox->cr2;
}

static int take_access(struct shim_vcpu *v, const struct pvt_op *op,
                       struct pvt_outcome *out)
{
    const int rc = await_or_crash(v, out);

    if (rc != 0)
        return rc < 0 ? -1 : 0;
    note_exception(v, out);
    if (pvt_is_load(op->call) && !out->vector)
        out->value = v->mailbox->value;
    return 0;
}

static int take_instruction(struct shim_vcpu *v, const struct pvt_op *op,
                            struct pvt_outcome *out)
{
    const struct shim_execute *const e =
        (const struct shim_execute *)v->mailbox->data;

    if (shim__await(v) != 0)
        return -1;
    if (v->mailbox->rc != 0)
        return shim__fail(v->domain->shim,
                          "the shim refuses an instruction of %u bytes",
                          op->code->length);
    note_exception(v, out);
    memcpy(out->registers, e->registers.gpr, sizeof(e->registers.gpr));
    out->registers[PVT_FLAGS] =
        e->registers.flags & (XM_FLAGS_STATUS | XM_FLAG_DF);
    return 0;
}

struct shim_domain *shim__find_domain(struct shim *s, xm_domid domid)
{
    if (domid < SHIM_DOMAINS && s->domains[domid].exists)
        return &s->domains[domid];
    (void)shim__fail(s, "there is no domain %u", domid);
    return NULL;
}

/* The vCPU of OP, which polls. NULL and a message: there is none. */
static struct shim_vcpu *caller(struct shim *s, const struct pvt_op *op)
{
    struct shim_domain *d = shim__find_domain(s, op->domid);

    if (!d)
        return NULL;
    if (op->vcpu >= SHIM_VCPUS) {
        (void)shim__fail(s, "domain %u has no vCPU %u", op->domid, op->vcpu);
        return NULL;
    }
    return shim__wake(&d->vcpu[op->vcpu]) == 0 ? &d->vcpu[op->vcpu] : NULL;
}

/* 1: it is for take_call() as a whole. */
static int post_call(struct shim_vcpu *v, const struct pvt_op *op)
{
    int command;

    if (op->call == PVT_HYPERCALL && !is_plain(op))
        return 1;
    command = shim__fill(v->mailbox, op);
    if (command < 0)
        return shim__fail(v->domain->shim,
                          "a batch of %u is too large for the shim", op->count);
    shim__post(v, (uint64_t)command);
    return 0;
}

static int take_call(struct shim_vcpu *v, const struct pvt_op *op,
                     struct pvt_outcome *out)
{
    *out = (struct pvt_outcome){ .done = PVT_DONE_UNTOUCHED };
    switch (op->call) {
    case PVT_MMU_UPDATE:
    case PVT_MMUEXT_OP:
        return take_batch(v, out);
    case PVT_UPDATE_VA_MAPPING:
        return take_plain(v, op, out);
    case PVT_HYPERCALL:
        return is_plain(op) ? take_plain(v, op, out)
                            : other_hypercall(v, op, out);
    case PVT_EXECUTE:
        return take_instruction(v, op, out);
    default:
        return take_access(v, op, out);
    }
}

int shim__start_call(struct pvt_backend *b, const struct pvt_op *op)
{
    struct shim_vcpu *v = caller(shim_of(b), op);

    return v ? post_call(v, op) : -1;
}

int shim__finish_call(struct pvt_backend *b, const struct pvt_op *op,
                      struct pvt_outcome *out)
{
    struct shim *s = shim_of(b);
    int rc = take_call(&s->domains[op->domid].vcpu[op->vcpu], op, out);

    for (uint32_t i = 0; rc == 0 && i < SHIM_DOMAINS; i++)
        if (s->domains[i].remains)
            rc = shim__settle(&s->domains[i]);
    return rc;
}

int shim__execute(struct pvt_backend *b, const struct pvt_op *op,
                  struct pvt_outcome *out)
{
    *out = (struct pvt_outcome){ .done = PVT_DONE_UNTOUCHED };
    return shim__start_call(b, op) >= 0 ? shim__finish_call(b, op, out) : -1;
}

static int batch(struct shim_vcpu *v, const struct pvt_op *op,
                 struct pvt_outcome *out)
{
    return post_call(v, op) == 0 ? take_batch(v, out) : -1;
}

int shim__mmuext_op(struct shim_vcpu *v, const struct mmuext_op *ops,
                    uint32_t count, struct pvt_outcome *out)
{
    const struct pvt_op op = { .call = PVT_MMUEXT_OP,
                               .ops = ops,
                               .count = count,
                               .foreigndom = DOMID_SELF };

    return batch(v, &op, out);
}

int shim__mmu_update(struct shim_vcpu *v, const struct mmu_update *update,
                     struct pvt_outcome *out)
{
    const struct pvt_op op = { .call = PVT_MMU_UPDATE,
                               .updates = update,
                               .count = 1,
                               .foreigndom = DOMID_SELF };

    return batch(v, &op, out);
}
