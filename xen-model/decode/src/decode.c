/* SPDX-License-Identifier: MIT
 *
 * Decoding stores. Which operation it is decides whether Xen's emulator would
 * carry it out on a page table: all but XM_OP_OTHER (rule PTW-10). Mirrors
 * what x86_decode() and x86_insn_is_mem_write() find out.
 */
#include <xen-decode/decode.h>

#include <Zydis/Zydis.h>

struct decoding {
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

static const struct {
    ZydisMnemonic mnemonic;
    enum xm_operation op;
} operations[] = {
    { ZYDIS_MNEMONIC_ADD, XM_OP_ADD },
    { ZYDIS_MNEMONIC_OR, XM_OP_OR },
    { ZYDIS_MNEMONIC_ADC, XM_OP_ADC },
    { ZYDIS_MNEMONIC_SBB, XM_OP_SBB },
    { ZYDIS_MNEMONIC_AND, XM_OP_AND },
    { ZYDIS_MNEMONIC_SUB, XM_OP_SUB },
    { ZYDIS_MNEMONIC_XOR, XM_OP_XOR },
    { ZYDIS_MNEMONIC_ROL, XM_OP_ROL },
    { ZYDIS_MNEMONIC_ROR, XM_OP_ROR },
    { ZYDIS_MNEMONIC_RCL, XM_OP_RCL },
    { ZYDIS_MNEMONIC_RCR, XM_OP_RCR },
    { ZYDIS_MNEMONIC_SHL, XM_OP_SHL },
    { ZYDIS_MNEMONIC_SHR, XM_OP_SHR },
    { ZYDIS_MNEMONIC_SAR, XM_OP_SAR },
    { ZYDIS_MNEMONIC_SHLD, XM_OP_SHLD },
    { ZYDIS_MNEMONIC_SHRD, XM_OP_SHRD },
    { ZYDIS_MNEMONIC_BTS, XM_OP_BTS },
    { ZYDIS_MNEMONIC_BTR, XM_OP_BTR },
    { ZYDIS_MNEMONIC_BTC, XM_OP_BTC },
    { ZYDIS_MNEMONIC_XCHG, XM_OP_XCHG },
    { ZYDIS_MNEMONIC_XADD, XM_OP_XADD },
    { ZYDIS_MNEMONIC_CMPXCHG, XM_OP_CMPXCHG },
    { ZYDIS_MNEMONIC_INC, XM_OP_INC },
    { ZYDIS_MNEMONIC_DEC, XM_OP_DEC },
    { ZYDIS_MNEMONIC_NOT, XM_OP_NOT },
    { ZYDIS_MNEMONIC_NEG, XM_OP_NEG },
    { ZYDIS_MNEMONIC_CMPXCHG8B, XM_OP_CMPXCHG8B },
    { ZYDIS_MNEMONIC_CMPXCHG16B, XM_OP_CMPXCHG16B },
    { ZYDIS_MNEMONIC_MOV, XM_OP_MOV },
    { ZYDIS_MNEMONIC_MOVNTI, XM_OP_MOV },
    { ZYDIS_MNEMONIC_MOVSB, XM_OP_MOVS },
    { ZYDIS_MNEMONIC_MOVSW, XM_OP_MOVS },
    { ZYDIS_MNEMONIC_MOVSD, XM_OP_MOVS },
    { ZYDIS_MNEMONIC_MOVSQ, XM_OP_MOVS },
    { ZYDIS_MNEMONIC_STOSB, XM_OP_STOS },
    { ZYDIS_MNEMONIC_STOSW, XM_OP_STOS },
    { ZYDIS_MNEMONIC_STOSD, XM_OP_STOS },
    { ZYDIS_MNEMONIC_STOSQ, XM_OP_STOS },
    { ZYDIS_MNEMONIC_POP, XM_OP_POP },
    { ZYDIS_MNEMONIC_PUSH, XM_OP_PUSH },
    { ZYDIS_MNEMONIC_PUSHF, XM_OP_PUSHF },
    { ZYDIS_MNEMONIC_PUSHFQ, XM_OP_PUSHF },
    { ZYDIS_MNEMONIC_CALL, XM_OP_CALL },
    { ZYDIS_MNEMONIC_ENTER, XM_OP_ENTER },
};

static enum xm_operation operation(const ZydisDecodedInstruction *d)
{
    const bool legacy = d->encoding == ZYDIS_INSTRUCTION_ENCODING_LEGACY;

