#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A sample of all combinations on actual Xen too, with a fresh seed that is
# printed: EXHAUSTIVE SUITE HYPERVISOR.
set -u
. "$(dirname "$0")/../conformance/needs-xen.sh"
"$pinfold" --on xen --sample 1500000
