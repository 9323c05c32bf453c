#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# includes.sh TOP
#
# No source includes a header of a layer above its own.
set -u
top=$1
rc=0
# layer FOLDER ALLOWED...: which of the project's headers FOLDER may include.
layer() {
    local folder=$1 found
    shift
    found=$(find "$top/$folder" \( -name '*.[chS]' -o -name '*.def' \) \
        -not -path '*/tests/*' -exec \
        grep -HnE '#[[:space:]]*include[[:space:]]*<(xen-model|xen-decode|packed|traces|guest-mm|shim|record)/' {} + |
        grep -vE "<($(IFS='|'; echo "$*"))/")
    [ -z "$found" ] || {
        echo "$folder may include only: $*"
        echo "${found//$top\//}"
        rc=1
    }
    # Private headers of another folder are not reached by path either.
    found=$(find "$top/$folder" -name '*.[ch]' -not -path '*/tests/*' -exec \
        grep -HnE '#[[:space:]]*include[[:space:]]*"(\.\./)+(xen-model|traces|guest-mm|shim|emu)' {} +)
    [ -z "$found" ] || {
        echo "reaches into another folder: ${found//$top\//}"
        rc=1
    }
}
layer xen-model/include xen-model
layer xen-model/src xen-model
layer xen-model/decode xen-decode xen-model
layer traces/packed packed
layer traces traces packed xen-model xen-decode
layer guest-mm guest-mm
layer shim/guest shim guest-mm xen-model
layer shim/host shim traces xen-model guest-mm
layer emu/record record traces packed xen-model
layer emu/report traces xen-model
layer emu/domain xen-model
layer emu/cpu xen-model xen-decode
exit $rc
