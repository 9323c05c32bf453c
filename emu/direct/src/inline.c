/* SPDX-License-Identifier: MIT
 *
 * Hypercalls that are a `syscall` instruction in the guest's own code. Linux
 * has a switch that makes a signal of each system call made below an address
 * (Syscall User Dispatch): that of the end of the guest's code, which lies
 * below the libraries. What comes from elsewhere is made on its behalf. The
 * guest's instruction becomes a call of pinfold_inline, so that its hypercall
 * runs like any other, and not inside of a signal.
 */
#include "internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define SYSCALL_BYTES 2u
#define RED_ZONE 128u /* below its stack pointer, a function's own */

extern char pinfold_inline[];

static struct sigaction before;
static char selector = SYSCALL_DISPATCH_FILTER_BLOCK;

/* Of the program or of a library: as if we had never been here. */
static void make_on_behalf(greg_t *g)
{
    const long rc = syscall(g[REG_RAX], g[REG_RDI], g[REG_RSI], g[REG_RDX],
                            g[REG_R10], g[REG_R8], g[REG_R9]);

    g[REG_RAX] = rc == -1 ? -errno : rc;
}

static void on_syscall(int signal, siginfo_t *info, void *context)
{
    greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uintptr_t at = (uintptr_t)g[REG_RIP] - SYSCALL_BYTES;
    const int saved = errno;
    uint64_t *sp;

    (void)signal;
    (void)info;
    if (at < (uintptr_t)direct.config.code ||
        at >= (uintptr_t)direct.config.code_end) {
        make_on_behalf(g);
        errno = saved;
        return;
    }
    /* As the instruction itself leaves them. */
    g[REG_RCX] = g[REG_RIP];
    g[REG_R11] = g[REG_EFL];
    sp = (uint64_t *)((uintptr_t)g[REG_RSP] - RED_ZONE - sizeof(*sp));
    *sp = (uint64_t)g[REG_RIP];
    g[REG_RSP] = (greg_t)(uintptr_t)sp;
    g[REG_RIP] = (greg_t)(uintptr_t)pinfold_inline;
}

int direct__catch_syscalls(void)
{
    const uintptr_t end = (uintptr_t)direct.config.code_end;
    const struct sigaction action = { .sa_sigaction = on_syscall,
                                      .sa_flags = SA_SIGINFO | SA_ONSTACK |
                                                  SA_NODEFER };

    if (!direct.config.code)
        return 0;
    if (end <= (uintptr_t)direct.config.code)
        return direct__fail("code_end must lie behind code");
    if (direct.valgrind)
        return direct__fail("`syscall` instructions of a guest cannot be "
                            "caught under Valgrind: let it use "
                            "hypercall_page or pinfold_hypercall()");
    if (sigaction(SIGSYS, &action, &before) != 0 ||
        prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, end,
              UINTPTR_MAX - end, &selector) != 0)
        return direct__fail("`syscall` instructions of a guest cannot be "
                            "caught here (%s; it takes Linux 5.11): let it use "
                            "hypercall_page or pinfold_hypercall()",
                            strerror(errno));
    return 0;
}

void direct__release_syscalls(void)
{
    if (!direct.config.code)
        return;
    (void)prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
    (void)sigaction(SIGSYS, &before, NULL);
}
