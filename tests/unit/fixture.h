/* SPDX-License-Identifier: MIT
 *
 * A small machine for unit tests: 64 frames, one domain that owns frames
 * 16..63 and runs on BOOT_L4 -> BOOT_L3 -> BOOT_L2 -> BOOT_L1 (slot 0 each).
 */
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include <xen-model/hypercall.h>
#include <xen-model/invariants.h>
#include <xen-model/pte.h>
#include <xen-model/walk.h>

#define NR_FRAMES 64u
#define FRAME_XEN 2u
#define FRAME_MMIO 3u
#define FRAME_M2P 4u
#define FRAME_FOREIGN 8u /* of domain 7 */
#define BOOT_L4 16u
#define BOOT_L3 17u
#define BOOT_L2 18u
#define BOOT_L1 19u
#define FIRST_FREE 20u /* frames from here on are untouched: C 1, no type */

#define P XM_PTE_P
#define RW XM_PTE_RW
#define US XM_PTE_US
#define RWU (P | RW | US)

struct fixture {
    struct xm_cpu cpu;
    void *block;
    uint64_t *ram;
};

/* PRIVILEGED: the domain is number 0 and a control domain, else number 1. */
void fixture_setup(struct fixture *f, bool privileged);
/* CONFIG: of NR_FRAMES frames. */
void fixture_setup_config(struct fixture *f, bool privileged,
                          struct xm_config config);
void fixture_teardown(struct fixture *f);

struct xm_frame *frame(struct fixture *f, xm_mfn mfn);
uint64_t *entry(struct fixture *f, xm_mfn table, unsigned int slot);

/* One request, FD self; the answer's rc, with the rule in f->rule. */
struct xm_result update(struct fixture *f, xm_mfn table, unsigned int slot,
                        uint64_t val);
struct xm_result ext(struct fixture *f, unsigned int cmd, xm_mfn mfn);

/* Fails the test unless rc and rule are as given. */
void expect(struct xm_result r, int rc, enum xm_rule rule);
/* Fails unless C, T, type and the flags of type_info are as given. */
void expect_frame(struct fixture *f, xm_mfn mfn, uint64_t count,
                  uint64_t type_info);
void expect_invariants(struct fixture *f);

#endif
