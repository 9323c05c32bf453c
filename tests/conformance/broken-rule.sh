#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# With one check of the model removed, the comparison with actual Xen finds it
# and names trace, step, frame, both values and the rule.
set -u
. "$(dirname "$0")/needs-xen.sh"
rc=0

# finds CHECK PATTERN...: every pattern is in the output.
finds() {
    local check=$1 out code pattern
    shift
    out=$("$pinfold" replay --on xen --break "$check" "$suite")
    code=$?
    [ $code -eq 1 ] || { echo "$check: exit $code, not 1"; rc=1; }
    for pattern in "$@"; do
        grep -Eq -- "$pattern" <<<"$out" && continue
        printf '%s: no "%s" in:\n%s\n' "$check" "$pattern" "$out"
        rc=1
    done
}

finds linear-writable \
    'self-upgrade-l4\.pvt:13: self-upgrade-l4: step 3: .*a\[255\]' \
    '^  rc: model 0, Xen 4\.17\.[0-9]+ -EINVAL$' \
    '^  entry a\[255\] \(frame 0x[0-9a-f]+\): model 0x[0-9a-f]+027, Xen [0-9.]+ 0x[0-9a-f]+025$' \
    '^  rule l4e\.linear-writable: '
finds fast-path-rw \
    'self-upgrade-l4\.pvt:13: self-upgrade-l4: step 3: .*a\[255\]' \
    '^  rule l4e\.linear-writable: '
finds writable-typed \
    '^  type_info of [a-z0-9]+ \(frame 0x[0-9a-f]+\): model 0x[0-9a-f]+, Xen [0-9.]+ 0x[0-9a-f]+$' \
    '^  rule l1e\.writable-typed: '
exit $rc
