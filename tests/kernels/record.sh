#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# record.sh PINFOLD KERNELS [HYPERVISOR]
#
# What GRUB does before its prompt, as a trace: it replays on the model and, if
# HYPERVISOR is given, on actual Xen.
set -u
pinfold=$1 kernels=$2
. "$(dirname "$0")/lib.sh"
need grub grub-xen-host
on=(--on model)
if [ $# -gt 2 ]; then
    need_xen "$3"
    on=(--on xen --hypervisor "$3")
fi
printf 'halt\n' | "$pinfold" run -q --memory=16M --timeout=200 \
    --record="$work/grub.pvt" "$kernels/grub" >"$work/out" 2>&1 || {
    cat "$work/out"
    exit 1
}
"$pinfold" replay "${on[@]}" "$work/grub.pvt" >"$work/replay" 2>&1
rc=$?
cat "$work/replay"
[ $rc -eq 0 ] || exit 1
# It has made and loaded tables of its own.
expect 'mmu_update|update_va_mapping' "$work/grub.pvt"
expect 'new_baseptr' "$work/grub.pvt"
