/* SPDX-License-Identifier: MIT
 *
 * FZ_CALL and FZ_GUEST can be anything, also what takes away the guests that
 * carry us. So the model makes the call first, as a rehearsal: if the guests
 * keep their tables and memory in it, the call is safe. What the model does not
 * know is not.
 */
#include "safe.h"
#include "execute.h"
#include "forms.h"
#include "guards.h"
#include "guest.h"
#include "hypercalls.h"

#include <string.h>
#include <traces/rehearsal.h>
#include <xen-model/pte.h>
#include <xen-model/snapshot.h>
#include <xen-model/walk.h>
#include <xen/xen.h>

#include <xen/grant_table.h>

/* Calls that a list of calls may have. */
static bool is_harmless_number(uint64_t number)
{
    switch (number) {
    case __HYPERVISOR_mmu_update:
    case __HYPERVISOR_mmuext_op:
    case __HYPERVISOR_update_va_mapping:
    case __HYPERVISOR_update_va_mapping_otherdomain:
    case __HYPERVISOR_update_descriptor:
    case __HYPERVISOR_set_gdt:
    case __HYPERVISOR_vm_assist:
    case __HYPERVISOR_memory_op:
    case __HYPERVISOR_grant_table_op:
        return true;
    default:
        return false;
    }
}

static bool is_harmless_list(const struct fz_call *c, uint64_t count)
{
    struct multicall_entry entry;

    for (uint64_t i = 0; i < count; i++) {
        if ((i + 1) * sizeof(entry) > c->op.data_size)
            return false;
        memcpy(&entry, c->data + i * sizeof(entry), sizeof(entry));
        if (!is_harmless_number(entry.op) || entry.op == __HYPERVISOR_memory_op)
            return false;
    }
    return true;
}

static bool is_harmless_call(const struct fz_op *ops, const struct fz_call *c)
{
    if (fz_hypercall_stays_away(ops) || !fz_hypercall_stays_within(ops, c) ||
        !fz_hypercall_tells_frames(ops, c))
        return false;
    if (c->op.number == __HYPERVISOR_multicall)
        return c->op.arg[0] == c->op.args && is_harmless_list(c, c->op.arg[1]);
    return is_harmless_number(c->op.number);
}

/* Loads and stores stay where the model knows the content. */
static bool is_harmless_act(struct fz_session *s, const struct fz_op *ops)
{
    const struct xm_cpu *c = pvt_model_cpu(s->model);

    if (s->call.op.unflushed)
        return false;
    switch (fz_act(ops)) {
    case FZ_ACT_LOAD:
    case FZ_ACT_STORE:
        return !s->call.op.user && fz_stays(&s->world, c, &s->call);
    case FZ_ACT_EXECUTE:
    case FZ_ACT_INVLPG:
        return false;
    default:
        return true;
    }
}

static bool is_guests(const struct xm_frame *f)
{
    return f->owner < FZ_DOMAINS &&
           (f->count_info & XM_PGC_STATE_MASK) != XM_PGC_STATE_FREE;
}

/* Given back, a table that is pinned stays as long as it is. */
static bool stays_guests(const struct xm_frame *before,
                         const struct xm_frame *after)
{
    return is_guests(after) && after->owner == before->owner &&
           !(before->count_info & ~after->count_info & XM_PGC_ALLOCATED);
}

/* Nothing of a domain changes hands but pages of the world. */
static bool keeps_frame(void *context, xm_mfn mfn)
{
    struct fz_session *s = context;
    struct xm_machine *before = pvt_model_rehearsed(s->model)->machine,
                      *after = pvt_model_cpu(s->model)->machine;
    const struct xm_frame *a = xm_machine_frame(before, mfn),
                          *b = xm_machine_frame(after, mfn);

    return !is_guests(a) || fz_is_page(fz_place(&s->world, mfn)) ||
           (stays_guests(a, b) &&
            *xm_machine_m2p(after, mfn) == *xm_machine_m2p(before, mfn));
}

static bool keeps_table(const struct fz_session *s, xm_mfn mfn)
{
    const uint64_t *a = xm_ram_frame(pvt_model_rehearsed(s->model), mfn),
                   *b = xm_ram_frame(pvt_model_cpu(s->model), mfn);

    for (uint32_t k = 0; k < XM_ENTRIES; k++)
        if (((a[k] ^ b[k]) & ~XM_PTE_A) && !fz_keeps_slot(&s->world, mfn, k))
            return false;
    return true;
}

static bool keeps_tables(const struct fz_session *s)
{
    for (uint32_t d = 0; d < FZ_DOMAINS; d++)
        for (uint32_t i = 0; fz_has_domain(&s->world, d) && i < 3; i++)
            if (!keeps_table(s, s->world.mfns[fz_own_frame(d, FZ_BOOT_L4 + i)]))
                return false;
    return true;
}

static bool is_argument(struct fz_session *s, xm_mfn mfn)
{
    struct xm_cpu c = *pvt_model_cpu(s->model);

    for (uint32_t d = 0; d < FZ_DOMAINS; d++) {
        const struct pvt_known_frames *k = &s->world.known[d];

        for (uint32_t at = 0;
             fz_has_domain(&s->world, d) && at < PVT_VCPUS * k->args_stride;
             at += XM_PAGE_SIZE) {
            struct xm_walk walk;

            c.domid = (xm_domid)d;
            c.vcpu = 0;
            walk = xm_walk(&c, k->args + at, 0);
            if (walk.ok && walk.mfn == mfn)
                return true;
        }
    }
    return false;
}

