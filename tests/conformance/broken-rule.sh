#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# With one check of the model removed, the comparison with actual Xen finds it
# and names trace, step, frame, both values and the rule.
set -u
. "$(dirname "$0")/needs-xen.sh"
rc=0
for fault in linear-writable fast-path-rw writable-typed; do
    out=$("$pinfold" replay --on xen --break "$fault" "$suite")
    if [ $? -ne 1 ]; then
        echo "$fault: not noticed"
        rc=1
    fi
    for word in 'self-' 'step' 'model' 'Xen'; do
        grep -q -- "$word" <<<"$out" || { echo "$fault: no '$word' in: $out"; rc=1; }
    done
done
exit $rc
