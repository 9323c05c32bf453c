/* SPDX-License-Identifier: MIT
 *
 * What the instruction at RIP does with memory. Unicorn names only the page of
 * a fault: the address that belongs into CR2 is computed from the operands.
 */
#include "decode.h"

#define MAX_CODE 15u
#define IRET_BYTES 40u

/* Up to SIZE bytes, as many as can be read, without a trace in the tables. */
static unsigned int peek(struct pvcpu *p, xm_vaddr va, uint32_t access,
                         uint8_t *to, unsigned int size)
{
    unsigned int n = 0;

    while (n < size) {
        const struct xm_walk w = xm_walk(p->c, va + n, access);
        const uint8_t *page;

        if (!w.ok || w.m2p)
            break;
        page = (const uint8_t *)xm_ram_frame(p->c, w.mfn);
        do {
            to[n] = page[(va + n) & (XM_PAGE_SIZE - 1)];
            n++;
        } while (n < size && ((va + n) & (XM_PAGE_SIZE - 1)) != 0);
    }
    return n;
}

unsigned int pvcpu__read_code(struct pvcpu *p, xm_vaddr rip, uint8_t code[15])
{
    return peek(p, rip, XM_PF_FETCH, code, MAX_CODE);
}

bool pvcpu__read_selector(struct pvcpu *p, xm_vaddr va, uint16_t *selector)
{
    return peek(p, va, 0, (uint8_t *)selector, sizeof(*selector)) ==
           sizeof(*selector);
}

/* 32-bit programs of the guest's user run in compatibility mode. */
bool pvcpu__is_compat(struct pvcpu *p)
{
    const uint16_t cs = pvcpu__get_selector(p, UC_X86_REG_CS);
    uint64_t descriptor = 0;
    const struct xm_vcpu *v = pvcpu__model_vcpu(p);
    const unsigned int index = cs >> 3;

    if (index >= XM_RESERVED_GDT_ENTRY)
        return cs == FLAT_RING3_CS32;
    if (cs & 4)
        return false; /* GAP: code segments of an LDT count as 64-bit ones */
    if (index / XM_ENTRIES < v->nr_gdt)
        descriptor =
            xm_ram_frame(p->c, v->gdt[index / XM_ENTRIES])[index % XM_ENTRIES];
    return !(descriptor >> 53 & 1);
}

bool pvcpu__decode(struct pvcpu *p, xm_vaddr rip, struct pvcpu_insn *d)
{
    uint8_t code[MAX_CODE];
    const unsigned int n = pvcpu__read_code(p, rip, code);
    const bool compat = pvcpu__is_compat(p);
    ZydisDecoder decoder;

    ZydisDecoderInit(&decoder,
                     compat ? ZYDIS_MACHINE_MODE_LONG_COMPAT_32
                            : ZYDIS_MACHINE_MODE_LONG_64,
                     compat ? ZYDIS_STACK_WIDTH_32 : ZYDIS_STACK_WIDTH_64);
    return ZYAN_SUCCESS(
        ZydisDecoderDecodeFull(&decoder, code, n, &d->insn, d->operands));
}

unsigned int pvcpu__length(struct pvcpu *p, xm_vaddr rip)
{
    struct pvcpu_insn d;

    return pvcpu__decode(p, rip, &d) ? d.insn.length : 0;
}

int pvcpu__unicorn_register(ZydisRegister r)
{
    const ZydisRegister full =
        ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, r);

    return pvcpu__gpr[ZydisRegisterGetId(full) & 15];
}

static uint64_t value_of(struct pvcpu *p, const struct pvcpu_insn *d,
                         ZydisRegister r)
{
    uint64_t v;

    if (r == ZYDIS_REGISTER_NONE)
        return 0;
    if (r == ZYDIS_REGISTER_RIP || r == ZYDIS_REGISTER_EIP)
        return pvcpu__get(p, UC_X86_REG_RIP) + d->insn.length;
    v = pvcpu__get(p, pvcpu__unicorn_register(r));
    return ZydisRegisterGetWidth(ZYDIS_MACHINE_MODE_LONG_64, r) == 32
               ? (uint32_t)v
               : v;
}

/* bt and its like reach beyond their operand, by whole operands. */
static uint64_t bit_offset(struct pvcpu *p, const struct pvcpu_insn *d,
                           const ZydisDecodedOperand *o)
{
    const ZydisDecodedOperand *bit = &d->operands[1];
    int64_t n;

    if ((d->insn.mnemonic != ZYDIS_MNEMONIC_BT &&
         d->insn.mnemonic != ZYDIS_MNEMONIC_BTS &&
         d->insn.mnemonic != ZYDIS_MNEMONIC_BTR &&
         d->insn.mnemonic != ZYDIS_MNEMONIC_BTC) ||
        bit->type != ZYDIS_OPERAND_TYPE_REGISTER)
        return 0;
    n = (int64_t)pvcpu__get(p, pvcpu__unicorn_register(bit->reg.value));
    n = o->size == 16 ? (int16_t)n : o->size == 32 ? (int32_t)n : n;
    n -= (int64_t)((uint64_t)n & (o->size - 1u));
    return (uint64_t)(n / 8);
}