static bool may_write(struct fz_session *s, xm_mfn mfn)
{
    const uint32_t place = fz_place(&s->world, mfn);

    return !is_guests(
               xm_machine_frame(pvt_model_rehearsed(s->model)->machine, mfn)) ||
           fz_is_page(place) || fz_is_own(place) || is_argument(s, mfn);
}

/* Only pages, tables and arguments are written. */
static bool keeps_memory(struct fz_session *s)
{
    const struct xm_cpu *c = pvt_model_cpu(s->model);
    const size_t words =
        XM_WRITTEN_WORDS(xm_machine_config(c->machine)->nr_frames);

    for (size_t i = 0; i < words; i++)
        for (uint64_t left = c->written[i]; left != 0; left &= left - 1)
            if (!may_write(s, i * 64 + (xm_mfn)__builtin_ctzll(left)))
                return false;
    return true;
}

static bool carries(struct fz_session *s, uint32_t domain, xm_mfn mfn)
{
    s->call.op.domid = (xm_domid)domain;
    s->call.op.count = 0;
    return fz_carries(&s->world, pvt_model_cpu(s->model), &s->call, mfn);
}

static bool keeps_bases(struct fz_session *s)
{
    struct xm_machine *m = pvt_model_cpu(s->model)->machine;

    for (uint32_t i = 0; i < FZ_DOMAINS; i++) {
        const struct xm_domain *d = xm_domain_find(m, (xm_domid)i);

        if (!fz_has_domain(&s->world, i))
            continue;
        if (d->crashed || d->dying)
            return false;
        for (uint32_t v = 0; v < PVT_VCPUS; v++)
            if ((d->vcpu[v].has_base &&
                 !carries(s, i, d->vcpu[v].guest_table)) ||
                (d->vcpu[v].has_user_base &&
                 !carries(s, i, d->vcpu[v].guest_table_user)))
                return false;
    }
    return true;
}

/* Does a call of the list, or the call, answer that there is none? */
static bool is_known(const struct fz_session *s)
{
    const int64_t unknown = -xm_rule_info(XM_R_CALL_UNKNOWN)->error;
    struct multicall_entry entry;

    if (s->out[0].rc == unknown)
        return false;
    for (uint64_t i = 0;
         s->call.op.number == __HYPERVISOR_multicall && i < s->call.op.arg[1];
         i++) {
        memcpy(&entry, s->answer[0] + i * sizeof(entry), sizeof(entry));
        if ((int64_t)entry.result == unknown)
            return false;
    }
    return true;
}

static bool goes_well(struct fz_session *s)
{
    return fz_execute_model(s) == FZ_AGREES && s->out[0].vector != PVT_CRASH &&
           is_known(s) && pvt_model_each_changed(s->model, keeps_frame, s) &&
           keeps_tables(s) && keeps_memory(s) && keeps_bases(s);
}

static bool is_shared_info(const struct fz_session *s, xm_mfn mfn)
{
    for (uint32_t d = 0; d < FZ_DOMAINS; d++)
        if (fz_has_domain(&s->world, d) && s->world.known[d].shared_info == mfn)
            return true;
    return false;
}

/* Of all that the rehearsal has written but to a shared_info: FNV-1a. */
static uint64_t digest(const struct fz_session *s)
{
    const struct xm_cpu *c = pvt_model_cpu(s->model);
    const xm_mfn nr = xm_machine_config(c->machine)->nr_frames;
    uint64_t sum = 0xcbf29ce484222325;

    for (xm_mfn mfn = 0; mfn < nr; mfn++) {
        if (c->written[mfn / 64] == 0) {
            mfn |= 63;
            continue;
        }
        if (!(c->written[mfn / 64] >> (mfn % 64) & 1) || is_shared_info(s, mfn))
            continue;
        for (uint32_t i = 0; i < XM_ENTRIES; i++)
            sum = (sum ^ xm_ram_frame(c, mfn)[i]) * 0x100000001b3;
    }
    return sum;
}

/*
 * Xen writes to the shared_info, so nobody may copy from there: what is written
 * would be something else if all of its bits were.
 */
static bool copies_shared_info(struct fz_session *s)
{
    const uint64_t before = digest(s);
    uint64_t after;

    pvt_model_end_rehearsal(s->model);
    if (pvt_model_rehearse(s->model) != 0)
        return true;
    for (uint32_t d = 0; d < FZ_DOMAINS; d++)
        for (uint32_t i = 0; fz_has_domain(&s->world, d) && i < XM_ENTRIES; i++)
            xm_ram_frame(pvt_model_cpu(s->model),
                         s->world.known[d].shared_info)[i] ^= ~0ull;
    (void)fz_execute_model(s);
    after = digest(s);
    return after != before;
}

/* Alone or in a list. */
static bool may_copy(const struct fz_call *c)
{
    return c->op.number == __HYPERVISOR_multicall ||
           c->op.number == __HYPERVISOR_mmuext_op ||
           (c->op.number == __HYPERVISOR_grant_table_op &&
            (uint32_t)c->op.arg[0] == GNTTABOP_copy);
}

bool fz_is_safe(struct fz_session *s, const struct fz_op *ops)
{
    const struct fz_call call = s->call;
    bool safe;

    if (fz_op_kind(ops) == FZ_CALL ? !is_harmless_call(ops, &s->call)
                                   : !is_harmless_act(s, ops))
        return false;
    if (pvt_model_rehearse(s->model) != 0)
        return false;
    safe = goes_well(s);
    s->call = call;
    if (safe && may_copy(&call))
        safe = !copies_shared_info(s);
    pvt_model_end_rehearsal(s->model);
    s->call = call;
    return safe;
}
