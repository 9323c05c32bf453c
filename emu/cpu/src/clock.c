/* SPDX-License-Identifier: MIT
 *
 * Unicorn asks what time it is to decide how large its software TLB should be,
 * and that decides when a page is translated again, which shows in A and D
 * bits. A run must not depend on that: once an engine runs, the answer is
 * virtual time. (The linker takes this function in place of libc's, for the
 * whole program; nothing else of it asks that way.)
 */
#include "internal.h"

#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>

static _Atomic uint64_t virtual_ns;

void pvcpu__set_clock(uint64_t ns)
{
    atomic_store_explicit(&virtual_ns, ns, memory_order_relaxed);
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    uint64_t ns = atomic_load_explicit(&virtual_ns, memory_order_relaxed);
    struct timespec ts;

    (void)zone;
    if (ns == 0) {
        if (clock_gettime(CLOCK_REALTIME, &ts) != 0)
            return -1;
        ns = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
    }
    tv->tv_sec = (time_t)(ns / 1000000000u);
    tv->tv_usec = (suseconds_t)(ns / 1000u % 1000000u);
    return 0;
}
