#!/usr/bin/env python3
"""What count.py and the table of tests/systems make of tests that ended in every way."""
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from count import count, short_name, skips

CASES = [
    ("a program without checks", "OK", "", (1, 0, 0)),
    ("one that failed", "FAIL", "hello\n", (0, 1, 0)),
    ("one that took too long", "TIMEOUT", "ok 1 - a\nok 2 - b\n", (2, 1, 0)),
    ("one of Check's", "OK", "100%: Checks: 5, Failures: 0, Errors: 0\n", (5, 0, 0)),
    ("one of Check's that failed", "FAIL", "60%: Checks: 5, Failures: 1, Errors: 1\n", (3, 2, 0)),
    ("lines", "FAIL", "ok 1 - a\nnot ok 2 - b\nokay\n", (1, 1, 0)),
    ("lines, of which one was skipped", "OK", "ok 1 - a\nskip b: no c\n", (1, 0, 1)),
    ("one that skipped all it has", "OK", "skip a: no c\n", (0, 0, 1)),
    ("one that was skipped", "SKIP", "looking\nno c here\n\n", (0, 0, 1)),
    ("one that was skipped after checks", "SKIP", "ok 1 - a\nskip b: no c\nskip d: no e\n", (1, 0, 2)),
]
failures = 0


def check(number, description, got, expected):
    global failures
    good = got == expected
    failures += not good
    print(f"{'ok' if good else 'not ok'} {number} - {description}" + ("" if good else f": {got}, not {expected}"))


def step(results, name, status, text):
    log = pathlib.Path(results).with_suffix(".log")
    log.write_text(text, encoding="utf-8")
    subprocess.run([HERE / "systems/results.py", "step", results, name, str(status), "3", log], check=True)


def table(work):
    results = pathlib.Path(work, "results.json")
    step(results, "trixie/root", 0, "")
    step(results, "trixie/layouts on pocl", 0, "100%: Checks: 5, Failures: 0, Errors: 0\n")
    step(results, "trixie/layouts on rusticl", 137, "ok 1 - a\n")
    step(results, "trixie/all on rusticl", 77, "no driver\n")
    lines = []
    for command in "table", "closing":
        done = subprocess.run([HERE / "systems/results.py", command, results], stdout=subprocess.PIPE, text=True)
        lines += [" ".join(line.split()) for line in done.stdout.splitlines()] + [done.returncode]
    return lines


def main():
    for number, (description, result, output, expected) in enumerate(CASES, 1):
        check(number, description, count({"result": result, "stdout": output}), expected)
    last = len(CASES)
    check(last + 1, "the reason is what was said last", skips({"result": "SKIP", "stdout": "a\nno c\n\n"}), ["no c"])
    names = ["clnorm / a b", "clnorm:kernels / a b", "clnorm:a b", "kernels - clnorm:a b", "systems-pocl - clnorm:a b",
             "trixie/a b"]
    check(last + 3, "meson's names", [short_name({"name": name}) for name in names], ["a b"] * 5 + ["trixie/a b"])
    with tempfile.TemporaryDirectory() as work:
        check(last + 2, "the table", table(work), [
            "trixie trixie pocl trixie rusticl", "root ok 1 3 s - -", "layouts - ok 5 3 s FAILED 1 of 2 3 s",
            "all - - skipped", 0, "skipped: trixie/all on rusticl: no driver", "7 passed, 1 failed, 1 skipped", 1])
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
