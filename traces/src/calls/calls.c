/* SPDX-License-Identifier: MIT
 *
 * All families of calls that are written by field names.
 */
#include "calls.h"

static const struct pvt_call_info *const families[] = {
    calls_cpu,     calls_domctl, calls_grant, calls_memory,
    calls_physdev, calls_raw,    calls_vcpu,
};

const struct pvt_call_info *pvt_call_at(size_t i)
{
    for (size_t f = 0; f < sizeof(families) / sizeof(families[0]); f++)
        for (const struct pvt_call_info *c = families[f]; c->name; c++)
            if (i-- == 0)
                return c;
    return NULL;
}
