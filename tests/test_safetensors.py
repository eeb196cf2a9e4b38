#!/usr/bin/env python3
"""Checkpoints against Python's safetensors library, in both directions.

usage: test_safetensors.py PROGRAM DIRECTORY

PROGRAM is checkpoint_program. The library comes from PyPI into a virtual environment in DIRECTORY, which is made
at the first run; this script then starts itself again in it. Where it cannot be had, the status is 77: skipped.
"""

import os
import shutil
import subprocess
import sys
import tempfile

PACKAGES = ["safetensors>=0.4,<1", "numpy"]
SKIPPED = 77


def get(command, otherwise):
    """What is not to be had on this machine says nothing about clnorm: that is skipped."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        print(done.stdout + otherwise)
        sys.exit(SKIPPED)


def enter(directory):
    """Goes on in the environment, which is complete once it has its own name."""
    home = os.path.join(directory, "venv-safetensors")
    python = os.path.join(home, "bin", "python")
    if os.path.abspath(sys.prefix) == os.path.abspath(home):
        return
    if not os.path.exists(os.path.join(home, "complete")):
        shutil.rmtree(home, ignore_errors=True)
        get([sys.executable, "-m", "venv", home], "no virtual environment can be made")
        get([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + PACKAGES,
            "pip cannot get Python's safetensors library")
        open(os.path.join(home, "complete"), "w").close()
    os.execv(python, [python] + sys.argv)


failures = 0
count = 0


def check(description, good, detail=""):
    global count, failures
    count += 1
    print(f"{'ok' if good else 'not ok'} {count} - {description}{'' if good else ': ' + str(detail)}")
    failures += not good


def values(program, *words):
    """What the program prints, as {name: array}; or its complaint."""
    import numpy
    done = subprocess.run([program, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        return done.stderr.strip()
    arrays = {}
    for line in done.stdout.splitlines():
        name, _, bits = line.split()
        arrays.setdefault(name, []).append(int(bits, 16))
    return {name: numpy.array(bits, dtype="<u4").view("<f4") for name, bits in arrays.items()}


def same(a, b):
    return isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys() and all(
        a[name].dtype == b[name].dtype and a[name].shape == b[name].shape and
        a[name].tobytes() == b[name].tobytes() for name in a)


def ours_to_theirs(program, path):
    from safetensors import safe_open
    from safetensors.numpy import load_file
    saved = values(program, "save", path)
    check("clnorm saves", isinstance(saved, dict) and len(saved) == 8, saved)
    check("safetensors reads the same bits", same(saved, load_file(path)), load_file(path))
    with safe_open(path, framework="numpy") as file:
        check("and the metadata", file.metadata() == {"format": "clnorm"}, file.metadata())
        check("and the shapes", list(file.get_slice("net/two/gamma").get_shape()) == [5])


def theirs_to_ours(program, path):
    import numpy
    from safetensors.numpy import load_file, save_file
    arrays = load_file(path)
    random = numpy.random.default_rng(1)
    for name in arrays:
        arrays[name] = random.standard_normal(arrays[name].shape).astype("<f4")
    arrays["one/beta"][:] = [numpy.nan, -numpy.inf, 1e-45]
    for metadata in None, {"format": "np", "epoch": "7"}:
        save_file(arrays, path, metadata=metadata)
        loaded = values(program, "load", path)
        check(f"clnorm reads the same bits, metadata {metadata}", same(loaded, arrays), loaded)
    arrays["extra"] = numpy.zeros((2, 3), dtype="int64")
    save_file(arrays, path)
    loaded = values(program, "load", path)
    check("with a tensor that it does not know", isinstance(loaded, dict), loaded)
    arrays["one/beta"] = arrays["one/beta"].astype("float64")
    save_file(arrays, path)
    complaint = values(program, "load", path)
    check("but not float64", isinstance(complaint, str) and complaint.startswith("UNSUPPORTED_TYPE"), complaint)


def imports(program, path):
    import numpy
    from safetensors.numpy import save_file
    random = numpy.random.default_rng(2)
    four = [random.standard_normal(5).astype("<f4") for _ in range(4)]
    ours = ["gamma", "beta", "moving_mean", "moving_variance"]
    for convention, prefix, names, other in (
            ("pytorch", "features.1.", ["weight", "bias", "running_mean", "running_var"],
             {"features.1.num_batches_tracked": numpy.array(1000, dtype="int64"),
              "features.0.weight": numpy.zeros((8, 3, 3, 3), dtype="float16")}),
            ("keras", "batch_normalization/", ours, {"flag": numpy.array([True, False, True])})):
        save_file({**{prefix + name: array for name, array in zip(names, four)}, **other}, path)
        got = values(program, "import", path, prefix, convention)
        good = isinstance(got, dict) and all(
            got["net/two/" + name].tobytes() == array.tobytes() for name, array in zip(ours, four))
        check(f"imports a layer of {convention}", good, got)


def main():
    program, directory = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
    enter(directory)
    with tempfile.TemporaryDirectory() as work:
        path = os.path.join(work, "model.safetensors")
        ours_to_theirs(program, path)
        theirs_to_ours(program, path)
        imports(program, path)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
