/* SPDX-License-Identifier: MIT
 *
 * #GP and #UD. Mirrors do_general_protection(), pv_emulate_privileged_op(),
 * emulate_invalid_rdtscp() and emulate_forced_invalid_op(): what a guest's
 * kernel may do that a processor at privilege level 3 refuses.
 *
 * GAP: xsetbv.
 */
#include "decode.h"

#include <xen-model/mode.h>

#define INVALID_OPCODE 6u
#define DEBUG_TRAP 1u
#define BREAKPOINT 3u
#define SYSTEM_CALL 0x80u
#define GENERAL_PROTECTION 13u
#define ERROR_IDT 2u
#define CR0_TS 8ull
#define CR0_OTHERS 0x80050033ull /* PG, AM, WP, NE, ET, MP, PE */
#define CR4_DE 8ull
#define USER_RING 3u

static bool read_cr(struct pvcpu *p, unsigned int number, uint64_t *value)
{
    switch (number) {
    case 0:
        *value =
            CR0_OTHERS | (pvcpu__domain_vcpu(p)->task_switched ? CR0_TS : 0);
        return true;
    case 2:
        *value = p->vcpu[p->current].cr2;
        return true;
    case 3:
        *value = xm_read_cr3(p->c);
        return true;
    case 4:
        *value = p->vcpu[p->current].cr4;
        return true;
    default:
        return false;
    }
}

/* NEW_BASEPTR by another name. */
static bool write_cr3(struct pvcpu *p, uint64_t value)
{
    const struct pvcpu_observer *o = &p->config.observer;
    struct xm_result r;

    if (o->before_cr3)
        o->before_cr3(o->context, value);
    do
        r = xm_write_cr3(p->c, value);
    while (r.rc == -XEN_ERESTART);
    pvcpu__flush(p);
    p->c->flushed = 0;
    if (o->after_cr3)
        o->after_cr3(o->context, value, r.rc);
    return r.rc == 0;
}

static bool write_cr(struct pvcpu *p, unsigned int number, uint64_t value)
{
    switch (number) {
    case 0:
        if ((value ^ CR0_OTHERS) & ~CR0_TS)
            return false;
        pvcpu__domain_vcpu(p)->task_switched = value & CR0_TS;
        pvcpu__set_task_switched(p);
        return true;
    case 2:
        p->vcpu[p->current].cr2 = value;
        domain_vcpu_info(p->d, p->c, p->current)->arch.cr2 = value;
        return true;
    case 3:
        return write_cr3(p, value);
    case 4:
        p->vcpu[p->current].cr4 = CPU_CR4 | (value & CPU_CR4_GUESTS);
        pvcpu__domain_vcpu(p)->debug_extensions = value & CR4_DE;
        return true;
    default:
        return false;
    }
}

/* mov to and from control and debug registers. */
static bool move(struct pvcpu *p, const struct pvcpu_insn *d)
{
    const ZydisRegister to = d->operands[0].reg.value;
    const ZydisRegister from = d->operands[1].reg.value;
    const bool writes = ZydisRegisterGetClass(to) == ZYDIS_REGCLASS_CONTROL ||
                        ZydisRegisterGetClass(to) == ZYDIS_REGCLASS_DEBUG;
    const ZydisRegister special = writes ? to : from;
    const int general = pvcpu__unicorn_register(writes ? from : to);
    const unsigned int number = (unsigned int)ZydisRegisterGetId(special);
    uint64_t value;
    const char *why;

    if (ZydisRegisterGetClass(special) == ZYDIS_REGCLASS_CONTROL && writes)
        return write_cr(p, number, pvcpu__get(p, general));
    if (ZydisRegisterGetClass(special) == ZYDIS_REGCLASS_CONTROL) {
        if (!read_cr(p, number, &value))
            return false;
        pvcpu__set(p, general, value);
        return true;
    }
    if (ZydisRegisterGetClass(special) != ZYDIS_REGCLASS_DEBUG || number > 7)
        return false;
    if (writes) {
        if (domain_set_debug(pvcpu__domain_vcpu(p), number,
                             pvcpu__get(p, general), &why) != 0)
            return false;
        pvcpu__follow_debug(p);
        return true;
    }
    if (!domain_get_debug(pvcpu__domain_vcpu(p), number, &value))
        return false;
    pvcpu__set(p, general, value);
    return true;
}

/* A move to or from debug register 4 or 5: with CR4.DE there is none. */
static bool has_no_register(struct pvcpu *p, const struct pvcpu_insn *d)
{
    for (unsigned int i = 0; i < 2; i++)
        if (d->operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER &&
            (d->operands[i].reg.value == ZYDIS_REGISTER_DR4 ||
             d->operands[i].reg.value == ZYDIS_REGISTER_DR5))
            return !pvcpu__is_user(p) &&
                   pvcpu__domain_vcpu(p)->debug_extensions;
    return false;
}

