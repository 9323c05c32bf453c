#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# valgrind.sh GUEST: memcheck has nothing against the clean guest, and names
# the line that reads what was unmapped.
set -u
guest=$1
command -v valgrind >/dev/null ||
    { echo "valgrind is not installed (package valgrind)"; exit 77; }
out=$(valgrind -q --error-exitcode=9 "$guest" 2>&1) ||
    { echo "the clean guest:"; echo "$out"; exit 1; }
out=$(valgrind -q "$guest" use-unmapped 2>&1)
grep -q 'Invalid read' <<<"$out" && grep -q 'use_unmapped (main.c:' <<<"$out" ||
    { echo "the guest that reads what was unmapped:"; echo "$out"; exit 1; }
