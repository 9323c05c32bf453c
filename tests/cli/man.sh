#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# man.sh PINFOLD TOP
#
# Every sub-command has a page, which names the options that --help names, and
# no others; and every page is a sub-command's.
set -u
pinfold=$1 top=$2
man=$top/docs/man
rc=0
wrong() { echo "$*"; rc=1; }
# Lines of --help that begin with an option; headings of the section OPTIONS.
helped() { "$pinfold" "$1" --help | sed -n 's/^ \{2,6\}\(-., \)\{0,1\}--\([a-z-]*\).*/\2/p' | sort -u; }
named() {
    sed -n '/^\.SH OPTIONS/,/^\.SH EXIT/p' "$1" | sed 's/\\-/-/g' |
        sed -n 's/^\\fB\(-.\\fR, \\fB\)\{0,1\}--\([a-z-]*\)\\fR.*/\2/p' | sort -u
}
commands=$("$pinfold" --help | sed -n 's/^  \([a-z]*\)  *\([a-z].*\)/\1/p')
n=0
for command in $commands; do
    page=$man/pinfold-$command.1
    [ -f "$page" ] || { wrong "$command has no page docs/man/pinfold-$command.1"; continue; }
    [ -n "$(named "$page")" ] || wrong "$page names no option"
    diff <(helped "$command") <(named "$page") >/dev/null || {
        wrong "$command: --help (<) and its page (>) name different options:"
        diff <(helped "$command") <(named "$page") | grep '^[<>]'
    }
    grep -qx "pinfold.\-$command .*" "$page" || wrong "$page: no NAME"
    grep -q "pinfold..$command (1)" "$man/pinfold.1" || wrong "pinfold.1 does not name $command"
    cmp -s <("$pinfold" help "$command") <("$pinfold" "$command" --help) ||
        wrong "pinfold help $command is not what --help prints"
    n=$((n + 1))
done
for page in "$man"/pinfold-*.1; do
    command=${page##*/pinfold-}
    echo "$commands" | grep -qx "${command%.1}" || wrong "$page: there is no such command"
done
"$pinfold" help nonsense >/dev/null 2>&1
[ $? -eq 2 ] || wrong "help nonsense: not exit 2"
if command -v mandoc >/dev/null; then
    mandoc -Tlint -Wwarning "$man"/*.1 || wrong "mandoc has something against a page"
elif command -v man >/dev/null; then
    for page in "$man"/*.1; do
        [ -z "$(man --warnings -l "$page" 2>&1 >/dev/null)" ] || wrong "man warns of $page"
    done
fi
echo "$n pages"
[ $n -ge 9 ] && exit $rc
