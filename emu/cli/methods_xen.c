/* SPDX-License-Identifier: MIT
 *
 * The scenarios on actual Xen, by the shim. QEMU counts instructions, so the
 * clock of a report is what guest and Xen executed together.
 */
#include "methods.h"
#include "xen.h"

#include <shim/host.h>

#include <stdlib.h>

#define ARENA (7 * METHODS_POOL) /* most of a domain of 64 MiB */

struct methods_xen {
    struct pvt_backend *backend;
};

static int ascending(const void *a, const void *b)
{
    const xm_mfn x = *(const xm_mfn *)a, y = *(const xm_mfn *)b;

    return (x > y) - (x < y);
}

static int take_arena(struct pvt_backend *b, struct methods_memory *memory)
{
    *memory = (struct methods_memory){
        .nr_frames = b->known.nr_frames,
        .boot_l4 = b->known.boot_l4,
        .boot_l3 = b->known.boot_l3,
        .boot_l2 = b->known.boot_l2,
        .nr_arena = ARENA,
    };
    memory->arena = calloc(ARENA, sizeof(*memory->arena));
    if (!memory->arena) {
        snprintf(b->message, sizeof(b->message),
                 "not enough memory: free "
                 "some");
        return -1;
    }
    if (b->ops->take_frames(b, 0, ARENA, memory->arena)) {
        free(memory->arena);
        memory->arena = NULL;
        return -1;
    }
    qsort(memory->arena, ARENA, sizeof(*memory->arena), ascending);
    return 0;
}

struct methods_xen *methods_xen_open(const char *hypervisor,
                                     struct methods_memory *memory,
                                     char *message, size_t size)
{
    const struct shim_config config = { .hypervisor = hypervisor, .icount = 1 };
    struct methods_xen *x = calloc(1, sizeof(*x));

    if (!x) {
        snprintf(message, size, "not enough memory: free some");
        return NULL;
    }
    if (cli_xen_open(&config, &x->backend, message, size)) {
        free(x);
        return NULL;
    }
    if (take_arena(x->backend, memory)) {
        snprintf(message, size, "%s", x->backend->message);
        methods_xen_close(x);
        return NULL;
    }
    return x;
}

const char *methods_xen_version(const struct methods_xen *x)
{
    return x->backend->version;
}

bool methods_xen_counts(const struct methods_xen *x)
{
    (void)x;
    return true; /* it was started with an instruction counter */
}

int methods_xen_run(struct methods_xen *x, const struct mm_request *request,
                    const uint64_t *pool, struct mm_report *report,
                    char *message, size_t size)
{
    if (!shim_run_scenario(x->backend, request, pool, report))
        return 0;
    snprintf(message, size, "%s", x->backend->message);
    return -1;
}

void methods_xen_close(struct methods_xen *x)
{
    x->backend->ops->close(x->backend);
    free(x);
}
