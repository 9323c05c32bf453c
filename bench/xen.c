/* SPDX-License-Identifier: MIT
 *
 * pinfold-bench-xen [HYPERVISOR]: what actual Xen spends on the subjects of
 * pinfold-bench, in instructions, from the guest's call to its return. Prints
 * key and instructions, the latter for one unit (an entry, a request).
 *
 * A call is measured together with one that undoes it, so that both can be
 * repeated; the least of all rounds counts.
 */
#include "xen.h"

#include <shim/host.h>
#include <traces/backend.h>
#include <xen-model/pte.h>
#include <xen/xen.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define P XM_PTE_P
#define RW XM_PTE_RW
#define US XM_PTE_US
#define RWU (P | RW | US)

#define ROUNDS 25u
#define BATCH 64u
#define TABLES 8u
#define MAX_REQUESTS (2 * XM_ENTRIES + 1)

enum table { L1_LIVE, L1_EMPTY, L1_FULL, L4, L3, L2, L1 };

struct bench {
    struct pvt_backend *xen;
    xm_mfn table[TABLES];
    xm_mfn page[XM_ENTRIES];
};

static void stop(const char *what, const char *message)
{
    fprintf(stderr, "%s: %s\n", what, message);
    exit(3);
}

/* The two calls of a measurement, and what their arguments point to. */
struct pair {
    struct shim_measure m;
    uint8_t bytes[2 * MAX_REQUESTS * sizeof(struct mmuext_op)];
    size_t used;
};

static void add_batch(struct bench *b, struct pair *p, uint64_t number,
                      const void *requests, size_t size, uint32_t count)
{
    struct shim_measured_call *call = &p->m.call[p->used == 0 ? 0 : 1];

    *call = (struct shim_measured_call){
        .number = number,
        .arg = { shim_measure_address(b->xen, p->used), count, 0, DOMID_SELF }
    };
    memcpy(p->bytes + p->used, requests, size * count);
    p->used += size * count;
}

static void add_update(struct bench *b, struct pair *p, xm_mfn table,
                       uint64_t val)
{
    const struct mmu_update req = { table << XM_PAGE_SHIFT, val };

    add_batch(b, p, __HYPERVISOR_mmu_update, &req, sizeof(req), 1);
}

static void add_ext(struct bench *b, struct pair *p, unsigned int cmd,
                    xm_mfn mfn)
{
    const struct mmuext_op op = { .cmd = cmd, .arg1.mfn = mfn };

    add_batch(b, p, __HYPERVISOR_mmuext_op, &op, sizeof(op), 1);
}

/* The keys of the two calls, NULL if nobody wants to know; units of both. */
static void measure(struct bench *b, struct pair *p, const char *first,
                    const char *second, uint32_t units)
{
    const char *const keys[] = { first, second };

    p->m.rounds = ROUNDS;
    if (shim_measure(b->xen, &p->m, p->bytes, p->used) != 0)
        stop(first ? first : second, b->xen->message);
    for (int i = 0; i < 2; i++) {
        const struct shim_measured_call *call = &p->m.call[i];

        if (call->rc != 0) {
            fprintf(stderr, "%s: call %d answered %lld\n",
                    first ? first : second, i, (long long)call->rc);
            exit(1);
        }
        if (keys[i])
            printf("%s\t%.1f\n", keys[i], (double)call->clock / units);
    }
    p->used = 0;
}

/* One call whose result is of no interest to the table. */
static void prepare(struct bench *b, struct pvt_op *op)
{
    struct pvt_outcome out;

    op->other = DOMID_SELF;
    if (b->xen->ops->execute(b->xen, op, &out) != 0)
        stop("preparing", b->xen->message);
    if (out.rc != 0) {
        fprintf(stderr, "preparing: call answered %lld\n", (long long)out.rc);
        exit(1);
    }
}

static void set(struct bench *b, xm_mfn table, unsigned int slot, uint64_t val)
{
    const struct mmu_update req = { table << XM_PAGE_SHIFT | slot * 8u, val };
    struct pvt_op op = { .call = PVT_MMU_UPDATE,
                         .updates = &req,
                         .count = 1,
                         .foreigndom = DOMID_SELF };

    prepare(b, &op);
}

static void ext(struct bench *b, unsigned int cmd, xm_mfn mfn)
{
    const struct mmuext_op ext_op = { .cmd = cmd, .arg1.mfn = mfn };
    struct pvt_op op = { .call = PVT_MMUEXT_OP,
                         .ops = &ext_op,
                         .count = 1,
                         .foreigndom = DOMID_SELF };

    prepare(b, &op);
}

static void write_table(struct bench *b, enum table t,
                        const uint64_t words[XM_ENTRIES])
{
    if (b->xen->ops->write_page(b->xen, b->table[t], words) != 0)
        stop("writing", b->xen->message);
}

static void take_frames(struct bench *b)
{
    uint64_t words[XM_ENTRIES] = { 0 };

    if (b->xen->ops->take_frames(b->xen, 0, TABLES, b->table) != 0 ||
        b->xen->ops->take_frames(b->xen, 0, XM_ENTRIES, b->page) != 0)
        stop("frames", b->xen->message);
    words[0] = xm_pte(b->table[L3], RWU);
    write_table(b, L4, words);
    words[0] = xm_pte(b->table[L2], RWU);
    write_table(b, L3, words);
    words[0] = xm_pte(b->table[L1], RWU);
    write_table(b, L2, words);
    for (unsigned int i = 0; i < XM_ENTRIES; i++)
        words[i] = xm_pte(b->page[i], RWU);
    write_table(b, L1_FULL, words);
}

