/* SPDX-License-Identifier: MIT
 *
 * Calls that leave no trace, on a copy-on-write view of the model's memory.
 */
#include "model.h"

#include <traces/rehearsal.h>
#include <xen-model/snapshot.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of an entry of /proc/self/pagemap (Linux, admin-guide/mm/pagemap). */
#define PAGE_PRESENT (1ull << 63)
#define PAGE_SWAPPED (1ull << 62)
#define PAGE_OF_FILE (1ull << 61) /* not a copy of it */

struct rehearsal {
    uint8_t *view; /* of the whole file */
    size_t size;
    int pagemap;       /* of this process; -1: any page may be a copy */
    uint64_t *pages;   /* what it says of those of the block */
    uint64_t *written; /* by the rehearsal, a bit a frame */
    struct xm_cpu origin;
};

static size_t block_pages(const struct model *m)
{
    return model__ram_offset(m) / XM_PAGE_SIZE;
}

void model__forget_rehearsal(struct model *m)
{
    struct rehearsal *r = m->rehearsal;

    if (!r)
        return;
    if (r->view)
        munmap(r->view, r->size);
    if (r->pagemap >= 0)
        close(r->pagemap);
    free(r->pages);
    free(r->written);
    free(r);
    m->rehearsal = NULL;
}

static int prepare(struct model *m)
{
    const size_t words = XM_WRITTEN_WORDS(m->config.nr_frames);
    struct rehearsal *r;
    void *view;

    if (m->memory < 0)
        return fail(m, "a machine of the model's own has no rehearsals");
    r = m->rehearsal = calloc(1, sizeof(*r));
    if (!r)
        return fail(m, "no memory for a rehearsal");
    r->size = model__ram_offset(m) + m->ram_size;
    r->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    r->pages = calloc(block_pages(m), sizeof(*r->pages));
    r->written = calloc(words, sizeof(*r->written));
    view = mmap(NULL, r->size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_NORESERVE, m->memory, 0);
    if (view != MAP_FAILED)
        r->view = view;
    if (r->view && r->pages && r->written)
        return 0;
    model__forget_rehearsal(m);
    return fail(m, "no memory for a rehearsal");
}

int pvt_model_rehearse(struct pvt_backend *model)
{
    struct model *m = model_of(model);
    struct rehearsal *r;

    if (!m->rehearsal && prepare(m) != 0)
        return -1;
    r = m->rehearsal;
    r->origin = m->cpu;
    memset(r->written, 0,
           XM_WRITTEN_WORDS(m->config.nr_frames) * sizeof(*r->written));
    m->cpu.machine = (void *)r->view;
    m->cpu.ram = (void *)(r->view + model__ram_offset(m));
    m->cpu.written = r->written;
    m->cpu.nr_alloc = 0;
    return 0;
}

void pvt_model_end_rehearsal(struct pvt_backend *model)
{
    struct model *m = model_of(model);
    struct rehearsal *r = m->rehearsal;

    m->cpu = r->origin;
    madvise(r->view, r->size, MADV_DONTNEED);
}

const struct xm_cpu *pvt_model_rehearsed(const struct pvt_backend *model)
{
    return &((const struct model *)model)->rehearsal->origin;
}

static void look_for_copies(struct model *m)
{
    struct rehearsal *r = m->rehearsal;
    const size_t size = block_pages(m) * sizeof(*r->pages);
    const off_t at =
        (off_t)((uintptr_t)r->view / XM_PAGE_SIZE * sizeof(*r->pages));

    if (r->pagemap < 0 ||
        pread(r->pagemap, r->pages, size, at) != (ssize_t)size)
        for (size_t i = 0; i < block_pages(m); i++)
            r->pages[i] = PAGE_SWAPPED;
}

/* Is there a copy among these bytes, a page or less? */
static bool has_copy(const struct rehearsal *r, const void *from, size_t n)
{
    const size_t first = (size_t)((const uint8_t *)from - r->view);

    for (size_t i = first / XM_PAGE_SIZE; i <= (first + n - 1) / XM_PAGE_SIZE;
         i++)
        if ((r->pages[i] & PAGE_SWAPPED) ||
            (r->pages[i] & (PAGE_PRESENT | PAGE_OF_FILE)) == PAGE_PRESENT)
            return true;
    return false;
}

/* Frames that are looked at together: their states lie in two pages at most. */
#define TOGETHER 128u

bool pvt_model_each_changed(struct pvt_backend *model,
                            bool (*is_good)(void *context, xm_mfn mfn),
                            void *context)
{
    struct model *m = model_of(model);
    struct xm_machine *before = m->rehearsal->origin.machine;
    const uint32_t nr = m->config.nr_frames;
    const struct xm_frame *const f = xm_machine_frame(m->cpu.machine, 0),
                                 *const f_before = xm_machine_frame(before, 0);
    const uint64_t *const m2p = xm_machine_m2p(m->cpu.machine, 0),
                          *const m2p_before = xm_machine_m2p(before, 0);

    look_for_copies(m);
    for (uint32_t first = 0; first < nr; first += TOGETHER) {
        const uint32_t n = nr - first < TOGETHER ? nr - first : TOGETHER;

        if (!has_copy(m->rehearsal, &f[first], n * sizeof(*f)) &&
            !has_copy(m->rehearsal, &m2p[first], n * sizeof(*m2p)))
            continue;
        for (uint32_t i = first; i < first + n; i++)
            if ((memcmp(&f[i], &f_before[i], sizeof(*f)) != 0 ||
                 m2p[i] != m2p_before[i]) &&
                !is_good(context, i))
                return false;
    }
    return true;
}
