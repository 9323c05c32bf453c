/* SPDX-License-Identifier: MIT
 *
 * pinfold: reads the command line, and does what it says.
 */
#include "cli.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    struct cli_line line;
    int rc = cli_parse(argc, argv, &line);

    rc = rc == 0 ? line.command->run(line.options) : rc - 1;
    free(line.options);
    return rc;
}
