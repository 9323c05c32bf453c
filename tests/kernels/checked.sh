#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# checked.sh PINFOLD KERNELS
#
# Debian's Linux from its first hypercall to its last: after each of them all
# invariants of the machine hold.
set -u
pinfold=$1 kernels=$2
. "$(dirname "$0")/lib.sh"
need linux linux-image-amd64
need busybox busybox-static
top=$(cd "$(dirname "$0")/../.." && pwd)
"$top/script/initramfs" "$kernels/busybox" "$work/initramfs" || exit 1
printf '%s\n' 'uname -a' 'poweroff -f' |
    "$pinfold" run --check --memory=96M --ramdisk="$work/initramfs" \
        --append='console=hvc0 quiet' --timeout=800 "$kernels/linux" \
        >"$work/out" 2>"$work/err" || { cat "$work/out" "$work/err"; exit 1; }
expect '^Linux \(none\) ' "$work/out"
expect 'the guest powered off' "$work/err"
