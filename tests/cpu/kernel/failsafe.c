/* SPDX-License-Identifier: MIT
 *
 * The failsafe callback: data segments whose descriptors have gone while
 * another vCPU ran. Both vCPUs share one processor, and yield it to each other.
 */
#include "kernel.h"

#include <xen/callback.h>
#include <xen/sched.h>
#include <xen/vcpu.h>

#define DATA 0x00cff3000000ffffull
#define SELECTOR(i) ((i) << 3 | 3)
#define SECOND 1u
#define ENOUGH 1000u /* turns */

extern uint8_t second_start[], second_failsafe[], second_stack_end[];
extern volatile uint64_t second_turns, second_ends, second_frame[11];

static uint64_t gdt[PAGE / 8] __attribute__((aligned(4096)));
static uint64_t gdt_frame;

static void set_gdt(unsigned int entries)
{
    (void)hypercall(__HYPERVISOR_set_gdt, (uintptr_t)&gdt_frame, entries, 0, 0);
}

static uint64_t read_cr3(void)
{
    uint64_t v;

    __asm__ volatile("mov %%cr3, %0" : "=r"(v));
    return v;
}

/* It begins with a data segment that is not there. */
static void start_second(void)
{
    static struct vcpu_guest_context x;

    x.flags = VGCF_in_kernel;
    x.user_regs.rip = (uintptr_t)second_start;
    x.user_regs.rsp = (uintptr_t)second_stack_end;
    x.user_regs.cs = FLAT_KERNEL_CS;
    x.user_regs.ss = FLAT_KERNEL_SS;
    x.user_regs.rflags = 2;
    x.user_regs.rcx = 0x22;
    x.user_regs.r11 = 0x33;
    x.user_regs.es = SELECTOR(9);
    x.ctrlreg[3] = read_cr3();
    x.failsafe_callback_eip = (uintptr_t)second_failsafe;
    print_answer("second vCPU: initialise",
                 hypercall(__HYPERVISOR_vcpu_op, VCPUOP_initialise, SECOND,
                           (uintptr_t)&x, 0));
    print_answer("up",
                 hypercall(__HYPERVISOR_vcpu_op, VCPUOP_up, SECOND, 0, 0));
    end_line();
}

static void print_second(void)
{
    const char *const names[] = { "rcx", "r11", "ds",     "es",  "fs", "gs",
                                  "rip", "cs",  "rflags", "rsp", "ss" };
    uint64_t v;

    print("second vCPU's failsafe callback:");
    for (unsigned int i = 0; i < 11; i++) {
        v = second_frame[i];
        print(" ");
        print(names[i]);
        print(i == 6 && v == (uintptr_t)second_start       ? " its start"
              : i == 9 && v == (uintptr_t)second_stack_end ? " its stack"
                                                           : " ");
        if (i != 6 && i != 9)
            print_hex(v);
    }
    end_line();
}

/* Until the other one has had its turn, or Xen has entered the kernel. */
static void yield(struct regs *r)
{
    const uint64_t before = second_turns;

    running = find("call");
    for (unsigned int i = 0; i < ENOUGH && second_turns == before; i++) {
        *r = first;
        r->rax = __HYPERVISOR_sched_op;
        r->rdi = SCHEDOP_yield;
        run_form(running->code, r);
    }
}

static void print_yield(const char *name)
{
    const char *const names[] = { "ds", "es", "fs", "gs" };
    uint16_t now[4];
    struct regs r;

    yield(&r);
    __asm__("mov %%ds, %0" : "=r"(now[0]));
    __asm__("mov %%es, %0" : "=r"(now[1]));
    __asm__("mov %%fs, %0" : "=r"(now[2]));
    __asm__("mov %%gs, %0" : "=r"(now[3]));
    print(name);
    print(":");
    print_trap();
    for (unsigned int i = 0; (long)seen_vector >= 0 && i < 4; i++)
        print_named(names[i], seen_segments[i]);
    print(", now");
    for (unsigned int i = 0; i < 4; i++)
        print_named(names[i], now[i]);
    print_named("fs base", read_msr(MSR_FS_BASE));
    print_named("gs base", read_msr(MSR_GS_BASE));
    print_named("mask", info->evtchn_upcall_mask);
    end_line();
}

/* Loads the four, and takes the descriptors of MASK away. */
static void load(unsigned int mask)
{
    for (unsigned int i = 1; i <= 4; i++)
        (void)hypercall(__HYPERVISOR_update_descriptor,
                        gdt_frame * PAGE + 8 * i, DATA, 0, 0);
    __asm__ volatile("mov %0, %%ds" : : "r"(SELECTOR(1)));
    __asm__ volatile("mov %0, %%es" : : "r"(SELECTOR(2)));
    __asm__ volatile("mov %0, %%fs" : : "r"(SELECTOR(3)));
    __asm__ volatile("mov %0, %%gs" : : "r"(SELECTOR(4)));
    (void)hypercall(__HYPERVISOR_set_segment_base, SEGBASE_FS, 0x1234000, 0, 0);
    (void)hypercall(__HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL, 0x5678000,
                    0, 0);
    for (unsigned int i = 1; i <= 4; i++)
        if (mask & 1u << i)
            (void)hypercall(__HYPERVISOR_update_descriptor,
                            gdt_frame * PAGE + 8 * i, 0, 0, 0);
}

static void mask_events(void)
{
    struct callback_register r = { .type = CALLBACKTYPE_failsafe,
                                   .flags = CALLBACKF_mask_events,
                                   .address = (uintptr_t)on_failsafe };

    (void)hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register,
                    (uintptr_t)&r, 0, 0);
}

void print_failsafe(const struct start_info *si)
{
    struct regs r;

    gdt_frame =
        ((const uint64_t *)si->mfn_list)[((uintptr_t)gdt - VIRT_BASE) / PAGE];
    map(gdt, gdt_frame, READABLE);
    set_gdt(8);
    start_second();
    yield(&r);
    print_second();
    load(0);
    print_yield("segments that stay");
    load(1u << 1);
    print_yield("ds has gone");
    load(1u << 2 | 1u << 3 | 1u << 4);
    mask_events();
    info->evtchn_upcall_pending = 0;
    info->evtchn_upcall_mask = 0;
    print_yield("all others have gone");
    info->evtchn_upcall_mask = 1;
    load(0);
    set_gdt(0);
    print_yield("no GDT");
    second_ends = 1;
    yield(&r);
    map(gdt, gdt_frame, WRITABLE);
}
