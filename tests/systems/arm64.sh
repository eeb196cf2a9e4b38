# shellcheck shell=bash
# Sourced by tests/systems/run: arm64 by qemu-user, under which PoCL takes minutes for a program.

# The kernel knows by itself what to run arm64's programs with, in a root as well, once a package has told it; since
# Linux 6.7 for as long as binfmt_misc is mounted somewhere. Where this machine has it mounted, that is so already; else it
# is mounted in a namespace, which a process holds until this script ends. A user's own namespace is of no use to others.
can_emulate() {
    local ready known=/proc/sys/fs/binfmt_misc/qemu-aarch64
    install_missing arm64 || return
    [ ! -e "$known" ] || return 0
    exec {emulator}< <(exec setpriv --pdeathsig KILL "${namespaces[@]}" sh -c '
        mount -t binfmt_misc none /proc/sys/fs/binfmt_misc && update-binfmts --enable qemu-aarch64 && [ -e "$1" ] &&
            echo ready && exec sleep infinity' sh "$known")
    read -r -t 60 -u "$emulator" ready && [ "$ready" = ready ] && return 0
    say "this machine does not let arm64 be emulated: binfmt_misc cannot be mounted"
    return 1
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
