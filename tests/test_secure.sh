#!/bin/sh
# A program that runs with another user's rights takes nothing from the environment of who starts it.
#
#   test_secure.sh SECURE_ENVIRONMENT
#
# Only root can make one, where the file system allows it; else there is nothing to test.
set -u
# shellcheck source=report.sh
. "$(dirname "$0")/report.sh"
if [ "$(id -u)" != 0 ]; then
    echo "only root can make a program that runs with another user's rights"
    exit 77
fi
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
program=$work/program
cp "$1" "$program" && chown nobody "$program" && chmod 4755 "$program" || exit 1
chmod 711 "$work"

theirs=$work/theirs
mkdir "$theirs"
variables="CLNORM_DEVICE=theirs CLNORM_KERNELS=gpu CLNORM_VERIFY=off CLNORM_VERBOSE=info CLNORM_KERNEL_DIR=$theirs CLNORM_BINARY_DIR=$theirs"

# ask PROGRAM VARIABLE...: what it takes of these and of `variables`.
ask() {
    asked=$1
    shift
    # shellcheck disable=SC2086 # several words
    env -i $variables "$@" "$asked"
}

for places in "CLNORM_CACHE_DIR=$theirs" "XDG_CACHE_HOME=$theirs" "HOME=$theirs"; do
    told=$(ask "$program" "$places")
    case $told in
    secure*) ;;
    *)
        echo "the file system gives no program another user's rights"
        exit 77
        ;;
    esac
    problem=
    [ "$(printf '%s\n' "$told" | grep -c ': unset$')" = 7 ] || problem=$told
    report "with another user's rights nothing is taken, nor $places" "$problem"
    told=$(ask "$1" "$places")
    problem=
    [ "$(printf '%s\n' "$told" | grep -cE ": (theirs|$theirs.*|set)\$")" = 7 ] || problem=$told
    report "with one's own all is, and $places" "$problem"
done

echo "1..$count"
[ "$failures" -eq 0 ]
