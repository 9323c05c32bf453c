/* SPDX-License-Identifier: MIT
 *
 * Having the shim measure what hypercalls cost.
 */
#include "internal.h"

#include <string.h>
#include <time.h>

/* Where the caller's bytes begin in the mailbox's data. */
#define BYTES_AT 256u

_Static_assert(sizeof(struct shim_measure) <= BYTES_AT, "they overlap");

uint64_t shim_measure_address(struct pvt_backend *b, size_t offset)
{
    return shim__data(shim__control(shim_of(b)), BYTES_AT + offset);
}

uint64_t shim_cpu_time(struct pvt_backend *b)
{
    struct timespec t;
    clockid_t clock;

    if (clock_getcpuclockid(shim_of(b)->qemu, &clock) != 0 ||
        clock_gettime(clock, &t) != 0)
        return 0;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

int shim_measure(struct pvt_backend *b, struct shim_measure *m,
                 const void *bytes, size_t n)
{
    struct shim *s = shim_of(b);
    struct shim_vcpu *v = shim__control(s);
    uint8_t *const data = v->mailbox->data;

    if (n > SHIM_DATA_SIZE - BYTES_AT)
        return shim__fail(s, "%zu bytes are too many for the shim", n);
    memcpy(data, m, sizeof(*m));
    memcpy(data + BYTES_AT, bytes, n);
    if (shim__call(v, SHIM_MEASURE) != 0)
        return -1;
    memcpy(m, data, sizeof(*m));
    return 0;
}
