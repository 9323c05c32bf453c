#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# ramdisk.sh PINFOLD TOP
#
# What one domain can replay by itself is written; what takes a host is refused,
# with the place and why. A console that ends early is compared as far as it is.
set -u
pinfold=$1 suite=$2/traces/suite
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
rc=0
wrong() { echo "$*"; rc=1; }

"$pinfold" ramdisk -o "$work/program" "$suite/l1-map-table.pvt" >"$work/out" ||
    wrong "l1-map-table: not written"
grep -qx 'l1-map-table: 3 steps, 2 frames, [0-9]* bytes' "$work/out" ||
    wrong "$(cat "$work/out")"
[ "$(head -c 8 "$work/program")" = PINFPROG ] || wrong "no magic"

# refused TRACE PLACE-AND-WHY
refused() {
    "$pinfold" ramdisk -o "$work/none" "$1" >"$work/out" 2>&1
    [ $? -eq 2 ] || wrong "$1: not exit 2"
    [ ! -e "$work/none" ] || wrong "$1: something was written"
    grep -qE ":$2" "$work/out" || { wrong "$1: not :$2"; cat "$work/out"; }
}
# trace NAME LINE...
trace() {
    local name=$1
    shift
    printf '%s\n' 'pvt 1' "test $name" '"What takes a host."' "$@" >"$work/$name.pvt"
}
one=('init {' '  dom d1 unprivileged' '  page d1 a b' '}' 'run {')
refused "$suite/self-question-2008.pvt" '[0-9]+:[0-9]+: a privileged domain'
trace two 'init {' '  dom d1 unprivileged' '  dom d2 unprivileged' '}' 'run {' '}'
refused "$work/two.pvt" '6:7: a second domain'
trace vcpu "${one[@]}" '  d1.1: pin L1 a -> 0' '}'
refused "$work/vcpu.pvt" '9:[0-9]+: another vCPU than 0'
trace xen "${one[@]}" '  d1.0: mmu_update a[0] := xen P -> -EINVAL' '}'
refused "$work/xen.pvt" "9:[0-9]+: a frame is called 'xen'"
trace other "${one[@]}" '  d1.0: mmu_update fd=5 a[0] := b P -> -EPERM' '}'
refused "$work/other.pvt" '9:[0-9]+: a domain by its number'
trace crash "${one[@]}" '  d1.0: load 0x1000 user -> crash' '}'
refused "$work/crash.pvt" '9:[0-9]+: the domain crashes here'

# As a guest prints it, until it is no more.
cat >"$work/console" <<'END'
Xen says something.
{"xen":"Xen 4.17.7","traces":[{"name":"l1-map-table","steps":[
{"step":1,"line":11,"text":"d1.0: pin L1 table -> 0","xen":{"rc":0,"done":1,"page_info":[{"name":"table","mfn":"0x1c00","entries":[]},{"name":"other","mfn":"0x1c01","entries":[]}]}},
{"step":2,"line":12,"text":"d1.0: pin L1 other -> 0","xen":{"rc":0,"done":1,"page_info":[]}},
{"step":3,"line":13,"text":"d1.0: mmu_update table[1] := other P RW US -> -EBUSY by l1e.writable-typed","xen":{"rc":-16,"done":0,"page_info":[]}}
]}]}
END
# compared CODE LINE FILE
compared() {
    "$pinfold" diff "$work/$3" "$suite/l1-map-table.pvt" >"$work/out" 2>&1
    [ $? -eq "$1" ] || wrong "$3: not exit $1"
    grep -qxF -e "$2" "$work/out" || { wrong "$3: no line '$2'"; cat "$work/out"; }
}
compared 0 '1 runs compared, 3 steps: 0 differ' console
head -n 4 "$work/console" >"$work/early"
compared 1 '    A: the end' early
head -n 2 "$work/console" >"$work/at-once"
compared 1 '    A: the end' at-once
sed '0,/"entries":\[\]/s//"entries":[[7,"0x1c01025"]]/' "$work/console" >"$work/entry"
compared 1 '    A: other P US A' entry
sed 's/"rc":-16/"rc":0/' "$work/console" >"$work/answer"
compared 1 '    A: 0 done 0' answer
exit $rc
