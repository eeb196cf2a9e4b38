#!/bin/sh
# Under valgrind: one of everything made on the device and destroyed, then the tests that need no device. An access that is
# wrong, a value that was never set and memory that nobody knows of any more are errors.
#
#   test_valgrind.sh LIFETIMES TEST...
#
# Kernels are compiled before, outside: a compiler under valgrind takes minutes. Valgrind 3.19 does not know AVX-512, so
# PoCL is told to compile for a processor without it; else its device would have another name outside than under valgrind,
# and the programs of one would not be the other's.
set -u
lifetimes=$(realpath "$1")
shift
suppressions=$(dirname "$0")/valgrind.supp
# shellcheck source=report.sh
. "$(dirname "$0")/report.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
unset CLNORM_KERNELS CLNORM_VERBOSE CLNORM_KERNEL_DIR CLNORM_BINARY_DIR OPENCL_LAYERS
export LC_ALL=C TMPDIR="$work"
case $(uname -m) in
x86_64) export POCL_KERNELLIB_NAME=avx2 ;;
esac

# try DESCRIPTION COMMAND...: succeeds, and nothing is printed by valgrind.
try() {
    description=$1
    problem=
    shift
    "$@" >"$work/log" 2>&1 || problem="exit status $?: $(tail -n 40 "$work/log")"
    report "$description" "$problem"
}

memcheck() {
    valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect \
        --errors-for-leak-kinds=definite,indirect --suppressions="$suppressions" "$@"
}

export CLNORM_CACHE_DIR="$work/cache"
if ! "$lifetimes" "$work" >"$work/log" 2>&1; then
    report "everything, without valgrind" "$(tail -n 40 "$work/log")"
fi
try "everything, from the cache" memcheck "$lifetimes" "$work"
unset CLNORM_CACHE_DIR

for program in "$@"; do
    try "$(basename "$program")" memcheck "$program"
done

echo "1..$count"
[ "$failures" -eq 0 ]
