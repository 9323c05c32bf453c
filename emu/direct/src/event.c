/* SPDX-License-Identifier: MIT
 *
 * Around the MMU: after each hypercall time has passed, the backends have seen
 * to what the guest has told them, a guest that waits has been woken, and
 * upcalls that are due are made, as calls of a function: the guest is between
 * two instructions of its own there, and where an interrupt may strike on Xen,
 * too. (In the middle of other code none does: a run is a function of its
 * inputs.)
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>
#include <xen/sched.h>

static void output(void *context, const char *bytes, size_t n)
{
    (void)context;
    if (direct.on_console) {
        direct.on_console(bytes, n);
    } else {
        fwrite(bytes, 1, n, stdout);
        fflush(stdout);
    }
}

int direct__begin_events(uint32_t console, uint32_t store)
{
    const struct domain_setup setup = { .console = console,
                                        .store = store,
                                        .wall_clock = direct.config.wall_clock,
                                        .name = "guest" };

    direct.domain = malloc(sizeof(*direct.domain));
    if (!direct.domain)
        return direct__fail("no memory for the domain");
    direct.host =
        (struct domain_host){ .domain = direct.domain, .output = output };
    direct.others = (struct xm_others){ .context = &direct.host,
                                        .hypercall = domain_hypercall };
    direct.cpu.others = &direct.others;
    domain_init(direct.domain, &direct.cpu, &setup);
    return 0;
}

void direct__end_events(void)
{
    free(direct.domain);
    free(direct.saved_domain);
}

/* -- the end ------------------------------------------------------------------
 */

static const char *reason_name(unsigned int reason)
{
    static const char *const names[] = {
        [SHUTDOWN_poweroff] = "poweroff",     [SHUTDOWN_reboot] = "reboot",
        [SHUTDOWN_suspend] = "suspend",       [SHUTDOWN_crash] = "crash",
        [SHUTDOWN_watchdog] = "the watchdog", [SHUTDOWN_soft_reset] = "reset",
    };

    return reason < sizeof(names) / sizeof(names[0]) ? names[reason]
                                                     : "no known reason";
}

/* A guest does not go on after it has shut down. */
static void shut_down(void)
{
    const unsigned int reason = direct.domain->reason;

    direct.domain->down = false;
    if (direct.on_shutdown)
        direct.on_shutdown(reason);
    if (!direct.config.quiet)
        fprintf(stderr, "pinfold: the guest has shut down: %s\n",
                reason_name(reason));
    record_close(direct.record);
    direct.record = NULL;
    exit(reason == SHUTDOWN_crash || reason == SHUTDOWN_watchdog);
}

void direct__crash(void)
{
    direct.domain->down = true;
    direct.domain->reason = SHUTDOWN_crash;
    shut_down();
}

/* -- waiting
 * ------------------------------------------------------------------- */

static bool is_waiting(void)
{
    return direct.domain->vcpu[0].blocked && !direct.domain->down;
}

static void wait(void)
{
    while (is_waiting()) {
        const uint64_t next = domain_next_timer(direct.domain, &direct.cpu);

        if (next != DOMAIN_NEVER) {
            domain_set_time(direct.domain, &direct.cpu, next);
            continue;
        }
        if (direct.on_idle && direct.on_idle())
            continue;
        fprintf(stderr, "pinfold: the guest waits for an event, and none can "
                        "come: no timer is set\n");
        pinfold_unhandled_fault();
        abort();
    }
}

static void make_upcalls(void)
{
    while (direct.on_event &&
           domain_upcall_due(direct.domain, &direct.cpu, 0)) {
        domain_begin_upcall(direct.domain, &direct.cpu, 0);
        direct.on_event();
        domain_end_upcall(direct.domain, &direct.cpu, 0);
    }
}

void direct__pass_time(uint64_t ns)
{
    domain_set_time(direct.domain, &direct.cpu, direct.domain->now + ns);
    if (direct.domain->console_kicked || direct.domain->store_kicked)
        domain_serve(&direct.host, &direct.cpu);
}

void direct__after_call(void)
{
    if (is_waiting()) {
        wait();
        direct__follow();
    }
    if (direct.domain->down)
        shut_down();
    make_upcalls();
}

/* -- for the program ---------------------------------------------------------
 */

void pinfold_on_console(pinfold_console *handler)
{
    direct.on_console = handler;
}

void pinfold_on_event(pinfold_upcall *handler)
{
    direct.on_event = handler;
}

void pinfold_on_shutdown(pinfold_shutdown *handler)
{
    direct.on_shutdown = handler;
}

void pinfold_on_idle(pinfold_idle *handler)
{
    direct.on_idle = handler;
}

size_t pinfold_type(const char *bytes, size_t n)
{
    return domain_console_input(direct.domain, &direct.cpu, bytes, n);
}

bool pinfold_store_write(const char *path, const char *value)
{
    const bool done =
        domain_store_write(direct.domain, path, value, strlen(value), false);

    domain_serve(&direct.host, &direct.cpu);
    return done;
}

const char *pinfold_store_read(const char *path, size_t *n)
{
    return domain_store_read(direct.domain, path, n);
}

uint64_t pinfold_time(void)
{
    return direct.domain->now;
}

void pinfold_pass_time(uint64_t ns)
{
    direct__pass_time(ns);
    direct__follow();
    direct__after_call();
}

/* -- back to the beginning
 * ------------------------------------------------------ */

void direct__save_domain(void)
{
    direct.saved_domain = malloc(sizeof(*direct.saved_domain));
    if (!direct.saved_domain)
        abort();
    direct.domain->store_changed = false;
    *direct.saved_domain = *direct.domain;
}

void direct__restore_domain(void)
{
    const size_t n = direct.domain->store_changed
                         ? sizeof(*direct.domain)
                         : offsetof(struct domain, store);

    memcpy(direct.domain, direct.saved_domain, n);
}
