/* SPDX-License-Identifier: MIT
 *
 * What the benchmarks share: a machine to measure on, and what a subject is.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <xen-model/hypercall.h>
#include <xen-model/pte.h>

#define BOOT_L4 16u
#define BOOT_L3 17u
#define BOOT_L2 18u
#define BOOT_L1 19u
#define FIRST_FREE 20u /* frames from here on: C 1, no type */

#define P XM_PTE_P
#define RW XM_PTE_RW
#define US XM_PTE_US
#define RWU (P | RW | US)

/* Frames 16 .. nr_frames - 1 belong to d0, which runs on the boot tables. */
struct bench_machine {
    struct xm_cpu cpu;
    struct xm_config config;
    uint32_t step; /* a subject's own */
    struct mmu_update request;
};

/* Both end the program with a message if something is missing or refused. */
void bench_open(struct bench_machine *m, uint32_t nr_frames);
void bench_refused(const struct xm_result *r);
void bench_close(struct bench_machine *m);

static inline void bench_expect(struct xm_result r)
{
    if (r.rc != 0)
        bench_refused(&r);
}

uint64_t *bench_entry(struct bench_machine *m, xm_mfn table, unsigned int slot);
void bench_update(struct bench_machine *m, xm_mfn table, unsigned int slot,
                  uint64_t val);
void bench_ext(struct bench_machine *m, unsigned int cmd, xm_mfn mfn);

/* One line of the table: what is measured, and by what it is divided. */
struct bench_subject {
    const char *key;
    uint32_t nr_frames; /* of its machine */
    uint32_t units;     /* entries, requests: the value is for one of them */
    void (*prepare)(struct bench_machine *m); /* once; may be NULL */
    void (*before)(struct bench_machine *m);  /* each time; may be NULL */
    void (*run)(struct bench_machine *m);     /* what is measured */
    uint32_t timed; /* repetitions for the clock, 0: instructions only */
};

struct bench_family {
    const struct bench_subject *subjects;
    size_t count;
};

#define BENCH_FAMILY(array)                                                    \
    {                                                                          \
        array, sizeof(array) / sizeof((array)[0])                              \
    }

/* Prints the line of its subject. */
void bench_memory(void);

extern const struct bench_family bench_mmu_update, bench_pin, bench_tree,
    bench_update_va_mapping, bench_fuzz;

#endif
