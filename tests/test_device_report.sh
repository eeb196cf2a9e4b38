#!/usr/bin/env bash
# tests/device: what its report holds, on a folder of stand-ins for the programs, of which some crash or hang, and on a
# folder that it packed itself.
#
#   test_device_report.sh BUILD
set -u
build=$(realpath "$1")
script=$(realpath "$(dirname "$0")/device")
# shellcheck source=report.sh
. "$(dirname "$0")/report.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
export LC_ALL=C
unset "${!CLNORM_@}"

# ---- Stand-ins ----

mkdir -p "$work/fake/tools" "$work/fake/tests" "$work/in" && cd "$work/in" || exit 1
cp "$script" "$work/fake/device"
echo 0123456789ab >"$work/fake/commit"

program() { # PATH: its text is on stdin
    { echo '#!/bin/bash' && cat; } >"$work/fake/$1"
    chmod +x "$work/fake/$1"
}

clnorm_with() { # SELFTEST: what `clnorm selftest` does
    program tools/clnorm <<END
[ "\$1" != --device ] || shift 2
case "\$*" in
--version) echo "clnorm 9.8.7" ;;
"devices --json") printf '[\n  {\n    "type": "cpu",\n    "name": "Other",\n    "default": false\n  },
  {\n    "type": "gpu",\n    "name": "Some GPU, (R)",\n    "driver": "1.2,3",\n    "compiler": true,\n    "default": true\n  }\n]\n' ;;
"devices --verbose") echo "quirks: none" ;;
devices*) echo "0:0 cpu Other" ;;
cache) echo "avoided: cpu/plane/split"; ls "\$CLNORM_CACHE_DIR" ;;
bench*) echo "batch_normalization:train:1x1  1.0 2.0 3.0 4.0 75% 1.0" ;;
selftest*) $1 ;;
esac
END
}

checks() { # NAME: what it does after one check that passed and one that failed
    program "tests/test_$1" <<END
printf 'ok 1 - a.c:Suite:first: Passed\nnot ok 2 - a.c:Suite:second: %s is 3\n' "$1" >"\$CK_TAP_LOG_FILE_NAME"
$2
END
}

has() { # DESCRIPTION PATTERN [FILE]
    local file=${3-$work/stdout}
    if grep -qE -e "$2" "$file"; then
        report "$1" ""
    else
        report "$1" "no \"$2\" in: $(cat "$file")"
    fi
}

# try STATUS ARGUMENT...
try() {
    local expected=$1 status problem=
    shift
    "$work/fake/device" "$@" >"$work/stdout" 2>"$work/stderr"
    status=$?
    [ "$status" = "$expected" ] || problem="exit status $status instead of $expected: $(cat "$work/std"*)"
    report "device $*" "$problem"
}

closes() { # LINE
    local last problem=
    last=$(tail -n 1 "$work/stdout")
    [ "$last" = "$1" ] || problem="\"$last\" instead of \"$1\""
    report "the last line is $1" "$problem"
}

good_selftest='echo "l2_normalize gpu    12 cases, largest error 0.50 of the bound, all passed"
    echo "clnorm: verified gpu/plane/fused with 291 values in 0.3 ms" >&2
    echo "clnorm: l2_normalize: gpu/plane/split is not used: y is 2, not 1" >&2'
clnorm_with "$good_selftest"
checks vectors ''
checks accuracy 'kill -SEGV $$'
# shellcheck disable=SC2016 # for the stand-ins to expand
{
    checks layouts 'set -m; sleep 60 & echo $! >"'"$work"'/child"; sleep 60'
    checks determinism 'mkdir -p "$CLNORM_CACHE_DIR"; touch "$CLNORM_CACHE_DIR/slow.building"
        while sleep 0.3; do echo; done'
}
file=clnorm-device-report-Some-GPU-R.txt

