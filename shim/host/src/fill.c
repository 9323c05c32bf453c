/* SPDX-License-Identifier: MIT
 *
 * A call as a mailbox has it: for a vCPU that polls one, and for a program.
 */
#include <shim/execute.h>
#include <shim/host.h>
#include <traces/trace.h>

#include <string.h>

#include "internal.h"

static int fill_hypercall(struct shim_mailbox *m, uint64_t number,
                          const uint64_t arg[5])
{
    m->arg[0] = number;
    memcpy(&m->arg[1], arg, 5 * sizeof(arg[0]));
    return SHIM_HYPERCALL;
}

/* mmu_update and mmuext_op: COUNT requests of SIZE bytes each. */
static int fill_batch(struct shim_mailbox *m, uint64_t number,
                      const void *requests, uint32_t count, size_t size,
                      uint32_t foreigndom)
{
    const uint64_t data = m->self + offsetof(struct shim_mailbox, data);
    const uint64_t arg[5] = { data + SHIM_REQUESTS_AT, count,
                              data + SHIM_DONE_AT, foreigndom, 0 };
    const uint32_t untouched = PVT_DONE_UNTOUCHED;

    if ((SHIM_DATA_SIZE - SHIM_REQUESTS_AT) / size < count)
        return -1;
    memcpy(m->data + SHIM_DONE_AT, &untouched, sizeof(untouched));
    if (count != 0)
        memcpy(m->data + SHIM_REQUESTS_AT, requests, count * size);
    return fill_hypercall(m, number, arg);
}

static int fill_update(struct shim_mailbox *m, const struct pvt_op *op)
{
    const uint64_t arg[5] = { op->va, op->val, op->flags, op->other, 0 };

    return fill_hypercall(m,
                          op->other == DOMID_SELF
                              ? __HYPERVISOR_update_va_mapping
                              : __HYPERVISOR_update_va_mapping_otherdomain,
                          arg);
}

static int fill_other(struct shim_mailbox *m, const struct pvt_op *op)
{
    if (op->data_size)
        memcpy(m->data, op->data, op->data_size);
    return fill_hypercall(m, op->number, op->arg);
}

static int fill_access(struct shim_mailbox *m, const struct pvt_op *op)
{
    static const int commands[] = {
        [PVT_LOAD] = SHIM_LOAD,
        [PVT_STORE] = SHIM_STORE,
        [PVT_LOAD_SEGMENT] = SHIM_LOAD_SEGMENT,
        [PVT_WRITE_CR3] = SHIM_WRITE_CR3,
        [PVT_READ_CR3] = SHIM_READ_CR3,
        [PVT_INVLPG] = SHIM_INVLPG,
    };
    const bool value =
        op->call == PVT_LOAD_SEGMENT || op->call == PVT_WRITE_CR3;

    m->arg[0] = value ? op->val : op->va;
    m->arg[1] = op->val;
    m->arg[2] = op->unflushed;
    m->arg[3] = op->user;
    return commands[op->call];
}

static int fill_instruction(struct shim_mailbox *m, const struct pvt_op *op)
{
    const struct pvt_code *code = op->code;
    struct shim_execute *const e = (struct shim_execute *)m->data;

    *e = (struct shim_execute){ .address = op->va, .length = code->length };
    memcpy(e->code, code->code, code->length);
    memcpy(e->registers.gpr, code->registers, sizeof(e->registers.gpr));
    e->registers.flags = code->registers[PVT_FLAGS];
    return SHIM_EXECUTE;
}

int shim__fill(struct shim_mailbox *m, const struct pvt_op *op)
{
    switch (op->call) {
    case PVT_MMU_UPDATE:
        return fill_batch(m, __HYPERVISOR_mmu_update, op->updates, op->count,
                          sizeof(op->updates[0]), op->foreigndom);
    case PVT_MMUEXT_OP:
        return fill_batch(m, __HYPERVISOR_mmuext_op, op->ops, op->count,
                          sizeof(op->ops[0]), op->foreigndom);
    case PVT_UPDATE_VA_MAPPING:
        return fill_update(m, op);
    case PVT_HYPERCALL:
        return fill_other(m, op);
    case PVT_EXECUTE:
        return fill_instruction(m, op);
    default:
        return fill_access(m, op);
    }
}

uint32_t shim__filled(const struct pvt_op *op)
{
    switch (op->call) {
    case PVT_MMU_UPDATE:
        return SHIM_REQUESTS_AT + op->count * sizeof(op->updates[0]);
    case PVT_MMUEXT_OP:
        return SHIM_REQUESTS_AT + op->count * sizeof(op->ops[0]);
    case PVT_HYPERCALL:
        return op->data_size;
    case PVT_EXECUTE:
        return sizeof(struct shim_execute);
    default:
        return 0;
    }
}
