#!/usr/bin/env bash
# Runs a program under oclgrind: no kernel may race, or reach beyond a buffer.
#
#   test_oclgrind.sh PROGRAM [OCLGRIND-OPTION...]
#
# Without --uninitialized: oclgrind 21.10 does not know LLVM's freeze instruction there, and computes zeros; it
# crashes in kernels for CPUs; and a new buffer inherits the size and the state of one that was released.
# gpu_traffic.py runs one case a process, by kernels for GPUs and without optimization: there it can be had.
# With -cl-opt-disable: it cannot load what inlining leaves (llvm.experimental.noalias.scope.decl).
# Without --log: each process begins the file anew, and Check runs every test in a process of its own.
set -u
program=$1
shift
if ! command -v oclgrind >/dev/null; then
    echo "oclgrind is not here"
    exit 77
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# everything is interpreted on a device of its own: what other drivers compiled does not count
export CLNORM_CACHE_DIR=off

status=0
options=(--build-options -cl-opt-disable --data-races --check-api --max-errors 50)
if oclgrind "${options[@]}" "$@" "$program" 2>"$log"; then
    echo "ok $(basename "$program") under oclgrind"
else
    echo "not ok $(basename "$program") under oclgrind"
    status=1
fi
if [ -s "$log" ]; then
    echo "not ok oclgrind has nothing to report"
    cat "$log"
    exit 1
fi
echo "ok oclgrind has nothing to report"
exit "$status"
