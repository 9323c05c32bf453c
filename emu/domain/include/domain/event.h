/* SPDX-License-Identifier: MIT
 *
 * Event channels of the two-level kind: bits in shared_info, a summary of them
 * and the upcall's flags in the vcpu_info of each vCPU.
 */
#ifndef DOMAIN_EVENT_H
#define DOMAIN_EVENT_H

#include <stdint.h>

#define DOMAIN_PORTS                                                           \
    1024u /* max_event_channels of the toolstack, and port 0                   \
           */
#define DOMAIN_PORTS_STEP 64u /* so many more are known at a time */
#define DOMAIN_VIRQS 24u

enum domain_port_state {
    DOMAIN_PORT_FREE,
    DOMAIN_PORT_RESERVED,
    DOMAIN_PORT_UNBOUND,
    DOMAIN_PORT_INTERDOMAIN,
    DOMAIN_PORT_VIRQ,
    DOMAIN_PORT_IPI,
};

struct domain_port {
    uint8_t state;   /* enum domain_port_state */
    uint8_t vcpu;    /* which is told */
    uint16_t remote; /* domid; UNBOUND: who may bind, INTERDOMAIN: who has */
    uint32_t other;  /* the remote port, or the number of the VIRQ */
};

#endif
