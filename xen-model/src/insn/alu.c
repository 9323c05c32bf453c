/* SPDX-License-Identifier: MIT
 *
 * Arithmetic of the instructions that modify memory, with their flags. Mirrors
 * what x86_emulate() computes by executing the same instruction: emulate_1op()
 * and emulate_2op_SrcV(). Rules PTW-23, PTW-24.
 */
#include "alu.h"

static uint64_t top_bit(const struct alu *a)
{
    return 1ull << (8 * a->width - 1);
}

static void set_flag(struct alu *a, uint32_t flag, bool on)
{
    a->flags = on ? a->flags | flag : a->flags & ~(uint64_t)flag;
}

/* ZF, SF and PF are functions of the result. */
static void set_result_flags(struct alu *a)
{
    unsigned int parity = (unsigned int)(a->result & 0xff);

    parity ^= parity >> 4;
    parity ^= parity >> 2;
    parity ^= parity >> 1;
    set_flag(a, XM_FLAG_PF, !(parity & 1));
    set_flag(a, XM_FLAG_ZF, a->result == 0);
    set_flag(a, XM_FLAG_SF, a->result & top_bit(a));
}

static void add(struct alu *a, uint64_t src, bool carry)
{
    const uint64_t sum = (a->old + src + carry) & xm__mask(a->width);

    a->result = sum;
    set_flag(a, XM_FLAG_CF, carry ? sum <= a->old : sum < a->old);
    set_flag(a, XM_FLAG_AF, (a->old ^ src ^ sum) & 0x10);
    set_flag(a, XM_FLAG_OF, (a->old ^ sum) & (src ^ sum) & top_bit(a));
    set_result_flags(a);
}

static void sub(struct alu *a, uint64_t old, uint64_t src, bool borrow)
{
    const uint64_t rest = (old - src - borrow) & xm__mask(a->width);

    a->result = rest;
    set_flag(a, XM_FLAG_CF, borrow ? old <= src : old < src);
    set_flag(a, XM_FLAG_AF, (old ^ src ^ rest) & 0x10);
    set_flag(a, XM_FLAG_OF, (old ^ src) & (old ^ rest) & top_bit(a));
    set_result_flags(a);
}

static void logic(struct alu *a, uint64_t result)
{
    a->result = result;
    a->flags &= ~(uint64_t)(XM_FLAG_CF | XM_FLAG_OF | XM_FLAG_AF);
    a->undefined |= XM_FLAG_AF;
    set_result_flags(a);
}

/* inc and dec leave CF alone. */
static void step(struct alu *a, bool up)
{
    const uint64_t carry = a->flags & XM_FLAG_CF;

    if (up)
        add(a, 1, false);
    else
        sub(a, a->old, 1, false);
    set_flag(a, XM_FLAG_CF, carry);
}

static void rotate(struct alu *a, bool left, bool through_carry)
{
    const unsigned int n = a->count & (a->width == 8 ? 63 : 31);
    const unsigned int rounds = n % (8 * a->width + through_carry);
    bool cf = a->flags & XM_FLAG_CF;
    uint64_t v = a->old;

    for (unsigned int i = 0; i < rounds; i++) {
        const bool out = left ? v & top_bit(a) : v & 1;
        const bool in = through_carry ? cf : out;

        v = left ? (v << 1 | in) & xm__mask(a->width)
                 : v >> 1 | (in ? top_bit(a) : 0);
        cf = out;
    }
    a->result = v;
    if (n == 0)
        return;
    if (!through_carry)
        cf = left ? v & 1 : v & top_bit(a);
    set_flag(a, XM_FLAG_CF, cf);
    set_flag(a, XM_FLAG_OF,
             left ? cf != !!(v & top_bit(a)) : (v ^ v << 1) & top_bit(a));
    if (n != 1)
        a->undefined |= XM_FLAG_OF;
}

static void shift(struct alu *a, enum xm_operation op)
{
    const unsigned int n = a->count & (a->width == 8 ? 63 : 31);
    const uint64_t sign = a->old & top_bit(a);
    uint64_t v = a->old;
    bool cf = false;

    a->result = v;
    if (n == 0)
        return;
    for (unsigned int i = 0; i < n; i++) {
        cf = op == XM_OP_SHL ? v & top_bit(a) : v & 1;
        v = op == XM_OP_SHL ? v << 1 & xm__mask(a->width)
                            : v >> 1 | (op == XM_OP_SAR ? sign : 0);
    }
    a->result = v;
    set_flag(a, XM_FLAG_CF, cf);
    set_flag(a, XM_FLAG_OF,
             op == XM_OP_SHL ? cf != !!(v & top_bit(a))
                             : (v ^ a->old) & top_bit(a));
    set_result_flags(a);
    a->undefined |= XM_FLAG_AF | (n != 1 ? XM_FLAG_OF : 0);
    if (n > 8 * a->width)
        a->undefined |= XM_FLAG_CF;
}

