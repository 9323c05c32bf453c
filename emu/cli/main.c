/* SPDX-License-Identifier: MIT
 *
 * The command pinfold: finds the sub-command.
 */
#include "methods.h"

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "methods") == 0)
        return cli_methods(argc - 1, argv + 1);
    fprintf(argc >= 2 && strcmp(argv[1], "--help") == 0 ? stdout : stderr,
            "usage: pinfold methods [OPTION...]\n");
    return argc >= 2 && strcmp(argv[1], "--help") == 0 ? 0 : 2;
}
