/* SPDX-License-Identifier: MIT
 *
 * What the files of the cpu engine share. Functions with the names of Xen's
 * do what those do.
 */
#ifndef CPU_INTERNAL_H
#define CPU_INTERNAL_H

#include <cpu/cpu.h>
#include <unicorn/unicorn.h>
#include <xen-model/insn.h>
#include <xen-model/walk.h>
#include <xen/errno.h>
#include <xen/xen.h>

/* CR4 as a guest sees it: OSXMMEXCPT, OSFXSR, MCE, PAE; and its own DE, TSD. */
#define CPU_CR4 0x660ull
#define CPU_CR4_GUESTS 0xcull

#define CPU_NS_PER_BLOCK 10u
#define CPU_MASKED_BLOCKS 1000u  /* how often masked events are looked at */
#define CPU_SLICE_BLOCKS 100000u /* of a vCPU, while others want to run */
#define CPU_MAX_PORTS 256u
#define CPU_POLL_BLOCKS 4000000u /* how often input is looked for */

/*
 * Pages of Xen's that the processor touches. Their addresses lie where no guest
 * reaches: what hooks grant there is gated.
 */
#define CPU_GDT_FIRST 0xffff820000000000ull /* of vCPU 0 */
#define CPU_GDT_STRIDE 0x20000ull           /* 32 pages a vCPU */
#define CPU_GDT_LIMIT 0xefffu               /* 15 pages */
#define CPU_LDT_PAGE 16u                    /* of the stride */
#define CPU_RETURN_CODE 0xffff82d080000000ull
#define CPU_RETURN_FROM_32 (CPU_RETURN_CODE + 0x80)
/* Code that loads one of enum pvcpu_segment from eax. */
#define CPU_LOAD_CODE(segment) (CPU_RETURN_CODE + 0x10 * ((segment) + 1u))
#define CPU_RETURN_STACK (CPU_RETURN_CODE + 0x1000)
#define CPU_LANDING (CPU_RETURN_CODE + 0x2000) /* never mapped */

/* Physical addresses as Unicorn knows them, beside the guest's RAM. */
#define CPU_PHYS_M2P (1ull << 40)
#define CPU_PHYS_OWN (1ull << 41)
enum pvcpu_own_page {
    CPU_OWN_CODE,  /* of return.c */
    CPU_OWN_STACK, /* what it returns to */
    CPU_OWN_GDT,   /* Xen's page of each GDT */
    CPU_OWN_ZEROS, /* the guest's pages of a GDT that are not there */
    CPU_OWN_ONES,  /* what devices say, and the M2P behind its end */
    CPU_NR_OWN
};

#define CPU_XEN_GDT_PAGE 14u

/* Why Unicorn came back. */
enum pvcpu_exit {
    EXIT_NONE,
    EXIT_SYSCALL,
    EXIT_SYSENTER,
    EXIT_EXCEPTION,
    EXIT_PORT,  /* before in or out */
    EXIT_DEBUG, /* between two instructions: a breakpoint */
    EXIT_CHECK, /* between two blocks: something is due */
};

/* Where in Unicorn's context the words lie that it has no names for. */
struct pvcpu_places {
    size_t old_exception, error_code, is_int;
};

/* Of data, in the order of Xen's failsafe frame. */
enum pvcpu_segment { CPU_DS, CPU_ES, CPU_FS, CPU_GS, CPU_NR_SEGMENTS };

struct pvcpu_vcpu {
    uc_context *context;                /* while another one runs */
    uint64_t gs_base_other;             /* of the mode that does not run */
    uint64_t cr2, cr4;                  /* as the guest reads them */
    uint32_t ldt_entries;               /* that the processor knows of */
    uint16_t selector[CPU_NR_SEGMENTS]; /* while another one runs */
    xm_vaddr resumes_at; /* with RF set, when Xen goes back to it */
    bool by_sysret; /* how Xen will leave for it: rcx and r11 are lost then */
};

enum pvcpu_debug_hook { CPU_HOOK_CODE, CPU_HOOK_ACCESS, CPU_NR_DEBUG_HOOKS };

