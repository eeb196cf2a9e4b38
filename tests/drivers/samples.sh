#!/usr/bin/env bash
# The small samples on a device, which must say what they say on every other, and nothing else while compiling:
#
#   samples.sh HELLO INTEROP DEVICES
set -u
temporary=$(mktemp -d) || exit 1
trap 'rm -rf "$temporary"' EXIT
export CLNORM_CACHE_DIR=off POCL_CACHE_DIR=$temporary/pocl
mkdir "$POCL_CACHE_DIR"
# shellcheck source=../report.sh
. "$(dirname "$0")/../report.sh"

# shows NAME PATTERNS PROGRAM: PROGRAM prints a line for each pattern, and nothing on the error stream.
shows() {
    local name=$1 patterns=$2 line problem=
    "$3" >"$temporary/stdout" 2>"$temporary/said" || problem="exit status $?"
    without_warnings <"$temporary/said" >"$temporary/stderr"
    while IFS= read -r line; do
        grep -qxE -e "$line" "$temporary/stdout" || problem="no line $line in: $(cat "$temporary/stdout")"
    done <<<"$patterns"
    [ ! -s "$temporary/stderr" ] || problem="$problem; on the error stream: $(cat "$temporary/stderr")"
    report "$name" "$problem"
}

shows hello "x = \( 1, 10\)   y = \(-0\.999995, -1\.000000\)
x = \( 2, 40\)   y = \( 0\.000000,  0\.000000\)
x = \( 3, 70\)   y = \( 0\.999995,  1\.000000\)" "$1"
shows interop ".*over two queues: largest error [0-9.]+e-0[78]" "$2"
shows devices "chosen: .+
\"no such device\" gives DEVICE_NOT_FOUND:
\"7\" gives INVALID_DEVICE:" "$3"
[ "$failures" -eq 0 ]
