#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# headers.sh CC TOP
#
# Every public header compiles alone, and twice, with full warnings.
set -u
cc=$1 top=$2
rc=0 n=0
includes=()
for dir in xen-model xen-model/decode traces/packed traces guest-mm shim/host shim \
    emu/domain emu/domain/elf emu/cpu; do
    [ ! -d "$top/$dir/include" ] || includes+=("$top/$dir/include")
done
for dir in "${includes[@]}"; do
    while read -r header; do
        n=$((n + 1))
        printf '#include <%s>\n#include <%s>\n' "$header" "$header" |
            "$cc" -std=c11 -Wall -Wextra -Wstrict-prototypes -Werror \
                -fsyntax-only "${includes[@]/#/-I}" -xc - || {
            echo "not self-contained: $header"
            rc=1
        }
    done < <(cd "$dir" && find . -name '*.h' | sed 's|^\./||')
done
echo "$n headers"
[ $n -gt 0 ] || rc=1
exit $rc
