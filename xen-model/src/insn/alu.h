/* SPDX-License-Identifier: MIT
 *
 * What instructions compute, apart from where it comes from and goes to.
 */
#ifndef XM_ALU_H
#define XM_ALU_H

#include <xen-model/insn.h>

struct alu {
    unsigned int width; /* bytes: 1, 2, 4, 8 */
    uint64_t old, src;  /* WIDTH bytes each, zero-extended */
    unsigned int count; /* of shifts and rotations, 8 bits */
    uint64_t flags;     /* rflags, before and after */
    uint64_t result;    /* WIDTH bytes, zero-extended */
    uint32_t undefined; /* flags that processors leave undefined */
};

static inline uint64_t xm__mask(unsigned int width)
{
    return ~0ull >> (64 - 8 * width);
}

/* One of XM_OP_ADD .. XM_OP_BTC, XM_OP_INC .. XM_OP_NEG. */
void xm__alu(enum xm_operation op, struct alu *a);

/* The flags of OLD - SRC, as cmp sets them. */
void xm__alu_compare(struct alu *a);

/* Condition CC of an opcode's low four bits. */
bool xm__condition(unsigned int cc, uint64_t flags);

#endif