static uint64_t segment_base(struct pvcpu *p, ZydisRegister segment)
{
    return segment == ZYDIS_REGISTER_FS   ? pvcpu__get(p, UC_X86_REG_FS_BASE)
           : segment == ZYDIS_REGISTER_GS ? pvcpu__get(p, UC_X86_REG_GS_BASE)
                                          : 0;
}

/* The stack as an operand that is not written out: where it is accessed. */
static uint64_t stack_offset(const struct pvcpu_insn *d,
                             const ZydisDecodedOperand *o)
{
    const bool hidden = o->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN;

    if (d->insn.mnemonic == ZYDIS_MNEMONIC_POP && !hidden &&
        (o->mem.base == ZYDIS_REGISTER_RSP ||
         o->mem.base == ZYDIS_REGISTER_ESP))
        return d->insn.operand_width / 8u; /* as it is after the pop */
    if (!hidden || !(o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) ||
        (o->mem.base != ZYDIS_REGISTER_RSP &&
         o->mem.base != ZYDIS_REGISTER_ESP))
        return 0;
    return 0ull - o->size / 8u; /* pushed */
}

xm_vaddr pvcpu__operand(struct pvcpu *p, const struct pvcpu_insn *d,
                        const ZydisDecodedOperand *o)
{
    ZydisRegister base = o->mem.base;
    uint64_t va;

    /* leave takes its stack from rbp. */
    if (d->insn.mnemonic == ZYDIS_MNEMONIC_LEAVE)
        base = ZYDIS_REGISTER_RBP;
    va = value_of(p, d, base) + value_of(p, d, o->mem.index) * o->mem.scale +
         (uint64_t)o->mem.disp.value + bit_offset(p, d, o) + stack_offset(d, o);
    if (d->insn.mnemonic == ZYDIS_MNEMONIC_XLAT)
        va = value_of(p, d, base) + (uint8_t)pvcpu__get(p, UC_X86_REG_RAX);
    if (d->insn.address_width == 32)
        va = (uint32_t)va;
    return va + segment_base(p, o->mem.segment);
}

static uint64_t size_of(const struct pvcpu_insn *d,
                        const ZydisDecodedOperand *o)
{
    switch (d->insn.mnemonic) {
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
        return IRET_BYTES;
    default:
        return o->size < 8 ? 1 : o->size / 8u;
    }
}

/* The place on PAGE where O meets it; false: it does not. */
static bool meets(struct pvcpu *p, const struct pvcpu_insn *d,
                  const ZydisDecodedOperand *o, xm_vaddr page, xm_vaddr *at)
{
    xm_vaddr va;

    if (o->type != ZYDIS_OPERAND_TYPE_MEMORY ||
        o->mem.type == ZYDIS_MEMOP_TYPE_AGEN)
        return false;
    va = pvcpu__operand(p, d, o);
    *at = va < page ? page : va;
    return (va & ~(XM_PAGE_SIZE - 1ull)) == page ||
           (va < page && va + size_of(d, o) > page);
}

bool pvcpu__accesses(struct pvcpu *p, xm_vaddr rip, xm_vaddr va, uint64_t n,
                     bool write)
{
    const unsigned int wanted = write ? ZYDIS_OPERAND_ACTION_MASK_WRITE
                                      : ZYDIS_OPERAND_ACTION_MASK_READ;
    struct pvcpu_insn d;

    if (!pvcpu__decode(p, rip, &d))
        return false;
    for (unsigned int i = 0; i < d.insn.operand_count; i++) {
        const ZydisDecodedOperand *o = &d.operands[i];
        xm_vaddr at;

        if (o->type != ZYDIS_OPERAND_TYPE_MEMORY ||
            o->mem.type == ZYDIS_MEMOP_TYPE_AGEN || !(o->actions & wanted))
            continue;
        at = pvcpu__operand(p, &d, o);
        if (at - va < n || va - at < size_of(&d, o))
            return true;
    }
    return false;
}

xm_vaddr pvcpu__data_address(struct pvcpu *p, xm_vaddr rip, xm_vaddr page,
                             bool write, bool *on_stack)
{
    const unsigned int wanted = write ? ZYDIS_OPERAND_ACTION_MASK_WRITE
                                      : ZYDIS_OPERAND_ACTION_MASK_READ;
    struct pvcpu_insn d;
    xm_vaddr at;

    *on_stack = false;
    if (!pvcpu__decode(p, rip, &d))
        return page;
    for (unsigned int pass = 0; pass < 2; pass++)
        for (unsigned int i = 0; i < d.insn.operand_count; i++) {
            const ZydisDecodedOperand *o = &d.operands[i];

            if ((pass == 0 && !(o->actions & wanted)) ||
                !meets(p, &d, o, page, &at))
                continue;
            *on_stack = o->mem.segment == ZYDIS_REGISTER_SS;
            return at;
        }
    return page; /* a gather, or the like: as near as it gets */
}
