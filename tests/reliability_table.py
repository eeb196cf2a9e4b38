#!/usr/bin/env python3
"""Prints what tests/reliability found, as the table of docs/reliability.md: reliability_table.py FIGURES"""
import collections
import datetime
import json
import pathlib
import re
import sys

from count import count

FAULTS = re.compile(r"^(.*): (OpenCL|hanging up|memory|files): (\d+) failures$", re.MULTILINE)
REPEATED = re.compile(r"^(\d+) repetitions of (\d+) cases$", re.MULTILINE)
SOAK = re.compile(r"^soak: (\d+) steps, (\d+) results compared.*\nsoak: (.*)", re.MULTILINE)
FUZZED = re.compile(r"(not )?ok fuzz (\S+): (?:(\d+) inputs, (\d+) edges, (\d+) s)?")
LINES = re.compile(r"^TOTAL\s+(\d+)\s+(\d+)", re.MULTILINE)
CHECKS = re.compile(r"^(\d+) passed, (\d+) failed(?:, \d+ skipped)?$", re.MULTILINE)
KINDS = {"OpenCL": "failures of single OpenCL calls, each with its errors",
         "hanging up": "devices that are gone from some call on",
         "memory": "failures of single allocations", "files": "failures of single calls on files"}
THREADS = 8


class Part:
    """The tests of a part of tests/reliability, or none if it was not run."""

    def __init__(self, figures, name):
        self.path = path = figures / f"{name}.json"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self.tests = [json.loads(line) for line in lines]
        self.hours = sum(test["duration"] for test in self.tests) / 3600
        self.passed = sum(count(test)[0] for test in self.tests)
        self.wrong = sum(count(test)[1] for test in self.tests) if lines else "not run"

    def found(self, expression):
        return [found for test in self.tests for found in expression.findall(test.get("stdout") or "")]


def row(what, how_much, wrong, path):
    """The day is that of the figures, which may be of different ones."""
    day = datetime.date.fromtimestamp(path.stat().st_mtime) if path and path.exists() else "-"
    print(f"| {what} | {how_much} | {wrong} | {day} |")


def print_faults(part):
    failures, flows = collections.Counter(), collections.Counter()
    for _, kind, number in part.found(FAULTS):
        failures[kind] += int(number)
        flows[kind] += 1
    for kind, what in KINDS.items():
        row(what, f"{failures[kind]} in {flows[kind]} flows", part.wrong, part.path)


def print_repetitions(part):
    repeated = part.found(REPEATED)
    cases = sum(int(cases) for _, cases in repeated)
    row("repetitions of every case", f"{max((int(n) for n, _ in repeated), default=0)} of {cases} cases", part.wrong,
        part.path)


def print_fuzz(figures):
    paths = sorted(figures.glob("fuzz-*.txt"), key=lambda path: path.stat().st_mtime)
    found = FUZZED.findall("".join(path.read_text(encoding="utf-8") for path in paths))
    for _, name, inputs, edges, seconds in found:
        print(f"fuzz {name}: {inputs or 0} inputs, {edges or 0} edges, {seconds or 0} s", file=sys.stderr)
    inputs = sum(int(number or 0) for _, _, number, _, _ in found)
    hours = sum(int(number or 0) for *_, number in found) / 3600
    wrong = sum(bool(refused) for refused, *_ in found) if found else "not run"
    row("inputs fuzzed", f"{inputs} in {hours:.2g} hours, {len(found)} targets", wrong, paths[-1] if paths else None)


def print_coverage(figures):
    path = figures / "coverage.txt"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    lines, checks = LINES.search(text), CHECKS.findall(text)
    share = f"{100 * int(lines[2]) / int(lines[1]):.1f} % of {lines[1]}" if lines else "-"
    row("lines of runtime/ that tests reach", share, checks[-1][1] if checks else "not run", path)


def main():
    figures = pathlib.Path(sys.argv[1])
    threads, soak, odd, valgrind, drivers = (
        Part(figures, name) for name in ("threads", "soak", "odd-drivers", "valgrind", "drivers"))
    print("| what | how much | lost, leaked or wrong | day |\n|---|---|--:|---|")
    print_faults(Part(figures, "faults"))
    row("checks with drivers that say what no driver should", odd.passed, odd.wrong, odd.path)
    print_fuzz(figures)
    row("thread-hours under ThreadSanitizer, in eights", f"{THREADS * threads.hours:.2g}, {len(threads.tests)} rounds",
        threads.wrong, threads.path)
    print_repetitions(Part(figures, "determinism"))
    for steps, results, steady in soak.found(SOAK) or [(0, 0, "no figures")]:
        row("soak", f"{soak.hours:.2g} hours: {steps} steps, {results} results; {steady}", soak.wrong, soak.path)
    row("programs under valgrind", valgrind.passed, valgrind.wrong, valgrind.path)
    row("checks on other drivers", drivers.passed, drivers.wrong, drivers.path)
    print_coverage(figures)


if __name__ == "__main__":
    main()
