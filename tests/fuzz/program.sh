#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A file that a fuzzer has left replays as it is, whatever is in it.
set -u
out=$("$1" replay "$2"/* /dev/null 2>&1)
code=$?
# /dev/null is an empty trace, and malformed.
grep -q '^/dev/null:1:1: ' <<<"$out" || { echo "$out"; exit 1; }
[ $code -eq 2 ] || { echo "exit $code, not 2"; exit 1; }
out=$("$1" replay "$2"/*) || { echo "$out"; exit 1; }
grep -Eq '^[1-9][0-9]* traces, [0-9]+ steps on the model: 0 differences$' <<<"$out" ||
    { echo "$out"; exit 1; }
