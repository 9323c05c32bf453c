/* SPDX-License-Identifier: MIT
 *
 * The model as a backend: a synthetic machine, or a copy of another one.
 *
 * Guest RAM is mapped and not reserved: frames that no trace touches cost
 * nothing, and dropping the mapping makes them zero again.
 */
#include "model.h"

#include <xen-decode/decode.h>
#include <xen-model/execute.h>
#include <xen-model/mode.h>
#include <xen-model/pte.h>
#include <xen-model/walk.h>

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int take_frames(struct pvt_backend *b, xm_domid domid, uint32_t count,
                       xm_mfn *mfns)
{
    struct model *m = model_of(b);
    struct xm_domain *d = xm_domain_find(m->cpu.machine, domid);

    if (!m->synthetic)
        return fail(m, "the frames of an adopted machine are given by the "
                       "machine itself");
    if (m->next_free + count > m->end)
        return fail(m, "the machine has no more free frames: shorten the "
                       "trace");
    for (uint32_t i = 0; i < count; i++) {
        mfns[i] = m->next_free++;
        xm_frame_assign(m->cpu.machine, mfns[i], domid);
    }
    if (!d->privileged)
        d->max_pages = d->tot_pages + PVT_SPARE_PAGES;
    return 0;
}

static int check_mfn(struct model *m, xm_mfn mfn)
{
    return mfn < m->config.nr_frames ? 0
                                     : fail(m, "the machine has no such frame");
}

static int write_page(struct pvt_backend *b, xm_mfn mfn,
                      const uint64_t words[XM_ENTRIES])
{
    struct model *m = model_of(b);

    if (check_mfn(m, mfn) != 0)
        return -1;
    memcpy(xm_ram_frame(&m->cpu, mfn), words, XM_PAGE_SIZE);
    return 0;
}

static int read_page(struct pvt_backend *b, xm_mfn mfn,
                     uint64_t words[XM_ENTRIES])
{
    struct model *m = model_of(b);

    if (check_mfn(m, mfn) != 0)
        return -1;
    memcpy(words, xm_ram_frame(&m->cpu, mfn), XM_PAGE_SIZE);
    return 0;
}

static int read_frame(struct pvt_backend *b, xm_mfn mfn, struct xm_frame *f)
{
    struct model *m = model_of(b);

    if (check_mfn(m, mfn) != 0)
        return -1;
    *f = *xm_machine_frame(m->cpu.machine, mfn);
    return 0;
}

static void read_frames(struct pvt_backend *b, const xm_mfn *mfns,
                        uint32_t count, struct xm_frame *f)
{
    const struct xm_frame *frames =
        xm_machine_frame(model_of(b)->cpu.machine, 0);

    for (uint32_t i = 0; i < count; i++)
        f[i] = frames[mfns[i]];
}

static int read_m2p(struct pvt_backend *b, xm_mfn mfn, uint64_t *value)
{
    struct model *m = model_of(b);

    if (check_mfn(m, mfn) != 0)
        return -1;
    *value = *xm_machine_m2p(m->cpu.machine, mfn);
    return 0;
}

static int read_grants(struct pvt_backend *b, xm_domid domid,
                       struct pvt_grants *to)
{
    struct xm_machine *m = model_of(b)->cpu.machine;
    const struct xm_domain *d = xm_domain_find(m, domid);
    uint32_t n;

    *to = (struct pvt_grants){ .table = { 0 } };
    if (!d || d->dying)
        return 0;
    n = d->grant.nr_frames * XM_GRANTS_PER_FRAME_V1;
    assert(n <= PVT_MAX_GRANTS);
    to->table = d->grant;
    memcpy(to->active, xm_grant_active(m, d), n * sizeof(to->active[0]));
    return 0;
}

static void note_fault(struct pvt_outcome *out, struct xm_page_fault fault)
{
    out->vector = fault.taken ? XM_EXCEPTION_PF : 0;
    out->error_code = fault.error_code;
    out->cr2 = fault.cr2;
}

static uint8_t *args_page(struct xm_cpu *c, xm_vaddr va)
{
    const struct xm_walk w = xm_walk(c, va, 0);

    return w.ok ? (uint8_t *)xm_ram_frame(c, w.mfn) : NULL;
}

