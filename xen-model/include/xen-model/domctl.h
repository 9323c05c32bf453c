/* SPDX-License-Identifier: MIT
 *
 * HYPERVISOR_domctl, as far as the model has it. Xen's own header is no C11;
 * that both agree is asserted where that one is used.
 */
#ifndef XEN_MODEL_DOMCTL_H
#define XEN_MODEL_DOMCTL_H

#include <xen-model/types.h>

#define XM_DOMCTL_VERSION 0x15u /* of Xen 4.17 */
#define XM_DOMCTL_DESTROY 2u
#define XM_DOMCTL_SET_VCPU_CONTEXT 12u
#define XM_DOMCTL_IOMEM_PERMISSION 20u
#define XM_DOMCTL_GET_FRAME_INFO 61u

struct xm_domctl {
    uint32_t cmd;
    uint32_t version;
    xm_domid dom;
    uint16_t pad[3];
    union {
        struct {
            uint64_t num;
            uint64_t array; /* address of frame numbers, then what they are */
        } frame_info;
        struct {
            uint32_t vcpu;
            uint64_t ctxt; /* address of a context, 0: a reset */
        } vcpu_context;
        struct {
            uint64_t first, nr; /* frames */
            uint8_t allow;
        } iomem;
        uint8_t rest[128];
    } u;
};

/* What a frame is: its level from here on, if it is a table, and flags. */
#define XM_FRAME_INFO_LEVEL_SHIFT 28
#define XM_FRAME_INFO_PINNED (1u << 31)
#define XM_FRAME_INFO_INVALID (0xfu << XM_FRAME_INFO_LEVEL_SHIFT)

#endif