    if (legacy && d->opcode_map == ZYDIS_OPCODE_MAP_0F &&
        (d->opcode & 0xf0) == 0x90)
        return XM_OP_SETCC;
    /* movsd and stosd are strings: SSE2 has a movsd too. */
    if (d->mnemonic == ZYDIS_MNEMONIC_MOVSD &&
        d->opcode_map != ZYDIS_OPCODE_MAP_DEFAULT)
        return XM_OP_OTHER;
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
        if (legacy && operations[i].mnemonic == d->mnemonic)
            return operations[i].op;
    return XM_OP_OTHER;
}

static uint8_t register_number(ZydisRegister r)
{
    if (r == ZYDIS_REGISTER_NONE)
        return XM_NO_REG;
    if (r == ZYDIS_REGISTER_RIP || r == ZYDIS_REGISTER_EIP)
        return XM_RIP;
    return (uint8_t)ZydisRegisterGetId(
        ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, r));
}

static bool is_memory(const ZydisDecodedOperand *o)
{
    return o->type == ZYDIS_OPERAND_TYPE_MEMORY &&
           o->mem.type == ZYDIS_MEMOP_TYPE_MEM;
}

static void set_address(const struct decoding *d, const ZydisDecodedOperand *o,
                        struct xm_insn *i)
{
    i->mem = (struct xm_address){
        .base = register_number(o->mem.base),
        .index = register_number(o->mem.index),
        .scale = o->mem.scale,
        .size = d->insn.address_width / 8,
        .segment = o->mem.segment == ZYDIS_REGISTER_FS   ? XM_SEG_FS
                   : o->mem.segment == ZYDIS_REGISTER_GS ? XM_SEG_GS
                                                         : XM_SEG_FLAT,
        .displacement = (uint64_t)o->mem.disp.value,
    };
}

/* The K-th immediate value, sign-extended. */
static uint64_t immediate(const struct decoding *d, unsigned int k)
{
    const unsigned int shift = 64 - d->insn.raw.imm[k].size;

    return (uint64_t)((int64_t)(d->insn.raw.imm[k].value.u << shift) >> shift);
}

/* The operand O is what is stored; false: it is none the model knows. */
static bool set_source(const struct decoding *d, const ZydisDecodedOperand *o,
                       struct xm_insn *i)
{
    if (o->type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
        i->source = XM_SRC_IMMEDIATE;
        /* A shift by 1 has it in its opcode. */
        i->immediate =
            d->insn.raw.imm[0].size ? immediate(d, 0) : o->imm.value.u;
        return true;
    }
    if (is_memory(o)) {
        i->source = XM_SRC_MEMORY;
        set_address(d, o, i);
        return true;
    }
    if (o->type != ZYDIS_OPERAND_TYPE_REGISTER ||
        ZydisRegisterGetClass(o->reg.value) < ZYDIS_REGCLASS_GPR8 ||
        ZydisRegisterGetClass(o->reg.value) > ZYDIS_REGCLASS_GPR64)
        return false;
    i->source =
        o->reg.value >= ZYDIS_REGISTER_AH && o->reg.value <= ZYDIS_REGISTER_BH
            ? XM_SRC_HIGH_BYTE
            : XM_SRC_REGISTER;
    i->reg = register_number(o->reg.value);
    return true;
}

/* A store without details, to the operand that is written. */
static enum xm_decoded set_other(const struct decoding *d, struct xm_insn *i)
{
    i->op = XM_OP_OTHER;
    for (unsigned int k = 0; k < d->insn.operand_count; k++) {
        const ZydisDecodedOperand *o = &d->operands[k];

        if (is_memory(o) && (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)) {
            set_address(d, o, i);
            i->width = (uint16_t)(o->size / 8);
            if (i->mem.base == XM_RSP &&
                o->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN)
                i->mem.displacement -= i->width; /* pushed */
            return XM_DECODED;
        }
    }
    return XM_DECODE_NO_STORE;
}