static void mmu_update(struct bench *b, struct pair *p)
{
    const xm_mfn table = b->table[L1_LIVE];
    const uint64_t rw = xm_pte(b->page[0], RWU);
    struct mmu_update map[BATCH], unmap[BATCH];

    ext(b, MMUEXT_PIN_L1_TABLE, table);
    add_update(b, p, table, rw);
    add_update(b, p, table, 0);
    measure(b, p, "mmu_update.map", "mmu_update.unmap", 1);
    set(b, table, 0, rw);
    add_update(b, p, table, rw | XM_PTE_A);
    add_update(b, p, table, rw);
    measure(b, p, "mmu_update.flags", NULL, 1);
    set(b, table, 0, xm_pte(b->page[0], P | US));
    add_update(b, p, table, rw);
    add_update(b, p, table, xm_pte(b->page[0], P | US));
    measure(b, p, "mmu_update.writable", NULL, 1);
    set(b, table, 0, 0);
    for (unsigned int i = 0; i < BATCH; i++) {
        unmap[i].ptr = map[i].ptr = table << XM_PAGE_SHIFT | i * 8u;
        map[i].val = xm_pte(b->page[i], RWU);
        unmap[i].val = 0;
    }
    add_batch(b, p, __HYPERVISOR_mmu_update, map, sizeof(map[0]), BATCH);
    add_batch(b, p, __HYPERVISOR_mmu_update, unmap, sizeof(map[0]), BATCH);
    measure(b, p, "mmu_update.64", NULL, BATCH);
}

/* Releases the full table, then makes each of its pages a table for a while. */
static void add_change(struct bench *b, struct pair *p)
{
    struct mmuext_op op[MAX_REQUESTS];

    op[0].cmd = MMUEXT_UNPIN_TABLE;
    op[0].arg1.mfn = b->table[L1_FULL];
    for (unsigned int i = 0; i < XM_ENTRIES; i++) {
        op[1 + 2 * i].cmd = MMUEXT_PIN_L1_TABLE;
        op[2 + 2 * i].cmd = MMUEXT_UNPIN_TABLE;
        op[1 + 2 * i].arg1.mfn = op[2 + 2 * i].arg1.mfn = b->page[i];
    }
    add_batch(b, p, __HYPERVISOR_mmuext_op, op, sizeof(op[0]), MAX_REQUESTS);
}

static void pin_l1(struct bench *b, struct pair *p)
{
    add_ext(b, p, MMUEXT_PIN_L1_TABLE, b->table[L1_EMPTY]);
    add_ext(b, p, MMUEXT_UNPIN_TABLE, b->table[L1_EMPTY]);
    measure(b, p, "pin_l1.empty", "unpin_l1.empty", 1);
    add_ext(b, p, MMUEXT_PIN_L1_TABLE, b->table[L1_FULL]);
    add_ext(b, p, MMUEXT_UNPIN_TABLE, b->table[L1_FULL]);
    measure(b, p, "pin_l1.full", "unpin_l1.full", XM_ENTRIES);
    ext(b, MMUEXT_PIN_L1_TABLE, b->table[L1_FULL]);
    add_change(b, p);
    add_ext(b, p, MMUEXT_PIN_L1_TABLE, b->table[L1_FULL]);
    measure(b, p, NULL, "pin_l1.change", XM_ENTRIES);
}

static void pin_l4(struct bench *b, struct pair *p)
{
    add_ext(b, p, MMUEXT_PIN_L4_TABLE, b->table[L4]);
    add_ext(b, p, MMUEXT_UNPIN_TABLE, b->table[L4]);
    measure(b, p, "pin_l4.minimal", "unpin_l4.minimal", 1);
}

static void add_uvm(struct pair *p, uint64_t val)
{
    struct shim_measured_call *call = &p->m.call[p->used == 0 ? 0 : 1];

    *call =
        (struct shim_measured_call){ .number = __HYPERVISOR_update_va_mapping,
                                     .arg = { PVT_WINDOW_VA + XM_PAGE_SIZE, val,
                                              UVMF_NONE } };
    p->used++;
}

static void update_va_mapping(struct bench *b, struct pair *p)
{
    const uint64_t rw = xm_pte(b->page[0], RWU);

    set(b, b->xen->known.boot_l2, PVT_WINDOW_SLOT,
        xm_pte(b->table[L1_LIVE], RWU));
    set(b, b->table[L1_LIVE], 1, 0);
    add_uvm(p, rw);
    add_uvm(p, 0);
    measure(b, p, "update_va_mapping.map", "update_va_mapping.unmap", 1);
    set(b, b->table[L1_LIVE], 1, rw);
    add_uvm(p, rw | XM_PTE_A);
    add_uvm(p, rw);
    measure(b, p, "update_va_mapping.flags", NULL, 1);
}

int main(int argc, char **argv)
{
    static struct bench b;
    static struct pair p;
    struct shim_config config = { .icount = 1 };
    char message[512];

    if (argc > 2) {
        fprintf(stderr, "usage: pinfold-bench-xen [HYPERVISOR]\n");
        return 2;
    }
    config.hypervisor = argc == 2 ? argv[1] : NULL;
    if (cli_xen_open(&config, &b.xen, message, sizeof(message)) != 0)
        stop("Xen", message);
    take_frames(&b);
    mmu_update(&b, &p);
    pin_l1(&b, &p);
    pin_l4(&b, &p);
    update_va_mapping(&b, &p);
    printf("version\t%s\n", b.xen->version);
    b.xen->ops->close(b.xen);
    return 0;
}
