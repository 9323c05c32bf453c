# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# Shared by the scripts: installing what is missing, unpacking Xen, building.
# To be sourced. Sets: top, pinfold (the command), xen (hypervisor file).

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
logs=$top/build/log
pinfold=$top/build/default/emu/pinfold
xen=${PINFOLD_XEN:-$top/build/xen/xen-4.17}
xen_package=xen-hypervisor-4.17-amd64
mkdir -p "$logs"

needed=(binutils check cmake gcc libc6-dev libdw-dev libelf-dev libjansson-dev liblz4-dev
        liblzma-dev libsubunit-dev libxen-dev libzstd-dev libzydis-dev
        ninja-build pkg-config zlib1g-dev)
unicorn_version=2.1.4 # counts of blocks depend on it
# Without these the rest still works, and what is left out is said.
optional=(qemu-system-x86 valgrind gdb mandoc python3-pip)

say() { printf '== %s\n' "$*"; }

# stop SENTENCE...: something is missing that only the user can mend.
stop() {
    printf '%s\n' "$@" >&2
    exit 3
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        echo "neither root nor sudo: cannot run $*"
        return 1
    fi
}

# missing PACKAGE...: those that dpkg does not have.
missing() {
    local p
    for p in "$@"; do
        dpkg-query -W -f='${Status}' "$p" 2>/dev/null |
            grep -q ' installed$' || echo "$p"
    done
}

update_lists() {
    as_root apt-get -q -o APT::Update::Error-Mode=any update >>"$logs/apt" 2>&1
}

install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        --no-install-recommends install "$@" >>"$logs/apt" 2>&1
}

