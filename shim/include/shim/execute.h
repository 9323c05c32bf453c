/* SPDX-License-Identifier: MIT
 *
 * Running one instruction with registers of one's choice, in ring 3 of any
 * 64-bit system (execute.S). The shim does it on Xen; a unit test does it on
 * the processor of the host.
 */
#ifndef SHIM_EXECUTE_H
#define SHIM_EXECUTE_H

#include <stdint.h>

#define SHIM_MAX_CODE 15u  /* bytes of an instruction */
#define SHIM_CODE_SLOT 64u /* the instruction, and the way back */

struct shim_registers {
    uint64_t gpr[16]; /* in the order of their numbers; rsp 0: one's own */
    uint64_t flags;   /* status flags and DF; all others stay as they are */
    uint64_t rip;     /* after: bytes from its first, if it faulted */
};

/* What SHIM_EXECUTE finds in the mailbox's data. */
struct shim_execute {
    struct shim_registers registers;
    uint64_t address; /* 0, or the only one that it accesses, 8 bytes at most */
    uint32_t length;
    uint8_t code[SHIM_MAX_CODE];
};

/* Puts the LENGTH bytes of CODE and a jump back into SLOT. */
void shim_place(void *slot, const void *code, uint32_t length);

/* Runs what was placed in SLOT. */
void shim_run(struct shim_registers *r, const void *slot);

/* Where the jump of a slot goes; a fault handler may go there as well. */
void shim_run_done(void);

#endif
