#!/bin/sh
# Each operation once, by the command: operations.sh COMMAND
set -u
clnorm=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=../report.sh
. "$here/../report.sh"
# shellcheck source=../npy.sh
. "$here/../npy.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1

# gives VALUES OPERATION ARGUMENT...: the values of y.
gives() {
    expected=$1
    shift
    problem=
    begin=$(date +%s)
    "$clnorm" run "$@" --in x=x.npy --out y=y.npy >said 2>&1 || problem="exit status $?: $(cat said)"
    [ -n "$problem" ] || [ "$(values y.npy)" = "$expected " ] || problem="$(values y.npy)instead of $expected"
    report "$* ($(($(date +%s) - begin)) s)" "$problem"
    rm -f y.npy
}

{ prefix '(2, 3)'; floats 1 2 3 3 2 1; } >x.npy
{ prefix '(3,)'; floats 0 0 1; } >mean.npy
{ prefix '(3,)'; floats 1 1 4; } >variance.npy
gives '1.0000 2.0000 1.0000 3.0000 2.0000 0.0000' \
    batch_normalization --epsilon 0 --in moving_mean=mean.npy --in moving_variance=variance.npy
gives '-1.0000 0.0000 1.0000 1.0000 0.0000 -1.0000' batch_normalization --mode train --epsilon 0.000001
gives '0.3162 0.7071 0.9487 0.9487 0.7071 0.3162' l2_normalize --dim 0
gives '0.5000 0.4000 0.3000 0.3000 0.4000 0.5000' \
    local_response_normalization --depth_radius 0 --alpha 1 --beta 1
echo "1..$count"
[ "$failures" -eq 0 ]
