#!/usr/bin/env python3
"""Prints what tests/reliability found, as the table of docs/reliability.md: reliability_table.py LOGS THREAD-LOGS ..."""
import argparse
import collections
import json
import pathlib
import re
import sys

from count import count

FAULTS = re.compile(r"^(.*): (OpenCL|hanging up|memory|files): (\d+) failures$", re.MULTILINE)
FUZZED = re.compile(r"^(not )?ok fuzz (\S+): (?:(\d+) inputs, (\d+) edges, (\d+) s)?", re.MULTILINE)
THREADS = 8


def tests_of(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def row(what, how_much, wrong):
    print(f"| {what} | {how_much} | {wrong} |")
    return wrong


def failed_checks(tests):
    """A part without a test was not run, which is no success."""
    return sum(count(test)[1] for test in tests) if tests else "not run"


def fault_rows(tests):
    failures, flows = collections.Counter(), set()
    for test in tests:
        for flow, kind, number in FAULTS.findall(test.get("stdout") or ""):
            failures[kind] += int(number)
            flows.add(flow)
    names = {"OpenCL": "failures of single OpenCL calls, each with its errors",
             "hanging up": "devices that are gone from some call on",
             "memory": "failures of single allocations", "files": "failures of single calls on files"}
    wrong = failed_checks(tests)
    return [row(names[kind], f"{failures[kind]} in {len(flows)} flows", wrong) for kind in names]


def fuzz_rows(text):
    found = FUZZED.findall(text)
    inputs = sum(int(number or 0) for _, _, number, _, _ in found)
    seconds = sum(int(number or 0) for *_, number in found)
    wrong = sum(bool(refused) for refused, *_ in found) if found else "not run"
    return [row("inputs fuzzed", f"{inputs} in {seconds / 3600:.2g} hours, {len(found)} targets", wrong)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("logs", type=pathlib.Path)
    parser.add_argument("thread_logs", type=pathlib.Path)
    for name in ("--seconds", "--repetitions", "--rounds"):
        parser.add_argument(name, type=int, required=True)
    given = parser.parse_args()

    def part(name, logs=given.logs):
        return tests_of(logs / f"{name}.json")

    print("| what | how much | lost, leaked or wrong |\n|---|---|--:|")
    wrong = fault_rows(part("faults"))
    fuzz = given.logs / "fuzz.txt"
    wrong += fuzz_rows(fuzz.read_text(encoding="utf-8") if fuzz.exists() else "")
    hours = THREADS * given.seconds / 3600
    wrong.append(row("thread-hours under ThreadSanitizer", f"{hours:.2g}, {given.rounds} rounds",
                     failed_checks(part("threads", given.thread_logs))))
    wrong.append(row("repetitions of every case", given.repetitions, failed_checks(part("determinism"))))
    soak = part("soak")
    wrong.append(row("soak", f"{sum(test['duration'] for test in soak) / 3600:.2g} hours", failed_checks(soak)))
    wrong.append(row("valgrind", f"{sum(count(test)[0] for test in part('valgrind'))} programs",
                     failed_checks(part("valgrind"))))
    drivers = part("drivers")
    wrong.append(row("checks on other drivers", sum(count(test)[0] for test in drivers), failed_checks(drivers)))
    return 1 if any(wrong) else 0


if __name__ == "__main__":
    sys.exit(main())
