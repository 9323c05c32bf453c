#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# install.sh BUILD TOP CC: what is installed is enough to link a guest, by
# pkg-config and by CMake.
set -u
build=$1 top=$2 cc=$3
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
cmake --install "$build" --prefix "$dir/usr" >"$dir/log" 2>&1 ||
    { cat "$dir/log"; exit 1; }
for page in "$top"/docs/man/*.1; do
    [ -f "$dir/usr/share/man/man1/${page##*/}" ] || { echo "${page##*/} is not installed"; exit 1; }
done
shells=$dir/usr/share
for file in bash-completion/completions/pinfold zsh/site-functions/_pinfold \
    fish/vendor_completions.d/pinfold.fish; do
    [ -s "$shells/$file" ] || { echo "$file is not installed"; exit 1; }
    grep -q '@completion@' "$shells/$file" && { echo "$file is not filled in"; exit 1; }
done
# Debian's shells look for completions there; fish's is tried if it is here.
if command -v fish >/dev/null; then
    got=$(PATH=$dir/usr/bin:$PATH fish --no-config -c "source $shells/fish/vendor_completions.d/pinfold.fish
        complete -C 'pinfold shrink --break=linear-w'")
    [ "${got%%[[:space:]]*}" = --break=linear-writable ] || { echo "fish completes '$got'"; exit 1; }
fi
cp -r "$top/examples/guest" "$dir/guest" || exit 1
rm "$dir/guest/fuzz.c" # another program
expected='the guest has slept for 5 ms
349 hypercalls, 0 refused, 2196 pages touched'

[ -f "$dir/usr/share/pinfold/pinfold-gdb.py" ] ||
    { echo "pinfold-gdb.py is not installed"; exit 1; }

pc=$(dirname "$(find "$dir/usr" -name pinfold.pc)")
export PKG_CONFIG_PATH=$pc
sources=("$dir"/guest/*.c)
# shellcheck disable=SC2046
"$cc" -D_GNU_SOURCE -include pinfold/m2p.h $(pkg-config --cflags pinfold) \
    "${sources[@]}" $(pkg-config --libs pinfold) -o "$dir/by-pkg-config" || exit 1
[ "$("$dir/by-pkg-config")" = "$expected" ] ||
    { echo "by pkg-config: $("$dir/by-pkg-config")"; exit 1; }

cat >"$dir/guest/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(guest C)
find_package(pinfold REQUIRED)
file(GLOB sources *.c)
add_executable(by-cmake ${sources})
target_compile_definitions(by-cmake PRIVATE _GNU_SOURCE)
target_compile_options(by-cmake PRIVATE -include pinfold/m2p.h)
target_link_libraries(by-cmake PRIVATE pinfold::pinfold)
CMAKE
cmake -S "$dir/guest" -B "$dir/out" -DCMAKE_PREFIX_PATH="$dir/usr" \
    -DCMAKE_C_COMPILER="$cc" >"$dir/log" 2>&1 &&
    cmake --build "$dir/out" >>"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
[ "$("$dir/out/by-cmake")" = "$expected" ] ||
    { echo "by CMake: $("$dir/out/by-cmake")"; exit 1; }
