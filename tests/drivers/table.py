#!/usr/bin/env python3
"""Prints what passed and failed, a row a suite and a column a driver: table.py TESTLOG.json...

A test called `SUITE on DRIVER` is that; `under` does for oclgrind. Other tests ran on PoCL: those of which there is
one on another driver are shown too. Cells are PASSED/FAILED, and with --seconds how long that took.
"""
import json
import os
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from count import count, short_name

DRIVERS = ["pocl", "intel-cpu", "intel-cpu-2026", "intel-fpga", "oclgrind", "all"]
NAME = re.compile(r"(.*) (?:on|under) (" + "|".join(DRIVERS) + ")")


def read(paths):
    """Passed, failed, skipped and seconds by suite and driver, suites in the order of their logs."""
    cells = {}
    for path in filter(os.path.exists, paths):
        with open(path, encoding="utf-8") as log:
            for line in log:
                test = json.loads(line)
                name = short_name(test)
                named = NAME.fullmatch(name)
                suite, driver = named.groups() if named else (name, "pocl")
                cells.setdefault(suite, {})[driver] = (*count(test), test["duration"])
    return {suite: row for suite, row in cells.items() if set(row) != {"pocl"}}


def main():
    paths = [path for path in sys.argv[1:] if path != "--seconds"]
    cells = read(paths)
    rows = [["", *DRIVERS]]
    total = {driver: [0, 0, 0, 0] for driver in DRIVERS}
    for suite, row in cells.items():
        for driver, cell in row.items():
            total[driver] = [a + b for a, b in zip(total[driver], cell)]
    for suite, row in [*cells.items(), ("all of these", total)]:
        line = [suite]
        for driver in DRIVERS:
            passed, failed, skipped, seconds = row.get(driver, (0, 0, 0, 0))
            text = f"{passed}/{failed}" if passed + failed else "skipped" if skipped else "-"
            if "--seconds" in sys.argv and passed + failed:
                text += f" {seconds:5.0f} s"
            line.append(text)
        rows.append(line)
    widths = [max(len(row[i]) for row in rows) for i in range(len(DRIVERS) + 1)]
    for row in rows:
        print(row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:])), sep="  ")


if __name__ == "__main__":
    main()
