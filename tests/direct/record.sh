#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# record.sh GUEST PINFOLD [XEN]: a recorded run replays, on actual Xen too if
# XEN names one; and so does what a run has left that died.
set -u
# A sanitizer would exit in its own way.
export ASAN_OPTIONS=handle_segv=0:${ASAN_OPTIONS:-}
guest=$1
if [ $# -gt 2 ]; then
    set -- "$2" - "$3"
    . "$(dirname "$0")/../conformance/needs-xen.sh"
    xen=$PINFOLD_XEN
else
    pinfold=$2 xen=
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

# replays FILE STEPS: at least that many, without a difference.
replays() {
    local out n
    out=$("$pinfold" replay ${xen:+--on xen --hypervisor "$xen"} "$1" 2>&1) &&
        n=$(sed -n 's/^1 traces, \([0-9]*\) steps .*: 0 differences$/\1/p' <<<"$out") &&
        [ "${n:-0}" -ge "$2" ] && return
    echo "$1: expected $2 steps and no difference:"
    echo "$out"
    exit 1
}

RECORD=$dir/run.pvt "$guest" >/dev/null || exit 1
replays "$dir/run.pvt" 1400
RECORD=$dir/died.pvt "$guest" store-to-table >/dev/null 2>&1
[ $? -eq 139 ] || { echo "it should have died"; exit 1; }
replays "$dir/died.pvt" 1000
