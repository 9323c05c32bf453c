/* SPDX-License-Identifier: MIT
 *
 * FZ_CALL and FZ_GUEST can be anything, also what takes away the guests that
 * carry us. So the model makes the call first, in a child process, whose
 * machine nobody sees: if the guests keep their tables and memory there, the
 * call is safe. What the model does not know is not.
 */
#include "safe.h"
#include "execute.h"
#include "forms.h"
#include "guards.h"
#include "guest.h"
#include "hypercalls.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen-model/pte.h>
#include <xen-model/snapshot.h>
#include <xen-model/walk.h>

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
    if (fz_hypercall_stays_away(ops) || !fz_hypercall_tells_frames(ops, c))
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

/* What the guests need, before and after. */
struct needs {
    uint32_t nr_frames;
    struct xm_frame *frames;
    uint64_t *m2p;
    uint64_t boot[FZ_DOMAINS][3][XM_ENTRIES];
};

static void note_needs(struct fz_session *s, struct needs *n)
{
    struct xm_cpu *c = pvt_model_cpu(s->model);

    for (uint32_t i = 0; i < n->nr_frames; i++) {
        n->frames[i] = *xm_machine_frame(c->machine, i);
        n->m2p[i] = *xm_machine_m2p(c->machine, i);
    }
    for (uint32_t d = 0; d < FZ_DOMAINS; d++)
        for (uint32_t i = 0; fz_has_domain(&s->world, d) && i < 3; i++)
            memcpy(
                n->boot[d][i],
                xm_ram_frame(c, s->world.mfns[fz_own_frame(d, FZ_BOOT_L4 + i)]),
                XM_PAGE_SIZE);
}

static bool is_guests(const struct xm_frame *f)
{
    return f->owner < FZ_DOMAINS &&
           (f->count_info & XM_PGC_STATE_MASK) != XM_PGC_STATE_FREE;
}

/* Nothing of a domain changes hands but pages of the world. */
static bool keeps_frames(const struct fz_session *s, const struct needs *a,
                         const struct needs *b)
{
    for (uint32_t i = 0; i < a->nr_frames; i++) {
        if (!is_guests(&a->frames[i]) || fz_is_page(fz_place(&s->world, i)))
            continue;
        if (b->frames[i].owner != a->frames[i].owner ||
            !is_guests(&b->frames[i]) || b->m2p[i] != a->m2p[i])
            return false;
    }
    return true;
}

static bool keeps_tables(const struct fz_session *s, const struct needs *a,
                         const struct needs *b)
{
    for (uint32_t d = 0; d < FZ_DOMAINS; d++)
        for (uint32_t i = 0; fz_has_domain(&s->world, d) && i < 3; i++) {
            const xm_mfn mfn = s->world.mfns[fz_own_frame(d, FZ_BOOT_L4 + i)];

            for (uint32_t k = 0; k < XM_ENTRIES; k++)
                if (!fz_keeps_slot(&s->world, mfn, k) &&
                    ((a->boot[d][i][k] ^ b->boot[d][i][k]) & ~XM_PTE_A))
                    return false;
        }
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

/* Only pages, tables and arguments are written. */
static bool keeps_memory(struct fz_session *s, const struct needs *a)
{
    for (uint32_t i = 0; i < a->nr_frames; i++) {
        const uint32_t place = fz_place(&s->world, i);

        if ((s->written[i / 64] >> i % 64 & 1) && is_guests(&a->frames[i]) &&
            !fz_is_page(place) && !fz_is_own(place) && !is_argument(s, i))
            return false;
    }
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

static struct needs new_needs(const struct fz_session *s)
{
    struct needs n = {
        .nr_frames =
            xm_machine_config(pvt_model_cpu(s->model)->machine)->nr_frames
    };

    n.frames = calloc(n.nr_frames, sizeof(*n.frames));
    n.m2p = calloc(n.nr_frames, sizeof(*n.m2p));
    return n;
}

/* In the child, which has the machine for itself, and nobody frees it. */
static bool goes_well(struct fz_session *s)
{
    struct needs before = new_needs(s), after = new_needs(s);
    const struct fz_call call = s->call;
    struct xm_cpu *c = pvt_model_cpu(s->model);

    if (!before.frames || !before.m2p || !after.frames || !after.m2p)
        return false;
    note_needs(s, &before);
    c->nr_alloc = 0;
    memset(s->written, 0,
           XM_WRITTEN_WORDS(before.nr_frames) * sizeof(*s->written));
    if (fz_execute_model(s) != FZ_AGREES || s->out[0].vector == PVT_CRASH ||
        !is_known(s))
        return false;
    note_needs(s, &after);
    if (!keeps_frames(s, &before, &after) ||
        !keeps_tables(s, &before, &after) || !keeps_memory(s, &before))
        return false;
    s->call = call;
    return keeps_bases(s);
}

bool fz_is_safe(struct fz_session *s, const struct fz_op *ops)
{
    int status = 1;
    pid_t child;

    if (fz_op_kind(ops) == FZ_CALL ? !is_harmless_call(ops, &s->call)
                                   : !is_harmless_act(s, ops))
        return false;
    child = fork();
    if (child == 0)
        _exit(goes_well(s) ? 0 : 1);
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}
