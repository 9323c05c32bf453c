#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# example.sh GUEST: the example guest is clean, and two mistakes are explained.
set -u
# A sanitizer would exit in its own way.
export ASAN_OPTIONS=handle_segv=0:${ASAN_OPTIONS:-}
guest=$1

# expect STATUS PATTERN ARGUMENT...: exit status, and what is printed.
expect() {
    local status=$1 pattern=$2 out got
    shift 2
    out=$("$guest" "$@" 2>&1)
    got=$?
    if [ "$got" -ne "$status" ] || ! grep -q "$pattern" <<<"$out"; then
        echo "$guest $*: exit $got, expected $status and '$pattern'; it said:"
        echo "$out"
        exit 1
    fi
}

expect 0 '349 hypercalls, 0 refused'
expect 0 'an L1, maps it writable' pin-writable
expect 139 'error code 3 (no right, a store)' store-to-table
expect 0 'may still have cached at .*, writable' give-back-cached
expect 139 'error code 0 (not present, a load)' use-given-back
expect 139 'is for ring 0' privileged
expect 139 'the guest has loaded fs' load-fs
expect 139 'compile with -include pinfold/m2p.h' read-m2p-of-xen

# Functions that were inlined have lines, too: those that call are known then.
# callers REPORT MISTAKE FUNCTION...: whom REPORT names first, and up to main();
# a function whose call is its last act is not there.
callers() {
    local report=$1 mistake=$2 out function
    shift 2
    out=$("$guest" "$mistake" 2>&1 | sed -n "/$report/,/^    main (/p" |
        sed -n 's,^    \([a-z_]*\) (.*/\([a-z]*\.[ch]\):[0-9]*)$,\1 \2,p')
    [ "${out%%$'\n'*}" = "$1" ] || out=
    for function in "$@" 'main main.c'; do
        grep -qx "$function" <<<"$out" && continue
        echo "$guest $mistake: who '$report', it says:"
        "$guest" "$mistake"
        exit 1
    done
}
callers 'asked here' pin-writable 'hypercall hypercall.h' \
    'mmuext_op hypercall.h' 'pin_writable mistakes.c'
callers 'given back here' give-back-cached 'hypercall hypercall.h' \
    'give_back mistakes.c'
callers 'changed here' give-back-cached 'hypercall hypercall.h' \
    'update_va_mapping hypercall.h' 'give_back mistakes.c'
callers 'used here' use-before-flush 'use_before_flush mistakes.c'
callers 'error code 3' store-to-table 'store_to_table mistakes.c'
expect 2 'usage:.*use-unmapped' nonsense
