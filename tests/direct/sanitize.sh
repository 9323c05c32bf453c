#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# sanitize.sh GUEST: the example, compiled with AddressSanitizer and UBSan, is
# clean, and each names the line of the mistake that is its own to find.
set -u
# Page faults of the guest are libpinfold's.
export ASAN_OPTIONS=handle_segv=0:detect_leaks=0
guest=$1

# finds PATTERN LINE MISTAKE
finds() {
    local out
    out=$("$guest" "$3" 2>&1) && { echo "$3 goes unnoticed"; exit 1; }
    grep -q "$1" <<<"$out" && grep -q "$2" <<<"$out" && return
    echo "$3: expected '$1' and '$2':"
    echo "$out"
    exit 1
}
out=$("$guest" 2>&1) && grep -q ' 0 refused' <<<"$out" ||
    { echo "the clean guest:"; echo "$out"; exit 1; }
finds 'stack-buffer-overflow' 'in fill .*mistakes.c:' batch-too-long
finds 'shift exponent 39 is too large' 'mistakes.c:' shift-too-far
finds 'page fault at' 'not present' use-given-back
