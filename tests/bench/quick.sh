#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# quick.sh TOP: the goals that are numbers of instructions, which repeat.
set -u
command -v valgrind >/dev/null || {
    echo "valgrind is not installed"
    exit 77
}
exec "$1/script/bench" --quick --no-install
