#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# linux.sh PINFOLD KERNELS MEMORY_TEST VCPUS [TWICE]
#
# Debian's Linux comes to a shell, answers, runs a program that maps, protects,
# forks and fills memory, and powers off. TWICE: the same run once more makes
# the same hypercalls with the same answers.
set -u
pinfold=$1 kernels=$2 memory_test=$3 vcpus=$4
. "$(dirname "$0")/lib.sh"
need linux linux-image-amd64
need busybox busybox-static
top=$(cd "$(dirname "$0")/../.." && pwd)
"$top/script/initramfs" "$kernels/busybox" "$work/initramfs" \
    "memory-test=$memory_test" || exit 1

boot() {
    printf '%s\n' 'uname -a' 'nproc' 'memory-test' 'poweroff -f' |
        "$pinfold" run --ramdisk="$work/initramfs" --vcpus="$vcpus" \
            --append='console=hvc0 quiet' --timeout=400 "$kernels/linux" \
            >"$work/out" 2>"$work/err" && return 0
    cat "$work/out" "$work/err"
    exit 1
}
boot
expect '^Linux \(none\) [0-9.a-z-]+ #1 SMP .* x86_64 GNU/Linux' "$work/out"
expect "^$vcpus\$" "$work/out"
expect '^memory-test: 0 wrong' "$work/out"
expect 'the guest powered off' "$work/err"
grep -oE 'hash [0-9a-f]+' "$work/err" >"$work/first"
[ $# -gt 4 ] || exit 0
boot
grep -oE 'hash [0-9a-f]+' "$work/err" | diff "$work/first" - || {
    echo "the same run has made other hypercalls"
    exit 1
}
