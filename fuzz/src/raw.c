/* SPDX-License-Identifier: MIT
 *
 * Lists of requests as the guest's registers give them: requests, done counts
 * and calls of a multicall lie in guest memory, where Xen rewrites them when
 * it stops in the middle.
 */
#include "forms.h"

#include <fuzz/call.h>

#include <string.h>
#include <xen-model/hypercall.h>

/* What lies where. */
#define CALLS_AT 0u /* of a multicall */
#define DONE_AT (CALLS_AT + MAX_CALLS * sizeof(struct multicall_entry))
#define REQUESTS_AT (DONE_AT + MAX_CALLS * DONE_SIZE)
#define DONE_SIZE 8u
#define REQUESTS_A_CALL 2u
#define MAX_CALLS (FZ_MAX_BATCH / REQUESTS_A_CALL)

#define RAW_SIZE                                                               \
    (uint32_t)(REQUESTS_AT + FZ_MAX_BATCH * sizeof(struct mmuext_op))

bool fz_may_stop(const struct fz_op *op)
{
    const enum fz_kind kind = fz_op_kind(op);

    return kind == FZ_MMU_UPDATE || kind == FZ_MMUEXT || kind == FZ_DECREASE;
}

/* Call NUMBER with the COUNT requests from FIRST on, as Xen's ABI has it. */
static struct multicall_entry entry(const struct fz_call *c, uint64_t number,
                                    uint32_t first, uint32_t count)
{
    const size_t size = number == __HYPERVISOR_mmu_update
                            ? sizeof(c->updates[0])
                            : sizeof(c->exts[0]);
    const uint32_t nr = first / REQUESTS_A_CALL;

    return (struct multicall_entry){
        .op = number,
        .args = { c->op.args + REQUESTS_AT + first * size, count,
                  c->op.args + DONE_AT + nr * DONE_SIZE, c->op.foreigndom },
    };
}

static void make_multicall(struct fz_call *c, uint64_t number)
{
    uint32_t calls = 0;

    for (uint32_t i = 0; i < c->op.count; i += REQUESTS_A_CALL, calls++) {
        const uint32_t left = c->op.count - i;
        const struct multicall_entry e = entry(
            c, number, i, left < REQUESTS_A_CALL ? left : REQUESTS_A_CALL);

        memcpy(c->data + CALLS_AT + calls * sizeof(e), &e, sizeof(e));
    }
    c->op.number = __HYPERVISOR_multicall;
    c->op.arg[0] = c->op.args + CALLS_AT;
    c->op.arg[1] = calls;
}

void fz_make_raw(const struct fz_world *w, const struct fz_op *ops,
                 struct fz_call *c)
{
    const bool updates = c->op.call == PVT_MMU_UPDATE;
    const uint64_t number =
        updates ? __HYPERVISOR_mmu_update : __HYPERVISOR_mmuext_op;
    const uint32_t untouched = PVT_DONE_UNTOUCHED;

    if (!updates && c->op.call != PVT_MMUEXT_OP)
        return; /* it is */
    fz_set_data(w, c, RAW_SIZE);
    memset(c->data, 0, RAW_SIZE);
    for (uint32_t i = 0; i < MAX_CALLS; i++)
        memcpy(c->data + DONE_AT + i * DONE_SIZE, &untouched,
               sizeof(untouched));
    if (updates)
        memcpy(c->data + REQUESTS_AT, c->updates,
               c->op.count * sizeof(c->updates[0]));
    else
        memcpy(c->data + REQUESTS_AT, c->exts,
               c->op.count * sizeof(c->exts[0]));
    c->op.call = PVT_HYPERCALL;
    if (ops->mode & FZ_MULTICALL) {
        make_multicall(c, number);
    } else {
        const struct multicall_entry e = entry(c, number, 0, c->op.count);

        c->op.number = number;
        memcpy(c->op.arg, e.args, sizeof(c->op.arg));
    }
}
