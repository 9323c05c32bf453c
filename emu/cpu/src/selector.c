/* SPDX-License-Identifier: MIT
 *
 * Instructions that read descriptors, and the LDT as the processor has it.
 * Unicorn names only the page of a descriptor that it cannot read: which one it
 * was is looked up in the instruction. Mirrors handle_gdt_ldt_mapping_fault().
 */
#include "decode.h"

#define LDT_BIT 4u
#define INDEX 0xfff8u
#define MAX_SELECTORS 2u

void pvcpu__load_ldt(struct pvcpu *p)
{
    const uint32_t entries = pvcpu__model_vcpu(p)->ldt.entries;
    const uc_x86_mmr ldt = {
        .base = CPU_GDT_FIRST + p->current * CPU_GDT_STRIDE +
                CPU_LDT_PAGE * XM_PAGE_SIZE,
        .limit = entries ? entries * 8 - 1 : 0,
    };

    if (p->vcpu[p->current].ldt_entries == entries)
        return;
    (void)uc_reg_write(p->uc, UC_X86_REG_LDTR, &ldt);
    p->vcpu[p->current].ldt_entries = entries;
}

static bool is_segment(const ZydisDecodedOperand *o)
{
    return o->type == ZYDIS_OPERAND_TYPE_REGISTER &&
           ZydisRegisterGetClass(o->reg.value) == ZYDIS_REGCLASS_SEGMENT;
}

bool pvcpu__reads_descriptor(struct pvcpu *p, xm_vaddr rip)
{
    struct pvcpu_insn d;

    if (!pvcpu__decode(p, rip, &d))
        return false;
    switch (d.insn.mnemonic) {
    case ZYDIS_MNEMONIC_LSS:
    case ZYDIS_MNEMONIC_LDS:
    case ZYDIS_MNEMONIC_LES:
    case ZYDIS_MNEMONIC_LFS:
    case ZYDIS_MNEMONIC_LGS:
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_LAR:
    case ZYDIS_MNEMONIC_LSL:
    case ZYDIS_MNEMONIC_VERR:
    case ZYDIS_MNEMONIC_VERW:
        return true;
    case ZYDIS_MNEMONIC_RET:
    case ZYDIS_MNEMONIC_JMP:
    case ZYDIS_MNEMONIC_CALL:
        return d.insn.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR;
    case ZYDIS_MNEMONIC_MOV:
    case ZYDIS_MNEMONIC_POP:
        return is_segment(&d.operands[0]);
    default:
        return false;
    }
}

/* Selectors, as many as could be read. */
struct selectors {
    uint16_t value[MAX_SELECTORS];
    unsigned int n;
};

static void add(struct pvcpu *p, struct selectors *s, xm_vaddr va)
{
    s->n += pvcpu__read_selector(p, va, &s->value[s->n]);
}

/* The operand itself is the selector, or a far pointer that ends with one. */
static void add_operand(struct pvcpu *p, struct selectors *s,
                        const struct pvcpu_insn *d,
                        const ZydisDecodedOperand *o)
{
    const bool far = o->size > 16;

    if (o->type == ZYDIS_OPERAND_TYPE_REGISTER)
        s->value[s->n++] =
            (uint16_t)pvcpu__get(p, pvcpu__unicorn_register(o->reg.value));
    else if (o->type == ZYDIS_OPERAND_TYPE_POINTER)
        s->value[s->n++] = o->ptr.segment;
    else if (o->type == ZYDIS_OPERAND_TYPE_MEMORY)
        add(p, s, pvcpu__operand(p, d, o) + (far ? o->size / 8u - 2 : 0));
}

static void find(struct pvcpu *p, const struct pvcpu_insn *d,
                 struct selectors *s)
{
    const xm_vaddr rsp = pvcpu__get(p, UC_X86_REG_RSP);
    const uint64_t word = d->insn.operand_width / 8u;

    switch (d->insn.mnemonic) {
    case ZYDIS_MNEMONIC_POP:
        add(p, s, rsp);
        break;
    case ZYDIS_MNEMONIC_RET:
        add(p, s, rsp + word);
        break;
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
        add(p, s, rsp + word);
        add(p, s, rsp + 4 * word);
        break;
    case ZYDIS_MNEMONIC_JMP:
    case ZYDIS_MNEMONIC_CALL:
    case ZYDIS_MNEMONIC_VERR:
    case ZYDIS_MNEMONIC_VERW:
        add_operand(p, s, d, &d->operands[0]);
        break;
    default:
        add_operand(p, s, d, &d->operands[1]);
        break;
    }
}

uint32_t pvcpu__ldt_offset(struct pvcpu *p, uint32_t page)
{
    struct selectors s = { .value = { p->wanted[0], p->wanted[1] },
                           .n = p->returning ? MAX_SELECTORS : 0 };
    struct pvcpu_insn d;

    if (!p->returning && pvcpu__decode(p, pvcpu__get(p, UC_X86_REG_RIP), &d))
        find(p, &d, &s);
    for (unsigned int i = 0; i < s.n; i++)
        if ((s.value[i] & LDT_BIT) && s.value[i] >> XM_PAGE_SHIFT == page)
            return s.value[i] & INDEX;
    return page << XM_PAGE_SHIFT; /* a gate has led here */
}

bool pvcpu__ldt_fault(struct pvcpu *p, struct xm_exception *e)
{
    const struct xm_vcpu *v = pvcpu__model_vcpu(p);
    const uint64_t at = p->miss - (CPU_GDT_FIRST + p->current * CPU_GDT_STRIDE +
                                   CPU_LDT_PAGE * XM_PAGE_SIZE);
    uint32_t offset;

    if (at >= XM_MAX_LDT_PAGES * XM_PAGE_SIZE ||
        (!p->returning &&
         !pvcpu__reads_descriptor(p, pvcpu__get(p, UC_X86_REG_RIP))))
        return false;
    offset = pvcpu__ldt_offset(p, (uint32_t)(at >> XM_PAGE_SHIFT));
    if (pvcpu__canonical(v->ldt.base + offset))
        *e = (struct xm_exception){ .vector = XM_EXCEPTION_PF,
                                    .error_code = v->user_mode ? XM_PF_USER : 0,
                                    .cr2 = v->ldt.base + offset };
    else
        *e = (struct xm_exception){ .vector = XM_EXCEPTION_GP,
                                    .error_code = offset | LDT_BIT };
    return true;
}
