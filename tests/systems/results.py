#!/usr/bin/env python3
"""Keeps what tests/systems/run found, a line of JSON a test as meson writes them, and says how it ended.

    results.py step RESULTS NAME STATUS SECONDS LOG    adds what a command said in LOG; a status of 137 is a time limit
    results.py meson RESULTS SYSTEM TESTLOG LOGS       adds meson's, as SYSTEM/SUITE on DRIVER; a file each into LOGS
    results.py table RESULTS                           a row a suite, a column a system and driver
    results.py closing RESULTS                         what was skipped, and `N passed, N failed[, N skipped]`

The status of `meson` and `closing` is 0 if nothing failed, and of `closing` only if something passed.
"""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from count import count, short_name, skips

NAME = re.compile(r"(?P<system>[^/]+)/(?P<suite>.*?)(?: on (?P<driver>pocl|rusticl))?")
SKIPPED, KILLED = 77, 137
SHOWN_LINES = 15


def append(results, tests):
    with open(results, "a", encoding="utf-8") as file:
        for test in tests:
            file.write(json.dumps(test) + "\n")


def add_step(results, name, status, seconds, log):
    result = {0: "OK", SKIPPED: "SKIP", KILLED: "TIMEOUT"}.get(int(status), "FAIL")
    text = pathlib.Path(log).read_text(encoding="utf-8", errors="replace")
    append(results, [{"name": name, "result": result, "duration": float(seconds), "stdout": text}])


def add_meson(results, system, testlog, logs):
    """One test a line. A test that meson was stopped in has none. How failed ones ended is shown."""
    path, tests = pathlib.Path(testlog), []
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        test = json.loads(line)
        name = short_name(test)
        text = (test.get("stdout") or "") + (test.get("stderr") or "")
        pathlib.Path(logs, name.replace(" ", "-") + ".log").write_text(
            f"{text}\n{test['result']}, {test['duration']:.1f} s\n", encoding="utf-8")
        tests.append({**test, "name": f"{system}/{name}"})
        if count(test)[1]:
            print(f"{system}/{name}: {test['result']}", *text.splitlines()[-SHOWN_LINES:], sep="\n    ", file=sys.stderr)
    append(results, tests)
    return any(count(test)[1] for test in tests)


def read(results):
    with open(results, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def cell(test):
    passed, failed, skipped = count(test)
    seconds = f"{test['duration']:4.0f} s"
    if failed:
        return f"FAILED {failed} of {passed + failed} {seconds}"
    return f"ok {passed} {seconds}" if passed else "skipped" if skipped else "-"


def print_table(tests):
    """Rows and columns in the order in which they came."""
    rows, columns = {}, []
    for test in tests:
        name = NAME.fullmatch(test["name"])
        column = (name["system"], name["driver"] or "")
        if column not in columns:
            columns.append(column)
        rows.setdefault(name["suite"], {})[column] = cell(test)
    lines = [["", *(f"{system} {driver}".strip() for system, driver in columns)]]
    lines += [[suite, *(row.get(column, "-") for column in columns)] for suite, row in rows.items()]
    widths = [max(map(len, column)) for column in zip(*lines)]
    for first, *others in lines:
        print(first.ljust(widths[0]), *(text.rjust(width) for text, width in zip(others, widths[1:])), sep="  ")


def print_closing(tests):
    passed, failed = (sum(count(test)[i] for test in tests) for i in (0, 1))
    skipped = [f"{test['name']}: {reason}" for test in tests for reason in skips(test)]
    for line in skipped:
        print(f"skipped: {line}")
    print(f"{passed} passed, {failed} failed" + (f", {len(skipped)} skipped" if skipped else ""))
    return 0 if passed and not failed else 1


def main():
    command, results, *arguments = sys.argv[1:]
    if command == "step":
        add_step(results, *arguments)
    elif command == "meson":
        return add_meson(results, *arguments)
    elif command == "table":
        print_table(read(results))
    elif command == "closing":
        return print_closing(read(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
