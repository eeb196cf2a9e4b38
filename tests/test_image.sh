#!/usr/bin/env bash
# Images: made by `clnorm build`, used while nothing can be compiled, and everything that can be wrong with one.
#
#   test_image.sh CLNORM LAYER COMPILE_SOURCE VECTORS SAMPLE...
#
# LAYER is no_compiler_layer.so: an OpenCL layer under which devices have no compiler. VECTORS and each SAMPLE
# are programs that have to work all the same.
set -u
clnorm=$(realpath "$1")
layer=$(realpath "$2")
compile_source=$(realpath "$3")
shift 3
programs=()
for program in "$@"; do
    programs+=("$(realpath "$program")")
done
# shellcheck source=report.sh
. "$(dirname "$0")/report.sh"
kernels_cl=$(realpath "$(dirname "$0")/../kernels-cl")
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
unset CLNORM_KERNELS CLNORM_VERBOSE CLNORM_KERNEL_DIR CLNORM_BINARY_DIR OPENCL_LAYERS
export LC_ALL=C

# The kernels of the image: those of each row of programs.def that has a name in it, and one that all share.
kernel_count=$(python3 - "$kernels_cl" <<'PYTHON'
import sys
sys.path.insert(0, sys.argv[1])
import programs
kernels = {"MAP-FORWARD": 1, "REDUCE-BACKWARD": 2, "REDUCE_MAP-FORWARD": 2, "REDUCE_MAP-BACKWARD": 2,
           "WINDOW-FORWARD": 2, "WINDOW-BACKWARD": 3}
rows = [row for row in programs.read(sys.argv[1] + "/programs.def") if row.fpga != "NONE"]
print(1 + sum(kernels[f"{row.work}-{row.direction}"] for row in rows))
PYTHON
)

# try DESCRIPTION STATUS PIECE COMMAND...: exit status, and a piece of what was printed.
try() {
    local description=$1 expected=$2 piece=$3 status problem=
    shift 3
    "$@" >stdout.txt 2>stderr.txt
    status=$?
    if [ "$status" -ne "$expected" ]; then
        problem="exit status $status instead of $expected: $(cat stdout.txt stderr.txt | tail -n 5)"
    elif [ -n "$piece" ] && ! cat stdout.txt stderr.txt | grep -qF -e "$piece"; then
        problem="no \"$piece\" in: $(cat stdout.txt stderr.txt | tail -n 5)"
    fi
    report "$description" "$problem"
}

# also DESCRIPTION PIECE: the same command printed that, too.
also() {
    local problem=
    cat stdout.txt stderr.txt | grep -qF -e "$2" || problem="no \"$2\" in: $(cat stdout.txt stderr.txt | tail -n 5)"
    report "$1" "$problem"
}

# Under the layer, PoCL's own cache empty and clnorm's off: nothing that was compiled before is found.
without_compiler() {
    mkdir -p pocl
    OPENCL_LAYERS=$layer CLNORM_CACHE_DIR=off POCL_CACHE_DIR=$work/pocl CLNORM_VERBOSE=error "$@"
}

run_l2() {
    without_compiler "$clnorm" run l2_normalize --dim -1 --in x=x.npy --out y=y.npy
}

# edit PYTHON: on a fresh copy of the images, with the manifest as `m` and its row as `row`.
edit() {
    rm -rf edited
    cp -r images edited
    python3 - "$1" <<'PYTHON'
import glob, json, os, sys
m = json.load(open("edited/manifest.json"))
row = m["images"][0]
image = os.path.join("edited", row["file"])
exec(sys.argv[1])
if m is not None:
    json.dump(m, open("edited/manifest.json", "w"))
PYTHON
}

# refuse DESCRIPTION STATUS PIECE [PYTHON]: what loading the edited images says.
refuse() {
    [ -z "${4-}" ] || edit "$4"
    CLNORM_BINARY_DIR=$work/edited try "$1" 1 "$2: " run_l2
    also "$1: what it says" "$3"
    [ ! -e y.npy ] || report "$1: no result" "y.npy is there"
}

python3 - <<'PYTHON'
import struct
header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }".ljust(117) + "\n"
open("x.npy", "wb").write(b"\x93NUMPY\x01\x00\x76\x00" + header.encode() + struct.pack("<6f", 3, 0, 4, 0, 5, 12))
PYTHON

# ---- The layer ----
try "a kernel compiles without the layer" 0 "" "$compile_source"
try "and not under it" 3 "" without_compiler "$compile_source"

# ---- Without an image ----
try "CLNORM_BINARY_DIR is not set" 1 "NO_COMPILER: " run_l2
also "what to do then" "CLNORM_BINARY_DIR, the directory of its image, is not set; \`clnorm build --device fpga --out DIR\`"
try "build needs a compiler" 1 "the device cannot compile; its vendor's compiler can" without_compiler "$clnorm" build --out none

