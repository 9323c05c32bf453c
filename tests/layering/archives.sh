#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What each archive needs from outside: the model nothing but what a compiler
# may emit, guest-mm its platform, traces the model and libc; never backwards.
set -u
model=$1 traces=$2 guest_mm=$3
rc=0
needs() {
    comm -23 <(nm -u "$1" 2>/dev/null | awk '$1 == "U" {print $2}' | sort -u) \
        <(nm --defined-only "$1" 2>/dev/null | awk 'NF == 3 {print $3}' | sort -u)
}
# refuse ARCHIVE PATTERN: no needed symbol matches. allow: all of them do.
refuse() {
    local bad
    bad=$(needs "$1" | grep -E "$2")
    [ -z "$bad" ] || { echo "$1 must not need: $bad"; rc=1; }
}
allow() {
    local bad
    bad=$(needs "$1" | grep -Ev "$2")
    [ -z "$bad" ] || { echo "$1 needs more than it may: $bad"; rc=1; }
}
compiler='^(mem(cpy|set|move|cmp)|__stack_chk_fail|__asan_.*|__ubsan_.*|_GLOBAL_OFFSET_TABLE_|__gcov_.*)$'
allow "$model" "$compiler"
allow "$guest_mm" "$compiler|^mm_plat_"
refuse "$traces" '^(mm_|shim_|cli_|json_)'
exit $rc
