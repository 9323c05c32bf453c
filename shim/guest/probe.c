/* SPDX-License-Identifier: MIT
 *
 * Accesses and instructions that may fault, with what they end in.
 */
#include "probe.h"

#include <shim/execute.h>
#include <xen/callback.h>
#include <xen/xen.h>

#include "hypercall.h"

/* probe.S */
void segment_not_present(void);
void general_protection(void);
void page_fault(void);
void system_call(void);
int shim_probe_load(uint64_t va, uint64_t *value);
int shim_probe_store(uint64_t va, uint64_t value);
int shim_probe_segment(uint64_t selector);
int shim_probe_write_cr3(uint64_t value);
int shim_probe_invlpg(uint64_t va);
int shim_user_load(uint64_t va);
int shim_user_store(uint64_t va, uint64_t value);
int shim_user_segment(uint64_t selector);
extern uint64_t probe_vector, probe_error_code, probe_cr2, probe_rip;
extern uint64_t probe_value;
extern uint8_t exception_stack_end[];

/* start.S: where instructions are put, one after the other. */
extern uint8_t code_slots[], code_slots_end[];

#define PAGE_FAULT 14u
#define REMEMBERED 16u
#define PAGE_MASK (~0xfffull)
#define LAST_BYTE 7u /* of what is loaded or stored */

void shim_set_traps(void)
{
    struct trap_info traps[] = {
        { .vector = 11, .address = (uintptr_t)segment_not_present },
        { .vector = 13, .address = (uintptr_t)general_protection },
        { .vector = PAGE_FAULT, .address = (uintptr_t)page_fault },
        { .address = 0 },
    };
    struct callback_register callback = { .type = CALLBACKTYPE_syscall,
                                          .flags = CALLBACKF_mask_events,
                                          .address = (uintptr_t)system_call };

    for (unsigned int i = 0; traps[i].address; i++)
        traps[i].cs = FLAT_KERNEL_CS;
    (void)hypercall(__HYPERVISOR_set_trap_table, (uintptr_t)traps, 0, 0, 0, 0);
    (void)hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register,
                    (uintptr_t)&callback, 0, 0, 0);
    (void)hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS,
                    (uintptr_t)exception_stack_end, 0, 0, 0);
}

void shim_flush_tlb(void)
{
    struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_LOCAL };

    (void)hypercall(__HYPERVISOR_mmuext_op, (uintptr_t)&op, 1, 0, DOMID_SELF,
                    0);
}

/* Whatever else is stale: of this address nothing is. */
static void flush_address(uint64_t va)
{
    struct mmuext_op ops[] = {
        { .cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = va },
        { .cmd = MMUEXT_INVLPG_LOCAL, .arg1.linear_addr = va + LAST_BYTE },
    };

    (void)hypercall(__HYPERVISOR_mmuext_op, (uintptr_t)ops,
                    (va & PAGE_MASK) == ((va + LAST_BYTE) & PAGE_MASK) ? 1 : 2,
                    0, DOMID_SELF, 0);
}

static void note_exception(struct shim_mailbox *m, int taken)
{
    m->vector = taken ? probe_vector : 0;
    m->error_code = taken ? probe_error_code : 0;
    m->cr2 = m->vector == PAGE_FAULT ? probe_cr2 : 0;
}

static int run(struct shim_mailbox *m)
{
    const uint64_t *const a = m->arg;
    const int user = a[3] != 0;
    int rc;

    switch (m->command) {
    case SHIM_LOAD:
        rc = user ? shim_user_load(a[0]) : shim_probe_load(a[0], &m->value);
        if (user)
            m->value = probe_value;
        return rc;
    case SHIM_STORE:
        return user ? shim_user_store(a[0], a[1])
                    : shim_probe_store(a[0], a[1]);
    case SHIM_LOAD_SEGMENT:
        return user ? shim_user_segment(a[0]) : shim_probe_segment(a[0]);
    case SHIM_WRITE_CR3:
        return shim_probe_write_cr3(a[0]);
    case SHIM_READ_CR3:
        __asm__ volatile("mov %%cr3, %0" : "=r"(m->value));
        return 0;
    default: /* SHIM_INVLPG */
        return shim_probe_invlpg(a[0]);
    }
}

void shim_probe(struct shim_mailbox *m)
{
    const int at_address = m->command == SHIM_LOAD || m->command == SHIM_STORE;

    if (!m->arg[2] && at_address)
        flush_address(m->arg[0]);
    else if (!m->arg[2])
        shim_flush_tlb();
    note_exception(m, run(m));
}

static int same_code(const struct shim_execute *a, const struct shim_execute *b)
{
    uint32_t i = 0;

    if (a->length != b->length)
        return 0;
    while (i < a->length && a->code[i] == b->code[i])
        i++;
    return i == a->length;
}

/*
 * Where the instruction of E is: at an address of its own, for executed code is
 * not to be written over. The last few are remembered.
 */
static uint8_t *slot_of(const struct shim_execute *e)
{
    static struct {
        struct shim_execute what;
        uint8_t *slot;
    } placed[REMEMBERED];
    static uint8_t *next = code_slots;
    static uint32_t last;

    for (uint32_t i = 0; i < REMEMBERED; i++)
        if (placed[i].slot && same_code(&placed[i].what, e))
            return placed[i].slot;
    last = (last + 1) % REMEMBERED;
    placed[last].what = *e;
    placed[last].slot = next;
    shim_place(next, e->code, e->length);
    next += SHIM_CODE_SLOT;
    if (next == code_slots_end)
        next = code_slots;
    return placed[last].slot;
}

void shim_run_instruction(struct shim_mailbox *m)
{
    struct shim_execute *const e = (struct shim_execute *)m->data;
    uint8_t *slot;

    m->rc = -1;
    if (e->length > SHIM_MAX_CODE)
        return;
    slot = slot_of(e);
    probe_rip = 0;
    if (e->address)
        flush_address(e->address);
    else
        shim_flush_tlb();
    shim_run(&e->registers, slot);
    note_exception(m, probe_rip != 0);
    if (probe_rip != 0)
        e->registers.rip = probe_rip - (uintptr_t)slot;
    m->rc = 0;
}
