/* SPDX-License-Identifier: MIT
 *
 * Delta debugging: ever smaller pieces are left out.
 */
#include <traces/shrink.h>

bool pvt_parts_pass(const struct pvt_parts *p, uint32_t size)
{
    bool any = false;

    for (uint32_t end = p->count(p->context); end > 0;) {
        const uint32_t n = size < end ? size : end;
        uint32_t left;

        any |= p->without(p->context, end - n, n);
        left = p->count(p->context);
        end = end - n < left ? end - n : left;
    }
    return any;
}

bool pvt_parts_reduce(const struct pvt_parts *p)
{
    bool any = false;

    for (uint32_t size = p->count(p->context); size > 1; size /= 2)
        any |= pvt_parts_pass(p, size);
    while (pvt_parts_pass(p, 1))
        any = true;
    return any;
}
