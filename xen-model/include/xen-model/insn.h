/* SPDX-License-Identifier: MIT
 *
 * One decoded instruction that writes memory, as data: what is written where,
 * from which registers. The decoder (xen-decode, another library) fills it in;
 * the model executes it, as the processor does and, where that faults, as
 * Xen's instruction emulator does (x86_emulate() with ptwr_emulate_ops or
 * mmio_ro_emulate_ops).
 */
#ifndef XEN_MODEL_INSN_H
#define XEN_MODEL_INSN_H

#include <xen-model/types.h>

/* General registers by their number in the machine's encoding. */
enum xm_gpr {
    XM_RAX,
    XM_RCX,
    XM_RDX,
    XM_RBX,
    XM_RSP,
    XM_RBP,
    XM_RSI,
    XM_RDI,
    XM_NR_GPRS = 16,
    XM_RIP = 16,   /* base of an address only */
    XM_NO_REG = 17 /* base or index of an address: none */
};

#define XM_FLAG_CF 0x001u
#define XM_FLAG_PF 0x004u
#define XM_FLAG_AF 0x010u
#define XM_FLAG_ZF 0x040u
#define XM_FLAG_SF 0x080u
#define XM_FLAG_TF 0x100u
#define XM_FLAG_IF 0x200u
#define XM_FLAG_DF 0x400u
#define XM_FLAG_OF 0x800u
#define XM_FLAGS_STATUS                                                        \
    (XM_FLAG_CF | XM_FLAG_PF | XM_FLAG_AF | XM_FLAG_ZF | XM_FLAG_SF |          \
     XM_FLAG_OF)

/* The registers of a vCPU that an instruction can see. */
struct xm_registers {
    uint64_t gpr[XM_NR_GPRS];
    uint64_t rip, rflags;
    uint64_t fs_base, gs_base;
};

enum xm_operation {
    /* Two operands: memory, and a register or an immediate value. */
    XM_OP_ADD,
    XM_OP_OR,
    XM_OP_ADC,
    XM_OP_SBB,
    XM_OP_AND,
    XM_OP_SUB,
    XM_OP_XOR,
    XM_OP_ROL,
    XM_OP_ROR,
    XM_OP_RCL,
    XM_OP_RCR,
    XM_OP_SHL,
    XM_OP_SHR,
    XM_OP_SAR,
    XM_OP_SHLD, /* count: cl or an immediate value */
    XM_OP_SHRD,
    XM_OP_BTS,
    XM_OP_BTR,
    XM_OP_BTC,
    XM_OP_XCHG,
    XM_OP_XADD,
    XM_OP_CMPXCHG,
    /* One operand: memory. */
    XM_OP_INC,
    XM_OP_DEC,
    XM_OP_NOT,
    XM_OP_NEG,
    XM_OP_CMPXCHG8B,
    XM_OP_CMPXCHG16B,
    /* Plain stores. */
    XM_OP_MOV,
    XM_OP_SETCC,
    XM_OP_MOVS,
    XM_OP_STOS,
    XM_OP_POP, /* to memory */
    /* Stores to the stack. */
    XM_OP_PUSH, /* a register, an immediate value, or memory */
    XM_OP_PUSHF,
    XM_OP_CALL, /* a displacement, a register or memory */
    XM_OP_ENTER,
    /* Any other store: its data is not modelled, its address is. */
    XM_OP_OTHER,
    XM_NR_OPERATIONS
};

enum xm_segment { XM_SEG_FLAT, XM_SEG_FS, XM_SEG_GS };

struct xm_address {
    uint8_t base, index; /* enum xm_gpr */
    uint8_t scale;       /* 1, 2, 4, 8 */
    uint8_t size;        /* bytes of an address: 8, or 4 */
    enum xm_segment segment;
    uint64_t displacement;
};

enum xm_source {
    XM_SRC_NONE,
    XM_SRC_REGISTER,
    XM_SRC_HIGH_BYTE, /* ah, ch, dh, bh: reg is that of rax .. rbx */
    XM_SRC_IMMEDIATE,
    XM_SRC_MEMORY, /* at mem; the destination is the stack */
};

struct xm_insn {
    enum xm_operation op;
    uint8_t length; /* of the instruction, bytes */
    uint16_t width; /* of what is stored, bytes: 1, 2, 4, 8; OTHER: any */
    bool lock;
    bool rep;
    enum xm_source source;
    uint8_t reg;           /* XM_SRC_REGISTER: enum xm_gpr */
    uint8_t condition;     /* SETCC: as in its opcode */
    bool count_in_cl;      /* SHLD, SHRD: not in count */
    uint8_t count;         /* SHLD, SHRD; ENTER: the nesting level */
    uint64_t immediate;    /* sign-extended */
    struct xm_address mem; /* the memory operand; MOVS: only its segment */
};

#endif