struct pvcpu {
    struct pvcpu_config config;
    struct xm_cpu *c;
    struct domain *d;
    uc_engine *uc;
    uc_context *scratch;
    struct pvcpu_places places;
    uint8_t *own; /* CPU_NR_OWN pages */
    struct pvcpu_vcpu vcpu[XM_MAX_VCPUS];
    uint32_t current;

    enum pvcpu_exit exit;
    uint32_t vector;
    xm_vaddr miss;        /* page that could not be translated ... */
    uint32_t miss_access; /* ... for this access */
    struct xm_others others;
    struct {
        xm_vaddr at; /* where there is in or out */
        uc_hook hook;
    } port[CPU_MAX_PORTS];
    uint32_t nr_ports;
    xm_vaddr port_block, port_block_end; /* with more; not to be run as it is */
    struct {
        bool has[CPU_NR_DEBUG_HOOKS];
        uc_hook hook[CPU_NR_DEBUG_HOOKS];
        uint32_t hits; /* bits of DR6: watched data that were accessed */
        bool entered;  /* no instruction has run yet since Unicorn runs */
        xm_vaddr last; /* the one before */
    } debug;
    bool returning;     /* the pages of return.c may be used ... */
    uint16_t wanted[2]; /* ... and load these selectors */
    struct xm_exception return_fault; /* why they cannot be loaded */

    uint64_t next_check; /* blocks */
    uint64_t next_poll, slice_end;
    uint64_t skipped_ns; /* while all vCPUs were waiting */
    bool ended;
    enum pvcpu_end end;
    struct pvcpu_counts counts;
    uint64_t hash;
    struct pvcpu_call last[CPU_LAST_CALLS];
    uint64_t nr_calls;
    char why[256];
};

/* Of 48 bits. */
static inline bool pvcpu__canonical(xm_vaddr va)
{
    return va < (1ull << 47) || va >= (~0ull << 47);
}

/* -- registers.c ---------------------------------------------------------- */

uint64_t pvcpu__get(struct pvcpu *p, int reg); /* UC_X86_REG_*, 64 bits */
void pvcpu__set(struct pvcpu *p, int reg, uint64_t value);
uint16_t pvcpu__get_selector(struct pvcpu *p, int reg);
extern const int pvcpu__gpr[16]; /* UC_X86_REG_* by enum xm_gpr */
void pvcpu__get_registers(struct pvcpu *p, struct xm_registers *r);
void pvcpu__set_registers(struct pvcpu *p, const struct xm_registers *r);

/* -- engine.c, calibrate.c ------------------------------------------------- */

/* False: *WHY. */
bool pvcpu__calibrate(struct pvcpu_places *places, const char **why);
/* The error code of the exception; *IS_INT: it was int n. Clears its traces. */
uint32_t pvcpu__take_exception(struct pvcpu *p, bool *is_int);
/* Virtual time, ns. */
uint64_t pvcpu__now(const struct pvcpu *p);
/* Unicorn looks at a clock, and takes this (clock.c). */
void pvcpu__set_clock(uint64_t ns);

/* -- loop.c --------------------------------------------------------------- */

