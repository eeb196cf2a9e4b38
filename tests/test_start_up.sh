#!/usr/bin/env bash
# Three processes on one program cache, PoCL's own cache empty for each: the first compiles, the others find
# what it left. Times are printed, not judged.
#
#   test_start_up.sh PATH-OF-start_up
set -u
program=$1
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
export CLNORM_CACHE_DIR=$temporary/cache CLNORM_VERBOSE=info
status=0

# run NAME ORIGIN: sets `time`, and checks where the program came from.
run() {
    export POCL_CACHE_DIR=$temporary/pocl-$1
    mkdir "$POCL_CACHE_DIR"
    time=$("$program" 2>"$temporary/log")
    if grep -q "from $2 in" "$temporary/log"; then
        echo "ok $1 process: program from $2"
    else
        echo "not ok $1 process: program from $2"
        cat "$temporary/log"
        status=1
    fi
}

run first source
first=$time
run second disk
second=$time
run third disk
echo "plan creation and first execution: $first ms compiling, $second and $time ms from disk," \
    "$(awk -v a="$first" -v b="$second" 'BEGIN { printf "%.0f", a / b }') times faster"
exit "$status"
