/* SPDX-License-Identifier: MIT
 *
 * Under Valgrind, which looks at an address before the processor does: all
 * that the tables map is mapped at once, and not when it is touched. (So A and
 * D bits are set early.) And the kernel copies what may not be there, of which
 * Valgrind would have something to say.
 */
#include "internal.h"

#include <pthread.h>
#include <sys/uio.h>
#include <unistd.h>
#include <xen-model/pte.h>

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif
#ifndef RUNNING_ON_VALGRIND
#define RUNNING_ON_VALGRIND 0
#define VALGRIND_MAKE_MEM_DEFINED(at, n) ((void)(at), (void)(n))
#endif

static void populate_table(xm_mfn table, unsigned int level, xm_vaddr va)
{
    const uint64_t *words = xm_ram_frame(&direct.cpu, table);

    for (unsigned int i = 0; i < XM_ENTRIES; i++) {
        const xm_vaddr at = va + ((xm_vaddr)i << (3 + 9 * level));

        if (!(words[i] & XM_PTE_P) || at < direct.first || at > direct.last)
            continue;
        if (level > 1)
            populate_table(xm_pte_mfn(words[i]), level - 1, at);
        else if (direct__seen(at) != words[i])
            (void)direct__map(at, words[i] & XM_PTE_RW);
    }
}

bool direct__on_valgrind(void)
{
    return RUNNING_ON_VALGRIND;
}

void direct__populate(void)
{
    populate_table(direct.self->vcpu[0].guest_table, 4, 0);
}

static pid_t self;

static void forget_self(void)
{
    self = 0;
}

/* Asking each time would be half of what it takes. */
static pid_t own_pid(void)
{
    static bool told;

    if (self == 0) {
        if (!told)
            told = pthread_atfork(NULL, NULL, forget_self) == 0;
        self = getpid();
    }
    return self;
}

static struct iovec vector(const void *at, size_t n)
{
    return (struct iovec){ .iov_base = (void *)(uintptr_t)at, .iov_len = n };
}

bool direct__copy_in_by_kernel(void *to, xm_vaddr from, size_t n)
{
    const struct iovec local = vector(to, n);
    const struct iovec remote = vector((const void *)(uintptr_t)from, n);

    return process_vm_readv(own_pid(), &local, 1, &remote, 1, 0) == (ssize_t)n;
}

bool direct__copy_out_by_kernel(xm_vaddr to, const void *from, size_t n)
{
    const struct iovec local = vector(from, n);
    const struct iovec remote = vector((const void *)(uintptr_t)to, n);

    if (process_vm_writev(own_pid(), &local, 1, &remote, 1, 0) != (ssize_t)n)
        return false;
    /* Valgrind does not see what the kernel writes on our behalf. */
    VALGRIND_MAKE_MEM_DEFINED((void *)(uintptr_t)to, n);
    return true;
}
