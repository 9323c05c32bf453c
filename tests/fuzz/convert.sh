#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Programs and traces become each other. A program's trace becomes a program
# with the same trace. Nearly all traces of the suite become programs, which
# answer the same; of the others, it is told where and why. Arguments: pinfold,
# programs, traces, and a list of those others.
set -u
pinfold=$1 programs=$2 traces=$3 not_programs=$4
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
rc=0
fail() { printf '%s\n' "$@"; rc=1; }
to_program() { "$pinfold" print --program --output="$2" "$1"; }
to_trace() { "$pinfold" print --output="$2" "$1"; }
# Of a program: its trace becomes a program with the same trace.
comes_back() {
    to_trace "$1" "$dir/1.pvt" && to_program "$dir/1.pvt" "$dir/2" &&
        to_trace "$dir/2" "$dir/2.pvt" || fail "$1: not converted"
    diff "$dir/1.pvt" "$dir/2.pvt" || fail "$1: another trace"
}

for program in "$programs"/*; do
    comes_back "$program"
done

mkdir "$dir/programs"
for trace in "$traces"/*.pvt; do
    name=$(basename "$trace" .pvt)
    to_program "$trace" "$dir/programs/$name" 2>>"$dir/refused"
    case $? in
    0) ;;
    2) grep -q "^$trace:[0-9]*:[0-9]*: ." "$dir/refused" || fail "$trace: no place" ;;
    *) fail "$trace: $(tail -n 1 "$dir/refused")" ;;
    esac
done
sed -E 's,^.*/([^/]*)\.pvt:[0-9]+:[0-9]+: ,\1 ,' "$dir/refused" |
    diff "$not_programs" - --ignore-matching-lines='^#' --ignore-blank-lines ||
    fail "other traces than those of $not_programs cannot be programs"
out=$("$pinfold" replay "$dir/programs"/*) || fail "$out"
n=0
for program in "$dir/programs"/*; do
    [ $((n++ % 8)) -eq 0 ] || continue
    comes_back "$program"
done

# LINE:COLUMN, the reason, and the lines of a trace behind its first three.
refused() {
    printf 'pvt 1\ntest t\n"t"\n%s\n' "$3" >"$dir/bad.pvt"
    out=$(to_program "$dir/bad.pvt" "$dir/bad" 2>&1)
    code=$?
    [ $code -eq 2 ] || fail "exit $code, not 2: $3"
    case $out in
    "$dir/bad.pvt:$1: "*"$2"*) ;;
    *) fail "$out" "not $1: $2" ;;
    esac
}
refused 4:12 "a program has the domains d0, d1 and d2" \
    'init { dom d3 unprivileged }
run { }'
refused 4:12 "d0 is privileged" 'init { dom d1 privileged }
run { }'
refused 6:41 "15 pages" 'init {
  dom d0 privileged
  page d0 a b c d e f g h i j k l m n o p
}
run { }'
refused 7:7 "frames that have names" 'init {
  dom d0 privileged
  page d0 a
  pte a[0] = mfn:77 P
}
run { }'
refused 9:3 "answers this differently: -EINVAL by pin.twice" 'init {
  dom d0 privileged
  page d0 a
}
run { d0.0: pin L1 a -> 0
  d0.0: pin L1 a -> 0
}'
refused 8:7 "no call has returned" 'init {
  dom d0 privileged
  new d0 n
}
run { d0.0: pin L1 n -> 0
}'
out=$("$pinfold" print --program --packed "$dir/bad.pvt" 2>&1)
[ $? -eq 2 ] && grep -q 'not packed' <<<"$out" || fail "$out"
[ $rc -ne 0 ] || echo "all converted but $(wc -l <"$dir/refused") traces"
exit $rc
