#!/bin/sh
# clnorm selftest --isolate with a driver that ends or hangs the process: what it finds, and that applications
# are safe afterwards.
# usage: test_isolate.sh CLNORM LAYER, which is ending_layer.so
set -u
LC_ALL=C
export LC_ALL
clnorm=$(realpath "$1")
layer=$(realpath "$2")
# shellcheck source=report.sh
. "$(dirname "$0")/report.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset CLNORM_DEVICE CLNORM_KERNELS CLNORM_VERBOSE CLNORM_KERNEL_DIR CLNORM_BINARY_DIR CLNORM_VERIFY OPENCL_LAYERS
CLNORM_CACHE_DIR=$work/cache
export CLNORM_CACHE_DIR

# try DESCRIPTION STATUS PIECE COMMAND...
try() {
    description=$1 expected=$2 piece=$3
    shift 3
    "$@" >stdout.txt 2>stderr.txt
    status=$?
    problem=
    if [ "$status" -ne "$expected" ]; then
        problem="exit status $status instead of $expected: $(cat stdout.txt stderr.txt)"
    elif [ -n "$piece" ] && ! cat stdout.txt stderr.txt | grep -qe "$piece"; then
        problem="no \"$piece\" in: $(cat stdout.txt stderr.txt)"
    fi
    report "$description" "$problem"
}

also() { # DESCRIPTION PIECE: the same command printed that, too
    problem=
    cat stdout.txt stderr.txt | grep -qe "$2" || problem="no \"$2\" in: $(cat stdout.txt stderr.txt)"
    report "$1" "$problem"
}

# with VARIABLE=WORD COMMAND...: under the layer
with() {
    env OPENCL_LAYERS="$layer" "$@"
}

# x is (2, 3); its statistics are 0 and 1, so that y is x.
prefix() { # SHAPE
    printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': $1, }"
}
{ prefix '(2, 3)'; printf '\000\000\200\077\000\000\000\100\000\000\100\100\000\000\200\100\000\000\000\000\000\000\200\077'; } >x.npy
{ prefix '(2,)'; printf '\000\000\000\000\000\000\000\000'; } >mean.npy
{ prefix '(2,)'; printf '\000\000\200\077\000\000\200\077'; } >variance.npy
apply="run batch_normalization --mode apply --axis 0 --epsilon 0 --kernels cpu --in x=x.npy --in batch_mean=mean.npy
 --in batch_variance=variance.npy --out y=y.npy"
isolate="selftest --isolate --only batch_normalization:apply --kernels cpu"
y_is_x() {
    problem=
    cmp -s x.npy y.npy || problem='y is not x'
    report "$1" "$problem"
    rm -f y.npy
}

# ---- The command line ----
try "no cache directory" 2 'nothing can be recorded' env CLNORM_CACHE_DIR=off "$clnorm" selftest --isolate
try "no verification" 2 'CLNORM_VERIFY is off' env CLNORM_VERIFY=off "$clnorm" selftest --isolate
try "--timeout without --isolate" 2 'goes with --isolate only' "$clnorm" selftest --timeout 3
try "--timeout 0" 2 '--timeout is "0"' "$clnorm" selftest --isolate --timeout 0
try "an unknown operation" 2 'unknown operation "l3"' "$clnorm" selftest --isolate --only l3
try "an unknown mode" 2 'has no mode "sideways"' "$clnorm" selftest --isolate --only l2_normalize:sideways
try "no such device" 1 nosuchdevice "$clnorm" selftest --isolate --device nosuchdevice
try "no process of anybody's" 2 'which is no task' "$clnorm" selftest --isolate-child cpu:l3:infer:0:1

# ---- A compiler that ends the process ----
fault=LAYER_ENDS_BUILD=KERNEL_plane_map
# shellcheck disable=SC2086 # words
{
    with $fault "$clnorm" $apply >stdout.txt 2>&1
    [ $? -gt 128 ] && problem= || problem="it did not: $(cat stdout.txt)"
    report "the layer ends an application" "$problem"
    try "isolated" 0 '^cpu/plane/map .* avoided: it ended the process, signal 6' with $fault "$clnorm" $isolate
    also "others work" '^cpu/column/map .* works$'
    also "and take its place" '^strided/groups .* works$'
    also "how many" '^[0-9]* variants work, 1 avoided, 0 failed$'
    try "which is on record" 0 '"avoided": true' "$clnorm" cache --json
    try "an application works now" 0 '^clnorm: cpu/plane/map is not used: ' with $fault "$clnorm" $apply
    y_is_x "and is right"
    try "bench says so, too" 0 '^clnorm: cpu/plane/map is not used: ' with $fault "$clnorm" bench --no-start --runs 1 \
        --kernels cpu batch_normalization:apply:2x3:axis=0
    try "isolated again" 0 'variants work, 1 avoided, 0 failed$' with $fault "$clnorm" $isolate
    also "nothing ends" '^cpu/plane/map .* avoided: processes ended while it was built or tried'
    try "selftest" 0 '^cpu/plane/map is not used: ' with $fault "$clnorm" selftest --kernels cpu --only batch_normalization:apply
    also "which does not fail" ' passed, 0 failed$'
    try "selftest as JSON" 0 '"cpu/plane/map is not used: ' with $fault "$clnorm" selftest --json --kernels cpu \
        --only batch_normalization:apply

    # ---- One that never comes back ----
    try "forgotten" 0 '^forgotten: ' "$clnorm" cache --clear
    try "it hangs" 0 '"verdict": "avoided"' with LAYER_HANGS_BUILD=KERNEL_column_map "$clnorm" $isolate --timeout 8 --json
    also "what it was" '"reason": "it timed out'
    try "an application comes back" 0 '' with LAYER_HANGS_BUILD=KERNEL_column_map timeout 60 "$clnorm" $apply
    y_is_x "and is right, too"

    # ---- Where nothing can be recorded after all ----
    try "a directory that cannot be" 1 'none cannot be read: Not a directory' \
        with $fault CLNORM_CACHE_DIR=/dev/null/none "$clnorm" $isolate

    # ---- A kernel that ends the process when it is launched ----
    try "forgotten again" 0 '^forgotten: ' "$clnorm" cache --clear
    try "a launch that ends the process" 0 '^cpu/column/map .* avoided: it ended the process, signal 6' \
        with LAYER_ENDS_LAUNCH=column_map "$clnorm" $isolate
}

echo "$((count - failures)) passed, $failures failed"
[ $failures -eq 0 ]
