#!/usr/bin/env bash
# What samples/run, tests/run and bench/run have in common: installing packages and configuring builds.
#
#   ./setup.sh [build] [samples] [tests] [gpu] [coverage] [peers]
#                       installs what these need and is not there yet, on Debian 12 and its kin; the first
#                       three unless some are named
#
# Sourced, it only defines the functions. Progress goes to stderr.

declare -A packages=(
    [build]="gcc libc6-dev meson ninja-build pkg-config python3 clang opencl-headers ocl-icd-opencl-dev
        libxxhash-dev libjansson-dev"
    [samples]="zlib1g-dev libpng-dev libclblast-dev gnuplot-nox pocl-opencl-icd dataset-fashion-mnist"
    [tests]="g++ binutils libclang-rt-dev check pocl-opencl-icd oclgrind python3-venv valgrind"
    [gpu]="clang-16 libclc-16 intel-opencl-icd python3-venv"
    [coverage]="gcovr"
    [peers]="libdnnl-dev gnuplot-nox pocl-opencl-icd"
)

say() {
    echo "setup: $*" >&2
}

# Through sudo for everyone but root.
apt_get() {
    local sudo=()
    [ "$(id -u)" = 0 ] || sudo=(sudo)
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=600 "$@" </dev/null
}

# Of the packages named, prints those that are not installed.
missing_of() {
    local installed name
    # shellcheck disable=SC2016 # these are dpkg-query's own variables
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null) || true
    for name in "$@"; do
        case $'\n'$installed$'\n' in
        *$'\n'"installed $name"$'\n'*) ;;
        *) echo "$name" ;;
        esac
    done
}

# Runs a command whose output matters only if it fails.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    [ "$status" = 0 ] || cat "$log" >&2
    rm -f "$log"
    return "$status"
}

# install_missing PART...: the packages of these parts that are not there.
install_missing() {
    local part words=() wanted=() missing
    for part in "$@"; do
        read -r -d '' -a words <<<"${packages[$part]}" || true
        wanted+=("${words[@]}")
    done
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        say "no apt-get here; these are needed, under Debian's names: ${wanted[*]}"
        return 0
    fi
    mapfile -t missing < <(missing_of "${wanted[@]}" | sort -u)
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        say "no sudo here; run as root: apt-get install --no-install-recommends ${missing[*]}"
        return 1
    fi
    say "installing ${missing[*]}"
    quietly apt_get update || say "apt-get update had trouble; going on with the lists that are here"
    quietly apt_get install -y --no-install-recommends "${missing[@]}" || return 1
    say "installed"
}

# configure SOURCE BUILD OPTION...: unless BUILD is configured already, for this very SOURCE.
configure() {
    local source=$1 build=$2
    shift 2
    if [ -f "$build/build.ninja" ] &&
        grep -qF "\"source\": \"$source\"" "$build/meson-info/meson-info.json"; then
        return 0
    fi
    say "configuring $build"
    rm -rf "$build" # of another place, or half made
    quietly meson setup "$build" "$source" "$@"
}

# with_option BUILD OPTION: turns on what a directory that was configured before may be without.
with_option() {
    [ "$(meson introspect "$1" --buildoptions | python3 -c '
import json, sys
print({option["name"]: option["value"] for option in json.load(sys.stdin)}[sys.argv[1]])' "$2")" = True ] ||
        quietly meson configure "$1" "-D$2=true"
}

# compile BUILD [TARGET...]: on a pipe, only warnings and errors are shown.
compile() (
    set -o pipefail
    say "building in $1"
    if [ -t 1 ]; then
        ninja -C "$@"
    else
        ninja --quiet -C "$@" | { grep -v '^ninja: no work' || true; }
    fi
)

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    set -eu
    [ $# -gt 0 ] || set -- build samples tests
    for part in "$@"; do
        case $part in
        build | samples | tests | gpu | coverage | peers) ;;
        *)
            echo "usage: $0 [build] [samples] [tests] [gpu] [coverage] [peers]" >&2
            exit 2
            ;;
        esac
    done
    install_missing "$@"
fi
