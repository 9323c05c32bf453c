#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# complete.sh PINFOLD: every rule has a trace on actual Xen or a reason why it
# can have none, and every refusal has a neighbour.
set -u
for list in --missing --neighbours; do
    left=$("$1" rules "$list") || exit 1
    [ -z "$left" ] || { echo "pinfold rules $list still lists:"; echo "$left"; exit 1; }
done
