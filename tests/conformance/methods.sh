#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The page-table methods: same verdicts and counts on the model and on Xen.
set -u
. "$(dirname "$0")/needs-xen.sh"
"$pinfold" methods
