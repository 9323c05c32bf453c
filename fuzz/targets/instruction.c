/* SPDX-License-Identifier: MIT
 *
 * A fuzz target: the bytes of an instruction, with registers before them, are
 * decoded and, if they store, executed at a page of the model, which must keep
 * its invariants.
 */
#include "target.h"

#include <fuzz/session.h>
#include <xen-decode/decode.h>
#include <xen-model/execute.h>

#include <stdlib.h>
#include <string.h>

#define MODEL_FRAMES 256u

/* A domain whose window[0] shows its own L1 table, read-only. */
static const struct fz_op setup = {
    .kind = FZ_UPDATE_VA_MAPPING, .target = 0, .flags = 0x025, /* P US A */
};

static struct fz_session session;

static void begin(void)
{
    struct fz_op ops[] = { setup };
    const struct fz_program p = { .domains = 1, .nr_ops = 1, .ops = ops };
    struct pvt_backend *model;
    uint32_t at;

    if (!session.model && (pvt_model_open(MODEL_FRAMES, &model) != 0 ||
                           !fz_open(&session, model, NULL)))
        abort();
    if (fz_run(&session, &p, &at, NULL) != FZ_AGREES)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xm_registers r = { .rflags = 0x202 };
    struct xm_cpu *c;
    struct xm_insn i;

    if (size < sizeof(r.gpr) + 1)
        return 0;
    memcpy(r.gpr, data, sizeof(r.gpr));
    data += sizeof(r.gpr);
    size -= sizeof(r.gpr);
    if (xm_decode(data, size < 15 ? (uint32_t)size : 15u, &i) != XM_DECODED)
        return 0;
    begin();
    /* Nearby, mostly: anywhere else is a page fault and nothing more. */
    for (unsigned int k = 0; k < 16; k++)
        if (r.gpr[k] & 1)
            r.gpr[k] = PVT_WINDOW_VA + (r.gpr[k] >> 1) % XM_PAGE_SIZE;
    c = pvt_model_cpu(session.model);
    c->domid = 0;
    c->vcpu = 0;
    (void)xm_execute(c, &i, &r);
    if (pvt_model_check(session.model, true).found)
        abort();
    return 0;
}
