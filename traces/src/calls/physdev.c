/* SPDX-License-Identifier: MIT
 *
 * physdev_op.
 */
#include "calls.h"

#include <xen/physdev.h>
#include <xen/xen.h>

const struct pvt_call_info calls_physdev[] = {
    { "physdev.pirq_eoi",
      __HYPERVISOR_physdev_op,
      { PVT_NUMBER(PHYSDEVOP_pirq_eoi_gmfn_v2), PVT_ARGS },
      sizeof(struct physdev_pirq_eoi_gmfn),
      { PVT_IN_REGISTER("cmd", PVT_FIELD_WORD, 0),
        PVT_MEMBER_AS("frame", PVT_FIELD_WORD, struct physdev_pirq_eoi_gmfn,
                      gmfn) } },
    { NULL },
};
