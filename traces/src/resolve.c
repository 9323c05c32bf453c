/* SPDX-License-Identifier: MIT
 *
 * From names to the frame numbers of the machine at hand.
 */
#include "run.h"

#include <string.h>

xm_mfn run_frame(const struct run *r, struct pvt_frame_ref ref)
{
    switch (ref.kind) {
    case PVT_FRAME_ZERO:
        return 0;
    case PVT_FRAME_PAGE:
        return r->pages[ref.page];
    case PVT_FRAME_BOOT_L4:
        return r->known[ref.domain].boot_l4;
    case PVT_FRAME_BOOT_L3:
        return r->known[ref.domain].boot_l3;
    case PVT_FRAME_BOOT_L2:
        return r->known[ref.domain].boot_l2;
    case PVT_FRAME_SHARED_INFO:
        return r->known[ref.domain].shared_info;
    case PVT_FRAME_XEN:
        return r->known[0].xen;
    case PVT_FRAME_FREE:
        return r->known[0].free;
    case PVT_FRAME_MMIO:
        return r->known[0].mmio;
    case PVT_FRAME_M2P:
        return r->known[0].m2p;
    case PVT_FRAME_NONEXISTENT:
        return r->known[0].nr_frames;
    case PVT_FRAME_ALL_ONES:
        return XM_MFN_ALL_ONES;
    case PVT_FRAME_MFN:
        return ref.mfn;
    }
    return 0;
}

/* As the trace writes it, cut to SIZE. */
void run_frame_name(const struct run *r, struct pvt_frame_ref ref, char *name,
                    size_t size)
{
    FILE *f = fmemopen(name, size, "w");

    if (!f)
        return;
    pvt_frame_ref_print(f, r->trace, ref);
    fclose(f);
}

uint64_t run_entry(const struct run *r, const struct pvt_entry *e)
{
    if (!e->has_frame)
        return e->raw;
    if (e->kind == PVT_ENTRY_NUMBER)
        return run_frame(r, e->frame);
    if (e->kind == PVT_ENTRY_GRANT)
        return e->raw | (uint64_t)e->domid << 16 | run_frame(r, e->frame) << 32;
    return xm_pte(run_frame(r, e->frame), e->flags) | e->raw;
}

xm_vaddr run_va(struct pvt_va va)
{
    return va.window ? PVT_WINDOW_VA + va.number * XM_PAGE_SIZE + va.offset
                     : va.number;
}

xm_domid run_domid(struct pvt_fd fd)
{
    switch (fd.kind) {
    case PVT_FD_IO:
        return DOMID_IO;
    case PVT_FD_XEN:
        return DOMID_XEN;
    case PVT_FD_ID:
        return fd.id;
    case PVT_FD_NONE:
    case PVT_FD_SELF:
        break;
    }
    return DOMID_SELF;
}

static uint64_t arg_value(const struct run *r, const struct pvt_arg *a)
{
    return a->kind == PVT_ARG_VA      ? run_va(a->va)
           : a->kind == PVT_ARG_FRAME ? run_frame(r, a->frame)
                                      : 0;
}

static struct mmu_update resolve_update(const struct run *r,
                                        const struct pvt_update *u)
{
    return (struct mmu_update){
        .ptr = run_frame(r, u->slot.frame) << XM_PAGE_SHIFT |
               u->slot.index * 8u | u->command,
        .val = run_entry(r, &u->entry),
    };
}

xm_vaddr run_args(const struct run *r, const struct pvt_step *s)
{
    const struct pvt_known_frames *known = &r->known[s->domain];

    return known->args + s->vcpu * known->args_stride;
}

int run_resolve(const struct run *r, const struct pvt_step *s,
                struct pvt_resolved *to)
{
    uint32_t foreigndom = run_domid(s->fd);

    if (s->has_pt)
        foreigndom |= (s->pt + 1u) << 16;
    to->op = (struct pvt_op){
        .call = s->call,
        .domid = r->trace->domains[s->domain].domid,
        .vcpu = s->vcpu,
        .count = s->count,
        .updates = to->updates,
        .ops = to->ops,
        .foreigndom = foreigndom,
        .va = run_va(s->va),
        .val = run_entry(r, &s->entry),
        .flags = s->flush,
        .other = run_domid(s->fd),
        .args = run_args(r, s),
        .unflushed = s->unflushed,
        .user = s->user,
        .code = &to->code,
    };
    if (s->call == PVT_EXECUTE) {
        run_resolve_instruction(r, s->insn, &to->code);
        to->op.va = 0; /* it may access anything */
    }
    for (uint32_t i = 0; i < s->count && s->updates; i++)
        to->updates[i] = resolve_update(r, &s->updates[i]);
    for (uint32_t i = 0; i < s->count && s->exts; i++) {
        to->ops[i] = (struct mmuext_op){ .cmd = s->exts[i].command };
        to->ops[i].arg1.mfn = arg_value(r, &s->exts[i].arg1);
        to->ops[i].arg2.src_mfn = arg_value(r, &s->exts[i].arg2);
    }
    to->op.data = to->data[SIDE_MODEL];
    return s->call == PVT_HYPERCALL ? run_resolve_call(r, s, &to->op) : 0;
}

/* As much of a run as names need: P is only read. */
static void begin(struct run *r, const struct pvt_trace *t,
                  const struct pvt_places *p)
{
    *r = (struct run){ .trace = t, .pages = (xm_mfn *)p->pages };
    memcpy(r->known, p->known, t->nr_domains * sizeof(r->known[0]));
}

int pvt_step_resolve(const struct pvt_trace *t, const struct pvt_step *s,
                     const struct pvt_places *p, struct pvt_resolved *to)
{
    struct run r;

    begin(&r, t, p);
    return run_resolve(&r, s, to);
}

uint64_t pvt_entry_resolve(const struct pvt_trace *t, const struct pvt_entry *e,
                           const struct pvt_places *p)
{
    struct run r;

    begin(&r, t, p);
    return run_entry(&r, e);
}