/* Copies the arguments to or from the domain's area, page by page. */
static bool copy_args(struct model *m, const struct pvt_op *op, bool to_guest)
{
    const xm_vaddr va = op->args;

    for (uint32_t n, at = 0; at < op->data_size; at += n) {
        const uint32_t in_page = (uint32_t)((va + at) & (XM_PAGE_SIZE - 1));
        uint8_t *page = args_page(&m->cpu, va + at);

        if (!page)
            return false;
        n = (uint32_t)XM_PAGE_SIZE - in_page;
        n = n < op->data_size - at ? n : op->data_size - at;
        if (to_guest)
            memcpy(page + in_page, op->data + at, n);
        else
            memcpy(op->data + at, page + in_page, n);
    }
    return true;
}

/* Up to where it is interrupted; FIRST: from the beginning. */
static int hypercall_part(struct model *m, const struct pvt_op *op, bool first,
                          uint64_t arg[6], struct pvt_outcome *out)
{
    if (first && !copy_args(m, op, true))
        return fail(m, "the guest's page of arguments is not mapped: keep "
                       "boot.l3 in slot 511 of a table that is loaded");
    out->why = xm_hypercall(&m->cpu, op->number, arg);
    if (!copy_args(m, op, false))
        return fail(m, "the guest's page of arguments is not mapped any more");
    return 0;
}

/* A preempted call is continued at once, as the guest sees it on Xen. */
static int hypercall(struct model *m, const struct pvt_op *op,
                     struct pvt_outcome *out)
{
    bool first = true;
    uint64_t arg[6];

    memcpy(arg, op->arg, sizeof(arg));
    do {
        if (hypercall_part(m, op, first, arg, out) != 0)
            return -1;
        first = false;
    } while (out->why.rc == -XEN_ERESTART &&
             !xm_domain_find(m->cpu.machine, op->domid)->crashed);
    return 0;
}

static int execute_instruction(struct model *m, const struct pvt_code *code,
                               struct pvt_outcome *out)
{
    struct xm_registers r = { .rflags =
                                  code->registers[PVT_FLAGS] | XM_FLAG_IF };
    struct xm_execution e;
    struct xm_insn i;

    if (xm_decode(code->code, code->length, &i) != XM_DECODED)
        return fail(m, "these bytes are no instruction that stores");
    memcpy(r.gpr, code->registers, sizeof(r.gpr));
    e = xm_execute(&m->cpu, &i, &r);
    if (e.unknown)
        return fail(m, "the model executes this instruction only where it "
                       "faults");
    if (e.stopped)
        return fail(m, "the domain has crashed");
    memcpy(out->registers, r.gpr, sizeof(r.gpr));
    out->registers[PVT_FLAGS] = r.rflags & (XM_FLAGS_STATUS | XM_FLAG_DF);
    out->known_flags =
        (XM_FLAGS_STATUS | XM_FLAG_DF) & ~(uint64_t)e.undefined_flags;
    out->why = e.why;
    note_fault(out, e.fault);
    return 0;
}

static void note_exception(struct pvt_outcome *out, struct xm_exception e)
{
    out->vector = e.vector;
    out->error_code = e.error_code;
    out->cr2 = e.cr2;
}

/* As Xen emulates it; a refusal is the guest's #GP(0). */
static void write_cr3(struct xm_cpu *c, uint64_t value, struct pvt_outcome *out)
{
    struct xm_result r;

    do {
        r = xm_write_cr3(c, value);
    } while (r.rc == -XEN_ERESTART);
    if (r.rc != 0)
        out->vector = XM_EXCEPTION_GP;
}

static int access_memory(struct model *m, const struct pvt_op *op,
                         struct pvt_outcome *out)
{
    struct xm_cpu *c = &m->cpu;

    if (op->user) {
        out->why = xm_enter_user(c);
        if (out->why.rule != XM_R_NONE) {
            out->vector = PVT_CRASH;
            return 0;
        }
    }
    switch (op->call) {
    case PVT_LOAD:
        note_fault(out, xm_load64(c, op->va, &out->value));
        break;
    case PVT_STORE:
        note_fault(out, xm_store64(c, op->va, op->val));
        break;
    case PVT_LOAD_SEGMENT:
        note_exception(out, xm_load_segment(c, (uint16_t)op->val));
        break;
    case PVT_WRITE_CR3:
        write_cr3(c, op->val, out);
        break;
    case PVT_READ_CR3:
        out->value = xm_read_cr3(c);
        break;
    default: /* PVT_INVLPG: Xen does not emulate it */
        out->vector = XM_EXCEPTION_GP;
        break;
    }
    xm_enter_kernel(c);
    return 0;
}

