/* SPDX-License-Identifier: MIT
 *
 * Waiting for the host in a loop that needs no memory but the word it waits
 * for, and changes nothing: the host may stop the machine here, replace its
 * memory and let it go on.
 */
    .text
    .global shim_park, shim_park_end

/* void shim_park(const uint32_t *word, uint32_t value) */
shim_park:
    cmp %esi, (%rdi)
    jne shim_park
shim_park_end:
    ret

    .section .note.GNU-stack, "", @progbits
