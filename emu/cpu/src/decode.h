/* SPDX-License-Identifier: MIT
 *
 * The instruction at an address of the guest.
 */
#ifndef CPU_DECODE_H
#define CPU_DECODE_H

#include "internal.h"

#include <Zydis/Zydis.h>

struct pvcpu_insn {
    ZydisDecodedInstruction insn;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
};

/* False: there is none, or not all of it can be read. */
bool pvcpu__decode(struct pvcpu *p, xm_vaddr rip, struct pvcpu_insn *d);

/* Where the operand O in memory is. */
xm_vaddr pvcpu__operand(struct pvcpu *p, const struct pvcpu_insn *d,
                        const ZydisDecodedOperand *o);

/* in or out; false: #GP. *BITS: of DR6, for the breakpoints there. */
bool pvcpu__access_port(struct pvcpu *p, const struct pvcpu_insn *d,
                        uint32_t *bits);
/* ins and outs, which see to all that comes of them. */
bool pvcpu__is_string_port(const struct pvcpu_insn *d);
void pvcpu__string_port(struct pvcpu *p, const struct pvcpu_insn *d);

/* Which of UC_X86_REG_* it is: a general register of any width. */
int pvcpu__unicorn_register(ZydisRegister r);

#endif
