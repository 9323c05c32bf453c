#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A minute of random operations on the model alone, with a fresh seed: the
# invariants hold after each.
set -u
findings=$(mktemp -d)
trap 'rm -rf "$findings"' EXIT
"$1" fuzz --on model --length 64 --seconds 60 --ops 1000000000 \
    --findings "$findings"
