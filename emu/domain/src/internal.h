/* SPDX-License-Identifier: MIT
 *
 * What the files of a domain's surroundings share.
 */
#ifndef DOMAIN_INTERNAL_H
#define DOMAIN_INTERNAL_H

#include <domain/domain.h>

#include <xen-model/hypercall.h>
#include <xen-model/walk.h>
#include <xen/errno.h>

#define DOMAIN_BACKEND 0u /* dom0, where the console and xenstore are */
#define DOMAIN_MS 1000000ull

/* A call: whose, from where, with which arguments. */
struct call {
    const struct domain_host *host;
    struct domain *d;
    struct xm_cpu *c;
    uint64_t *arg;
};

/* Answers -ERROR because of WHY. */
static inline int domain__refuse(struct domain *d, int error, const char *why)
{
    d->why = why;
    return -error;
}

/* -- guest.c: what is shared with the guest -------------------------------- */

/* NULL: the guest has made it into something else. */
void *domain__page(struct xm_cpu *c, xm_mfn mfn);
struct shared_info *domain__shared_info(struct xm_cpu *c);
struct vcpu_info *domain__vcpu_info(const struct domain *d, struct xm_cpu *c,
                                    uint32_t vcpu);
/* M is the model's C->domid. */
static inline struct vcpu_info *domain__info_of(const struct domain *d,
                                                struct xm_cpu *c,
                                                const struct xm_domain *m,
                                                uint32_t vcpu)
{
    const struct xm_vcpu *v = &m->vcpu[vcpu];
    uint8_t *page = (uint8_t *)xm_ram_to_write(c, v->has_info ? v->info_frame
                                                              : m->shared_info);

    /*
     * A frame that was registered for it is held as writable, for ever. What
     * comes from there is the model's word, so that both agree.
     */
    return (struct vcpu_info *)(page + (v->has_info
                                            ? d->vcpu[vcpu].info_offset
                                            : vcpu * sizeof(struct vcpu_info)));
}
uint32_t domain__nr_vcpus(const struct xm_cpu *c);
bool domain__privileged(const struct xm_cpu *c);
/* ID is one's own number, DOMID_SELF or that of a domain that exists. */
bool domain__is_self(const struct xm_cpu *c, uint32_t id);
bool domain__exists(const struct xm_cpu *c, uint32_t id);

static inline bool domain__canonical(xm_vaddr va)
{
    return va < (1ull << 47) || va >= (~0ull << 47);
}

/* Xen's own part begins above the lower half. */
static inline bool domain__addr_ok(xm_vaddr va)
{
    return va < (1ull << 47) || va >= 0xffff880000000000ull;
}

/* Copies an argument in or out; false: it is not there. */
#define domain__get(k, to, va) xm_copy_from_guest((k)->c, to, va, sizeof(*(to)))
#define domain__put(k, va, from)                                               \
    xm_copy_to_guest((k)->c, va, from, sizeof(*(from)))

/* -- port.c: the bits of event channels ----------------------------------- */

/* NULL: there is no such port. */
struct domain_port *domain__port(struct domain *d, uint32_t port);
/* A free port in STATE, which tells VCPU; 0: there is none. */
uint32_t domain__new_port(struct domain *d, enum domain_port_state state,
                          uint32_t vcpu);
bool domain__is_pending(struct xm_cpu *c, uint32_t port);
void domain__set_pending(struct domain *d, struct xm_cpu *c, uint32_t port);
void domain__clear_pending(struct xm_cpu *c, uint32_t port);
void domain__unmask(struct domain *d, struct xm_cpu *c, uint32_t port);
/* The virtual interrupt, if the guest has bound it. */
void domain__raise(struct domain *d, struct xm_cpu *c, uint32_t vcpu,
                   uint32_t virq);

/* -- time.c ---------------------------------------------------------------- */

void domain__wake(struct domain *d, struct xm_cpu *c, uint32_t vcpu);
void domain__block(struct domain *d, struct xm_cpu *c, uint32_t vcpu);
/* Writes time and runstate to where the guest looks for them. */
void domain__show_time(struct domain *d, struct xm_cpu *c, uint32_t vcpu);
/* M is the model's C->domid. */
void domain__show_time_of(struct domain *d, struct xm_cpu *c,
                          const struct xm_domain *m, uint32_t vcpu);
void domain__show_wall_clock(struct domain *d, struct xm_cpu *c);

/* -- hypercalls, a subject a file: the answer for rax -----------------------
 */

int domain__event_channel_op(const struct call *k);
int domain__event_channel_op_compat(const struct call *k);
int domain__sched_op(const struct call *k);
int domain__sched_op_compat(const struct call *k);
int domain__sysctl(const struct call *k);
int domain__platform_op(const struct call *k);
int domain__set_timer_op(const struct call *k);
int domain__xen_version(const struct call *k);
int domain__console_io(const struct call *k);
int domain__set_trap_table(const struct call *k);
int domain__set_callbacks(const struct call *k);
int domain__callback_op(const struct call *k);
int domain__nmi_op(const struct call *k);
/* Of callback_op: ADDRESS is canonical. */
int domain__set_nmi_callback(const struct call *k, xm_vaddr address);
int domain__clear_nmi_callback(const struct call *k);
int domain__send_nmi(const struct call *k, uint32_t vcpu);
int domain__stack_switch(const struct call *k);
int domain__fpu_taskswitch(const struct call *k);
int domain__set_debugreg(const struct call *k);
int domain__xenpmu_op(const struct call *k);
/* False: it is for the model. */
bool domain__vcpu_op(const struct call *k, struct xm_result *r);
bool domain__physdev_op(const struct call *k, int64_t *rc);
struct xm_result domain__physdev_op_compat(const struct call *k);

/* The console's ring: output goes to the host. */
void domain__drain_console(const struct domain_host *h, struct xm_cpu *c);

/* -- xenstore: store/ --------------------------------------------------------
 */

/* The nodes that the toolstack makes. */
void domain__seed_store(struct domain *d, const struct xm_domain *m,
                        const char *name);
/* The ring: requests are answered, events delivered, as far as there is room.
 */
void domain__serve_store(struct domain *d, struct xm_cpu *c);

#endif
