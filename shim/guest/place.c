/* SPDX-License-Identifier: MIT
 *
 * Puts an instruction where it can be run.
 */
#include <shim/execute.h>

void shim_place(void *slot, const void *code, uint32_t length)
{
    static const uint8_t jump[6] = { 0xff, 0x25 }; /* jmp *0(%rip) */
    const uint64_t target = (uintptr_t)shim_run_done;

    for (uint32_t i = 0; i < length; i++)
        ((uint8_t *)slot)[i] = ((const uint8_t *)code)[i];
    for (uint32_t i = 0; i < sizeof(jump); i++)
        ((uint8_t *)slot)[length + i] = jump[i];
    for (uint32_t i = 0; i < sizeof(target); i++)
        ((uint8_t *)slot)[length + sizeof(jump) + i] =
            (uint8_t)(target >> (8 * i));
}
