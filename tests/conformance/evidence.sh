#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# evidence.sh TOOL TOP: the evidence column of the rules reference says what
# the traces say.
set -u
tool=$1 top=$2
new=$(mktemp) || exit 1
trap 'rm -f "$new"' EXIT
"$tool" "$top/docs/rules-reference.md" "$top/docs/model-only.txt" \
    "$top/traces/suite" "$new" --reference || exit 1
diff -u "$top/docs/rules-reference.md" "$new" | head -n 20
cmp -s "$top/docs/rules-reference.md" "$new" || {
    echo "docs/rules-reference.md is behind the traces: run script/evidence"
    exit 1
}
