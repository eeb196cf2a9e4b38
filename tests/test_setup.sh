#!/usr/bin/env bash
# What setup.sh does where packages are missing, on an apt that only writes down what it is asked.
#
#   test_setup.sh PROJECT
set -u
# shellcheck source=../setup.sh
. "$1/setup.sh"
# shellcheck source=report.sh
. "$(dirname "$0")/report.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# fake NAME: a program of the same name, with the text on its standard input.
fake() {
    { echo "#!/bin/sh" && cat; } >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}

mkdir "$work/bin" "$work/lists"
fake sudo <<<'exec "$@"'
fake dpkg-query <<<"sed 's/^/installed /' '$work/installed'"
fake apt-cache <<<"while read -r name; do
    printf '%s:\n  Installed: (none)\n  Candidate: 1.0\n' \"\$name\"
done <'$work/offered'
printf 'known-by-name:\n  Candidate: (none)\n'"
fake apt-get <<<"echo \"\$*\" >>'$work/asked'
case \"\$*\" in
*update*) touch '$work/lists/a_Packages.lz4' ;;
*refused*) exit 100 ;;
esac"
PATH=$work/bin:$PATH
apt_lists=$work/lists
packages=([all]="gcc check oclgrind valgrind" [broken]="refused" [unknown]="known-by-name")
optional=(oclgrind valgrind)

# tries DESCRIPTION "INSTALLED" "OFFERED" PART STATUS "ASKED": ASKED is what apt-get installs, or `update` alone.
tries() {
    local status=0 asked problem=
    tr ' ' '\n' <<<"$2" >"$work/installed"
    tr ' ' '\n' <<<"$3" >"$work/offered"
    : >"$work/asked"
    (install_missing "$4") 2>"$work/said" || status=$?
    asked=$(sed 's/^-qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600 //; s/-y --no-install-recommends //' "$work/asked" |
        tr '\n' ' ')
    [ "$status" = "$5" ] || problem="status $status; "
    [ "$asked" = "$6${6:+ }" ] || problem+="apt-get was asked: $asked; "
    report "$1" "${problem:+$problem$(cat "$work/said")}"
}

# says DESCRIPTION PATTERN: what the last one said.
says() {
    local problem=
    grep -q -e "$2" "$work/said" || problem=$(cat "$work/said")
    report "$1" "$problem"
}

tries "nothing is missing" "gcc check oclgrind valgrind" "" all 0 ""
tries "what is missing is installed" "gcc" "gcc check oclgrind valgrind" all 0 "update install check oclgrind valgrind"
tries "what the release lacks is left out" "gcc" "gcc check valgrind" all 0 "update install check valgrind"
says "and named" "no package oclgrind;"
tries "if nothing else is missing, apt is not asked again" "gcc check valgrind" "gcc check valgrind" all 0 ""
says "but it is named" "no package oclgrind;"
rm "$work"/lists/*
tries "unless it never was" "gcc check valgrind" "gcc check valgrind" all 0 "update"
tries "what is offered meanwhile is installed" "gcc check valgrind" "oclgrind" all 0 "update install oclgrind"
tries "what cannot be done without is an error" "check oclgrind valgrind" "check" all 1 "update"
says "and named" "no package gcc,"
tries "a package without a version, too" "" "gcc" unknown 1 "update"
tries "what cannot be installed is an error" "" "refused" broken 1 "update install refused"

echo "1..$count"
[ "$failures" -eq 0 ]
