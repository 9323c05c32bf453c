#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# shrink.sh PINFOLD EXAMPLE TOP
#
# pinfold shrink: a long recorded run comes down to a few steps; whatever is
# refused in the suite is refused by the same rule in what is left of it, and
# what is left agrees with the model.
set -u
pinfold=$1 example=$2 top=$3
suite=$top/traces/suite
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
rc=0
wrong() { echo "$*"; rc=1; }
steps() { sed -n '/^run {/,/^}/p' "$1" | grep -c ' -> '; }

first_rule() { "$pinfold" explain --json "$1" | sed -n 's/^ *"id": //p' | head -n 1; }

RECORD=$work/run.pvt "$example" >/dev/null || wrong "no recording"
long=$(steps "$work/run.pvt")
"$pinfold" shrink --step="$long" -o "$work/short.pvt" "$work/run.pvt" 2>/dev/null ||
    wrong "the recording is not shrunk"
short=$(steps "$work/short.pvt")
echo "a recording of $long steps comes down to $short"
[ "$long" -gt 300 ] && [ "$short" -le 5 ] || wrong "that is too many"
"$pinfold" replay "$work/short.pvt" >/dev/null || wrong "what is left of it does not agree"

# The first refusal of each trace of a family: what is left has its rule.
n=0
mkdir "$work/left"
for trace in "$suite"/{l1,l2,l3,l4,pin,mmu,gnt,mem}-*.pvt; do
    "$pinfold" shrink -o "$work/left/$n.pvt" "$trace" 2>/dev/null || continue
    rule=$(first_rule "$trace") left=$(first_rule "$work/left/$n.pvt")
    [ "$rule" = "$left" ] || wrong "$trace: $rule, what is left of it: $left"
    n=$((n + 1))
done
echo "$n refusals"
[ $n -ge 100 ] || wrong "too few"
"$pinfold" replay "$work/left" | tail -n 20 >"$work/all" || wrong "$(cat "$work/all")"

# Without a check: seen by the model that lacks it, and by no other.
for check in linear-writable fast-path-rw writable-typed l1-foreign; do
    for trace in "$suite"/self-*.pvt "$suite"/l1-*.pvt; do
        "$pinfold" shrink --break=$check -o "$work/broken.pvt" "$trace" 2>/dev/null && break
    done
    "$pinfold" replay "$work/broken.pvt" >/dev/null || wrong "$check: not true"
    "$pinfold" replay --break=$check "$work/broken.pvt" >/dev/null && wrong "$check: not seen"
done

# A line of the final section.
sed 's/general l4 = [0-9]*/general l4 = 9/' "$suite/dom-linear.pvt" >"$work/final.pvt"
cmp -s "$suite/dom-linear.pvt" "$work/final.pvt" && wrong "no such line"
"$pinfold" shrink -o "$work/left.pvt" "$work/final.pvt" 2>/dev/null || wrong "final is not shrunk"
"$pinfold" replay "$work/left.pvt" | grep -q 'general count of l4.*expected 9' ||
    wrong "the difference is gone"

# What is not there.
"$pinfold" shrink --rule=pin.twice "$suite/l1-map-table.pvt" >/dev/null 2>&1
[ $? -eq 1 ] || wrong "a rule that does not speak is found"
exit $rc