/* push, pushf, call and enter. */
static enum xm_decoded set_push(const struct decoding *d, struct xm_insn *i)
{
    i->width = d->insn.operand_width / 8;
    i->mem.size = d->insn.address_width / 8;
    if (i->op == XM_OP_CALL &&
        (i->width != 8 || d->insn.meta.branch_type != ZYDIS_BRANCH_TYPE_NEAR))
        return XM_DECODE_NO_STORE;
    if (i->op == XM_OP_ENTER) {
        i->immediate = d->insn.raw.imm[0].value.u;
        i->count = d->insn.raw.imm[1].value.u & 31;
    } else if (i->op != XM_OP_PUSHF && !set_source(d, &d->operands[0], i)) {
        return set_other(d, i);
    }
    return XM_DECODED;
}

static enum xm_decoded set_string(const struct decoding *d, struct xm_insn *i)
{
    i->width = d->insn.operand_width / 8;
    i->mem = (struct xm_address){ .base = XM_NO_REG,
                                  .index = XM_NO_REG,
                                  .size = d->insn.address_width / 8 };
    for (unsigned int k = 0; k < d->insn.raw.prefix_count; k++)
        i->rep |= (d->insn.raw.prefixes[k].value & 0xfe) == 0xf2;
    if (i->op == XM_OP_STOS) {
        i->source = XM_SRC_REGISTER;
        i->reg = XM_RAX;
        return XM_DECODED;
    }
    for (unsigned int k = 0; k < d->insn.operand_count; k++)
        if (is_memory(&d->operands[k]) &&
            register_number(d->operands[k].mem.base) == XM_RSI)
            set_address(d, &d->operands[k], i);
    return XM_DECODED;
}

/* One memory operand, and perhaps another that is not in memory. */
static enum xm_decoded set_two(const struct decoding *d, struct xm_insn *i)
{
    const ZydisDecodedOperand *o = d->operands;
    const unsigned int at = i->op == XM_OP_XCHG && !is_memory(&o[0]) ? 1 : 0;

    if (!is_memory(&o[at]))
        return XM_DECODE_NO_STORE;
    set_address(d, &o[at], i);
    i->width = (uint16_t)(o[at].size / 8);
    i->condition = d->insn.opcode & 15;
    if (i->op == XM_OP_SHLD || i->op == XM_OP_SHRD) {
        i->count_in_cl = o[2].type == ZYDIS_OPERAND_TYPE_REGISTER;
        i->count = (uint8_t)d->insn.raw.imm[0].value.u;
    }
    if (d->insn.operand_count_visible < 2 || i->op == XM_OP_CMPXCHG8B ||
        i->op == XM_OP_CMPXCHG16B)
        return XM_DECODED;
    return set_source(d, &o[1 - at], i) ? XM_DECODED : set_other(d, i);
}

enum xm_decoded xm_decode(const uint8_t *bytes, size_t n, struct xm_insn *i)
{
    struct decoding d;
    ZydisDecoder decoder;

    *i = (struct xm_insn){ .mem = { .base = XM_NO_REG, .index = XM_NO_REG } };
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64,
                     ZYDIS_STACK_WIDTH_64);
    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeFull(&decoder, bytes, n, &d.insn, d.operands)))
        return XM_DECODE_INVALID;
    i->op = operation(&d.insn);
    i->length = d.insn.length;
    i->lock = d.insn.attributes & ZYDIS_ATTRIB_HAS_LOCK;
    switch (i->op) {
    case XM_OP_PUSH:
    case XM_OP_PUSHF:
    case XM_OP_CALL:
    case XM_OP_ENTER:
        return set_push(&d, i);
    case XM_OP_MOVS:
    case XM_OP_STOS:
        return set_string(&d, i);
    case XM_OP_OTHER:
        return set_other(&d, i);
    default:
        return set_two(&d, i);
    }
}
