#!/usr/bin/env python3
"""Counts the single checks in meson's logs: count.py TESTLOG.json... prints PASSED FAILED.

Check's suites end with `100%: Checks: 5, Failures: 0, Errors: 0`, shell tests print a line `ok ...` or
`not ok ...` a check. A test without such lines is one check; one that failed otherwise (it crashed, or
took too long) is a failure more than it printed itself.
"""
import json
import re
import sys

SUITE = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)\s*$", re.MULTILINE)
LINE = re.compile(r"^(not )?ok( |$)", re.MULTILINE)


def count(test):
    output = test.get("stdout") or ""
    passed = failed = 0
    for checks, failures, errors in SUITE.findall(output):
        failed += int(failures) + int(errors)
        passed += int(checks) - int(failures) - int(errors)
    for refused, _ in LINE.findall(output):
        failed += bool(refused)
        passed += not refused
    if test["result"] == "SKIP":
        return passed, failed
    good = test["result"] in ("OK", "EXPECTEDFAIL")
    if not good and failed == 0:
        failed = 1
    elif good and passed + failed == 0:
        passed = 1
    return passed, failed


def main():
    total = [0, 0]
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as log:
            for line in log:
                test = json.loads(line)
                passed, failed = count(test)
                total[0] += passed
                total[1] += failed
                if failed:
                    print(f"{test['name']}: {failed} failed", file=sys.stderr)
    print(*total)


if __name__ == "__main__":
    main()
