#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# xen.sh DOMAIN-XEN KERNEL HYPERVISOR: calls about events, time and versions
# are answered as by actual Xen.
set -u
. "$(dirname "$0")/../conformance/needs-xen.sh"
"$pinfold" "$PINFOLD_XEN" "$suite"
