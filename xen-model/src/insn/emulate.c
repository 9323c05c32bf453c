/* SPDX-License-Identifier: MIT
 *
 * What each instruction does with memory and registers. Mirrors x86_emulate()
 * for instructions that write memory, and the processor. Rules PTW-10,
 * PTW-20..24, PTW-30.
 *
 * Where the two differ: the processor always stores what it has modified,
 * Xen only if it differs; Xen knows no base of fs and gs, adds a bit offset to
 * the address even if it is an immediate value, and has only the operations
 * of enum xm_operation without XM_OP_OTHER.
 *
 * GAP: clzero, and instructions with a memory operand and an operand size of
 * 16 bits that are calls. The processor is QEMU's in that it loads before it
 * stores: a read-modify-write to a page that is not present is a read fault.
 */
#include "alu.h"
#include "exec.h"

static uint64_t truncate(uint64_t va, unsigned int size)
{
    return size == 4 ? (uint32_t)va : va;
}

static uint64_t address_register(const struct exec *x, unsigned int reg)
{
    return reg == XM_NO_REG ? 0 : reg == XM_RIP ? x->r.rip : x->r.gpr[reg];
}

static xm_vaddr segment_base(const struct exec *x)
{
    if (x->memory->is_xen)
        return 0;
    switch (x->insn->mem.segment) {
    case XM_SEG_FS:
        return x->r.fs_base;
    case XM_SEG_GS:
        return x->r.gs_base;
    default:
        return 0;
    }
}

/* The memory operand, OFFSET bytes on. */
static xm_vaddr effective_address(const struct exec *x, uint64_t offset)
{
    const struct xm_address *m = &x->insn->mem;

    return truncate(m->displacement + address_register(x, m->base) +
                        address_register(x, m->index) * m->scale + offset,
                    m->size) +
           segment_base(x);
}

/* A write to half a register clears the upper half, smaller ones do not. */
static void set_register(struct exec *x, unsigned int reg, bool high,
                         unsigned int width, uint64_t v)
{
    const uint64_t mask = xm__mask(width) << (high ? 8 : 0);
    uint64_t *const r = &x->r.gpr[reg];

    *r = width == 4 ? v : (*r & ~mask) | (v << (high ? 8 : 0));
}

static uint64_t source(const struct exec *x)
{
    const struct xm_insn *i = x->insn;
    const uint64_t v = i->source == XM_SRC_IMMEDIATE ? i->immediate
                       : i->source == XM_SRC_NONE    ? 0
                                                     : x->r.gpr[i->reg];

    return (i->source == XM_SRC_HIGH_BYTE ? v >> 8 : v) & xm__mask(i->width);
}

static enum emul read_value(struct exec *x, xm_vaddr va, unsigned int width,
                            uint64_t *v)
{
    *v = 0;
    return x->memory->read(x, va, v, width);
}

static enum emul push(struct exec *x, uint64_t v)
{
    x->r.gpr[XM_RSP] -= x->insn->width;
    return x->memory->write(x, x->r.gpr[XM_RSP], &v, x->insn->width);
}

/* bts and the like reach beyond the operand, by whole operands. */
static uint64_t bit_offset(const struct exec *x)
{
    const unsigned int width = x->insn->width;
    uint64_t v = source(x);
    int64_t bit;

    if (x->insn->source == XM_SRC_IMMEDIATE) {
        if (!x->memory->is_xen)
            return 0;
        v = x->insn->immediate;
    }
    bit = width == 2 ? (int16_t)v : width == 4 ? (int32_t)v : (int64_t)v;
    bit -= (int64_t)(v & (8 * width - 1));
    return (uint64_t)(bit / 8);
}

static enum emul modify(struct exec *x)
{
    const struct xm_insn *i = x->insn;
    const bool bits = i->op >= XM_OP_BTS && i->op <= XM_OP_BTC;
    const xm_vaddr va = effective_address(x, bits ? bit_offset(x) : 0);
    struct alu a = { .width = i->width,
                     .src = source(x),
                     .flags = x->r.rflags };
    enum emul rc = read_value(x, va, i->width, &a.old);

