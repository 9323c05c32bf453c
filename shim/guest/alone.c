/* SPDX-License-Identifier: MIT
 *
 * Who made this domain, and what for: Pinfold's host gives a domU no console.
 */
#include "alone.h"

#include "console.h"
#include "methods.h"
#include "program.h"

bool shim_runs_alone(const struct start_info *si, struct shim_mailbox *m)
{
    const bool toolstack = shim_console_open(si);

    if (shim_has_program(si)) {
        shim_run_program(si, m);
        return true;
    }
    if (shim_wants_methods(si)) {
        shim_run_methods(si);
        return true;
    }
    if (!toolstack)
        return false;
    shim_print("pinfold shim: the ramdisk is no program: make one of a trace "
               "by 'pinfold ramdisk'\n");
    shim_power_off();
    return true;
}
