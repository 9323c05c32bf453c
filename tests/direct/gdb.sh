#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# gdb.sh GUEST: gdb stops in the guest's function, at the store that faults,
# and shows a walk and a frame.
set -u
guest=$1
command -v gdb >/dev/null || { echo "gdb is not installed (package gdb)"; exit 77; }

# shows PATTERN ARGUMENT COMMAND...
shows() {
    local pattern=$1 argument=$2 out args=()
    shift 2
    for c; do args+=(-ex "$c"); done
    out=$(gdb -q -batch -nx "${args[@]}" --args "$guest" $argument 2>&1 </dev/null)
    grep -q "$pattern" <<<"$out" && return
    echo "gdb does not show '$pattern':"
    echo "$out"
    exit 1
}
quiet='handle SIGSEGV nostop noprint pass'
shows 'space_fork (l4=' '' "$quiet" 'break space_fork' run
shows '^L4 pfn 0x400 .* = pfn' '' "$quiet" 'break space_fork' run \
    'call pinfold_show_walk(mm.base + 0x10000000000)'
shows '^  pfn 0x400 .*type L4 pinned, type count 2' '' "$quiet" \
    'break space_fork' run 'call pinfold_show_frame(l4)'
shows 'store_to_table ()' store-to-table "$quiet" \
    'break pinfold_unhandled_fault' run bt
