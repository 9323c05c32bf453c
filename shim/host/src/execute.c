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

/* Where things are in the mailbox's data. */
#define DONE_AT 0u
#define REQUESTS_AT 64u

static int post_hypercall(struct shim_vcpu *v, uint64_t number,
                          const uint64_t arg[5])
{
    v->mailbox->arg[0] = number;
    memcpy(&v->mailbox->arg[1], arg, 5 * sizeof(arg[0]));
    shim__post(v, SHIM_HYPERCALL);
    return 0;
}

/* mmu_update and mmuext_op: COUNT requests of SIZE bytes each. */
static int post_batch(struct shim_vcpu *v, uint64_t number,
                      const void *requests, uint32_t count, size_t size,
                      uint32_t foreigndom)
{
    uint8_t *const data = v->mailbox->data;
    const uint64_t arg[5] = { shim__data(v, REQUESTS_AT), count,
                              shim__data(v, DONE_AT), foreigndom, 0 };
    const uint32_t untouched = PVT_DONE_UNTOUCHED;

    if ((SHIM_DATA_SIZE - REQUESTS_AT) / size < count)
        return shim__fail(v->domain->shim,
                          "a batch of %u is too large for the shim", count);
    memcpy(data + DONE_AT, &untouched, sizeof(untouched));
    if (count != 0)
        memcpy(data + REQUESTS_AT, requests, count * size);
    return post_hypercall(v, number, arg);
}

static int take_batch(struct shim_vcpu *v, struct pvt_outcome *out)
{
    if (shim__await(v) != 0)
        return -1;
    out->rc = v->mailbox->rc;
    memcpy(&out->done, v->mailbox->data + DONE_AT, sizeof(out->done));
    return 0;
}

static int post_update(struct shim_vcpu *v, const struct pvt_op *op)
{
    const uint64_t arg[5] = { op->va, op->val, op->flags, op->other, 0 };

    return post_hypercall(v,
                          op->other == DOMID_SELF
                              ? __HYPERVISOR_update_va_mapping
                              : __HYPERVISOR_update_va_mapping_otherdomain,
                          arg);
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

static int post_plain(struct shim_vcpu *v, const struct pvt_op *op)
{
    if (op->data_size)
        memcpy(v->mailbox->data, op->data, op->data_size);
    return post_hypercall(v, op->number, op->arg);
}

static int take_plain(struct shim_vcpu *v, const struct pvt_op *op,
                      struct pvt_outcome *out)
{
    if (shim__await(v) != 0)
        return -1;
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

static int post_access(struct shim_vcpu *v, const struct pvt_op *op)
{
    static const uint64_t commands[] = {
        [PVT_LOAD] = SHIM_LOAD,
        [PVT_STORE] = SHIM_STORE,
        [PVT_LOAD_SEGMENT] = SHIM_LOAD_SEGMENT,
        [PVT_WRITE_CR3] = SHIM_WRITE_CR3,
        [PVT_READ_CR3] = SHIM_READ_CR3,
        [PVT_INVLPG] = SHIM_INVLPG,
    };
    const bool value =
        op->call == PVT_LOAD_SEGMENT || op->call == PVT_WRITE_CR3;

    v->mailbox->arg[0] = value ? op->val : op->va;
    v->mailbox->arg[1] = op->val;
    v->mailbox->arg[2] = op->unflushed;
    v->mailbox->arg[3] = op->user;
    shim__post(v, commands[op->call]);
    return 0;
}

static int take_access(struct shim_vcpu *v, const struct pvt_op *op,
                       struct pvt_outcome *out)
{
    if (shim__await(v) != 0) {
        v->domain->used_up = v->domain->crashed;
        out->vector = PVT_CRASH;
        return v->domain->crashed ? 0 : -1;
    }
    note_exception(v, out);
    if (pvt_is_load(op->call) && !out->vector)
        out->value = v->mailbox->value;
    return 0;
}

static int post_instruction(struct shim_vcpu *v, const struct pvt_op *op)
{
    const struct pvt_code *code = op->code;
    struct shim_execute *const e = (struct shim_execute *)v->mailbox->data;

    *e = (struct shim_execute){ .address = op->va, .length = code->length };
    memcpy(e->code, code->code, code->length);
    memcpy(e->registers.gpr, code->registers, sizeof(e->registers.gpr));
    e->registers.flags = code->registers[PVT_FLAGS];
    shim__post(v, SHIM_EXECUTE);
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

static int post_call(struct shim_vcpu *v, const struct pvt_op *op)
{
    switch (op->call) {
    case PVT_MMU_UPDATE:
        return post_batch(v, __HYPERVISOR_mmu_update, op->updates, op->count,
                          sizeof(op->updates[0]), op->foreigndom);
    case PVT_MMUEXT_OP:
        return post_batch(v, __HYPERVISOR_mmuext_op, op->ops, op->count,
                          sizeof(op->ops[0]), op->foreigndom);
    case PVT_UPDATE_VA_MAPPING:
        return post_update(v, op);
    case PVT_HYPERCALL:
        return is_plain(op) ? post_plain(v, op) : 1;
    case PVT_LOAD:
    case PVT_STORE:
    case PVT_LOAD_SEGMENT:
    case PVT_WRITE_CR3:
    case PVT_READ_CR3:
    case PVT_INVLPG:
        return post_access(v, op);
    case PVT_EXECUTE:
        return post_instruction(v, op);
    }
    return shim__fail(v->domain->shim, "no such call: %d", (int)op->call);
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

int shim__mmuext_op(struct shim_vcpu *v, const struct mmuext_op *ops,
                    uint32_t count, struct pvt_outcome *out)
{
    return post_batch(v, __HYPERVISOR_mmuext_op, ops, count, sizeof(*ops),
                      DOMID_SELF) == 0
               ? take_batch(v, out)
               : -1;
}

int shim__mmu_update(struct shim_vcpu *v, const struct mmu_update *update,
                     struct pvt_outcome *out)
{
    return post_batch(v, __HYPERVISOR_mmu_update, update, 1, sizeof(*update),
                      DOMID_SELF) == 0
               ? take_batch(v, out)
               : -1;
}
