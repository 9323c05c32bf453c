/* SPDX-License-Identifier: MIT
 *
 * An event is told to the host, which looks at the machine as it is now,
 * perhaps in the middle of a hypercall, and decides how to go on: it writes
 * the vCPU's pending and mask flags itself.
 */
#include "probe.h"

#include <xen/callback.h>
#include <xen/xen.h>

#include "hypercall.h"

void event_upcall(void); /* upcall.S */
void shim_upcall(struct shim_upcall *at);

void shim_set_upcall(void)
{
    struct callback_register callback = { .type = CALLBACKTYPE_event,
                                          .address = (uintptr_t)event_upcall };

    (void)hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register,
                    (uintptr_t)&callback, 0, 0, 0);
}

/*
 * That a call has come back to its instruction shows in rcx, which the
 * instruction sets: not in that of an event that comes just before it.
 */
static void forget_instruction(struct shim_upcall *at)
{
    const uint8_t *const code = (const uint8_t *)at->rip;

    if (at->rcx == at->rip + 2 && code[0] == 0x0f && code[1] == 0x05)
        at->rcx = 0;
}

void shim_upcall(struct shim_upcall *at)
{
    struct shim_mailbox *const m = shim_own_mailbox();
    const uint32_t n = m->upcalls + 1;

    m->upcall = *at;
    __atomic_store_n(&m->upcalls, n, __ATOMIC_RELEASE);
    /* Once events are unmasked, another may come right here. */
    while ((int32_t)(__atomic_load_n(&m->resumed, __ATOMIC_ACQUIRE) - n) < 0)
        __asm__ volatile("" ::: "memory");
    forget_instruction(at);
}
