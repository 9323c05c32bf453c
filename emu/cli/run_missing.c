/* SPDX-License-Identifier: MIT
 *
 * pinfold run, where the cpu engine was left out.
 */
#include "run.h"

int run_command(void *options)
{
    (void)options;
    fputs("pinfold run: this pinfold was built without the cpu engine, which "
          "needs\nUnicorn 2.1 or newer: install it, or let script/test fetch "
          "it, and build again\n",
          stderr);
    return CLI_ENVIRONMENT;
}
