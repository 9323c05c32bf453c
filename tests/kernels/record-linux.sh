#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# record-linux.sh PINFOLD KERNELS MEMORY [HYPERVISOR]
#
# All that Linux does from its first instruction to its last, as a trace: each
# call has the same answer when that is replayed, and each table the same
# entries; on actual Xen, if HYPERVISOR is given, each frame the same state.
set -u
pinfold=$1 kernels=$2 memory=$3
. "$(dirname "$0")/lib.sh"
need linux linux-image-amd64
need busybox busybox-static
on=() where='the model'
if [ $# -gt 3 ]; then
    need_xen "$4"
    on=(--on xen --hypervisor "$4")
    where='the model and on actual Xen [0-9.]+'
fi
top=$(cd "$(dirname "$0")/../.." && pwd)
"$top/script/initramfs" "$kernels/busybox" "$work/initramfs" || exit 1
printf 'poweroff -f\n' |
    "$pinfold" run -q --memory="$memory" --ramdisk="$work/initramfs" \
        --timeout=400 --append='console=hvc0 quiet' \
        --record="$work/linux.pvt.zst" "$kernels/linux" >"$work/out" 2>&1 || {
    cat "$work/out"
    exit 1
}
"$pinfold" replay ${on[@]+"${on[@]}"} "$work/linux.pvt.zst" >"$work/replay" 2>&1
rc=$?
cat "$work/replay"
[ $rc -eq 0 ] || exit 1
expect "^1 traces, [0-9]{5,} steps on $where: 0 differences" "$work/replay"
