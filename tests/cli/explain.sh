#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# explain.sh PINFOLD TOP: what people are told of the refusals they meet most,
# word by word. The traces are those of the suite, and tests/cli/explain/.
set -u
pinfold=$1 top=$2
rc=0
cd "$top/tests/cli" || exit 1
traces() { awk '/^== /{print $2}' explain.txt; }
# The traces say what Xen answers: they hold as those of the suite do.
"$pinfold" replay explain || rc=1
traces | while read -r trace; do
    echo "== $trace"
    "$pinfold" explain "$trace"
done | diff explain.txt - || rc=1
for trace in explain/*.pvt; do
    traces | grep -qx "$trace" || { echo "$trace: nobody looks at it"; rc=1; }
done
"$pinfold" explain --json explain/deep-flags.pvt | diff explain.json - || rc=1
[ "$("$pinfold" explain --json --all "$top/traces/suite/self-l1-writable.pvt" | grep -c '"rule"')" -eq \
    "$("$pinfold" explain --all "$top/traces/suite/self-l1-writable.pvt" | grep -c '^step')" ] ||
    { echo "--json tells of other steps"; rc=1; }
"$pinfold" explain --step=1 "$top/traces/suite/l1-foreign.pvt" >/dev/null
[ $? -eq 1 ] || { echo "a step that is not refused is explained"; rc=1; }
exit $rc