# ---- Building ----
CLNORM_VERBOSE=info try "build" 0 "an image for " "$clnorm" build --out images
grep "was not launched" stderr.txt && report "every kernel was compiled" "$(cat stderr.txt)"
try "the manifest" 0 "ok" python3 - "$kernel_count" <<'PYTHON'
import json, os, sys
m = json.load(open("images/manifest.json"))
row, = m["images"]
assert m["format"] == 1 and row["size"] == os.path.getsize("images/" + row["file"]), row
assert {"device", "vendor", "driver", "platform", "library", "source", "hash"} <= row.keys(), row.keys()
assert row["parameters"]["VECTOR"] == 16 and len(row["kernels"]) == int(sys.argv[1]), row
assert all(k["arguments"] > 5 for k in row["kernels"])
print("ok")
PYTHON
try "build again" 0 "an image for " "$clnorm" build --out images
[ "$(ls images | wc -l)" = 2 ] || report "one image and its manifest" "$(ls images)"
edit 'row["device"] = "another board"'
try "another device's row stays" 0 "" "$clnorm" build --out edited
try "both are there" 0 "another board 2" python3 -c \
    'import json; m = json.load(open("edited/manifest.json"))["images"]; print(m[0]["device"], len(m))'
edit 'row["file"] = "precious"; open("edited/precious", "w").close()'
try "building where a manifest names another file" 0 "" "$clnorm" build --out edited
[ -e edited/precious ] || report "which stays" "it was removed"
touch file
try "--out is a file" 1 "file: cannot be made: " "$clnorm" build --out file
try "--out holds another manifest.json" 1 "is no manifest of images" \
    sh -c 'mkdir other && echo {} >other/manifest.json && exec "$1" build --out other' sh "$clnorm"
try "kernels of another schedule" 2 "images are of the fpga kernels" "$clnorm" build --kernels cpu

# ---- Using it, with nothing compiled ----
export CLNORM_BINARY_DIR=$work/images
for program in "${programs[@]}"; do
    try "$(basename "$program") runs on an image" 0 "" without_compiler "$program"
done
try "selftest on an image" 0 "0 failed" without_compiler "$clnorm" selftest
grep -qF "not in the image" stdout.txt && report "selftest lacks nothing" "$(tail -1 stdout.txt)"
try "bench on an image" 0 "l2_normalize:infer:64x100:dim=-1" \
    without_compiler "$clnorm" bench --runs 3 l2_normalize:infer:64x100:dim=-1
CLNORM_KERNELS=cpu try "other kernels" 1 "NOT_IN_IMAGE: cpu/" run_l2
also "other kernels: what to do" "CLNORM_KERNELS=fpga asks for those"

# ---- What can be wrong with it ----
export CLNORM_BINARY_DIR=
rm -rf edited
refuse "no directory" INVALID_ENVIRONMENT "edited\": No such file or directory; it must name a directory that \`clnorm build"
touch edited
refuse "a file" INVALID_ENVIRONMENT "edited\": not a directory; it must"
refuse "no manifest" NO_IMAGE "manifest.json: No such file or directory; \`clnorm build --device fpga --out" \
    'os.remove("edited/manifest.json"); m = None'
edit 'pass'
echo '{"format": 1, ' >edited/manifest.json
refuse "half a manifest" INVALID_FILE "manifest.json is not JSON: line "
refuse "another JSON file" INVALID_FILE "manifest.json is no manifest of images" 'm = {"a": 1}'
refuse "a later format" INVALID_FILE "manifest.json is of format 2, and this library reads 1" 'm["format"] = 2'
refuse "no image for this board" NO_IMAGE "it has images for: \"s10_ref\"; \`clnorm build" 'row["device"] = "s10_ref"'
refuse "a path that leads elsewhere" INVALID_FILE "lacks a file in that directory" 'row["file"] = "../x.npy"'
mkfifo pipe # nobody writes to it: must not wait
refuse "an image that is a pipe" INVALID_FILE "is no regular file" 'os.remove(image); os.link("pipe", image)'
refuse "a manifest that is a pipe" INVALID_FILE "manifest.json is no regular file" \
    'os.remove("edited/manifest.json"); os.link("pipe", "edited/manifest.json"); m = None'
refuse "no size" INVALID_FILE "lacks a file in that directory, its size" 'del row["size"]'
refuse "no kernels" INVALID_FILE "its size or its kernels" 'row["kernels"] = 3'
refuse "no image file" INVALID_FILE "No such file or directory, and its manifest names it" 'os.remove(image)'
refuse "an image that was cut" INVALID_FILE "the file was cut, changed or replaced; copy the directory again" \
    'os.truncate(image, 1000)'
lfs='version https://git-lfs.github.com/spec/v1'
refuse "an image that git-lfs keeps elsewhere" INVALID_FILE "and looks like a Git LFS pointer" \
    "open(image, 'w').write('$lfs\\noid sha256:4d7a\\n')"