/* Lists of requests, with Xen's continuations until all is done. */
static struct xm_result requests(struct xm_cpu *c, const struct pvt_op *op,
                                 uint32_t *done)
{
    uint32_t from = 0, count = op->count, foreigndom = op->foreigndom;
    struct xm_result r;

    for (;;) {
        const bool none = count == XM_PREEMPTED;

        r = op->call == PVT_MMU_UPDATE
                ? xm_mmu_update(c, none ? NULL : op->updates + from, count,
                                done, foreigndom)
                : xm_mmuext_op(c, none ? NULL : op->ops + from, count, done,
                               foreigndom);
        if (r.rc != -XEN_ERESTART ||
            xm_domain_find(c->machine, op->domid)->crashed)
            return r;
        if (*done != PVT_DONE_UNTOUCHED) {
            from = *done;
            count = (op->count - from) | XM_PREEMPTED;
        }
        /* What is left is a deferred put, and the answer is known. */
        if (count == XM_PREEMPTED)
            foreigndom = (uint32_t)r.seen[0];
    }
}

static struct xm_result update_va_mapping(struct xm_cpu *c,
                                          const struct pvt_op *op)
{
    struct xm_result r;

    do {
        r = op->other == DOMID_SELF
                ? xm_update_va_mapping(c, op->va, op->val, op->flags)
                : xm_update_va_mapping_otherdomain(c, op->va, op->val,
                                                   op->flags, op->other);
    } while (r.rc == -XEN_ERESTART);
    return r;
}

/* The model is on the vCPU of OP from now on. */
static int enter(struct model *m, const struct pvt_op *op,
                 struct pvt_outcome *out)
{
    struct xm_cpu *c = &m->cpu;
    struct xm_domain *d = xm_domain_find(c->machine, op->domid);

    *out = (struct pvt_outcome){ .done = PVT_DONE_UNTOUCHED };
    if (!d || d->dying)
        return fail(m, "the domain has been destroyed");
    if (d->crashed)
        return fail(m, "the domain has crashed");
    c->domid = op->domid;
    c->vcpu = op->vcpu;
    c->fired = (struct xm_rule_set){ { 0 } };
    c->refused.why.rule = XM_R_NONE;
    d->vcpu[op->vcpu].up = d->vcpu[op->vcpu].has_run = true;
    return 0;
}

int pvt_model_part(struct pvt_backend *model, const struct pvt_op *op,
                   bool first, uint64_t arg[6], struct pvt_outcome *out)
{
    struct model *m = model_of(model);

    if (enter(m, op, out) != 0 || hypercall_part(m, op, first, arg, out) != 0)
        return -1;
    out->rc = out->why.rc;
    out->fired = m->cpu.fired;
    return 0;
}

/*
 * Before the guest does something itself, its agent on actual Xen flushes the
 * TLB. That is a hypercall, and finishes a put that waits for one (PRE-23).
 */
static void flush(struct xm_cpu *c, const struct pvt_op *op)
{
    const struct mmuext_op flush = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };
    const struct pvt_op call = { .call = PVT_MMUEXT_OP,
                                 .domid = op->domid,
                                 .count = 1,
                                 .ops = &flush,
                                 .foreigndom = DOMID_SELF };
    uint32_t done = PVT_DONE_UNTOUCHED;

    if (!pvt_is_access(op->call) || op->unflushed ||
        !xm_domain_find(c->machine, op->domid)->vcpu[op->vcpu].has_old)
        return;
    (void)requests(c, &call, &done);
    c->fired = (struct xm_rule_set){ { 0 } };
}

static int execute(struct pvt_backend *b, const struct pvt_op *op,
                   struct pvt_outcome *out)
{
    struct model *m = model_of(b);
    struct xm_cpu *c = &m->cpu;

