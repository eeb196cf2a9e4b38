#!/usr/bin/env bash
# What samples/run, tests/run and bench/run have in common: installing packages and configuring builds.
#
#   ./setup.sh [PART...]
#                       installs what these need and is not there yet, on Debian 12, 13 and their kin; the first
#                       three, build samples tests, unless some are named
#
# Sourced, it only defines the functions. Progress goes to stderr.

declare -A packages=(
    [build]="gcc libc6-dev meson ninja-build pkg-config python3 clang opencl-headers ocl-icd-opencl-dev
        libxxhash-dev libjansson-dev"
    [samples]="zlib1g-dev libpng-dev libclblast-dev gnuplot-nox pocl-opencl-icd dataset-fashion-mnist"
    [tests]="g++ binutils libclang-rt-dev check pocl-opencl-icd oclgrind python3-venv valgrind"
    [gpu]="clang-16 llvm-16 libclc-16 intel-opencl-icd python3-venv"
    [coverage]="gcovr"
    [rusticl]="mesa-opencl-icd"
    [systems]="debootstrap debian-archive-keyring git"
    [systems_of_users]="mmdebstrap debian-archive-keyring uidmap git"
    [arm64]="qemu-user-static binfmt-support"
    [emulated]="g++ check pocl-opencl-icd zlib1g-dev libpng-dev libclblast-dev"
    [peers]="libdnnl-dev python3-venv gnuplot-nox pocl-opencl-icd clang-16 llvm-16"
)

# A release may have no package of these names: then the tests that need it are skipped, and say so.
optional=(oclgrind valgrind clang-16 llvm-16 libclc-16 intel-opencl-icd)
apt_lists=/var/lib/apt/lists

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

# not_in LINES NAME...: prints the names that are no line of LINES.
not_in() {
    local lines=$'\n'$1$'\n' name
    shift
    for name in "$@"; do
        case $lines in
        *$'\n'"$name"$'\n'*) ;;
        *) echo "$name" ;;
        esac
    done
}

# Of the packages named, prints those that are not installed.
missing_of() {
    # shellcheck disable=SC2016 # these are dpkg-query's own variables
    not_in "$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p')" "$@"
}

# Of the packages named, prints those that apt has nothing for.
not_offered_of() {
    not_in "$(LC_ALL=C apt-cache policy "$@" 2>/dev/null |
        awk '/^[^ ].*:$/ { name = substr($0, 1, length($0) - 1) }
            $1 == "Candidate:" && $2 != "(none)" { print name }')" "$@"
}

# Whether apt has ever been told what there is.
has_lists() {
    [ -n "$(find "$apt_lists" -maxdepth 1 -name '*_Packages*' -print -quit 2>/dev/null)" ]
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

# install_packages NAME...: but those that may be lacking and are, of which it says so.
install_packages() {
    local lacking needed wanted
    mapfile -t needed < <(not_in "$(printf '%s\n' "${optional[@]}")" "$@")
    mapfile -t lacking < <(not_offered_of "$@")
    if [ ${#needed[@]} -gt 0 ] || [ ${#lacking[@]} -lt $# ] || ! has_lists; then
        if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
            say "no sudo here; run as root: apt-get install --no-install-recommends $*"
            return 1
        fi
        quietly apt_get update || say "apt-get update had trouble; going on with the lists that are here"
        mapfile -t lacking < <(not_offered_of "$@")
    fi
    if [ ${#lacking[@]} -gt 0 ]; then
        mapfile -t needed < <(not_in "$(printf '%s\n' "${optional[@]}")" "${lacking[@]}")
        if [ ${#needed[@]} -gt 0 ]; then
            say "this release has no package ${needed[*]}, or apt could not get its lists"
            return 1
        fi
        say "this release has no package ${lacking[*]}; what needs it is skipped"
    fi
    mapfile -t wanted < <(not_in "$(printf '%s\n' "${lacking[@]}")" "$@")
    [ ${#wanted[@]} -gt 0 ] || return 0
    say "installing ${wanted[*]}"
    quietly apt_get install -y --no-install-recommends "${wanted[@]}" || return 1
    say "installed"
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
    [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
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
        if [ -z "${packages[$part]-}" ]; then
            echo "usage: $0 [PART...]; parts: $(printf '%s\n' "${!packages[@]}" | sort | tr '\n' ' ')" >&2
            exit 2
        fi
    done
    install_missing "$@"
fi
