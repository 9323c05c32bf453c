# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# To be sourced, with the arguments PINFOLD SUITE HYPERVISOR. Leaves with 77
# where actual Xen cannot be run; the last line says why.
pinfold=$1 suite=$2
export PINFOLD_XEN=${PINFOLD_XEN:-$3}
if ! command -v qemu-system-x86_64 >/dev/null; then
    echo "qemu-system-x86_64 is not installed (package qemu-system-x86)"
    exit 77
fi
if [ ! -s "$PINFOLD_XEN" ]; then
    echo "there is no hypervisor at $PINFOLD_XEN: script/test unpacks it"
    exit 77
fi
