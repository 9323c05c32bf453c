#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# suite.sh PINFOLD SHIM SUITE
#
# Every trace of one unprivileged domain, as a program of the shim's, which runs
# as a guest of the cpu engine: it is answered as the trace says, which is what
# actual Xen has answered.
set -u
pinfold=$1 shim=$2 suite=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
steps=0 n=0 rc=0
for trace in "$suite"/*.pvt; do
    # Those of dom0 and of two domains are refused, with usage's exit status.
    said=$("$pinfold" ramdisk --output="$work/program" "$trace" 2>/dev/null) ||
        continue
    grep -q '^xen ' "$trace" && continue # it may be about another Xen
    frames=$(sed -n 's/.* \([0-9]*\) frames.*/\1/p' <<<"$said")
    if "$pinfold" run --memory=$((32 + frames / 256))M --vcpus=3 \
        --timeout=60 --ramdisk="$work/program" "$shim" \
        </dev/null >"$work/console" 2>"$work/err" &&
        "$pinfold" diff "$work/console" "$trace" >"$work/diff"; then
        n=$((n + 1))
        steps=$((steps + $(sed -n 's/.* \([0-9]*\) steps:.*/\1/p' "$work/diff")))
        continue
    fi
    rc=1
    echo "$trace:"
    head -n 20 "$work/diff"
    tail -n 5 "$work/err"
done
echo "$n traces, $steps steps that agree"
[ $n -ge 290 ] || rc=1
exit $rc
