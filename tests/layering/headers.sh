#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every public header compiles alone.
set -u
cc=$1 top=$2
rc=0 n=0
for dir in xen-model traces guest-mm shim/host shim; do
    [ -d "$top/$dir/include" ] || continue
    while read -r header; do
        n=$((n + 1))
        echo "#include \"$header\"" | "$cc" -std=c11 -Wall -Wextra -Werror \
            -fsyntax-only -I"$top/xen-model/include" -I"$top/traces/include" \
            -I"$top/guest-mm/include" -I"$top/shim/host/include" \
            -I"$top/shim/include" -xc - || { echo "not self-contained: $header"; rc=1; }
    done < <(find "$top/$dir/include" -name '*.h')
done
[ $n -gt 0 ] || { echo "no headers found below $top"; rc=1; }
exit $rc
