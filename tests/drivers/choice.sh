#!/usr/bin/env bash
# One program, unchanged, where there are three drivers: CLNORM_DEVICE alone says which it runs on.
#
#   choice.sh DEVICES HELLO
set -u
# shellcheck source=../report.sh
. "$(dirname "$0")/../report.sh"

hello=
# chooses WORD PATTERN: the device's name is like PATTERN, and results are those of all others.
chooses() {
    local chosen output problem=
    chosen=$(CLNORM_DEVICE=$1 "$devices" 2>&1 | sed -n 's/^chosen: //p')
    # shellcheck disable=SC2254 # a pattern
    case $chosen in
    $2) ;;
    *) problem="chosen is $chosen" ;;
    esac
    report "\"$1\" is $2" "$problem"
    problem=
    output=$(CLNORM_DEVICE=$1 "$program" 2>&1) || problem="exit status $?: $output"
    output=$(without_warnings <<<"$output")
    hello=${hello:-$output}
    [ "$output" = "$hello" ] || problem="another result: $output"
    report "a program on \"$1\"" "$problem"
}

devices=$1
program=$2
chooses fpga "*FPGA Emulation*"
chooses accelerator "*FPGA Emulation*"
chooses "emulation device" "*FPGA Emulation*"
chooses "intel:fpga:" "*FPGA Emulation*"
own=$(CLNORM_DEVICE=portable "$devices" 2>&1 | sed -n 's/^chosen: \([a-z]*-\).*/\1/p')
case $own in
pthread- | cpu-) ;; # how the names of PoCL's devices begin, up to version 3 and since
*) report "PoCL's device has a name of PoCL's" "it is $own" ;;
esac
chooses "$own" "$own*"
chooses portable "$own*"
chooses "portable:cpu:" "$own*"
# Intel's CPU device has the processor's name, and PoCL's has it in its own.
processor=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1 | cut -c 1-7)
chooses "intel(r) opencl:cpu:" "$processor*"
chooses "" "*$processor*" # a CPU, as there is no GPU
chooses cpu "*$processor*"

output=$(CLNORM_DEVICE=gpu "$program" 2>&1) && report "no gpu" "there is one: $output"
for name in "$own" "FPGA Emulation" "$processor"; do
    case $output in
    *"$name"*) report "the message without a gpu names $name" "" ;;
    *) report "the message without a gpu names $name" "$output" ;;
    esac
done
[ "$failures" -eq 0 ]