    if (enter(m, op, out) != 0)
        return -1;
    flush(c, op);
    if (!m->unchecked)
        refusal_before(&m->refusal, c, op);
    switch (op->call) {
    case PVT_MMU_UPDATE:
    case PVT_MMUEXT_OP:
        out->why = requests(c, op, &out->done);
        break;
    case PVT_UPDATE_VA_MAPPING:
        out->why = update_va_mapping(c, op);
        break;
    case PVT_HYPERCALL:
        if (hypercall(m, op, out) != 0)
            return -1;
        break;
    case PVT_LOAD:
    case PVT_STORE:
    case PVT_LOAD_SEGMENT:
    case PVT_WRITE_CR3:
    case PVT_READ_CR3:
    case PVT_INVLPG:
        if (access_memory(m, op, out) != 0)
            return -1;
        break;
    case PVT_EXECUTE:
        if (execute_instruction(m, op->code, out) != 0)
            return -1;
        break;
    }
    out->rc = out->why.rc;
    out->fired = c->fired;
    if (!m->unchecked)
        m->violation = refusal_after(&m->refusal, c, out->why);
    return 0;
}

void model__drop_ram(struct model *m)
{
    /* Either kind of memory reads as zero afterwards. */
    madvise(m->cpu.ram, m->ram_size,
            m->memory >= 0 ? MADV_REMOVE : MADV_DONTNEED);
}

/* Domain 0 is always there: only its privilege changes. */
static int use_domain(struct pvt_backend *b, xm_domid domid, bool privileged,
                      struct pvt_known_frames *known)
{
    struct model *m = model_of(b);
    struct xm_domain *d = xm_domain_find(m->cpu.machine, domid);

    *known = b->known;
    if (d && d->domid == 0) {
        d->privileged = privileged;
        return 0;
    }
    if (!m->synthetic || d)
        return fail(m, "the domains of an adopted machine are made by the "
                       "machine itself");
    return model__add_domain(m, domid, privileged, known);
}

static int end_trace(struct pvt_backend *b)
{
    struct model *m = model_of(b);

    return m->synthetic ? model__boot(m) : 0;
}

static int export_machine(struct pvt_backend *b, struct xm_machine *to,
                          uint64_t *ram)
{
    struct model *m = model_of(b);
    const struct xm_config config = *xm_machine_config(to);

    if (config.nr_frames != m->config.nr_frames)
        return fail(m, "the machines differ in size");
    memcpy(to, m->block, m->block_size);
    xm_machine_set_faults(to, config.faults);
    memcpy(ram, m->cpu.ram, m->ram_size);
    return 0;
}

static void model_close(struct pvt_backend *b)
{
    struct model *m = model_of(b);

    model__forget_rehearsal(m);
    if (m->cpu.ram)
        munmap(m->cpu.ram, m->ram_size);
    if (m->memory < 0)
        free(m->block);
    else if (m->block)
        munmap(m->block, m->block_size);
    if (m->memory >= 0)
        close(m->memory);
    free(m->scratch);
    free(m->refusal.frames);
    free(m);
}

static const struct pvt_backend_ops model_ops = {
    .name = "model",
    .use_domain = use_domain,
    .take_frames = take_frames,
    .write_page = write_page,
    .read_page = read_page,
    .read_frame = read_frame,
    .read_frames = read_frames,
    .read_m2p = read_m2p,
    .read_grants = read_grants,
    .execute = execute,
    .end_trace = end_trace,
    .export_machine = export_machine,
    .close = model_close,
};

size_t model__ram_offset(const struct model *m)
{
    return (m->block_size + XM_PAGE_SIZE - 1) & ~(size_t)(XM_PAGE_SIZE - 1);
}

/* A file, so that a rehearsal can have a second view of it; or not. */
static void map_memory(struct model *m, bool file)
{
    const size_t at = model__ram_offset(m);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *ram;

    if (file)
        m->memory = memfd_create("pinfold model", MFD_CLOEXEC);
    if (m->memory < 0) {
        m->block = malloc(m->block_size);
    } else if (ftruncate(m->memory, (off_t)(at + m->ram_size)) == 0) {
        flags = MAP_SHARED | MAP_NORESERVE;
        m->block = mmap(NULL, m->block_size, PROT_READ | PROT_WRITE, flags,
                        m->memory, 0);
        if (m->block == MAP_FAILED)
            m->block = NULL;
    }
    ram = mmap(NULL, m->ram_size, PROT_READ | PROT_WRITE, flags, m->memory,
               m->memory < 0 ? 0 : (off_t)at);
    if (ram != MAP_FAILED)
        m->cpu.ram = ram;
}

