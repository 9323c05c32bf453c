#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The domUs on actual Xen: one that has used up its frames is built again, also
# when dom0 still maps some of them; one that has crashed is told from one that
# hangs, and the next trace finds a new machine.
set -u
. "$(dirname "$0")/needs-xen.sh"
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
rc=0

{
    printf 'pvt 1\ntest many\n"Half of the frames that a domU has."\ninit {\n'
    printf '  dom d0 privileged\n  dom d1 unprivileged\n  page d0 t0\n'
    for ((i = 0; i < 4000; i += 10)); do
        printf '  page d1'
        for ((k = i; k < i + 10; k++)); do printf ' p%d' "$k"; done
        printf '\n'
    done
    printf '}\nrun {\n  d0.0: pin L1 t0 -> 0\n  d1.0: pin L1 p0 -> 0\n'
    printf '  d0.1: mmu_update fd=d1 t0[0] := p1 P RW US -> 0\n'
    printf '  d1.1: mmu_update p0[0] := p1 P RW US -> 0\n}\n'
    printf 'final {\n  general p1 = 3\n}\n'
} >"$dir/many.pvt"
cat >"$dir/crash.pvt" <<'EOF'
pvt 1
test crash
"A domain without its own map has nothing left to run on."
init {
  dom d2 unprivileged
  page d2 l4
}
run {
  d2.0: new_baseptr l4 -> 0
}
EOF

# expect CODE LINE TRACE...: the exit code, and a line of the output.
expect() {
    local code=$1 line=$2 out got
    shift 2
    out=$("$pinfold" replay --on xen "$@")
    got=$?
    [ $got -eq "$code" ] && grep -Eq -- "$line" <<<"$out" && return
    printf 'exit %d, not %d, or no "%s" in:\n%s\n' $got "$code" "$line" "$out"
    rc=1
}

many=$dir/many.pvt
expect 0 '^4 traces, 16 steps .*: 0 differences$' "$many" "$many" "$many" "$many"
expect 1 '^  domain 2 has crashed$' "$dir/crash.pvt"
expect 1 '^3 traces, 9 steps .*: 1 differences$' "$many" "$dir/crash.pvt" "$many"
exit $rc
