/* SPDX-License-Identifier: MIT
 *
 * Where actual Xen and the shim's kernel are found.
 */
#ifndef EMU_CLI_XEN_H
#define EMU_CLI_XEN_H

#include <shim/host.h>
#include <traces/trace.h>

/*
 * Starts actual Xen. The hypervisor of CONFIG: a file, or NULL for
 * $PINFOLD_XEN, else what the scripts unpack below build/. The kernel: the
 * shim's, or NULL for $PINFOLD_SHIM, else the one built with this program. 0,
 * or -1 with MESSAGE.
 */
int cli_xen_open(const struct shim_config *config, struct pvt_backend **out,
                 char *message, size_t size);

/*
 * The machine of CONFIG is to suit T, too: room for its frames, and a clock of
 * instructions. By the host's clock Xen would find a timer due, and stop a long
 * call in the middle, whenever this machine is busy.
 */
void cli_xen_suit(struct shim_config *config, const struct pvt_trace *t);

#endif
