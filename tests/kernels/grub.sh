#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# grub.sh PINFOLD KERNELS
#
# Debian's GRUB for PV guests comes to its prompt, takes commands, and halts.
set -u
pinfold=$1 kernels=$2
. "$(dirname "$0")/lib.sh"
need grub grub-xen-host
printf 'set greeting=hello\necho $greeting from GRUB\nhalt\n' |
    "$pinfold" run --memory=128M --timeout=120 "$kernels/grub" \
        >"$work/out" 2>"$work/err" || {
    cat "$work/out" "$work/err"
    exit 1
}
expect '^hello from GRUB' "$work/out"
expect 'the guest powered off' "$work/err"
expect '^[0-9]+ hypercalls, 0 refused' "$work/err"
