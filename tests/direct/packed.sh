#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# packed.sh GUEST PINFOLD: a run recorded packed is the run recorded plain;
# cut off anywhere it replays up to there; damage is told, with its place.
set -u
# A sanitizer would exit in its own way.
export ASAN_OPTIONS=handle_segv=0:${ASAN_OPTIONS:-}
guest=$1 pinfold=$2
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
wrong() { echo "$*"; exit 1; }
steps() { sed -n 's/^1 traces, \([0-9]*\) steps .*: 0 differences$/\1/p'; }

RECORD=run.pvt "$guest" >/dev/null && RECORD=run.pvt.zst "$guest" >/dev/null || exit 1
"$pinfold" print run.pvt >plain.pvt || wrong "the plain recording does not print"
"$pinfold" print run.pvt.zst | cmp - plain.pvt || wrong "packed and plain differ"
size=$(stat -c %s run.pvt.zst)
[ $((4 * size)) -lt "$(stat -c %s run.pvt)" ] || wrong "packed to $size bytes only"
# By what it holds, not by its name.
cp run.pvt.zst other.name
all=$("$pinfold" replay other.name | steps)
[ "${all:-0}" -gt 300 ] || wrong "the packed recording does not replay"
mkdir suite && cp run.pvt.zst suite/
[ "$("$pinfold" replay suite | steps)" = "$all" ] || wrong "not found in a directory"

# The file ends anywhere: a prefix of the steps replays.
before=0 cuts=0
for ((at = size * 3 / 5; at < size; at += size / 30)); do
    head -c $at run.pvt.zst >cut.zst
    n=$("$pinfold" replay cut.zst 2>why | steps)
    grep -q "^cut.zst: cut off at byte $at: its first $n steps are complete" why ||
        wrong "$at: $(cat why)"
    [ "${n:-0}" -ge "$before" ] && [ "$n" -le "$all" ] || wrong "$at: $n steps"
    "$pinfold" print cut.zst 2>/dev/null | sed '$d' >cut.pvt
    head -c "$(stat -c %s cut.pvt)" plain.pvt | cmp - cut.pvt || wrong "$at: not what was recorded"
    before=$n cuts=$((cuts + 1))
done
[ $cuts -gt 10 ] && [ "$before" -gt $((all / 2)) ] || wrong "$cuts cuts, the last after $before steps"
head -c 60 run.pvt.zst >cut.zst
"$pinfold" replay cut.zst 2>why
[ $? -eq 2 ] && grep -q 'cut off at byte 60' why || wrong "nothing complete: $(cat why)"

# A guest that dies has said all that it did.
RECORD=died.pvt.zst "$guest" store-to-table >/dev/null 2>&1
[ $? -eq 139 ] || wrong "it should have died"
RECORD=died.pvt "$guest" store-to-table >/dev/null 2>&1
cmp <("$pinfold" print died.pvt.zst 2>/dev/null) <("$pinfold" print died.pvt) ||
    wrong "a guest that died has left less"

# Damage, in the middle: what comes before can be kept, as it says.
at=$((size * 4 / 5))
{ head -c $at run.pvt.zst; printf '\377\377\377\377\377\377\377\377'; tail -c +$((at + 9)) run.pvt.zst; } >bad.zst
"$pinfold" explain bad.zst 2>why
[ $? -eq 2 ] || wrong "damage is not noticed"
keep=$(sed -n 's/^bad.zst: byte \([0-9]*\): the packed data from there on is damaged .* head -c \1$/\1/p' why)
[ "${keep:-0}" -gt 100 ] && [ "$keep" -le $((at + 3)) ] || wrong "damage: $(cat why)"
head -c "$keep" bad.zst >kept.zst
[ "$("$pinfold" replay kept.zst 2>/dev/null | steps)" -gt 100 ] || wrong "nothing is kept"

# Packed by hand, and by zstd.
"$pinfold" print -o by-hand.pvt.zst run.pvt && "$pinfold" print by-hand.pvt.zst | cmp - plain.pvt ||
    wrong "packed by print"
"$pinfold" print --packed run.pvt | cmp - by-hand.pvt.zst || wrong "packed to stdout"
"$pinfold" print -o /nonexistent/x run.pvt 2>/dev/null
[ $? -eq 3 ] || wrong "a file that cannot be written is no error"
"$pinfold" print run.pvt >/dev/full 2>/dev/null
[ $? -eq 3 ] || wrong "a full disk is no error"
"$pinfold" print --packed run.pvt >/dev/full 2>/dev/null
[ $? -eq 3 ] || wrong "a full disk is no error, packed"
echo "$all steps, $cuts cuts"