CLNORM_KERNELS='' CLNORM_CACHE_DIR=/nowhere try 1 --quick --seconds 21 gpu
has "a part that passes" '^selftest-gpu: 12 passed, 0 failed in [0-9]+ s$'
has "a part that fails" '^vectors: 1 passed, 1 failed in [0-9]+ s'
has "a part that crashes" '^accuracy: 1 passed, 2 failed in .*\(ended by signal SEGV\)'
has "a part that hangs" '^layouts: 1 passed, 2 failed in .*\(stopped after .*it hangs'
has "a part that is too slow" '^determinism: 1 passed, 1 failed in .*\(cut off after .*was not tried'
has "more time is offered" '^Some parts had too little time, or hang: --seconds 105 may tell\.$'
has "speed is measured" '^bench: 1 passed, 0 failed'
closes "17 passed, 6 failed, 1 skipped"
report "nothing is on stderr" "$(cat "$work/stderr")"
sleep 0.2
problem=
kill -0 "$(cat "$work/child")" 2>/dev/null && problem="process $(cat "$work/child") is there"
report "nothing runs on" "$problem"
has "report: the version" '^version: +clnorm 9.8.7, commit 0123456789ab$' "$file"
has "report: the device" '^device: +Some GPU, \(R\)$' "$file"
has "report: the driver" '^driver: +1.2,3$' "$file"
has "report: what was asked for" '^asked for: gpu$' "$file"
has "report: variables" '^ +CLNORM_CACHE_DIR=/nowhere$' "$file"
has "report: quirks" '^quirks: none$' "$file"
has "report: what was verified" '^ +1 gpu/plane/fused$' "$file"
has "report: what was refused" '^ +1 l2_normalize: gpu/plane/split is not used: y is 2, not 1$' "$file"
has "report: what is remembered" '^avoided: cpu/plane/split$' "$file"
problem=
grep -q building "$file" && problem="$(grep building "$file")"
report "report: a program that was cut off has no blame" "$problem"
has "report: speed" '^batch_normalization:train:1x1 .*75%' "$file"
has "report: a failure" '^ +not ok 2 - a.c:Suite:second: vectors is 3$' "$file"
has "report: the result" '^17 passed, 6 failed, 1 skipped$' "$file"

# What is there stays.
echo mine >"$file"
clnorm_with 'kill -ABRT $$'
try 1 --only selftest-gpu
has "a selftest that crashes" '^selftest-gpu: 0 passed, 1 failed in .*\(ended by signal ABRT\)'
closes "0 passed, 1 failed"
has "a report that was there is kept" '^mine$' "$file"
has "the new one has another name" '^0 passed, 1 failed$' "${file%.txt}-2.txt"

# Other schedules, and how failures of the command count.
clnorm_with "echo \"l2_normalize \$3    12 cases, largest error 9 of the bound, 5 failed\"; exit 1"
try 1 --only selftest-cpu --only selftest-fpga
has "failures of the command" '^selftest-fpga: 7 passed, 5 failed in [0-9]+ s$'
closes "14 passed, 10 failed"
clnorm_with "$good_selftest"
try 0 --only selftest-gpu
closes "12 passed, 0 failed"
clnorm_with true
try 1 --only selftest-gpu
has "a part that does nothing has failed" '^selftest-gpu: 0 passed, 1 failed .*it tried nothing'

# No device; mistakes on the command line.
program tools/clnorm <<<'echo "clnorm: there is no device" >&2; exit 1'
try 1
has "no device: the reason" 'clnorm: there is no device'
closes "0 passed, 1 failed"
has "no device: a report" 'clnorm: there is no device' clnorm-device-report-unknown.txt
try 2 --seconds 0
try 2 --only everything
try 2 --build
try 2 one two
try 0 --help

# ---- A packed folder, away from the build and the sources ----

problem=$("$script" --build "$build" --pack "$work/packed" 2>&1) && problem=
report "a folder is packed" "$problem"
mkdir "$work/real"
cd "$work/real" || exit 1
# Of the vectors the case that needs no device, and a benchmark of three programs, since compiling takes so long.
CK_RUN_CASE=files "$work/packed/device" --quick --seconds 300 --only vectors --only bench >"$work/stdout" 2>&1
has "it runs a test" '^vectors: 1 passed, 0 failed'
has "it runs the command" '^bench: 1 passed, 0 failed'
closes "2 passed, 0 failed"
has "its report names a device" '^driver: +[^ ]' clnorm-device-report-*.txt
has "its report says what was verified" '^ +[0-9]+ cpu/' clnorm-device-report-*.txt
problem=$(LD_LIBRARY_PATH=$work/packed/runtime ldd "$work/packed/tests/test_vectors" |
    grep '=> /' | grep -vE "$work/packed/|/(lib(c|m|dl|rt|pthread|OpenCL)\.so|ld-linux)")
report "it brings its libraries" "$problem"
CLNORM_TEST_VECTORS=$work CK_RUN_CASE=files LD_LIBRARY_PATH=$work/packed/runtime \
    "$work/packed/tests/test_vectors" >"$work/stdout" 2>&1
has "vectors are read where the variable says" '(Failures: [1-9]|Errors: [1-9])'

echo "1..$count"
[ "$failures" -eq 0 ]