static bool access_msr(struct pvcpu *p, bool write)
{
    const uint32_t msr = (uint32_t)pvcpu__get(p, UC_X86_REG_RCX);
    uint64_t value = (uint32_t)pvcpu__get(p, UC_X86_REG_RAX) |
                     pvcpu__get(p, UC_X86_REG_RDX) << 32;

    if (write)
        return pvcpu__write_msr(p, msr, value);
    if (!pvcpu__read_msr(p, msr, &value))
        return false;
    pvcpu__set(p, UC_X86_REG_RAX, (uint32_t)value);
    pvcpu__set(p, UC_X86_REG_RDX, value >> 32);
    return true;
}

static bool emulate(struct pvcpu *p, const struct pvcpu_insn *d, uint32_t *bits)
{
    switch (d->insn.mnemonic) {
    case ZYDIS_MNEMONIC_RDMSR:
        return !pvcpu__is_user(p) && access_msr(p, false);
    case ZYDIS_MNEMONIC_WRMSR:
        return !pvcpu__is_user(p) && access_msr(p, true);
    case ZYDIS_MNEMONIC_MOV:
        return !pvcpu__is_user(p) &&
               d->operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER &&
               d->operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER && move(p, d);
    case ZYDIS_MNEMONIC_CLTS:
        if (pvcpu__is_user(p))
            return false;
        pvcpu__domain_vcpu(p)->task_switched = false;
        pvcpu__set_task_switched(p);
        return true;
    case ZYDIS_MNEMONIC_CLI: /* taken, and nothing comes of it */
    case ZYDIS_MNEMONIC_STI:
        return pvcpu__io_allowed(p);
    case ZYDIS_MNEMONIC_IN:
    case ZYDIS_MNEMONIC_OUT:
        return pvcpu__access_port(p, d, bits);
    case ZYDIS_MNEMONIC_WBINVD:
        return !pvcpu__is_user(p);
    default:
        return false;
    }
}

void pvcpu__step_over(struct pvcpu *p, unsigned int bytes, uint32_t bits)
{
    pvcpu__set(p, UC_X86_REG_RIP, pvcpu__get(p, UC_X86_REG_RIP) + bytes);
    p->counts.privileged++;
    if (pvcpu__get(p, UC_X86_REG_RFLAGS) & XM_FLAG_TF)
        bits |= CPU_DR6_STEP;
    if (bits == 0)
        return;
    pvcpu__domain_vcpu(p)->debug[6] |= bits;
    pvcpu__inject(p, DEBUG_TRAP, CPU_NO_ERROR_CODE);
}

void pvcpu__emulate_privileged(struct pvcpu *p, uint32_t error_code)
{
    struct pvcpu_insn d;
    uint32_t bits = 0;
    const bool known =
        error_code == 0 && pvcpu__decode(p, pvcpu__get(p, UC_X86_REG_RIP), &d);

    if (known && has_no_register(p, &d))
        pvcpu__inject(p, INVALID_OPCODE, CPU_NO_ERROR_CODE);
    else if (known && pvcpu__is_string_port(&d))
        pvcpu__string_port(p, &d);
    else if (known && emulate(p, &d, &bits))
        pvcpu__step_over(p, d.insn.length, bits);
    else
        pvcpu__inject(p, GENERAL_PROTECTION, error_code);
}

/* ud2, the letters "xen", cpuid: not what the processor says, but Xen. */
void pvcpu__invalid_opcode(struct pvcpu *p)
{
    static const uint8_t forced[] = { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 };
    uint8_t code[15];
    const unsigned int n =
        pvcpu__read_code(p, pvcpu__get(p, UC_X86_REG_RIP), code);

    if (n >= sizeof(forced) &&
        __builtin_memcmp(code, forced, sizeof(forced)) == 0) {
        pvcpu__do_cpuid(p);
        pvcpu__step_over(p, sizeof(forced), 0);
    } else {
        pvcpu__inject(p, INVALID_OPCODE, CPU_NO_ERROR_CODE);
    }
}

/* `int n`: RIP is behind it. Xen's own table lets only three through. */
void pvcpu__software_interrupt(struct pvcpu *p, uint32_t vector)
{
    const struct domain_entry *e =
        &pvcpu__domain_vcpu(p)->trap[vector % DOMAIN_VECTORS];

    if (vector == BREAKPOINT || (vector == SYSTEM_CALL && e->address != 0) ||
        (e->flags & USER_RING) >= (pvcpu__is_user(p) ? USER_RING : 1)) {
        pvcpu__inject(p, vector, CPU_NO_ERROR_CODE);
        return;
    }
    pvcpu__set(p, UC_X86_REG_RIP, pvcpu__get(p, UC_X86_REG_RIP) - 2);
    pvcpu__inject(p, GENERAL_PROTECTION, vector << 3 | ERROR_IDT);
}
