#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The page-table methods: same verdicts and counts on the model and on Xen, and
# of 65,536 pages as many instructions there as README.md says, or nearly.
set -u
. "$(dirname "$0")/needs-xen.sh"
out=$("$pinfold" methods) || { echo "$out"; exit 1; }
echo "$out"
awk '$1 == 65536 { n++; bad += $NF < 110e6 || $NF > 125e6 }
     END { exit n != 10 || bad }' <<<"$out" ||
    { echo "these are no counts of instructions"; exit 1; }