    if (rc != EMUL_OKAY)
        return rc;
    a.count = (unsigned int)a.src & 0xff;
    if (i->op == XM_OP_SHLD || i->op == XM_OP_SHRD)
        a.count = i->count_in_cl ? x->r.gpr[XM_RCX] & 0xff : i->count;
    xm__alu(i->op, &a);
    x->r.rflags = a.flags;
    x->undefined = a.undefined;
    if (i->op == XM_OP_XCHG || i->op == XM_OP_XADD)
        set_register(x, i->reg, i->source == XM_SRC_HIGH_BYTE, i->width, a.old);
    if (x->memory->is_xen && a.result == a.old) {
        xm__note(x->c, XM_R_PTWR_UNCHANGED);
        return EMUL_OKAY;
    }
    return x->memory->write(x, va, &a.result, i->width);
}

static enum emul compare_exchange(struct exec *x)
{
    const unsigned int width = x->insn->width;
    const xm_vaddr va = effective_address(x, 0);
    const uint64_t new = source(x);
    struct alu a = { .width = width,
                     .old = x->r.gpr[XM_RAX] & xm__mask(width),
                     .flags = x->r.rflags };
    enum emul rc = read_value(x, va, width, &a.src);

    if (rc != EMUL_OKAY)
        return rc;
    xm__alu_compare(&a);
    x->r.rflags = a.flags;
    if (a.old == a.src)
        return x->memory->write(x, va, &new, width);
    set_register(x, XM_RAX, false, width, a.src);
    if (!x->memory->is_xen)
        return x->memory->write(x, va, &a.src, width);
    xm__note(x->c, XM_R_PTWR_COMPARE);
    return EMUL_OKAY;
}

/* cmpxchg8b and cmpxchg16b: rdx:rax against memory, rcx:rbx into it. */
static enum emul compare_exchange_pair(struct exec *x)
{
    const unsigned int half = x->insn->op == XM_OP_CMPXCHG8B ? 4 : 8;
    const xm_vaddr va = effective_address(x, 0);
    uint64_t *const g = x->r.gpr;
    uint8_t old[16], new[16];
    uint64_t low = 0, high = 0;
    enum emul rc;

    if (half == 8 && (va & 15) && !x->memory->is_xen)
        return EMUL_UNKNOWN; /* another exception than a page fault */
    rc = x->memory->read(x, va, old, 2 * half);
    if (rc != EMUL_OKAY)
        return rc;
    __builtin_memcpy(&low, old, half);
    __builtin_memcpy(&high, old + half, half);
    x->r.rflags &= ~(uint64_t)XM_FLAG_ZF;
    if (low == (g[XM_RAX] & xm__mask(half)) &&
        high == (g[XM_RDX] & xm__mask(half))) {
        x->r.rflags |= XM_FLAG_ZF;
        __builtin_memcpy(new, &g[XM_RBX], half);
        __builtin_memcpy(new + half, &g[XM_RCX], half);
        return x->memory->write(x, va, new, 2 * half);
    }
    g[XM_RAX] = low;
    g[XM_RDX] = high;
    if (!x->memory->is_xen)
        return x->memory->write(x, va, old, 2 * half);
    xm__note(x->c, XM_R_PTWR_COMPARE);
    return EMUL_OKAY;
}

static void advance(struct exec *x, unsigned int reg)
{
    const uint64_t n = x->insn->width;
    uint64_t *const r = &x->r.gpr[reg];

    *r =
        truncate(x->r.rflags & XM_FLAG_DF ? *r - n : *r + n, x->insn->mem.size);
}

/* One element of movs or stos. */
static enum emul string(struct exec *x)
{
    const struct xm_insn *i = x->insn;
    const xm_vaddr to = truncate(x->r.gpr[XM_RDI], i->mem.size);
    uint64_t *const count = &x->r.gpr[XM_RCX];
    uint64_t v = source(x);
    enum emul rc;

