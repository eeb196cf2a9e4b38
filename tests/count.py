#!/usr/bin/env python3
"""Counts the single checks in meson's logs: count.py TESTLOG.json... prints PASSED FAILED SKIPPED.

Check's suites end with `100%: Checks: 5, Failures: 0, Errors: 0`, shell tests print a line `ok ...`, `not ok ...` or
`skip ...` a check. A test without such lines is one check; one that failed otherwise (it crashed, or
took too long) is a failure more than it printed itself.

A line follows for each that was skipped, NAME: REASON. The reason is what the test printed last.
"""
import json
import re
import sys

SUITE = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)\s*$", re.MULTILINE)
LINE = re.compile(r"^(not )?ok( |$)", re.MULTILINE)
SKIP = re.compile(r"^skip (.*)$", re.MULTILINE)
# meson's names of project and suite: `clnorm:kernels / NAME`, and in newer versions `kernels - clnorm:NAME`
LONG_NAME = re.compile(r"(?:.* / |(?:.* - )?\w+:)?(.*)")


def short_name(test):
    return LONG_NAME.fullmatch(test["name"])[1]


def skips(test):
    """Why each of a test's checks that did not run was skipped."""
    output = test.get("stdout") or ""
    reasons = SKIP.findall(output)
    if test["result"] == "SKIP" and not reasons:
        reasons = [next((line for line in reversed(output.splitlines()) if line.strip()), "it does not say why")]
    return reasons


def count(test):
    """Passed, failed, skipped."""
    output = test.get("stdout") or ""
    passed = failed = 0
    for checks, failures, errors in SUITE.findall(output):
        failed += int(failures) + int(errors)
        passed += int(checks) - int(failures) - int(errors)
    for refused, _ in LINE.findall(output):
        failed += bool(refused)
        passed += not refused
    skipped = len(skips(test))
    if test["result"] == "SKIP":
        return passed, failed, skipped
    good = test["result"] in ("OK", "EXPECTEDFAIL")
    if not good and failed == 0:
        failed = 1
    elif good and passed + failed + skipped == 0:
        passed = 1
    return passed, failed, skipped


def main():
    total = [0, 0, 0]
    reasons = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as log:
            for line in log:
                test = json.loads(line)
                counts = count(test)
                total = [a + b for a, b in zip(total, counts)]
                name = short_name(test)
                reasons += [f"{name}: {reason}" for reason in skips(test)]
                if counts[1]:
                    print(f"{name}: {counts[1]} failed", file=sys.stderr)
    print(*total)
    print(*reasons, sep="\n", end="\n" if reasons else "")


if __name__ == "__main__":
    main()
