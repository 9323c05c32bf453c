# SPDX-License-Identifier: MIT
#
# Shared by the scripts: installing what is missing, unpacking Xen, building.
# To be sourced. Sets: top, xen (hypervisor file), left_out (array of reasons).

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
xen=$top/build/xen/xen-4.17
xen_package=xen-hypervisor-4.17-amd64
left_out=()

packages=(binutils check cmake gcc libc6-dev libjansson-dev libsubunit-dev
          libxen-dev ninja-build pkg-config python3-minimal qemu-system-x86 valgrind)
# Without these there is no comparison with actual Xen, but the rest works.
optional=" qemu-system-x86 valgrind "

say() { printf '== %s\n' "$*"; }

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

installed() {
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q ' installed$'
}

install_missing() {
    local p missing=()
    for p in "${packages[@]}"; do
        installed "$p" || missing+=("$p")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${missing[*]}"
    as_root apt-get update -q >/dev/null 2>&1 ||
        say "the package lists could not be refreshed (no network?)"
    for p in "${missing[@]}"; do
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
            --no-install-recommends "$p" >/dev/null 2>&1 && continue
        if [[ $optional == *" $p "* ]]; then
            left_out+=("$p cannot be installed")
        else
            echo "cannot install $p: check the network and 'apt-get install $p'" >&2
            exit 3
        fi
    done
}

# Unpacks the hypervisor below build/, never installs it: installing would
# rewrite the boot menu of this machine.
unpack_xen() {
    local dir=$top/build/xen deb
    [ ! -s "$xen" ] || return 0
    mkdir -p "$dir"
    say "unpacking $xen_package below build/"
    deb=$(find "$dir" /var/cache/apt/archives -maxdepth 1 \
        -name "${xen_package}_*.deb" 2>/dev/null | head -n 1)
    if [ -z "$deb" ]; then
        (cd "$dir" && { apt-get download -q "$xen_package" ||
            { as_root apt-get update -q && apt-get download -q "$xen_package"; }
        }) >/dev/null 2>&1
        deb=$(find "$dir" -maxdepth 1 -name "${xen_package}_*.deb" | head -n 1)
    fi
    if [ -z "$deb" ] || ! dpkg -x "$deb" "$dir/package" ||
        ! gunzip -c "$dir"/package/boot/xen-4.17-amd64.gz >"$xen"; then
        rm -f "$xen"
        left_out+=("Xen's package $xen_package cannot be downloaded")
    fi
}

have_xen() { [ -s "$xen" ] && command -v qemu-system-x86_64 >/dev/null; }

# build PRESET [TARGET...]
build() {
    local preset=$1 log=$top/build/$1.log
    shift
    mkdir -p "$top/build"
    say "building ($preset)"
    (cd "$top" && cmake --preset "$preset" &&
        cmake --build "build/$preset" ${1:+--target "$@"}) >"$log" 2>&1 ||
        { tail -n 40 "$log" >&2; echo "the build failed, see $log" >&2; exit 1; }
}
