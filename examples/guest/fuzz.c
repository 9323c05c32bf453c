/* SPDX-License-Identifier: MIT
 *
 * Fuzzing the example's address spaces: each byte is a call. Whatever the
 * order, Xen must never have a reason to refuse.
 */
#include "mm.h"

#include <pinfold/fuzz.h>

#include <stdlib.h>

#define SPACES 4u

void pinfold_fuzz_begin(void)
{
    struct start_info *si;

    if (pinfold_open(NULL) != 0)
        abort();
    si = pinfold_start_info();
    if (mm_start(si, (unsigned long)si & ~((1ul << 30) - 1)) != 0)
        abort();
    pinfold_fuzz_remember(&mm, sizeof(mm));
}

static unsigned long address(struct pinfold_bytes *in)
{
    const uint8_t n = pinfold_byte(in);

    /* A few pages, here and there. */
    return USER_BASE + (n & 15) * PAGE + (n >> 4 & 3) * (PAGE << 9) +
           (n >> 6 & 3) * (PAGE << 18);
}

void pinfold_fuzz_guest(struct pinfold_bytes *in)
{
    unsigned long space[SPACES] = { 0 }, loaded = 0;

    while (in->left != 0) {
        const uint8_t what = pinfold_byte(in);
        unsigned long *const s = &space[what >> 6];
        const unsigned long va = address(in);

        if (*s == 0) {
            *s = space_create();
            continue;
        }
        switch (what & 7) {
        case 0:
        case 1:
            (void)space_map(*s, va, P | RW | US);
            break;
        case 2:
            (void)space_protect(*s, va, P | US);
            break;
        case 3:
            (void)space_unmap(*s, va);
            break;
        case 4:
            if (space_load(*s) == 0)
                loaded = *s;
            break;
        case 5:
            if (space[(what >> 6 ^ 1) & 3] == 0)
                space[(what >> 6 ^ 1) & 3] = space_fork(*s);
            break;
        case 6:
            if (*s != loaded && space_destroy(*s) == 0)
                *s = 0;
            break;
        default:
            if (space_map(*s, va, P | RW | US) == 0 && *s == loaded)
                *(volatile unsigned long *)va = what;
            break;
        }
    }
}
