# SPDX-License-Identifier: MIT
#
# pinfold-options: what every target of the host is compiled and linked with.
# (The shim's kernel is freestanding and has flags of its own.)
add_library(pinfold-options INTERFACE)
target_compile_options(pinfold-options INTERFACE
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror)
# POSIX and GNU functions of libc, while the language stays C11.
target_compile_definitions(pinfold-options INTERFACE _GNU_SOURCE)
# Xen's public headers give the names of this version, not the oldest ones.
target_compile_definitions(pinfold-options INTERFACE
    __XEN_INTERFACE_VERSION__=0x00040e00)

if(PINFOLD_SANITIZE)
    target_compile_options(pinfold-options INTERFACE
        -fsanitize=address,undefined -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    target_link_options(pinfold-options INTERFACE
        -fsanitize=address,undefined)
endif()
if(PINFOLD_COVERAGE)
    target_compile_options(pinfold-options INTERFACE --coverage)
    target_link_options(pinfold-options INTERFACE --coverage)
endif()
if(PINFOLD_FUZZ)
    if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "libFuzzer comes with clang: "
                "use the preset fuzz, or CC=clang")
    endif()
    # { NULL } ends a table: gcc knows, clang complains.
    target_compile_options(pinfold-options INTERFACE
        -Wno-missing-field-initializers
        -fsanitize=fuzzer-no-link,address,undefined
        -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(pinfold-options INTERFACE
        -fsanitize=address,undefined)
endif()