/* vCPUs that are up and do not wait. */
uint32_t pvcpu__running(const struct pvcpu *p);
/* The guest has nothing to do for NS, or DOMAIN_NEVER. */
void pvcpu__be_idle(struct pvcpu *p, uint64_t ns);
/* Runs until the next exit, and sees to that. */
void pvcpu__enter(struct pvcpu *p);
void pvcpu__end(struct pvcpu *p, enum pvcpu_end end, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Xen's domain_crash(). */
#define pvcpu__crash(p, ...) pvcpu__end(p, CPU_CRASH, __VA_ARGS__)
struct domain_vcpu *pvcpu__domain_vcpu(struct pvcpu *p);
struct xm_vcpu *pvcpu__model_vcpu(struct pvcpu *p);
static inline bool pvcpu__is_user(struct pvcpu *p)
{
    return pvcpu__model_vcpu(p)->user_mode;
}
/* The guest has set that vm_assist. */
bool pvcpu__architectural_iopl(const struct pvcpu *p);

/* -- tlb.c ---------------------------------------------------------------- */

bool pvcpu__on_tlb_fill(uc_engine *uc, uint64_t va, uc_mem_type type,
                        uc_tlb_entry *result, void *context);
void pvcpu__flush(struct pvcpu *p);
/* What the call that was just made has flushed. */
void pvcpu__note_flushes(struct pvcpu *p);

/* -- address.c ------------------------------------------------------------ */

/* Bytes of the instruction at RIP, as many as can be read, at most 15. */
unsigned int pvcpu__read_code(struct pvcpu *p, xm_vaddr rip, uint8_t code[15]);
/* The code that runs is 32-bit code. */
bool pvcpu__is_compat(struct pvcpu *p);
/* The address that the instruction at RIP accesses on PAGE; ON_STACK: by SS. */
xm_vaddr pvcpu__data_address(struct pvcpu *p, xm_vaddr rip, xm_vaddr page,
                             bool write, bool *on_stack);
/* The instruction at RIP accesses some of the N bytes from VA on. */
bool pvcpu__accesses(struct pvcpu *p, xm_vaddr rip, xm_vaddr va, uint64_t n,
                     bool write);
/* The 16 bits there; false: they cannot be read. */
bool pvcpu__read_selector(struct pvcpu *p, xm_vaddr va, uint16_t *selector);
/* Bytes of the instruction; 0: it cannot be decoded. */
unsigned int pvcpu__length(struct pvcpu *p, xm_vaddr rip);

/* -- selector.c ----------------------------------------------------------- */

/* Whether the instruction at RIP is one that reads descriptors. */
bool pvcpu__reads_descriptor(struct pvcpu *p, xm_vaddr rip);
/* What it, or pvcpu__far_return(), reads on that page of the LDT: the offset.
 */
uint32_t pvcpu__ldt_offset(struct pvcpu *p, uint32_t page);
/* The LDT that a call may have set. */
void pvcpu__load_ldt(struct pvcpu *p);
/*
 * The page that could not be translated is one of the LDT: what the guest gets
 * for it (SEG-53).
 */
bool pvcpu__ldt_fault(struct pvcpu *p, struct xm_exception *e);

/* -- ports.c --------------------------------------------------------------- */

/* Code that has just been translated: see whether it has in or out in it. */
void pvcpu__on_new_block(uc_engine *uc, uc_tb *block, uc_tb *before,
                         void *context);
/* The run was stopped for what that has found. */
void pvcpu__stop_at_ports(struct pvcpu *p);
/* It has stopped where there was in or out. */
void pvcpu__at_port(struct pvcpu *p);

/* -- debug.c --------------------------------------------------------------- */

#define CPU_DR6_STEP (1u << 14)

/* A debug register may have been written: hooks as they want it. */
void pvcpu__follow_debug(struct pvcpu *p);
/* Unicorn has come back. True: for a breakpoint, and the guest is told. */
bool pvcpu__debug_exit(struct pvcpu *p);
/* Bits of DR6: watched data that the instruction before has accessed. */
uint32_t pvcpu__take_hits(struct pvcpu *p);
/* The guest's #DB, for BITS of DR6 and what else holds at RIP. */
void pvcpu__debug_trap(struct pvcpu *p, uint32_t bits);
/* Bits of DR6: breakpoints on these ports, which Xen looks for itself. */
uint32_t pvcpu__port_breaks(struct pvcpu *p, uint32_t port, uint32_t size);

/* -- fault.c -------------------------------------------------------------- */

/* A translation failed: Xen emulates the store, or the guest is told. */
void pvcpu__handle_miss(struct pvcpu *p);

/* -- trap.c --------------------------------------------------------------- */

#define CPU_NO_ERROR_CODE (~0u)

/* Xen's pv_inject_event(): the guest's handler of VECTOR begins. */
void pvcpu__inject(struct pvcpu *p, uint32_t vector, uint32_t error_code);
void pvcpu__inject_page_fault(struct pvcpu *p, xm_vaddr cr2,
                              uint32_t error_code);
void pvcpu__inject_exception(struct pvcpu *p, const struct xm_exception *e);
/* A system call of the guest's user. */
void pvcpu__inject_syscall(struct pvcpu *p);
/* Data segments could not be loaded again: Xen's failsafe callback begins. */
void pvcpu__inject_failsafe(struct pvcpu *p,
                            const uint16_t selector[CPU_NR_SEGMENTS]);
/* An NMI and the upcall for events, if they are due. */
void pvcpu__deliver_events(struct pvcpu *p);
/* The guest goes on: what the way back does to its registers. */
void pvcpu__leave_xen(struct pvcpu *p);
/* HYPERVISOR_iret, whose answer is the new rax. */
void pvcpu__iret(struct pvcpu *p);
/* Of struct xm_others: the processor goes where FRAME leads. */
void pvcpu__left(void *context, const struct iret_context *frame);

/* -- return.c ------------------------------------------------------------- */

/*
 * The processor continues at RIP with these segments, loaded as iretq does it.
 * False: that faults, with return_fault.
 */
bool pvcpu__far_return(struct pvcpu *p, uint16_t cs, xm_vaddr rip,
                       uint64_t rflags, xm_vaddr rsp, uint16_t ss);
/* It is loaded, its base as the descriptor says. False: that faults. */
bool pvcpu__load_segment(struct pvcpu *p, enum pvcpu_segment segment,
                         uint16_t selector);
extern const int pvcpu__segment[CPU_NR_SEGMENTS]; /* UC_X86_REG_* */
/* From privilege level 0, where Unicorn begins, to 3. */
bool pvcpu__first_return(struct pvcpu *p);

/* -- privileged.c, io.c, cpuid.c, msr.c ------------------------------------ */

/* Behind an emulated instruction. BITS: of DR6, what it was stopped for. */
void pvcpu__step_over(struct pvcpu *p, unsigned int bytes, uint32_t bits);
bool pvcpu__io_allowed(struct pvcpu *p);

/* #GP: Xen emulates the instruction, or the guest is told. */
void pvcpu__emulate_privileged(struct pvcpu *p, uint32_t error_code);
/* #UD: forced emulation of cpuid, or the guest is told. */
void pvcpu__invalid_opcode(struct pvcpu *p);
void pvcpu__software_interrupt(struct pvcpu *p, uint32_t vector);
int pvcpu__on_cpuid(uc_engine *uc, void *context);
int pvcpu__on_rdtsc(uc_engine *uc, void *context);
int pvcpu__on_rdtscp(uc_engine *uc, void *context);
void pvcpu__do_cpuid(struct pvcpu *p);
/* False: #GP. */
bool pvcpu__read_msr(struct pvcpu *p, uint32_t msr, uint64_t *value);
bool pvcpu__write_msr(struct pvcpu *p, uint32_t msr, uint64_t value);

/* -- hypercall.c ---------------------------------------------------------- */

void pvcpu__hypercall(struct pvcpu *p);
/* Of struct xm_others, with the struct pvcpu as CONTEXT. */
bool pvcpu__other_hypercall(void *context, struct xm_cpu *c, uint64_t number,
                            uint64_t arg[6], struct xm_result *result);
/* CR0.TS becomes what the guest has set. */
void pvcpu__set_task_switched(struct pvcpu *p);
/* Fills the frame with the stubs of all hypercalls. */
void pvcpu__fill_hypercall_page(void *page);

/* -- vcpu.c --------------------------------------------------------------- */

/* vCPU 0, from START. */
bool pvcpu__begin(struct pvcpu *p, const struct pvcpu_start *start);
/* Makes VCPU the one that runs; its data segments are still to be loaded. */
void pvcpu__switch(struct pvcpu *p, uint32_t vcpu);
void pvcpu__load_segments(struct pvcpu *p);
/* The user's GS base and the kernel's change places. */
void pvcpu__swap_gs(struct pvcpu *p);
/* A call has brought VCPU up: it begins as its context says. */
void pvcpu__load_context(struct pvcpu *p, uint32_t vcpu,
                         const struct vcpu_guest_context *x);

#endif
