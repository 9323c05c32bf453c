/* SPDX-License-Identifier: MIT
 *
 * Who has called whom, as far as the stack tells: addresses behind a call. A
 * kernel need not keep frame pointers, so some of them may be old.
 */
#include "internal.h"

#define STACK_WORDS 2048u
#define MAX_CALL 7u

/* Without a trace in the tables. */
static bool peek(struct pvcpu *p, xm_vaddr va, void *to, size_t n)
{
    uint8_t *out = to;

    for (size_t i = 0; i < n; i++) {
        const struct xm_walk w = xm_walk(p->c, va + i, 0);

        if (!w.ok || w.m2p)
            return false;
        out[i] = ((const uint8_t *)xm_ram_frame(
            p->c, w.mfn))[(va + i) & (XM_PAGE_SIZE - 1)];
    }
    return true;
}

/* call with a displacement, or by register or memory of any length. */
static bool is_behind_call(struct pvcpu *p, xm_vaddr va)
{
    uint8_t b[MAX_CALL];

    if (!xm_walk(p->c, va, XM_PF_FETCH).ok ||
        !peek(p, va - MAX_CALL, b, MAX_CALL))
        return false;
    if (b[MAX_CALL - 5] == 0xe8)
        return true;
    for (unsigned int n = 2; n <= MAX_CALL; n++)
        if (b[MAX_CALL - n] == 0xff && (b[MAX_CALL - n + 1] >> 3 & 7) == 2)
            return true;
    return false;
}

size_t pvcpu_backtrace(struct pvcpu *p, xm_vaddr address[], size_t max)
{
    const xm_vaddr rsp = pvcpu__get(p, UC_X86_REG_RSP) & ~7ull;
    size_t n = 0;
    uint64_t word;

    if (max != 0)
        address[n++] = pvcpu__get(p, UC_X86_REG_RIP);
    for (unsigned int i = 0; i < STACK_WORDS && n < max; i++) {
        if (!peek(p, rsp + 8 * i, &word, sizeof(word)))
            break;
        if (is_behind_call(p, word))
            address[n++] = word;
    }
    return n;
}
