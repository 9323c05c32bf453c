/* SPDX-License-Identifier: MIT
 *
 * Actual Xen as a backend of the trace runner. Domains 1 and 2 are built when
 * the first trace wants them.
 */
#include "internal.h"

#include <traces/trace.h>
#include <xen-model/pte.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS 3 /* to boot Xen */

int shim__fail(struct shim *s, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(s->backend.message, sizeof(s->backend.message), format, ap);
    va_end(ap);
    return -1;
}

/* All of them: one may hold frames of another. */
static int destroy_spoiled(struct shim *s)
{
    for (uint32_t i = 1; i < SHIM_DOMAINS; i++)
        if (s->domains[i].spoiled && shim__destroy_domain(&s->domains[i]) != 0)
            return -1;
    return 0;
}

static int use_domain(struct pvt_backend *b, xm_domid domid, bool privileged,
                      uint32_t frames, struct pvt_known_frames *known)
{
    struct shim *s = shim_of(b);
    struct shim_domain *d;

    if (domid >= SHIM_DOMAINS || privileged != (domid == 0)) {
        (void)shim__fail(s,
                         "domain %u, %sprivileged, is not on this machine: it "
                         "has d0, privileged, and d1 and d2, which are not",
                         domid, privileged ? "" : "un");
        return 1;
    }
    d = &s->domains[domid];
    /* A domain that is new at each trace would have Xen busy with the end of
     * the last one while a trace runs: calls would stop in the middle. */
    if (d->exists && d->domid != 0 && d->nr_pages - d->next_pfn < frames)
        d->spoiled = true;
    if (d->spoiled && destroy_spoiled(s) != 0)
        return -1;
    if (!d->exists &&
        (shim__build_domain(d, frames) != 0 || shim__find_known_frames(s) != 0))
        return -1;
    shim__known_frames(d, known);
    return 0;
}

static int take_frames(struct pvt_backend *b, xm_domid domid, uint32_t count,
                       xm_mfn *mfns)
{
    struct shim *s = shim_of(b);
    struct shim_domain *d = shim__find_domain(s, domid);

    if (!d)
        return -1;
    if (d->next_pfn + count > d->nr_pages)
        return shim__fail(s, "all %llu frames of domain %u are used up",
                          (unsigned long long)d->nr_pages, domid);
    for (uint32_t i = 0; i < count; i++) {
        mfns[i] = d->p2m[d->next_pfn++];
        memset(shim__page(s, mfns[i]), 0, XM_PAGE_SIZE);
    }
    return 0;
}

static bool has_page(const struct shim *s, xm_mfn mfn)
{
    return mfn < s->backend.known.nr_frames;
}

static int write_page(struct pvt_backend *b, xm_mfn mfn,
                      const uint64_t words[XM_ENTRIES])
{
    struct shim *s = shim_of(b);

    if (!has_page(s, mfn))
        return shim__fail(s, "there is no frame %#llx",
                          (unsigned long long)mfn);
    memcpy(shim__page(s, mfn), words, XM_PAGE_SIZE);
    return 0;
}

static const uint64_t *page(struct pvt_backend *b, xm_mfn mfn)
{
    static const uint64_t zeros[XM_ENTRIES];
    struct shim *s = shim_of(b);

    if (!has_page(s, mfn)) {
        (void)shim__fail(s, "there is no frame %#llx", (unsigned long long)mfn);
        return NULL;
    }
    /* What is to be scrubbed nobody will ever see. */
    return shim__needs_scrub(s, mfn) ? zeros : shim__page(s, mfn);
}

static int read_frame(struct pvt_backend *b, xm_mfn mfn, struct xm_frame *f)
{
    struct shim *s = shim_of(b);

    if (!has_page(s, mfn))
        return shim__fail(s, "there is no frame %#llx",
                          (unsigned long long)mfn);
    *f = shim__frame(s, mfn);
    return 0;
}

static int read_m2p(struct pvt_backend *b, xm_mfn mfn, uint64_t *value)
{
    struct shim *s = shim_of(b);

    if (!has_page(s, mfn))
        return shim__fail(s, "there is no frame %#llx",
                          (unsigned long long)mfn);
    *value = shim__m2p(s, mfn);
    return 0;
}

static int read_grants(struct pvt_backend *b, xm_domid domid,
                       struct pvt_grants *to)
{
    struct shim *s = shim_of(b);