edit 'pass'
echo "$lfs" >edited/manifest.json
refuse "a manifest that git-lfs keeps elsewhere" INVALID_FILE "manifest.json is not JSON; it looks like a Git LFS pointer"
refuse "a foreign image" INVALID_FILE "does not have the hash that its manifest says" \
    'f = open(image, "r+b"); f.seek(500); b = f.read(1)[0]; f.seek(500); f.write(bytes([b ^ 1])); f.close()'
refuse "an image that the driver refuses" BUILD_FAILED "the driver refuses $work/edited/" '
import ctypes
class Hash(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]
xxhash = ctypes.CDLL("libxxhash.so.0")
xxhash.XXH3_128bits.restype = Hash
nonsense = b"nonsense " * 100
found = xxhash.XXH3_128bits(nonsense, ctypes.c_size_t(len(nonsense)))
open(image, "wb").write(nonsense)
row["hash"] = "%016x%016x" % (found.high, found.low)
row["size"] = len(nonsense)
row["driver"] = "1.2.3"'
also "and by which driver it was built" "was built with driver 1.2.3, while this is "
refuse "an image of an older library" NO_IMAGE "was built from the kernels of clnorm 0.0.1, and this library's are others" \
    'row["source"] = "0" * 32; row["library"] = "0.0.1"'
refuse "an operation that is not in the image" NOT_IN_IMAGE "does not hold the kernel l2_normalize_map; \`clnorm build\`" \
    'row["kernels"] = [k for k in row["kernels"] if k["name"] != "l2_normalize_map"]'
export CLNORM_BINARY_DIR=$work/edited
try "selftest names what the image lacks" 0 "does not hold the kernel l2_normalize_map" without_compiler "$clnorm" selftest
also "and counts it" " not in the image"
also "all else passes" " passed, 0 failed, "

# ---- What other compilers make ----
export CLNORM_BINARY_DIR=
try "the text for Intel's compiler" 0 "aoc -board=s10_ref -o 'a b/clnorm-" "$clnorm" build --compiler aoc --board s10_ref --out "a b"
text=$(basename a\ b/*.cl .cl)
try "what to do with its result" 0 "clnorm build --device fpga --out 'a b' --image 'a b/$text.aocx'" \
    "$clnorm" build --compiler aoc --out "a b"
try "the text for AMD's compiler" 0 "v++ -l -t hw --platform PLATFORM -o amd/$text.xclbin amd/rearrange.xo" \
    "$clnorm" build --compiler v++ --out amd
commands=$(grep -c "^v++ -c -t hw .* amd/$text.cl\$" stdout.txt)
report "a command for each kernel" "$([ "$commands" = "$kernel_count" ] || echo "$commands commands")"
cp images/*.bin "$text.aocx"
try "its result becomes an image" 0 "an image for " without_compiler "$clnorm" build --image "$text.aocx" --out imported
echo '<!DOCTYPE html>' >"$text.html"
try "a page is none" 1 "and it looks like an HTML page" without_compiler "$clnorm" build --image "$text.html" --out imported
CLNORM_BINARY_DIR=imported try "which is used" 0 "" run_l2
rm -f y.npy
cp images/*.bin other.aocx
try "of which text, says its name" 1 "has a name that begins with $text" without_compiler "$clnorm" build --image other.aocx --out imported
echo nonsense >"$text.bad"
try "what the driver refuses" 1 "the device's driver refuses it" without_compiler "$clnorm" build --image "$text.bad" --out imported
true >"$text.empty"
try "an empty file" 1 "is empty" without_compiler "$clnorm" build --image "$text.empty" --out imported
mkfifo "$text.pipe"
try "a pipe" 1 "is no regular file" without_compiler "$clnorm" build --image "$text.pipe" --out imported
try "a place that cannot be made" 1 "/dev/null/x: cannot be made: " without_compiler "$clnorm" build --image "$text.aocx" --out /dev/null/x
try "nor for a text" 1 "/dev/null/x: cannot be made: " "$clnorm" build --compiler aoc --out /dev/null/x
try "no such file" 1 "none.aocx: cannot be read: " without_compiler "$clnorm" build --image none.aocx --out imported
try "an unknown compiler" 2 "it must be aoc (Intel's) or v++ (AMD's)" "$clnorm" build --compiler gcc

# ---- Two at once ----
mkdir locked
python3 -c '
import fcntl, os, time
fcntl.flock(os.open("locked", os.O_RDONLY), fcntl.LOCK_EX)
open("is-locked", "w").close()
while not os.path.exists("unlock"):
    time.sleep(0.05)' &
while [ ! -e is-locked ]; do sleep 0.05; done
"$clnorm" build --image "$text.aocx" --out locked >/dev/null &
sleep 3
early=$(ls locked)
touch unlock
wait
report "who builds waits for who builds in the same directory" "${early:+$early is there too early}"
report "and then builds" "$([ -e locked/manifest.json ] || echo "no manifest")"

try "both ways" 2 "one of the two is allowed" "$clnorm" build --compiler aoc --image x
try "a board without compiler" 2 "--board goes with --compiler only" "$clnorm" build --board x

echo "1..$count"
[ "$failures" -eq 0 ]
