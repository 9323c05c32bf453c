/* SPDX-License-Identifier: MIT
 *
 * The families: each array ends with a call without a name.
 */
#ifndef TRACES_SRC_CALLS_H
#define TRACES_SRC_CALLS_H

#include <traces/call.h>

extern const struct pvt_call_info calls_cpu[];
extern const struct pvt_call_info calls_domctl[];
extern const struct pvt_call_info calls_grant[];
extern const struct pvt_call_info calls_memory[];
extern const struct pvt_call_info calls_physdev[];
extern const struct pvt_call_info calls_raw[];
extern const struct pvt_call_info calls_vcpu[];

#endif
