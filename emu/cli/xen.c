/* SPDX-License-Identifier: MIT
 *
 * Where actual Xen and the shim's kernel are found: the command line, then
 * the environment, then the build tree.
 */
#include "xen.h"

#include <shim/host.h>

#include <stdlib.h>

static const char *choose(const char *given, const char *variable,
                          const char *fallback)
{
    const char *value = given ? given : getenv(variable);

    return value && *value ? value : fallback;
}

int cli_xen_open(const char *hypervisor, const char *kernel,
                 unsigned int icount, struct pvt_backend **out, char *message,
                 size_t size)
{
    const struct shim_config config = {
        .hypervisor =
            choose(hypervisor, "PINFOLD_XEN", PINFOLD_DEFAULT_HYPERVISOR),
        .kernel = choose(kernel, "PINFOLD_SHIM", PINFOLD_SHIM_KERNEL),
        .icount = icount,
    };

    return shim_open(&config, out, message, size);
}
