#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# xl.sh PINFOLD SHIM TOP HYPERVISOR KERNELS
#
# Traces are replayed by themselves as guests of actual Xen, made by its real
# toolstack (xl create) on a Linux in QEMU: what the consoles have is what the
# model says. And one binary on three machines: guest-mm's methods print the same
# to the letter as such a guest, as dom0 of actual Xen, and on the cpu engine.
set -u
pinfold=$1 shim=$2 top=$3 hypervisor=$4 kernels=$5
. "$(dirname "$0")/lib.sh"
need busybox busybox-static
xl=$top/build/xl root=$top/build/xl/root
[ -s "$xl/complete" ] || {
    echo "there is no Xen toolstack below $xl (script/test fetches it)"
    exit 77
}
command -v qemu-system-x86_64 >/dev/null || {
    echo "qemu-system-x86_64 is not installed (package qemu-system-x86)"
    exit 77
}
[ -s "$hypervisor" ] || {
    echo "there is no hypervisor at $hypervisor (script/test fetches it)"
    exit 77
}
export PINFOLD=$pinfold PINFOLD_SHIM=$shim
traces=${XL_TRACES:-adj-upper adr-xen-slots-read gnt-version-range l1-map-table
    l4-last-xen-slot lin-counters-l4 linear-target-names mem-populate
    ptwr-across-entries seg-load-within}

files=()
run=()
for trace in $traces; do
    PINFOLD_SEEN_AT=/guests/$trace "$top/script/xl-replay" --write \
        "$work/$trace" "$top/traces/suite/$trace.pvt" >/dev/null || exit 1
    run+=("$trace")
    for file in shim.elf program guest.cfg; do
        files+=("/guests/$trace/$file=$work/$trace/$file")
    done
done
cat >"$work/methods.cfg" <<END
name = "methods"
type = "pv"
kernel = "/guests/methods/shim.elf"
extra = "methods"
memory = 32
on_poweroff = "destroy"
on_crash = "destroy"
END
files+=("/guests/methods/shim.elf=$shim"
    "/guests/methods/guest.cfg=$work/methods.cfg")
modules=$(echo "$root"/lib/modules/*/kernel/drivers/xen)
files+=(/lib/xen/privcmd.ko="$modules/xen-privcmd.ko"
    /lib/xen/xenfs.ko="$modules/xenfs/xenfs.ko"
    /lib/xen/evtchn.ko="$modules/xen-evtchn.ko"
    /lib/xen/gntdev.ko="$modules/xen-gntdev.ko")
# Programs, and the libraries that they find: Xen's own, and this machine's.
declare -A found=()
for program in xl xenstored xenconsoled xen-init-dom0; do
    at=$root/usr/lib/xen-4.17/bin/$program
    files+=("/lib/xen/bin/$program=$at")
    while read -r name path; do
        [ -z "${found[$name]:-}" ] || continue
        found[$name]=$path
        files+=("/lib/xen/$name=$path")
    done < <(LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu ldd "$at" |
        awk '$2 == "=>" { print $1, $3 }')
done
files+=(/lib64/ld-linux-x86-64.so.2=/lib64/ld-linux-x86-64.so.2
    /init="$(dirname "$0")/xl-init")
"$top/script/initramfs" "$kernels/busybox" "$work/initramfs" "${files[@]}" ||
    exit 1

# machine INITRD DOM0_MEM LOG
machine() {
    timeout 600 qemu-system-x86_64 -display none -nodefaults -monitor none \
        -no-reboot -m 512 -cpu qemu64,+rdrand -serial "file:$work/serial" \
        -kernel "$hypervisor" -initrd "$1" \
        -append "com1=115200,8n1 console=com1 dom0_mem=$2 sched=credit"
    tr -d '\r' <"$work/serial" >"$3"
}
machine "$root/vmlinux console=hvc0 quiet,$work/initramfs" 256M "$work/log"
grep -qx 'ALL DONE' "$work/log" || {
    tail -n 40 "$work/log"
    echo "the machine did not come to its end"
    exit 1
}
rc=0 steps=0
for trace in "${run[@]}"; do
    sed -n "/^BEGIN $trace /,/^END $trace\$/p" "$work/log" >"$work/console"
    grep -q "^BEGIN $trace reason code 0\$" "$work/console" &&
        "$pinfold" diff "$work/console" "$top/traces/suite/$trace.pvt" \
            >"$work/diff" && n=$(sed -n 's/.* \([0-9]*\) steps:.*/\1/p' "$work/diff") &&
        steps=$((steps + n)) && continue
    rc=1
    echo "$trace:"
    cat "$work/diff"
    head -c 2000 "$work/console"
done
echo "${#run[@]} traces, $steps steps that agree"
[ ${#run[@]} -ge 5 ] || rc=1

# methods LOG OF
methods() {
    sed -n '/^pinfold methods$/,/^pinfold methods: done$/p' "$1" >"$work/$2"
}
sed -n '/^BEGIN methods /,/^END methods$/p' "$work/log" >"$work/guest"
methods "$work/guest" xl
[ "$(grep -c '^method .*: 0$' "$work/xl")" -eq 5 ] || {
    cat "$work/guest"
    echo "the five methods have not all come to their end"
    exit 1
}
machine "$shim methods" 64M "$work/dom0-log"
methods "$work/dom0-log" dom0
machines=(xl dom0)
"$pinfold" run --memory=32M --append=methods "$shim" >"$work/cpu-log" 2>/dev/null
case $? in
3) echo "the cpu engine is left out: two machines" ;;
*) methods "$work/cpu-log" cpu && machines+=(cpu) ;;
esac
for one in "${machines[@]}"; do
    diff "$work/xl" "$work/$one" || { echo "xl and $one differ"; rc=1; }
done
echo "methods: the same on ${machines[*]}"
exit $rc
