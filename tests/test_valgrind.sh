#!/bin/sh
# Under valgrind: an access that is wrong, a value that was never set and memory that nobody knows of any more are
# errors.
#
#   test_valgrind.sh lifetimes PROGRAM          one of everything made on the device and destroyed
#   test_valgrind.sh layers FAULTS LAYER        failures of single calls in what models do
#   test_valgrind.sh PART FAULTS LAYER          the same of the parts `files` and `command`, where that needs no device
#   test_valgrind.sh programs TEST...           tests that need no device
#
# Kernels are compiled before, outside: a compiler under valgrind takes minutes. Valgrind 3.19 does not know AVX-512, so
# PoCL is told to compile for a processor without it; else its device would have another name outside than under valgrind,
# and the programs of one would not be the other's.
set -u
part=$1
program=$(realpath "$2")
suppressions=$(dirname "$0")/valgrind.supp
# shellcheck source=report.sh
. "$(dirname "$0")/report.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
chmod 711 "$work" # tests with another user's rights go through it
if ! command -v valgrind >/dev/null; then
    echo "valgrind is not here"
    exit 77
fi
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

# with_layer COMMAND...: with the layer that lets calls fail. Only the layers' flows find all kernels in the cache.
with_layer() (
    export CK_RUN_CASE="$part" OPENCL_LAYERS="$layer" FAULTS_THIN=1
    [ "$part" = layers ] || export FAULTS_HOST_ONLY=1
    "$@"
)

# prepare DESCRIPTION COMMAND...: fills the cache.
prepare() {
    description=$1
    shift
    "$@" >"$work/log" 2>&1 || report "$description, without valgrind" "$(tail -n 40 "$work/log")"
}

case $part in
lifetimes)
    export CLNORM_CACHE_DIR="$work/cache"
    prepare "everything" "$program" "$work"
    try "everything, from the cache" memcheck "$program" "$work"
    ;;
layers)
    layer=$(realpath "$3")
    export CLNORM_CACHE_DIR="$work/cache"
    prepare "failures of layers" with_layer "$program"
    try "failures of layers, from the cache" with_layer memcheck "$program"
    ;;
programs)
    shift
    for program in "$@"; do
        try "$(basename "$program")" memcheck "$program"
    done
    ;;
*)
    layer=$(realpath "$3")
    unset CLNORM_CACHE_DIR
    try "failures of $part that need no device" with_layer memcheck "$program"
    ;;
esac

echo "1..$count"
[ "$failures" -eq 0 ]
