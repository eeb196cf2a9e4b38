# shellcheck shell=bash
# Sourced by tests/systems/run: arm64 by qemu-user, under which PoCL takes minutes for a program.

# The kernel knows by itself what to run arm64's programs with, in a root as well, once a package has told it.
can_emulate() {
    install_missing arm64 &&
        "${namespaces[@]}" sh -c 'known=/proc/sys/fs/binfmt_misc
            [ -e "$known/register" ] || mount -t binfmt_misc none "$known" || exit
            [ -e "$known/qemu-aarch64" ] || update-binfmts --enable qemu-aarch64'
}

build_emulated() {
    # shellcheck disable=SC2016 # its own
    here 7200 bash -c '. ./setup.sh
        install_missing build emulated &&
            configure "$PWD" "$PWD/build" -Dkernel_check=disabled -Dtests=true && compile build emulated'
}

try_emulated() {
    step build build_emulated && test_suites 36000 --suite systems-emulated
}
