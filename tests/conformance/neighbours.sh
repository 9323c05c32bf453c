#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# neighbours.sh TOOL TOP: a neighbour that is none is told, with its file and
# the reason.
set -u
tool=$1 top=$2
suite=$(mktemp -d) || exit 1
trap 'rm -rf "$suite"' EXIT
rc=0
there=$suite/l1-ownerless.pvt here=$suite/l1-ownerless-own.pvt

# The two traces as they are, then SED, if there is one, applied to FILE.
prepare() { # [FILE SED]
    rm -f "$suite"/*
    cp "$top"/traces/suite/l1-ownerless{,-own}.pvt "$suite"
    [ $# -eq 0 ] || sed -i "$2" "$1"
}
collect() {
    "$tool" "$top/docs/rules-reference.md" "$top/docs/model-only.txt" \
        "$suite" "$suite/out" --neighbours 2>&1
}
good() { # WHAT [FILE SED]
    local what=$1 got
    shift
    prepare "$@"
    got=$(collect) && [ -z "$got" ] || { echo "$what: refused: $got"; rc=1; }
}
bad() { # REASON FILE SED
    local reason=$1 got code
    shift
    prepare "$@"
    got=$(collect)
    code=$?
    if [ $code -ne 1 ] || [ "$got" != "$here: $reason" ]; then
        printf '%s\n  got:  %s\n  want: %s\n' "exit $code" "$got" "$here: $reason"
        rc=1
    fi
}
one_line='init and run must differ from those of l1-ownerless in one line, results aside'

good "the pair"
good "a result" "$here" "s/-> 0$/-> -EINVAL/"
good "a final block" "$here" '/final {/,$d'
good "comments and blank lines" "$here" 's/^run {/# A comment.\n\n&/'
good "a step more" "$here" 's/^.*:= data.*/  d1.0: unpin table -> 0/'
good "a step less" "$here" '/:= data/d'
bad "the suite has no trace l1-owned to be a neighbour of" \
    "$here" 's/^neighbour l1-ownerless/neighbour l1-owned/'
bad "l1-ownerless has no step that is refused by l1e.foreign" \
    "$here" '/^neighbour/s/$/ l1e.foreign/'
bad "l1-ownerless has no step that is refused by l1e.ownerless" \
    "$there" 's/ by .*//'
bad "a step is refused by l1e.ownerless, which is silenced" \
    "$here" 's/data P US -> 0/data P US -> -EBUSY by l1e.ownerless/'
bad "$one_line" "$here" 's/:= data P/:= free P/'
bad "$one_line" "$here" 's/pin L1/pin L2/'
bad "$one_line" "$here" 's/page d1/page d1 more/'
bad "$one_line" "$here" '/:= data/s/.*/&\n&/'
bad "$one_line" "$here" '/pin L1/d'
exit $rc
