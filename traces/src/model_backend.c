/* SPDX-License-Identifier: MIT
 *
 * The model as a backend: a synthetic machine, or a copy of another one.
 *
 * Guest RAM is mapped and not reserved: frames that no trace touches cost
 * nothing, and dropping the mapping makes them zero again.
 */
#include "model.h"

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

static const uint64_t *page(struct pvt_backend *b, xm_mfn mfn)
{
    struct model *m = model_of(b);

    return check_mfn(m, mfn) == 0 ? xm_ram_frame(&m->cpu, mfn) : NULL;
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

_Static_assert(sizeof(struct xm_frame) <= PVT_FRAME_BYTES, "frame_memory");

static const void *frame_memory(struct pvt_backend *b, xm_mfn first,
                                size_t *size)
{
    struct model *m = model_of(b);
    const uint64_t n = m->config.nr_frames - first;

    *size =
        (n < PVT_FRAME_BLOCK ? n : PVT_FRAME_BLOCK) * sizeof(struct xm_frame);
    return xm_machine_frame(m->cpu.machine, first);
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

void model__drop_ram(struct model *m)
{
    /* Either kind of memory reads as zero afterwards. */
    madvise(m->cpu.ram, m->ram_size,
            m->memory >= 0 ? MADV_REMOVE : MADV_DONTNEED);
}

/* Domain 0 is always there: only its privilege changes. */
static int use_domain(struct pvt_backend *b, xm_domid domid, bool privileged,
                      uint32_t frames, struct pvt_known_frames *known)
{
    struct model *m = model_of(b);
    struct xm_domain *d = xm_domain_find(m->cpu.machine, domid);

    (void)frames;
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

static int end_trace(struct pvt_backend *b, bool halfway)
{
    (void)halfway;
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
    .page = page,
    .read_frame = read_frame,
    .read_frames = read_frames,
    .frame_memory = frame_memory,
    .read_m2p = read_m2p,
    .read_grants = read_grants,
    .execute = model__execute,
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

int pvt_model_set_l1tf(struct pvt_backend *model, bool on)
{
    struct model *m = model_of(model);

    m->config.l1tf_domu = on ? XM_L1TF_CRASH : XM_L1TF_UNCHECKED;
    model->l1tf = on;
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
    m->config.l1tf_domu = other->l1tf ? XM_L1TF_CRASH : XM_L1TF_UNCHECKED;
    m->backend.l1tf = other->l1tf;
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