    *to = (struct pvt_grants){ .table = { 0 } };
    return s->domains[domid].exists ? shim__read_grants(&s->domains[domid], to)
                                    : 0;
}

/* One vCPU back to the boot tables, without an LDT. 1 and a message: Xen
 * refuses. */
static int restore_bases(struct shim_vcpu *v)
{
    const struct shim_domain *d = v->domain;
    const struct mmuext_op bases[] = {
        { .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = d->boot_l4 },
        { .cmd = MMUEXT_NEW_USER_BASEPTR, .arg1.mfn = 0 },
        { .cmd = MMUEXT_SET_LDT, .arg2.nr_ents = 0 },
    };
    struct pvt_outcome out;

    if (shim__mmuext_op(v, bases, 3, &out) != 0)
        return -1;
    if (out.rc == 0)
        return 0;
    (void)shim__fail(
        d->shim,
        "domain %u does not get back to its boot tables, which the "
        "guest may have changed: %lld",
        d->domid, (long long)out.rc);
    return 1;
}

/* Those assists that page tables feel are off when a domain begins. */
static int restore_assists(struct shim_domain *d)
{
    static const uint64_t types[] = { VMASST_TYPE_writable_pagetables,
                                      VMASST_TYPE_m2p_strict };

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const uint64_t arg[5] = { VMASST_CMD_disable, types[i] };
        int64_t rc;

        if (shim__hypercall(&d->vcpu[0], __HYPERVISOR_vm_assist, arg, &rc) != 0)
            return -1;
        if (rc != 0) {
            (void)shim__fail(d->shim, "vm_assist failed: %lld", (long long)rc);
            return 1;
        }
    }
    return 0;
}

/*
 * The shim lives on the segments that every guest has. The user's gs may hold
 * a selector of the guest's, which Xen loads again when the vCPU runs again.
 */
static int restore_segments(struct shim_vcpu *v)
{
    static const struct {
        uint64_t number, arg[5];
    } calls[] = {
        { __HYPERVISOR_set_segment_base, { SEGBASE_GS_USER_SEL, 0 } },
        { __HYPERVISOR_set_gdt, { 0 } },
    };

    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        int64_t rc;

        if (shim__hypercall(v, calls[i].number, calls[i].arg, &rc) != 0)
            return -1;
        if (rc == 0)
            continue;
        (void)shim__fail(v->domain->shim, "hypercall %llu failed: %lld",
                         (unsigned long long)calls[i].number, (long long)rc);
        return 1;
    }
    return 0;
}

int shim__restore_vcpu(struct shim_vcpu *v)
{
    const int rc = restore_bases(v);

    return rc != 0 ? rc : restore_segments(v);
}

/*
 * Tables that the trace has left pinned hold references on the boot tables,
 * which the next one would begin with.
 */
static int unpin_tables(struct shim_domain *d)
{
    for (; d->trace_pfn < d->next_pfn; d->trace_pfn++) {
        const xm_mfn mfn = d->p2m[d->trace_pfn];
        const struct mmuext_op unpin = { .cmd = MMUEXT_UNPIN_TABLE,
                                         .arg1.mfn = mfn };
        const struct xm_frame f = shim__frame(d->shim, mfn);
        struct pvt_outcome out;

        if (f.owner == d->domid && (f.type_info & XM_PGT_PINNED) &&
            shim__mmuext_op(&d->vcpu[0], &unpin, 1, &out) != 0)
            return -1;
    }
    return 0;
}

static int restore(struct shim_domain *d)
{
    const struct mmu_update window = {
        .ptr = d->boot_l2 * XM_PAGE_SIZE + PVT_WINDOW_SLOT * 8,
    };
    struct pvt_outcome out;
    int rc = restore_assists(d);

    for (uint32_t i = 0; rc == 0 && i < SHIM_VCPUS; i++)
        if (d->vcpu[i].up)
            rc = shim__restore_vcpu(&d->vcpu[i]);
    if (rc != 0)
        return rc;
    if (shim__mmu_update(&d->vcpu[0], &window, &out) != 0 ||
        unpin_tables(d) != 0)
        return -1;
    if (out.rc == 0) {
        rc = shim__rest(d);
        return rc != 0 ? rc : shim__clear_grants(d);
    }
    (void)shim__fail(d->shim, "closing the window failed: %lld",
                     (long long)out.rc);
    return 1;
}

