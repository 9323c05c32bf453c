# SPDX-License-Identifier: MIT
#
# Unicorn, which executes guests in the cpu engine. 2.1 is the first version
# whose x86 works for it: the system's if it is as new, else the one that
# script/lib.sh unpacks below build/. Sets PINFOLD_HAVE_UNICORN and the target
# unicorn::unicorn.
set(PINFOLD_UNICORN "${PROJECT_SOURCE_DIR}/build/unicorn/unicorn"
    CACHE PATH "Unicorn as its wheel has it: include/ and lib/")
option(PINFOLD_CPU "The cpu engine (needs Unicorn 2.1)" ON)

set(PINFOLD_HAVE_UNICORN OFF)
if(PINFOLD_CPU)
    pkg_check_modules(UNICORN QUIET IMPORTED_TARGET unicorn>=2.1)
    if(UNICORN_FOUND)
        add_library(unicorn::unicorn ALIAS PkgConfig::UNICORN)
        set(PINFOLD_HAVE_UNICORN ON)
    elseif(EXISTS "${PINFOLD_UNICORN}/lib/libunicorn.a")
        find_package(Threads REQUIRED)
        add_library(unicorn::unicorn STATIC IMPORTED)
        set_target_properties(unicorn::unicorn PROPERTIES
            IMPORTED_LOCATION "${PINFOLD_UNICORN}/lib/libunicorn.a"
            INTERFACE_INCLUDE_DIRECTORIES "${PINFOLD_UNICORN}/include"
            INTERFACE_LINK_LIBRARIES "Threads::Threads;m")
        set(PINFOLD_HAVE_UNICORN ON)
    else()
        message(STATUS "The cpu engine (pinfold run) is left out: there is no "
                "Unicorn 2.1 or newer. script/test fetches it; or unpack its "
                "wheel from PyPI and say -DPINFOLD_UNICORN=DIR/unicorn")
    endif()
endif()
