# SPDX-License-Identifier: MIT
# To be sourced: leaves with 77 where actual Xen cannot be run.
pinfold=$1 suite=$2 hypervisor=$3
if ! command -v qemu-system-x86_64 >/dev/null; then
    echo "qemu-system-x86_64 is not installed"
    exit 77
fi
if [ ! -s "$hypervisor" ]; then
    echo "there is no $hypervisor: script/test unpacks it where there is a network"
    exit 77
fi
export PINFOLD_XEN=$hypervisor
