#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The whole suite on actual Xen, compared after every step.
set -u
. "$(dirname "$0")/needs-xen.sh"
out=$("$pinfold" replay --on xen "$suite") || { echo "$out"; exit 1; }
echo "$out"
grep -Eq '^[0-9]+ traces, [0-9]+ steps on the model and on actual Xen 4\.17[^:]*: 0 differences$' <<<"$out"
