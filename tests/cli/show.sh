#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# show.sh PINFOLD TOP
#
# pinfold show: its text, word for word; its graph; steps that are not there.
set -u
pinfold=$1 top=$2
suite=$top/traces/suite expected=$top/tests/cli/show
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
rc=0
wrong() { echo "$*"; rc=1; }
# same NAME ARGUMENT...: shows what NAME holds.
same() {
    local name=$1
    shift
    "$pinfold" show "$@" >"$work/$name" 2>&1 || wrong "show $*: exit $?"
    diff "$expected/$name" "$work/$name" || wrong "show $*: not $name"
}
same question.txt --step=2 "$suite/self-question-2008.pvt"
same domains.txt "$suite/dom-linear.pvt"
same question.dot --step 3 --format=dot "$suite/self-question-2008.pvt"
# Before the first step, and after the last, which is where it ends.
"$pinfold" show --step=0 "$suite/self-question-2008.pvt" | grep -qx 'before the first step' ||
    wrong "no step 0"
cmp -s <("$pinfold" show "$suite/self-question-2008.pvt") \
    <("$pinfold" show --step=9 "$suite/self-question-2008.pvt") || wrong "the last step is not 9"
"$pinfold" show --step=10 "$suite/self-question-2008.pvt" >/dev/null 2>&1
[ $? -eq 2 ] || wrong "there is a step 10"
# A trace that differs is shown up to there.
"$pinfold" show --break=linear-writable "$suite/self-question-2008.pvt" >"$work/broken" 2>"$work/why"
[ $? -eq 1 ] || wrong "a broken model is not noticed"
grep -q ': step 2 of 9$' "$work/broken" || wrong "not shown up to the step that differs"
grep -q 'expected l4e.linear-writable' "$work/why" || wrong "not said what differs"
# A step costs the page what it changed, and no more.
{
    printf 'pvt 1\ntest long\n"Long."\ninit {\n  dom d0 privileged\n  page d0 l1 a b\n'
    printf '  fill l1[8..500] = a P US\n}\nrun {\n  d0.0: pin L1 l1 -> 0\n'
    for _ in {1..5000}; do
        printf '  d0.0: mmu_update l1[7] := a P RW US -> 0\n  d0.0: mmu_update l1[7] := b P US -> 0\n'
    done
    echo '}'
} >"$work/long.pvt"
"$pinfold" show --format=html -o "$work/long.html" "$work/long.pvt" || wrong "no page of 10,001 steps"
size=$(stat -c %s "$work/long.html")
[ "$size" -lt 200000 ] || wrong "the page of 10,001 steps has $size bytes"
steps=$(sed -n '/id="trace"/,/<\/script>/p' "$work/long.html" | sed '1d;$d' | base64 -d | zcat |
    grep -o '"a":\[[0-9,]*\]' | grep -o '[0-9]*' | wc -l)
[ "$steps" = 10002 ] || wrong "the page of 10,001 steps has $steps packed"
# A file that cannot be written.
"$pinfold" show -o "$work/no/file" "$suite/self-question-2008.pvt" 2>/dev/null
[ $? -eq 3 ] || wrong "a file that cannot be written is no error"
exit $rc
