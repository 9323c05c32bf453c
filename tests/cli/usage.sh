#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Help goes to stdout with 0, wrong usage to stderr with 2.
set -u
pinfold=$1
rc=0
check() { # WANTED-CODE ARGUMENTS...
    local want=$1 code
    shift
    "$pinfold" "$@" >/dev/null 2>&1
    code=$?
    [ $code -eq "$want" ] || { echo "pinfold $*: exit $code, not $want"; rc=1; }
}
check 0 --help
check 0 --version
check 2
check 2 nonsense
check 2 run
check 2 run --memory=1M x
check 2 run --memory=many x
check 2 run --vcpus=9 x
check 2 run --xen=4.99 x
check 2 run --append="$(printf '%01024d' 0)" x
"$pinfold" run /nonexistent >/dev/null 2>&1
if [ $? -ne 3 ]; then # 3: it was left out
    check 2 run /nonexistent
    check 2 run "$pinfold"
    check 2 run --ramdisk=/nonexistent "$2"
    check 2 run --memory=8M --ramdisk="$pinfold" "$2"
fi
for command in replay show explain shrink diff print ramdisk rules methods fuzz run; do
    check 0 $command --help
    check 2 $command --nonsense
    [ -n "$("$pinfold" $command --help)" ] || { echo "$command: no help"; rc=1; }
done
check 2 replay
check 2 show
check 2 show --format=pdf traces
check 2 show --step=many traces
check 2 show --xen=4.99 traces
check 2 explain
check 2 print
check 2 explain --step=none x.pvt
check 2 explain /nonexistent.pvt
check 2 diff
check 2 ramdisk
check 2 ramdisk x.pvt
check 2 ramdisk -o /dev/null /nonexistent.pvt
check 2 diff x.pvt
check 2 diff --context=some a.pvt b.pvt
check 2 shrink
check 2 shrink --step=0 x.pvt
check 2 shrink --step=1 --rule=pin.twice x.pvt
check 2 shrink --answer=-ENOTHING x.pvt
check 2 shrink --rule=none x.pvt
check 2 shrink --break=pin-twice --on=xen x.pvt
check 2 explain --step=4294967296 x.pvt
check 2 show --step=+1 x.pvt
check 2 shrink --step=4294967297 x.pvt
check 2 fuzz --ops=99999999999999999999
check 2 fuzz --seed=0x
check 2 replay --xen=4.17 --xen=-debug traces
check 2 replay '--xen=4. 17' traces
check 2 fuzz --ops=many
check 2 fuzz --break=nothing
check 2 fuzz something
check 2 replay /nonexistent.pvt
check 0 rules
check 0 rules --json
check 0 rules --neighbours
exit $rc
