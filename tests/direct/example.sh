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
expect 139 'machine_to_phys_mapping' read-m2p-of-xen
expect 2 'usage:.*use-unmapped' nonsense
