#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# freestanding.sh CC TOP
#
# The model and guest-mm compile with nothing but the compiler's own headers
# and Xen's public ones: no libc is in sight.
set -u
cc=$1 top=$2
rc=0 n=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
xen=$(echo '#include <xen/xen.h>' | "$cc" -E -xc - |
    sed -n 's|^# 1 "\(.*\)/xen/xen.h".*|\1|p' | head -n 1)
mkdir "$work/include"
ln -s "$xen/xen" "$work/include/xen"
case $("$cc" --version) in
*clang*) own=$("$cc" -print-resource-dir)/include ;;
*) own=$("$cc" -print-file-name=include) ;;
esac
while read -r source; do
    n=$((n + 1))
    "$cc" -std=c11 -ffreestanding -nostdinc -isystem "$own" \
        -D__XEN_INTERFACE_VERSION__=0x00040e00 \
        -isystem "$work/include" -I"$top/xen-model/include" \
        -I"$top/guest-mm/include" -fsyntax-only "$source" || {
        echo "not freestanding: $source"
        rc=1
    }
done < <(find "$top/xen-model/src" "$top/guest-mm/src" -name '*.c')
echo "$n sources"
[ $n -gt 0 ] || rc=1
exit $rc
