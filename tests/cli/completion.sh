#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# completion.sh PINFOLD TOP
#
# bash's completion, as readline drives it; and what it prints for other shells.
set -u
pinfold=$1 top=$2
script=$top/emu/cli/completion/pinfold.bash
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
touch run.pvt
mkdir bin && ln -s "$pinfold" bin/pinfold
PATH=$work/bin:$PATH
rc=0
wrong() { echo "$*"; rc=1; }
# becomes LINE EXPECTED: the words of LINE, the last to be completed.
becomes() {
    local got
    # shellcheck disable=SC2086
    got=$(bash "$script" pinfold $1 | tr '\n' ' ')
    [ "${got% }" = "$2" ] || wrong "pinfold $1: '${got% }', not '$2'"
}
has() {
    # shellcheck disable=SC2086
    bash "$script" pinfold $1 | grep -qxF -e "$2" || wrong "pinfold $1: no '$2'"
}
becomes expl explain
becomes "help sho" show
becomes "shrink --br" --break=
becomes "shrink --break=linear-w" --break=linear-writable
becomes "shrink --rule=l1e.for" --rule=l1e.foreign
becomes "shrink --answer=-EB" --answer=-EBUSY
becomes "show --format=h" --format=html
becomes "fuzz --on=" "--on=model --on=xen"
becomes "replay --xen=4.17" "--xen=4.17 --xen=4.17-debug"
becomes "replay run" ""
# Each command, and each option of each.
for command in $("$pinfold" --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p'); do
    has "${command:0:2}" "$command"
    for option in $("$pinfold" "$command" --help | grep -oE '^ {2,6}(-., )?--[a-z-]+=?' | grep -oE -e '--.*'); do
        has "$command --" "$option"
    done
done
n=$(bash "$script" pinfold shrink --rule= | wc -l)
[ "$n" -eq "$("$pinfold" rules | wc -l)" ] || wrong "$n rules"

# As bash itself does it: the words as it splits them, the function it calls.
# shellcheck disable=SC1090
. "$script"
complete -p pinfold | grep -q -- '-F _pinfold' || wrong "bash has no completion of pinfold"
COMP_WORDS=(pinfold shrink --break "=" pin-) COMP_CWORD=4
_pinfold
[ "${COMPREPLY[*]}" = pin-twice ] || wrong "bash: --break=pin- becomes '${COMPREPLY[*]}'"
COMP_WORDS=(pinfold replay run) COMP_CWORD=2
_pinfold
[ ${#COMPREPLY[@]} -eq 0 ] || wrong "bash: a file is '${COMPREPLY[*]}'"
exit $rc
