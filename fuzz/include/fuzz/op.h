/* SPDX-License-Identifier: MIT
 *
 * An operation of a fuzzer: 16 bytes, and any 16 bytes are one. Frames are
 * places in a small world (world.h), the same on the model and on actual Xen.
 */
#ifndef FUZZ_OP_H
#define FUZZ_OP_H

#include <stdbool.h>
#include <stdint.h>

enum fz_kind {
    FZ_POKE, /* what a page holds before anything runs */
    FZ_MMU_UPDATE,
    FZ_MMUEXT,
    FZ_UPDATE_VA_MAPPING,
    FZ_LOAD,
    FZ_STORE,
    FZ_EXECUTE,
    FZ_VM_ASSIST,
    FZ_SET_GDT,
    FZ_UPDATE_DESCRIPTOR,
    FZ_LOAD_SEGMENT,
    FZ_DECREASE,
    FZ_GRANT_MAP,
    FZ_GRANT_UNMAP,
    FZ_CALL,  /* any hypercall by its fields: hypercalls.h */
    FZ_GUEST, /* what a guest does itself: guest.h */
    FZ_VALUE, /* behind one of these two: a field, a register */
    FZ_NR_KINDS
};

/* Bits of fz_op.mode. */
#define FZ_JOINED 1u     /* one call with the operation that follows */
#define FZ_DESCRIPTOR 2u /* not an entry: the descriptor number FLAGS */
#define FZ_GRANT 4u      /* not an entry: one of a grant table */
#define FZ_USER 8u       /* of GUEST: by the guest's user */
#define FZ_UNFLUSHED 16u /* of GUEST: with the TLB as it is */
#define FZ_RAW 64u       /* of POKE: a number, fz_raw(); its fields are four */
#define FZ_LISTED 32u    /* of VALUE: a word of a list in memory */
#define FZ_MULTICALL 128u /* it stops, as a multicall of two requests each */

/* In fz_op.reserved of what may stop: a delay is there, not a count. */
#define FZ_BY_TIMER 0x8000u

struct fz_op {
    uint8_t kind;   /* enum fz_kind, modulo */
    uint8_t who;    /* bits 1:0 domain, bit 2 vCPU */
    uint8_t cmd;    /* of MMU_UPDATE, MMUEXT; the form of EXECUTE */
    uint8_t fd;     /* owner of pages 3:0 and of tables 7:4 (enum fz_fd) */
    uint8_t table;  /* the frame of the slot (enum fz_frame) */
    uint8_t target; /* the frame in the entry */
    uint16_t slot;  /* index in the table, page of the window, or selector */
    uint32_t flags; /* 11:0 and 23:12 are bits 11:0 and 63:52 of the entry */
    uint8_t mode;
    uint8_t extra;     /* offset, an address, or a third frame */
    uint16_t reserved; /* of what may stop (fz_may_stop): how often */
};

_Static_assert(sizeof(struct fz_op) == 16, "programs are read from files");

/* 64 bits, of an operation that has nothing else in these fields. */
static inline uint64_t fz_raw(const struct fz_op *op)
{
    return op->flags | (uint64_t)op->reserved << 32 | (uint64_t)op->who << 48 |
           (uint64_t)op->cmd << 56;
}

static inline void fz_set_raw(struct fz_op *op, uint64_t value)
{
    op->flags = (uint32_t)value;
    op->reserved = (uint16_t)(value >> 32);
    op->who = (uint8_t)(value >> 48);
    op->cmd = (uint8_t)(value >> 56);
    op->mode |= FZ_RAW;
}

/* The flags of an entry, as the operation has them and as the table has. */
static inline uint64_t fz_unpack_flags(uint32_t flags)
{
    return (flags & 0xfffu) | (uint64_t)(flags >> 12 & 0xfffu) << 52;
}

static inline uint32_t fz_pack_flags(uint64_t entry)
{
    return (uint32_t)(entry & 0xfffu) | (uint32_t)(entry >> 52) << 12;
}

#endif
