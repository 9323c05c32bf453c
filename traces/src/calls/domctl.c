/* SPDX-License-Identifier: MIT
 *
 * What the control domain does to another one: HYPERVISOR_domctl.
 */
#include "calls.h"

#include <xen-model/domctl.h>
#include <xen/xen.h>

typedef struct xm_domctl op;

#define CALL(name, ...)                                                        \
    {                                                                          \
        name, __HYPERVISOR_domctl, { PVT_ARGS }, sizeof(op),                   \
        {                                                                      \
            __VA_ARGS__                                                        \
        }                                                                      \
    }
#define HEADER(number)                                                         \
    PVT_PRESET(op, cmd, number), PVT_PRESET(op, version, XM_DOMCTL_VERSION),   \
        PVT_MEMBER_AS("dom", PVT_FIELD_DOMAIN, op, dom)
#define WORD(name, member) PVT_MEMBER_AS(name, PVT_FIELD_WORD, op, u.member)
#define LIST(name, member) PVT_MEMBER_AS(name, PVT_FIELD_LIST, op, u.member)

const struct pvt_call_info calls_domctl[] = {
    CALL("domctl.destroy", HEADER(XM_DOMCTL_DESTROY)),
    CALL("domctl.set_vcpu_context", HEADER(XM_DOMCTL_SET_VCPU_CONTEXT),
         WORD("vcpu", vcpu_context.vcpu), WORD("ctxt", vcpu_context.ctxt)),
    CALL("domctl.get_frame_info", HEADER(XM_DOMCTL_GET_FRAME_INFO),
         WORD("num", frame_info.num), LIST("array", frame_info.array)),
    CALL("domctl.iomem_permission", HEADER(XM_DOMCTL_IOMEM_PERMISSION),
         WORD("first", iomem.first), WORD("nr", iomem.nr),
         WORD("allow", iomem.allow)),
    { NULL },
};
