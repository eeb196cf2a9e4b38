#!/bin/sh
# Installs a copy and uses it as a packager's user would: through pkg-config, from C and from C++.
# usage: test_install.sh BUILD TESTS C-COMPILER C++-COMPILER
set -u
build=$1 tests=$2 cc=$3 cxx=$4
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failures=0
count=0

# check DESCRIPTION COMMAND...
check() {
    description=$1
    shift
    count=$((count + 1))
    if "$@" >"$work/output" 2>&1; then
        echo "ok $count - $description"
        return
    fi
    echo "not ok $count - $description"
    sed 's/^/# /' "$work/output"
    failures=$((failures + 1))
}

check "installs" meson install -C "$build" --no-rebuild --destdir "$work/root"
pc=$(find "$work/root" -name clnorm.pc)
check "has a pkg-config file" test -n "$pc"
PKG_CONFIG_PATH=$(dirname "$pc")
PKG_CONFIG_SYSROOT_DIR=$work/root # the prefix of the .pc file is that of a real installation
export PKG_CONFIG_PATH PKG_CONFIG_SYSROOT_DIR
check "pkg-config knows it" pkg-config --exists --print-errors clnorm
flags=$(pkg-config --cflags clnorm)
libraries=$(pkg-config --libs clnorm)
library=$(dirname "$(find "$work/root" -name 'libclnorm.so')")
check "has a soname" test -e "$library/libclnorm.so.$(pkg-config --modversion clnorm | cut -d. -f1)"

# The command finds its library by where it is itself, in a prefix that no loader knows and after a move.
alone() {
    env -u LD_LIBRARY_PATH "$@"
}
command=$(find "$work/root" -type f -name clnorm -perm -u+x)
check "the installed command finds its library" alone "$command" --version
mv "$work/root" "$work/moved"
check "and does after a move" alone "$work/moved${command#"$work/root"}" --version
mv "$work/moved" "$work/root"
built_elsewhere() {
    meson setup "$work/build" "$tests/.." --prefix "$work/prefix" --libdir "$1" --bindir "$2" \
        -Dtests=false -Dsamples=false -Dkernel_check=disabled -Doptimization=0 &&
        meson compile -C "$work/build" && meson install -C "$work/build" --no-rebuild
}
check "installs in other directories" built_elsewhere odd/lib64 tools/bin
check "the command finds its library there" alone "$work/prefix/tools/bin/clnorm" --version

LD_LIBRARY_PATH=$library${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export LD_LIBRARY_PATH

# shellcheck disable=SC2086 # several words
check "compiles as C" $cc -std=c11 -Wall -Wextra -Wpedantic -Werror $flags "$tests/install_example.c" \
    -o "$work/c" $libraries -lm
check "runs from C" "$work/c"
# shellcheck disable=SC2086
check "compiles as C++" $cxx -std=c++11 -Wall -Wextra -Wpedantic -Werror $flags -x c++ \
    "$tests/install_example.c" -o "$work/cpp" $libraries
check "runs from C++" "$work/cpp"

# Nothing but the interface is visible, and what counts lines in a build for coverage.
exported=$(nm -D --defined-only "$library/libclnorm.so" | awk '$2 ~ /[TDBRV]/ { print $3 }' |
    grep -v -e '^clnorm_' -e '^_init$' -e '^_fini$' -e '^__gcov_' -e '^mangle_path$')
check "exports clnorm_ names only: $exported" test -z "$exported"

check "the installed command lists devices" "$command" devices
check "the installed command lists operations" "$command" ops
check "has a manual page" test -n "$(find "$work/root" -name 'clnorm.1*')"
[ "$failures" = 0 ]
