/* SPDX-License-Identifier: MIT
 *
 * What the files of the processor test share.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdint.h>

#include <xen/xen.h>

#define PAGE 4096u
#define VIRT_BASE 0xffffffff80000000ull
#define READABLE 5 /* of an L1 entry: P, US */
#define WRITABLE 7
#define MSR_FS_BASE 0xc0000100u
#define MSR_GS_BASE 0xc0000101u
#define NOT_THERE 0x7000000000ull /* a page that nobody maps */

struct regs {
    uint64_t rax, rcx, rdx, rbx, rsi, rdi, rbp, rsp;
};

struct form {
    const uint8_t *code;
    const char *name;
};

/* -- start.S, forms.S ------------------------------------------------------ */

extern const struct form forms[], forms_end[];
extern const uint8_t vectors[], on_event[], on_failsafe[], on_syscall[];
extern volatile uint64_t seen_vector, seen_error, seen_rip, seen_cs,
    seen_rflags, seen_rsp, seen_ss, seen_rcx, seen_r11, seen_now[3],
    seen_segments[4];

void run_form(const uint8_t *code, struct regs *r);

/* -- print.c --------------------------------------------------------------- */

/* Values are printed in relation to these. */
extern const struct form *running;
extern uint64_t end_of_map;
extern uint8_t memory[PAGE], stack[2 * PAGE], kernel_stack[PAGE];
extern struct vcpu_info *info;

void find_console(const struct start_info *si);
void print(const char *text);
void print_hex(uint64_t v);
void print_named(const char *name, uint64_t v);
/* The answer of a hypercall. */
void print_answer(const char *name, long answer);
void flush(void);
void end_line(void);

/* -- main.c ---------------------------------------------------------------- */

extern const struct regs first; /* what a form finds, but for rsi */

void kernel_main(const struct start_info *si);
const struct form *find(const char *name);
/* What Xen's frame has shown; and what the kernel finds beside it. */
void print_frame(void);
void print_trap(void);
/* Of an event channel to this vCPU; nothing is pending before or behind. */
uint32_t open_port(void);
void close_port(uint32_t port);
/* Runs the form with R, and prints what came of it as NAME. */
void print_run(const char *name, const struct form *f, struct regs *r);
/* Runs the form with FIRST, and prints that with its own name. */
void run_one(const struct form *f);

/* The frame of an iret to the beginning of `memory`. */
uint64_t *make_iret(uint64_t rflags);

/* -- calls.c, debug.c, failsafe.c, nmi.c, user.c
 * ----------------------------------- */

void print_old_calls(void);
void print_failsafe(const struct start_info *si);
void print_nmis(void);
void print_user(const struct start_info *si);
void print_debug(const struct start_info *si);

static inline long hypercall(uint64_t number, uint64_t a, uint64_t b,
                             uint64_t c, uint64_t d)
{
    register uint64_t r10 __asm__("r10") = d;
    long rax = (long)number;

    __asm__ volatile("syscall"
                     : "+a"(rax), "+D"(a), "+S"(b), "+d"(c), "+r"(r10)
                     :
                     : "rcx", "r11", "r8", "r9", "memory");
    return rax;
}

static inline uint64_t read_msr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

/* FLAGS: READABLE, WRITABLE. */
static inline void map(const void *page, uint64_t frame, uint64_t flags)
{
    (void)hypercall(__HYPERVISOR_update_va_mapping, (uintptr_t)page,
                    frame * PAGE | flags, UVMF_INVLPG, 0);
}

static inline uint64_t frame_of(const struct start_info *si, const void *page)
{
    return (
        (const uint64_t *)si->mfn_list)[((uintptr_t)page - VIRT_BASE) / PAGE];
}

#endif
