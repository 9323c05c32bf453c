/* SPDX-License-Identifier: MIT
 *
 * The end of a domain, and of what a vCPU holds, by the control domain's hand.
 * Rules OTH-01, OTH-02.
 */
#ifndef XEN_MODEL_DESTROY_H
#define XEN_MODEL_DESTROY_H

#include <xen-model/machine.h>

/*
 * Takes D down: all that it refers to is let go of, its frames are freed. A
 * frame that others still refer to stays D's until the last of them lets go;
 * then D is gone. D itself cannot ask for it. -ERESTART: preempted, call again.
 */
struct xm_result xm_destroy_domain(struct xm_cpu *c, struct xm_domain *d);

/*
 * V, of a domain that is not the caller's, as if it had never been
 * initialised; but pages of its LDT stay mapped. -ERESTART: call again.
 */
struct xm_result xm_reset_vcpu(struct xm_cpu *c, struct xm_vcpu *v);

#endif
