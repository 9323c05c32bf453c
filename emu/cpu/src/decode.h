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

/* Which of UC_X86_REG_* it is: a general register of any width. */
int pvcpu__unicorn_register(ZydisRegister r);

#endif
