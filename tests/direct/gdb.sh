#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# gdb.sh GUEST SCRIPT: gdb stops in the guest's function, at the instruction
# that faults, and shows walks, tables and frames, by calls and by
# pinfold-gdb.py: of a live process, and of a core.
set -u
guest=$1 script=$2
command -v gdb >/dev/null || { echo "gdb is not installed (package gdb)"; exit 77; }
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

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
at_fork=("$quiet" 'break space_fork' run)
shows 'space_fork (l4=' '' "${at_fork[@]}"
shows '^L4 pfn 0x400 .* = pfn' '' "${at_fork[@]}" \
    'call pinfold_show_walk(mm.base + 0x10000000000)'
shows '^  pfn 0x400 .*type L4 pinned, type count 2' '' "${at_fork[@]}" \
    'call pinfold_show_frame(l4)'
shows 'store_to_table ()' store-to-table "$quiet" \
    'break pinfold_unhandled_fault' run bt
shows 'use_given_back ()' use-given-back "$quiet" \
    'break pinfold_unhandled_fault' run bt

# The script calls nothing, and gdb stops where nobody sees to a fault.
source="source $script"
shows 'store_to_table ()' store-to-table "$source" run bt
shows '^L4 pfn 0x400 (mfn 0x400)\[6\] = pfn 0x401 .* P RW US A' '' \
    "$source" "${at_fork[@]}" 'pinfold walk mm.base + 0x10000000000'
shows '^pfn .* + 0x8, writable$' '' "$source" "${at_fork[@]}" \
    'pinfold walk mm.base + 0x10000000008'
shows '^not present: an access faults$' '' "$source" "${at_fork[@]}" \
    'pinfold walk mm.base + 0x20000000000'
shows '^pfn 0x400 .*of domain 1, type L4 pinned validated, type count 2, general count 4$' \
    '' "$source" "${at_fork[@]}" 'pinfold frame l4'
shows '^  \[4\] pfn 0x.* P RW US A' '' "$source" "${at_fork[@]}" 'pinfold table l4'
# Frame after frame is one line, what begins anew is another.
shows '^  \[0\.\.511\] pfn 0x200 (mfn 0x600) \.\. pfn 0x3ff (mfn 0x7ff) P RW US A D (kernel)$' '' \
    "$source" "${at_fork[@]}" 'pinfold table 0x1b'
shows '^pfn 0x0 (mfn 0x800) P RW (kernel) NX 0x200$' '' "$source" \
    "${at_fork[@]}" 'pinfold entry 0x8010000000800203'
shows 'pfn 0x800 has no frame now' '' "$source" "${at_fork[@]}" \
    'pinfold frame 0x800'
shows 'pinfold_open() has not been called' '' "$source" 'break main' run \
    'pinfold frame 1'
shows 'mfn 0x401.*of domain 1, type none, type count 0, general count 1' '' \
    "$source" "$quiet" 'break pinfold_hypercall' run 'pinfold frame mfn:0x401'

# A core, as the kernel or gdb writes it.
gdb -q -batch -nx -ex "$quiet" -ex 'break pinfold_unhandled_fault' -ex run \
    -ex "generate-core-file $dir/core" --args "$guest" store-to-table \
    >"$dir/log" 2>&1 </dev/null
out=$(gdb -q -batch -nx -ex "$source" -ex 'pinfold walk mm.si' \
    -ex 'pinfold frame mm.kernel_l4' "$guest" "$dir/core" 2>&1 </dev/null)
grep -q '^L1 .* = pfn .* P RW US A' <<<"$out" &&
    grep -q 'type L4 pinned validated, type count 2' <<<"$out" ||
    { echo "of a core:"; cat "$dir/log"; echo "$out"; exit 1; }
