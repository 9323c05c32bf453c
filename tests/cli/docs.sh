#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# docs.sh PINFOLD TOP
#
# The commands of README.md and docs/ that follow a "<!-- tested -->" line run
# as they stand (build/default/ is this build), one after the other in one
# folder for each document, and print what is shown. "<!-- file: NAME -->"
# makes a file of what follows.
set -u
pinfold=$1 top=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
rc=0 all=0
# A folder that looks as the top of the source tree does.
enter() {
    mkdir -p "$1/build/default/emu" && cd "$1" || exit 1
    ln -s "$pinfold" build/default/emu/pinfold
    ln -s "$(dirname "$(dirname "$pinfold")")/examples" build/default/examples
    ln -s "$top/traces" traces
    ln -s "$top/docs" docs
}
compare() {
    diff ../expected ../got && return
    echo "$1: of: $2"
    rc=1
}
for document in "$top"/README.md "$top"/docs/*.md; do
    name=${document##*/}
    enter "$work/$name.d/tree"
    awk -v session=../session '
        /^<!-- tested -->/ {t = 1; next}
        /^<!-- file: .* -->/ {file = $3; next}
        /^```/ && (t || file) {if (inside) {inside = t = 0; file = ""} else inside = 1; next}
        inside && file {print > file}
        inside && t {print > session}' "$document"
    [ -f ../session ] || continue
    n=0
    while IFS= read -r line; do
        case $line in
        '$ '*)
            [ $n -eq 0 ] || compare "$name" "$command"
            n=$((n + 1)) command=${line#\$ }
            : >../expected
            bash -c "$command" >../got 2>&1 </dev/null
            ;;
        *) printf '%s\n' "$line" >>../expected ;;
        esac
    done <../session
    compare "$name" "$command"
    echo "$name: $n commands"
    all=$((all + n))
done
[ $all -ge 20 ] || { echo "that is too few: $all"; rc=1; }
exit $rc
