#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# hostile.sh PINFOLD KERNEL
#
# Whatever a kernel does, and whatever a file for one is, `pinfold run` ends, in
# time, with a clear report.
set -u
pinfold=$1 kernel=$2
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
rc=0
wrong() { echo "$*"; rc=1; }

# run CODE OPTION... -- LINE...: each is a regular expression. One name of the
# options is the kernel's.
run() {
    local code=$1 line options=()
    shift
    while [ "$1" != -- ]; do options+=("$1"); shift; done
    shift
    timeout -k 5 60 "$pinfold" run "${options[@]}" >out 2>err </dev/null
    [ $? -eq "$code" ] || wrong "${options[*]}: not exit $code"
    for line; do
        grep -qE -e "$line" err || { wrong "${options[*]}: no line '$line'"; cat err; }
    done
}
# guest CODE LETTER OPTION... -- LINE...
guest() {
    local code=$1 letter=$2
    shift 2
    run "$code" --memory=16M --append="$letter" "$kernel" "$@"
}
stopped='^pinfold run: the guest was stopped:'
crashed='^pinfold run: the guest crashed:'

guest 0 o -- '^pinfold run: the guest powered off$'
guest 1 c -- 'the guest says that it crashed' '^  sched_op\(0x2, ' ' shut_down\+0x'
guest 1 l --timeout=1 -- "$stopped the time that --timeout gives it is over" ' loop\+0x0'
guest 1 l --max-blocks=1000 -- "$stopped the limit of blocks is reached"
guest 1 h --timeout=1 -- "$stopped the time .* is over" '^  xen_version\(0x0, '
guest 1 y -- "$stopped" ' yield\+0x'
guest 1 w -- "$stopped all vCPUs wait, and nothing will wake them" ' wait\+0x'
guest 1 n -- "$crashed .* exception 14 .*cr2 0x10" ' callee\+0x0$' ' caller\+0x5$'
guest 1 j -- "$crashed .* exception 13" '^  4000000000000000$'
guest 1 s -- "$crashed .* exception 14 .*error code 0x2" ' no_stack\+0x2$'
guest 1 r -- "$crashed" '^  mmu_update\(.* by mmu' 'What to do:' ' callee\+0x0$'

# What is recorded of it replays, though frames have other numbers there.
guest 0 f --record=record.pvt -- 'the guest powered off'
grep -q ':= free P RW .*-> -EBUSY' record.pvt || wrong "no free frame in the recording"
"$pinfold" replay record.pvt >out 2>&1 || { wrong "the recording differs"; cat out; }

# Blocks that take their time: the end does not wait for millions of them.
begin=$SECONDS
guest 1 m --timeout=1 -- "$stopped the time .* is over" ' modify\+0x'
[ $((SECONDS - begin)) -lt 20 ] || wrong "m: stopped after $((SECONDS - begin)) s"

# A signal, while what is to be typed is waited for.
mkfifo typed
sleep 60 >typed &
"$pinfold" run --memory=16M --append=w "$kernel" <typed >out 2>err &
pid=$!
sleep 1
kill -TERM $pid
wait $pid
[ $? -eq 1 ] || wrong "SIGTERM: not exit 1"
kill %1
grep -qE "$stopped by a signal \(Terminated\)" err || { wrong "SIGTERM"; cat err; }

# A person leaves; the terminal is as it was, and the report a line of its own.
if command -v script >/dev/null; then
    (sleep 2; printf '\035'; sleep 1) | timeout -k 5 60 script -qec \
        "stty -a >before; $pinfold run --console --memory=16M --append=w $kernel; echo exit \$?; stty -a >after" \
        /dev/null | tr -d '\r' >out
    for line in '^pinfold run: Ctrl-\] leaves$' "$stopped by Ctrl-\\]" '^exit 1$'; do
        grep -qE -e "$line" out || { wrong "--console: no line '$line'"; cat out; }
    done
    cmp before after || wrong "--console: the terminal is not as it was"
fi

# Files that are no kernels.
echo 'a text' >text
run 2 text -- '^pinfold run: text: is neither an ELF file nor a bzImage'
head -c 5000 "$kernel" >short
run 2 short -- "^pinfold run: short: .* beyond the file.s end"
run 2 . -- '^pinfold run: .: cannot be read: Is a directory'
run 2 nothing -- '^pinfold run: nothing: cannot be read: No such file'
head -c 20000000 /dev/zero >zeros
run 2 --memory=16M --ramdisk=zeros "$kernel" -- '^pinfold run: zeros: it is larger than'
run 2 --memory=16M --ramdisk=nothing "$kernel" -- '^pinfold run: nothing: No such file'
head -c 16500000 zeros >most
run 2 --memory=16M --ramdisk=most "$kernel" -- 'it takes [0-9]+ MiB, but the domain has 16: see --memory'

# Options.
for memory in 0 7M 5G 1T 256MB -1 M abc '' 99999999999999999999; do
    run 2 --memory="$memory" "$kernel" -- "^pinfold run: --memory is from 8M to 4G, not '$memory'"
done
run 2 --nothing "$kernel" -- "^pinfold run: unrecognized option '--nothing'" "^Try 'pinfold run --help'"
run 2 --console "$kernel" -- '^pinfold run: --console needs a terminal'
run 3 --record=none/file "$kernel" -- '^pinfold run: none/file: it cannot be written'
exit $rc
