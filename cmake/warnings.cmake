# SPDX-License-Identifier: MIT
#
# pinfold-options: what every target of the host is compiled with.
add_library(pinfold-options INTERFACE)
target_compile_options(pinfold-options INTERFACE
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror)
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
