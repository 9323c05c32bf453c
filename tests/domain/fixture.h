/* SPDX-License-Identifier: MIT
 *
 * A domain with its surroundings, without page tables: the arguments of calls
 * lie in the test's own memory.
 */
#ifndef DOMAIN_FIXTURE_H
#define DOMAIN_FIXTURE_H

#include <domain/domain.h>
#include <xen-model/hypercall.h>

#include <check.h>
#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

enum { SHARED = 1, CONSOLE = 10, STORE = 11, INFO = 12, NR_FRAMES = 32 };
#define DOMID 1u

extern struct domain domain;
extern struct domain_host host;
extern struct xm_cpu cpu;
extern char output[8192];
extern size_t nr_output;

void fixture_setup(void);
void fixture_teardown(void);

struct shared_info *shared(void);
struct xencons_interface *console(void);
struct xenstore_domain_interface *store(void);

/* A hypercall; the backends are served behind it. */
long call(unsigned int number, uint64_t a1, uint64_t a2, uint64_t a3);
long event_op(unsigned int command, void *argument);
uint32_t bind_virq(uint32_t virq, uint32_t vcpu);
bool pending(uint32_t port);
/* As a guest does: it clears the bit, and knows. */
bool take(uint32_t port);

/* Runs the tests between SETUP and TEARDOWN; for main() to return. */
int run_tests(const char *name, const TTest *const *tests);

#endif
