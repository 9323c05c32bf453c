#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# processor.sh KERNEL PINFOLD
# processor.sh KERNEL --xen HYPERVISOR
#
# What the kernel prints about its processor is what it prints as dom0 on actual
# Xen in QEMU: processor.txt was written there.
set -u
kernel=$1
expected=$(dirname "$0")/processor.txt
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
if [ "$2" = --xen ]; then
    [ -s "$3" ] || { echo "there is no hypervisor at $3"; exit 77; }
    command -v qemu-system-x86_64 >/dev/null ||
        { echo "qemu-system-x86_64 is not installed"; exit 77; }
    timeout 240 qemu-system-x86_64 -display none -nodefaults -no-reboot \
        -machine pc -cpu qemu64 -m 256 -monitor none \
        -serial "file:$work/serial" -kernel "$3" -initrd "$kernel" \
        -append "com1=115200,8n1 console=com1 dom0_mem=32M dom0_max_vcpus=2 sched=credit" ||
        { cat "$work/serial"; exit 1; }
else
    "$2" run -q --memory=32M --vcpus=2 --timeout=200 "$kernel" </dev/null \
        >"$work/serial" 2>"$work/err" ||
        { cat "$work/serial" "$work/err"; exit 1; }
fi
grep -av '^(XEN)' "$work/serial" | tr -d '\r' | grep -a ': ' >"$work/lines"
diff "$expected" "$work/lines" || {
    echo "(< actual Xen when it was recorded, > now)"
    exit 1
}
