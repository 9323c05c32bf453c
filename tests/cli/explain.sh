#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# explain.sh PINFOLD TOP: what people are told of the refusals they meet most,
# word by word.
set -u
pinfold=$1 top=$2
awk '/^== /{print $2}' "$top/tests/cli/explain.txt" | while read -r trace; do
    echo "== $trace"
    "$pinfold" explain "$top/traces/suite/$trace.pvt"
done | diff "$top/tests/cli/explain.txt" - || exit 1
"$pinfold" explain --step=1 "$top/traces/suite/l1-foreign.pvt" >/dev/null
[ $? -eq 1 ] || { echo "a step that is not refused is explained"; exit 1; }
