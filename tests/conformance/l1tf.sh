#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# l1tf.sh PINFOLD SUITE HYPERVISOR: the traces of a Xen that looks for L1TF run
# on one that was started so; beside others they are skipped, and so are others
# beside them.
set -u
pinfold=$1 suite=$2
. "$(dirname "$0")/needs-xen.sh"

# says PATTERN TRACE...
says() {
    local pattern=$1 out
    shift
    out=$("$pinfold" replay --on xen "$@" 2>&1)
    grep -q "$pattern" <<<"$out" && return
    echo "expected '$pattern' of $*:"
    echo "$out"
    exit 1
}
traces=("$suite"/l1tf-*.pvt)
says "^${#traces[@]} traces, [0-9]* steps on the model and on actual Xen .*: 0 differences$" \
    "${traces[@]}"
says '^l1tf-pinned: skipped: ' "$suite/l1-rw-change.pvt" "$suite/l1tf-pinned.pvt"
