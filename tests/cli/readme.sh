#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The commands of the README that follow a "<!-- tested -->" line run as they
# stand (build/default/emu/pinfold is this build's), and print what is shown.
set -u
pinfold=$1 top=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/build/default/emu" && ln -s "$pinfold" "$work/build/default/emu/pinfold"
ln -s "$(dirname "$(dirname "$pinfold")")/examples" "$work/build/default/examples"
ln -s "$top/traces" "$work/traces"
cd "$work" || exit 1
awk '/^<!-- tested -->/ {t = 1; next}
     t && /^```/ {if (inside) {inside = t = 0} else inside = 1; next}
     t && inside {print}' "$top/README.md" >session
n=0 rc=0
while IFS= read -r line; do
    case $line in
    '$ '*)
        [ $n -eq 0 ] || diff expected got || rc=1
        n=$((n + 1))
        : >expected
        bash -c "${line#\$ }" >got 2>&1
        ;;
    *) printf '%s\n' "$line" >>expected ;;
    esac
done <session
[ $n -gt 0 ] || { echo "README.md has no tested command"; exit 1; }
diff expected got || rc=1
echo "$n commands of the README"
exit $rc
