#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# With one check of the model removed, random operations show it, and what is
# left of them after shrinking has at most eight steps.
set -u
. "$(dirname "$0")/../conformance/needs-xen.sh"
findings=$(mktemp -d)
trap 'rm -rf "$findings"' EXIT
rc=0

checks=$("$pinfold" fuzz --break=list 2>&1 | sed -n 's/^  \([a-z0-9-]*\) .*/\1/p')
[ "$(wc -w <<<"$checks")" -ge 12 ] || { echo "only these: $checks"; rc=1; }
for check in $checks; do
    case $check in partial-set | progress) continue ;; esac # preempt.sh
    out=$("$pinfold" fuzz --break "$check" --seed 1 --seconds 120 \
        --ops 1000000000 --findings "$findings/$check")
    code=$?
    trace=$(ls "$findings/$check"/*.pvt 2>/dev/null)
    steps=$(sed -n '/^run {/,/^}/p' $trace | grep -c -- '->')
    if [ $code -ne 1 ] || [ -z "$trace" ] || [ "$steps" -gt 8 ]; then
        printf '%s: exit %s, %s steps:\n%s\n' "$check" $code "$steps" "$out"
        rc=1
        continue
    fi
    "$pinfold" replay --on xen --break "$check" $trace >/dev/null
    [ $? -eq 1 ] || { echo "$check: the saved trace shows nothing"; rc=1; }
    "$pinfold" replay --on xen $trace >/dev/null ||
        { echo "$check: the saved trace shows something without it"; rc=1; }
done
[ $rc -ne 0 ] || echo "$checks: each was found"
exit $rc
