#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each malformed trace gives the one error line in its .expected file and exit
# code 2.
set -u
pinfold=$1 corpus=$2
n=0 rc=0
cd "$corpus" || exit 1
for trace in *.pvt; do
    n=$((n + 1))
    got=$("$pinfold" replay "$trace" 2>&1 >/dev/null)
    code=$?
    want=$(cat "${trace%.pvt}.expected")
    if [ $code -ne 2 ] || [ "$got" != "$want" ]; then
        printf '%s: exit %d\n  got:  %s\n  want: %s\n' "$trace" $code "$got" "$want"
        rc=1
    fi
done
echo "$n malformed traces"
[ $n -ge 40 ] && exit $rc