static struct model *allocate(uint32_t nr_frames, bool file)
{
    struct model *m = calloc(1, sizeof(*m));

    if (!m)
        return NULL;
    m->memory = -1;
    m->backend.ops = &model_ops;
    snprintf(m->backend.version, sizeof(m->backend.version), "model");
    m->config = xm_config_default(nr_frames);
    m->backend.xen_minor = m->config.xen_minor;
    m->block_size = xm_machine_size(&m->config);
    m->ram_size = (size_t)nr_frames * XM_PAGE_SIZE;
    m->scratch = malloc((size_t)nr_frames * 16u);
    m->refusal.frames = malloc(nr_frames * sizeof(*m->refusal.frames));
    map_memory(m, file);
    if (!m->block || !m->scratch || !m->refusal.frames || !m->cpu.ram) {
        model_close(&m->backend);
        return NULL;
    }
    m->cpu.machine = xm_machine_init(m->block, &m->config);
    m->cpu.preempt_after = -1;
    return m;
}

int pvt_model_open(uint32_t nr_frames, struct pvt_backend **out)
{
    struct model *m;

    assert(nr_frames >= PVT_MODEL_MIN_FRAMES);
    m = allocate(nr_frames, false);
    if (!m)
        return -1;
    m->synthetic = true;
    if (model__boot(m) != 0) {
        model_close(&m->backend);
        return -1;
    }
    *out = &m->backend;
    return 0;
}

static int set_version(struct model *m, unsigned int minor, bool debug)
{
    if (!xm_config_set_xen(&m->config, minor))
        return -1;
    m->config.debug = debug;
    m->backend.xen_minor = minor;
    m->backend.xen_debug = debug;
    return 0;
}

int pvt_model_set_xen(struct pvt_backend *model, unsigned int minor, bool debug)
{
    struct model *m = model_of(model);

    if (set_version(m, minor, debug) != 0)
        return fail(m, "the model knows Xen 4.13 to 4.22");
    return model__boot(m);
}

int pvt_model_sync(struct pvt_backend *model, struct pvt_backend *other)
{
    struct model *m = model_of(model);
    const uint32_t faults = xm_machine_config(m->cpu.machine)->faults;

    model__drop_ram(m);
    xm_machine_init(m->block, &m->config);
    xm_machine_set_faults(m->cpu.machine, faults);
    model->known = other->known;
    return other->ops->export_machine(other, m->cpu.machine, m->cpu.ram);
}

int pvt_model_adopt(struct pvt_backend *other, struct pvt_backend **out)
{
    struct model *m;

    if (!other->ops->export_machine || other->known.nr_frames > UINT32_MAX) {
        snprintf(other->message, sizeof(other->message),
                 "its state cannot be copied into a model");
        return -1;
    }
    m = allocate((uint32_t)other->known.nr_frames, true);
    if (!m) {
        snprintf(other->message, sizeof(other->message),
                 "no memory for a model of the machine: %s", strerror(errno));
        return -1;
    }
    if (set_version(m, other->xen_minor, other->xen_debug) != 0) {
        snprintf(other->message, sizeof(other->message),
                 "the model knows Xen 4.13 to 4.22, this is %s",
                 other->version);
        model_close(&m->backend);
        return -1;
    }
    if (pvt_model_sync(&m->backend, other) != 0) {
        model_close(&m->backend);
        return -1;
    }
    *out = &m->backend;
    return 0;
}

struct xm_cpu *pvt_model_cpu(struct pvt_backend *model)
{
    return &model_of(model)->cpu;
}

void pvt_model_set_unchecked(struct pvt_backend *model)
{
    model_of(model)->unchecked = true;
}

struct xm_violation pvt_model_check(struct pvt_backend *model, bool whole)
{
    struct model *m = model_of(model);
    const struct xm_violation v = m->violation;

    m->violation.found = false;
    return v.found || !whole ? v : xm_check_invariants(&m->cpu, m->scratch);
}
