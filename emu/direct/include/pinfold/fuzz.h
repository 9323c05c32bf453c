/* SPDX-License-Identifier: MIT
 *
 * Fuzzing a guest's own memory management: bytes decide which of its functions
 * are called, the model is the judge. Define
 *
 *     void pinfold_fuzz_guest(struct pinfold_bytes *in);
 *
 * and link with pinfold-fuzz-guest, and libFuzzer (-fsanitize=fuzzer) or, for a
 * program that runs files named on its command line, pinfold-fuzz-main. Each
 * input begins on the machine as pinfold_fuzz_begin() has left it; then
 * pinfold_fuzz_guest() runs; it ends with a check of all invariants. A finding
 * is: a refusal that is not expected, a page fault that nobody sees to, a
 * broken invariant, or whatever the guest itself asserts. The program aborts,
 * as fuzzers want it, with the explanation on stderr.
 */
#ifndef PINFOLD_FUZZ_H
#define PINFOLD_FUZZ_H

#include <pinfold/pinfold.h>

#include <stddef.h>

struct pinfold_bytes {
    const uint8_t *next;
    size_t left;
};

/* The next byte, 0 when there is none; the next N bytes as a number. */
static inline uint8_t pinfold_byte(struct pinfold_bytes *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->next++;
}

static inline uint64_t pinfold_number(struct pinfold_bytes *in, unsigned int n)
{
    uint64_t value = 0;

    while (n-- != 0)
        value = value << 8 | pinfold_byte(in);
    return value;
}

/* The guest's part: machine and kernel, once; and one input. */
void pinfold_fuzz_begin(void);
void pinfold_fuzz_guest(struct pinfold_bytes *in);

/*
 * The guest's variables are part of its state: pages of them are remembered
 * with the machine. Call it in pinfold_fuzz_begin().
 */
void pinfold_fuzz_remember(void *variables, size_t bytes);

/* The next N refusals are expected. */
void pinfold_fuzz_expect_refusals(unsigned int n);

#endif
