/* SPDX-License-Identifier: MIT
 *
 * in, out, ins and outs, as Xen emulates them for those who may use ports. No
 * device is behind any port. Mirrors guest_io_okay(), read_io(), write_io(),
 * rep_ins(), rep_outs().
 */
#include "decode.h"

#include <xen-model/mode.h>

#define USER_RING 3u
#define GENERAL_PROTECTION 13u
#define XEN_END 0xffff880000000000ull /* of its part of the addresses */

/* Xen's iopl_ok(): the guest's kernel counts as ring 1, or 0 if it asks to. */
bool pvcpu__io_allowed(struct pvcpu *p)
{
    const unsigned int kernel = pvcpu__architectural_iopl(p) ? 0 : 1;

    return pvcpu__domain_vcpu(p)->io_level >=
           (pvcpu__is_user(p) ? USER_RING : kernel);
}

/* Xen's guest_io_okay(): or by the bitmap, a bit of which is set for no. */
static bool port_allowed(struct pvcpu *p, uint32_t port, uint32_t bytes)
{
    const struct domain_vcpu *v = pvcpu__domain_vcpu(p);
    uint8_t bits[2] = { 0xff, 0xff };
    bool user = pvcpu__is_user(p);

    if (pvcpu__io_allowed(p))
        return true;
    if (port + bytes > v->io_ports)
        return false;
    if (user)
        xm_enter_kernel(p->c);
    for (unsigned int i = 0; i < sizeof(bits); i++)
        if (!xm_copy_from_guest(p->c, &bits[i], v->io_bitmap + port / 8 + i, 1))
            break;
    if (user)
        xm_enter_user(p->c);
    return !((bits[0] | bits[1] << 8) >> (port & 7) & ((1u << bytes) - 1));
}

bool pvcpu__access_port(struct pvcpu *p, const struct pvcpu_insn *d,
                        uint32_t *bits)
{
    const bool reads = d->insn.mnemonic == ZYDIS_MNEMONIC_IN;
    const ZydisDecodedOperand *of = &d->operands[reads ? 1 : 0];
    const uint32_t bytes = d->operands[reads ? 0 : 1].size / 8u;
    const uint64_t all = bytes == 4 ? UINT32_MAX : (1ull << 8 * bytes) - 1;
    const uint64_t rax = pvcpu__get(p, UC_X86_REG_RAX);
    const uint32_t port = of->type == ZYDIS_OPERAND_TYPE_IMMEDIATE
                              ? (uint32_t)of->imm.value.u
                              : (uint16_t)pvcpu__get(p, UC_X86_REG_RDX);

    if (!port_allowed(p, port, bytes))
        return false;
    *bits = pvcpu__port_breaks(p, port, bytes);
    if (reads)
        pvcpu__set(p, UC_X86_REG_RAX, bytes == 4 ? all : rax | all);
    return true;
}

bool pvcpu__is_string_port(const struct pvcpu_insn *d)
{
    switch (d->insn.mnemonic) {
    case ZYDIS_MNEMONIC_INSB:
    case ZYDIS_MNEMONIC_INSW:
    case ZYDIS_MNEMONIC_INSD:
    case ZYDIS_MNEMONIC_OUTSB:
    case ZYDIS_MNEMONIC_OUTSW:
    case ZYDIS_MNEMONIC_OUTSD:
        return true;
    default:
        return false;
    }
}

/* The exception that it ends with, or vector 0. */
static struct xm_exception element(struct pvcpu *p, xm_vaddr va, bool reads,
                                   uint32_t bytes)
{
    uint8_t all = 0xff;

    if (va >= (1ull << 47) && va < XEN_END)
        return (struct xm_exception){ .vector = XM_EXCEPTION_GP };
    /* As far as it goes: the fault is at the first byte that does not. */
    for (xm_vaddr at = va; at != va + bytes; at++)
        if (reads ? !xm_copy_to_guest(p->c, at, &all, 1)
                  : !xm_copy_from_guest(p->c, &all, at, 1))
            return (struct xm_exception){
                .vector = XM_EXCEPTION_PF,
                .error_code = (reads ? XM_PF_WRITE : 0u) |
                              (pvcpu__is_user(p) ? XM_PF_USER : 0u),
                .cr2 = at,
            };
    return (struct xm_exception){ 0 };
}

static void set_index(struct pvcpu *p, int reg, uint64_t v, uint64_t mask)
{
    pvcpu__set(p, reg, v & mask);
}

/*
 * It stops in the middle for a fault, a breakpoint or a step, with its
 * registers as far as it has come; without a prefix a fault leaves them alone.
 */
void pvcpu__string_port(struct pvcpu *p, const struct pvcpu_insn *d)
{
    const bool reads = d->operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY;
    const ZydisDecodedOperand *o = &d->operands[reads ? 0 : 1];
    const int index = reads ? UC_X86_REG_RDI : UC_X86_REG_RSI;
    const bool repeated =
        d->insn.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPNE);
    const uint64_t mask = d->insn.address_width == 32 ? UINT32_MAX : UINT64_MAX;
    const uint32_t bytes = o->size / 8u;
    const uint32_t port = (uint16_t)pvcpu__get(p, UC_X86_REG_RDX);
    const uint64_t flags = pvcpu__get(p, UC_X86_REG_RFLAGS);
    uint64_t left = repeated ? pvcpu__get(p, UC_X86_REG_RCX) & mask : 1;
    struct xm_exception e = { 0 };
    uint32_t bits = 0;

    if (left == 0) { /* they become as wide as the address */
        set_index(p, index, pvcpu__get(p, index), mask);
        set_index(p, UC_X86_REG_RCX, 0, mask);
    }
    while (left != 0) {
        if (!port_allowed(p, port, bytes)) {
            pvcpu__inject(p, GENERAL_PROTECTION, 0);
            return;
        }
        e = element(p, pvcpu__operand(p, d, o), reads, bytes);
        if (e.vector != 0)
            break;
        bits = pvcpu__port_breaks(p, port, bytes);
        set_index(p, index,
                  pvcpu__get(p, index) +
                      (flags & XM_FLAG_DF ? 0ull - bytes : bytes),
                  mask);
        left--;
        if (repeated)
            set_index(p, UC_X86_REG_RCX, left, mask);
        if (bits || (flags & XM_FLAG_TF))
            break;
    }
    if (e.vector != 0)
        pvcpu__inject_exception(p, &e);
    else
        pvcpu__step_over(p, left ? 0 : d->insn.length, bits);
}
