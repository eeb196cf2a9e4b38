#!/bin/sh
# The library and the command are built so that a mistake in memory is hard to use: see meson.build.
#
#   test_hardened.sh LIBRARY COMMAND FORTIFIED
#
# FORTIFIED: yes where calls of the C library are checked, which takes optimization.
set -u
library=$1
command=$2
fortified=$3
# shellcheck source=report.sh
. "$(dirname "$0")/report.sh"
export LC_ALL=C

# has DESCRIPTION PATTERN FILE READELF-OPTION...
has() {
    description=$1 pattern=$2 file=$3
    shift 3
    if readelf -W "$@" "$file" | grep -qE -e "$pattern"; then
        report "$description" ""
    else
        report "$description" "no \"$pattern\" in readelf $* of $file"
    fi
}

for file in "$library" "$command"; do
    name=$(basename "$file")
    has "$name: addresses of functions are read-only" 'GNU_RELRO' "$file" -l
    has "$name: and all found at its start" 'BIND_NOW|FLAGS.*NOW' "$file" -d
    has "$name: the stack holds no code" 'GNU_STACK .* RW +0x' "$file" -l
    has "$name: may lie anywhere" 'Type: +DYN' "$file" -h
    has "$name: frames are guarded" '__stack_chk_fail' "$file" --dyn-syms
    [ "$fortified" = no ] ||
        has "$name: calls of the C library are checked" '__v?snprintf_chk' "$file" --dyn-syms
    problem=
    readelf -W -d "$file" | grep -q TEXTREL && problem="it has relocations in code"
    readelf -W -l "$file" | grep -qE 'LOAD .* RWE' && problem="a segment is writable and holds code"
    report "$name: code is not writable" "$problem"
done
case $(uname -m) in
x86_64)
    problem=
    objdump -d --disassemble=clnorm_plan_execute "$library" | grep -q endbr64 || problem="no endbr64 where functions begin"
    report "$(basename "$library"): jumps lead to the beginnings of functions" "$problem"
    ;;
esac

echo "1..$count"
[ "$failures" -eq 0 ]
