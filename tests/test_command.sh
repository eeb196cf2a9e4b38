#!/bin/sh
# The clnorm command, good and bad command lines: exit status, message, and which files are there afterwards.
# usage: test_command.sh PATH-TO-CLNORM
set -u
LC_ALL=C
export LC_ALL

case $1 in
/*) clnorm=$1 ;;
*) clnorm=$PWD/$1 ;;
esac
# shellcheck source=report.sh
. "$(dirname "$0")/report.sh"
# shellcheck source=npy.sh
. "$(dirname "$0")/npy.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
CLNORM_CACHE_DIR=$work/cache
export CLNORM_CACHE_DIR
unset CLNORM_DEVICE CLNORM_KERNELS CLNORM_VERBOSE CLNORM_KERNEL_DIR

# Runs clnorm; checks exit status and a piece of the output, and for failures that stderr is one line.
try() { # STATUS PIECE ARGUMENT...
    expected=$1
    piece=$2
    shift 2
    "$clnorm" "$@" >stdout.txt 2>stderr.txt
    status=$?
    problem=
    if [ "$status" -ne "$expected" ]; then
        problem="exit status $status instead of $expected: $(cat stderr.txt)"
    elif [ -n "$piece" ] && ! cat stdout.txt stderr.txt | grep -qF -e "$piece"; then
        problem="no \"$piece\" in: $(cat stdout.txt stderr.txt)"
    elif [ "$expected" -ne 0 ] && { [ "$(wc -l <stderr.txt)" -ne 1 ] || ! grep -q '^clnorm: ' stderr.txt; }; then
        problem="stderr is not one line: $(cat stderr.txt)"
    fi
    report "clnorm $*" "$problem"
}

# A failing run that must leave no result.
refuse() { # STATUS PIECE ARGUMENT...
    try "$@"
    for file in y.npy* new.npy* sub/*; do
        [ -e "$file" ] && report "no file is left" "$file is there" && rm -f "$file"
    done
}

expect() { # FILE VALUES
    found=$(values "$1")
    problem=
    [ "$found" = "$2 " ] || problem="$found instead of $2"
    report "values of $1" "$problem"
}

{ prefix '(2, 3)'; floats 1 2 3 3 2 1; } >x.npy
{ prefix '(3,)'; floats 0 0 1; } >c0.npy
{ prefix '(3,)'; floats 1 1 4; } >c1.npy
{ prefix '(2,)'; floats 1 1; } >c2.npy
{ prefix '()'; floats 1; } >scalar.npy
{ prefix '(0, 3)'; } >empty.npy
{ prefix '(2, 3)'; floats 1 2 3 3 2; } >cut.npy
head -c 60 x.npy >cut_header.npy
{ prefix '(2, 3)' '<f4' True; floats 1 2 3 3 2 1; } >fortran.npy
{ prefix '(2, 3)' '>f4'; floats 1 2 3 3 2 1; } >big.npy
{ prefix '(1, 3)' '<f8'; floats 1 2 3 3 2 1; } >double.npy
{ prefix '(2, 3)'; floats 1 2 3 3 2 1 0; } >long.npy
echo 'no array' >text.npy
mkdir sub

bn=batch_normalization
running='--in moving_mean=c0.npy --in moving_variance=c1.npy'

# What is said about itself.
try 0 'clnorm run OP' --help
try 0 'clnorm selftest' selftest --help
try 0 'clnorm 0.' --version
try 2 'no command given'
try 2 'unknown command "frobnicate"' frobnicate
try 2 'unknown option "--frobnicate"' --frobnicate devices
try 2 '--kernels is "tpu"; it must be cpu, gpu or fpga' --kernels tpu devices
try 2 '--kernels needs a value' devices --kernels
try 2 '--json takes no value' devices --json=yes
try 2 'unexpected argument "more"' devices more
try 2 'unknown option --more' ops --more
try 2 'unknown option --more' cache --clear --more
try 0 'batch_normalization' ops
try 0 '"default": 1e-5' ops --json
try 0 '"name": "l2_normalize"' --json ops

# Devices.
try 0 '[default]' devices
try 0 '"compiler": true' devices --json
try 0 '"default": true' --json --device cpu devices
try 1 'nosuchdevice' devices --device nosuchdevice
try 1 '0:0' devices --device=nosuchdevice
CLNORM_DEVICE=::
export CLNORM_DEVICE
try 0 '"default": false' devices --json
try 0 '"::"' devices
refuse 1 '"::"' run l2_normalize --dim -1 --in x=x.npy --out y=y.npy
try 0 '[default]' devices --device cpu
unset CLNORM_DEVICE

# Operations.
try 0 '' run $bn --in x=x.npy $running --out y=y.npy --epsilon 0
expect y.npy '1.0000 2.0000 1.0000 3.0000 2.0000 0.0000'
try 0 '' --device=cpu run --in=x=x.npy $running --kernels gpu --out=y=y.npy --epsilon=0 --axis=-1 $bn
expect y.npy '1.0000 2.0000 1.0000 3.0000 2.0000 0.0000'
try 0 '"variant"' run $bn --json --in x=x.npy $running --in gamma=c1.npy --in beta=c1.npy --out y=y.npy --epsilon 0
expect y.npy '2.0000 3.0000 8.0000 4.0000 3.0000 4.0000'
try 0 '' run $bn --mode train --in x=x.npy $running --decay 0.5 --out moving_mean=new.npy --out batch_mean=y.npy
expect new.npy '1.0000 1.0000 1.5000'
expect y.npy '2.0000 2.0000 2.0000'
try 0 '' run $bn --mode train --in x=x.npy $running --unbiased-moving-variance true --decay 0 \
    --out moving_variance=new.npy
expect new.npy '2.0000 0.0000 2.0000'
try 0 '' run $bn --mode statistics --in x=x.npy --out count=new.npy --out batch_variance=y.npy
expect new.npy '2.0000'
expect y.npy '1.0000 0.0000 1.0000'
try 0 '' run l2_normalize --mode train --dim 0 --in x=x.npy --out y=y.npy
expect y.npy '0.3162 0.7071 0.9487 0.9487 0.7071 0.3162'
try 0 '' run l2-normalize --dim 0 --in x=x.npy --out y=y.npy
expect y.npy '0.3162 0.7071 0.9487 0.9487 0.7071 0.3162'
try 0 'sum(x^2' run l2-normalize --help
try 0 '' run local_response_normalization --depth_radius 0 --alpha 1 --beta 1 --in x=x.npy --out y=y.npy --dtype f32
expect y.npy '0.5000 0.4000 0.3000 0.3000 0.4000 0.5000'
{ prefix '(2, 3)'; floats 3 1 4 1 2 1; } >dy.npy
try 0 '' run $bn --mode backward --epsilon 1 --in x=x.npy --in dy=dy.npy --in gamma=c1.npy --out dx=y.npy \
    --out dgamma=new.npy --out dbeta=dbeta.npy
expect new.npy '-1.4142 0.0000 2.1213'
expect dbeta.npy '4.0000 3.0000 5.0000'
expect y.npy '0.3536 -0.5000 2.1213 -0.3536 0.5000 -2.1213'
{ prefix '(2, 1)'; floats 2 0; } >rows.npy
{ prefix '(1, 3)'; floats 1 1 4; } >wide.npy
{ prefix '(2, 2)'; floats 1 1 4 4; } >square.npy
try 0 '' run $bn --in x=x.npy $running --in gamma=rows.npy --in beta=wide.npy --out y=y.npy --epsilon 0
expect y.npy '3.0000 5.0000 6.0000 1.0000 1.0000 4.0000'
try 0 '' run $bn --mode backward --epsilon 1 --in x=x.npy --in dy=dy.npy --in gamma=rows.npy --out dgamma=new.npy \
    --out dbeta=dbeta.npy
expect new.npy '0.7071 0.0000'
expect dbeta.npy '4.0000 3.0000 5.0000'
try 0 '' run $bn --mode backward --accumulate-dbeta true --in x=x.npy --in dy=dy.npy --in dbeta=c1.npy \
    --out dbeta=new.npy
expect new.npy '5.0000 4.0000 9.0000'
try 0 '' run $bn --mode backward_infer --epsilon 0 --in x=x.npy --in dy=dy.npy $running --out dx=y.npy
expect y.npy '3.0000 1.0000 2.0000 1.0000 2.0000 0.5000'
try 0 '' run batch-normalization --mode backward-infer --epsilon 0 --in x=x.npy --in dy=dy.npy \
    --in moving-mean=c0.npy --in moving-variance=c1.npy --out dx=new.npy
expect new.npy '3.0000 1.0000 2.0000 1.0000 2.0000 0.5000'
try 0 '' run l2_normalize --mode backward --dim 0 --epsilon 100 --in x=x.npy --in dy=dy.npy --out dx=y.npy
expect y.npy '0.3000 0.1000 0.4000 0.1000 0.2000 0.1000'
cp x.npy same.npy
try 0 '' run l2_normalize --dim -1 --epsilon 100 --in x=same.npy --out y=same.npy
expect same.npy '0.1000 0.2000 0.3000 0.3000 0.2000 0.1000'
ln -s same.npy link.npy
try 0 '' run l2_normalize --dim -1 --epsilon 100 --in x=x.npy --out y=link.npy
problem=
[ -h link.npy ] || problem='it was replaced'
report 'a symbolic link is followed' "$problem"
try 0 '' run l2_normalize --dim -1 --in x=empty.npy --out y=y.npy
problem=
[ "$(wc -c <y.npy)" -eq 128 ] || problem="$(wc -c <y.npy) bytes"
report 'an empty tensor gives an empty file' "$problem"
rm -f y.npy new.npy
ln -s nowhere.npy dangling.npy
mkfifo pipe.npy
refuse 1 'dangling.npy cannot be written: it is a link that leads nowhere' run l2_normalize --dim 0 --in x=x.npy --out y=dangling.npy
refuse 1 'pipe.npy cannot be written: it is no regular file' run l2_normalize --dim 0 --in x=x.npy --out y=pipe.npy
problem=
[ -p pipe.npy ] || problem='it was replaced'
report 'a pipe stays one' "$problem"
for mode in 664 600 444 2664; do
    cp x.npy kept.npy
    chmod $mode kept.npy
    if [ -w kept.npy ]; then
        try 0 '' run l2_normalize --dim -1 --epsilon 100 --in x=x.npy --out y=kept.npy
        expect kept.npy '0.1000 0.2000 0.3000 0.3000 0.2000 0.1000'
    else
        refuse 1 'kept.npy cannot be written: Permission denied' run l2_normalize --dim -1 --in x=x.npy --out y=kept.npy
    fi
    problem=
    [ "$(stat -c %a kept.npy)" = $mode ] || problem="it is $(stat -c %a kept.npy)"
    report "mode $mode is kept" "$problem"
    rm -f kept.npy
done
refuse 1 'name the same file' run $bn --mode train --in x=x.npy $running \
    --out y=new.npy --out moving_mean=./new.npy

# Standard input and output, and pipes.
l2='run l2_normalize --dim -1 --epsilon 100'
rows='0.1000 0.2000 0.3000 0.3000 0.2000 0.1000'
cat x.npy >pipe.npy &
# shellcheck disable=SC2086 # several words
try 0 '' $l2 --in x=- --out y=y.npy <pipe.npy
expect y.npy "$rows"
# shellcheck disable=SC2086
try 0 '' $l2 --in x=- --out y=y.npy <x.npy
expect y.npy "$rows"
CLNORM_VERBOSE=profile "$clnorm" $l2 --in x=x.npy --out y=- 2>stderr.txt | cat >y.npy
expect y.npy "$rows"
"$clnorm" $l2 --in x=- --out y=- <x.npy | "$clnorm" run l2_normalize --dim 0 --epsilon 100 --in x=- --out y=- | cat >y.npy
expect y.npy '0.0100 0.0200 0.0300 0.0300 0.0200 0.0100'
cat x.npy >pipe.npy &
# shellcheck disable=SC2086
try 0 '' $l2 --in x=pipe.npy --out y=y.npy
expect y.npy "$rows"
bash -c "\"\$1\" $l2 --in x=<(cat x.npy) --out y=y.npy" bash "$clnorm" 2>stderr.txt
expect y.npy "$rows"
rm -f y.npy
refuse 1 'x: standard input is cut short: it holds 20 bytes of values, and shape (2, 3) needs 24' \
    run l2_normalize --dim 0 --in x=- --out y=y.npy <cut.npy
head -c 140 x.npy >pipe.npy &
refuse 1 'x: standard input is cut short: it holds 12 bytes of values, and shape (2, 3) needs 24' \
    run l2_normalize --dim 0 --in x=- --out y=y.npy <pipe.npy
refuse 1 'x: standard input is empty; a .npy file was expected' run l2_normalize --dim 0 --in x=- --out y=- </dev/null
refuse 2 '--in x and --in gamma are both -, standard input' run $bn --in x=- --in gamma=- $running --out y=y.npy
refuse 2 '--out y and --out batch_mean are both -, standard output' run $bn --mode train --in x=x.npy --out y=- --out batch_mean=-
refuse 2 '--out y=- and --json both write to standard output' run l2_normalize --json --dim 0 --in x=x.npy --out y=-
cat x.npy >pipe.npy &
refuse 1 '--in x and --in gamma are one pipe, which is read once' \
    run $bn --in x=/dev/stdin --in gamma=- $running --out y=y.npy <pipe.npy
# shellcheck disable=SC2086
"$clnorm" run $bn --mode train --in x=x.npy --out y=- --out batch_mean=new.npy >/dev/full 2>stderr.txt
problem="exit status $?: $(cat stderr.txt)"
[ "$problem" = 'exit status 1: clnorm: standard output cannot be written: No space left on device' ] && problem=
report 'a full disk under a result on standard output' "$problem"
problem=
[ ! -e new.npy ] || problem='new.npy is there'
report 'and no other result is left' "$problem"
try 0 '' run l2_normalize --dim -1 --epsilon 100 --in x=x.npy --out y=./-
expect ./- "$rows"
rm ./-

# Command lines that are wrong.
refuse 2 'unknown operation "l3_normalize"; it must be one of' run l3_normalize --in x=x.npy --out y=y.npy
refuse 2 'no operation given' run --in x=x.npy --out y=y.npy
refuse 2 'unexpected argument "l2_normalize"' run l2_normalize l2_normalize --in x=x.npy --out y=y.npy
refuse 2 'has no mode "sideways"' run $bn --mode sideways --in x=x.npy --out y=y.npy
refuse 2 '--mode needs a value' run $bn --in x=x.npy --out y=y.npy --mode
refuse 2 'has no mode "statistics"' run l2_normalize --mode statistics --dim 0 --in x=x.npy --out y=y.npy
refuse 2 'unknown option --epsilo' run $bn --epsilo 1 --in x=x.npy $running --out y=y.npy
refuse 2 'unknown option --dim' run $bn --dim 1 --in x=x.npy $running --out y=y.npy
refuse 2 '--epsilon is "1e-5x"; it must be a finite decimal number' run $bn --epsilon 1e-5x --in x=x.npy --out y=y.npy
refuse 2 '--epsilon is "nan"' run $bn --epsilon nan --in x=x.npy --out y=y.npy
refuse 2 '--epsilon is "0x1p-3"' run $bn --epsilon 0x1p-3 --in x=x.npy --out y=y.npy
refuse 2 '--epsilon is ""' run $bn --epsilon= --in x=x.npy --out y=y.npy
refuse 2 '--epsilon needs a value' run $bn --epsilon --in x=x.npy --out y=y.npy
refuse 2 '--epsilon is given twice' run $bn --epsilon 1 --epsilon 1 --in x=x.npy $running --out y=y.npy
refuse 2 '--axis is "1.5"; it must be an integer from -rank to rank-1' run $bn --axis 1.5 --in x=x.npy $running --out y=y.npy
lrn=local_response_normalization
for value in 3000000000 2147483648 2.5 1e3 '' 1x 0x10 ' 1' +; do
    refuse 2 "--depth-radius is \"$value\"; it must be an integer from 0 to 2147483647" \
        run $lrn "--depth-radius=$value" --in x=x.npy --out y=y.npy
done
refuse 2 '--window-before is "9999999999999999999999"; it must be an integer from -1 to 2147483647' \
    run $lrn --window-before 9999999999999999999999 --in x=x.npy --out y=y.npy
refuse 1 'depth_radius is -1; an integer from 0 to 2147483647 is allowed' \
    run $lrn --depth-radius -1 --in x=x.npy --out y=y.npy
refuse 1 'window_after is -2; an integer from -1 to 2147483647 is allowed' \
    run $lrn --window_after=-2 --in x=x.npy --out y=y.npy
refuse 2 'it must be true or false' run $bn --unbiased-moving-variance yes --in x=x.npy $running --out y=y.npy
refuse 2 'l2_normalize needs --dim' run l2_normalize --in x=x.npy --out y=y.npy
refuse 2 '--dtype is "f33"' run l2_normalize --dim 0 --dtype f33 --in x=x.npy --out y=y.npy
refuse 2 '--in names "z"' run l2_normalize --dim 0 --in z=x.npy --out y=y.npy
refuse 2 'with --accumulate-dbeta true only' run $bn --mode backward --in x=x.npy --in dy=x.npy --in dbeta=c1.npy --out dx=y.npy
refuse 2 '--out dx needs the value before it' run $bn --mode backward --accumulate-dx true --in x=x.npy --in dy=x.npy --out dx=y.npy
refuse 2 'needs --in inverse_deviation=FILE.npy' run $bn --mode backward --in x=x.npy --in dy=x.npy --in batch_mean=c0.npy --out dx=y.npy
refuse 2 '--out names "dx"' run l2_normalize --dim 0 --in x=x.npy --out dx=y.npy
refuse 2 'y is an output' run l2_normalize --dim 0 --in x=x.npy --in y=x.npy --out y=y.npy
refuse 2 'x is an input' run l2_normalize --dim 0 --in x=x.npy --out x=y.npy
refuse 2 '--in x is given twice' run l2_normalize --dim 0 --in x=x.npy --in x=x.npy --out y=y.npy
refuse 2 '--out y is given twice' run l2_normalize --dim 0 --in x=x.npy --out y=y.npy --out y=new.npy
refuse 2 'it must be NAME=FILE.npy' run l2_normalize --dim 0 --in x.npy --out y=y.npy
refuse 2 'it must be NAME=FILE.npy' run l2_normalize --dim 0 --in x= --out y=y.npy
refuse 2 'needs --in x=FILE.npy' run l2_normalize --dim 0 --out y=y.npy
refuse 2 'needs --in moving_mean=FILE.npy' run $bn --in x=x.npy --out y=y.npy
refuse 2 'no --out' run l2_normalize --dim 0 --in x=x.npy
refuse 2 'name the same file' run $bn --mode train --in x=x.npy --out y=y.npy --out batch_mean=y.npy
refuse 2 '--out moving_mean needs the value before it' run $bn --mode train --in x=x.npy --out moving_mean=y.npy

# Values that the operation refuses.
refuse 1 'epsilon' run $bn --epsilon -1 --in x=x.npy $running --out y=y.npy
refuse 1 'decay' run $bn --mode train --decay 1.5 --in x=x.npy $running --out y=y.npy
refuse 1 'axis' run $bn --axis 2 --in x=x.npy $running --out y=y.npy
refuse 1 'dim' run l2_normalize --dim -3 --in x=x.npy --out y=y.npy
refuse 1 'rank' run $bn --in x=c0.npy $running --out y=y.npy
refuse 1 '--dtype f16' run l2_normalize --dim 0 --dtype f16 --in x=x.npy --out y=y.npy
refuse 1 'moving_' run $bn --mode train --in x=x.npy --in moving_mean=c0.npy --out y=y.npy
refuse 1 'gamma_tensor has 2 along axis 1; x has 3' run $bn --in x=x.npy $running --in gamma=square.npy --out y=y.npy
refuse 1 'c2.npy has shape (2,); it must be (3,)' run $bn --in x=x.npy $running --in gamma=c2.npy --out y=y.npy
refuse 1 'scalar.npy has shape ()' run $bn --in x=x.npy $running --in gamma=scalar.npy --out y=y.npy
refuse 1 'nosuchdevice' run l2_normalize --dim 0 --in x=x.npy --out y=y.npy --device nosuchdevice

# Files that are wrong.
refuse 1 'absent.npy cannot be read' run l2_normalize --dim 0 --in x=absent.npy --out y=y.npy
refuse 1 'cut.npy is cut short' run l2_normalize --dim 0 --in x=cut.npy --out y=y.npy
refuse 1 'cut_header.npy is cut short' run l2_normalize --dim 0 --in x=cut_header.npy --out y=y.npy
refuse 1 'fortran.npy is in Fortran order' run l2_normalize --dim 0 --in x=fortran.npy --out y=y.npy
refuse 1 'big.npy is big-endian' run l2_normalize --dim 0 --in x=big.npy --out y=y.npy
refuse 1 'double.npy is float64' run l2_normalize --dim 0 --in x=double.npy --out y=y.npy
refuse 1 'long.npy is too long' run l2_normalize --dim 0 --in x=long.npy --out y=y.npy
refuse 1 'text.npy is no .npy file; it looks like plain text' run l2_normalize --dim 0 --in x=text.npy --out y=y.npy
refuse 1 'scalar.npy has shape ()' run l2_normalize --dim 0 --in x=scalar.npy --out y=y.npy
refuse 1 'absent/y.npy cannot be written' run l2_normalize --dim 0 --in x=x.npy --out y=absent/y.npy
refuse 1 'sub cannot be written: it is a directory' run l2_normalize --dim 0 --in x=x.npy --out y=sub
refuse 1 '/dev/null cannot be written: it is no regular file' run l2_normalize --dim 0 --in x=x.npy --out y=/dev/null
# The second of two results fails: the first must not be there either.
refuse 1 'absent/m.npy cannot be written' run $bn --mode train --in x=x.npy --out y=y.npy \
    --out batch_mean=absent/m.npy

# Measuring. What a time is depends on the machine; that it is there does not.
l2=l2_normalize:infer:3x5:dim=-1
try 0 "$l2" bench --runs 3 --no-start $l2
try 0 'plane' bench --runs 3 --no-start --profile $l2 --kernels gpu
try 0 '  copy: ' bench --runs 3 --no-start --profile $l2
try 0 '"cold_start_ms":null' bench --json --runs 3 --no-start --profile $l2 $bn:train:4x3x5:axis=1:f32:unbiased-moving_variance=true
problem=
[ "$(wc -l <stdout.txt)" -eq 2 ] || problem="$(wc -l <stdout.txt) lines"
report 'bench --json prints an object a line' "$problem"
for field in "\"case\":\"$l2\"" '"runs":3' '"min_bytes":120,' '"median_us":[0-9.]*[1-9]' '"gbps":[0-9.]*[1-9]' \
    '"limit_gbps":[0-9.]*[1-9]' '"empty_us":[0-9.]*[1-9]' '"execute_us":[0-9.]*[1-9]' '"enqueue_us":[0-9.]*[1-9]' \
    '"copy_us":[0-9.]*[1-9]' '"copy":"[a-z]' '"limit_exceeded":false' '"variant":"cpu/' '"device":"' '"compute_units":[1-9]' '"kernels":\[{"name":"[a-z_]*","median_us":[0-9.]*[1-9]'; do
    problem=
    head -n 1 stdout.txt | grep -qe "$field" || problem="not in $(head -n 1 stdout.txt)"
    report "bench --json has $field" "$problem"
done
mkdir started
TMPDIR=$work/started
export TMPDIR
try 0 '"devices_ms":' bench --json --runs 1 $l2
problem=
grep -qe '"cold_start_ms":[0-9.]*[1-9].*"warm_start_ms":[0-9.]*[1-9]' stdout.txt || problem="not in $(cat stdout.txt)"
report 'bench measures how a process starts' "$problem"
problem=
rmdir started || problem="$(ls started) is left"
report 'bench leaves no directory' "$problem"
unset TMPDIR
refuse 2 'unknown operation "l3_normalize"; it must be one of' bench --no-start l3_normalize:infer:3x5:dim=-1
refuse 2 'has no mode "sideways"' bench --no-start l2_normalize:sideways:3x5:dim=-1
refuse 2 'is cut short' bench --no-start l2_normalize:infer
refuse 2 'sizes such as' bench --no-start l2_normalize:infer:3x:dim=-1
refuse 2 'sizes such as' bench --no-start l2_normalize:infer:3x0:dim=-1
refuse 2 'sizes such as' bench --no-start l2_normalize:infer:1x1x1x1x1x1x1x1x1:dim=-1
refuse 2 'needs dim=VALUE' bench --no-start l2_normalize:infer:3x5
refuse 2 'has no attribute "axis"' bench --no-start l2_normalize:infer:3x5:dim=-1:axis=1
try 0 'batch-normalization:backward-infer' bench --runs 1 --no_start batch-normalization:backward-infer:4x3:accumulate-dx=true
refuse 2 'dim is "1.5"; it must be an integer from' bench --no-start l2_normalize:infer:3x5:dim=1.5
refuse 2 'dim is given twice' bench --no-start l2_normalize:infer:3x5:dim=1:dim=1
refuse 2 '"f33" is neither' bench --no-start $l2:f33
for value in 1e3 2.5 -1 3000000000 '' ' 1'; do
    refuse 2 "--runs is \"$value\"; it must be a whole number, 1 to 1000000" bench "--runs=$value" $l2
done
refuse 2 'depth_radius is "3000000000"; it must be an integer from 0 to 2147483647' \
    bench --no-start $lrn:infer:3x5:depth-radius=3000000000
refuse 2 '--runs is "0"' bench --runs 0 $l2
refuse 2 '--runs needs a value' bench $l2 --runs
refuse 2 'unknown option --frobnicate' bench --frobnicate $l2
refuse 1 'x needs 400000000000 bytes; the device allows ' bench --no-start l2_normalize:infer:100000000000:dim=-1
problem=
grep -qE 'allows [1-9][0-9]* bytes in one buffer, and has [1-9][0-9]* bytes of memory' stderr.txt || problem=$(cat stderr.txt)
report 'and how much it has' "$problem"
refuse 1 'dim is 2' bench --no-start l2_normalize:infer:3x5:dim=2
refuse 1 'f16 is not computed' bench --no-start $l2:f16

# The cache.
try 0 'compiled program' cache
try 0 '"files":' cache --json
try 0 '"verdicts": ' cache --json
touch cache/keep.txt
try 0 'removed' cache --clear
try 0 '"files": 0' cache --json
try 0 '"forgotten": ' cache --clear --json
problem=
[ "$(ls cache)" = keep.txt ] || problem="$(ls cache)"
report 'only compiled programs are removed' "$problem"
# Its directory is the user's alone; what is shared on purpose must not be told to be closed.
mkdir loose shared team
chmod 0775 loose
chmod 1777 shared
chmod 2775 team
for directory in shared team; do
    CLNORM_CACHE_DIR=$work/$directory
    refuse 1 "$work/$directory cannot be read: others may write to it; a private directory is needed" cache
    report "$directory is not to be changed" "$(grep -o 'chmod.*' stderr.txt)"
done
CLNORM_CACHE_DIR=$work/loose
refuse 1 'others may write to it; `chmod go-w` makes it one' cache
CLNORM_CACHE_DIR=$work/x.npy
refuse 1 'x.npy", which is not a directory; allowed are "off" and a directory' cache
refuse 1 'x.npy", which is not a directory' run l2_normalize --dim 0 --in x=x.npy --out y=y.npy
CLNORM_CACHE_DIR=off
try 0 'off' cache

# Tuning.
CLNORM_CACHE_DIR=$work/cache
try 2 'of --show, --reset and --quick only one may be given' tune --show --reset
try 2 'unknown option --more' tune --show --more
try 2 'unexpected argument "more"' tune more
try 0 'pieces_per_unit' tune --show
try 0 '"origin": "usual"' tune --show --json
try 0 '' tune --reset
problem=
[ ! -e cache/tuning.json ] || problem="$(cat cache/tuning.json)"
report 'nothing is written before anything was measured' "$problem"
try 0 '' tune --quick --json
problem=
grep -q '"gain": ' stdout.txt && [ "$(grep -c '^measuring ' stderr.txt)" = "$(grep -c '"gain": ' stdout.txt)" ] ||
    problem="$(cat stdout.txt stderr.txt)"
report 'a line for each value that is measured' "$problem"
problem=
grep -qF '"values": {}' cache/tuning.json || problem="$(cat cache/tuning.json)"
report 'what was measured in a hurry is not kept' "$problem"
try 0 'the fpga kernels have no value to be measured' tune --quick --kernels fpga
try 0 '' run l2_normalize --dim -1 --in x=x.npy --out y=y.npy --kernels cpu
mv y.npy before.npy
# As if that had been measured.
sed ':a;N;$!ba;s/"values": {[^}]*}/"values": {"pieces_per_unit": 9, "stream_bytes": 65536}/' cache/tuning.json >new.json
mv new.json cache/tuning.json
try 0 '"value": 9' tune --show --json
try 0 '"origin": "file"' tune --show --json
try 0 'measured' tune --show
try 0 '' run l2_normalize --dim -1 --in x=x.npy --out y=y.npy --kernels cpu
problem=
cmp -s y.npy before.npy || problem='other bits'
report 'the same bits, tuned or not' "$problem"
try 0 'pieces_per_unit' tune --reset
try 0 '"value": 4' tune --show --json
problem=
grep -q 'pieces_per_unit' cache/tuning.json && problem="$(cat cache/tuning.json)"
report 'nothing is left of what was measured' "$problem"
echo '{' >cache/tuning.json
CLNORM_VERBOSE=info
export CLNORM_VERBOSE
try 0 'tuning.json: not JSON, not used' run l2_normalize --dim -1 --in x=x.npy --out y=y.npy
unset CLNORM_VERBOSE
# One that is interrupted leaves nothing but what was there.
rm -f cache/tuning.json y.npy before.npy
"$clnorm" tune >stdout.txt 2>stderr.txt &
for _ in 1 2 3 4 5 6 7 8 9 10; do
    grep -q '^measuring' stderr.txt && break
    sleep 1
done
kill $!
wait $!
status=$?
problem=
[ "$status" -gt 128 ] || problem="exit status $status"
report 'tune is interrupted' "$problem"
try 0 '"origin": "usual"' tune --show --json
problem=
ls cache | grep -q 'tuning.*tmp' && problem="$(ls cache)"
report 'an interrupted tune leaves no half of a file' "$problem"
rm -f cache/tuning.json
mkdir cache/tuning.json
refuse 1 'tuning.json cannot be written: ' tune
rmdir cache/tuning.json
CLNORM_CACHE_DIR=off
refuse 1 'there is no place for what is measured' tune
refuse 1 'there is no place for what is measured' tune --show

# Other variables: whatever needs them says what is allowed, also where it would not have come to that.
for words in devices cache selftest 'cache --clear' "bench --no-start $l2" 'build --out images' 'build --compiler aoc' \
    'run l2_normalize --dim 0 --in x=x.npy --out y=y.npy'; do
    CLNORM_VERBOSE=debug
    export CLNORM_VERBOSE
    # shellcheck disable=SC2086 # several words
    refuse 1 'CLNORM_VERBOSE is "debug"; allowed are none, error, info, dispatch and profile' $words
    unset CLNORM_VERBOSE
done
for variable in CLNORM_BINARY_DIR CLNORM_KERNEL_DIR; do
    export "$variable=absent"
    refuse 1 "$variable is \"absent\": No such file or directory; it must name a directory" selftest
    refuse 1 "$variable is \"absent\"" run l2_normalize --dim 0 --in x=x.npy --out y=y.npy
    unset "$variable"
done
try 0 '"directory": null' cache --json

"$clnorm" ops >/dev/full 2>stderr.txt
status=$?
problem=
[ $status -eq 1 ] && grep -q '^clnorm: ' stderr.txt || problem="exit status $status"
report 'a full disk under stdout' "$problem"

echo "$((count - failures)) passed, $failures failed"
[ $failures -eq 0 ]