    if (i->op == XM_OP_MOVS) {
        rc = read_value(
            x, truncate(x->r.gpr[XM_RSI], i->mem.size) + segment_base(x),
            i->width, &v);
        if (rc != EMUL_OKAY)
            return rc;
        advance(x, XM_RSI);
    }
    advance(x, XM_RDI);
    if (i->rep) {
        *count = truncate(*count - 1, i->mem.size);
        if (*count != 0)
            x->r.rip -= i->length; /* the rest is another round */
    }
    return x->memory->write(x, to, &v, i->width);
}

static enum emul push_operand(struct exec *x)
{
    const struct xm_insn *i = x->insn;
    const uint64_t next = x->r.rip;
    uint64_t v = i->op == XM_OP_PUSHF
                     ? x->r.rflags & ~0x30000ull /* VM and RF */
                     : source(x);
    enum emul rc;

    if (i->source == XM_SRC_MEMORY) {
        rc = read_value(x, effective_address(x, 0), i->width, &v);
        if (rc != EMUL_OKAY)
            return rc;
    }
    if (i->op != XM_OP_CALL)
        return push(x, v);
    x->r.rip = i->source == XM_SRC_IMMEDIATE ? next + v : v;
    return push(x, next);
}

static enum emul pop_operand(struct exec *x)
{
    const unsigned int width = x->insn->width;
    const xm_vaddr stack = x->r.gpr[XM_RSP];
    uint64_t v;
    enum emul rc = read_value(x, stack, width, &v);

    if (rc != EMUL_OKAY)
        return rc;
    x->r.gpr[XM_RSP] += width; /* before the address is computed */
    return x->memory->write(x, effective_address(x, 0), &v, width);
}

static enum emul enter(struct exec *x)
{
    const struct xm_insn *i = x->insn;
    const uint64_t outer = x->r.gpr[XM_RBP];
    enum emul rc = push(x, outer);
    const uint64_t frame = x->r.gpr[XM_RSP];

    for (unsigned int k = 1; rc == EMUL_OKAY && k < i->count; k++) {
        uint64_t v;

        rc = read_value(x, outer - k * i->width, i->width, &v);
        if (rc == EMUL_OKAY)
            rc = push(x, v);
    }
    if (rc == EMUL_OKAY && i->count != 0)
        rc = push(x, frame);
    set_register(x, XM_RBP, false, i->width, frame & xm__mask(i->width));
    x->r.gpr[XM_RSP] -= i->immediate;
    return rc;
}

static enum emul other(struct exec *x)
{
    if (x->memory->is_xen)
        return xm__unhandleable(x, XM_R_PTWR_INSTRUCTION, x->insn->width,
                                x->cr2);
    return xm__cpu_may_write(x->c, effective_address(x, 0), x->insn->width,
                             &x->fault)
               ? EMUL_UNKNOWN
               : EMUL_EXCEPTION;
}

enum emul xm__emulate(struct exec *x)
{
    const struct xm_insn *i = x->insn;
    uint64_t v;

    x->r.rip += i->length;
    switch (i->op) {
    case XM_OP_CMPXCHG:
        return compare_exchange(x);
    case XM_OP_CMPXCHG8B:
    case XM_OP_CMPXCHG16B:
        return compare_exchange_pair(x);
    case XM_OP_MOV:
    case XM_OP_SETCC:
        v = i->op == XM_OP_MOV ? source(x)
                               : xm__condition(i->condition, x->r.rflags);
        return x->memory->write(x, effective_address(x, 0), &v, i->width);
    case XM_OP_MOVS:
    case XM_OP_STOS:
        return string(x);
    case XM_OP_POP:
        return pop_operand(x);
    case XM_OP_PUSH:
    case XM_OP_PUSHF:
    case XM_OP_CALL:
        return push_operand(x);
    case XM_OP_ENTER:
        return enter(x);
    case XM_OP_OTHER:
        return other(x);
    default:
        return modify(x);
    }
}
