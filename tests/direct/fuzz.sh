#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# fuzz.sh EXAMPLE PLANTED: the example survives random bytes, the seed of which
# is printed; each planted mistake is found, and nothing else is.
set -u
# A sanitizer would exit in its own way.
export ASAN_OPTIONS=handle_segv=0:${ASAN_OPTIONS:-}
example=$1 planted=$2
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

seed=${PINFOLD_SEED:-$RANDOM}
echo "seed $seed"
RANDOM=$seed
for i in $(seq 40); do
    bytes=
    for _ in $(seq 150); do
        printf -v two '\\x%02x\\x%02x' $((RANDOM & 255)) $((RANDOM & 255))
        bytes+=$two
    done
    printf "$bytes" >"$dir/$i"
done
"$example" "$dir"/* || exit 1

# expect STATUS PATTERN INPUT...
expect() {
    local status=$1 pattern=$2 out got
    shift 2
    for input; do printf %s "$input" >"$dir/input-$input"; done
    out=$("$planted" "${@/#/$dir/input-}" 2>&1)
    got=$?
    if [ "$got" -ne "$status" ] || ! grep -q "$pattern" <<<"$out"; then
        echo "$planted on $*: exit $got, expected $status and '$pattern': $out"
        exit 1
    fi
}
expect 0 ' files' n e v vv
expect 134 'Xen refused what the guest did' n r
expect 139 'page fault at' f
