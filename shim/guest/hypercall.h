/* SPDX-License-Identifier: MIT
 *
 * Hypercalls of a 64-bit PV guest, through the page that Xen fills in.
 */
#ifndef SHIM_HYPERCALL_H
#define SHIM_HYPERCALL_H

#include <stdint.h>

extern uint8_t hypercall_page[];

static inline int64_t hypercall(uint64_t number, uint64_t a1, uint64_t a2,
                                uint64_t a3, uint64_t a4, uint64_t a5)
{
    register uint64_t r10 __asm__("r10") = a4;
    register uint64_t r8 __asm__("r8") = a5;
    int64_t rc;

    __asm__ volatile("call *%[entry]"
                     : "=a"(rc), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10),
                       "+r"(r8)
                     : [entry] "a"(hypercall_page + number * 32)
                     : "rcx", "r11", "memory");
    return rc;
}

#endif
