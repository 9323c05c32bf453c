/* SPDX-License-Identifier: MIT
 *
 * A guest with mistakes, for the harness to find: which, the first byte says.
 */
#include "hypercall.h"
#include "mm.h"

#include <pinfold/fuzz.h>

#include <stdlib.h>
#include <string.h>

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

/* A page that is still mapped writable is no table. */
static void pin_writable(void)
{
    const unsigned long pfn = page_alloc();
    const struct mmuext_op op = { .cmd = MMUEXT_PIN_L1_TABLE,
                                  .arg1.mfn = mm.p2m[pfn] };

    memset(pfn_to_virt(pfn), 0, PAGE);
    (void)mmuext_op(&op, 1);
}

void pinfold_fuzz_guest(struct pinfold_bytes *in)
{
    switch (pinfold_byte(in)) {
    case 'r': /* refused */
        pin_writable();
        break;
    case 'e': /* refused, and expected */
        pinfold_fuzz_expect_refusals(1);
        pin_writable();
        break;
    case 'f': /* a page fault */
        *(volatile unsigned long *)USER_BASE = 1;
        break;
    case 'v': /* its own variables change: the next input must not see it */
        if (mm.si == NULL)
            abort();
        mm.si = NULL;
        break;
    default:
        break;
    }
}
