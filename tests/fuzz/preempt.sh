#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Calls that stop in the middle: nothing differs there, the same seed stops at
# the same places, and what is broken for the middle only is found.
set -u -o pipefail
. "$(dirname "$0")/../conformance/needs-xen.sh"
findings=$(mktemp -d)
trap 'rm -rf "$findings"' EXIT
rc=0

run() {
    "$pinfold" fuzz --preempt --findings "$findings" "$@" |
        sed 's/ [0-9]* a second,//'
}

first=$(run --seed 1 --ops 600 --length 300) || rc=1
again=$(run --seed 1 --ops 600 --length 300)
echo "$first"
[ "$first" = "$again" ] || { echo "the same seed again: $again"; rc=1; }
for place in "between requests" "before a deferred put" "calls of a multicall" \
    "validating an L2" "validating an L3" "releasing an L2" "releasing an L3"; do
    grep -q "states compared there.* $place" <<<"$first" ||
        { echo "no call has stopped $place"; rc=1; }
done
out=$(run --icount 4 --seed 1 --ops 600 --length 300) || rc=1
grep -q ' [1-9][0-9]* of them by timers' <<<"$out" ||
    { echo "no timer has stopped a call: $out"; rc=1; }
for check in partial-set progress; do
    out=$(run --break "$check" --seed 1)
    grep -q 'operation [0-9]*: stop [0-9]* of the call: ' <<<"$out" ||
        { echo "$check is not found: $out"; rc=1; }
done
exit $rc
