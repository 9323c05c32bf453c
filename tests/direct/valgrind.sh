#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# valgrind.sh GUEST: memcheck has nothing against the clean guest, and names
# the line that touches what is not, or not any more, the guest's.
set -u
guest=$1
command -v valgrind >/dev/null ||
    { echo "valgrind is not installed (package valgrind)"; exit 77; }

# finds WHAT FUNCTION MISTAKE
finds() {
    local out
    out=$(valgrind -q "$guest" "$3" 2>&1)
    grep -q "$1" <<<"$out" && grep -q "$2 (mistakes.c:" <<<"$out" && return
    echo "the guest that makes the mistake $3: expected '$1' in $2:"
    echo "$out"
    exit 1
}
out=$(valgrind -q --error-exitcode=9 "$guest" 2>&1) ||
    { echo "the clean guest:"; echo "$out"; exit 1; }
finds 'Invalid read' use_unmapped use-unmapped
finds 'Invalid read' use_given_back use-given-back
finds 'Invalid read' use_not_given use-not-given
finds 'Invalid write' use_unmapped_table use-unmapped-table
finds 'no right, a store' store_to_table store-to-table
