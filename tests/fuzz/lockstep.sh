#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A minute of random operations, with a fresh seed, on the model and on actual
# Xen: nothing differs. The output has the seed, and what differs as a trace.
set -u
. "$(dirname "$0")/../conformance/needs-xen.sh"
findings=$(mktemp -d)
trap 'rm -rf "$findings"' EXIT
"$pinfold" fuzz --seconds 60 --ops 1000000000 --findings "$findings"