static int end_trace(struct pvt_backend *b, bool halfway)
{
    struct shim *s = shim_of(b);

    for (uint32_t i = SHIM_DOMAINS; i-- > 0;) {
        struct shim_domain *d = &s->domains[i];
        const bool touched = d->exists && d->running && !d->spoiled;
        const int rc = touched ? restore(d) : 0;

        if (rc != 0 && (d->domid == 0 || (rc < 0 && !d->spoiled)))
            return -1;
        if (rc != 0)
            d->spoiled = true; /* built again when it is wanted */
        else if (touched && halfway && d->domid != 0)
            d->spoiled = true; /* nobody knows what it was left with */
        else if (d->used_up && d->domid != 0 && shim__destroy_domain(d) != 0)
            return -1;
    }
    /* When all the others have let go of their frames. */
    for (uint32_t i = 1; i < SHIM_DOMAINS; i++)
        if (s->domains[i].remains && shim__destroy_domain(&s->domains[i]) != 0)
            return -1;
    return s->domains[0].used_up; /* and with it the machine */
}

static void close_shim(struct pvt_backend *b)
{
    shim__stop(shim_of(b));
    free(b);
}

static const struct pvt_backend_ops shim_ops = {
    .name = "Xen",
    .use_domain = use_domain,
    .take_frames = take_frames,
    .write_page = write_page,
    .page = page,
    .read_frame = read_frame,
    .read_frames = shim__read_frames,
    .frame_memory = shim__frame_memory,
    .read_m2p = read_m2p,
    .read_grants = read_grants,
    .execute = shim__execute,
    .start = shim__start_call,
    .finish = shim__finish_call,
    .end_trace = end_trace,
    .export_machine = shim__export_machine,
    .keep = shim__keep,
    .go_back = shim__go_back,
    .close = close_shim,
};

/*
 * While it boots Xen waits a while for ticks of the timer. On a busy machine
 * QEMU may be too late with them.
 */
static bool missed_ticks(struct shim *s)
{
    char rest[8];

    return s->dir[0] &&
           shim__serial_find(s, "timer doesn't work", rest, sizeof(rest));
}

/* 0; 1: another attempt may succeed; -1. */
static int open_once(const struct shim_config *config, struct pvt_backend **out,
                     char *message, size_t size)
{
    struct shim *s = calloc(1, sizeof(*s));
    int rc;

    if (!s) {
        snprintf(message, size, "out of memory");
        return -1;
    }
    s->backend.ops = &shim_ops;
    s->ram_file = -1;
    s->config = *config;
    if (shim__start(s) == 0 && shim__attach(s) == 0 &&
        shim__find_tables(s) == 0 && shim__check_dom0(s) == 0 &&
        shim__init_secondary(&s->domains[0]) == 0 &&
        shim__check_assists(s) == 0 && shim__find_known_frames(s) == 0) {
        *out = &s->backend;
        return 0;
    }
    snprintf(message, size, "%s", s->backend.message);
    rc = missed_ticks(s) ? 1 : -1;
    close_shim(&s->backend);
    return rc;
}

int shim_open(const struct shim_config *config, struct pvt_backend **out,
              char *message, size_t size)
{
    int rc = 1;

    for (int i = 0; rc == 1 && i < ATTEMPTS; i++)
        rc = open_once(config, out, message, size);
    return rc == 0 ? 0 : -1;
}

int shim_run_scenario(struct pvt_backend *b, const struct mm_request *request,
                      const uint64_t *pool, struct mm_report *report)
{
    struct shim *s = shim_of(b);
    struct shim_vcpu *v = shim__control(s);
    uint8_t *const data = v->mailbox->data;

    if (sizeof(*request) + request->nr_pool * sizeof(pool[0]) > SHIM_DATA_SIZE)
        return shim__fail(s, "a pool of %u frames is too large for the shim",
                          request->nr_pool);
    memcpy(data, request, sizeof(*request));
    memcpy(data + sizeof(*request), pool, request->nr_pool * sizeof(pool[0]));
    if (shim__call(v, SHIM_SCENARIO) != 0)
        return -1;
    if (v->mailbox->rc != 0)
        return shim__fail(s, "the shim refuses a pool of %u frames",
                          request->nr_pool);
    memcpy(report, data, sizeof(*report));
    return 0;
}
