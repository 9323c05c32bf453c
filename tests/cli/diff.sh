#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# diff.sh PINFOLD EXAMPLE TOP
#
# pinfold diff: runs that are the same, whatever their pages are called and
# wherever they come from; and one difference of each kind.
set -u
pinfold=$1 example=$2 top=$3
suite=$top/traces/suite
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
rc=0
wrong() { echo "$*"; rc=1; }
# differs WHAT ARGUMENT...: exit 1, and WHAT is a line of the answer.
differs() {
    local what=$1
    shift
    "$pinfold" diff "$@" >out 2>&1
    [ $? -eq 1 ] || wrong "$*: not exit 1"
    grep -qxF -e "$what" out || { wrong "$*: no line '$what'"; cat out; }
}
same() { "$pinfold" diff "$@" >out 2>&1 || { wrong "$*: not the same"; cat out; }; }

# A trace and what was printed of it; in a console's output, too.
"$pinfold" replay --json "$suite"/gnt-*.pvt "$suite"/self-*.pvt >all.json
same all.json "$suite"
grep -q '^[1-9][0-9]* runs compared' out || wrong "nothing was compared"
{ printf '(XEN) begins\r\n{ no json\r\n'; sed 's/$/\r/' all.json; echo '(XEN) ends'; } >console
same console "$suite"

# A recording whose pages are called otherwise.
RECORD=run.pvt "$example" >/dev/null || wrong "no recording"
sed -E 's/\bx([0-9a-f]+)\b/page_\1/g' run.pvt >other.pvt
cmp -s run.pvt other.pvt && wrong "nothing is called otherwise"
same run.pvt other.pvt
# Two pages that change their places are others.
awk '/^run/{r = 1} r && !n && sub(/:= x410 P/, ":= x411 P") {n = 1} {print}' run.pvt >swapped.pvt
differs "  call" run.pvt swapped.pvt

"$pinfold" replay --json --break=linear-writable "$suite/self-upgrade-l4.pvt" >broken.json
differs "    A: 0 done 1" broken.json "$suite/self-upgrade-l4.pvt"
differs "    B: -EINVAL done 0" broken.json "$suite/self-upgrade-l4.pvt"
"$pinfold" diff --json broken.json "$suite/self-upgrade-l4.pvt" | grep -q '"what": "answer"' ||
    wrong "--json has no answer"

# Of a trace with many pages all are listed once, and then what has changed.
{
    printf 'pvt 1\ntest many\n"Many pages."\ninit {\n  dom d1 unprivileged\n'
    printf '  page d1 a b\n  page d1 x0..x3ff\n'
    for ((i = 0; i < 1024; i++)); do
        printf '  pte %s[%d] = x%x P US\n' "$([ $i -lt 512 ] && echo a || echo b)" $((i % 512)) $i
    done
    printf '}\nrun {\n  d1.0: pin L1 a -> 0\n  d1.0: mmu_update a[9] := 0 -> 0\n'
    printf '  d1.0: mmu_update a[8] := x9 P US -> 0\n}\n'
} >many.pvt
"$pinfold" replay --json many.pvt >many.json
same many.json many.pvt
listed=$(grep '^{"step": ' many.json | while read -r line; do
    grep -o '"count_info"' <<<"$line" | wc -l
done | tr '\n' ' ')
[ "$listed" = "1029 1 2 " ] || wrong "frames listed, step by step: $listed"

# A frame that is three pages, one after the other: all are as it is.
{
    printf 'pvt 1\ntest again\n"A frame comes again."\ninit {\n  dom d1 unprivileged\n'
    printf '  page d1 t\n  new d1 a b c\n}\nrun {\n'
    for page in a b c; do
        printf '  d1.0: memory.increase { extents={0} nr=1 dom=self } -> 1 { extents={%s} }\n' $page
        [ $page = c ] || printf '  d1.0: memory.decrease { extents={%s} nr=1 dom=self } -> 1\n' $page
    done
    printf '  d1.0: pin L1 t -> 0\n  d1.0: mmu_update t[1] := c P US -> 0\n}\n'
} >again.pvt
"$pinfold" replay --json again.pvt >again.json || wrong "again.pvt differs"
same again.json again.pvt

# What only frames and entries show.
"$pinfold" replay --json "$suite/l1-map-table.pvt" >one.json
sed '0,/"count_info": "0x8000000000000001"/s//"count_info": "0x8000000000000003"/' one.json >counted.json
differs "  frame other" counted.json "$suite/l1-map-table.pvt"
cat >entry.pvt <<'END'
pvt 1
test entry
"An entry that no call is about."
init {
  dom d1 unprivileged
  page d1 l2 l1 data
  pte l2[0] = l1 P RW US
  pte l1[5] = data P US
}
run {
  d1.0: pin L2 l2 -> 0
}
END
sed 's/data P US/data P RW US/; s/\bl1\b/low/g' entry.pvt >writable.pvt
differs "  entry l1[5], low[5]" entry.pvt writable.pvt
differs "    B: data P RW US" entry.pvt writable.pvt
grep -v 'mmu_update table' "$suite/l1-map-table.pvt" >shorter.pvt
differs "    B: the end" "$suite/l1-map-table.pvt" shorter.pvt

# What cannot be read.
head -c $(($(wc -c <one.json) / 2)) one.json >cut.json
for bad in cut.json /etc/passwd /nonexistent; do
    "$pinfold" diff $bad entry.pvt >/dev/null 2>err
    [ $? -eq 2 ] || wrong "$bad: not exit 2"
    [ "$(wc -l <err)" -eq 1 ] || { wrong "$bad: not one line"; cat err; }
done
exit $rc
