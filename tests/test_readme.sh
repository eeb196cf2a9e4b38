#!/bin/sh
# The README's first C example compiles as it stands, runs, and prints something.
# usage: test_readme.sh PROJECT LIBRARY C-COMPILER
set -u
project=$1 library=$2 cc=$3
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
directory=$(cd "$(dirname "$library")" && pwd) || exit 1

awk '/^```c$/ { inside = 1; next } /^```/ && inside { exit } inside' "$project/README.md" >"$work/example.c"
if ! [ -s "$work/example.c" ]; then
    echo "not ok 1 - README.md has no block that begins with \`\`\`c"
    exit 1
fi
# shellcheck disable=SC2086 # several words
$cc -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$project/include" "$work/example.c" -o "$work/example" \
    -L"$directory" -Wl,-rpath,"$directory" -lclnorm -lOpenCL -lm || {
    echo "not ok 1 - the example compiles"
    exit 1
}
echo "ok 1 - the example compiles"
if output=$("$work/example"); then
    echo "ok 2 - the example runs"
    echo "$output" | sed 's/^/# /'
else
    echo "not ok 2 - the example runs"
    exit 1
fi
