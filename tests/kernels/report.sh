#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# report.sh PINFOLD KERNELS
#
# A Linux that finds no root panics: exit 1, and a report with the kernel's own
# names for who has called whom.
set -u
pinfold=$1 kernels=$2
. "$(dirname "$0")/lib.sh"
need linux linux-image-amd64
"$pinfold" run --memory=128M --append='console=hvc0 quiet' \
    --timeout=400 "$kernels/linux" \
    </dev/null >"$work/out" 2>"$work/err"
[ $? -eq 1 ] || {
    cat "$work/out" "$work/err"
    exit 1
}
expect 'Kernel panic - not syncing: VFS' "$work/out"
expect 'the guest says that it crashed' "$work/err"
expect ' panic\+0x' "$work/err"
expect ' mount_block_root\+0x' "$work/err"
expect '  sched_op\(0x2, ' "$work/err"
