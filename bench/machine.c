/* SPDX-License-Identifier: MIT
 *
 * The machine of a benchmark. Its RAM is reserved, not touched: a big machine
 * costs what its tables cost.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

void bench_refused(const struct xm_result *r)
{
    fprintf(stderr, "refused by %s (%#llx, %#llx): not measured\n",
            xm_rule_info(r->rule)->id, (unsigned long long)r->seen[0],
            (unsigned long long)r->seen[1]);
    exit(1);
}

uint64_t *bench_entry(struct bench_machine *m, xm_mfn table, unsigned int slot)
{
    return &xm_ram_frame(&m->cpu, table)[slot];
}

void bench_update(struct bench_machine *m, xm_mfn table, unsigned int slot,
                  uint64_t val)
{
    const struct mmu_update req = { .ptr = table << XM_PAGE_SHIFT | slot * 8u,
                                    .val = val };

    bench_expect(xm_mmu_update(&m->cpu, &req, 1, NULL, DOMID_SELF));
}

void bench_ext(struct bench_machine *m, unsigned int cmd, xm_mfn mfn)
{
    const struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

    bench_expect(xm_mmuext_op(&m->cpu, &op, 1, NULL, DOMID_SELF));
}

static void *reserve(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (p == MAP_FAILED) {
        perror("memory for the machine");
        exit(3);
    }
    return p;
}

void bench_open(struct bench_machine *m, uint32_t nr_frames)
{
    struct xm_machine *x;

    *m = (struct bench_machine){ .config = xm_config_default(nr_frames) };
    x = xm_machine_init(reserve(xm_machine_size(&m->config)), &m->config);
    m->cpu = (struct xm_cpu){
        .machine = x,
        .ram = reserve((size_t)nr_frames * XM_PAGE_SIZE),
        .preempt_after = -1,
    };
    xm_domain_create(x, 0, true)->vcpu[0].initialised = true;
    for (xm_mfn mfn = BOOT_L4; mfn < nr_frames; mfn++)
        xm_frame_assign(x, mfn, 0);
    *bench_entry(m, BOOT_L4, 0) = xm_pte(BOOT_L3, RWU);
    *bench_entry(m, BOOT_L3, 0) = xm_pte(BOOT_L2, RWU);
    *bench_entry(m, BOOT_L2, 0) = xm_pte(BOOT_L1, RWU);
    bench_ext(m, MMUEXT_NEW_BASEPTR, BOOT_L4);
}

void bench_close(struct bench_machine *m)
{
    munmap(m->cpu.ram, (size_t)m->config.nr_frames * XM_PAGE_SIZE);
    munmap(m->cpu.machine, xm_machine_size(&m->config));
}
