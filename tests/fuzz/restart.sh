#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Xen that ends in the middle of a run: what ran is kept as a trace, Xen is
# started again, and the run goes on until its time is over.
set -u
. "$(dirname "$0")/../conformance/needs-xen.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
rc=0
: >"$work/out"

# Programs so long that nearly all the time is inside one, and so short that
# three more runs of what ran take a second.
"$pinfold" fuzz --seed 9 --ops 1000000000 --length 20000 --seconds 20 \
    --stop-after 9 --findings "$work/findings" >"$work/out" &
pid=$!
until grep -q '^seed' "$work/out"; do
    kill -0 $pid || exit 1
    sleep 0.2
done
# Between two programs it is no finding: then once more.
for try in 1 2 3; do
    sleep 2
    kill -KILL "$(pgrep -P $pid)" || rc=1
    for wait in 1 2 3 4 5; do
        sleep 1
        grep -q '^program' "$work/out" && break 2
    done
done
wait $pid
code=$?
[ $code -eq 1 ] || { echo "exit $code, not 1"; rc=1; }
for text in 'operation [0-9]*: Xen stopped' '^saved as ' \
    ' operations in ([2-9]|[1-9][0-9]+) programs, .* [1-9] differences$'; do
    grep -Eq "$text" "$work/out" || { echo "nowhere: $text"; rc=1; }
done
grep -q -- ' -> ' "$work"/findings/9-*.pvt || { echo "no trace is kept"; rc=1; }
[ $rc -eq 0 ] || cat "$work/out"
exit $rc