/* Xen takes the count modulo the width, where processors differ (16 bits). */
static void double_shift(struct alu *a, bool left)
{
    const unsigned int bits = 8 * a->width, n = a->count & (bits - 1);

    a->result = a->old;
    if (n == 0)
        return;
    a->result = (left ? a->old << n | a->src >> (bits - n)
                      : a->old >> n | a->src << (bits - n)) &
                xm__mask(a->width);
    set_flag(a, XM_FLAG_CF, a->old >> (left ? bits - n : n - 1) & 1);
    set_flag(a, XM_FLAG_OF, (a->result ^ a->old) & top_bit(a));
    set_result_flags(a);
    a->undefined |= XM_FLAG_AF | (n != 1 ? XM_FLAG_OF : 0);
}

static void one_bit(struct alu *a, enum xm_operation op)
{
    const uint64_t bit = 1ull << (a->src & (8 * a->width - 1));

    set_flag(a, XM_FLAG_CF, a->old & bit);
    a->result = op == XM_OP_BTS   ? a->old | bit
                : op == XM_OP_BTR ? a->old & ~bit
                                  : a->old ^ bit;
    a->undefined |= XM_FLAG_OF | XM_FLAG_SF | XM_FLAG_AF | XM_FLAG_PF;
}

void xm__alu_compare(struct alu *a)
{
    sub(a, a->old, a->src, false);
}

void xm__alu(enum xm_operation op, struct alu *a)
{
    const bool carry = a->flags & XM_FLAG_CF;

    switch (op) {
    case XM_OP_ADD:
    case XM_OP_XADD:
        add(a, a->src, false);
        break;
    case XM_OP_ADC:
        add(a, a->src, carry);
        break;
    case XM_OP_SUB:
        sub(a, a->old, a->src, false);
        break;
    case XM_OP_SBB:
        sub(a, a->old, a->src, carry);
        break;
    case XM_OP_OR:
        logic(a, a->old | a->src);
        break;
    case XM_OP_AND:
        logic(a, a->old & a->src);
        break;
    case XM_OP_XOR:
        logic(a, a->old ^ a->src);
        break;
    case XM_OP_ROL:
    case XM_OP_ROR:
    case XM_OP_RCL:
    case XM_OP_RCR:
        rotate(a, op == XM_OP_ROL || op == XM_OP_RCL,
               op == XM_OP_RCL || op == XM_OP_RCR);
        break;
    case XM_OP_SHL:
    case XM_OP_SHR:
    case XM_OP_SAR:
        shift(a, op);
        break;
    case XM_OP_SHLD:
    case XM_OP_SHRD:
        double_shift(a, op == XM_OP_SHLD);
        break;
    case XM_OP_BTS:
    case XM_OP_BTR:
    case XM_OP_BTC:
        one_bit(a, op);
        break;
    case XM_OP_XCHG:
        a->result = a->src;
        break;
    case XM_OP_INC:
    case XM_OP_DEC:
        step(a, op == XM_OP_INC);
        break;
    case XM_OP_NOT:
        a->result = ~a->old & xm__mask(a->width);
        break;
    case XM_OP_NEG:
        sub(a, 0, a->old, false);
        break;
    default:                /* NEVER: not an operation on a value */
        a->result = a->old; /* NEVER */
        break;              /* NEVER */
    }
}

bool xm__condition(unsigned int cc, uint64_t flags)
{
    const bool less = !(flags & XM_FLAG_SF) != !(flags & XM_FLAG_OF);
    bool on = false;

    switch (cc >> 1) {
    case 0:
        on = flags & XM_FLAG_OF;
        break;
    case 1:
        on = flags & XM_FLAG_CF;
        break;
    case 2:
        on = flags & XM_FLAG_ZF;
        break;
    case 3:
        on = flags & (XM_FLAG_CF | XM_FLAG_ZF);
        break;
    case 4:
        on = flags & XM_FLAG_SF;
        break;
    case 5:
        on = flags & XM_FLAG_PF;
        break;
    case 6:
        on = less;
        break;
    case 7:
        on = less || (flags & XM_FLAG_ZF);
        break;
    }
    return on != (cc & 1);
}
