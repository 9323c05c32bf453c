/* SPDX-License-Identifier: MIT
 *
 * What the fields of an operation stand for.
 */
#include "forms.h"

#include <xen-model/types.h>

#include <stdio.h>
#include <xen/xen.h>

/*
 * Integer instructions only, without those whose status flags after a fault
 * are the emulated processor's own choice, and without those that make an
 * entry for a frame that is not of the world.
 */
static const struct fz_form forms[] = {
    { "48 89 07", 3, FZ_TAKES_ENTRY, { 0x48, 0x89, 0x07 } }, /* mov */
    { "89 07", 2, FZ_TAKES_ENTRY, { 0x89, 0x07 } },          /* 32 bits */
    { "88 07", 2, FZ_TAKES_ENTRY, { 0x88, 0x07 } },          /* 8 bits */
    { "48 87 07", 3, FZ_TAKES_ENTRY, { 0x48, 0x87, 0x07 } }, /* xchg */
    { "48 09 07", 3, FZ_TAKES_FLAGS, { 0x48, 0x09, 0x07 } }, /* or */
    { "48 21 07", 3, FZ_TAKES_FLAGS, { 0x48, 0x21, 0x07 } }, /* and */
    { "48 31 07", 3, FZ_TAKES_FLAGS, { 0x48, 0x31, 0x07 } }, /* xor */
    { "f0 48 0f b1 0f",
      5,
      FZ_TAKES_ENTRY,
      { 0xf0, 0x48, 0x0f, 0xb1, 0x0f } }, /* lock cmpxchg with 0 */
    { "f0 48 0f ba 2f 01",
      6,
      FZ_TAKES_FLAGS,
      { 0xf0, 0x48, 0x0f, 0xba, 0x2f, 0x01 } }, /* lock bts */
    { "48 0f ba 37 01",
      5,
      FZ_TAKES_FLAGS,
      { 0x48, 0x0f, 0xba, 0x37, 0x01 } },                    /* btr */
    { "48 ab", 2, FZ_TAKES_ENTRY, { 0x48, 0xab } },          /* stos */
    { "f3 48 ab", 3, FZ_TAKES_COUNT, { 0xf3, 0x48, 0xab } }, /* rep stos */
};
#define NR_FORMS (sizeof(forms) / sizeof(forms[0]))

const struct fz_form *fz_form(uint32_t number)
{
    return &forms[number % NR_FORMS];
}

enum fz_kind fz_op_kind(const struct fz_op *op)
{
    return (enum fz_kind)(op->kind % FZ_NR_KINDS);
}

bool fz_has_raw(const struct fz_op *op)
{
    return (op->mode & FZ_RAW) && fz_op_kind(op) == FZ_POKE;
}

/* Addresses that no window has: low, without an L3, Xen's. */
static const xm_vaddr addresses[] = {
    0x1000,
    0x7f0000000000,
    0xffff800000001000,
    0xffff880000000000,
};
#define NR_ADDRESSES (sizeof(addresses) / sizeof(addresses[0]))
#define NO_WINDOW 0xf0u /* in extra: from here on, one of these */

bool fz_in_window(const struct fz_op *op)
{
    return op->extra < NO_WINDOW;
}

xm_vaddr fz_address(const struct fz_op *op)
{
    if (!fz_in_window(op))
        return addresses[(op->extra - NO_WINDOW) % NR_ADDRESSES];
    return PVT_WINDOW_VA + op->slot % FZ_WINDOW_PAGES * XM_PAGE_SIZE +
           op->extra * 8u;
}

const char *fz_address_text(const struct fz_op *op, char buffer[40])
{
    if (!fz_in_window(op))
        snprintf(buffer, 40, "0x%llx", (unsigned long long)fz_address(op));
    else if (op->extra)
        snprintf(buffer, 40, "window[%u] + %u", op->slot % FZ_WINDOW_PAGES,
                 op->extra * 8u);
    else
        snprintf(buffer, 40, "window[%u]", op->slot % FZ_WINDOW_PAGES);
    return buffer;
}

uint64_t fz_flush(const struct fz_op *op)
{
    static const uint64_t flushes[] = {
        UVMF_NONE,
        UVMF_NONE,
        UVMF_TLB_FLUSH | UVMF_LOCAL,
        UVMF_TLB_FLUSH | UVMF_ALL,
        UVMF_INVLPG | UVMF_LOCAL,
        UVMF_INVLPG | UVMF_ALL,
    };

    return flushes[op->cmd % (sizeof(flushes) / sizeof(flushes[0]))];
}

enum fz_fd fz_fd_of_tables(const struct fz_world *w, const struct fz_op *op)
{
    const uint32_t fd = op->fd >> 4;

    return fd >= FZ_FD_D0 && fd <= FZ_FD_D2 ? fz_fd(w, fd) : FZ_FD_NONE;
}

const char *fz_domain_text(enum fz_fd fd)
{
    static const char *const names[FZ_NR_FDS] = {
        [FZ_FD_NONE] = "self", [FZ_FD_D0] = "0",      [FZ_FD_D1] = "1",
        [FZ_FD_D2] = "2",      [FZ_FD_SELF] = "self", [FZ_FD_IO] = "io",
        [FZ_FD_XEN] = "xen",   [FZ_FD_BAD] = "1234",
    };

    return names[fd];
}

void fz_set_data(const struct fz_world *w, struct fz_call *c, uint32_t size)
{
    const struct pvt_known_frames *known = &w->known[c->op.domid];

    c->op.args = known->args + c->op.vcpu * known->args_stride;
    c->op.data = c->data;
    c->op.data_size = size;
}
