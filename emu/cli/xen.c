/* SPDX-License-Identifier: MIT
 *
 * Where actual Xen and the shim's kernel are found: the command line, then
 * the environment, then the build tree.
 */
#include "xen.h"

#include <traces/runner.h>

#include <stdlib.h>

/*
 * 64 ns an instruction: between two ticks of Xen's scheduler are 5 million of
 * them, and vCPUs that wait for each other's time slices wait no longer than by
 * the host's clock.
 */
#define TRACE_ICOUNT (1 + 6)

static const char *choose(const char *given, const char *variable,
                          const char *fallback)
{
    const char *value = given ? given : getenv(variable);

    return value && *value ? value : fallback;
}

int cli_xen_open(const struct shim_config *config, struct pvt_backend **out,
                 char *message, size_t size)
{
    struct shim_config c = *config;

    c.hypervisor =
        choose(c.hypervisor, "PINFOLD_XEN", PINFOLD_DEFAULT_HYPERVISOR);
    c.kernel = choose(c.kernel, "PINFOLD_SHIM", PINFOLD_SHIM_KERNEL);
    return shim_open(&c, out, message, size);
}

void cli_xen_suit(struct shim_config *config, const struct pvt_trace *t)
{
    const xm_domid last = sizeof(config->frames) / sizeof(config->frames[0]);

    for (uint32_t i = 0; i < t->nr_domains; i++) {
        const xm_domid domid = t->domains[i].domid;
        const uint32_t n = pvt_frames_taken(t, i);

        if (domid >= 1 && domid <= last && n > config->frames[domid - 1])
            config->frames[domid - 1] = n;
    }
    config->icount = TRACE_ICOUNT;
}
