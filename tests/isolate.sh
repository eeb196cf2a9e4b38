# shellcheck shell=bash
# Sourced by what runs tests.

# Nothing that the caller has set or cached changes a result, and nothing of the tests is left behind.
# `home` is where the caller is at home.
isolate() {
    local icd=/etc/OpenCL/vendors/pocl.icd
    unset "${!CLNORM_@}" "${!POCL_@}" "${!CL_CONFIG_@}" "${!OCLGRIND_@}" "${!CK_@}" "${!MESON_@}"
    unset OCL_ICD_FILENAMES OPENCL_LAYERS
    temporary=$(mktemp -d) || exit 1
    trap 'rm -rf "$temporary"' EXIT
    home=${HOME-}
    export HOME=$temporary/home XDG_CACHE_HOME=$temporary/cache TMPDIR=$temporary/tmp LC_ALL=C.UTF-8
    mkdir -p "$HOME" "$XDG_CACHE_HOME" "$TMPDIR"
    if [ -f "$icd" ]; then # PoCL alone, whatever else this machine has
        export OCL_ICD_VENDORS=$temporary/vendors
        mkdir "$OCL_ICD_VENDORS"
        cp "$icd" "$OCL_ICD_VENDORS"
    fi
}
