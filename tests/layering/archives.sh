#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# archives.sh CC NAME=ARCHIVE...
#
# Dependencies point one way, seen in what each archive needs from outside:
#   xen-model   what a compiler may emit on its own; no writable data either
#   xen-decode  the same, and Zydis
#   guest-mm    the same, and its platform
#   packed      zstd, libc
#   traces      xen-model, xen-decode, packed, libc
#   elf         libelf, liblzma, zlib, liblz4, libzstd, libc
#   shim host   traces, xen-model, elf, libc
#   domain      xen-model, libc; no writable data
set -u
cc=$1
shift
declare -A archive
for pair in "$@"; do archive[${pair%%=*}]=${pair#*=}; done
rc=0

defined() { nm --defined-only "$1" 2>/dev/null | awk 'NF == 3 {print $3}'; }
libc() {
    nm -D --defined-only "$("$cc" -print-file-name=libc.so.6)" |
        awk '{sub(/@.*/, "", $3); print $3}'
}
# needs ARCHIVE: undefined symbols that the archive does not define itself.
needs() {
    comm -23 <(nm -u "$1" 2>/dev/null | awk '$1 == "U" {print $2}' | sort -u) \
        <(defined "$1" | sort -u)
}
# only NAME WHAT <allowed: every symbol that NAME needs is allowed.
only() {
    local bad
    [ -n "${archive[$1]:-}" ] || return 0
    [ -n "$(defined "${archive[$1]}")" ] || { echo "$1: no symbols"; rc=1; }
    bad=$(comm -23 <(needs "${archive[$1]}") <(sort -u)) || rc=1
    [ -z "$bad" ] || {
        echo "$1 may need only $2, but needs:" $bad
        rc=1
    }
}
compiler() { printf '%s\n' mem{cpy,set,move,cmp} _GLOBAL_OFFSET_TABLE_; }

compiler | only xen-model "memcpy, memmove, memset, memcmp"
{ compiler; needs "${archive[xen-decode]:-/dev/null}" | grep '^Zydis'; } |
    only xen-decode "Zydis (ZydisDecoder*, ZydisRegister*)"
{ compiler; needs "${archive[guest-mm]:-/dev/null}" | grep '^mm_plat_'; } |
    only guest-mm "its platform (mm_plat_*)"
{ compiler; libc; needs "${archive[pinfold-packed]}" | grep '^ZSTD_'; } |
    only pinfold-packed "zstd (ZSTD_*) and libc"
{
    compiler
    libc
    defined "${archive[xen-model]}"
    defined "${archive[xen-decode]:-/dev/null}"
    defined "${archive[pinfold-packed]}"
} | only traces "xen-model, xen-decode, packed and libc"
{
    compiler
    libc
    defined "${archive[xen-model]}"
    defined "${archive[traces]:-/dev/null}"
    defined "${archive[pinfold-elf]}"
} | only pinfold-shim-host "traces, xen-model, elf and libc"
{
    compiler
    libc
    needs "${archive[pinfold-elf]}" | grep -E '^(g?elf|lzma|inflate|LZ4|ZSTD)'
} | only pinfold-elf "libelf, liblzma, zlib, liblz4, libzstd and libc"
{
    compiler
    libc
    defined "${archive[xen-model]}"
} | only pinfold-domain "xen-model and libc"

# Two machines in one process never meet: the model has no state of its own.
for library in xen-model xen-decode pinfold-domain; do
    state=$(size -A "${archive[$library]}" |
        awk '/ex /{file = $1} $2 > 0 && $1 ~ /^\.(t?bss|t?data)/ &&
             $1 !~ /^\.data\.rel\.ro/ {print file, $1, $2, "bytes"}')
    [ -z "$state" ] || {
        echo "$library has writable data of its own:"
        echo "$state"
        rc=1
    }
done
exit $rc
