/* SPDX-License-Identifier: MIT
 *
 * Where actual Xen and the shim's kernel are found.
 */
#ifndef EMU_CLI_XEN_H
#define EMU_CLI_XEN_H

#include <traces/backend.h>

/*
 * Starts actual Xen. HYPERVISOR: a file, or NULL for $PINFOLD_XEN, else what
 * the scripts unpack below build/. KERNEL: the shim's, or NULL for
 * $PINFOLD_SHIM, else the one built with this program. ICOUNT: 0, or
 * its clock counts instructions of 1 << (ICOUNT - 1) ns. 0, or -1 with MESSAGE.
 */
int cli_xen_open(const char *hypervisor, const char *kernel,
                 unsigned int icount, struct pvt_backend **out, char *message,
                 size_t size);

#endif
