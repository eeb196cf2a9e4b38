# shellcheck shell=bash
# Sourced by what runs tests, with `root` set.

# use_pocl_alone DIRECTORY: which it makes; whatever else this machine has is not seen.
use_pocl_alone() {
    local icd=/etc/OpenCL/vendors/pocl.icd
    [ -f "$icd" ] || return 0
    export OCL_ICD_VENDORS=$1
    mkdir "$1"
    cp "$icd" "$1"
}

# share_cache FROM TO: kernels that the tests of one build compiled serve those of the other.
share_cache() {
    [ -d "$root/$1/tests/cache" ] || return 0
    mkdir -p "$root/$2/tests/cache" "$root/$2/tests/cache-pocl"
    chmod 700 "$root/$2/tests/cache"
    cp -np "$root/$1/tests/cache/"*.clbin "$root/$2/tests/cache/" 2>/dev/null || true # programs, no verdicts
    cp -rnp "$root/$1/tests/cache-pocl/." "$root/$2/tests/cache-pocl/" 2>/dev/null || true
}

# Nothing that the caller has set or cached changes a result, and nothing of the tests is left behind.
# `home` is where the caller is at home.
isolate() {
    unset "${!CLNORM_@}" "${!POCL_@}" "${!CL_CONFIG_@}" "${!OCLGRIND_@}" "${!CK_@}" "${!MESON_@}" "${!SOAK_@}" "${!LAYER_@}"
    unset OCL_ICD_FILENAMES OPENCL_LAYERS
    temporary=$(mktemp -d) || exit 1
    trap 'rm -rf "$temporary"' EXIT
    chmod 711 "$temporary" # tests with another user's rights go through it
    home=${HOME-}
    export HOME=$temporary/home XDG_CACHE_HOME=$temporary/cache TMPDIR=$temporary/tmp LC_ALL=C.UTF-8
    mkdir -p "$HOME" "$XDG_CACHE_HOME" "$TMPDIR"
    use_pocl_alone "$temporary/vendors"
}