install_missing() {
    local need want p
    mapfile -t need < <(missing "${needed[@]}")
    mapfile -t want < <(missing "${optional[@]}")
    [ $((${#need[@]} + ${#want[@]})) -gt 0 ] || return 0
    say "installing ${need[*]} ${want[*]}"
    : >"$logs/apt"
    update_lists || say "the package lists cannot be refreshed: no network?"
    install "${need[@]}" "${want[@]}" && return 0
    if [ ${#need[@]} -gt 0 ] && ! install "${need[@]}"; then
        tail -n 5 "$logs/apt" >&2
        stop "These packages cannot be installed: ${need[*]}" \
            "Run as root: apt-get update && apt-get install ${need[*]}" \
            "(all of apt's output is in $logs/apt)"
    fi
    for p in "${want[@]}"; do
        install "$p" || say "$p cannot be installed, see $logs/apt"
    done
}

# The .deb of Xen: one that is here already, else downloaded.
xen_deb() {
    local dir=$1
    find_deb() {
        find "$@" -maxdepth 1 -name "${xen_package}_*.deb" 2>/dev/null |
            sort -V | tail -n 1
    }
    download() { (cd "$dir" && apt-get -q download "$xen_package"); }
    find_deb "$dir" /var/cache/apt/archives | grep . && return 0
    # Lists that are missing or out of date are the usual reason to fail.
    { download || { update_lists && download; }; } >"$logs/xen" 2>&1
    find_deb "$dir"
}

# Unpacks the hypervisor below build/, never installs it: installing would
# rewrite the boot menu of this machine.
unpack_xen() {
    local dir=$top/build/xen deb
    [ ! -s "$xen" ] && [ -z "${PINFOLD_XEN:-}" ] || return 0
    say "unpacking $xen_package below build/"
    mkdir -p "$dir"
    deb=$(xen_deb "$dir")
    if [ -n "$deb" ] && dpkg -x "$deb" "$dir/package" &&
        gunzip -c "$dir/package/boot/xen-4.17-amd64.gz" >"$xen.part"; then
        mv "$xen.part" "$xen"
    else
        rm -f "$xen.part"
        say "Xen's package cannot be had, see $logs/xen"
    fi
}

# Unicorn for the cpu engine: Debian 12's own is too old, so the wheel that
# PyPI has is unpacked below build/. Without it the engine is left out.
unpack_unicorn() {
    local dir=$top/build/unicorn wheel
    ! pkg-config --atleast-version=2.1 unicorn 2>/dev/null || return 0
    [ ! -s "$dir/unicorn/lib/libunicorn.a" ] || return 0
    say "unpacking Unicorn $unicorn_version below build/"
    mkdir -p "$dir/wheel"
    if python3 -m pip download -q --only-binary :all: --no-deps \
        -d "$dir/wheel" "unicorn==$unicorn_version" >"$logs/unicorn" 2>&1 &&
        wheel=$(find "$dir/wheel" -name '*.whl' | head -n 1) &&
        python3 -m zipfile -e "$wheel" "$dir/new" >>"$logs/unicorn" 2>&1; then
        rm -rf "$dir/unicorn"
        mv "$dir/new/unicorn" "$dir/unicorn"
        rm -rf "$dir/new"
    else
        say "Unicorn cannot be had (the cpu engine is left out), see" \
            "$logs/unicorn"
    fi
}

# kernel_file PACKAGE PATTERN TO: one file of a package, which is downloaded
# and never installed.
kernel_file() {
    local dir=$top/build/kernels package=$1
    [ ! -s "$dir/$3" ] || return 0
    (
        cd "$dir" && rm -f "${package}_"*.deb &&
            apt-get -q download "$package" &&
            dpkg-deb --fsys-tarfile "${package}_"*.deb |
            tar -xO --wildcards "$2" >"$3.part" && [ -s "$3.part" ] &&
            mv "$3.part" "$3"
        rm -f "${package}_"*.deb "$3.part"
    ) >>"$logs/kernels" 2>&1
}

# PV kernels of Debian, for the tests: GRUB, Linux, and busybox to run on it.
unpack_kernels() {
    local dir=$top/build/kernels
    mkdir -p "$dir"
    [ ! -s "$dir/grub" ] || [ ! -s "$dir/linux" ] || [ ! -s "$dir/busybox" ] ||
        return 0
    say "unpacking Debian's GRUB, Linux and busybox below build/"
    : >"$logs/kernels"
    fetch_kernels "$dir" || { update_lists && fetch_kernels "$dir"; } ||
        say "not all of them can be had, see $logs/kernels"
}

fetch_kernels() {
    local dir=$1 linux
    linux=$(apt-cache depends --important linux-image-amd64 2>/dev/null |
        awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }')
    kernel_file grub-xen-host './usr/lib/grub-xen/grub-x86_64-xen.bin' grub
    kernel_file busybox-static './bin/busybox' busybox
    [ -z "$linux" ] || kernel_file "$linux" './boot/vmlinuz-*' linux
    chmod +x "$dir/busybox" 2>/dev/null
    [ -s "$dir/grub" ] && [ -s "$dir/linux" ] && [ -s "$dir/busybox" ]
}

toolstack_packages=(xen-utils-4.17 libxenmisc4.17 libxencall1
    libxendevicemodel1 libxenevtchn1 libxenforeignmemory1 libxengnttab1
    libxenhypfs1 libxenstore4 libxentoolcore1 libxentoollog1 libyajl2)

# Xen's toolstack, and a Linux that can be its dom0, for the tests: unpacked
# below build/xl, and never installed, for that would start daemons.
unpack_toolstack() {
    local dir=$top/build/xl
    [ ! -s "$dir/complete" ] || return 0
    say "unpacking Xen's toolstack and a Linux for dom0 below build/"
    mkdir -p "$dir"
    : >"$logs/toolstack"
    fetch_toolstack "$dir" || { update_lists && fetch_toolstack "$dir"; } ||
        say "Xen's toolstack cannot be had, see $logs/toolstack"
}

fetch_toolstack() {
    local dir=$1 linux deb
    linux=$(apt-cache depends --important linux-image-amd64 2>/dev/null |
        awk '$1 == "Depends:" && $2 ~ /^linux-image-/ { print $2; exit }')
    (
        rm -rf "$dir/new" && mkdir -p "$dir/new/debs" && cd "$dir/new/debs" &&
            [ -n "$linux" ] &&
            apt-get -q download "${toolstack_packages[@]}" "$linux" || exit 1
        for deb in linux-image-*.deb; do
            dpkg-deb --fsys-tarfile "$deb" |
                tar -xC "$dir/new" --wildcards './boot/vmlinuz-*' \
                    './lib/modules/*/kernel/drivers/xen/*' || exit 1
            rm "$deb"
        done
        for deb in *.deb; do dpkg -x "$deb" "$dir/new" || exit 1; done
        unpack_bzimage "$dir"/new/boot/vmlinuz-* "$dir/new/vmlinux" &&
            rm -rf "$dir/new/debs" "$dir/root" && mv "$dir/new" "$dir/root" &&
            echo "${linux#linux-image-}" >"$dir/complete"
    ) >>"$logs/toolstack" 2>&1
}

# unpack_bzimage FROM TO: the ELF in it, which Xen starts seconds earlier.
unpack_bzimage() {
    number() { od -An -tu"$2" -j"$1" -N"$2" "$3" | tr -d ' '; }
    local at length
    at=$((($(number 497 1 "$1") + 1) * 512 + $(number 584 4 "$1")))
    length=$(number 588 4 "$1")
    tail -c +$((at + 1)) "$1" | head -c "$length" | xz -dc --single-stream >"$2"
    [ "$(head -c 4 "$2")" = $'\x7fELF' ]
}

# Why actual Xen cannot be run here; nothing if it can.
no_xen() {
    if ! command -v qemu-system-x86_64 >/dev/null; then
        echo "qemu-system-x86_64 is not installed (package qemu-system-x86)"
    elif [ ! -s "$xen" ]; then
        echo "there is no hypervisor at $xen (package $xen_package)"
    fi
}

# build PRESET [TARGET...]
build() {
    local preset=$1 log=$logs/build-$1
    shift
    say "building ($preset)"
    (cd "$top" && cmake --preset "$preset" &&
        cmake --build --preset "$preset" ${1:+--target "$@"}) \
        >"$log" 2>&1 && return 0
    grep -E 'error|Error|FAILED' -A 5 "$log" | head -n 60 >&2
    echo "The build failed; all of it is in $log" >&2
    return 1
}
