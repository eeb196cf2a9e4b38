#!/usr/bin/env bash
# Runs a program under oclgrind: no kernel may race, or reach beyond a buffer.
#
#   test_oclgrind.sh PROGRAM
#
# Without --uninitialized: oclgrind 21.10 does not know LLVM's freeze instruction there, and computes zeros.
# With -cl-opt-disable: it cannot load what inlining leaves (llvm.experimental.noalias.scope.decl).
set -u
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# everything is interpreted on a device of its own: what other drivers compiled does not count
export CLNORM_CACHE_DIR=off

status=0
if oclgrind --build-options -cl-opt-disable --data-races --max-errors 50 --log "$log" "$@"; then
    echo "ok $(basename "$1") under oclgrind"
else
    echo "not ok $(basename "$1") under oclgrind"
    status=1
fi
if [ -s "$log" ]; then
    echo "not ok oclgrind has nothing to report"
    cat "$log"
    exit 1
fi
echo "ok oclgrind has nothing to report"
exit "$status"
