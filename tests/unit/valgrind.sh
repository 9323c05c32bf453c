#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs a command under Valgrind: no error, no leak. Check's tests do not fork,
# so that Valgrind sees one process from its beginning to its end.
set -u
if ! command -v valgrind >/dev/null; then
    echo "valgrind is not installed"
    exit 77
fi
CK_FORK=no exec valgrind --quiet --error-exitcode=99 --leak-check=full \
    --errors-for-leak-kinds=definite "$@"
