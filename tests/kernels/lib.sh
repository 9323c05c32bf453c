# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For the tests that run a kernel of somebody else's. To be sourced, with
# $kernels the folder into which script/lib.sh has unpacked them.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# need FILE PACKAGE: without it there is nothing to test.
need() {
    [ -s "$kernels/$1" ] && return 0
    echo "there is no $kernels/$1 (from Debian's package $2; script/test" \
        "fetches it)"
    exit 77
}

# need_xen HYPERVISOR: the same for what runs on actual Xen.
need_xen() {
    [ -s "$1" ] || { echo "there is no hypervisor at $1"; exit 77; }
    command -v qemu-system-x86_64 >/dev/null ||
        { echo "qemu-system-x86_64 is not installed"; exit 77; }
}

# expect PATTERN FILE: a line of FILE, without what a terminal wants, has it.
expect() {
    sed 's/\x1b\[[0-9;?]*[A-Za-z]//g; s/\r//g' "$2" | grep -qE -- "$1" && return
    echo "no line like '$1' in:"
    cat "$2"
    exit 1
}
