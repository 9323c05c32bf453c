/* SPDX-License-Identifier: MIT
 *
 * The machines of a run: the model, and perhaps actual Xen; their frames.
 */
#include "machine.h"
#include "xen.h"

#include <shim/host.h>
#include <traces/model.h>
#include <xen-model/pte.h>

#include <stdio.h>

#define MODEL_FRAMES 128u
#define TAKEN 5u                      /* frames of each domain */
#define MODEL_MMIO (MODEL_FRAMES - 2) /* one more than frame 0 */
#define IO_APIC 0xfec00u
#define LOCAL_APIC 0xfee00u

static uint64_t *model_page(struct machine *m, xm_mfn mfn)
{
    return xm_ram_frame(pvt_model_cpu(m->backend), mfn);
}

static void model_set_frame(struct machine *m, xm_mfn mfn,
                            const struct xm_frame *f)
{
    *xm_machine_frame(pvt_model_cpu(m->backend)->machine, mfn) = *f;
}

static uint64_t *xen_page(struct machine *m, xm_mfn mfn)
{
    return shim_page(m->backend, mfn);
}

static void xen_set_frame(struct machine *m, xm_mfn mfn,
                          const struct xm_frame *f)
{
    shim_set_frame(m->backend, mfn, f);
}

/* The given state of a frame that Xen shares from its heap. */
static struct oracle_frame shared(const struct xm_frame *f,
                                  enum oracle_owner owner)
{
    return (struct oracle_frame){
        .owner = owner,
        .special = true,
        .general = f->count_info & XM_PGC_COUNT_MASK,
        .type = (enum oracle_type)(f->type_info >> XM_PGT_TYPE_SHIFT),
        .count = f->type_info & XM_PGT_COUNT_MASK,
        .validated = f->type_info & XM_PGT_VALIDATED,
    };
}

static int find_frames(struct run *r, struct pvt_backend *b,
                       enum oracle_owner owner,
                       const struct pvt_known_frames *known)
{
    xm_mfn *mfn = r->mfn[owner];
    struct oracle_frame *f = r->world[owner].frame;
    const enum oracle_owner other = owner == OR_D0 ? OR_D1 : OR_D0;
    struct xm_frame shared_info, m2p;

    if (b->ops->take_frames(b, (xm_domid)owner, TAKEN - 1, mfn) != 0 ||
        b->ops->take_frames(b, (xm_domid)other, 1, &mfn[W_FOREIGN]) != 0 ||
        b->ops->read_frame(b, known->shared_info, &shared_info) != 0 ||
        b->ops->read_frame(b, known->m2p, &m2p) != 0)
        return -1;
    for (unsigned int i = 0; i <= W_FOREIGN; i++)
        f[i] = (struct oracle_frame){ .owner = i == W_FOREIGN ? other : owner,
                                      .general = 1 };
    mfn[W_SHARED] = known->shared_info;
    f[W_SHARED] = shared(&shared_info, owner);
    mfn[W_M2P] = known->m2p;
    f[W_M2P] = shared(&m2p, OR_XEN);
    mfn[W_IO] = known->mmio;
    f[W_IO].owner = f[W_ZERO].owner = OR_IO;
    mfn[W_IO_READ_ONLY] = IO_APIC;
    f[W_IO_READ_ONLY].owner = OR_ABSENT;
    f[W_IO_READ_ONLY].io_read_only = true;
    mfn[W_IO_DENIED] = LOCAL_APIC;
    f[W_IO_DENIED].owner = OR_ABSENT;
    f[W_IO_DENIED].io_denied = true;
    mfn[W_ABSENT] = known->nr_frames;
    f[W_ABSENT].owner = OR_ABSENT;
    mfn[W_ALL_ONES] = XM_MFN_ALL_ONES;
    f[W_ALL_ONES].owner = OR_ALL_ONES;
    mfn[W_PRIVATE] = known->xen;
    mfn[W_FREE] = known->free;
    f[W_PRIVATE].owner = f[W_FREE].owner = OR_NOBODY;
    mfn[W_ZERO] = 0;
    return 0;
}

static int find_all_frames(struct run *r, struct pvt_backend *b)
{
    struct pvt_known_frames known[2];

    for (xm_domid i = 0; i < 2; i++)
        if (b->ops->use_domain(b, i, i == 0, TAKEN, &known[i]) != 0)
            return -1;
    return find_frames(r, b, OR_D0, &known[0]) == 0
               ? find_frames(r, b, OR_D1, &known[1])
               : -1;
}

static int open_xen(struct run *r, char *message, size_t size)
{
    const struct shim_config any = { 0 };
    struct machine *m = &r->machine[r->nr_machines];

    if (cli_xen_open(&any, &m->backend, message, size) != 0)
        return -1;
    *m = (struct machine){ .name = m->backend->version,
                           .backend = m->backend,
                           .page = xen_page,
                           .set_frame = xen_set_frame };
    r->nr_machines++;
    return 0;
}

static int add_model(struct run *r, struct pvt_backend *xen)
{
    struct machine *m = &r->machine[r->nr_machines];

    if (xen ? pvt_model_adopt(xen, &m->backend)
            : pvt_model_open(MODEL_FRAMES, &m->backend))
        return -1;
    *m = (struct machine){ .name = "model",
                           .has_rules = true,
                           .backend = m->backend,
                           .page = model_page,
                           .set_frame = model_set_frame };
    r->nr_machines++;
    return 0;
}

int run_open(struct run *r, bool on_xen, char *message, size_t size)
{
    struct pvt_backend *first;

    *r = (struct run){ 0 };
    if (on_xen) {
        if (open_xen(r, message, size) != 0)
            return -1;
    } else if (add_model(r, NULL) != 0) {
        snprintf(message, size, "no memory for the model");
        return -1;
    }
    first = r->machine[0].backend;
    if (!on_xen) {
        xm_frame_set_kind(pvt_model_cpu(first)->machine, MODEL_MMIO,
                          XM_FRAME_MMIO);
        first->known.mmio = MODEL_MMIO;
    }
    if (find_all_frames(r, first) != 0 ||
        (on_xen && add_model(r, first) != 0)) {
        snprintf(message, size, "%s", first->message);
        run_close(r);
        return -1;
    }
    return 0;
}

struct xm_violation run_check(struct run *r)
{
    return pvt_model_check(r->machine[r->nr_machines - 1].backend, true);
}

void run_close(struct run *r)
{
    for (unsigned int i = r->nr_machines; i-- > 0;)
        r->machine[i].backend->ops->close(r->machine[i].backend);
}

void kase_init(const struct run *r, struct kase *k, enum oracle_owner owner,
               enum oracle_owner caller)
{
    *k = (struct kase){
        .w = r->world[owner], .owner = owner, .fd = owner, .used = 1u << W_TABLE
    };
    k->w.caller = caller;
}
