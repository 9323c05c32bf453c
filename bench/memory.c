/* SPDX-License-Identifier: MIT
 *
 * Memory of the model for each frame of the machine, guest RAM aside: what one
 * more frame adds to the machine block.
 */
#include "bench.h"

#include <stdio.h>

void bench_memory(void)
{
    const struct xm_config one = xm_config_default(1);
    const struct xm_config many = xm_config_default(1u << 20);

    printf("memory.frame\t%.1f\n",
           (double)(xm_machine_size(&many) - xm_machine_size(&one)) /
               (many.nr_frames - one.nr_frames));
}
