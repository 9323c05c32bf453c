#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# record.sh GUEST CASES PINFOLD [XEN]: a recorded run replays, on actual Xen too
# if XEN names one: all of the example's, subjects of their own, and what is
# left of a run that died or was killed.
set -u
# A sanitizer would exit in its own way.
export ASAN_OPTIONS=handle_segv=0:${ASAN_OPTIONS:-}
guest=$1 cases=$2
if [ $# -gt 3 ]; then
    set -- "$3" - "$4"
    . "$(dirname "$0")/../conformance/needs-xen.sh"
    xen=$PINFOLD_XEN
else
    pinfold=$3 xen=
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
wrong() { echo "$*"; exit 1; }

# recorded FILE STEPS COMMAND...: exits as it must, and says what it did.
recorded() {
    local file=$1 steps=$2 status=$3 n
    shift 3
    ( RECORD=$dir/$file "$@" ) >"$dir/out" 2>&1
    [ $? -eq "$status" ] || wrong "$*: $(cat "$dir/out")"
    n=$(grep -c '^  d1\.0: ' "$dir/$file")
    [ "$n" -ge "$steps" ] || wrong "$file: $n steps, expected $steps"
    expected[${#expected[@]}]=$n files[${#files[@]}]=$dir/$file
}
expected=() files=()

recorded run.pvt 330 0 "$guest"
recorded wrong.pvt 7 0 "$guest" pin-writable
recorded died.pvt 7 139 "$guest" store-to-table
recorded unmapped.pvt 14 139 "$guest" use-unmapped
for case in "reuse 50" "frames 2200" "grants 40" "lists 25" "emulated 30" "segments 30"; do
    set -- $case
    recorded "$1.pvt" "$2" 0 "$cases" "$1" "$dir/$1.pvt"
done
recorded killed.pvt 2200 137 "$cases" killed "$dir/killed.pvt"
grep -q 'memory.exchange.*out={n0..nf}' "$dir/run.pvt" || wrong "no extent in the run"
grep -q 'grant.unmap .*handle=h0 ' "$dir/run.pvt" || wrong "no handle in the run"
grep -q 'store 0x' "$dir/emulated.pvt" || wrong "no emulated store"
grep -q '# multicall answered -EFAULT: the list ends here' "$dir/lists.pvt" ||
    wrong "a list that was refused is not told"
[ "$(tail -c 1 "$dir/killed.pvt" | od -An -tx1 | tr -d ' ')" = 00 ] ||
    wrong "the killed guest has closed its recording"

# All of what was recorded is executed, and nothing differs.
replays() {
    all=$("$pinfold" replay ${xen:+--on xen --hypervisor "$xen"} "${files[@]}" 2>"$dir/err") ||
        wrong "$all" "$(cat "$dir/err")"
    local sum=0 n
    for n in "${expected[@]}"; do sum=$((sum + n)); done
    grep -q "^${#files[@]} traces, $sum steps .*: 0 differences$" <<<"$all" ||
        wrong "expected $sum steps of ${#files[@]} recordings: $all"
}
replays
grep -q 'killed.pvt: cut off at byte' "$dir/err" || wrong "it is not told that one is cut off"
# One that was cut off anywhere replays up to there.
size=$(stat -c %s "$dir/frames.pvt") last=0
for part in 60 70 80 90 99; do
    { head -c $((size * part / 100)) "$dir/frames.pvt"; head -c 100 /dev/zero; } >"$dir/cut.pvt"
    n=$("$pinfold" replay "$dir/cut.pvt" 2>/dev/null |
        sed -n 's/^1 traces, \([0-9]*\) steps .*: 0 differences$/\1/p')
    [ "${n:-0}" -gt $last ] || wrong "cut at $part %: ${n:-no} steps"
    last=$n
done
echo "$all"

# Where absent entries are looked at: to the step that is the end of the domain.
expected=() files=()
for case in "l1tf-call 12" "l1tf-list 12" "l1tf-store 12"; do
    set -- $case
    recorded "$1.pvt" "$2" 0 "$cases" "$1" "$dir/$1.pvt"
    tail -n 2 "$dir/$1.pvt" | head -n 1 | grep -q -e '-> crash$' ||
        wrong "$1: does not end with the end of the domain: $(tail -n 3 "$dir/$1.pvt")"
done
grep -q '^  d1.0: store 0x[0-9a-f]* := 0x123456000 -> crash' "$dir/l1tf-store.pvt" ||
    wrong "no store that was the end"
replays
echo "$all"
